//! A page that other visitors have seen before is not sent again: a fraction of the bytes, and the same replay. Where the
//! collector does not know such questions, or any more what it said, it is sent.

use afterimage_e2e::{Browser, Collector, Fault, eventually, in_every_engine};
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

/// A visitor who was never here: records the page, and returns how it travelled, and what came of it.
fn visit_answered(browser: &Browser, collector: &Collector, url: &str) -> Vec<(Compression, usize, u16)> {
    browser.run("document.cookie.split('; ').forEach((one) => (document.cookie = one.split('=')[0] + '=;path=/;max-age=0'))");
    let (before, sessions) = (collector.tap.exchanges().len(), collector.sessions());
    browser.go(url);
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
    eventually("another session", || {
        collector.sessions().iter().any(|session| !sessions.contains(session)).then_some(())
    });
    let exchanges = collector.tap.exchanges();
    let batches = exchanges[before..]
        .iter()
        .filter(|exchange| exchange.path == "/collect" && exchange.method == "POST");
    batches
        .map(|batch| {
            let header = Header::decode(&batch.body).expect("a batch").0;
            (header.compression, batch.body.len(), batch.status)
        })
        .collect()
}

/// The same where nothing is refused.
fn visit(browser: &Browser, collector: &Collector, url: &str) -> Vec<(Compression, usize)> {
    let sent = visit_answered(browser, collector, url);
    assert!(sent.iter().all(|(_, _, status)| matches!(status, 200 | 204)), "{sent:?}");
    sent.into_iter().map(|(compression, bytes, _)| (compression, bytes)).collect()
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

    fn a_collector_that_knows_no_such_question_is_sent_everything(browser) {
        let collector = Collector::start(browser);
        let site = collector.site_with("data-known=true", &page(), Vec::new());
        let url = site.url("/");
        browser.go(&site.url("/empty"));
        for _ in 1..=3 {
            visit(browser, &collector, &url);
        }
        let expected = texts(&collector);
        // As it answers, and as one does whose answers pages may not read.
        for fault in [Fault::Refuse(404), Fault::HangUp] {
            collector.tap.set_plan(move |exchange| exchange.path.ends_with("/known").then_some(fault));
            let sent = visit(browser, &collector, &url);
            assert!(!sent.is_empty() && sent.iter().all(|(compression, _)| *compression == Compression::DeflateRaw), "{sent:?}");
            assert_eq!(texts(&collector), expected, "{fault:?}");
        }
        let asked = collector.tap.exchanges();
        assert!(asked.iter().any(|exchange| exchange.path == "/collect/known" && exchange.status == 404));
    }

    fn what_is_erased_between_the_answer_and_the_batch_is_sent_after_all(browser) {
        let collector = Collector::start(browser);
        let site = collector.site_with("data-known=true", &page(), Vec::new());
        let url = site.url("/");
        browser.go(&site.url("/empty"));
        for _ in 1..=3 {
            visit(browser, &collector, &url);
        }
        let expected = texts(&collector);
        // From the command line, which is another process than the one that is asked.
        let mut erase = Some(collector.eraser(&collector.sessions()));
        collector.tap.set_plan(move |exchange| {
            let header = (exchange.path == "/collect").then(|| Header::decode(&exchange.body).expect("a batch").0)?;
            if header.compression == Compression::Abridged && let Some(erase) = erase.take() {
                erase();
            }
            None
        });
        let sent = visit_answered(browser, &collector, &url);
        let lost = sent.iter().filter(|(compression, _, status)| *compression == Compression::Abridged && *status == 409);
        assert!(lost.count() > 0, "{sent:?}");
        assert_eq!(collector.sessions().len(), 1, "the others are erased");
        assert_eq!(texts(&collector), expected);
    }
}
