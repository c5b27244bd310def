//! What JavaScript can call. Doc comments here are for its readers.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, JsString, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element};

use super::node::Page;
use super::{Hooks, Live, Shared, env, options, with};
use crate::batch::Identity;
use crate::config::{ConfigError, WithoutCookies};
use crate::last_words::LastWords;
use crate::privacy::Raw;
use crate::recorder::{Page as PageFacts, Recorder as Engine};
use crate::session::{Session, find_cookie};

/// A running recording.
#[wasm_bindgen]
pub struct Recorder {
    live: Shared,
    words: Rc<LastWords>,
}

/// Starts recording the page.
///
/// Throws an `Error` with a stable `code` when an option is wrong; never for any other reason.
///
/// # Errors
/// When an option is wrong.
#[wasm_bindgen]
pub fn start(given: &JsValue, hooks: Hooks) -> Result<Recorder, JsValue> {
    let Some(window) = web_sys::window() else {
        return Err(error("no-page", "afterimage: there is no page here"));
    };
    let Some(document) = window.document() else {
        return Err(error("no-page", "afterimage: there is no page here"));
    };
    let href = window.location().href().unwrap_or_default();
    let config = options::read(given, &href).map_err(|e: ConfigError| error(e.code, &e.message()))?;
    let Some(performance) = window.performance() else {
        return Err(error("no-clock", "afterimage: there is no clock"));
    };
    let (Some(secret), Some(page_view)) = (env::random(&window), env::random(&window)) else {
        return Err(error("no-randomness", "afterimage: there is no source of random numbers"));
    };

    let page = Page::new(document.clone(), performance.clone(), config.settings.selectors.clone());
    let wall_ms = js_sys::Date::now();
    let now_s = (wall_ms / 1000.0) as u64;
    let session = Session::resume(find_cookie(&env::cookies(&document), env::COOKIE), secret, now_s);
    env::set_cookie(&window, &document, &session.cookie());
    let with_cookie = find_cookie(&env::cookies(&document), env::COOKIE).is_some();
    if !with_cookie && config.without_cookies == WithoutCookies::Nothing {
        return Err(error("no-cookies", "afterimage: cookies are blocked"));
    }
    let visits =
        if with_cookie { env::count_visit(&window, session.page_views == 1, wall_ms as u64) } else { 0 };

    let origin_ms = performance.now();
    let identity =
        Identity { session: session.id(), page_view, site: config.site.clone(), origin_ms: wall_ms as u64 };
    let words = Rc::new(LastWords::new(identity.clone(), &config.settings));
    let recorder = Engine::new(page, config.settings.clone(), identity, origin_ms, config.interval_ms);
    let live = Rc::new(RefCell::new(Live::new(
        hooks,
        window,
        document,
        recorder,
        Rc::clone(&words),
        session,
        with_cookie,
        now_s,
        href,
    )));
    let facts = |live: &Live, document: &Document| PageFacts {
        url: Raw::new(live.url.clone()),
        referrer: Raw::new(document.referrer()),
        origin: Raw::new(live.window.location().origin().unwrap_or_default()),
        title: Raw::new(document.title()),
        index: live.session.page_views,
        visits,
    };
    if let Ok(mut live) = live.try_borrow_mut() {
        let (width, height) = live.viewport();
        let page = facts(&live, &live.document);
        let browser = env::browser(&live.window, !with_cookie);
        live.recorder.start(page, browser, width, height);
    }
    Live::begin(&live);
    Ok(Recorder { live, words })
}

/// A real `Error` with a `code`.
#[cold]
fn error(code: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    let _ = Reflect::set(&error, &"code".into(), &code.into());
    error.into()
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
        self.live.try_borrow().map(|l| afterimage_wire::batch::hex(&l.session.id())).unwrap_or_default()
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

    /// Throws away what was not sent, forgets the session and ends.
    pub fn discard(&self) {
        self.with(Live::discard);
    }

    /// Which rule decides about an element, and why.
    pub fn why(&self, element: &Element) -> String {
        let mut why = String::new();
        self.with(|live| why = live.recorder.why(element));
        why
    }

    /// Called by the loader: the secret that erases the session, hexadecimal.
    #[wasm_bindgen(getter)]
    pub fn secret(&self) -> String {
        self.live.try_borrow().map(|l| afterimage_wire::batch::hex(&l.session.secret)).unwrap_or_default()
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
