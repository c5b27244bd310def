//! What the engine makes of single situations: each test is one that could go wrong, or once did.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use afterimage_recorder::dom::{Dom, Fields, Target};
use afterimage_recorder::privacy::{FieldClass, Raw, Rules};
use common::dom::{Node, Page};
use common::replica::What;
use common::rig::{NEVER, Rig};

/// `count` rows with a text each.
fn rows(page: &Page, count: usize) -> Vec<Node> {
    (0..count)
        .map(|_| {
            let text = page.text_node("a row");
            page.build("li", &[], &[text])
        })
        .collect()
}

fn list(count: usize) -> (Rig, Node) {
    let mut list = None;
    let rig = Rig::recorded(|page, body| {
        let rows = rows(page, count);
        list = Some(page.build("ul", &[], &rows));
        page.append(body, list.unwrap());
    });
    (rig, list.unwrap())
}

fn text_in(rig: &Rig, parent: Node, text: &str) -> Node {
    let node = rig.page.text_node(text);
    rig.page.append(parent, node);
    node
}

// ---- epochs and records ------------------------------------------------------------------------------------

#[test]
fn a_second_snapshot_opens_a_new_epoch() {
    let (mut rig, list) = list(10);
    let written = rig.replica.written;
    rig.page.remove(rig.page.children(list)[3]);
    rig.snapshot();
    assert_eq!(rig.replica.len(), 1, "the document alone, and the record is closed");
    rig.work(0);
    let row = rows(&rig.page, 1)[0];
    rig.page.append(list, row);
    rig.finish();
    assert_eq!(rig.replica.complete, 2);
    assert_eq!(rig.replica.written, 2 * written, "a row less, a row more");
    assert_eq!(rig.tree.mirror().dead(), 0);
}

#[test]
fn what_is_written_some_time_after_it_came_is_asked_how_far_it_is_scrolled() {
    let mut rig = Rig::recorded(|_, _| {});
    let mut boxes = Vec::new();
    let outer = rig.page.build("div", &[], &[]);
    for y in 1..=200 {
        let one = rig.page.build("div", &[], &[]);
        rig.page.set_scroll(one, 0, y);
        rig.page.append(outer, one);
        boxes.push(one);
    }
    rig.page.append(rig.body, outer);
    rig.flush(4);
    let at_once: Vec<_> = boxes.iter().filter(|one| rig.page.id(one) != 0).copied().collect();
    assert!((1..200).contains(&at_once.len()), "{} in the first slice", at_once.len());
    assert_eq!(rig.replica.scrolls, [], "events tell of them");
    rig.finish();
    let late = boxes.iter().zip(1..).filter(|(one, _)| !at_once.contains(one));
    let wanted: Vec<_> = late.map(|(one, y)| (rig.id(*one), 0, y)).collect();
    assert_eq!(rig.replica.scrolls, wanted);
}

#[test]
fn what_is_scrolled_before_it_is_written_is_told() {
    let mut rig = Rig::recorded(|_, _| {});
    let (later, within, quiet) =
        (rig.page.build("div", &[], &[]), rig.page.build("code", &[], &[]), rig.page.build("div", &[], &[]));
    rig.page.append(rig.body, later);
    rig.page.append(later, within);
    rig.page.append(rig.body, quiet);
    for (node, y) in [(later, 40), (within, 7)] {
        rig.page.set_scroll(node, 0, y);
        rig.tree.scrolled_early(&node);
        rig.tree.scrolled_early(&node);
    }
    // Nobody heard of it, so nobody has the page laid out to ask.
    rig.page.set_scroll(quiet, 0, 9);
    rig.finish();
    let mut told = rig.replica.scrolls.clone();
    told.sort_unstable();
    assert_eq!(told, [(rig.id(later), 0, 40), (rig.id(within), 0, 7)]);
}

#[test]
fn scroll_positions_and_boxes_come_with_the_nodes() {
    let mut nodes = Vec::new();
    let rig = Rig::recorded(|page, body| {
        let scrolled = page.build("div", &[], &[]);
        page.set_scroll(scrolled, 3, 400);
        let inside = page.text_node("nobody sees this");
        let blocked = page.build("div", &[("class", "rr-block")], &[inside]);
        page.append(body, scrolled);
        page.append(body, blocked);
        nodes = vec![scrolled, blocked];
    });
    assert_eq!(rig.replica.scrolls, [(rig.id(nodes[0]), 3, 400)]);
    assert_eq!(rig.replica.blocked, [rig.id(nodes[1])]);
    assert!(!rig.replica.text().contains("nobody"));
}

// ---- identity ------------------------------------------------------------------------------------------------

#[test]
fn a_node_that_left_a_removed_ancestor_survives() {
    let (mut rig, list) = list(3);
    let (row, id) = (rig.page.children(list)[1], rig.id(rig.page.children(list)[1]));
    let written = rig.replica.written;
    rig.page.append(rig.body, row);
    rig.page.remove(list);
    rig.finish();
    assert_eq!((rig.id(row), rig.replica.written, rig.replica.moves), (id, written, 1));
}

#[test]
fn a_node_whose_ancestor_left_before_survives_too() {
    // The wrapper goes first, the row leaves it while it is outside.
    let (mut rig, list) = list(3);
    let (row, id) = (rig.page.children(list)[1], rig.id(rig.page.children(list)[1]));
    rig.page.remove(list);
    rig.page.append(rig.body, row);
    rig.finish();
    assert_eq!(rig.id(row), id);
}

