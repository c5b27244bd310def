//! Binds the engine to the browser: the only folder that names `wasm_bindgen`, `web_sys`, `js_sys`, `gloo_timers`.
//!
//! [`Live`] owns everything that was taken from the page; dropping it gives everything back. Every callback the
//! browser gets is wrapped by the guard that JavaScript passes in, so that a fault here never reaches the page.

pub mod api;
mod events;
mod listen;
mod node;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Event, MutationRecord, Node, Window};

use crate::deflate;
use crate::dom::{Change, Dom};
use crate::last_words::LastWords;
use crate::privacy::Raw;
use crate::recorder::Recorder;
use crate::transport::{Answer, Outcome};
use afterimage_wire::batch::Compression;
use listen::{Alarm, Observer};
use node::Page;

#[wasm_bindgen]
extern "C" {
    /// What JavaScript lends: see `www/core-entry.js`.
    pub type Hooks;
    /// Wraps a callback so that nothing it throws reaches the page.
    #[wasm_bindgen(method)]
    pub(crate) fn guard(this: &Hooks, callback: &Function) -> Function;
    /// Asked before a batch is sent: 0 to go on, 1 if the visitor said no, 2 if the session is over.
    #[wasm_bindgen(method)]
    pub(crate) fn may(this: &Hooks) -> u32;
    /// Posts a batch: header, payload, whether it is to outlive the page. `answered` is
    /// called later.
    #[wasm_bindgen(method)]
    pub(crate) fn send(this: &Hooks, header: Vec<u8>, payload: Vec<u8>, last: bool);
    /// The recording ended by itself.
    #[wasm_bindgen(method)]
    pub(crate) fn stopped(this: &Hooks, reason: u32, code: u32);
    /// What is taken from the page: see `www/watch.js`.
    #[wasm_bindgen(method)]
    pub(crate) fn watch(this: &Hooks, happened: &Function, rule: &Function, root: &Function) -> Watching;

    /// Listeners, and layers over a few native functions.
    pub(crate) type Watching;
    /// In a document or shadow root too, from now on.
    #[wasm_bindgen(method)]
    fn enter(this: &Watching, root: &Node);
    /// No longer where a document or shadow root is gone, or nowhere.
    #[wasm_bindgen(method, catch)]
    fn leave(this: &Watching, all: bool) -> Result<(), JsValue>;
}

/// Reasons of a `Stop` record that the recorder finds itself.
const REFUSED: u32 = 1;
const TOO_LONG: u32 = 2;

/// A recording that runs, and all it took from the page.
pub(crate) struct Live {
    hooks: Hooks,
    window: Window,
    document: Document,
    recorder: Recorder<Page>,
    words: Rc<LastWords>,
    url: String,
    pending_move: Option<Event>,
    waiting: Vec<Function>,
    ended: bool,
    paused: bool,
    /// The page asked to stop; what is left is on its way.
    stopping: bool,
    /// The page went away; it may come back from the cache.
    gone: bool,
    alarm: Option<Alarm>,
    observers: Vec<Observer>,
    watch: Option<Watch>,
    shared: Weak<RefCell<Live>>,
}

/// What was taken from the page, and what it calls.
struct Watch {
    watching: Watching,
    _happened: Closure<dyn FnMut(Event)>,
    _rule: Closure<dyn FnMut(JsValue, JsValue, JsValue)>,
    _root: Closure<dyn FnMut(JsValue, JsValue)>,
}

pub(crate) type Shared = Rc<RefCell<Live>>;

/// Runs `change` unless the recorder is busy below on the stack, or gone; then sees to what follows from it.
pub(crate) fn with(shared: &Weak<RefCell<Live>>, change: impl FnOnce(&mut Live)) {
    let mut change = Some(change);
    run(shared, &mut |live| {
        if let Some(change) = change.take() {
            change(live);
        }
    });
}

/// The part of [`with`] that need not exist once for every caller.
fn run(shared: &Weak<RefCell<Live>>, change: &mut dyn FnMut(&mut Live)) {
    let Some(shared) = shared.upgrade() else { return };
    let Ok(mut live) = shared.try_borrow_mut() else { return };
    if !live.ended {
        change(&mut live);
        live.schedule();
    }
}

