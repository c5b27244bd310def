//! Page views in frames of others: one replay of both.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use afterimage_replay::recording::{Event, PageView, Session, What};
use afterimage_replay::{ndjson, rrweb, story};
use afterimage_wire::Record;
use afterimage_wire::record::{self, Frame, Remove, Resize, Snapshot, Texts, Tree};
use afterimage_wire::tree::{Entry, Node, Place};
use common::shop::{click, end, page, snapshot};
use common::{ORIGIN_MS, element, text};
use serde_json::{Value, json};

/// The element of the frame in [`outer`], and the text in [`inner`].
const FRAME: u32 = 6;
const WORDS: u32 = 7;

fn frame(node: u32, id: u8) -> Record {
    Record::Frame(Frame { node, other: vec![id; 8] })
}

fn view(id: u8, after_ms: u64, records: Vec<(u32, Record)>) -> PageView {
    let events =
        records.into_iter().map(|(time_ms, record)| Event { time_ms, what: What::Record(record) }).collect();
    PageView { id: [id; 8], origin_ms: ORIGIN_MS + after_ms, batches: 1, events, ..PageView::default() }
}

fn arrival(index: u32, url: &str) -> Record {
    let (url, referrer, title) = (text(url), text(""), text(""));
    Record::PageView(record::PageView { url, referrer, title, index, width: 300, height: 150, visits: 0 })
}

/// A page with a frame that shows a page view, then more.
fn outer(id: u8, around: Option<u8>, inside: u8, more: Vec<(u32, Record)>) -> PageView {
    let body = vec![element(Place::Child, "iframe", &[("src", "https://pay.example/")])];
    let mut records = vec![(0, arrival(around.is_none().into(), "https://shop.example/list/"))];
    records.extend(around.map(|around| (0, frame(0, around))));
    records.extend([(0, snapshot()), (1, page(body)), (1, end()), (2, frame(FRAME, inside))]);
    records.extend(more);
    view(id, 0, records)
}

fn shown() -> Record {
    let words = Entry { place: Place::Child, node: Node::Text(text("Pay")) };
    page(vec![element(Place::Child, "a", &[("href", "terms")]), words])
}

/// The page in it, 500 ms younger.
fn inner(id: u8, around: u8, more: Vec<(u32, Record)>) -> PageView {
    let url = text("https://pay.example/now/");
    let snapshot = Snapshot { epoch: 1, flags: 0, width: 300, height: 150, url };
    let mut records = vec![(0, arrival(0, "https://pay.example/now/")), (0, frame(0, around))];
    records.extend([(0, Record::Snapshot(snapshot)), (10, shown()), (20, end())]);
    records.extend(more);
    view(id, 500, records)
}

fn session(page_views: Vec<PageView>) -> Session {
    Session { page_views, ..Session::default() }
}

fn events(page_views: Vec<PageView>) -> Vec<Value> {
    rrweb::events(&session(page_views))
}

fn of(events: &[Value], kind: u32) -> Vec<&Value> {
    events.iter().filter(|e| e["type"] == kind).collect()
}

fn attached(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|e| e["data"]["isAttachIframe"] == true).collect()
}

fn texts(events: &[Value]) -> Vec<&Value> {
    events.iter().filter_map(|e| e["data"]["texts"].as_array()).flatten().collect()
}

fn say(words: &str) -> Record {
    Record::Texts(Texts { changes: vec![(WORDS, text(words), false)] })
}

/// Every node's id in an event.
fn ids(node: &Value) -> Vec<u64> {
    let below = node["childNodes"].as_array().into_iter().flatten().flat_map(ids);
    node["id"].as_u64().into_iter().chain(below).collect()
}