#[test]
fn ancestor_and_descendant_swap() {
    let (mut rig, list) = list(1);
    let row = rig.page.children(list)[0];
    let (ids, written) = ((rig.id(list), rig.id(row)), rig.replica.written);
    rig.page.insert_before(rig.body, row, Some(list));
    rig.page.append(row, list);
    rig.finish();
    assert_eq!(((rig.id(list), rig.id(row)), rig.replica.written), (ids, written));
}

#[test]
fn a_node_added_below_one_that_is_wrapped_is_recorded() {
    let (mut rig, list) = list(1);
    text_in(&rig, list, "first");
    let wrapper = rig.page.element("div");
    rig.page.insert_before(rig.body, wrapper, Some(list));
    rig.page.append(wrapper, list);
    rig.finish();
    assert!(rig.replica.text().contains("first"));
}

#[test]
fn a_node_added_below_one_that_moves_into_one_that_is_written_again_is_recorded() {
    let (mut rig, list) = list(1);
    let inner = rig.page.element("div");
    let masked = rig.page.build("div", &[("class", "rr-mask")], &[inner]);
    rig.page.append(rig.body, masked);
    rig.finish();
    text_in(&rig, list, "first");
    rig.page.append(rig.body, inner);
    rig.page.append(inner, list);
    rig.page.append(rig.body, rig.page.element("p"));
    rig.finish();
    assert!(rig.replica.text().contains("first"));
}

#[test]
fn a_node_that_comes_and_goes_leaves_no_trace() {
    let (mut rig, list) = list(1);
    let written = rig.replica.written;
    let row = rows(&rig.page, 1)[0];
    for _ in 0..10 {
        rig.page.append(list, row);
        rig.page.remove(row);
    }
    rig.finish();
    assert_eq!(rig.replica.written, written);
}

#[test]
fn what_happens_outside_of_the_page_is_not_missed() {
    let (mut rig, list) = list(5);
    rig.page.remove(list);
    rig.deliver();
    // Nobody observes it now.
    rig.page.remove(rig.page.children(list)[0]);
    rig.page.set_text(rig.page.children(rig.page.children(list)[0])[0], "another row");
    assert!(rig.page.deliver().is_empty());
    rig.page.append(rig.body, list);
    rig.finish();
    assert!(rig.replica.text().contains("another row"));
}

#[test]
fn nor_what_happens_in_a_new_node_that_left_with_an_old_one() {
    let (mut rig, list) = list(5);
    let wrapper = rig.page.element("div");
    rig.page.append(rig.body, wrapper);
    rig.page.append(wrapper, list);
    rig.deliver();
    rig.page.remove(wrapper);
    rig.deliver();
    rig.page.remove(rig.page.children(list)[0]);
    rig.page.append(rig.body, wrapper);
    rig.deliver();
    rig.finish();
}

#[test]
fn a_document_that_was_replaced_is_not_written_any_more() {
    let mut parts = Vec::new();
    let mut rig = Rig::recorded(|page, body| {
        let frame = page.element("iframe");
        page.append(body, frame);
        let old = page.element("body");
        page.load_frame(frame, &[old]);
        parts = vec![frame, old];
    });
    text_in(&rig, parts[1], "too late");
    rig.page.load_frame(parts[0], &[]);
    rig.finish();
    assert!(!rig.replica.said.contains("too late"));
}

#[test]
fn a_move_under_other_rules_is_written_again() {
    let mut parts = Vec::new();
    let mut rig = Rig::recorded(|page, body| {
        let text = page.text_node("hello");
        let inner = page.build("p", &[], &[text]);
        let masked = page.build("div", &[("class", "rr-mask")], &[inner]);
        let open = page.element("div");
        page.append(body, masked);
        page.append(body, open);
        parts = vec![masked, open, inner, text];
    });
    let [masked, open, inner, text] = parts[..] else { unreachable!() };
    assert!(!rig.replica.text().contains("hello"));
    rig.page.append(open, inner);
    rig.finish();
    assert!(rig.replica.text().contains("hello"));
    rig.page.append(masked, inner);
    rig.page.set_text(text, "secret");
    rig.finish();
    assert!(!rig.replica.said.contains("secret") && !rig.replica.text().contains("hello"));
}

// ---- rules that change ---------------------------------------------------------------------------------------

#[test]
fn marks_count_from_the_moment_they_are_set() {
    let (mut rig, list) = list(3);
    let row = rig.page.children(list)[1];
    rig.page.set_attribute(list, "data-afterimage", Some("mask"));
    text_in(&rig, row, "under a mask");
    rig.finish();
    assert!(!rig.replica.text().contains("row") && !rig.replica.said.contains("under a mask"));
    rig.page.set_attribute(list, "data-afterimage", None);
    rig.finish();
    assert!(rig.replica.text().contains("under a mask"));
    rig.page.set_attribute(row, "class", Some("rr-block"));
    text_in(&rig, row, "in a block");
    rig.finish();
    assert!(rig.replica.blocked.contains(&rig.id(row)) && !rig.replica.said.contains("in a block"));
    rig.page.set_attribute(row, "class", None);
    rig.finish();
    assert!(rig.replica.text().contains("in a block"));
}

#[test]
fn the_owners_selectors_count_when_an_attribute_makes_them_match() {
    let (mut rig, list) = list(3);
    *rig.page.owner.borrow_mut() = Some(("private".into(), Rules::MASK));
    rig.page.set_attribute(list, "class", Some("private"));
    text_in(&rig, list, "hidden words");
    rig.finish();
    assert!(!rig.replica.said.contains("hidden words"));
    rig.page.set_attribute(list, "class", None);
    rig.finish();
    assert!(rig.replica.text().contains("hidden words"));
}

