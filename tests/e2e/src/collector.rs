//! The collector's binary with a data folder of its own, behind a [`Tap`].

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use afterimage_wire::{Compression, Header};
use flate2::read::DeflateDecoder;
use serde_json::{Value, json};

use crate::process::{Group, Scratch, free_port};
use crate::{Browser, Pages, Site, Tap, eventually};

/// A page that nobody records, as after the last one of a visit.
pub(crate) const EMPTY: &str =
    "<!doctype html><title>Nobody records here</title><link rel=icon href='data:,'>";

/// A running collector; dropping it ends it and removes its data.
#[derive(Debug)]
pub struct Collector {
    /// What browsers talk to.
    pub tap: Tap,
    port: u16,
    serving: Option<Group>,
    log: std::path::PathBuf,
    data: Scratch,
    arguments: Vec<String>,
}

impl Collector {
    /// Starts `afterimage serve` with an empty data folder, its log among the test's artifacts.
    #[must_use]
    pub fn start(browser: &Browser) -> Self {
        Self::start_with(browser, &[])
    }

    /// The same, with further arguments.
    #[must_use]
    pub fn start_with(browser: &Browser, arguments: &[&str]) -> Self {
        let (data, port) = (Scratch::new(), free_port());
        let log = browser.artifact("collector.log");
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut collector = Self { tap: Tap::before(port), port, serving: None, log, data, arguments };
        collector.serve();
        collector
    }

