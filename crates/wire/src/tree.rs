//! The tree record: nodes with their places, as snapshots and insertions alike write them.
//!
//! Body: first node id, then entries until the body ends. An entry is `head`, then by kind:
//!
//! | kind | | fields |
//! |--:|---|---|
//! | 0 | document | – |
//! | 1 | HTML element | name, attributes |
//! | 2 | SVG element | name, attributes |
//! | 3 | MathML element | name, attributes |
//! | 4 | text | reference × 2, + 1 when it is in the CSS column |
//! | 5 | document type | name, public id, system id (names) |
//! | 6 | shadow root | mode: 0 open, 1 closed |
//! | 7 | existing node, which moves here with its subtree | its id |
//!
//! `head` is kind + 8 × place. Place 0 is followed by the parent's id (0 for a document without parent) and the
//! id of the sibling before (0 for none). Place 1 is the first child of the entry before; place 2 + n the next
//! sibling of that entry's nth ancestor, itself being the 0th. New nodes take consecutive ids from the first id
//! on; an existing node takes none. Attributes are a count, then for each a name and a value in the role that
//! [`attribute_role`] gives the name.
//!
//! Decoders refuse what no tree can be: a first entry with another place than 0, a child of a text or a document
//! type, a document or shadow root that is not first in an element.

use alloc::vec::Vec;

use crate::strings::{Role, Text, attribute_role};
use crate::writer::BatchWriter;

/// Where a node goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Under `parent`, after `previous`; 0 stands for none.
    At {
        /// Id of the parent.
        parent: u32,
        /// Id of the sibling before.
        previous: u32,
    },
    /// First child of the entry before.
    Child,
    /// Next sibling of the nth ancestor of the entry before, itself being the 0th.
    After(u32),
}

/// An element's namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Namespace {
    /// `http://www.w3.org/1999/xhtml`, and everything not named here.
    #[default]
    Html = 1,
    /// `http://www.w3.org/2000/svg`.
    Svg = 2,
    /// `http://www.w3.org/1998/Math/MathML`.
    MathMl = 3,
}

/// One entry of a tree record.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Where it goes.
    pub place: Place,
    /// What it is.
    pub node: Node,
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A document: the page's, or that of the frame it stands under.
    Document,
    /// An element with its attributes, as the page has them unless a rule withheld one.
    Element {
        /// Its namespace.
        namespace: Namespace,
        /// Its local name, or qualified name if it has a prefix.
        name: Text,
        /// Names and values.
        attributes: Vec<(Text, Text)>,
    },
    /// A text node (CDATA too).
    Text(Text),
    /// A text node that holds a style sheet.
    Css(Text),
    /// A document type.
    Doctype {
        /// `html`, nearly always.
        name: Text,
        /// Public identifier.
        public: Text,
        /// System identifier.
        system: Text,
    },
    /// A shadow root, whose parent is its host and whose place is before all children.
    ShadowRoot {
        /// Whether the page closed it.
        closed: bool,
    },
    /// A node that is already there and moves here.
    Existing(u32),
}

/// Record number of a tree.
pub const KIND: u32 = 4;

fn head(w: &mut BatchWriter, kind: u32, place: Place) {
    let number = match place {
        Place::At { .. } => 0,
        Place::Child => 1,
        Place::After(levels) => u64::from(levels) + 2,
    };
    w.uint64(u64::from(kind) | number << 3);
    if let Place::At { parent, previous } = place {
        w.uint(parent);
        w.uint(previous);
    }
}

/// Writes a document entry. Call between [`BatchWriter::begin`] with [`KIND`] plus the first id, and `end`.
pub fn put_document(w: &mut BatchWriter, place: Place) {
    head(w, 0, place);
}

/// Writes an element entry, which `count` calls of [`put_attribute`] must follow.
pub fn put_element(w: &mut BatchWriter, place: Place, namespace: Namespace, name: &str, count: u32) {
    head(w, namespace as u32, place);
    w.string(Role::Name, name);
    w.uint(count);
}

/// Writes one attribute.
pub fn put_attribute(w: &mut BatchWriter, name: &str, value: &str) {
    w.string(Role::Name, name);
    w.string(attribute_role(name), value);
}

/// Writes a text entry.
pub fn put_text(w: &mut BatchWriter, place: Place, role: Role, text: &str) {
    // A style sheet's text lives in the CSS column; which one is said by the lowest bit of the reference.
    head(w, 4, place);
    let css = role == Role::Css;
    let reference = w.reference(if css { Role::Css } else { Role::Text }, text);
    w.uint64(u64::from(reference) * 2 + u64::from(css));
}

/// Writes a document type entry.
pub fn put_doctype(w: &mut BatchWriter, place: Place, name: &str, public: &str, system: &str) {
    head(w, 5, place);
    w.string(Role::Name, name);
    w.string(Role::Name, public);
    w.string(Role::Name, system);
}

/// Writes a shadow root entry.
pub fn put_shadow_root(w: &mut BatchWriter, place: Place, closed: bool) {
    head(w, 6, place);
    w.uint(u32::from(closed));
}

/// Writes an entry that moves a node which is already there.
pub fn put_existing(w: &mut BatchWriter, place: Place, id: u32) {
    head(w, 7, place);
    w.uint(id);
}

impl Entry {
    pub(crate) fn encode(&self, w: &mut BatchWriter) {
        match &self.node {
            Node::Document => put_document(w, self.place),
            Node::Element { namespace, name, attributes } => {
                put_element(w, self.place, *namespace, name, attributes.len() as u32);
                for (name, value) in attributes {
                    put_attribute(w, name, value);
                }
            }
            Node::Text(text) => put_text(w, self.place, Role::Text, text),
            Node::Css(text) => put_text(w, self.place, Role::Css, text),
            Node::Doctype { name, public, system } => put_doctype(w, self.place, name, public, system),
            Node::ShadowRoot { closed } => put_shadow_root(w, self.place, *closed),
            Node::Existing(id) => put_existing(w, self.place, *id),
        }
    }
}
