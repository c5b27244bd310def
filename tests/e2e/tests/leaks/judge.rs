//! Looks for secrets in what left: in every string as it stands, without its separators, over neighbouring strings, in
//! the raw bytes; whole, in pieces, backwards, encoded, digested; and, for keys on screen, in positions and targets.

use std::collections::{HashMap, HashSet};

use afterimage_wire::{Batch, Compression};
use serde_json::Value;

use crate::secrets::{Secret, base64};

/// Letters of a word that tell it.
const PIECE: usize = 6;
/// Letters of an encoding that tell it.
const CODE: usize = 9;
/// Strings this short may be pieces of one that is spelt out.
const SHORT: usize = 6;
/// Digits of a long number that tell it: the first six of a card say only who issued it.
const RUN: usize = 8;

/// What left of one case, taken apart.
#[derive(Default)]
pub(crate) struct Wire {
    /// Every string with the place it stood in.
    strings: Vec<(String, String)>,
    /// Every payload as it was before compression.
    raw: Vec<u8>,
    /// Where the pointer was, in order.
    points: Vec<(i64, i64)>,
    clicks: Vec<(i64, i64)>,
    /// What was pressed and focused, and what changed its attributes or text, each in order.
    nodes: [Vec<u64>; 3],
    /// Batches.
    pub(crate) batches: usize,
}

/// A key on screen that was pressed: where, and which it is in document order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) at: (i64, i64),
    pub(crate) key: usize,
}

impl Wire {
    /// Adds a request's body.
    pub(crate) fn add(&mut self, body: &[u8]) {
        let (mut header, payload) = afterimage_e2e::inflated(body);
        header.compression = Compression::None;
        let whole = [header.encode(), payload].concat();
        let batch = Batch::decode(&whole, 1 << 24).expect("a batch that decodes");
        self.raw.extend(whole);
        self.batches += 1;
        afterimage_replay::ndjson::decode_lines(&batch, |line| {
            let record: Value = serde_json::from_str(&line).expect("JSON");
            let kind = record["kind"].as_str().unwrap_or_default();
            let stream = ["pointer focus", "attributes", "texts"]
                .iter()
                .position(|kinds| kinds.split(' ').any(|k| k == kind));
            if let Some(stream) = stream {
                let changes = record["changes"].as_array().cloned().unwrap_or_else(|| vec![record.clone()]);
                self.nodes[stream].extend(changes.iter().filter_map(|change| change["node"].as_u64()));
            }
            if kind == "pointer" && record["action"] == "click" {
                self.clicks.push(point(&record));
            }
            self.gather(kind, &record);
        });
    }

    fn gather(&mut self, path: &str, value: &Value) {
        match value {
            Value::String(text) => self.strings.push((path.to_owned(), text.clone())),
            Value::Array(items) => items.iter().for_each(|item| self.gather(path, item)),
            Value::Object(fields) => {
                if fields.contains_key("x") {
                    self.points.push(point(value));
                }
                for (name, item) in fields {
                    self.strings
                        .extend((path == "tree.attributes").then(|| (format!("{path} name"), name.clone())));
                    self.gather(&format!("{path}.{}", name.as_str()), item);
                }
            }
            _ => {}
        }
    }

    /// Whether a text stands in a string.
    pub(crate) fn holds(&self, text: &str) -> bool {
        self.strings.iter().any(|(_, string)| string.contains(text))
    }

    /// Whether a click was recorded there.
    pub(crate) fn clicked(&self, (x, y): (i64, i64)) -> bool {
        self.clicks.iter().any(|at| (at.0 - x).abs() <= 2 && (at.1 - y).abs() <= 2)
    }

    /// How a secret left, if it did.
    pub(crate) fn leak(&self, secret: &Secret) -> Option<String> {
        let words = || secret.words.iter().find_map(|word| self.word(word));
        let digits = || secret.digits.as_ref().and_then(|digits| self.number(digits, secret));
        words().or_else(digits)
    }

    fn word(&self, word: &str) -> Option<String> {
        let folded = fold(word);
        let backwards: Vec<u8> = folded.iter().rev().copied().collect();
        let leet: Vec<u8> = folded
            .iter()
            .map(|b| match b {
                b'a' => b'4',
                b'e' => b'3',
                b'i' => b'1',
                b'o' => b'0',
                b's' => b'5',
                b => *b,
            })
            .collect();
        let pieces: HashSet<&[u8]> =
            [&folded, &backwards, &leet].into_iter().flat_map(|form| form.windows(PIECE)).collect();
        self.anywhere(|text| {
            let text = fold(text);
            text.windows(PIECE)
                .find(|piece| pieces.contains(piece))
                .map(|piece| String::from_utf8_lossy(piece).into_owned())
        })
        .or_else(|| self.encoded(word))
    }

