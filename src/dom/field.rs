//! Form fields: which are protected, and what their state is.
//!
//! Protection sticks to the live node, for the whole page view: a field that was ever protected stays so,
//! whatever the page makes of it.

use afterimage_wire::record::FormState;

use super::{Dom, Kind, is_custom};
use crate::privacy::{Clean, Field, FieldClass, Gate, Raw, Rules, takes_text};

/// `FormState::flags`.
const VALUE: u32 = 1;
const CHECKABLE: u32 = 2;
const CHECKED: u32 = 4;
/// How many protected fields are watched. Pages with more are not about people typing.
const MOST_WATCHED: usize = 256;
/// How deep in a shadow tree a field may lie for its host to speak for it.
const MOST_LEVELS: usize = 8;
/// How many neighbours are looked at for split fields.
const MOST_NEIGHBOURS: usize = 64;

/// Beside the class, a mark says with this bit that the node changed in step with a protected field.
pub(super) const STEP: u32 = 1 << 31;
/// With this one that its attributes did.
pub(super) const STEP_ATTRIBUTES: u32 = 1 << 29;

/// What the walk knows of a control already.
pub(super) struct Known<'a> {
    pub(super) id: u32,
    pub(super) tag: &'a str,
    pub(super) rules: Rules,
    pub(super) class: FieldClass,
    /// Whether its attributes say that it is checked or selected.
    pub(super) preset: bool,
}

/// What an event is about: the nearest node that is recorded.
pub struct Target {
    /// Its id; 0 where there is none.
    pub id: u32,
    /// Its rules.
    pub rules: Rules,
    /// The name of the node itself; empty for what is no element.
    pub tag: String,
    /// What the node itself is as a field.
    pub class: FieldClass,
}

impl Target {
    /// Whether it is a protected field, or part of one.
    pub fn is_protected(&self) -> bool {
        self.rules.secret() || self.class.is_protected()
    }
}

/// A protected field.
struct Watched<N> {
    node: N,
    class: FieldClass,
    /// Of the value that was learnt last.
    fingerprint: u32,
}

/// The fields of a page view.
pub struct Fields<D: Dom> {
    /// Every protected field that was met and is still there.
    watched: Vec<Watched<D::Node>>,
    /// Something was learnt that may be a part of what neighbours hold together.
    fresh: bool,
    /// What was typed into last, of which type, if nothing around it has changed since it was found to be plain: whoever
    /// types asks three times a character.
    plain: Option<(D::Node, String)>,
}

impl<D: Dom> Default for Fields<D> {
    fn default() -> Self {
        Self { watched: Vec::new(), fresh: false, plain: None }
    }
}

impl<D: Dom> Fields<D> {
    /// What an element is as a field, now or ever. Anything that is no field is plain.
    pub fn class(
        &mut self,
        dom: &D,
        gate: &mut Gate,
        node: &D::Node,
        tag: &str,
        attributes: &[(String, Raw)],
    ) -> FieldClass {
        if tag == "option" {
            return owner(dom, node).map_or(FieldClass::Plain, |s| marked(dom, &s));
        }
        if !is_field(tag, attributes) {
            return FieldClass::Plain;
        }
        let before = marked(dom, node);
        let kind = dom.control_type(node);
        let mut class = before.merge(gate.classify(&seen(dom, node, tag, &kind, attributes)));
        // What a component is called says nothing of a choice in it.
        if class == FieldClass::Plain && takes_text(&kind) {
            class = host_class(dom, gate, node);
        }
        self.judged(dom, gate, node, class)
    }

    /// The class of a field by what it holds, when nothing else protects it.
    fn judged(&mut self, dom: &D, gate: &mut Gate, node: &D::Node, mut class: FieldClass) -> FieldClass {
        if class == FieldClass::Plain && gate.knows_secrets() {
            // What stands for a password field may be another by now, and hold what it held.
            class = gate.classify_value(&value(dom, node));
        }
        self.set(dom, gate, node, class);
        // Its state may change without an event: by a script, or by a reset of its form.
        if !class.is_protected() {
            dom.follow(node, false);
        }
        class
    }

