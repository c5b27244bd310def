//! The pipeline: what the page does in, sealed batches out. Everything below is owned here.
//!
//! No I/O and no clock of its own beyond [`Dom::now_ms`]: the bindings call in with what happened, ask when they
//! should call again ([`Recorder::due_ms`]), and deliver what [`Recorder::sealed`] holds.

use afterimage_wire::record as wire;

use crate::batch::{Batch, Identity, Sealed};
use crate::capture::governor::Governor;
use crate::capture::held::{Event, Held};
use crate::capture::samples::{Pointers, Scrolling};
use crate::capture::typing::{Step, Typing};
use crate::dom::{Change, Context, Dom, Fields, Kind, Sheet, Target, Tree, is_custom, may_host};
use crate::privacy::{Clean, FieldClass, Gate, Raw, Rule, Rules, Settings, Why};

/// Milliseconds of work at a stretch; then the page has its turn.
pub const SLICE_MS: f64 = 4.0;
/// Nodes a record of a snapshot: half a millisecond of work, and half a per cent of its bytes.
const RECORD_NODES: u32 = 128;
/// What is soon, milliseconds. What changed waits as long as the [`Governor`] says.
const SOON_MS: f64 = 50.0;
/// How long a snapshot may wait when it is done: it is too large for the page's last moment.
const SNAPSHOT_MS: f64 = 1000.0;
/// How long after typing in a protected field a change of the page counts as its doing, milliseconds.
const STEP_MS: f64 = 200.0;
/// [`wire::FormState`]: the visitor changed it, not a script.
const BY_VISITOR: u32 = 8;
/// Ancestors that are looked through for one that is recorded.
const MOST_ANCESTORS: u32 = 64;
/// Ids of dead nodes that may pile up before a new epoch clears them away.
const MOST_DEAD: u32 = 400_000;

/// What the page view begins with.
pub struct Page {
    /// The page's URL.
    pub url: Raw,
    /// `document.referrer`.
    pub referrer: Raw,
    /// The page's origin.
    pub origin: Raw,
    /// `document.title`.
    pub title: Raw,
    /// Number of this page view in its session.
    pub index: u32,
    /// Sessions before this one.
    pub visits: u32,
    /// Whether the document is in quirks mode.
    pub quirks: bool,
}

/// What the visitor looks at it with.
pub struct Browser {
    /// `navigator.userAgent`.
    pub user_agent: Raw,
    /// `navigator.languages`, joined by commas.
    pub languages: Raw,
    /// Time zone name.
    pub time_zone: Raw,
    /// Screen width and height, CSS pixels.
    pub screen: (u32, u32),
    /// Device pixels a CSS pixel, × 100.
    pub pixel_ratio: u32,
    /// Bits as in [`wire::Environment`].
    pub flags: u32,
}

/// What an uncaught error tells.
pub struct Report {
    /// Number as in [`wire::Fault`].
    pub source: u32,
    /// Its message.
    pub message: Raw,
    /// Script.
    pub url: Raw,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// The recorder of one page view.
pub struct Recorder<D: Dom> {
    dom: D,
    gate: Gate,
    tree: Tree<D>,
    fields: Fields<D>,
    batch: Batch,
    /// Sealed batches, to be taken and delivered.
    pub sealed: Vec<Sealed>,
    changes: Vec<Change<D::Node>>,
    held: Held,
    pointers: Pointers,
    scrolling: Scrolling,
    typing: Typing,
    typed: Option<D::Node>,
    /// Forms that were begun to be filled, and when.
    begun: Vec<(u32, u32)>,
    origin_ms: f64,
    collect_at_ms: f64,
    seal_at_ms: f64,
    interval_ms: f64,
    governor: Governor,
    secret_at_ms: f64,
    /// When the visitor, and no script, last changed a protected field.
    typed_at_ms: f64,
    /// The last key that typed told which character it was.
    by_key: bool,
    /// Roots that have adopted style sheets in this epoch.
    adopters: Vec<u32>,
    /// Where the selection begins that is being told.
    selection: (u32, u32),
    paused: bool,
}

impl<D: Dom> Recorder<D> {
    /// A recorder that has recorded nothing. `origin_ms` is the page view's origin on the clock of `dom`.
    pub fn new(
        dom: D,
        settings: Settings,
        identity: Identity,
        origin_ms: f64,
        interval_ms: u32,
        share: f64,
    ) -> Self {
        Self {
            gate: Gate::new(settings),
            tree: Tree::default(),
            fields: Fields::default(),
            batch: Batch::new(identity),
            sealed: Vec::new(),
            changes: Vec::new(),
            held: Held::default(),
            pointers: Pointers::default(),
            scrolling: Scrolling::default(),
            typing: Typing::default(),
            typed: None,
            begun: Vec::new(),
            origin_ms,
            collect_at_ms: f64::INFINITY,
            seal_at_ms: f64::INFINITY,
            interval_ms: f64::from(interval_ms),
            governor: Governor::new(share, origin_ms),
            secret_at_ms: f64::NEG_INFINITY,
            typed_at_ms: f64::NEG_INFINITY,
            by_key: false,
            adopters: Vec::new(),
            selection: (0, 0),
            paused: false,
            dom,
        }
    }