#[test]
fn an_element_under_the_cursor_may_change_its_rules() {
    let mut rig = Rig::new(Page::with_body());
    let rows = rows(&rig.page, 60);
    let list = rig.page.build("ul", &[], &rows);
    rig.page.append(rig.body, list);
    rig.snapshot();
    while rig.id(rows[20]) == 0 {
        rig.work(0);
    }
    let last = rows.iter().rev().find(|r| rig.id(**r) != 0).copied().unwrap();
    rig.page.set_attribute(last, "class", Some("rr-mask"));
    rig.page.insert_before(list, rig.page.text_node("beside it"), rig.page.next(last));
    rig.finish();
}

#[test]
fn a_withheld_value_does_not_leave_the_old_one() {
    let (mut rig, list) = list(1);
    rig.page.set_attribute(list, "data-state", Some("open"));
    rig.finish();
    rig.page.set_attribute(list, "data-state", Some("Anna Schmidt, 12 Long Road"));
    rig.finish();
    let changes = rig.replica.attributes.len();
    rig.page.set_attribute(list, "onclick", Some("x"));
    rig.page.set_attribute(list, "onclick", None);
    rig.finish();
    assert_eq!(rig.replica.attributes.len(), changes, "what is never recorded is not removed either");
}

#[test]
fn many_changes_of_one_thing_are_one() {
    let (mut rig, list) = list(2);
    let text = rig.page.children(rig.page.children(list)[0])[0];
    for n in 0..1000 {
        rig.page.set_attribute(list, "class", Some(if n % 2 == 0 { "even" } else { "odd" }));
        rig.page.set_attribute(list, "id", Some("list"));
        rig.page.set_text(text, if n % 2 == 0 { "even" } else { "odd" });
    }
    rig.finish();
    let names: Vec<&str> = rig.replica.attributes.iter().map(|(_, n)| n.as_str()).collect();
    assert_eq!(names, ["class", "id"]);
    assert_eq!(rig.replica.texts, [rig.id(text)]);
}

#[test]
fn many_changes_of_many_things_are_all_there() {
    let (mut rig, list) = list(3000);
    rig.strict = false;
    for row in rig.page.children(list) {
        rig.page.set_attribute(row, "class", Some("even"));
        rig.page.set_attribute(row, "id", Some("row"));
    }
    rig.finish();
    assert_eq!(rig.replica.attributes.len(), 6000);
}

// ---- in step with a secret -----------------------------------------------------------------------------------

/// A page with a hint beside a field: element and text.
fn hint(walked: bool) -> (Rig, Node, Node) {
    let (page, body) = Page::with_body();
    let text = page.text_node("nothing yet");
    let hint = page.build("p", &[], &[text]);
    page.append(body, hint);
    let mut rig = Rig::new((page, body));
    rig.snapshot();
    rig.strict = false;
    if walked {
        rig.finish();
    }
    (rig, hint, text)
}

/// Works until all is done, and says what the text of the page is.
fn settled(rig: &mut Rig) -> String {
    while !rig.work(NEVER) {}
    rig.replica.text()
}

#[test]
fn text_that_changed_in_step_stays_masked() {
    let (mut rig, _, text) = hint(true);
    rig.page.set_in_step(true);
    rig.page.set_text(text, "last letter: q");
    assert!(!settled(&mut rig).contains("letter"));
    rig.page.set_in_step(false);
    rig.page.set_text(text, "last letter: r");
    assert!(!settled(&mut rig).contains("letter"));
    rig.snapshot();
    assert!(!settled(&mut rig).contains("letter"), "nor does a new epoch take it back");
}

#[test]
fn nodes_added_in_step_stay_masked_wherever_they_go() {
    let (mut rig, hint, _) = hint(true);
    rig.page.set_in_step(true);
    let letter = text_in(&rig, hint, "letter");
    let box_ = rig.page.build("b", &[], &[rig.page.text_node("letter box")]);
    rig.page.append(rig.body, box_);
    assert!(!settled(&mut rig).contains("letter"));
    rig.page.set_in_step(false);
    rig.page.remove(letter);
    rig.page.remove(box_);
    settled(&mut rig);
    rig.page.append(rig.body, letter);
    rig.page.append(rig.body, box_);
    assert!(!settled(&mut rig).contains("letter"));
    text_in(&rig, hint, "letter by letter");
    assert!(!settled(&mut rig).contains("letter"), "nor where text came in step");
}

#[test]
fn a_change_in_step_counts_where_the_walk_has_not_been() {
    let (mut rig, hint, text) = hint(false);
    rig.page.set_in_step(true);
    rig.page.set_text(text, "letter");
    text_in(&rig, hint, "letter");
    rig.flush(NEVER);
    rig.page.set_in_step(false);
    assert!(!settled(&mut rig).contains("letter"));
}

#[test]
fn one_change_in_step_of_several_is_enough() {
    let (mut rig, hint, text) = hint(true);
    rig.page.set_text(text, "letter");
    rig.page.set_attribute(hint, "title", Some("letter"));
    rig.page.append(hint, text);
    rig.page.set_in_step(true);
    rig.page.set_text(text, "letter");
    rig.page.append(hint, text);
    rig.page.set_attribute(hint, "title", Some("letter"));
    assert!(!settled(&mut rig).contains("letter"));
    let What::Element(_, _, attributes) = rig.replica.what_is(rig.id(hint)) else { unreachable!() };
    assert!(attributes.get("title").is_none_or(|t| !t.contains("letter")));
}

