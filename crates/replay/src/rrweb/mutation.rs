//! Changes to the tree as Mutation events.
//!
//! A player applies removals, then additions, then texts, then attributes of one event; what happened in another
//! order goes into events of its own at the same timestamp.

use std::mem;

use serde_json::{Map, Value, json};

use super::Player;
use super::node::{self, blocked_class, clean, is_style, place, placed};
use crate::model::{Change, Kind, Model, Node};
use afterimage_wire::record;

/// Changes that are not told yet.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) removes: Vec<Value>,
    pub(super) adds: Vec<Value>,
    texts: Vec<Value>,
    attributes: Vec<(u64, Map<String, Value>)>,
    /// Documents of frames to attach.
    pub(super) frames: Vec<u32>,
    /// Subtrees that were nested too deeply for their snapshot.
    pub(super) deep: Vec<u32>,
    /// Nodes added anew that are scrolled.
    scrolled: Vec<u32>,
    /// Shadow roots that came or moved and have adopted sheets.
    adopting: Vec<u32>,
    /// Form controls that came or moved and have a state.
    filled: Vec<u32>,
    /// `textarea` elements that lost a text.
    areas: Vec<u32>,
    /// Elements that came or moved and are animated.
    pub(super) animated: Vec<u32>,
}

impl Player<'_> {
    /// Takes down a change of the model.
    pub(super) fn note(&mut self, model: &Model, change: Change<'_>) {
        match change {
            Change::Added(id) => self.added(model, id),
            Change::Moved(id) => self.moved_to(model, id),
            Change::Removing(id) => self.removing(model, id),
            Change::Text(id) => self.text(model, id),
            Change::Attribute(id, name, value) => self.attribute(model, id, name, value),
            Change::Form(id) => self.form(model, id),
            Change::Reset(id) => self.reset(model, id),
        }
    }

    fn added(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id) else { return };
        let framed = node.parent == node.document && node.document != model.document();
        if node.kind == Kind::Document {
            self.pending.frames.push(id);
        } else if framed && matches!(node.kind, Kind::Doctype { .. }) {
            // Another mode of layout, which the player gives a document only as a whole.
            model.subtree(node.document).iter().for_each(|n| drop(self.sent.remove(n)));
            self.pending.frames.push(node.document);
        } else if self.is_made_of_text(model, node.parent) {
            self.renew(model, node.parent);
        } else if self.can_send(model, id, node) {
            self.add(model, id, node);
        } else if model.node(node.parent).is_some_and(|p| p.name() == "textarea") {
            self.textarea(model, node.parent);
        }
    }

    /// Whether the player made the text of a `style` element by itself, and knows no node for it.
    fn is_made_of_text(&self, model: &Model, style: u32) -> bool {
        let has_text = |sent: &node::Sent| {
            sent.meta.get("attributes").is_some_and(|attributes| attributes.get("_cssText").is_some())
        };
        model.node(style).is_some_and(is_style)
            && self.sent.get(&style).is_some_and(has_text)
            && !model.children(style).any(|child| self.sent.contains_key(&child))
    }

    /// Adds one node, without its children.
    fn add(&mut self, model: &Model, id: u32, node: &Node) {
        if !self.pending.texts.is_empty() || !self.pending.attributes.is_empty() {
            self.flush();
        }
        let json = self.register(model, id, node, false);
        let parent = place(model, &self.ids, node).0;
        self.push_add(model, node, parent, json);
        if model.node(node.parent).is_some_and(is_style) {
            // Texts are adapted to the player, and replace what the player may have put there by itself.
            self.pending.texts.push(json!({ "id": self.ids.of(id), "value": node::text(model, id, node) }));
        }
    }

    fn push_add(&mut self, model: &Model, node: &Node, parent: u64, mut json: Map<String, Value>) {
        json.insert("childNodes".into(), Value::Array(Vec::new()));
        let mut next = node.next;
        while next != 0 && !self.sent.contains_key(&next) {
            next = model.node(next).map_or(0, |n| n.next);
        }
        let next = if next == 0 { Value::Null } else { self.ids.of(next).into() };
        self.pending.adds.push(json!({ "parentId": parent, "nextId": next, "node": json }));
    }

    /// Adds a node with its subtree, parents first.
    fn add_subtree(&mut self, model: &Model, root: u32) {
        for id in model.subtree(root) {
            let Some(node) = model.node(id) else { continue };
            if node.kind == Kind::Document {
                self.pending.frames.push(id);
            } else if !self.sent.contains_key(&id) && self.can_send(model, id, node) {
                self.add(model, id, node);
                if node.scroll != (0, 0) {
                    self.pending.scrolled.push(id);
                }
                if node.value.is_some() || node.checked.is_some() {
                    self.pending.filled.push(id);
                }
                if !model.adopted_by(node.shadow).is_empty() {
                    self.pending.adopting.push(node.shadow);
                }
            }
        }
    }

    fn moved_to(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id) else { return };
        let allowed = self.can_send(model, id, node);
        let Some(sent) = self.sent.get(&id) else { return self.add_subtree(model, id) };
        let frame = |n: &u32| is_document(model, *n);
        let (parent, shadow) = place(model, &self.ids, node);
        let below = model.subtree(id);
        let known = sent.meta.get("rootId").and_then(Value::as_u64);
        // A frame that moves loads anew; shadow trees and documents are left and entered as new nodes.
        let plain = sent.same
            && sent.place.1 == shadow
            && known == self.ids.root(model, id)
            && !below.iter().any(frame);
        if !(allowed && plain) {
            self.remove_sent(model, id);
            return self.add_subtree(model, id);
        }
        let json = placed(&sent.meta, self.ids.of(id), shadow);
        if let Some(sent) = self.sent.get_mut(&id) {
            sent.place = (parent, shadow);
        }
        if !self.pending.texts.is_empty() || !self.pending.attributes.is_empty() {
            self.flush();
        }
        self.push_add(model, node, parent, json);
        // A player that skips ahead builds what moves anew, from its attributes.
        for (id, node) in below.into_iter().filter_map(|id| Some((id, model.node(id)?))) {
            if !model.adopted_by(node.shadow).is_empty() {
                self.pending.adopting.push(node.shadow);
            }
            if node.value.is_some() || node.checked.is_some() || node.canvas.is_some() {
                self.pending.filled.push(id);
            }
            if !model.animation(id).is_empty() {
                self.pending.animated.push(id);
            }
        }
    }

    /// Removes a node the player has, and forgets all below it.
    fn remove_sent(&mut self, model: &Model, id: u32) {
        let below = model.subtree(id);
        if let Some(sent) = self.sent.get(&id) {
            let remove = removal(sent.place, self.ids.of(id));
            if !(self.pending.adds.is_empty()
                && self.pending.texts.is_empty()
                && self.pending.attributes.is_empty())
            {
                self.flush();
            }
            // The player keeps what is in frames and shadow trees, unless it is told: innermost first.
            let hidden = |id: &&u32| {
                model.node(**id).is_some_and(|n| matches!(n.kind, Kind::Document | Kind::ShadowRoot { .. }))
            };
            for child in below.iter().rev().filter(hidden).flat_map(|root| model.children(*root)) {
                if let Some(sent) = self.sent.get(&child) {
                    self.pending.removes.push(removal(sent.place, self.ids.of(child)));
                }
            }
            self.pending.removes.push(remove);
        }
        for id in below {
            self.unanimated(id);
            if let Some(sent) = self.sent.remove(&id) {
                self.former.entry(id).or_insert(sent.meta);
            }
        }
    }

    fn removing(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id) else { return };
        match &node.kind {
            Kind::ShadowRoot { .. } => model.children(id).for_each(|c| self.remove_sent(model, c)),
            _ if model.node(node.parent).is_some_and(|p| p.name() == "textarea") => {
                self.pending.areas.push(node.parent)
            }
            // Another one takes its place in the player by itself.
            Kind::Document if model.children(node.parent).any(|c| c != id && is_document(model, c)) => {
                model.subtree(id).iter().for_each(|n| drop(self.sent.remove(n)));
            }
            Kind::Document => model.children(id).for_each(|c| self.remove_sent(model, c)),
            _ => {
                self.remove_sent(model, id);
                // Of two elements that a document has for a moment, the player gets the second only now.
                if model.node(node.parent).is_some_and(|p| p.kind == Kind::Document) {
                    let waits = |c: &u32| *c != id && !self.sent.contains_key(c);
                    self.pending.deep.extend(model.children(node.parent).filter(waits));
                }
                // It never comes back.
                for gone in model.subtree(id) {
                    self.former.remove(&gone);
                    self.animations.remove(&gone);
                }
            }
        }
    }

    fn text(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id) else { return };
        let Some(parent) = model.node(node.parent) else { return };
        if parent.name() == "textarea" {
            return self.textarea(model, node.parent);
        }
        self.texts(model, &[id]);
    }

    pub(super) fn texts(&mut self, model: &Model, ids: &[u32]) {
        for id in ids.iter().filter(|id| self.sent.contains_key(id)) {
            let Some(node) = model.node(*id) else { continue };
            self.pending.texts.push(json!({ "id": self.ids.of(*id), "value": node::text(model, *id, node) }));
        }
    }

    /// A style sheet is made of its text again.
    fn reset(&mut self, model: &Model, id: u32) {
        let texts: Vec<u32> = model.children(id).collect();
        if texts.is_empty() {
            self.renew(model, id);
        } else {
            self.texts(model, &texts);
        }
    }

    /// The text of a `textarea` that nobody wrote into.
    fn textarea(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id) else { return };
        if node.value.is_none() {
            self.change(id, [("value", node::textarea(model, node).into())]);
        }
    }

    fn attribute(&mut self, model: &Model, id: u32, name: &str, value: Option<&str>) {
        let Some(node) = model.node(id) else { return };
        if node.blocked.is_some() {
            let class = blocked_class(node);
            return if name == "class" {
                self.change(id, [("class", class.into())])
            };
        }
        if node::STOOD_IN.contains(&node.name()) && matches!(name, "data" | "src" | "type") {
            return self.renew(model, id);
        }
        if (node.name(), name) == ("link", "disabled") {
            let media = if node::is_off(node) { Some("not all") } else { node.attribute("media") };
            return self.change(id, [("media", media.map_or(Value::Null, Value::from))]);
        }
        if (node.name(), name, value) == ("dialog", "open", None) {
            return self.change(id, [("open", Value::Null), ("rr_open_mode", Value::Null)]);
        }
        if (node.name(), name) == ("canvas", "style") && node.canvas.is_some() {
            return self.form(model, id);
        }
        let stated = match (node.name(), name) {
            (_, "value") => node.value.is_some() || node.name() == "textarea",
            ("input", "checked") | ("option", "selected") => node.checked.is_some(),
            (_, "popover") => node.top_layer == 2,
            ("dialog", "open") => node.top_layer == 1 && value.is_some(),
            ("link", "rel" | "href") => model.sheet(id).is_some(),
            _ => false,
        };
        if stated {
            return;
        }
        let base = node::Base::new(model, id);
        // A value the player may not have is none; the old one is gone in any case.
        let (name, value) = match value.and_then(|v| clean(model, id, node, name, v, &base)) {
            Some((name, value)) => (name, value.into()),
            None => (name, Value::Null),
        };
        self.change(id, [(name, value)]);
        if name == "loop"
            && let Some(media) = &node.media
        {
            // The player goes by what it was told of the element before.
            let action = if media.action == 1 { 3 } else { 0 };
            self.media(model, &record::Media { action, ..media.clone() });
        }
    }

    /// Changes attributes of a node, if the player has it.
    pub(super) fn change<'n>(&mut self, id: u32, values: impl IntoIterator<Item = (&'n str, Value)>) {
        if !self.sent.contains_key(&id) {
            return;
        }
        let id = self.ids.of(id);
        if self.pending.attributes.last().is_none_or(|(last, _)| *last != id) {
            self.pending.attributes.push((id, Map::new()));
        }
        if let Some((_, map)) = self.pending.attributes.last_mut() {
            map.extend(values.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
    }

    /// Sends a node again that cannot be changed into what it is now: blocked elements, and style sheets without text
    /// nodes. (The player knows a late `_cssText`, but writes it into the event that the node came with, and shows it
    /// when it is sent back to before.)
    pub(super) fn renew(&mut self, model: &Model, id: u32) {
        if self.sent.contains_key(&id) {
            self.remove_sent(model, id);
            self.add_subtree(model, id);
        }
    }

    /// Tells what is pending.
    pub(super) fn flush(&mut self) {
        let Pending { removes, adds, texts, attributes, .. } = &mut self.pending;
        if removes.is_empty() && adds.is_empty() && texts.is_empty() && attributes.is_empty() {
            return;
        }
        let attributes = mem::take(attributes);
        let attributes =
            attributes.into_iter().map(|(id, map)| json!({ "id": id, "attributes": map })).collect();
        let event = mutation(mem::take(removes), mem::take(adds), mem::take(texts), attributes);
        self.incremental(0, event);
    }

    /// Tells what is pending, then what only works once it was told.
    pub(super) fn settle(&mut self, model: &Model) {
        for id in mem::take(&mut self.pending.deep) {
            self.add_subtree(model, id);
        }
        for id in mem::take(&mut self.pending.areas) {
            self.textarea(model, id);
        }
        self.flush();
        while let Some(document) = Some(mem::take(&mut self.pending.frames)).filter(|f| !f.is_empty()) {
            document.into_iter().for_each(|d| self.attach(model, d));
        }
        for id in mem::take(&mut self.pending.scrolled) {
            self.scrolled(model, id);
        }
        for id in mem::take(&mut self.pending.filled) {
            self.form(model, id);
        }
        self.flush();
        for root in mem::take(&mut self.pending.adopting) {
            self.adopt(model, root);
        }
        for id in mem::take(&mut self.pending.animated) {
            self.animate(model, id);
        }
        self.flush();
    }

    /// Attaches a frame's document.
    fn attach(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id) else { return };
        // What is in a `frame` the player would put in place of the whole page.
        let framed = model.node(node.parent).is_some_and(|frame| frame.name() == "iframe");
        if self.sent.contains_key(&id) || !self.sent.contains_key(&node.parent) || !framed {
            return;
        }
        self.ids.attach(id);
        let Some(whole) = self.whole(model, id) else { return };
        self.incremental(0, attachment(self.ids.of(node.parent), whole));
        for deep in mem::take(&mut self.pending.deep) {
            self.add_subtree(model, deep);
        }
        self.flush();
        if node.scroll != (0, 0) {
            self.scrolled(model, id);
        }
    }
}

/// A frame gets a document.
pub(super) fn attachment(frame: u64, whole: Value) -> Value {
    let add = json!({ "parentId": frame, "nextId": null, "node": whole });
    let mut event = mutation(Vec::new(), vec![add], Vec::new(), Vec::new());
    event.as_object_mut().into_iter().for_each(|e| drop(e.insert("isAttachIframe".into(), true.into())));
    event
}

fn is_document(model: &Model, id: u32) -> bool {
    model.node(id).is_some_and(|n| n.kind == Kind::Document)
}

pub(super) fn removal((parent, shadow): (u64, bool), id: u64) -> Value {
    if shadow {
        json!({ "parentId": parent, "id": id, "isShadow": true })
    } else {
        json!({ "parentId": parent, "id": id })
    }
}

fn mutation(removes: Vec<Value>, adds: Vec<Value>, texts: Vec<Value>, attributes: Vec<Value>) -> Value {
    json!({ "texts": texts, "attributes": attributes, "removes": removes, "adds": adds })
}
