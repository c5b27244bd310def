//! A recording replayed the plainest way there is, and compared with the page it was made of.
//!
//! Independent of the engine: nested vectors, nothing shared but the wire format's documentation. Every record is
//! checked for what it refers to as it comes.

use std::collections::{BTreeMap, BTreeSet};

use afterimage_recorder::dom::{Dom, Kind, Mirror, Namespace};
use afterimage_recorder::privacy::{Element, FieldClass, Gate, Raw, Rules, Settings};
use afterimage_replay::model::{Kind as Kept, Model};
use afterimage_wire::batch::Batch;
use afterimage_wire::record::Record;
use afterimage_wire::tree::{Entry, Node as Entered, Place};

use super::dom::{Node, Page};

#[derive(Debug, PartialEq)]
pub enum What {
    Document,
    Element(Namespace, String, BTreeMap<String, String>),
    Text(String),
    Css(String),
    Doctype(String),
    Shadow(bool),
}

#[derive(Debug)]
struct Item {
    what: What,
    parent: u32,
    children: Vec<u32>,
    /// Shadow root, or the document of a frame.
    shadow: u32,
}

/// The replayed page.
#[derive(Default)]
pub struct Replica {
    items: BTreeMap<u32, Item>,
    root: u32,
    highest: u32,
    /// Everything that ever left as text or as a text attribute.
    pub said: BTreeSet<String>,
    /// Controls: id, flags, value, the latest last.
    pub states: Vec<(u32, u32, String)>,
    /// Style sheets: id and text, in order.
    pub sheets: Vec<(u32, String)>,
    /// Scroll positions.
    pub scrolls: Vec<(u32, i32, i32)>,
    /// Nodes whose box is all there is.
    pub blocked: Vec<u32>,
    /// Existing nodes that moved.
    pub moves: u32,
    /// Nodes that were written.
    pub written: u32,
    /// Attribute changes: node and name.
    pub attributes: Vec<(u32, String)>,
    /// Text changes.
    pub texts: Vec<u32>,
    /// Complete snapshots.
    pub complete: u32,
}

impl Replica {
    /// Applies everything a batch holds.
    pub fn apply(&mut self, batch: &Batch) {
        for timed in &batch.records {
            self.record(&timed.record);
        }
    }

    fn known(&self, id: u32) {
        assert!(self.items.contains_key(&id), "a record refers to node {id}, which is not there");
    }

    fn record(&mut self, record: &Record) {
        match record {
            Record::Snapshot(_) => {
                self.items.clear();
                (self.root, self.highest) = (0, 0);
            }
            Record::Tree(tree) => self.tree(tree.first, &tree.entries),
            Record::SnapshotEnd(end) => {
                assert_eq!(end.nodes as usize, self.items.len(), "nodes of the snapshot");
                self.complete += 1;
            }
            Record::Remove(remove) => remove.nodes.iter().for_each(|id| self.remove(*id)),
            Record::Attributes(changes) => {
                for (id, name, value) in &changes.changes {
                    self.known(*id);
                    self.attributes.push((*id, name.to_string()));
                    let What::Element(_, _, attributes) = &mut self.items.get_mut(id).unwrap().what else {
                        panic!("attribute of something that is no element")
                    };
                    match value {
                        Some(value) => drop(attributes.insert(name.to_string(), value.to_string())),
                        None => drop(attributes.remove(&**name)),
                    }
                }
            }
            Record::Texts(changes) => {
                for (id, text, css) in &changes.changes {
                    self.known(*id);
                    self.texts.push(*id);
                    if !css {
                        self.said.insert(text.to_string());
                    }
                    let what = &mut self.items.get_mut(id).unwrap().what;
                    match what {
                        What::Text(old) if !css => *old = text.to_string(),
                        What::Css(old) if *css => *old = text.to_string(),
                        other => panic!("text (css: {css}) of {other:?}"),
                    }
                }
            }
            Record::FormState(state) => {
                self.known(state.node);
                self.states.push((state.node, state.flags, state.value.to_string()));
            }
            Record::Blocked(blocked) => {
                self.known(blocked.node);
                self.blocked.push(blocked.node);
            }
            Record::Scrolls(scrolls) => {
                for sample in &scrolls.samples {
                    self.known(sample.node);
                    self.scrolls.push((sample.node, sample.x, sample.y));
                }
            }
            Record::StyleSheet(sheet) => {
                self.known(sheet.sheet);
                self.sheets.push((sheet.sheet, sheet.css.to_string()));
            }
            _ => {}
        }
    }

