//! The second gate: the strings of a batch, all together, before they leave.

use afterimage_wire::BatchWriter;
use afterimage_wire::strings::{Column, Role};

use super::MASK;
use super::field::{Kind, is_phrase, is_phrase_word};
use super::ledger::{Ledger, Scanner, Seen, Span};
use super::pattern;
use super::report::{Counters, Rule};
use super::scan;
use super::seen::{self, HARMLESS};
use super::words::announces;

/// What stands for a word that was withheld, where text has to stay what it is: a name in CSS, nothing in a search.
const HOLE: &str = "_";
/// How many entries back a text may announce a number.
const BACK: usize = 6;
/// How often what is left is looked at again.
const ROUNDS: usize = 4;
/// Longest text that announces something, bytes.
const LABEL: usize = 80;

/// What was read last of the batches before: of all text, and of short texts alone. Who shows a secret bit by bit does
/// not care where a batch ends, nor what else changes meanwhile.
pub(super) type Tails = [Seen; 2];

/// Redacts what is in the table.
pub(super) fn seal(
    ledger: &Ledger,
    tails: &mut Tails,
    counters: &Counters,
    known: &seen::Seen,
    batch: &mut BatchWriter,
) {
    let column = batch.table().column(Role::Text);
    let mut marks = Marks { entries: vec![None; column.len()], any: false, fresh: false, near: false };
    if !ledger.is_empty() {
        for (tail, which) in tails.iter_mut().zip([Which::All, Which::Short]) {
            *tail = echoes(ledger, column, which, *tail, &mut marks).before();
        }
        escaped(ledger, column, &mut marks);
        // What is left after a round may only now stand together.
        for _ in 1..ROUNDS {
            if !core::mem::take(&mut marks.fresh) {
                break;
            }
            marks.spread(column);
            echoes(ledger, column, Which::Left, Seen::default(), &mut marks);
        }
    }
    Series {
        column,
        known,
        marks: &mut marks,
        run: Vec::new(),
        digits: Vec::new(),
        labels: Vec::new(),
        step: 0,
        words: Vec::new(),
        told: false,
    }
    .read();
    if marks.any {
        batch.table_mut().replace(Role::Text, |i, _| {
            let rule = marks.entries.get(i).copied().flatten()?;
            counters.count(rule);
            Some(MASK)
        });
    }
    if ledger.is_empty() {
        return;
    }
    for role in [Role::Name, Role::Value, Role::Css, Role::Url, Role::Input, Role::Data] {
        let numeric = matches!(role, Role::Name | Role::Value | Role::Css | Role::Url);
        batch.table_mut().replace(role, |_, text| {
            let new = redacted(ledger, text, numeric)?;
            counters.count(Rule::Echo);
            Some(new)
        });
    }
}

/// Which entries of the text column go, and by which rule.
struct Marks {
    entries: Vec<Option<Rule>>,
    any: bool,
    /// Whether this round found something.
    fresh: bool,
    /// Whether the entry looked at last is part of a secret.
    near: bool,
}

impl Marks {
    fn mark(&mut self, from: usize, to: usize, rule: Rule) {
        for entry in self.entries.get_mut(from..=to).unwrap_or_default() {
            entry.get_or_insert(rule);
            self.any = true;
            self.fresh = true;
        }
    }

    /// Entries of one or two characters beside an echo are part of it: a secret spelt out in cells.
    fn spread(&mut self, column: &Column) {
        let count = self.entries.len();
        if !self.any {
            return;
        }
        for step in 0..count * 2 {
            // Forwards, then backwards.
            if step == 0 || step == count {
                self.near = false;
            }
            let i = if step < count { step } else { count * 2 - 1 - step };
            let length = column.get(i).map_or(0, length);
            let Some(entry) = self.entries.get_mut(i) else { continue };
            match length {
                0 => {}
                _ if entry.is_some() => self.near = length <= 5,
                1 | 2 if self.near => *entry = Some(Rule::Echo),
                _ => self.near = false,
            }
        }
    }
}

/// Which entries are read.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    All,
    /// Those of a few letters.
    Short,
    /// Those that do not go.
    Left,
}

/// Reads entries of the column as one text: what belongs together in the document stands together here.
#[inline(never)]
fn echoes(ledger: &Ledger, column: &Column, which: Which, seen: Seen, marks: &mut Marks) -> Seen {
    let mut scanner = Scanner { ledger, numeric: false, escapes: false, seen };
    for (i, text) in column.iter().enumerate() {
        let read = |i: usize, marks: &Marks| match which {
            Which::All => true,
            Which::Short => column.get(i).map_or(0, length) < 5,
            Which::Left => marks.entries.get(i) == Some(&None),
        };
        if !read(i, marks) {
            continue;
        }
        scanner.scan(text, &|_| i as u32, &mut |span: Span| {
            for i in span.from as usize..=i {
                if read(i, marks) {
                    marks.mark(i, i, Rule::Echo);
                }
            }
        });
        if ledger.holds_exact(text) {
            marks.mark(i, i, Rule::Echo);
        }
    }
    scanner.seen
}

