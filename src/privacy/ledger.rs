//! The secrets ledger: what protected fields held, as pieces to be recognised by.
//!
//! A secret is kept as the set of its five-letter pieces, forwards and backwards, of its encodings' eight-letter
//! pieces, and, if it is short, as a whole word. Nothing here leaves memory, and it is overwritten when forgotten.

use std::hint::black_box;

use super::field::Kind;
use super::{Raw, scan};

/// Longest piece of a secret that is looked at, characters.
const LONGEST: usize = 2048;
/// As many pieces as are kept; above, everything counts as an echo.
const MOST_PIECES: usize = 1 << 17;
/// As many short secrets as are kept.
const MOST_SHORT: usize = 1 << 10;

/// Words that stand in every page. A piece of a secret that is one of theirs tells nothing, and would wipe out
/// half of the style sheets.
const PUBLIC: &str = "password passwort passphrase kennwort contrasena username email account login signin \
    background position absolute relative transition transform important weight family inherit border radius \
    media screen webkit display overflow visible margin padding bottom right center middle block inline \
    scroll cursor pointer shadow opacity index content before after active focus hover first child align \
    items justify between direction column grid space white black button input select submit number \
    search linear gradient animation delay duration uppercase lowercase normal repeat cover decoration underline \
    https static assets images index default container wrapper header footer section title label";

/// Bits of a character in a piece of five.
const WIDE: u32 = 12;
/// Bits of a character in a piece of eight.
const SLIM: u32 = 7;
const FIVE: u64 = (1 << (5 * WIDE)) - 1;
const EIGHT: u64 = (1 << (8 * SLIM)) - 1;
const TAG: u64 = 1 << 63;

fn wide(c: char) -> u64 {
    let n = u64::from(c as u32);
    ((n ^ (n >> WIDE)) & 0xFFF).max(1)
}

/// Numbers that are not zero, by open addressing.
#[derive(Default)]
struct Set {
    slots: Vec<u64>,
    count: usize,
}

impl Set {
    fn place(&self, key: u64) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask;
        loop {
            match self.slots.get(at) {
                Some(found) if *found != key && *found != 0 => at = (at + 1) & mask,
                _ => return at,
            }
        }
    }

    fn has(&self, key: u64) -> bool {
        self.slots.get(self.place(key)) == Some(&key)
    }

    fn add(&mut self, key: u64) {
        if self.slots.len() <= self.count * 4 {
            let grown = vec![0; (self.slots.len() * 2).max(256)];
            let mut old = std::mem::replace(&mut self.slots, grown);
            self.count = 0;
            for key in old.iter().filter(|k| **k != 0) {
                self.insert(*key);
            }
            old.fill(0);
            black_box(&old);
        }
        self.insert(key);
    }

    fn insert(&mut self, key: u64) {
        let at = self.place(key);
        if let Some(slot) = self.slots.get_mut(at)
            && *slot == 0
        {
            *slot = key;
            self.count += 1;
        }
    }
}

/// What is known of the secrets.
#[derive(Default)]
pub(super) struct Ledger {
    pieces: Set,
    /// Whole words of three to six characters, packed with their length.
    short: Vec<u64>,
    /// Secrets that are all signs or all public words.
    exact: Vec<Vec<u8>>,
    /// The short or exact secret learned last, which a longer one that begins with it takes back.
    stage: Option<(Kind, u64, bool)>,
    full: bool,
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.forget();
    }
}