    /// Why a field is protected, in words.
    pub fn why(&self, dom: &D, gate: &Gate, node: &D::Node) -> &'static str {
        let (tag, kind, attributes) = (dom.name(node), dom.control_type(node), dom.attributes(node));
        gate.why_protected(&seen(dom, node, &tag, &kind, &attributes))
    }

    /// The class of a field, which is asked for again unless it is protected: what is around it may be new.
    pub fn known(&mut self, dom: &D, gate: &mut Gate, node: &D::Node, tag: &str) -> FieldClass {
        let before = marked(dom, node);
        if let FieldClass::Protected(_) = before {
            return before;
        }
        if self.plain.as_ref().is_some_and(|(plain, kind)| plain == node && *kind == dom.control_type(node)) {
            // What is edited in place is judged as text, too.
            return if is_control(tag) { self.judged(dom, gate, node, before) } else { before };
        }
        let class = self.class(dom, gate, node, tag, &dom.attributes(node));
        self.plain = (class == FieldClass::Plain).then(|| (node.clone(), dom.control_type(node)));
        class
    }

    /// What was found to be plain, see [`changed_around`](Self::changed_around).
    pub fn plain(&self) -> Option<&D::Node> {
        self.plain.as_ref().map(|(node, _)| node)
    }

    /// Something outside of the field that was found to be plain is another now.
    pub fn changed_around(&mut self) {
        self.plain = None;
    }

    /// Remembers a field's class, and watches it if it is protected.
    fn set(&mut self, dom: &D, gate: &mut Gate, node: &D::Node, class: FieldClass) {
        let before = dom.mark(node);
        let mark = class.mark() | (before & (STEP | STEP_ATTRIBUTES));
        if mark != before {
            dom.set_mark(node, mark);
        }
        if !class.is_protected() {
            return;
        }
        dom.beware();
        if self.watched.iter().any(|w| w.class == class && w.node == *node) {
            return;
        }
        let value = value(dom, node);
        let fingerprint = value.fingerprint();
        gate.learn(class, value);
        self.watched.retain(|w| w.node != *node);
        if self.watched.len() >= MOST_WATCHED {
            // Hidden inputs come by the hundred, and nobody types into them.
            self.watched.retain(|w| w.class != FieldClass::Hidden && dom.is_connected(&w.node));
        }
        if self.watched.len() < MOST_WATCHED {
            self.watched.push(Watched { node: node.clone(), class, fingerprint });
        }
    }

    /// Protects a field for good: its type is, or was, that of a password.
    pub fn protect(&mut self, dom: &D, gate: &mut Gate, node: &D::Node, class: FieldClass) {
        let class = marked(dom, node).merge(class);
        self.set(dom, gate, node, class);
    }

    /// Protects a field that is, or was, of type password.
    pub fn protect_password(&mut self, dom: &D, gate: &mut Gate, node: &D::Node) {
        self.protect(dom, gate, node, FieldClass::PASSWORD);
    }

    /// Remembers what a protected field holds now.
    pub fn learn(&mut self, dom: &D, gate: &mut Gate, node: &D::Node) {
        let class = marked(dom, node);
        let value = value(dom, node);
        // What the visitor typed is explained: only other changes tell of a keypad.
        if let Some(watched) = self.watched.iter_mut().find(|w| w.node == *node) {
            watched.fingerprint = value.fingerprint();
        }
        self.fresh = true;
        gate.learn(class, value);
    }

    /// The class that a node was found to have.
    pub fn class_of(&self, dom: &D, node: &D::Node) -> FieldClass {
        marked(dom, node)
    }

    /// Reads every protected field again, since scripts set values without telling. Returns whether one holds
    /// something new, and not what another held before.
    pub fn refresh(&mut self, dom: &D, gate: &mut Gate) -> bool {
        self.watched.retain(|w| {
            let stays = dom.is_connected(&w.node);
            if !stays {
                // What it held when it was taken out may still be said.
                gate.learn(w.class, value(dom, &w.node));
            }
            stays
        });
        let mut new = false;
        let mut values = Vec::new();
        for watched in &mut self.watched {
            let value = value(dom, &watched.node);
            let fingerprint = value.fingerprint();
            if fingerprint != watched.fingerprint {
                watched.fingerprint = fingerprint;
                self.fresh = true;
                new |= gate.learn_new(watched.class, value.clone());
            }
            if watched.class != FieldClass::Hidden {
                values.push((watched.class, value));
            }
        }
        if core::mem::take(&mut self.fresh) {
            // Split fields hold one secret together.
            for run in values.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
                let run: Vec<Raw> = run.iter().map(|(_, value)| value.clone()).collect();
                gate.learn_group(&run);
            }
        }
        new
    }

    /// The state of a control as it is now, for a snapshot or an insertion.
    pub(super) fn state(
        &mut self,
        dom: &D,
        gate: &mut Gate,
        node: &D::Node,
        known: &Known<'_>,
    ) -> Option<FormState<Clean>> {
        let &Known { id, tag, rules, class, preset } = known;
        let control = dom.control(node, tag)?;
        if class.is_protected() {
            gate.learn(class, control.value);
            return None;
        }
        let flags = control.choice;
        if flags != 0 {
            // Unchecked is how controls are, unless their attributes say otherwise; saying it costs bytes.
            return ((flags != CHECKABLE || preset) && gate.keeps_choice(rules, class)).then(|| FormState {
                node: id,
                flags,
                value: Clean::fixed(""),
            });
        }
        if control.value.is_empty() {
            return None;
        }
        let value = gate.value(rules, class, &dom.control_type(node), control.value)?;
        Some(FormState { node: id, flags: VALUE, value })
    }

    /// The states after the visitor, or a script, changed a control. A `select` answers with its options.
    pub fn changed(
        &mut self,
        dom: &D,
        gate: &mut Gate,
        node: &D::Node,
        &Target { rules, ref tag, class, .. }: &Target,
        id_of: impl Fn(&D::Node) -> u32,
    ) -> Vec<FormState<Clean>> {
        dom.follow(node, true);
        if tag == "select" {
            if !gate.keeps_choice(rules, class) {
                return Vec::new();
            }
            let mut out = Vec::new();
            options(dom, node, &mut |option| {
                let flags = dom.control(option, "option").map_or(CHECKABLE, |c| c.choice);
                let id = id_of(option);
                if id != 0 {
                    out.push(FormState { node: id, flags, value: Clean::fixed("") });
                }
            });
            return out;
        }
        let Some(control) = dom.control(node, tag) else { return Vec::new() };
        let class = class.merge(gate.classify_value(&control.value));
        if class.is_protected() {
            self.protect(dom, gate, node, class);
            gate.learn(class, control.value);
            return Vec::new();
        }
        let node_id = id_of(node);
        let flags = control.choice;
        if flags != 0 {
            let state = FormState { node: node_id, flags, value: Clean::fixed("") };
            return if gate.keeps_choice(rules, class) { vec![state] } else { Vec::new() };
        }
        match gate.value(rules, class, &dom.control_type(node), control.value) {
            Some(value) => vec![FormState { node: node_id, flags: VALUE, value }],
            None => Vec::new(),
        }
    }
}

