//! From live nodes to tree records: what is common to the [walk](super::walk) and to [mutations](super::change).
//!
//! One mechanism serves snapshots and insertions. An element is written alone and its children are left to a
//! *frame*, which the walk resumes until none is left; the work may pause between any two nodes. The tree may
//! change in the pause. What keeps the recording exact:
//!
//! * Changes are observed before the walk starts, and [`Tree::flush`] runs before the walk goes on.
//! * A node is written from its live state when it is first reached, and never again.
//! * A change below a node that was not reached yet needs nothing: the walk will find it. So does one right behind
//!   the cursor of a frame. Everything else is placed at once, after a sibling that stands where the recording says.

use afterimage_wire::record as wire;
use afterimage_wire::tree::{Namespace, Place};

use super::change::Spot;
use super::field::{Fields, Known, STEP, STEP_ATTRIBUTES};
use super::mirror::Mirror;
use super::seen::Seen;
use super::walk::{Frame, is_custom, may_host};
use super::{Dom, Kind, Sheet};
use crate::batch::Batch;
use crate::privacy::{Clean, Element, Gate, Raw, Rules};

/// Something the page changed. `in_step` says that it came with the visitor's typing in a protected field.
#[derive(Clone)]
pub enum Change<N> {
    /// Nodes were added to `target`, or removed from it.
    Children {
        /// The parent.
        target: N,
        /// The nodes, added and removed alike: where they are now is asked of the page.
        nodes: Vec<N>,
        /// See [`Change`].
        in_step: bool,
    },
    /// An attribute was set or removed.
    Attribute {
        /// The element.
        target: N,
        /// The attribute's qualified name.
        name: String,
        /// See [`Change`].
        in_step: bool,
    },
    /// A text node's data changed.
    Text {
        /// The text node.
        target: N,
        /// See [`Change`].
        in_step: bool,
    },
    /// An element has a shadow root now, or its frame another document. Observers do not tell.
    Root {
        /// The element.
        host: N,
    },
}

/// What the tree works with, all of it owned by the recorder.
pub struct Context<'a, D: Dom> {
    /// The page.
    pub dom: &'a D,
    /// The rules.
    pub gate: &'a mut Gate,
    /// Where records go.
    pub batch: &'a mut Batch,
    /// The form fields.
    pub fields: &'a mut Fields<D>,
    /// Milliseconds since the page view's origin, for the records.
    pub time_ms: u32,
    /// When to stop for now, on the page's monotonic clock.
    pub deadline_ms: f64,
    /// Nodes a record of a snapshot, by their number.
    pub record_nodes: u32,
}

/// How far up a place is looked for among the ancestors of the entry before.
const LEVELS: u32 = 64;

/// The recorded tree and the work that is left to do on it.
pub struct Tree<D: Dom> {
    pub(super) mirror: Mirror,
    /// The walk's stack.
    pub(super) frames: Vec<Frame<D::Node>>,
    /// Frames of nodes that were just inserted, in document order, which go on the stack together.
    pub(super) later: Vec<Frame<D::Node>>,
    /// The entry before in the open tree record; 0 when none is open.
    before: u32,
    open: bool,
    snapshot: bool,
    /// What follows the tree record.
    states: Vec<wire::FormState<Clean>>,
    scrolls: Vec<wire::Sample>,
    /// What is written came since the last look: events told whether it was scrolled.
    pub(super) heard: bool,
    /// What was scrolled before it was written.
    pub(super) early: Vec<D::Node>,
    blocked: Vec<wire::Blocked>,
    pub(super) gone: Vec<u32>,
    /// Changes that are not recorded yet have put something that is recorded somewhere else in the page.
    pub(super) moved: bool,
    /// Frames whose documents were recorded, some of them perhaps no more, or twice.
    pub(super) framed: Vec<D::Node>,
    /// Elements whose sheet is to be written, perhaps more than once, and whether for the first time.
    pub(super) sheets: Vec<(D::Node, bool)>,
    /// Elements, by id, whose sheets scripts have made others than their text says.
    scripted: Vec<u32>,
    /// Names of custom elements, each with one of them while it is not defined.
    customs: Vec<(String, Option<D::Node>)>,
    /// The sheet whose text was recorded last and is as it was, by its element's id, with its fingerprint.
    written: (u32, u32),
    /// Whether any node bears the mark [`STEP`]. Like the mark, it outlives epochs.
    pub(super) stepped: bool,
    /// Of the text that was just written: whether it is a single character. `None` if it is blank, or no text.
    pub(super) glyph: Option<bool>,
    /// See [`change`](super::change).
    pub(super) spot: Spot<D::Node>,
    pub(super) stamp: u32,
}

