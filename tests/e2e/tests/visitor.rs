//! What a visitor can see: what was recorded of them, and what this site records.

use afterimage_e2e::{Browser, Collector, Pages, Site, in_every_engine};
use serde_json::{Value, json};

const PAGE: &str = "<!doctype html><html lang=en><head><title>Lighthouses</title><link rel=icon href='data:,'></head>
<body><h1>Forty lighthouses</h1><form onsubmit='return false'><input id=name><input id=word type=password>
<button id=send>Send</button></form><img src=x onerror='document.title += 1'>
<script>onload = () => document.body.insertAdjacentHTML('beforeend', '<p id=hostile onclick=\"top.pwned=1\">'
+ '<img src=y onerror=\"top.pwned=1\"><iframe srcdoc=\"<script>top.pwned=1</\" + \"script>\"></iframe>')</script></body></html>";

fn site(collector: &Collector, attributes: &str) -> Site {
    let tag = format!(
        "<script async src='/afterimage.js' data-collector='{}' {attributes}></script>",
        collector.url("/collect")
    );
    let texts = [("/".to_owned(), PAGE.replace("</head>", &format!("{tag}</head>")))].into();
    Site::start(0, Pages { texts, folders: vec![("/".to_owned(), xtask::sh::dist())], ..Pages::default() })
        .unwrap()
}

/// Opens the visitor's own view and waits for what it comes to.
fn own_view(browser: &Browser, site: &Site, state: &str) -> Value {
    browser.go(&site.url("/recorded.html?lang=en"));
    browser.wait_until(&format!("document.querySelector('main')?.dataset.state == '{state}'"));
    browser.ask("return document.getElementById('state').textContent", json!([]))
}

/// Rows of a list of pairs, by name.
fn rows(browser: &Browser, id: &str) -> Value {
    let read = "return Object.fromEntries([...document.querySelectorAll('#' + arguments[0] + ' > div')]
        .map((row) => [row.querySelector('dt').textContent, row.querySelector('dd').textContent]))";
    browser.ask(read, json!([id]))
}

