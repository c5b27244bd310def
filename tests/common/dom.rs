//! A page in memory: what the engine meets in tests instead of a browser.
//!
//! Nodes live in one arena and handles are numbers. Whatever changes the tree also queues what a `MutationObserver`
//! on the observed roots would deliver, transient observers included: a subtree that left the page is still observed
//! until the next delivery. <https://dom.spec.whatwg.org/#mutation-observers>

use std::cell::{Cell, RefCell};

use afterimage_recorder::dom::{Change, Control, Dom, Kind, Namespace, Sheet};
use afterimage_recorder::privacy::{Raw, Rules};

/// The state of a control that was told last: its value's fingerprint, and what is chosen.
type Told = (u32, u32);

/// A handle.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Node(u32);

#[derive(Clone, Default)]
struct Data {
    kind: Option<Kind>,
    name: String,
    namespace: Namespace,
    attributes: Vec<(String, String)>,
    text: String,
    parent: u32,
    first: u32,
    last: u32,
    previous: u32,
    next: u32,
    /// Shadow root of a host, document of a frame; 0 for none.
    shadow: u32,
    closed: bool,
    frame: u32,
    /// Host of a shadow root, frame of a document.
    host: u32,
    id: u32,
    mark: u32,
    observed: bool,
    transient: bool,
    value: Option<String>,
    checked: Option<bool>,
    indeterminate: bool,
    scroll: Option<(i32, i32)>,
    sheet: Option<String>,
}

/// A page.
pub struct Page {
    nodes: RefCell<Vec<Data>>,
    changes: RefCell<Vec<Change<Node>>>,
    transients: RefCell<Vec<u32>>,
    calls: Cell<u64>,
    looks: Cell<u32>,
    in_step: Cell<bool>,
    frames: Cell<bool>,
    /// Frames that are put in load nothing, and nobody is told, as happens in WebKit.
    pub silent: Cell<bool>,
    /// What time it is, where looking at the clock takes none.
    pub clock: Cell<Option<f64>>,
    /// What a look at that clock takes, milliseconds.
    pub tick: Cell<f64>,
    /// Controls that are followed, as they were told last.
    followed: RefCell<Vec<(Node, Told)>>,
    /// A selector of the owner's: a class, or ` *` after it for all below, and what it means.
    pub owner: RefCell<Option<(String, Rules)>>,
}

const DOCUMENT: Node = Node(1);

impl Default for Page {
    fn default() -> Self {
        let page = Self {
            nodes: RefCell::new(vec![Data::default()]),
            changes: RefCell::default(),
            transients: RefCell::default(),
            calls: Cell::new(0),
            looks: Cell::new(0),
            in_step: Cell::new(false),
            frames: Cell::new(false),
            silent: Cell::new(false),
            clock: Cell::new(None),
            tick: Cell::new(0.0),
            followed: RefCell::default(),
            owner: RefCell::default(),
        };
        page.create(Data { kind: Some(Kind::Document), ..Data::default() });
        page
    }
}

impl Page {
    /// A page with a document type, `html`, `head` and `body`. Returns the body too.
    pub fn with_body() -> (Self, Node) {
        let page = Self::default();
        let doctype = page.doctype_node("html");
        page.append(DOCUMENT, doctype);
        let html = page.element("html");
        page.append(DOCUMENT, html);
        let head = page.element("head");
        page.append(html, head);
        let body = page.element("body");
        page.append(html, body);
        page.deliver();
        (page, body)
    }

    fn create(&self, data: Data) -> Node {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(data);
        Node(nodes.len() as u32 - 1)
    }

    fn get<T>(&self, node: Node, f: impl FnOnce(&Data) -> T) -> T {
        f(&self.nodes.borrow()[node.0 as usize])
    }

    fn set<T>(&self, node: Node, f: impl FnOnce(&mut Data) -> T) -> T {
        f(&mut self.nodes.borrow_mut()[node.0 as usize])
    }

