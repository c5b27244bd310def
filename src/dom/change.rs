//! Mutations: what changed, recorded as the page is now.
//!
//! A node whose place may be another is *touched* until the recording has it where the page has it. Touched nodes
//! are placed first, each after a sibling that is not, or no longer; whatever is still touched then is gone. So a
//! node that left a removed subtree survives, and any burst of changes comes out in one pass.
//! <https://dom.spec.whatwg.org/#mutation-observers>

use super::field::{STEP, STEP_ATTRIBUTES};
use super::seen::Seen;
use super::tree::{Change, Context, Tree, introduced, text};
use super::{Dom, Kind};
use crate::privacy::{Element, Raw, Rules};

/// Where the flush in hand has just been. Changes come in runs of neighbours, of which each would otherwise look
/// for its place all the way back to where the run begins.
pub(super) struct Spot<N> {
    /// A parent that stands where the recording says, and its name.
    parent: u32,
    tag: String,
    /// The child that was settled last.
    after: Option<N>,
    /// The recorded sibling that a node after it comes after; `None` if such a node is left to the walk.
    previous: Option<u32>,
}

/// An attribute of a recorded element that was set or removed, as it is now.
struct Set<'a, N> {
    id: u32,
    target: &'a N,
    tag: String,
    name: &'a str,
    value: Option<Raw>,
    step: bool,
}

impl<N> Default for Spot<N> {
    fn default() -> Self {
        Self { parent: 0, tag: String::new(), after: None, previous: None }
    }
}

impl<D: Dom> Tree<D> {
    /// Records what changed, as the page is now.
    pub fn flush(&mut self, cx: &mut Context<'_, D>, changes: &[Change<D::Node>]) {
        let fresh = self.mirror.next_id();
        self.moved = false;
        self.heard = true;
        self.stamp = self.stamp.wrapping_sub(1) | 1 << 31;
        self.note_steps(cx.dom, changes);
        let mut touched = Vec::new();
        let set = self.set(cx, changes);
        self.reruled(cx, &set, &mut touched);
        for change in changes {
            if let Change::Children { target, nodes, .. } = change {
                self.touch(cx.dom, target, nodes, &mut touched);
            }
        }
        self.uproot(cx.dom);
        self.mend_cursors(cx.dom);
        for node in &touched {
            self.settle(cx, node);
        }
        self.spot = Spot::default();
        for change in changes {
            if let Change::Root { host } = change {
                self.root(cx.dom, host);
            }
        }
        self.remove(cx.dom, &touched);
        self.sort_later();
        self.heard = false;
        while let Some(node) = self.early.pop() {
            let id = self.id(cx.dom, &node);
            if id != 0 {
                self.ask_scroll(cx.dom, &node, id);
            }
        }
        self.close(cx);
        self.attributes(cx, set);
        self.texts(cx, changes, fresh);
    }

    /// Whether a change is one of what a recorded element contains.
    pub fn is_inside(&self, dom: &D, change: &Change<D::Node>, element: &D::Node) -> bool {
        let (Change::Children { target, .. } | Change::Text { target, .. }) = change else { return false };
        let wanted = self.id(dom, element);
        let mut at = self.id(dom, target);
        while at != wanted && at != 0 {
            at = self.mirror.parent(at);
        }
        at != 0
    }

    /// The nodes that new changes left outside of the page, and whether something that is recorded went with them.
    pub fn left(&mut self, dom: &D, changes: &[Change<D::Node>]) -> (Vec<D::Node>, bool) {
        let (mut gone, mut lost) = (Vec::new(), false);
        for change in changes {
            let Change::Children { nodes, .. } = change else { continue };
            for node in nodes {
                let recorded = self.id(dom, node) != 0;
                if !dom.is_connected(node) {
                    gone.push(node.clone());
                    lost |= recorded;
                } else if recorded {
                    self.moved = true;
                }
            }
        }
        lost |= self.moved && !gone.is_empty();
        (gone, lost)
    }

