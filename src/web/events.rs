//! What is listened to, and how an event becomes a call of the recorder.

use std::cell::RefCell;
use std::rc::Weak;

use afterimage_wire::record as wire;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, ErrorEvent, Event, EventTarget, HtmlFormElement, HtmlMediaElement, KeyboardEvent,
    Node, PointerEvent, PromiseRejectionEvent, Window,
};

use super::listen::Listener;
use super::{Hooks, Live, with};
use crate::dom::Dom;
use crate::privacy::Raw;
use crate::recorder::Report;

/// Everything that happens to nodes: listened to on the window and on those of frames, `load` on the document, since
/// it goes no further: <https://dom.spec.whatwg.org/#interface-document> (get the parent).
const ON_NODES: [&str; 27] = [
    "pointermove",
    "pointerdown",
    "pointerup",
    "pointercancel",
    "click",
    "dblclick",
    "contextmenu",
    "scroll",
    "input",
    "change",
    "focus",
    "blur",
    "keydown",
    "submit",
    "copy",
    "cut",
    "paste",
    "dragstart",
    "drop",
    "play",
    "pause",
    "seeked",
    "volumechange",
    "ratechange",
    "load",
    "beforeinput",
    "reset",
];
/// What happens to the page: listened to on the window.
const ON_PAGE: [&str; 10] = [
    "pagehide",
    "pageshow",
    "online",
    "offline",
    "resize",
    "error",
    "unhandledrejection",
    "popstate",
    "hashchange",
    "load",
];
/// Listened to on the document.
const ON_DOCUMENT: [&str; 3] = ["visibilitychange", "freeze", "resume"];