/// A field as the gate needs to see it.
fn seen<'a, D: Dom>(
    dom: &D,
    node: &D::Node,
    tag: &'a str,
    kind: &'a str,
    attributes: &'a [(String, Raw)],
) -> Field<'a> {
    // What is around it costs most to find, and decides only about what can be typed into.
    let typed = takes_text(kind);
    let (label, group) = if typed { (dom.label(node), dom.group(node)) } else { (None, None) };
    Field { tag, kind, attributes, label, group, siblings: if typed { neighbours(dom, node) } else { 0 } }
}

/// What the host of a shadow tree says of the field in it: components name and label themselves, and hold a bare input.
fn host_class<D: Dom>(dom: &D, gate: &Gate, node: &D::Node) -> FieldClass {
    let mut root = node.clone();
    for _ in 0..MOST_LEVELS {
        let Some(parent) = dom.parent(&root) else { break };
        root = parent;
    }
    let Some(host) = dom.host(&root).filter(|_| dom.kind(&root) == Kind::ShadowRoot) else {
        return FieldClass::Plain;
    };
    gate.classify(&seen(dom, &host, &dom.name(&host), "", &dom.attributes(&host)))
}

/// The class a node was found to have.
fn marked<D: Dom>(dom: &D, node: &D::Node) -> FieldClass {
    FieldClass::from_mark(dom.mark(node))
}

