//! Visits over a wire that fails, seeded: what was sealed is stored once, or comes with the next visit.
//!
//! Every event that a page says carries a number of its own. A run is one visitor: pages that are opened, left, closed and
//! killed, while a [`Tap`] breaks requests and the collector is killed and started again. At the end the wire is whole, one
//! more page is opened, and what is stored is counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use afterimage_wire::record::Record;
use afterimage_wire::{Batch, Header};
use serde_json::{Value, json};
use xtask::site::Site;

use crate::{Browser, Collector, Engine, Exchange, Fault};

const PAGE: &str =
    "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'></head>
<body><h1>Shop</h1><input id=name><button id=more>more</button></body></html>";

/// A page that is worth asking about: it says the same to everybody.
fn large_page() -> String {
    let items: String =
        (0..900).map(|n| format!("<li>Item {n} of wool and copper, {} pieces</li>", n * 37 % 101)).collect();
    PAGE.replace("</body>", &format!("<ul>{items}</ul></body>"))
}

/// What may be lost with a browser that is killed: a batch is sealed after a second, kept after three more without an
/// answer, and Chromium writes local storage five seconds late.
const KILLED: Duration = Duration::from_secs(10);

/// What the wire does wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing: what the others are compared with.
    Whole,
    /// Requests and answers are lost, cut off, changed, doubled, and overtake each other.
    Wire,
    /// The collector answers 500, 503, 429, and 413.
    Answers,
    /// The collector is killed and started again.
    Collector,
    /// The browser is killed, with the wire failing, too.
    Browser,
    /// The session is ended by 410 at some moment.
    Gone,
    /// The collector is asked which blocks it knows, over a wire that fails, and forgets them when it is killed. Visitors come
    /// who were never here.
    Known,
}

/// All of them.
pub const KINDS: [Kind; 7] =
    [Kind::Whole, Kind::Wire, Kind::Answers, Kind::Collector, Kind::Browser, Kind::Gone, Kind::Known];

/// Numbers that look random and are the same every time.
#[derive(Clone, Debug)]
struct Random(u64);

impl Random {
    /// From 0 to `end`, without it.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What became of the events of some runs.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many runs.
    pub runs: usize,
    /// Events that pages said.
    pub said: usize,
    /// Stored exactly once.
    pub stored: usize,
    /// Stored more often.
    pub twice: usize,
    /// In batches that were refused for good, or after the session's end.
    pub refused: usize,
    /// Not stored, and said in the ten seconds before a browser was killed, or in a tab that Firefox closed: not sealed yet,
    /// or under way.
    pub killed: usize,
    /// Not stored, though sealed: there should be none.
    pub lost: usize,
    /// Page views with a gap that no refused batch and no killed browser explains: there should be none.
    pub gaps: usize,
    /// Batches delivered, and how often one of them was sent again.
    pub batches: usize,
    /// Requests beyond one a batch.
    pub repeated: usize,
    /// Batches that came abridged.
    pub abridged: usize,
    /// From being said to being stored.
    pub delays: Vec<Duration>,
    /// What went wrong, to be looked at.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Takes those of another run in.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.said += other.said;
        self.stored += other.stored;
        self.twice += other.twice;
        self.refused += other.refused;
        self.killed += other.killed;
        self.lost += other.lost;
        self.gaps += other.gaps;
        self.batches += other.batches;
        self.repeated += other.repeated;
        self.abridged += other.abridged;
        self.delays.extend(other.delays);
        self.notes.extend(other.notes);
    }

    /// Whether what was promised was kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        (self.twice, self.lost, self.gaps) == (0, 0, 0)
    }

    fn delay(&self, share: f64) -> f64 {
        let mut sorted = self.delays.clone();
        sorted.sort();
        let at = ((sorted.len() as f64 - 1.0) * share).max(0.0) as usize;
        sorted.get(at).map_or(0.0, Duration::as_secs_f64)
    }
}