impl Live {
    pub(crate) fn new(
        hooks: Hooks,
        window: Window,
        document: Document,
        recorder: Recorder<Page>,
        words: Rc<LastWords>,
        url: String,
    ) -> Self {
        Self {
            hooks,
            window,
            document,
            recorder,
            words,
            url,
            pending_move: None,
            waiting: Vec::new(),
            ended: false,
            paused: false,
            stopping: false,
            gone: false,
            alarm: None,
            observers: Vec::new(),
            watch: None,
            shared: Weak::new(),
        }
    }

    /// Takes what it needs from the page and starts.
    pub(crate) fn begin(shared: &Shared) {
        let weak = Rc::downgrade(shared);
        let Ok(mut live) = shared.try_borrow_mut() else { return };
        let live = &mut *live;
        let w = weak.clone();
        live.alarm = Some(Alarm::new(&live.hooks, move || with(&w, Live::tick)));
        let w = weak.clone();
        let all = Observer::new(&live.hooks, false, move |records| with(&w, |l| l.mutated(&records)));
        let w = weak.clone();
        let types = Observer::new(&live.hooks, true, move |records| with(&w, |l| l.types_changed(&records)));
        live.observers.extend(all);
        live.observers.extend(types);
        live.shared = weak;
        live.watch();
        live.enter();
        live.schedule();
    }

    fn watch(&mut self) {
        let w = self.shared.clone();
        let happened = Closure::<dyn FnMut(Event)>::new(move |event| with(&w, |l| l.happened(event)));
        let w = self.shared.clone();
        let rule = Closure::<dyn FnMut(JsValue, JsValue, JsValue)>::new(
            move |sheet: JsValue, rule: JsValue, index: JsValue| {
                with(&w, |l| l.rule_changed(&sheet, &rule, &index));
            },
        );
        let w = self.shared.clone();
        let root = Closure::<dyn FnMut(JsValue, JsValue)>::new(move |host: JsValue, root: JsValue| {
            with(&w, |l| l.root_changed(host, root));
        });
        let guarded = |callback: &JsValue| self.hooks.guard(callback.unchecked_ref());
        let watching =
            self.hooks.watch(&guarded(happened.as_ref()), &guarded(rule.as_ref()), &guarded(root.as_ref()));
        self.watch = Some(Watch { watching, _happened: happened, _rule: rule, _root: root });
    }

    fn viewport(&self) -> (u32, u32) {
        let size = |v: Result<JsValue, JsValue>| v.ok().and_then(|v| v.as_f64()).unwrap_or(0.0) as u32;
        (size(self.window.inner_width()), size(self.window.inner_height()))
    }

    fn href(&self) -> String {
        self.window.location().href().unwrap_or_default()
    }

    fn snapshot(&mut self) {
        let (width, height) = self.viewport();
        let quirks = self.document.compat_mode() == "BackCompat";
        self.recorder.snapshot(Raw::new(self.href()), width, height, quirks);
        self.enter();
    }

    /// Observes the roots the walk has entered, before the page can change them.
    fn enter(&mut self) {
        let Ok(roots) = self.recorder.dom().entered.try_borrow_mut().map(|mut e| std::mem::take(&mut *e))
        else {
            return;
        };
        if roots.is_empty() {
            return;
        }
        // First, as a frame's new document may have the window of the one before.
        self.let_go();
        for root in roots {
            self.attend(&root);
            self.recorder.adopt(&root);
        }
    }

    /// Hears and observes what happens below a root.
    fn attend(&self, root: &Node) {
        if let Some(watch) = &self.watch {
            watch.watching.enter(root);
        }
        for observer in &self.observers {
            observer.observe(root);
        }
    }

    /// Gives back what was taken from documents and shadow roots that are gone.
    fn let_go(&self) {
        if let Some(watch) = &self.watch {
            let _ = watch.watching.leave(false);
        }
    }

    // ---- work ----------------------------------------------------------------------------------------------

    fn tick(&mut self) {
        if let Some(alarm) = &mut self.alarm {
            alarm.reset();
        }
        self.work();
    }

