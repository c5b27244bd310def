//! What arrives of the last second of activity when a page is left: afterimage, rrweb with the exit handling its users write,
//! OpenReplay and Clarity, each in a page of its own, as requests that outlive a page share 64 KiB.
//!
//! Every 50 ms something is added to the page that carries a number; in a busy page each weighs a kilobyte and a half. rrweb's
//! events are sent every five seconds, as afterimage's are, and by `sendBeacon` when the page is hidden.

use std::collections::HashMap;
use std::io::Read;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::collector::EMPTY;
use crate::{Browser, Collector, Engine, Pages, Sink, Site};

/// Who records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorder {
    /// This one.
    Afterimage,
    /// With `sendBeacon`.
    Rrweb,
    /// Its tracker.
    OpenReplay,
    /// Microsoft's.
    Clarity,
}

/// All of them.
pub const RECORDERS: [Recorder; 4] =
    [Recorder::Afterimage, Recorder::Rrweb, Recorder::OpenReplay, Recorder::Clarity];

/// How a page is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// For another page of the site.
    Navigate,
    /// Its tab is closed, another one stays.
    CloseTab,
    /// The browser's only window is closed.
    CloseWindow,
    /// The browser is killed.
    Kill,
}

/// All of them.
pub const EXITS: [Exit; 4] = [Exit::Navigate, Exit::CloseTab, Exit::CloseWindow, Exit::Kill];

/// Things that happen in a second.
const A_SECOND: i64 = 20;
/// Long enough for the first snapshots to have left: both send every five seconds.
const BEFORE: Duration = Duration::from_millis(6500);

/// How much of the last second arrived, of how much.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arrived {
    /// What was added in the last second before the exit.
    pub of: usize,
    /// Arrived within three seconds.
    pub at_once: usize,
    /// Arrived once the site was opened again; none where the engine's profile is gone, or nobody would bring it.
    pub later: Option<usize>,
}

const PAGE: &str = "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'>
<script>
window.sink = '{{sink}}';
window.added = 0;
const add = () => {
  const part = document.createElement('p');
  part.className = `mark-${++added}-end`;
  const word = () => 'abcdefgh'[Math.random() * 8 | 0] + 'aeiou'[Math.random() * 5 | 0] + 'lmnrst'[Math.random() * 6 | 0];
  if (location.search === '?busy') part.textContent = Array.from({ length: 400 }, word).join(' ');
  document.body.append(part);
};
addEventListener('load', () => setInterval(add, 50));
</script>{{recorder}}</head><body><h1>Shop</h1></body></html>";

const AFTERIMAGE: &str = "<script async src=/afterimage.js data-collector='{{collector}}'></script>";

const RRWEB: &str = "<script src=/recorder.js></script><script>
let events = [];
rrweb.record({ emit: (event) => events.push(event) });
setInterval(() => events.length && fetch(`${sink}/events`, { method: 'POST', body: JSON.stringify(events.splice(0)) }), 5000);
const leave = () => {
  if (!events.length) return;
  // More than 64 KiB is refused: a page that cares sends what it can, so half by half.
  const send = (all) => all.length && (navigator.sendBeacon(`${sink}/events`, JSON.stringify(all)) ||
    (all.length > 1 && (send(all.slice(all.length >> 1)), send(all.slice(0, all.length >> 1)))));
  send(events.splice(0));
};
addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && leave());
addEventListener('pagehide', leave);
window.recording = true;
</script>";

const OPENREPLAY: &str = "<script src=/recorder.js></script>";

const CLARITY: &str = "<script src=/recorder.js></script><script>
clarity('start', { projectId: 'exits', upload: `${sink}/clarity`, track: true, content: true });
window.recording = true;
</script>";

/// What OpenReplay's service says when a session begins.
const OPENREPLAY_STARTS: &str = r#"{"token":"t","userUUID":"u","sessionID":"1","projectID":"1","delay":0,"startTimestamp":1,
"beaconSizeLimit":1000000,"compressionThreshold":20000,"userBrowser":"","userCity":"","userCountry":"","userDevice":"",
"userOS":"","userState":"","canvasEnabled":false,"canvasQuality":"low","canvasFPS":1,"assistOnly":false,"features":{}}"#;

