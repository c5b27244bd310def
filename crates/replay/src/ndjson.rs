//! Records as JSON, one object a line.
//!
//! A line is `{"time_ms":…,"kind":"…",` and the record's fields under the names they have in
//! [`afterimage_wire::record`] `}`; numbers that stand for something are spelled out where this version knows the
//! word. Lines of a session also name the page view and the wall clock.

use afterimage_wire::batch::hex;
use afterimage_wire::record::{
    self, AdoptedSheets, Attributes, Frame, Moves, Remove, Sample, Scrolls, StyleRule, Texts, Tree, Unknown,
};
use afterimage_wire::tree::{Entry, Namespace, Node, Place};
use afterimage_wire::{Batch, Record};
use serde_json::{Map, Value, json};

use crate::recording::{Event, Session, What};

/// The records of one batch, in event order.
pub fn decode_lines(batch: &Batch, mut line: impl FnMut(String)) {
    let events: Vec<Event> = batch.records.iter().cloned().map(Event::from).collect();
    for event in in_order(&events) {
        line(Value::Object(object(event)).to_string());
    }
}

/// The records of a session, page view by page view, in event order.
pub fn lines(session: &Session, mut line: impl FnMut(String)) {
    for view in &session.page_views {
        let id = hex(&view.id);
        for event in in_order(&view.events) {
            let mut whole = Map::new();
            whole.insert("page_view".into(), id.as_str().into());
            whole.insert("wall_ms".into(), view.wall_ms(event.time_ms).into());
            whole.append(&mut object(event));
            line(Value::Object(whole).to_string());
        }
    }
}

/// Sorted by time; events of one moment stay as they were recorded.
fn in_order(events: &[Event]) -> Vec<&Event> {
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort_by_key(|e| e.time_ms);
    events
}

fn object(event: &Event) -> Map<String, Value> {
    let (kind, fields) = match &event.what {
        What::Record(record) => spelled_out(record),
        What::Gap { first, last } => ("gap", json!({ "first": first, "last": last })),
    };
    let mut object = Map::new();
    object.insert("time_ms".into(), event.time_ms.into());
    object.insert("kind".into(), kind.into());
    if let Value::Object(mut fields) = fields {
        object.append(&mut fields);
    }
    object
}

/// A record's kind and its fields as an object, with words for the numbers that stand for something.
pub(crate) fn spelled_out(record: &Record) -> (&'static str, Value) {
    let (kind, mut fields) = fields(record);
    for (name, value) in fields.as_object_mut().into_iter().flatten() {
        if let Some(word) = value.as_u64().and_then(|n| word(kind, name, n)) {
            *value = word.into();
        }
    }
    (kind, fields)
}

/// The word for a number that stands for something, in the order of the numbers.
pub(crate) fn word(kind: &str, field: &str, number: u64) -> Option<&'static str> {
    const DEVICE: &[&str] = &["mouse", "pen", "touch", "drag"];
    let words: &[&str] = match (kind, field) {
        ("pointer", "action") => &["down", "up", "cancel", "click", "dblclick", "contextmenu"],
        ("pointer" | "moves", "device") => DEVICE,
        ("key", "category") => &[
            "character",
            "enter",
            "tab",
            "backspace",
            "delete",
            "escape",
            "arrow",
            "page",
            "function",
            "shortcut",
            "space",
            "other",
        ],
        ("lifecycle", "state") => &[
            "visible",
            "hidden",
            "pagehide",
            "pageshow",
            "freeze",
            "resume",
            "online",
            "offline",
            "paused",
            "resumed",
            "domcontentloaded",
            "load",
            "beforeprint",
            "afterprint",
        ],
        ("navigation", "how") => &["push", "replace", "traverse", "fragment"],
        ("media", "action") => &["play", "pause", "seeked", "volume", "rate"],
        ("fault", "source") => &["error", "rejection", "resource"],
        ("vital", "metric") => &["ttfb", "fcp", "lcp", "cls", "inp", "domcontentloaded", "load"],
        ("stop", "reason") => &["asked", "refused", "ended", "ceiling", "fault"],
        ("transfer", "action") => &["copy", "cut", "paste", "dragstart", "drop", "compose", "autofill"],
        ("hit", "sign") => &["click", "rage", "dead", "error"],
        ("canvas", "format") => &["unreadable", "too_large", "webp", "jpeg", "png"],
        ("top_layer", "state") => &["closed", "modal", "popover", "fullscreen"],
        _ => &[],
    };
    usize::try_from(number).ok().and_then(|n| words.get(n)).copied()
}

/// Plain records: every field, so that a field added to the format is missed by no line.
macro_rules! plain {
    ($record:expr, { $($name:ident $kind:literal { $($field:ident),* })* }, $($other:tt)*) => {
        match $record {
            $(Record::$name(record::$name { $($field),* }) => {
                let mut map = Map::new();
                $(map.insert(stringify!($field).into(), $field.json());)*
                ($kind, Value::Object(map))
            })*
            $($other)*
        }
    };
}

