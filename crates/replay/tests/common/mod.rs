//! A second, naive model of a page, and a scripted page that changes at random and records itself.
//!
//! It shares nothing with the crate: the tree is nested vectors, found by walking, and knows its own way to print
//! itself. What it records goes through the encoder and the decoder.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::manual_is_multiple_of)]

pub(crate) mod shop;

use std::sync::Arc;

use afterimage_wire::batch::PolicyReport;
use afterimage_wire::record::{
    AdoptedSheets, Attributes, FormState, Remove, Sample, Scrolls, Snapshot, SnapshotEnd, StyleRule,
    StyleSheet, Texts, Tree,
};
use afterimage_wire::tree::{Entry, Namespace, Node, Place};
use afterimage_wire::{Batch, BatchWriter, Header, Record, Timed};
use serde_json::{Map, Value, json};

pub(crate) const ORIGIN_MS: u64 = 1_700_000_000_000;

/// One body of records, decoded again.
pub(crate) fn batch(sequence: u32, previous: Option<&Batch>, records: &[Timed]) -> Batch {
    let mut writer = BatchWriter::default();
    for timed in records {
        timed.record.encode(&mut writer, timed.time_ms);
    }
    let header = Header {
        session: [7; 16],
        page_view: [9; 8],
        sequence,
        origin_ms: ORIGIN_MS,
        sealed_ms: ORIGIN_MS + u64::from(records.iter().map(|r| r.time_ms).max().unwrap_or(0)) + 5,
        site: "shop".into(),
        previous: previous.map(|b| b.header.digest).unwrap_or_default(),
        ..Header::default()
    };
    Batch::decode(&writer.finish_body(header, &PolicyReport::default()), 1 << 24).unwrap()
}

/// A chain of bodies, with so many records each.
pub(crate) fn batches(records: &[Timed], size: usize) -> Vec<Batch> {
    let mut done: Vec<Batch> = Vec::new();
    for (sequence, part) in records.chunks(size).enumerate() {
        done.push(batch(sequence as u32, done.last(), part));
    }
    done
}

pub(crate) fn text(text: &str) -> Arc<str> {
    text.into()
}

pub(crate) fn element(place: Place, name: &str, attributes: &[(&str, &str)]) -> Entry {
    let attributes = attributes.iter().map(|(n, v)| (text(n), text(v))).collect();
    Entry { place, node: Node::Element { namespace: Namespace::Html, name: text(name), attributes } }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Document,
    Doctype,
    Element(Namespace, String, Vec<(String, String)>),
    Text(String, bool),
    Shadow,
}

/// A node with its children in it.
#[derive(Clone, Debug)]
pub(crate) struct Naive {
    pub(crate) id: u32,
    pub(crate) kind: Kind,
    pub(crate) shadow: Option<Box<Naive>>,
    pub(crate) children: Vec<Naive>,
    pub(crate) value: Option<String>,
    pub(crate) checked: Option<bool>,
    pub(crate) scroll: (i32, i32),
    pub(crate) css: Option<Vec<String>>,
    pub(crate) adopted: Vec<u32>,
    /// It has adopted sheets, or had once.
    adopter: bool,
}

impl Naive {
    fn new(id: u32, kind: Kind) -> Self {
        let (shadow, children, value, checked, css, adopted) = <_>::default();
        Self { id, kind, shadow, children, value, checked, scroll: (0, 0), css, adopted, adopter: false }
    }

    fn html(id: u32, name: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes = attributes.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        Self::new(id, Kind::Element(Namespace::Html, name.into(), attributes))
    }

    fn name(&self) -> &str {
        if let Kind::Element(_, name, _) = &self.kind { name } else { "" }
    }

    fn all(&self) -> Vec<&Self> {
        let inner = self.shadow.iter().map(|s| &**s).chain(&self.children);
        std::iter::once(self).chain(inner.flat_map(Self::all)).collect()
    }

    fn find(&mut self, id: u32) -> Option<&mut Self> {
        if self.id == id {
            return Some(self);
        }
        self.shadow.iter_mut().map(|s| &mut **s).chain(&mut self.children).find_map(|c| c.find(id))
    }

