//! What arrives of the last second of activity when a page is left, beside rrweb with the exit handling its users write.
//!
//! Both record the same page. Every 50 ms something is added to it that carries a number; in a busy page each weighs a
//! kilobyte and a half. rrweb's events are sent every five seconds, as ours are, and by `sendBeacon` when the page is hidden.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::collector::EMPTY;
use crate::{Browser, Collector, Engine, Pages, Sink, Site};

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
    /// Arrived at the collector at once.
    pub ours: usize,
    /// Arrived once the site was opened again; none where the engine's profile is gone.
    pub later: Option<usize>,
    /// rrweb's, at once. There is no later.
    pub theirs: usize,
}

const PAGE: &str = "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'>
<script src=/rrweb.js></script><script>
let events = [];
rrweb.record({ emit: (event) => events.push(event) });
const take = () => JSON.stringify(events.splice(0));
setInterval(() => events.length && fetch('{{sink}}', { method: 'POST', body: take() }), 5000);
const leave = () => {
  if (!events.length) return;
  // More than 64 KiB is refused: a page that cares sends what it can, so half by half.
  const send = (all) => all.length && (navigator.sendBeacon('{{sink}}', JSON.stringify(all)) ||
    (all.length > 1 && (send(all.slice(all.length >> 1)), send(all.slice(0, all.length >> 1)))));
  send(events.splice(0));
};
addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && leave());
addEventListener('pagehide', leave);
window.added = 0;
const add = () => {
  const part = document.createElement('p');
  part.className = `mark-${++added}-end`;
  const word = () => 'abcdefgh'[Math.random() * 8 | 0] + 'aeiou'[Math.random() * 5 | 0] + 'lmnrst'[Math.random() * 6 | 0];
  if (location.search === '?busy') part.textContent = Array.from({ length: 400 }, word).join(' ');
  document.body.append(part);
};
addEventListener('load', () => setInterval(add, 50));
</script><script async src=/afterimage.js data-collector='{{collector}}'></script></head><body><h1>Shop</h1></body></html>";

fn site(collector: &Collector, sink: &Sink) -> Site {
    let rrweb = xtask::sh::root().join("crates/replay/tests/rrweb/node_modules/rrweb/umd/rrweb.min.js");
    let rrweb = std::fs::read_to_string(rrweb).expect("rrweb, which `cargo xtask exits` installs");
    let page =
        PAGE.replace("{{sink}}", &sink.url("/events")).replace("{{collector}}", &collector.url("/collect"));
    let again = format!(
        "<!doctype html><html><head><title>Again</title><link rel=icon href='data:,'>
         <script async src=/afterimage.js data-collector='{}'></script></head><body>Again</body></html>",
        collector.url("/collect")
    );
    let texts = [("/", page), ("/empty", EMPTY.to_owned()), ("/again", again), ("/rrweb.js", rrweb)];
    let texts: HashMap<String, String> = texts.map(|(path, text)| (path.to_owned(), text)).into();
    let folders = vec![("/".to_owned(), xtask::sh::dist())];
    Site::start(0, Pages { texts, folders, ..Pages::default() }).expect("a site")
}

/// Leaves a page once.
///
/// # Panics
/// When a browser does not do what it is told.
#[must_use]
pub fn leave(engine: Engine, exit: Exit, busy: bool) -> Arrived {
    let mut browser = Browser::open(engine, "exits");
    let (collector, sink) = (Collector::start(&browser), Sink::start());
    let site = site(&collector, &sink);
    browser.go(&site.url("/empty"));
    let first = matches!(exit, Exit::CloseTab).then(|| browser.new_tab());
    browser.go(&site.url(if busy { "/?busy" } else { "/" }));
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    std::thread::sleep(BEFORE);
    let last = browser.ask("return added", json!([])).as_i64().expect("a number");
    match exit {
        Exit::Navigate => browser.go(&site.url("/empty")),
        Exit::CloseTab | Exit::CloseWindow => browser.close_tab(),
        Exit::Kill => browser.kill_and_reopen(),
    }
    std::thread::sleep(Duration::from_secs(3));
    let wanted: Vec<i64> = (last - A_SECOND + 1..=last).collect();
    let ours = count(&wanted, &texts(&collector));
    let bodies: Vec<String> =
        sink.bodies("/events").iter().map(|body| String::from_utf8_lossy(body).into_owned()).collect();
    let theirs = count(&wanted, &bodies);
    let mut later = None;
    if let Some(first) = &first {
        browser.switch_to(first);
    }
    // The last window takes the browser along.
    if exit == Exit::CloseWindow && engine != Engine::WebKit {
        browser.kill_and_reopen();
    }
    // NOTE: MiniBrowser under automation keeps nothing of a profile.
    if engine != Engine::WebKit || matches!(exit, Exit::Navigate | Exit::CloseTab) {
        browser.go(&site.url("/again"));
        browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
        std::thread::sleep(Duration::from_secs(3));
        later = Some(count(&wanted, &texts(&collector)));
    }
    Arrived { of: wanted.len(), ours, later, theirs }
}

fn texts(collector: &Collector) -> Vec<String> {
    let sessions = collector.sessions();
    sessions.iter().map(|session| Value::from(collector.records(session)).to_string()).collect()
}

fn count(wanted: &[i64], texts: &[String]) -> usize {
    let came = |n: &&i64| texts.iter().any(|text| text.contains(&format!("mark-{n}-end")));
    wanted.iter().filter(came).count()
}
