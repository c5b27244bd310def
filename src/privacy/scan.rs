//! Looking at text byte by byte. The standard library's searches are general, and each use of one costs a kilobyte of
//! what every visitor downloads; these are few, small and shared.

use super::fold::fold;

/// The part of `text` between two places; nothing when they are not places of it.
#[inline(never)]
pub(super) fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to.min(text.len())).unwrap_or("")
}

/// The rest of `text` from a place on.
pub(super) fn rest(text: &str, from: usize) -> &str {
    part(text, from, text.len())
}

/// Where `what` first is in `text`, from a place on.
#[inline(never)]
pub(super) fn find(text: &str, what: &str, from: usize) -> Option<usize> {
    find_bytes(text.as_bytes(), what.as_bytes(), from)
}

#[inline(never)]
fn find_bytes(text: &[u8], what: &[u8], from: usize) -> Option<usize> {
    (from..(text.len() + 1).saturating_sub(what.len()))
        .find(|i| text.get(*i..).is_some_and(|t| t.starts_with(what)))
}

/// Whether `what` is in `text`.
pub(super) fn has(text: &str, what: &str) -> bool {
    find(text, what, 0).is_some()
}

/// Whether `what` is in `text`.
pub(super) fn has_bytes(text: &[u8], what: &[u8]) -> bool {
    find_bytes(text, what, 0).is_some()
}

/// Where a byte of the ASCII `set` first is, from a place on; the end when none is.
#[inline(never)]
pub(super) fn first_of(text: &str, set: &str, from: usize) -> usize {
    run(text, from, set, false)
}

/// Where the bytes end that are in an ASCII set, or that are not.
fn run(text: &str, from: usize, set: &str, inside: bool) -> usize {
    let bit = |b: u8| 1u64 << (b & 63);
    let (mut low, mut high) = (0, 0);
    for b in set.bytes() {
        *(if b < 64 { &mut low } else { &mut high }) |= bit(b);
    }
    let has = |b: u8| b < 128 && (if b < 64 { low } else { high }) & bit(b) != 0;
    let mut at = from;
    while text.as_bytes().get(at).is_some_and(|b| has(*b) == inside) {
        at += 1;
    }
    at
}

/// The end of the run of bytes of a class that begins at a place.
#[inline(never)]
pub(super) fn end_of(text: &str, from: usize, class: fn(u8) -> bool) -> usize {
    let mut at = from;
    while text.as_bytes().get(at).is_some_and(|b| class(*b)) {
        at += 1;
    }
    at
}

/// How many bytes are of a class.
#[inline(never)]
pub(super) fn count(text: &str, class: fn(u8) -> bool) -> usize {
    text.bytes().filter(|b| class(*b)).count()
}

/// Whether all bytes are of a class.
pub(super) fn all(text: &str, class: fn(u8) -> bool) -> bool {
    end_of(text, 0, class) == text.len()
}

/// `text` without the bytes of the ASCII `set` at its ends.
#[inline(never)]
pub(super) fn trim<'a>(text: &'a str, set: &str) -> &'a str {
    let start = run(text, 0, set, true);
    let mut end = text.len();
    while end > start && set.as_bytes().contains(&byte(text, end - 1)) {
        end -= 1;
    }
    part(text, start, end)
}

/// The byte at a place; 0 beyond the end.
#[inline(never)]
pub(super) fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// The last byte; 0 when there is none.
pub(super) fn last(text: &str) -> u8 {
    byte(text, text.len().wrapping_sub(1))
}

/// Whether `text` begins, or ends, with one of the words of a list.
#[inline(never)]
pub(super) fn edges(text: &str, list: &str, begins: bool) -> bool {
    Parts::new(list, " ").any(|w| if begins { text.starts_with(w) } else { text.ends_with(w) })
}

/// Texts end to end.
#[inline(never)]
pub(super) fn join(parts: &[&str]) -> String {
    let mut out = String::new();
    parts.iter().for_each(|part| out.push_str(part));
    out
}

/// The next character of a text, as [`fold`] leaves it, and where it begins and ends.
pub(super) struct Folded<'a> {
    text: &'a str,
    at: usize,
}

/// One character.
pub(super) struct Letter {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) plain: char,
    pub(super) folded: Option<char>,
}

/// The characters of a text.
pub(super) fn letters(text: &str) -> Folded<'_> {
    Folded { text, at: 0 }
}

impl Folded<'_> {
    /// Passes over ASCII of a class.
    pub(super) fn skip_over(&mut self, class: fn(u8) -> bool) {
        self.at = end_of(self.text, self.at, class);
    }
}

impl Iterator for Folded<'_> {
    type Item = Letter;

    #[inline(never)]
    fn next(&mut self) -> Option<Letter> {
        let start = self.at;
        let plain = rest(self.text, start).chars().next()?;
        self.at += plain.len_utf8();
        Some(Letter { start, end: self.at, plain, folded: fold(plain) })
    }
}

/// White space of HTML.
pub(super) const SPACE: &str = " \t\n\r\x0c";

/// Whether `word` is one of the words of a list, which are apart by spaces.
#[inline(never)]
pub(super) fn listed(list: &str, word: &str) -> bool {
    Parts::new(list, " ").any(|w| w == word)
}

/// Whether `text` holds one of the words of a list.
#[inline(never)]
pub(super) fn holds(text: &str, list: &str) -> bool {
    Parts::new(list, " ").any(|w| has(text, w))
}

/// In small letters, as far as they are ASCII.
#[inline(never)]
pub(super) fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The parts of a text between bytes of a set, none of them empty.
pub(super) struct Parts<'a> {
    text: &'a str,
    set: &'static str,
    at: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn new(text: &'a str, set: &'static str) -> Self {
        Self { text, set, at: 0 }
    }

    /// The words of a text.
    pub(super) fn words(text: &'a str) -> Self {
        Self::new(text, SPACE)
    }

    /// Where the last part ended.
    pub(super) fn end(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        let start = run(self.text, self.at, self.set, true);
        self.at = first_of(self.text, self.set, start);
        (start < self.at).then(|| part(self.text, start, self.at))
    }
}

pub(super) const fn is_digit(b: u8) -> bool {
    b.is_ascii_digit()
}

pub(super) const fn is_space(b: u8) -> bool {
    b.is_ascii_whitespace()
}

pub(super) const fn is_letter(b: u8) -> bool {
    b.is_ascii_alphabetic()
}

pub(super) const fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

/// What names are made of.
pub(super) const fn is_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_parts() {
        assert_eq!(find("abcabc", "bc", 2), Some(4));
        assert_eq!(find("ab", "abc", 0), None);
        assert_eq!(find("ab", "", 5), None);
        assert_eq!(first_of("a=b", "=&", 0), 1);
        assert_eq!(first_of("ab", "=", 0), 2);
        assert_eq!(trim(" \"a b\" ", " \""), "a b");
        assert_eq!(trim("   ", " "), "");
        assert_eq!(Parts::words("  a\tbé  ").collect::<Vec<_>>(), ["a", "bé"]);
        assert!(listed("a bc d", "bc") && !listed("a bc d", "b") && !listed("a", ""));
        assert_eq!(part("é", 1, 2), "");
    }
}
