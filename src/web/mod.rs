//! Binds the engine to the browser: the only folder that names `wasm_bindgen`, `web_sys`, `js_sys`.
//!
//! What is taken from the page, and the clock, are held in `www/live.js`, which calls in here; every callback the browser
//! gets is guarded there, so that a fault never reaches the page.

pub mod api;
mod node;

use std::rc::Rc;

use afterimage_wire::batch::Compression;
use afterimage_wire::blocks::{LEAST_PAYLOAD, names};
use afterimage_wire::strings::split;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::Node;

use crate::deflate;
use crate::dom::{Change, Dom};
use crate::last_words::LastWords;
use crate::privacy::Raw;
use crate::recorder::Recorder;
use api::Facts;
use node::Page;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript lends: see `www/live.js`.
    pub type Hooks;
    /// A batch is ready: from here on it is delivered by `www/delivery.js`. Beside a large one comes what it takes to abridge
    /// it: the names of its blocks and its payload; how many bytes the names are, and the header.
    #[wasm_bindgen(method)]
    fn send(this: &Hooks, body: Vec<u8>, raw: Vec<u8>, names: usize, head: usize);
    /// A document or shadow root is to be observed.
    #[wasm_bindgen(method)]
    fn enter(this: &Hooks, root: &Node);
    /// What was taken from documents and shadow roots that are gone can be given back.
    #[wasm_bindgen(method, js_name = letGo)]
    fn let_go(this: &Hooks);
    /// The least time between two positions of a pointer is another.
    #[wasm_bindgen(method)]
    fn sample(this: &Hooks, ms: f64);
    /// All that was captured is handed over, as `flush` asked.
    #[wasm_bindgen(method)]
    fn flushed(this: &Hooks);
    /// The recording ended by itself.
    #[wasm_bindgen(method)]
    fn stopped(this: &Hooks, reason: u32);
}

/// A recording that runs.
struct Live {
    hooks: Hooks,
    facts: Facts,
    recorder: Recorder<Page>,
    words: Rc<LastWords>,
    /// Somebody waits for everything to be handed over.
    flushing: bool,
    paused: bool,
}

impl Live {
    fn new(hooks: Hooks, facts: Facts, recorder: Recorder<Page>, words: Rc<LastWords>) -> Self {
        Self { hooks, facts, recorder, words, flushing: false, paused: false }
    }

    fn snapshot(&mut self) {
        let [width, height, quirks] =
            ["innerWidth", "innerHeight", "quirks"].map(|name| self.facts.number(name));
        self.recorder.snapshot(self.facts.raw("url"), width, height, quirks != 0);
        self.enter();
    }

    /// Has the roots observed that the walk has entered, before the page can change them.
    fn enter(&mut self) {
        let Ok(roots) = self.recorder.dom().entered.try_borrow_mut().map(|mut e| std::mem::take(&mut *e))
        else {
            return;
        };
        if roots.is_empty() {
            return;
        }
        // First, as a frame's new document may have the window of the one before.
        self.hooks.let_go();
        for root in roots {
            self.hooks.enter(&root);
            self.recorder.adopt(&root);
        }
    }

    // ---- work ----------------------------------------------------------------------------------------------

    fn work(&mut self) {
        // To compress a large batch takes as long as to seal it: each has a turn of its own.
        if self.recorder.sealed.is_empty() {
            if self.recorder.due_ms() <= self.recorder.dom().now_ms() {
                self.recorder.work();
                self.enter();
            }
            if self.recorder.wants_snapshot() {
                self.snapshot();
            }
        } else {
            self.pump();
        }
        self.answer_flush();
    }

    /// Has the governor know of the work since a moment.
    #[inline(never)]
    fn spent(&mut self, since: f64) {
        if let Some(ms) = self.recorder.spent(since) {
            self.hooks.sample(ms);
        }
    }