in_every_engine! {
    fn promise_v04_v05_a_visitor_sees_and_erases_what_was_recorded_of_them(browser) {
        let collector = Collector::start(browser);
        let site = site(&collector, "data-site=coast");
        let said = own_view(browser, &site, "none");
        assert_eq!(said, "Nothing is recorded of this visit.");
        assert!(!site.requests().iter().any(|path| path.contains(".wasm")), "nothing to decode, nothing fetched");

        browser.go(&site.url("/"));
        browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
        browser.type_into("#name", "Finch");
        browser.type_into("#word", "Kestrel");
        browser.click("#send");
        drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
        let cookie = browser.cookie("afterimage").unwrap();

        own_view(browser, &site, "played");
        let counts = rows(browser, "counts");
        assert_eq!(counts["Clicks and taps"], "3", "{counts}");
        assert_eq!(counts["Keys that write something (which ones is not recorded)"], "5", "none of the password's: {counts}");
        assert!(rows(browser, "withheld")["Passwords, codes and other protected fields"].is_string());
        let text = browser.ask("return document.querySelector('main').innerText + document.getElementById('story').textContent", json!([]));
        assert!(text.as_str().unwrap().contains("Lighthouses"), "{text}");
        for secret in ["Finch", "Kestrel", &cookie[..32]] {
            assert!(!text.as_str().unwrap().contains(secret), "{secret}");
        }
        let replayed = "const frame = document.querySelector('#replay iframe');
            return [frame.getAttribute('sandbox'), frame.title, frame.contentDocument.querySelector('h1')?.textContent,
                    frame.contentDocument.querySelectorAll('script, [onclick], [onerror], [srcdoc]:not([srcdoc=\"\"])').length,
                    typeof window.pwned, typeof frame.contentWindow.afterimage]";
        assert_eq!(
            browser.ask(replayed, json!([])),
            json!(["allow-same-origin", "The page as it was recorded", "Forty lighthouses", 0, "undefined", "undefined"]),
            "it is shown, and nothing of it runs",
        );
        // NOTE: not by computed role: geckodriver 0.36 with Firefox ESR never answers on a page with the player's frame.
        assert_eq!(browser.ask("return document.querySelector('button#erase').innerText", json!([])), "Erase this visit");
        browser.screenshot("recorded.png");
        let asked: Vec<_> = collector.tap.exchanges().into_iter().filter(|e| e.path == "/collect/mine").collect();
        let [asked] = asked.as_slice() else { panic!("asked {} times", asked.len()) };
        assert_eq!((asked.method.as_str(), asked.body.len()), ("POST", 16), "no preflight");
        for name in ["cookie", "referer", "authorization"] {
            assert_eq!(asked.header(name), None, "{name}");
        }

        // Another's cookie shows another's session, and there is none.
        browser.run("document.cookie = 'afterimage=00112233445566778899aabbccddeeff.1.1.1;path=/'");
        assert!(own_view(browser, &site, "empty").as_str().unwrap().starts_with("There is nothing"));
        let id = collector.sessions().remove(0);
        browser.run(&format!("document.cookie = 'afterimage={id}.1.1.1;path=/'"));
        own_view(browser, &site, "empty"); // the id, which the owner knows, opens nothing
        browser.run(&format!("document.cookie = 'afterimage={cookie};path=/'"));
        own_view(browser, &site, "played");
        browser.click("#erase");
        browser.wait_until("document.getElementById('outcome').textContent == 'Erased.'");
        assert!(collector.sessions().is_empty());
        assert_eq!(browser.ask("return document.querySelector('#replay iframe')", json!([])), Value::Null);
        assert_eq!(own_view(browser, &site, "off"), "Off: nothing is recorded in this browser.");
    }

    fn promise_v07_the_policy_page_says_what_is_in_force(browser) {
        let told = ["--keep-days", "30", "--operator", "Coast & Co", "--contact", "privacy@coast.example"];
        let collector = Collector::start_with(browser, &told);
        let site = site(&collector, "data-site=coast data-policy=strict data-consent=required data-sample=0.25 data-gpc=false data-mask='.prices' data-query=utm_source");
        browser.go(&site.url("/policy.html?lang=en"));
        browser.wait_until("document.querySelector('main')?.dataset.state == 'shown'");
        let facts = rows(browser, "facts");
        assert_eq!(
            facts,
            json!({
                "Who keeps it": "Coast & Co",
                "Contact": "privacy@coast.example",
                "Site": "coast",
                "Where it is sent": collector.url(""),
                "For how long": "30 days, then it is deleted automatically",
                "Your IP address": "Not stored",
            })
        );
        let text = browser.ask("return document.querySelector('main').innerText", json!([]));
        let text = text.as_str().unwrap();
        for said in [
            "with all text and all pictures replaced",
            "Nothing is recorded before you agree.",
            "25% of all visits",
            "Global Privacy Control is not followed here.",
            "If your browser sends Do Not Track, nothing is recorded.",
            "Masked in addition: .prices",
            "kept with their values: utm_source",
            "Right now nothing is recorded in this browser.",
        ] {
            assert!(text.contains(said), "{said:?} is missing in {text}");
        }
        assert_eq!(browser.ask("return document.querySelectorAll('#never > div').length", json!([])), 10, "N01 to N10");
        browser.screenshot("policy.png");

        // As data: the same, from the link and for scripts.
        let data = browser.ask_async(
            "const { policy } = await import('/policy.js');
             const linked = await (await fetch(document.getElementById('json').href)).json();
             return [linked, await policy(), await policy({ collector: '/nowhere', policy: 'open', unmask: ['#search'] }, 'de')]",
            json!([]),
        );
        assert_eq!(data[0], data[1]);
        assert_eq!(
            (&data[0]["keepDays"], &data[0]["policy"], &data[0]["consent"], &data[0]["sample"], &data[0]["gpc"]),
            (&json!(30), &json!("strict"), &json!("required"), &json!(0.25), &json!(false))
        );
        assert_eq!(data[0]["state"], json!({ "recording": false, "reason": "consent" }));
        assert_eq!((&data[2]["policy"], &data[2]["exceptions"][0]["id"]), (&json!("open"), &json!("unmask")));
        assert_eq!(data[2]["exceptions"][0]["text"], "Von der Maske ausgenommen: #search");
        assert_eq!(collector.tap.posts().len(), 0, "reading it records nothing");
        let requests = site.requests();
        assert!(!requests.iter().any(|path| path.contains("core.js") || path.contains(".wasm")), "{requests:?}");
        for exchange in collector.tap.exchanges() {
            assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("GET", "/collect/policy.json"));
            assert_eq!((exchange.header("cookie"), exchange.header("referer")), (None, None));
        }
    }
}
