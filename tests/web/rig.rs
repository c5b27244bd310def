//! A recorder at work on the test's page, and what it sent replayed.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;

use afterimage_recorder as _;
use afterimage_replay::model::{Kind, Model};
use afterimage_wire::batch::Batch;
use afterimage_wire::record::Record;
use afterimage_wire::tree::Namespace;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/target/xtask/recorder.js")]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = live)]
    static LIVE: Function;
    #[wasm_bindgen(thread_local_v2, js_name = sentry)]
    static SENTRY: Function;
    #[wasm_bindgen(thread_local_v2, js_name = delivery)]
    static DELIVERY: Function;
    fn facts(options: &JsValue) -> JsValue;

    /// The recorder as `www/core-entry.js` has it.
    pub type Recorder;
    #[wasm_bindgen(method, getter)]
    pub fn state(this: &Recorder) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn event(this: &Recorder, name: &str, payload: &JsValue);
    #[wasm_bindgen(method)]
    pub fn pause(this: &Recorder);
    #[wasm_bindgen(method)]
    pub fn resume(this: &Recorder);
    #[wasm_bindgen(method)]
    pub fn flush(this: &Recorder) -> Promise;
    #[wasm_bindgen(method)]
    pub fn stop(this: &Recorder) -> Promise;
    #[wasm_bindgen(method)]
    pub fn discard(this: &Recorder);
    #[wasm_bindgen(method)]
    pub fn why(this: &Recorder, element: &JsValue) -> String;
}

#[wasm_bindgen(module = "/tests/web/page.js")]
extern "C" {
    /// Empties the page and writes this in its middle.
    pub fn fixture(html: &str) -> JsValue;
    /// Everything below a node that may be recorded, one line a node.
    pub fn live(node: &JsValue) -> Array;
    /// Runs statements with `root`, the fixture, and `tools`; what they return is awaited.
    pub fn run(body: &str) -> Promise;
    fn collector(drive: &Function, sentry: &Function, delivery: &Function) -> Collector;
    fn inflate(bytes: &Uint8Array) -> Promise;

    /// The other side of the hooks.
    pub type Collector;
    #[wasm_bindgen(method)]
    fn start(this: &Collector, facts: &Function) -> Recorder;
    #[wasm_bindgen(method, getter)]
    fn sent(this: &Collector) -> Array;
    #[wasm_bindgen(method, getter)]
    pub fn faults(this: &Collector) -> Array;
    #[wasm_bindgen(method, getter)]
    pub fn stopped(this: &Collector) -> Array;
    #[wasm_bindgen(method, setter)]
    fn set_status(this: &Collector, status: u16);
    #[wasm_bindgen(method)]
    fn call(this: &Collector, what: &Function) -> JsValue;
    #[wasm_bindgen(method, js_name = orFault)]
    fn or_fault(this: &Collector, promise: &Promise) -> Promise;
}

/// A recording that runs.
pub struct Rig {
    pub recorder: Rc<Recorder>,
    pub collector: Collector,
    model: RefCell<Model>,
    /// How much of what was sent was read, and the sequence that comes next.
    read: Cell<usize>,
    applied: Cell<u32>,
}

/// An options object.
pub fn options(pairs: &[(&str, &str)]) -> JsValue {
    let options = Object::new();
    for (name, value) in [("collector", "/collect")].iter().chain(pairs) {
        Reflect::set(&options, &(*name).into(), &(*value).into()).unwrap();
    }
    options.into()
}

impl Rig {
    /// Starts to record the page as it is.
    pub fn start() -> Self {
        Self::with(&options(&[]))
    }

    /// As [`start`](Self::start), with options.
    pub fn with(options: &JsValue) -> Self {
        let (collector, begin) = parts(options);
        let recorder = Rc::new(begin(&collector));
        Self {
            recorder,
            collector,
            model: RefCell::default(),
            read: Cell::default(),
            applied: Cell::default(),
        }
    }

    /// Starts as the page would, with the guard in between; nobody can tell whether it did.
    pub fn try_start() -> Collector {
        let (collector, begin) = parts(&options(&[]));
        let to: Collector = collector.clone().unchecked_into();
        let begin = Closure::<dyn FnMut() -> JsValue>::new(move || begin(&to).into());
        collector.call(begin.as_ref().unchecked_ref());
        begin.forget();
        collector
    }

    /// What the collector answers from now on; 1 for never.
    pub fn answer(&self, status: u16) {
        self.collector.set_status(status);
    }

    /// Calls the recorder as the page would: with the guard in between.
    pub fn call(&self, what: impl Fn(&Recorder) -> JsValue + 'static) -> JsValue {
        let recorder = Rc::clone(&self.recorder);
        let call = Closure::<dyn FnMut() -> JsValue>::new(move || what(&recorder));
        let answer = self.collector.call(call.as_ref().unchecked_ref());
        call.forget();
        answer
    }

    /// Waits until all that was captured is answered.
    pub async fn flush(&self) {
        JsFuture::from(self.collector.or_fault(&self.recorder.flush())).await.unwrap();
        self.is_well();
    }

    /// Everything that was sent, header and payload apart.
    pub fn sent(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let part = |pair: &JsValue, i| Uint8Array::new(&Reflect::get_u32(pair, i).unwrap()).to_vec();
        self.collector.sent().iter().map(|pair| (part(&pair, 0), part(&pair, 1))).collect()
    }

    /// Everything that was sent, decoded.
    pub fn batches(&self) -> Vec<Batch> {
        let decode = |(mut header, payload): (Vec<u8>, Vec<u8>)| {
            header.extend(payload);
            Batch::decode(&header, usize::MAX).expect("what the recorder sends decodes")
        };
        self.sent().into_iter().map(decode).collect()
    }

