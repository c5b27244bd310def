//! Random pages with random fields in random languages, random visitors and random echoes: no five characters of what
//! was typed into a protected field are in any sealed batch, and ordinary text always is.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod common;

use afterimage_recorder::dom::Dom;
use afterimage_recorder::privacy::Rules;
use afterimage_wire::record::Record;
use common::dom::{Node, Page};
use common::echo::{FORMS, SINKS, run_in, telling};
use common::labels::LABELS;
use common::line::{Line, piece_in};

/// What every page says and every recording has to say: no secret of this test begins with its letters.
const CONTROL: &str = "Жизнь";

/// Numbers that look random: splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn word(&mut self, letters: &str, length: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..length).map(|_| self.of(&letters)).collect()
    }
}

const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// A protected field and what goes into it.
struct Target {
    field: Node,
    secret: String,
    /// How many characters of it were typed.
    typed: usize,
}

impl Target {
    fn stage(&self) -> String {
        self.secret.chars().take(self.typed).collect()
    }

    fn is_known(&self) -> bool {
        self.typed == self.secret.chars().count()
    }
}

/// A page, its visitor, and what happens.
struct Life {
    line: Line,
    dice: Dice,
    targets: Vec<Target>,
    /// Echoes that are no plain piece of a secret: what must not leave of them, and how much at a time.
    encoded: Vec<(String, usize)>,
    steps: Vec<String>,
}

/// What is typed into a field of the kind that [`LABELS`] has at a place.
fn secret(dice: &mut Dice, kind: usize) -> String {
    match kind {
        0 => {
            let length = 8 + dice.below(9);
            let letters = dice.of(&[
                LETTERS,
                "abcdefghijkmnopqrstuvwxyz!?#%&<\"'+/$ABCDEFGH23456789",
                "äöüßéèçabcdefghklmnor",
            ]);
            dice.word(letters, length)
        }
        1 => {
            let digits = format!("4{}", dice.word("0123456789", 14));
            (0..10).map(|d| format!("{digits}{d}")).find(|n| is_luhn(n)).unwrap()
        }
        4 => dice.word("123456789", 6),
        _ => format!("{}{}", dice.word("ABCDEFGHKLMN", 2), dice.word("0123456789", 12)),
    }
}

fn is_luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| u32::from(b - b'0') * (1 + i as u32 % 2))
        .map(|d| if d > 9 { d - 9 } else { d })
        .sum();
    sum.is_multiple_of(10)
}

fn field(page: &Page, dice: &mut Dice, body: Node, kind: usize) -> Node {
    let (_, labels) = dice.of(&LABELS);
    let label = labels[kind];
    let typed = if kind == 0 && dice.below(2) == 0 { "password" } else { "text" };
    let field = match dice.below(6) {
        0 => page.build("div", &[("contenteditable", "true"), ("aria-label", label)], &[]),
        1 => page.build("textarea", &[("placeholder", label)], &[]),
        2 => page.build("input", &[("type", typed), ("aria-label", label)], &[]),
        _ => page.build("input", &[("type", typed)], &[]),
    };
    let named = page.build("label", &[], &[page.text_node(label), field]);
    let place = match dice.below(6) {
        0 | 1 => {
            let host = page.element(dice.of(&["div", "section", "x-form"]));
            page.append(body, host);
            page.attach_shadow(host, dice.below(2) == 0).unwrap()
        }
        2 => {
            let (frame, inner) = (page.element("iframe"), page.element("body"));
            page.append(body, frame);
            page.load_frame(frame, &[inner]);
            inner
        }
        _ => {
            let form = page.element("form");
            page.append(body, form);
            form
        }
    };
    page.append(place, named);
    field
}