// ---- keypads -------------------------------------------------------------------------------------------------

fn keypad(page: &Page, rows: &[&str]) -> Node {
    let rows: Vec<Node> = rows
        .iter()
        .map(|row| {
            let keys: Vec<Node> = row
                .split(' ')
                .map(|key| {
                    let label = page.build("span", &[], &[page.text_node(key)]);
                    page.build("button", &[], &[label])
                })
                .collect();
            page.build("div", &[], &keys)
        })
        .collect();
    page.build("div", &[], &rows)
}

/// A page with a keypad, and text and buttons around it. Returns the pad.
fn with_keypad(rows: &[&str]) -> (Rig, Node) {
    let mut pad = None;
    let rig = Rig::recorded(|page, body| {
        let title = page.build("h1", &[], &[page.text_node("Your PIN")]);
        pad = Some(keypad(page, rows));
        let card = page.build("div", &[], &[title, pad.unwrap()]);
        let main = page.build("main", &[], &[card]);
        page.append(body, main);
    });
    (rig, pad.unwrap())
}

#[test]
fn a_keypad_is_found_on_the_walk() {
    let (mut rig, pad) = with_keypad(&["1 2 3", "4 5 6", "7 8 9", "Clear 0 OK"]);
    assert!(rig.tree.is_pad(rig.id(pad)));
    let key = rig.page.children(rig.page.children(pad)[1])[1];
    assert!(rig.tree.is_pad(rig.id(key)));
    assert!(!rig.tree.is_pad(rig.id(rig.page.parent_of(pad).unwrap())), "what is around it is none");
    rig.page.set_attribute(key, "class", Some("pressed"));
    rig.finish_unequal();
    assert!(rig.replica.attributes.is_empty(), "a key does not say that it is pressed");
}

#[test]
fn a_keypad_that_comes_later_is_found_too() {
    let (mut rig, _) = list(2);
    let pad = keypad(&rig.page, &["q w e r t", "a s d f g"]);
    let main = rig.page.build("main", &[], &[pad]);
    rig.page.append(rig.body, main);
    rig.finish();
    assert!(rig.tree.is_pad(rig.id(pad)));
}

#[test]
fn promise_n01_a_keypad_built_key_by_key() {
    let (mut rig, _) = list(2);
    let pad = rig.page.element("div");
    rig.page.append(rig.body, rig.page.build("main", &[], &[pad]));
    rig.finish();
    for row in ["1 2 3", "4 5 6", "7 8 9", "0"] {
        let line = rig.page.element("div");
        rig.page.append(pad, line);
        for key in row.split(' ') {
            rig.finish();
            let label = rig.page.build("span", &[], &[rig.page.text_node(key)]);
            rig.page.append(line, rig.page.build("button", &[], &[label]));
        }
    }
    rig.finish();
    assert!(rig.tree.is_pad(rig.id(pad)));
    assert!(!rig.tree.is_pad(rig.id(rig.page.parent_of(pad).unwrap())));
}

#[test]
fn badges_that_come_one_by_one_are_no_keypad() {
    let (mut rig, _) = list(2);
    for n in 0..20 {
        let badge = rig.page.build("b", &[], &[rig.page.text_node(&(n % 10).to_string())]);
        let row = rig.page.build("p", &[], &[rig.page.text_node("Inbox"), badge, rig.page.text_node("new")]);
        rig.page.append(rig.body, row);
        rig.finish();
    }
    let all = rig.page.subtree(rig.page.document());
    assert!(all.iter().all(|n| !rig.tree.is_pad(rig.id(*n))));
}

#[test]
fn calendars_and_pages_are_no_keypads() {
    let days: Vec<String> = (1..=31).map(|d| d.to_string()).collect();
    let weeks: Vec<String> = days.chunks(7).map(|w| w.join(" ")).collect();
    let weeks: Vec<&str> = weeks.iter().map(String::as_str).collect();
    let (rig, pad) = with_keypad(&weeks);
    assert!(!rig.tree.is_pad(rig.id(pad)));

    let rig = Rig::recorded(|page, body| {
        for n in 0..20 {
            let badge = page.build("b", &[], &[page.text_node(&(n % 10).to_string())]);
            let name = page.text_node("Inbox");
            let row = page.build("p", &[], &[name, badge]);
            let more = page.build("p", &[], &[page.text_node("and more")]);
            let card = page.build("div", &[], &[row, more]);
            page.append(body, card);
        }
    });
    let all = rig.page.subtree(rig.page.document());
    assert!(all.iter().all(|n| !rig.tree.is_pad(rig.id(*n))));
}

// ---- fields --------------------------------------------------------------------------------------------------

fn class_of(rig: &Rig, node: Node) -> FieldClass {
    FieldClass::from_mark(rig.page.mark(&node))
}

fn with_inputs(attributes: &[&[(&str, &str)]]) -> (Rig, Vec<Node>) {
    let mut inputs = Vec::new();
    let rig = Rig::recorded(|page, body| {
        inputs = attributes.iter().map(|a| page.build("input", a, &[])).collect();
        let form = page.build("form", &[], &inputs);
        page.append(body, form);
    });
    (rig, inputs)
}