    /// Serves again after [`Self::kill`], on the same port and data.
    pub fn serve(&mut self) {
        let mut command = Command::new(xtask::sh::collector());
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port), "--data"])
            .arg(self.data.path())
            .args(&self.arguments);
        let mut serving = Group::start(&mut command, &self.log);
        serving.wait_for(self.port).unwrap_or_else(|error| panic!("afterimage serve {error}"));
        self.serving = Some(serving);
    }

    /// Ends it with no chance to tidy up.
    pub fn kill(&mut self) {
        if let Some(mut serving) = self.serving.take() {
            serving.signal("KILL");
            serving.wait();
        }
    }

    /// A collector, and the browser at the first page of a [`site`](Self::site) that records to it, its snapshot answered.
    #[must_use]
    pub fn recording(browser: &Browser, page: &str) -> (Self, Site) {
        let collector = Self::start(browser);
        let site = collector.site(page, Vec::new());
        browser.go(&site.url("/"));
        browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
        flush(browser);
        (collector, site)
    }

    /// The session that came last, once everything of the page shown was answered.
    #[must_use]
    pub fn flushed(&self, browser: &Browser) -> String {
        flush(browser);
        eventually("a session", || self.sessions().pop())
    }

    /// A site whose first page is `page` and records to here; at `/empty` nobody records, as after the last page of a visit.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn site(&self, page: &str, headers: Vec<(String, String)>) -> Site {
        self.site_with("", page, headers)
    }

    /// The same with more attributes in the tag.
    #[must_use]
    pub fn site_with(&self, attributes: &str, page: &str, headers: Vec<(String, String)>) -> Site {
        let tag = format!(
            "<script async src='/afterimage.js' data-collector='{}' data-interval=1000 {attributes}></script>",
            self.url("/collect")
        );
        let texts = [("/", page.replace("</head>", &format!("{tag}</head>"))), ("/empty", EMPTY.to_owned())];
        let texts = texts.map(|(path, text)| (path.to_owned(), text)).into();
        let folders = vec![("/".to_owned(), xtask::sh::dist())];
        Site::start(0, Pages { texts, folders, headers, ..Pages::default() }).expect("a site")
    }

    /// The address of a path, through the tap.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.tap.port)
    }

    /// The ids of the sessions stored, oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        let listed = self.command(&["sessions"], &[]);
        listed.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    }

    /// The sessions as the session list has them, newest first.
    #[must_use]
    pub fn listed(&self) -> Vec<Value> {
        let answer =
            minreq::get(format!("http://127.0.0.1:{}/api/sessions", self.port)).send().expect("an answer");
        let mut listed: Value = serde_json::from_slice(answer.as_bytes()).expect("JSON");
        serde_json::from_value(listed["sessions"].take()).expect("a list")
    }

    /// Everything stored of a session, a JSON record each.
    #[must_use]
    pub fn records(&self, session: &str) -> Vec<Value> {
        self.lines("ndjson", session)
    }

    /// The points of heatmaps of a session.
    #[must_use]
    pub fn heatmap(&self, session: &str) -> Vec<Value> {
        self.lines("heatmap", session)
    }

    fn lines(&self, format: &str, session: &str) -> Vec<Value> {
        let printed = self.command(&["export", "--format", format, session], &[]);
        printed.lines().map(|line| serde_json::from_str(line).expect("a JSON record a line")).collect()
    }

    /// A session as rrweb's events.
    #[must_use]
    pub fn rrweb(&self, session: &str) -> Vec<Value> {
        serde_json::from_str(&self.command(&["export", "--format", "rrweb", session], &[]))
            .expect("one JSON array")
    }

    /// Opens a session's replay and waits until its player can be asked.
    pub fn open_replay(&self, browser: &Browser, session: &str) {
        browser.go(&self.url(&format!("/session/{session}")));
        let opened = browser.ask_async(
            "while (!window.afterimageReplay) await new Promise((later) => setTimeout(later, 50));
             await afterimageReplay.ready;
             return afterimageReplay.events.length",
            json!([]),
        );
        assert!(opened.as_u64() > Some(1), "{opened} events to replay");
    }

    /// All strings and all bytes that reached the collector: every body's payload, inflated, and its records as printed.
    #[must_use]
    pub fn received(&self) -> (Vec<u8>, String) {
        let (mut bytes, mut printed) = (Vec::new(), String::new());
        for post in self.tap.posts() {
            let (header, payload) = inflated(&post.body);
            bytes.extend(header.encode());
            bytes.extend(payload);
            for record in self.decode(&post.body) {
                printed.push_str(&format!("{record}\n"));
            }
        }
        (bytes, printed)
    }

    /// A request body's records, one JSON object each.
    #[must_use]
    pub fn decode(&self, body: &[u8]) -> Vec<Value> {
        let printed = run(Command::new(xtask::sh::collector()).args(["decode", "-"]), body);
        printed.lines().map(|line| serde_json::from_str(line).expect("a JSON record a line")).collect()
    }

    /// Erases sessions when it is called, from the command line.
    pub fn eraser(&self, sessions: &[String]) -> impl Fn() + Send + 'static {
        let (sessions, data) = (sessions.to_vec(), self.data.path().to_owned());
        move || {
            for session in &sessions {
                run(Command::new(xtask::sh::collector()).args(["erase", session, "--data"]).arg(&data), &[]);
            }
        }
    }

    fn command(&self, args: &[&str], input: &[u8]) -> String {
        run(Command::new(xtask::sh::collector()).args(args).arg("--data").arg(self.data.path()), input)
    }
}

fn flush(browser: &Browser) {
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

/// A batch's header, and its payload inflated.
#[must_use]
pub fn inflated(body: &[u8]) -> (Header, Vec<u8>) {
    let (header, payload) = Header::decode(body).expect("a batch");
    let mut bytes = Vec::new();
    match header.compression {
        Compression::None => bytes.extend_from_slice(payload),
        Compression::Abridged => panic!("a batch that only its collector can read"),
        Compression::DeflateRaw => {
            DeflateDecoder::new(payload).read_to_end(&mut bytes).expect("a deflated payload");
        }
    }
    (header, bytes)
}

/// What a command prints, given its input.
fn run(command: &mut Command, input: &[u8]) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("afterimage");
    let mut stdin = child.stdin.take().expect("its input");
    stdin.write_all(input).expect("to be read");
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}
