//! Random pages, random changes, random pauses: the recording is always the page.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[allow(unused)]
mod common;

use afterimage_recorder::dom::Dom;
use common::dom::{Node, Page};
use common::rig::{NEVER, Rig};
use proptest::prelude::*;

/// What happens next. Numbers choose among the nodes there are.
#[derive(Clone, Debug)]
enum Step {
    New(u8, u16),
    NewBefore(u8, u16),
    Below(u16, u16),
    Before(u16, u16),
    Remove(u16),
    Class(u16, u8),
    NoClass(u16),
    Text(u16),
    Split(u16),
    Fill(u16, u8),
    Shadow(u16, bool),
    Load(u16),
    Wrap(u16, u16),
    Unwrap(u16),
    Swap(u16),
    Reverse(u16),
    Again(u16),
    Escape(u16),
    Many(u8, u16),
    /// A subtree is outside of the page while the task ends, and becomes another there.
    Return(u16, u16),
    /// The task ends.
    Deliver,
    /// It ends, and the engine hears of it later.
    Keep,
    Flush(u8),
    Work(u8),
    Snapshot,
}

fn grow() -> impl Strategy<Value = Step> {
    (any::<u8>(), any::<u16>()).prop_map(|(k, a)| Step::New(k, a))
}

fn step() -> impl Strategy<Value = Step> {
    let n = || any::<u16>();
    let mutation = prop_oneof![
        6 => (any::<u8>(), n()).prop_map(|(k, a)| Step::New(k, a)),
        6 => (any::<u8>(), n()).prop_map(|(k, a)| Step::NewBefore(k, a)),
        8 => (n(), n()).prop_map(|(a, b)| Step::Below(a, b)),
        8 => (n(), n()).prop_map(|(a, b)| Step::Before(a, b)),
        6 => n().prop_map(Step::Remove),
        3 => (n(), any::<u8>()).prop_map(|(a, c)| Step::Class(a, c)),
        2 => n().prop_map(Step::NoClass),
        3 => n().prop_map(Step::Text),
        2 => n().prop_map(Step::Split),
        2 => (n(), 0u8..12).prop_map(|(a, c)| Step::Fill(a, c)),
        1 => (n(), any::<bool>()).prop_map(|(a, c)| Step::Shadow(a, c)),
        1 => n().prop_map(Step::Load),
        3 => (n(), n()).prop_map(|(a, b)| Step::Wrap(a, b)),
        3 => n().prop_map(Step::Unwrap),
        4 => n().prop_map(Step::Swap),
        3 => n().prop_map(Step::Reverse),
        3 => n().prop_map(Step::Again),
        3 => n().prop_map(Step::Escape),
        1 => (any::<u8>(), n()).prop_map(|(k, a)| Step::Many(k, a)),
        4 => (n(), n()).prop_map(|(a, b)| Step::Return(a, b)),
    ];
    prop_oneof![
        80 => mutation,
        8 => Just(Step::Deliver),
        8 => Just(Step::Keep),
        10 => (0u8..6).prop_map(Step::Flush),
        14 => (0u8..4).prop_map(Step::Work),
        1 => Just(Step::Snapshot),
    ]
}

const NAMES: [&str; 24] = [
    "div", "span", "p", "ul", "li", "section", "div", "span", "p", "ul", "li", "section", "svg", "math",
    "div", "span", "iframe", "div", "script", "noscript", "template", "input", "img", "textarea",
];
/// Subtrees larger than this are seldom removed, or little would be left.
const LARGE: usize = 12;
const CLASSES: [&str; 8] =
    ["one", "two", "rr-block", "rr-mask", "sentry-unmask", "three", "private", "rr-mask one"];

/// A page that random steps happen to.
struct Play {
    rig: Rig,
    pool: Vec<Node>,
    words: u32,
}

impl Play {
    fn new(first: &[Step]) -> Self {
        let (page, body) = Page::with_body();
        *page.owner.borrow_mut() = Some(("private".into(), afterimage_recorder::privacy::Rules::MASK));
        let mut play = Self { rig: Rig::new((page, body)), pool: vec![body], words: 0 };
        for step in first {
            play.mutate(step);
        }
        play.rig.snapshot();
        play
    }