    fn tree(&mut self, first: u32, entries: &[Entry]) {
        let mut next = first;
        let mut before = 0;
        for entry in entries {
            let (parent, previous) = match entry.place {
                Place::At { parent, previous } => (parent, previous),
                Place::Child => (before, 0),
                Place::After(levels) => {
                    let mut at = before;
                    for _ in 0..levels {
                        at = self.items[&at].parent;
                    }
                    (self.items[&at].parent, at)
                }
            };
            let id = match &entry.node {
                Entered::Existing(id) => {
                    self.known(*id);
                    self.moves += 1;
                    self.leave(*id);
                    *id
                }
                node => {
                    assert!(next > self.highest, "id {next} is used again");
                    self.highest = next;
                    self.written += 1;
                    let item = Item { what: self.what(node), parent: 0, children: Vec::new(), shadow: 0 };
                    self.items.insert(next, item);
                    next += 1;
                    next - 1
                }
            };
            self.stand(id, parent, previous);
            before = id;
        }
    }

    fn what(&mut self, node: &Entered) -> What {
        match node {
            Entered::Document => What::Document,
            Entered::Element { namespace, name, attributes } => {
                let attributes = attributes.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
                What::Element(*namespace, name.to_string(), attributes)
            }
            Entered::Text(text) => {
                self.said.insert(text.to_string());
                What::Text(text.to_string())
            }
            Entered::Css(text) => What::Css(text.to_string()),
            Entered::Doctype { name, .. } => What::Doctype(name.to_string()),
            Entered::ShadowRoot { closed } => What::Shadow(*closed),
            Entered::Existing(_) => unreachable!(),
        }
    }

    fn stand(&mut self, id: u32, parent: u32, previous: u32) {
        self.items.get_mut(&id).unwrap().parent = parent;
        if parent == 0 {
            assert_eq!(self.root, 0, "two documents without a frame");
            self.root = id;
            return;
        }
        self.known(parent);
        let shadow = matches!(self.items[&id].what, What::Shadow(_) | What::Document);
        let holder = self.items.get_mut(&parent).unwrap();
        if shadow {
            assert_eq!(holder.shadow, 0, "two roots");
            holder.shadow = id;
            return;
        }
        let at = match previous {
            0 => 0,
            p => holder.children.iter().position(|c| *c == p).expect("the sibling before") + 1,
        };
        holder.children.insert(at, id);
        let mut above = parent;
        while above != 0 {
            assert_ne!(above, id, "a node below itself");
            above = self.items[&above].parent;
        }
    }

    fn leave(&mut self, id: u32) {
        let parent = core::mem::take(&mut self.items.get_mut(&id).unwrap().parent);
        if let Some(holder) = self.items.get_mut(&parent) {
            holder.children.retain(|c| *c != id);
            if holder.shadow == id {
                holder.shadow = 0;
            }
        }
    }

    fn remove(&mut self, id: u32) {
        self.known(id);
        self.leave(id);
        let mut stack = vec![id];
        while let Some(at) = stack.pop() {
            let item = self.items.remove(&at).expect("a subtree hangs together");
            stack.extend(item.children);
            stack.extend(Some(item.shadow).filter(|s| *s != 0));
        }
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// What a node is.
    pub fn what_is(&self, id: u32) -> &What {
        &self.items[&id].what
    }

    /// All texts, in document order, joined.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut stack = vec![self.root];
        while let Some(at) = stack.pop() {
            let item = &self.items[&at];
            if let What::Text(text) = &item.what {
                out.push_str(text);
                out.push('|');
            }
            stack.extend(item.children.iter().rev());
            stack.extend(Some(item.shadow).filter(|s| *s != 0));
        }
        out
    }

