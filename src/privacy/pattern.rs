//! Shapes of secrets that no field declared: cards, accounts, codes, tokens, addresses, in running text.

use super::field::Kind;
use super::fold::fold;
use super::report::Rule;
use super::token::{is_mixed, is_random};
use super::words::Words;
use super::{MASK, url};

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Shapes<'a> {
    /// E-mail addresses and phone numbers too.
    pub(super) contact: bool,
    /// The text is one that holds codes: `code`, `kbd`, `output`.
    pub(super) code: bool,
    pub(super) words: &'a Words,
}

/// A piece of text that goes: its bytes, and the rule.
pub(super) struct Find {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: Rule,
}

/// How far from a number a word that announces it may stand, bytes.
const NEAR: usize = 40;

/// Everything that has to go from a text, in order, not overlapping. Most text has nothing.
pub(super) fn find(text: &str, shapes: Shapes<'_>) -> Vec<Find> {
    let mut finds = Vec::new();
    let bytes = text.as_bytes();
    let (mut run, mut longest, mut digits, mut odd) = (0usize, 0, false, false);
    for b in bytes {
        run = if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') { run + 1 } else { 0 };
        longest = longest.max(run);
        digits |= b.is_ascii_digit() || *b >= 0xD9;
        odd |= matches!(b, b'@' | b'=' | b'%') || *b == b':';
    }
    if digits {
        numbers(text, shapes, &mut finds);
    }
    if longest >= 10 || odd || digits && longest >= 6 {
        tokens(text, shapes, &mut finds);
    }
    if odd {
        pairs(text, shapes, &mut finds);
    }
    finds.sort_unstable_by_key(|f| (f.start, usize::MAX - f.end));
    let mut end = 0;
    finds.retain(|f| {
        let fresh = f.end > end;
        end = end.max(f.end);
        fresh
    });
    finds
}

