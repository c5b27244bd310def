//! What the recorder does most, on pages in memory: `time.rs` tells how long it takes, `instructions.rs` how much it is.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "benches"
)]

#[path = "../../tests/common/mod.rs"]
mod common;

use std::any::Any;
use std::hint::black_box;

use afterimage_recorder::deflate::deflate_raw;
use afterimage_recorder::privacy::{Gate, Raw, Rules, Settings};
use afterimage_wire::batch::Batch;

use common::dom::{Node, Page};
use common::line::Line;

/// A name, and what prepares the work and returns it, to be done once. It returns what should not be dropped as part of it.
pub(crate) type Work = (&'static str, fn() -> Box<dyn FnOnce() -> Box<dyn Any>>);

/// Nodes of a page are cards of twelve.
const CARDS: usize = 1000;

/// All there is.
pub(crate) const WORKS: &[Work] = &[
    ("snapshot", || {
        let line = begin(CARDS);
        Box::new(move || done(line, 600.0))
    }),
    ("insert-with-secrets", || {
        let mut line = begin(0);
        for n in 0..20 {
            let secret = format!("Tr0ub4dor&{}", n * 7919);
            let field = line.page().build("input", &[("type", "password")], &[]);
            line.page().enter(field, &secret);
            line.page().append(line.body, field);
        }
        look(&mut line, 600.0);
        fill(line.page(), line.body, 0..CARDS / 2);
        Box::new(move || done(line, 100.0))
    }),
    ("insert", || {
        let line = recorded(100);
        fill(line.page(), line.body, 100..100 + CARDS / 2);
        Box::new(move || done(line, 100.0))
    }),
    ("text", || {
        let line = recorded(CARDS);
        each(&line, "small", |page, node, n| page.set_text(node, &format!("{n} left in stock")));
        Box::new(move || done(line, 100.0))
    }),
    ("attribute", || {
        let line = recorded(CARDS);
        each(&line, "li", |page, node, n| {
            page.set_attribute(node, "class", Some(["card", "card sold"][n % 2]))
        });
        Box::new(move || done(line, 100.0))
    }),
    ("reorder", || {
        let line = recorded(CARDS);
        let cards = line.page().children(line.body);
        for card in cards.into_iter().rev() {
            line.page().append(line.body, card);
        }
        Box::new(move || done(line, 100.0))
    }),
    ("remove", || {
        let line = recorded(CARDS);
        line.page().replace_children(line.body, &[]);
        Box::new(move || done(line, 100.0))
    }),
    ("typing", || typing("text", "the quick brown fox jumps over the lazy dog and runs away ")),
    ("typing-password", || typing("password", "correct horse battery staple Tr0ub4dor&3 ")),
    ("pointer", || {
        let mut line = recorded(100);
        Box::new(move || {
            let cards = line.page().children(line.body);
            for n in 0..10_000 {
                let at = i32::try_from(n).unwrap();
                line.recorder.moved(
                    n * 16,
                    0,
                    0,
                    Some(&cards[at as usize % cards.len()]),
                    at % 800,
                    at % 577,
                );
                line.recorder.scrolled(n * 16, &line.body, 0, at * 3);
            }
            line.recorder.seal(false);
            Box::new(line)
        })
    }),
    ("privacy-text", || {
        let gate = Gate::new(Settings::default());
        let prose = |n| {
            format!(
                "The coat is cut from one piece of felted wool, lined with cotton, and sewn by hand in Porto. It \
                costs {n} euros; order by Friday 12 December and it arrives in 3 to 5 days. Questions? Write to us."
            )
        };
        let texts: Vec<_> = (0..1000).map(|n| Raw::new(prose(n))).collect();
        Box::new(move || {
            for text in texts {
                black_box(gate.text(Rules::default(), "p", text));
            }
            Box::new(gate)
        })
    }),
    ("deflate", || {
        let payload = payload();
        Box::new(move || Box::new(deflate_raw(&payload)))
    }),
    ("decode", || {
        let mut line = begin(CARDS);
        look(&mut line, 600.0);
        line.recorder.seal(false);
        let mut bodies = Vec::new();
        for sealed in &line.recorder.sealed {
            let mut body = sealed.header.encode();
            body.extend_from_slice(&sealed.payload);
            bodies.push(body);
        }
        Box::new(move || {
            let decode = |body: &Vec<u8>| Batch::decode(body, usize::MAX).expect("what was sealed decodes");
            Box::new(bodies.iter().map(decode).collect::<Vec<_>>())
        })
    }),
];

/// The recorder does all that is due within so many milliseconds, and seals it.
fn done(mut line: Line, ms: f64) -> Box<dyn Any> {
    look(&mut line, ms);
    line.recorder.seal(false);
    Box::new(line)
}

/// The recorder does all that is due within so many milliseconds.
fn look(line: &mut Line, ms: f64) {
    line.settle();
    let end = line.page().clock.get().unwrap() + ms;
    while line.recorder.due_ms() <= end {
        let due = line.recorder.due_ms().max(line.page().clock.get().unwrap());
        line.page().clock.set(Some(due));
        while line.recorder.work() {}
    }
    line.page().clock.set(Some(end));
}

/// A page of cards that nobody has looked at.
fn begin(cards: usize) -> Line {
    let settings = Settings::default();
    Line::begin("https://shop.example/", "", settings, |page, body| fill(page, body, 0..cards))
}

/// The same, recorded and sent.
fn recorded(cards: usize) -> Line {
    let mut line = begin(cards);
    look(&mut line, 600.0);
    line.recorder.seal(false);
    line.recorder.sealed.clear();
    line
}

/// What a snapshot is before it is compressed.
fn payload() -> Vec<u8> {
    let mut line = begin(CARDS);
    look(&mut line, 600.0);
    line.recorder.seal(false);
    line.recorder.sealed.iter().flat_map(|sealed| sealed.payload.clone()).collect()
}

/// Cards as shops have them: names, prices, links, images and a button.
fn fill(page: &Page, body: Node, cards: core::ops::Range<usize>) {
    const NAMES: [&str; 5] = ["Wool coat", "Linen shirt", "Field jacket", "Knitted scarf", "Walking boots"];
    for n in cards {
        let name = NAMES[n % NAMES.len()];
        let text = |text: &str| page.text_node(text);
        let href = format!("/products/{}?ref=list", n);
        let source = format!("/images/{}.jpg", n % 40);
        let price = format!("{}.{:02} €", 20 + n % 180, n * 7 % 100);
        let children = [
            page.build("img", &[("src", &source), ("alt", name), ("loading", "lazy"), ("width", "320")], &[]),
            page.build("h3", &[("class", "name")], &[page.build("a", &[("href", &href)], &[text(name)])]),
            page.build("p", &[("class", "price"), ("data-index", &n.to_string())], &[text(&price)]),
            page.build("small", &[], &[text("in stock, sent within two days")]),
            page.build("button", &[("type", "button"), ("aria-label", "Add to cart")], &[text("Add")]),
        ];
        page.append(body, page.build("li", &[("class", "card"), ("style", "order:1;opacity:1")], &children));
    }
}

/// Does something to every element of a name, or its text.
fn each(line: &Line, name: &str, change: impl Fn(&Page, Node, usize)) {
    let page = line.page();
    let all = page.subtree(line.body).into_iter().filter(|node| page.name_of(*node) == name);
    for (n, node) in all.enumerate() {
        change(page, page.children_first(node).filter(|_| name == "small").unwrap_or(node), n);
    }
}

/// A text typed into a field with a label, in a page that shows how long it is.
fn typing(kind: &str, text: &'static str) -> Box<dyn FnOnce() -> Box<dyn Any>> {
    let mut line = recorded(10);
    let page = line.page();
    let field = page.build("input", &[("type", kind), ("name", "said"), ("id", "said")], &[]);
    let count = page.text_node("0");
    let label = page.build("label", &[("for", "said")], &[page.text_node("What you say")]);
    page.append(line.body, page.build("form", &[], &[label, field, page.build("output", &[], &[count])]));
    look(&mut line, 200.0);
    Box::new(move || {
        line.recorder.focus(Some(&field), true);
        for at in 1..=text.len() {
            line.press(field, &text[..at], |page| page.set_text(count, &at.to_string()));
            look(&mut line, 80.0);
        }
        line.recorder.changed(line.time(), &field);
        line.recorder.focus(Some(&field), false);
        done(line, 300.0)
    })
}
