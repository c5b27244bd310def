//! What is left of a recorder that was stopped: nothing. Of one with every option that has a further file fetched, in a page
//! with a frame of its own origin, one of another origin, and shadow trees; once, and fifty times.

use afterimage_e2e::{Browser, Collector, Engine, Pages, Site, eventually, in_every_engine};
use serde_json::{Value, json};

/// What joins it from another origin.
const OTHER: &str = "<!doctype html><html lang=en><head><title>Pay</title><link rel=icon href='data:,'>
<script src=/count.js></script><script src=/afterimage.js></script></head><body><p>Pay</p></body></html>";

/// How often a recorder begins and ends, and how often it does before its memory is looked at: what it needs at once it keeps.
const ROUNDS: usize = 50;
const FIRST: usize = 10;

struct Shop {
    collector: Collector,
    site: Site,
}

impl Shop {
    fn open(browser: &Browser) -> Self {
        let collector = Collector::start(browser);
        let texts =
            [("/", include_str!("page.html")), ("/pay", OTHER), ("/count.js", include_str!("count.js"))];
        let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let folders = vec![("/".to_owned(), xtask::sh::dist())];
        let site = Site::start(0, Pages { texts, folders, ..Pages::default() }).unwrap();
        browser.go(&site.url("/"));
        Self { collector, site }
    }

    fn other(&self) -> String {
        self.site.url("").replace("127.0.0.1", "localhost")
    }

    /// Everything that there is to ask for.
    fn options(&self, frames: &str) -> Value {
        json!({
            "collector": self.collector.url("/collect"), "interval": 1000, "frames": frames, "known": true,
            "console": true, "network": true, "canvas": 4, "canvasEdge": 64,
        })
    }
}

fn start(browser: &Browser, options: &Value) {
    drop(browser.ask_async("await afterimage.start(arguments[0])", json!([options])));
}

fn stop(browser: &Browser) {
    drop(browser.ask_async("await afterimage.recorder.stop()", json!([])));
}

/// What the loader keeps: it hears of a no that is said in another tab, also while what earlier visits left is on its way.
const LOADER: [&str; 3] = ["listener pageshow", "listener storage", "listener visibilitychange"];

/// Nothing is left of the recorder in the page that is asked, which ended like this.
fn assert_nothing_left(browser: &Browser, state: &str) {
    assert_eq!(browser.ask("return afterimage.status().state", json!([])), state);
    assert_eq!(browser.ask("return left.changed()", json!([])), json!([]), "natives as they were");
    // A timer may have a moment to go; it does nothing.
    let mut held = Value::Null;
    for _ in 0..400 {
        held = browser.ask("return left.held()", json!([]));
        if held == json!(LOADER) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(held, json!(LOADER));
}

/// At least so much of everything was taken: what never was is not shown to be given back.
fn assert_taken(browser: &Browser, kinds: &[&str]) {
    let ever = browser.ask("return left.ever", json!([]));
    for kind in kinds {
        assert!(ever[kind].as_u64() > Some(0), "{kind}: {ever}");
    }
}

in_every_engine! {
    fn a_recorder_with_every_option_leaves_nothing(browser) {
        let shop = Shop::open(browser);
        let before = browser.ask("return left.traces()", json!([]));
        start(browser, &shop.options(&shop.other()));
        browser.run(&format!(
            "window.inner = Object.assign(document.createElement('iframe'), {{ src: '{}/pay', id: 'other' }});
             document.body.append(inner)",
            shop.other()
        ));
        browser.enter_frame("#other");
        browser.wait_until("window.afterimage");
        start(browser, &shop.options(&shop.site.url("")));
        browser.wait_until("afterimage.recorder.state == 'recording'");
        let joined = browser.ask("return afterimage.recorder.sessionId", json!([]));
        browser.leave_frames();
        assert_eq!(joined, browser.ask("return afterimage.recorder.sessionId", json!([])), "one session");
        assert_ne!(browser.ask("return left.changed()", json!([])), json!([]), "what is taken is seen");
        drop(browser.ask_async("await use(1)", json!([])));
        browser.click("#more");
        browser.type_into("#name", "wool");
        eventually("an image", || {
            drop(browser.ask_async("await use(2)", json!([])));
            let records = shop.collector.sessions().into_iter().flat_map(|session| shop.collector.records(&session));
            records.into_iter().any(|record| record["kind"] == "canvas").then_some(())
        });
        stop(browser);
        assert_nothing_left(browser, "stopped");
        assert_taken(browser, &["listener", "timer", "observer", "MessageChannel", "port", "Worker"]);
        browser.enter_frame("#other");
        browser.wait_until("afterimage.recorder.state == 'stopped'");
        assert_nothing_left(browser, "stopped");
        assert_taken(browser, &["listener", "timer", "observer", "MessageChannel", "port"]);
        browser.leave_frames();
        browser.run("inner.remove(); tidy(); document.getElementById('style').sheet.cssRules[0].style.color = 'black'");
        assert_eq!(browser.ask("return left.traces()", json!([])), before, "nodes are as they were");

        start(browser, &shop.options(&shop.other()));
        drop(browser.ask_async("await use(3); await afterimage.disable(); tidy()", json!([])));
        assert_nothing_left(browser, "disabled");
    }

    fn fifty_recorders_take_no_more_memory_than_ten(browser) {
        let shop = Shop::open(browser);
        let options = shop.options(&shop.other());
        let mut first = Vec::new();
        for round in 1..=ROUNDS {
            // Every other one is over before what it asked for is there.
            let used = if round % 2 == 0 { "await use(arguments[1]); tidy();" } else { "" };
            let body = format!("await afterimage.start(arguments[0]); {used} await afterimage.recorder.stop();");
            drop(browser.ask_async(&body, json!([options, round])));
            if round == FIRST {
                first = memory(browser);
            }
        }
        assert_nothing_left(browser, "stopped");
        let last = memory(browser);
        // Neither three kilobytes a round, nor a document, node or listener.
        let most = [2, ROUNDS - FIRST - 1, ROUNDS - FIRST - 1, ROUNDS - FIRST - 1];
        let grew = first.iter().zip(&last).zip(most).any(|((before, now), most)| *now > before + most as u64);
        assert!(!grew, "{first:?} became {last:?}");
        assert_eq!(shop.collector.sessions().len(), 1);
    }
}

/// Pages of WebAssembly; and how many documents, nodes and listeners there are, as Chromium counts them once it has thrown away
/// what nobody can reach.
fn memory(browser: &Browser) -> Vec<u64> {
    let mut all = vec![browser.ask("return left.pages()", json!([]))];
    if browser.engine == Engine::Chromium {
        browser.tell_chromium("HeapProfiler.collectGarbage", &json!({}));
        let counted = browser.tell_chromium("Memory.getDOMCounters", &json!({}));
        all.extend(["documents", "nodes", "jsEventListeners"].map(|kind| counted[kind].clone()));
    }
    all.iter().map(|count| count.as_u64().expect("a number")).collect()
}
