//! The resumable walk and the mutations: from live nodes to tree records.
//!
//! One mechanism serves snapshots and insertions. An element is written alone and its children are left to a
//! *frame*, which the walk resumes until none is left; the work may pause between any two nodes. The tree may
//! change in the pause. What keeps the recording exact:
//!
//! * Changes are observed before the walk starts, and [`Tree::flush`] runs before the walk goes on.
//! * A node is written from its live state when it is first reached, and never again.
//! * A change below a node that was not reached yet needs nothing: the walk will find it. So does one behind the
//!   cursor of a frame. Everything else is placed at once, after a sibling that stands where the recording says.

use afterimage_wire::record as wire;
use afterimage_wire::tree::Place;

use super::field::Fields;
use super::mirror::Mirror;
use super::{Dom, Kind};
use crate::batch::Batch;
use crate::privacy::{Clean, Element, Gate, Rules};

/// Something the page changed. `in_step` says that it came with the visitor's typing in a protected field.
#[derive(Clone)]
pub enum Change<N> {
    /// Nodes were added to `target`, or removed from it.
    Children {
        /// The parent.
        target: N,
        /// The nodes, added and removed alike: where they are now is asked of the page.
        nodes: Vec<N>,
        /// See [`Change`].
        in_step: bool,
    },
    /// An attribute was set or removed.
    Attribute {
        /// The element.
        target: N,
        /// The attribute's qualified name.
        name: String,
        /// See [`Change`].
        in_step: bool,
    },
    /// A text node's data changed.
    Text {
        /// The text node.
        target: N,
        /// See [`Change`].
        in_step: bool,
    },
    /// An element has a shadow root now, or its frame another document. Observers do not tell.
    Root {
        /// The element.
        host: N,
    },
}

/// What the tree works with, all of it owned by the recorder.
pub struct Context<'a, D: Dom> {
    /// The page.
    pub dom: &'a D,
    /// The rules.
    pub gate: &'a mut Gate,
    /// Where records go.
    pub batch: &'a mut Batch,
    /// The form fields.
    pub fields: &'a mut Fields<D>,
    /// Milliseconds since the page view's origin, for the records.
    pub time_ms: u32,
    /// When to stop for now, on the page's monotonic clock.
    pub deadline_ms: f64,
}

/// A node whose children are not all written yet.
struct Frame<N> {
    node: N,
    id: u32,
    /// The node's name, for the text below it.
    name: String,
    /// The last child that was written; 0 for none.
    last: u32,
    /// The live child the walk reached last, written or not; `None` when it must be looked for again.
    at: Option<N>,
    /// The root below the node, to be entered before (shadow) or after (frame document) the children.
    shadow: bool,
    frame: bool,
    /// How much text was seen, and how many children are nothing but one character: keypads look like that.
    texts: u32,
    key: bool,
    keys: u32,
}

/// A frame's children between two looks at the clock.
const NODES_PER_LOOK: u32 = 16;
/// How far up a place is looked for among the ancestors of the entry before.
const LEVELS: u32 = 64;

/// The recorded tree and the work that is left to do on it.
pub struct Tree<D: Dom> {
    mirror: Mirror,
    frames: Vec<Frame<D::Node>>,
    /// Frames of nodes inserted by the flush in hand, in document order, which go on the stack together.
    later: Vec<Frame<D::Node>>,
    /// The entry before in the open tree record; 0 when none is open.
    before: u32,
    open: bool,
    snapshot: bool,
    /// What follows the tree record.
    states: Vec<wire::FormState<Clean>>,
    scrolls: Vec<wire::Sample>,
    blocked: Vec<wire::Blocked>,
    sheets: Vec<D::Node>,
}

impl<D: Dom> Default for Tree<D> {
    fn default() -> Self {
        Self {
            mirror: Mirror::default(),
            frames: Vec::new(),
            later: Vec::new(),
            before: 0,
            open: false,
            snapshot: false,
            states: Vec::new(),
            scrolls: Vec::new(),
            blocked: Vec::new(),
            sheets: Vec::new(),
        }
    }
}

impl<D: Dom> Tree<D> {
    /// The recording's shape.
    pub fn mirror(&self) -> &Mirror {
        &self.mirror
    }

