//! The harness itself: what the other tests rely on, in every engine.

use afterimage_e2e::{Pages, Site, in_every_engine};
use serde_json::json;

const PAGE: &str = "<!doctype html><html><head><title>harness</title></head>
<body style='height: 4000px'>
<button id=near onclick='clicks.push([event.isTrusted, event.clientX > 0])'>near</button>
<input id=field oninput='inputs.push(value)'>
<button id=far style='position: absolute; top: 3000px' onclick='clicks.push(\"far\")'>far</button>
<script>clicks = []; inputs = []; moves = 0; addEventListener('pointermove', () => moves++)</script>
</body></html>";

fn site() -> Site {
    let texts = [("/", PAGE), ("/second", "<!doctype html><head></head><title>second</title>")];
    let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    Site::start(0, Pages { texts, head: "<meta name=added>".to_owned(), ..Pages::default() }).unwrap()
}

in_every_engine! {
    fn a_visitor_clicks_types_and_navigates(browser) {
        let site = site();
        browser.go(&site.url("/"));
        assert_eq!(browser.ask("return document.title + document.querySelectorAll('meta[name=added]').length", json!([])), "harness1");

        browser.click("#near");
        browser.type_into("#field", "Grüße");
        browser.press('\u{E004}');
        browser.click("#far");
        let seen = browser.ask("return { clicks, last: inputs.at(-1), steps: inputs.length, moves: moves > 2, focus: document.activeElement.id }", json!([]));
        assert_eq!(seen, json!({ "clicks": [[true, true], "far"], "last": "Grüße", "steps": 5, "moves": true, "focus": "far" }));

        let slow = browser.ask_async("await new Promise((done) => setTimeout(done, 50)); return arguments[0] + 1", json!([41]));
        assert_eq!(slow, 42);

        browser.run("document.cookie = 'seen=yes'");
        assert_eq!(browser.cookie("seen").as_deref(), Some("yes"));
        browser.go(&site.url("/second"));
        browser.back();
        browser.wait_until("document.title == 'harness'");
        browser.screenshot("page.png");
        assert!(std::fs::read(browser.artifact("page.png")).unwrap().starts_with(b"\x89PNG"));
    }

    fn two_tabs_share_a_profile(browser) {
        let site = site();
        browser.go(&site.url("/"));
        let first = browser.new_tab();
        browser.go(&site.url("/second"));
        browser.run("localStorage.shared = 'yes'");
        browser.close_tab();
        browser.switch_to(&first);
        assert_eq!(browser.ask("return [document.title, localStorage.shared]", json!([])), json!(["harness", "yes"]));
    }

    fn a_new_browser_remembers_nothing(browser) {
        let site = site();
        browser.go(&site.url("/"));
        assert_eq!(browser.ask("return localStorage.length + document.cookie", json!([])), "0");
        browser.run("localStorage.left = document.cookie = 'behind'");
    }
}