#[test]
fn a_page_in_a_frame_is_played_there_on_one_clock() {
    let resize = Record::Resize(Resize { width: 9, height: 9 });
    let more = vec![(100, resize), (150, click(WORDS, 4, 5)), (200, say("Paid"))];
    let events = events(vec![outer(1, None, 2, vec![(600, click(FRAME, 1, 1))]), inner(2, 1, more)]);
    assert_eq!((of(&events, 4).len(), of(&events, 2).len()), (1, 1), "one page");
    let times: Vec<u64> = events.iter().map(|e| e["timestamp"].as_u64().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let [attach] = attached(&events)[..] else { panic!("{events:#?}") };
    assert_eq!(attach["timestamp"], ORIGIN_MS + 520);
    let add = &attach["data"]["adds"][0];
    assert_eq!(add["parentId"], FRAME);
    let inside = ids(&add["node"]);
    assert!(inside.len() == 7 && inside.iter().all(|id| *id > 1 << 32), "{inside:?}");
    let html = &add["node"]["childNodes"][1];
    assert_eq!(html["rootId"], add["node"]["id"]);
    let link = &html["childNodes"][1]["childNodes"][0];
    assert_eq!(link["attributes"]["href"], "https://pay.example/now/terms", "against its own address");
    let words = link["childNodes"][0]["id"].as_u64().unwrap();
    assert_eq!(texts(&events), [&json!({ "id": words, "value": "Paid" })]);
    let clicks: Vec<&Value> =
        events.iter().filter(|e| e["data"]["source"] == 2).map(|e| &e["data"]["id"]).collect();
    assert_eq!(clicks, [&json!(FRAME), &json!(words)], "the click in the frame was 50 ms later");
    assert!(!events.iter().any(|e| e["data"]["source"] == 4), "the viewport is the page's");
    assert_eq!(of(&events, 5).iter().filter(|e| e["data"]["tag"] == "page-view").count(), 1);
}

#[test]
fn both_must_name_each_other() {
    let alone = |views: Vec<PageView>| {
        let count = views.len();
        let events = events(views);
        assert!(attached(&events).is_empty() && of(&events, 2).len() == count, "{events:#?}");
    };
    alone(vec![outer(1, None, 9, vec![]), inner(2, 1, vec![])]);
    alone(vec![outer(1, None, 2, vec![]), inner(2, 9, vec![])]);
    alone(vec![outer(1, Some(1), 1, vec![])]);
    // In a circle nobody is outermost: one of them is taken for it.
    let circle = events(vec![outer(1, Some(2), 2, vec![]), outer(2, Some(1), 1, vec![])]);
    assert_eq!((attached(&circle).len(), of(&circle, 2).len()), (1, 1));
}

#[test]
fn what_is_in_a_frame_follows_the_frame() {
    let snapshot = |epoch| {
        let url = text("https://shop.example/list/");
        Record::Snapshot(Snapshot { epoch, flags: 0, width: 1280, height: 720, url })
    };
    let body = vec![element(Place::Child, "p", &[]), element(Place::After(0), "iframe", &[])];
    // Another epoch has other ids.
    let anew = vec![(900, snapshot(2)), (900, page(body)), (901, end()), (902, frame(FRAME + 1, 2))];
    let gone = (1200, Record::Remove(Remove { nodes: vec![FRAME + 1] }));
    let more = [anew, vec![gone]].concat();
    let said = vec![(100, say("one")), (600, say("two")), (900, say("three"))];
    let events = events(vec![outer(1, None, 2, more), inner(2, 1, said)]);
    let [first, second] = attached(&events)[..] else { panic!("{events:#?}") };
    let both = [first, second].map(|e| ids(&e["data"]["adds"][0]["node"]));
    assert!(both[0].iter().all(|id| !both[1].contains(id)), "the player never forgets a document");
    assert_eq!(second["data"]["adds"][0]["parentId"], FRAME + 1);
    let link = &second["data"]["adds"][0]["node"]["childNodes"][1]["childNodes"][1]["childNodes"][0];
    assert_eq!(link["childNodes"][0]["textContent"], "one", "as it is by then");
    let said: Vec<&Value> = texts(&events).into_iter().map(|t| &t["value"]).collect();
    assert_eq!(said, ["one", "two"], "what happens where nobody looks is not told");
}

#[test]
fn the_frame_may_become_known_later_than_its_page() {
    let mut page = outer(1, None, 2, vec![]);
    page.events.last_mut().unwrap().time_ms = 1000;
    let events = events(vec![page, inner(2, 1, vec![(100, say("early")), (900, say("late"))])]);
    let [attach] = attached(&events)[..] else { panic!("{events:#?}") };
    assert_eq!(attach["timestamp"], ORIGIN_MS + 1000);
    assert_eq!(texts(&events).len(), 1);
}

#[test]
fn another_page_in_the_same_frame() {
    let mut second = inner(3, 1, vec![]);
    second.origin_ms += 1000;
    let first = inner(2, 1, vec![(1400, say("over"))]);
    let events = events(vec![outer(1, None, 2, vec![(1400, frame(FRAME, 3))]), first, second]);
    assert_eq!(attached(&events).len(), 2);
    assert!(texts(&events).is_empty(), "the first was left");
}

#[test]
fn frames_in_frames() {
    let mut middle = outer(2, Some(1), 3, vec![]);
    middle.origin_ms += 100;
    let mut events = events(vec![outer(1, None, 2, vec![]), middle, inner(3, 2, vec![(50, say("deep"))])]);
    events.retain(|e| e["type"] == 3);
    let [first, second] = attached(&events)[..] else { panic!("{events:#?}") };
    let frame = second["data"]["adds"][0]["parentId"].as_u64().unwrap();
    assert!(ids(&first["data"]["adds"][0]["node"]).contains(&frame));
    assert_eq!(texts(&events).len(), 1);
}

#[test]
fn story_and_lines_say_where_a_page_is() {
    let session = session(vec![outer(1, None, 2, vec![]), inner(2, 1, vec![(300, click(6, 1, 1))])]);
    let told = story::tell(&session);
    let wanted = "Page 2, in a frame of page 1: https://pay.example/now/\n   0:00  clicks link \"Pay\"\n";
    assert!(told.ends_with(wanted), "{told}");
    let mut lines = Vec::new();
    ndjson::lines(&session, |line| lines.push(serde_json::from_str::<Value>(&line).unwrap()));
    let frame = |l: &&Value| l["kind"] == "frame";
    let named: Vec<Value> =
        lines.iter().filter(frame).map(|l| json!([l["page_view"], l["node"], l["other"]])).collect();
    let [one, two] = ["0101010101010101", "0202020202020202"];
    assert_eq!(named, [json!([one, FRAME, two]), json!([two, 0, one])]);
}

#[test]
fn nothing_a_page_in_a_frame_says_changes_the_page_around_it() {
    // The same ids, and some that neither has.
    let hostile = vec![
        (30, Record::Remove(Remove { nodes: vec![FRAME, 3, 99, u32::MAX] })),
        (
            40,
            Record::Tree(Tree {
                first: 1,
                entries: vec![element(Place::At { parent: 1, previous: 0 }, "b", &[])],
            }),
        ),
        (50, frame(1, 1)),
        (60, frame(5, 2)),
    ];
    let events = events(vec![outer(1, None, 2, vec![]), inner(2, 1, hostile)]);
    let page = ids(&of(&events, 2)[0]["data"]["node"]);
    for event in events.iter().filter(|e| e["type"] == 3 && e["data"]["isAttachIframe"].is_null()) {
        let named = |list: &str, id: &str| {
            let all = event["data"][list].as_array().cloned().unwrap_or_default();
            all.iter().any(|one| page.contains(&one[id].as_u64().unwrap()))
        };
        assert!(!named("removes", "id") && !named("adds", "parentId"), "{event}");
    }
    assert_eq!(attached(&events).len(), 1);
}
