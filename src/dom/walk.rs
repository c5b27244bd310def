//! The resumable walk: frames of nodes whose children are not all written yet.

use super::tree::{Context, Tree};
use super::{Dom, Kind};

/// A node whose children are not all written yet.
pub(super) struct Frame<N> {
    pub(super) node: N,
    pub(super) id: u32,
    /// The node's name, for the text below it.
    name: String,
    /// The last child that was written: the cursor. 0 for none.
    pub(super) last: u32,
    /// The live child the walk reached last: that of `last`, or one after it that leaves no trace. `None` before the
    /// first, and until the end of [`Tree::mend_cursors`] when it is not where it was.
    pub(super) at: Option<N>,
    /// Whether the root below the node is to be entered: a shadow root before the children are walked, a frame's
    /// document after.
    pub(super) shadow: bool,
    pub(super) frame: bool,
    /// Texts right below the node that are not blank, and whether the first is a single character.
    texts: u32,
    key: bool,
    /// Such texts further below, and how many of them are all there is in their element and a single character.
    all: u32,
    keys: u32,
}

/// A frame's children between two looks at the clock.
const NODES_PER_LOOK: u32 = 16;
/// Steps that make no node until the clock is looked at all the same.
const MOST_STEPS: u32 = 512;
/// How many keys make a keypad, if they are at least half of what it says.
const KEYS: u32 = 8;
/// How far above a key that comes late its keypad is looked for, and among how many nodes.
const LEVELS: u32 = 3;
const MOST_COUNTED: u32 = 100;

impl<N> Frame<N> {
    /// A node with children only.
    pub(super) fn new(node: N, id: u32, name: String) -> Self {
        let (shadow, frame, key) = (false, false, false);
        Self { node, id, name, last: 0, at: None, shadow, frame, texts: 0, key, all: 0, keys: 0 }
    }

    /// An element, which may have a shadow root or a document too.
    pub(super) fn with_roots(node: N, id: u32, name: String) -> Self {
        let mut frame = Self::new(node, id, name);
        frame.look_for_roots();
        frame
    }

    /// Roots are looked for again.
    pub(super) fn look_for_roots(&mut self) {
        self.shadow = may_host(&self.name);
        self.frame = matches!(self.name.as_str(), "iframe" | "frame");
    }
}

/// Whether an element is a custom one, going by its name.
#[inline(never)]
pub(crate) fn is_custom(name: &str) -> bool {
    name.bytes().any(|b| b == b'-')
}

/// Elements that may have a shadow root: <https://dom.spec.whatwg.org/#dom-element-attachshadow>. The others are not
/// asked for one.
pub(crate) fn may_host(name: &str) -> bool {
    matches!(
        name,
        "article"
            | "aside"
            | "blockquote"
            | "body"
            | "div"
            | "footer"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "main"
            | "nav"
            | "p"
            | "section"
            | "span"
    ) || is_custom(name)
}

impl<D: Dom> Tree<D> {
    pub(super) fn push(&mut self, frame: Frame<D::Node>) {
        self.mirror.set_open(frame.id, true);
        self.later.push(frame);
    }

    /// New frames go on the stack so that the first in the document is the next to be walked.
    pub(super) fn sort_later(&mut self) {
        while let Some(frame) = self.later.pop() {
            self.frames.push(frame);
        }
    }

    /// The frame of a node that is open.
    pub(super) fn frame_of(&mut self, id: u32) -> Option<&mut Frame<D::Node>> {
        if !self.mirror.is_open(id) {
            return None;
        }
        self.frames.iter_mut().chain(&mut self.later).rev().find(|f| f.id == id)
    }

    /// Walks until no more than `floor` frames are left. Returns false when the time is up, or the batch full, before. What is
    /// walked `even`ly is cut by the nodes' numbers, and not by the clock: visitors who see the same page send the same bytes.
    pub(super) fn walk(&mut self, cx: &mut Context<'_, D>, floor: usize, even: bool) -> bool {
        let mut steps = 0u32;
        while self.frames.len() > floor {
            let next = self.mirror.next_id();
            if !self.step(cx) {
                self.finish_frame(cx.dom);
            }
            self.sort_later();
            steps += 1;
            let mut look = steps.is_multiple_of(if even { MOST_STEPS } else { NODES_PER_LOOK });
            if even && self.mirror.next_id() / cx.record_nodes > next / cx.record_nodes {
                self.close(cx);
                (look, steps) = (true, 0);
            }
            if look && (cx.batch.is_full() || cx.dom.now_ms() >= cx.deadline_ms) {
                return self.frames.len() <= floor;
            }
        }
        true
    }