    /// Forgets subtrees that left the page, of which the recording hears with the next changes. A subtree outside of the page
    /// is not observed any more once the changes that took it out were delivered: if it comes back, it is a new one.
    ///
    /// Returns whether that could be. Not while something that is recorded may have moved out of one of them, or a walk is
    /// in it: then the changes have to be [recorded](Self::flush) at once.
    pub fn lose(&mut self, dom: &D, nodes: &[D::Node]) -> bool {
        if self.moved || self.is_busy() {
            return false;
        }
        self.forget(dom, nodes);
        true
    }

    /// Forgets subtrees: what is still of the page, or again, is new to the recording.
    pub fn forget(&mut self, dom: &D, nodes: &[D::Node]) {
        for node in nodes {
            let id = self.id(dom, node);
            if id != 0 {
                self.kill(id);
            }
        }
    }

    /// What changed in step with a protected field bears a mark from now on, whatever becomes of it.
    #[inline(never)]
    pub fn note_steps(&mut self, dom: &D, changes: &[Change<D::Node>]) {
        for change in changes {
            match change {
                Change::Children { target, nodes, in_step: true } => {
                    nodes.iter().for_each(|n| self.mark_step(dom, n));
                    // Where there is nothing but text, the next one is of the same kind.
                    let mut child = dom.first_child(target);
                    while let Some(here) = &child
                        && dom.kind(here) == Kind::Text
                    {
                        child = dom.next_sibling(here);
                    }
                    if child.is_none() {
                        self.mark_step(dom, target);
                    }
                }
                Change::Text { target, in_step: true } => self.mark_step(dom, target),
                Change::Attribute { target, in_step: true, .. } => {
                    self.is_stepped(dom, target, true);
                }
                _ => {}
            }
        }
    }

    /// Whether something about a node changed in step with a protected field, or does now, which it bears a mark of, too: of
    /// what becomes of it nothing is told.
    pub fn is_stepped(&mut self, dom: &D, node: &D::Node, now: bool) -> bool {
        if now {
            self.stepped = true;
            dom.set_mark(node, dom.mark(node) | STEP_ATTRIBUTES);
        }
        dom.mark(node) & (STEP | STEP_ATTRIBUTES) != 0
    }

    fn mark_step(&mut self, dom: &D, node: &D::Node) {
        self.stepped = true;
        dom.set_mark(node, dom.mark(node) | STEP);
        let id = self.id(dom, node);
        self.mirror.set_rules(id, self.mirror.rules(id).with(Rules::IN_STEP));
    }

