//! Pages that are not as recorders expect: what happens on them is recorded, or quietly not, and the page never hears of it.

use afterimage_e2e::{Browser, Pages, Sink, Site, in_every_engine};
use afterimage_replay::model::Model;
use afterimage_wire::Batch;
use serde_json::json;

/// Starts the recording, or says why there is none, and then changes the page.
const PAGE: &str = "
    const say = (text) => {
        const made = document.createElementNS('http://www.w3.org/1999/xhtml', 'p');
        made.append(text);
        document.body.append(made);
    };
    const patient = (what) => new Promise((done) => {
        setTimeout(done, 1000);
        (async () => {
            try {
                await what();
            } catch {}
            done();
        })();
    });
    window.heard = [];
    for (const kind of ['error', 'unhandledrejection', 'securitypolicyviolation'])
        addEventListener(kind, (event) => {
            if (event.blockedURI != 'wasm-eval') heard.push(kind + ': ' + (event.message || event.reason || event.violatedDirective));
        });
    addEventListener('load', async () => {
        document.getElementById('button').addEventListener('click', () => say('clicked'));
        const options = { collector: document.documentElement.getAttribute('data-to'), interval: 1000 };
        window.ours = await afterimage.start(options);
        const early = Object.values(afterimage.status()).slice(0, 2).join(' ').trim();
        say('said by a script');
        dispatchEvent(new Event('said'));
        document.getElementById('button').click();
        await patient(() => ours.flush());
        say('in the end');
        await patient(() => ours.flush());
        await patient(() => ours.stop());
        // Drivers use the page's natives.
        dispatchEvent(new Event('over'));
        window.over = true;
        let cookie = 'none may be read';
        try {
            ({ cookie } = document);
        } catch {}
        window.ended = [early, cookie.includes('afterimage='), document.body.textContent.includes('clicked')];
        parent.postMessage([heard, ended], '*');
    });";

/// A form whose fields are called like everything that a form has: to its own scripts, and to ours, they stand in for it.
const NAMED: &str = "<script>
    addEventListener('DOMContentLoaded', () => {
        const form = document.createElement('form');
        const add = (tag, more) => Node.prototype.appendChild.call(form, Object.assign(document.createElement(tag), more));
        for (let kind = HTMLFormElement.prototype; kind; kind = Object.getPrototypeOf(kind))
            for (const name of Object.getOwnPropertyNames(kind)) add('input', { name });
        const around = document.createElement('div');
        around.append(form);
        document.body.prepend(around);
        addEventListener('said', () => {
            add('p', { textContent: 'said in the form' });
            document.body.append(around);
            setTimeout(() => {
                around.removeChild(form);
                add('p', { textContent: 'said outside of the page' });
                setTimeout(() => document.body.prepend(form));
            });
        });
    });
</script>";

/// Natives that pages replace, each by something that does not work.
const NATIVES: [&str; 9] = [
    "Array.prototype.map",
    "Array.prototype[Symbol.iterator]",
    "Element.prototype.matches",
    "Element.prototype.querySelectorAll",
    "Element.prototype.getAttribute",
    "JSON.stringify",
    "WeakMap.prototype.get",
    "Object.defineProperty",
    "MutationObserver.prototype.observe",
];

