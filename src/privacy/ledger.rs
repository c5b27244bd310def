//! The secrets ledger: what protected fields held, as pieces to be recognised by.
//!
//! A secret is kept as the set of its five-letter pieces, forwards and backwards, with signs and without, of its
//! encodings' eight-letter pieces, and, if it is short, as a whole word. Nothing here leaves memory, and it is
//! overwritten when forgotten.

use std::hint::black_box;

use super::field::Kind;
use super::fold::bare;
use super::scan::Letter;
use super::{Raw, scan};

/// Longest piece of a secret that is looked at, characters.
const LONGEST: usize = 2048;
/// Most bytes that are typed into one field before it counts as another.
const MOST_TYPED: usize = 256;
/// As many pieces as are kept; above, everything counts as an echo.
const MOST_PIECES: usize = 1 << 17;
/// As many short secrets as are kept.
const MOST_SHORT: usize = 1 << 10;

/// Words that stand in every page. A piece of a secret that is one of theirs tells nothing, and would wipe out
/// half of the style sheets. Those of the format's names, see [`is_public`], are not said twice.
const PUBLIC: &str = "password passwort passphrase kennwort contrasena username email account login signin \
    position absolute relative transition important weight inherit radius webkit display overflow visible margin \
    bottom right middle cursor pointer before active hover first child justify between direction column space \
    white black submit number animation delay duration uppercase lowercase normal repeat cover decoration \
    underline https static assets default container wrapper";

/// Bits of a character in a piece of five.
const WIDE: u32 = 12;
/// Bits of a character in a piece of eight.
const SLIM: u32 = 7;
const FIVE: u64 = (1 << (5 * WIDE)) - 1;
const EIGHT: u64 = (1 << (8 * SLIM)) - 1;
const TAG: u64 = 1 << 63;
/// Marks a piece that has signs in it.
const SIGNS: u64 = 1 << 62;
/// Longest secret whose digest is known, bytes.
const LONGEST_DIGESTED: usize = 64;