    fn call(&self) {
        self.calls.set(self.calls.get() + 1);
    }

    fn some(id: u32) -> Option<Node> {
        (id != 0).then_some(Node(id))
    }

    // ---- making nodes --------------------------------------------------------------------------------------

    pub fn element(&self, name: &str) -> Node {
        let namespace = match name {
            "svg" | "path" | "g" => Namespace::Svg,
            "math" | "mi" => Namespace::MathMl,
            _ => Namespace::Html,
        };
        self.frames.set(self.frames.get() || name == "iframe");
        self.create(Data { kind: Some(Kind::Element), name: name.into(), namespace, ..Data::default() })
    }

    pub fn text_node(&self, text: &str) -> Node {
        self.create(Data { kind: Some(Kind::Text), text: text.into(), ..Data::default() })
    }

    pub fn comment(&self) -> Node {
        self.create(Data { kind: Some(Kind::Other), ..Data::default() })
    }

    fn doctype_node(&self, name: &str) -> Node {
        self.create(Data { kind: Some(Kind::Doctype), name: name.into(), ..Data::default() })
    }

    /// An element with attributes and children, from `tag#class` and the children.
    pub fn build(&self, name: &str, attributes: &[(&str, &str)], children: &[Node]) -> Node {
        let node = self.element(name);
        for (n, v) in attributes {
            self.set(node, |d| d.attributes.push(((*n).into(), (*v).into())));
        }
        for child in children {
            self.append(node, *child);
        }
        node
    }

    // ---- changing the tree ---------------------------------------------------------------------------------

    /// Whether changes come in step with typing in a protected field from now on.
    pub fn set_in_step(&self, on: bool) {
        self.in_step.set(on);
    }

    fn is_observed(&self, target: Node) -> bool {
        let mut at = target.0;
        while at != 0 {
            let (hit, parent) = self.get(Node(at), |d| (d.observed || d.transient, d.parent));
            if hit {
                return true;
            }
            at = parent;
        }
        false
    }

    fn children_changed(&self, target: Node, node: Node) {
        if self.is_observed(target) {
            let change = Change::Children { target, nodes: vec![node], in_step: self.in_step.get() };
            self.changes.borrow_mut().push(change);
        }
    }

    /// What a delivery brings.
    pub fn deliver(&self) -> Vec<Change<Node>> {
        for id in self.transients.take() {
            self.set(Node(id), |d| d.transient = false);
        }
        self.changes.take()
    }

    /// Whether `ancestor` is `node` or above it, through hosts too.
    pub fn is_above(&self, ancestor: Node, node: Node) -> bool {
        let mut at = node.0;
        while at != 0 {
            if at == ancestor.0 {
                return true;
            }
            at = self.get(Node(at), |d| if d.parent != 0 { d.parent } else { d.host });
        }
        false
    }

    /// Whether children of a node are recorded, marks aside.
    pub fn holds(&self, parent: Node) -> bool {
        self.get(parent, |d| match d.kind {
            Some(Kind::ShadowRoot) => true,
            Some(Kind::Element) => {
                !matches!(d.name.as_str(), "script" | "noscript" | "template" | "input" | "img" | "textarea")
            }
            _ => false,
        })
    }

    /// Whether `parent` may get `child`.
    pub fn accepts(&self, parent: Node, child: Node) -> bool {
        let holder = matches!(self.get(parent, |d| d.kind), Some(Kind::Element | Kind::ShadowRoot));
        let child_kind = self.get(child, |d| d.kind);
        holder
            && matches!(child_kind, Some(Kind::Element | Kind::Text | Kind::Other))
            && !self.is_above(child, parent)
    }

    pub fn append(&self, parent: Node, child: Node) {
        self.insert_before(parent, child, None);
    }