    /// The page, for the bindings.
    pub fn dom(&self) -> &D {
        &self.dom
    }

    fn time(&self) -> u32 {
        (self.dom.now_ms() - self.origin_ms).max(0.0) as u32
    }

    /// A moment on the clock of `dom`, such as an event's, as the records have it.
    pub fn time_at(&self, moment_ms: f64) -> u32 {
        (moment_ms - self.origin_ms).max(0.0) as u32
    }

    // ---- the page view -------------------------------------------------------------------------------------

    /// Begins the page view and opens its first epoch.
    pub fn start(&mut self, page: Page, browser: Browser, width: u32, height: u32) {
        let time = self.time();
        self.gate.learn_url(&page.url);
        self.gate.learn_url(&page.referrer);
        let url = self.gate.url(page.url.clone());
        let view = wire::PageView {
            url,
            referrer: self.gate.referrer(page.referrer, &page.origin),
            title: self.gate.title(page.title),
            index: page.index,
            width,
            height,
            visits: page.visits,
        };
        self.batch.record(time, &view);
        let (name, os) = self.gate.user_agent(browser.user_agent);
        let environment = wire::Environment {
            browser: name,
            os,
            languages: self.gate.languages(browser.languages),
            time_zone: self.gate.time_zone(browser.time_zone),
            screen_width: browser.screen.0,
            screen_height: browser.screen.1,
            pixel_ratio: browser.pixel_ratio,
            flags: browser.flags,
            recorder: Clean::fixed(env!("CARGO_PKG_VERSION")),
        };
        self.batch.record(time, &environment);
        self.batch.record(time, &wire::Policy { json: self.gate.policy() });
        self.snapshot(page.url, width, height, page.quirks);
    }

    /// Opens an epoch: the walk follows in slices.
    pub fn snapshot(&mut self, url: Raw, width: u32, height: u32, quirks: bool) {
        self.tree.note_steps(&self.dom, &self.changes);
        self.changes.clear();
        // What waits belongs to the ids of the epoch before.
        self.note();
        self.note_samples();
        self.adopters.clear();
        self.begun.clear();
        let epoch = self.batch.open_epoch();
        let time = self.time();
        let url = self.gate.url(url);
        self.batch.record(time, &wire::Snapshot { epoch, flags: u32::from(quirks), width, height, url });
        let (tree, mut cx) = self.parts();
        tree.snapshot(&mut cx);
        self.wake_soon();
    }

    /// Makes batches half as large. `false` when they cannot be smaller.
    pub fn shrink(&mut self) -> bool {
        self.batch.shrink()
    }

    /// Whether a new epoch would do the memory good.
    pub fn wants_snapshot(&self) -> bool {
        let mirror = self.tree.mirror();
        mirror.dead() > MOST_DEAD && mirror.dead() > 4 * mirror.live() && !self.tree.is_busy()
    }

    fn parts(&mut self) -> (&mut Tree<D>, Context<'_, D>) {
        let now = self.dom.now_ms();
        let time_ms = (now - self.origin_ms).max(0.0) as u32;
        let cx = Context {
            dom: &self.dom,
            gate: &mut self.gate,
            batch: &mut self.batch,
            fields: &mut self.fields,
            time_ms,
            deadline_ms: now + SLICE_MS,
            record_nodes: RECORD_NODES,
        };
        (&mut self.tree, cx)
    }

    // ---- work ----------------------------------------------------------------------------------------------

    /// The page changed, at `since_ms` first. What was `away` had left the page since then: from then on nobody observed it.
    pub fn mutated(&mut self, new: Vec<Change<D::Node>>, away: &[D::Node], since_ms: f64) {
        if self.paused || new.is_empty() {
            return;
        }
        if let Some(field) = self.fields.plain()
            && !new.iter().all(|change| self.tree.is_inside(&self.dom, change, field))
        {
            self.fields.changed_around();
        }
        let (gone, lost) = self.tree.left(&self.dom, &new);
        for node in &gone {
            // What is recorded may have got something new since the last look.
            let is_new = self.tree.id(&self.dom, node) == 0;
            if is_new || self.tree.is_busy() || !self.changes.is_empty() {
                self.meet(node);
            }
        }
        self.changes.extend(new);
        self.tree.forget(&self.dom, away);
        if lost {
            self.learn();
            self.note();
            if !self.tree.lose(&self.dom, &gone) {
                return self.collect();
            }
        }
        self.wake(since_ms + self.governor.collect_ms());
    }

    /// The recorder worked since a moment. Returns the least time between two positions of a pointer from now on,
    /// milliseconds, when that is another.
    pub fn spent(&mut self, since_ms: f64) -> Option<f64> {
        let now = self.dom.now_ms();
        if self.tree.is_snapshot() {
            self.governor.forget(now);
        }
        let level = self.governor.spent(since_ms, now)?;
        self.record(self.time_at(now), &wire::Detail { level });
        Some(self.governor.sample_ms())
    }

