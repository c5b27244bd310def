//! What a page and its visitors may count on, whatever happens to the recorder, the collector or the page.

use std::time::{Duration, Instant};

use afterimage_e2e::{Browser, Collector, Fault, Pages, Site, eventually, in_every_engine};
use serde_json::{Value, json};

/// A page that notes everything that would tell it of the recorder, and counts clicks on its button.
const PAGE: &str = "<!doctype html><html><head><title>guest</title><script src='/page.js'></script></head>
<body><button id=more>more</button><p id=count>0</p></body></html>";
const SCRIPT: &str = "
    window.heard = [];
    for (const kind of ['error', 'unhandledrejection'])
        addEventListener(kind, (event) => heard.push(kind + ': ' + (event.message ?? event.reason)));
    let count = 0;
    addEventListener('click', (event) => {
        if (event.target.id == 'more') document.getElementById('count').textContent = String(++count);
    });";

/// Counts how often somebody asks to be called later.
const COUNTING: &str = "<script>
    window.asked = 0;
    for (const name of ['setTimeout', 'setInterval', 'requestIdleCallback', 'requestAnimationFrame']) {
        const native = window[name];
        if (native) window[name] = (...given) => (asked++, native(...given));
    }</script>";

/// A site with the page at `/`, further pages, and the drop-in beside them.
fn site(tag: &str, csp: Option<&str>) -> Site {
    let texts = [("/", PAGE), ("/page.js", SCRIPT)];
    let headers = csp.map(|csp| ("content-security-policy".to_owned(), csp.to_owned())).into_iter().collect();
    let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let folders = vec![("/".to_owned(), xtask::sh::dist())];
    Site::start(0, Pages { texts, folders, headers, head: tag.to_owned(), ..Pages::default() }).unwrap()
}

fn tag(collector: &Collector, more: &str) -> String {
    let url = collector.url("/collect");
    format!("<script async src='/afterimage.js' data-collector='{url}' data-interval=1000 {more}></script>")
}

fn wait_for_recorder(browser: &Browser) {
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
}

