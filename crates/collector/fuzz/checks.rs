//! What fuzzing checks, and what tests on stable check for the saved inputs and for others drawn from a seed.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use afterimage_collector::assets::Assets;
use afterimage_collector::config::{Config, Contact, Origin};
use afterimage_collector::index::Index;
use afterimage_collector::journal::SqliteJournal;
use afterimage_collector::state::Collector;
use afterimage_collector::{admit, router};
use afterimage_replay::recording::Session;
use afterimage_replay::{ndjson, rrweb, story};
use afterimage_wire::batch::{PolicyReport, sha256};
use afterimage_wire::record::{Attributes, Pointer, Remove, Snapshot, SnapshotEnd, Tree};
use afterimage_wire::tree::{Entry, Namespace, Node, Place};
use afterimage_wire::{Batch, BatchWriter, Header, Record, Timed};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use tower::ServiceExt;

use crate::any;

/// Bytes a payload may have.
const LIMIT: usize = 1 << 20;
/// Requests that one collector answers: what is stored would slow down later ones.
const REQUESTS: usize = 500;

/// A collector on a disk of its own, and what drives it.
pub struct Bed {
    runtime: tokio::runtime::Runtime,
    router: Router,
    folder: tempfile::TempDir,
    asked: usize,
}

impl Bed {
    /// An empty collector.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(folder.path(), None).unwrap();
        let index = Index::open(folder.path()).unwrap();
        let assets = Assets::load(Some(folder.path()));
        let config = Config { payload_bytes: LIMIT, ..Config::default() };
        let collector = Collector::new(config, Arc::new(journal), index, assets);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { router: router(Arc::new(collector)), runtime, folder, asked: 0 }
    }

    /// Any request is answered, and by no broken handler: a refusal says why, and what was stored is listed.
    pub fn request(&mut self, bytes: &[u8]) {
        texts(bytes);
        let Some(request) = request(bytes) else { return };
        self.asked += 1;
        if self.asked > REQUESTS {
            *self = Self::new();
        }
        assert!(self.folder.path().exists());
        let posted = request.method() == "POST" && request.uri().path() == "/collect";
        let (status, body) = self.send(request);
        // That of a handler that panicked, too.
        assert!(!status.is_server_error(), "{status}");
        if status.is_client_error() && body.first() == Some(&b'{') {
            let refusal: Value = serde_json::from_slice(&body).unwrap();
            assert!(refusal["code"].is_string(), "{refusal}");
        }
        if posted && status.is_success() {
            let (status, listed) = self.send(Request::get("/api/sessions").body(Body::empty()).unwrap());
            let listed: Value = serde_json::from_slice(&listed).unwrap();
            assert!(status == StatusCode::OK && listed["total"].as_u64() > Some(0), "{listed}");
        }
    }

    fn send(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            (parts.status, body.collect().await.unwrap().to_bytes().to_vec())
        })
    }
}

impl Default for Bed {
    fn default() -> Self {
        Self::new()
    }
}

/// `METHOD TARGET`, a line a header, an empty line, and the body; the body after `=` is a payload without its header, as no
/// fuzzer can guess a digest.
fn request(bytes: &[u8]) -> Option<Request<Body>> {
    let end = bytes.windows(2).position(|two| two == b"\n\n").unwrap_or(bytes.len());
    let (head, body) = bytes.split_at(end);
    let body = body.get(2..).unwrap_or_default();
    let mut lines = head.split(|byte| *byte == b'\n');
    let mut words = lines.next()?.splitn(2, |byte| *byte == b' ');
    let (method, target) = (words.next()?, words.next()?);
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let mut halves = line.splitn(2, |byte| *byte == b':');
        request = request.header(halves.next()?, halves.next()?);
    }
    request.body(Body::from(sealed(body).into_owned())).ok()
}

/// The bytes as they are, or what follows `=` as a batch's payload.
fn sealed(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some(payload) = bytes.strip_prefix(b"=") else { return Cow::Borrowed(bytes) };
    let mut header = Header { sequence: payload.len() as u32 % 5, flags: 1, ..Header::default() };
    header.seal(payload);
    Cow::Owned([&header.encode(), payload].concat())
}

/// Settings and ids as they are read from text.
fn texts(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(origin) = text.parse::<Origin>() {
        // What was accepted is what browsers send.
        assert!(text == "*" || text == "null" || text.contains("://"), "{origin:?}");
    }
    if let Ok(contact) = text.parse::<Contact>() {
        let contact = contact.to_string();
        assert!(contact.starts_with("mailto:") || contact.starts_with("https://"), "{contact}");
    }
    if let Ok(id) = text.parse::<afterimage_collector::id::SessionId>() {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
    let _ = afterimage_collector::assets::Coding::accepted(text);
}

/// Bodies, each after its length (16 bits, big-endian) or the rest: those that are taken can be exported.
pub fn session(mut bytes: &[u8]) {
    let mut batches = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (body, rest) = rest.split_at(rest.len().min(usize::from(u16::from_be_bytes(*length))));
        batches.extend(admit::decode(&sealed(body), LIMIT));
        bytes = rest;
    }
    export(batches);
}

