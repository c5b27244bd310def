//! What the recording in `common/shop.rs` becomes, word for word. A file that should change is deleted first: the
//! test then writes it, and fails once.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use afterimage_replay::recording::Session;
use afterimage_replay::{heatmap, ndjson, rrweb, story};
use afterimage_wire::record::Hit;
use afterimage_wire::{Record, Timed};
use common::shop::shop;

fn check(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let Ok(wanted) = std::fs::read_to_string(&path) else {
        std::fs::write(&path, found).unwrap();
        panic!("{name} was missing and is written now: look through it");
    };
    for (number, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
        assert_eq!(found, wanted, "{name}, line {}", number + 1);
    }
    assert_eq!(found.lines().count(), wanted.lines().count(), "{name}");
}

fn session() -> Session {
    Session::from_batches(common::batches(&shop(), 9))
}

#[test]
fn rrweb_events() {
    let mut out = Vec::new();
    rrweb::write(&session(), &mut out).unwrap();
    check("shop.rrweb.json", std::str::from_utf8(&out).unwrap());
    let array: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
    assert_eq!(array, rrweb::events(&session()), "written and collected are the same");
}

#[test]
fn a_session_as_lines() {
    let mut out = String::new();
    ndjson::lines(&session(), |line| out += &(line + "\n"));
    check("shop.ndjson", &out);
}

#[test]
fn a_body_as_lines() {
    let mut lines = Vec::new();
    common::batches(&shop(), 9).iter().for_each(|b| ndjson::decode_lines(b, |line| lines.push(line)));
    assert_eq!(lines.len(), shop().len());
    let click = r#"{"time_ms":130,"kind":"pointer","action":"click","device":"mouse","button":0,"node":8,"x":40,"y":60,"id":0}"#;
    assert!(lines.iter().any(|l| l == click), "{lines:#?}");
    assert!(lines.iter().any(|l| l.contains(r#""text":"Teapots""#)), "text is text");
}

#[test]
fn a_story() {
    check("shop.story.txt", &story::tell(&session()));
}

/// The shop's visitor, of whom is told where the clicks hit and what they came to.
fn clicking() -> Session {
    let hit = |time_ms, node, sign, left, top| Timed {
        time_ms,
        record: Record::Hit(Hit { node, sign, left, top }),
    };
    let mut records = shop();
    for (time_ms, hits) in [
        (130, vec![hit(130, 8, 0, 250, 500), hit(130, 8, 2, 250, 500)]),
        (4000, vec![hit(4000, 22, 0, 1000, 0), hit(4000, 22, 1, 1000, 0), hit(4000, 22, 3, 1000, 0)]),
    ] {
        let is_click = |r: &Timed| r.time_ms == time_ms && matches!(r.record, Record::Pointer(_));
        let after = records.iter().position(is_click).unwrap() + 1;
        records.splice(after..after, hits);
    }
    Session::from_batches(common::batches(&records, 9))
}

#[test]
fn points_of_heatmaps() {
    let (mut out, mut alone) = (String::new(), String::new());
    heatmap::lines(&clicking(), |line| out += &(line + "\n"));
    check("shop.heatmap.ndjson", &out);
    heatmap::lines(&session(), |line| alone += &(line + "\n"));
    let clicks = |lines: &str| lines.matches(r#""kind":"click""#).count();
    assert_eq!((clicks(&out), clicks(&alone)), (2, 2), "with a place in the element and without");
    assert!(out.contains("across") && !alone.contains("across"));
}

#[test]
fn a_story_of_clicks() {
    let told = story::tell(&clicking());
    for (sign, line) in
        ["again and again", "nothing comes of the click", "leads to an error"].iter().enumerate()
    {
        assert_eq!(told.matches(line).count(), 1, "{sign}: {told}");
    }
    let tags: Vec<_> = rrweb::events(&clicking())
        .iter()
        .filter_map(|e| e["data"]["tag"].as_str().map(str::to_owned))
        .collect();
    for tag in ["rage-click", "dead-click", "error-click"] {
        assert_eq!(tags.iter().filter(|t| *t == tag).count(), 1, "{tag}: {tags:?}");
    }
}