impl Life {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut targets = Vec::new();
        let line = Line::new(|page, body| {
            page.append(body, page.build("h1", &[("class", "old")], &[page.text_node(CONTROL)]));
            for _ in 0..1 + dice.below(3) {
                let kind = dice.of(&[0, 0, 0, 1, 4, 5]);
                let secret = secret(&mut dice, kind);
                targets.push(Target { field: field(page, &mut dice, body, kind), secret, typed: 0 });
                let plain = page.build("input", &[("name", "q"), ("data-afterimage", "unmask")], &[]);
                page.append(body, plain);
            }
        });
        Self { line, dice, targets, encoded: Vec::new(), steps: Vec::new() }
    }

    fn step(&mut self) {
        let n = self.dice.below(self.targets.len());
        let what = self.dice.below(14);
        match what {
            0..5 => self.type_some(n),
            5..8 => self.echo(n),
            8 => self.turn(n),
            9 => self.replace(n),
            10 => self.line.flush(),
            11 => {
                let ms = self.dice.of(&[20.0, 90.0, 260.0, 1200.0]);
                self.line.wait(ms);
            }
            12 => self.line.recorder.snapshot(Default::default(), 800, 600, false),
            _ => {
                let page = self.line.page();
                page.append(self.line.body, page.build("p", &[], &[page.text_node("more of it")]));
                self.line.settle();
            }
        }
    }

    /// The visitor types a few letters, and the page may say what there is, at once or letter by letter.
    fn type_some(&mut self, n: usize) {
        let (body, field) = (self.line.body, self.targets[n].field);
        let old = self.line.page().children_first(body).unwrap();
        for _ in 0..1 + self.dice.below(6) {
            let target = &mut self.targets[n];
            if target.is_known() {
                break;
            }
            target.typed += 1;
            let stage = target.stage();
            let hint = self.dice.below(6);
            let last = stage.chars().last().unwrap().to_string();
            self.line.press(field, &stage, |page| match hint {
                0 => page.set_attribute(old, "class", Some(&format!("old s-{stage}"))),
                1 => page.set_attribute(old, "title", Some(&format!("last {last}"))),
                2 => page.append(body, page.text_node(&last)),
                3 => page.append(body, page.build("b", &[("id", &last)], &[page.text_node(&last)])),
                _ => {}
            });
            let pause = self.dice.of(&[0.0, 10.0, 60.0, 150.0, 190.0]);
            self.line.wait(pause);
        }
        self.steps.push(format!("typed {:?} into {field:?}", self.targets[n].stage()));
        if self.dice.below(3) == 0 {
            self.line.recorder.changed(self.line.time(), &field);
            self.line.recorder.focus(Some(&field), false);
        }
    }

    /// The page says what was typed. What is said before it was typed has to be in the batch with it.
    fn echo(&mut self, n: usize) {
        let (form, sink) = (self.dice.of(FORMS), self.dice.of(SINKS));
        let stage = self.targets[n].stage();
        if stage.chars().count() < 8 {
            return;
        }
        let text = (form.1)(&stage);
        self.steps.push(format!("{} of {stage:?} in {}", form.0, sink.0));
        (sink.1)(&mut self.line, &text);
        self.line.settle();
        self.encoded.push((text.clone(), telling(&stage, &text)));
    }

    /// The field's type changes, or its place.
    fn turn(&mut self, n: usize) {
        let field = self.targets[n].field;
        self.steps.push(format!("turned {field:?}"));
        if self.line.page().name(&field) == "input" {
            let kind = self.dice.of(&["text", "password", "tel"]);
            // Nothing says any more what it was; the recorder has to remember.
            self.line.set_type(field, kind);
        }
        if self.dice.below(3) == 0 {
            let page = self.line.page();
            let place = page.element("section");
            page.append(self.line.body, place);
            page.append(place, field);
            self.line.settle();
        }
    }

    /// Another field takes a field's place, with what it holds.
    fn replace(&mut self, n: usize) {
        let field = self.targets[n].field;
        let page = self.line.page();
        // A field that holds less than five characters is like any other.
        if page.name(&field) != "input" || self.targets[n].typed < 6 {
            return;
        }
        let other = page.clone_node(field);
        page.set_attribute(other, "aria-label", None);
        page.set_attribute(other, "type", Some("text"));
        page.set_value(other, &page.value_of(field));
        page.insert_before(page.parent_of(field).unwrap(), other, Some(field));
        page.remove(field);
        self.steps.push(format!("replaced {field:?} by {other:?}"));
        self.targets[n].field = other;
        self.line.settle();
    }

    /// What is wrong with what left.
    fn verdict(&mut self) -> Option<String> {
        self.line.flush();
        let before = self.line.bytes.len();
        self.line.recorder.snapshot(Default::default(), 800, 600, false);
        self.line.wait(100.0);
        self.line.leave();
        if !String::from_utf8_lossy(&self.line.bytes[before..]).contains(CONTROL) {
            return Some("the control is gone, nothing".into());
        }
        let sent: Vec<char> = self.line.text().to_lowercase().chars().collect();
        for target in &self.targets {
            let stage = target.stage();
            let backwards: String = stage.chars().rev().collect();
            if let Some(found) =
                pieces(&stage).chain(pieces(&backwards)).find(|p| run_in(p, p.len(), &sent).is_some())
            {
                return Some(format!("{found:?} of {stage:?}"));
            }
        }
        let mut encoded = self.encoded.iter().filter(|(text, _)| text.chars().count() > 5);
        let found = encoded.find_map(|(text, size)| run_in(text, (*size).max(6), &sent));
        if let Some(found) = found {
            return Some(format!("{found:?}"));
        }
        let fields: Vec<u32> = self.targets.iter().map(|t| self.line.page().recorded_id(t.field)).collect();
        let told = |r: &&Record| matches!(r, Record::Key(k) if fields.contains(&k.node));
        self.line.records().find(told).map(|r| format!("{r:?}"))
    }
}

/// Five characters in a row of a secret; six, where five are digits: style sheets and names are full of numbers.
fn pieces(secret: &str) -> impl Iterator<Item = String> {
    let letters: Vec<char> = secret.chars().collect();
    let take = move |at: usize| {
        let piece = letters.get(at..at + 5)?;
        let digits = piece.iter().all(char::is_ascii_digit);
        Some(letters.get(at..at + 5 + usize::from(digits))?.iter().collect())
    };
    (0..secret.len()).filter_map(take).collect::<Vec<String>>().into_iter()
}

/// Lives of so many steps, one a seed. Fails with the seed.
fn live(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut life = Life::new(seed);
        for _ in 0..10 + life.dice.below(14) {
            life.step();
        }
        if let Some(wrong) = life.verdict() {
            panic!("seed {seed}: {wrong} left\n{}\n{}", life.steps.join("\n"), life.line.lines());
        }
    }
}

#[test]
fn promise_n03_no_piece_of_a_secret_leaves() {
    live(0..1500);
}

#[test]
fn promise_n03_nor_here() {
    live(1500..3000);
}

/// The test sees what it looks for: what the owner unmasked leaves, piece by piece.
#[test]
fn what_is_no_secret_leaves() {
    let secret = "Zk7wQ2xMp4rT";
    let mut line = Line::new(|page, body| {
        let field = page.build("input", &[("name", "q"), ("data-afterimage", "unmask")], &[]);
        page.append(body, field);
    });
    (SINKS[0].1)(&mut line, "Kestrel");
    line.leave();
    let sent: Vec<char> = line.text().to_lowercase().chars().collect();
    assert!(piece_in("Kestrel", &sent).is_some() && piece_in(secret, &sent).is_none());
    assert_eq!(Rules::NONE, Rules::default());
}