impl<D: Dom> Default for Tree<D> {
    fn default() -> Self {
        Self {
            mirror: Mirror::default(),
            frames: Vec::new(),
            later: Vec::new(),
            before: 0,
            open: false,
            snapshot: false,
            states: Vec::new(),
            scrolls: Vec::new(),
            heard: false,
            early: Vec::new(),
            blocked: Vec::new(),
            gone: Vec::new(),
            moved: false,
            framed: Vec::new(),
            sheets: Vec::new(),
            scripted: Vec::new(),
            customs: Vec::new(),
            written: (0, 0),
            stepped: false,
            glyph: None,
            spot: Spot::default(),
            stamp: 0,
        }
    }
}

impl<D: Dom> Tree<D> {
    /// The recording's shape.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// The id of a live node, if it is recorded now; else 0.
    pub fn id(&self, dom: &D, node: &D::Node) -> u32 {
        let id = dom.id(node);
        if self.mirror.is_alive(id) { id } else { 0 }
    }

    /// Whether a node is a keypad, or in one.
    pub fn is_pad(&self, id: u32) -> bool {
        let mut at = id;
        while at != 0 && !self.mirror.rules(at).pad() {
            at = self.mirror.parent(at);
        }
        at != 0
    }

    /// A press on this node changed a protected field: it is a key. The page as a whole never is one.
    pub fn mark_pad(&mut self, id: u32) {
        if self.mirror.parent(self.mirror.parent(self.mirror.parent(id))) != 0 {
            let rules = self.mirror.rules(id).with(Rules::PAD);
            self.mirror.set_rules(id, rules);
        }
    }

    /// Whether work is left.
    pub fn is_busy(&self) -> bool {
        self.snapshot || !self.frames.is_empty() || !self.sheets.is_empty()
    }

    /// Opens an epoch: everything recorded so far is void, the walk starts at the document.
    pub fn snapshot(&mut self, cx: &mut Context<'_, D>) {
        cx.dom.clear_ids();
        *self = Self { stepped: self.stepped, ..Self::default() };
        self.mirror.clear();
        self.snapshot = true;
        let document = cx.dom.document();
        self.enter(cx, &document, 0, |batch, place| batch.document(place));
        self.ask_scroll(cx.dom, &document, self.before);
        self.sort_later();
        self.close(cx);
    }

    /// Goes on with the walk until it is done or the time is up. Returns whether it is done.
    pub fn work(&mut self, cx: &mut Context<'_, D>) -> bool {
        let done = self.walk(cx, 0, self.snapshot);
        self.close(cx);
        if !done {
            return false;
        }
        let mut seen = Seen::default();
        while let Some((node, first)) = self.sheets.pop() {
            let id = self.id(cx.dom, &node);
            if id != 0 && seen.add(id, "") {
                self.sheet(cx, &node, id, first);
            }
            if !self.sheets.is_empty() && (cx.batch.is_full() || cx.dom.now_ms() >= cx.deadline_ms) {
                return false;
            }
        }
        self.define(cx);
        if self.snapshot {
            self.snapshot = false;
            cx.batch.record(cx.time_ms, &wire::SnapshotEnd { nodes: self.mirror.live() });
        }
        true
    }

    /// Whether the whole page is being walked.
    pub fn is_snapshot(&self) -> bool {
        self.snapshot
    }

    /// Whether the text of this element's sheet is still to be read.
    pub fn owes_sheet(&self, node: &D::Node) -> bool {
        self.sheets.iter().any(|(owner, _)| owner == node)
    }

    // ---- entries -------------------------------------------------------------------------------------------

    pub(super) fn begin(&mut self, cx: &mut Context<'_, D>) {
        if !self.open {
            cx.batch.begin_tree(cx.time_ms, self.mirror.next_id());
            self.open = true;
            self.before = 0;
        }
    }

    /// Ends the open tree record and writes what belongs to its nodes, and which are gone.
    pub(super) fn close(&mut self, cx: &mut Context<'_, D>) {
        if core::mem::take(&mut self.open) {
            cx.batch.end();
        }
        for state in self.states.drain(..) {
            cx.batch.record(cx.time_ms, &state);
        }
        for blocked in self.blocked.drain(..) {
            cx.batch.record(cx.time_ms, &blocked);
        }
        if !self.scrolls.is_empty() {
            let samples = core::mem::take(&mut self.scrolls);
            cx.batch.record(cx.time_ms, &wire::Scrolls { samples });
        }
        if !self.gone.is_empty() {
            let nodes = core::mem::take(&mut self.gone);
            cx.batch.record(cx.time_ms, &wire::Remove { nodes });
        }
    }

    /// Tells which custom elements are defined by now.
    #[inline(never)]
    pub fn define(&mut self, cx: &mut Context<'_, D>) {
        for (name, one) in &mut self.customs {
            if one.take_if(|node| cx.dom.is_defined(node)).is_some() {
                cx.batch.record(cx.time_ms, &wire::Defined { name: cx.gate.name(name) });
            }
        }
    }