    // ---- comparing -----------------------------------------------------------------------------------------

    /// The replayed page is the live one: node by node, as far as it may be recorded.
    pub fn equals(&self, page: &Page) {
        let gate = Gate::new(Settings::default());
        let mut compared = 0;
        let mut stack = vec![(page.document(), self.root, Rules::NONE, String::new())];
        while let Some((live, id, above, tag)) = stack.pop() {
            compared += 1;
            let item = self.items.get(&id).unwrap_or_else(|| panic!("{live:?} is not recorded"));
            let (what, rules) = expected(page, &gate, live, above, &tag);
            assert_eq!(item.what, what, "{live:?} as node {id}");
            let name = if let What::Element(_, name, _) = &what { name.clone() } else { String::new() };
            let (shadow, children) = expected_below(page, &gate, live, rules, &name);
            assert_eq!(
                item.children.len(),
                children.len(),
                "children of {live:?} {what:?}, node {id}: {:?}, live {:?}",
                item.children.iter().map(|c| (*c, &self.items[c].what)).collect::<Vec<_>>(),
                children.iter().map(|c| (*c, page.recorded_id(*c))).collect::<Vec<_>>(),
            );
            assert_eq!(shadow.is_some(), item.shadow != 0, "shadow root of {live:?}, node {id}");
            stack.extend(shadow.map(|root| (root, item.shadow, rules, String::new())));
            for (child, id) in children.into_iter().zip(&item.children) {
                assert_eq!(page.recorded_id(child), *id, "order below {live:?}");
                stack.push((child, *id, rules, name.clone()));
            }
        }
        assert_eq!(compared, self.items.len(), "nodes that are recorded and not there");
    }

    /// The viewer's model has come to the same page.
    pub fn agrees(&self, model: &Model) {
        assert_eq!((model.unresolved(), model.len()), (0, self.items.len()));
        for (id, item) in &self.items {
            let node = model.node(*id).unwrap_or_else(|| panic!("node {id} is not in the model"));
            let roots = [node.shadow, item.shadow].into_iter().filter(|r| *r != 0);
            let below: BTreeSet<u32> = roots.chain(model.children(*id)).collect();
            assert_eq!(below.len(), item.children.len() + usize::from(item.shadow != 0), "below {id}");
            let children: Vec<u32> = model.children(*id).filter(|c| *c != item.shadow).collect();
            assert_eq!((node.parent, &children), (item.parent, &item.children), "place of {id}");
            let attributes = node.attributes().iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
            let what = match &node.kind {
                Kept::Document => What::Document,
                Kept::Element { namespace, name, .. } => {
                    What::Element(*namespace, name.to_string(), attributes)
                }
                Kept::Text { text, css: false } => What::Text(text.to_string()),
                Kept::Text { text, css: true } => What::Css(text.to_string()),
                Kept::Doctype { name, .. } => What::Doctype(name.to_string()),
                Kept::ShadowRoot { closed } => What::Shadow(*closed),
            };
            assert_eq!(what, item.what, "node {id}");
        }
    }

    /// The mirror is the replayed page, and nothing in it is gone from the live one.
    pub fn mirrors(&self, page: &Page, mirror: &Mirror) {
        assert_eq!(mirror.live() as usize, self.items.len(), "nodes alive in the mirror");
        for (id, item) in &self.items {
            assert!(mirror.is_alive(*id), "node {id} is alive");
            assert!(!mirror.is_touched(*id), "node {id} is settled");
            assert_eq!(mirror.parent(*id), item.parent, "parent of {id}");
            let shadow = Some(item.shadow).filter(|s| *s != 0);
            let below: Vec<u32> = shadow.into_iter().chain(item.children.iter().copied()).collect();
            assert_eq!(mirror.children(*id).collect::<Vec<_>>(), below, "children of {id}");
        }
        let gate = Gate::new(Settings::default());
        let mut met = 0;
        for live in page.subtree(page.document()) {
            let id = page.recorded_id(live);
            if !mirror.is_alive(id) {
                continue;
            }
            met += 1;
            if !mirror.is_open(id) && mirror.holds_children(id) {
                let name = if let What::Element(_, name, _) = &self.items[&id].what { name } else { "" };
                let (_, children) = expected_below(page, &gate, live, mirror.rules(id), name);
                let missing: Vec<_> =
                    children.iter().filter(|c| !mirror.is_alive(page.recorded_id(**c))).collect();
                assert!(missing.is_empty(), "{missing:?} below {live:?}, whose walk is over");
            }
            let recorded: Vec<u32> = page
                .children(live)
                .into_iter()
                .map(|c| page.recorded_id(c))
                .filter(|c| mirror.is_alive(*c))
                .collect();
            assert_eq!(self.items[&id].children, recorded, "children of {live:?}");
        }
        assert_eq!(met, self.items.len(), "recorded nodes that are in the page");
    }
}