#[test]
fn a_password_stays_one_when_it_is_shown() {
    let (mut rig, inputs) = with_inputs(&[&[("type", "password")]]);
    rig.page.set_value(inputs[0], "correct horse");
    rig.page.set_attribute(inputs[0], "type", Some("text"));
    rig.finish();
    assert!(class_of(&rig, inputs[0]).is_protected());
    assert!(rig.tree.mirror().rules(rig.id(inputs[0])).secret());
    rig.page.remove(inputs[0]);
    rig.finish();
    rig.page.append(rig.body, inputs[0]);
    rig.finish();
    rig.snapshot();
    rig.finish();
    assert!(rig.tree.mirror().rules(rig.id(inputs[0])).secret());
    assert!(rig.replica.states.is_empty(), "not even that it holds something");
}

#[test]
fn a_field_that_becomes_a_password_is_one() {
    let (mut rig, inputs) = with_inputs(&[&[("type", "text")]]);
    assert!(!class_of(&rig, inputs[0]).is_protected());
    rig.page.set_attribute(inputs[0], "type", Some("password"));
    rig.finish();
    assert!(class_of(&rig, inputs[0]).is_protected());
    assert!(rig.tree.mirror().rules(rig.id(inputs[0])).secret());
}

#[test]
fn fields_for_single_digits_belong_together() {
    let digit: &[(&str, &str)] = &[("maxlength", "1")];
    let (rig, inputs) = with_inputs(&[digit; 6]);
    assert!(inputs.iter().all(|i| class_of(&rig, *i).is_protected()));

    // Wrapped one by one, and built one by one.
    let mut rig = Rig::recorded(|_, _| {});
    let row = rig.page.element("div");
    rig.page.append(rig.body, row);
    let inputs: Vec<Node> = (0..6)
        .map(|_| {
            let input = rig.page.build("input", digit, &[]);
            let cell = rig.page.build("div", &[], &[input]);
            rig.page.append(row, cell);
            rig.finish();
            input
        })
        .collect();
    assert!(!class_of(&rig, inputs[0]).is_protected(), "it came alone");
    let known = rig.fields.known(&rig.page, &mut rig.gate, &inputs[0], "input");
    assert!(known.is_protected(), "and is not alone any more");
}

/// What the recording says of a text once a batch is sealed.
fn said(rig: &mut Rig, text: &str) -> bool {
    text_in(rig, rig.body, text);
    while !rig.work(NEVER) {}
    rig.replica.text().contains(text)
}

#[test]
fn a_password_is_learnt_however_many_hidden_fields_there_are() {
    let mut fields: Vec<&[(&str, &str)]> = vec![&[("type", "hidden"), ("value", "x")]; 400];
    fields.push(&[("type", "password")]);
    let (mut rig, inputs) = with_inputs(&fields);
    rig.strict = false;
    rig.page.set_value(inputs[400], "correcthorse");
    assert!(rig.fields.refresh(&rig.page, &mut rig.gate));
    assert!(!said(&mut rig, "you typed correcthorse"));
    assert!(said(&mut rig, "you typed nothing"));
}

#[test]
fn a_password_is_watched_again_when_it_comes_back() {
    let (mut rig, inputs) = with_inputs(&[&[("type", "password")]]);
    rig.strict = false;
    let form = rig.page.parent_of(inputs[0]).unwrap();
    rig.page.remove(form);
    rig.finish();
    rig.fields.refresh(&rig.page, &mut rig.gate);
    rig.page.append(rig.body, form);
    rig.finish();
    rig.page.set_value(inputs[0], "correcthorse");
    assert!(rig.fields.refresh(&rig.page, &mut rig.gate));
    assert!(!said(&mut rig, "you typed correcthorse"));
}

/// A plain control of a name, under no rule.
fn target(tag: &str) -> Target {
    Target { id: 0, rules: Rules::NONE, tag: tag.into(), class: FieldClass::Plain }
}

#[test]
fn choices_are_told_where_attributes_do_not() {
    let (rig, inputs) = with_inputs(&[
        &[("type", "checkbox")],
        &[("type", "checkbox"), ("checked", "")],
        &[("type", "radio"), ("name", "r")],
    ]);
    assert_eq!(rig.replica.states, [(rig.id(inputs[1]), 2 | 4, String::new())]);

    let mut mixed = None;
    let mut rig = Rig::recorded(|page, body| {
        let input = page.build("input", &[("type", "checkbox")], &[]);
        page.set_indeterminate(input, true);
        page.append(body, input);
        mixed = Some(input);
    });
    let mixed = mixed.unwrap();
    assert_eq!(rig.replica.states, [(rig.id(mixed), 2 | 16, String::new())]);
    rig.page.set_indeterminate(mixed, false);
    let (tree, page) = (&rig.tree, &rig.page);
    let states = rig.fields.changed(page, &mut rig.gate, &mixed, &target("input"), |n| tree.id(page, n));
    assert_eq!(states.iter().map(|s| s.flags).collect::<Vec<_>>(), [2]);

    let mut options = Vec::new();
    let mut rig = Rig::recorded(|page, body| {
        let option = |text: &str, attributes: &[(&str, &str)]| {
            page.build("option", attributes, &[page.text_node(text)])
        };
        options = vec![option("red", &[("selected", "")]), option("green", &[]), option("blue", &[])];
        page.set_checked(options[0], false);
        page.set_checked(options[1], true);
        let group = page.build("optgroup", &[], &options[1..]);
        let select = page.build("select", &[], &[options[0], group]);
        page.append(body, select);
    });
    let ids: Vec<u32> = options.iter().map(|o| rig.id(*o)).collect();
    assert_eq!(rig.replica.states, [(ids[0], 2, String::new()), (ids[1], 2 | 4, String::new())]);

    rig.page.set_checked(options[1], false);
    rig.page.set_checked(options[2], true);
    let select = rig.page.parent_of(options[0]).unwrap();
    let (tree, page) = (&rig.tree, &rig.page);
    let states = rig.fields.changed(page, &mut rig.gate, &select, &target("select"), |n| tree.id(page, n));
    let states: Vec<(u32, u32)> = states.iter().map(|s| (s.node, s.flags)).collect();
    assert_eq!(states, [(ids[0], 2), (ids[1], 2), (ids[2], 2 | 4)]);
}