/// The heading of the table whose rows are outcomes.
pub const HEADING: &str = "              runs   said stored  twice refused  killed   lost   gaps | batches repeated abridged | seconds to be stored: median    95 %    last";

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs, said, stored, twice, refused, killed, lost, gaps, batches, repeated, abridged, ..
        } = self;
        let [median, most, last] = [0.5, 0.95, 1.0].map(|share| self.delay(share));
        write!(
            f,
            "{runs:>5} {said:>6} {stored:>6} {twice:>6} {refused:>7} {killed:>7} {lost:>6} {gaps:>6} | {batches:>7} {repeated:>8} {abridged:>8} | {median:>29.1} {most:>7.1} {last:>7.1}"
        )
    }
}

/// What the tap knows: which batches were refused, by page view and sequence, and when events were stored.
#[derive(Default)]
struct Ledger {
    refused: Vec<([u8; 8], u32)>,
    ended: bool,
}

fn plan(
    kind: Kind,
    seed: u64,
    ledger: &Arc<Mutex<Ledger>>,
) -> impl FnMut(&Exchange) -> Option<Fault> + Send + 'static {
    let (mut random, ledger, mut seen) = (Random(seed ^ 0x5eed), ledger.clone(), 0);
    move |exchange| {
        if exchange.path != "/collect" && !(kind == Kind::Known && exchange.path == "/collect/known") {
            return None;
        }
        seen += 1;
        let mut ledger = ledger.lock().expect("the ledger");
        let fault = match (kind, random.below(20)) {
            (Kind::Gone, _) if ledger.ended || seen > 6 => {
                ledger.ended = true;
                Some(Fault::Refuse(410))
            }
            (Kind::Wire | Kind::Browser | Kind::Known, roll) => match roll {
                0 | 1 => Some(Fault::HangUp),
                2 => Some(Fault::LoseAnswer),
                3 => Some(Fault::CutBody),
                4 => Some(Fault::CutAnswer),
                5 => Some(Fault::Corrupt),
                6 => Some(Fault::Twice),
                7..=9 => Some(Fault::Delay(100 + random.below(900))),
                _ => None,
            },
            // Refused as too large three times, it is dropped.
            (Kind::Answers, _) if ledger.refused.iter().any(|key| Some(*key) == key_of(exchange)) => {
                Some(Fault::Refuse(413))
            }
            (Kind::Answers, roll) => match roll {
                9 if seen > 2 => Some(Fault::Refuse(413)),
                0..=2 => Some(Fault::Refuse(500)),
                3..=5 => Some(Fault::Refuse(503)),
                6..=8 => Some(Fault::Refuse(429)),
                _ => None,
            },
            _ => None,
        };
        if let (Some(Fault::Refuse(410 | 413)), Some(key)) = (fault, key_of(exchange)) {
            ledger.refused.push(key);
        }
        fault
    }
}

/// Page view and sequence of the batch that a request carries.
fn key_of(exchange: &Exchange) -> Option<([u8; 8], u32)> {
    let header = Header::decode(&exchange.body).ok()?.0;
    Some((header.page_view, header.sequence))
}

/// An event that a page said.
struct Said {
    at: Instant,
    /// The browser was killed so soon afterwards, or the tab's process, that it may not have been sealed, or delivered, or
    /// be on the disk.
    killed: bool,
}

struct Visitor {
    browser: Browser,
    collector: Collector,
    site: Site,
    said: BTreeMap<i64, Said>,
    kills: Vec<Instant>,
    random: Random,
}

impl Visitor {
    fn open(&self) {
        self.browser.go(&self.site.url("/"));
        // A session that was ended is not recorded any more.
        self.browser.wait_until("/recording|stopped/.test(window.afterimage?.recorder?.state)");
    }

    /// Somebody who was never here.
    fn become_another(&self) {
        self.browser.run("document.cookie = 'afterimage=;path=/;max-age=0'");
        self.open();
    }

    /// As many sessions as it takes until what the page consists of is known.
    fn teach(&self) {
        self.browser.go(&self.site.url("/empty"));
        for _ in 0..4 {
            self.become_another();
            drop(self.browser.ask_async("await afterimage.recorder.flush()", json!([])));
        }
    }

    fn say(&mut self, count: u64) {
        for _ in 0..count {
            let n = self.said.len() as i64 + 1;
            let heard = self.browser.ask(
                "const recorded = afterimage.recorder.state == 'recording';
                 afterimage.recorder.event('said', { n: arguments[0] });
                 document.body.append(document.createElement('hr'));
                 return recorded",
                json!([n]),
            );
            if heard == true {
                self.said.insert(n, Said { at: Instant::now(), killed: false });
            }
            self.wait(60);
        }
    }

