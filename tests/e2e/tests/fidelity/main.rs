//! The oracle: pages are recorded with afterimage and with rrweb side by side, both recordings are replayed in rrweb's
//! player, and what it shows is compared with what the page was. `cargo xtask fidelity` runs all of it, and prints a
//! table; without `FIDELITY_ALL` only the fixtures marked `short` are tried. `FIDELITY_ONLY` names some, by parts of their names. `FIDELITY_APPS` is a
//! folder of applications that are built; with `FIDELITY_PAGES` the pages of that folder take the fixtures' place, and
//! `FIDELITY_DIST` is where the recorder is.
//!
//! The policy is `open` with everything unmasked, so that masks are no differences.

mod fixture;
mod score;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::LazyLock;

use afterimage_e2e::{Browser, Engine, Pages, Sink, Site, in_every_engine};
use afterimage_replay::recording::Session;
use afterimage_wire::Batch;
use serde_json::{Value, json};

use fixture::Fixture;
use score::Score;

/// With pages that nobody wrote for this, attributes of nobody's are no facts.
static DUMP: LazyLock<String> = LazyLock::new(|| {
    let dump = include_str!("dump.js");
    if folder("FIDELITY_PAGES").is_some() { dump.replacen("KNOWN = /^/", FACTS, 1) } else { dump.to_owned() }
});
const FACTS: &str = "KNOWN = /^(id|class|style|(xlink:)?href|src|alt|title|type|width|height|d|fill|stroke.*|viewbox|transform|points|[xyr]|[crxy][xy12]|align|valign|bgcolor|background|border.*|cell.*|colspan|rowspan|face|size|color|dir|hidden|placeholder|rows|cols|disabled|readonly|label|start|span|text|link|margin.*|frameborder|scrolling|nowrap|clear|hspace|vspace|noshade|usemap|shape|coords|controls|poster|loop)$/i";
const THEATRE: &str = include_str!("theatre.js");

/// What a page needs of both recorders. rrweb is started as its guide says, with fonts and canvases that it could leave out.
const START: &str = "window.heard = [];
    for (const kind of ['error', 'unhandledrejection'])
        addEventListener(kind, (event) => heard.push(kind + ': ' + (event.message ?? event.reason)));
    window.shut = new Map();
    window.later = (ms) => new Promise((done) => setTimeout(done, ms));
    window.theirs = [];
    window.stopTheirs = rrweb.record({ emit: (event) => theirs.push(event), collectFonts: true, recordCanvas: true });
    afterimage.start({ collector: '{{collector}}', policy: 'open', unmask: 'html, html *', canvas: 4 }).then((recorder) => (window.ours = recorder));";

/// What was recorded of a page, and what the page was.
struct Take {
    fixture: Fixture,
    moments: Vec<i64>,
    live: Vec<Value>,
    heard: Value,
    /// By recorder.
    events: [Vec<Value>; 2],
    session: Session,
}

/// A row of the table.
struct Row {
    name: String,
    ours: Score,
    theirs: Score,
    /// What went wrong that is no difference.
    wrong: Vec<String>,
}

impl Row {
    fn broken(fixture: &Fixture, wrong: String) -> Self {
        Self {
            name: fixture.name.clone(),
            ours: Score::default(),
            theirs: Score::default(),
            wrong: vec![wrong],
        }
    }
}

/// A folder that the command names.
fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn umd() -> String {
    let file = xtask::sh::root().join("crates/replay/tests/rrweb/node_modules/rrweb/umd/rrweb.min.js");
    std::fs::read_to_string(file).expect("rrweb, which `cargo xtask fidelity` installs")
}

/// A second of silence, as a WAV file all of whose bytes are characters.
fn silence() -> String {
    let mut bytes =
        b"RIFF\x24\x70\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\0\x10\0\0\0\x20\0\0\x02\0\x10\0data\0\x70\0\0"
            .to_vec();
    bytes.resize(bytes.len() + 0x7000, 0);
    String::from_utf8(bytes).expect("characters")
}