    fn work(&mut self) {
        self.sample_pending();
        self.look_at_url();
        if self.recorder.due_ms() <= self.recorder.dom().now_ms() {
            self.recorder.work();
            self.enter();
        }
        if self.recorder.wants_snapshot() {
            self.snapshot();
        }
        self.pump(false);
        self.answer_flush();
    }

    fn schedule(&mut self) {
        let now = self.recorder.dom().now_ms();
        let mut due = self.recorder.due_ms();
        if let Some(wait) = self.recorder.transport.wait_ms(now) {
            due = due.min(now + wait);
        }
        if due.is_finite()
            && let Some(alarm) = &mut self.alarm
        {
            alarm.set(due, now);
        }
    }

    fn mutated(&mut self, records: &Array) {
        let in_step = self.recorder.is_in_step();
        let changes = records.iter().filter_map(|record| change(record.unchecked_ref(), in_step));
        self.recorder.mutated(changes);
        self.enter();
    }

    fn types_changed(&mut self, records: &Array) {
        for record in records.iter() {
            let record: &MutationRecord = record.unchecked_ref();
            let was = record.old_value().is_some_and(|v| v.eq_ignore_ascii_case("password"));
            if let Some(node) = record.target().filter(|_| was) {
                self.recorder.was_password(&node);
            }
        }
    }

    /// Fetches what observers hold back.
    fn take_records(&mut self) {
        for (types, records) in
            [true, false].into_iter().zip(self.observers.iter().rev().map(Observer::take).collect::<Vec<_>>())
        {
            if types {
                self.types_changed(&records);
            } else {
                self.mutated(&records);
            }
        }
    }

    /// A rule was put in at `index`, or taken out when `rule` is null; -1 for the whole sheet.
    fn rule_changed(&mut self, sheet: &JsValue, rule: &JsValue, index: &JsValue) {
        let Some(index) = index.as_f64() else { return };
        let rule = rule.as_string().map(Raw::new);
        let owner = sheet.unchecked_ref::<web_sys::StyleSheet>().owner_node();
        match owner {
            Some(owner) if index >= 0.0 => self.recorder.rule_changed(&owner, rule, index as u32),
            Some(owner) => self.recorder.sheet_changed(owner),
            None => {
                let number = self.recorder.dom().sheet_number(sheet);
                let whole = (index < 0.0).then(|| node::rules_of(sheet)).flatten();
                self.recorder.constructed_changed(number, rule, index as u32, whole);
            }
        }
    }

    /// A shadow root was attached; without one, the node has adopted other style sheets.
    fn root_changed(&mut self, host: JsValue, root: JsValue) {
        if root.is_null() {
            self.recorder.adopt(host.unchecked_ref());
            return;
        }
        let host: web_sys::Element = host.unchecked_into();
        let node: Node = host.clone().unchecked_into();
        let root: web_sys::ShadowRoot = root.unchecked_into();
        // The visitor may type into it before the walk comes by, and a field in it become another.
        self.attend(&root);
        self.recorder.dom().note_shadow(host, root);
        self.recorder.shadow_attached(&node);
    }

    fn look_at_url(&mut self) {
        let now = self.href();
        if now != self.url {
            let fragment = now.split('#').next() == self.url.split('#').next();
            self.navigated(if fragment { 3 } else { 0 }, now);
        }
    }

    fn navigated(&mut self, how: u32, now: String) {
        if now != self.url {
            self.url.clone_from(&now);
            self.recorder.navigated(how, Raw::new(now), Raw::new(self.document.title()));
        }
    }

    // ---- delivery ------------------------------------------------------------------------------------------

    /// Sends what is ready. `last` says that the page may be gone before anything asynchronous is done.
    fn pump(&mut self, last: bool) {
        if self.recorder.transport.is_empty() || self.ended {
            return;
        }
        match self.hooks.may() {
            0 => {}
            1 => {
                self.discard();
                self.hooks.stopped(0, 0);
                return;
            }
            // What is left still goes.
            _ => self.end(TOO_LONG),
        }
        let now = self.recorder.dom().now_ms();
        if let Some(batch) = self.recorder.transport.next(now) {
            self.post(batch.header, batch.payload, last);
        }
    }

