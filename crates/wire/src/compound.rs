//! Records whose bodies repeat: trees, changes, samples.

use alloc::vec::Vec;

use crate::strings::{Role, Text, attribute_role};
use crate::tree::Entry;
use crate::writer::BatchWriter;

/// See [`tree`](crate::tree).
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// Id of the first new node; the others follow.
    pub first: u32,
    /// The entries, in order.
    pub entries: Vec<Entry>,
}

impl Tree {
    /// The record's number.
    pub const KIND: u32 = crate::tree::KIND;

    pub(crate) fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        w.uint(self.first);
        for entry in &self.entries {
            entry.encode(w);
        }
        w.end();
    }
}

/// Nodes that are gone. Body: node ids, each as the difference from the one before, until the body ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Remove {
    /// Their ids; the subtrees go with them.
    pub nodes: Vec<u32>,
}

impl Remove {
    /// The record's number.
    pub const KIND: u32 = 6;

    /// Writes the record.
    pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        let mut last = 0;
        for node in &self.nodes {
            w.delta(*node, &mut last);
        }
        w.end();
    }
}

/// Attributes that changed, in order. Body: node id (difference from the one before), name, then reference + 1
/// of the value in its role, or 0 when the attribute is gone; until the body ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes {
    /// Node, name, new value.
    pub changes: Vec<(u32, Text, Option<Text>)>,
}

impl Attributes {
    /// The record's number.
    pub const KIND: u32 = 7;

    /// Writes one change, between `begin` and `end`. `last` starts as 0 and is kept by the caller.
    pub fn put(w: &mut BatchWriter, last: &mut u32, node: u32, name: &str, value: Option<&str>) {
        w.delta(node, last);
        w.string(Role::Name, name);
        let reference = value.map(|v| w.reference(attribute_role(name), v));
        w.uint64(reference.map_or(0, |r| u64::from(r) + 1));
    }

    pub(crate) fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        let mut last = 0;
        for (node, name, value) in &self.changes {
            Self::put(w, &mut last, *node, name, value.as_deref());
        }
        w.end();
    }
}

/// Text nodes with new text. Body: node id (difference from the one before), then reference × 2, + 1 when the
/// text is in the CSS column; until the body ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Texts {
    /// Node, new text, whether it is a style sheet's.
    pub changes: Vec<(u32, Text, bool)>,
}

impl Texts {
    /// The record's number.
    pub const KIND: u32 = 8;

    /// Writes one change, between `begin` and `end`. `last` starts as 0 and is kept by the caller.
    pub fn put(w: &mut BatchWriter, last: &mut u32, node: u32, text: &str, css: bool) {
        w.delta(node, last);
        let reference = w.reference(if css { Role::Css } else { Role::Text }, text);
        w.uint64(u64::from(reference) * 2 + u64::from(css));
    }

    pub(crate) fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        let mut last = 0;
        for (node, text, css) in &self.changes {
            Self::put(w, &mut last, *node, text, *css);
        }
        w.end();
    }
}

/// One position at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Milliseconds since the record's time, or since the sample before: never negative.
    pub after_ms: u32,
    /// The node scrolled, or under the pointer; 0 when unknown.
    pub node: u32,
    /// Horizontal position.
    pub x: i32,
    /// Vertical position.
    pub y: i32,
}

/// Columns of samples: count, then all time differences, then runs of equal nodes (length, node id as difference
/// from the one before), then all x as differences, then all y. Pointer coordinates are differences of
/// differences, since pointers glide.
fn put_samples(w: &mut BatchWriter, samples: &[Sample], gliding: bool) {
    w.uint(samples.len() as u32);
    for s in samples {
        w.uint(s.after_ms);
    }
    let mut last = 0;
    for run in samples.chunk_by(|a, b| a.node == b.node) {
        w.uint(run.len() as u32);
        if let Some(s) = run.first() {
            w.delta(s.node, &mut last);
        }
    }
    for axis in [|s: &Sample| s.x, |s: &Sample| s.y] {
        let (mut at, mut speed) = (0i64, 0i64);
        for s in samples {
            let delta = i64::from(axis(s)) - at;
            w.int64(delta - speed);
            at = i64::from(axis(s));
            speed = if gliding { delta } else { 0 };
        }
    }
}

/// Scroll positions. Body: columns of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Scrolls {
    /// The samples; the document's own id stands for the window.
    pub samples: Vec<Sample>,
}

impl Scrolls {
    /// The record's number.
    pub const KIND: u32 = 10;

    /// Writes the record.
    pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        put_samples(w, &self.samples, false);
        w.end();
    }
}

/// Pointer positions in the viewport. Body: device, which finger, columns of samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Moves {
    /// 0 mouse, 1 pen, 2 touch, 3 a mouse that drags.
    pub device: u32,
    /// Which finger, from 0.
    pub id: u32,
    /// The samples.
    pub samples: Vec<Sample>,
}

impl Moves {
    /// The record's number.
    pub const KIND: u32 = 11;

    /// Writes the record.
    pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        w.uint(self.device);
        w.uint(self.id);
        put_samples(w, &self.samples, true);
        w.end();
    }
}

/// The style sheets a root has adopted, all of them, in order. Body: root's node id, then sheet ids until the end.
#[derive(Clone, Debug, PartialEq)]
pub struct AdoptedSheets {
    /// The document or shadow root.
    pub root: u32,
    /// Ids as in [`StyleSheet`](crate::record::StyleSheet).
    pub sheets: Vec<u32>,
}

impl AdoptedSheets {
    /// The record's number.
    pub const KIND: u32 = 22;

    /// Writes the record.
    pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        w.uint(self.root);
        for sheet in &self.sheets {
            w.uint(*sheet);
        }
        w.end();
    }
}

/// A rule put into a style sheet, or taken out. Body: sheet id, depth of the path, its indices, then reference + 1
/// of the rule's text, or 0 when the rule is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct StyleRule<S = Text> {
    /// Id as in [`StyleSheet`](crate::record::StyleSheet).
    pub sheet: u32,
    /// Position among the rules, outermost first.
    pub path: Vec<u32>,
    /// The rule to insert there; `None` deletes the one that is there.
    pub rule: Option<S>,
}

impl<S: AsRef<str>> StyleRule<S> {
    /// The record's number.
    pub const KIND: u32 = 21;

    /// Writes the record.
    pub fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(Self::KIND, time_ms);
        w.uint(self.sheet);
        w.uint(self.path.len() as u32);
        for index in &self.path {
            w.uint(*index);
        }
        let reference = self.rule.as_ref().map(|rule| w.reference(Role::Css, rule.as_ref()));
        w.uint64(reference.map_or(0, |r| u64::from(r) + 1));
        w.end();
    }
}

/// A record of a kind this decoder does not know, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Its number.
    pub kind: u32,
    /// Its body.
    pub body: Vec<u8>,
}

impl Unknown {
    pub(crate) fn encode(&self, w: &mut BatchWriter, time_ms: u32) {
        w.begin(self.kind, time_ms);
        w.raw(&self.body);
        w.end();
    }
}
