//! Shapes of secrets that no field declared: cards, accounts, codes, tokens, addresses, in running text.

use super::MASK;
use super::field::Kind;
use super::report::Rule;
use super::scan::{self, Letter, Parts, count, has, is_digit, is_letter, is_name, is_plain, part, rest};
use super::token::{is_mixed, is_random};
use super::url;
use super::words::announces;

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Shapes {
    /// E-mail addresses and phone numbers too.
    pub(super) contact: bool,
    /// The text is one that holds codes: `code`, `kbd`, `output`.
    pub(super) code: bool,
}

/// A piece of text that goes: its bytes, and the rule.
pub(super) struct Find {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: Rule,
}

/// What has to go from a text, in order, without overlaps.
#[derive(Default)]
pub(super) struct Finds(pub(super) Vec<Find>);

impl Finds {
    #[inline(never)]
    fn add(&mut self, mut start: usize, mut end: usize, mut rule: Rule) {
        self.0.retain(|find| {
            let apart = find.end < start || find.start > end;
            if !apart {
                start = start.min(find.start);
                end = end.max(find.end);
                // What has the lower number tells more.
                if (find.rule as u8) < rule as u8 {
                    rule = find.rule;
                }
            }
            apart
        });
        let at = self.0.iter().take_while(|find| find.start < start).count();
        self.0.insert(at, Find { start, end, rule });
    }
}

/// How far from a number a word that announces it may stand, bytes.
const NEAR: usize = 40;

/// Everything that has to go from a text. Most text has nothing.
pub(super) fn find(text: &str, shapes: Shapes) -> Vec<Find> {
    let mut finds = Finds::default();
    let (mut run, mut longest, mut digits, mut odd) = (0usize, 0, false, false);
    for b in text.bytes() {
        run = if is_name(b) { run + 1 } else { 0 };
        longest = longest.max(run);
        digits |= b.is_ascii_digit() || b >= 0xD9;
        odd |= matches!(b, b'@' | b'=' | b'%' | b':');
    }
    if digits {
        numbers(text, shapes, &mut finds);
    }
    if longest >= 10 || odd || digits && longest >= 6 {
        tokens(text, shapes, &mut finds);
    }
    if odd {
        pairs(text, &mut finds);
    }
    finds.0
}

/// Replaces what was found.
pub(super) fn redact(text: &str, finds: &[Find]) -> String {
    let mut out = String::new();
    let mut done = 0;
    for find in finds {
        out.push_str(part(text, done, find.start));
        out.push_str(MASK);
        done = find.end;
    }
    out.push_str(rest(text, done));
    out
}

/// Digits that belong together.
#[derive(Clone, Copy, Default)]
pub(super) struct Group {
    start: usize,
    end: usize,
    count: usize,
    /// Where its digits are among all digits.
    first: usize,
}

/// A number in a text: groups of digits with little between them.
#[derive(Default)]
struct Number {
    groups: Vec<Group>,
    digits: Vec<u8>,
}

/// Finds the numbers of a text.
fn numbers(text: &str, shapes: Shapes, finds: &mut Finds) {
    let mut number = Number::default();
    let mut gap = 0usize;
    let mut letters = scan::letters(text);
    loop {
        if number.groups.is_empty() {
            letters.skip_over(|b| b.is_ascii() && !b.is_ascii_digit());
        }
        let Some(letter) = letters.next() else { break };
        let (c, folded) = (letter.plain, letter.folded);
        if let Some(d) = digit(folded) {
            number.push(&letter, d, gap > 0);
            gap = 0;
        } else if !number.groups.is_empty() {
            gap += 1;
            let joins =
                matches!(c, ' ' | '-' | '.' | '/' | '(' | ')' | '_') || c >= '\u{a0}' && folded.is_none();
            if !joins || gap > 3 {
                number.judge(text, shapes, finds);
                number = Number::default();
                gap = 0;
            }
        }
    }
    number.judge(text, shapes, finds);
}