/// Reads the column once more as one text, with its escapes undone.
fn escaped(ledger: &Ledger, column: &Column, marks: &mut Marks) {
    let (mut text, mut ends) = (String::new(), Vec::new());
    for entry in column.iter() {
        text.push_str(entry);
        ends.push(text.len());
    }
    if scan::has_escapes(&text) {
        let mut scanner = Scanner { ledger, numeric: false, escapes: true, seen: Seen::default() };
        let place = |at| ends.partition_point(|end| *end <= at) as u32;
        scanner.scan(&text, &place, &mut |span| marks.mark(span.from as usize, span.to as usize, Rule::Echo));
    }
}

/// A string without the secrets in it: words that hold a piece of one become a `_`, signs stay, so that style
/// sheets and JSON remain what they are.
fn redacted(ledger: &Ledger, text: &str, numeric: bool) -> Option<String> {
    let mut out = redacted_once(ledger, text, numeric)?;
    for _ in 0..ROUNDS {
        match redacted_once(ledger, &out, numeric) {
            Some(more) => out = more,
            None => return Some(out),
        }
    }
    Some(HOLE.into())
}

fn redacted_once(ledger: &Ledger, text: &str, numeric: bool) -> Option<String> {
    if ledger.holds_exact(text) {
        return Some(HOLE.into());
    }
    // Of each byte: whether it is part of an echo, and whether signs are too.
    let mut gone = vec![0; text.len()];
    let mut any = false;
    for escapes in [false, true] {
        if !escapes || scan::has_escapes(text) {
            let mut scanner = Scanner { ledger, numeric, escapes, seen: Seen::default() };
            scanner.scan(text, &|at| at as u32, &mut |span| {
                any = true;
                for byte in gone.get_mut(span.from as usize..=span.to as usize).unwrap_or_default() {
                    *byte |= 1 | u8::from(span.signs) << 1;
                }
            });
        }
    }
    if !any {
        return None;
    }
    let mut out = String::new();
    let mut at = 0;
    while at < text.len() {
        let mut end = word_end(text, at);
        let word = end > at;
        end += if word { 0 } else { scan::rest(text, at).chars().next().map_or(1, char::len_utf8) };
        let held = gone.get(at..end).unwrap_or_default().iter().fold(0, |held, byte| held | byte);
        if held == 0 || held == 1 && !word {
            out.push_str(scan::part(text, at, end));
        } else if word || !out.ends_with(HOLE) {
            out.push_str(HOLE);
        }
        at = end;
    }
    Some(out)
}

/// Where the word at a place ends.
fn word_end(text: &str, at: usize) -> usize {
    let word = scan::rest(text, at);
    at + scan::letters(word).find(|l| l.folded.is_none()).map_or(word.len(), |l| l.start)
}

/// How many letters a text has, as far as six.
fn length(text: &str) -> usize {
    scan::letters(text).filter(|l| l.folded.is_some()).take(6).count()
}

/// Reads the column for what is only a secret together: a card number in four cells, a code after its label.
struct Series<'a> {
    column: &'a Column,
    /// The labels that announce nothing.
    known: &'a seen::Seen,
    marks: &'a mut Marks,
    /// Entries in a row that are digits only: which, and how many digits.
    run: Vec<(usize, usize)>,
    digits: Vec<u8>,
    /// The entries that are words: their step, which they are, what they announce once that was asked.
    labels: Vec<(usize, usize, Option<Option<Kind>>)>,
    step: usize,
    /// Entries in a row that could be words of a recovery phrase, if something announced one.
    words: Vec<usize>,
    told: bool,
}

