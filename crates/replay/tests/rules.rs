//! One rule of the rrweb export a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use afterimage_replay::recording::{ProblemKind, Session};
use afterimage_replay::rrweb;
use afterimage_wire::record::{
    AdoptedSheets, Attributes, Blocked, Canvas, Font, Media, Moves, Remove, Sample, Scrolls, Selection,
    StyleRule, StyleSheet, TopLayer, Tree,
};
use afterimage_wire::tree::{Entry, Node, Place};
use afterimage_wire::{Record, Timed};
use common::shop::{click, end, page, snapshot, state};
use common::{batches, element, text};
use serde_json::{Value, json};

fn timed(records: Vec<(u32, Record)>) -> Vec<Timed> {
    records.into_iter().map(|(time_ms, record)| Timed { time_ms, record }).collect()
}

fn events(records: Vec<(u32, Record)>) -> Vec<Value> {
    rrweb::events(&Session::from_batches(batches(&timed(records), 4)))
}

/// A page with this body, then records, one every 100 ms.
fn after(body: Vec<Entry>, records: Vec<Record>) -> Vec<Value> {
    let mut all = vec![(0, snapshot()), (0, page(body)), (0, end())];
    all.extend((1..).map(|n| n * 100).zip(records));
    events(all)
}

fn data(events: &[Value], source: u32) -> Vec<&Value> {
    events.iter().filter(|e| e["type"] == 3 && e["data"]["source"] == source).map(|e| &e["data"]).collect()
}

/// A node of the first full snapshot, or of a later addition.
fn node(events: &[Value], id: u32) -> Option<Value> {
    fn find(value: &Value, id: u32) -> Option<&Value> {
        if value["id"] == id && value.get("type").is_some() {
            return Some(value);
        }
        match value {
            Value::Array(all) => all.iter().find_map(|v| find(v, id)),
            Value::Object(all) => all.values().find_map(|v| find(v, id)),
            _ => None,
        }
    }
    events.iter().find_map(|e| find(e, id)).cloned()
}

fn set(node: u32, name: &str, value: Option<&str>) -> Record {
    Record::Attributes(Attributes { changes: vec![(node, text(name), value.map(text))] })
}

#[test]
fn nothing_that_acts_is_exported() {
    let body = vec![
        element(Place::Child, "a", &[("href", " java\nscript:alert(1)"), ("onclick", "x"), ("ONFOCUS", "x")]),
        element(Place::After(0), "iframe", &[("srcdoc", "<p>"), ("src", "/inner"), ("sandbox", "")]),
        element(Place::After(0), "meta", &[("http-equiv", "refresh"), ("content", "0;url=/x")]),
        element(Place::After(0), "object", &[("data", "x.swf")]),
        element(Place::Child, "p", &[]),
        element(Place::After(1), "embed", &[("src", "x.swf")]),
        element(Place::After(0), "SCRIPT", &[]),
        element(Place::After(0), "p", &[("rr_dataURL", "x"), ("_cssText", "x"), ("rr_src", "x")]),
        element(Place::After(0), "base", &[("href", "https://cdn.example/"), ("target", "_top")]),
        element(Place::After(0), "we\"ird<", &[]),
        element(Place::After(0), "video", &[("autoplay", ""), ("src", "v.mp4")]),
    ];
    let events = after(body, vec![set(6, "href", Some("javascript:x")), set(13, "onload", Some("x"))]);
    assert_eq!(node(&events, 6).unwrap()["attributes"], json!({ "href": "#" }), "a link all the same");
    assert_eq!(
        node(&events, 7).unwrap()["attributes"],
        json!({ "rr_src": "https://cdn.example/inner", "srcdoc": "" })
    );
    assert_eq!(node(&events, 8).unwrap()["attributes"], json!({ "content": "0;url=/x" }));
    for gone in [10, 12] {
        assert_eq!(node(&events, gone), None);
    }
    for stood_in in [9, 11] {
        let image = node(&events, stood_in).unwrap();
        assert_eq!((&image["tagName"], &image["childNodes"]), (&json!("img"), &json!([])));
        assert!(image["attributes"]["src"].as_str().unwrap().starts_with("data:image/gif"), "{image}");
        assert_eq!(image["attributes"].get("data"), None);
    }
    assert_eq!(node(&events, 13).unwrap()["attributes"], json!({}));
    assert_eq!(node(&events, 14).unwrap()["attributes"], json!({}));
    assert_eq!(node(&events, 15).unwrap()["tagName"], "span");
    assert_eq!(node(&events, 16).unwrap()["attributes"], json!({ "src": "https://cdn.example/v.mp4" }));
    let changes = data(&events, 0);
    assert_eq!(changes[0]["attributes"], json!([{ "id": 6, "attributes": { "href": "#" } }]));
    assert_eq!(changes[1]["attributes"], json!([{ "id": 13, "attributes": { "onload": null } }]));
}

