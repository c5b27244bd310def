//! What JavaScript can call. Doc comments here are for its readers.

use std::cell::RefCell;
use std::rc::Rc;

use afterimage_wire::batch::{hex, sha256};
use afterimage_wire::blocks::abridge;
use afterimage_wire::record::{Hit, Media, Pointer};
use afterimage_wire::strings::split;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Node, Performance, ShadowRoot};

use super::node::Page;
use super::{Hooks, Live, parted};
use crate::batch::Identity;
use crate::deflate::deflate_raw;
use crate::dom::Dom;
use crate::last_words::LastWords;
use crate::privacy::{Policy, Raw, Settings};
use crate::recorder::{Browser, Page as PageFacts, Recorder as Engine, Report};

#[wasm_bindgen]
extern "C" {
    /// What is known when a recording begins, and the options: see `www/facts.js`. Two getters of any name are fewer
    /// bytes than one for each.
    #[derive(Clone)]
    pub type Facts;
    #[wasm_bindgen(method, structural, indexing_getter)]
    pub(super) fn text(this: &Facts, name: &str) -> String;
    #[wasm_bindgen(method, structural, indexing_getter)]
    pub(super) fn number(this: &Facts, name: &str) -> u32;
    #[wasm_bindgen(method, getter)]
    pub(super) fn document(this: &Facts) -> Document;
    #[wasm_bindgen(method, getter)]
    pub(super) fn performance(this: &Facts) -> Performance;
    /// A style sheet, or that of an element: see `www/sheets.js`.
    #[wasm_bindgen(method)]
    pub(super) fn sheet(this: &Facts, of: &JsValue, first: bool, always: bool) -> Option<String>;
    /// Whether elements of this one's name are defined.
    #[wasm_bindgen(method)]
    pub(super) fn defined(this: &Facts, element: &Node) -> bool;
    // See `www/nodes.js`.
    #[wasm_bindgen(method)]
    pub(super) fn attribute(this: &Facts, element: &Node, name: &str) -> Option<String>;
    #[wasm_bindgen(method)]
    pub(super) fn attributes(this: &Facts, element: &Node) -> Array;
    #[wasm_bindgen(method)]
    pub(super) fn label(this: &Facts, control: &Node) -> Option<String>;
    #[wasm_bindgen(method)]
    pub(super) fn group(this: &Facts, of: &Node) -> Option<String>;
    #[wasm_bindgen(method)]
    pub(super) fn choice(this: &Facts, control: &Node) -> u32;
    #[wasm_bindgen(method)]
    pub(super) fn kind(this: &Facts, control: &Node) -> String;
    /// Elements in and below a node that may be form fields.
    #[wasm_bindgen(method)]
    pub(super) fn fields(this: &Facts, root: &Node) -> Array;
    /// See `www/controls.js`.
    #[wasm_bindgen(method)]
    pub(super) fn follow(this: &Facts, control: &Node, told: bool);
    #[wasm_bindgen(method)]
    pub(super) fn calm(this: &Facts, control: &Node);
    #[wasm_bindgen(method)]
    pub(super) fn beware(this: &Facts);
    #[wasm_bindgen(method)]
    pub(super) fn drifted(this: &Facts, typed: Option<&Node>) -> Array;
}

impl Facts {
    pub(super) fn raw(&self, name: &str) -> Raw {
        Raw::new(self.text(name))
    }

    /// Bytes, a character each.
    fn bytes<const N: usize>(&self, name: &str) -> [u8; N] {
        let mut bytes = [0; N];
        for (byte, c) in bytes.iter_mut().zip(self.text(name).chars()) {
            *byte = c as u8;
        }
        bytes
    }
}

/// Schemes of links that contact somebody, as `www/events.js` numbers them.
const CONTACTS: [&str; 9] = ["tel", "mailto", "sms", "whatsapp", "skype", "sip", "callto", "facetime", "tg"];

/// The recording that runs, or ran last.
struct Current {
    live: RefCell<Live>,
    words: Rc<LastWords>,
}