    /// Whether what came at a moment came in step with typing in a protected field.
    pub fn is_in_step(&self, moment_ms: f64) -> bool {
        moment_ms - self.secret_at_ms < STEP_MS
    }

    /// There is something to collect at a moment.
    fn wake(&mut self, at_ms: f64) {
        self.collect_at_ms = self.collect_at_ms.min(at_ms);
    }

    /// There is something to collect: soon is soon enough.
    fn wake_soon(&mut self) {
        self.wake(self.dom.now_ms() + SOON_MS);
    }

    /// When to call [`work`](Self::work) : a moment on the clock of `dom`; infinite
    /// when there is nothing to do, which is nearly always, and negative infinity while the walk is under way.
    pub fn due_ms(&self) -> f64 {
        if self.tree.is_busy() && !self.paused {
            return f64::NEG_INFINITY;
        }
        self.collect_at_ms.min(self.seal_at_ms)
    }

    /// Does what is due, for one slice at most. Returns whether more is to be done at once.
    pub fn work(&mut self) -> bool {
        let now = self.dom.now_ms();
        // The walk must not go on before it knows what changed: a mark, say, above the text it comes by next.
        if self.collect_at_ms <= now && self.is_in_step(now) && !self.tree.is_busy() {
            // How often something changes would tell how many keys were pressed, and when.
            self.collect_at_ms = self.secret_at_ms + STEP_MS;
        } else if self.collect_at_ms <= now || self.tree.is_busy() {
            self.collect();
        }
        if self.tree.is_busy() && !self.paused {
            let (tree, mut cx) = self.parts();
            tree.work(&mut cx);
            if !self.tree.is_busy() && self.batch.has_snapshot() {
                self.seal_at_ms = self.seal_at_ms.min(now + SNAPSHOT_MS);
            }
        }
        if self.seal_at_ms <= now {
            self.collect();
        }
        // What the walk has not come by may be a field whose secret the page has said already.
        let met = !self.tree.is_busy() || self.paused;
        if (self.seal_at_ms <= now && met) || self.batch.is_full() {
            self.seal(false);
        } else if !self.batch.is_empty() && self.seal_at_ms.is_infinite() {
            self.seal_at_ms = now + self.interval_ms;
        }
        self.tree.is_busy() && !self.paused
    }

    /// Collects what waits, and returns whether the walk has come by all of it.
    pub fn settle(&mut self) -> bool {
        self.collect();
        !self.tree.is_busy() || self.paused
    }

    /// Records what waits: the events whose consequences are known by now, then what changed, as they name nodes
    /// that a change may have taken away.
    fn collect(&mut self) {
        self.collect_at_ms = f64::INFINITY;
        self.learn();
        self.note();
        if !self.changes.is_empty() {
            let changes = core::mem::take(&mut self.changes);
            let (tree, mut cx) = self.parts();
            tree.flush(&mut cx, &changes);
        }
        let (tree, mut cx) = self.parts();
        tree.define(&mut cx);
        for node in self.dom.drifted(self.typed.as_ref()) {
            if self.typed.as_ref() == Some(&node) {
                self.typing.leave(); // emptied: what comes next is typed anew
            }
            let target = self.target(&node);
            if target.id != 0 && !target.rules.ignored() {
                self.record_state(self.time(), &node, &target, false);
            }
        }
        let time = self.time();
        if self.pointers.is_full(time) || self.scrolling.is_full(time) {
            self.note_samples();
        }
    }

    /// Writes the events that waited.
    fn note(&mut self) {
        for (time, event) in self.held.take() {
            if self.tree.is_pad(event.node()) {
                self.gate.count(Rule::Keypad);
                continue;
            }
            match event {
                Event::Pointer(pointer) => self.batch.record(time, &pointer),
                Event::Focus(focus) => self.batch.record(time, &focus),
                Event::Hit(hit) => self.batch.record(time, &hit),
            }
        }
    }

    /// Writes positions over time.
    fn note_samples(&mut self) {
        let batch = &mut self.batch;
        self.pointers.take(|time, moves| batch.record(time, &moves));
        if let Some((time, scrolls)) = self.scrolling.take() {
            self.batch.record(time, &scrolls);
        }
    }

    /// Learns what protected fields hold by now. If one was changed while a press waits, and not by typing, what was
    /// pressed is a keypad, and nothing of it is told.
    fn learn(&mut self) {
        let new = self.fields.refresh(&self.dom, &mut self.gate);
        if !new || self.dom.now_ms() - self.typed_at_ms < STEP_MS || self.held.pressed().next().is_none() {
            return;
        }
        for (_, event) in self.held.take() {
            if let Event::Pointer(pointer) = event {
                self.tree.mark_pad(pointer.node);
            }
            self.gate.count(Rule::Keypad);
        }
        self.pointers.forget();
        self.secret_at_ms = self.dom.now_ms();
    }