#[test]
fn an_image_stands_in_for_an_object() {
    let body = vec![
        element(Place::Child, "object", &[("data", "a.svg"), ("type", "image/svg+xml"), ("width", "40")]),
        element(Place::After(0), "embed", &[("src", "b.png?1")]),
        element(Place::After(0), "object", &[("data", "c.pdf"), ("height", "90")]),
    ];
    let events = after(body, vec![set(7, "src", Some("c.png"))]);
    assert_eq!(node(&events, 6).unwrap()["attributes"]["src"], "https://shop.example/list/a.svg");
    assert_eq!(node(&events, 7).unwrap()["attributes"]["src"], "https://shop.example/list/b.png?1");
    let document = &node(&events, 8).unwrap()["attributes"];
    assert_eq!((&document["width"], &document["height"]), (&json!("300"), &json!("90")));
    let anew = &data(&events, 0)[0];
    assert_eq!(anew["removes"][0]["id"], 7);
    assert_eq!(anew["adds"][0]["node"]["attributes"]["src"], "https://shop.example/list/c.png");
}

#[test]
fn what_was_scrolled_is_told_again_after_a_change() {
    let scroll = |y| Record::Scrolls(Scrolls { samples: vec![Sample { after_ms: 0, node: 6, x: 0, y }] });
    let body = vec![element(Place::Child, "div", &[])];
    let events = after(body, vec![scroll(310), set(6, "class", Some("a")), set(6, "class", Some("b"))]);
    let order: Vec<_> = events.iter().filter_map(|e| e["data"]["source"].as_u64()).collect();
    assert_eq!(order, [3, 0, 3, 0, 3]);
}

#[test]
fn fonts_and_selections_are_told_as_the_player_takes_them() {
    let body = vec![
        element(Place::Child, "p", &[]),
        Entry { place: Place::Child, node: Node::Text(text("\u{1F388}b")) },
    ];
    let css = text(
        "@font-face{font-family:\"A;b\";src:url(\"f.woff2\"), local(\"x\");font-style:normal;unicode-range:U+0-F}",
    );
    let selection = Selection { start: 7, start_offset: 2, end: 7, end_offset: 9 };
    let events = after(body, vec![Record::Font(Font { css }), Record::Selection(selection)]);
    let font = data(&events, 10)[0];
    assert_eq!((&font["family"], &font["buffer"]), (&json!("\"A;b\""), &json!(false)));
    assert_eq!(font["fontSource"], "url(\"https://shop.example/list/f.woff2\"), local(\"x\")");
    assert_eq!(font["descriptors"], json!({ "style": "normal", "unicodeRange": "U+0-F" }));
    let range = json!({ "start": 7, "startOffset": 2, "end": 7, "endOffset": 3 });
    assert_eq!(data(&events, 14)[0]["ranges"], json!([range]));
}