    /// The id of a live node, if it is recorded now; else 0.
    pub fn id(&self, dom: &D, node: &D::Node) -> u32 {
        let id = dom.id(node);
        if self.mirror.is_alive(id) { id } else { 0 }
    }

    /// Whether a node is a keypad, or in one.
    pub fn is_pad(&self, id: u32) -> bool {
        let mut at = id;
        while at != 0 && !self.mirror.rules(at).pad() {
            at = self.mirror.parent(at);
        }
        at != 0
    }

    /// A press on this node changed a protected field: it is a key. The page as a whole never is one.
    pub fn mark_pad(&mut self, id: u32) {
        if self.mirror.parent(self.mirror.parent(self.mirror.parent(id))) != 0 {
            let rules = self.mirror.rules(id).with(Rules::PAD);
            self.mirror.set_rules(id, rules);
        }
    }

    /// Whether work is left.
    pub fn is_busy(&self) -> bool {
        self.snapshot || !self.frames.is_empty() || !self.sheets.is_empty()
    }

    /// Opens an epoch: everything recorded so far is void, the walk starts at the document.
    pub fn snapshot(&mut self, cx: &mut Context<'_, D>) {
        cx.dom.clear_ids();
        *self = Self::default();
        self.mirror.clear();
        self.snapshot = true;
        let document = cx.dom.document();
        cx.dom.observe(&document);
        self.begin(cx);
        let id = self.create(cx, &document, 0, 0, Rules::NONE, |batch, place| batch.document(place));
        if let Some((x, y)) = cx.dom.scroll(&document) {
            self.scrolls.push(wire::Sample { after_ms: 0, node: id, x, y });
        }
        self.push(document, id, String::new(), false, false);
        self.sort_later();
    }

    /// Goes on with the walk until it is done or the time is up. Returns whether it is done.
    pub fn work(&mut self, cx: &mut Context<'_, D>) -> bool {
        let done = self.walk(cx, 0);
        self.close(cx);
        if !done {
            return false;
        }
        while let Some(node) = self.sheets.pop() {
            self.sheet(cx, &node);
            if cx.dom.now_ms() >= cx.deadline_ms && !self.sheets.is_empty() {
                return false;
            }
        }
        if self.snapshot {
            self.snapshot = false;
            cx.batch.record(cx.time_ms, &wire::SnapshotEnd { nodes: self.mirror.live() });
        }
        true
    }

    /// Records what changed, as the page is now.
    pub fn flush(&mut self, cx: &mut Context<'_, D>, changes: &[Change<D::Node>]) {
        let fresh = self.mirror.next_id();
        let again = self.reruled(cx, changes);
        let mut touched: Vec<(D::Node, bool)> = Vec::new();
        for change in changes {
            if let Change::Children { target, nodes, in_step } = change {
                self.touch(cx, target, nodes, *in_step, &mut touched);
            }
        }
        touched.extend(again.into_iter().map(|n| (n, false)));
        self.mend_cursors();
        for (node, in_step) in &touched {
            self.settle(cx, node, *in_step);
        }
        self.sort_later();
        self.close(cx);
        self.remove(cx, &touched);
        self.attributes(cx, changes, fresh);
        self.texts(cx, changes, fresh);
    }

    /// Records an element anew, with everything below it.
    pub fn renew(&mut self, cx: &mut Context<'_, D>, node: &D::Node) {
        let id = self.id(cx.dom, node);
        if id != 0 {
            self.mirror.kill(id);
            cx.batch.record(cx.time_ms, &wire::Remove { nodes: vec![id] });
            self.settle(cx, node, false);
            self.sort_later();
            self.close(cx);
        }
    }

    /// Whether the text of this element's sheet is still to be read.
    pub fn owes_sheet(&self, node: &D::Node) -> bool {
        self.sheets.contains(node)
    }

    // ---- entries -------------------------------------------------------------------------------------------

    fn begin(&mut self, cx: &mut Context<'_, D>) {
        if !self.open {
            cx.batch.begin_tree(cx.time_ms, self.mirror.next_id());
            self.open = true;
            self.before = 0;
        }
    }

