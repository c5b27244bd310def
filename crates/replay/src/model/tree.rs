//! Nodes and their places.
//!
//! Siblings are linked, so that no list of children, however long, makes an insertion slow. A shadow root is not
//! among its host's children.

use afterimage_wire::reader::Text;
use afterimage_wire::record::{self, Tree};
use afterimage_wire::tree::{Entry, Namespace, Node as New, Place};

use super::{Change, Model};

/// Subtrees are not moved below this depth: looking for a cycle costs as many steps.
const MOVE_DEPTH: usize = 4096;

/// A node. Ids are 0 where there is none.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its parent: for a shadow root, the host; for a frame's document, the frame element.
    pub parent: u32,
    /// The document it belongs to; a document's own id.
    pub document: u32,
    /// The sibling before.
    pub previous: u32,
    /// The sibling after.
    pub next: u32,
    /// The first child.
    pub first: u32,
    /// The last child.
    pub last: u32,
    /// The shadow root.
    pub shadow: u32,
    /// What it is.
    pub kind: Kind,
    /// The value of a form control, once it was told.
    pub value: Option<Text>,
    /// Whether a form control is checked, or an option selected, once it was told.
    pub checked: Option<bool>,
    /// Whether a checkbox shows that it is neither checked nor not.
    pub indeterminate: bool,
    /// Where it is scrolled to: left, top. The document's is the window's.
    pub scroll: (i32, i32),
    /// The size of a blocked element.
    pub blocked: Option<(u32, u32)>,
    /// 0 not in the top layer, else as in [`record::TopLayer`].
    pub top_layer: u32,
    /// The state of a media element; its action is 0 while it plays and 1 while it does not.
    pub media: Option<record::Media>,
    /// What a canvas shows, once it was told.
    pub canvas: Option<record::Canvas>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A document.
    Document,
    /// An element.
    Element {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: Text,
        /// Its attributes, in order.
        attributes: Vec<(Text, Text)>,
    },
    /// A text node.
    Text {
        /// Its text.
        text: Text,
        /// Whether that is a style sheet's.
        css: bool,
    },
    /// A document type.
    Doctype {
        /// Name.
        name: Text,
        /// Public identifier.
        public: Text,
        /// System identifier.
        system: Text,
    },
    /// A shadow root.
    ShadowRoot {
        /// Whether the page closed it.
        closed: bool,
    },
}

impl Kind {
    fn new(node: &New) -> Option<Self> {
        Some(match node {
            New::Document => Self::Document,
            New::Element { namespace, name, attributes } => {
                let (namespace, name, attributes) = (*namespace, name.clone(), attributes.clone());
                Self::Element { namespace, name, attributes }
            }
            New::Text(text) => Self::Text { text: text.clone(), css: false },
            New::Css(text) => Self::Text { text: text.clone(), css: true },
            New::Doctype { name, public, system } => {
                Self::Doctype { name: name.clone(), public: public.clone(), system: system.clone() }
            }
            New::ShadowRoot { closed } => Self::ShadowRoot { closed: *closed },
            New::Existing(_) => return None,
        })
    }
}

impl Node {
    fn new(kind: Kind) -> Self {
        Self {
            parent: 0,
            document: 0,
            previous: 0,
            next: 0,
            first: 0,
            last: 0,
            shadow: 0,
            kind,
            value: None,
            checked: None,
            indeterminate: false,
            scroll: (0, 0),
            blocked: None,
            top_layer: 0,
            media: None,
            canvas: None,
        }
    }

    /// An element's name; of anything else, nothing.
    pub fn name(&self) -> &str {
        if let Kind::Element { name, .. } = &self.kind { name } else { "" }
    }

    /// An element's attributes.
    pub fn attributes(&self) -> &[(Text, Text)] {
        if let Kind::Element { attributes, .. } = &self.kind { attributes } else { &[] }
    }

    /// An attribute's value.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().iter().find(|(n, _)| **n == *name).map(|(_, value)| &**value)
    }

    /// A text node's text; of anything else, nothing.
    pub fn text(&self) -> &str {
        if let Kind::Text { text, .. } = &self.kind { text } else { "" }
    }

    pub(super) fn play(&mut self, media: &record::Media) {
        let playing = self.media.as_ref().map_or(1, |m| m.action);
        let action = if media.action < 2 { media.action } else { playing };
        self.media = Some(record::Media { action, ..media.clone() });
    }

    fn takes_children(&self) -> bool {
        matches!(self.kind, Kind::Document | Kind::Element { .. } | Kind::ShadowRoot { .. })
    }
}