    fn parent_of(&mut self, id: u32) -> Option<&mut Self> {
        let here =
            self.children.iter().any(|c| c.id == id) || self.shadow.as_ref().is_some_and(|s| s.id == id);
        if here {
            return Some(self);
        }
        self.shadow.iter_mut().map(|s| &mut **s).chain(&mut self.children).find_map(|c| c.parent_of(id))
    }

    fn take(&mut self, id: u32) -> Option<Self> {
        let parent = self.parent_of(id)?;
        let at = parent.children.iter().position(|c| c.id == id)?;
        parent.css = None;
        Some(parent.children.remove(at))
    }

    fn entry(&self) -> Node {
        match &self.kind {
            Kind::Document => Node::Document,
            Kind::Doctype => Node::Doctype { name: text("html"), public: text(""), system: text("") },
            Kind::Element(namespace, name, attributes) => Node::Element {
                namespace: *namespace,
                name: text(name),
                attributes: attributes.iter().map(|(n, v)| (text(n), text(v))).collect(),
            },
            Kind::Text(t, false) => Node::Text(text(t)),
            Kind::Text(t, true) => Node::Css(text(t)),
            Kind::Shadow => Node::ShadowRoot { closed: false },
        }
    }

    /// The page as [`afterimage_replay::model::Model::canonical_nodes`] prints it.
    pub(crate) fn canonical(&self, sheets: &[(u32, Vec<String>)]) -> Vec<Value> {
        let mut lines = Vec::new();
        self.print(0, sheets, &mut lines);
        lines
    }

    fn print(&self, depth: i64, sheets: &[(u32, Vec<String>)], lines: &mut Vec<Value>) {
        let mut map = Map::new();
        map.insert("depth".into(), depth.into());
        let (key, value) = match &self.kind {
            Kind::Document => ("document", true.into()),
            Kind::Doctype => ("doctype", json!(["html", "", ""])),
            Kind::Element(_, name, _) => ("element", name.as_str().into()),
            Kind::Text(t, _) => ("text", t.as_str().into()),
            Kind::Shadow => ("shadow_root", "open".into()),
        };
        map.insert(key.into(), value);
        if let Kind::Element(namespace, _, attributes) = &self.kind {
            if *namespace == Namespace::Svg {
                map.insert("namespace".into(), "svg".into());
            }
            let mut sorted = attributes.clone();
            sorted.sort();
            map.insert("attributes".into(), sorted.into_iter().map(|(n, v)| (n, Value::from(v))).collect());
        }
        if let Some(value) = &self.value {
            map.insert("value".into(), value.as_str().into());
        }
        let default = if let Kind::Element(_, _, a) = &self.kind {
            a.iter().any(|(n, _)| n == "checked")
        } else {
            false
        };
        if self.name() == "input" && self.checked.unwrap_or(default) {
            map.insert("checked".into(), true.into());
        }
        if self.scroll != (0, 0) {
            map.insert("scroll".into(), json!([self.scroll.0, self.scroll.1]));
        }
        if let Some(css) = &self.css {
            map.insert("css".into(), css.join("\n").into());
        }
        if !self.adopted.is_empty() {
            let sheet = |id: &u32| sheets.iter().find(|(i, _)| i == id).map(|(_, rules)| rules.join("\n"));
            map.insert("adopted".into(), self.adopted.iter().map(sheet).collect::<Vec<_>>().into());
        }
        lines.push(Value::Object(map));
        for child in self.shadow.iter().map(|s| &**s).chain(&self.children) {
            child.print(depth + 1, sheets, lines);
        }
    }
}

/// A page that changes and writes down what a recorder would.
pub(crate) struct Page {
    pub(crate) root: Naive,
    pub(crate) records: Vec<Timed>,
    /// After so many records, the page looked like this.
    pub(crate) checks: Vec<(usize, Vec<Value>)>,
    sheets: Vec<(u32, Vec<String>)>,
    tree: Option<Tree>,
    last: u32,
    next: u32,
    epoch: u32,
    time_ms: u32,
    walking: u32,
    turn: u32,
}

/// One change: what, where, how, how else.
pub(crate) type Op = [u32; 4];

