//! Pages of three origins in each other's frames: who joins whose session, and what the replay shows of it.

use std::time::Duration;

use afterimage_e2e::{
    Browser, Collector, Pages, Site, difference, eventually, in_every_engine, live_page, replayed_frame,
};
use serde_json::{Value, json};

const SECRET: &str = "correct-horse-91";
/// Where text may be withheld: nowhere.
const NOWHERE: &str = "none";

/// Records itself with the attributes in its address; keeps what it is told, and counts what is taken of it.
const HEAD: &str = "<!doctype html><html lang=en><head><title>{{title}}</title><script>
    window.left = { listeners: new Set(), ports: 0 };
    const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
    window.addEventListener = function (type, heard, ...rest) { if (type === 'message') left.listeners.add(heard); add.call(window, type, heard, ...rest); };
    window.removeEventListener = function (type, heard, ...rest) { left.listeners.delete(heard); remove.call(window, type, heard, ...rest); };
    const { MessageChannel: Channel } = window, { close } = MessagePort.prototype;
    window.MessageChannel = class extends Channel { constructor() { super(); left.ports++; } };
    const closed = new WeakSet();
    MessagePort.prototype.close = function () { if (!closed.has(this)) left.ports--; closed.add(this); close.call(this); };
    window.told = [];
    add.call(window, 'message', ({ data, ports }) => { told.push(data); left.ports += ports.length; }, true);
    window.ask = new URLSearchParams(location.search);
    window.record = () => {
      const script = document.createElement('script');
      script.src = '/afterimage.js';
      Object.assign(script.dataset, { collector: '{{collector}}', interval: 1000 }, JSON.parse(ask.get('data') ?? '{}'));
      script.onload = () => script.remove();
      document.head.append(script);
    };
    if (!ask.has('late')) record();
    window.frame = (src) => Object.assign(document.body.appendChild(document.createElement('iframe')), { src, width: 500, height: 300 });
</script></head><body>";

/// Three origins, with the same pages.
struct Origins {
    sites: [Site; 2],
}

impl Origins {
    fn new(collector: &Collector) -> Self {
        let head = |title: &str| {
            HEAD.replace("{{title}}", title).replace("{{collector}}", &collector.url("/collect"))
        };
        let shop = format!("{}<h1>Shop</h1></body></html>", head("Shop"));
        let pay = format!(
            "{}<style>p {{ color: green }}</style><h2>Pay</h2><form><input type=password id=secret><input id=name></form>
             <button onclick=\"document.body.append(Object.assign(document.createElement('p'), {{ textContent: 'Paid ' + (window.n = (window.n ?? 0) + 1) }}))\">Pay now</button></body></html>",
            head("Pay")
        );
        let texts = [("/shop".to_owned(), shop), ("/pay".to_owned(), pay)].into();
        let folders = vec![("/".to_owned(), xtask::sh::dist())];
        let pages = Pages { texts, folders, ..Pages::default() };
        Self { sites: [(); 2].map(|()| Site::start(0, pages.clone()).unwrap()) }
    }

    /// Of a host and a server.
    fn origin(&self, (host, server): Who) -> String {
        self.sites[server].url("").replace("127.0.0.1", host)
    }

    /// A page that records itself with these attributes.
    fn url(&self, host: Who, page: &str, data: &Value) -> String {
        let data: String = data.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("{}/{page}?data={data}", self.origin(host))
    }

    /// One that names origins, those of hosts.
    fn joining(&self, host: Who, page: &str, hosts: &[Who]) -> String {
        let origins: Vec<String> = hosts.iter().map(|host| self.origin(*host)).collect();
        self.url(host, page, &json!({ "frames": origins.join(", ") }))
    }
}