    /// In how many milliseconds there is something to do.
    #[inline(never)]
    fn wait_ms(&self) -> f64 {
        if self.recorder.sealed.is_empty() {
            self.recorder.due_ms() - self.recorder.dom().now_ms()
        } else {
            0.0
        }
    }

    fn mutated(&mut self, nodes: &Array, said: &str, since: f64, away: usize) {
        let in_step = self.recorder.is_in_step(since);
        let mut nodes = nodes.iter().map(Node::unchecked_from_js);
        let away: Vec<_> = nodes.by_ref().take(away).collect();
        let mut changes = Vec::new();
        let mut said = split(said, 0);
        for count in split(said.next().unwrap_or_default(), b' ').filter(|count| !count.is_empty()) {
            let Some(target) = nodes.next() else { break };
            let count = count.bytes().fold(0, |n, digit| n * 10 + usize::from(digit & 15));
            changes.push(Change::Children { target, nodes: nodes.by_ref().take(count).collect(), in_step });
        }
        for name in said {
            let Some(target) = nodes.next() else { break };
            changes.push(Change::Attribute { target, name: name.to_owned(), in_step });
        }
        changes.extend(nodes.map(|target| Change::Text { target, in_step }));
        self.recorder.mutated(changes, &away, since);
        self.enter();
    }

    fn pause(&mut self, pause: bool) {
        self.paused = pause;
        if pause {
            self.recorder.pause();
            self.pump();
        } else {
            self.recorder.resume();
            self.snapshot();
        }
    }

    // ---- delivery ------------------------------------------------------------------------------------------

    /// Hands over what is sealed, compressed.
    fn pump(&mut self) {
        for sealed in std::mem::take(&mut self.recorder.sealed) {
            self.hooks.let_go();
            let mut header = sealed.header;
            self.words.sent(&header);
            header.compression = Compression::DeflateRaw;
            let mut body = header.encode();
            let head = body.len();
            body.extend_from_slice(&deflate::deflate_raw(&sealed.payload));
            let (mut raw, mut count) = (Vec::new(), 0);
            if sealed.payload.len() >= LEAST_PAYLOAD && self.facts.number("known") > 0 {
                raw = names(&header.site, &sealed.payload);
                count = raw.len();
                raw.extend_from_slice(&sealed.payload);
            }
            self.hooks.send(body, raw, count, head);
        }
    }

    /// The collector wants a snapshot, perhaps because it refused a batch as too large.
    fn refresh(&mut self, smaller: bool) {
        if !self.paused && (!smaller || self.recorder.shrink()) {
            self.snapshot();
        }
    }

    /// Somebody waits for everything captured so far to be handed over, and perhaps for no more to be captured.
    fn flush(&mut self, stop: bool) {
        if stop {
            self.recorder.stop(0, 0);
            self.paused = true;
        }
        self.flushing = true;
        self.work();
    }

    fn answer_flush(&mut self) {
        if !self.flushing || !self.recorder.settle() {
            return;
        }
        self.recorder.seal(false);
        self.enter();
        self.pump();
        self.flushing = false;
        self.hooks.flushed();
    }

    /// The page is hidden and may never come back; or it goes away.
    fn leave(&mut self, away: bool) {
        self.recorder.lifecycle(if away { 2 } else { 1 });
        self.recorder.seal(away);
        self.pump();
    }

    fn end(&mut self, reason: u32) {
        self.recorder.stop(reason, 0);
        self.pump();
        self.hooks.stopped(reason);
    }
}

/// Two of the page's texts that came as one: the second is behind the last zero.
#[inline(never)]
fn parted(text: &str) -> (Raw, Raw) {
    let second = text.bytes().rposition(|b| b == 0).map_or(0, |zero| zero + 1);
    let part = |part: Option<&str>| Raw::new(part.unwrap_or_default().into());
    (part(text.get(..second.saturating_sub(1))), part(text.get(second..)))
}