impl Ledger {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.count == 0 && self.short.is_empty() && self.exact.is_empty() && !self.full
    }

    pub(super) fn forget(&mut self) {
        self.pieces.slots.fill(0);
        self.short.fill(0);
        self.exact.iter_mut().for_each(|e| e.fill(0));
        black_box(&self.pieces.slots);
        black_box(&self.short);
        black_box(&self.exact);
        drop(std::mem::take(&mut self.pieces));
        self.short.clear();
        self.exact.clear();
        (self.stage, self.full) = (None, false);
    }

    pub(super) const fn new() -> Self {
        Self {
            pieces: Set { slots: Vec::new(), count: 0 },
            short: Vec::new(),
            exact: Vec::new(),
            stage: None,
            full: false,
        }
    }

    /// Takes in one value of a protected field.
    pub(super) fn learn(&mut self, kind: Kind, value: &str) {
        let mut codes = codes(value);
        if codes.len() >= 3 {
            self.retract(kind, &codes, value);
        }
        if kind == Kind::Expiry {
            self.learn_expiry(&codes);
        } else if codes.len() >= 5 {
            let known = self.learn_pieces(&codes);
            self.learn_encodings(value);
            if !known {
                self.learn_exact(kind, value);
            }
        } else {
            if codes.len() >= 3 && kind != Kind::CardOther {
                let key = word(&codes);
                self.add_short(key);
                self.stage = Some((kind, key, false));
            }
            if value.trim_ascii().len() > codes.len().max(3) {
                self.learn_exact(kind, value);
            }
        }
        self.full |=
            self.pieces.count > MOST_PIECES || self.short.len() > MOST_SHORT || self.exact.len() > 64;
        codes.fill('\0');
        black_box(&codes);
    }

    /// Takes back the stage before: a password's first three letters are no secret of their own.
    fn retract(&mut self, kind: Kind, codes: &[char], value: &str) {
        let Some((before, key, exact)) = self.stage.take() else { return };
        if before != kind {
            return;
        }
        if exact {
            if self.exact.last().is_some_and(|e| value.as_bytes().starts_with(e)) {
                self.exact.pop();
            }
        } else if codes.get(..(key >> 60) as usize).is_some_and(|start| word(start) == key) {
            self.short.retain(|s| *s != key);
        }
    }

    fn add_short(&mut self, key: u64) {
        if !self.short.contains(&key) {
            self.short.push(key);
        }
    }

    fn learn_exact(&mut self, kind: Kind, value: &str) {
        let bytes = value.trim_ascii().as_bytes();
        if !bytes.is_empty() && !self.exact.iter().any(|e| e == bytes) {
            self.exact.push(bytes.to_vec());
            self.stage = Some((kind, 0, true));
        }
    }

    /// Whether any piece is a secret at all, not a word of every page.
    fn learn_pieces(&mut self, codes: &[char]) -> bool {
        let mut told = false;
        for piece in codes.windows(5) {
            if is_public(piece) {
                continue;
            }
            told = true;
            self.pieces.add(piece.iter().fold(0, |w, c| w << WIDE | wide(*c)));
            self.pieces.add(piece.iter().rev().fold(0, |w, c| w << WIDE | wide(*c)));
        }
        told
    }

    /// Hexadecimal, base64 in its three alignments, decimal character codes, `\u` escapes. Percent escapes of
    /// whole words read like hexadecimal once their signs are gone; HTML's like decimal codes.
    fn learn_encodings(&mut self, value: &str) {
        let bytes = value.as_bytes().get(..LONGEST.min(value.len())).unwrap_or_default();
        let mut hex = Pieces::default();
        for b in bytes {
            hex.number(u32::from(*b), 16, 2, &mut self.pieces);
        }
        let (mut decimal, mut escapes) = (Pieces::default(), Pieces::default());
        for c in value.chars().take(LONGEST) {
            decimal.number(c as u32, 10, 1, &mut self.pieces);
            if value.is_ascii() {
                continue;
            }
            if !c.is_ascii() {
                escapes.push(b'u', &mut self.pieces);
                escapes.number(c as u32, 16, 4, &mut self.pieces);
            } else if c.is_ascii_alphanumeric() {
                escapes.push(c as u8, &mut self.pieces);
            }
        }
        for shift in 0..3u32 {
            let mut out = Pieces::default();
            // Bits that were not looked at yet, under a mark; the first characters hold bits of what came before.
            let (mut bits, mut count, mut skip) = (0u32, shift * 8 % 6, u32::from(shift > 0));
            for b in bytes {
                bits = bits << 8 | u32::from(*b);
                count += 8;
                while count >= 6 {
                    count -= 6;
                    let sextet = bits >> count & 63;
                    if skip > 0 {
                        skip -= 1;
                    } else {
                        out.push(SEXTETS.get(sextet as usize).copied().unwrap_or(b'+'), &mut self.pieces);
                    }
                }
            }
        }
    }

    /// Month and year in the ways they are written.
    fn learn_expiry(&mut self, codes: &[char]) {
        let (m, n, y, z) = match *codes {
            [m, n, '2', '0', y, z] | ['2', '0', y, z, m, n] | [m, n, y, z] => (m, n, y, z),
            [n, y, z] => ('0', n, y, z),
            _ => return,
        };
        for form in ["mnyz", "mn20yz", "20yzmn", "yzmn", "nyz", "n20yz"] {
            // Only a month below ten is written with one digit.
            if m == '0' || scan::has(form, "m") {
                let form: Vec<char> = form
                    .chars()
                    .map(|c| match c {
                        'm' => m,
                        'n' => n,
                        'y' => y,
                        'z' => z,
                        c => c,
                    })
                    .collect();
                self.add_short(word(&form));
            }
        }
    }

    /// Values that stand side by side: digit boxes, split numbers, month and year, in either order.
    pub(super) fn learn_group(&mut self, values: &[Raw]) {
        let mut joined = String::new();
        values.iter().for_each(|v| joined.push_str(&v.0));
        if let [Raw(a), Raw(b)] = values {
            for both in [joined.as_str(), &scan::join(&[b, a])] {
                self.learn_expiry(&codes(both));
            }
        }
        self.learn(Kind::Code, &joined);
        Raw(joined).wipe();
    }

    /// Whether `text` holds a secret or a piece of one.
    pub(super) fn echoes(&self, text: &str) -> bool {
        let mut scanner = Scanner::new(self, false);
        let mut hit = false;
        scanner.scan(text, |_| 0, |_| hit = true);
        hit || self.holds_exact(text)
    }

    /// Whether `text` holds one of the secrets that have no pieces.
    pub(super) fn holds_exact(&self, text: &str) -> bool {
        self.full || self.exact.iter().any(|e| scan::has_bytes(text.as_bytes(), e))
    }
}

