//! Whatever the page has made of its own functions: no fault of the recorder reaches it.

use afterimage_wire::Record;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page, run};

/// Everything the recorder asks of a browser.
const NATIVES: &str = "Node.prototype.firstChild Node.prototype.nextSibling Node.prototype.previousSibling \
    Node.prototype.parentNode Node.prototype.nodeType Node.prototype.isConnected Node.prototype.textContent \
    Node.prototype.compareDocumentPosition Node.prototype.nodeName Node.prototype.ownerDocument \
    CharacterData.prototype.data Element.prototype.attributes Element.prototype.localName \
    Element.prototype.namespaceURI Element.prototype.getAttribute Element.prototype.shadowRoot \
    Element.prototype.closest Element.prototype.matches Element.prototype.getBoundingClientRect \
    Element.prototype.scrollTop Element.prototype.scrollLeft NamedNodeMap.prototype.item \
    NamedNodeMap.prototype.length Attr.prototype.name Attr.prototype.value HTMLInputElement.prototype.value \
    HTMLInputElement.prototype.type HTMLInputElement.prototype.labels HTMLInputElement.prototype.checked \
    MutationRecord.prototype.target MutationRecord.prototype.addedNodes MutationRecord.prototype.removedNodes \
    MutationRecord.prototype.attributeName MutationRecord.prototype.oldValue MutationObserver.prototype.observe \
    MutationObserver.prototype.takeRecords MutationObserver.prototype.disconnect NodeList.prototype.item \
    NodeList.prototype.length Event.prototype.target Event.prototype.timeStamp Event.prototype.composedPath \
    Event.prototype.composed MouseEvent.prototype.clientX MouseEvent.prototype.button \
    PointerEvent.prototype.pointerType KeyboardEvent.prototype.key KeyboardEvent.prototype.getModifierState \
    WeakMap.prototype.get WeakMap.prototype.set Document.prototype.cookie Document.prototype.title \
    Document.prototype.hidden Document.prototype.documentElement Document.prototype.scrollingElement \
    Document.prototype.adoptedStyleSheets Document.prototype.compatMode Document.prototype.defaultView \
    HTMLIFrameElement.prototype.contentDocument HTMLFormElement.prototype.elements Storage.prototype.getItem \
    localStorage sessionStorage JSON.stringify Math.random Date.now Performance.prototype.now setTimeout \
    clearTimeout MessagePort.prototype.postMessage CSSStyleSheet.prototype.cssRules CSSRule.prototype.cssText \
    HTMLStyleElement.prototype.sheet getComputedStyle fetch Crypto.prototype.getRandomValues \
    StyleSheet.prototype.ownerNode Object.keys Reflect.get innerWidth MutationObserver MessageChannel \
    AbortController Navigator.prototype.userAgent Screen.prototype.width matchMedia";

const PAGE: &str = r#"<p>Words</p><form><label>Name <input name="n"></label><input type="password"><input type="checkbox">
    <textarea>Text</textarea><select><option>One</option></select></form><style>p { margin: 0 }</style>
    <a href="tel:123">Call</a><video></video>"#;

#[wasm_bindgen_test]
async fn a_fault_anywhere_does_not_reach_the_page() {
    let mut died = 0;
    for native in NATIVES.split_ascii_whitespace() {
        fixture(PAGE);
        let rig = Rig::start();
        rig.flush().await;
        page(&format!("root.visit = tools.visit(root); root.mend = tools.sabotage('globalThis.{native}')"))
            .await;
        // In a task of its own, as a page's: what the recorder calls is what breaks.
        page("await tools.soon(); root.visit.act(); await tools.later(60)").await;
        rig.call(|r| {
            r.event("name", &JsValue::from_f64(1.0));
            JsValue::NULL
        });
        rig.call(|r| r.flush().into());
        rig.call(|r| {
            r.pause();
            r.resume();
            JsValue::NULL
        });
        rig.call(|r| r.state());
        page("await tools.soon()").await;
        rig.call(|r| r.stop().into());
        page("await tools.later(20); root.mend(); root.verdict = root.visit.end()").await;
        let verdict = page("return root.verdict").await;
        assert_eq!(verdict.as_string().unwrap(), "no errors, heard all", "{native}");
        assert!(rig.collector.faults().length() <= 1, "{native}: one fault is the last");
        died += rig.collector.faults().length();
        rig.call(|r| {
            r.discard();
            JsValue::NULL
        });
        // A recorder that died is left as it is, like in a page.
        std::mem::forget(rig);
    }
    assert!(died > 30, "sabotage is felt: {died}");
}