    pub fn insert_before(&self, parent: Node, child: Node, before: Option<Node>) {
        let before = if before == Some(child) { self.next(child) } else { before };
        self.remove(child);
        let next = before.map_or(0, |b| b.0);
        let previous =
            if next == 0 { self.get(parent, |d| d.last) } else { self.get(Node(next), |d| d.previous) };
        self.set(child, |d| (d.parent, d.previous, d.next) = (parent.0, previous, next));
        match previous {
            0 => self.set(parent, |d| d.first = child.0),
            _ => self.set(Node(previous), |d| d.next = child.0),
        }
        match next {
            0 => self.set(parent, |d| d.last = child.0),
            _ => self.set(Node(next), |d| d.previous = child.0),
        }
        self.children_changed(parent, child);
        if self.silent.get() {
            return;
        }
        for frame in self.frames_in(child) {
            self.root_changed(frame);
        }
    }

    pub fn remove(&self, child: Node) {
        let (parent, previous, next) = self.get(child, |d| (d.parent, d.previous, d.next));
        if parent == 0 {
            return;
        }
        self.children_changed(Node(parent), child);
        if self.is_observed(Node(parent)) {
            self.set(child, |d| d.transient = true);
            self.transients.borrow_mut().push(child.0);
        }
        match previous {
            0 => self.set(Node(parent), |d| d.first = next),
            _ => self.set(Node(previous), |d| d.next = next),
        }
        match next {
            0 => self.set(Node(parent), |d| d.last = previous),
            _ => self.set(Node(next), |d| d.previous = previous),
        }
        self.set(child, |d| (d.parent, d.previous, d.next) = (0, 0, 0));
        for frame in self.frames_in(child) {
            let document = self.set(frame, |d| core::mem::take(&mut d.frame));
            if document != 0 {
                self.set(Node(document), |d| d.host = 0);
            }
        }
    }

    /// The frames in a subtree, shadow trees included.
    fn frames_in(&self, node: Node) -> Vec<Node> {
        if !self.frames.get() {
            return Vec::new();
        }
        self.subtree(node).into_iter().filter(|n| self.get(*n, |d| d.name == "iframe")).collect()
    }

    /// A node and all below it, documents of frames and shadow trees included, in any order but ancestors first.
    pub fn subtree(&self, node: Node) -> Vec<Node> {
        let mut out = vec![node];
        let mut at = 0;
        while let Some(here) = out.get(at).copied() {
            at += 1;
            let (shadow, frame) = self.get(here, |d| (d.shadow, d.frame));
            out.extend([shadow, frame].into_iter().filter(|n| *n != 0).map(Node));
            out.extend(self.children(here));
        }
        out
    }

    pub fn children(&self, node: Node) -> Vec<Node> {
        let mut out = Vec::new();
        let mut at = self.get(node, |d| d.first);
        while at != 0 {
            out.push(Node(at));
            at = self.get(Node(at), |d| d.next);
        }
        out
    }

    pub fn children_first(&self, node: Node) -> Option<Node> {
        Self::some(self.get(node, |d| d.first))
    }

    /// The last child that has an id.
    pub fn recorded_last(&self, node: Node) -> Option<Node> {
        self.children(node).into_iter().rev().find(|n| self.get(*n, |d| d.id != 0 && d.id < 1 << 31))
    }

    pub fn next(&self, node: Node) -> Option<Node> {
        Self::some(self.get(node, |d| d.next))
    }

    /// `replaceChildren`, `innerHTML`: one record for all of it, as browsers do.
    pub fn replace_children(&self, parent: Node, children: &[Node]) {
        let first = self.changes.borrow().len();
        for child in self.children(parent) {
            self.remove(child);
        }
        for child in children {
            self.append(parent, *child);
        }
        let mut changes = self.changes.borrow_mut();
        let tail = changes.split_off(first);
        let mut merged: Vec<Node> = Vec::new();
        for change in tail {
            match change {
                Change::Children { target, nodes, .. } if target == parent => merged.extend(nodes),
                other => changes.push(other),
            }
        }
        if !merged.is_empty() {
            let in_step = self.in_step.get();
            changes.push(Change::Children { target: parent, nodes: merged, in_step });
        }
    }