thread_local! {
    /// There is one a page. An exported class would cost each call two checks of its own, 2 kB in all.
    static CURRENT: RefCell<Option<Rc<Current>>> = const { RefCell::new(None) };
}

#[inline(never)]
fn current() -> Option<Rc<Current>> {
    CURRENT.with(|current| current.try_borrow().ok()?.clone())
}

/// Calls unless the recorder is busy below on the stack. Returns in how many milliseconds it is to be called again: see
/// `www/live.js`.
fn with(change: impl FnOnce(&mut Live)) -> f64 {
    let Some(current) = current() else { return f64::INFINITY };
    let Ok(mut live) = current.live.try_borrow_mut() else { return f64::INFINITY };
    let since = live.recorder.dom().now_ms();
    change(&mut live);
    live.spent(since);
    live.wait_ms()
}

/// Starts recording the page. Returns the session's id, 32 hexadecimal digits. Texts and numbers are those of
/// `www/facts.js`, a zero between two texts: a getter for each was 26 crossings more, and 83 bytes.
#[expect(clippy::too_many_arguments, reason = "a number as an argument takes no glue")]
#[wasm_bindgen]
pub fn start(
    facts: Facts,
    hooks: Hooks,
    texts: &str,
    interval: u32,
    budget: u32,
    width: u32,
    height: u32,
    pixel_ratio: u32,
    flags: u32,
) -> String {
    let mut texts = split(texts, 0);
    let mut next = || texts.next().unwrap_or_default().to_owned();
    let settings = Settings {
        policy: match next().as_str() {
            "strict" => Policy::Strict,
            "open" => Policy::Open,
            _ => Policy::Default,
        },
        query: split(&next(), b',').map(|s| s.trim_ascii().to_owned()).filter(|s| !s.is_empty()).collect(),
        selectors: [(); 4].map(|()| next()),
    };
    let page = Page::new(&facts, settings.selectors.clone());
    let origin_ms = page.now_ms();
    let index = facts.number("pageViews");
    // The session's id is a hash: a recording does not hold the means to erase it. Nor does a page in a frame of another,
    // which is given the id instead: see `www/frames.js`.
    let secret = facts.bytes("secret");
    let session = if index == 0 { secret } else { sha256(&secret) };
    let identity = Identity {
        session,
        page_view: facts.bytes("pageView"),
        site: next(),
        origin_ms: js_sys::Date::now() as u64,
    };
    let words = Rc::new(LastWords::new(identity.clone(), &settings));
    let share = f64::from(budget) / 1e5;
    let mut recorder = Engine::new(page, settings, identity, origin_ms, interval, share);
    let mut next = || Raw::new(next());
    let page = PageFacts {
        url: facts.raw("url"),
        referrer: next(),
        origin: next(),
        title: next(),
        index,
        visits: facts.number("visits"),
        quirks: facts.number("quirks") != 0,
    };
    let browser = Browser {
        user_agent: next(),
        languages: next(),
        time_zone: next(),
        screen: (width, height),
        pixel_ratio,
        flags,
    };
    recorder.start(page, browser, facts.number("innerWidth"), facts.number("innerHeight"));
    let mut live = Live::new(hooks, facts, recorder, Rc::clone(&words));
    live.enter();
    CURRENT.replace(Some(Rc::new(Current { live: RefCell::new(live), words })));
    hex(&session)
}