    /// Ends the open tree record and writes what belongs to its nodes.
    fn close(&mut self, cx: &mut Context<'_, D>) {
        if core::mem::take(&mut self.open) {
            cx.batch.end();
        }
        for state in self.states.drain(..) {
            cx.batch.record(cx.time_ms, &state);
        }
        for blocked in self.blocked.drain(..) {
            cx.batch.record(cx.time_ms, &blocked);
        }
        if !self.scrolls.is_empty() {
            let samples = core::mem::take(&mut self.scrolls);
            cx.batch.record(cx.time_ms, &wire::Scrolls { samples });
        }
    }

    fn place(&self, parent: u32, previous: u32) -> Place {
        if previous == 0 {
            return if self.before == parent && parent != 0 {
                Place::Child
            } else {
                Place::At { parent, previous }
            };
        }
        let mut at = self.before;
        for level in 0..LEVELS {
            if at == previous {
                return Place::After(level);
            }
            at = self.mirror.parent(at);
            if at == 0 {
                break;
            }
        }
        Place::At { parent, previous }
    }

    fn create(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        parent: u32,
        previous: u32,
        rules: Rules,
        write: impl FnOnce(&mut Batch, Place),
    ) -> u32 {
        self.begin(cx);
        let place = self.place(parent, previous);
        write(cx.batch, place);
        let id = self.mirror.create(rules);
        self.mirror.attach(id, parent, previous);
        cx.dom.set_id(node, id);
        self.before = id;
        id
    }

    fn push(&mut self, node: D::Node, id: u32, name: String, shadow: bool, frame: bool) {
        self.mirror.set_open(id, true);
        let key = false;
        self.later.push(Frame { node, id, name, last: 0, at: None, shadow, frame, texts: 0, key, keys: 0 });
    }

    /// New frames go on the stack so that the first in the document is the next to be walked.
    fn sort_later(&mut self) {
        while let Some(frame) = self.later.pop() {
            self.frames.push(frame);
        }
    }

    /// Writes a node that is not recorded yet, without its children. Returns its id, or 0 if it leaves no trace.
    fn insert(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        (parent, tag): (u32, &str),
        previous: u32,
        in_step: bool,
    ) -> u32 {
        let above = self.mirror.rules(parent);
        match cx.dom.kind(node) {
            Kind::Element => self.element(cx, node, parent, previous, above, in_step),
            Kind::Text => {
                let css = above.style();
                let rules = above.with(step(in_step));
                let text = text(cx, rules, tag, node);
                self.create(cx, node, parent, previous, rules, |b, place| b.text(place, css, &text))
            }
            Kind::Doctype => {
                let (name, public, system) = cx.dom.doctype(node);
                let clean = (cx.gate.name(&name), cx.gate.name(&public), cx.gate.name(&system));
                self.create(cx, node, parent, previous, above, |b, place| {
                    b.doctype(place, &clean.0, &clean.1, &clean.2)
                })
            }
            Kind::Document => {
                cx.dom.observe(node);
                let id = self.create(cx, node, parent, previous, above, |b, place| b.document(place));
                self.push(node.clone(), id, String::new(), false, false);
                id
            }
            Kind::ShadowRoot | Kind::Other => 0,
        }
    }

