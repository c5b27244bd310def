//! What typing and pressing tell the recorder, and what leaves of it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use afterimage_recorder::dom::Dom;
use afterimage_recorder::privacy::Raw;
use common::dom::{Node, Page};
use common::line::Line;

const SECRET: &str = "Rilvat27!kelo";

/// A field, a button and a text, in a visit.
fn with_field(attributes: &[(&str, &str)]) -> (Line, Node, Node) {
    let line = Line::new(|page, body| {
        page.append(body, page.build("input", attributes, &[]));
        page.append(body, page.build("button", &[], &[page.text_node("Go")]));
        page.append(body, page.build("p", &[], &[page.text_node("nothing yet")]));
    });
    let (field, button) = (find(&line, "input"), find(&line, "button"));
    (line, field, button)
}

fn find(line: &Line, name: &str) -> Node {
    let page = line.page();
    let all = page.subtree(line.body);
    all.into_iter().find(|n| page.is_element(*n) && Dom::name(page, n) == name).expect("such an element")
}

/// The page shows a text, long after anything else happened.
fn show(line: &mut Line, text: &str) {
    line.wait(400.0);
    let page = line.page();
    page.set_text(page.children(find(line, "p"))[0], text);
    line.flush();
}

fn presses(line: &mut Line) -> usize {
    line.flush();
    let count = |line: &mut Line, what| line.lines().matches(what).count();
    let (pointers, hits) = (count(line, "Pointer("), count(line, "Hit("));
    assert_eq!(pointers, hits * 3, "of each press that is told, down, up, click and where");
    pointers
}

#[test]
fn promise_n01_a_press_that_changes_a_protected_field_was_on_a_keypad() {
    let (mut line, field, button) = with_field(&[("type", "password")]);
    line.click(button, |page| page.set_value(field, "7"));
    assert_eq!(presses(&mut line), 0);
    line.click(button, |_| ());
    assert_eq!(presses(&mut line), 0, "nor is the next one told");
    line.came_to(button, 1);
    line.came_to(button, 2);
    assert_eq!(presses(&mut line), 0, "nor that the same key was pressed again");
}

#[test]
fn promise_n01_a_keypad_that_tells_the_page_of_input_is_one_all_the_same() {
    let (mut line, field, button) = with_field(&[("name", "pin")]);
    line.recorder.input(&field, 1, false, Default::default());
    line.click(button, |page| page.set_value(field, "7"));
    line.recorder.input(&field, 1, false, Default::default());
    assert_eq!(presses(&mut line), 0);
}

#[test]
fn a_press_after_a_script_filled_a_field_is_recorded() {
    let (mut line, field, button) = with_field(&[("type", "password")]);
    line.page().set_value(field, SECRET);
    line.click(button, |_| ());
    assert_eq!(presses(&mut line), 3);
}

#[test]
fn promise_n03_what_a_field_shows_dots_for_is_known() {
    let (mut line, field, _) = with_field(&[("name", "pass")]);
    for (at, c) in SECRET.char_indices() {
        line.press_key(field, &c.to_string(), &"•".repeat(at + 1), |_| ());
        line.wait(80.0);
    }
    line.recorder.focus(Some(&field), false);
    show(&mut line, "you typed Rilvat27!kelo");
    line.withholds(SECRET, "in a text");
}

#[test]
fn promise_n04_boxes_that_were_typed_into_hold_one_code() {
    let mut line = Line::new(|page, body| {
        for _ in 0..6 {
            page.append(body, page.build("input", &[("maxlength", "1")], &[]));
        }
        page.append(body, page.build("p", &[], &[page.text_node("nothing yet")]));
    });
    let boxes = line.page().children(line.body);
    for (field, digit) in boxes.into_iter().zip(["6", "9", "5", "7", "6", "8"]) {
        line.type_into(field, digit, |_, _| ());
    }
    show(&mut line, "Checking 695768");
    line.withholds("695768", "in a text");
}