    /// Takes one child of the topmost frame. Returns false when there is none left.
    fn step(&mut self, cx: &mut Context<'_, D>) -> bool {
        let Some(mut frame) = self.frames.pop() else { return false };
        let more = self.mirror.is_alive(frame.id) && self.step_in(cx, &mut frame);
        self.frames.push(frame);
        more
    }

    fn step_in(&mut self, cx: &mut Context<'_, D>, frame: &mut Frame<D::Node>) -> bool {
        if core::mem::take(&mut frame.shadow)
            && let Some((root, closed)) = cx.dom.shadow_root(&frame.node)
            && self.id(cx.dom, &root) == 0
        {
            self.enter(cx, &root, frame.id, |batch, place| batch.shadow_root(place, closed));
            return true;
        }
        let next = match &frame.at {
            Some(at) => cx.dom.next_sibling(at),
            None => cx.dom.first_child(&frame.node),
        };
        let Some(child) = next else {
            if core::mem::take(&mut frame.frame)
                && let Some(document) = cx.dom.frame_document(&frame.node)
                && self.id(cx.dom, &document) == 0
            {
                self.framed.push(frame.node.clone());
                self.enter(cx, &document, frame.id, |batch, place| batch.document(place));
                return true;
            }
            return false;
        };
        self.glyph = None;
        let id = self.put(cx, &child, (frame.id, &frame.name), frame.last);
        if let Some(key) = self.glyph.take() {
            frame.key = frame.texts == 0 && key;
            frame.texts += 1;
        }
        if id != 0 {
            frame.last = id;
        }
        frame.at = Some(child);
        true
    }

    fn finish_frame(&mut self, dom: &D) {
        let Some(frame) = self.frames.pop() else { return };
        self.mirror.set_open(frame.id, false);
        let mut keys = frame.keys + u32::from(frame.key && frame.texts == 1);
        let all = frame.all + frame.texts;
        if keys >= KEYS && keys * 2 >= all {
            self.mark_pad(frame.id);
            keys = 0; // what is around a keypad is none
        }
        let parent = self.mirror.parent(frame.id);
        if let Some(above) = self.frame_of(parent) {
            above.keys += keys;
            above.all += all;
        } else if keys > 0 {
            self.recount(dom, &frame.node);
        }
    }

    /// A key more below what was walked before: keypads are built key by key, too.
    fn recount(&mut self, dom: &D, key: &D::Node) {
        let mut at = dom.parent(key);
        for _ in 0..LEVELS {
            let Some(here) = at else { return };
            let (mut left, mut keys, mut all) = (MOST_COUNTED, 0, 0);
            count(dom, &here, &mut left, &mut keys, &mut all);
            if keys >= KEYS && keys * 2 >= all {
                return self.mark_pad(self.id(dom, &here));
            }
            at = dom.parent(&here);
        }
    }

    /// Walks what was just inserted while there is time; the rest waits for the next slice.
    pub(super) fn walk_inserted(&mut self, cx: &mut Context<'_, D>) {
        let floor = self.frames.len();
        self.sort_later();
        if !self.walk(cx, floor, false) {
            self.later.extend(self.frames.drain(floor..).rev());
        }
    }

    /// Leaves the children after `last`, whose live node is `at`, to the walk.
    pub(super) fn reopen(
        &mut self,
        dom: &D,
        node: &D::Node,
        id: u32,
        (last, at): (u32, Option<D::Node>),
    ) -> Option<&mut Frame<D::Node>> {
        if !self.mirror.is_open(id) {
            let name = if dom.kind(node) == Kind::Element { dom.name(node) } else { String::new() };
            self.push(Frame { last, at, ..Frame::new(node.clone(), id, name) });
        }
        self.frame_of(id)
    }
}

/// Counts the texts below a node that are not blank, and those that are keys; as far as `left` nodes.
fn count<D: Dom>(dom: &D, node: &D::Node, left: &mut u32, keys: &mut u32, all: &mut u32) {
    let mut child = dom.first_child(node);
    while let Some(here) = child
        && *left > 0
    {
        *left -= 1;
        if dom.kind(&here) == Kind::Text {
            let text = dom.text(&here);
            *all += u32::from(!text.is_blank());
            *keys += u32::from(text.is_key());
        } else {
            count(dom, &here, left, keys, all);
        }
        child = dom.next_sibling(&here);
    }
}
