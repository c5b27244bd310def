//! What is kept in a visitor's browser and what is asked of whom. The site is on `localhost`, the collector on
//! `127.0.0.1`: another site, as far as cookies go.

use std::time::{Duration, Instant};

use afterimage_e2e::{Browser, Collector, Engine, Pages, Site, eventually, in_every_engine, inflated};
use afterimage_wire::batch::{hex, sha256};
use serde_json::{Value, json};

const PAGE: &str =
    "<!doctype html><html lang=en><head><title>Kept</title><link rel=icon href='data:,'></head>
<body><button id=more>more</button><p id=count>0</p><script>
more.onclick = () => { count.textContent = Number(count.textContent) + 1 }</script></body></html>";

fn site(collector: &Collector, attributes: &str) -> Site {
    let collector = collector.url("/collect");
    let head =
        format!("<script async src='/afterimage.js' data-collector='{collector}' {attributes}></script>");
    // The visitors' pages are told the collector, and get no tag.
    let texts = [("/", PAGE.replace("</head>", &format!("{head}</head>")))];
    let replace = vec![("content=\"/collect\"".to_owned(), format!("content=\"{collector}\""))];
    let texts = texts.map(|(path, text)| (path.to_owned(), text)).into();
    let folders = vec![("/".to_owned(), xtask::sh::dist())];
    Site::start(0, Pages { texts, folders, replace, ..Pages::default() }).unwrap()
}

/// The same server by its other name.
fn url(site: &Site, path: &str) -> String {
    site.url(path).replace("127.0.0.1", "localhost")
}