impl Page {
    /// Starts a page and records its first snapshot.
    pub(crate) fn start() -> Self {
        let mut html = Naive::html(3, "html", &[("lang", "en")]);
        html.children = vec![Naive::html(4, "head", &[]), Naive::html(5, "body", &[("class", "a b")])];
        let mut root = Naive::new(1, Kind::Document);
        root.children = vec![Naive::new(2, Kind::Doctype), html];
        let (records, checks, sheets) = <_>::default();
        let mut page = Self {
            root,
            records,
            checks,
            sheets,
            tree: None,
            last: 0,
            next: 6,
            epoch: 0,
            time_ms: 0,
            walking: 0,
            turn: 0,
        };
        page.snapshot(0);
        page
    }

    /// What a list of changes makes of a page.
    pub(crate) fn of(ops: &[Op]) -> Self {
        let mut page = Self::start();
        ops.iter().for_each(|op| page.change(*op));
        page.close();
        page.end_walk();
        page.check();
        page
    }

    fn push(&mut self, record: Record) {
        self.close();
        self.records.push(Timed { time_ms: self.time_ms, record });
    }

    /// Ends the tree record under way.
    fn close(&mut self) {
        if let Some(tree) = self.tree.take() {
            self.records.push(Timed { time_ms: self.time_ms, record: Record::Tree(tree) });
        }
    }

    /// The end of a flush: time goes on.
    fn check(&mut self) {
        self.close();
        if self.walking == 0 {
            self.checks.push((self.records.len(), self.root.canonical(&self.sheets)));
        }
        self.time_ms += 100;
    }

    fn end_walk(&mut self) {
        if self.walking > 0 {
            self.walking = 0;
            let nodes = self.root.all().len() as u32;
            self.push(Record::SnapshotEnd(SnapshotEnd { nodes }));
        }
    }

    /// Puts an entry where the node of that id is now.
    fn entry(&mut self, id: u32, relative: bool, node: Node) {
        let moves = matches!(node, Node::Existing(_));
        let fits = |t: &Tree| {
            let new = t.entries.iter().filter(|e| !matches!(e.node, Node::Existing(_))).count() as u32;
            moves || t.first + new == id
        };
        if !self.tree.as_ref().is_some_and(fits) {
            self.close();
        }
        let place = self.place(id, relative && self.tree.is_some());
        self.tree
            .get_or_insert_with(|| Tree { first: id, entries: Vec::new() })
            .entries
            .push(Entry { place, node });
        self.last = id;
    }

    fn place(&mut self, id: u32, relative: bool) -> Place {
        let Some(parent) = self.root.parent_of(id) else { return Place::At { parent: 0, previous: 0 } };
        let at = parent.children.iter().position(|c| c.id == id);
        let (parent_id, shadow) = (parent.id, parent.shadow.as_ref().map_or(0, |s| s.id));
        let previous = match at {
            Some(0) | None => 0,
            Some(at) => parent.children[at - 1].id,
        };
        if relative && parent_id == self.last && previous == 0 && (shadow == 0 || at.is_none()) {
            return Place::Child;
        }
        let before = if previous == 0 && at.is_some() { shadow } else { previous };
        let (mut up, mut levels) = (self.last, 0);
        while relative && before != 0 && up != 0 {
            if up == before {
                return Place::After(levels);
            }
            up = self.root.parent_of(up).map_or(0, |p| p.id);
            levels += 1;
        }
        Place::At { parent: parent_id, previous: if self.turn % 2 == 0 { before } else { previous } }
    }

    /// A full snapshot, which stays open for so many changes.
    fn snapshot(&mut self, walk: u32) {
        self.end_walk();
        self.epoch += 1;
        self.push(Record::Snapshot(Snapshot {
            epoch: self.epoch,
            flags: 0,
            width: 800,
            height: 600,
            url: text("https://shop.example/a/"),
        }));
        let mut next = 1;
        renumber(&mut self.root, &mut next);
        self.next = next;
        let nodes: Vec<Naive> = self.root.all().into_iter().cloned().collect();
        for node in &nodes {
            if (node.id + self.turn) % 11 == 10 {
                self.close();
            }
            self.entry(node.id, true, node.entry());
        }
        for (sheet, rules) in self.sheets.clone() {
            self.sheet(sheet, &rules);
        }
        for node in nodes {
            self.state(&node);
        }
        self.walking = walk + 1;
        if walk == 0 {
            self.end_walk();
            self.check();
        }
    }