pub(super) fn listen(
    hooks: &Hooks,
    live: &Weak<RefCell<Live>>,
    window: &Window,
    document: &Document,
) -> Vec<Listener> {
    let mut all = Vec::with_capacity(ON_NODES.len() + ON_PAGE.len() + ON_DOCUMENT.len());
    all.extend(on_nodes(hooks, live, window, document));
    let targets: [(&EventTarget, &[&'static str]); 2] = [(window, &ON_PAGE), (document, &ON_DOCUMENT)];
    for (target, names) in targets {
        for name in names {
            let live = live.clone();
            all.push(Listener::new(hooks, target, name, move |event| {
                with(&live, |l| l.page_event(name, &event))
            }));
        }
    }
    all
}

pub(super) fn listen_in_frame(hooks: &Hooks, live: &Weak<RefCell<Live>>, frame: &Document) -> Vec<Listener> {
    frame.default_view().map(|window| on_nodes(hooks, live, &window, frame).collect()).unwrap_or_default()
}

fn on_nodes<'a>(
    hooks: &'a Hooks,
    live: &'a Weak<RefCell<Live>>,
    window: &'a Window,
    document: &'a Document,
) -> impl Iterator<Item = Listener> + 'a {
    ON_NODES.iter().map(move |name| {
        let live = live.clone();
        let target: &EventTarget = if *name == "load" { document } else { window };
        Listener::new(hooks, target, name, move |event| with(&live, |l| l.node_event(name, event)))
    })
}

/// The root, if it is the document of a frame.
pub(super) fn foreign(document: &Document, root: &Node) -> Option<Document> {
    let other = root.node_type() == Node::DOCUMENT_NODE && !root.is_same_node(Some(document));
    other.then(|| root.clone().unchecked_into())
}

/// The node an event is about, inside open shadow roots too.
fn target(event: &Event) -> Option<Node> {
    let node = node(event.target()?.into())?;
    let shadowed =
        node.node_type() == Node::ELEMENT_NODE && node.unchecked_ref::<Element>().shadow_root().is_some();
    if shadowed && event.composed() {
        return self::node(event.composed_path().get(0)).or(Some(node));
    }
    Some(node)
}

/// A target that is a node: windows are targets too. Nodes of frames are instances of classes of their own.
fn node(target: JsValue) -> Option<Node> {
    // The path of an event that is over is empty.
    let node: Node = Some(target).filter(JsValue::is_object)?.unchecked_into();
    // What is not there is `undefined`, which WebAssembly reads as 0.
    (node.node_type() != 0).then_some(node)
}

/// Where the event's viewport lies in the page's, for events in frames.
fn offset(live: &Live, node: &Node) -> (i32, i32) {
    let (mut x, mut y) = (0.0, 0.0);
    let mut document = node.owner_document();
    while let Some(inner) = document.filter(|d| *d != live.document) {
        let Some(frame) = inner.default_view().and_then(|w| w.frame_element().ok().flatten()) else { break };
        let rect = frame.get_bounding_client_rect();
        x += rect.left();
        y += rect.top();
        document = frame.owner_document();
    }
    (x as i32, y as i32)
}

fn device(event: &PointerEvent) -> u32 {
    match event.pointer_type().as_bytes().first() {
        Some(b'p') => 1,
        Some(b't') => 2,
        _ => 0,
    }
}

impl Live {
    fn node_event(&mut self, name: &str, event: Event) {
        match name {
            "pointermove" => self.moved(event),
            "pointerdown" => self.pointer(&event, 0),
            "pointerup" => self.pointer(&event, 1),
            "pointercancel" => self.pointer(&event, 2),
            "click" => self.click(&event),
            "dblclick" => self.pointer(&event, 4),
            "contextmenu" => self.pointer(&event, 5),
            "scroll" => self.scrolled(&event),
            "keydown" => self.key(&event),
            "focus" | "blur" => self.focus(&event, name == "focus"),
            "load" => self.loaded(&event),
            "submit" => self.submit(&event),
            "reset" => self.recorder.reset(),
            "play" | "pause" | "seeked" | "volumechange" | "ratechange" => self.media(name, &event),
            _ => {
                let Some(node) = target(&event) else { return };
                match name {
                    "beforeinput" | "input" => self.recorder.input(&node, name == "input"),
                    "change" => self.recorder.changed(&node),
                    "copy" => self.recorder.transfer(0, &node),
                    "cut" => self.recorder.transfer(1, &node),
                    "paste" => self.recorder.transfer(2, &node),
                    "dragstart" => self.recorder.transfer(3, &node),
                    _ => self.recorder.transfer(4, &node),
                }
            }
        }
    }

    fn page_event(&mut self, name: &str, event: &Event) {
        match name {
            "visibilitychange" if self.document.hidden() => self.hidden(),
            "visibilitychange" => self.recorder.lifecycle(0),
            "pagehide" => self.leave(),
            "pageshow" => {
                self.gone = false;
                if js_sys::Reflect::get(event, &"persisted".into()).is_ok_and(|p| p.is_truthy()) {
                    self.recorder.lifecycle(3);
                }
            }
            "freeze" => self.recorder.lifecycle(4),
            "resume" => self.recorder.lifecycle(5),
            "online" => self.recorder.lifecycle(6),
            "offline" => self.recorder.lifecycle(7),
            "load" => self.recorder.lifecycle(11),
            "resize" => {
                let (width, height) = self.viewport();
                self.recorder.resized(width, height);
            }
            "popstate" => {
                let now = self.href();
                self.navigated(2, now);
            }
            "hashchange" => {
                let now = self.href();
                self.navigated(3, now);
            }
            "error" => self.fault(event),
            _ => self.rejection(event),
        }
    }

    // ---- pointers ------------------------------------------------------------------------------------------

    fn moved(&mut self, event: Event) {
        let time = self.recorder.time_at(event.time_stamp());
        if self.recorder.wants_move(time) {
            self.sample(&event, time);
            self.pending_move = None;
        } else {
            // Where the pointer comes to rest is told when something else happens.
            self.pending_move = Some(event);
        }
    }

    pub(super) fn sample_pending(&mut self) {
        if let Some(event) = self.pending_move.take() {
            let time = self.recorder.time_at(event.time_stamp());
            self.sample(&event, time);
        }
    }

    fn sample(&mut self, event: &Event, time: u32) {
        let pointer: &PointerEvent = event.unchecked_ref();
        let node = target(event);
        let (dx, dy) = node.as_ref().map_or((0, 0), |n| offset(self, n));
        let device = device(pointer);
        let finger = if device == 2 { pointer.pointer_id().max(0) as u32 } else { 0 };
        let (x, y) = (pointer.client_x() + dx, pointer.client_y() + dy);
        self.recorder.moved(time, device, finger, node.as_ref(), x, y);
    }

    fn pointer(&mut self, event: &Event, action: u32) {
        self.sample_pending();
        let pointer: &PointerEvent = event.unchecked_ref();
        let node = target(event);
        let (dx, dy) = node.as_ref().map_or((0, 0), |n| offset(self, n));
        // Some engines still give clicks as mouse events, which have neither type nor id.
        let full = event.is_instance_of::<PointerEvent>();
        let device = if full { device(pointer) } else { 0 };
        let record = wire::Pointer {
            action,
            device,
            button: pointer.button().max(0) as u32,
            node: 0,
            x: pointer.client_x() + dx,
            y: pointer.client_y() + dy,
            id: if full && device == 2 { pointer.pointer_id().max(0) as u32 } else { 0 },
        };
        let time = self.recorder.time_at(event.time_stamp());
        self.recorder.pointer(time, record, node.as_ref());
    }

    fn click(&mut self, event: &Event) {
        self.pointer(event, 3);
        let Some(node) = target(event).filter(|n| n.node_type() == Node::ELEMENT_NODE) else { return };
        let Ok(Some(link)) = node.unchecked_ref::<Element>().closest("a[href]") else { return };
        let href = link.get_attribute("href").unwrap_or_default();
        let scheme = ["tel", "mailto", "sms"].into_iter().find(|s| {
            href.get(..s.len()).is_some_and(|h| h.eq_ignore_ascii_case(s))
                && href.as_bytes().get(s.len()) == Some(&b':')
        });
        if let Some(scheme) = scheme {
            self.recorder.contact(scheme, &link);
        }
    }

    fn scrolled(&mut self, event: &Event) {
        let Some(node) = target(event) else { return };
        let time = self.recorder.time_at(event.time_stamp());
        let (x, y) = self.recorder.dom().scroll(&node).unwrap_or((0, 0));
        self.recorder.scrolled(time, &node, x, y);
    }

    // ---- fields --------------------------------------------------------------------------------------------

    fn focus(&mut self, event: &Event, gained: bool) {
        // The window's own focus is told by its visibility.
        if let Some(node) = target(event) {
            self.recorder.focus(Some(&node), gained);
        }
    }

    fn key(&mut self, event: &Event) {
        let Some(node) = target(event) else { return };
        let key: &KeyboardEvent = event.unchecked_ref();
        let (category, changes) = category(key);
        self.recorder.key(&node, category, changes);
    }

    fn submit(&mut self, event: &Event) {
        let Some(node) = target(event) else { return };
        let Some(form) = node.dyn_ref::<HtmlFormElement>() else { return };
        let controls = form.query_selector_all("input:not([type=hidden]),textarea,select").ok();
        let filled = form
            .query_selector_all(":is(input,textarea):not([type=hidden],:placeholder-shown,:checked)")
            .ok();
        let count = |list: Option<web_sys::NodeList>| list.map_or(0, |l| l.length());
        self.recorder.submit(&node, count(controls), count(filled), form.matches(":valid").unwrap_or(true));
    }

    // ---- the rest ------------------------------------------------------------------------------------------

    fn media(&mut self, name: &str, event: &Event) {
        let Some(node) = target(event) else { return };
        let Some(media) = node.dyn_ref::<HtmlMediaElement>() else { return };
        let action = ["play", "pause", "seeked", "volumechange"].iter().position(|n| *n == name).unwrap_or(4);
        let record = wire::Media {
            node: 0,
            action: action as u32,
            position: (media.current_time() * 1000.0) as u32,
            volume: (media.volume() * 100.0) as u32,
            muted: media.muted(),
            rate: (media.playback_rate() * 100.0) as u32,
        };
        self.recorder.media(record, &node);
    }

    /// A style sheet has its rules now, or a frame its document.
    fn loaded(&mut self, event: &Event) {
        let Some(node) = target(event).filter(|n| n.node_type() == Node::ELEMENT_NODE) else { return };
        match self.recorder.dom().name(&node).as_str() {
            "link" => self.recorder.sheet_changed(node),
            "iframe" => self.recorder.frame_loaded(&node),
            _ => {}
        }
    }

    fn fault(&mut self, event: &Event) {
        // Resources that fail to load report here too, on themselves.
        let Some(error) = event.dyn_ref::<ErrorEvent>() else { return };
        self.recorder.fault(Report {
            source: 0,
            message: Raw::new(error.message()),
            url: Raw::new(error.filename()),
            line: error.lineno(),
            column: error.colno(),
        });
    }

    fn rejection(&mut self, event: &Event) {
        let Some(rejection) = event.dyn_ref::<PromiseRejectionEvent>() else { return };
        let reason = rejection.reason();
        let message = reason
            .dyn_ref::<js_sys::Error>()
            .map(|e| String::from(e.message()))
            .or_else(|| reason.as_string());
        let message = Raw::new(message.unwrap_or_default());
        self.recorder.fault(Report { source: 1, message, url: Raw::default(), line: 0, column: 0 });
    }
}

/// A key's category as in [`wire::Key`], and whether it changes text.
fn category(event: &KeyboardEvent) -> (u32, bool) {
    let key = event.key();
    if (event.ctrl_key() || event.meta_key()) && !event.get_modifier_state("AltGraph") {
        return (9, true);
    }
    match key.as_str() {
        "Enter" => (1, false),
        "Tab" => (2, false),
        "Backspace" => (3, true),
        "Delete" => (4, true),
        "Escape" => (5, false),
        "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight" => (6, false),
        "PageUp" | "PageDown" | "Home" | "End" => (7, false),
        " " => (10, true),
        "Unidentified" | "Process" | "Dead" => (0, true),
        _ if key.chars().count() == 1 => (0, true),
        _ if key.starts_with('F') => (8, false),
        _ => (11, false),
    }
}