    /// Learns what is in fields that are not recorded, or not yet: what they hold may have been said already.
    fn meet(&mut self, root: &D::Node) {
        for field in self.dom.fields(root) {
            if self.tree.id(&self.dom, &field) == 0 {
                let tag = self.dom.name(&field);
                self.fields.known(&self.dom, &mut self.gate, &field, &tag);
            }
        }
    }

    /// Seals what there is.
    pub fn seal(&mut self, last: bool) {
        self.collect();
        if self.tree.is_busy() && !self.paused {
            self.meet(&self.dom.document());
        }
        self.note_samples();
        if last {
            self.leave_field();
        }
        self.seal_at_ms = f64::INFINITY;
        let wall = self.dom.wall_ms();
        if let Some(sealed) = self.batch.seal(&mut self.gate, wall, last) {
            self.sealed.push(sealed);
        }
    }

    // ---- events --------------------------------------------------------------------------------------------

    /// The nearest recorded node, and what holds for it.
    fn locate(&self, node: Option<&D::Node>) -> (u32, Rules) {
        let mut at = node.cloned();
        for _ in 0..MOST_ANCESTORS {
            let Some(here) = at else { break };
            let id = self.tree.id(&self.dom, &here);
            if id != 0 {
                let rules = self.tree.mirror().rules(id);
                return (id, if self.tree.is_pad(id) { rules.with(Rules::PAD) } else { rules });
            }
            if self.dom.kind(&here) == Kind::Document {
                return (0, Rules::IGNORE); // a frame that is not recorded, or not yet
            }
            at = self.dom.parent(&here).or_else(|| self.dom.host(&here));
        }
        (0, Rules::NONE)
    }

    fn record(&mut self, time: u32, record: &impl crate::batch::Outgoing) {
        if self.paused {
            return;
        }
        self.batch.record(time, record);
        if self.seal_at_ms.is_infinite() {
            self.seal_at_ms = self.dom.now_ms() + self.interval_ms;
        }
    }

    fn hold(&mut self, time: u32, event: Event) {
        if !self.paused {
            self.held.add(time, event);
            self.wake_soon();
        }
    }

    /// A pointer went down or up, clicked…
    pub fn pointer(&mut self, time: u32, mut pointer: wire::Pointer, node: Option<&D::Node>) {
        let (id, rules) = self.locate(node);
        if rules.pad() {
            self.secret_at_ms = self.dom.now_ms();
            self.gate.count(Rule::Keypad);
            return;
        }
        if rules.ignored() {
            self.gate.count(Rule::Ignored);
            return;
        }
        // What changed before was not this press's doing.
        self.learn();
        pointer.node = id;
        self.hold(time, Event::Pointer(pointer));
    }

    /// A click hit an element, or came to something: where, and to what. Of what is not recorded itself, the box is not known.
    pub fn hit(&mut self, time: u32, mut hit: wire::Hit, node: &D::Node) {
        let (id, rules) = self.locate(Some(node));
        if id != 0 && id == self.dom.id(node) && !rules.pad() && !rules.ignored() {
            hit.node = id;
            self.hold(time, Event::Hit(hit));
        }
    }

    /// A pointer moved.
    pub fn moved(&mut self, time: u32, device: u32, finger: u32, node: Option<&D::Node>, x: i32, y: i32) {
        if self.paused {
            return;
        }
        let (id, rules) = self.locate(node);
        if rules.pad() || rules.ignored() {
            return;
        }
        self.pointers.add(device, finger, time, id, x, y);
        if self.pointers.is_full(time) {
            self.wake_soon();
        }
        self.seal_later();
    }

    /// Something was scrolled to a position.
    pub fn scrolled(&mut self, time: u32, node: &D::Node, x: i32, y: i32) {
        if self.paused {
            return;
        }
        let id = self.tree.id(&self.dom, node);
        if id == 0 {
            return self.tree.scrolled_early(node);
        }
        self.scrolling.add(time, id, x, y);
        if self.scrolling.is_full(time) {
            self.wake_soon();
        }
        self.seal_later();
    }

    fn seal_later(&mut self) {
        if self.seal_at_ms.is_infinite() {
            self.seal_at_ms = self.dom.now_ms() + self.interval_ms;
        }
    }

    /// An element gained or lost focus.
    pub fn focus(&mut self, node: Option<&D::Node>, gained: bool) {
        if !gained {
            self.leave_field();
            self.gate.learn_typed(FieldClass::Plain, Raw::default());
        }
        let (id, rules) = self.locate(node);
        if !rules.pad() && !rules.ignored() {
            let time = self.time();
            self.hold(time, Event::Focus(wire::Focus { node: id, gained }));
        }
    }

    /// What an event is about.
    fn target(&mut self, node: &D::Node) -> Target {
        let (id, rules) = self.locate(Some(node));
        let tag = self.dom.name(node);
        let mut class = FieldClass::Plain;
        if !tag.is_empty() {
            class = self.fields.known(&self.dom, &mut self.gate, node, &tag);
        }
        Target { id, rules, tag, class }
    }

