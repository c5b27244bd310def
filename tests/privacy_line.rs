//! What a visitor typed into protected fields, and what of it leaves the page: the whole line, from keys to bytes.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use afterimage_recorder::privacy::{Rules, Settings};
use afterimage_wire::record::Record;
use afterimage_wire::tree;
use common::dom::{Node, Page};
use common::echo::{FORMS, Form, SINKS, Sink, run_in, telling};
use common::line::{Line, piece_in};

/// A page with a password field and a place that says things.
fn with_password() -> (Line, Node, Node) {
    let (mut field, mut place) = (None, None);
    let line = Line::new(|page, body| {
        field = Some(page.build("input", &[("type", "password")], &[]));
        place = Some(page.build("p", &[("class", "old")], &[page.text_node("Unrelated words")]));
        page.append(body, page.build("form", &[], &[field.unwrap()]));
        page.append(body, place.unwrap());
    });
    (line, field.unwrap(), place.unwrap())
}

/// A paragraph more.
fn say(page: &Page, body: Node, attributes: &[(&str, &str)], text: &str) -> Node {
    let p = page.build("p", attributes, &[page.text_node(text)]);
    page.append(body, p);
    p
}

#[test]
fn promise_n03_a_stage_with_signs_in_it() {
    for secret in ["GiCN%x4Kq!w", "GiC!%x4Kq!w", "a#b?C!d%2", "%!?#%!?#", "ab cd-ef!gh"] {
        let (mut line, field, place) = with_password();
        let body = line.body;
        line.type_into(field, secret, |page, stage| {
            if stage.len() > 3 {
                page.set_attribute(place, "class", Some(&format!("a {}", stage.replace(' ', ""))));
            }
        });
        say(line.page(), body, &[], &format!("You typed {} and more", &secret[..5]));
        say(line.page(), body, &[], &format!("It ends with {}", &secret[secret.len() - 5..]));
        line.flush();
        line.withholds(secret, secret);
        assert!(line.says("Unrelated words"));
    }
}

#[test]
fn promise_n03_names_that_change_in_step() {
    let (mut line, field, place) = with_password();
    line.type_into(field, "GiCNq", |page, stage| {
        page.set_attribute(place, "class", Some(&format!("is-invalid s{}%", &stage[..1])));
        page.set_attribute(place, "id", Some(&format!("typed-{stage}")));
        page.set_attribute(place, "href", Some(&format!("/check/{stage}")));
    });
    line.flush();
    for stage in ["gicn", "typed-g", "sg%", "check"] {
        assert!(!line.text().to_lowercase().contains(stage), "{stage} in {}", line.lines());
    }
    assert!(line.says("is-invalid"), "{}", line.text());
}

#[test]
fn promise_n01_neither_how_often_nor_when_something_was_typed() {
    let shape = |secret: &str| {
        let (mut line, field, place) = with_password();
        line.recorder.focus(Some(&field), true);
        line.wait(100.0);
        let typed_at = line.time();
        for end in 1..=secret.len() {
            line.press(field, &secret[..end], |page| {
                page.set_attribute(place, "class", Some(["odd", "even"][end % 2]));
                page.set_text(page.children(place)[0], &secret[..end]);
            });
            line.wait(30.0 + 7.0 * end as f64);
        }
        let left_at = line.time();
        line.wait(600.0);
        line.flush();
        let during =
            line.batches.iter().flatten().filter(|t| (typed_at..left_at).contains(&t.time_ms)).count();
        assert_eq!(during, 0, "{}", line.lines());
        line.records().count()
    };
    assert_eq!(shape("Ab3"), shape("Ab3dEf7hIj"));
}