/// Browsers that fill in forms, password managers and pages make events of any name without what such events have.
#[wasm_bindgen_test]
async fn events_that_lack_everything_are_no_fault() {
    fixture(PAGE);
    page(
        "root.heard = new Set();
         const { addEventListener } = EventTarget.prototype;
         root.mend = () => (EventTarget.prototype.addEventListener = addEventListener);
         EventTarget.prototype.addEventListener = function (type, ...how) {
             root.heard.add(type);
             return addEventListener.call(this, type, ...how);
         }",
    )
    .await;
    let rig = Rig::start();
    rig.flush().await;
    let heard = page(
        "root.mend();
         // Of leaving a page tells another test.
         const types = [...root.heard].filter((type) => !/^(pagehide|message)$/.test(type));
         const odd = { key: 7, data: {}, detail: {}, pointerType: 7, clientX: 'here', button: {}, reason: null, message: {} };
         // In Firefox anybody's `submit` submits.
         root.onsubmit = root.onclick = (event) => event.preventDefault();
         for (const type of types)
             for (const at of [window, document, document.body, ...root.querySelectorAll('*'), root.querySelector('p').firstChild])
                 for (const what of [{}, odd]) {
                     const event = new Event(type, { bubbles: true, composed: true, cancelable: true });
                     for (const name in what) Object.defineProperty(event, name, { value: what[name] });
                     at.dispatchEvent(event);
                 }
         await tools.later(400);
         root.append('after all of them');
         return types.join(' ')",
    )
    .await;
    assert!(heard.as_string().unwrap().split(' ').count() > 40, "{heard:?}");
    rig.flush().await;
    assert_eq!(rig.collector.faults().to_vec(), Vec::<JsValue>::new());
    let texts = format!("{:?}", rig.records());
    assert!(texts.contains("after all of them"), "it records");
    rig.stop().await;
}

/// A form's fields stand in place of its methods, by their names.
#[wasm_bindgen_test]
async fn a_form_whose_field_is_called_matches_is_submitted() {
    fixture("<form><input name=matches><button>Search</button></form>");
    let rig = Rig::start();
    rig.flush().await;
    page(
        "root.onsubmit = (event) => event.preventDefault();
         root.querySelector('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
         await tools.later(20)",
    )
    .await;
    rig.flush().await;
    let all = rig.records();
    assert!(all.iter().any(|record| matches!(record, Record::Submit(_))), "{all:?}");
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn a_fault_at_the_start_does_not_reach_the_page() {
    for native in NATIVES.split_ascii_whitespace() {
        fixture(PAGE);
        page(&format!("root.visit = tools.visit(root); root.mend = tools.sabotage('globalThis.{native}')"))
            .await;
        let rig = Rig::try_start();
        page("await tools.later(5)").await;
        page("root.mend(); root.visit.act(); await tools.soon()").await;
        let verdict = page("return root.visit.end()").await;
        assert_eq!(verdict.as_string().unwrap(), "no errors, heard all", "{native}");
        std::mem::forget(rig);
    }
}

#[wasm_bindgen_test]
async fn what_the_page_waits_for_is_settled_by_a_fault() {
    fixture(PAGE);
    let rig = Rig::start();
    rig.flush().await;
    rig.answer(1); // never
    page("root.append('More')").await;
    let waits = rig.call(|r| r.flush().into());
    page(
        "root.mend = tools.sabotage('globalThis.MutationRecord.prototype.target'); root.append('Once more')",
    )
    .await;
    let late = run("await tools.later(300); return 'late'");
    let first = js_sys::Promise::race(&js_sys::Array::of2(&waits, &late));
    let verdict = wasm_bindgen_futures::JsFuture::from(first).await.unwrap();
    page("root.mend()").await;
    assert_eq!(rig.collector.faults().length(), 1, "it died");
    assert_ne!(verdict.as_string().as_deref(), Some("late"), "flush() is settled");
    std::mem::forget(rig);
}