/// Replaces what was found.
pub(super) fn redact(text: &str, finds: &[Find]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for find in finds {
        out.push_str(text.get(done..find.start).unwrap_or(""));
        let found = text.get(find.start.max(done)..find.end).unwrap_or("");
        if find.rule == Rule::Url {
            out.push_str(found.get(..url::kept(found)).unwrap_or(""));
        }
        out.push_str(MASK);
        done = find.end;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

/// Digits that belong together.
#[derive(Clone, Copy)]
struct Group {
    start: usize,
    end: usize,
    /// Where its digits are among all digits.
    first: usize,
    count: usize,
}

/// Finds numbers: sequences of groups with little between them.
fn numbers(text: &str, shapes: Shapes<'_>, finds: &mut Vec<Find>) {
    let mut digits = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut gap = 0usize;
    for (i, c) in text.char_indices() {
        let end = i + c.len_utf8();
        if let Some(d) = fold(c).and_then(|c| c.to_digit(10)) {
            match groups.last_mut() {
                Some(last) if gap == 0 => {
                    last.end = end;
                    last.count += 1;
                }
                _ => groups.push(Group { start: i, end, first: digits.len(), count: 1 }),
            }
            digits.push(d as u8);
            gap = 0;
        } else if !groups.is_empty() {
            gap += 1;
            let joins = matches!(
                c,
                ' ' | '-'
                    | '.'
                    | '/'
                    | '('
                    | ')'
                    | '\u{a0}'
                    | '\u{2009}'
                    | '\u{202f}'
                    | '‑'
                    | '–'
                    | '·'
                    | '_'
            );
            if !joins || gap > 3 {
                judge(text, &digits, &groups, shapes, finds);
                groups.clear();
                digits.clear();
                gap = 0;
            }
        }
    }
    judge(text, &digits, &groups, shapes, finds);
}

fn judge(text: &str, digits: &[u8], groups: &[Group], shapes: Shapes<'_>, finds: &mut Vec<Find>) {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return };
    let (start, end) = (first.start, last.end);
    let total = digits.len();
    let mut add = |start, end, rule| finds.push(Find { start, end, rule });
    if total >= 13 {
        cards(digits, groups, &mut add);
    }
    let before = text.get(..start).unwrap_or("");
    if let Some(from) = account_start(text, start) {
        let end = account_end(text, from);
        let account = text.get(from..end).unwrap_or("");
        let length = account.chars().filter(|c| c.is_ascii_alphanumeric()).count();
        if (15..=34).contains(&length) && account.bytes().filter(u8::is_ascii_digit).count() >= 10 {
            return add(from, end.max(last.end), Rule::Account);
        }
    }
    for three in groups.windows(3) {
        if let [a, b, c] = three
            && (a.count, b.count, c.count) == (3, 2, 4)
            && !text.get(a.start..c.end).unwrap_or("").contains(['.', '/', '(', ')'])
        {
            add(a.start, c.end, Rule::Account);
        }
    }
    let alone = is_sign(before) && is_sign(text.get(end..).unwrap_or(""));
    if alone && is_lone_code(text, groups) {
        return add(start, end, Rule::Code);
    }
    if shapes.contact && is_phone(text, digits, groups, before) {
        let plus = before.len() - before.trim_end_matches(['+', '(']).len();
        return add(start - plus, end, Rule::Contact);
    }
    if total >= 3 {
        announced(text, groups, shapes, &mut add);
    }
}

fn is_sign(text: &str) -> bool {
    !text.chars().any(|c| c.is_alphanumeric() || "$€£¥%+".contains(c))
}

/// Card numbers: Luhn, a network's first digits, groups whole.
fn cards(digits: &[u8], groups: &[Group], add: &mut impl FnMut(usize, usize, Rule)) {
    for (i, from) in groups.iter().enumerate() {
        if from.count > 19 {
            add(from.start, from.end, Rule::Token);
            continue;
        }
        for to in groups.get(i..).unwrap_or_default() {
            let count = to.first + to.count - from.first;
            if count > 19 {
                break;
            }
            if digits.get(from.first..from.first + count).is_some_and(is_card) {
                add(from.start, to.end, Rule::Card);
            }
        }
    }
}

/// Whether digits (0 to 9, not ASCII) are a card number.
pub(super) fn is_card(digits: &[u8]) -> bool {
    let network = match digits {
        [4, ..] => matches!(digits.len(), 13 | 16 | 19),
        [5, 1..=5, ..] | [2, 2..=7, ..] => digits.len() == 16,
        [3, 4 | 7, ..] => digits.len() == 15,
        [3, 0 | 6 | 8 | 9, ..] => digits.len() == 14 || digits.len() == 16,
        [3, 5, ..] | [9, 7..=9, ..] | [2, 0, 1 | 2, ..] => digits.len() == 16 || digits.len() == 15,
        [5 | 6, ..] => (13..=19).contains(&digits.len()),
        _ => false,
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| u32::from(*d) * if i % 2 == 1 { 2 } else { 1 })
        .map(|d| if d > 9 { d - 9 } else { d })
        .sum();
    network && sum.is_multiple_of(10) && digits.iter().any(|d| *d != 0)
}

/// Where an IBAN begins of which the digits at `start` are the check digits, or more.
fn account_start(text: &str, start: usize) -> Option<usize> {
    let from = start.checked_sub(2)?;
    let country = text.get(from..start)?;
    let before = text.get(..from)?.chars().next_back();
    let fits = country.bytes().all(|b| b.is_ascii_alphabetic()) && !before.is_some_and(char::is_alphanumeric);
    fits.then_some(from)
}

fn account_end(text: &str, from: usize) -> usize {
    let mut end = from;
    for (i, c) in text.get(from..).unwrap_or("").char_indices() {
        if c.is_ascii_digit() || c.is_ascii_uppercase() || i < 2 {
            end = from + i + 1;
        } else if !matches!(c, ' ' | '-' | '\u{a0}') || from + i > end {
            break;
        }
    }
    end
}

/// A whole text that is six to twelve digits, or twice three or four.
fn is_lone_code(text: &str, groups: &[Group]) -> bool {
    match groups {
        [one] => (6..=12).contains(&one.count),
        [a, b] => {
            let year = |g: &Group| {
                text.get(g.start..g.end).is_some_and(|t| t.starts_with("19") || t.starts_with("20"))
            };
            let gap = text.get(a.end..b.start).unwrap_or("");
            a.count == b.count
                && (3..=4).contains(&a.count)
                && matches!(gap, " " | "-")
                && !(year(a) && year(b))
        }
        _ => false,
    }
}

fn is_phone(text: &str, digits: &[u8], groups: &[Group], before: &str) -> bool {
    let total = digits.len();
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return false };
    let inside = text.get(first.start..last.end).unwrap_or("");
    let lead = before.trim_end_matches([' ', '(']);
    if !(7..=15).contains(&total) || text.get(last.end..).is_some_and(|t| t.starts_with(['%', '€', '$'])) {
        return false;
    }
    let counts = |wanted: &[usize]| {
        groups.len() == wanted.len() && groups.iter().zip(wanted).all(|(g, n)| g.count == *n)
    };
    let american = counts(&[3, 3, 4]) || counts(&[1, 3, 3, 4]) && digits.first() == Some(&1);
    let national = digits.first() == Some(&0)
        && (9..=11).contains(&total)
        && first.count > 1
        && last.count > 1
        && (!inside.contains('.') || groups.iter().all(|g| g.count == 2));
    let chinese = counts(&[11]) && matches!(digits, [1, 3..=9, ..]);
    let named = || {
        let word =
            lead.trim_end_matches([':', '.', '：']).rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
        const NAMES: &str = " tel fon phone telefon telephone mobil mobile handy fax whatsapp call ";
        word.len() >= 3 && NAMES.contains(&word.to_ascii_lowercase())
    };
    lead.ends_with('+')
        || american && !inside.contains('/')
        || national && !inside.contains('/')
        || chinese
        || named()
}

/// Numbers beside a word that says what they are.
fn announced(text: &str, groups: &[Group], shapes: Shapes<'_>, add: &mut impl FnMut(usize, usize, Rule)) {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return };
    let from = (first.start.saturating_sub(NEAR)..=first.start)
        .find(|i| text.is_char_boundary(*i))
        .unwrap_or(first.start);
    let to = (last.end..=last.end + NEAR).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(last.end);
    let kind = text.get(from..first.start).and_then(|t| shapes.words.announces(t));
    let kind = kind.or_else(|| text.get(last.end..to).and_then(|t| shapes.words.announces(t)));
    let Some(kind) = kind else { return };
    if let Some(rule) = code_rule(kind, text, groups) {
        add(first.start, last.end, rule);
    }
}

/// Whether groups of digits are what `kind` announces.
fn code_rule(kind: Kind, text: &str, groups: &[Group]) -> Option<Rule> {
    let total: usize = groups.iter().map(|g| g.count).sum();
    let (first, last) = (groups.first()?, groups.last()?);
    let year = groups.len() == 1
        && first.count == 4
        && text.get(first.start..first.start + 2).is_some_and(|y| y == "19" || y == "20");
    let priced = text.get(..first.start)?.trim_end().ends_with(['$', '€', '£', '¥', '#', '.', ','])
        || text.get(last.end..)?.trim_start().starts_with(['%', '$', '€', '£', '¥', ',']);
    let rule = match kind {
        Kind::CardCode => (groups.len() == 1 && (3..=4).contains(&total)).then_some(Rule::Code),
        Kind::Expiry | Kind::CardOther => is_expiry(groups).then_some(Rule::Card),
        Kind::Card => (is_expiry(groups) || total > 4).then_some(Rule::Card),
        Kind::Code | Kind::Password | Kind::Token => {
            ((4..=10).contains(&total) && groups.len() <= 2 && !year && !priced).then_some(Rule::Code)
        }
        Kind::GovernmentId | Kind::Bank => (total >= 6 && !priced).then_some(Rule::Account),
    };
    rule.filter(|_| !year || kind == Kind::CardCode)
}

fn is_expiry(groups: &[Group]) -> bool {
    matches!(groups, [m, y] if m.count <= 2 && matches!(y.count, 2 | 4))
        || matches!(groups, [y, m] if y.count == 4 && m.count == 2)
}

/// What a number that stands alone is, after a text that announces `kind`.
pub(super) fn lone_code(kind: Kind, text: &str) -> Option<Rule> {
    if text.len() <= 24 && !text.contains(' ') && is_mixed(text.as_bytes()) {
        return matches!(kind, Kind::Password | Kind::Token | Kind::Code).then_some(Rule::Token);
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut inside = false;
    for (i, c) in text.char_indices() {
        let digit = fold(c).is_some_and(|c| c.is_ascii_digit());
        let end = i + c.len_utf8();
        match groups.last_mut() {
            Some(last) if digit && inside => {
                last.end = end;
                last.count += 1;
            }
            _ if digit => groups.push(Group { start: i, end, first: 0, count: 1 }),
            _ if c.is_alphabetic() => return None,
            _ => {}
        }
        inside = digit;
    }
    code_rule(kind, text, &groups)
}

/// Characters of tokens; what else a token is split by only joins its parts.
fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}

/// Tokens, digests, keys, addresses, URLs.
fn tokens(text: &str, shapes: Shapes<'_>, finds: &mut Vec<Find>) {
    let base = text.as_ptr() as usize;
    let mut bearer = false;
    let asked = std::cell::LazyCell::new(|| {
        text.len() <= 160
            && matches!(shapes.words.announces(text), Some(Kind::Password | Kind::Token | Kind::Code))
    });
    for word in text.split(|c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '\'' | '<' | '>' | '`' | ',' | ';' | '“' | '”' | '(' | ')' | '{' | '}')
    }) {
        let start = word.as_ptr() as usize - base;
        let end = start + word.len();
        if word.len() < 6 {
            continue;
        }
        let mut add = |rule| finds.push(Find { start, end, rule });
        if word.contains("://") || word.contains('?') && word.contains('=') {
            if url::kept(word) < word.len() {
                add(Rule::Url);
            }
        } else if shapes.contact && is_address(word) {
            add(Rule::Contact);
        } else if word.bytes().any(|b| b >= 0x80) && !word.contains(['.', '=', '/']) {
            // A word of a language with more letters than ASCII.
        } else if bearer && word.len() >= 8 && !word.bytes().all(|b| b.is_ascii_lowercase())
            || is_secret_word(word, shapes, || *asked)
        {
            add(Rule::Token);
        }
        bearer = word.eq_ignore_ascii_case("bearer");
    }
}

