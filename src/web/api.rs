//! What JavaScript can call. Doc comments here are for its readers.

use std::cell::RefCell;
use std::rc::Rc;

use afterimage_wire::batch::{SESSION_BYTES, hex, sha256};
use js_sys::{Function, JsString, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Performance, Window};

use super::node::Page;
use super::{Hooks, Live, Shared, with};
use crate::batch::Identity;
use crate::last_words::LastWords;
use crate::privacy::{Policy, Raw, Settings};
use crate::recorder::{Browser, Page as PageFacts, Recorder as Engine};

#[wasm_bindgen]
extern "C" {
    /// What is known when a recording begins, and the options: see `www/facts.js`. Two getters of any name are fewer
    /// bytes than one for each.
    pub type Facts;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn text(this: &Facts, name: &str) -> String;
    #[wasm_bindgen(method, structural, indexing_getter)]
    fn number(this: &Facts, name: &str) -> u32;
    #[wasm_bindgen(method, getter)]
    fn window(this: &Facts) -> Window;
    #[wasm_bindgen(method, getter)]
    fn document(this: &Facts) -> Document;
    #[wasm_bindgen(method, getter)]
    fn performance(this: &Facts) -> Performance;
}

impl Facts {
    fn raw(&self, name: &str) -> Raw {
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

    fn settings(&self) -> Settings {
        Settings {
            policy: match self.text("policy").as_str() {
                "strict" => Policy::Strict,
                "open" => Policy::Open,
                _ => Policy::Default,
            },
            query: self
                .text("query")
                .split(',')
                .map(|s| s.trim().to_owned())
                .filter(|s| !s.is_empty())
                .collect(),
            selectors: ["mask", "unmask", "block", "ignore"].map(|name| self.text(name)),
        }
    }
}

/// A running recording.
#[wasm_bindgen]
pub struct Recorder {
    live: Shared,
    words: Rc<LastWords>,
    session: [u8; SESSION_BYTES],
}

/// Starts recording the page.
#[wasm_bindgen]
pub fn start(facts: &Facts, hooks: Hooks) -> Recorder {
    let (document, performance) = (facts.document(), facts.performance());
    let settings = facts.settings();
    let page = Page::new(document.clone(), performance.clone(), settings.selectors.clone());
    let origin_ms = performance.now();
    // The session's id is a hash: a recording does not hold the means to erase it.
    let session = sha256(&facts.bytes::<SESSION_BYTES>("secret"));
    let identity = Identity {
        session,
        page_view: facts.bytes("pageView"),
        site: facts.text("site"),
        origin_ms: js_sys::Date::now() as u64,
    };
    let words = Rc::new(LastWords::new(identity.clone(), &settings));
    let recorder = Engine::new(page, settings, identity, origin_ms, facts.number("interval"));
    let url = facts.text("url");
    let mut live = Live::new(hooks, facts.window(), document, recorder, Rc::clone(&words), url.clone());
    let page = PageFacts {
        url: Raw::new(url),
        referrer: facts.raw("referrer"),
        origin: facts.raw("origin"),
        title: facts.raw("title"),
        index: facts.number("pageViews"),
        visits: facts.number("visits"),
    };
    let browser = Browser {
        user_agent: facts.raw("userAgent"),
        languages: facts.raw("languages"),
        time_zone: facts.raw("zone"),
        screen: (facts.number("width"), facts.number("height")),
        pixel_ratio: facts.number("pixelRatio"),
        flags: facts.number("flags"),
    };
    let (width, height) = live.viewport();
    live.recorder.start(page, browser, width, height);
    let live = Rc::new(RefCell::new(live));
    Live::begin(&live);
    Recorder { live, words, session }
}

#[wasm_bindgen]
impl Recorder {
    fn with(&self, change: impl FnOnce(&mut Live)) {
        with(&Rc::downgrade(&self.live), change);
    }

    /// `"recording"`, `"paused"` or `"stopped"`.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> JsString {
        let state = match self.live.try_borrow() {
            Ok(live) if live.ended => "stopped",
            Ok(live) if live.paused => "paused",
            _ => "recording",
        };
        state.into()
    }

    /// The session's id, 32 hexadecimal digits.
    #[wasm_bindgen(getter, js_name = sessionId)]
    pub fn session_id(&self) -> String {
        hex(&self.session)
    }

    /// Records an event of the site's own. The payload goes through the privacy rules as JSON.
    pub fn event(&self, name: String, payload: &JsValue) {
        let json = js_sys::JSON::stringify(payload).ok().and_then(|j| j.as_string()).unwrap_or_default();
        self.with(|live| live.recorder.custom(Raw::new(name), Raw::new(json)));
    }

    /// Stops recording until `resume()`.
    pub fn pause(&self) {
        self.with(|live| {
            live.paused = true;
            live.recorder.pause();
            live.pump(false);
        });
    }

    /// Goes on after `pause()`, with a fresh snapshot.
    pub fn resume(&self) {
        self.with(|live| {
            if std::mem::take(&mut live.paused) {
                live.recorder.resume();
                live.snapshot();
            }
        });
    }

    /// Sends what was captured. The promise resolves when the collector has answered all of it.
    pub fn flush(&self) -> Promise {
        Promise::new(&mut |resolve: Function, _| {
            let ended = self.live.try_borrow().is_ok_and(|l| l.ended);
            if ended {
                let _ = resolve.call0(&JsValue::NULL);
            } else {
                self.with(|live| live.flush(resolve));
            }
        })
    }

    /// Ends the recording; the promise resolves when the rest was answered.
    pub fn stop(&self) -> Promise {
        Promise::new(&mut |resolve: Function, _| self.with(|live| live.stop(resolve)))
    }

    /// Throws away what was not sent and ends.
    pub fn discard(&self) {
        self.with(Live::discard);
    }

    /// Which rule decides about an element, and why.
    pub fn why(&self, element: &Element) -> String {
        let mut why = String::new();
        self.with(|live| why = live.recorder.why(element));
        why
    }

    /// Called by the loader when the recorder broke: a batch that says so. Touches nothing that may have broken.
    #[wasm_bindgen(js_name = lastWords)]
    pub fn last_words(&self) -> Vec<u8> {
        self.words.batch(js_sys::Date::now() as u64)
    }

    /// Called by the loader: what the collector answered, 0 for no answer.
    pub fn answered(&self, status: u16, snapshot: bool) {
        self.with(|live| live.answered(status, snapshot));
    }
}