    /// A word nobody said before, without digits.
    fn word(&mut self) -> String {
        self.words += 1;
        let mut n = self.words + 16;
        let mut out = String::new();
        while n > 0 {
            out.push_str(["ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "so", "tu"][n as usize % 10]);
            n /= 10;
        }
        out
    }

    fn words(&mut self) -> String {
        format!("{} {}", self.word(), self.word())
    }

    fn make(&mut self, kind: u8) -> Node {
        let words = self.words();
        let page = &self.rig.page;
        let node = match kind % 36 {
            0..9 => page.text_node(&words),
            9..12 => page.comment(),
            n => page.element(NAMES[usize::from(n - 12)]),
        };
        self.pool.push(node);
        node
    }

    /// Mostly a node of the page, sometimes one that is not.
    fn pick(&self, n: u16) -> Node {
        let (nth, seldom) = (usize::from(n / 16), n.is_multiple_of(16));
        let live = if seldom { Vec::new() } else { self.rig.page.subtree(self.rig.body) };
        let from = &self.pool[self.pool.len().saturating_sub(40)..];
        if live.len() > 1 { live[1 + nth % (live.len() - 1)] } else { from[nth % from.len()] }
    }

    /// Mostly an element of the page whose children are recorded.
    fn holder(&self, n: u16) -> Node {
        let page = &self.rig.page;
        if n.is_multiple_of(16) {
            return self.pick(n);
        }
        let holds = |node: &Node| page.holds(*node);
        let live: Vec<Node> = page.subtree(self.rig.body).into_iter().filter(holds).collect();
        live.get(usize::from(n / 16) % live.len().max(1)).copied().unwrap_or(self.rig.body)
    }

    /// A node whose loss the page can bear.
    fn small(&self, n: u16) -> Node {
        let node = self.pick(n);
        let page = &self.rig.page;
        if n.is_multiple_of(64) || page.subtree(node).len() <= LARGE {
            return node;
        }
        page.subtree(node).into_iter().rev().find(|n| !page.children(*n).is_empty()).unwrap_or(node)
    }

    fn append(&self, parent: Node, child: Node) {
        if self.rig.page.accepts(parent, child) {
            self.rig.page.append(parent, child);
        }
    }

    fn before(&self, next: Node, child: Node) {
        let page = &self.rig.page;
        if let Some(parent) = page.parent_of(next)
            && page.accepts(parent, child)
            && page.is_above(self.rig.body, next)
        {
            page.insert_before(parent, child, Some(next));
        }
    }

    fn mutate(&mut self, step: &Step) {
        match *step {
            Step::New(kind, a) => {
                let (parent, node) = (self.holder(a), self.make(kind));
                self.append(parent, node);
            }
            Step::NewBefore(kind, a) => {
                let (next, node) = (self.pick(a), self.make(kind));
                if next != self.rig.body {
                    self.before(next, node);
                }
            }
            Step::Below(a, b) => self.append(self.holder(b), self.pick(a)),
            Step::Before(a, b) => {
                if self.pick(b) != self.rig.body && self.pick(a) != self.rig.body {
                    self.before(self.pick(b), self.pick(a));
                }
            }
            Step::Remove(a) => {
                let node = self.small(a);
                if node != self.rig.body {
                    self.rig.page.remove(node);
                }
            }
            Step::Class(a, c) => {
                let class = CLASSES[usize::from(c) % CLASSES.len()];
                self.on_element(a, |page, n| page.set_attribute(n, "class", Some(class)));
            }
            Step::NoClass(a) => self.on_element(a, |page, n| page.set_attribute(n, "class", None)),
            Step::Text(a) => {
                let words = self.words();
                self.change(a, |page, n| {
                    if page.is_text(n) {
                        page.set_text(n, &words);
                    }
                });
            }
            Step::Split(a) => {
                let node = self.pick(a);
                if self.rig.page.is_text(node) {
                    self.pool.extend(self.rig.page.split_text(node));
                }
            }
            Step::Fill(a, count) => {
                let parent = self.small(a);
                let children: Vec<Node> = (0..count).map(|k| self.make(k.wrapping_mul(5))).collect();
                for pair in children.windows(2) {
                    if pair[0] != parent && count.is_multiple_of(2) {
                        self.append(pair[0], pair[1]);
                    }
                }
                if self.rig.page.is_element(parent) {
                    let page = &self.rig.page;
                    let free: Vec<Node> =
                        children.into_iter().filter(|c| page.parent_of(*c).is_none()).collect();
                    page.replace_children(parent, &free);
                }
            }
            Step::Shadow(a, closed) => {
                let host = self.pick(a);
                let page = &self.rig.page;
                if page.is_element(host)
                    && matches!(page.name(&host).as_str(), "div" | "span" | "p" | "section")
                {
                    self.pool.extend(self.rig.page.attach_shadow(host, closed));
                }
            }
            Step::Load(a) => {
                let from = usize::from(a) % self.pool.len();
                let page = &self.rig.page;
                let frames = self.pool[from..].iter().chain(&self.pool[..from]);
                let frame = frames.copied().find(|n| page.is_element(*n) && page.name(n) == "iframe");
                if let Some(frame) = frame.filter(|f| page.is_connected(f)) {
                    let body = page.element("body");
                    page.load_frame(frame, &[body]);
                    self.pool.push(body);
                }
            }
            Step::Wrap(kind, a) => {
                let node = self.pick(a);
                let wrapper = self.make(6 + (kind % 18) as u8);
                if node != self.rig.body {
                    self.before(node, wrapper);
                    self.append(wrapper, node);
                }
            }
            Step::Unwrap(a) => self.change(a, |page, n| {
                let Some(parent) = page.parent_of(n) else { return };
                for child in page.children(n) {
                    if page.accepts(parent, child) {
                        page.insert_before(parent, child, Some(n));
                    }
                }
                page.remove(n);
            }),
            Step::Swap(a) => self.change(a, |page, n| {
                let Some(parent) = page.parent_of(n) else { return };
                let Some(above) = page.parent_of(parent) else { return };
                if page.accepts(above, n) && page.accepts(n, page.text_node("")) && parent != self.rig.body {
                    page.insert_before(above, n, Some(parent));
                    page.append(n, parent);
                }
            }),
            Step::Reverse(a) => self.on_element(a, |page, n| {
                for child in page.children(n).into_iter().rev() {
                    page.append(n, child);
                }
            }),
            Step::Again(a) => self.change(a, |page, n| {
                if let Some(parent) = page.parent_of(n) {
                    let next = page.next(n);
                    page.remove(n);
                    page.insert_before(parent, n, next);
                }
            }),
            Step::Escape(a) => self.change(a, |page, n| {
                if page.parent_of(n).is_some_and(|p| page.subtree(p).len() > LARGE) {
                    return;
                }
                let Some(parent) = page.parent_of(n).filter(|p| *p != self.rig.body) else { return };
                if let Some(above) = page.parent_of(parent)
                    && page.accepts(above, n)
                {
                    page.insert_before(above, n, page.next(parent));
                    page.remove(parent);
                }
            }),
            Step::Many(kind, a) => {
                let parent = self.holder(a);
                for i in 0..(kind % 40) {
                    let row = self.make(kind.wrapping_add(i));
                    let cell = self.make(i);
                    self.append(row, cell);
                    self.append(parent, row);
                }
            }
            Step::Return(a, b) => {
                let (node, parent) = (self.small(a), self.holder(b));
                if node == self.rig.body || !self.rig.page.is_element(node) {
                    return;
                }
                self.rig.page.remove(node);
                self.rig.keep();
                let inside = self.rig.page.children(node);
                if let Some(first) = inside.first() {
                    self.rig.page.remove(*first);
                }
                if let Some(last) = inside.last() {
                    self.append(parent, *last);
                }
                let new = self.make((b % 36) as u8);
                self.append(node, new);
                self.append(parent, node);
            }
            Step::Deliver | Step::Keep | Step::Flush(_) | Step::Work(_) | Step::Snapshot => {}
        }
    }

    fn change(&self, a: u16, f: impl FnOnce(&Page, Node)) {
        let node = self.pick(a);
        let page = &self.rig.page;
        if node != self.rig.body && (page.is_element(node) || page.is_text(node)) {
            let frame_body =
                page.parent_of(node).is_some_and(|p| page.is_element(p) && page.name(&p) == "html");
            if !frame_body {
                f(page, node);
            }
        }
    }

    fn on_element(&self, a: u16, f: impl FnOnce(&Page, Node)) {
        let node = self.pick(a);
        if self.rig.page.is_element(node) && node != self.rig.body {
            f(&self.rig.page, node);
        }
    }

    fn play(&mut self, step: &Step) {
        match *step {
            Step::Deliver => self.rig.deliver(),
            Step::Keep => self.rig.keep(),
            Step::Flush(looks) => self.rig.flush(u32::from(looks)),
            Step::Work(looks) => drop(self.rig.work(u32::from(looks))),
            Step::Snapshot => self.rig.snapshot(),
            ref step => self.mutate(step),
        }
    }
}

/// One life of a page: after every so many steps everything is settled and compared. In a `silent` one no event tells of
/// frames that lose their documents as they move.
fn live(first: &[Step], steps: &[Step], silent: bool) {
    let mut play = Play::new(first);
    play.rig.page.silent.set(silent);
    for part in steps.chunks(60) {
        for step in part {
            play.play(step);
        }
        play.rig.finish();
    }
    play.rig.work(NEVER);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_recording_is_the_page(
        first in prop::collection::vec(grow(), 40..200),
        steps in prop::collection::vec(step(), 1..500),
        silent: bool,
    ) {
        live(&first, &steps, silent);
    }

    #[test]
    fn small_pages_too(
        first in prop::collection::vec(grow(), 0..12),
        steps in prop::collection::vec(step(), 1..40),
        silent: bool,
    ) {
        live(&first, &steps, silent);
    }
}
