//! Which frames' pages may join a recording: what is masked around a frame would not hold in it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use afterimage_recorder::dom::Dom;
use afterimage_recorder::privacy::{Policy, Settings};
use afterimage_wire::record::{Frame, Record};
use common::dom::Node;
use common::line::Line;

/// What frames.js tells of one.
const FIELDS: &[u8] = b"\x08in frame";

fn visit(settings: Settings, around: &[(&str, &str)]) -> (Line, Node) {
    Line::within(settings, around, "iframe", &[])
}

fn frames(line: &mut Line) -> Vec<Frame> {
    line.sent(|record| if let Record::Frame(frame) = record { Some(frame.clone()) } else { None })
}

#[test]
fn a_frame_is_recorded_with_the_page_view_it_shows() {
    let strict = Settings { policy: Policy::Strict, ..Settings::default() };
    for settings in [Settings::default(), strict] {
        let (mut line, frame) = visit(settings, &[]);
        assert!(line.recorder.drawn(&frame, &[], true), "it may");
        assert!(line.recorder.drawn(&frame, FIELDS, true));
        let [told] = &frames(&mut line)[..] else { panic!("not one frame") };
        assert!(told.node != 0 && told.other == b"in frame", "{told:?}");
    }
}

#[test]
fn no_page_joins_where_a_rule_withholds_anything() {
    for mark in ["block", "mask", "ignore"] {
        let (mut line, frame) = visit(Settings::default(), &[("data-afterimage", mark)]);
        assert!(!line.recorder.drawn(&frame, FIELDS, true), "{mark}");
        assert!(frames(&mut line).is_empty(), "{mark}");
    }
    let (mut line, frame) = visit(Settings::default(), &[]);
    line.recorder.pause();
    assert!(!line.recorder.drawn(&frame, FIELDS, true), "nor while nothing is recorded");
}

#[test]
fn a_page_in_a_frame_says_so_at_once() {
    let mut line = Line::new(|_, _| {});
    let document = line.page().document();
    assert!(line.recorder.drawn(&document, FIELDS, true));
    let [told] = &frames(&mut line)[..] else { panic!("not one frame") };
    assert_eq!(told.node, 0);
}