fn site(fixtures: &[Fixture], sink: &Sink) -> Site {
    let mut texts: Vec<(String, String)> = vec![
        ("/rrweb.js".into(), umd()),
        ("/theatre.js".into(), THEATRE.into()),
        ("/silence.wav".into(), silence()),
        (
            "/theatre".into(),
            "<!doctype html><html><head><meta charset=utf-8><title>Theatre</title><style>.replayer-wrapper { position: relative }</style><script src=/rrweb.js></script><script src=/theatre.js></script></head><body></body></html>".into(),
        ),
    ];
    for fixture in fixtures {
        let path = format!("/{}/", fixture.name);
        let start = START.replace("{{collector}}", &sink.url(&path));
        let doctype = if fixture.is("quirks") { "" } else { "<!doctype html>" };
        let head = format!(
            "{doctype}<html lang=en><head><meta charset=utf-8><title>{}</title><link rel=icon href=data:,>
             <script src=/rrweb.js></script><script src=/afterimage.js></script><script>{start}</script>",
            fixture.name
        );
        let html = match fixture.body.find("<head").filter(|_| fixture.is("whole")) {
            Some(at) => {
                let own = head.split_once("<head>").map_or("", |(_, own)| own);
                let inside = fixture.body[at..].find('>').map_or(at, |end| at + end + 1);
                [&fixture.body[..inside], own, &fixture.body[inside..]].concat()
            }
            None => format!("{head}</head><body>\n{}\n</body></html>", fixture.body),
        };
        texts.push((path, html));
    }
    let dist = folder("FIDELITY_DIST").unwrap_or_else(xtask::sh::dist);
    let mut folders = vec![("/".to_owned(), dist), ("/".to_owned(), xtask::sh::root().join("tests/pages"))];
    folders.extend(folder("FIDELITY_APPS").map(|apps| ("/apps/".to_owned(), apps)));
    Site::start(0, Pages { texts: texts.into_iter().collect(), folders, ..Pages::default() }).expect("a port")
}

/// What a visitor does where scripts cannot, or a script.
fn act(browser: &Browser, step: &str) {
    let mut words = step.splitn(3, ' ');
    let (what, css, rest) =
        (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next().unwrap_or(""));
    match what {
        "hover" => browser.hover(css),
        "click" => browser.click(css),
        "type" => browser.type_into(css, rest),
        "size" => browser.resize(css.parse().expect("a width"), rest.parse().expect("a height")),
        "back" => browser.back(),
        _ => {
            let limited = format!(
                "const did = (async () => {{ {step} }})();
                 return Promise.race([did.then(() => '', String), later(50000).then(() => 'it takes too long')])"
            );
            let wrong = browser.ask_async(&limited, json!([]));
            assert_eq!(wrong, "", "{step}");
        }
    }
}

/// What a page comes to, or why it does not.
fn attempt<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(what)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        said.unwrap_or_else(|| "it panicked".to_owned())
    })
}

fn record(browser: &Browser, site: &Site, sink: &Sink, fixture: &Fixture) -> Take {
    browser.go(&site.url(&format!("/{}/", fixture.name)));
    browser.wait_until("window.ours && theirs.length > 1 && document.readyState == 'complete'");
    let (mut moments, mut live) = (Vec::new(), Vec::new());
    let first = ["await later(0)".to_owned()];
    for step in first.iter().chain(&fixture.steps) {
        step.split("\n  ").for_each(|part| act(browser, part));
        let dump = &*DUMP;
        let script = format!(
            "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
             await later(120);
             // Where media are sought to is what they say at once, and what they show, and tell, later.
             const seeks = () => [...document.querySelectorAll('audio,video')].some((one) => one.seeking);
             for (let tries = 0; tries < 75 && seeks(); tries++) await later(40);
             await ours.flush();
             const now = ({dump})(document, false);
             const at = Date.now();
             await later(30);
             return [now, at];"
        );
        let seen = browser.ask_async(&script, json!([]));
        live.push(seen[0].clone());
        moments.push(seen[1].as_i64().expect("a time"));
    }
    let left = browser.ask_async("await ours.stop(); stopTheirs(); return [theirs, heard]", json!([]));
    let bodies = sink.bodies(&format!("/{}/", fixture.name));
    let decode = |body: &Vec<u8>| Batch::decode(body, usize::MAX).expect("a batch");
    let session = Session::from_batches(bodies.iter().filter(|b| !b.is_empty()).map(decode).collect());
    let events =
        [afterimage_replay::rrweb::events(&session), left[0].as_array().cloned().unwrap_or_default()];
    Take { fixture: fixture.clone(), moments, live, heard: left[1].clone(), events, session }
}