#[test]
fn form_state_is_set_without_touching_selects() {
    let body = vec![
        element(Place::Child, "input", &[("type", "checkbox"), ("checked", "")]),
        element(Place::After(0), "textarea", &[]),
        Entry { place: Place::Child, node: Node::Text(text("default")) },
        element(Place::After(1), "select", &[("multiple", "")]),
        element(Place::Child, "option", &[("selected", "")]),
        element(Place::After(0), "option", &[]),
        element(Place::After(1), "input", &[("type", "file")]),
        element(Place::After(0), "input", &[("value", "a")]),
    ];
    let records = vec![
        state(6, 2, ""),
        state(7, 9, "typed"),
        state(11, 6, ""),
        state(10, 2, ""),
        state(12, 1, "C:\\x"),
        state(13, 1, "b"),
        set(13, "value", Some("c")),
    ];
    let events = after(body, records);
    let area = node(&events, 7).unwrap();
    assert_eq!((&area["attributes"], &area["childNodes"]), (&json!({ "value": "default" }), &json!([])));
    let inputs: Vec<_> = data(&events, 5)
        .iter()
        .map(|d| (d["id"].clone(), d["text"].clone(), d["isChecked"].clone()))
        .collect();
    assert_eq!(json!(inputs), json!([[6, "on", false], [7, "typed", false], [13, "b", false]]));
    let options: Vec<_> = data(&events, 0).iter().map(|d| d["attributes"].clone()).collect();
    assert_eq!(
        options[0],
        json!([{ "id": 11, "attributes": { "selected": "" } }]),
        "others of a multiple select stay"
    );
    assert_eq!(options[1], json!([{ "id": 10, "attributes": { "selected": null } }]));
    assert_eq!(options.len(), 2, "a default value changes nothing that is shown");
}

#[test]
fn a_snapshot_is_stamped_with_its_start_and_holds_what_happens_meanwhile() {
    let tail = Tree { first: 6, entries: vec![element(Place::At { parent: 5, previous: 0 }, "p", &[])] };
    let events = events(vec![
        (100, snapshot()),
        (110, page(vec![])),
        (120, click(6, 1, 2)),
        (130, Record::Tree(tail)),
        (140, end()),
        (150, click(6, 3, 4)),
    ]);
    let seen: Vec<_> = events
        .iter()
        .map(|e| (e["type"].clone(), e["timestamp"].as_u64().unwrap() - common::ORIGIN_MS))
        .collect();
    assert_eq!(json!(seen), json!([[4, 100], [2, 100], [3, 120], [3, 150]]));
    assert_eq!(
        data(&events, 2)[0]["id"],
        6,
        "the node came after the click was recorded, but is in the snapshot"
    );
}

#[test]
fn a_snapshot_nobody_finished_is_shown_as_far_as_it_goes() {
    let records = timed(vec![(0, snapshot()), (1, page(vec![])), (9, click(5, 1, 1))]);
    let session = Session::from_batches(batches(&records, 9));
    let mut events = Vec::new();
    let exported = rrweb::export(&session, &mut |e| events.push(e));
    assert_eq!(events.iter().map(|e| e["type"].as_u64().unwrap()).collect::<Vec<_>>(), [4, 2, 3]);
    assert_eq!(exported.problems, []);
    let nothing = Session::from_batches(batches(&timed(vec![(0, click(1, 1, 1))]), 9));
    let exported = rrweb::export(&nothing, &mut |e| panic!("{e}"));
    assert_eq!(exported.problems[0].kind, ProblemKind::NoSnapshot);
}

#[test]
fn after_a_gap_the_page_waits_for_the_next_snapshot() {
    let add = |first| {
        Record::Tree(Tree { first, entries: vec![element(Place::At { parent: 5, previous: 0 }, "p", &[])] })
    };
    let all =
        timed(vec![(0, snapshot()), (0, page(vec![])), (0, end()), (10, add(6)), (20, add(7)), (30, add(8))]);
    let mut later = timed(vec![(40, snapshot()), (40, page(vec![])), (40, end()), (50, add(6))]);
    let mut records = all.clone();
    records.append(&mut later);
    let mut chain = batches(&records, 1);
    chain.remove(4);
    let events = rrweb::events(&Session::from_batches(chain));
    let seen: Vec<_> = events
        .iter()
        .map(|e| (e["type"].clone(), e["timestamp"].as_u64().unwrap() - common::ORIGIN_MS))
        .collect();
    assert_eq!(json!(seen), json!([[4, 0], [2, 0], [3, 10], [5, 30], [4, 40], [2, 40], [3, 50]]));
    assert_eq!(events[3]["data"], json!({ "tag": "gap", "payload": { "first": 4, "last": 4 } }));
}