/// The Latin letters that those from U+0430 on look like.
const LOOKS: &[u8; 41] = b"a b  e    k mho pcty x               si j";

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
    /// What was typed into the field that the visitor is in.
    typed: String,
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
        self.wipe_typed();
        (self.stage, self.full) = (None, false);
    }

    /// Forgets what was typed letter by letter, though not what it told.
    pub(super) fn wipe_typed(&mut self) {
        Raw(std::mem::take(&mut self.typed)).wipe();
    }

    /// Takes in what was typed next.
    pub(super) fn learn_typed(&mut self, kind: Kind, piece: &str) {
        if self.typed.len() + piece.len() > MOST_TYPED {
            self.wipe_typed();
        }
        if self.typed.capacity() == 0 {
            self.typed.reserve_exact(MOST_TYPED); // growing would leave copies behind
        }
        self.typed.push_str(scan::part(piece, 0, MOST_TYPED.min(piece.len())));
        let typed = std::mem::take(&mut self.typed);
        self.learn(kind, &typed);
        self.typed = typed;
    }

    pub(super) const fn new() -> Self {
        Self {
            pieces: Set { slots: Vec::new(), count: 0 },
            short: Vec::new(),
            exact: Vec::new(),
            stage: None,
            typed: String::new(),
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
        } else {
            let short = codes.len() < 5;
            let known = self.learn_pieces(&codes, 0);
            let mut leet: Vec<char> = codes.iter().map(|c| leet(*c)).collect();
            self.learn_pieces(&leet, 0);
            leet.fill('\0');
            black_box(&leet);
            let signs = self.learn_pieces(&signs(value), SIGNS);
            if short && codes.len() >= 3 && kind != Kind::CardOther {
                let key = word(&codes);
                self.add_short(key);
                self.stage = Some((kind, key, false));
            }
            if !short {
                self.learn_encodings(value);
            }
            if !known && !signs && (!short || value.trim_ascii().len() > codes.len().max(3)) {
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

    /// Whether any piece is a secret at all, not a word of every page. Pieces without signs are known as such.
    fn learn_pieces(&mut self, codes: &[char], tag: u64) -> bool {
        let mut told = false;
        for piece in codes.windows(5) {
            let key = piece.iter().fold(0, |w, c| w << WIDE | wide(*c)) | tag;
            // Most of what is typed was there a letter ago.
            if self.pieces.has(key) {
                told = true;
                continue;
            }
            let plain = piece.iter().all(|c| !is_sign(*c));
            if tag > 0 && (plain || is_number(piece)) || is_public(piece) {
                continue;
            }
            told = true;
            self.pieces.add(key);
            self.pieces.add(piece.iter().rev().fold(0, |w, c| w << WIDE | wide(*c)) | tag);
        }
        told
    }

    /// As it is, in small letters and in capitals, each backwards too, and its digest. What is escaped is read
    /// without its escapes.
    fn learn_encodings(&mut self, value: &str) {
        let value = scan::part(value, 0, LONGEST.min(value.len()));
        for form in [value, &scan::lower(value), &value.to_ascii_uppercase()] {
            let turned: String = form.chars().rev().collect();
            self.learn_encoded(form.as_bytes());
            self.learn_encoded(turned.as_bytes());
        }
        let mut decimal = Pieces::default();
        for c in value.chars() {
            decimal.number(c as u32, 10, 1, &mut self.pieces);
        }
        for b in value.bytes() {
            decimal.number(u32::from(b), 10, 1, &mut self.pieces);
        }
        if value.len() <= LONGEST_DIGESTED {
            self.learn_encoded(&afterimage_wire::batch::sha256::<32>(value.as_bytes()));
        }
    }

    /// Hexadecimal, and base64 in its three alignments.
    fn learn_encoded(&mut self, bytes: &[u8]) {
        let mut hex = Pieces::default();
        for b in bytes {
            hex.number(u32::from(*b), 16, 2, &mut self.pieces);
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
        // Only a month below ten is written with one digit.
        let without = if m == '0' { 1 } else { 0 };
        for skip in 0..=without {
            for form in [&[m, n, y, z][..], &[m, n, '2', '0', y, z]] {
                self.add_short(word(form.get(skip..).unwrap_or_default()));
            }
        }
        self.add_short(word(&['2', '0', y, z, m, n]));
        self.add_short(word(&[y, z, m, n]));
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

    /// A number that is another when something was learnt.
    pub(super) fn told(&self) -> u64 {
        self.short.iter().fold(self.pieces.count as u64, |sum, key| sum.wrapping_add(*key))
    }

    /// Whether `text` holds a secret or a piece of one.
    pub(super) fn echoes(&self, text: &str) -> bool {
        let mut hit = self.holds_exact(text);
        for escapes in [false, true] {
            let seen = Seen::default();
            Scanner { ledger: self, numeric: false, escapes, seen }.scan(text, &|_| 0, &mut |_| hit = true);
        }
        hit
    }

    /// Whether `text` holds one of the secrets that have no pieces.
    pub(super) fn holds_exact(&self, text: &str) -> bool {
        self.full || self.exact.iter().any(|e| scan::has_bytes(text.as_bytes(), e))
    }
}

/// A letter as people write it who like digits.
fn leet(c: char) -> char {
    match c {
        'a' => '4',
        'e' => '3',
        'i' => '1',
        'o' => '0',
        's' => '5',
        c => c,
    }
}

/// A letter as the ledger compares it: without its accent, and as the Latin one it looks like.
fn code(letter: &Letter) -> Option<char> {
    let c = bare(letter.folded?);
    let like = (c as usize).checked_sub(0x430).and_then(|at| LOOKS.get(at)).filter(|like| **like > b' ');
    Some(like.map_or(c, |like| char::from(*like)))
}

/// A letter, or a sign, as pieces with signs have it; nothing for white space and what cannot be seen.
fn sign(code: Option<char>, plain: char) -> Option<char> {
    code.or_else(|| is_sign(plain).then_some(plain))
}

fn is_sign(c: char) -> bool {
    c.is_ascii_punctuation() || matches!(c, '¡'..='¬' | '®'..='¿' | '€')
}

/// What of a value counts.
#[inline(never)]
fn codes(value: &str) -> Vec<char> {
    scan::letters(value).filter_map(|l| code(&l)).take(LONGEST).collect()
}

fn signs(value: &str) -> Vec<char> {
    scan::letters(value).filter_map(|l| sign(code(&l), l.plain)).take(LONGEST).collect()
}

/// Digits and what numbers are written with: pages are full of them.
fn is_number(piece: &[char]) -> bool {
    piece.iter().all(|c| matches!(c, '0'..='9' | '-' | '.' | '/' | ':' | ','))
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

/// Where a piece of a secret is.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// Position of its first character.
    pub(super) from: u32,
    /// Position of its last one.
    pub(super) to: u32,
    /// Whether signs are part of it.
    pub(super) signs: bool,
}

/// The last characters of a kind that were read, and the first and last position of each.
#[derive(Clone, Copy, Default)]
struct Last {
    piece: u64,
    count: usize,
    at: [(u32, u32); 8],
}

impl Last {
    fn push(&mut self, c: char, spot: (u32, u32)) {
        self.piece = (self.piece << WIDE | wide(c)) & FIVE;
        if let Some(slot) = self.at.get_mut(self.count & 7) {
            *slot = spot;
        }
        self.count += 1;
    }

    /// The positions of so many characters.
    fn span(&self, length: usize, signs: bool) -> Span {
        let at = |back: usize| self.at.get(self.count.wrapping_sub(back) & 7).copied().unwrap_or_default();
        Span { from: at(length).0, to: at(1).1, signs }
    }
}

/// What a scanner has read last.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    /// Letters alone, and letters and signs.
    letters: Last,
    all: Last,
    eight: u64,
    /// How many letters in a row are ASCII.
    slim: u32,
    /// How many letters were read since a sign.
    plain: u32,
    /// Pieces of five in a row that were found.
    run: u32,
    /// Which of the last eight letters began a word, the newest in the lowest bit.
    begins: u8,
    inside: bool,
}

impl Seen {
    /// As read before anything that has a position.
    pub(super) fn before(mut self) -> Self {
        (self.letters.at, self.all.at) = Default::default();
        self
    }
}

/// Reads text and finds secrets in it. Positions are whatever the caller counts in.
pub(super) struct Scanner<'a> {
    pub(super) ledger: &'a Ledger,
    /// Digits alone count from six on, or five where a number begins, and short secrets not at all: for CSS and
    /// attributes, full of numbers.
    pub(super) numeric: bool,
    /// Whether escapes are undone.
    pub(super) escapes: bool,
    pub(super) seen: Seen,
}

impl Scanner<'_> {
    /// Reads `text`; `place` gives the position of a byte, `hit` is told of every piece. A word ends with the text.
    pub(super) fn scan(&mut self, text: &str, place: &dyn Fn(usize) -> u32, hit: &mut dyn FnMut(Span)) {
        let letters = if self.escapes { scan::unescaped(text) } else { scan::letters(text) };
        for letter in letters {
            let spot = (place(letter.start), place(letter.end - 1));
            let code = code(&letter);
            let found = match code {
                Some(c) => self.push(c, spot),
                None => self.end_word(),
            };
            found.into_iter().for_each(&mut *hit);
            let seen = &mut self.seen;
            if let Some(sign) = sign(code, letter.plain) {
                seen.all.push(sign, spot);
                seen.plain = if code.is_some() { seen.plain + 1 } else { 0 };
                if seen.plain < 5 && seen.all.count >= 5 && self.ledger.pieces.has(seen.all.piece | SIGNS) {
                    hit(seen.all.span(5, true));
                }
            }
        }
        self.end_word().into_iter().for_each(hit);
    }

    fn push(&mut self, c: char, spot: (u32, u32)) -> Option<Span> {
        let seen = &mut self.seen;
        seen.begins = seen.begins << 1 | u8::from(!seen.inside);
        seen.inside = true;
        seen.letters.push(c, spot);
        seen.slim = if c.is_ascii() { seen.slim + 1 } else { 0 };
        seen.eight = (seen.eight << SLIM | u64::from(c as u32) & 0x7F) & EIGHT;
        let (mut length, five) = (0, seen.letters.piece);
        if seen.letters.count >= 5 && self.ledger.pieces.has(five) {
            seen.run += 1;
            length = 5;
            if self.numeric && is_digits(five) {
                let before = (seen.eight >> (5 * SLIM)) as u8 & 0x7F;
                let alone = seen.begins & 0xF == 0 && (seen.begins & 0x10 > 0 || !before.is_ascii_digit());
                length = if seen.run >= 2 {
                    6
                } else if alone {
                    5
                } else {
                    0
                };
            }
        } else {
            seen.run = 0;
        }
        if seen.slim >= 8 && self.ledger.pieces.has(seen.eight | TAG) {
            length = 8;
        }
        (length > 0).then(|| seen.letters.span(length, false))
    }

    /// Looks whether a short secret ends here.
    fn end_word(&mut self) -> Option<Span> {
        let seen = &mut self.seen;
        if !std::mem::take(&mut seen.inside) || self.numeric || self.ledger.short.is_empty() {
            return None;
        }
        let length = (3..=6usize).rev().find(|n| {
            let key = if *n > 5 {
                seen.eight & ((1 << (6 * SLIM)) - 1)
            } else {
                seen.letters.piece & ((1 << (WIDE * *n as u32)) - 1)
            };
            seen.letters.count >= *n
                && seen.begins >> (n - 1) & 1 == 1
                && self.ledger.short.contains(&(key | (*n as u64) << 60))
        })?;
        Some(seen.letters.span(length, false))
    }
}

/// Whether all five characters of a piece are digits.
fn is_digits(piece: u64) -> bool {
    piece & 0xFF0_FF0_FF0_FF0_FF0 == 0x030_030_030_030_030
}
