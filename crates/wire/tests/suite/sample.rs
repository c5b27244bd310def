//! The batches behind the golden vectors. Never changed: a new version of the format adds batches.

use afterimage_wire::batch::{Batch, Compression, Header, PolicyReport, Timed};
use afterimage_wire::record::*;
use afterimage_wire::tree::{Entry, Namespace, Node, Place};
use afterimage_wire::{BatchWriter, Record, Role, Text};

use crate::{any, properties};

/// Name and bytes of every vector.
pub fn vectors() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("example", example()),
        ("every-record", any::encode(&every_record())),
        ("every-record-deflated", properties::deflated(&any::encode(&every_record()))),
        ("deflated-without-compression", stored(&any::encode(&extremes()))),
        ("empty", any::encode(&batch(Vec::new()))),
        ("extreme-numbers", any::encode(&extremes())),
        ("odd-texts", any::encode(&odd_texts())),
        ("developer", any::encode(&developer())),
        ("font", any::encode(&font())),
        ("canvas", any::encode(&canvas())),
        ("animation", any::encode(&animation())),
        ("frame", any::encode(&frame())),
        ("hit", any::encode(&hit())),
        ("image", any::encode(&image())),
        ("places", any::encode(&places())),
        ("policy", any::encode(&policy())),
        ("redacted-strings-are-not-unique", redacted()),
        ("sections-and-records-of-a-later-version", later()),
    ]
}

fn header() -> Header {
    Header {
        session: *b"session id 16 by",
        page_view: *b"pageview",
        sequence: 3,
        epoch: 1,
        flags: Header::SNAPSHOT,
        origin_ms: 1_767_225_600_000,
        sealed_ms: 1_767_225_605_250,
        site: "shop".into(),
        previous: *b"previous digest.",
        ..Header::default()
    }
}

fn batch(records: Vec<(u32, Record)>) -> Batch {
    let policy = PolicyReport { policy: *b"digest of policy", withheld: vec![(0, 12), (2, 1), (300, 7)] };
    let records = records.into_iter().map(|(time_ms, record)| Timed { time_ms, record }).collect();
    Batch { header: header(), policy, records }
}

/// The example in the document: a page view, a small tree, a click.
fn example() -> Vec<u8> {
    let at = |parent, previous| Place::At { parent, previous };
    let records = vec![
        (
            0,
            Record::Snapshot(Snapshot {
                epoch: 1,
                flags: 0,
                width: 800,
                height: 600,
                url: "https://shop.test/".into(),
            }),
        ),
        (
            0,
            tree(
                1,
                vec![
                    (at(0, 0), Node::Document),
                    (Place::Child, element("html", &[("lang", "en")])),
                    (Place::Child, element("body", &[])),
                    (Place::Child, element("p", &[("class", "big"), ("title", "Hi")])),
                    (Place::Child, Node::Text("Hello".into())),
                    (Place::After(1), element("br", &[])),
                ],
            ),
        ),
        (4, Record::SnapshotEnd(SnapshotEnd { nodes: 6 })),
        (950, Record::Pointer(Pointer { action: 3, device: 0, button: 0, node: 4, x: 40, y: -1, id: 0 })),
    ];
    any::encode(&batch(records))
}

fn tree(first: u32, entries: Vec<(Place, Node)>) -> Record {
    let entries = entries.into_iter().map(|(place, node)| Entry { place, node }).collect();
    Record::Tree(Tree { first, entries })
}

fn element(name: &str, attributes: &[(&str, &str)]) -> Node {
    let attributes = attributes.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect();
    Node::Element { namespace: Namespace::Html, name: name.into(), attributes }
}