fn component(page: &Page, body: Node) {
    let host = page.build("x-field", &[("label", "Password")], &[]);
    let root = page.attach_shadow(host, false).expect("a root");
    page.append(root, page.build("div", &[], &[page.build("input", &[], &[])]));
    page.append(body, host);
    page.append(body, page.build("p", &[], &[page.text_node("nothing yet")]));
}

#[test]
fn promise_n01_a_field_in_a_component_is_what_the_component_says() {
    let mut line = Line::new(component);
    let field = find(&line, "input");
    line.type_into(field, SECRET, |_, _| ());
    show(&mut line, "you typed Rilvat27!kelo");
    line.withholds(SECRET, "in a text");
}

#[test]
fn promise_n01_what_is_typed_out_of_sight_is_a_secret_and_the_text_around_is_not() {
    let mut line = Line::new(|page, body| {
        page.append(body, page.build("div", &[], &[page.text_node("Your account")]));
        page.append(body, page.build("p", &[], &[page.text_node("nothing yet")]));
    });
    let host = find(&line, "div");
    for (at, c) in SECRET.char_indices() {
        line.press_key(host, &c.to_string(), &SECRET[..at], |_| ());
    }
    show(&mut line, "you typed Rilvat27!kelo");
    line.withholds(SECRET, "in a text");
    show(&mut line, "Your account is new");
    assert!(line.says("Your account is new"));
}

#[test]
fn promise_n04_a_code_that_comes_after_its_label_left() {
    let mut line = Line::new(|page, body| {
        page.append(body, page.build("b", &[], &[page.text_node("Suggested password:")]));
        page.append(body, page.build("p", &[], &[page.text_node("none")]));
    });
    show(&mut line, SECRET);
    line.withholds(SECRET, "in a text");
}

#[test]
fn a_press_that_leaves_a_field_whose_value_is_repeated_in_another_is_recorded() {
    for kind in ["text", "button"] {
        let mut line = Line::new(|page, body| {
            page.append(body, page.build("input", &[("type", "password")], &[]));
            page.append(body, page.build("input", &[("type", kind), ("name", "copy")], &[]));
            page.append(body, page.build("button", &[], &[page.text_node("Go")]));
        });
        let (field, button) = (find(&line, "input"), find(&line, "button"));
        let copy = line.page().children(line.body)[1];
        line.type_into(field, SECRET, |_, _| ());
        line.page().set_value(copy, &SECRET[..6]);
        line.wait(100.0);
        line.click(button, |page| page.set_value(copy, SECRET));
        line.click(button, |_| ());
        assert_eq!(presses(&mut line), 6, "into {kind}");
        line.withholds(SECRET, "in a copy");
    }
}

#[test]
fn promise_n03_letters_that_became_digits() {
    let (mut line, field, _) = with_field(&[("type", "password")]);
    line.type_into(field, SECRET, |_, _| ());
    show(&mut line, "r1lv4t27!k3l0");
    line.withholds("r1lv4t27!k3l0", "in a text");
}

#[test]
fn promise_n01_a_field_is_asked_again_when_what_is_around_it_changes() {
    type Change = fn(&Page, Node);
    let changes: [(&str, Change); 3] = [
        ("the text before it", |page, field| {
            let before = page.previous_sibling(&field).expect("a text");
            page.set_text(page.children(before)[0], "PIN");
        }),
        ("a new label", |page, field| {
            let form = page.parent_of(field).expect("a form");
            let label = page.build("label", &[("for", "f")], &[page.text_node("Password")]);
            page.append(form, label);
        }),
        ("its placeholder", |page, field| page.set_attribute(field, "placeholder", Some("Passwort"))),
    ];
    for (what, change) in changes {
        let mut line = Line::new(|page, body| {
            page.append(body, page.build("p", &[], &[page.text_node("nothing yet")]));
            let before = page.build("div", &[], &[page.text_node("Nickname")]);
            let field = page.build("input", &[("id", "f")], &[]);
            page.append(body, page.build("form", &[], &[before, field]));
        });
        let field = find(&line, "input");
        line.press(field, "R", |_| ());
        line.wait(300.0);
        change(line.page(), field);
        line.wait(300.0);
        line.page().enter(field, "");
        line.type_into(field, SECRET, |_, _| ());
        show(&mut line, &format!("you typed {SECRET}"));
        line.withholds(SECRET, what);
    }
}