    fn element(
        &mut self,
        cx: &mut Context<'_, D>,
        node: &D::Node,
        parent: u32,
        previous: u32,
        above: Rules,
        in_step: bool,
    ) -> u32 {
        let name = cx.dom.name(node);
        let attributes = cx.dom.attributes(node);
        let matched = cx.dom.matched(node);
        let element = Element { tag: &name, attributes: &attributes, parent: above, matched };
        let mut rules = cx.gate.rules(&element).with(step(in_step));
        if rules.dropped() {
            return 0;
        }
        let class = cx.fields.class(cx.dom, cx.gate, node, &name, &attributes);
        if class.is_protected() {
            rules = rules.with(Rules::SECRET);
        }
        let clean_name = cx.gate.name(&name);
        let mut clean = Vec::with_capacity(attributes.len());
        let siblings = if cx.gate.needs_siblings(&name) { attributes.clone() } else { Vec::new() };
        for (attribute, value) in attributes {
            if let Some(value) = cx.gate.attribute(&rules, &name, &attribute, value, &siblings) {
                clean.push((cx.gate.name(&attribute), value));
            }
        }
        let namespace = cx.dom.namespace(node);
        let id = self
            .create(cx, node, parent, previous, rules, |b, p| b.element(p, namespace, &clean_name, &clean));
        if rules.blocked() {
            let (width, height) = cx.dom.size(node);
            self.blocked.push(wire::Blocked { node: id, width, height });
            self.mirror.set_leaf(id);
            return id;
        }
        match name.as_str() {
            "input" | "option" => {
                self.states.extend(cx.fields.state(cx.dom, cx.gate, node, &name, id, rules, class));
                if name == "input" {
                    self.mirror.set_leaf(id);
                    return id;
                }
            }
            // The children of a text area are its default value: the state tells what it holds.
            "textarea" => {
                self.states.extend(cx.fields.state(cx.dom, cx.gate, node, &name, id, rules, class));
                self.mirror.set_leaf(id);
                return id;
            }
            "style" => self.sheets.push(node.clone()),
            "link" => {
                self.sheets.push(node.clone());
                return id;
            }
            "br" | "img" | "meta" | "hr" | "source" | "wbr" | "path" => return id,
            _ => {}
        }
        if may_scroll(&name)
            && let Some((x, y)) = cx.dom.scroll(node)
        {
            self.scrolls.push(wire::Sample { after_ms: 0, node: id, x, y });
        }
        let frame = name == "iframe";
        self.push(node.clone(), id, name, true, frame);
        id
    }

    fn sheet(&mut self, cx: &mut Context<'_, D>, node: &D::Node) {
        let sheet = self.id(cx.dom, node);
        if sheet == 0 {
            return;
        }
        if let Some(raw) = cx.dom.sheet(node) {
            let css = cx.gate.css(raw);
            cx.batch.record(
                cx.time_ms,
                &wire::StyleSheet { sheet, css, media: Clean::fixed(""), disabled: false },
            );
        }
    }

    /// The text of a sheet that a `link` or `style` element owns has to be recorded again.
    pub fn sheet_changed(&mut self, node: D::Node) {
        self.sheets.push(node);
    }

    // ---- the walk ------------------------------------------------------------------------------------------

