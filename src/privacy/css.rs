//! Style sheets: kept byte for byte, but for what can carry data.
//!
//! Strings, URLs, custom properties, attribute selectors and comments are what a page can write a secret into. The
//! rest of a sheet is looked at for tokens and card numbers only.

use std::borrow::Cow;

use super::pattern::{self, Shapes};
use super::report::{Counters, Rule};
use super::token::is_random;
use super::url::{self, Use};

/// A sheet, a rule or an inline style.
pub(super) fn clean(css: &str, strict: bool, shapes: Shapes<'_>, counters: &Counters) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    let mut at = 0;
    let mut import = false;
    let bytes = css.as_bytes();
    while let Some(&b) = bytes.get(at) {
        let (end, new) = match b {
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = css.get(at + 2..).and_then(|r| r.find("*/")).map_or(css.len(), |i| at + i + 4);
                (end, Some(Cow::Borrowed("/**/")).filter(|_| end - at > 4))
            }
            b'"' | b'\'' => {
                let end = string_end(bytes, at);
                let inner = css.get(at + 1..end.saturating_sub(1).max(at + 1)).unwrap_or("");
                let new = if import {
                    link(inner, counters)
                } else {
                    string(inner, strict && !selects(css, at), shapes, counters)
                };
                (end, new.map(|new| quoted(char::from(b), &new)))
            }
            b'u' | b'U' if is_url(bytes, at) => {
                let start = at + 4;
                let end = url_end(css, start);
                let inner = css.get(start..end).unwrap_or("");
                let bare = inner.trim().trim_matches(['"', '\'']);
                let new = link(bare, counters)
                    .map(|new| [css.get(at..start).unwrap_or(""), "\"", &new, "\""].concat().into());
                (end, new)
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') && is_declaration(bytes, at) => {
                let colon = css.get(at..).and_then(|r| r.find(':')).map_or(css.len(), |i| at + i + 1);
                let end = value_end(bytes, colon);
                (end, custom(css.get(at..end).unwrap_or(""), strict, shapes, counters).map(Cow::Owned))
            }
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let length =
                    bytes.iter().skip(at).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                let word = bytes.get(at..at + length).unwrap_or_default();
                import = word.eq_ignore_ascii_case(b"import") && at > 0 && bytes.get(at - 1) == Some(&b'@');
                (at + length, (length >= 13 && is_secret(word)).then_some(Cow::Borrowed("x")))
            }
            b' ' | b'\n' | b'\t' | b'\r' => (at + 1, None),
            _ => {
                import = false;
                (at + 1, None)
            }
        };
        if let Some(new) = new {
            counters.count(Rule::Css);
            out.push_str(css.get(done..at).unwrap_or(""));
            out.push_str(&new);
            done = end;
        }
        at = end.max(at + 1);
    }
    if done == 0 {
        return None;
    }
    out.push_str(css.get(done..).unwrap_or(""));
    Some(out)
}