impl Recorder {
    fn tag(self) -> &'static str {
        match self {
            Self::Afterimage => AFTERIMAGE,
            Self::Rrweb => RRWEB,
            Self::OpenReplay => OPENREPLAY,
            Self::Clarity => CLARITY,
        }
    }

    /// What is true in its page once it records.
    fn records(self) -> &'static str {
        match self {
            Self::Afterimage => "window.afterimage?.recorder?.state == 'recording'",
            _ => "window.recording",
        }
    }

    /// Its script, which `cargo xtask exits` installs or builds.
    fn script(self) -> String {
        let root = xtask::sh::root();
        let path = match self {
            Self::Afterimage => return String::new(),
            Self::Rrweb => root.join("crates/replay/tests/rrweb/node_modules/rrweb/umd/rrweb.min.js"),
            Self::OpenReplay => xtask::sh::target().join("xtask/openreplay.js"),
            Self::Clarity => root.join("tests/bench/node_modules/clarity-js/build/clarity.min.js"),
        };
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

fn site(recorder: Recorder, collector: &Collector, sink: &Sink) -> Site {
    let filled = |text: &str| {
        text.replace("{{recorder}}", recorder.tag())
            .replace("{{sink}}", &sink.url(""))
            .replace("{{collector}}", &collector.url("/collect"))
    };
    let again = "<!doctype html><html><head><title>Again</title><link rel=icon href='data:,'>{{recorder}}</head><body>Again</body></html>";
    let texts = [
        ("/", filled(PAGE)),
        ("/empty", EMPTY.to_owned()),
        ("/again", filled(again)),
        ("/recorder.js", recorder.script()),
    ];
    let texts: HashMap<String, String> = texts.map(|(path, text)| (path.to_owned(), text)).into();
    let folders = vec![("/".to_owned(), xtask::sh::dist())];
    Site::start(0, Pages { texts, folders, ..Pages::default() }).expect("a site")
}

/// Leaves a page once.
///
/// # Panics
/// When a browser does not do what it is told.
#[must_use]
pub fn leave(engine: Engine, recorder: Recorder, exit: Exit, busy: bool) -> Arrived {
    let mut browser = Browser::open(engine, &format!("exits-{recorder:?}"));
    let (collector, sink) = (Collector::start(&browser), Sink::start());
    sink.answer("/ingest/v1/web/start", OPENREPLAY_STARTS);
    let site = site(recorder, &collector, &sink);
    browser.go(&site.url("/empty"));
    let first = matches!(exit, Exit::CloseTab).then(|| browser.new_tab());
    browser.go(&site.url(if busy { "/?busy" } else { "/" }));
    browser.wait_until(recorder.records());
    std::thread::sleep(BEFORE);
    let last = browser.ask("return added", json!([])).as_i64().expect("a number");
    match exit {
        Exit::Navigate => browser.go(&site.url("/empty")),
        Exit::CloseTab | Exit::CloseWindow => browser.close_tab(),
        Exit::Kill => browser.kill_and_reopen(),
    }
    let wanted: Vec<i64> = (last - A_SECOND + 1..=last).collect();
    let arrived = |patience| {
        let until = Instant::now() + patience;
        loop {
            let texts = if recorder == Recorder::Afterimage { stored(&collector) } else { unpacked(&sink) };
            let came = count(&wanted, &texts);
            if came == wanted.len() || Instant::now() > until {
                return came;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    };
    let mut all = Arrived { of: wanted.len(), at_once: arrived(Duration::from_secs(3)), later: None };
    if let Some(first) = &first {
        browser.switch_to(first);
    }
    // NOTE: MiniBrowser under automation keeps nothing of a profile.
    let profile = engine != Engine::WebKit || matches!(exit, Exit::Navigate | Exit::CloseTab);
    if recorder == Recorder::Afterimage && profile {
        // The last window takes the browser along.
        if exit == Exit::CloseWindow {
            browser.kill_and_reopen();
        }
        browser.go(&site.url("/again"));
        browser.wait_until(recorder.records());
        all.later = Some(arrived(Duration::from_secs(12)));
    }
    all
}

fn stored(collector: &Collector) -> Vec<String> {
    let sessions = collector.sessions();
    sessions.iter().map(|session| Value::from(collector.records(session)).to_string()).collect()
}

/// All that came to the sink, decompressed.
fn unpacked(sink: &Sink) -> Vec<String> {
    let unpacked = |body: Vec<u8>| {
        let mut plain = Vec::new();
        let body =
            if body.starts_with(&[0x1f, 0x8b]) && GzDecoder::new(&*body).read_to_end(&mut plain).is_ok() {
                plain
            } else {
                body
            };
        String::from_utf8_lossy(&body).into_owned()
    };
    sink.all().into_iter().map(unpacked).collect()
}

fn count(wanted: &[i64], texts: &[String]) -> usize {
    let came = |n: &&i64| texts.iter().any(|text| text.contains(&format!("mark-{n}-end")));
    wanted.iter().filter(came).count()
}