#[test]
fn promise_n01_what_is_edited_in_place_says_nothing() {
    let mut field = None;
    let mut line = Line::new(|page, body| {
        let text = page.text_node("x");
        field = Some(page.build("div", &[("contenteditable", "true"), ("aria-label", "Password")], &[text]));
        page.append(body, field.unwrap());
    });
    let before = line.records().count();
    let field = field.unwrap();
    for end in 1..=6 {
        line.press(field, &"fSXph7"[..end], |_| {});
        line.wait(700.0);
    }
    line.flush();
    assert_eq!(line.records().count(), before, "{}", line.lines());
}

/// Types a password, lets the page say it in some way, and looks at what left. Returns what is wrong.
fn echoed(secret: &str, form: Form, sinks: &[Sink], late: bool) -> Option<String> {
    let (mut line, field, _) = with_password();
    let text = form.1(secret);
    let say = |line: &mut Line| sinks.iter().for_each(|sink| sink.1(line, &text));
    if late {
        say(&mut line);
        line.settle();
        line.recorder.work();
    }
    line.type_into(field, secret, |_, _| {});
    line.wait(400.0);
    if !late {
        say(&mut line);
    }
    line.leave();
    assert!(line.says("Unrelated words"));
    let sent: Vec<char> = line.text().to_lowercase().chars().collect();
    let found = piece_in(secret, &sent).or_else(|| run_in(&text, telling(secret, &text), &sent))?;
    if sinks.len() > 1 {
        let alone = sinks.iter().filter_map(|sink| echoed(secret, form, &[*sink], late)).collect::<Vec<_>>();
        return Some(format!("{found:?} of {}, alone {alone:#?}", form.0));
    }
    Some(format!("{} in {}{}: {found:?} of {text:?}", form.0, sinks[0].0, if late { ", before" } else { "" }))
}