/// Something happened at a moment of the page's clock, mostly to a node. `kind`, and what the numbers say of it, are
/// those of `www/events.js`.
#[expect(clippy::too_many_arguments, reason = "one call for all that happens is 1 kB less than one for each")]
#[wasm_bindgen]
pub fn happened(kind: u32, node: Option<Node>, moment: f64, a: i32, b: i32, c: i32, d: i32, e: i32) -> f64 {
    let [count, second, third, fourth] = [a, b, c, d].map(|n| n.max(0) as u32);
    with(|live| {
        let recorder = &mut live.recorder;
        let time = recorder.time_at(moment);
        match (kind, node) {
            (0..=5, node) => {
                let (action, device, id, button) = (kind, count, second, third);
                let pointer = Pointer { action, device, button, node: 0, x: d, y: e, id };
                recorder.pointer(time, pointer, node.as_ref());
            }
            (6, node) => recorder.moved(time, count, second, node.as_ref(), d, e),
            (16, _) => recorder.reset(),
            (17, _) => recorder.lifecycle(count),
            (18, _) => recorder.resized(count, second),
            (19, _) => recorder.vital(count, second),
            (7, Some(node)) => recorder.scrolled(time, &node, a, b),
            (8, node) => recorder.focus(node.as_ref(), a != 0),
            (9, Some(node)) => recorder.changed(time, &node),
            (10, Some(node)) => recorder.transfer(count, &node),
            (11, Some(node)) => recorder.submit(&node, count, second, third),
            (12, Some(node)) => {
                let (action, position, volume, rate) = (count, second, third, fourth);
                recorder.media(Media { node: 0, action, position, volume, muted: e != 0, rate }, &node);
            }
            (13, Some(node)) => {
                let scheme = CONTACTS.get(count as usize).copied();
                recorder.contact(scheme.unwrap_or("tel"), &node);
            }
            (14, Some(node)) => recorder.sheet_changed(node, false),
            (15, Some(node)) => recorder.frame_loaded(&node),
            (20, Some(node)) => recorder.was_password(&node),
            (21, Some(node)) => recorder.layered(&node, count),
            (22, node) => recorder.selected(node.as_ref(), count, second != 0),
            (23, _) => recorder.zoomed(count, b, c),
            (24, Some(node)) => recorder.pressed(time, &node, count),
            (26, Some(node)) => recorder.image(&node, count, second),
            (25, Some(node)) => {
                recorder.hit(time, Hit { node: 0, sign: count, left: second, top: third }, &node);
            }
            _ => {}
        }
    })
}

/// Something is said in words, mostly at a node. `kind`, and what the numbers say of it, are those of `www/events.js`; a
/// second text is behind the last zero. One call for all is half a kilobyte less than one for each.
#[wasm_bindgen]
pub fn said(kind: u32, text: String, node: Option<Node>, a: u32, b: u32) -> f64 {
    with(|live| {
        let recorder = &mut live.recorder;
        let two = || parted(&text);
        match (kind, node) {
            // The visitor typed into a field, or a script says so: it has changed, or will; and nobody but the visitor did.
            (0, Some(node)) => recorder.input(&node, a, b != 0, Raw::new(text)),
            // A key was pressed, of a category; one that types or deletes.
            (1, Some(node)) => recorder.key(&node, a, b != 0, Raw::new(text)),
            (6, Some(node)) => recorder.animated(&node, Raw::new(text), f64::from(a)),
            // The document has another URL now: title and URL.
            (2, _) => {
                let (title, url) = two();
                recorder.navigated(a, url, title);
            }
            // An event of the site's own. The payload goes through the privacy rules as JSON.
            (3, _) => {
                let (name, json) = two();
                recorder.custom(name, json);
            }
            // An error nobody caught: message and script, line and column.
            (4 | 5, _) => {
                let (message, url) = two();
                recorder.fault(Report { source: kind - 4, message, url, line: a, column: b });
            }
            _ => {}
        }
    })
}

/// The page wrote to its console, or a request of it has ended: a text, and the fields of the record behind it, as
/// `www/developer.js` writes them, and when that began.
#[wasm_bindgen]
pub fn developer(request: bool, text: String, fields: &[u8], since: f64) -> f64 {
    with(|live| live.recorder.developer(request, Raw::new(text), fields, since))
}

/// What changed `since` a moment, as `www/changes.js` tells it: as many nodes as were `away`, parents, each with its
/// children behind it, elements with an attribute each, and texts. `said` is how many children, with a space behind each
/// number, and the attributes' names, with a zero before each.
#[wasm_bindgen]
pub fn mutated(nodes: &Array, said: &str, since: f64, away: usize) -> f64 {
    with(|live| live.mutated(nodes, said, since, away))
}