/// One of each, in the order of their numbers, with another value in every field.
pub fn every_record() -> Batch {
    let t = Text::from;
    let sample = |after_ms, node, x, y| Sample { after_ms, node, x, y };
    let records: Vec<Record> = vec![
        Record::PageView(PageView {
            url: t("https://shop.test/a"),
            referrer: t("https://else.test"),
            title: t("A title"),
            index: 2,
            width: 1024,
            height: 768,
            visits: 5,
        }),
        Record::Environment(Environment {
            browser: t("Firefox 128"),
            os: t("Windows 10"),
            languages: t("de,en"),
            time_zone: t("Europe/Berlin"),
            screen_width: 1920,
            screen_height: 1080,
            pixel_ratio: 150,
            flags: 5,
            recorder: t("0.1.0"),
        }),
        Record::Snapshot(Snapshot {
            epoch: 1,
            flags: 1,
            width: 1024,
            height: 700,
            url: t("https://shop.test/b"),
        }),
        tree(
            1,
            vec![
                (Place::At { parent: 0, previous: 0 }, Node::Document),
                (
                    Place::Child,
                    Node::Doctype { name: t("html"), public: t(""), system: t("about:legacy-compat") },
                ),
                (
                    Place::After(0),
                    element("html", &[("style", "margin: 0"), ("href", "/x"), ("alt", "An x")]),
                ),
                (Place::Child, element("my-element", &[("data-x", "y")])),
                (Place::Child, Node::ShadowRoot { closed: true }),
                (Place::Child, Node::Css(t("p { color: red }"))),
            ],
        ),
        Record::SnapshotEnd(SnapshotEnd { nodes: 6 }),
        Record::Remove(Remove { nodes: vec![9, 4, 300] }),
        Record::Attributes(Attributes {
            changes: vec![
                (3, t("class"), Some(t("on"))),
                (3, t("title"), Some(t("On"))),
                (2, t("hidden"), None),
            ],
        }),
        Record::Texts(Texts { changes: vec![(6, t("p { color: blue }"), true), (5, t("New text"), false)] }),
        Record::FormState(FormState { node: 8, flags: 9, value: t("typed") }),
        Record::Scrolls(Scrolls {
            samples: vec![sample(0, 1, 0, 100), sample(16, 1, 0, 180), sample(16, 7, 5, 0)],
        }),
        Record::Moves(Moves {
            device: 2,
            id: 1,
            samples: vec![
                sample(0, 4, 10, 20),
                sample(17, 4, 14, 22),
                sample(16, 4, 18, 25),
                sample(17, 0, 21, 27),
            ],
        }),
        Record::Pointer(Pointer { action: 4, device: 1, button: 2, node: 4, x: 11, y: -12, id: 3 }),
        Record::Resize(Resize { width: 360, height: 640 }),
        Record::VisualViewport(VisualViewport { scale: 1500, left: 20, top: -30 }),
        Record::Focus(Focus { node: 8, gained: true }),
        Record::Key(Key { category: 9, node: 8 }),
        Record::Lifecycle(Lifecycle { state: 7 }),
        Record::Navigation(Navigation { how: 3, url: t("https://shop.test/b#c") }),
        Record::Title(Title { title: t("Another title") }),
        Record::StyleSheet(StyleSheet {
            sheet: 0x8000_0001,
            css: t("b{}"),
            media: t("print"),
            disabled: true,
        }),
        Record::StyleRule(StyleRule {
            sheet: 0x8000_0001,
            path: vec![2, 0, 1],
            rule: Some(t("i { top: 1px }")),
        }),
        Record::AdoptedSheets(AdoptedSheets { root: 5, sheets: vec![0x8000_0001, 0x8000_0000] }),
        Record::Submit(Submit { node: 12, fields: 6, filled: 4, state: 0, elapsed: 30_500 }),
        Record::Media(Media { node: 13, action: 2, position: 61_000, volume: 80, muted: true, rate: 125 }),
        Record::Fault(Fault {
            source: 1,
            message: t("x is undefined"),
            url: t("/app.js"),
            line: 7,
            column: 19,
        }),
        Record::Custom(Custom { name: t("checkout"), payload: t("{\"plan\":\"pro\"}") }),
        Record::Vital(Vital { metric: 3, value: 120 }),
        Record::Contact(Contact { scheme: t("mailto"), node: 14 }),
        Record::Detail(Detail { level: 2 }),
        Record::Stop(Stop { reason: 3, code: 4 }),
        Record::Blocked(Blocked { node: 15, width: 300, height: 250 }),
        Record::Transfer(Transfer { action: 4, node: 16 }),
        Record::Selection(Selection { start: 5, start_offset: 1, end: 6, end_offset: 3 }),
        Record::TopLayer(TopLayer { node: 17, state: 2 }),
        Record::Defined(Defined { name: t("my-element") }),
    ];
    batch((0..).map(|i| i * 10).zip(records).collect())
}

/// The records that came after [`every_record`] was written.
pub fn policy() -> Batch {
    let json = r#"{"policy":"default","query":["page"],"selectors":["","","",""]}"#.into();
    batch(vec![(3, Record::Policy(Policy { json }))])
}

pub fn font() -> Batch {
    let css = "@font-face{font-family:Own;src:url(\"/own.woff2\");font-weight:400}".into();
    batch(vec![(3, Record::Font(Font { css }))])
}

pub fn canvas() -> Batch {
    let image = b"RIFF\x04\0\0\0WEBP".to_vec();
    let drawn = Canvas { node: 9, width: 1280, height: 720, format: 2, image };
    batch(vec![(250, Record::Canvas(drawn))])
}

pub fn animation() -> Batch {
    let json = r#"[[[{"offset":0,"computedOffset":0,"easing":"linear","opacity":"1"},{"offset":1,"computedOffset":1,"easing":"linear","opacity":"0"}],{"delay":0,"duration":1000,"iterations":null,"direction":"normal","fill":"both","easing":"linear","localTime":250},"replace",1,"paused"]]"#;
    batch(vec![(3, Record::Animation(Animation { node: 7, json: json.into() }))])
}

pub fn developer() -> Batch {
    let (url, message) = ("https://shop.test/api/cart".into(), "Unknown plan: pro".into());
    let request = Request { url, initiator: 1, start: 1200, duration: 80, status: 404, bytes: 312 };
    batch(vec![(3, Record::Console(Console { level: 1, message })), (5, Record::Request(request))])
}

