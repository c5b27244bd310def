//! Random secrets, echoed in random ways into random places of random pages: after the gate and the seal, no piece of
//! five characters of any secret is in the encoded batch, and ordinary text is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may panic

mod common;

use afterimage_recorder::privacy::{FieldClass, Gate, Kind, Raw, Rules, Settings};
use afterimage_wire::record::{Attributes, Custom, Record};
use afterimage_wire::strings::Role;
use afterimage_wire::tree::{self, Place};
use afterimage_wire::{Batch, BatchWriter, Header};
use common::echo::base64;
use proptest::prelude::*;

/// Words of ordinary pages, none of which shares five letters with a random secret but by chance that the test
/// itself rules out.
const WORDS: &[&str] = &[
    "Welcome",
    "to",
    "our",
    "shop",
    "where",
    "shoes",
    "are",
    "made",
    "by",
    "hand",
    "since",
    "1924",
    "Sizes",
    "38–46",
    "€ 49.90",
    "Add",
    "to",
    "basket",
    "JavaScript",
    "is",
    "required",
    "12 May 2024",
    "größer",
    "naïve",
    "日本語",
    "Привет",
];

fn luhn(mut digits: String) -> String {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| u32::from(b - b'0') * if i % 2 == 0 { 2 } else { 1 })
        .map(|d| if d > 9 { d - 9 } else { d })
        .sum();
    digits.push(char::from_digit((10 - sum % 10) % 10, 10).unwrap());
    digits
}

fn secret() -> impl Strategy<Value = (Kind, String)> {
    prop_oneof![
        "[A-Za-z0-9]{8,24}".prop_map(|s| (Kind::Password, s)),
        "[A-Za-z0-9!$%&<>\"'?+/#@ -]{10,24}".prop_map(|s| (Kind::Password, s)),
        "[b-df-hj-np-tv-z]{9}( [aeiou][b-df-hj-np-tv-z]{6}){2}".prop_map(|s| (Kind::Token, s)),
        "[а-яА-Я0-9]{8,16}".prop_map(|s| (Kind::Password, s)),
        "[äöüßéèç][a-z0-9äöüé]{9,14}".prop_map(|s| (Kind::Password, s)),
        "4[0-9]{14}".prop_map(|s| (Kind::Card, luhn(s))),
        "[1-9][0-9]{5}".prop_map(|s| (Kind::Code, s)),
        "[1-9][0-9]{2}-[0-9]{2}-[0-9]{4}".prop_map(|s| (Kind::GovernmentId, s)),
        "DE[0-9]{20}".prop_map(|s| (Kind::Bank, s)),
    ]
    .prop_filter("folds to something to look for", |(_, s)| folded(s).chars().count() >= 6)
}

fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How a page repeats a secret.
#[derive(Clone, Debug)]
enum Echo {
    Plain,
    Upper,
    Lower,
    Reversed,
    Spaced(usize, &'static str),
    Base64(usize),
    Hex,
    Percent,
    Entities,
    Json,
    Start(usize),
    Middle(usize, usize),
}

impl Echo {
    fn of(&self, secret: &str) -> String {
        let chars: Vec<char> = secret.chars().collect();
        match self {
            Self::Plain => secret.into(),
            Self::Upper => secret.to_uppercase(),
            Self::Lower => secret.to_lowercase(),
            Self::Reversed => chars.iter().rev().collect(),
            Self::Spaced(every, with) => {
                chars.chunks(*every).map(|c| c.iter().collect::<String>()).collect::<Vec<_>>().join(with)
            }
            Self::Base64(shift) => base64(&[&b"us:"[..*shift], secret.as_bytes()].concat()),
            Self::Hex => secret.bytes().map(|b| format!("{b:02x}")).collect(),
            Self::Percent => {
                secret
                    .bytes()
                    .map(|b| {
                        if b.is_ascii_alphanumeric() {
                            char::from(b).to_string()
                        } else {
                            format!("%{b:02X}")
                        }
                    })
                    .collect()
            }
            Self::Entities => chars
                .iter()
                .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("&#{};", *c as u32) })
                .collect(),
            Self::Json => format!("{secret:?}"),
            Self::Start(n) => chars.iter().take(5 + n).collect(),
            Self::Middle(from, n) => {
                let from = from % (chars.len() - 4);
                chars.iter().skip(from).take(5 + n).collect()
            }
        }
    }

    /// Whether a reader sees the secret's own letters.
    fn is_plain(&self) -> bool {
        !matches!(self, Self::Base64(_) | Self::Hex)
    }
}

