//! Canvases as images: what is recorded of which, and what is not even fetched where nobody asked for it.

use std::collections::BTreeMap;

use afterimage_e2e::{Browser, Engine, Pages, Sink, Site, eventually, in_every_engine};
use afterimage_wire::record::Canvas;
use afterimage_wire::tree::Node;
use afterimage_wire::{Batch, Record};
use serde_json::{Value, json};

const PAGE: &str = include_str!("canvas.html");
const SQUARE: &str =
    "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='40'><rect width='40' height='40'/></svg>";

/// The page, with these options, and another origin that has an image for it.
fn sites(sink: &Sink, attributes: &str, headers: Vec<(String, String)>) -> [Site; 2] {
    let texts = [("/square.svg".to_owned(), SQUARE.to_owned())].into();
    let elsewhere = Site::start(0, Pages { texts, ..Pages::default() }).expect("a site");
    let tag = format!(
        "<script async src='/afterimage.js' data-collector='{}' data-interval=1000 {attributes}></script>",
        sink.url("/collect")
    );
    let page = PAGE.replace("{{tag}}", &tag).replace("{{elsewhere}}", &elsewhere.url("/square.svg"));
    let folders = vec![("/".to_owned(), xtask::sh::dist())];
    let texts = [("/".to_owned(), page)].into();
    [Site::start(0, Pages { texts, folders, headers, ..Pages::default() }).expect("a site"), elsewhere]
}

fn open(browser: &Browser, site: &Site) {
    browser.go(&site.url("/"));
    browser.wait_until("window.afterimage?.recorder?.state == 'recording'");
}

/// What arrived of canvases by now, by the id they have in the page.
fn arrived(browser: &Browser, sink: &Sink) -> BTreeMap<String, Vec<Canvas>> {
    drop(browser.ask_async("await afterimage.recorder.flush()", json!([])));
    let (mut names, mut found) = (BTreeMap::new(), BTreeMap::<String, Vec<Canvas>>::new());
    let mut batches: Vec<Batch> = sink
        .bodies("/collect")
        .iter()
        .filter(|body| !body.is_empty())
        .map(|body| Batch::decode(body, usize::MAX).expect("a batch"))
        .collect();
    batches.sort_by_key(|batch| batch.header.sequence);
    for record in batches.into_iter().flat_map(|batch| batch.records) {
        match record.record {
            Record::Tree(tree) => {
                let new = tree.entries.into_iter().filter(|entry| !matches!(entry.node, Node::Existing(_)));
                for (number, entry) in (tree.first..).zip(new) {
                    if let Node::Element { attributes, .. } = &entry.node
                        && let Some((_, id)) = attributes.iter().find(|(name, _)| **name == *"id")
                    {
                        names.insert(number, id.to_string());
                    }
                }
            }
            Record::Canvas(canvas) => found.entry(names[&canvas.node].clone()).or_default().push(canvas),
            _ => {}
        }
    }
    found
}

/// The size of an image, and its colours a quarter in from the left and from the right, rounded to bits.
fn look(browser: &Browser, canvas: &Canvas) -> Value {
    let mime = ["", "", "image/webp", "image/jpeg", "image/png"][canvas.format as usize];
    browser.ask_async(
        "const [bytes, type] = arguments;
         const shown = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type }));
         const { width, height } = shown;
         const to = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
         to.drawImage(shown, 0, 0);
         const colour = (x) => [...to.getImageData(width * x, height / 2, 1, 1).data].map((part) => +(part > 127)).join('');
         return [width, height, colour(0.25), colour(0.75)]",
        json!([canvas.image, mime]),
    )
}