#[test]
fn a_text_area_tells_its_value_by_state_alone() {
    let mut area = None;
    let mut rig = Rig::recorded(|page, body| {
        area = Some(page.build("textarea", &[], &[page.text_node("Dear Anna")]));
        page.append(body, area.unwrap());
    });
    let id = rig.id(area.unwrap());
    assert_eq!(rig.replica.states.len(), 1);
    assert_eq!(rig.replica.states[0].0, id);
    assert!(!rig.replica.states[0].2.contains("Anna"), "and masked");
    assert!(!rig.replica.text().contains("Anna"));
    text_in(&rig, area.unwrap(), "sincerely");
    rig.finish();
    assert!(!rig.replica.said.contains("sincerely"));
    let mut fields: Fields<Page> = Fields::default();
    let changed = fields.changed(&rig.page, &mut rig.gate, &area.unwrap(), &target("textarea"), |n| {
        rig.tree.id(&rig.page, n)
    });
    assert!(changed.iter().all(|s| !s.value.as_ref().contains("Anna")));
}

#[test]
fn what_is_edited_in_place_is_a_field() {
    let (mut rig, text) = {
        let mut text = None;
        let rig = Rig::recorded(|page, body| {
            text = Some(page.text_node("hunter"));
            let attributes = [("contenteditable", "true"), ("aria-label", "Password")];
            let field = page.build("div", &attributes, &[text.unwrap()]);
            page.append(body, field);
        });
        (rig, text.unwrap())
    };
    assert!(!rig.replica.text().contains("hunter"));
    rig.page.set_text(text, "hunters");
    rig.finish();
    assert!(!rig.replica.text().contains("hunter"));
    let raw: Raw = rig.page.text(&text);
    assert!(!raw.is_empty());
}

// ---- roots ---------------------------------------------------------------------------------------------------

#[test]
fn shadow_roots_are_entered_whenever_they_are_attached() {
    let (mut rig, list) = list(3);
    let host = rig.page.element("div");
    rig.page.append(rig.body, host);
    text_in(&rig, host, "light");
    rig.finish();
    let written = rig.replica.written;
    let root = rig.page.attach_shadow(host, true).unwrap();
    text_in(&rig, root, "dark");
    rig.finish();
    assert_eq!(rig.replica.written, written + 2, "the rest stays");
    assert!(rig.replica.text().contains("dark|light|"));
    text_in(&rig, root, "darker");
    rig.page.append(root, rig.page.children(list)[0]);
    rig.finish();
    assert!(rig.replica.text().contains("dark|darker|a row|light|"));
}

#[test]
fn a_frame_may_load_again_and_again() {
    let (mut rig, _) = list(1);
    let frame = rig.page.element("iframe");
    rig.page.append(rig.body, frame);
    rig.finish();
    for word in ["first", "second", "third"] {
        let body = rig.page.build("body", &[], &[rig.page.text_node(word)]);
        rig.page.load_frame(frame, &[body]);
        rig.finish();
        text_in(&rig, body, "more");
        rig.finish();
        assert!(rig.replica.text().ends_with(&format!("{word}|more|")));
    }
    let deep = rig.page.build("div", &[], &[]);
    rig.page.append(rig.body, deep);
    rig.page.append(deep, frame);
    rig.finish();
    assert!(!rig.replica.text().contains("third"), "a frame that moves is empty");
}

/// In WebKit a frame may have no document any more once it was moved, and no event tells of it.
#[test]
fn a_frame_that_moves_and_loads_nothing_is_empty() {
    for depth in 0..3 {
        let (mut rig, _) = list(1);
        let frame = rig.page.element("iframe");
        let (inner, outer) = (rig.page.build("div", &[], &[frame]), rig.page.element("div"));
        let host = rig.page.build("div", &[], &[]);
        let root = rig.page.attach_shadow(outer, false).unwrap();
        rig.page.append(root, inner);
        rig.page.append(rig.body, outer);
        rig.page.append(rig.body, host);
        let body = rig.page.build("body", &[], &[rig.page.text_node("what it showed")]);
        rig.page.load_frame(frame, &[body]);
        rig.finish();
        assert!(rig.replica.text().contains("showed"));
        rig.page.silent.set(true);
        rig.page.append(host, [frame, inner, outer][depth]);
        rig.finish();
        assert!(!rig.replica.text().contains("showed"), "moved with {depth} elements around it");
    }
}

#[test]
fn a_document_that_is_replaced_while_the_walk_waits() {
    let (mut rig, _) = list(1);
    let frame = rig.page.element("iframe");
    rig.page.append(rig.body, frame);
    let body = |rig: &Rig, word| rig.page.build("body", &[], &[rig.page.text_node(word)]);
    let old = body(&rig, "old");
    rig.page.load_frame(frame, &[old]);
    rig.finish();
    // It is told of again, when it is recorded already.
    rig.page.root_changed(frame);
    rig.flush(0);
    let new = body(&rig, "new");
    rig.page.load_frame(frame, &[new]);
    rig.walk(NEVER);
    rig.finish();
    assert!(rig.replica.text().ends_with("new|"), "one document");
}