    pub fn set_attribute(&self, element: Node, name: &str, value: Option<&str>) {
        self.set(element, |d| {
            let at = d.attributes.iter().position(|(n, _)| n == name);
            match (at, value) {
                (Some(at), Some(value)) => d.attributes[at].1 = value.into(),
                (Some(at), None) => drop(d.attributes.remove(at)),
                (None, Some(value)) => d.attributes.push((name.into(), value.into())),
                (None, None) => {}
            }
        });
        if self.is_observed(element) {
            let change =
                Change::Attribute { target: element, name: name.into(), in_step: self.in_step.get() };
            self.changes.borrow_mut().push(change);
        }
    }

    pub fn set_text(&self, node: Node, text: &str) {
        self.set(node, |d| d.text = text.into());
        if self.is_observed(node) {
            self.changes.borrow_mut().push(Change::Text { target: node, in_step: self.in_step.get() });
        }
    }

    /// Splits a text node after its first word.
    pub fn split_text(&self, node: Node) -> Option<Node> {
        let (parent, text) = self.get(node, |d| (d.parent, d.text.clone()));
        let (head, tail) = text.split_once(' ')?;
        let rest = self.text_node(tail);
        if parent != 0 {
            self.insert_before(Node(parent), rest, self.next(node));
        }
        self.set_text(node, head);
        Some(rest)
    }

    /// Attaches a shadow root. Observers see nothing of it; the recorder's patch of `attachShadow` does.
    pub fn attach_shadow(&self, host: Node, closed: bool) -> Option<Node> {
        if self.get(host, |d| d.shadow != 0 || d.kind != Some(Kind::Element)) {
            return None;
        }
        let root = self.create(Data { kind: Some(Kind::ShadowRoot), host: host.0, ..Data::default() });
        self.set(host, |d| (d.shadow, d.closed) = (root.0, closed));
        self.root_changed(host);
        Some(root)
    }

    /// Loads a document into a frame.
    pub fn load_frame(&self, frame: Node, children: &[Node]) -> Node {
        let old = self.get(frame, |d| d.frame);
        if old != 0 {
            self.set(Node(old), |d| d.host = 0);
        }
        let document = self.create(Data { kind: Some(Kind::Document), host: frame.0, ..Data::default() });
        self.set(frame, |d| d.frame = document.0);
        let html = self.build("html", &[], children);
        self.append(document, html);
        self.root_changed(frame);
        document
    }

    /// An element may have another root.
    pub fn root_changed(&self, host: Node) {
        self.changes.borrow_mut().push(Change::Root { host });
    }

    pub fn set_value(&self, node: Node, value: &str) {
        self.set(node, |d| d.value = Some(value.into()));
    }

    /// What the visitor typed stands in a field, or in an element that is edited in place.
    pub fn enter(&self, node: Node, value: &str) {
        if matches!(self.get(node, |d| d.name.clone()).as_str(), "input" | "textarea") {
            self.set_value(node, value);
        } else if let Some(text) = self.children_first(node) {
            self.set_text(text, value);
        } else {
            self.append(node, self.text_node(value));
        }
    }

    pub fn value_of(&self, node: Node) -> String {
        self.get(node, |d| d.value.clone().unwrap_or_default())
    }

    pub fn set_indeterminate(&self, node: Node, on: bool) {
        self.set(node, |d| d.indeterminate = on);
    }

    pub fn set_checked(&self, node: Node, on: bool) {
        self.set(node, |d| d.checked = Some(on));
    }

    pub fn set_scroll(&self, node: Node, x: i32, y: i32) {
        self.set(node, |d| d.scroll = Some((x, y)));
    }

    pub fn set_sheet(&self, node: Node, css: &str) {
        self.set(node, |d| d.sheet = Some(css.into()));
    }

