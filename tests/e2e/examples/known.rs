//! What visitors send of a page of 24,000 nodes that others have seen before, with the option `known`:
//! `cargo run -p afterimage-e2e --example known [ENGINE]`, after `cargo xtask build`.

use afterimage_e2e::{Browser, Collector, Engine};
use serde_json::json;

/// With a question mark there is a paragraph more at the top.
const PAGE: &str = "<!doctype html><html lang=en><head><title>Shop</title><link rel=icon href='data:,'></head><body><script>
{{shop}}
if (location.search) document.body.insertAdjacentHTML('afterbegin', `<p>Hello ${location.search.slice(1)}</p>`);
</script></body></html>";

fn main() {
    let engines = [Engine::Chromium, Engine::Firefox, Engine::WebKit];
    let asked = std::env::args().nth(1).unwrap_or_else(|| "chromium".to_owned());
    let engine = engines.into_iter().find(|engine| engine.name() == asked).expect("an engine's name");
    let browser = Browser::open(engine, "known-bytes");
    let collector = Collector::start(&browser);
    let page = PAGE.replace("{{shop}}", include_str!("../../npm/shop.js"));
    let site = collector.site_with("data-known=true", &page, Vec::new());
    browser.go(&site.url("/empty"));
    println!("| visitor | page | batches | bytes | of names |\n| ---: | --- | ---: | ---: | ---: |");
    for (visitor, query) in ["", "", "", "", "", "?Ann", "?Bob", "?Cid", "?Dee"].into_iter().enumerate() {
        browser.run("document.cookie = 'afterimage=;path=/;max-age=0'");
        let before = collector.tap.exchanges().len();
        browser.go(&site.url(&format!("/{query}")));
        browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
        drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
        let exchanges = collector.tap.exchanges().split_off(before);
        let of = |path: &str| -> Vec<usize> {
            let posts =
                exchanges.iter().filter(|exchange| exchange.method == "POST" && exchange.path == path);
            posts.map(|exchange| exchange.body.len()).collect()
        };
        let (batches, names) = (of("/collect"), of("/collect/known"));
        let (bytes, asked): (usize, usize) = (batches.iter().sum(), names.iter().sum());
        println!("| {} | /{query} | {} | {bytes} | {asked} |", visitor + 1, batches.len());
        browser.go(&site.url("/empty"));
    }
}