    /// All that is not in the tree.
    fn state(&mut self, node: &Naive) {
        let flags =
            u32::from(node.value.is_some()) + node.checked.map_or(0, |checked| 2 + 4 * u32::from(checked));
        if flags != 0 {
            let value = text(node.value.as_deref().unwrap_or_default());
            self.push(Record::FormState(FormState { node: node.id, flags, value }));
        }
        if node.scroll != (0, 0) {
            self.scrolled(node.id, node.scroll);
        }
        if let Some(rules) = &node.css {
            self.sheet(node.id, rules);
        }
        if !node.adopted.is_empty() {
            self.push(Record::AdoptedSheets(AdoptedSheets { root: node.id, sheets: node.adopted.clone() }));
        }
    }

    fn sheet(&mut self, sheet: u32, rules: &[String]) {
        let css = text(&rules.join("\n"));
        self.push(Record::StyleSheet(StyleSheet { sheet, css, media: text(""), disabled: false }));
    }

    fn scrolled(&mut self, node: u32, (x, y): (i32, i32)) {
        self.push(Record::Scrolls(Scrolls { samples: vec![Sample { after_ms: 0, node, x, y }] }));
    }

    fn pick(&self, a: u32, wanted: impl Fn(&Naive) -> bool) -> Option<u32> {
        let all: Vec<u32> = self.root.all().into_iter().filter(|n| wanted(n)).map(|n| n.id).collect();
        (!all.is_empty()).then(|| all[a as usize % all.len()])
    }

    /// Where something can be put: a parent, and how many children it has.
    fn parent(&mut self, a: u32) -> (u32, usize) {
        let takes =
            |n: &Naive| matches!(n.name(), "body" | "div" | "p" | "my-box" | "svg") || n.kind == Kind::Shadow;
        let id = self.pick(a, takes).unwrap();
        (id, self.root.find(id).unwrap().children.len())
    }

    fn insert(&mut self, node: Naive, a: u32, b: u32) {
        let (parent, room) = self.parent(a);
        self.root.find(parent).unwrap().children.insert(b as usize % (room + 1), node.clone());
        for part in node.all() {
            self.entry(part.id, b % 3 != 0, part.entry());
        }
    }