    pub(super) fn place(&self, parent: u32, previous: u32) -> Place {
        if previous == 0 {
            return if self.before == parent && parent != 0 {
                Place::Child
            } else {
                Place::At { parent, previous }
            };
        }
        let mut at = self.before;
        for level in 0..LEVELS {
            if at == previous {
                return Place::After(level);
            }
            at = self.mirror.parent(at);
            if at == 0 {
                break;
            }
        }
        Place::At { parent, previous }
    }

    fn create(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        parent: u32,
        previous: u32,
        rules: Rules,
        write: impl FnOnce(&mut Batch, Place),
    ) -> u32 {
        self.begin(cx);
        let place = self.place(parent, previous);
        write(cx.batch, place);
        let id = self.mirror.create(rules);
        self.mirror.attach(id, parent, previous);
        cx.dom.set_id(node, id);
        self.before = id;
        id
    }

    /// A node that is there already moves.
    pub(super) fn relocate(&mut self, cx: &mut Context<'_, D>, id: u32, parent: u32, previous: u32) {
        self.begin(cx);
        self.mirror.detach(id);
        let place = self.place(parent, previous);
        cx.batch.existing(place, id);
        self.mirror.attach(id, parent, previous);
        self.before = id;
    }

    /// Writes a document or shadow root, which is before all children of its host and nobody's sibling.
    pub(super) fn enter(
        &mut self,
        cx: &mut Context<'_, D>,
        root: &D::Node,
        host: u32,
        write: impl FnOnce(&mut Batch, Place),
    ) {
        cx.dom.observe(root);
        self.begin(cx);
        let place = self.place(host, 0);
        write(cx.batch, place);
        let id = self.mirror.create(self.mirror.rules(host));
        self.mirror.attach_root(id, host);
        cx.dom.set_id(root, id);
        self.before = id;
        self.heard = false;
        self.push(Frame::new(root.clone(), id, String::new()));
    }

    /// Writes a node that is not recorded yet, without its children. Returns its id, or 0 if it leaves no trace.
    pub(super) fn insert(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        (parent, tag): (u32, &str),
        previous: u32,
    ) -> u32 {
        let mut above = self.mirror.rules(parent);
        if self.stepped && cx.dom.mark(node) & STEP != 0 {
            above = above.with(Rules::IN_STEP);
        }
        match cx.dom.kind(node) {
            Kind::Element => self.element(cx, node, parent, previous, above),
            Kind::Text => {
                let raw = cx.dom.text(node);
                self.glyph = (!raw.is_blank()).then(|| raw.is_key());
                let (css, rules) = (above.style(), above);
                let text = introduced(cx, node, &raw).unwrap_or_else(|| text(cx, rules, tag, raw));
                self.create(cx, node, parent, previous, rules, |b, place| b.text(place, css, &text))
            }
            Kind::Doctype => {
                let (name, public, system) = cx.dom.doctype(node);
                let clean = (cx.gate.name(&name), cx.gate.doctype_id(&public), cx.gate.doctype_id(&system));
                self.create(cx, node, parent, previous, above, |b, place| {
                    b.doctype(place, &clean.0, &clean.1, &clean.2)
                })
            }
            Kind::Document | Kind::ShadowRoot | Kind::Other => 0,
        }
    }