    /// Whether what is typed here is nobody's business: into a protected field, or where nobody can look.
    fn is_secret(&self, node: &D::Node, target: &Target) -> bool {
        target.is_protected() || is_opaque(&self.dom, node, &target.tag)
    }

    /// Learns what is typed where it is nobody's business.
    fn learn_typed(&mut self, node: &D::Node, typed: Raw) {
        let class = Some(self.fields.class_of(&self.dom, node)).filter(|class| class.is_protected());
        self.gate.learn_typed(class.unwrap_or(FieldClass::PASSWORD), typed);
    }

    /// The visitor pressed a key. `changes` says that it is one that types or deletes; `typed` is the character.
    pub fn key(&mut self, node: &D::Node, category: u32, changes: bool, typed: Raw) {
        let target = self.target(node);
        if self.is_secret(node, &target) {
            if changes {
                self.secret_at_ms = self.dom.now_ms();
                self.typed_at_ms = self.secret_at_ms;
            }
            self.by_key = !typed.is_empty();
            self.learn_typed(node, typed);
            self.gate.count(Rule::ProtectedField);
            return;
        }
        self.dom.calm(node);
        self.typed_key(self.time(), (target.id, target.rules), category);
    }

    /// A key was pressed where it is no secret's.
    pub fn pressed(&mut self, time: u32, node: &D::Node, category: u32) {
        self.typed_key(time, self.locate(Some(node)), category);
    }

    fn typed_key(&mut self, time: u32, (node, rules): (u32, Rules), category: u32) {
        if !rules.pad() && !rules.ignored() && self.gate.keeps_keys(rules) {
            self.record(time, &wire::Key { category, node });
        }
    }

    /// A control's value changes while the visitor types: 0 says that it will, 1 that it has, and 2 that it has by a choice,
    /// which [`changed`](Self::changed) will tell. `typed` is what is put in; a script only says so when it is not `trusted`.
    pub fn input(&mut self, node: &D::Node, how: u32, trusted: bool, typed: Raw) {
        // Pages keep fields in step by script: what that changed is seen before the next press is judged.
        self.wake_soon();
        if how > 1
            && !self.fields.class_of(&self.dom, node).is_protected()
            && !self.locate(Some(node)).1.secret()
        {
            return;
        }
        let target = self.target(node);
        if self.is_secret(node, &target) {
            self.secret_at_ms = self.dom.now_ms();
            if trusted {
                self.typed_at_ms = self.secret_at_ms;
                self.fields.learn(&self.dom, &mut self.gate, node);
            }
            if how == 0 && !self.by_key {
                self.learn_typed(node, typed);
            }
            self.gate.count(Rule::ProtectedField);
            return;
        }
        self.dom.calm(node);
        if target.id == 0 || target.rules.ignored() || how == 0 {
            return;
        }
        self.typed = Some(node.clone());
        if self.typing.node() != target.id {
            self.begin_form(node);
        }
        if self.typing.input(target.id, target.rules.unmasked()) == Step::Record {
            self.record_state(self.time(), node, &target, true);
        }
    }

    /// The form around a field is begun to be filled. Protected fields do not tell when.
    fn begin_form(&mut self, node: &D::Node) {
        let Some(form) = self.dom.form(node) else { return };
        let form = self.tree.id(&self.dom, &form);
        if !self.begun.iter().any(|(id, _)| *id == form) {
            self.begun.push((form, self.time()));
        }
    }

    /// A control has a new value for good.
    pub fn changed(&mut self, time: u32, node: &D::Node) {
        let target = self.target(node);
        if target.id == 0 || target.rules.ignored() {
            return;
        }
        if !target.is_protected() {
            self.begin_form(node);
        }
        if self.typing.node() == target.id {
            self.typing.leave();
        }
        self.record_state(time, node, &target, true);
    }

    /// The visitor leaves the field: its value may be told now, if it may be told at all.
    fn leave_field(&mut self) {
        let Some(node) = self.typed.take() else { return };
        if self.typing.leave().is_some() {
            let target = self.target(&node);
            if target.id != 0 {
                self.record_state(self.time(), &node, &target, true);
            }
        }
    }

    fn record_state(&mut self, time: u32, node: &D::Node, target: &Target, by_visitor: bool) {
        let (tree, dom) = (&self.tree, &self.dom);
        let states = self.fields.changed(dom, &mut self.gate, node, target, |n| tree.id(dom, n));
        // What the walk has not come by yet it tells itself.
        for mut state in states.into_iter().filter(|state| state.node != 0) {
            state.flags |= if by_visitor { BY_VISITOR } else { 0 };
            self.record(time, &state);
        }
    }

    /// A form is reset: its controls are looked at once they are.
    pub fn reset(&mut self) {
        self.typed = None;
        self.typing.leave();
        self.wake_soon();
    }