pub(super) fn digit(folded: Option<char>) -> Option<u8> {
    folded.filter(char::is_ascii_digit).map(|c| c as u8 & 15)
}

impl Number {
    fn push(&mut self, letter: &Letter, digit: u8, apart: bool) {
        let (start, end) = (letter.start, letter.end);
        match self.groups.last_mut() {
            Some(last) if !apart => {
                last.end = end;
                last.count += 1;
            }
            _ => self.groups.push(Group { start, end, count: 1, first: self.digits.len() }),
        }
        self.digits.push(digit);
    }

    fn judge(&self, text: &str, shapes: Shapes, finds: &mut Finds) {
        let (Some(first), Some(last)) = (self.groups.first(), self.groups.last()) else { return };
        let (start, end) = (first.start, last.end);
        self.cards(finds);
        // What belongs to a card stands beside it.
        let near = |f: &Find| f.rule == Rule::Card && f.end <= start && f.end + NEAR + NEAR > start;
        if finds.0.iter().any(near)
            && let Some(rule) =
                [Kind::Expiry, Kind::CardCode].into_iter().find_map(|k| code_rule(k, text, &self.groups))
        {
            return finds.add(start, end, rule);
        }
        if let Some((from, to)) = account(text, start) {
            return finds.add(from, end.max(to), Rule::Account);
        }
        for three in self.groups.windows(3) {
            if let [a, b, c] = three
                && (a.count, b.count, c.count) == (3, 2, 4)
                && scan::first_of(part(text, a.start, c.end), "./()", 0) == c.end - a.start
            {
                finds.add(a.start, c.end, Rule::Account);
            }
        }
        let (before, after) = (part(text, 0, start), rest(text, end));
        if self.is_lone_code(text) && is_sign(before) && is_sign(after) {
            return finds.add(start, end, Rule::Code);
        }
        if shapes.contact && self.is_phone(part(text, start, end), before, after) {
            let plus = before.bytes().rev().take_while(|b| matches!(b, b'+' | b'(')).count();
            return finds.add(start - plus, end, Rule::Contact);
        }
        if self.digits.len() >= 3 {
            self.announced(text, finds);
        }
    }

    /// Card numbers: whole groups, and what follows right behind.
    fn cards(&self, finds: &mut Finds) {
        if self.digits.len() < 13 {
            return;
        }
        for (i, from) in self.groups.iter().enumerate() {
            if from.count > 19 {
                finds.add(from.start, from.end, Rule::Token);
            }
            for to in self.groups.iter().skip(i) {
                let digits = self.digits.get(from.first..to.first + to.count).unwrap_or_default();
                if is_card(digits) {
                    let last = self.groups.last().map_or(to.end, |last| last.end);
                    finds.add(from.start, last, Rule::Card);
                }
                if digits.len() > 19 {
                    break;
                }
            }
        }
    }

    fn counts(&self, wanted: &[usize]) -> bool {
        self.groups.len() == wanted.len() && self.groups.iter().zip(wanted).all(|(g, n)| g.count == *n)
    }

    /// Six to twelve digits, or twice three or four that are no years.
    fn is_lone_code(&self, text: &str) -> bool {
        match self.groups.as_slice() {
            [one] => (6..=12).contains(&one.count),
            [a, b] => {
                let gap = part(text, a.end, b.start);
                (self.counts(&[3, 3]) || self.counts(&[4, 4]) && !(is_year(text, a) && is_year(text, b)))
                    && (gap == " " || gap == "-")
            }
            _ => false,
        }
    }