/// Names of classes are long and odd by nature; only what is longer is a token, and digits are a card's.
fn is_secret(word: &[u8]) -> bool {
    if word.iter().all(u8::is_ascii_digit) {
        let digits: Vec<u8> = word.iter().map(|b| b - b'0').collect();
        return pattern::is_card(&digits) || word.len() > 19;
    }
    word.split(|b| *b == b'_').any(|part| part.len() >= 20 && is_random(part))
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let quote = bytes.get(start);
    let mut at = start + 1;
    while let Some(b) = bytes.get(at) {
        match b {
            b'\\' => at += 1,
            b'\n' => return at,
            _ if Some(b) == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// Whether the string at `at` is part of a selector or a name, not of a value that is shown.
fn selects(css: &str, at: usize) -> bool {
    let before = css.get(..at).unwrap_or("").trim_end();
    let property = before.rsplit([';', '{', '}']).next().unwrap_or("");
    !property.trim_start().starts_with("content") && !property.trim_start().starts_with("quotes")
}

fn quoted(quote: char, inner: &str) -> Cow<'static, str> {
    let mut out = String::new();
    out.push(quote);
    out.push_str(inner);
    out.push(quote);
    Cow::Owned(out)
}

fn string(inner: &str, masked: bool, shapes: Shapes<'_>, counters: &Counters) -> Option<String> {
    // One glyph, such as an icon's, says nothing.
    if masked && inner.chars().count() > 1 && !inner.starts_with('\\') {
        return Some(super::MASK.into());
    }
    if inner.contains("://") || inner.starts_with("data:") || inner.contains('?') && inner.contains('=') {
        return link(inner, counters);
    }
    let finds = pattern::find(inner, shapes);
    finds.iter().for_each(|f| counters.count(f.rule));
    (!finds.is_empty()).then(|| pattern::redact(inner, &finds))
}

fn link(inner: &str, counters: &Counters) -> Option<String> {
    let cut = url::cut(inner, Use::Part, &[], counters).unwrap_or_default();
    (cut != inner).then(|| cut.replace(['"', '\'', '\\', '\n', '(', ')'], ""))
}

fn is_url(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 4).is_some_and(|b| b.eq_ignore_ascii_case(b"url("))
}

fn url_end(css: &str, start: usize) -> usize {
    let bytes = css.as_bytes();
    let skip = bytes.iter().skip(start).take_while(|b| b.is_ascii_whitespace()).count();
    match bytes.get(start + skip) {
        Some(b'"' | b'\'') => string_end(bytes, start + skip),
        _ => css.get(start..).and_then(|r| r.find(')')).map_or(css.len(), |i| start + i),
    }
}

/// Whether the custom property at `at` is being set: its name, then a colon, after the start of a declaration.
fn is_declaration(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default().iter().rev().find(|b| !b.is_ascii_whitespace());
    let name = bytes
        .iter()
        .skip(at)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || **b >= 0x80)
        .count();
    let after = bytes.iter().skip(at + name).find(|b| !b.is_ascii_whitespace());
    matches!(before, None | Some(b'{' | b';' | b'}' | b'/')) && after == Some(&b':')
}

fn value_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0i32);
    while let Some(b) = bytes.get(at) {
        match b {
            b'"' | b'\'' => at = string_end(bytes, at).saturating_sub(1).max(at),
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' if depth > 0 => depth -= 1,
            b';' | b'}' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// A custom property may hold anything: its strings and URLs are treated as such, what is left as text.
fn custom(declaration: &str, strict: bool, shapes: Shapes<'_>, counters: &Counters) -> Option<String> {
    let (name, value) = declaration.split_once(':')?;
    let cleaned = clean(value, strict, shapes, counters);
    let text = cleaned.as_deref().unwrap_or(value);
    let finds = if text.contains("url(") { Vec::new() } else { pattern::find(text, shapes) };
    let masked = strict && text.contains(['"', '\'']);
    if cleaned.is_none() && finds.is_empty() && !masked {
        return None;
    }
    let value = if masked { String::from("\"\"") } else { pattern::redact(text, &finds) };
    Some([name, ":", &value].concat())
}

/// An attribute selector, as far as it matters for keeping attributes.
#[derive(Debug, PartialEq)]
pub(super) struct Selector {
    pub(super) name: String,
    /// `=` or the sign before it; 0 when the attribute need only be there.
    pub(super) sign: u8,
    pub(super) value: String,
}

/// As many attribute selectors as are remembered.
const MOST_SELECTORS: usize = 1024;

/// Collects the attribute selectors of a sheet that name `data-*` and `aria-*` attributes, or others off the list.
pub(super) fn collect(css: &str, found: &mut Vec<Selector>) {
    for part in css.split('[').skip(1) {
        let Some((inner, _)) = part.split_once(']') else { continue };
        let name: String = inner
            .trim_start()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .collect();
        let rest = inner.trim_start().get(name.len()..).unwrap_or("").trim_start();
        let (sign, value) = match rest.split_once('=') {
            None if rest.is_empty() => (0, ""),
            Some((sign, value)) => (sign.trim_end().bytes().next().unwrap_or(b'='), value.trim()),
            None => continue,
        };
        let value = value
            .strip_suffix(" i")
            .or_else(|| value.strip_suffix(" s"))
            .unwrap_or(value)
            .trim()
            .trim_matches(['"', '\'']);
        let fits =
            !name.is_empty() && name.len() <= 64 && value.len() <= 64 && !value.contains(['\\', '"', '\'']);
        let selector = Selector { name: name.to_ascii_lowercase(), sign, value: value.into() };
        if fits && found.len() < MOST_SELECTORS && !is_random(value.as_bytes()) && !found.contains(&selector)
        {
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
                b'*' => value.contains(wanted),
                b'~' => value.split_ascii_whitespace().any(|w| w == wanted),
                b'|' => value == wanted || value.strip_prefix(wanted).is_some_and(|r| r.starts_with('-')),
                _ => value == wanted,
            }
    }
}