/// What is recorded of a node, and the rules for what is below it.
fn expected(page: &Page, gate: &Gate, live: Node, above: Rules, tag: &str) -> (What, Rules) {
    let text = |clean: afterimage_recorder::privacy::Clean| clean.as_ref().to_owned();
    match page.kind(&live) {
        Kind::Document => (What::Document, above),
        Kind::ShadowRoot => {
            let host = page.host(&live).unwrap();
            (What::Shadow(page.shadow_root(&host).unwrap().1), above)
        }
        Kind::Doctype => (What::Doctype(page.doctype(&live).0), above),
        Kind::Text if above.style() => (What::Css(text(gate.css(page.text(&live)))), above),
        Kind::Text => (What::Text(text(gate.text(above, tag, page.text(&live)))), above),
        Kind::Element => {
            let name = page.name(&live);
            let siblings = page.raw_attributes(live);
            let rules = rules_of(page, gate, live, above);
            let mut attributes = BTreeMap::new();
            for (attribute, value) in &siblings {
                let value = Raw::clone(value);
                if let Some(value) = gate.attribute(&rules, &name, attribute, value, &siblings) {
                    attributes.insert(text(gate.name(attribute)), text(value));
                }
            }
            (What::Element(page.namespace(&live), name, attributes), rules)
        }
        Kind::Other => unreachable!("comments are not compared"),
    }
}

fn rules_of(page: &Page, gate: &Gate, live: Node, above: Rules) -> Rules {
    let name = page.name(&live);
    let attributes = page.raw_attributes(live);
    let matched = page.matched(&live, &name);
    let element = Element { tag: &name, attributes: &attributes, parent: above, matched };
    let rules = gate.rules(&element);
    if FieldClass::from_mark(page.mark(&live)).is_protected() { rules.with(Rules::SECRET) } else { rules }
}

/// Root and children that are recorded below a node.
fn expected_below(
    page: &Page,
    gate: &Gate,
    live: Node,
    rules: Rules,
    name: &str,
) -> (Option<Node>, Vec<Node>) {
    if rules.blocked() || matches!(name, "input" | "textarea" | "img" | "br") {
        return (None, Vec::new());
    }
    let children: Vec<Node> = page
        .children(live)
        .into_iter()
        .filter(|c| match page.kind(c) {
            Kind::Other => false,
            Kind::Element => !rules_of(page, gate, *c, rules).dropped(),
            _ => true,
        })
        .collect();
    let root = page.shadow_root(&live).map(|(root, _)| root);
    (root.or_else(|| page.frame_document(&live)), children)
}

/// The texts of the page as the gate lets them through now.
pub fn permitted(page: &Page) -> Vec<String> {
    let gate = Gate::new(Settings::default());
    let mut out = Vec::new();
    let mut stack = vec![(page.document(), Rules::NONE, String::new())];
    while let Some((live, above, tag)) = stack.pop() {
        let (what, rules) = expected(page, &gate, live, above, &tag);
        let name = if let What::Element(_, name, _) = &what { name.clone() } else { String::new() };
        if let What::Text(text) = what {
            out.push(text);
        }
        let (shadow, children) = expected_below(page, &gate, live, rules, &name);
        stack.extend(shadow.into_iter().chain(children).map(|n| (n, rules, name.clone())));
    }
    out
}
