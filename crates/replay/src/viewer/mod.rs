//! The replay page's half: batches in, rrweb events out, in the viewer's browser.

use std::collections::BTreeMap;

use afterimage_wire::batch::hex;
use afterimage_wire::{Batch, Record};
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::frames::around;
use crate::recording::{PageView, Session};
use crate::{rrweb, story};

/// `Pointer.action`.
const CLICK: u32 = 3;
/// `Key.category`.
const CHARACTER: u32 = 0;
/// `Key.category`.
const SPACE: u32 = 10;
/// A bit of `FormState.flags`.
const BY_VISITOR: u32 = 8;
/// A decompressed batch may have so many bytes.
const LIMIT: usize = 64 << 20;

/// Decodes a session: `decode(batches: Uint8Array[])`, each the body of one request.
///
/// Returns `{ events, pageViews, problems, story, counts, withheld }`: events for rrweb's Replayer; for each page view
/// `id`, `in` (the id of the one in whose frame it is), `url`, `title`, `startedMs` (wall clock), `from` and `to` (timestamps of the events), `batches`, `ended`;
/// sentences about what is missing or unreadable; how much there is of what ([`Counts`]); and how often each
/// privacy rule, by number, withheld something. A batch that cannot be decoded is left out and named among the problems.
///
/// # Errors
/// When the result cannot be handed over to JavaScript.
#[wasm_bindgen]
pub fn decode(batches: Vec<js_sys::Uint8Array>) -> Result<JsValue, JsError> {
    let bodies = batches.iter().map(js_sys::Uint8Array::to_vec);
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    view(bodies).serialize(&serializer).map_err(|_| JsError::new("afterimage: the recording is too large"))
}

/// See [`decode`].
fn view(bodies: impl Iterator<Item = Vec<u8>>) -> Value {
    let (mut batches, mut problems) = (Vec::new(), Vec::new());
    for (number, body) in bodies.enumerate() {
        match Batch::decode(&body, LIMIT) {
            Ok(batch) => batches.push(batch),
            Err(error) => problems.push(format!("body {number} is not a batch: {error}")),
        }
    }
    let session = Session::from_batches(batches);
    let mut events = Vec::new();
    let exported = rrweb::export(&session, &mut |event| events.push(event));
    problems.extend(session.problems.iter().chain(&exported.problems).map(ToString::to_string));
    let around = around(&session);
    let spans = session.page_views.iter().zip(&exported.spans);
    let views = spans.zip(&around).map(|((view, (from, to)), around)| {
        let around = around.and_then(|outer| session.page_views.get(outer));
        let header = view.header();
        json!({
            "id": hex(&view.id),
            "in": around.map(|outer| hex(&outer.id)),
            "url": header.map(|h| &*h.url),
            "title": header.map(|h| &*h.title),
            "startedMs": view.start_ms(),
            "from": from,
            "to": to,
            "batches": view.batches,
            "ended": view.ended,
        })
    });
    let views: Vec<Value> = views.collect();
    json!({
        "events": events,
        "pageViews": views,
        "problems": problems,
        "story": story::tell(&session),
        "counts": Counts::of(&session),
        "withheld": withheld(&session),
    })
}

/// How much was recorded, by what a visitor would call it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Counts {
    /// Presses of mouse, pen or finger.
    clicks: usize,
    /// Positions of the pointer.
    moves: usize,
    /// Scroll positions.
    scrolls: usize,
    /// Keys that write something; which ones is not known.
    characters: usize,
    /// All other keys.
    keys: usize,
    /// Fields that the visitor changed, as often as that was recorded.
    fields: usize,
    /// Forms that were sent.
    forms: usize,
}

impl Counts {
    fn of(session: &Session) -> Self {
        let mut counts = Self::default();
        session.page_views.iter().flat_map(PageView::records).for_each(|record| counts.add(record));
        counts
    }