fn is_secret_word(word: &str, shapes: Shapes<'_>, asked: impl FnOnce() -> bool) -> bool {
    let core = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let signs = core.bytes().filter(|b| b"!#$%^&*~@".contains(b)).count();
    if is_mixed(core.as_bytes()) && core.bytes().all(is_token) && asked()
        || shapes.code && core.len() >= 8 && is_scrambled(core)
    {
        return true;
    }
    if signs > 0 && core.len() >= 10 && is_scrambled(core) {
        return true;
    }
    core.as_bytes().split(|b| !is_token(*b)).any(|run| {
        run.len() >= 10
            && (is_random(run)
                || run.split(|b| !b.is_ascii_alphanumeric()).any(|part| part.len() >= 16 && is_random(part)))
    })
}

/// Capitals, small letters and digits, changing often.
fn is_scrambled(word: &str) -> bool {
    let class = |b: &u8| {
        if b.is_ascii_digit() {
            0
        } else if b.is_ascii_uppercase() {
            1
        } else if b.is_ascii_lowercase() {
            2
        } else {
            3
        }
    };
    let bytes = word.as_bytes();
    let changes = bytes.windows(2).filter(|w| matches!(w, [a, b] if class(a) != class(b))).count();
    let has = |n| bytes.iter().any(|b| class(b) == n);
    has(0) && has(1) && has(2) && changes * 2 >= bytes.len() && !word.contains("://")
}

