//! Console and requests, where the owner asks for them: under the rules, and nothing of them otherwise.

use afterimage_e2e::{Browser, Collector, eventually, in_every_engine};
use serde_json::{Value, json};

const SECRET: &str = "correct-horse-91";

const PAGE: &str =
    "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'></head><body>
<input type=password><script>
window.natives = ['error', 'warn', 'info', 'log', 'debug'].map((name) => console[name]);
// In the page's own realm: scripts of the driver have one of theirs in Firefox.
window.problem = new TypeError('no basket');
window.read = 0;
window.basket = { get total() { return ++read; } };
</script></body></html>";

/// Opens the page with these options, and returns what is recorded once the script has run.
fn records(browser: &Browser, collector: &Collector, options: &str, script: &str) -> Vec<Value> {
    let site = collector.site_with(options, PAGE, Vec::new());
    browser.go(&site.url("/"));
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    if !options.is_empty() {
        browser.wait_until("console.log !== natives[3]");
    }
    drop(browser.ask_async(script, json!([])));
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
    let session = eventually("a session", || collector.sessions().pop());
    let developer = site.requests().iter().any(|request| request.contains("developer.js"));
    assert_eq!(developer, !options.is_empty(), "fetched only where an option asks for it");
    collector.records(&session)
}

fn of<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["kind"] == kind).collect()
}

in_every_engine! {
    fn console_and_requests_are_recorded_under_the_rules(browser) {
        let collector = Collector::start(browser);
        let script = format!(
            "document.querySelector('input').value = '{SECRET}';
             console.warn('%cPlan %s is', 'color:red', 'pro', basket, 12, undefined);
             console.error(problem);
             console.log('the password is {SECRET}');
             await fetch('/missing?token=sk_live_51H8xJ2eZvKYlo2C&page=2');
             // Entries come a moment later than answers.
             await new Promise((done) => setTimeout(done, 300));"
        );
        let records = records(browser, &collector, "data-console=true data-network=true", &script);
        let lines: Vec<_> =
            of(&records, "console").iter().map(|line| (line["level"].as_u64(), line["message"].as_str())).collect();
        assert_eq!(lines[0], (Some(1), Some("Plan pro is {…} 12 undefined")));
        assert_eq!(lines[1], (Some(0), Some("TypeError: no basket")));
        assert_eq!(lines[2].0, Some(3));
        assert_eq!(browser.ask("return read", json!([])), 0, "nothing of an object is read");
        let requests = of(&records, "request");
        let missing: Vec<_> = requests
            .iter()
            .filter(|request| request["url"].as_str().is_some_and(|url| url.contains("/missing")))
            .collect();
        assert_eq!(missing.len(), 1, "{requests:?}");
        assert_eq!(missing[0]["initiator"], 1);
        assert!([0, 404].contains(&missing[0]["status"].as_u64().expect("a number")), "{missing:?}");
        assert!(requests.iter().all(|request| request["url"].as_str().is_some_and(|url| !url.contains("/collect"))));
        let said = Value::from(records.clone()).to_string();
        assert!(!said.contains(SECRET) && !said.contains("sk_live"), "{said}");
        assert!(said.contains("the password is"), "what is around a secret is kept");
    }

    fn nothing_of_them_without_the_options_and_nothing_is_left_after_stop(browser) {
        let collector = Collector::start(browser);
        let script = "console.log('hello'); await fetch('/missing')";
        let plain = records(browser, &collector, "", script);
        assert!(of(&plain, "console").is_empty() && of(&plain, "request").is_empty());
        browser.run("document.cookie.split('; ').forEach((one) => (document.cookie = one.split('=')[0] + '=;path=/;max-age=0'))");
        let stop = "console.log('one'); await afterimage.recorder.stop(); console.log('two')";
        let stopped = records(browser, &collector, "data-console=true", stop);
        assert_eq!(of(&stopped, "console").len(), 1);
        assert_eq!(browser.ask("return ['error', 'warn', 'info', 'log', 'debug'].every((name, at) => console[name] === natives[at])", json!([])), true);
    }
}