    /// A form is submitted, or was to be: `state` as in [`wire::Submit`].
    pub fn submit(&mut self, node: &D::Node, fields: u32, filled: u32, state: u32) {
        self.leave_field();
        let (node, rules) = self.locate(Some(node));
        if !rules.ignored() {
            let time = self.time();
            let begun =
                self.begun.iter().position(|(id, _)| *id == node).map(|at| self.begun.swap_remove(at).1);
            let elapsed = time.saturating_sub(begun.unwrap_or(time));
            self.record(time, &wire::Submit { node, fields, filled, state, elapsed });
        }
    }

    /// Copy, cut, paste, drag, drop, composed or filled in. Never what.
    pub fn transfer(&mut self, action: u32, node: &D::Node) {
        // What is copied or dragged may be of the page; what is cut or put in is of a field.
        let target = self.target(node);
        if target.is_protected() || matches!(action, 1 | 2 | 5..) && is_opaque(&self.dom, node, &target.tag) {
            self.secret_at_ms = self.dom.now_ms();
            return;
        }
        let typed = action == 5 && !self.gate.keeps_keys(target.rules);
        if !target.rules.pad() && !target.rules.ignored() && !typed {
            let time = self.time();
            self.record(time, &wire::Transfer { action, node: target.id });
        }
    }

    /// The page's life, by its number in [`wire::Lifecycle`].
    pub fn lifecycle(&mut self, state: u32) {
        let time = self.time();
        self.record(time, &wire::Lifecycle { state });
    }

    /// The viewport's size.
    pub fn resized(&mut self, width: u32, height: u32) {
        let time = self.time();
        self.record(time, &wire::Resize { width, height });
    }

    /// The id of a node that was perhaps made only just now.
    fn known(&mut self, node: &D::Node) -> u32 {
        if self.tree.id(&self.dom, node) == 0 && !self.is_in_step(self.dom.now_ms()) {
            self.collect();
        }
        self.tree.id(&self.dom, node)
    }

    /// The id of a node of which may be told what it looks like; 0 for none.
    fn looks(&mut self, node: &D::Node) -> u32 {
        let node = self.known(node);
        let rules = self.tree.mirror().rules(node);
        let hidden = rules.ignored() || rules.blocked() || rules.secret() || self.tree.is_pad(node);
        if hidden { 0 } else { node }
    }

    /// An element is in the top layer, as [`TopLayer::state`](wire::TopLayer) has it, or is not any more.
    pub fn layered(&mut self, node: &D::Node, state: u32) {
        let node = self.known(node);
        if node != 0 {
            let time = self.time();
            self.record(time, &wire::TopLayer { node, state });
        }
    }

    /// A selection begins at an offset in a node, or ends there; nothing is selected where there is none.
    pub fn selected(&mut self, node: Option<&D::Node>, offset: u32, ends: bool) {
        let place = node.map_or(0, |node| self.known(node));
        let (_, rules) = self.locate(node);
        let hidden = rules.ignored() || rules.pad() || rules.secret();
        // In what is not told as it is, an offset could tell how long it is.
        let told = |node: &D::Node| {
            self.dom.kind(node) != Kind::Text || self.gate.keeps_text(rules, &self.dom.text(node))
        };
        let place = if !hidden && node.is_some_and(told) { (place, offset) } else { (0, 0) };
        if !ends {
            self.selection = place;
            return;
        }
        let none = place.0 == 0 || self.selection.0 == 0;
        let ((start, start_offset), (end, end_offset)) =
            if none { Default::default() } else { (self.selection, place) };
        let time = self.time();
        self.record(time, &wire::Selection { start, start_offset, end, end_offset });
    }

    /// Pinch zoom.
    pub fn zoomed(&mut self, scale: u32, left: i32, top: i32) {
        let time = self.time();
        self.record(time, &wire::VisualViewport { scale, left, top });
    }

    /// The document has another URL now.
    pub fn navigated(&mut self, how: u32, url: Raw, title: Raw) {
        let time = self.time();
        self.gate.learn_url(&url);
        let url = self.gate.url(url);
        self.record(time, &wire::Navigation { how, url });
        let title = self.gate.title(title);
        self.record(time, &wire::Title { title });
    }

    /// An error nobody caught.
    pub fn fault(&mut self, report: Report) {
        let time = self.time();
        let fault = wire::Fault {
            source: report.source,
            message: self.gate.data(report.message),
            url: self.gate.url(report.url),
            line: report.line,
            column: report.column,
        };
        self.record(time, &fault);
    }

    /// The page wrote to its console, or a request of it has ended: what it wrote or where it went, and the fields of the
    /// record behind that. Of what began while a secret was typed nothing, not even when.
    pub fn developer(&mut self, request: bool, text: Raw, fields: &[u8], since_ms: f64) {
        if self.paused || self.is_in_step(since_ms) {
            return;
        }
        let text = if request { self.gate.url(text) } else { self.gate.data(text) };
        self.batch.developer(self.time(), request, &text, fields);
        self.seal_later();
    }

    /// An event of the site's own.
    pub fn custom(&mut self, name: Raw, payload: Raw) {
        let time = self.time();
        let custom = wire::Custom { name: self.gate.event_name(name), payload: self.gate.data(payload) };
        self.record(time, &custom);
    }