    // ---- looking at it, uncounted ----------------------------------------------------------------------------

    /// How many questions the engine has asked.
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// How many times it has looked at the clock.
    pub fn looks(&self) -> u32 {
        self.looks.get()
    }

    pub fn recorded_id(&self, node: Node) -> u32 {
        self.get(node, |d| d.id)
    }

    pub fn is_element(&self, node: Node) -> bool {
        self.get(node, |d| d.kind == Some(Kind::Element))
    }

    pub fn is_text(&self, node: Node) -> bool {
        self.get(node, |d| d.kind == Some(Kind::Text))
    }

    pub fn text_of(&self, node: Node) -> String {
        self.get(node, |d| d.text.clone())
    }

    pub fn parent_of(&self, node: Node) -> Option<Node> {
        Self::some(self.get(node, |d| d.parent))
    }

    pub fn raw_attributes(&self, node: Node) -> Vec<(String, Raw)> {
        self.get(node, |d| d.attributes.iter().map(|(n, v)| (n.clone(), Raw::new(v.clone()))).collect())
    }

    pub fn name_of(&self, node: Node) -> String {
        self.get(node, |d| d.name.clone())
    }

    pub fn attribute_of(&self, node: Node, name: &str) -> Option<String> {
        self.get(node, |d| d.attributes.iter().find(|a| a.0 == name).map(|a| a.1.clone()))
    }

    /// `cloneNode(true)`: attributes and children, but neither value nor shadow root.
    pub fn clone_node(&self, node: Node) -> Node {
        let (kind, name, namespace, attributes, text) =
            self.get(node, |d| (d.kind, d.name.clone(), d.namespace, d.attributes.clone(), d.text.clone()));
        let copy = self.create(Data { kind, name, namespace, attributes, text, ..Data::default() });
        for child in self.children(node) {
            self.append(copy, self.clone_node(child));
        }
        copy
    }

    pub fn text_below(&self, node: Node) -> String {
        let mut out = String::new();
        let mut stack = vec![node];
        while let Some(here) = stack.pop() {
            out.push_str(&self.text_of(here));
            let mut children = self.children(here);
            children.reverse();
            stack.extend(children);
        }
        out
    }
}

impl Dom for Page {
    type Node = Node;

    fn document(&self) -> Node {
        self.call();
        DOCUMENT
    }

    fn kind(&self, node: &Node) -> Kind {
        self.call();
        self.get(*node, |d| d.kind.unwrap_or(Kind::Other))
    }

    fn parent(&self, node: &Node) -> Option<Node> {
        self.call();
        self.parent_of(*node)
    }

    fn first_child(&self, node: &Node) -> Option<Node> {
        self.call();
        Self::some(self.get(*node, |d| d.first))
    }

    fn next_sibling(&self, node: &Node) -> Option<Node> {
        self.call();
        self.next(*node)
    }

    fn previous_sibling(&self, node: &Node) -> Option<Node> {
        self.call();
        Self::some(self.get(*node, |d| d.previous))
    }

    fn precedes(&self, before: &Node, after: &Node) -> bool {
        self.call();
        assert_eq!(self.parent_of(*before), self.parent_of(*after), "only siblings are compared");
        let mut at = self.get(*before, |d| d.next);
        while at != 0 && at != after.0 {
            at = self.get(Node(at), |d| d.next);
        }
        at != 0
    }

    fn is_connected(&self, node: &Node) -> bool {
        self.call();
        self.is_above(DOCUMENT, *node)
    }

    fn shadow_root(&self, element: &Node) -> Option<(Node, bool)> {
        self.call();
        self.get(*element, |d| Self::some(d.shadow).map(|root| (root, d.closed)))
    }

    fn host(&self, root: &Node) -> Option<Node> {
        self.call();
        Self::some(self.get(*root, |d| d.host))
    }

    fn frame_document(&self, element: &Node) -> Option<Node> {
        self.call();
        Self::some(self.get(*element, |d| d.frame))
    }