#[test]
fn a_root_that_comes_while_its_host_is_walked() {
    let mut rig = Rig::new(Page::with_body());
    let rows = rows(&rig.page, 60);
    let host = rig.page.build("div", &[], &rows);
    rig.page.append(rig.body, host);
    rig.snapshot();
    while rig.id(rows[20]) == 0 {
        rig.work(0);
    }
    let root = rig.page.attach_shadow(host, false).unwrap();
    text_in(&rig, root, "late");
    rig.finish();
    assert!(rig.replica.text().starts_with("late|"));
}

// ---- style sheets --------------------------------------------------------------------------------------------

#[test]
fn sheets_are_read_once_a_slice() {
    let mut style = None;
    let mut rig = Rig::recorded(|page, body| {
        style = Some(page.build("style", &[], &[]));
        page.set_sheet(style.unwrap(), "p{color:red}");
        page.append(body, style.unwrap());
    });
    let id = rig.id(style.unwrap());
    assert_eq!(rig.replica.sheets, [(id, "p{color:red}".into())]);
    rig.page.set_sheet(style.unwrap(), "p{color:blue}");
    for _ in 0..1000 {
        rig.tree.sheet_changed(style.unwrap());
    }
    assert!(rig.tree.is_busy());
    rig.finish();
    assert_eq!(rig.replica.sheets.len(), 2);
    rig.tree.sheet_changed(style.unwrap());
    rig.page.remove(style.unwrap());
    rig.finish();
    assert_eq!(rig.replica.sheets.len(), 2);
}

#[test]
fn the_text_of_a_style_element_is_css() {
    let (mut rig, _) = list(1);
    let css = rig.page.text_node("p{color:red}");
    let style = rig.page.build("style", &[], &[css]);
    rig.page.append(rig.body, style);
    rig.finish();
    assert_eq!(*rig.replica.what_is(rig.id(css)), What::Css("p{color:red}".into()));
    rig.page.set_text(css, "p{color:blue}");
    rig.finish();
    rig.page.append(rig.body, css);
    rig.finish();
    assert!(matches!(rig.replica.what_is(rig.id(css)), What::Text(_)), "text of the page now");
}

#[test]
fn foreign_elements_may_stand_anywhere() {
    let rig = Rig::recorded(|page, body| {
        let shape = page.build("g", &[], &[page.element("path")]);
        page.append(body, page.build("div", &[], &[shape]));
        page.append(body, page.build("p", &[], &[page.element("mi")]));
    });
    for name in ["g", "path", "mi"] {
        let node = rig.find(|page, n| page.is_element(n) && page.name(&n) == name);
        let What::Element(namespace, ..) = rig.replica.what_is(rig.id(node)) else { unreachable!() };
        assert_eq!(*namespace, rig.page.namespace(&node), "{name}");
    }
}

#[test]
fn svg_shapes_may_have_children() {
    let rig = Rig::recorded(|page, body| {
        let title = page.build("title", &[], &[page.text_node("a chart")]);
        let path = page.build("path", &[("d", "M0 0")], &[title]);
        let svg = page.build("svg", &[], &[path]);
        page.append(body, svg);
    });
    assert!(rig.replica.text().contains("a chart"));
}

// ---- large pages and hurry -------------------------------------------------------------------------------------

/// A large page: checks cost too much to be made at every step.
fn large() -> Rig {
    let mut rig = Rig::new(Page::with_body());
    rig.strict = false;
    rig
}

#[test]
fn fifty_thousand_siblings() {
    let mut rig = large();
    let rows = rows(&rig.page, 50_000);
    rig.page.build("ul", &[], &rows);
    let list = rig.page.parent_of(rows[0]).unwrap();
    rig.page.append(rig.body, list);
    let calls = rig.calls(|rig| {
        rig.snapshot();
        while !rig.work(50) {}
    });
    rig.finish();
    assert!(calls < 100_000 * 15, "{calls} questions");
}

#[test]
fn five_thousand_levels() {
    let mut rig = large();
    let mut top = rig.page.text_node("the bottom");
    let bottom = top;
    for _ in 0..5000 {
        top = rig.page.build("div", &[], &[top]);
    }
    let calls = rig.calls(|rig| {
        rig.page.append(rig.body, top);
        rig.snapshot();
        while !rig.work(50) {}
    });
    rig.replica.equals(&rig.page);
    assert!(calls < 5000 * 60, "{calls} questions");
    let calls = rig.calls(|rig| {
        rig.page.set_text(bottom, "the very bottom");
        for _ in 0..100 {
            rig.page.append(rig.page.parent_of(bottom).unwrap(), bottom);
        }
        rig.finish_unequal();
        rig.page.remove(top);
        rig.finish_unequal();
    });
    assert!(calls < 10_000, "{calls} questions");
    rig.finish();
}