#[test]
fn promise_n03_every_form_in_every_sink() {
    let mut wrong = Vec::new();
    for secret in ["GiCN%x4Kq!w7pZ", "sécu\"rité<ñ>Über9", "correct zebra 42 battery"] {
        for form in FORMS {
            for late in [false, true] {
                // What is put into a field may be learnt as a secret of its own, as it is written.
                for field in [false, true] {
                    let sinks = SINKS.iter().copied().filter(|s| (s.0 == "another field") == field);
                    wrong.extend(echoed(secret, *form, &sinks.collect::<Vec<_>>(), late));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} left:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn promise_n03_a_secret_in_instalments() {
    let secret = "GiCN%x4Kq!w7pZ";
    for size in 1..=4 {
        for between in ["", "12:00:0", "A text that has nothing to do with it"] {
            let (mut line, field, place) = with_password();
            line.type_into(field, secret, |_, _| {});
            line.wait(400.0);
            let letters: Vec<char> = secret.chars().collect();
            for piece in letters.chunks(size) {
                let page = line.page();
                page.append(place, page.text_node(&piece.iter().collect::<String>()));
                line.flush();
                say(line.page(), line.body, &[], between);
                line.flush();
            }
            let shown: String = line
                .records()
                .filter_map(|r| if let Record::Tree(tree) = r { Some(&tree.entries) } else { None })
                .flatten()
                .filter_map(|e| if let tree::Node::Text(text) = &e.node { Some(&**text) } else { None })
                .filter(|text| *text != between && text.len() < 5)
                .collect();
            assert!(shown.len() < 5, "{shown:?}, {size} at a time beside {between:?}");
        }
    }
}

#[test]
fn who_changed_a_control_is_told() {
    let mut controls = Vec::new();
    let mut line = Line::new(|page, body| {
        controls = vec![
            page.build("input", &[("type", "checkbox")], &[]),
            page.build("input", &[("name", "q")], &[]),
            page.build("input", &[("name", "city")], &[]),
        ];
        controls.iter().for_each(|c| page.append(body, *c));
    });
    line.page().set_checked(controls[0], true);
    line.recorder.changed(line.time(), &controls[0]);
    line.type_into(controls[1], "shoes", |page, _| page.set_value(controls[2], "Vienna"));
    line.leave();
    let mut flags: Vec<(u32, u32)> = line
        .records()
        .filter_map(|r| if let Record::FormState(s) = r { Some((s.node, s.flags & 8)) } else { None })
        .collect();
    flags.dedup();
    let id = |n: usize| line.page().recorded_id(controls[n]);
    assert_eq!(flags, [(id(0), 8), (id(1), 8), (id(2), 0), (id(1), 8)], "{}", line.lines());
}

#[test]
fn promise_r02_the_owners_selectors_may_look_up() {
    let settings = Settings {
        selectors: [".private *".into(), String::new(), String::new(), String::new()],
        ..Default::default()
    };
    let mut nodes = Vec::new();
    let mut line = Line::with(settings, |page, body| {
        *page.owner.borrow_mut() = Some(("private *".into(), Rules::MASK));
        let cell = page.build("b", &[], &[page.text_node("first words")]);
        let row = page.build("p", &[], &[cell]);
        nodes = vec![page.build("div", &[], &[row]), cell];
        page.append(body, nodes[0]);
    });
    let say = |line: &mut Line, class: Option<&str>, text: &str| {
        line.page().set_attribute(nodes[0], "class", class);
        line.wait(100.0);
        line.page().set_text(line.page().children(nodes[1])[0], text);
        line.wait(100.0);
        line.flush();
        line.says(text)
    };
    assert!(say(&mut line, Some("open"), "second words"));
    assert!(!say(&mut line, Some("private"), "third words"));
    assert!(!say(&mut line, Some("private open"), "fourth words"));
    assert!(say(&mut line, None, "fifth words"));
}

#[test]
fn a_page_where_nothing_changes_is_left_alone() {
    let mut line = Line::new(|_, _| {});
    line.recorder.mutated(vec![], &[], 0.0);
    assert_eq!(line.recorder.due_ms(), f64::INFINITY, "there is nothing to do");
}

/// A password field in a shadow tree that holds something, and its host.
fn with_value(page: &Page, secret: &str) -> Node {
    let host = page.build("x-login", &[], &[]);
    let root = page.attach_shadow(host, false).unwrap();
    let field = page.build("input", &[("type", "password")], &[]);
    page.set_value(field, secret);
    page.append(root, field);
    host
}

#[test]
fn promise_n03_a_field_that_the_walk_has_not_come_by() {
    let secret = "gloamingharbour";
    let line = Line::new(|page, body| {
        say(page, body, &[], &format!("You are {secret}"));
        // Enough that a batch is full while the walk is on its way.
        for n in 0..400 {
            say(page, body, &[], &format!("{n}{}", " many more words".repeat(60)));
        }
        page.append(body, with_value(page, secret));
        page.tick.set(0.1);
    });
    assert!(line.batches.len() > 1, "{} batches", line.batches.len());
    line.withholds(secret, "a full batch");
    assert!(line.says("many more words"));
}

#[test]
fn promise_n03_a_field_that_came_and_went_between_two_looks() {
    let secret = "gloamingharbour";
    let mut line = Line::new(|page, body| {
        say(page, body, &[], "Unrelated words");
    });
    let (page, body) = (line.page(), line.body);
    let host = with_value(page, secret);
    page.append(body, host);
    say(page, body, &[], &format!("You are {secret}"));
    page.remove(host);
    line.settle();
    line.flush();
    line.withholds(secret, "came and went");
    assert!(line.says("Unrelated words"));
}

#[test]
fn promise_n03_the_visitor_leaves_before_the_walk_is_done() {
    let secret = "gloamingharbour";
    let mut line = Line::begin("https://shop.example/", "", Settings::default(), |page, body| {
        say(page, body, &[], &format!("You are {secret}"));
        for n in 0..400 {
            say(page, body, &[], &format!("{n} many more words"));
        }
        page.append(body, with_value(page, secret));
        page.tick.set(1.0);
    });
    line.recorder.work();
    assert!(line.recorder.is_walking());
    line.leave();
    line.withholds(secret, "left");
    assert!(line.says("many more words"));
}