#[test]
fn page_views_follow_each_other_even_if_they_overlap() {
    let view = |id: u8, start: u32| {
        let records =
            [(start, snapshot()), (start, page(vec![])), (start, end()), (start + 1000, click(5, 1, 1))];
        let mut chain = batches(&timed(records.into()), 9);
        chain[0].header.page_view = [id; 8];
        chain
    };
    let all = [view(2, 500), view(1, 0), view(3, 5000)].concat();
    let session = Session::from_batches(all);
    let mut events = Vec::new();
    let exported = rrweb::export(&session, &mut |e| events.push(e));
    let times: Vec<u64> =
        events.iter().map(|e| e["timestamp"].as_u64().unwrap() - common::ORIGIN_MS).collect();
    assert_eq!(times, [0, 0, 1000, 1000, 1000, 2000, 5000, 5000, 6000]);
    let spans: Vec<_> =
        exported.spans.iter().map(|(a, b)| (a - common::ORIGIN_MS, b - common::ORIGIN_MS)).collect();
    assert_eq!(spans, [(0, 1000), (1000, 2000), (5000, 6000)]);
}

#[test]
fn the_document_is_1_whatever_it_was() {
    let tree = Tree {
        first: 40,
        entries: vec![
            Entry { place: Place::At { parent: 0, previous: 0 }, node: Node::Document },
            element(Place::Child, "html", &[]),
        ],
    };
    let one = Tree { first: 1, entries: vec![element(Place::At { parent: 41, previous: 0 }, "p", &[])] };
    let scroll = Scrolls { samples: vec![Sample { after_ms: 0, node: 40, x: 0, y: 9 }] };
    let events = events(vec![
        (0, snapshot()),
        (0, Record::Tree(tree)),
        (0, end()),
        (1, Record::Tree(one)),
        (2, Record::Scrolls(scroll)),
        (3, click(1, 0, 0)),
    ]);
    assert_eq!(events[1]["data"]["node"]["id"], 1);
    assert_eq!(data(&events, 0)[0]["adds"][0]["node"]["id"], 40);
    assert_eq!(data(&events, 3)[0]["id"], 1);
    assert_eq!(data(&events, 2)[0]["id"], 40);
}

#[test]
fn a_tree_as_deep_as_you_like_does_not_exhaust_the_stack() {
    let deep: Vec<Entry> = (0..20_000).map(|_| element(Place::Child, "b", &[])).collect();
    let thread = std::thread::Builder::new().stack_size(512 << 10).spawn(move || {
        let events = after(deep, vec![Record::Remove(Remove { nodes: vec![6] })]);
        let nodes: usize = data(&events, 0).iter().map(|d| d["adds"].as_array().unwrap().len()).sum();
        assert!(nodes > 19_000 && nodes < 20_000, "what is not nested is added one by one");
        serde_json::to_string(&events).unwrap();
        events.len()
    });
    assert_eq!(thread.unwrap().join().unwrap(), 4);
}

#[test]
fn blocked_elements_are_grey_boxes() {
    let blocked = |width| Record::Blocked(Blocked { node: 6, width, height: 20 });
    let body = vec![element(Place::Child, "img", &[("class", "c"), ("src", "secret.png")])];
    let events = events(vec![
        (0, snapshot()),
        (0, page(body)),
        (0, blocked(10)),
        (0, end()),
        (1, blocked(30)),
        (2, set(6, "class", Some("d"))),
        (3, set(6, "src", Some("secret2.png"))),
    ]);
    let boxed = |width| json!({ "class": "c rr-block", "rr_width": width, "rr_height": "20px" });
    assert_eq!(node(&events, 6).unwrap()["attributes"], boxed("10px"));
    let changes = data(&events, 0);
    assert_eq!(changes[0]["removes"], json!([{ "parentId": 5, "id": 6 }]));
    assert_eq!(changes[0]["adds"][0]["node"]["attributes"], boxed("30px"));
    assert_eq!(changes[1]["attributes"], json!([{ "id": 6, "attributes": { "class": "d rr-block" } }]));
    assert_eq!(changes.len(), 2);
}

