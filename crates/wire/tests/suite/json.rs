//! A decoded batch as JSON, to be compared with what a decoder in another language makes of the same bytes.
//!
//! Records are named and spelled as in the format's document. Integers of 64 bits are strings.

use afterimage_wire::batch::{Batch, hex};
use afterimage_wire::record::*;
use afterimage_wire::tree::{Entry, Node, Place};
use afterimage_wire::{Record, Text};
use serde_json::{Map, Value, json};

pub fn value(batch: &Batch) -> Value {
    let Batch { header: h, policy, records } = batch;
    json!({
        "header": {
            "compression": h.compression as u8,
            "session": hex(&h.session),
            "page_view": hex(&h.page_view),
            "sequence": h.sequence,
            "epoch": h.epoch,
            "flags": h.flags,
            "origin_ms": h.origin_ms.to_string(),
            "sealed_ms": h.sealed_ms.to_string(),
            "site": h.site,
            "payload_bytes": h.payload_bytes,
            "previous": hex(&h.previous),
            "digest": hex(&h.digest),
        },
        "policy": { "policy": hex(&policy.policy), "withheld": policy.withheld },
        "records": records.iter().map(|timed| {
            let (name, fields) = record(&timed.record);
            json!({ "time_ms": timed.time_ms, "kind": timed.record.kind(), "name": name, "fields": fields })
        }).collect::<Vec<_>>(),
    })
}

fn text(text: &Text) -> &str {
    text
}

macro_rules! plain {
    ($record:expr; $($name:ident { $($field:ident)* })*; $($other:tt)*) => {
        match $record {
            $(Record::$name($name { $($field),* }) => {
                let mut fields = Map::new();
                $(fields.insert(stringify!($field).into(), Field::json($field));)*
                (stringify!($name), Value::Object(fields))
            })*
            $($other)*
        }
    };
}

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
impl Field for Vec<u8> {
    fn json(&self) -> Value {
        hex(self).into()
    }
}
impl Field for Text {
    fn json(&self) -> Value {
        text(self).into()
    }
}

fn record(record: &Record) -> (&'static str, Value) {
    plain!(record;
        PageView { url referrer title index width height visits }
        Environment { browser os languages time_zone screen_width screen_height pixel_ratio flags recorder }
        Snapshot { epoch flags width height url }
        SnapshotEnd { nodes }
        FormState { node flags value }
        Pointer { action device button node x y id }
        Resize { width height }
        VisualViewport { scale left top }
        Focus { node gained }
        Key { category node }
        Lifecycle { state }
        Navigation { how url }
        Title { title }
        StyleSheet { sheet css media disabled }
        Submit { node fields filled state elapsed }
        Media { node action position volume muted rate }
        Fault { source message url line column }
        Custom { name payload }
        Vital { metric value }
        Contact { scheme node }
        Detail { level }
        Stop { reason code }
        Blocked { node width height }
        Transfer { action node }
        Selection { start start_offset end end_offset }
        TopLayer { node state }
        Defined { name }
        Policy { json }
        Font { css }
        Canvas { node width height format image }
        Animation { node json }
        Console { level message }
        Request { url initiator start duration status bytes }
        Frame { node other }
        Hit { node sign left top }
        Image { node width height };
        Record::Tree(Tree { first, entries }) => {
            ("Tree", json!({ "first": first, "entries": entries.iter().map(entry).collect::<Vec<_>>() }))
        }
        Record::Remove(Remove { nodes }) => ("Remove", json!({ "nodes": nodes })),
        Record::Attributes(Attributes { changes }) => {
            let changes = changes.iter().map(|(node, name, value)| {
                json!({ "node": node, "name": text(name), "value": value.as_ref().map(text) })
            });
            ("Attributes", json!({ "changes": changes.collect::<Vec<_>>() }))
        }
        Record::Texts(Texts { changes }) => {
            let changes = changes.iter().map(|(node, new, css)| json!({ "node": node, "text": text(new), "css": css }));
            ("Texts", json!({ "changes": changes.collect::<Vec<_>>() }))
        }
        Record::Scrolls(Scrolls { samples }) => ("Scrolls", json!({ "samples": samples_of(samples) })),
        Record::Moves(Moves { device, id, samples }) => {
            ("Moves", json!({ "device": device, "id": id, "samples": samples_of(samples) }))
        }
        Record::AdoptedSheets(AdoptedSheets { root, sheets }) => {
            ("AdoptedSheets", json!({ "root": root, "sheets": sheets }))
        }
        Record::StyleRule(StyleRule { sheet, path, rule }) => {
            ("StyleRule", json!({ "sheet": sheet, "path": path, "rule": rule.as_ref().map(text) }))
        }
        Record::Unknown(Unknown { body, .. }) => ("Unknown", json!({ "body": hex(body) })),
    )
}

fn samples_of(samples: &[Sample]) -> Vec<Value> {
    let sample = |s: &Sample| json!({ "after_ms": s.after_ms, "node": s.node, "x": s.x, "y": s.y });
    samples.iter().map(sample).collect()
}

fn entry(entry: &Entry) -> Value {
    let place = match entry.place {
        Place::At { parent, previous } => json!({ "parent": parent, "previous": previous }),
        Place::Child => json!("child"),
        Place::After(levels) => json!({ "after": levels }),
    };
    let node = match &entry.node {
        Node::Document => json!({ "type": "document" }),
        Node::Element { namespace, name, attributes } => json!({
            "type": "element",
            "namespace": *namespace as u8,
            "name": text(name),
            "attributes": attributes.iter().map(|(name, value)| [text(name), text(value)]).collect::<Vec<_>>(),
        }),
        Node::Text(value) => json!({ "type": "text", "text": text(value) }),
        Node::Css(value) => json!({ "type": "css", "text": text(value) }),
        Node::Doctype { name, public, system } => {
            json!({ "type": "doctype", "name": text(name), "public": text(public), "system": text(system) })
        }
        Node::ShadowRoot { closed } => json!({ "type": "shadow_root", "closed": closed }),
        Node::Existing(id) => json!({ "type": "existing", "id": id }),
    };
    json!({ "place": place, "node": node })
}