pub fn frame() -> Batch {
    batch(vec![(250, Record::Frame(Frame { node: 9, other: b"in frame".into() }))])
}

pub fn hit() -> Batch {
    batch(vec![(400, Record::Hit(Hit { node: 12, sign: 1, left: 430, top: 1000 }))])
}

pub fn image() -> Batch {
    batch(vec![(420, Record::Image(Image { node: 12, width: 1280, height: 720 }))])
}

fn extremes() -> Batch {
    let sample = |after_ms, node, x, y| Sample { after_ms, node, x, y };
    let (least, most) = (i32::MIN, i32::MAX);
    let swing =
        vec![sample(u32::MAX, u32::MAX, least, most), sample(0, 0, most, least), sample(1, 1, least, most)];
    let records = vec![
        (u32::MAX, Record::Stop(Stop { reason: u32::MAX, code: 0 })),
        (0, Record::VisualViewport(VisualViewport { scale: u32::MAX, left: least, top: most })),
        (1, Record::Scrolls(Scrolls { samples: swing.clone() })),
        (u32::MAX, Record::Moves(Moves { device: 0, id: u32::MAX, samples: swing })),
        (5, Record::Moves(Moves { device: 0, id: 0, samples: Vec::new() })),
        (5, Record::Remove(Remove { nodes: vec![u32::MAX, 0, u32::MAX] })),
        (
            5,
            tree(
                u32::MAX,
                vec![
                    (Place::At { parent: u32::MAX, previous: u32::MAX }, Node::Existing(u32::MAX)),
                    (Place::After(u32::MAX), Node::Existing(0)),
                ],
            ),
        ),
        (5, Record::StyleRule(StyleRule { sheet: u32::MAX, path: Vec::new(), rule: None })),
    ];
    let mut batch = batch(records);
    batch.header = Header {
        sequence: u32::MAX,
        epoch: u32::MAX,
        flags: u32::MAX,
        origin_ms: u64::MAX,
        sealed_ms: 0,
        site: "é".repeat(32),
        ..batch.header
    };
    batch.policy.withheld = vec![(u32::MAX, u32::MAX)];
    batch
}

fn odd_texts() -> Batch {
    let texts = ["", " ", " ", "\u{a0}", "same", "same", "\0", "a\u{301}", "🎈", "\u{feff}bom", "\r\n"];
    let changes = texts.iter().map(|text| (1, Text::from(*text), false)).collect();
    let name = Record::Defined(Defined { name: "Ünïcode-näme".into() });
    batch(vec![(0, Record::Texts(Texts { changes })), (0, name)])
}

fn places() -> Batch {
    let text = |text: &str| Node::Text(text.into());
    let svg = Node::Element { namespace: Namespace::Svg, name: "svg".into(), attributes: Vec::new() };
    let math = Node::Element { namespace: Namespace::MathMl, name: "math".into(), attributes: Vec::new() };
    let entries = vec![
        (Place::At { parent: 3, previous: 0 }, element("div", &[])),
        (Place::Child, Node::ShadowRoot { closed: false }),
        (Place::Child, svg),
        (Place::After(1), text("first child of the host, after its shadow root")),
        (Place::After(0), math),
        (Place::Child, element("mi", &[])),
        (Place::Child, text("x")),
        (Place::After(3), element("iframe", &[])),
        (Place::Child, Node::Document),
        (Place::Child, element("html", &[])),
        (Place::At { parent: 3, previous: 2 }, Node::Existing(7)),
        (Place::Child, text("in the moved one")),
        (Place::At { parent: 7, previous: 0 }, Node::ShadowRoot { closed: true }),
    ];
    batch(vec![(7, tree(20, entries))])
}

/// What sealing leaves: two strings that were different are the same now.
fn redacted() -> Vec<u8> {
    let mut writer = BatchWriter::default();
    for value in ["secret", "public", "secret!", "public"] {
        Custom { name: value, payload: "" }.encode(&mut writer, 0);
    }
    writer.table_mut().replace(Role::Data, |_, text| text.starts_with("secret").then_some("█"));
    writer.finish_body(header(), &PolicyReport::default())
}

fn later() -> Vec<u8> {
    let unknown = |kind, body: &[u8]| Record::Unknown(Unknown { kind, body: body.to_vec() });
    let records = vec![
        (0, unknown(36, b"\xff\xff")),
        (1, Record::Detail(Detail { level: 1 })),
        (1, unknown(u32::MAX, b"")),
        (2, unknown(0, b"?")),
    ];
    let body = any::encode(&batch(records));
    let (mut header, payload) = Header::decode(&body).unwrap();
    let payload = [payload, b"\x04\x05later", b"\x80\x01\x00"].concat();
    header.seal(&payload);
    [header.encode(), payload].concat()
}

/// In a DEFLATE stream that stores its bytes.
fn stored(body: &[u8]) -> Vec<u8> {
    let (mut header, payload) = Header::decode(body).unwrap();
    header.compression = Compression::DeflateRaw;
    let length = payload.len() as u16;
    [&header.encode()[..], &[1], &length.to_le_bytes(), &(!length).to_le_bytes(), payload].concat()
}
