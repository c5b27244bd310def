//! The disable page against a live collector, by keyboard, as a screen reader would be told of it.

use afterimage_e2e::{Browser, Collector, Pages, Site, eventually, in_every_engine};
use serde_json::json;

const TAB: char = '\u{E004}';
const PAGE: &str =
    "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'></head>
<body><button id=more>more</button></body></html>";

fn site(collector: &Collector) -> Site {
    let collector = collector.url("/collect");
    let tag = format!(
        "<script async src='/afterimage.js' data-collector='{collector}' data-interval=1000></script>"
    );
    let texts = [("/".to_owned(), PAGE.replace("</head>", &format!("{tag}</head>")))].into();
    let replace = vec![("content=\"/collect\"".to_owned(), format!("content=\"{collector}\""))];
    let folders = vec![("/".to_owned(), xtask::sh::dist())];
    Site::start(0, Pages { texts, folders, replace, ..Pages::default() }).unwrap()
}

fn record(browser: &Browser) {
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

/// Opens the disable page and waits until it can be used.
fn open(browser: &Browser, site: &Site, language: &str) {
    browser.go(&site.url(&format!("/disable.html?lang={language}")));
    browser.wait_until("!document.getElementById('switch').disabled");
}

/// Presses Tab until the element of that id has the focus.
fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..8 {
        browser.press(TAB);
        if browser.ask("return document.activeElement.id", json!([])) == id {
            return;
        }
    }
    panic!("#{id} cannot be reached with the keyboard");
}

fn outcome(browser: &Browser, wanted: &str) {
    browser.wait_until(&format!("document.getElementById('outcome').textContent == '{wanted}'"));
}

/// What the collector answers a page that asks to erase with this secret.
fn erase_with(browser: &Browser, collector: &Collector, secret: [u8; 16]) -> u64 {
    let asked = "return (await fetch(arguments[0], { method: 'POST', body: Uint8Array.from(arguments[1]), credentials: 'omit' })).status";
    browser.ask_async(asked, json!([collector.url("/collect/erase"), secret])).as_u64().unwrap()
}

in_every_engine! {
    fn promise_v01_v05_v06_the_keyboard_switches_every_tab_and_erases_the_session(browser) {
        let mut collector = Collector::start(browser);
        let site = site(&collector);
        browser.go(&site.url("/"));
        record(browser);
        let secret = browser.cookie("afterimage").unwrap();
        let sessions = collector.sessions();
        assert_eq!(sessions.len(), 1);
        assert_eq!(erase_with(browser, &collector, [7; 16]), 204, "it may be the secret of something that comes later");
        assert_eq!(collector.sessions(), sessions, "another's secret erases nothing here");

        let first = browser.new_tab();
        let fetched = site.requests().len();
        open(browser, &site, "en");
        assert_eq!(browser.role_and_name("#switch"), ("switch".to_owned(), "Recording".to_owned()));
        assert_eq!(browser.role_and_name("#erase"), ("button".to_owned(), "Erase this visit".to_owned()));
        assert_eq!(browser.role_and_name("#language").1, "Language");
        let region = "const { role, ariaLive } = document.getElementById('state');
                      return [role ?? state.getAttribute('role'), ariaLive ?? state.getAttribute('aria-live')]";
        assert_eq!(browser.ask(region, json!([])), json!(["status", "polite"]), "changes are spoken");

        tab_to(browser, "switch");
        browser.press(' ');
        browser.wait_until("document.getElementById('switch').getAttribute('aria-checked') == 'false'");
        assert!(browser.ask("return document.getElementById('state').textContent", json!([])).as_str().unwrap().starts_with("Off"));
        assert_eq!(browser.cookie("afterimage"), None);
        let page = browser.window();
        browser.switch_to(&first);
        browser.wait_until("afterimage.status().state == 'disabled'");
        browser.switch_to(&page);
        // Switching off first does not cost the right to erase.
        tab_to(browser, "erase");
        browser.press(' ');
        outcome(browser, "Erased.");
        assert!(collector.sessions().is_empty(), "the collector has deleted it");
        let asked = collector.tap.posts().into_iter().rfind(|post| post.path == "/collect/erase").unwrap();
        assert_eq!(asked.body.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), secret[..32]);
        let loaded = site.requests().split_off(fetched);
        assert!(!loaded.iter().any(|path| path.contains(".wasm") || path.contains(".js")), "one file: {loaded:?}");
        assert!(browser.ask("return document.getElementById('erase').getAttribute('aria-disabled')", json!([])) == "true");

        // In another language; with nothing to erase; and when the collector is away.
        open(browser, &site, "de");
        assert_eq!(browser.role_and_name("#switch").1, "Aufzeichnung");
        outcome(browser, "Es gibt nichts zu löschen.");
        tab_to(browser, "switch");
        browser.press(' ');
        browser.switch_to(&first);
        browser.wait_until("afterimage.status().state == 'recording'");
        record(browser);
        let again = eventually("a new session", || collector.sessions().pop());
        assert_ne!(again, sessions[0]);
        collector.kill();
        open(browser, &site, "en");
        tab_to(browser, "erase");
        browser.press(' ');
        outcome(browser, "That did not work. Please try again later.");
        assert!(browser.ask("return document.getElementById('erase').getAttribute('aria-disabled')", json!([])) == "false", "it can be tried again");
        collector.serve();
        assert_eq!(collector.sessions(), [again]);
        browser.press(' ');
        outcome(browser, "Erased.");
        assert!(collector.sessions().is_empty());
    }
}