#[test]
fn dialogs_and_popovers_open_and_close() {
    let body =
        vec![element(Place::Child, "dialog", &[]), element(Place::After(0), "div", &[("popover", "auto")])];
    let layer = |node, state| Record::TopLayer(TopLayer { node, state });
    let events = after(body, vec![layer(6, 1), layer(6, 0), layer(7, 2), layer(7, 0)]);
    let changes: Vec<_> = data(&events, 0).iter().map(|d| d["attributes"][0]["attributes"].clone()).collect();
    assert_eq!(changes[0], json!({ "open": "", "rr_open_mode": "modal" }));
    assert_eq!(changes[1], json!({ "open": null, "rr_open_mode": null }));
    assert_eq!(changes[2], json!({ "popover": null }));
    assert_eq!(changes[3], json!({ "popover": "auto" }));
}

#[test]
fn media_start_with_all_they_need_and_change_by_events() {
    let body = vec![element(Place::Child, "video", &[("loop", "")])];
    let media = |action, position| {
        Record::Media(Media { node: 6, action, position, volume: 50, muted: false, rate: 100 })
    };
    let mut records = vec![(0, snapshot()), (0, page(body)), (0, media(0, 1500)), (0, end())];
    records.push((5, media(1, 2500)));
    let events = events(records);
    let attributes = node(&events, 6).unwrap()["attributes"].clone();
    let wanted = json!({
        "loop": "", "rr_mediaState": "played", "rr_mediaCurrentTime": 1.5, "rr_mediaPlaybackRate": 1.0,
        "rr_mediaMuted": false, "rr_mediaLoop": true, "rr_mediaVolume": 0.5,
    });
    assert_eq!(attributes, wanted);
    let last = data(&events, 7).last().copied().cloned().unwrap();
    assert_eq!((&last["type"], &last["currentTime"]), (&json!(1), &json!(2.5)));
}

#[test]
fn what_a_canvas_shows_lies_behind_it() {
    let body = vec![element(Place::Child, "canvas", &[("style", "color:red")])];
    let drawn = |format, image: &[u8]| {
        Record::Canvas(Canvas { node: 6, width: 300, height: 150, format, image: image.to_vec() })
    };
    let records = vec![
        (0, snapshot()),
        (0, page(body)),
        (0, drawn(2, b"one")),
        (0, end()),
        (5, drawn(4, b"two")),
        (6, set(6, "style", Some("color:blue"))),
        (7, drawn(0, b"")),
        (8, drawn(9, b"later")),
    ];
    let events = events(records);
    let first = node(&events, 6).unwrap()["attributes"]["style"].as_str().unwrap().to_owned();
    assert!(first.starts_with("color:red;background-image:url(\"data:image/webp;base64,b25l\")"), "{first}");
    let changes: Vec<_> =
        data(&events, 0).iter().map(|d| d["attributes"][0]["attributes"]["style"].clone()).collect();
    let style = |at: usize| changes[at].as_str().unwrap();
    assert!(style(0).starts_with("color:red;background-image:url(\"data:image/png;base64,dHdv\")"));
    assert!(style(1).starts_with("color:blue;background-image:url(\"data:image/png;base64,dHdv\")"));
    assert_eq!(changes[2..], ["color:blue", "color:blue"], "no image, or none that this version knows");
}

