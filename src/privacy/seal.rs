//! The second gate: the strings of a batch, all together, before they leave.

use afterimage_wire::BatchWriter;
use afterimage_wire::strings::{Column, Role};

use super::MASK;
use super::field::Kind;
use super::ledger::{Ledger, Scanner};
use super::pattern;
use super::report::{Counters, Rule};
use super::scan;
use super::words::announces;

/// What stands for a word that was withheld, where text has to stay what it is: a name in CSS, nothing in a search.
const HOLE: &str = "_";
/// How many entries back a text may announce a number.
const BACK: usize = 6;
/// How often what is left is looked at again.
const ROUNDS: usize = 4;
/// Longest text that announces something, bytes.
const LABEL: usize = 80;

/// Redacts what is in the table.
pub(super) fn seal(ledger: &Ledger, counters: &Counters, batch: &mut BatchWriter) {
    let mut marks = Marks {
        entries: vec![None; batch.table().column(Role::Text).len()],
        any: false,
        fresh: false,
        near: false,
    };
    let column = batch.table().column(Role::Text);
    if !ledger.is_empty() {
        // What is left after a round may only now stand together.
        for _ in 0..ROUNDS {
            marks.fresh = false;
            echoes(ledger, column, &mut marks);
            if !marks.fresh {
                break;
            }
            marks.spread(column);
        }
    }
    Series { column, marks: &mut marks, run: Vec::new(), digits: Vec::new(), labels: Vec::new(), step: 0 }
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
        let skip = afterimage_wire::strings::Table::first(role);
        let column = batch.table().column(role);
        if !column.iter().skip(skip).any(|text| redacted(ledger, text, numeric).is_some()) {
            continue;
        }
        batch.table_mut().replace(role, |i, text| {
            let new = (i >= skip).then(|| redacted(ledger, text, numeric)).flatten()?;
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

/// Reads the column as one text: what belongs together in the document stands together here.
fn echoes(ledger: &Ledger, column: &Column, marks: &mut Marks) {
    let mut scanner = Scanner::new(ledger, false);
    for (i, text) in column.iter().enumerate() {
        if marks.entries.get(i).is_some_and(Option::is_some) {
            continue;
        }
        scanner.scan(text, |_| i as u32, |(from, to)| marks.mark(from as usize, to as usize, Rule::Echo));
        if ledger.holds_exact(text) {
            marks.mark(i, i, Rule::Echo);
        }
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
    let mut spans: Vec<(usize, usize)> = Vec::new();
    Scanner::new(ledger, numeric).scan(
        text,
        |at| at as u32,
        |(from, to)| {
            let (from, to) = (from as usize, to as usize);
            match spans.last_mut() {
                Some(last) if from <= last.1 => {
                    last.0 = last.0.min(from);
                    last.1 = last.1.max(to);
                }
                _ => spans.push((from, to)),
            }
        },
    );
    if spans.is_empty() {
        return None;
    }
    let mut out = String::new();
    let (mut at, mut next) = (0, 0);
    while at < text.len() {
        let end = word_end(text, at);
        while spans.get(next).is_some_and(|(_, to)| *to < at) {
            next += 1;
        }
        let hit = spans.get(next).is_some_and(|(from, _)| *from < end);
        out.push_str(if hit { HOLE } else { scan::part(text, at, end) });
        at = end;
        if let Some(sign) = scan::rest(text, at).chars().next() {
            out.push(sign);
            at += sign.len_utf8();
        }
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
    marks: &'a mut Marks,
    /// Entries in a row that are digits only: which, and how many digits.
    run: Vec<(usize, usize)>,
    digits: Vec<u8>,
    /// The entries that are words: their step, which they are, what they announce once that was asked.
    labels: Vec<(usize, usize, Option<Option<Kind>>)>,
    step: usize,
}

impl Series<'_> {
    fn read(mut self) {
        for i in 0..self.column.len() {
            let Some(text) = self.column.get(i) else { continue };
            if afterimage_wire::strings::is_blank(text) {
                continue;
            }
            self.step += 1;
            let digits = scan::count(text, scan::is_digit);
            let letters =
                text.len() > 32 || scan::letters(text).any(|l| l.folded.is_some_and(|c| !c.is_ascii_digit()));
            if digits > 0 && !letters {
                self.number(i, text, digits);
                continue;
            }
            if letters {
                self.end_run();
            }
            if digits > 0 && text.len() <= 24 && self.announced(i, text) {
                continue;
            }
            if letters && text.len() <= LABEL {
                self.labels.push((self.step, i, None));
            }
        }
        self.end_run();
    }

    fn number(&mut self, i: usize, text: &str, count: usize) {
        // Prices, ranges and times are no part of a longer number.
        if !scan::all(text.trim_ascii(), |b| b.is_ascii_digit() || matches!(b, b' ' | b'-')) {
            self.end_run();
            self.announced(i, text);
            return;
        }
        self.digits.extend(text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0'));
        self.run.push((i, count));
        self.cards();
        if (3..=10).contains(&count) {
            self.announced(i, text);
        }
        // A long column of numbers is not one number.
        if self.run.len() > 64 {
            self.end_run();
        }
    }

    /// Card numbers that end with the last entry and begin with another.
    fn cards(&mut self) {
        let (mut total, mut even) = (0, true);
        for (back, (i, count)) in self.run.iter().rev().enumerate() {
            total += count;
            even &= *count <= 6;
            if total > 19 || !even {
                return;
            }
            let digits = self.digits.get(self.digits.len() - total..).unwrap_or_default();
            let cells = total == back + 1;
            if back > 0 && (cells || back < 6) && pattern::is_card(digits) {
                let last = self.run.last().map_or(*i, |r| r.0);
                return self.marks.mark(*i, last, Rule::Card);
            }
        }
    }

    /// Digits in cells of their own, four to eight of them, after a text that announces a code.
    fn end_run(&mut self) {
        let cells = self.run.iter().all(|(_, count)| *count == 1);
        let counted = self.digits.windows(2).all(|w| matches!(w, [a, b] if *b == a + 1));
        if cells
            && !counted
            && (3..=8).contains(&self.run.len())
            && let (Some((from, _)), Some((to, _))) = (self.run.first().copied(), self.run.last().copied())
            && self.announced_before(self.step.saturating_sub(self.run.len()), Some).is_some()
        {
            self.marks.mark(from, to, Rule::Code);
        }
        self.run.clear();
        self.digits.clear();
    }

    /// The first thing the labels before step `step` announce that `fits`: the nearest two may announce anything,
    /// the others what cards have.
    fn announced_before<T>(&mut self, step: usize, fits: impl Fn(Kind) -> Option<T>) -> Option<T> {
        let column = self.column;
        for (back, (at, i, kind)) in self.labels.iter_mut().rev().take(BACK).enumerate() {
            let away = step.saturating_sub(*at);
            let kind = *kind.get_or_insert_with(|| column.get(*i).and_then(announces));
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
        let Some(rule) = self.announced_before(self.step, |kind| pattern::lone_code(kind, text.trim_ascii()))
        else {
            return false;
        };
        self.marks.mark(i, i, rule);
        true
    }
}
