//! A page that other visitors have seen before is not sent again: a fraction of the bytes, and the same replay.

use afterimage_e2e::{Browser, Collector, eventually, in_every_engine};
use afterimage_wire::{Compression, Header};
use serde_json::json;

/// A page of some thousand nodes, the same for everybody.
fn page() -> String {
    let items: String = (0u32..1500)
        .map(|n| {
            format!("<li class='item n{}'>Item {n} of wool and copper, {} pieces</li>", n % 7, n * 37 % 101)
        })
        .collect();
    format!(
        "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'></head><body><ul>{items}</ul></body></html>"
    )
}

/// A visitor who was never here: records the page, and returns how it travelled.
fn visit(browser: &Browser, collector: &Collector, url: &str) -> Vec<(Compression, usize)> {
    browser.run("document.cookie.split('; ').forEach((one) => (document.cookie = one.split('=')[0] + '=;path=/;max-age=0'))");
    let (before, sessions) = (collector.tap.exchanges().len(), collector.sessions().len());
    browser.go(url);
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
    eventually("another session", || (collector.sessions().len() > sessions).then_some(()));
    let exchanges = collector.tap.exchanges();
    let batches = exchanges[before..]
        .iter()
        .filter(|exchange| exchange.path == "/collect" && exchange.method == "POST");
    batches
        .map(|batch| {
            assert!(matches!(batch.status, 200 | 204), "{}", batch.status);
            (Header::decode(&batch.body).expect("a batch").0.compression, batch.body.len())
        })
        .collect()
}

/// Everything the page said, as it is stored of the last session.
fn texts(collector: &Collector) -> Vec<String> {
    let session = collector.sessions().pop().expect("a session");
    let records = collector.records(&session);
    let trees = records.iter().filter(|record| record["kind"] == "tree");
    trees.map(|tree| tree["entries"].to_string()).collect()
}

in_every_engine! {
    fn the_fourth_visitor_of_a_page_sends_a_fraction_and_the_replay_is_the_same(browser) {
        let collector = Collector::start(browser);
        let site = collector.site_with("data-known=true", &page(), Vec::new());
        let url = site.url("/");
        browser.go(&site.url("/empty"));
        let mut first = 0;
        for visitor in 1..=3 {
            let sent = visit(browser, &collector, &url);
            assert!(sent.iter().all(|(compression, _)| *compression == Compression::DeflateRaw), "{visitor}: {sent:?}");
            first = sent.iter().map(|(_, bytes)| bytes).sum();
        }
        let expected = texts(&collector);
        let sent = visit(browser, &collector, &url);
        assert!(sent.iter().any(|(compression, _)| *compression == Compression::Abridged), "{sent:?}");
        let fourth: usize = sent.iter().map(|(_, bytes)| bytes).sum();
        assert!(fourth * 3 < first, "{fourth} bytes of {first}");
        assert_eq!(texts(&collector), expected);
    }
}