    fn is_phone(&self, inside: &str, before: &str, after: &str) -> bool {
        let total = self.digits.len();
        if !(7..=15).contains(&total) || has(inside, "/") || scan::byte(after, 0) == b'%' {
            return false;
        }
        let american =
            self.counts(&[3, 3, 4]) || self.counts(&[1, 3, 3, 4]) && self.digits.first() == Some(&1);
        let national = self.digits.first() == Some(&0)
            && (9..=11).contains(&total)
            && self.groups.iter().all(|g| g.count > 1)
            && scan::last(before) != b'.'
            && (!has(inside, ".") || self.groups.iter().all(|g| g.count == 2));
        let chinese = self.counts(&[11]) && matches!(self.digits.as_slice(), [1, 3..=9, ..]);
        let lead = scan::trim(before, " (:.");
        american || national || chinese || scan::last(lead) == b'+' || {
            let name = scan::lower(last_word(lead));
            scan::listed("tel fon phone telefon telephone mobil mobile handy fax whatsapp call", &name)
        }
    }

    /// Numbers beside a word that says what they are.
    fn announced(&self, text: &str, finds: &mut Finds) {
        let (Some(first), Some(last)) = (self.groups.first(), self.groups.last()) else { return };
        let mut from = first.start.saturating_sub(NEAR);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = (last.end + NEAR).min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        // The words since the number before are this one's own.
        let own = finds.0.iter().map(|f| f.end).filter(|end| (from..first.start).contains(end)).max();
        let kind = own.and_then(|own| announces(part(text, own, first.start)));
        let kind = kind.or_else(|| announces(part(text, from, first.start)));
        let kind = kind.or_else(|| announces(part(text, last.end, to)));
        // A code beside a card is the card's, which has three digits.
        let of_a_card = kind == Some(Kind::Code) && finds.0.iter().any(|f| f.rule == Rule::Card);
        let kind = if of_a_card { Some(Kind::CardCode) } else { kind };
        if let Some(rule) = kind.and_then(|kind| code_rule(kind, text, &self.groups)) {
            finds.add(first.start, last.end, rule);
        }
    }
}

/// Nothing but signs, none of them a currency's.
fn is_sign(text: &str) -> bool {
    scan::letters(text).all(|l| l.folded.is_none() && !matches!(l.plain, '$' | '€' | '£' | '¥' | '%' | '+'))
}

/// The name a text ends with.
fn last_word(text: &str) -> &str {
    let length = text.bytes().rev().take_while(|b| is_name(*b) || *b >= 0x80).count();
    rest(text, text.len() - length)
}

/// Whether digits (0 to 9, not ASCII) are a card number: a network's first digits, its length, and Luhn's sum.
#[inline(never)]
pub(super) fn is_card(digits: &[u8]) -> bool {
    let lengths = match digits {
        [4, ..] => 13..=19,
        [5, 1..=5, ..] | [2, 2..=7, ..] | [3, 5, ..] => 16..=16,
        [3, 4 | 7, ..] | [2, 0 | 1, ..] => 15..=15,
        [3, 0 | 6 | 8 | 9, ..] => 14..=16,
        [9, 7..=9, ..] => 16..=16,
        [5 | 6, ..] => 13..=19,
        _ => return false,
    };
    let mut sum = 0;
    for (i, d) in digits.iter().rev().enumerate() {
        let d = u32::from(*d) << (i & 1);
        sum += if d > 9 { d - 9 } else { d };
    }
    lengths.contains(&digits.len()) && sum.is_multiple_of(10)
}

/// The bytes of an IBAN whose check digits are at `start`: capitals and digits, fifteen to thirty-four of them.
fn account(text: &str, start: usize) -> Option<(usize, usize)> {
    let from = start.checked_sub(2)?;
    let country = part(text, from, start);
    if country.len() < 2 || !scan::all(country, is_letter) || is_plain(scan::last(part(text, 0, from))) {
        return None;
    }
    let (mut end, mut length, mut digits) = (start, 2, 0);
    // In small letters it has no gaps: words may follow.
    let small = scan::all(country, |b| b.is_ascii_lowercase());
    for (i, b) in rest(text, start).bytes().enumerate() {
        if b.is_ascii_digit() || b.is_ascii_uppercase() || small && is_letter(b) {
            end = start + i + 1;
            length += 1;
            digits += usize::from(b.is_ascii_digit());
        } else if small || !matches!(b, b' ' | b'-') || start + i > end {
            break;
        }
    }
    ((15..=34).contains(&length) && digits >= 10).then_some((from, end))
}