/// Any records on a page of many nodes of all kinds.
pub fn drawn(bytes: &[u8]) {
    thread_local!(static RECORDS: OnceCell<BoxedStrategy<Vec<(u32, Record)>>> = const { OnceCell::new() });
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &sha256::<32>(bytes));
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let records = || prop::collection::vec((any::uint(), any::record()), 0..60).boxed();
    let tree = RECORDS.with(|drawing| drawing.get_or_init(records).new_tree(&mut runner));
    let Ok(tree) = tree else { return };
    let (mut batches, mut previous) = (Vec::new(), <_>::default());
    let all: Vec<Timed> = page(bytes)
        .into_iter()
        .map(|record| (0, record))
        .chain(tree.current())
        .map(|(time_ms, record)| Timed { time_ms, record })
        .collect();
    // One in sixteen is lost.
    for (sequence, part) in
        all.chunks(9).enumerate().filter(|(n, _)| bytes.get(*n).is_none_or(|b| b % 16 > 0))
    {
        let mut writer = BatchWriter::default();
        for timed in part {
            timed.record.encode(&mut writer, timed.time_ms);
        }
        let header = Header { sequence: sequence as u32, previous, ..Header::default() };
        let batch = Batch::decode(&writer.finish_body(header, &PolicyReport::default()), LIMIT).unwrap();
        previous = batch.header.digest;
        batches.push(batch);
    }
    export(batches);
}

/// A page whose elements are nested in each other, with a click and a new attribute at the bottom.
pub fn nested(depth: u32) {
    let element =
        |name: &str| Node::Element { namespace: Namespace::Html, name: name.into(), attributes: Vec::new() };
    let mut entries = vec![Entry { place: Place::At { parent: 0, previous: 0 }, node: Node::Document }];
    entries.extend(
        (2..=depth)
            .map(|id| Entry { place: Place::Child, node: element(if id == 2 { "html" } else { "div" }) }),
    );
    let url = "https://shop.example/".into();
    let click = Pointer { action: 3, device: 0, button: 0, node: depth, x: 1, y: 1, id: 0 };
    let records = vec![
        Record::Snapshot(Snapshot { epoch: 1, flags: 0, width: 800, height: 600, url }),
        Record::Tree(Tree { first: 1, entries }),
        Record::SnapshotEnd(SnapshotEnd { nodes: depth }),
        Record::Pointer(click),
        Record::Attributes(Attributes { changes: vec![(depth, "class".into(), Some("x".into()))] }),
        Record::Remove(Remove { nodes: vec![3] }),
    ];
    let mut writer = BatchWriter::default();
    for record in records {
        record.encode(&mut writer, 1);
    }
    let body = writer.finish_body(Header::default(), &PolicyReport::default());
    export(vec![admit::decode(&body, 8 * LIMIT).unwrap()]);
}

/// A snapshot of 300 nodes, so that the numbers that are drawn are mostly some of them.
fn page(bytes: &[u8]) -> Vec<Record> {
    const NAMES: [&str; 24] = [
        "div", "p", "style", "link", "input", "textarea", "select", "option", "iframe", "dialog", "video",
        "a", "img", "script", "object", "base", "body", "head", "svg", "form", "x-y", "slot", "template",
        "label",
    ];
    let roll =
        |n: u32| usize::from(*bytes.get(n as usize % bytes.len().max(1)).unwrap_or(&7)) * 31 + n as usize * 7;
    let mut entries = vec![Entry { place: Place::At { parent: 0, previous: 0 }, node: Node::Document }];
    for id in 2..=300u32 {
        let parent = if id < 4 { id - 1 } else { 1 + roll(id) as u32 % (id - 1) };
        let name = if id == 2 { "html" } else { NAMES[roll(id + 1) % NAMES.len()] };
        let attributes = vec![("href".into(), "a/b?c".into()), ("onclick".into(), "x()".into())];
        let node = match roll(id + 2) % 12 {
            0 if id > 2 => Node::Text("words".into()),
            1 if id > 2 => Node::Css("a{b:c}".into()),
            2 if id > 2 => Node::ShadowRoot { closed: false },
            3 if id > 2 => Node::Document,
            _ => Node::Element { namespace: Namespace::Html, name: name.into(), attributes },
        };
        entries.push(Entry { place: Place::At { parent, previous: 0 }, node });
    }
    let url = "https://shop.example/".into();
    vec![
        Record::Snapshot(Snapshot { epoch: 1, flags: 0, width: 800, height: 600, url }),
        Record::Tree(Tree { first: 1, entries }),
        Record::SnapshotEnd(SnapshotEnd { nodes: 300 }),
    ]
}

/// Every export of a session comes to its end, and holds nothing that acts in a viewer's browser or terminal.
fn export(batches: Vec<Batch>) {
    let session = Session::from_batches(batches);
    let mut last = 0;
    rrweb::export(&session, &mut |event| {
        let at = event["timestamp"].as_u64().unwrap();
        assert!(at >= last, "time runs backwards");
        last = at;
        inert(&event["data"]);
    });
    rrweb::write(&session, &mut std::io::sink()).unwrap();
    ndjson::lines(&session, |line| drop(serde_json::from_str::<Value>(&line).unwrap()));
    let told = story::tell(&session);
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
}

/// No element that runs something, no attribute that is a script.
fn inert(value: &Value) {
    match value {
        Value::Object(fields) => {
            let tag = fields.get("tagName").and_then(Value::as_str).unwrap_or_default();
            assert!(!matches!(tag, "script" | "object" | "embed" | "applet"), "{tag}");
            if let Some(Value::Object(attributes)) = fields.get("attributes") {
                assert!(!attributes.keys().any(|name| name.starts_with("on")), "{attributes:?}");
            }
            fields.values().for_each(inert);
        }
        Value::Array(all) => all.iter().for_each(inert),
        _ => {}
    }
}