in_every_engine! {
    fn canvases_in_sight_are_recorded_as_images_and_those_that_rules_name_are_not(browser) {
        let sink = Sink::start();
        let [site, _elsewhere] = sites(&sink, "data-canvas=4", vec![]);
        open(browser, &site);
        let has = |what: &str| browser.ask(&format!("return window.{what}"), json!([])) == true;
        let mut wanted = vec!["plane", "still", "bitmap", "tainted", "inside"];
        println!("{}: WebGL {}", browser.engine.name(), has("hasDepth"));
        wanted.extend(has("hasDepth").then_some("depth"));
        wanted.extend(has("hasMoved").then_some("moved"));
        let found = eventually("images of all", || {
            let found = arrived(browser, &sink);
            wanted.iter().all(|id| found.contains_key(*id)).then_some(found)
        });
        let last = |id: &str| found[id].last().unwrap();
        let expect = |id: &str, left: &str, right: &str| {
            assert_eq!(look(browser, last(id)), json!([100, 50, left, right]), "{id}");
        };
        expect("still", "1001", "0011");
        expect("bitmap", "0101", "1001");
        expect("inside", "0101", "1001");
        if has("hasDepth") {
            expect("depth", "1001", "0011");
            assert!(!has("keeps()"), "the page's context is as it made it");
        }
        if has("hasMoved") {
            expect("moved", "1001", "0101");
        }
        assert_eq!(look(browser, last("plane")), json!([640, 320, "1001", "0011"]));
        assert_eq!((last("plane").width, last("plane").height), (1600, 800));
        let webp = browser.engine != Engine::WebKit;
        assert_eq!(last("plane").format, if webp { 2 } else { 3 }, "WebKit makes no WebP");
        let tainted = Canvas { node: last("tainted").node, width: 100, height: 50, format: 0, image: vec![] };
        assert_eq!(found["tainted"], [tainted], "its size is all there is of it");
        for id in ["blocked", "masked", "below", "empty"] {
            assert!(!found.contains_key(id), "{id}");
        }

        // One that changes, and one that comes into sight; what stays as it is, is told once.
        browser.run("draw($('plane').getContext('2d'), 'lime', 'red'); $('below').scrollIntoView()");
        eventually("the one below", || arrived(browser, &sink).contains_key("below").then_some(()));
        browser.run("scrollTo(0, 0)");
        let found = eventually("what it shows now", || {
            let found = arrived(browser, &sink);
            (look(browser, found["plane"].last().unwrap())[2] == "0101").then_some(found)
        });
        assert_eq!(found["still"].len(), 1);

        // A rule that comes later holds from then on.
        browser.run("$('plane').parentNode.setAttribute('data-afterimage', 'mask'); draw($('plane').getContext('2d'), 'blue', 'blue'); draw($('still').getContext('2d'), 'blue', 'blue')");
        let before = browser.ask("return performance.now()", json!([])).as_f64().unwrap();
        browser.wait_until(&format!("performance.now() > {before} + 1500"));
        let after = arrived(browser, &sink);
        assert_eq!(after["plane"].len(), found["plane"].len());
        assert_eq!(after["still"].len(), 1);

        drop(browser.ask_async("await afterimage.recorder.stop()", json!([])));
        assert_eq!(browser.ask("return { ...left, heard }", json!([])), json!({ "workers": 0, "observers": 0, "listeners": 0, "heard": [] }));
    }

    fn nothing_is_fetched_or_recorded_of_canvases_unless_the_owner_says_so(browser) {
        let sink = Sink::start();
        for (attributes, fetched) in [("", false), ("data-canvas=false", false), ("data-canvas data-policy=strict", true)] {
            let [site, _elsewhere] = sites(&sink, attributes, vec![]);
            open(browser, &site);
            if fetched {
                eventually("canvas.js", || site.requests().iter().any(|path| path == "/canvas.js").then_some(()));
            }
            browser.wait_until("performance.now() > 2500");
            assert!(arrived(browser, &sink).is_empty(), "{attributes}");
            assert_eq!(site.requests().iter().any(|path| path.contains("canvas")), fetched, "{attributes}");
        }
    }

    fn where_no_worker_may_run_images_are_made_without(browser) {
        let sink = Sink::start();
        let headers = vec![("content-security-policy".to_owned(), "worker-src 'none'".to_owned())];
        let [site, _elsewhere] = sites(&sink, "data-canvas=4", headers);
        open(browser, &site);
        let found = eventually("an image", || {
            let found = arrived(browser, &sink);
            ["still", "tainted"].iter().all(|id| found.contains_key(*id)).then_some(found)
        });
        assert_eq!(look(browser, &found["still"][0]), json!([100, 50, "1001", "0011"]));
        assert_eq!(found["tainted"][0].format, 0);
    }
}
