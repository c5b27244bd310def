//! The ways in which pages repeat what was typed, and the places where they do.

use afterimage_recorder::dom::{Dom, Namespace};
use afterimage_recorder::privacy::Raw;
use afterimage_recorder::recorder::Report;

use super::dom::Node;
use super::line::Line;

/// How a secret is written again: a name, and what it becomes.
pub type Form = (&'static str, fn(&str) -> String);

fn each(secret: &str, with: impl Fn(char) -> String) -> String {
    secret.chars().map(with).collect()
}

fn between(secret: &str, sign: &str) -> String {
    each(secret, |c| format!("{c}{sign}"))
}

fn bytes(secret: &str, with: impl Fn(u8) -> String) -> String {
    secret.bytes().map(with).collect()
}

pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..=chunk.len() {
            out.push(char::from(DIGITS[(n >> (18 - 6 * i) & 63) as usize]));
        }
    }
    out
}

fn reversed(secret: &str) -> String {
    secret.chars().rev().collect()
}

fn shifted(secret: &str, by: u32) -> String {
    each(secret, |c| {
        char::from_u32(if c.is_ascii_graphic() { c as u32 + by } else { c as u32 }).unwrap().into()
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Every form.
pub const FORMS: &[Form] = &[
    ("plain", |s| s.into()),
    ("capitals", |s| s.to_uppercase()),
    ("small letters", |s| s.to_lowercase()),
    ("backwards", reversed),
    ("spaced", |s| between(s, " ")),
    ("dashed", |s| between(s, "-")),
    ("dotted", |s| between(s, " · ")),
    ("no-break spaces", |s| between(s, "\u{a0}")),
    ("zero-width spaces", |s| between(s, "\u{200b}")),
    ("soft hyphens", |s| between(s, "\u{ad}")),
    ("right-to-left marks", |s| between(s, "\u{200f}")),
    ("isolates", |s| between(s, "\u{2067}")),
    ("Arabic letter marks", |s| between(s, "\u{61c}")),
    ("combining marks", |s| between(s, "\u{332}")),
    ("invisible tags", |s| between(s, "\u{e0061}")),
    ("wide", |s| shifted(s, 0xFEE0)),
    ("bold digits", |s| {
        each(s, |c| c.to_digit(10).map_or(c.into(), |d| char::from_u32(0x1D7CE + d).unwrap().into()))
    }),
    ("Arabic digits", |s| {
        each(s, |c| c.to_digit(10).map_or(c.into(), |d| char::from_u32(0x660 + d).unwrap().into()))
    }),
    ("Cyrillic look-alikes", |s| {
        s.replace('a', "а").replace('e', "е").replace('o', "о").replace('p', "р").replace('c', "с")
    }),
    ("without accents", |s| s.replace('é', "e").replace('ü', "u").replace('ñ', "n")),
    ("accents apart", |s| s.replace('é', "e\u{301}").replace('ü', "u\u{308}").replace('ñ', "n\u{303}")),
    ("percent", |s| {
        bytes(s, |b| if b.is_ascii_alphanumeric() { char::from(b).into() } else { format!("%{b:02X}") })
    }),
    ("percent all", |s| bytes(s, |b| format!("%{b:02x}"))),
    ("percent twice", |s| bytes(s, |b| format!("%25{b:02X}"))),
    ("entities", |s| each(s, |c| format!("&#{};", c as u32))),
    ("hexadecimal entities", |s| each(s, |c| format!("&#x{:x};", c as u32))),
    ("entities twice", |s| each(s, |c| format!("&amp;#{};", c as u32))),
    ("HTML", |s| s.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")),
    ("JSON", |s| s.replace('\\', "\\\\").replace('"', "\\\"")),
    ("JSON twice", |s| s.replace('\\', "\\\\\\\\").replace('"', "\\\\\\\"")),
    ("unicode escapes", |s| each(s, |c| format!("\\u{:04x}", c as u32))),
    ("byte escapes", |s| bytes(s, |b| format!("\\x{b:02x}"))),
    ("style escapes", |s| each(s, |c| format!("\\{:x} ", c as u32))),
    ("base64", |s| base64(s.as_bytes())),
    ("base64 with a name", |s| base64(format!("a:{s}").as_bytes())),
    ("base64 of JSON", |s| base64(format!("{{\"p\":\"{s}\"}}").as_bytes())),
    ("base64 backwards", |s| base64(reversed(s).as_bytes())),
    ("base64 of capitals", |s| base64(s.to_uppercase().as_bytes())),
    ("hexadecimal", |s| hex(s.as_bytes())),
    ("HEXADECIMAL", |s| hex(s.as_bytes()).to_uppercase()),
    ("hexadecimal backwards", |s| hex(reversed(s).as_bytes())),
    ("bytes", |s| bytes(s, |b| format!("{b}, "))),
    ("SHA-256", |s| hex(&afterimage_wire::batch::sha256::<32>(s.as_bytes()))),
    ("SHA-256 in base64", |s| base64(&afterimage_wire::batch::sha256::<32>(s.as_bytes()))),
    ("a start", |s| s.chars().take(5).collect()),
    ("an end", |s| s.chars().skip(s.chars().count() - 5).collect()),
    ("a middle", |s| s.chars().skip(2).take(6).collect()),
];

/// How many characters of a form stand for so many that nothing shorter says anything.
pub fn telling(secret: &str, form: &str) -> usize {
    let (long, short) = (form.chars().count(), secret.chars().count());
    if long <= short { 5 } else { (long * 6).div_ceil(short).min(long).max(5) }
}

/// Where a page says it: a name, and how.
pub type Sink = (&'static str, fn(&mut Line, &str));

fn put(line: &mut Line, tag: &str, name: &str, text: &str) -> Node {
    let page = line.page();
    let node = page.build(tag, &[(name, text)], &[]);
    page.append(line.body, node);
    node
}

fn attribute(line: &mut Line, tag: &str, name: &str, text: &str) {
    put(line, tag, name, text);
}

fn nodes(line: &mut Line, text: &str, size: usize, apart: bool) {
    let letters: Vec<char> = text.chars().collect();
    let place = line.page().element("p");
    line.page().append(line.body, place);
    for piece in letters.chunks(size) {
        let piece = line.page().text_node(&piece.iter().collect::<String>());
        line.page().append(place, piece);
        if apart {
            line.flush();
        }
    }
}

fn raw(text: &str) -> Raw {
    Raw::new(text.into())
}

/// Every sink.
pub const SINKS: &[Sink] = &[
    ("text", |l, t| {
        let node = l.page().text_node(&format!("Your entry {t} was not accepted"));
        l.page().append(l.body, node);
    }),
    ("letters", |l, t| nodes(l, t, 1, false)),
    ("pairs", |l, t| nodes(l, t, 2, false)),
    ("threes", |l, t| nodes(l, t, 3, false)),
    ("fours", |l, t| nodes(l, t, 4, false)),
    ("sixes", |l, t| nodes(l, t, 6, false)),
    ("elements", |l, t| {
        for c in t.chars() {
            let page = l.page();
            let cell = page.build("b", &[], &[page.text_node(&c.to_string())]);
            page.append(l.body, page.build("td", &[], &[cell, page.text_node(" ")]));
        }
    }),
    ("title", |l, t| attribute(l, "p", "title", t)),
    ("alt", |l, t| attribute(l, "img", "alt", t)),
    ("placeholder", |l, t| attribute(l, "input", "placeholder", t)),
    ("aria-label", |l, t| attribute(l, "div", "aria-label", &format!("typed {t}"))),
    ("titles", |l, t| {
        for piece in t.chars().collect::<Vec<_>>().chunks(3) {
            attribute(l, "i", "title", &piece.iter().collect::<String>());
        }
    }),
    ("class", |l, t| attribute(l, "p", "class", &format!("row s-{t} open"))),
    ("id", |l, t| attribute(l, "p", "id", t)),
    ("data-value", |l, t| attribute(l, "p", "data-value", t)),
    ("a selected data-kind", |l, t| {
        let css = l.page().text_node(&format!("[data-kind=\"{t}\"]{{color:red}}"));
        let style = l.page().build("style", &[], &[css]);
        l.page().append(l.body, style);
        attribute(l, "p", "data-kind", t);
    }),
    ("href", |l, t| attribute(l, "a", "href", &format!("/check/{t}/next?password={t}#{t}"))),
    ("src", |l, t| attribute(l, "img", "src", &format!("/code/{t}.png"))),
    ("srcset", |l, t| {
        attribute(l, "img", "srcset", &format!("/a/{0}.png 1x, /b/{0}.png 2x", t.replace(' ', "-")))
    }),
    ("style", |l, t| {
        attribute(l, "p", "style", &format!("color:red;--typed:\"{t}\";background:url(/i/{t}.png)"))
    }),
    ("style sheet", |l, t| {
        let css =
            l.page().text_node(&format!("p::after{{content:\"{t}\"}}p{{background:url(\"/{t}.png\")}}"));
        let style = l.page().build("style", &[], &[css]);
        l.page().append(l.body, style);
    }),
    ("selector", |l, t| {
        let css = l.page().text_node(&format!(".s-{t}{{color:red}}#{t}{{color:red}}"));
        let style = l.page().build("style", &[], &[css]);
        l.page().append(l.body, style);
    }),
    ("tag", |l, t| attribute(l, &format!("x-{t}"), "title", "a")),
    ("attribute's name", |l, t| attribute(l, "p", &format!("x-{t}"), "a")),
    ("page title", |l, t| {
        l.recorder.navigated(0, raw("https://shop.example/next"), raw(&format!("{t} - Shop")))
    }),
    ("address", |l, t| {
        l.recorder.navigated(0, raw(&format!("https://shop.example/{t}/?q={t}#{t}")), raw("Shop"))
    }),
    ("event name", |l, t| l.recorder.custom(raw(t), raw("{}"))),
    ("event", |l, t| {
        l.recorder.custom(raw("typed"), raw(&format!("{{\"step\":3,\"note\":\"{t}\",\"o\":[\"{t}\"]}}")))
    }),
    ("error", |l, t| {
        let report = Report {
            source: 0,
            message: raw(&format!("TypeError: no {t} here")),
            url: raw(&format!("/{t}.js")),
            line: 1,
            column: 2,
        };
        l.recorder.fault(report);
    }),
    ("another field", |l, t| {
        let field = put(l, "input", "data-afterimage", "unmask");
        l.page().set_value(field, t);
        l.settle();
        l.recorder.changed(l.time(), &field);
    }),
    ("meta", |l, t| {
        let meta = l.page().build("meta", &[("name", "viewport"), ("content", t)], &[]);
        l.page().append(l.body, meta);
    }),
    ("drawing", |l, t| {
        let page = l.page();
        let text = page.build("text", &[("d", t)], &[page.text_node(t)]);
        let svg = page.build("svg", &[], &[text]);
        assert!(matches!(page.namespace(&svg), Namespace::Svg));
        page.append(l.body, svg);
    }),
];

/// Whether a run of so many characters of `text` is in what was sent, in any case.
pub fn run_in(text: &str, size: usize, sent: &[char]) -> Option<String> {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    text.windows(size.min(text.len()).max(1))
        .find(|w| sent.windows(w.len()).any(|s| s == *w))
        .map(|w| w.iter().collect())
}