    /// Elements whose rules are others now are written again, under the new ones.
    fn reruled(&mut self, cx: &mut Context<'_, D>, set: &[Set<'_, D::Node>], touched: &mut Vec<D::Node>) {
        for Set { id, target, tag, name, value, .. } in set {
            let concerned = cx.gate.concerns_rules(name, value.as_ref());
            if !self.rerule(cx, (*id, target, tag), concerned, touched) && cx.gate.looks_up() {
                self.rerule_below(cx, target, touched);
            }
        }
    }

    /// The attributes of recorded elements that were set or removed, each once, those in step first.
    fn set<'a>(&self, cx: &Context<'_, D>, changes: &'a [Change<D::Node>]) -> Vec<Set<'a, D::Node>> {
        let mut seen = Seen::default();
        let mut out = Vec::new();
        for step in [true, false] {
            for change in changes {
                let Change::Attribute { target, name, in_step } = change else { continue };
                if *in_step != step {
                    continue;
                }
                let id = self.id(cx.dom, target);
                if id != 0 && seen.add(id, name) {
                    let (tag, value) = (cx.dom.name(target), cx.dom.attribute(target, name));
                    out.push(Set { id, target, tag, name, value, step });
                }
            }
        }
        out
    }

    /// Returns whether nothing more is to be said of an element and what is below it.
    fn rerule(
        &mut self,
        cx: &mut Context<'_, D>,
        (id, target, tag): (u32, &D::Node, &str),
        concerned: bool,
        touched: &mut Vec<D::Node>,
    ) -> bool {
        if !self.mirror.is_alive(id) {
            return true;
        }
        let old = self.mirror.rules(id);
        let above = self.mirror.rules(self.mirror.parent(id));
        let matched = cx.dom.matched(target, tag);
        if old == above && matched == Rules::NONE && !concerned {
            return false;
        }
        let attributes = cx.dom.attributes(target);
        let element = Element { tag, attributes: &attributes, parent: above, matched };
        let class = cx.fields.class(cx.dom, cx.gate, target, tag, &attributes);
        let new = cx.gate.rules(&element);
        let new = if class.is_protected() { new.with(Rules::SECRET) } else { new };
        let other = new.without(PASSING) != old.without(PASSING);
        if other {
            self.kill(id);
            touched.push(target.clone());
        }
        other
    }

    /// A selector of the owner's may look at what is above an element.
    fn rerule_below(&mut self, cx: &mut Context<'_, D>, node: &D::Node, touched: &mut Vec<D::Node>) {
        let mut child = cx.dom.first_child(node);
        while let Some(here) = child {
            if cx.dom.kind(&here) == Kind::Element {
                let (id, tag) = (cx.dom.id(&here), cx.dom.name(&here));
                if !self.rerule(cx, (id, &here, &tag), false, touched) {
                    self.rerule_below(cx, &here, touched);
                }
            }
            child = cx.dom.next_sibling(&here);
        }
    }

    /// Forgets a node and all below it. The recording hears of it at the end of the flush.
    fn kill(&mut self, id: u32) {
        let previous = self.mirror.previous(id);
        if let Some(frame) = self.frame_of(self.mirror.parent(id))
            && frame.last == id
        {
            (frame.last, frame.at) = (previous, None);
        }
        self.mirror.kill(id);
        self.gone.push(id);
    }

    /// Notes which nodes may stand elsewhere now.
    fn touch(&mut self, dom: &D, target: &D::Node, nodes: &[D::Node], touched: &mut Vec<D::Node>) {
        let parent = self.id(dom, target);
        if self.mirror.rules(parent).style() {
            self.sheet_changed(target.clone());
        }
        for node in nodes {
            let id = self.id(dom, node);
            if id == 0 || !self.mirror.is_touched(id) {
                self.mirror.set_touched(id, true);
                touched.push(node.clone());
            }
        }
    }

    /// A cursor stands on the last child that was written and stands still, since nodes may have come between it
    /// and what the walk reached after it.
    fn mend_cursors(&mut self, dom: &D) {
        for frame in &mut self.frames {
            while self.mirror.is_touched(frame.last) {
                frame.last = self.mirror.previous(frame.last);
                frame.at = None;
            }
            if frame.last == 0 {
                frame.at = None;
                continue;
            }
            while let Some(at) = &frame.at
                && dom.id(at) != frame.last
            {
                frame.at = dom.previous_sibling(at);
            }
            if frame.at.is_none() {
                frame.at = find_child(dom, &frame.node, frame.last);
            }
        }
    }

    /// Puts a node, and the unsettled siblings before it, where the page has them.
    fn settle(&mut self, cx: &mut Context<'_, D>, node: &D::Node) {
        if self.is_settled(cx.dom, node) {
            return;
        }
        let Some(above) = cx.dom.parent(node) else { return };
        let mut parent = self.id(cx.dom, &above);
        if parent == 0 || !self.mirror.holds_children(parent) {
            return;
        }
        if parent != self.spot.parent {
            if self.mirror.touched_ancestor(parent) != 0 {
                self.settle_ancestors(cx, &above);
                parent = self.id(cx.dom, &above);
                if parent == 0 || self.mirror.touched_ancestor(parent) != 0 || self.is_settled(cx.dom, node) {
                    return; // gone with an ancestor, or placed with one
                }
            }
            let element = cx.dom.kind(&above) == Kind::Element;
            let tag = if element { cx.dom.name(&above) } else { String::new() };
            self.spot = Spot { parent, tag, after: None, previous: None };
        }
        let before = cx.dom.previous_sibling(node);
        let mut run = Vec::new();
        if before.is_none() || before != self.spot.after {
            self.spot.previous = None;
            if !self.is_left_to_walk(cx.dom, parent, node) {
                self.spot.previous = Some(self.run(cx.dom, before, parent, &mut run));
            }
        }
        run.insert(0, node.clone());
        self.place_run(cx, &above, &run);
        self.spot.after = Some(node.clone());
    }

    /// Whether the walk will come by.
    fn is_left_to_walk(&mut self, dom: &D, parent: u32, child: &D::Node) -> bool {
        self.frame_of(parent).is_some_and(|frame| match &frame.at {
            Some(at) => dom.precedes(at, child),
            None => frame.last == 0,
        })
    }

    /// Whether there is nothing to be done for a node, or no more.
    fn is_settled(&self, dom: &D, node: &D::Node) -> bool {
        let id = dom.id(node);
        id == self.stamp || (self.mirror.is_alive(id) && !self.mirror.is_touched(id))
    }

    /// Settles whatever is unsettled of a node and its ancestors, outermost first, so that no node ever moves below
    /// itself.
    fn settle_ancestors(&mut self, cx: &mut Context<'_, D>, node: &D::Node) {
        let mut chain = Vec::new();
        let mut at = Some(node.clone());
        while let Some(here) = at {
            at = cx.dom.parent(&here).or_else(|| cx.dom.host(&here));
            let id = self.id(cx.dom, &here);
            if id == 0 || self.mirror.is_touched(id) {
                chain.push(here);
            }
        }
        for ancestor in chain.iter().rev() {
            self.settle(cx, ancestor);
            let id = self.id(cx.dom, ancestor);
            if id == 0 || self.mirror.is_touched(id) {
                return; // it has no place, so none below has
            }
        }
    }

    /// The siblings from `before` back to one that stands where the recording has it, whose id is returned; 0 if
    /// there is none.
    fn run(&self, dom: &D, before: Option<D::Node>, parent: u32, run: &mut Vec<D::Node>) -> u32 {
        let mut at = before;
        while let Some(here) = at {
            let id = self.id(dom, &here);
            if id != 0 && !self.mirror.is_touched(id) && self.mirror.parent(id) == parent {
                return id;
            }
            at = dom.previous_sibling(&here);
            run.push(here);
        }
        0
    }

    /// Writes or moves a run of siblings, the last first, to the spot, as long as there is time.
    fn place_run(&mut self, cx: &mut Context<'_, D>, above: &D::Node, run: &[D::Node]) {
        let parent = self.spot.parent;
        let tag = core::mem::take(&mut self.spot.tag);
        for node in run.iter().rev() {
            let Some(previous) = self.spot.previous else { break };
            let id = self.id(cx.dom, node);
            let late = id == 0 && cx.dom.now_ms() >= cx.deadline_ms;
            if late && !self.mirror.is_open(parent) {
                let at = cx.dom.previous_sibling(node);
                self.reopen(cx.dom, above, parent, (previous, at));
                self.spot.previous = None;
                break;
            }
            let placed = self.put(cx, node, (parent, &tag), previous);
            if placed == 0 {
                cx.dom.set_id(node, self.stamp);
                continue;
            }
            self.spot.previous = Some(placed);
            // Nothing is walked once the time is up: what waits for the walk was passed over.
            if placed != id && !late && (id == 0 || cx.dom.now_ms() < cx.deadline_ms) {
                self.walk_inserted(cx);
            }
        }
        self.spot.tag = tag;
    }

    /// Writes a node, or moves it where the page has it. Returns its id; 0 if it leaves no trace.
    pub(super) fn put(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        (parent, tag): (u32, &str),
        previous: u32,
    ) -> u32 {
        let id = self.id(cx.dom, node);
        if id == 0 {
            return self.insert(cx, node, (parent, tag), previous);
        }
        if !self.mirror.is_touched(id) {
            return id;
        }
        let before = self.mirror.parent(id);
        let inherited = |id| self.mirror.rules(id).without(NOTICED);
        if before != parent && inherited(before) != inherited(parent) {
            self.kill(id);
            return self.insert(cx, node, (parent, tag), previous);
        }
        self.mirror.set_touched(id, false);
        if self.mirror.rules(id).style() {
            self.sheet_scripted(cx.dom, node.clone()); // made anew of its text, and perhaps changed since
        }
        if before != parent || self.mirror.previous(id) != previous {
            self.relocate(cx, id, parent, previous);
        }
        id
    }

    /// A frame has another document once it loads one, and once it moves with what it is in; or none, of which no event may tell.
    fn uproot(&mut self, dom: &D) {
        let mut seen = Seen::default();
        for frame in core::mem::take(&mut self.framed) {
            let id = self.id(dom, &frame);
            let old = self.mirror.root(id);
            if old == 0 || !seen.add(id, "") {
                continue;
            }
            if dom.frame_document(&frame).is_some_and(|now| dom.id(&now) == old) {
                self.framed.push(frame);
            } else {
                self.kill(old);
            }
        }
    }

    /// An element may have a root that is not recorded yet. Of one that has, the walk would enter what takes its place by then.
    fn root(&mut self, dom: &D, host: &D::Node) {
        let id = self.id(dom, host);
        if id != 0
            && self.mirror.root(id) == 0
            && self.mirror.holds_children(id)
            && let Some(frame) = self.reopen(dom, host, id, (0, None))
        {
            frame.look_for_roots();
        }
    }

    /// Whatever was touched and found no place is gone.
    fn remove(&mut self, dom: &D, touched: &[D::Node]) {
        for node in touched {
            let id = self.id(dom, node);
            if id != 0 && self.mirror.is_touched(id) {
                self.kill(id);
            }
        }
    }

    fn attributes(&mut self, cx: &mut Context<'_, D>, set: Vec<Set<'_, D::Node>>) {
        let mut out = Vec::new();
        for Set { id, target, tag, name, value, step } in set {
            let mut rules = self.mirror.rules(id);
            // What was written again meanwhile is another node of the recording.
            if !self.mirror.is_alive(id) || self.is_pad(id) || rules.blocked() {
                continue;
            }
            if step {
                rules = rules.with(Rules::IN_STEP);
            }
            let gone = value.is_none();
            let siblings = if cx.gate.needs_siblings(&tag) { cx.dom.attributes(target) } else { Vec::new() };
            let ask = |value| cx.gate.attribute(&rules, &tag, name, value, &siblings);
            let clean = ask(value.unwrap_or_default());
            // What is withheld now may have been recorded before; only names that never are say nothing. Nor do
            // protected fields, of which even the moment tells something.
            let quiet = rules.secret() || rules.in_step();
            if clean.is_some() || (!quiet && ask(Raw::default()).is_some()) {
                out.push((id, cx.gate.name(name), clean.filter(|_| !gone)));
            }
            if tag == "link" {
                self.sheet_changed(target.clone());
            }
        }
        if !out.is_empty() {
            cx.batch.attributes(cx.time_ms, &out);
        }
    }

    fn texts(&mut self, cx: &mut Context<'_, D>, changes: &[Change<D::Node>], fresh: u32) {
        let mut seen = Seen::default();
        let mut out = Vec::new();
        for change in changes {
            let Change::Text { target, .. } = change else { continue };
            let id = self.id(cx.dom, target);
            if id == 0 || id >= fresh || !seen.add(id, "") {
                continue;
            }
            let rules = self.mirror.rules(id);
            if rules.secret() {
                continue; // masked it is, and when it changes is nobody's business
            }
            let tag = cx.dom.parent(target).map(|p| cx.dom.name(&p)).unwrap_or_default();
            let raw: Raw = cx.dom.text(target);
            let text = introduced(cx, target, &raw).unwrap_or_else(|| text(cx, rules, &tag, raw));
            out.push((id, text, rules.style()));
        }
        if !out.is_empty() {
            cx.batch.texts(cx.time_ms, &out);
        }
    }
}

fn find_child<D: Dom>(dom: &D, node: &D::Node, id: u32) -> Option<D::Node> {
    let mut child = dom.first_child(node);
    while let Some(here) = &child
        && dom.id(here) != id
    {
        child = dom.next_sibling(here);
    }
    child
}

/// Rules that are noticed on the way: neither marks say them nor do parents hand them down for good.
const NOTICED: Rules = Rules::PAD.with(Rules::IN_STEP);
/// And what a child does not inherit.
const PASSING: Rules = NOTICED.with(Rules::STYLE);