fn record(browser: &Browser) {
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

/// Everything a page can have stored.
fn stored(browser: &Browser) -> Value {
    browser.ask_async(
        "const attempt = async (risky) => { try { return await risky() } catch { return null } };
         return {
             local: await attempt(() => Object.keys(localStorage).sort()),
             session: await attempt(() => Object.keys(sessionStorage)),
             databases: await attempt(async () => (await indexedDB.databases()).map(({ name }) => name)),
             caches: await attempt(() => caches.keys()),
             workers: await attempt(async () => (await navigator.serviceWorker.getRegistrations()).length),
             name: window.name,
         }",
        json!([]),
    )
}

/// Nothing is stored, but in local storage what is named.
fn assert_stored_only(browser: &Browser, local: &[&str]) {
    let stored = stored(browser);
    assert_eq!(stored["local"], json!(local), "{stored}");
    for kind in ["session", "databases", "caches"] {
        // What an engine has not, or refuses, holds nothing.
        assert!(stored[kind].is_null() || stored[kind] == json!([]), "{kind}: {stored}");
    }
    assert!(stored["workers"].is_null() || stored["workers"] == 0, "{stored}");
    assert_eq!(stored["name"], "");
}

fn is_hexadecimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The one cookie there is, checked.
fn session_cookie(browser: &Browser) -> String {
    let cookies = browser.cookies();
    let [cookie] = cookies.as_slice() else { panic!("not one cookie: {cookies:?}") };
    assert_eq!(cookie["name"], "afterimage");
    assert_eq!((&cookie["path"], &cookie["domain"]), (&json!("/"), &json!("localhost")), "of this host only");
    assert_eq!((&cookie["secure"], &cookie["httpOnly"]), (&json!(false), &json!(false)), "this is http");
    // NOTE: WebKitWebDriver does not say.
    assert!(cookie["sameSite"].is_null() || cookie["sameSite"] == "Lax", "{cookie}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let seconds = cookie["expiry"].as_f64().expect("an end") - now;
    assert!((1700.0..1810.0).contains(&seconds), "gone half an hour after it was set: {seconds}");
    let value = cookie["value"].as_str().unwrap().to_owned();
    let parts: Vec<&str> = value.split('.').collect();
    assert!(parts.len() == 4 && parts[0].len() == 32 && parts.iter().all(|p| is_hexadecimal(p)), "{value}");
    value
}

/// How often this browser was here before, as the page views that were sent say.
fn visits(collector: &Collector) -> Vec<Value> {
    let records = collector.tap.posts().into_iter().flat_map(|post| collector.decode(&post.body));
    records.filter(|record| record["kind"] == "page_view").map(|record| record["visits"].clone()).collect()
}

in_every_engine! {
    fn promise_n05_n07_n08_n09_r11_one_cookie_and_requests_that_carry_nothing(browser) {
        let collector = Collector::start(browser);
        collector.tap.add_header("set-cookie: tracker=1; path=/");
        let site = site(&collector, "");
        // What the collector's site kept before must not be sent along.
        browser.go(&collector.url("/disable.html"));
        browser.run("document.cookie = 'planted=1;path=/'");

        browser.go(&url(&site, "/"));
        record(browser);
        browser.click("#more");
        let first = session_cookie(browser);
        let id = browser.ask("return afterimage.recorder.sessionId", json!([]));
        let secret: Vec<u8> = (0..16).map(|at| u8::from_str_radix(&first[at * 2..at * 2 + 2], 16).unwrap()).collect();
        assert_eq!(id, hex(&sha256::<16>(&secret)), "the id on the wire is a hash of the secret");
        assert_stored_only(browser, &["afterimage_visits"]);
        let count = browser.ask("return localStorage.afterimage_visits", json!([]));
        let count: Vec<&str> = count.as_str().unwrap().split('.').collect();
        assert!(count.len() == 2 && count.iter().all(|part| is_hexadecimal(part)), "a count and a day: {count:?}");

        // The next visit: nothing joins the two but a number.
        browser.run("document.cookie = 'afterimage=;path=/;max-age=0'");
        browser.reload();
        record(browser);
        let second = session_cookie(browser);
        assert_ne!(first[..32], second[..32]);
        assert_eq!(visits(&collector), [0, 1]);

        let asked = browser.ask("return performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin)", json!([]));
        let allowed = [url(&site, ""), collector.url("")];
        for origin in asked.as_array().unwrap() {
            assert!(allowed.iter().any(|known| origin == known.as_str()), "{origin}");
        }
        let seen = collector.tap.exchanges();
        assert!(seen.iter().filter(|exchange| exchange.method == "POST").count() >= 2);
        for exchange in seen.iter().filter(|exchange| exchange.path.starts_with("/collect")) {
            assert_eq!(exchange.method, "POST", "nothing is asked first");
            for name in ["cookie", "referer", "authorization", "content-type"] {
                assert_eq!(exchange.header(name), None, "{name}");
            }
        }
        browser.go(&collector.url("/disable.html"));
        let left: Vec<Value> = browser.cookies().into_iter().map(|cookie| cookie["name"].clone()).collect();
        // What the page itself was answered with is its own; what was answered to the recorder is not kept.
        browser.run("document.cookie = 'tracker=;path=/;max-age=0'");
        assert!(left.iter().all(|name| name == "planted" || name == "tracker"), "{left:?}");
    }

    fn promise_v03_v06_n10_no_is_obeyed_in_every_tab_before_anything_else_is_sent(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector, "data-interval=60000");
        let no = [
            ("afterimage.disable()", "disabled"),
            ("afterimage.withdraw()", "refused"),
            ("afterimage.start({ collector: '/collect', minor: true })", "refused"),
        ];
        browser.go(&url(&site, "/"));
        record(browser);
        let first = browser.new_tab();
        browser.go(&url(&site, "/"));
        let second = browser.window();
        for (call, state) in no {
            for tab in [&second, &first] {
                browser.switch_to(tab);
                record(browser);
                browser.run("afterimage.recorder.event('unsent'); document.body.append('unsent')");
            }
            // What a tab said as it was hidden was said before: it is let through first, and is told by when it arrived.
            std::thread::sleep(Duration::from_millis(300));
            let asked = Instant::now();
            drop(browser.ask_async(&format!("await {call}"), json!([])));
            assert_eq!(browser.cookies().iter().filter(|cookie| cookie["name"] == "afterimage").count(), 0);
            for tab in [&first, &second] {
                browser.switch_to(tab);
                browser.wait_until(&format!("afterimage.status().state == '{state}'"));
                // The last beacon would leave with the page.
                browser.go(&url(&site, "/disable.html"));
            }
            let late = collector.tap.posts().into_iter().filter(|post| post.arrived > asked).map(|post| {
                let (header, _) = inflated(&post.body);
                format!("{header:?} {:?}", collector.decode(&post.body))
            });
            assert_eq!(late.collect::<Vec<_>>(), [""; 0], "{call}: requests after no");
            assert_eq!(browser.cookie("afterimage"), None);
            browser.run("for (const name of ['afterimage_disabled', 'afterimage_consent', 'afterimage_minor']) {
                document.cookie = name + '=;path=/;max-age=0'; localStorage.removeItem(name) }");
            for tab in [&second, &first] {
                browser.switch_to(tab);
                browser.go(&url(&site, "/"));
            }
        }
    }

    fn promise_v01_v06_whoever_said_no_fetches_the_loader_and_keeps_only_the_no(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector, "");
        browser.go(&url(&site, "/"));
        record(browser);
        drop(browser.ask_async("await afterimage.disable()", json!([])));
        let fetched = site.requests().len();
        let sent = collector.tap.exchanges().len();
        let asked = Instant::now();
        browser.reload();
        browser.wait_until("window.afterimage?.status().state == 'disabled'");
        browser.click("#more");
        std::thread::sleep(Duration::from_millis(700));
        let mut again = site.requests().split_off(fetched);
        again.retain(|path| path != "/favicon.ico");
        assert_eq!(again, ["/", "/afterimage.js"], "after {:?}", asked.elapsed());
        assert_eq!(collector.tap.exchanges().len(), sent);
        let names: Vec<Value> = browser.cookies().into_iter().map(|cookie| cookie["name"].clone()).collect();
        assert_eq!(names, ["afterimage_disabled"]);
        assert_stored_only(browser, &["afterimage_disabled"]);
    }
}