    fn encoded(&self, word: &str) -> Option<String> {
        let codes = encodings(word);
        let pieces: HashSet<&[u8]> = codes.iter().flat_map(|code| code.as_bytes().windows(CODE)).collect();
        let raw = String::from_utf8_lossy(&self.raw);
        let texts =
            self.strings.iter().map(|(path, text)| (path.as_str(), text.as_str())).chain([("bytes", &*raw)]);
        texts.into_iter().find_map(|(path, text)| {
            // As it stands, and in small letters without separators: `%4D`, `\u004d`, `4d 69`.
            let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            [text.as_bytes(), bare.as_bytes(), bare.to_ascii_lowercase().as_bytes()].into_iter().find_map(
                |form| {
                    let piece = form.windows(CODE).find(|piece| pieces.contains(piece))?;
                    Some(format!("{path}: {} (encoded)", String::from_utf8_lossy(piece)))
                },
            )
        })
    }

    /// Asks of every string, of the short ones of each place together, of all text together, of the bytes.
    fn anywhere(&self, find: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut short: HashMap<&str, [String; 2]> = HashMap::new();
        for (path, text) in &self.strings {
            if let Some(found) = find(text) {
                return Some(format!("{path}: {found}"));
            }
            if text.chars().count() <= SHORT {
                let [all, grown] = short.entry(path).or_default();
                all.push_str(text);
                // A value told again at every stage counts once.
                grown.push_str(text.chars().last().map_or(String::new(), |c| c.to_string()).as_str());
            }
        }
        let spelt = short.iter().find_map(|(path, forms)| {
            Some(format!("{path}, spelt out: {}", forms.iter().find_map(|f| find(f))?))
        });
        let text: String = self
            .strings
            .iter()
            .filter(|(path, _)| path.ends_with("text"))
            .map(|(_, text)| text.as_str())
            .collect();
        let together = || Some(format!("over several texts: {}", find(&text)?));
        spelt
            .or_else(together)
            .or_else(|| Some(format!("bytes: {}", find(&String::from_utf8_lossy(&self.raw))?)))
    }

    fn number(&self, digits: &str, secret: &Secret) -> Option<String> {
        if secret.name.starts_with("expiry") {
            return self.anywhere(|text| expiry(&secret.value, text));
        }
        let backwards: String = digits.chars().rev().collect();
        let long = digits.len() >= 9;
        let tells = |run: &str| {
            run == digits
                || run == backwards
                || long
                    && (run.contains(digits)
                        || run.len() >= RUN && run.len() < digits.len() && digits.contains(run))
        };
        let found = self.strings.iter().find_map(|(path, text)| {
            let short_in_url = !long && (path.ends_with("url") || path.ends_with("css"));
            (!short_in_url)
                .then(|| runs(text, long).into_iter().find(|run| tells(run)))?
                .map(|run| format!("{path}: {run}"))
        });
        found.or_else(|| self.spelt(digits)).or_else(|| if long { self.encoded(digits) } else { None })
    }

    /// Digits told one by one, in one place.
    fn spelt(&self, digits: &str) -> Option<String> {
        let mut by_path: HashMap<&str, String> = HashMap::new();
        for (path, text) in &self.strings {
            let stream = by_path.entry(path).or_default();
            match text.trim() {
                cell if !cell.is_empty() && cell.len() <= 4 && cell.bytes().all(|b| b.is_ascii_digit()) => {
                    stream.push_str(cell)
                }
                "" => {}
                _ => stream.push('.'),
            }
        }
        let (path, _) = by_path.into_iter().find(|(_, stream)| stream.contains(digits))?;
        Some(format!("{path}, cell by cell"))
    }