    fn name(&self, element: &Node) -> String {
        self.call();
        self.get(*element, |d| d.name.clone())
    }

    fn namespace(&self, element: &Node) -> Namespace {
        self.call();
        self.get(*element, |d| d.namespace)
    }

    fn attributes(&self, element: &Node) -> Vec<(String, Raw)> {
        self.call();
        self.raw_attributes(*element)
    }

    fn attribute(&self, element: &Node, name: &str) -> Option<Raw> {
        self.call();
        self.get(*element, |d| d.attributes.iter().find(|(n, _)| n == name).map(|(_, v)| Raw::new(v.clone())))
    }

    fn text(&self, node: &Node) -> Raw {
        self.call();
        Raw::new(self.text_of(*node))
    }

    fn doctype(&self, node: &Node) -> (String, String, String) {
        self.call();
        (self.get(*node, |d| d.name.clone()), String::new(), String::new())
    }

    fn control(&self, element: &Node, name: &str) -> Option<Control> {
        self.call();
        let has = |n: &str| self.get(*element, |d| d.attributes.iter().any(|a| a.0 == n));
        let own =
            |n: &str| self.get(*element, |d| d.attributes.iter().find(|a| a.0 == n).map(|a| a.1.clone()));
        let value = self.get(*element, |d| d.value.clone());
        let checked = self.get(*element, |d| d.checked);
        let indeterminate = self.get(*element, |d| d.indeterminate);
        let chosen = |preset| {
            let chosen = checked.unwrap_or_else(|| has(preset));
            2 + if chosen { 4 } else { 0 } + if indeterminate { 16 } else { 0 }
        };
        match name {
            "input" => {
                let checkable = matches!(own("type").as_deref(), Some("checkbox" | "radio"));
                let choice = if checkable { chosen("checked") } else { 0 };
                let value = value.or_else(|| own("value")).unwrap_or_default();
                Some(Control { value: Raw::new(value), choice })
            }
            "textarea" => {
                let value = value.unwrap_or_else(|| self.text_below(*element));
                Some(Control { value: Raw::new(value), choice: 0 })
            }
            "option" => {
                let value = own("value").unwrap_or_else(|| self.text_below(*element));
                Some(Control { value: Raw::new(value), choice: chosen("selected") })
            }
            _ => None,
        }
    }

    fn control_type(&self, element: &Node) -> String {
        self.call();
        self.get(*element, |d| {
            let own = d.attributes.iter().find(|a| a.0 == "type").map(|a| a.1.clone());
            own.unwrap_or_else(|| if d.name == "input" { "text".into() } else { String::new() })
        })
    }

    fn form(&self, control: &Node) -> Option<Node> {
        self.call();
        let above = std::iter::successors(self.parent_of(*control), |at| self.parent_of(*at));
        above.into_iter().find(|at| self.name_of(*at) == "form")
    }

    fn label(&self, element: &Node) -> Option<Raw> {
        self.call();
        let own = |name: &str| self.attribute_of(*element, name);
        let (id, named) = (own("id"), own("aria-labelledby").unwrap_or_default());
        let mut text = String::new();
        for node in self.subtree(DOCUMENT) {
            let its = |name: &str| self.attribute_of(node, name);
            let wraps = self.is_above(node, *element) || id.is_some() && its("for") == id;
            let names = its("id").is_some_and(|id| named.split(' ').any(|n| n == id));
            if names || wraps && self.get(node, |d| d.name == "label") {
                text.push_str(&self.text_below(node));
            }
        }
        Some(Raw::new(text))
    }

    fn group(&self, element: &Node) -> Option<Raw> {
        self.call();
        let mut at = *element;
        for _ in 0..4 {
            let mut before = self.get(at, |d| d.previous);
            while before != 0 {
                let text = self.text_below(Node(before));
                if !text.trim().is_empty() {
                    return Some(Raw::new(text));
                }
                before = self.get(Node(before), |d| d.previous);
            }
            at = self.parent_of(at)?;
        }
        None
    }