#[test]
fn style_rules_go_to_their_sheet() {
    let sheet = 1 << 31;
    let styled = |media: &str, css: &str| {
        Record::StyleSheet(StyleSheet { sheet, css: text(css), media: text(media), disabled: false })
    };
    let rule = |sheet, path: &[u32], rule: Option<&str>| {
        Record::StyleRule(StyleRule { sheet, path: path.to_vec(), rule: rule.map(text) })
    };
    let css = Entry { place: Place::Child, node: Node::Css(text("a{}")) };
    let records = vec![
        styled("print", "b{}"),
        Record::AdoptedSheets(AdoptedSheets { root: 1, sheets: vec![sheet] }),
        rule(sheet, &[1], Some("c{}")),
        rule(6, &[0], Some("d{background:url(x.png)}")),
        rule(6, &[0], None),
        styled("", "e{}"),
    ];
    let events = after(vec![element(Place::Child, "style", &[]), css], records);
    let style = node(&events, 6).unwrap();
    assert_eq!(
        (&style["attributes"]["_cssText"], &style["childNodes"][0]["textContent"]),
        (&json!("a{}"), &json!(""))
    );
    let adopted = json!({
        "source": 15, "id": 1, "styleIds": [sheet],
        "styles": [{ "styleId": sheet, "rules": [{ "rule": "@media print {b{}}", "index": 0 }] }],
    });
    assert_eq!(*data(&events, 15)[1], adopted, "the first one clears what the player may still have");
    let rules = data(&events, 8);
    assert_eq!(
        (&rules[0]["styleId"], &rules[0]["adds"]),
        (&json!(sheet), &json!([{ "rule": "c{}", "index": [0, 1] }]))
    );
    let added = json!([{ "rule": "d{background:url(\"https://shop.example/list/x.png\")}", "index": 0 }]);
    assert_eq!((&rules[1]["id"], &rules[1]["adds"]), (&json!(6), &added));
    assert_eq!(rules[2]["removes"], json!([{ "index": 0 }]));
    assert_eq!((&rules[3]["styleId"], &rules[3]["replaceSync"]), (&json!(sheet), &json!("e{}")));
}

#[test]
fn shadow_trees_and_svg_are_marked() {
    let svg = |place, name: &str| Entry {
        place,
        node: Node::Element {
            namespace: afterimage_wire::tree::Namespace::Svg,
            name: text(name),
            attributes: vec![],
        },
    };
    let body = vec![
        element(Place::Child, "x-box", &[]),
        Entry { place: Place::Child, node: Node::ShadowRoot { closed: true } },
        element(Place::Child, "p", &[]),
        svg(Place::After(1), "svg"),
        svg(Place::Child, "linearGradient"),
    ];
    let inner = Tree { first: 20, entries: vec![element(Place::At { parent: 7, previous: 8 }, "b", &[])] };
    let events = after(body, vec![Record::Tree(inner), Record::Remove(Remove { nodes: vec![8] })]);
    assert_eq!(node(&events, 6).unwrap()["isShadowHost"], true);
    assert_eq!(node(&events, 8).unwrap()["isShadow"], true);
    assert_eq!(node(&events, 9).unwrap().get("isShadow"), None);
    let gradient = node(&events, 10).unwrap();
    assert_eq!((&gradient["isSVG"], &gradient["tagName"]), (&json!(true), &json!("lineargradient")));
    let changes = data(&events, 0);
    assert_eq!(changes[0]["adds"][0]["parentId"], 6);
    assert_eq!(changes[0]["adds"][0]["nextId"], Value::Null);
    assert_eq!(changes[1]["removes"], json!([{ "parentId": 6, "id": 8, "isShadow": true }]));
}

#[test]
fn touches_and_drags_are_told_apart() {
    let moves = |device| {
        let samples =
            vec![Sample { after_ms: 0, node: 5, x: 1, y: 2 }, Sample { after_ms: 20, node: 5, x: 3, y: 4 }];
        Record::Moves(Moves { device, id: 0, samples })
    };
    let events = after(vec![], vec![moves(0), moves(1), moves(2), moves(3)]);
    let sources: Vec<_> = events[2..].iter().map(|e| e["data"]["source"].as_u64().unwrap()).collect();
    assert_eq!(sources, [1, 1, 6, 12]);
    let first =
        json!([{ "x": 1, "y": 2, "id": 5, "timeOffset": -20 }, { "x": 3, "y": 4, "id": 5, "timeOffset": 0 }]);
    assert_eq!(events[2]["data"]["positions"], first);
}

#[test]
fn positions_over_frames_are_given_to_the_frame() {
    // 6 a frame, 7 its document, 8 html, 9 a frame in it, 10 its document, 11 html.
    let body = vec![
        element(Place::Child, "iframe", &[]),
        Entry { place: Place::Child, node: Node::Document },
        element(Place::Child, "html", &[]),
        element(Place::Child, "iframe", &[]),
        Entry { place: Place::Child, node: Node::Document },
        element(Place::Child, "html", &[]),
    ];
    let samples = [5, 8, 11].map(|node| Sample { after_ms: 0, node, x: 70, y: 80 }).to_vec();
    let events = after(body, vec![click(8, 70, 80), Record::Moves(Moves { device: 0, id: 0, samples })]);
    let clicked = data(&events, 2)[0];
    assert_eq!((&clicked["id"], &clicked["x"], &clicked["y"]), (&json!(6), &json!(70), &json!(80)));
    let moved = data(&events, 1)[0]["positions"].as_array().unwrap();
    assert_eq!(moved.iter().map(|p| p["id"].clone()).collect::<Vec<_>>(), [5, 6, 6]);
}

