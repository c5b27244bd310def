//! Style sheets: kept byte for byte, but for what can carry data.
//!
//! Strings, URLs, custom properties, attribute selectors and comments are what a page can write a secret into. The
//! rest of a sheet is looked at for tokens and card numbers only.

use super::pattern::{self, Shapes};
use super::report::{Counters, Rule};
use super::scan::{self, Parts, find, first_of, has, is_name, is_plain, part, rest};
use super::token::is_random;
use super::url::{self, Use};

/// What a piece of a sheet becomes.
enum Fate {
    Kept,
    New(String),
}

/// A sheet, a rule or an inline style; `None` when it stays as it is.
pub(super) fn clean(css: &str, strict: bool, shapes: Shapes, counters: &Counters) -> Option<String> {
    let mut out = String::new();
    let (mut done, mut at, mut import) = (0, 0, false);
    let bytes = css.as_bytes();
    while let Some(&b) = bytes.get(at) {
        let mut fate = Fate::Kept;
        let mut end = at + 1;
        match b {
            b'/' if part(css, at, at + 2) == "/*" => {
                end = find(css, "*/", at + 2).map_or(css.len(), |i| i + 2);
                if end > at + 4 {
                    fate = Fate::New("/**/".into());
                }
            }
            b'"' | b'\'' => {
                end = string_end(css, at);
                let inner = part(css, at + 1, end.saturating_sub(1).max(at + 1));
                let new = if import {
                    link(inner, counters)
                } else {
                    string(inner, strict && shows(css, at), shapes, counters)
                };
                if let Some(new) = new {
                    let quote = part(css, at, at + 1);
                    fate = Fate::New(scan::join(&[quote, &new, quote]));
                }
            }
            b'u' | b'U' if part(css, at, at + 4).eq_ignore_ascii_case("url(") => {
                let inner = scan::end_of(css, at + 4, scan::is_space);
                let quoted = part(css, inner, inner + 1);
                end = if quoted == "\"" || quoted == "'" {
                    string_end(css, inner)
                } else {
                    first_of(css, ")", inner)
                };
                if let Some(new) = link(scan::trim(part(css, inner, end), "\"' \t\n"), counters) {
                    fate = Fate::New(scan::join(&[part(css, at, at + 4), "\"", &new, "\""]));
                }
            }
            b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                end = scan::end_of(css, at, |b| is_plain(b) || b == b'_');
                let word = part(css, at, end);
                import = word.eq_ignore_ascii_case("import") && part(css, at.saturating_sub(1), at) == "@";
                if word.len() >= 13 && is_secret(word) {
                    fate = Fate::New("x".into());
                }
            }
            b' ' | b'\n' | b'\t' | b'\r' => {}
            _ => import = false,
        }
        if let Fate::New(new) = fate {
            counters.count(Rule::Css);
            out.push_str(part(css, done, at));
            out.push_str(&new);
            done = end;
        }
        at = end.max(at + 1);
    }
    if done == 0 {
        return None;
    }
    out.push_str(rest(css, done));
    Some(out)
}

/// Names of classes are long and odd by nature; only what is longer is a token, and digits are a card's.
fn is_secret(word: &str) -> bool {
    if scan::all(word, scan::is_digit) {
        let digits: Vec<u8> = word.bytes().map(|b| b & 15).collect();
        return pattern::is_card(&digits) || word.len() > 19;
    }
    Parts::new(word, "_").any(|part| part.len() >= 20 && is_random(part.as_bytes()))
}

/// The end of the string that begins at `start`, after its closing quote.
#[inline(never)]
fn string_end(css: &str, start: usize) -> usize {
    let set = if part(css, start, start + 1) == "'" { "'\\\n" } else { "\"\\\n" };
    let mut at = start + 1;
    loop {
        at = first_of(css, set, at);
        match css.as_bytes().get(at) {
            Some(b'\\') => at += 2,
            Some(b'\n') => return at,
            Some(_) => return at + 1,
            None => return css.len(),
        }
    }
}

/// Whether the string at `at` is shown: it stands in `content`, `quotes`, or a custom property.
fn shows(css: &str, at: usize) -> bool {
    let length = css.bytes().take(at).rev().take_while(|b| !matches!(b, b';' | b'{' | b'}')).count();
    let property = part(css, at - length, at).trim_ascii_start();
    scan::edges(property, "content quotes --", true)
}

fn string(inner: &str, masked: bool, shapes: Shapes, counters: &Counters) -> Option<String> {
    // One glyph, such as an icon's, says nothing.
    if masked && scan::letters(inner).count() > 1 && !inner.starts_with('\\') {
        return Some(super::MASK.into());
    }
    if has(inner, "://") || inner.starts_with("data:") || has(inner, "?") && has(inner, "=") {
        return link(inner, counters);
    }
    let finds = pattern::find(inner, shapes);
    finds.iter().for_each(|f| counters.count(f.rule));
    (!finds.is_empty()).then(|| pattern::redact(inner, &finds))
}

fn link(inner: &str, counters: &Counters) -> Option<String> {
    let mut cut = url::cut(inner, Use::Part, &[], counters).unwrap_or_default();
    if cut == inner {
        return None;
    }
    cut.retain(|c| !matches!(c, '"' | '\'' | '\\' | '\n' | '(' | ')'));
    Some(cut)
}

/// An attribute selector, as far as it matters for keeping attributes.
#[derive(PartialEq)]
pub(super) struct Selector {
    name: String,
    /// `=` or the sign before it; 0 when the attribute need only be there.
    pub(super) sign: u8,
    pub(super) value: String,
}

/// As many attribute selectors as are remembered.
const MOST_SELECTORS: usize = 1024;

/// Collects the attribute selectors of a sheet.
pub(super) fn collect(css: &str, found: &mut Vec<Selector>) {
    let mut at = first_of(css, "[", 0);
    while at < css.len() && found.len() < MOST_SELECTORS {
        let end = first_of(css, "]", at);
        let inner = scan::trim(part(css, at + 1, end), scan::SPACE);
        at = first_of(css, "[", end);
        let name = scan::end_of(inner, 0, is_name);
        let equals = first_of(inner, "=", name);
        let sign = scan::trim(part(inner, name, equals), scan::SPACE).bytes().next();
        let value = scan::trim(rest(inner, equals), "= \t\n");
        let value = value.strip_suffix(" i").or(value.strip_suffix(" s")).unwrap_or(value);
        let selector = Selector {
            name: scan::lower(part(inner, 0, name)),
            sign: sign.unwrap_or(if equals < inner.len() { b'=' } else { 0 }),
            value: scan::trim(value, "\"' ").into(),
        };
        let fits = (1..=64).contains(&name)
            && selector.value.len() <= 64
            && first_of(&selector.value, "\\\"'", 0) == selector.value.len();
        if fits && !is_random(selector.value.as_bytes()) && !found.contains(&selector) {
            found.push(selector);
        }
    }
}

impl Selector {
    /// Whether this selects an attribute with this value.
    pub(super) fn selects(&self, name: &str, value: &str) -> bool {
        let wanted = self.value.as_str();
        self.name == name
            && match self.sign {
                0 => true,
                _ if wanted.is_empty() => value.is_empty() && self.sign == b'=',
                b'^' => value.starts_with(wanted),
                b'$' => value.ends_with(wanted),
                b'*' => has(value, wanted),
                b'~' => Parts::words(value).any(|w| w == wanted),
                b'|' => {
                    value == wanted
                        || value.starts_with(wanted) && part(value, wanted.len(), wanted.len() + 1) == "-"
                }
                _ => value == wanted,
            }
    }
}