/// What a page loads, by its name, and whether all of it is recorded.
fn pages(sink: &Sink) -> Vec<(String, String, bool)> {
    let page = |name: &str, doctype: &str, head: &str| {
        let to = sink.url(&format!("/{name}"));
        format!(
            "{doctype}<html data-to='{to}'><head><title>Hostile</title>{head}<script src='/page.js'></script><script src='/afterimage.js'></script></head><body><p>here from the start</p><button id='button'>Press</button></body></html>"
        )
    };
    let standard = "<!doctype html>";
    let policy = |said: &str| format!("<meta http-equiv=content-security-policy content=\"{said}\">");
    let mut pages = vec![
        ("zone".into(), page("zone", standard, "<script src=/zone.js></script>"), true),
        ("trusted".into(), page("trusted", standard, &policy("require-trusted-types-for 'script'; trusted-types 'none'")), true),
        ("strict".into(), page("strict", standard, &policy("script-src 'self' 'wasm-unsafe-eval'; style-src 'self'")), true),
        ("refused".into(), page("refused", standard, &policy("script-src 'self'")), false),
        ("quirks".into(), page("quirks", "", ""), true),
        ("named".into(), page("named", standard, NAMED), true),
        (
            "page.xhtml".into(),
            page("page.xhtml", "<?xml version='1.0'?><!DOCTYPE html>", "")
                .replace("<html ", "<html xmlns='http://www.w3.org/1999/xhtml' "),
            true,
        ),
        ("sandboxed".into(), page("sandboxed", standard, ""), false),
        (
            "frame".into(),
            "<!doctype html><script>addEventListener('message', ({ data }) => ([window.heard, window.ended, window.over] = [...data, true]))</script>
             <iframe sandbox=allow-scripts src=/sandboxed></iframe>"
                .into(),
            false,
        ),
    ];
    // Before anybody looks, each is one of the page's, which works.
    let wrapped = NATIVES.map(|native| {
        format!("{{ const native = {native}; {native} = function (...args) {{ return Reflect.apply(native, this, args) }} }}")
    });
    let wrapped = format!("<script>{}</script>", wrapped.concat());
    pages.push(("wrapped".into(), page("wrapped", standard, &wrapped), true));
    for (at, native) in NATIVES.iter().enumerate() {
        // While recording is under way, one breaks.
        let name = format!("broken-{at}");
        let broken = format!(
            "<script>{{ const native = {native};
                 addEventListener('said', () => ({native} = () => {{ throw new Error('the page broke {native}') }}));
                 addEventListener('over', () => ({native} = native)) }}</script>"
        );
        pages.push((name.clone(), page(&name, standard, &broken), false));
    }
    pages
}

/// All text that was recorded of a page, or nothing.
fn recorded(sink: &Sink, name: &str) -> String {
    let bodies = sink.bodies(&format!("/{name}"));
    let mut batches: Vec<Batch> =
        bodies.iter().filter_map(|body| Batch::decode(body, usize::MAX).ok()).collect();
    batches.sort_by_key(|batch| batch.header.sequence);
    let mut model = Model::default();
    for timed in batches.iter().flat_map(|batch| &batch.records) {
        model.apply(&timed.record);
    }
    assert_eq!(model.unresolved(), 0, "{name}");
    model.text_of(model.document())
}

fn visit(browser: &Browser, site: &Site, sink: &Sink, name: &str, whole: bool) {
    if name == "refused" {
        // That of the pages before.
        browser.run("document.cookie = 'afterimage=; path=/; max-age=0'");
    }
    browser.go(&site.url(&format!("/{name}")));
    browser.wait_until(&format!("window.over /* {name} */"));
    assert_eq!(browser.ask("return heard", json!([])), json!([]), "{name}");
    let text = recorded(sink, name);
    let ended = browser.ask("return ended", json!([]));
    match name {
        // No WebAssembly may be made; a frame of no origin may load no module.
        "refused" | "frame" => {
            assert_eq!(
                ended,
                json!(["stopped load", false, true]),
                "{name}: quietly not, nothing left, and the page works"
            );
            let of = if name == "frame" { "sandboxed" } else { name };
            assert!(sink.bodies(&format!("/{of}")).is_empty(), "{name}: nothing was sent");
        }
        _ => assert_eq!(ended[0], "recording", "{name}"),
    }
    for said in ["here from the start", "said by a script", "clicked", "in the end"] {
        assert!(!whole || text.contains(said), "{name}: {said:?} is not in {text:?}");
    }
    for said in ["said in the form", "said outside of the page"] {
        assert!(name != "named" || text.contains(said), "{said:?} is not in {text:?}");
    }
}

in_every_engine! {
    fn hostile_pages_are_recorded_or_quietly_not(browser) {
        let sink = Sink::start();
        let pages = pages(&sink);
        let mut texts: Vec<(String, String)> = vec![
            ("/page.js".into(), PAGE.into()),
            ("/zone.js".into(), zone()),
        ];
        texts.extend(pages.iter().map(|(name, html, _)| (format!("/{name}"), html.clone())));
        let folders = vec![("/".to_owned(), xtask::sh::dist())];
        let site = Site::start(0, Pages { texts: texts.into_iter().collect(), folders, ..Pages::default() }).expect("a port");
        for (name, _, whole) in pages.iter().filter(|(name, ..)| name != "sandboxed") {
            visit(browser, &site, &sink, name, *whole);
        }
    }
}

fn zone() -> String {
    let file =
        xtask::sh::root().join("crates/replay/tests/rrweb/node_modules/zone.js/bundles/zone.umd.min.js");
    std::fs::read_to_string(file).expect("Zone.js, which `cargo xtask test-e2e` installs")
}
