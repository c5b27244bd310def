//! The whole line natively: a page in memory, the recorder at work on it, and what left: sealed batches, decoded and
//! as bytes.

use afterimage_recorder::batch::Identity;
use afterimage_recorder::dom::Change;
use afterimage_recorder::privacy::{Raw, Settings};
use afterimage_recorder::recorder::{Browser, Page as View, Recorder};
use afterimage_wire::batch::{Batch, Timed};
use afterimage_wire::record::{Hit, Pointer, Record};

use super::dom::{Node, Page};

/// A visit to a page.
pub struct Line {
    pub recorder: Recorder<Page>,
    pub body: Node,
    /// Everything that happened, batch by batch.
    pub batches: Vec<Vec<Timed>>,
    /// The payloads, as they are before compression, end to end.
    pub bytes: Vec<u8>,
}

impl Line {
    /// A visit that begins with this page.
    pub fn new(fill: impl FnOnce(&Page, Node)) -> Self {
        Self::with(Settings::default(), fill)
    }

    pub fn with(settings: Settings, fill: impl FnOnce(&Page, Node)) -> Self {
        Self::at("https://shop.example/", "", settings, fill)
    }

    /// A page with an element of a name in another, with these attributes each.
    pub fn within(
        settings: Settings,
        around: &[(&str, &str)],
        name: &str,
        own: &[(&str, &str)],
    ) -> (Self, Node) {
        let mut inner = None;
        let line = Self::with(settings, |page, body| {
            let node = page.build(name, own, &[]);
            inner = Some(node);
            page.append(body, page.build("div", around, &[node]));
        });
        (line, inner.unwrap())
    }

    /// What left by now, of one kind.
    pub fn sent<T>(&mut self, of: impl Fn(&Record) -> Option<T>) -> Vec<T> {
        self.flush();
        self.batches.iter().flatten().filter_map(|timed| of(&timed.record)).collect()
    }

    pub fn at(url: &str, referrer: &str, settings: Settings, fill: impl FnOnce(&Page, Node)) -> Self {
        let mut line = Self::begin(url, referrer, settings, fill);
        line.wait(600.0);
        line.flush();
        line
    }

    /// The same, and nothing of the page was looked at yet.
    pub fn begin(url: &str, referrer: &str, settings: Settings, fill: impl FnOnce(&Page, Node)) -> Self {
        let (page, body) = Page::with_body();
        page.clock.set(Some(1000.0));
        fill(&page, body);
        let mut recorder = Recorder::new(page, settings, Identity::default(), 1000.0, 5000, 0.01);
        let raw = |text: &str| Raw::new(text.into());
        let view = View {
            url: raw(url),
            referrer: raw(referrer),
            origin: raw("https://shop.example"),
            title: raw("Shop"),
            index: 1,
            visits: 0,
            quirks: false,
        };
        let browser = Browser {
            user_agent: raw(""),
            languages: raw("en"),
            time_zone: raw(""),
            screen: (800, 600),
            pixel_ratio: 100,
            flags: 0,
        };
        recorder.start(view, browser, 800, 600);
        let line = Self { recorder, body, batches: Vec::new(), bytes: Vec::new() };
        line.page().deliver();
        line
    }

    pub fn page(&self) -> &Page {
        self.recorder.dom()
    }

    fn now(&self) -> f64 {
        self.page().clock.get().unwrap()
    }

    /// Milliseconds since the page view began.
    pub fn time(&self) -> u32 {
        self.recorder.time_at(self.now())
    }

    /// The task ends: observers hear of what it changed.
    pub fn settle(&mut self) {
        let now_in_step = self.recorder.is_in_step(self.now());
        let changes: Vec<_> = self
            .page()
            .deliver()
            .into_iter()
            .map(|change| match change {
                Change::Children { target, nodes, .. } => {
                    Change::Children { target, nodes, in_step: now_in_step }
                }
                Change::Attribute { target, name, .. } => {
                    Change::Attribute { target, name, in_step: now_in_step }
                }
                Change::Text { target, .. } => Change::Text { target, in_step: now_in_step },
                root => root,
            })
            .collect();
        self.recorder.mutated(changes, &[], self.now());
    }

    /// Time passes, and the recorder does what is due.
    pub fn wait(&mut self, ms: f64) {
        self.settle();
        let end = self.now() + ms;
        while self.recorder.due_ms() <= end {
            let due = self.recorder.due_ms().max(self.now());
            self.page().clock.set(Some(due));
            while self.recorder.work() {}
        }
        self.page().clock.set(Some(end));
        self.send();
    }

    /// Seals what there is.
    pub fn flush(&mut self) {
        self.settle();
        self.recorder.seal(false);
        self.send();
    }

    /// The visitor leaves the page.
    pub fn leave(&mut self) {
        self.settle();
        self.recorder.stop(0, 0);
        self.send();
    }