/// Rows come and go at the end, at the beginning and under the cursor while the list is walked.
#[test]
fn bursts_under_the_cursor_cost_what_they_weigh() {
    type Burst = fn(&Page, Node, &[Node]);
    let append: Burst = |page, list, batch| batch.iter().for_each(|n| page.append(list, *n));
    let prepend: Burst = |page, list, batch| {
        batch.iter().for_each(|n| page.insert_before(list, *n, page.children_first(list)))
    };
    let middle: Burst = |page, list, batch| {
        let before = page.recorded_last(list).and_then(|n| page.next(n));
        batch.iter().for_each(|n| page.insert_before(list, *n, before));
    };
    for (name, burst) in [("append", append), ("prepend", prepend), ("middle", middle)] {
        for kind in ["li", "#comment", "script"] {
            let mut rig = large();
            let rows = rows(&rig.page, 2000);
            let list = rig.page.build("ul", &[], &rows);
            rig.page.append(rig.body, list);
            rig.snapshot();
            let mut worst = 0;
            for _ in 0..12 {
                rig.work(5);
                let batch: Vec<Node> = (0..1500)
                    .map(|_| if kind == "#comment" { rig.page.comment() } else { rig.page.element(kind) })
                    .collect();
                burst(&rig.page, list, &batch);
                let calls = rig.calls(|rig| rig.flush(5));
                worst = worst.max(calls);
            }
            assert!(worst < 1500 * 30, "{name} of {kind}: {worst} questions for a burst");
            let calls = rig.calls(|rig| while !rig.work(NEVER) {});
            assert!(calls < 20_000 * 40, "{name} of {kind}: {calls} questions for the rest");
            rig.finish();
        }
    }
}

#[test]
fn bursts_in_a_settled_list_cost_what_they_weigh() {
    let (mut rig, list) = list(5000);
    rig.strict = false;
    for kind in ["li", "#comment", "script"] {
        for forwards in [true, false] {
            let batch: Vec<Node> = (0..2000)
                .map(|_| if kind == "#comment" { rig.page.comment() } else { rig.page.element(kind) })
                .collect();
            let anchor = rig.page.children(list)[2500];
            let mut next = Some(anchor);
            for node in batch {
                rig.page.insert_before(list, node, next);
                next = if forwards { Some(anchor) } else { Some(node) };
            }
            let calls = rig.calls(|rig| rig.flush(NEVER));
            assert!(calls < 2000 * 30, "{kind}: {calls} questions");
            rig.finish();
        }
    }
    let calls = rig.calls(|rig| {
        for row in rig.page.children(list).into_iter().rev() {
            rig.page.append(list, row);
        }
        rig.flush(NEVER);
    });
    assert!(calls < 15_000 * 30, "{calls} questions to reverse a list");
    rig.finish();
}

#[test]
fn a_large_burst_does_not_hold_the_page() {
    let (mut rig, list) = list(10);
    rig.strict = false;
    for row in rows(&rig.page, 20_000) {
        rig.page.append(list, row);
    }
    let calls = rig.calls(|rig| rig.flush(20));
    let written = rig.replica.len();
    assert!(written < 200, "{written} nodes in one slice");
    assert!(calls < 20_000 * 10, "{calls} questions to find out");
    let mut slices = 0;
    while !rig.work(50) {
        slices += 1;
    }
    assert!(slices > 10);
    rig.finish();
}

#[test]
fn nested_moves_that_end_nowhere_cost_little() {
    let mut rig = large();
    let mut levels = Vec::new();
    let mut at = rig.body;
    for _ in 0..60 {
        let next = rig.page.element("div");
        rig.page.append(at, next);
        levels.push(next);
        at = next;
    }
    rig.snapshot();
    rig.finish();
    let calls = rig.calls(|rig| {
        for level in levels.iter().skip(1) {
            let parent = rig.page.parent_of(*level).unwrap();
            rig.page.append(parent, *level);
        }
        rig.page.remove(levels[0]);
        rig.flush(NEVER);
    });
    assert!(calls < 60 * 60 * 10, "{calls} questions");
    rig.finish();
}

/// What visitors of one page have in common need not be sent twice: it must not depend on how busy the page is.
#[test]
fn a_snapshot_is_cut_by_what_is_in_it_and_not_by_the_clock() {
    let payloads = |looks: u32| {
        let mut rig = large();
        for n in 0..900 {
            let text = rig.page.text_node(&format!("Row {n} says something of its own"));
            let row = rig.page.build("li", &[("class", "row")], &[text]);
            rig.page.append(rig.body, row);
            if n % 7 == 0 {
                // Nobody records it: it takes time, and leaves no trace.
                let comment = rig.page.comment();
                rig.page.append(rig.body, comment);
            }
        }
        rig.payloads(looks)
    };
    let whole = payloads(NEVER);
    assert!(whole.len() > 2, "{} batches", whole.len());
    for looks in [1, 2, 3, 7, 20] {
        assert!(payloads(looks) == whole, "slices of {looks} looks");
    }
}

/// How long the walk takes a node, engine and in-memory page together. `cargo test --release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn nanoseconds_a_node() {
    let mut rig = large();
    let cards: Vec<Node> = (0..20_000)
        .map(|_| {
            let text = rig.page.text_node("A row with a few words in it");
            let link = rig.page.build("a", &[("href", "/item"), ("class", "link")], &[text]);
            rig.page.build("div", &[("class", "card wide"), ("id", "card")], &[link])
        })
        .collect();
    let list = rig.page.build("section", &[], &cards);
    rig.page.append(rig.body, list);
    let nodes = rig.page.subtree(rig.page.document()).len();
    let start = std::time::Instant::now();
    let calls = rig.calls(|rig| rig.walk_only());
    let took = start.elapsed().as_nanos() as usize;
    println!(
        "{} ns a node, {:.1} questions a node, {nodes} nodes",
        took / nodes,
        calls as f64 / nodes as f64
    );
}