/// What a field holds: the value of a control, the text of anything edited in place, the choice of a `select`.
fn value<D: Dom>(dom: &D, node: &D::Node) -> Raw {
    let tag = dom.name(node);
    if tag == "select" {
        let mut chosen = Raw::default();
        options(dom, node, &mut |option| {
            if let Some(control) = dom.control(option, "option")
                && control.choice & CHECKED != 0
            {
                chosen = control.value;
            }
        });
        return chosen;
    }
    match dom.control(node, &tag) {
        Some(control) => control.value,
        None => dom.inner_text(node),
    }
}

fn is_control(tag: &str) -> bool {
    matches!(tag, "input" | "textarea" | "select")
}

fn is_field(tag: &str, attributes: &[(String, Raw)]) -> bool {
    is_control(tag)
        || attributes.iter().any(|(name, value)| match name.as_str() {
            "contenteditable" => !value.is_word("false"),
            "role" => value.is_word("textbox") || value.is_word("searchbox") || value.is_word("combobox"),
            _ => false,
        })
        // A custom element may be a field through and through; its attributes say so if anything does.
        || (is_custom(tag)
            && attributes.iter().any(|(n, _)| matches!(n.as_str(), "type" | "autocomplete" | "name" | "placeholder")))
}

/// The `select` that an option belongs to.
fn owner<D: Dom>(dom: &D, option: &D::Node) -> Option<D::Node> {
    let parent = dom.parent(option)?;
    match dom.name(&parent).as_str() {
        "select" => Some(parent),
        "optgroup" => dom.parent(&parent).filter(|p| dom.kind(p) == Kind::Element && dom.name(p) == "select"),
        _ => None,
    }
}

fn options<D: Dom>(dom: &D, node: &D::Node, with: &mut impl FnMut(&D::Node)) {
    let mut child = dom.first_child(node);
    while let Some(here) = child {
        if dom.kind(&here) == Kind::Element {
            match dom.name(&here).as_str() {
                "option" => with(&here),
                "optgroup" => options_of_group(dom, &here, with),
                _ => {}
            }
        }
        child = dom.next_sibling(&here);
    }
}

fn options_of_group<D: Dom>(dom: &D, group: &D::Node, with: &mut impl FnMut(&D::Node)) {
    let mut child = dom.first_child(group);
    while let Some(here) = child {
        if dom.kind(&here) == Kind::Element && dom.name(&here) == "option" {
            with(&here);
        }
        child = dom.next_sibling(&here);
    }
}

/// How many fields for few characters stand beside this one, wrapped one by one or not; itself not counted.
fn neighbours<D: Dom>(dom: &D, node: &D::Node) -> usize {
    let Some(parent) = dom.parent(node) else { return 0 };
    let beside = count_short(dom, &parent);
    let count = if beside > 1 { beside } else { dom.parent(&parent).map_or(0, |p| count_short(dom, &p)) };
    count.saturating_sub(1)
}

fn count_short<D: Dom>(dom: &D, parent: &D::Node) -> usize {
    let mut count = 0;
    let mut child = dom.first_child(parent);
    for _ in 0..MOST_NEIGHBOURS {
        let Some(here) = child else { break };
        if dom.kind(&here) == Kind::Element {
            let inner = dom.first_child(&here).filter(|n| dom.kind(n) == Kind::Element);
            count += usize::from(is_short(dom, &here) || inner.is_some_and(|n| is_short(dom, &n)));
        }
        child = dom.next_sibling(&here);
    }
    count
}

fn is_short<D: Dom>(dom: &D, node: &D::Node) -> bool {
    dom.name(node) == "input"
        && ["maxlength", "size"].iter().any(|n| dom.attribute(node, n).is_some_and(|v| v.is_number_up_to(4)))
}
