//! Of which canvases images may leave. Nobody can judge pixels, so what is masked anywhere around one holds for it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use afterimage_recorder::privacy::{Policy, Settings};
use afterimage_wire::record::{Canvas, Record};
use common::dom::{Node, Page};
use common::line::Line;

/// What canvas.js tells of an image of 300 × 150 in WebP.
const FIELDS: [u8; 8] = [0xac, 2, 0x96, 1, 2, 2, b'o', b'k'];

/// A canvas in an element, with these attributes.
fn visit(settings: Settings, around: &[(&str, &str)], own: &[(&str, &str)]) -> (Line, Node) {
    Line::within(settings, around, "canvas", own)
}

fn images(line: &mut Line) -> Vec<Canvas> {
    line.sent(|record| if let Record::Canvas(canvas) = record { Some(canvas.clone()) } else { None })
}

#[test]
fn an_image_is_recorded_as_it_is_told() {
    let (mut line, canvas) = visit(Settings::default(), &[], &[]);
    assert!(line.recorder.drawn(&canvas, &[], false), "it may be recorded");
    assert!(images(&mut line).is_empty(), "but was only asked about");
    assert!(line.recorder.drawn(&canvas, &FIELDS, false));
    let [image] = &images(&mut line)[..] else { panic!("not one image") };
    assert_eq!((image.width, image.height, image.format), (300, 150, 2));
    assert_eq!(image.image, b"ok");
}

#[test]
fn no_image_where_any_rule_withholds_anything() {
    let strict = Settings { policy: Policy::Strict, ..Settings::default() };
    let unmasked = [("data-afterimage", "unmask")];
    for (settings, around, own) in [
        (Settings::default(), vec![("data-afterimage", "block")], vec![]),
        (Settings::default(), vec![("data-afterimage", "mask")], vec![]),
        (Settings::default(), vec![("data-afterimage", "ignore")], vec![]),
        (Settings::default(), vec![], vec![("class", "ph-no-capture")]),
        (Settings::default(), vec![("contenteditable", "")], vec![]),
        (strict, vec![], unmasked.to_vec()),
    ] {
        let (mut line, canvas) = visit(settings, &around, &own);
        assert!(!line.recorder.drawn(&canvas, &FIELDS, false), "{around:?} {own:?}");
        assert!(images(&mut line).is_empty(), "{around:?} {own:?}");
    }
    let (line, canvas) = &mut visit(Settings::default(), &unmasked, &[]);
    assert!(line.recorder.drawn(canvas, &FIELDS, false));
}

#[test]
fn a_mark_holds_at_once_and_a_canvas_that_left_is_nobodys() {
    let (mut line, canvas) = visit(Settings::default(), &[], &[]);
    line.page().set_attribute(canvas, "data-afterimage", Some("mask"));
    line.settle();
    assert!(!line.recorder.drawn(&canvas, &FIELDS, false), "nobody has looked at the mark yet");
    let (mut gone, canvas) = visit(Settings::default(), &[], &[]);
    gone.page().remove(canvas);
    gone.settle();
    assert!(!gone.recorder.drawn(&canvas, &FIELDS, false));
    assert!(images(&mut line).is_empty() && images(&mut gone).is_empty());
}

#[test]
fn promise_n03_no_image_in_step_with_a_secret() {
    let mut parts = None;
    let mut line = Line::new(|page: &Page, body| {
        let field = page.build("input", &[("type", "password")], &[]);
        let canvas = page.build("canvas", &[], &[]);
        page.append(body, field);
        page.append(body, canvas);
        parts = Some((field, canvas));
    });
    let (field, canvas) = parts.unwrap();
    line.page().set_value(field, "Rilvat27");
    line.recorder.input(&field, 0, true, Default::default());
    assert!(!line.recorder.drawn(&canvas, &FIELDS, false));
    line.wait(250.0);
    assert!(line.recorder.drawn(&canvas, &FIELDS, false));
    assert_eq!(images(&mut line).len(), 1);
}

#[test]
fn nothing_is_recorded_of_a_canvas_while_recording_pauses_or_is_over() {
    let (mut line, canvas) = visit(Settings::default(), &[], &[]);
    line.recorder.pause();
    assert!(!line.recorder.drawn(&canvas, &FIELDS, false));
    line.recorder.resume();
    line.recorder.stop(0, 0);
    assert!(!line.recorder.drawn(&canvas, &FIELDS, false));
}