    fn id(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// Makes one change and records it.
    pub(crate) fn change(&mut self, [what, a, b, c]: Op) {
        self.turn += 1;
        if self.walking == 1 {
            self.end_walk();
            self.check();
        }
        self.walking = self.walking.saturating_sub(1).max(u32::from(self.walking > 0));
        match what % 20 {
            0..=5 => self.insert_element(a, b, c),
            6 => {
                let id = self.id();
                self.insert(Naive::new(id, Kind::Text(format!("t{c}"), false)), a, b);
            }
            7..=9 => self.move_node(a, b, c),
            10 => self.remove(a),
            11 => self.attribute(a, b, c),
            12 => self.text(a, c),
            13 => self.form(a, b, c),
            14 => self.scroll(a, b, c),
            15 => self.attach(a),
            16 => self.style(a, b, c),
            17 => self.adopt(a, b, c),
            18 if b % 8 == 0 => self.snapshot(c % 5),
            _ => self.check(),
        }
    }

    fn insert_element(&mut self, a: u32, b: u32, c: u32) {
        let id = self.id();
        let class = format!("c{}", c % 7);
        let mut node = match c % 13 {
            0 => Naive::html(id, "input", &[("type", "text"), ("class", &class)]),
            1 => Naive::html(id, "input", &[("type", "checkbox"), ("checked", "")]),
            2 => Naive::html(id, "textarea", &[]),
            3 => Naive::html(id, "style", &[]),
            4 => Naive::html(id, "my-box", &[("class", &class)]),
            5 => Naive::new(
                id,
                Kind::Element(Namespace::Svg, "svg".into(), vec![("viewBox".into(), "0 0 9 9".into())]),
            ),
            6 => Naive::html(id, "iframe", &[("title", &class)]),
            7 => Naive::html(id, "p", &[]),
            8 => Naive::html(id, "script", &[]),
            _ => Naive::html(
                id,
                "div",
                &[("class", &class), ("style", "height: 50px; overflow: scroll; overflow-anchor: none;")],
            ),
        };
        match node.name() {
            "textarea" => {
                let id = self.id();
                node.children.push(Naive::new(id, Kind::Text(format!("area {c}"), false)));
            }
            "style" => {
                for n in 0..c % 3 {
                    let id = self.id();
                    node.children
                        .push(Naive::new(id, Kind::Text(format!(".s{n} {{ top: {}px; }}", c % 50), true)));
                }
            }
            "div" => {
                let id = self.id();
                let mut inner = Naive::html(id, "section", &[("style", "height: 500px; width: 2000px;")]);
                let id = self.id();
                inner.children.push(Naive::new(id, Kind::Text(format!("in {c}"), false)));
                node.children.push(inner);
            }
            "iframe" => {
                let mut document = Naive::new(self.id(), Kind::Document);
                let mut html = Naive::html(self.id(), "html", &[]);
                html.children =
                    vec![Naive::html(self.id(), "head", &[]), Naive::html(self.id(), "body", &[])];
                document.children = vec![html];
                node.children = vec![document];
            }
            _ => {}
        }
        self.insert(node, a, b);
    }

    fn movable(node: &Naive) -> bool {
        match &node.kind {
            Kind::Element(_, name, _) => !matches!(name.as_str(), "html" | "head" | "body" | "section"),
            _ => false,
        }
    }

    fn move_node(&mut self, a: u32, b: u32, c: u32) {
        let Some(id) = self.pick(a, Self::movable) else { return };
        let inside: Vec<u32> = self.root.find(id).unwrap().all().iter().map(|n| n.id).collect();
        let (parent, _) = self.parent(b);
        let adopts = self.root.find(id).unwrap().all().iter().any(|n| n.adopter);
        if inside.contains(&parent) || (adopts && self.document_of(id) != self.document_of(parent)) {
            return; // a document's sheets are its own
        }
        let mut node = self.root.take(id).unwrap();
        // What moves in a browser is scrolled back.
        let scrolled: Vec<u32> = node.all().iter().filter(|n| n.scroll != (0, 0)).map(|n| n.id).collect();
        scrolled.iter().for_each(|n| node.find(*n).unwrap().scroll = (0, 0));
        // And makes its style sheets anew from their text.
        for id in inside {
            node.find(id).unwrap().css = None;
        }
        let host = self.root.find(parent).unwrap();
        let at = c as usize % (host.children.len() + 1);
        host.children.insert(at, node);
        self.entry(id, c % 3 != 0, Node::Existing(id));
        scrolled.into_iter().for_each(|n| self.scrolled(n, (0, 0)));
    }

    fn document_of(&mut self, mut id: u32) -> u32 {
        while self.root.find(id).unwrap().kind != Kind::Document {
            id = self.root.parent_of(id).unwrap().id;
        }
        id
    }

    fn remove(&mut self, a: u32) {
        let Some(id) = self.pick(a, |n| Self::movable(n) || matches!(n.kind, Kind::Text(..))) else { return };
        self.root.take(id);
        self.push(Record::Remove(Remove { nodes: vec![id] }));
    }

    fn attribute(&mut self, a: u32, b: u32, c: u32) {
        let Some(id) = self.pick(a, Self::movable) else { return };
        let name = ["title", "class", "lang"][b as usize % 3];
        let Kind::Element(_, _, attributes) = &mut self.root.find(id).unwrap().kind else { return };
        attributes.retain(|(n, _)| n != name);
        let value = (c % 3 != 0).then(|| format!("v{}", c % 9));
        attributes.extend(value.iter().map(|v| (name.to_owned(), v.clone())));
        self.push(Record::Attributes(Attributes {
            changes: vec![(id, text(name), value.as_deref().map(text))],
        }));
    }

    fn text(&mut self, a: u32, c: u32) {
        let Some(id) = self.pick(a, |n| matches!(n.kind, Kind::Text(..))) else { return };
        let parent = self.root.parent_of(id).unwrap();
        parent.css = None;
        let css = parent.name() == "style";
        let new = if css { format!(".n {{ left: {}px; }}", c % 50) } else { format!("new {c}") };
        self.root.find(id).unwrap().kind = Kind::Text(new.clone(), css);
        self.push(Record::Texts(Texts { changes: vec![(id, text(&new), css)] }));
    }

    fn form(&mut self, a: u32, b: u32, c: u32) {
        let Some(id) = self.pick(a, |n| matches!(n.name(), "input" | "textarea")) else { return };
        let node = self.root.find(id).unwrap();
        let checkbox = matches!(&node.kind, Kind::Element(_, _, a) if a.iter().any(|(_, v)| v == "checkbox"));
        let (flags, value) = if checkbox {
            node.checked = Some(b % 2 == 0);
            (2 + 4 * u32::from(b % 2 == 0), String::new())
        } else {
            node.value = Some(format!("typed {c}"));
            (1, format!("typed {c}"))
        };
        self.push(Record::FormState(FormState { node: id, flags: flags + 8, value: text(&value) }));
    }

    fn scroll(&mut self, a: u32, b: u32, c: u32) {
        let scrolls = |n: &Naive| matches!(&n.kind, Kind::Element(_, _, a) if a.iter().any(|(_, v)| v.contains("scroll")));
        let Some(id) = self.pick(a, scrolls) else { return };
        let to = (b as i32 % 90, c as i32 % 90);
        self.root.find(id).unwrap().scroll = to;
        self.scrolled(id, to);
    }

    fn attach(&mut self, a: u32) {
        let Some(host) = self.pick(a, |n| n.name() == "my-box" && n.shadow.is_none()) else { return };
        let mut shadow = Naive::new(self.id(), Kind::Shadow);
        shadow.children.push(Naive::html(self.id(), "p", &[("part", "x")]));
        self.root.find(host).unwrap().shadow = Some(Box::new(shadow.clone()));
        for part in shadow.all() {
            self.entry(part.id, true, part.entry());
        }
    }

    /// A rule put into a style sheet, taken out, or all of it replaced.
    fn style(&mut self, a: u32, b: u32, c: u32) {
        let Some(id) = self.pick(a, |n| n.name() == "style") else { return };
        let node = self.root.find(id).unwrap();
        let texts = node
            .children
            .iter()
            .filter_map(|c| if let Kind::Text(t, _) = &c.kind { Some(t.clone()) } else { None });
        let mut rules = node.css.clone().unwrap_or_else(|| texts.collect());
        let rule = format!(".r{} {{ right: {}px; }}", c % 5, c % 50);
        let at = b as usize % (rules.len() + 1);
        let record = match c % 3 {
            0 => None,
            1 if at < rules.len() => {
                rules.remove(at);
                Some(StyleRule { sheet: id, path: vec![at as u32], rule: None })
            }
            _ => {
                rules.insert(at, rule.clone());
                Some(StyleRule { sheet: id, path: vec![at as u32], rule: Some(text(&rule)) })
            }
        };
        let rules = if record.is_some() { rules } else { vec![rule] };
        self.root.find(id).unwrap().css = Some(rules.clone());
        match record {
            Some(record) => self.push(Record::StyleRule(record)),
            None => self.sheet(id, &rules),
        }
    }

    fn adopt(&mut self, a: u32, b: u32, c: u32) {
        const FIRST: u32 = 1 << 31;
        if c % 4 == 0 || self.sheets.is_empty() {
            let id = FIRST + self.sheets.len() as u32;
            let rules = vec![format!(".k {{ bottom: {}px; }}", c % 50), ".l { color: red; }".to_owned()];
            self.sheet(id, &rules);
            self.sheets.push((id, rules));
        }
        let ids: Vec<u32> = self.sheets.iter().map(|(id, _)| *id).collect();
        let adopted = ids.into_iter().filter(|id| (b >> (id - FIRST).min(31)) % 2 == 0).collect::<Vec<_>>();
        let Some(root) = self.pick(a, |n| n.kind == Kind::Shadow || n.id == 1) else { return };
        if self.document_of(root) != 1 {
            return; // rrweb cannot skip over a frame that is attached again and adopts sheets
        }
        let node = self.root.find(root).unwrap();
        (node.adopted, node.adopter) = (adopted.clone(), true);
        self.push(Record::AdoptedSheets(AdoptedSheets { root, sheets: adopted }));
    }
}

fn renumber(node: &mut Naive, next: &mut u32) {
    node.id = *next;
    *next += 1;
    node.shadow.iter_mut().map(|s| &mut **s).chain(&mut node.children).for_each(|c| renumber(c, next));
}
