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
    let first = what.first();
    (from..(text.len() + 1).saturating_sub(what.len()))
        .find(|i| text.get(*i) == first && text.get(*i..).is_some_and(|t| t.starts_with(what)))
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
    Set::of(set).run(text, from, false)
}

/// A set of ASCII, a bit each.
#[derive(Clone, Copy)]
struct Set {
    low: u64,
    high: u64,
}

impl Set {
    fn of(bytes: &str) -> Self {
        let mut set = Self { low: 0, high: 0 };
        for b in bytes.bytes() {
            *(if b < 64 { &mut set.low } else { &mut set.high }) |= 1 << (b & 63);
        }
        set
    }

    /// Where the bytes end that are in the set, or that are not.
    #[inline(never)]
    fn run(self, text: &str, from: usize, inside: bool) -> usize {
        let half = |b: u8| if b < 64 { self.low } else { self.high };
        let mut at = from;
        while text.as_bytes().get(at).is_some_and(|b| (*b < 128 && half(*b) >> (b & 63) & 1 == 1) == inside) {
            at += 1;
        }
        at
    }
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
    let start = Set::of(set).run(text, 0, true);
    let mut end = text.len();
    while end > start && set.bytes().any(|b| b == byte(text, end - 1)) {
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
    escapes: bool,
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
    Folded { text, at: 0, escapes: false }
}

/// The characters of a text whose escapes are undone: those of URLs, HTML, JSON and CSS, also escaped again.
pub(super) fn unescaped(text: &str) -> Folded<'_> {
    Folded { text, at: 0, escapes: true }
}

/// Whether there is an escape in a text.
pub(super) fn has_escapes(text: &str) -> bool {
    first_of(text, ESCAPES, 0) < text.len()
}

const ESCAPES: &str = "%&\\";

/// The number that some hexadecimal or decimal digits are, at most so many, and where they end.
#[inline(never)]
fn number(text: &str, from: usize, base: u32, most: usize) -> Option<(u32, usize)> {
    let (mut number, mut at) = (0u32, from);
    while at < from + most
        && let Some(digit) = char::from(byte(text, at)).to_digit(base)
    {
        number = number.wrapping_mul(base) + digit;
        at += 1;
    }
    (at > from).then_some((number, at))
}

/// Where a word that is repeated from a place on ends.
fn past(text: &str, from: usize, word: &str) -> usize {
    let mut at = from;
    while part(text, at, at + word.len()) == word {
        at += word.len();
    }
    at
}

/// The character that an escape stands for, and where it ends.
fn escape(text: &str, at: usize) -> Option<(u32, usize)> {
    match byte(text, at) {
        b'%' => escaped_bytes(text, at),
        b'&' => {
            let at = past(text, at + 1, "amp;");
            let hex = usize::from(byte(text, at + 1) | 32 == b'x');
            let (code, end) = if byte(text, at) == b'#' {
                number(text, at + 1 + hex, if hex > 0 { 16 } else { 10 }, 8)?
            } else {
                let end = end_of(text, at, is_letter);
                let sign = first_of("lgqa", part(text, at, at + 1), 0);
                (
                    u32::from(byte("<>\"'", sign)),
                    Some(end).filter(|end| sign < 4 && byte(text, *end) == b';')?,
                )
            };
            Some((code, end + usize::from(byte(text, end) == b';')))
        }
        b'\\' => {
            let end = past(text, at, "\\");
            let open = usize::from(byte(text, end + 1) == b'{');
            match byte(text, end) {
                b'u' => number(text, end + 1 + open, 16, 4 + 2 * open).map(|(code, end)| (code, end + open)),
                b'x' => escaped_bytes(text, at),
                b if b.is_ascii_punctuation() => Some((u32::from(b), end + 1)),
                _ => number(text, end, 16, 6).map(|(code, end)| (code, past(text, end, " "))),
            }
        }
        _ => None,
    }
}

/// The character that escaped bytes are together.
fn escaped_bytes(text: &str, at: usize) -> Option<(u32, usize)> {
    let (first, mut end) = escaped_byte(text, at)?;
    let more = first.leading_ones();
    let mut code = u32::from(first) & (0xFF >> more);
    for _ in 1..more {
        let next = escaped_byte(text, end)?;
        code = code << 6 | u32::from(next.0 & 63);
        end = next.1;
    }
    Some((code, end))
}

/// A byte of a URL's escape, or of a string's, which may be escaped itself.
fn escaped_byte(text: &str, at: usize) -> Option<(u8, usize)> {
    let start = match byte(text, at) {
        b'%' => past(text, at + 1, "25"),
        b'\\' => past(text, at, "\\") + 1,
        _ => return None,
    };
    let (code, end) =
        number(text, start, 16, 2).filter(|n| n.1 == start + 2).or(number(text, at + 1, 16, 2))?;
    Some((code as u8, end))
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
        // Most of all text is ASCII.
        let mut plain = match byte(self.text, start) {
            ascii @ 1..0x80 => char::from(ascii),
            _ => rest(self.text, start).chars().next()?,
        };
        self.at += plain.len_utf8();
        if self.escapes
            && let Some((code, end)) = escape(self.text, start)
        {
            plain = char::from_u32(code).unwrap_or(' ');
            self.at = end;
        }
        Some(Letter { start, end: self.at, plain, folded: fold(plain) })
    }
}

/// White space of HTML.
pub(super) const SPACE: &str = " \t\n\r\x0c";

/// Whether `word` is one of the words of a list, which are apart by spaces.
#[inline(never)]
pub(super) fn listed(list: &str, word: &str) -> bool {
    let (list, word) = (list.as_bytes(), word.as_bytes());
    let mut at = 0;
    while at < list.len() {
        let end = at + word.len();
        let ends = list.get(end).is_none_or(|b| *b == b' ');
        if ends && !word.is_empty() && list.get(at..end) == Some(word) {
            return word.iter().all(|b| *b != b' ');
        }
        at += list.iter().skip(at).take_while(|b| **b != b' ').count() + 1;
    }
    false
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
    set: Set,
    at: usize,
}

impl<'a> Parts<'a> {
    pub(super) fn new(text: &'a str, set: &str) -> Self {
        Self { text, set: Set::of(set), at: 0 }
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
        let start = self.set.run(self.text, self.at, true);
        self.at = self.set.run(self.text, start, false);
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
    fn undoes_escapes() {
        let plain = |text: &str| unescaped(text).map(|l| l.plain).collect::<String>();
        for text in [
            "a%21%C3%A9%2F",
            "a%2521%25C3%25A9%252f",
            "a&#33;&#xe9;&#47;",
            "a&amp;#33;&amp;amp;#xE9;&#x2F",
            "a\\u0021\\u00e9\\x2f",
            "a\\\\u0021\\\\u{e9}\\x2f",
            "a\\21 \\e9 \\00002f ",
        ] {
            assert_eq!(plain(text), "a!é/", "{text}");
        }
        assert_eq!(plain("&lt;b&gt;&quot;&apos;"), "<b>\"'");
        assert_eq!(plain("100% & more \\"), "100% & more \\");
        assert_eq!(plain("%zz%C3 &x;&#; \\u \\ud800 %FF%"), "%zz%C3 &x;&#; \\u   %FF%");
    }

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
        assert!(
            !listed("a bc d", "bc d") && !listed("ab c", "a") && listed(" a ", "a") && !listed(" a ", " a")
        );
        assert_eq!(part("é", 1, 2), "");
    }
}