    /// Walks until no more than `floor` frames are left. Returns false when the time is up before.
    fn walk(&mut self, cx: &mut Context<'_, D>, floor: usize) -> bool {
        let mut steps = 0u32;
        while self.frames.len() > floor {
            if !self.step(cx) {
                self.finish_frame();
            }
            self.sort_later();
            steps += 1;
            if steps.is_multiple_of(NODES_PER_LOOK) && cx.dom.now_ms() >= cx.deadline_ms {
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
        {
            self.enter_shadow(cx, &root, frame.id, closed);
            return true;
        }
        let Some(child) = self.next_child(cx.dom, frame) else {
            if core::mem::take(&mut frame.frame)
                && let Some(document) = cx.dom.frame_document(&frame.node)
                && self.id(cx.dom, &document) == 0
            {
                self.insert(cx, &document, (frame.id, ""), frame.last, false);
                return true;
            }
            return false;
        };
        let known = self.id(cx.dom, &child);
        let id = if known != 0 {
            known
        } else {
            self.insert(cx, &child, (frame.id, &frame.name), frame.last, false)
        };
        if id != 0 && self.mirror.parent(id) == frame.id {
            frame.last = id;
            let text = cx.dom.kind(&child) == Kind::Text;
            if text {
                let raw = cx.dom.text(&child);
                frame.key = frame.texts == 0 && raw.is_key();
                frame.texts += u32::from(!raw.is_blank());
            }
        }
        frame.at = Some(child);
        true
    }

    fn enter_shadow(&mut self, cx: &mut Context<'_, D>, root: &D::Node, host: u32, closed: bool) {
        cx.dom.observe(root);
        let rules = self.mirror.rules(host);
        self.begin(cx);
        let place = self.place(host, 0);
        cx.batch.shadow_root(place, closed);
        let id = self.mirror.create(rules);
        self.mirror.attach_root(id, host);
        cx.dom.set_id(root, id);
        self.before = id;
        self.push(root.clone(), id, String::new(), false, false);
    }

    /// The live child that comes next.
    fn next_child(&self, dom: &D, frame: &Frame<D::Node>) -> Option<D::Node> {
        match self.cursor(dom, frame) {
            Some(at) => dom.next_sibling(&at),
            None => dom.first_child(&frame.node),
        }
    }

    /// The live child the walk reached last; `None` before the first.
    fn cursor(&self, dom: &D, frame: &Frame<D::Node>) -> Option<D::Node> {
        if frame.at.is_some() {
            return frame.at.clone();
        }
        if frame.last == 0 {
            return None;
        }
        let mut child = dom.first_child(&frame.node);
        while let Some(here) = child {
            if dom.id(&here) == frame.last {
                return Some(here);
            }
            child = dom.next_sibling(&here);
        }
        None
    }

    fn finish_frame(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.mirror.set_open(frame.id, false);
        let rules = self.mirror.rules(frame.id);
        if frame.keys >= KEYS && !rules.pad() {
            self.mirror.set_rules(frame.id, rules.with(Rules::PAD));
        }
        let key = frame.key && frame.texts == 1;
        let parent = self.mirror.parent(frame.id);
        if let Some(above) = self.frames.iter_mut().rev().find(|f| f.id == parent) {
            above.keys += if key { 1 } else { frame.keys };
        }
    }

    // ---- mutations -----------------------------------------------------------------------------------------

    /// Elements whose rules are others now: they are taken out, to be written again under the new ones.
    fn reruled(&mut self, cx: &mut Context<'_, D>, changes: &[Change<D::Node>]) -> Vec<D::Node> {
        let mut again = Vec::new();
        let mut ids = Vec::new();
        for change in changes {
            let Change::Attribute { target, name, .. } = change else { continue };
            let id = self.id(cx.dom, target);
            if id == 0 {
                continue;
            }
            let old = self.mirror.rules(id);
            let above = self.mirror.rules(self.mirror.parent(id));
            let now = cx.dom.attribute(target, name);
            if old == above && !cx.gate.concerns_rules(name, now.as_ref()) {
                continue;
            }
            let tag = cx.dom.name(target);
            let attributes = cx.dom.attributes(target);
            let matched = cx.dom.matched(target);
            let element = Element { tag: &tag, attributes: &attributes, parent: above, matched };
            let class = cx.fields.class(cx.dom, cx.gate, target, &tag, &attributes);
            let new = cx.gate.rules(&element);
            let new = if class.is_protected() { new.with(Rules::SECRET) } else { new };
            if new.without(PASSING) != old.without(PASSING) {
                ids.push(id);
                self.mirror.kill(id);
                again.push(target.clone());
            }
        }
        if !ids.is_empty() {
            cx.batch.record(cx.time_ms, &wire::Remove { nodes: ids });
        }
        again
    }

    /// Notes which nodes may stand elsewhere now.
    fn touch(
        &mut self,
        cx: &mut Context<'_, D>,
        target: &D::Node,
        nodes: &[D::Node],
        in_step: bool,
        touched: &mut Vec<(D::Node, bool)>,
    ) {
        let parent = self.id(cx.dom, target);
        if let Some(frame) = self.frames.iter_mut().find(|f| f.id == parent && parent != 0) {
            frame.at = None;
        }
        if in_step && parent != 0 && nodes.iter().all(|n| cx.dom.kind(n) == Kind::Text) {
            let rules = self.mirror.rules(parent).with(Rules::IN_STEP);
            self.mirror.set_rules(parent, rules);
        }
        if self.mirror.rules(parent).style() {
            self.sheets.push(target.clone());
        }
        for node in nodes {
            let id = self.id(cx.dom, node);
            if id != 0 && self.mirror.is_touched(id) {
                continue;
            }
            self.mirror.set_touched(id, true);
            touched.push((node.clone(), in_step));
        }
    }

    /// A cursor stands on a child that stands still.
    fn mend_cursors(&mut self) {
        for frame in &mut self.frames {
            while self.mirror.is_touched(frame.last) {
                frame.last = self.mirror.previous(frame.last);
                frame.at = None;
            }
        }
    }

    /// Puts a node, and the unsettled siblings before it, where the page has them.
    fn settle(&mut self, cx: &mut Context<'_, D>, node: &D::Node, in_step: bool) {
        let id = self.id(cx.dom, node);
        if id != 0 && !self.mirror.is_touched(id) {
            return;
        }
        let Some(parent_node) = cx.dom.parent(node) else { return };
        let parent = self.id(cx.dom, &parent_node);
        if parent == 0 || !self.mirror.holds_children(parent) {
            return;
        }
        if self.mirror.touched_ancestor(parent) != 0 {
            self.settle_ancestors(cx, &parent_node);
            let id = self.id(cx.dom, node);
            if self.mirror.touched_ancestor(parent) != 0 || (id != 0 && !self.mirror.is_touched(id)) {
                return; // gone with an ancestor, or placed with one
            }
        }
        if self.is_behind_cursor(cx.dom, parent, node) {
            return;
        }
        let tag = if cx.dom.kind(&parent_node) == Kind::Element {
            cx.dom.name(&parent_node)
        } else {
            String::new()
        };
        let (run, mut previous) = self.run(cx.dom, node, parent);
        for node in run.iter().rev() {
            let id = self.id(cx.dom, node);
            let placed = if id == 0 {
                self.insert(cx, node, (parent, &tag), previous, in_step)
            } else {
                self.relocate(cx, id, parent, previous);
                id
            };
            if placed != 0 {
                previous = placed;
            }
            self.walk_inserted(cx);
        }
    }

    /// Settles whatever of the ancestors was touched, outermost first, so that no node ever moves below itself.
    fn settle_ancestors(&mut self, cx: &mut Context<'_, D>, node: &D::Node) {
        let mut chain = Vec::new();
        let mut at = Some(node.clone());
        while let Some(here) = at {
            if self.mirror.is_touched(self.id(cx.dom, &here)) {
                chain.push(here.clone());
            }
            at = cx.dom.parent(&here).or_else(|| cx.dom.host(&here));
        }
        for ancestor in chain.iter().rev() {
            self.settle(cx, ancestor, false);
        }
    }

    /// Whether the walk has yet to come to this child.
    fn is_behind_cursor(&self, dom: &D, parent: u32, child: &D::Node) -> bool {
        if !self.mirror.is_open(parent) {
            return false;
        }
        let frames = self.frames.iter().chain(&self.later);
        let Some(frame) = frames.rev().find(|f| f.id == parent) else { return false };
        self.cursor(dom, frame).is_none_or(|at| dom.precedes(&at, child))
    }

    /// The node and the siblings before it, back to the first that stands where the recording has it, whose id is
    /// returned too.
    fn run(&self, dom: &D, node: &D::Node, parent: u32) -> (Vec<D::Node>, u32) {
        let mut run = vec![node.clone()];
        let mut at = node.clone();
        while let Some(before) = dom.previous_sibling(&at) {
            let id = self.id(dom, &before);
            if id != 0 && !self.mirror.is_touched(id) && self.mirror.parent(id) == parent {
                return (run, id);
            }
            run.push(before.clone());
            at = before;
        }
        (run, 0)
    }

    fn relocate(&mut self, cx: &mut Context<'_, D>, id: u32, parent: u32, previous: u32) {
        self.mirror.set_touched(id, false);
        if self.mirror.parent(id) == parent && self.mirror.previous(id) == previous {
            return; // where it was
        }
        self.begin(cx);
        self.mirror.detach(id);
        let place = self.place(parent, previous);
        cx.batch.existing(place, id);
        self.mirror.attach(id, parent, previous);
        self.before = id;
    }

    /// Walks what was just inserted while there is time; the rest waits for the next slice.
    fn walk_inserted(&mut self, cx: &mut Context<'_, D>) {
        if self.later.len() == 1 && cx.dom.now_ms() < cx.deadline_ms {
            let floor = self.frames.len();
            self.sort_later();
            if !self.walk(cx, floor) {
                self.later.extend(self.frames.drain(floor..).rev());
            }
        }
    }

    /// Whatever was touched and found no place is gone.
    fn remove(&mut self, cx: &mut Context<'_, D>, touched: &[(D::Node, bool)]) {
        let mut nodes = Vec::new();
        for (node, _) in touched {
            let id = self.id(cx.dom, node);
            if id != 0 && self.mirror.is_touched(id) {
                self.mirror.kill(id);
                nodes.push(id);
            }
        }
        if !nodes.is_empty() {
            cx.batch.record(cx.time_ms, &wire::Remove { nodes });
        }
    }

    fn attributes(&mut self, cx: &mut Context<'_, D>, changes: &[Change<D::Node>], fresh: u32) {
        let mut seen = Seen::default();
        let mut out = Vec::new();
        for change in changes {
            let Change::Attribute { target, name, in_step } = change else { continue };
            let id = self.id(cx.dom, target);
            if id == 0 || id >= fresh || !seen.add(id, name) {
                continue;
            }
            let rules = self.mirror.rules(id).with(step(*in_step));
            if self.is_pad(id) || rules.blocked() {
                continue;
            }
            let tag = cx.dom.name(target);
            let value = cx.dom.attribute(target, name);
            let gone = value.is_none();
            let clean = value.and_then(|v| {
                let siblings =
                    if cx.gate.needs_siblings(&tag) { cx.dom.attributes(target) } else { Vec::new() };
                cx.gate.attribute(&rules, &tag, name, v, &siblings)
            });
            if gone || clean.is_some() {
                out.push((id, cx.gate.name(name), clean));
            }
            if tag == "link" {
                self.sheets.push(target.clone());
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
            let Change::Text { target, in_step } = change else { continue };
            let id = self.id(cx.dom, target);
            if id == 0 || id >= fresh || !seen.add(id, "") {
                continue;
            }
            let rules = self.mirror.rules(id).with(step(*in_step));
            self.mirror.set_rules(id, rules);
            let tag = cx.dom.parent(target).map(|p| cx.dom.name(&p)).unwrap_or_default();
            out.push((id, text(cx, rules, &tag, target), rules.style()));
        }
        if !out.is_empty() {
            cx.batch.texts(cx.time_ms, &out);
        }
    }
}

/// Rules that are noticed on the way, not said by attributes.
const PASSING: Rules = Rules::PAD.with(Rules::IN_STEP).with(Rules::STYLE);

const fn step(in_step: bool) -> Rules {
    if in_step { Rules::IN_STEP } else { Rules::NONE }
}

/// A text node's text under the rules of its parent.
fn text<D: Dom>(cx: &mut Context<'_, D>, rules: Rules, tag: &str, node: &D::Node) -> Clean {
    let raw = cx.dom.text(node);
    if rules.style() { cx.gate.css(raw) } else { cx.gate.text(rules, tag, raw) }
}

/// Elements of which a scroll offset is asked. The others rarely scroll, and asking costs.
fn may_scroll(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "section"
            | "main"
            | "aside"
            | "nav"
            | "ul"
            | "ol"
            | "pre"
            | "article"
            | "table"
            | "tbody"
            | "dialog"
            | "form"
    ) || name.contains('-')
}

/// How many keys make a pad.
const KEYS: u32 = 8;

/// A set of (node, attribute name): small, open addressing, by hash. A collision would lose a change, so the full
/// key is compared.
#[derive(Default)]
struct Seen {
    slots: Vec<(u32, String)>,
    used: usize,
}

impl Seen {
    /// Adds a pair; false when it was there.
    fn add(&mut self, id: u32, name: &str) -> bool {
        if self.slots.len() < (self.used + 1) * 2 {
            let old = core::mem::take(&mut self.slots);
            self.slots.resize((old.len() * 2).max(32), (0, String::new()));
            for (id, name) in old {
                if id != 0 {
                    let at = self.find(id, &name);
                    self.put(at, id, name);
                }
            }
        }
        let at = self.find(id, name);
        if self.slots.get(at).is_some_and(|s| s.0 != 0) {
            return false;
        }
        self.put(at, id, name.to_owned());
        self.used += 1;
        true
    }

    fn put(&mut self, at: usize, id: u32, name: String) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (id, name);
        }
    }

    fn find(&self, id: u32, name: &str) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let seed = id.wrapping_mul(0x9e37_79b9);
        let hash = name.bytes().fold(seed, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
        let mut at = (hash ^ (hash >> 15)) as usize & mask;
        while self.slots.get(at).is_some_and(|s| s.0 != 0 && !(s.0 == id && s.1 == name)) {
            at = (at + 1) & mask;
        }
        at
    }
}
