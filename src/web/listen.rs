//! Observers and timers as values: dropping one takes it back from the page.

use gloo_timers::callback::Timeout;
use js_sys::{Array, Function};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MutationObserver, MutationObserverInit, Node};

use super::Hooks;

/// A mutation observer.
pub(crate) struct Observer {
    observer: MutationObserver,
    init: MutationObserverInit,
    _closure: Closure<dyn FnMut(Array)>,
}

impl Observer {
    /// Calls `on` with the records. `old_types` asks for changes of `type` with their old values instead of
    /// everything.
    pub(crate) fn new(hooks: &Hooks, old_types: bool, on: impl FnMut(Array) + 'static) -> Option<Self> {
        let closure = Closure::<dyn FnMut(Array)>::new(on);
        let function = hooks.guard(closure.as_ref().unchecked_ref());
        let observer = MutationObserver::new(&function).ok()?;
        let init = MutationObserverInit::new();
        init.set_subtree(true);
        if old_types {
            init.set_attribute_filter(&Array::of1(&"type".into()));
            init.set_attribute_old_value(true);
        } else {
            init.set_child_list(true);
            init.set_attributes(true);
            init.set_character_data(true);
        }
        Some(Self { observer, init, _closure: closure })
    }

    pub(crate) fn observe(&self, root: &Node) {
        let _ = self.observer.observe_with_options(root, &self.init);
    }

    pub(crate) fn take(&self) -> Array {
        self.observer.take_records()
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back at a moment, or as soon as the page had its turn.
pub(crate) struct Alarm {
    channel: Option<MessageChannel>,
    function: Function,
    timeout: Option<Timeout>,
    /// When the timeout goes off.
    at_ms: f64,
    posted: bool,
    _closure: Closure<dyn FnMut()>,
}

impl Alarm {
    pub(crate) fn new(hooks: &Hooks, on: impl FnMut() + 'static) -> Self {
        let closure = Closure::<dyn FnMut()>::new(on);
        let function = hooks.guard(closure.as_ref().unchecked_ref());
        let channel = MessageChannel::new().ok();
        if let Some(channel) = &channel {
            channel.port1().set_onmessage(Some(&function));
        }
        Self { channel, function, timeout: None, at_ms: f64::INFINITY, posted: false, _closure: closure }
    }

    /// Sets the alarm to `at_ms`, if it is not set to an earlier moment.
    pub(crate) fn set(&mut self, at_ms: f64, now_ms: f64) {
        if self.posted {
            return;
        }
        if at_ms <= now_ms
            && let Some(channel) = &self.channel
        {
            self.posted = channel.port2().post_message(&JsValue::NULL).is_ok();
            return;
        }
        if at_ms < self.at_ms {
            self.at_ms = at_ms;
            let function = self.function.clone();
            let delay = (at_ms - now_ms).clamp(0.0, 3.6e6) as u32;
            // gloo hands its closure to the browser bare; the function is guarded.
            self.timeout = Some(Timeout::new(delay, move || {
                let _ = function.call0(&JsValue::NULL);
            }));
        }
    }

    /// It went off.
    pub(crate) fn reset(&mut self) {
        self.posted = false;
        self.at_ms = f64::INFINITY;
        self.timeout = None;
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.port1().set_onmessage(None);
            channel.port1().close();
        }
    }
}