fn is_address(word: &str) -> bool {
    let Some(at) = word.find('@').or_else(|| word.find("%40")) else { return false };
    let domain = word.get(at + 1..).unwrap_or("");
    let name = word.get(..at).unwrap_or("").chars().next_back().is_some_and(char::is_alphanumeric);
    name && domain.rsplit_once('.').is_some_and(|(host, top)| {
        !host.is_empty() && top.chars().take_while(|c| c.is_alphabetic()).count() >= 2
    })
}

/// Secrets by their names: `token=…`, `"password":"…"`, `pin: 1234`.
fn pairs(text: &str, shapes: Shapes<'_>, finds: &mut Vec<Find>) {
    for (i, sign) in text.match_indices(['=', ':']) {
        let before = text.get(..i).unwrap_or("").trim_end();
        let quoted = before.ends_with(['"', '\'']);
        let name = before.trim_end_matches(['"', '\'', '\\']);
        let name =
            name.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).next().unwrap_or("");
        if name.is_empty() || name.len() > 40 {
            continue;
        }
        let after = text.get(i + 1..).unwrap_or("");
        let value = after.trim_start_matches([' ', '"', '\'', '\\']);
        let start = i + 1 + after.len() - value.len();
        let long = value.find(['&', ';', ',', '"', '\'', '}', ')', '<', '\n', ' ']).unwrap_or(value.len());
        let body = value.get(..long).unwrap_or("");
        let told = sign == "=" || quoted || body.bytes().any(|b| b.is_ascii_digit());
        if body.len() < 2 || !told || body.starts_with("//") || !sensitive(shapes.words.announces(name)) {
            continue;
        }
        let quote = if quoted || after.starts_with(['"', '\'']) {
            value.find(['"', '\'']).unwrap_or(long)
        } else {
            long
        };
        finds.push(Find { start, end: start + quote.max(long.min(quote)), rule: Rule::Token });
    }
}

fn sensitive(kind: Option<Kind>) -> bool {
    kind.is_some_and(|k| k != Kind::CardOther)
}