/// A plain field as JSON.
trait Field {
    fn json(&self) -> Value;
}
impl Field for u32 {
    fn json(&self) -> Value {
        (*self).into()
    }
}
impl Field for i32 {
    fn json(&self) -> Value {
        (*self).into()
    }
}
impl Field for bool {
    fn json(&self) -> Value {
        (*self).into()
    }
}
/// How many there are: images are not for reading.
impl Field for Vec<u8> {
    fn json(&self) -> Value {
        self.len().into()
    }
}
impl Field for afterimage_wire::reader::Text {
    fn json(&self) -> Value {
        (**self).into()
    }
}
/// A record's kind and fields.
fn fields(record: &Record) -> (&'static str, Value) {
    plain!(record, {
        PageView "page_view" { url, referrer, title, index, width, height, visits }
        Environment "environment" {
            browser, os, languages, time_zone, screen_width, screen_height, pixel_ratio, flags, recorder
        }
        Snapshot "snapshot" { epoch, flags, width, height, url }
        SnapshotEnd "snapshot_end" { nodes }
        FormState "form_state" { node, flags, value }
        Pointer "pointer" { action, device, button, node, x, y, id }
        Resize "resize" { width, height }
        VisualViewport "visual_viewport" { scale, left, top }
        Focus "focus" { node, gained }
        Key "key" { category, node }
        Lifecycle "lifecycle" { state }
        Navigation "navigation" { how, url }
        Title "title" { title }
        StyleSheet "style_sheet" { sheet, css, media, disabled }
        Submit "submit" { node, fields, filled, state, elapsed }
        Media "media" { node, action, position, volume, muted, rate }
        Fault "fault" { source, message, url, line, column }
        Custom "custom" { name, payload }
        Vital "vital" { metric, value }
        Contact "contact" { scheme, node }
        Detail "detail" { level }
        Stop "stop" { reason, code }
        Blocked "blocked" { node, width, height }
        Transfer "transfer" { action, node }
        Selection "selection" { start, start_offset, end, end_offset }
        TopLayer "top_layer" { node, state }
        Defined "defined" { name }
        Font "font" { css }
        Canvas "canvas" { node, width, height, format, image }
        Animation "animation" { node, json }
        Console "console" { level, message }
        Request "request" { url, initiator, start, duration, status, bytes }
        Policy "policy" { json }
        Hit "hit" { node, sign, left, top }
        Image "image" { node, width, height }
    },
        Record::Tree(Tree { first, entries }) => {
            let mut next = *first;
            let entries: Vec<Value> = entries.iter().map(|e| entry(e, &mut next)).collect();
            ("tree", json!({ "first": first, "entries": entries }))
        }
        Record::Remove(Remove { nodes }) => ("remove", json!({ "nodes": nodes })),
        Record::Attributes(Attributes { changes }) => {
            let change = |(node, name, value): &(u32, _, Option<_>)| {
                json!({ "node": node, "name": text(name), "value": value.as_ref().map(text) })
            };
            ("attributes", json!({ "changes": changes.iter().map(change).collect::<Vec<_>>() }))
        }
        Record::Texts(Texts { changes }) => {
            let change = |(node, new, css): &(u32, _, bool)| json!({ "node": node, "text": text(new), "css": css });
            ("texts", json!({ "changes": changes.iter().map(change).collect::<Vec<_>>() }))
        }
        Record::Scrolls(Scrolls { samples: s }) => ("scrolls", json!({ "samples": samples(s) })),
        Record::Moves(Moves { device, id, samples: s }) => {
            ("moves", json!({ "device": device, "id": id, "samples": samples(s) }))
        }
        Record::AdoptedSheets(AdoptedSheets { root, sheets }) => {
            ("adopted_sheets", json!({ "root": root, "sheets": sheets }))
        }
        Record::StyleRule(StyleRule { sheet, path, rule }) => {
            ("style_rule", json!({ "sheet": sheet, "path": path, "rule": rule.as_ref().map(text) }))
        }
        Record::Frame(Frame { node, other }) => {
            ("frame", json!({ "node": node, "other": hex(other) }))
        }
        Record::Unknown(Unknown { kind, body }) => ("unknown", json!({ "number": kind, "body": hex(body) })),
    )
}

fn text(text: &afterimage_wire::reader::Text) -> Value {
    (**text).into()
}

fn samples(samples: &[Sample]) -> Vec<Value> {
    let sample = |s: &Sample| json!({ "after_ms": s.after_ms, "node": s.node, "x": s.x, "y": s.y });
    samples.iter().map(sample).collect()
}

/// An entry of a tree: what it is, the id it has or gets, where it goes.
fn entry(entry: &Entry, next: &mut u32) -> Value {
    let id = if let Node::Existing(id) = &entry.node { *id } else { *next };
    if !matches!(entry.node, Node::Existing(_)) {
        *next = next.wrapping_add(1);
    }
    let mut map = Map::new();
    map.insert("node".into(), id.into());
    map.insert(
        "place".into(),
        match entry.place {
            Place::At { parent, previous } => json!({ "parent": parent, "previous": previous }),
            Place::Child => "child".into(),
            Place::After(n) => json!({ "after": n }),
        },
    );
    match &entry.node {
        Node::Document => drop(map.insert("document".into(), true.into())),
        Node::Existing(_) => drop(map.insert("moved".into(), true.into())),
        Node::Text(new) => drop(map.insert("text".into(), text(new))),
        Node::Css(new) => drop(map.insert("css".into(), text(new))),
        Node::Doctype { name, public, system } => {
            let doctype = json!({ "name": text(name), "public": text(public), "system": text(system) });
            map.insert("doctype".into(), doctype);
        }
        Node::ShadowRoot { closed } => {
            map.insert("shadow_root".into(), if *closed { "closed" } else { "open" }.into());
        }
        Node::Element { namespace, name, attributes } => {
            map.insert("element".into(), text(name));
            match namespace {
                Namespace::Html => {}
                Namespace::Svg => drop(map.insert("namespace".into(), "svg".into())),
                Namespace::MathMl => drop(map.insert("namespace".into(), "mathml".into())),
            }
            let attributes = attributes.iter().map(|(name, value)| (name.to_string(), text(value)));
            map.insert("attributes".into(), Value::Object(attributes.collect()));
        }
    }
    Value::Object(map)
}
