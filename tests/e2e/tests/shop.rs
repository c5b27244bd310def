//! A visitor uses the demonstration shop; the recording shows it as it was, and holds no secret they typed.

use std::time::Duration;

use afterimage_e2e::{
    Browser, Collector, Site, difference, in_every_engine, live_page, replayed_page, same_scroll,
};
use serde_json::{Value, json};

const PASSWORD: &str = "Kestrel&Tr0ub4dor";
const CARD: &str = "4539148803436467";
const CARD_NAME: &str = "WILHELMINA QUAYLE";
const EXPIRY: &str = "11/34";
const CODE: &str = "9417";

/// Where the shop repeats what was typed, or shows what looks like an address or a code: there, and only there, text may
/// be withheld.
const MASKABLE: &str = "#card-preview, #review, #hello, #thanks-text, #strength-field, #show-password, .error, .alert, .log, \
                        #order-number, a[href^='tel:'], a[href^='mailto:']";

/// What a page was at one moment of the visit.
struct Moment {
    name: &'static str,
    at_ms: i64,
    page: Value,
}

/// A visit and its moments so far.
struct Visit<'a> {
    browser: &'a Browser,
    site: &'a Site,
    moments: Vec<Moment>,
}

impl<'a> Visit<'a> {
    fn new(browser: &'a Browser, site: &'a Site) -> Self {
        Self { browser, site, moments: Vec::new() }
    }

    /// Waits for the recorder of the page that is being opened.
    fn arrive(&self, path: &str) {
        self.browser
            .wait_until(&format!("location.pathname == '/{path}' && document.readyState == 'complete'"));
        self.browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    }

    /// Notes what the page is now, when all before it is recorded and nothing after it has begun.
    fn note(&mut self, name: &'static str) {
        flush(self.browser);
        let page = live_page(self.browser, MASKABLE);
        let at_ms = self.browser.ask("return Date.now()", json!([])).as_i64().unwrap();
        self.browser.screenshot(&format!("{name}-live.png"));
        std::thread::sleep(Duration::from_millis(300));
        self.moments.push(Moment { name, at_ms, page });
    }

    fn all(&mut self) {
        self.home();
        self.products();
        self.login();
        self.checkout();
        self.browser.go(&self.site.url("/disable.html"));
    }

    fn home(&mut self) {
        self.browser.go(&self.site.url("/index.html?still"));
        self.arrive("index.html");
        self.browser.hover("#featured .item:nth-child(2)");
        self.browser.click("#featured .item:nth-child(2) [data-part=add]");
        self.browser.click("pw-chat >>> #chat-open");
        self.browser.type_into("pw-chat >>> #chat-text", "Hello, is the kettle in stock?");
        self.browser.press('\u{E007}');
        self.browser.run("scrollTo(0, 500)");
        self.note("home");
    }

    fn products(&mut self) {
        self.browser.click("[data-testid=nav-products]");
        self.arrive("products.html");
        self.browser.click("[data-testid=category-kitchen]");
        self.browser.type_into("#search", "ket");
        self.note("products-found");
        self.browser.click("#clear");
        self.browser.wait_until("document.querySelectorAll('#results .item').length > 20");
        self.browser.run("const s = document.getElementById('sort'); s.value = 'name'; s.dispatchEvent(new Event('input', { bubbles: true })); s.dispatchEvent(new Event('change', { bubbles: true }))");
        self.browser.click("#as-list");
        self.browser.click("#results .item:nth-child(3) [data-part=add]");
        self.browser.run("scrollTo(0, 1200)");
        self.note("products-sorted");
    }

    fn login(&mut self) {
        self.browser.click("[data-testid=nav-login]");
        self.arrive("login.html");
        self.browser.click("#mode-new");
        self.browser.type_into("#email", "finch@example.com");
        self.browser.type_into("#password", &PASSWORD[..9]);
        self.browser.click("#show-password");
        self.browser.type_into("#password", &PASSWORD[9..]);
        assert_eq!(self.browser.ask("return document.getElementById('password').value", json!([])), PASSWORD);
        self.note("login-shown");
        self.browser.click("#show-password");
        self.browser.click("#remember");
        self.note("login-hidden");
        self.browser.click("#login-submit");
    }

    fn checkout(&mut self) {
        self.arrive("checkout.html");
        for (field, text) in [
            ("#contact-email", "finch@example.com"),
            ("#given", "Ada"),
            ("#family", "Finch"),
            ("#street", "4 Fore Street"),
            ("#town", "Penryn"),
            ("#postcode", "TR10 8BX"),
        ] {
            self.browser.type_into(field, text);
        }
        self.browser.click("#to-payment");
        self.browser.click("[data-testid=ship-express]");
        for (field, text) in
            [("#cc-number", CARD), ("#cc-name", CARD_NAME), ("#cc-exp", EXPIRY), ("#cc-csc", CODE)]
        {
            self.browser.type_into(field, text);
        }
        self.note("checkout-card");
        self.browser.click("#to-review");
        self.browser.click("#terms");
        self.note("checkout-review");
        self.browser.click("#place-order");
        self.arrive("thanks.html");
        self.browser.run("scrollTo(0, 40)");
        self.note("thanks");
    }
}

