//! How an event becomes a call of the recorder. What is listened to, and where, is in `www/watch.js`.

use afterimage_wire::record as wire;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{
    Element, ErrorEvent, Event, HtmlMediaElement, InputEvent, KeyboardEvent, Node, PointerEvent,
    PromiseRejectionEvent,
};

use super::Live;
use crate::dom::Dom;
use crate::privacy::Raw;
use crate::recorder::Report;

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
        x += rect.left() + f64::from(frame.client_left());
        y += rect.top() + f64::from(frame.client_top());
        document = frame.owner_document();
    }
    (x as i32, y as i32)
}

#[wasm_bindgen]
extern "C" {
    /// A pointer's event, or a mouse's: some engines still give clicks as those, which have neither type nor id.
    type Device;
    #[wasm_bindgen(method, getter, js_name = pointerType)]
    fn kind(this: &Device) -> Option<String>;
}

/// The device and, of a touch, the finger.
fn device(event: &PointerEvent) -> (u32, u32) {
    let kind = event.unchecked_ref::<Device>().kind().unwrap_or_default();
    match kind.as_bytes().first() {
        Some(b'p') => (1, 0),
        Some(b't') => (2, event.pointer_id().max(0) as u32),
        _ => (0, 0),
    }
}

impl Live {
    pub(super) fn happened(&mut self, event: Event) {
        let name = event.type_();
        match name.as_str() {
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
            "play" | "pause" | "seeked" | "volumechange" | "ratechange" => self.media(&name, &event),
            "visibilitychange" if self.document.hidden() => self.hidden(),
            "visibilitychange" => self.recorder.lifecycle(0),
            "pagehide" => self.leave(),
            "pageshow" => {
                self.gone = false;
                if js_sys::Reflect::get(&event, &"persisted".into()).is_ok_and(|p| p.is_truthy()) {
                    self.recorder.lifecycle(3);
                }
            }
            "freeze" => self.recorder.lifecycle(4),
            "resume" => self.recorder.lifecycle(5),
            "online" => self.recorder.lifecycle(6),
            "offline" => self.recorder.lifecycle(7),
            "resize" => {
                let (width, height) = self.viewport();
                self.recorder.resized(width, height);
            }
            "popstate" | "hashchange" => {
                let now = self.href();
                self.navigated(if name == "popstate" { 2 } else { 3 }, now);
            }
            "error" => self.fault(&event),
            "unhandledrejection" => self.rejection(&event),
            _ => self.used(&name, &event),
        }
    }

    /// A field, or the clipboard.
    fn used(&mut self, name: &str, event: &Event) {
        let Some(node) = target(event) else { return };
        match name {
            "beforeinput" | "input" => self.input(&node, event, name == "input"),
            "change" => self.recorder.changed(&node),
            "copy" => self.recorder.transfer(0, &node),
            "cut" => self.recorder.transfer(1, &node),
            "paste" => self.recorder.transfer(2, &node),
            "dragstart" => self.recorder.transfer(3, &node),
            _ => self.recorder.transfer(4, &node),
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
        let (device, finger) = device(pointer);
        let (x, y) = (pointer.client_x() + dx, pointer.client_y() + dy);
        self.recorder.moved(time, device, finger, node.as_ref(), x, y);
    }

    fn pointer(&mut self, event: &Event, action: u32) {
        self.sample_pending();
        let pointer: &PointerEvent = event.unchecked_ref();
        let node = target(event);
        let (dx, dy) = node.as_ref().map_or((0, 0), |n| offset(self, n));
        let (device, id) = device(pointer);
        let record = wire::Pointer {
            action,
            device,
            button: pointer.button().max(0) as u32,
            node: 0,
            x: pointer.client_x() + dx,
            y: pointer.client_y() + dy,
            id,
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
        let character = |typed: &String| matches!(category, 0 | 10) && typed.chars().count() == 1;
        let typed = Some(key.key()).filter(character).unwrap_or_default();
        self.recorder.key(&node, category, changes, Raw::new(typed));
    }

    fn input(&mut self, node: &Node, event: &Event, done: bool) {
        let trusted = event.is_trusted();
        let typed = if done { None } else { event.unchecked_ref::<InputEvent>().data() };
        self.recorder.input(node, done, trusted, Raw::new(typed.unwrap_or_default()));
    }

    fn submit(&mut self, event: &Event) {
        let Some(node) = self.element(event, &["form"]) else { return };
        let form: &Element = node.unchecked_ref();
        let controls = form.query_selector_all("input:not([type=hidden]),textarea,select").ok();
        let filled = form
            .query_selector_all(":is(input,textarea):not([type=hidden],:placeholder-shown,:checked)")
            .ok();
        let count = |list: Option<web_sys::NodeList>| list.map_or(0, |l| l.length());
        self.recorder.submit(&node, count(controls), count(filled), form.matches(":valid").unwrap_or(true));
    }

    // ---- the rest ------------------------------------------------------------------------------------------

    fn media(&mut self, name: &str, event: &Event) {
        let Some(node) = self.element(event, &["video", "audio"]) else { return };
        let media: &HtmlMediaElement = node.unchecked_ref();
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

    /// What the event is about, if it is such an element. Frames have classes of their own, and the same names.
    fn element(&self, event: &Event, names: &[&str]) -> Option<Node> {
        target(event).filter(|node| names.contains(&self.recorder.dom().name(node).as_str()))
    }

    /// A style sheet has its rules now, or a frame its document, or the page everything.
    fn loaded(&mut self, event: &Event) {
        let Some(node) = target(event) else { return };
        if node.node_type() == Node::DOCUMENT_NODE {
            return self.recorder.lifecycle(11);
        }
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