/// What of a value counts.
#[inline(never)]
fn codes(value: &str) -> Vec<char> {
    scan::letters(value).filter_map(|l| l.folded).take(LONGEST).collect()
}

fn is_public(piece: &[char]) -> bool {
    let piece: String = piece.iter().collect();
    scan::has(PUBLIC, &piece) || scan::has(afterimage_wire::strings::NAMES, &piece)
}

/// A word of up to six characters as one number: up to five wide ones, six slim ones.
fn word(codes: &[char]) -> u64 {
    let n = codes.len() as u64;
    let bits = if n > 5 { SLIM } else { WIDE };
    codes.iter().fold(0, |w, c| w << bits | wide(*c) & ((1 << bits) - 1)) & FIVE | n << 60
}

/// The digits of base64.
const SEXTETS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Feeds the pieces of eight of an encoding into a set.
#[derive(Default)]
struct Pieces {
    piece: u64,
    count: u32,
}

impl Pieces {
    fn push(&mut self, byte: u8, set: &mut Set) {
        if !byte.is_ascii_alphanumeric() {
            return;
        }
        self.piece = (self.piece << SLIM | u64::from(byte.to_ascii_lowercase())) & EIGHT;
        self.count += 1;
        if self.count >= 8 {
            set.add(self.piece | TAG);
        }
    }