/// A browser that blocks cookies: the page works, and is recorded for as long as it lives, or not at all.
fn cookies_blocked(engine: Engine) {
    let browser = &Browser::open_without_cookies(engine, "promise_v02_cookies_blocked");
    let collector = Collector::start(browser);
    let here = site(&collector, "");
    browser.go(&url(&here, "/"));
    record(browser);
    browser.click("#more");
    assert_eq!(browser.ask("return document.getElementById('count').textContent", json!([])), "1");
    assert_eq!(browser.ask("return afterimage.status().cookies", json!([])), false);
    let first = browser.ask("return afterimage.recorder.sessionId", json!([]));
    browser.reload();
    record(browser);
    assert_ne!(first, browser.ask("return afterimage.recorder.sessionId", json!([])), "a session a page");
    assert_eq!(browser.cookies(), Vec::<Value>::new());

    browser.go(&url(&here, "/disable.html?lang=en"));
    let shown = "document.getElementById('blocked').checkVisibility?.() ?? !document.getElementById('blocked').hidden";
    browser.wait_until(shown);
    browser.click("#switch");
    browser.wait_until("document.getElementById('switch').getAttribute('aria-checked') == 'false'");
    browser.go(&url(&here, "/recorded.html?lang=en"));
    browser.wait_until("document.querySelector('main').dataset.state == 'blocked'");
    let said = browser.ask("return document.getElementById('state').textContent", json!([]));
    assert!(said.as_str().unwrap().contains("blocks cookies"), "{said}");

    let nothing = site(&collector, "data-without-cookies=nothing");
    browser.go(&url(&nothing, "/"));
    browser.wait_until("window.afterimage?.status().state == 'refused'");
    assert_eq!(browser.ask("return afterimage.status().reason", json!([])), "cookies");
    browser.click("#more");
    assert_eq!(browser.ask("return document.getElementById('count').textContent", json!([])), "1");
    assert!(!nothing.requests().iter().any(|path| path.starts_with("/core.js")), "{:?}", nothing.requests());
    let sessions = eventually("both page views", || Some(collector.sessions()).filter(|all| all.len() >= 2));
    assert_eq!(sessions.len(), 2, "one a page, and none where there is to be nothing");
}

mod promise_v02_with_cookies_blocked_the_page_works {
    use super::{Engine, cookies_blocked};

    #[test]
    fn chromium() {
        cookies_blocked(Engine::Chromium);
    }

    #[test]
    fn firefox() {
        cookies_blocked(Engine::Firefox);
    }

    #[test]
    fn webkit() {
        cookies_blocked(Engine::WebKit);
    }
}