fn is_year(text: &str, group: &Group) -> bool {
    group.count == 4 && matches!(part(text, group.start, group.start + 2), "19" | "20")
}

/// Whether groups of digits are what `kind` announces.
fn code_rule(kind: Kind, text: &str, groups: &[Group]) -> Option<Rule> {
    let total: usize = groups.iter().map(|g| g.count).sum();
    let (first, last) = (groups.first()?, groups.last()?);
    if groups.len() == 1 && is_year(text, first) && kind != Kind::CardCode {
        return None;
    }
    let before = text.get(..first.start)?.trim_ascii_end();
    let after = text.get(last.end..)?.trim_ascii_start();
    let priced = || scan::edges(before, "$ € £ ¥ # . ,", false) || scan::edges(after, "% $ € £ ¥ ,", true);
    let expiry =
        matches!(groups, [m, y] if m.count <= 2 && matches!(y.count, 2 | 4) || m.count == 4 && y.count == 2);
    match kind {
        Kind::CardCode => groups.len() == 1 && (3..=4).contains(&total),
        Kind::Expiry | Kind::CardOther => expiry,
        Kind::Card => expiry || total > 4,
        Kind::Code | Kind::Password | Kind::Token => {
            (4..=10).contains(&total) && groups.len() <= 2 && !priced()
        }
        Kind::GovernmentId | Kind::Bank => total >= 6 && !priced(),
    }
    .then_some(Rule::Code)
}

/// What a number that stands alone is, after a text that announces `kind`.
pub(super) fn lone_code(kind: Kind, text: &str) -> Option<Rule> {
    let word = text.len() <= 24 && scan::all(text, |b| b > b' ');
    if (word || is_grouped(text)) && is_mixed(text.as_bytes()) {
        return matches!(kind, Kind::Password | Kind::Token | Kind::Code).then_some(Rule::Token);
    }
    let mut number = Number::default();
    let mut apart = true;
    for letter in scan::letters(text) {
        match letter.folded {
            Some(_) => number.push(&letter, digit(letter.folded)?, apart),
            None if matches!(letter.plain, ':' | ',') => return None,
            None => {}
        }
        apart = letter.folded.is_none();
    }
    code_rule(kind, text, &number.groups)
}

/// Groups of letters and digits, all of one length, as keys are written for people: `JBSW Y3DP EHPK 3PXP`.
fn is_grouped(text: &str) -> bool {
    let length = text.bytes().take_while(|b| is_plain(*b)).count();
    let mut groups = Parts::new(text, " -");
    (3..=8).contains(&length)
        && text.len() > 3 * length
        && groups.all(|group| group.len() <= length && scan::all(group, is_plain))
}

/// Tokens, digests, keys, addresses, URLs.
fn tokens(text: &str, shapes: Shapes, finds: &mut Finds) {
    let mut bearer = false;
    let mut asked = None;
    let mut words = Parts::new(text, " \t\n\r\x0c\"'<>`,;(){}");
    while let Some(word) = words.next() {
        let end = words.end();
        let start = end - word.len();
        let scrambled = || !scan::all(word, |b| b.is_ascii_lowercase());
        let plain = |b: u8| !b.is_ascii_digit() && !matches!(b, b'@' | b'%' | b'/' | b'=');
        if word.len() < 5 || word.len() < 10 && !bearer && scan::all(word, plain) {
            // Too short for all that follows: without digits a secret, without these signs an address.
        } else if has(word, "://") || has(word, "?") && has(word, "=") {
            let kept = url::kept(word);
            if kept < word.len() {
                finds.add(start + kept, end, Rule::Url);
            }
        } else if shapes.contact && is_address(word) {
            finds.add(start, end, Rule::Contact);
        } else if bearer && word.len() >= 8 && scrambled() || is_secret_word(word, shapes, text, &mut asked) {
            finds.add(start, end, Rule::Token);
        }
        bearer = word.eq_ignore_ascii_case("bearer");
    }
}