    /// A measurement.
    pub fn vital(&mut self, metric: u32, value: u32) {
        let time = self.time();
        self.record(time, &wire::Vital { metric, value });
    }

    /// A link that contacts somebody was used.
    pub fn contact(&mut self, scheme: &'static str, node: &D::Node) {
        let (node, rules) = self.locate(Some(node));
        if !rules.ignored() {
            let time = self.time();
            self.record(time, &wire::Contact { scheme: Clean::fixed(scheme), node });
        }
    }

    /// A media element does something.
    pub fn media(&mut self, mut media: wire::Media, node: &D::Node) {
        let (id, rules) = self.locate(Some(node));
        if id != 0 && !rules.ignored() {
            media.node = id;
            let time = self.time();
            self.record(time, &media);
        }
    }

    /// An image has loaded: its own size. Not in step with a secret, of which it may show each key.
    pub fn image(&mut self, node: &D::Node, width: u32, height: u32) {
        // What was pressed may turn out to be a keypad's.
        self.learn();
        if self.is_in_step(self.dom.now_ms()) {
            return;
        }
        let node = self.looks(node);
        if node != 0 {
            let time = self.time();
            self.record(time, &wire::Image { node, width, height });
        }
    }

    /// A canvas shows an image, a `frame` a page that records itself, or the document is in a frame of one: the fields of the
    /// record behind the node. Returns whether that may be recorded now: without fields, that is all that is asked.
    pub fn drawn(&mut self, node: &D::Node, fields: &[u8], frame: bool) -> bool {
        // What may show each key of a secret is not looked at, not even when.
        if self.paused || !frame && self.is_in_step(self.dom.now_ms()) {
            return false;
        }
        // What the page has said of it by now holds already.
        self.collect();
        // Of the page around, no node is known here.
        let around = frame && self.dom.kind(node) == Kind::Document;
        let id = if around { 0 } else { self.tree.id(&self.dom, node) };
        let rules = self.locate(Some(node)).1;
        // The page in a frame has the same policy, but knows nothing of marks around it.
        let may = around || id != 0 && (self.gate.shows(rules) || frame && rules == Rules::NONE);
        if may && !fields.is_empty() {
            self.batch.shown(self.time(), frame, id, fields);
            self.seal_later();
        }
        may
    }

    /// A script has made a font, as the rule of a style sheet would.
    pub fn font(&mut self, rule: Raw) {
        let time = self.time();
        let css = self.gate.css(rule);
        self.record(time, &wire::Font { css });
    }

    /// An element is animated like this by now, or by nothing: otherwise since a moment.
    pub fn animated(&mut self, node: &D::Node, json: Raw, since_ms: f64) {
        // What was pressed may turn out to be a keypad's.
        self.learn();
        let in_step = self.is_in_step(since_ms);
        if self.tree.is_stepped(&self.dom, node, in_step) {
            return;
        }
        let node = self.looks(node);
        if node != 0 {
            let time = self.time();
            let json = self.gate.css(json);
            self.record(time, &wire::Animation { node, json });
        }
    }

    /// A `style` or `link` element's sheet is another now; if it is `scripted`, than its text says.
    pub fn sheet_changed(&mut self, node: D::Node, scripted: bool) {
        if self.paused {
            return;
        }
        if scripted {
            self.tree.sheet_scripted(&self.dom, node);
        } else {
            self.tree.sheet_changed(node);
        }
        self.wake_soon();
    }

    /// A rule was put into the sheet of a `style` or `link` element, or taken out; the path is that of the record.
    pub fn rule_changed(&mut self, owner: &D::Node, rule: Option<Raw>, path: Vec<u32>) {
        let sheet = self.tree.id(&self.dom, owner);
        // A sheet whose text is still to be read is read with this change in it.
        if sheet == 0 || self.paused || self.tree.owes_sheet(owner) {
            return;
        }
        self.tree.rule_changed();
        let rule = rule.map(|r| self.gate.css(r));
        let time = self.time();
        self.record(time, &wire::StyleRule { sheet, path, rule });
    }

    /// A document or shadow root has adopted these style sheets, or none any more.
    pub fn adopt(&mut self, root: &D::Node) {
        let id = self.tree.id(&self.dom, root);
        if id == 0 || self.paused {
            return;
        }
        let adopted = self.dom.adopted(root);
        if !self.adopters.contains(&id) {
            if adopted.is_empty() {
                return; // as nearly everywhere
            }
            self.adopters.push(id);
        }
        let time = self.time();
        let mut sheets = Vec::with_capacity(adopted.len());
        for (number, sheet) in adopted {
            sheets.push(number);
            if let Some(sheet) = sheet {
                self.constructed(time, number, sheet);
            }
        }
        self.record(time, &wire::AdoptedSheets { root: id, sheets });
    }

    fn constructed(&mut self, time: u32, number: u32, sheet: Sheet) {
        let (css, media) = (self.gate.css(sheet.css), self.gate.css(sheet.media));
        self.record(time, &wire::StyleSheet { sheet: number, css, media, disabled: sheet.disabled });
    }