    /// All records that were sent, in order.
    pub fn records(&self) -> Vec<Record> {
        self.batches().into_iter().flat_map(|b| b.records).map(|timed| timed.record).collect()
    }

    /// Everything that was sent as the collector would find it: payloads inflated, behind their headers.
    pub async fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (header, payload) in self.sent() {
            out.extend(header);
            let inflated = JsFuture::from(inflate(&Uint8Array::from(&payload[..]))).await.unwrap();
            out.extend(Uint8Array::new(&inflated).to_vec());
        }
        out
    }

    /// The page below the fixture as it is replayed from all that was sent: lines as [`live`] has them.
    pub fn replayed(&self) -> Vec<String> {
        let mut model = self.model.borrow_mut();
        let sent = self.sent();
        for (mut header, payload) in sent.into_iter().skip(self.read.get()) {
            header.extend(payload);
            let batch = Batch::decode(&header, usize::MAX).expect("what the recorder sends decodes");
            self.read.set(self.read.get() + 1);
            if batch.header.sequence < self.applied.get() {
                continue; // sent again, as nobody had taken it
            }
            assert_eq!(batch.header.sequence, self.applied.get(), "batches come in order");
            self.applied.set(batch.header.sequence + 1);
            for timed in &batch.records {
                model.apply_strictly(&timed.record).expect("a record fits the page");
            }
        }
        let all = model.subtree(model.document());
        let fixture = all.into_iter().find(|id| model.node(*id).unwrap().attribute("id") == Some("fixture"));
        lines(&model, fixture.expect("the fixture is recorded"))
    }

    /// The replayed state of the control with this id: id, value, whether it is checked.
    pub fn state_of(&self, id: &str) -> String {
        let model = self.model.borrow();
        let all = model.subtree(model.document());
        let node = all.iter().filter_map(|n| model.node(*n)).find(|n| n.attribute("id") == Some(id)).unwrap();
        format!("{id} {:?} {}", node.value.as_deref(), model.is_checked(node))
    }

    /// Compares the page with what was recorded of it, node by node, when all is sent.
    pub async fn compare(&self, when: &str) {
        self.flush().await;
        let live: Vec<String> = live(&fixture_node()).iter().map(|line| line.as_string().unwrap()).collect();
        same(&live, &self.replayed(), when);
    }

    /// Ends the recording and says what went wrong in it.
    pub async fn stop(self) {
        JsFuture::from(self.recorder.stop()).await.unwrap();
        self.is_well();
    }

    /// Nothing was thrown, and the collector was right to take everything.
    pub fn is_well(&self) {
        assert_eq!(self.collector.faults().join("\n"), "", "faults");
    }
}

/// A collector, and how a recording begins that sends to it.
fn parts(options: &JsValue) -> (Collector, impl Fn(&Collector) -> Recorder + 'static) {
    let options = options.clone();
    let known = Closure::<dyn FnMut() -> JsValue>::new(move || facts(&options));
    let collector =
        SENTRY.with(|sentry| LIVE.with(|live| DELIVERY.with(|delivery| collector(live, sentry, delivery))));
    let started = move |to: &Collector| to.start(known.as_ref().unchecked_ref());
    (collector, started)
}

/// Runs statements of the page's.
pub async fn page(body: &str) -> JsValue {
    JsFuture::from(run(body)).await.unwrap_or_else(|error| panic!("{error:?} of {body}"))
}

/// Lets the page do what it will do in so many milliseconds.
pub async fn wait(ms: u32) {
    gloo_timers::future::TimeoutFuture::new(ms).await;
}

fn fixture_node() -> JsValue {
    web_sys::window().unwrap().document().unwrap().get_element_by_id("fixture").unwrap().into()
}

/// Fails with the first difference and what is around it.
fn same(live: &[String], replayed: &[String], when: &str) {
    let at = live.iter().zip(replayed).position(|(a, b)| a != b);
    if let Some(at) = at.or((live.len() != replayed.len()).then(|| live.len().min(replayed.len()))) {
        let around = |lines: &[String]| {
            lines[at.saturating_sub(30).min(lines.len())..(at + 16).min(lines.len())].join("\n")
        };
        panic!(
            "{when}: line {at}, {} live and {} replayed\nlive:\n{}\nreplayed:\n{}",
            live.len(),
            replayed.len(),
            around(live),
            around(replayed)
        );
    }
}

fn lines(model: &Model, root: u32) -> Vec<String> {
    let mut depths = std::collections::HashMap::new();
    let mut out = Vec::new();
    for id in model.subtree(root) {
        let node = model.node(id).unwrap();
        let depth = if id == root { 0 } else { depths[&node.parent] + 1 };
        depths.insert(id, depth);
        let mut line = String::new();
        let _ = write!(line, "{depth} ");
        let _ = match &node.kind {
            Kind::Document => write!(line, "#document"),
            Kind::Doctype { name, .. } => write!(line, "#doctype {name}"),
            Kind::ShadowRoot { closed } => {
                write!(line, "#shadow {}", if *closed { "closed" } else { "open" })
            }
            Kind::Text { text, .. } => write!(line, "\"{text}\""),
            Kind::Element { namespace, name, attributes } => {
                let space = ["", "svg:", "math:"][match namespace {
                    Namespace::Html => 0,
                    Namespace::Svg => 1,
                    Namespace::MathMl => 2,
                }];
                let mut all: Vec<String> =
                    attributes.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                all.sort();
                write!(line, "{space}{name}{}", all.concat())
            }
        };
        out.push(line);
    }
    out
}