    /// The digits of a number, at least `least` of them.
    fn number(&mut self, number: u32, base: u32, least: u32, set: &mut Set) {
        if least > 1 || number >= base {
            self.number(number / base, base, least.saturating_sub(1), set);
        }
        self.push(char::from_digit(number % base, base).map_or(b'0', |c| c as u8), set);
    }
}

/// Reads text and finds secrets in it. Positions are whatever the caller counts in.
pub(super) struct Scanner<'a> {
    ledger: &'a Ledger,
    /// Digits alone count from six on, and short secrets not at all: for CSS and attributes, full of numbers.
    numeric: bool,
    five: u64,
    eight: u64,
    /// Characters in `five`, in `eight`.
    wide: u32,
    slim: u32,
    /// Pieces of five in a row that were found.
    run: u32,
    /// Positions of the last eight characters, in a ring.
    at: [u32; 8],
    /// Which of the last eight began a word, the newest in the lowest bit.
    begins: u8,
    inside: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(ledger: &'a Ledger, numeric: bool) -> Self {
        Self {
            ledger,
            numeric,
            five: 0,
            eight: 0,
            wide: 0,
            slim: 0,
            run: 0,
            at: [0; 8],
            begins: 0,
            inside: false,
        }
    }

    /// Reads `text`; `place` gives the position of the character at a byte, `hit` is told where a piece begins that
    /// ends at the last position. A word ends with the text.
    pub(super) fn scan(&mut self, text: &str, place: impl Fn(usize) -> u32, mut hit: impl FnMut((u32, u32))) {
        for letter in scan::letters(text) {
            let found = match letter.folded {
                Some(c) => self.push(c, place(letter.start)),
                None => self.end_word(),
            };
            if let Some(found) = found {
                hit(found);
            }
        }
        if let Some(found) = self.end_word() {
            hit(found);
        }
    }

    fn push(&mut self, c: char, at: u32) -> Option<(u32, u32)> {
        self.begins = self.begins << 1 | u8::from(!self.inside);
        self.inside = true;
        if let Some(slot) = self.at.get_mut(self.wide as usize & 7) {
            *slot = at;
        }
        self.five = (self.five << WIDE | wide(c)) & FIVE;
        self.wide += 1;
        self.slim = if c.is_ascii() { self.slim + 1 } else { 0 };
        self.eight = (self.eight << SLIM | u64::from(c as u32) & 0x7F) & EIGHT;
        let mut length = 0;
        if self.wide >= 5 && self.ledger.pieces.has(self.five) {
            self.run += 1;
            length = 5;
            if self.numeric && is_digits(self.five) {
                length = if self.run >= 2 { 6 } else { 0 };
            }
        } else {
            self.run = 0;
        }
        if self.slim >= 8 && self.ledger.pieces.has(self.eight | TAG) {
            length = 8;
        }
        (length > 0).then(|| self.span(length))
    }

    /// The positions of the first and the last of so many characters.
    fn span(&self, length: usize) -> (u32, u32) {
        let at = |back: usize| self.at.get((self.wide as usize).wrapping_sub(back) & 7).copied().unwrap_or(0);
        (at(length), at(1))
    }

    /// Looks whether a short secret ends here.
    pub(super) fn end_word(&mut self) -> Option<(u32, u32)> {
        if !std::mem::take(&mut self.inside) || self.numeric || self.ledger.short.is_empty() {
            return None;
        }
        let length = (3..=6usize).rev().find(|n| {
            let key = if *n > 5 {
                self.eight & ((1 << (6 * SLIM)) - 1)
            } else {
                self.five & ((1 << (WIDE * *n as u32)) - 1)
            };
            self.wide as usize >= *n
                && self.begins >> (n - 1) & 1 == 1
                && self.ledger.short.contains(&(key | (*n as u64) << 60))
        })?;
        Some(self.span(length))
    }
}

/// Whether all five characters of a piece are digits.
fn is_digits(piece: u64) -> bool {
    piece & 0xFF0_FF0_FF0_FF0_FF0 == 0x030_030_030_030_030
}