    /// Whether what was pressed on screen can be told from what left.
    pub(crate) fn pressed(&self, presses: &[Press]) -> Option<&'static str> {
        let mut presses = presses.to_vec();
        presses.dedup();
        // Positions of all keys but one, one after the other, whatever came between.
        let (mut points, mut told) = (&self.points[..], 0);
        for press in &presses {
            let near = |at: &(i64, i64)| (at.0 - press.at.0).abs() <= 3 && (at.1 - press.at.1).abs() <= 3;
            if let Some(next) = points.iter().position(near) {
                points = &points[next..];
                told += 1;
            }
        }
        if presses.len() > 2 && told + 1 >= presses.len() {
            return Some("positions");
        }
        let keys: Vec<usize> = presses.iter().map(|p| p.key).collect();
        let told = |mut nodes: Vec<u64>| {
            nodes.dedup();
            keys.len() > 2 && nodes.windows(keys.len()).any(|ids| same_steps(ids, &keys))
        };
        self.nodes.iter().any(|nodes| told(nodes.clone())).then_some("nodes")
    }
}

/// Whether ids rise and fall by one measure as keys do.
fn same_steps(ids: &[u64], keys: &[usize]) -> bool {
    let at = |i: usize| (ids[i] as i64 - ids[0] as i64, keys[i] as i64 - keys[0] as i64);
    let (rise, step) = at(1);
    rise != 0 && step != 0 && (0..ids.len()).all(|i| at(i).0 * step == at(i).1 * rise)
}

fn point(record: &Value) -> (i64, i64) {
    (record["x"].as_i64().unwrap_or(i64::MIN), record["y"].as_i64().unwrap_or(i64::MIN))
}

/// Letters and digits, small and narrow, accents and all else gone.
fn fold(text: &str) -> Vec<u8> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).ok(),
        c => u8::try_from(c).ok(),
    };
    text.chars()
        .filter_map(narrow)
        .filter(u8::is_ascii_alphanumeric)
        .map(|b| b.to_ascii_lowercase())
        .collect()
}

fn encodings(word: &str) -> Vec<String> {
    let mut out = Vec::new();
    let hex = |bytes: &[u8]| afterimage_wire::batch::hex(bytes);
    let wide: Vec<u8> = word.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for bytes in [word.as_bytes(), &wide] {
        out.push(hex(bytes));
        for before in 0..3 {
            let code = base64(&[&vec![0; before], bytes].concat());
            // The ends hold bits of what stands beside.
            let inner = &code[if before == 0 { 0 } else { before + 1 }..code.len() - 1];
            out.push(inner.to_owned());
            out.push(inner.replace('+', "-").replace('/', "_"));
        }
    }
    out.push(word.chars().map(|c| format!("u{:04x}", u32::from(c))).collect());
    out.push(word.chars().map(|c| u32::from(c).to_string()).collect());
    out.push(word.chars().map(|c| format!("x{:x}", u32::from(c))).collect());
    let digest = afterimage_wire::batch::sha256::<32>(word.as_bytes());
    out.extend([hex(&digest), base64(&digest)]);
    out
}

/// The digits of a text that belong together; those of a short number only where nothing touches them.
fn runs(text: &str, long: bool) -> Vec<String> {
    let narrow =
        |c| if matches!(c, '\u{ff10}'..='\u{ff19}') { char::from((u32::from(c) - 0xfee0) as u8) } else { c };
    let characters: Vec<char> = text.chars().map(narrow).collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (start, mut pieces, mut end) = (at, vec![String::new()], at);
        while let Some(c) = characters.get(at) {
            if c.is_ascii_digit() {
                pieces.last_mut().unwrap().push(*c);
                end = at;
            } else if matches!(c, ' ' | '-' | '.' | '\u{a0}' | '\u{200b}'..='\u{200d}') && at - end <= 1 {
                pieces.push(String::new());
            } else {
                break;
            }
            at += 1;
        }
        let touched = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        if long || !touched(characters.get(start.wrapping_sub(1))) && !touched(characters.get(end + 1)) {
            out.push(pieces.concat());
            out.extend(pieces);
        }
    }
    out
}

/// Month and year in one of the ways they are written.
fn expiry(value: &str, text: &str) -> Option<String> {
    let (month, year) = value.split_once('/')?;
    let forms = ["/", " / ", "-", "/20", " / 20"].map(|sign| format!("{month}{sign}{year}"));
    let standing = |form: &&String| {
        text.match_indices(form.as_str()).any(|(at, _)| {
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            !digit(text[..at].chars().last()) && !digit(text[at + form.len()..].chars().next())
        })
    };
    forms.iter().find(standing).cloned()
}
