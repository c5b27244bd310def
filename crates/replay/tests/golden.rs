//! What the recording in `common/shop.rs` becomes, word for word. A file that should change is deleted first: the
//! test then writes it, and fails once.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use afterimage_replay::recording::Session;
use afterimage_replay::{ndjson, rrweb, story};
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