fn flush(browser: &Browser) {
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

fn state(browser: &Browser) -> Value {
    browser.ask("return afterimage.status().state", json!([]))
}

/// The page still works, and heard of nothing.
fn assert_unharmed(browser: &Browser) {
    let before = browser.ask("return Number(document.getElementById('count').textContent)", json!([]));
    browser.click("#more");
    let after =
        browser.ask("return [Number(document.getElementById('count').textContent), heard]", json!([]));
    assert_eq!(after, json!([before.as_i64().unwrap() + 1, []]));
}

/// Clicks that the collector has, over all batches that it acknowledged.
fn stored_clicks(collector: &Collector) -> usize {
    let events = collector.sessions().into_iter().flat_map(|session| collector.rrweb(&session));
    // rrweb: incremental snapshot, mouse interaction, click.
    events
        .filter(|event| event["type"] == 3 && event["data"]["source"] == 2 && event["data"]["type"] == 2)
        .count()
}

in_every_engine! {
    fn where_wasm_is_refused_the_page_never_notices(browser) {
        let collector = Collector::start(browser);
        let csp = format!("default-src 'self'; connect-src 'self' {}", collector.url(""));
        let site = site(&tag(&collector, ""), Some(&csp));
        browser.go(&site.url("/"));
        browser.wait_until("window.afterimage && !/recording|idle/.test(afterimage.status().state)");
        assert_eq!(state(browser), "stopped");
        assert_unharmed(browser);
        assert!(collector.sessions().is_empty());
    }

    fn a_strict_policy_that_allows_wasm_is_enough(browser) {
        let collector = Collector::start(browser);
        let csp = format!("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' {}", collector.url(""));
        let site = site(&tag(&collector, ""), Some(&csp));
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
        assert_unharmed(browser);
        flush(browser);
        assert_eq!(stored_clicks(&collector), 1);
    }

    fn nothing_is_lost_while_the_collector_fails(browser) {
        let mut collector = Collector::start(browser);
        let site = site(&tag(&collector, ""), None);
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
        flush(browser);
        for fault in [Fault::Refuse(503), Fault::LoseAnswer, Fault::HangUp] {
            let before = collector.tap.posts().len();
            collector.tap.set_fault(Some(fault));
            assert_unharmed(browser);
            eventually("a batch that meets the fault", || (collector.tap.posts().len() > before).then_some(()));
            collector.tap.set_fault(None);
        }
        flush(browser);
        assert_eq!(stored_clicks(&collector), 3, "each click is stored once");

        collector.kill();
        collector.serve();
        assert_eq!(stored_clicks(&collector), 3, "what was acknowledged outlives the collector");
        assert_unharmed(browser);
        flush(browser);
        assert_eq!(stored_clicks(&collector), 4);
    }

    fn a_page_at_rest_is_left_alone(browser) {
        let collector = Collector::start(browser);
        let site = site(&format!("{COUNTING}{}", tag(&collector, "")), None);
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
        flush(browser);
        // What browsers measure of a page's start comes late, and is told.
        std::thread::sleep(Duration::from_millis(1500));
        let before = browser.ask("return asked", json!([])).as_i64().unwrap();
        std::thread::sleep(Duration::from_secs(2));
        let after = browser.ask("return asked", json!([])).as_i64().unwrap();
        assert!(after - before < 6, "{} timers in two seconds", after - before);
    }

    fn a_page_that_breaks_its_browser_is_not_harmed_further(browser) {
        let collector = Collector::start(browser);
        let site = site(&tag(&collector, ""), None);
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
        browser.run(
            "const broken = () => { throw new Error('broken by the page') };
             for (const name of ['getAttribute', 'attributes', 'localName', 'tagName'])
                 Object.defineProperty(Element.prototype, name, { get: broken, configurable: true });
             for (const name of ['nodeType', 'firstChild', 'nextSibling', 'childNodes', 'isConnected', 'data'])
                 Object.defineProperty(Node.prototype, name, { get: broken, configurable: true });
             performance.now = broken;",
        );
        for _ in 0..3 {
            // WebDriver looks for elements with what was broken: the page clicks for itself.
            browser.run("const more = document.getElementById('more'); more.click(); more.append('!')");
        }
        std::thread::sleep(Duration::from_millis(1500));
        assert_eq!(browser.ask("return [document.getElementById('count').innerText, heard]", json!([])), json!(["3", []]));
    }

    fn switching_off_in_another_tab_ends_it_here_at_once(browser) {
        let collector = Collector::start(browser);
        let site = site(&tag(&collector, ""), None);
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
        flush(browser);
        assert!(browser.cookie("afterimage").is_some());

        let first = browser.new_tab();
        browser.go(&site.url("/disable.html"));
        browser.wait_until("document.getElementById('switch').getAttribute('aria-checked') == 'true'");
        browser.click("#switch");
        browser.wait_until("document.getElementById('switch').getAttribute('aria-checked') == 'false'");
        browser.close_tab();
        browser.switch_to(&first);
        browser.wait_until("afterimage.status().state == 'disabled'");
        let ended = Instant::now();
        assert_unharmed(browser);
        std::thread::sleep(Duration::from_millis(1500));
        // One that was on its way already may still be answered.
        let late = || collector.tap.posts().iter().filter(|post| post.arrived > ended).count();
        assert_eq!(late(), 0, "nothing is sent after the visitor said no");
        assert_eq!(browser.cookie("afterimage"), None);

        let fetched = site.requests().len();
        browser.reload();
        browser.wait_until("window.afterimage?.status().state == 'disabled'");
        std::thread::sleep(Duration::from_millis(500));
        let again = site.requests().split_off(fetched);
        assert!(again.iter().any(|path| path == "/afterimage.js"), "{again:?}");
        assert!(!again.iter().any(|path| path == "/core.js" || path == "/afterimage.wasm"), "{again:?}");
        assert_eq!(late(), 0);

        browser.go(&site.url("/disable.html"));
        browser.click("#switch");
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
    }

    fn requests_to_the_collector_carry_nothing_else(browser) {
        let collector = Collector::start(browser);
        let site = site(&tag(&collector, ""), None);
        browser.go(&site.url("/"));
        wait_for_recorder(browser);
        browser.run("document.cookie = 'shop=private'");
        assert_unharmed(browser);
        flush(browser);
        let posts = collector.tap.posts();
        assert!(!posts.is_empty());
        for post in posts {
            assert_eq!((post.header("cookie"), post.header("referer"), post.header("authorization")), (None, None, None));
        }
        let preflights = collector.tap.exchanges().into_iter().filter(|exchange| exchange.method == "OPTIONS").count();
        assert_eq!(preflights, 0, "no request needs asking first");
    }

    fn a_wrong_option_is_refused_by_its_name(browser) {
        let collector = Collector::start(browser);
        let url = collector.url("/collect");
        let site = site("<script async src='/afterimage.js'></script>", None);
        let cases = [
            (json!({ "collector": url, "colector": url }), "unknown-option", "colector"),
            (json!({}), "missing-collector", "collector"),
            (json!({ "collector": "http://collector.example/collect" }), "insecure-collector", "collector"),
            (json!({ "collector": url, "policy": "loose" }), "bad-option", "policy"),
            (json!({ "collector": url, "site": "x".repeat(65) }), "bad-option", "site"),
            (json!({ "collector": url, "sample": "half" }), "bad-option", "sample"),
            (json!({ "collector": url, "consent": "maybe" }), "bad-option", "consent"),
            (json!({ "collector": url, "interval": 1 }), "bad-option", "interval"),
            (json!({ "collector": url, "mask": "div[" }), "bad-option", "mask"),
        ];
        for (options, code, option) in cases {
            browser.go(&site.url("/"));
            browser.wait_until("window.afterimage");
            let refused = browser.ask_async(
                "try { await afterimage.start(arguments[0]); return 'accepted' }
                 catch (error) { return [Object.prototype.toString.call(error) == '[object Error]', error.code, error.message] }",
                json!([options]),
            );
            assert_eq!((&refused[0], &refused[1]), (&json!(true), &json!(code)), "{options}: {refused}");
            assert!(refused[2].as_str().unwrap().contains(&format!("\"{option}\"")), "{options}: {refused}");
            assert_unharmed(browser);
        }
        assert!(collector.sessions().is_empty());
    }

    fn a_wrong_attribute_is_refused_and_the_page_goes_on(browser) {
        let collector = Collector::start(browser);
        let site = site(&tag(&collector, "data-polcy=strict"), None);
        browser.go(&site.url("/"));
        browser.wait_until("window.afterimage?.status().state == 'stopped'");
        let reason = browser.ask("return afterimage.status().reason", json!([]));
        assert_eq!(reason, "unknown-option");
        assert_unharmed(browser);
        assert!(collector.sessions().is_empty());
    }
}