fn echo() -> impl Strategy<Value = Echo> {
    prop_oneof![
        Just(Echo::Plain),
        Just(Echo::Upper),
        Just(Echo::Lower),
        Just(Echo::Reversed),
        (1usize..5, prop_oneof![Just(" "), Just("-"), Just(" · "), Just("\u{a0}"), Just("")])
            .prop_map(|(n, s)| Echo::Spaced(n, s)),
        (0usize..=3).prop_map(Echo::Base64),
        Just(Echo::Hex),
        Just(Echo::Percent),
        Just(Echo::Entities),
        Just(Echo::Json),
        (0usize..6).prop_map(Echo::Start),
        (0usize..20, 0usize..6).prop_map(|(a, b)| Echo::Middle(a, b)),
    ]
}

/// Where it stands.
#[derive(Clone, Debug)]
enum Sink {
    Text,
    /// In pieces of so many characters, each a node.
    Nodes(usize),
    Attribute(&'static str),
    Style,
    Sheet,
    Url,
    Fault,
    Payload,
    Class,
    TagName,
}

fn sink() -> impl Strategy<Value = Sink> {
    prop_oneof![
        2 => Just(Sink::Text),
        3 => (1usize..6).prop_map(Sink::Nodes),
        1 => prop_oneof![Just("title"), Just("alt"), Just("aria-label"), Just("placeholder"), Just("data-value"), Just("id"), Just("d")].prop_map(Sink::Attribute),
        1 => Just(Sink::Style),
        1 => Just(Sink::Sheet),
        1 => Just(Sink::Url),
        1 => Just(Sink::Fault),
        1 => Just(Sink::Payload),
        1 => Just(Sink::Class),
        1 => Just(Sink::TagName),
    ]
}

fn put_text(w: &mut BatchWriter, gate: &Gate, text: String) {
    let clean = gate.text(Rules::NONE, "p", Raw::new(text));
    tree::put_text(w, Place::At { parent: 1, previous: 0 }, Role::Text, clean.as_ref());
}

fn put_attribute(w: &mut BatchWriter, gate: &Gate, tag: &str, name: &str, value: String) {
    let tag = gate.name(tag);
    let value = gate.attribute(&Rules::NONE, tag.as_ref(), name, Raw::new(value), &[]);
    tree::put_element(
        w,
        Place::At { parent: 1, previous: 0 },
        tree::Namespace::Html,
        tag.as_ref(),
        u32::from(value.is_some()),
    );
    if let Some(value) = value {
        tree::put_attribute(w, name, value.as_ref());
    }
}

fn record(w: &mut BatchWriter, gate: &Gate, sink: &Sink, echo: &str) {
    match sink {
        Sink::Fault => return gate_custom(w, gate, format!("TypeError: cannot use {echo} here")),
        Sink::Payload => return gate_custom(w, gate, format!("{{\"step\":3,\"note\":{echo:?}}}")),
        _ => {}
    }
    w.begin(tree::KIND, 1);
    w.uint(9);
    match sink {
        Sink::Text => put_text(w, gate, format!("Your entry {echo} was not accepted")),
        Sink::Nodes(size) => {
            let chars: Vec<char> = echo.chars().collect();
            for piece in chars.chunks(*size) {
                put_text(w, gate, piece.iter().collect());
            }
        }
        Sink::Attribute(name) => put_attribute(w, gate, "div", name, echo.into()),
        Sink::Class => put_attribute(w, gate, "div", "class", format!("row s-{echo} open")),
        Sink::TagName => put_attribute(w, gate, &format!("x-{echo}"), "hidden", String::new()),
        Sink::Style => {
            put_attribute(w, gate, "div", "style", format!("color:red;--typed:{echo:?};width:40px"))
        }
        Sink::Sheet => {
            let css =
                gate.css(Raw::new(format!("#v::after{{content:{echo:?}}}[data-v={echo:?}]{{color:red}}")));
            tree::put_text(w, Place::At { parent: 1, previous: 0 }, Role::Css, css.as_ref());
        }
        Sink::Url => {
            put_attribute(w, gate, "a", "href", format!("/check/{echo}/next?password={echo}#{echo}"))
        }
        Sink::Fault | Sink::Payload => {}
    }
    w.end();
}

fn gate_custom(w: &mut BatchWriter, gate: &Gate, payload: String) {
    let custom =
        Custom { name: gate.event_name(Raw::new("checkout".into())), payload: gate.data(Raw::new(payload)) };
    custom.encode(w, 1);
}

/// Every string of a decoded batch, and all text as one.
fn strings(body: &[u8]) -> Vec<String> {
    let batch = Batch::decode(body, 1 << 24).unwrap();
    let mut out = Vec::new();
    let mut text = String::new();
    for timed in batch.records {
        match timed.record {
            Record::Tree(tree) => {
                for entry in tree.entries {
                    match entry.node {
                        tree::Node::Text(t) => {
                            text.push_str(&t);
                            out.push(t.to_string());
                        }
                        tree::Node::Css(t) => out.push(t.to_string()),
                        tree::Node::Element { name, attributes, .. } => {
                            out.push(name.to_string());
                            out.extend(
                                attributes.into_iter().flat_map(|(n, v)| [n.to_string(), v.to_string()]),
                            );
                        }
                        _ => {}
                    }
                }
            }
            Record::Custom(c) => out.extend([c.name.to_string(), c.payload.to_string()]),
            Record::Attributes(Attributes { changes }) => {
                out.extend(changes.into_iter().filter_map(|c| c.2).map(|v| v.to_string()))
            }
            _ => {}
        }
    }
    out.push(text);
    out
}

/// The first piece of `secret` that is in one of the strings. Pieces that stand in the page anyway do not count, nor
/// five digits in a row: style sheets and attributes are full of numbers, so there digits count from six on.
fn found(secret: &str, strings: &[String], around: &str) -> Option<String> {
    let codes: Vec<char> = folded(secret).chars().collect();
    let around = folded(around);
    let all: Vec<String> = strings.iter().map(|s| folded(s)).collect();
    let digits = |piece: &str| piece.chars().all(|c| c.is_ascii_digit());
    let pieces = |size| codes.windows(size).map(|w| w.iter().collect::<String>());
    pieces(5)
        .filter(|p| !digits(p))
        .chain(pieces(6).filter(|p| digits(p)))
        .find(|piece| !around.contains(piece.as_str()) && all.iter().any(|s| s.contains(piece.as_str())))
}

/// In style sheets and attributes, which are full of numbers, five digits count where a number begins with them.
#[test]
fn promise_n03_five_digits_where_a_number_begins() {
    let mut gate = Gate::new(Settings::default());
    gate.learn(FieldClass::Protected(Kind::Code), Raw::new("18724197".into()));
    let mut writer = BatchWriter::default();
    let told = [".a::after{content:'18724'}", "step-18724", "s18724x", "M 18724 0", "x:72419;", "14278"];
    let kept = ["M1.8 72.4 0", "margin:1px 8px 7px 24px", "918724", "0.1872"];
    for text in told.into_iter().chain(kept) {
        for role in [Role::Css, Role::Value] {
            writer.string(role, text);
        }
    }
    gate.seal(&mut writer);
    for role in [Role::Css, Role::Value] {
        let left: Vec<&str> = writer.table().column(role).iter().collect();
        for digits in ["18724", "72419", "14278"] {
            assert!(
                !left.iter().any(|text| text.split(|c: char| !c.is_ascii_digit()).any(|n| n == digits)),
                "{left:?}"
            );
        }
        assert!(kept.iter().all(|text| left.contains(text)), "{left:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promise_n03_no_piece_of_a_secret_leaves(
        secrets in prop::collection::vec((secret(), any::<bool>()), 1..4),
        echoes in prop::collection::vec((0usize..4, echo(), sink(), any::<bool>()), 1..12),
        words in prop::collection::vec(0usize..WORDS.len(), 5..40),
    ) {
        let mut gate = Gate::new(Settings::default());
        let mut writer = BatchWriter::default();
        let page: Vec<&str> = words.iter().map(|w| WORDS[*w]).collect();
        let scaffold = "your entry was not accepted checkout typeerror cannot use here step note color red width after \
            content data check next password hidden style sheet title label placeholder value class tagname row open";
        let around = [page.join(""), scaffold.replace(' ', "")].concat();

        for (n, echo, sink, late) in &echoes {
            let (kind, value) = &secrets[n % secrets.len()].0;
            let _ = kind;
            if !late {
                record(&mut writer, &gate, sink, &echo.of(value));
            }
        }
        writer.begin(tree::KIND, 1);
        writer.uint(1);
        for word in &page {
            put_text(&mut writer, &gate, (*word).into());
        }
        writer.end();
        for ((kind, value), by_letter) in &secrets {
            let class = FieldClass::Protected(*kind);
            if *by_letter {
                for (end, c) in value.char_indices() {
                    gate.learn(class, Raw::new(value[..end + c.len_utf8()].into()));
                }
            }
            gate.learn(class, Raw::new(value.clone()));
        }
        for (n, echo, sink, late) in &echoes {
            let value = &secrets[n % secrets.len()].0.1;
            if *late {
                record(&mut writer, &gate, sink, &echo.of(value));
            }
        }
        gate.seal(&mut writer);
        let body = writer.finish_body(Header::default(), &gate.report());
        let strings = strings(&body);
        for ((_, value), _) in &secrets {
            prop_assert_eq!(found(value, &strings, &around), None, "of {:?} in {:?}", value, strings);
            let turned: String = value.chars().rev().collect();
            prop_assert_eq!(found(&turned, &strings, &around), None, "reversed {:?} in {:?}", value, strings);
        }
        for (n, echo, ..) in echoes.iter().filter(|e| !e.1.is_plain()) {
            let coded = folded(&echo.of(&secrets[n % secrets.len()].0.1));
            let middle: String = coded.chars().skip(5).take(coded.chars().count().saturating_sub(7)).collect();
            if middle.len() >= 10 {
                prop_assert!(!strings.iter().any(|s| folded(s).contains(&middle)), "{} in {:?}", middle, strings);
            }
        }
    }

    #[test]
    fn ordinary_pages_survive_a_secret(
        (kind, value) in secret(),
        words in prop::collection::vec(0usize..WORDS.len(), 20..60),
    ) {
        // A secret that happens to share five letters or digits with the page takes them along, wherever they stand.
        let page = folded(&words.iter().map(|w| WORDS[*w]).collect::<String>());
        let codes: Vec<char> = folded(&value).chars().collect();
        for piece in codes.windows(5) {
            prop_assume!(!page.contains(&piece.iter().collect::<String>()));
            prop_assume!(!page.contains(&piece.iter().rev().collect::<String>()));
        }
        let mut gate = Gate::new(Settings::default());
        gate.learn(FieldClass::Protected(kind), Raw::new(value));
        let mut writer = BatchWriter::default();
        for word in &words {
            writer.string(Role::Text, gate.text(Rules::NONE, "p", Raw::new(WORDS[*word].into())).as_ref());
        }
        gate.seal(&mut writer);
        let kept = writer.table().column(Role::Text).iter().zip(&words).filter(|(text, word)| *text == WORDS[**word]).count();
        prop_assert!(kept + 3 >= words.len(), "{} of {}", kept, words.len());
    }

    #[test]
    fn the_gate_takes_anything(text in any::<String>(), name in ".{0,12}") {
        let mut gate = Gate::new(Settings::default());
        gate.note_css(&Raw::new(text.clone()));
        gate.learn(FieldClass::Protected(Kind::Password), Raw::new(name.clone()));
        gate.text(Rules::NONE, "code", Raw::new(text.clone()));
        gate.css(Raw::new(text.clone()));
        gate.url(Raw::new(text.clone()));
        gate.data(Raw::new(text.clone()));
        gate.user_agent(Raw::new(text.clone()));
        gate.languages(Raw::new(text.clone()));
        gate.name(&text);
        for tag in ["img", "meta", "input", "div"] {
            for attribute in ["srcset", "href", "style", "class", "title", "d", name.as_str()] {
                gate.attribute(&Rules::NONE, tag, attribute, Raw::new(text.clone()), &[]);
            }
        }
        gate.classify_value(&Raw::new(text.clone()));
        let mut writer = BatchWriter::default();
        for role in Role::ALL {
            writer.string(role, &text);
        }
        gate.seal(&mut writer);
    }

    #[test]
    fn style_sheets_without_data_stay_as_they_are(
        rules in prop::collection::vec(("[a-z]{1,8}", "[a-z][a-z-]{1,11}", "[a-z0-9#.%]{1,8}", any::<bool>()), 0..20)
    ) {
        let css: String = rules.iter().map(|(s, p, v, media)| {
            let rule = format!(".{s}>a:hover{{{p}:{v}}}\n");
            if *media { format!("@media (min-width:640px){{{rule}}}") } else { rule }
        }).collect();
        let gate = Gate::new(Settings::default());
        let kept = gate.css(Raw::new(css.clone()));
        prop_assert_eq!(kept.as_ref(), css);
    }
}