fn judge(browser: &Browser, take: &Take) -> Row {
    let Take { fixture, moments, live, events, .. } = take;
    let own = folder("FIDELITY_PAGES").is_some();
    let heard = take.heard.as_array().into_iter().flatten().filter(|_| !own);
    let mut wrong: Vec<String> = heard.map(|heard| format!("the page heard {heard}")).collect();
    let mut lines = Vec::new();
    afterimage_replay::ndjson::lines(&take.session, |line| lines.push(line));
    for has in fixture.has.iter().filter(|has| !lines.iter().any(|line| line.contains(*has))) {
        wrong.push(format!("no record has {has}"));
    }
    let dump = &*DUMP;
    let script = format!("return show(arguments[0], arguments[1], {dump}, arguments[2])");
    let shown = browser.ask_async(&script, json!([events, moments, fixture.is("alone")]));
    let scores = [0, 1].map(|recorder| {
        let mut score = Score::default();
        for (at, page) in live.iter().chain(live.last()).enumerate() {
            let mut one = Score::of(fixture, page, &shown[recorder][at]);
            let how = if at == live.len() { "played".to_owned() } else { format!("step {at}") };
            one.differences.iter_mut().for_each(|difference| *difference = format!("{how}:{difference}"));
            score.add(one);
        }
        score
    });
    let [ours, theirs] = scores;
    std::fs::write(
        browser.artifact(&format!("{}.json", fixture.name)),
        json!({ "live": live, "ours": events[0], "theirs": events[1], "moments": moments, "lines": lines })
            .to_string(),
    )
    .expect("an artifact");
    Row { name: fixture.name.clone(), ours, theirs, wrong }
}

/// Prints the table, and returns what makes the run fail.
fn report(engine: Engine, rows: &[Row], limits: &BTreeMap<String, String>) -> Vec<String> {
    let mut failures = Vec::new();
    let (mut ours, mut theirs) = (Score::default(), Score::default());
    println!("\n{:<34} {:>10} {:>8}   facts", engine.name(), "afterimage", "rrweb");
    for row in rows {
        println!(
            "{:<34} {:>9.2}% {:>7.2}% {:>7}",
            row.name,
            row.ours.percent(),
            row.theirs.percent(),
            row.ours.all
        );
        ours.add(row.ours.clone());
        theirs.add(row.theirs.clone());
        let verbose = std::env::var_os("FIDELITY_VERBOSE").is_some();
        if verbose {
            row.theirs.differences.iter().take(6).for_each(|d| println!("      rrweb: {d}"));
        }
        // Of real pages the player cannot show all, as they are not made to be shown.
        let least = if folder("FIDELITY_PAGES").is_some() { 99.9 } else { 100.0 };
        let bad =
            row.ours.percent() < least || !row.wrong.is_empty() || row.ours.percent() < row.theirs.percent();
        for difference in row.wrong.iter().chain(row.ours.differences.iter().take(8)) {
            println!("      {difference}");
        }
        if bad {
            failures.push(row.name.clone());
        }
    }
    println!(
        "{:<34} {:>9.2}% {:>7.2}% {:>7}   {} pages, {} whole; rrweb {} whole",
        "all",
        ours.percent(),
        theirs.percent(),
        ours.all,
        rows.len(),
        rows.iter().filter(|row| row.ours.is_whole()).count(),
        rows.iter().filter(|row| row.theirs.is_whole()).count(),
    );
    for (name, why) in limits {
        println!("limit of rrweb's player, read from the recording instead: {name}: {why}");
    }
    failures
}

in_every_engine! {
    fn replays_show_the_page(browser) {
        let only = std::env::var("FIDELITY_ONLY").unwrap_or_default();
        let whole = std::env::var_os("FIDELITY_ALL").is_some() || !only.is_empty();
        let (apps, pages) = (folder("FIDELITY_APPS"), folder("FIDELITY_PAGES"));
        let wanted = |f: &Fixture| f.applies(browser.engine) && (apps.is_some() || !f.is("app")) && (whole || f.is("short")) && only.split(',').any(|part| f.name.contains(part));
        let all = pages.map_or_else(fixture::all, |pages| fixture::pages(&pages));
        let fixtures: Vec<Fixture> = all.into_iter().filter(wanted).collect();
        assert!(!fixtures.is_empty(), "no fixture is called {only}");
        let sink = Sink::start();
        let site = site(&fixtures, &sink);
        let takes: Vec<_> = fixtures.iter().map(|f| (f, attempt(|| record(browser, &site, &sink, f)))).collect();
        browser.go(&site.url("/theatre"));
        let judged = takes.into_iter().map(|(f, take)| (f, take.and_then(|take| attempt(|| judge(browser, &take)))));
        let rows: Vec<Row> = judged.map(|(f, row)| row.unwrap_or_else(|wrong| Row::broken(f, wrong))).collect();
        let why = |f: &Fixture| f.limits.iter().map(|(facts, why)| (format!("{}: {facts}", f.name), why.clone())).collect::<Vec<_>>();
        let limits: BTreeMap<String, String> = fixtures.iter().flat_map(why).collect();
        let failures = report(browser.engine, &rows, &limits);
        assert!(failures.is_empty(), "not shown as they were: {}", failures.join(" "));
    }
}