impl Series<'_> {
    fn read(mut self) {
        for i in 0..self.column.len() {
            let Some(text) = self.column.get(i) else { continue };
            if afterimage_wire::strings::is_blank(text) {
                continue;
            }
            self.step += 1;
            let (mut digits, mut letters) = (Vec::new(), text.len() > 32);
            for letter in scan::letters(text) {
                match pattern::digit(letter.folded) {
                    Some(digit) => digits.push(digit),
                    None => letters |= letter.folded.is_some(),
                }
            }
            if !digits.is_empty() && !letters {
                self.number(i, text, &digits);
                continue;
            }
            if letters {
                self.end_run();
            }
            if !digits.is_empty() && text.len() <= LABEL && self.announced(i, text) {
                continue;
            }
            if letters {
                self.word(i, text);
            }
            if letters && text.len() <= LABEL {
                self.labels.push((self.step, i, None));
            }
        }
        self.end_run();
    }

    /// A recovery phrase, as one text or a word a cell.
    fn word(&mut self, i: usize, text: &str) {
        if text.len() > 40 && is_phrase(text) {
            self.marks.mark(i, i, Rule::Token);
        }
        if !is_phrase_word(text.trim_ascii()) {
            return self.words.clear();
        }
        if self.words.is_empty() {
            let fits = |kind| matches!(kind, Kind::Token | Kind::Password).then_some(Rule::Token);
            self.told = self.announced_before(self.step, &fits).is_some();
        }
        self.words.push(i);
        if self.told && self.words.len() >= 12 {
            let from = if self.words.len() == 12 { 0 } else { self.words.len() - 1 };
            for i in self.words.get(from..).unwrap_or_default() {
                self.marks.mark(*i, *i, Rule::Token);
            }
        }
    }

    fn number(&mut self, i: usize, text: &str, digits: &[u8]) {
        // Prices, ranges and times are no part of a longer number.
        if !scan::letters(text.trim_ascii()).all(|l| l.folded.is_some() || matches!(l.plain, ' ' | '-')) {
            self.end_run();
            self.announced(i, text);
            return;
        }
        self.digits.extend_from_slice(digits);
        self.run.push((i, digits.len()));
        self.cards(self.run.len(), false);
        if digits.len() >= 3 {
            self.announced(i, text);
        }
        // A long column of numbers is not one number.
        if self.run.len() > 64 {
            self.end_run();
        }
    }

    /// Card numbers that end with an entry of the run and begin with another: in groups as they are printed, or in `any`.
    fn cards(&mut self, end: usize, any: bool) {
        let run = self.run.get(..end).unwrap_or_default();
        let before = run.iter().map(|run| run.1).sum();
        let (mut total, mut size, mut printed) = (0, 0, true);
        for (back, (from, count)) in run.iter().rev().enumerate() {
            total += count;
            match back {
                0 => {}
                1 => {
                    size = *count;
                    printed = matches!(size, 1 | 4 | 6);
                }
                2 if size == 6 => printed = *count == 4,
                _ => printed &= size < 6 && *count == size,
            }
            if total > 19 || *count > 6 {
                return;
            }
            let digits = self.digits.get(before - total..before).unwrap_or_default();
            if (any || printed && back > 0) && pattern::is_card(digits) {
                let to = run.last().map_or(*from, |run| run.0);
                return self.marks.mark(*from, to, Rule::Card);
            }
        }
    }

    /// Digits in cells of their own, four to eight of them, after a text that announces a code.
    fn end_run(&mut self) {
        // A few numbers may be a card's in groups of any size. In a long column one pair in ten would be by chance.
        for end in 1..=self.run.len() {
            self.cards(end, self.run.len() <= 8);
        }
        let cells = self.run.iter().all(|(_, count)| *count == 1);
        let counted = self.digits.windows(2).all(|w| matches!(w, [a, b] if *b == a + 1));
        if cells
            && !counted
            && (3..=8).contains(&self.run.len())
            && let (Some((from, _)), Some((to, _))) = (self.run.first().copied(), self.run.last().copied())
            && self
                .announced_before(self.step.saturating_sub(self.run.len()), &|_| Some(Rule::Code))
                .is_some()
        {
            self.marks.mark(from, to, Rule::Code);
        }
        self.run.clear();
        self.digits.clear();
    }

    /// The first thing the labels before step `step` announce that `fits`: the nearest two may announce anything,
    /// the others what cards have.
    #[inline(never)]
    fn announced_before(&mut self, step: usize, fits: &dyn Fn(Kind) -> Option<Rule>) -> Option<Rule> {
        let (column, known) = (self.column, self.known);
        for (back, (at, i, kind)) in self.labels.iter_mut().rev().take(BACK).enumerate() {
            let away = step.saturating_sub(*at);
            let kind = *kind.get_or_insert_with(|| {
                let text = column.get(*i)?;
                let key = seen::key(HARMLESS, "", "", text);
                let kind = if known.has(key) { None } else { announces(text) };
                if kind.is_none() {
                    known.note(key);
                }
                kind
            });
            let Some(kind) = kind else { continue };
            let card = matches!(kind, Kind::CardCode | Kind::Expiry | Kind::Card) && away <= BACK;
            if (card || back < 2 && away <= 3)
                && let Some(found) = fits(kind)
            {
                return Some(found);
            }
        }
        None
    }

    /// Marks an entry that is a number or a code when something before it says so.
    fn announced(&mut self, i: usize, text: &str) -> bool {
        let text = text.trim_ascii();
        // These stand for all kinds: what is no code of any of them need not be asked for.
        let any = [Kind::CardCode, Kind::Card, Kind::Code, Kind::Bank];
        if any.iter().all(|kind| pattern::lone_code(*kind, text).is_none()) {
            return false;
        }
        let Some(rule) = self.announced_before(self.step, &|kind| pattern::lone_code(kind, text)) else {
            return false;
        };
        self.marks.mark(i, i, rule);
        true
    }
}