/// Waits until the collector has answered for everything so far.
fn flush(browser: &Browser) {
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

/// Every run of so many characters of a secret (one more where one is a space: a page may show a card's last four digits),
/// and short secrets whole.
fn pieces(secret: &str, length: usize) -> Vec<String> {
    let characters: Vec<char> = secret.chars().collect();
    let length = characters.len().min(length + usize::from(secret.contains(' ')));
    characters.windows(length).map(|window| window.iter().collect()).collect()
}

fn assert_no_secret(collector: &Collector) {
    let (bytes, printed) = collector.received();
    assert!(printed.contains("Twenty-eight things for the house"), "the search sees what the shop says");
    let spaced =
        CARD.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join(" ");
    let typed = [PASSWORD, CARD, &spaced, CARD_NAME, EXPIRY, CODE];
    for piece in typed.iter().flat_map(|secret| pieces(secret, 5)) {
        assert!(!printed.to_lowercase().contains(&piece.to_lowercase()), "{piece:?} is in a record");
    }
    // In a body the strings of a column follow each other: "latest" and "returns" are five letters of "Kestrel". Digits are
    // also the lengths of strings from 47 to 57 bytes, of which a column is full: without a letter, a body says little.
    let long = typed.iter().filter(|secret| secret.len() >= 8).flat_map(|secret| pieces(secret, 8));
    for piece in long.filter(|piece| piece.contains(|c: char| c.is_ascii_alphabetic())) {
        let found = bytes.windows(piece.len()).any(|window| window == piece.as_bytes());
        assert!(!found, "{piece:?} is in a body");
    }
    for whole in [CARD, &spaced] {
        assert!(
            !bytes.windows(whole.len()).any(|window| window == whole.as_bytes()),
            "the card is in a body"
        );
    }
}

fn assert_replayed(browser: &Browser, moments: &[Moment]) {
    let mut wrong = Vec::new();
    for Moment { name, at_ms, page } in moments {
        drop(browser.ask_async(
            "const { replayer, events } = afterimageReplay;
             replayer.pause(Math.max(0, arguments[0] - events[0].timestamp));
             await new Promise((later) => setTimeout(later, 300));",
            json!([at_ms]),
        ));
        compare(browser, name, page, &mut wrong);
    }
    // The player scrolls smoothly, and may still be at it.
    let play = "await afterimageReplay.playToEnd(); await new Promise((later) => setTimeout(later, 1500))";
    drop(browser.ask_async(play, json!([])));
    let last = moments.last().expect("a moment");
    let end = compare(browser, "end", &last.page, &mut wrong);
    // NOTE: not at the moments: rrweb 2.1 seeks to a stale scroll offset after a full snapshot, and plays to the right one.
    assert!(
        same_scroll(&last.page, &end),
        "scrolled to {} instead of {}",
        end["scroll"],
        last.page["scroll"]
    );
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(browser: &Browser, name: &str, page: &Value, wrong: &mut Vec<String>) -> Value {
    browser.screenshot(&format!("{name}-replayed.png"));
    let replayed = replayed_page(browser);
    for (kind, tree) in [("live", page), ("replayed", &replayed)] {
        std::fs::write(browser.artifact(&format!("{name}-{kind}.json")), format!("{tree:#}"))
            .expect("an artifact");
    }
    wrong.extend(difference(page, &replayed).into_iter().map(|difference| format!("{name}:{difference}")));
    replayed
}

in_every_engine! {
    fn a_visit_to_the_shop_is_replayed_as_it_was(browser) {
        let collector = Collector::start(browser);
        let site = Site::start(0, xtask::demo::shop(&collector.url("/collect"))).unwrap();
        let mut visit = Visit::new(browser, &site);
        visit.all();

        let sessions = collector.sessions();
        assert_eq!(sessions.len(), 1, "one visit is one session: {sessions:?}");
        assert_no_secret(&collector);
        std::fs::write(browser.artifact("rrweb.json"), format!("{:#}", Value::Array(collector.rrweb(&sessions[0])))).unwrap();
        // The player is ready before the page is: Firefox then waited for the player's frame forever.
        collector.tap.slow_down("/pages/icon.svg", Duration::from_secs(2));
        collector.open_replay(browser, &sessions[0]);
        assert_replayed(browser, &visit.moments);
    }
}

#[test]
fn pieces_cover_a_secret() {
    assert_eq!(pieces("secrets", 5), ["secre", "ecret", "crets"]);
    assert_eq!(pieces("1234 678", 5), ["1234 6", "234 67", "34 678"]);
    assert_eq!(pieces("123", 5), ["123"]);
}