fn is_secret_word(word: &str, shapes: Shapes, text: &str, asked: &mut Option<bool>) -> bool {
    if word.len() < 6 {
        return false;
    }
    let core = scan::trim(word, ".:!?-_[]|*#");
    let mixed = is_mixed(core.as_bytes())
        && scan::all(core, |b| {
            is_name(b) || matches!(b, b'!' | b'#'..=b'&' | b'*' | b'+' | b'?' | b'@' | b'^' | b'~')
        });
    let mut announced = || {
        *asked.get_or_insert_with(|| {
            text.len() <= 160 && matches!(announces(text), Some(Kind::Password | Kind::Token | Kind::Code))
        })
    };
    let signs = scan::first_of(core, "!#$%^&*~@", 0) < core.len();
    if mixed && announced()
        || (shapes.code && core.len() >= 8 || signs && core.len() >= 10) && is_scrambled(core)
    {
        return true;
    }
    let mut at = 0;
    while at < word.len() {
        let end = scan::end_of(word, at, is_name);
        if is_random_run(part(word, at, end)) {
            return true;
        }
        at = end + 1;
    }
    false
}

/// A run of a name's characters, or a long part of it between dashes.
pub(super) fn is_random_run(run: &str) -> bool {
    is_random(run.as_bytes())
        || Parts::new(run, "-_").any(|part| part.len() >= 16 && is_random(part.as_bytes()))
}

/// Capitals, small letters and digits, changing often.
fn is_scrambled(word: &str) -> bool {
    let class = |b: u8| match b {
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b'a'..=b'z' => 4,
        _ => 0,
    };
    let (mut seen, mut changes, mut before) = (0, 0, 8);
    for b in word.bytes() {
        seen |= class(b);
        changes += usize::from(class(b) != before);
        before = class(b);
    }
    seen == 7 && changes * 2 > word.len()
}

/// An e-mail address: something, an at sign (perhaps encoded), a domain.
pub(super) fn is_address(word: &str) -> bool {
    let Some(at) = scan::find(word, "@", 1).or_else(|| scan::find(word, "%40", 1)) else { return false };
    let Some(dot) = scan::find(word, ".", at + 2) else { return false };
    let top = scan::end_of(word, dot + 1, |b| is_letter(b) || b >= 0x80);
    part(word, at - 1, at).bytes().all(is_plain) && top >= dot + 3
}

/// Secrets by their names: `token=…`, `"password":"…"`, `pin: 1234`.
fn pairs(text: &str, finds: &mut Finds) {
    let mut at = scan::first_of(text, "=:", 0);
    while at < text.len() {
        let before = part(text, 0, at).trim_ascii_end();
        let quoted = matches!(scan::last(before), b'"' | b'\'');
        let name = last_word(scan::trim(before, "\"'\\"));
        let skip = scan::end_of(text, at + 1, |b| matches!(b, b' ' | b'"' | b'\'' | b'\\'));
        let opened = skip > at + 1 && part(text, skip - 1, skip) != " ";
        let end = scan::first_of(text, if opened { "\"'" } else { "&;,\"'}) <\n" }, skip);
        let told = part(text, at, at + 1) == "=" || quoted || count(part(text, skip, end), is_digit) > 0;
        if end >= skip + 2
            && told
            && name.len() <= 40
            && !part(text, skip, end).starts_with("//")
            && announces(name).is_some_and(|kind| kind != Kind::CardOther)
        {
            finds.add(skip, end, Rule::Token);
        }
        at = scan::first_of(text, "=:", at + 1);
    }
}