#[test]
fn a_frame_whose_document_goes_is_empty() {
    let body = vec![
        element(Place::Child, "iframe", &[]),
        Entry { place: Place::Child, node: Node::Document },
        element(Place::Child, "html", &[]),
    ];
    let events = after(body, vec![Record::Remove(Remove { nodes: vec![7] })]);
    let removes = &data(&events, 0).last().unwrap()["removes"];
    assert_eq!(*removes, json!([{ "parentId": 7, "id": 8 }]));
}

#[test]
fn media_that_a_script_gave_a_sheet_hold_until_the_element_says_others() {
    let css = Entry { place: Place::Child, node: Node::Css(text("a{}")) };
    let body = vec![element(Place::Child, "style", &[("media", "screen")]), css];
    let styled = |css, media| {
        Record::StyleSheet(StyleSheet { sheet: 6, css: text(css), media: text(media), disabled: false })
    };
    let events = after(body, vec![styled("a{}", "print"), set(6, "media", Some("all")), styled("b{}", "")]);
    let changes = data(&events, 0);
    let media = |at: usize| &changes[at]["attributes"][0]["attributes"]["media"];
    assert_eq!([media(0), media(1), media(2)], [&json!("print"), &json!("all"), &json!("all")]);
}

#[test]
fn a_quirky_page_has_no_namespace_for_which_the_player_would_be_strict() {
    let quirky = |flags| {
        let Record::Snapshot(snapshot) = snapshot() else { panic!("a snapshot") };
        let begun = Record::Snapshot(afterimage_wire::record::Snapshot { flags, ..snapshot });
        let records = vec![begun, page(vec![]), end()].into_iter().map(|record| (0, record));
        let html = events(records.clone().collect()).iter().find(|e| e["type"] == 2).unwrap()["data"]["node"]
            ["childNodes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|n| n["tagName"] == "html")
            .unwrap()["id"]
            .as_u64()
            .unwrap();
        let named = set(u32::try_from(html).unwrap(), "xmlns", Some("http://www.w3.org/1999/xhtml"));
        let events = events(records.chain([(1, named)]).collect());
        data(&events, 0)[0]["attributes"][0]["attributes"]["xmlns"].clone()
    };
    assert_eq!((quirky(1), quirky(0)), (Value::Null, "http://www.w3.org/1999/xhtml".into()));
}

#[test]
fn an_object_without_data_shows_what_is_in_it() {
    let body = vec![element(Place::Child, "object", &[]), element(Place::Child, "p", &[])];
    let events = after(body, vec![set(6, "data", Some("x.swf"))]);
    let object = node(&events, 6).unwrap();
    assert_eq!((&object["tagName"], &object["childNodes"][0]["tagName"]), (&json!("span"), &json!("p")));
    let image = &data(&events, 0).last().unwrap()["adds"][0]["node"];
    assert_eq!((&image["tagName"], &image["childNodes"]), (&json!("img"), &json!([])));
}

#[test]
fn what_is_drawn_with_a_part_of_the_page_is_found_in_it() {
    let href = |url: &str| {
        let body = vec![element(Place::Child, "use", &[("xlink:href", url)])];
        node(&after(body, vec![]), 6).unwrap()["attributes"]["href"].clone()
    };
    let page = events(vec![(0, snapshot()), (0, page(vec![])), (0, end())]);
    let own = page.iter().find(|e| e["type"] == 4).unwrap()["data"]["href"].as_str().unwrap().to_owned();
    assert_eq!(href(&format!("{own}#icon")), "#icon");
    assert_eq!(href("/sprite.svg#icon"), "https://shop.example/sprite.svg#icon");
}
