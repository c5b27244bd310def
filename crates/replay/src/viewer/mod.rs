//! The replay page's half: batches in, rrweb events out, in the viewer's browser.

use afterimage_wire::Batch;
use afterimage_wire::batch::hex;
use serde::Serialize;
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

use crate::recording::Session;
use crate::{rrweb, story};

/// A decompressed batch may have so many bytes.
const LIMIT: usize = 64 << 20;

/// Decodes a session: `decode(batches: Uint8Array[])`, each the body of one request.
///
/// Returns `{ events, pageViews, problems, story }`: events for rrweb's Replayer; for each page view `id`, `url`,
/// `title`, `startedMs` (wall clock), `from` and `to` (timestamps of the events), `batches`, `ended`; and sentences
/// about what is missing or unreadable. A batch that cannot be decoded is left out and named among the problems.
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
    let views = session.page_views.iter().zip(&exported.spans).map(|(view, (from, to))| {
        let header = view.header();
        json!({
            "id": hex(&view.id),
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
    json!({ "events": events, "pageViews": views, "problems": problems, "story": story::tell(&session) })
}

#[cfg(test)]
mod tests {
    use afterimage_wire::batch::{Header, PolicyReport};
    use afterimage_wire::record::{Lifecycle, PageView};
    use afterimage_wire::{BatchWriter, Record};

    use super::*;

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
            "id": "0000000000000000", "url": url, "title": title, "startedMs": 1_000_005, "from": 1_000_005,
            "to": 1_001_005, "batches": 1, "ended": true,
        }]);
        assert_eq!(shown["pageViews"], wanted);
        assert_eq!(shown["events"].as_array().map(Vec::len), Some(2));
        let problems: Vec<&str> =
            shown["problems"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(problems.len() == 2 && problems[0].starts_with("body 0 is not a batch"), "{problems:?}");
        assert!(problems[1].ends_with("no complete full snapshot"), "{problems:?}");
    }
}