    fn send(&mut self) {
        for sealed in std::mem::take(&mut self.recorder.sealed) {
            let mut body = sealed.header.encode();
            body.extend_from_slice(&sealed.payload);
            self.batches.push(Batch::decode(&body, usize::MAX).expect("a sealed batch decodes").records);
            self.bytes.extend_from_slice(&sealed.payload);
        }
    }

    // ---- the visitor ---------------------------------------------------------------------------------------

    /// What a field holds.
    pub fn value(&self, field: Node) -> String {
        self.page().value_of(field)
    }

    /// A press of one key, up to the task's end: `then` is what the page does about it.
    pub fn press(&mut self, field: Node, value: &str, then: impl FnOnce(&Page)) {
        let typed = value.chars().last().map(String::from).unwrap_or_default();
        self.press_key(field, &typed, value, then);
    }

    /// The same where the field does not show what was typed.
    pub fn press_key(&mut self, field: Node, typed: &str, value: &str, then: impl FnOnce(&Page)) {
        self.recorder.key(&field, 0, true, Raw::new(typed.into()));
        self.recorder.input(&field, 0, true, Raw::new(typed.into()));
        self.page().enter(field, value);
        self.recorder.input(&field, 1, true, Raw::default());
        then(self.page());
        self.settle();
    }

    /// Types a text letter by letter, 80 ms each; `then` is what the page does at every stage.
    pub fn type_into(&mut self, field: Node, text: &str, mut then: impl FnMut(&Page, &str)) {
        self.recorder.focus(Some(&field), true);
        for (at, c) in text.char_indices() {
            let stage = &text[..at + c.len_utf8()];
            self.press(field, stage, |page| then(page, stage));
            self.wait(80.0);
        }
        self.recorder.changed(self.time(), &field);
        self.recorder.focus(Some(&field), false);
        self.wait(300.0);
    }

    /// The visitor clicks on a node; `then` is what the page does about it.
    pub fn click(&mut self, node: Node, then: impl FnOnce(&Page)) {
        for action in [0, 1, 3] {
            let time = self.recorder.time_at(self.now());
            let pointer = Pointer { action, device: 0, button: 0, node: 0, x: 10, y: 20, id: 0 };
            self.recorder.pointer(time, pointer, Some(&node));
        }
        self.came_to(node, 0);
        then(self.page());
        self.wait(100.0);
    }

    /// A click came to something, as [`Hit::sign`] has it.
    pub fn came_to(&mut self, node: Node, sign: u32) {
        let time = self.recorder.time_at(self.now());
        self.recorder.hit(time, Hit { node: 0, sign, left: 500, top: 500 }, &node);
    }

    /// The type of a field is another, as both observers hear of it.
    pub fn set_type(&mut self, field: Node, kind: &str) {
        let was = self.page().attribute_of(field, "type");
        self.page().set_attribute(field, "type", Some(kind));
        if was.as_deref() == Some("password") {
            self.recorder.was_password(&field);
        }
        self.settle();
    }

    // ---- what left -----------------------------------------------------------------------------------------

    /// Every record that left.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.batches.iter().flatten().map(|timed| &timed.record)
    }

    /// Everything that left, as somebody who reads bytes sees it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// What left, as JSON, a line a record.
    pub fn lines(&self) -> String {
        self.batches.iter().flatten().map(|t| format!("{} {:?}\n", t.time_ms, t.record)).collect()
    }

    /// Whether this left as it stands.
    pub fn says(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|w| w == text.as_bytes())
    }

    /// Fails when five characters in a row of the secret left, in any case, forwards or backwards.
    #[track_caller]
    pub fn withholds(&self, secret: &str, when: &str) {
        let sent: Vec<char> = self.text().to_lowercase().chars().collect();
        if let Some(piece) = piece_in(secret, &sent) {
            let text: String = sent.iter().collect();
            let at = text.find(&piece).unwrap_or(0);
            let around: String =
                text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
            let after: String = text[at..].chars().take(60).collect();
            panic!("{when}: {piece:?} of {secret:?} left in {around:?} → {after:?}");
        }
    }
}

/// Five characters in a row of a secret, or of the secret backwards, that are in a text in small letters. White space
/// counts for nothing: four letters and a space are in every text.
pub fn piece_in(secret: &str, text: &[char]) -> Option<String> {
    let secret: Vec<char> = secret.to_lowercase().chars().collect();
    let backwards: Vec<char> = secret.iter().rev().copied().collect();
    let mut pieces =
        secret.windows(5).chain(backwards.windows(5)).filter(|p| !p.iter().any(|c| c.is_whitespace()));
    pieces.find(|piece| text.windows(5).any(|w| w == *piece)).map(|piece| piece.iter().collect())
}