    fn element(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        parent: u32,
        previous: u32,
        above: Rules,
    ) -> u32 {
        let name = cx.dom.name(node);
        let attributes = cx.dom.attributes(node);
        let matched = cx.dom.matched(node, &name);
        let element = Element { tag: &name, attributes: &attributes, parent: above, matched };
        let mut rules = cx.gate.rules(&element);
        if rules.dropped() {
            return 0;
        }
        let class = cx.fields.class(cx.dom, cx.gate, node, &name, &attributes);
        if class.is_protected() {
            rules = rules.with(Rules::SECRET);
        }
        let clean_name = cx.gate.name(&name);
        let mut clean = Vec::with_capacity(attributes.len());
        let preset = attributes.iter().any(|(n, _)| n == "checked" || n == "selected");
        let siblings = if cx.gate.needs_siblings(&name) { attributes.clone() } else { Vec::new() };
        let stepped = self.stepped && cx.dom.mark(node) & STEP_ATTRIBUTES != 0;
        let judged = if stepped { rules.with(Rules::IN_STEP) } else { rules };
        for (attribute, value) in attributes {
            if let Some(value) = cx.gate.attribute(&judged, &name, &attribute, value, &siblings) {
                clean.push((cx.gate.name(&attribute), value));
            }
        }
        // What the most common names mean is only asked below foreign elements.
        let may_be_foreign = self.mirror.is_foreign(parent)
            || !(may_host(&name)
                || is_void(&name)
                || matches!(name.as_str(), "a" | "li" | "ul" | "td" | "tr" | "option" | "button"));
        let namespace = if may_be_foreign { cx.dom.namespace(node) } else { Namespace::Html };
        let id = self
            .create(cx, node, parent, previous, rules, |b, p| b.element(p, namespace, &clean_name, &clean));
        if namespace != Namespace::Html {
            self.mirror.set_foreign(id);
        }
        if rules.blocked() {
            let (width, height) = cx.dom.size(node);
            self.blocked.push(wire::Blocked { node: id, width, height });
            self.mirror.set_leaf(id);
            return id;
        }
        match name.as_str() {
            // The children of a text area are its default value: the state tells what it holds.
            "input" | "option" | "textarea" => {
                let field = Known { id, tag: &name, rules, class, preset };
                self.states.extend(cx.fields.state(cx.dom, cx.gate, node, &field));
            }
            "style" | "link" => self.sheets.push((node.clone(), true)),
            _ => {}
        }
        if is_void(&name) {
            self.mirror.set_leaf(id);
            return id;
        }
        if name.contains('-') && !self.customs.iter().any(|(known, _)| *known == name) {
            self.customs.push((name.clone(), Some(node.clone())));
        }
        // To ask may have the page laid out.
        if !self.heard && may_scroll(&name) {
            self.ask_scroll(cx.dom, node, id);
        }
        self.push(Frame::with_roots(node.clone(), id, name));
        id
    }

    /// A node that is not written yet was scrolled: where to is asked when it is.
    pub fn scrolled_early(&mut self, node: &D::Node) {
        if !self.early.contains(node) {
            self.early.push(node.clone());
        }
    }

    pub(super) fn ask_scroll(&mut self, dom: &D, node: &D::Node, id: u32) {
        if let Some((x, y)) = dom.scroll(node) {
            self.scrolls.push(wire::Sample { after_ms: 0, node: id, x, y });
        }
    }

    fn sheet(&mut self, cx: &mut Context<'_, D>, node: &D::Node, sheet: u32, first: bool) {
        if let Some(Sheet { css, media, disabled }) =
            cx.dom.sheet(node, first, self.scripted.contains(&sheet))
        {
            // A sheet may be there some time before its `load` is heard.
            let written = (sheet, css.fingerprint() ^ media.fingerprint() ^ u32::from(disabled));
            if core::mem::replace(&mut self.written, written) == written {
                return;
            }
            cx.gate.note_css(&css);
            let (css, media) = (cx.gate.css(css), cx.gate.css(media));
            cx.batch.record(cx.time_ms, &wire::StyleSheet { sheet, css, media, disabled });
        }
    }

    /// The text of a sheet that a `link` or `style` element owns has to be recorded again.
    pub fn sheet_changed(&mut self, node: D::Node) {
        self.sheets.push((node, false));
    }

    /// A script has made it another than its element's text says.
    pub fn sheet_scripted(&mut self, dom: &D, node: D::Node) {
        let id = self.id(dom, &node);
        self.scripted.push(id);
        self.sheet_changed(node);
    }

    /// A rule of a sheet was recorded on its own: its text is another than was recorded.
    pub fn rule_changed(&mut self) {
        self.written = (0, 0);
    }
}

/// A text under the rules of its node.
pub(super) fn text<D: Dom>(cx: &mut Context<'_, D>, rules: Rules, tag: &str, raw: Raw) -> Clean {
    if rules.style() {
        cx.gate.note_css(&raw);
        cx.gate.css(raw)
    } else {
        cx.gate.text(rules, tag, raw)
    }
}

/// What a text becomes that looks like a code, where the text before it, recorded perhaps long ago, says that it is one.
pub(super) fn introduced<D: Dom>(cx: &Context<'_, D>, node: &D::Node, raw: &Raw) -> Option<Clean> {
    let parent = if cx.gate.is_like_a_code(raw) { cx.dom.parent(node) } else { None };
    let near = cx.dom.group(&parent.filter(|p| cx.dom.kind(p) == Kind::Element)?)?;
    cx.gate.introduced(&near)
}

/// Elements of whose children nothing is recorded.
fn is_void(name: &str) -> bool {
    matches!(name, "input" | "textarea" | "br" | "img" | "meta" | "hr" | "source" | "wbr" | "link")
}

/// Elements of which a scroll offset is asked. The others rarely scroll, and asking costs.
fn may_scroll(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "section"
            | "main"
            | "aside"
            | "nav"
            | "ul"
            | "ol"
            | "pre"
            | "article"
            | "table"
            | "tbody"
            | "dialog"
            | "form"
    ) || is_custom(name)
}