type Who = (&'static str, usize);
const SHOP: Who = ("127.0.0.1", 0);
const PAY: Who = ("localhost", 0);
const BANK: Who = ("localhost", 1);

fn recording(browser: &Browser) -> String {
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    session(browser)
}

/// Waits until what is recorded is part of a session.
fn joined(browser: &Browser, shop: &str) {
    recording(browser);
    eventually("it joins", || (session(browser) == shop).then_some(()));
}

fn session(browser: &Browser) -> String {
    browser.ask("return afterimage.recorder.sessionId", json!([])).as_str().unwrap_or_default().to_owned()
}

fn stopped(browser: &Browser) {
    browser.wait_until("window.afterimage?.recorder?.state == 'stopped'");
    assert_eq!(
        browser.ask("return [left.listeners.size, left.ports]", json!([])),
        json!([0, 0]),
        "nothing left"
    );
}

fn flush(browser: &Browser) {
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
}

fn put(browser: &Browser, url: &str) {
    drop(browser.ask("frame(arguments[0])", json!([url])));
}

/// Waits until a replay shows what there was.
fn same(browser: &Browser, live: &Value, depth: usize) {
    // The player loads nothing into frames, and chromedriver has an attribute of its own there.
    let expected = ["iframe: src", "iframe: cd_frame_id_"];
    let wrong = || -> Vec<String> {
        let mut wrong = difference(live, &replayed_frame(browser, depth));
        wrong.retain(|difference| !expected.iter().any(|no| difference.contains(no)));
        wrong
    };
    let mut last = Vec::new();
    for _ in 0..100 {
        last = wrong();
        if last.is_empty() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{depth} frames deep: {last:#?}");
}

in_every_engine! {
    fn what_pages_in_frames_show_is_in_the_replay(browser) {
        let collector = Collector::start(browser);
        let origins = Origins::new(&collector);
        browser.go(&origins.joining(SHOP, "shop", &[PAY]));
        let shop = recording(browser);
        put(browser, &origins.joining(PAY, "pay", &[SHOP, BANK]));
        browser.enter_frame("iframe");
        joined(browser, &shop);
        browser.click("button");
        // A page in a frame of that one, and then another in its place.
        put(browser, &origins.joining(BANK, "shop", &[PAY]));
        browser.enter_frame("iframe");
        joined(browser, &shop);
        flush(browser);
        drop(browser.ask("location = arguments[0]", json!([origins.joining(BANK, "pay", &[PAY])])));
        browser.wait_until("document.querySelector('h2')");
        joined(browser, &shop);
        browser.click("button");
        browser.wait_until("document.querySelector('p')");
        flush(browser);
        let inmost = live_page(browser, NOWHERE);
        browser.leave_frames();
        browser.enter_frame("iframe");
        browser.click("button");
        // Last, as what comes with it is withheld.
        browser.type_into("#secret", SECRET);
        flush(browser);
        let inner = live_page(browser, NOWHERE);
        assert_eq!(browser.ask("return document.cookie", json!([])), "", "none for a session that is not its own");
        browser.leave_frames();
        flush(browser);
        let outer = live_page(browser, NOWHERE);
        browser.go("about:blank");

        assert_eq!(collector.sessions(), [&*shop], "one session");
        assert_eq!(collector.listed()[0]["pageViews"], 1, "frames are no pages");
        let (bytes, printed) = collector.received();
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET) && !printed.contains(SECRET));
        collector.open_replay(browser, &shop);
        browser.run("const { replayer } = afterimageReplay; replayer.pause(replayer.getMetaData().totalTime)");
        same(browser, &outer, 0);
        same(browser, &inner, 1);
        same(browser, &inmost, 2);
    }

    fn nobody_joins_who_may_not(browser) {
        let collector = Collector::start(browser);
        let origins = Origins::new(&collector);
        let late = format!("{}&late", origins.joining(SHOP, "shop", &[PAY]));
        browser.go(&late);
        for url in [
            origins.joining(PAY, "pay", &[SHOP]),
            // Not listed by the page; does not list it; says no; records to elsewhere.
            origins.joining(BANK, "pay", &[SHOP]),
            origins.joining(PAY, "pay", &[BANK]),
            origins.url(PAY, "pay", &json!({ "frames": origins.origin(SHOP), "disabled": true })),
            origins.url(PAY, "pay", &json!({ "frames": origins.origin(SHOP), "site": "other" })),
        ] {
            put(browser, &url);
        }
        let at = |number: usize| {
            browser.leave_frames();
            browser.enter_frame(&format!("iframe:nth-of-type({number})"));
        };
        // Nobody answers: each records by itself.
        let alone: Vec<String> = [1, 2, 3, 5].map(|number| (at(number), recording(browser)).1).into();
        browser.leave_frames();
        browser.run("record()");
        let shop = recording(browser);
        at(1);
        joined(browser, &shop);
        for (number, own) in [2, 3, 5].into_iter().zip(&alone[1..]) {
            at(number);
            let told = browser.ask("return told.map((words) => JSON.parse(words).length).filter((length) => length > 1)", json!([]));
            assert_eq!((&session(browser), told), (own, json!([])), "frame {number} learns nothing");
        }
        at(4);
        assert_eq!(browser.ask("return afterimage.status().state", json!([])), "disabled");
        // Who ends in a frame, ends there only; who ends around it, in the frames too.
        at(1);
        drop(browser.ask_async("await afterimage.recorder.stop()", json!([])));
        stopped(browser);
        browser.leave_frames();
        assert_eq!(browser.ask("return afterimage.recorder.state", json!([])), "recording");
        drop(browser.ask("document.querySelector('iframe').src = arguments[0]", json!([origins.joining(PAY, "pay", &[SHOP]) + "&2"])));
        at(1);
        browser.wait_until("ask.has('2')");
        joined(browser, &shop);
        browser.leave_frames();
        drop(browser.ask_async("await afterimage.disable({ erase: true })", json!([])));
        at(1);
        stopped(browser);
        at(2);
        assert_eq!(recording(browser), alone[1]);
        browser.go("about:blank");
        assert!(!collector.sessions().contains(&shop), "what was in its frame is erased, too");
    }
}