    fn add(&mut self, record: &Record) {
        match record {
            Record::Pointer(pointer) if pointer.action == CLICK => self.clicks += 1,
            Record::Moves(moves) => self.moves += moves.samples.len(),
            Record::Scrolls(scrolls) => self.scrolls += scrolls.samples.len(),
            Record::Key(key) if matches!(key.category, CHARACTER | SPACE) => self.characters += 1,
            Record::Key(_) => self.keys += 1,
            Record::FormState(form) if form.flags & BY_VISITOR != 0 => self.fields += 1,
            Record::Submit(_) => self.forms += 1,
            _ => {}
        }
    }
}

/// What each rule withheld over all batches.
fn withheld(session: &Session) -> BTreeMap<u32, u64> {
    let mut sum = BTreeMap::new();
    for (rule, count) in session.page_views.iter().flat_map(|v| &v.policies).flat_map(|p| &p.withheld) {
        *sum.entry(*rule).or_default() += u64::from(*count);
    }
    sum
}

#[cfg(test)]
mod tests {
    use afterimage_wire::BatchWriter;
    use afterimage_wire::batch::{Header, PolicyReport};
    use afterimage_wire::record::{FormState, Key, Lifecycle, PageView, Pointer, Submit};

    use super::{Record, Value, json, view};

    #[test]
    fn what_cannot_be_decoded_is_named_and_the_rest_is_shown() {
        let mut writer = BatchWriter::default();
        let (url, title, referrer) = ("https://a.example/", "A", "");
        PageView { url, referrer, title, index: 1, width: 9, height: 9, visits: 0 }.encode(&mut writer, 5);
        Record::Lifecycle(Lifecycle { state: 2 }).encode(&mut writer, 1005);
        let header =
            Header { origin_ms: 1_000_000, sealed_ms: 1_002_000, flags: Header::LAST, ..Header::default() };
        let body = writer.finish_body(header, &PolicyReport::default());
        let mut broken = body.clone();
        broken.pop();
        let shown = view([broken, body].into_iter());
        let wanted = json!([{
            "id": "0000000000000000", "in": null, "url": url, "title": title, "startedMs": 1_000_005, "from": 1_000_005,
            "to": 1_001_005, "batches": 1, "ended": true,
        }]);
        assert_eq!(shown["pageViews"], wanted);
        assert_eq!(shown["events"].as_array().map(Vec::len), Some(2));
        let problems: Vec<&str> =
            shown["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(problems.len() == 2 && problems[0].starts_with("body 0 is not a batch"), "{problems:?}");
        assert!(problems[1].ends_with("no complete full snapshot"), "{problems:?}");
    }

    fn visit(sequence: u32, withheld: Vec<(u32, u32)>) -> Vec<u8> {
        let mut writer = BatchWriter::default();
        for action in [0, 1, 3, 3] {
            Pointer { action, device: 0, button: 0, node: 1, x: 1, y: 1, id: 0 }.encode(&mut writer, 0);
        }
        for category in [0, 0, 10, 1, 2] {
            Key { category, node: 0 }.encode(&mut writer, 0);
        }
        for flags in [1, 9] {
            FormState { node: 1, flags, value: "" }.encode(&mut writer, 0);
        }
        Submit { node: 1, fields: 1, filled: 1, state: 1, elapsed: 0 }.encode(&mut writer, 0);
        let header = Header { sequence, ..Header::default() };
        writer.finish_body(header, &PolicyReport { policy: [0; 16], withheld })
    }

    #[test]
    fn promise_v04_what_was_recorded_and_withheld_is_counted() {
        let shown = view([visit(0, vec![(1, 2), (7, 1)]), visit(1, vec![(1, 3)])].into_iter());
        let counts = json!({ "clicks": 4, "moves": 0, "scrolls": 0, "characters": 6, "keys": 4, "fields": 2, "forms": 2 });
        assert_eq!(shown["counts"], counts);
        assert_eq!(shown["withheld"], json!({ "1": 5, "7": 1 }));
    }
}