impl Model {
    pub(super) fn place_all(&mut self, tree: &Tree, watch: &mut dyn FnMut(&Self, Change<'_>)) {
        let (mut next, mut before) = (tree.first, 0);
        for entry in &tree.entries {
            let (id, change) = match entry.node {
                New::Existing(id) => (id, Change::Moved(id)),
                _ => {
                    let id = next;
                    next = next.wrapping_add(1);
                    (id, Change::Added(id))
                }
            };
            if self.place(id, entry, before).is_some() {
                before = id;
                watch(self, change);
                if let Change::Moved(id) = change {
                    self.reset_moved_sheets(id);
                }
                self.tell_resets(watch);
            } else {
                before = 0;
                self.unresolved += 1;
            }
        }
    }

    /// A `style` element that moves makes its sheet anew from its text.
    fn reset_moved_sheets(&mut self, moved: u32) {
        if self.sheets.is_empty() {
            return;
        }
        for id in self.subtree(moved) {
            if self.node(id).is_some_and(|n| n.name() == "style") {
                self.reset_sheet(id);
            }
        }
    }

    /// The sheet of a `style` element is made of its text again, if it was not.
    fn reset_sheet(&mut self, style: u32) {
        if self.sheets.remove(&style).is_some() {
            self.resets.push(style);
        }
    }

    fn tell_resets(&mut self, watch: &mut dyn FnMut(&Self, Change<'_>)) {
        for style in std::mem::take(&mut self.resets) {
            watch(self, Change::Reset(style));
        }
    }

    fn place(&mut self, id: u32, entry: &Entry, before: u32) -> Option<()> {
        let (parent, previous) = self.resolve(entry.place, before)?;
        let Some(kind) = Kind::new(&entry.node) else { return self.relocate(id, parent, previous) };
        if id == 0 || self.nodes.contains_key(&id) {
            return None;
        }
        if parent == 0 {
            if kind != Kind::Document || self.document != 0 {
                return None;
            }
            self.document = id;
            self.nodes.insert(id, Node { document: id, ..Node::new(kind) });
            return Some(());
        }
        let host = self.nodes.get_mut(&parent).filter(|n| n.takes_children())?;
        let document = if kind == Kind::Document { id } else { host.document };
        if matches!(kind, Kind::ShadowRoot { .. }) {
            if host.shadow != 0 || host.name().is_empty() {
                return None;
            }
            host.shadow = id;
            self.nodes.insert(id, Node { parent, document, ..Node::new(kind) });
            return Some(());
        }
        let node = Node { document, ..Node::new(kind) };
        if node.name() == "base" {
            self.bases.push(id);
        }
        self.nodes.insert(id, node);
        self.link(id, parent, previous);
        Some(())
    }

    /// Parent and sibling before, 0 for none.
    fn resolve(&self, place: Place, before: u32) -> Option<(u32, u32)> {
        match place {
            Place::At { parent, previous } => Some((parent, previous)),
            Place::Child => (before != 0).then_some((before, 0)),
            Place::After(levels) => {
                let mut node = before;
                for _ in 0..levels {
                    node = self.nodes.get(&node)?.parent;
                }
                let parent = self.nodes.get(&node)?.parent;
                (parent != 0).then_some((parent, node))
            }
        }
    }

    fn relocate(&mut self, id: u32, parent: u32, previous: u32) -> Option<()> {
        let node = self.nodes.get(&id)?;
        let fixed = id == self.document || matches!(node.kind, Kind::ShadowRoot { .. });
        let inner = node.first != 0 || node.shadow != 0;
        if fixed || id == previous || id == parent || (inner && !self.is_clear_of(parent, id)) {
            return None;
        }
        let (old, new) = (node.document, self.nodes.get(&parent).filter(|n| n.takes_children())?.document);
        self.unlink(id);
        self.link(id, parent, previous);
        if old != new && old != id {
            for below in self.subtree(id) {
                self.nodes
                    .get_mut(&below)
                    .filter(|n| n.document == old)
                    .into_iter()
                    .for_each(|n| n.document = new);
            }
        }
        Some(())
    }

    /// Whether `node` is not inside `subtree`, as far as that can be told in a reasonable number of steps.
    fn is_clear_of(&self, mut node: u32, subtree: u32) -> bool {
        for _ in 0..MOVE_DEPTH {
            match self.nodes.get(&node) {
                _ if node == subtree => return false,
                None => return true,
                Some(n) => node = n.parent,
            }
        }
        false
    }

    /// Puts a node that is nowhere under `parent`, behind `previous`; at the end when that is not a child.
    fn link(&mut self, id: u32, parent: u32, previous: u32) {
        let Some(host) = self.nodes.get(&parent) else { return };
        let (first, last, shadow) = (host.first, host.last, host.shadow);
        let previous = match previous {
            0 => 0,
            p if p == shadow => 0,
            p if self.nodes.get(&p).is_some_and(|n| n.parent == parent) => p,
            _ => {
                self.unresolved += 1;
                last
            }
        };
        let next = if previous == 0 { first } else { self.nodes.get(&previous).map_or(0, |n| n.next) };
        if let Some(node) = self.nodes.get_mut(&id) {
            (node.parent, node.previous, node.next) = (parent, previous, next);
        }
        // Another child of a `style` element makes another sheet, as does one less: see `unlink`.
        self.reset_sheet(parent);
        self.join(parent, previous, id);
        self.join(parent, id, next);
    }

    fn unlink(&mut self, id: u32) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        let (parent, previous, next) = (node.parent, node.previous, node.next);
        (node.parent, node.previous, node.next) = (0, 0, 0);
        self.reset_sheet(parent);
        match self.nodes.get_mut(&parent) {
            Some(host) if host.shadow == id => host.shadow = 0,
            Some(_) => self.join(parent, previous, next),
            None => {}
        }
    }

    /// Makes two children of `parent` neighbours; 0 stands for its first or last end.
    fn join(&mut self, parent: u32, before: u32, after: u32) {
        if let Some(node) = self.nodes.get_mut(if before == 0 { &parent } else { &before }) {
            *if before == 0 { &mut node.first } else { &mut node.next } = after;
        }
        if let Some(node) = self.nodes.get_mut(if after == 0 { &parent } else { &after }) {
            *if after == 0 { &mut node.last } else { &mut node.previous } = before;
        }
    }

    pub(super) fn remove(&mut self, id: u32, watch: &mut dyn FnMut(&Self, Change<'_>)) {
        if !self.nodes.contains_key(&id) {
            self.unresolved += 1;
            return;
        }
        watch(self, Change::Removing(id));
        self.unlink(id);
        if id == self.document {
            self.document = 0;
        }
        for id in self.subtree(id) {
            self.nodes.remove(&id);
            self.sheets.remove(&id);
            self.adopted.remove(&id);
        }
        self.tell_resets(watch);
    }

    pub(super) fn set_attribute(
        &mut self,
        id: u32,
        name: &Text,
        value: Option<&Text>,
        watch: &mut dyn FnMut(&Self, Change<'_>),
    ) {
        let Some(Node { kind: Kind::Element { attributes, .. }, top_layer, .. }) = self.nodes.get_mut(&id)
        else {
            self.unresolved += 1;
            return;
        };
        // A dialog without the attribute is closed, a popover without it hidden.
        if value.is_none() && matches!((&**name, *top_layer), ("open", 1) | ("popover", 2)) {
            *top_layer = 0;
        }
        let found = attributes.iter().position(|(n, _)| n == name);
        match (found, value) {
            (Some(at), None) => drop(attributes.remove(at)),
            (Some(at), Some(value)) => attributes.get_mut(at).into_iter().for_each(|a| a.1 = value.clone()),
            (None, Some(value)) => attributes.push((name.clone(), value.clone())),
            (None, None) => {}
        }
        // The sheet takes its media from its element anew.
        if let Some(sheet) = self.sheets.get_mut(&id).filter(|_| **name == *"media") {
            sheet.media = "".into();
        }
        watch(self, Change::Attribute(id, name, value.map(|v| &**v)));
    }

    pub(super) fn set_text(
        &mut self,
        id: u32,
        new: &Text,
        sheet: bool,
        watch: &mut dyn FnMut(&Self, Change<'_>),
    ) {
        let Some(Node { kind: Kind::Text { text, css }, parent, .. }) = self.nodes.get_mut(&id) else {
            self.unresolved += 1;
            return;
        };
        (*text, *css) = (new.clone(), sheet);
        // New text makes a new sheet: rules put into the old one are gone.
        let owner = *parent;
        self.reset_sheet(owner);
        watch(self, Change::Text(id));
        self.tell_resets(watch);
    }

    /// The first `base` element of a document.
    pub(crate) fn base_of(&self, document: u32) -> Option<u32> {
        let own = |id: &&u32| self.node(**id).is_some_and(|n| n.document == document);
        let mut own = self.bases.iter().filter(own);
        match (own.next(), own.next()) {
            (Some(_), Some(_)) => self
                .subtree(document)
                .into_iter()
                .find(|id| self.node(*id).is_some_and(|n| n.name() == "base")),
            (only, _) => only.copied(),
        }
    }

    /// A node's children, in order; not its shadow root.
    pub fn children(&self, id: u32) -> impl Iterator<Item = u32> {
        let mut next = self.nodes.get(&id).map_or(0, |n| n.first);
        std::iter::from_fn(move || {
            let id = next;
            next = self.nodes.get(&id)?.next;
            Some(id)
        })
    }

    /// A node and all below it, shadow trees and frames included, in document order: each shadow root before the
    /// children of its host.
    pub fn subtree(&self, id: u32) -> Vec<u32> {
        let (mut found, mut stack) = (Vec::new(), vec![id]);
        while let Some(id) = stack.pop() {
            let Some(node) = self.nodes.get(&id) else { continue };
            found.push(id);
            let below = stack.len();
            stack.extend(Some(node.shadow).filter(|s| *s != 0).into_iter().chain(self.children(id)));
            if let Some(children) = stack.get_mut(below..) {
                children.reverse();
            }
        }
        found
    }

    /// The nearest ancestor, or the node itself, that `wanted` says yes to.
    pub fn closest(&self, mut id: u32, wanted: impl Fn(&Node) -> bool) -> Option<u32> {
        loop {
            let node = self.nodes.get(&id)?;
            if wanted(node) {
                return Some(id);
            }
            id = node.parent;
        }
    }

    /// All text below a node, that of shadow trees included, end to end.
    pub fn text_of(&self, id: u32) -> String {
        let inner = self.subtree(id);
        let shown =
            inner.iter().filter_map(|n| self.node(*n)).filter(|n| matches!(n.kind, Kind::Text { .. }));
        shown.map(Node::text).collect()
    }
}
