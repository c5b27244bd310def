//! A recording made by hand: a visitor looks at a small shop, fills in a form and leaves.
#![allow(dead_code)]

use afterimage_wire::record::{
    Attributes, Contact, Custom, Fault, Focus, FormState, Key, Lifecycle, Moves, Navigation, PageView,
    Pointer, Remove, Sample, Scrolls, Snapshot, SnapshotEnd, StyleSheet, Submit, Texts, Title, Tree, Vital,
};
use afterimage_wire::tree::{Entry, Node, Place};
use afterimage_wire::{Record, Timed};

use super::{element, text};

fn at(time_ms: u32, record: Record) -> Timed {
    Timed { time_ms, record }
}

fn words(place: Place, words: &str) -> Entry {
    Entry { place, node: Node::Text(text(words)) }
}

pub(crate) fn click(node: u32, x: i32, y: i32) -> Record {
    Record::Pointer(Pointer { action: 3, device: 0, button: 0, node, x, y, id: 0 })
}

pub(crate) fn snapshot() -> Record {
    let url = text("https://shop.example/list/");
    Record::Snapshot(Snapshot { epoch: 1, flags: 0, width: 1280, height: 720, url })
}

pub(crate) fn end() -> Record {
    Record::SnapshotEnd(SnapshotEnd { nodes: 0 })
}

pub(crate) fn state(node: u32, flags: u32, value: &str) -> Record {
    Record::FormState(FormState { node, flags, value: text(value) })
}

/// Document, doctype, html, head, then what is given inside of a body with id 5.
pub(crate) fn page(body: Vec<Entry>) -> Record {
    let mut entries = vec![
        Entry { place: Place::At { parent: 0, previous: 0 }, node: Node::Document },
        Entry {
            place: Place::Child,
            node: Node::Doctype { name: text("html"), public: text(""), system: text("") },
        },
        element(Place::After(0), "html", &[("lang", "en")]),
        element(Place::Child, "head", &[]),
        element(Place::After(0), "body", &[]),
    ];
    entries.extend(body);
    Record::Tree(Tree { first: 1, entries })
}

pub(crate) fn shop() -> Vec<Timed> {
    let body = vec![
        element(Place::Child, "h1", &[]),                                          // 6
        words(Place::Child, "Teapots"),                                            // 7
        element(Place::After(1), "a", &[("href", "../cart"), ("onclick", "x()")]), // 8
        words(Place::Child, "Cart"),                                               // 9
        element(Place::After(1), "form", &[("action", "/send")]),                  // 10
        element(Place::Child, "label", &[("for", "mail")]),                        // 11
        words(Place::Child, "E-mail"),                                             // 12
        element(Place::After(1), "input", &[("id", "mail"), ("type", "email")]),   // 13
        element(Place::After(0), "input", &[("type", "radio"), ("name", "size"), ("aria-label", "Small")]), // 14
        element(Place::After(0), "input", &[("type", "radio"), ("name", "size"), ("aria-label", "Large")]), // 15
        element(Place::After(0), "select", &[]),              // 16
        element(Place::Child, "option", &[("selected", "")]), // 17
        words(Place::Child, "Black"),                         // 18
        element(Place::After(1), "option", &[]),              // 19
        words(Place::Child, "Green"),                         // 20
        element(Place::After(2), "button", &[]),              // 21
        words(Place::Child, "Order"),                         // 22
        element(Place::After(2), "link", &[("rel", "stylesheet"), ("href", "css/a.css")]), // 23
        element(Place::After(0), "script", &[("src", "evil.js")]), // 24
        element(Place::After(0), "div", &[("style", "overflow: scroll; background: url(bg.png)")]), // 25
        element(Place::Child, "img", &[("src", "t.png"), ("srcset", "t.png 1x, /t2.png 2x")]), // 26
    ];
    let view = PageView {
        url: text("https://shop.example/list/"),
        referrer: text("https://search.example/"),
        title: text("Teapots"),
        index: 1,
        width: 1280,
        height: 720,
        visits: 0,
    };
    let sheet = StyleSheet {
        sheet: 23,
        css: text("h1 { background: url(x.png); }"),
        media: text(""),
        disabled: false,
    };
    let sample = |after_ms, node, x, y| Sample { after_ms, node, x, y };
    let banner = Tree {
        first: 27,
        entries: vec![
            element(Place::At { parent: 5, previous: 6 }, "p", &[]),
            words(Place::Child, "In your cart: 1"),
            Entry { place: Place::At { parent: 27, previous: 28 }, node: Node::Existing(26) },
        ],
    };
    vec![
        at(40, Record::PageView(view)),
        at(100, snapshot()),
        at(101, page(body)),
        at(102, state(15, 6, "")),
        at(102, Record::StyleSheet(sheet)),
        at(103, Record::Scrolls(Scrolls { samples: vec![sample(0, 25, 0, 30)] })),
        at(130, click(8, 40, 60)),
        at(150, end()),
        at(900, Record::Vital(Vital { metric: 2, value: 850 })),
        at(
            1000,
            Record::Moves(Moves {
                device: 0,
                id: 0,
                samples: vec![sample(0, 6, 10, 10), sample(50, 6, 20, 12), sample(600, 999, 30, 14)],
            }),
        ),
        at(1200, Record::Tree(banner)),
        at(1200, Record::Remove(Remove { nodes: vec![7] })),
        at(1200, Record::Attributes(Attributes { changes: vec![(8, text("class"), Some(text("on")))] })),
        at(1300, Record::Texts(Texts { changes: vec![(28, text("In your cart: 2"), false)] })),
        at(2000, Record::Scrolls(Scrolls { samples: vec![sample(0, 1, 0, 200), sample(100, 1, 0, 500)] })),
        at(3000, Record::Focus(Focus { node: 13, gained: true })),
        at(3100, Record::Key(Key { category: 0, node: 13 })),
        at(3200, state(13, 9, "•••••")),
        at(3300, state(13, 9, "•••••")),
        at(3500, state(14, 14, "")),
        at(3600, state(19, 14, "")),
        at(4000, click(22, 300, 400)),
        at(4001, Record::Submit(Submit { node: 10, fields: 4, filled: 3, state: 3, elapsed: 800 })),
        at(4100, Record::Custom(Custom { name: text("order"), payload: text("{\"items\":2}") })),
        at(4200, Record::Navigation(Navigation { how: 0, url: text("https://shop.example/thanks") })),
        at(4201, Record::Title(Title { title: text("Thank you") })),
        at(
            4300,
            Record::Fault(Fault {
                source: 0,
                message: text("x is not a function"),
                url: text("https://shop.example/a.js"),
                line: 3,
                column: 7,
            }),
        ),
        at(5000, Record::Contact(Contact { scheme: text("mailto"), node: 8 })),
        at(6000, Record::Lifecycle(Lifecycle { state: 2 })),
    ]
}