const MOVES: &str =
    r#"[[[{"computedOffset":0,"easing":"linear","width":"10px"}],{"duration":9},"replace",1,"running"]]"#;

/// How often the recording says that something is animated.
fn animations(line: &mut Line) -> usize {
    line.flush();
    line.lines().matches("Animation(").count()
}

fn animate(line: &mut Line, node: Node, json: &str) {
    let now = f64::from(line.time()) + 1000.0;
    line.recorder.animated(&node, Raw::new(json.into()), now);
}

#[test]
fn promise_n01_what_is_animated_in_step_with_typing_tells_of_no_key() {
    let (mut line, field, button) = with_field(&[("type", "password")]);
    animate(&mut line, button, MOVES);
    assert_eq!(animations(&mut line), 1, "as at any other time");
    let hint = find(&line, "p");
    line.press(field, "R", |_| ());
    animate(&mut line, hint, MOVES);
    line.wait(500.0);
    animate(&mut line, hint, "");
    assert_eq!(animations(&mut line), 1, "nor when it ends");
    line.wait(500.0);
    animate(&mut line, button, "");
    assert_eq!(animations(&mut line), 2);
}

#[test]
fn promise_n01_a_keypad_that_is_animated_does_not_tell_which_button() {
    let (mut line, field, button) = with_field(&[("type", "password")]);
    line.click(button, |page| page.set_value(field, "7"));
    animate(&mut line, button, MOVES);
    line.wait(500.0);
    animate(&mut line, button, "");
    assert_eq!(animations(&mut line), 0);
}

#[test]
fn promise_n01_a_request_that_a_key_made_is_not_told_when_it_ends() {
    let (mut line, field, _) = with_field(&[("type", "password")]);
    let end = |line: &mut Line, since_ms: f64| {
        line.recorder.developer(
            true,
            Raw::new("https://shop.test/strength".into()),
            &[1, 0, 0, 0, 0],
            since_ms,
        );
        line.flush();
        line.lines().matches("Request(").count()
    };
    let before = f64::from(line.time()) + 1000.0;
    assert_eq!(end(&mut line, before), 1, "as at any other time");
    line.press(field, "R", |_| ());
    let pressed = f64::from(line.time()) + 1000.0;
    line.wait(900.0);
    assert_eq!(end(&mut line, pressed), 1, "long after the key, as servers answer");
    let after = f64::from(line.time()) + 1000.0;
    assert_eq!(end(&mut line, after), 2);
}

#[test]
fn promise_n03_keyframes_say_no_secret() {
    let (mut line, field, button) = with_field(&[("type", "password")]);
    for end in 1..=SECRET.len() {
        line.press(field, &SECRET[..end], |_| ());
    }
    line.wait(500.0);
    let json = MOVES.replace("10px", SECRET);
    animate(&mut line, button, &json);
    assert_eq!(animations(&mut line), 1);
    assert!(!String::from_utf8_lossy(&line.bytes).contains(&SECRET[..6]));
}

#[test]
fn promise_n01_images_of_a_keypad_do_not_tell_of_its_presses() {
    let (mut line, field, button) = with_field(&[("type", "password")]);
    line.recorder.image(&button, 30, 40);
    line.wait(400.0);
    line.flush();
    assert_eq!(line.lines().matches("Image(").count(), 1, "of what nobody has pressed yet");
    line.click(button, |page| page.set_value(field, "7"));
    line.recorder.image(&button, 50, 60);
    line.wait(400.0);
    line.recorder.image(&button, 70, 80);
    line.flush();
    assert_eq!(line.lines().matches("Image(").count(), 1);
}