    fn post(&self, mut header: afterimage_wire::Header, payload: Vec<u8>, last: bool) {
        self.let_go();
        self.words.sent(&header);
        header.compression = Compression::DeflateRaw;
        let payload = deflate::deflate_raw(&payload);
        self.hooks.send(header.encode(), payload, last);
    }

    /// The collector answered the batch on its way; 0 stands for no answer.
    pub(crate) fn answered(&mut self, status: u16, wants_snapshot: bool) {
        let answer = if status == 0 { Answer::Failed } else { Answer::Status(status) };
        let now = self.recorder.dom().now_ms();
        let outcome = self.recorder.transport.answered(answer, now, js_sys::Math::random());
        if outcome == Outcome::Stop {
            self.end(REFUSED);
            return;
        }
        if wants_snapshot && !self.paused {
            self.snapshot();
        }
        self.pump(false);
        self.answer_flush();
    }

    /// Somebody waits for everything captured so far to be answered.
    fn flush(&mut self, resolve: Function) {
        self.take_records();
        self.waiting.push(resolve);
        self.work();
    }

    fn answer_flush(&mut self) {
        if self.waiting.is_empty() || !self.recorder.settle() {
            return;
        }
        self.recorder.seal(false);
        self.enter();
        self.pump(false);
        if self.recorder.transport.is_empty() {
            for resolve in std::mem::take(&mut self.waiting) {
                let _ = resolve.call0(&JsValue::NULL);
            }
            if self.stopping {
                self.release();
            }
        }
    }

    /// The page is hidden: it may never come back.
    fn hidden(&mut self) {
        if self.gone {
            return; // said with everything else when it left
        }
        self.take_records();
        self.sample_pending();
        self.recorder.lifecycle(1);
        self.recorder.seal(false);
        self.pump(true);
    }

    /// The page goes away: everything that was not answered leaves now, compressed, in requests that outlive it.
    fn leave(&mut self) {
        self.gone = true;
        self.take_records();
        self.sample_pending();
        self.recorder.lifecycle(2);
        self.recorder.seal(true);
        let left: Vec<_> = self.recorder.transport.unanswered().cloned().collect();
        for batch in left {
            self.post(batch.header, batch.payload, true);
        }
    }

    // ---- ends ----------------------------------------------------------------------------------------------

    /// Gives everything back to the page.
    fn release(&mut self) {
        self.ended = true;
        self.observers.clear();
        self.alarm = None;
        self.pending_move = None;
        if let Some(watch) = &self.watch {
            let _ = watch.watching.leave(true);
        }
        for resolve in std::mem::take(&mut self.waiting) {
            let _ = resolve.call0(&JsValue::NULL);
        }
    }

    /// Ends because the page asked to.
    fn stop(&mut self, resolve: Function) {
        self.take_records();
        self.recorder.stop(0, 0);
        self.paused = true;
        self.waiting.push(resolve);
        self.stopping = true;
        self.pump(false);
        self.answer_flush();
    }

    fn end(&mut self, reason: u32) {
        self.recorder.stop(reason, 0);
        self.release();
        self.hooks.stopped(reason, 0);
    }

    /// Throws away everything that was not answered.
    pub(crate) fn discard(&mut self) {
        self.recorder.discard();
        self.release();
    }
}

/// One record of a mutation observer.
fn change(record: &MutationRecord, in_step: bool) -> Option<Change<Node>> {
    let target = record.target()?;
    if let Some(name) = record.attribute_name() {
        return Some(Change::Attribute { target, name, in_step });
    }
    if target.node_type() != Node::ELEMENT_NODE && target.node_type() < Node::PROCESSING_INSTRUCTION_NODE {
        return Some(Change::Text { target, in_step });
    }
    let mut nodes = Vec::new();
    for list in [record.removed_nodes(), record.added_nodes()] {
        nodes.extend((0..list.length()).filter_map(|i| list.get(i)));
    }
    Some(Change::Children { target, nodes, in_step })
}
