//! Which fields are protected: by what says so, in which language, in which tree, and for how long.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use afterimage_recorder::dom::Dom;
use afterimage_recorder::privacy::{FieldClass, Raw};
use afterimage_wire::record::Record;
use common::dom::{Node, Page};
use common::labels::{KINDS, LABELS};
use common::line::{Line, piece_in};

/// How a label says what a field is for: a name, and how it is put there.
type Way = (&'static str, fn(&Page, Node, Node, &str));

fn attribute(page: &Page, body: Node, field: Node, name: &str, label: &str) {
    page.set_attribute(field, name, Some(label));
    page.append(body, field);
}

const WAYS: &[Way] = &[
    ("placeholder", |p, b, f, l| attribute(p, b, f, "placeholder", l)),
    ("aria-label", |p, b, f, l| attribute(p, b, f, "aria-label", l)),
    ("title", |p, b, f, l| attribute(p, b, f, "title", l)),
    ("label around", |p, b, f, l| {
        let text = p.build("span", &[], &[p.text_node(l)]);
        p.append(b, p.build("label", &[], &[text, f]));
    }),
    ("label for", |p, b, f, l| {
        p.set_attribute(f, "id", Some("f1"));
        p.append(b, p.build("label", &[("for", "f1")], &[p.text_node(l)]));
        p.append(b, p.build("div", &[], &[f]));
    }),
    ("aria-labelledby", |p, b, f, l| {
        p.set_attribute(f, "aria-labelledby", Some("x l1"));
        p.append(b, p.build("div", &[], &[f]));
        p.append(b, p.build("span", &[("id", "l1")], &[p.text_node(l)]));
    }),
    ("text before", |p, b, f, l| {
        p.append(b, p.build("div", &[], &[p.build("span", &[], &[p.text_node(l)]), f]));
    }),
    ("table header", |p, b, f, l| {
        let (head, cell) = (p.build("th", &[], &[p.text_node(l)]), p.build("td", &[], &[f]));
        let row = p.build("tr", &[], &[head, cell]);
        p.append(b, p.build("table", &[], &[p.build("tbody", &[], &[row])]));
    }),
    ("table column", |p, b, f, l| {
        let head = p.build("tr", &[], &[p.build("th", &[], &[p.text_node(l)])]);
        let row = p.build("tr", &[], &[p.build("td", &[], &[f])]);
        p.append(b, p.build("table", &[], &[p.build("thead", &[], &[head]), p.build("tbody", &[], &[row])]));
    }),
];

/// What may be a field.
const MAKES: &[(&str, &[(&str, &str)])] = &[
    ("input", &[("type", "text")]),
    ("input", &[("type", "tel"), ("inputmode", "numeric")]),
    ("textarea", &[]),
    ("div", &[("contenteditable", "true")]),
    ("div", &[("contenteditable", "plaintext-only")]),
    ("div", &[("role", "textbox"), ("tabindex", "0")]),
    ("x-field", &[("name", "f")]),
];

fn is_protected(page: &Page, field: Node) -> bool {
    FieldClass::from_mark(page.mark(&field)).is_protected()
}

/// Types into a field and says what of it left.
fn leaks(line: &mut Line, field: Node, text: &str) -> Option<String> {
    let before = line.records().count();
    line.type_into(field, text, |_, _| {});
    line.leave();
    let told = |r: &&Record| {
        matches!(
            r,
            Record::Key(_)
                | Record::FormState(_)
                | Record::Texts(_)
                | Record::Attributes(_)
                | Record::Selection(_)
        )
    };
    if let Some(record) = line.records().skip(before).find(told) {
        return Some(format!("{record:?}"));
    }
    let sent: Vec<char> = line.text().to_lowercase().chars().collect();
    piece_in(text, &sent)
}

fn matrix(kinds: &[usize]) {
    let mut wrong = Vec::new();
    for (language, labels) in LABELS {
        for kind in kinds {
            for (way, put) in WAYS {
                for (tag, attributes) in MAKES {
                    let mut field = None;
                    let mut line = Line::new(|page, body| {
                        field = Some(page.build(tag, attributes, &[]));
                        put(page, body, field.unwrap(), labels[*kind]);
                    });
                    if !is_protected(line.page(), field.unwrap()) {
                        wrong.push(format!("{language} {} by {way} on {tag}", KINDS[*kind]));
                    } else if *way == "placeholder" {
                        let leak = leaks(&mut line, field.unwrap(), "Zk7wQ2xM");
                        wrong.extend(leak.map(|l| format!("{language} {}, {tag}: {l}", KINDS[*kind])));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are not protected:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn promise_n01_passwords_in_every_language() {
    matrix(&[0]);
}

#[test]
fn promise_n02_cards_in_every_language() {
    matrix(&[1, 2, 3]);
}

#[test]
fn promise_n04_codes_accounts_and_ids_in_every_language() {
    matrix(&[4, 5, 6]);
}

/// Puts a field somewhere: a name, and how.
type Place = (&'static str, fn(&Page, Node, Node));

const PLACES: &[Place] = &[
    ("the page", |p, b, f| p.append(b, f)),
    ("an open shadow root", |p, b, f| in_shadow(p, b, f, "div", false)),
    ("a closed shadow root", |p, b, f| in_shadow(p, b, f, "div", true)),
    ("a custom element", |p, b, f| in_shadow(p, b, f, "x-field", true)),
    ("a frame", |p, b, f| {
        let frame = p.element("iframe");
        p.append(b, frame);
        p.load_frame(frame, &[p.build("body", &[], &[f])]);
    }),
    ("a shadow root in a frame", |p, b, f| {
        let frame = p.element("iframe");
        p.append(b, frame);
        let inner = p.element("body");
        p.load_frame(frame, &[inner]);
        in_shadow(p, inner, f, "section", false);
    }),
];

fn in_shadow(page: &Page, body: Node, field: Node, host: &str, closed: bool) {
    let host = page.element(host);
    page.append(body, host);
    let root = page.attach_shadow(host, closed).unwrap();
    page.append(root, field);
}

#[test]
fn promise_n01_in_every_kind_of_tree() {
    for (place, put) in PLACES {
        for attributes in [
            &[("type", "password")][..],
            &[("autocomplete", "current-password")],
            &[("autocomplete", "section-a new-password")],
            &[("autocomplete", "one-time-code")],
            &[("autocomplete", "billing cc-number")],
            &[("autocomplete", "cc-exp-year")],
            &[("autocomplete", "CC-CSC")],
        ] {
            let mut field = None;
            let mut line = Line::new(|page, body| {
                field = Some(page.build("input", attributes, &[]));
                put(page, body, field.unwrap());
            });
            assert_eq!(leaks(&mut line, field.unwrap(), "Zk7wQ2xM"), None, "{attributes:?} in {place}");
        }
    }
}

#[test]
fn promise_n01_once_a_password_always_a_password() {
    /// What becomes of a field that holds half of a password: the field that gets the rest.
    type Turn = (&'static str, fn(&mut Line, Node) -> Node);
    const TURNS: &[Turn] = &[
        ("shown", |l, f| {
            l.set_type(f, "text");
            f
        }),
        ("shown and hidden", |l, f| {
            for kind in ["text", "password", "tel", "search"] {
                l.set_type(f, kind);
            }
            f
        }),
        ("moved", |l, f| {
            l.set_type(f, "text");
            let page = l.page();
            let other = page.element("section");
            page.append(l.body, other);
            page.append(other, f);
            f
        }),
        ("taken out and put back", |l, f| {
            l.set_type(f, "text");
            l.page().remove(f);
            l.wait(300.0);
            l.page().append(l.body, f);
            f
        }),
        ("a copy", |l, f| {
            let copy = l.page().clone_node(f);
            l.page().set_attribute(copy, "type", Some("text"));
            l.page().set_value(copy, &l.value(f));
            l.page().append(l.body, copy);
            copy
        }),
        ("replaced", |l, f| {
            let page = l.page();
            let other = page.build("input", &[("type", "text")], &[]);
            page.set_value(other, &l.value(f));
            page.insert_before(page.parent_of(f).unwrap(), other, Some(f));
            page.remove(f);
            other
        }),
        ("replaced, empty", |l, f| {
            let page = l.page();
            let other = page.build("input", &[("type", "text")], &[]);
            page.insert_before(page.parent_of(f).unwrap(), other, Some(f));
            page.remove(f);
            page.set_value(other, &l.value(f));
            other
        }),
        ("unmasked", |l, f| {
            l.set_type(f, "text");
            l.page().set_attribute(f, "data-afterimage", Some("unmask"));
            f
        }),
        ("replaced and unmasked", |l, f| {
            let page = l.page();
            let other = page.build("input", &[("type", "text"), ("data-afterimage", "unmask")], &[]);
            page.set_value(other, &l.value(f));
            page.insert_before(page.parent_of(f).unwrap(), other, Some(f));
            page.remove(f);
            other
        }),
        ("in a frame", |l, f| {
            l.set_type(f, "text");
            let page = l.page();
            let frame = page.element("iframe");
            page.append(l.body, frame);
            page.load_frame(frame, &[page.build("body", &[], &[f])]);
            f
        }),
    ];
    let secret = "Zk7wQ2xMp4rT";
    for (name, turn) in TURNS {
        let mut field = None;
        let mut line = Line::new(|page, body| {
            field = Some(page.build("input", &[("type", "password")], &[]));
            page.append(body, page.build("form", &[], &[field.unwrap()]));
        });
        for end in 1..=6 {
            line.press(field.unwrap(), &secret[..end], |_| {});
        }
        let field = turn(&mut line, field.unwrap());
        line.wait(400.0);
        for end in 7..=secret.len() {
            line.press(field, &secret[..end], |_| {});
            line.wait(80.0);
        }
        line.recorder.changed(line.time(), &field);
        line.recorder.focus(Some(&field), false);
        line.wait(300.0);
        line.flush();
        line.recorder.snapshot(Default::default(), 800, 600, false);
        line.leave();
        line.withholds(secret, name);
        let keys = line.records().filter(|r| matches!(r, Record::Key(_))).count();
        assert_eq!(keys, 0, "{name}");
    }
}

#[test]
fn promise_n04_boxes_for_single_digits() {
    for boxes in [4, 6, 8] {
        for wrapped in [false, true] {
            let mut fields = Vec::new();
            let mut line = Line::new(|page, body| {
                let row = page.element("div");
                for _ in 0..boxes {
                    let field = page.build("input", &[("maxlength", "1"), ("inputmode", "numeric")], &[]);
                    fields.push(field);
                    page.append(row, if wrapped { page.build("span", &[], &[field]) } else { field });
                }
                page.append(body, row);
            });
            let code = "48291573";
            for (field, digit) in fields.iter().zip(code.chars()) {
                line.recorder.focus(Some(field), true);
                line.press(*field, &digit.to_string(), |_| {});
                line.wait(120.0);
            }
            let body = line.body;
            line.page().append(body, line.page().text_node(&format!("We checked {}", &code[..boxes])));
            line.leave();
            assert!(!line.says(&code[..boxes]), "{boxes}, {wrapped}");
            assert!(!line.records().any(|r| matches!(r, Record::Key(_) | Record::FormState(_))));
        }
    }
}

#[test]
fn promise_n01_what_cannot_be_looked_into() {
    for (tag, attributes, told) in [
        ("x-login", &[][..], false),
        ("x-login", &[("tabindex", "0")], false),
        ("div", &[("class", "host")], false),
        ("section", &[], false),
        // What takes focus by itself is a button.
        ("div", &[("tabindex", "0")], true),
        ("button", &[], true),
        ("a", &[("href", "/")], true),
        ("input", &[("type", "text"), ("name", "q")], true),
    ] {
        let (mut host, mut place) = (None, None);
        let mut line = Line::new(|page, body| {
            host = Some(page.build(tag, attributes, &[]));
            place = Some(page.build("p", &[], &[page.text_node("Hint")]));
            page.append(body, host.unwrap());
            page.append(body, place.unwrap());
        });
        let (host, place) = (host.unwrap(), place.unwrap());
        line.recorder.focus(Some(&host), true);
        for letter in ["q", "w", "e"] {
            line.recorder.key(&host, 0, true, Raw::new(letter.into()));
            line.recorder.input(&host, 1, true, Raw::default());
            line.page().set_text(line.page().children(place)[0], &format!("Last letter: {letter}"));
            line.settle();
            line.wait(90.0);
            line.recorder.transfer(2, &host);
        }
        line.leave();
        let keys = line.records().any(|r| matches!(r, Record::Key(_)));
        assert_eq!(keys, told, "keys of {tag} {attributes:?}");
        let pasted = line.records().any(|r| matches!(r, Record::Transfer(_)));
        assert_eq!(pasted, told, "pasted into {tag} {attributes:?}");
        assert_eq!(line.says("Last letter"), told, "what {tag} {attributes:?} changes");
    }
}