    fn inner_text(&self, node: &Node) -> Raw {
        self.call();
        Raw::new(self.text_below(*node))
    }

    fn scroll(&self, node: &Node) -> Option<(i32, i32)> {
        self.call();
        self.get(*node, |d| d.scroll)
    }

    fn size(&self, _: &Node) -> (u32, u32) {
        self.call();
        (30, 20)
    }

    fn matched(&self, element: &Node, _: &str) -> Rules {
        self.call();
        let owner = self.owner.borrow();
        let Some((class, rules)) = owner.as_ref() else { return Rules::NONE };
        let bears = |node: Node, class: &str| {
            self.attribute_of(node, "class").is_some_and(|v| v.split(' ').any(|w| w == class))
        };
        let has = match class.strip_suffix(" *") {
            None => bears(*element, class),
            Some(class) => {
                let mut above = self.parent_of(*element);
                while let Some(at) = above
                    && !bears(at, class)
                {
                    above = self.parent_of(at);
                }
                above.is_some()
            }
        };
        if has { *rules } else { Rules::NONE }
    }

    fn sheet(&self, element: &Node, _: bool, _: bool) -> Option<Sheet> {
        self.call();
        let css = self.get(*element, |d| d.sheet.clone()).map(Raw::new)?;
        Some(Sheet { css, media: Raw::default(), disabled: false })
    }

    fn fields(&self, root: &Node) -> Vec<Node> {
        self.call();
        let all = self.subtree(*root);
        all.into_iter().filter(|node| self.get(*node, |d| d.kind == Some(Kind::Element))).collect()
    }

    fn follow(&self, control: &Node, told: bool) {
        self.call();
        let Some(now) = self.control(control, &self.name(control)) else { return };
        let now = (now.value.fingerprint(), now.choice);
        let mut followed = self.followed.borrow_mut();
        match followed.iter_mut().find(|(node, _)| node == control) {
            Some((_, state)) if told => *state = now,
            Some(_) => {}
            None => followed.push((*control, now)),
        }
    }

    fn drifted(&self, typed: Option<&Node>) -> Vec<Node> {
        self.call();
        let mut drifted = Vec::new();
        self.followed.borrow_mut().retain_mut(|(node, state)| {
            let now = self.control(node, &self.name(node)).filter(|_| self.is_connected(node));
            let Some(now) = now else { return false };
            let print = (now.value.fingerprint(), now.choice);
            if *state != print && (typed != Some(node) || now.value.is_empty()) {
                *state = print;
                drifted.push(*node);
            }
            true
        });
        drifted
    }

    fn id(&self, node: &Node) -> u32 {
        self.call();
        self.recorded_id(*node)
    }

    fn set_id(&self, node: &Node, id: u32) {
        self.call();
        self.set(*node, |d| d.id = id);
    }

    fn clear_ids(&self) {
        self.call();
        for data in self.nodes.borrow_mut().iter_mut() {
            data.id = 0;
        }
    }

    fn mark(&self, node: &Node) -> u32 {
        self.call();
        self.get(*node, |d| d.mark)
    }

    fn set_mark(&self, node: &Node, mark: u32) {
        self.call();
        self.set(*node, |d| d.mark = mark);
    }

    fn observe(&self, root: &Node) {
        self.call();
        self.set(*root, |d| d.observed = true);
    }

    fn wall_ms(&self) -> u64 {
        self.call();
        1_700_000_000_000
    }

    /// Every look costs a millisecond, unless the test keeps the clock.
    fn now_ms(&self) -> f64 {
        self.call();
        if let Some(now) = self.clock.get() {
            self.clock.set(Some(now + self.tick.get()));
            return now;
        }
        self.looks.set(self.looks.get() + 1);
        f64::from(self.looks.get())
    }
}