/// A rule was put into a sheet, or taken out when it is null, at a position in a rule in a rule, innermost last, where
/// there are so many; all -1 for the whole sheet. An element owns the sheet, or nothing does. A rule of no sheet is a font
/// that a script made.
#[wasm_bindgen]
pub fn ruled(sheet: &JsValue, owner: Option<Node>, rule: Option<String>, a: i32, b: i32, c: i32) -> f64 {
    with(|live| {
        let rule = rule.map(Raw::new);
        let mut path = Vec::new();
        for index in [a, b, c] {
            if index >= 0 {
                path.push(index as u32);
            }
        }
        match (owner, rule) {
            (Some(owner), _) if path.is_empty() => live.recorder.sheet_changed(owner, true),
            (Some(owner), rule) => live.recorder.rule_changed(&owner, rule, path),
            (None, Some(rule)) if path.is_empty() => live.recorder.font(rule),
            (None, rule) => {
                let number = live.recorder.dom().sheet_number(sheet);
                let whole =
                    if path.is_empty() { live.recorder.dom().sheet_of(sheet, true, true) } else { None };
                live.recorder.constructed_changed(number, rule, path, whole);
            }
        }
    })
}

/// A shadow root was attached; without one, the node has adopted other style sheets.
#[wasm_bindgen]
pub fn rooted(node: &Node, root: Option<ShadowRoot>) -> f64 {
    with(|live| match root {
        Some(root) => {
            live.recorder.dom().note_shadow(node.clone().unchecked_into(), root);
            live.recorder.shadow_attached(node);
        }
        None => live.recorder.adopt(node),
    })
}

/// What `www/live.js` has the recorder do, by its numbers; one export is half a kilobyte less than one for each.
#[wasm_bindgen]
pub fn act(what: u32, how: u32) -> f64 {
    with(|live| match what {
        0 => live.work(),
        // Stops recording, or goes on with a fresh snapshot.
        1 => live.pause(how != 0),
        // Says `flushed` when all that was captured is handed over; to stop is to capture no more.
        2 => live.flush(how != 0),
        // The page is hidden and may never come back; or it goes away.
        3 => live.leave(how != 0),
        // Throws away what was not sent and ends.
        4 => live.recorder.discard(),
        // The collector wants a snapshot; of smaller batches, if it refused one as too large.
        5 => live.refresh(how != 0),
        // Ends, by the reason in the wire format. What is left is handed over.
        _ => live.end(how),
    })
}

/// A canvas shows an image, a `frame` a page that records itself, or the document is in a frame of one: the fields of the record
/// behind the node. Returns whether that may be recorded now: without fields, that is all that is asked.
#[wasm_bindgen]
pub fn drawn(node: &Node, fields: &[u8], frame: bool) -> bool {
    let Some(current) = current() else { return false };
    let Ok(mut live) = current.live.try_borrow_mut() else { return false };
    let may = live.recorder.drawn(node, fields, frame);
    live.enter();
    may
}

/// What follows the header of an abridged batch, of what `send` gave beside it, once the names of blocks that the collector
/// does not know begin with a zero.
#[wasm_bindgen]
pub fn lean(raw: &[u8], names: usize) -> Vec<u8> {
    let (names, payload) = raw.split_at_checked(names).unwrap_or_default();
    deflate_raw(&abridge(payload, names))
}

/// Which rule decides about an element, and why.
#[wasm_bindgen]
pub fn why(element: &Element) -> String {
    let mut why = String::new();
    with(|live| why = live.recorder.why(element));
    why
}

/// When the recorder broke: a batch that says so. Touches nothing that may have broken.
#[wasm_bindgen(js_name = lastWords)]
pub fn last_words() -> Vec<u8> {
    current().map(|current| current.words.batch(js_sys::Date::now() as u64)).unwrap_or_default()
}