    fn wait(&mut self, most_ms: u64) {
        std::thread::sleep(Duration::from_millis(self.random.below(most_ms)));
    }

    /// Something that visitors do, or that happens to them.
    fn step(&mut self, kind: Kind) {
        let roll = self.random.below(10);
        match roll {
            0 | 1 => self.open(),
            2 => {
                self.browser.go(&self.site.url("/empty"));
                self.wait(400);
                self.open();
            }
            3 => {
                // A tab that is closed while somebody types in it.
                let first = self.browser.new_tab();
                self.open();
                self.browser.type_into("#name", "hello");
                let before = self.said.len();
                self.say(2);
                self.browser.close_tab();
                // NOTE: Firefox 153 ends a closed tab's process at once: its page may not hear of it, and what it wrote into
                // local storage in that moment may not be there.
                if self.browser.engine == Engine::Firefox {
                    self.said.values_mut().skip(before).for_each(|said| said.killed = true);
                }
                self.browser.switch_to(&first);
            }
            4 => self.browser.run(
                "for (let n = 0; n < 3000; n++) {
                     const part = document.createElement('i');
                     part.title = `${Math.random()} ${Math.random()}`;
                     part.style.cssText = `left:${Math.random() * 1e9}px;top:${Math.random() * 1e9}px`;
                     document.body.append(part);
                 }",
            ),
            5 | 6 if kind == Kind::Known => self.become_another(),
            5 | 7 if matches!(kind, Kind::Collector | Kind::Known) => {
                self.collector.kill();
                let count = 1 + self.random.below(4);
                self.say(count);
                self.collector.serve();
            }
            5 | 6 if kind == Kind::Browser => {
                let now = Instant::now();
                self.kills.push(now);
                for said in self.said.values_mut() {
                    said.killed |= now - said.at < KILLED;
                }
                self.browser.kill_and_reopen();
                self.open();
            }
            _ => self.wait(1500),
        }
        let count = self.random.below(6);
        self.say(count);
    }
}

/// One visitor's run.
///
/// # Panics
/// When a browser does not do what it is told.
#[must_use]
pub fn run(engine: Engine, kind: Kind, seed: u64, steps: usize) -> Outcome {
    let browser = Browser::open(engine, "faults");
    let collector = Collector::start(&browser);
    let site = if kind == Kind::Known {
        collector.site_with("data-known=true", &large_page(), Vec::new())
    } else {
        collector.site(PAGE, Vec::new())
    };
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut visitor =
        Visitor { browser, collector, site, said: BTreeMap::new(), kills: Vec::new(), random: Random(seed) };
    if kind == Kind::Known {
        visitor.teach();
    }
    visitor.collector.tap.set_plan(plan(kind, seed, &ledger));
    visitor.open();
    for _ in 0..steps {
        visitor.step(kind);
    }
    // What is left comes with the next visit.
    visitor.browser.go(&visitor.site.url("/empty"));
    visitor.collector.tap.set_plan(|_| None);
    if kind == Kind::Gone {
        visitor.browser.run("document.cookie = 'afterimage=;path=/;max-age=0'");
    }
    visitor.open();
    let ledger = ledger.lock().expect("the ledger");
    count(&visitor, &ledger, seed)
}