    /// A constructed style sheet has a rule more or less, or is another as a `whole`.
    pub fn constructed_changed(
        &mut self,
        sheet: u32,
        rule: Option<Raw>,
        path: Vec<u32>,
        whole: Option<Sheet>,
    ) {
        if sheet == 0 {
            return; // nobody has adopted it yet: it is read when somebody does
        }
        let time = self.time();
        match whole {
            Some(whole) => self.constructed(time, sheet, whole),
            None => {
                let rule = rule.map(|r| self.gate.css(r));
                self.record(time, &wire::StyleRule { sheet, path, rule });
            }
        }
    }

    /// A shadow root was attached.
    pub fn shadow_attached(&mut self, host: &D::Node) {
        self.root_changed(host);
    }

    /// A frame has another document.
    pub fn frame_loaded(&mut self, frame: &D::Node) {
        self.root_changed(frame);
    }

    fn root_changed(&mut self, host: &D::Node) {
        self.mutated(vec![Change::Root { host: host.clone() }], &[], self.dom.now_ms());
    }

    /// Whether the walk is not done yet.
    pub fn is_walking(&self) -> bool {
        self.tree.is_busy()
    }

    /// A field is, or was, of type password.
    pub fn was_password(&mut self, node: &D::Node) {
        self.fields.protect_password(&self.dom, &mut self.gate, node);
    }

    /// Which rule decides about an element, and why: `protected-field: its type`.
    pub fn why(&mut self, node: &D::Node) -> String {
        let target = self.target(node);
        let recorded = target.id != 0 && self.tree.id(&self.dom, node) == target.id;
        let why = if target.is_protected() {
            match target.class {
                FieldClass::Plain => Why::of(Rule::ProtectedField.name(), "it is part of one"),
                FieldClass::Hidden => Why::of(Rule::HiddenInput.name(), "its type"),
                FieldClass::Protected(_) => {
                    Why::of(Rule::ProtectedField.name(), self.fields.why(&self.dom, &self.gate, node))
                }
            }
        } else if !recorded && !target.rules.blocked() {
            Why::of("not-recorded", "it is no part of what the replay shows")
        } else {
            self.gate.why(target.rules, matches!(target.tag.as_str(), "input" | "textarea" | "select"))
        };
        let text = || self.gate.why_text(&self.dom.inner_text(node));
        let found = if matches!(why.rule, "kept" | "unmasked") { text() } else { None };
        match found {
            Some(rule) => [rule.name(), ": in its text; the rest is kept"].concat(),
            None => [why.rule, ": ", self.marked(node, why.marks).unwrap_or(why.because)].concat(),
        }
    }

    /// The nearest mark of a kind, on a node or around it.
    fn marked(&self, node: &D::Node, wanted: Rules) -> Option<&'static str> {
        let mut at = Some(node.clone()).filter(|_| wanted != Rules::NONE);
        for _ in 0..MOST_ANCESTORS {
            let here = at?;
            if self.dom.kind(&here) == Kind::Element {
                let matched = self.dom.matched(&here, &self.dom.name(&here));
                let mark = self.gate.mark(&self.dom.attributes(&here), matched, wanted);
                if mark.is_some() {
                    return mark;
                }
            }
            at = self.dom.parent(&here).or_else(|| self.dom.host(&here));
        }
        None
    }

    // ---- ends ----------------------------------------------------------------------------------------------

    /// Stops recording until [`resume`](Self::resume).
    pub fn pause(&mut self) {
        self.seal(false);
        self.lifecycle(8);
        self.paused = true;
    }

    /// Goes on. A [`snapshot`](Self::snapshot) must follow: nobody knows what happened meanwhile.
    pub fn resume(&mut self) {
        self.paused = false;
        self.lifecycle(9);
    }

    /// Ends the recording: what is left is sealed, secrets are forgotten.
    pub fn stop(&mut self, reason: u32, code: u32) {
        let time = self.time();
        self.record(time, &wire::Stop { reason, code });
        self.seal(true);
        self.paused = true;
        self.gate.forget();
    }

    /// Forgets everything that was not handed over, at once.
    pub fn discard(&mut self) {
        self.paused = true;
        self.changes.clear();
        self.held = Held::default();
        self.pointers.forget();
        self.scrolling = Scrolling::default();
        self.batch.discard();
        self.sealed.clear();
        self.tree = Tree::default();
        self.gate.forget();
        self.seal_at_ms = f64::INFINITY;
        self.collect_at_ms = f64::INFINITY;
    }
}

/// Whether keys that arrive here were pressed in a shadow tree that is closed: what else could take them?
fn is_opaque<D: Dom>(dom: &D, node: &D::Node, tag: &str) -> bool {
    let own = |name: &&str| dom.attribute(node, name).is_some();
    may_host(tag)
        && tag != "body"
        && !matches!(dom.shadow_root(node), Some((_, false)))
        && (is_custom(tag) || !["contenteditable", "tabindex"].iter().any(own))
}