/// Waits until nothing more can come, and counts.
fn count(visitor: &Visitor, ledger: &Ledger, seed: u64) -> Outcome {
    drop(visitor.browser.ask_async("await afterimage.recorder.flush()", json!([])));
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let outcome = tally(visitor, ledger, seed);
        if outcome.is_kept() || Instant::now() > deadline {
            trace(visitor);
            return outcome;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Every request, when `FAULTS_TRACE` is set.
fn trace(visitor: &Visitor) {
    let posts = visitor.collector.tap.posts();
    let Some(first) = posts.first().filter(|_| std::env::var_os("FAULTS_TRACE").is_some()) else { return };
    for post in &posts {
        let Ok(batch) = Batch::decode(&post.body, usize::MAX) else { continue };
        let numbers: Vec<i64> = numbers(&batch).collect();
        let header = batch.header;
        let seconds = (post.arrived - first.arrived).as_secs_f64();
        let (view, sequence, flags) = (&header.page_view[..2], header.sequence, header.flags);
        eprintln!(
            "{seconds:>8.3} {view:02x?} {sequence} flags {flags} {} bytes, status {}, passed {}: {numbers:?}",
            post.body.len(),
            post.status,
            post.passed
        );
    }
}

/// The numbers of the events in a batch.
fn numbers(batch: &Batch) -> impl Iterator<Item = i64> + '_ {
    batch.records.iter().filter_map(|timed| match &timed.record {
        Record::Custom(custom) => number(&Value::String(custom.payload.to_string())),
        _ => None,
    })
}

fn tally(visitor: &Visitor, ledger: &Ledger, seed: u64) -> Outcome {
    let mut outcome = Outcome { runs: 1, said: visitor.said.len(), ..Outcome::default() };
    let mut stored: BTreeMap<i64, usize> = BTreeMap::new();
    for session in visitor.collector.sessions() {
        for record in visitor.collector.records(&session) {
            if let Some(n) = number(&record["payload"]) {
                *stored.entry(n).or_default() += 1;
            }
        }
    }
    // By page view: what was taken, and what events were in it.
    let mut taken: BTreeMap<[u8; 8], Vec<u32>> = BTreeMap::new();
    let mut arrived: BTreeMap<i64, Instant> = BTreeMap::new();
    let mut seen: BTreeMap<[u8; 8], Vec<Instant>> = BTreeMap::new();
    // Page views of tabs that were ended before they could keep what was under way.
    let mut closed: Vec<[u8; 8]> = Vec::new();
    let mut refused = Vec::new();
    for post in visitor.collector.tap.posts() {
        let Some(key) = key_of(&post) else { continue };
        seen.entry(key.0).or_default().push(post.arrived);
        // What came abridged only the collector can read.
        let batch = Batch::decode(&post.body, usize::MAX).ok();
        let numbers: Vec<i64> = batch.iter().flat_map(numbers).collect();
        if numbers.iter().any(|n| visitor.said.get(n).is_some_and(|said| said.killed)) {
            closed.push(key.0);
        }
        if ledger.refused.contains(&key) {
            refused.extend(numbers);
            continue;
        }
        if !post.passed || post.status >= 300 {
            outcome.repeated += 1;
            continue;
        }
        outcome.abridged += usize::from(batch.is_none());
        for n in numbers {
            arrived.entry(n).or_insert(post.arrived);
        }
        taken.entry(key.0).or_default().push(key.1);
    }
    for (page_view, sequences) in &mut taken {
        let requests = sequences.len();
        sequences.sort_unstable();
        sequences.dedup();
        outcome.batches += sequences.len();
        outcome.repeated += requests - sequences.len();
        let last = sequences.last().copied().unwrap_or(0);
        let missing: Vec<u32> = (0..=last)
            .filter(|n| !sequences.contains(n) && !ledger.refused.contains(&(*page_view, *n)))
            .collect();
        let killed = visitor.kills.iter().any(|kill| {
            let before = |at: &Instant| at < kill && *kill - *at < KILLED;
            seen.get(page_view).is_some_and(|moments| moments.iter().any(before))
        });
        if !missing.is_empty() && !killed && !closed.contains(page_view) {
            outcome.gaps += 1;
            outcome.notes.push(format!("seed {seed}: of {} batches {missing:?} did not come", last + 1));
        }
    }
    for (n, said) in &visitor.said {
        match stored.get(n) {
            Some(1) => {
                outcome.stored += 1;
                outcome.delays.extend(arrived.get(n).map(|at| at.saturating_duration_since(said.at)));
            }
            Some(_) => outcome.twice += 1,
            None if refused.contains(n) || ledger.ended => outcome.refused += 1,
            None if said.killed => outcome.killed += 1,
            None => {
                outcome.lost += 1;
                outcome.notes.push(format!("seed {seed}: event {n} did not come"));
            }
        }
    }
    outcome
}

/// The number that an event carries in its payload.
fn number(payload: &Value) -> Option<i64> {
    match payload {
        Value::String(json) => serde_json::from_str::<Value>(json).ok()?["n"].as_i64(),
        payload => payload["n"].as_i64(),
    }
}
