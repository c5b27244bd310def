//! Frames and shadow trees: realms and trees of their own, in which the page's own listeners and layers hear nothing.

use afterimage_wire::record::{Pointer, Record};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page};

/// A page with a frame, `root.inner` its document, `root.view` its window.
async fn framed(frame: &str) {
    fixture(&format!("<p>Before</p><iframe style='border: 3px solid' srcdoc=\"{frame}\"></iframe>"));
    page(
        "const frame = root.querySelector('iframe');
         await new Promise((done) => (frame.onload = done));
         [root.inner, root.view] = [frame.contentDocument, frame.contentWindow]",
    )
    .await;
}

fn pointers(rig: &Rig) -> Vec<Pointer> {
    rig.records()
        .into_iter()
        .filter_map(|r| if let Record::Pointer(p) = r { Some(p) } else { None })
        .collect()
}

fn css(rig: &Rig) -> Vec<String> {
    rig.records()
        .into_iter()
        .filter_map(|r| match r {
            Record::StyleRule(r) => Some(format!("{:?} {}", r.path, r.rule.as_deref().unwrap_or("gone"))),
            Record::StyleSheet(s) => Some(s.css.to_string()),
            Record::AdoptedSheets(a) => Some(format!("adopted {}", a.sheets.len())),
            _ => None,
        })
        .collect()
}

#[wasm_bindgen_test]
async fn style_sheets_of_frames_are_followed() {
    framed("<style>p { margin: 0 }</style><p>Inside</p><div></div>").await;
    let rig = Rig::start();
    rig.compare("at start").await;
    let before = css(&rig).len();
    page(
        "const { sheet } = root.inner.querySelector('style');
         sheet.insertRule('.first { top: 1px }', 1);
         sheet.deleteRule(0);
         const made = new root.view.CSSStyleSheet();
         made.replaceSync('.second { top: 2px }');
         root.inner.adoptedStyleSheets = [made];
         await tools.later(100);
         made.replaceSync('.third { top: 3px }');
         await tools.later(100);
         await made.replace('.fourth { top: 4px }');
         await tools.later(100);
         const shadow = root.inner.querySelector('div').attachShadow({ mode: 'open' });
         shadow.adoptedStyleSheets = [made]",
    )
    .await;
    rig.compare("changed").await;
    let said = css(&rig)[before..].join("\n");
    for wanted in ["[1] .first", "[0] gone", ".second", "adopted 1", ".third", ".fourth"] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    assert_eq!(said.matches("adopted 1").count(), 2, "{said}");
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn style_sheets_of_hundreds_of_shadow_roots_are_followed() {
    fixture("");
    page(
        "for (let n = 0; n < 150; n++) {
             const host = document.createElement('div');
             host.attachShadow({ mode: 'open' }).innerHTML = `<p>${n}</p>`;
             root.append(host);
         }",
    )
    .await;
    let rig = Rig::start();
    rig.compare("at start").await;
    for change in [
        "root.children[3].shadowRoot.adoptedStyleSheets = [new CSSStyleSheet()]",
        "root.list = root.children[140].shadowRoot.adoptedStyleSheets; root.list.push(new CSSStyleSheet())",
        "root.list.push(new CSSStyleSheet()); root.title = 'Something else happened'",
        "for (const host of root.children) host.shadowRoot.adoptedStyleSheets = [root.list[0]]",
    ] {
        let before = css(&rig).len();
        page(change).await;
        rig.compare(change).await;
        let said = css(&rig)[before..].iter().filter(|said| said.starts_with("adopted")).count();
        assert_eq!(said, if change.starts_with("for") { 150 } else { 1 }, "{change}");
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn shadow_roots_in_frames_are_recorded() {
    framed("<div></div><section></section>").await;
    let rig = Rig::start();
    rig.compare("at start").await;
    page(
        "root.inner.querySelector('div').attachShadow({ mode: 'open' }).innerHTML = '<p>Open</p>';
         root.inner.querySelector('section').attachShadow({ mode: 'closed' }).innerHTML = '<p>Shut</p>'",
    )
    .await;
    rig.flush().await;
    let replayed = rig.replayed().join("\n");
    for wanted in ["#shadow open", "\"Open\"", "#shadow closed", "\"Shut\""] {
        assert!(replayed.contains(wanted), "{wanted} in {replayed}");
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn what_happens_in_frames_is_what_it_is() {
    framed("<form><input name=a></form><video></video><p>Words</p>").await;
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const { Event, PointerEvent } = root.view;
         const [form, video, p] = ['form', 'video', 'p'].map((name) => root.inner.querySelector(name));
         form.addEventListener('submit', (event) => event.preventDefault());
         form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
         video.dispatchEvent(new Event('volumechange'));
         p.dispatchEvent(new PointerEvent('pointerdown', { pointerType: 'touch', pointerId: 7, bubbles: true, clientX: 10, clientY: 20 }));
         p.dispatchEvent(new PointerEvent('pointerup', { pointerType: 'pen', bubbles: true }))",
    )
    .await;
    rig.flush().await;
    let records = rig.records();
    assert_eq!(records.iter().filter(|r| matches!(r, Record::Submit(s) if s.fields == 1)).count(), 1);
    assert_eq!(records.iter().filter(|r| matches!(r, Record::Media(m) if m.action == 3)).count(), 1);
    let pointers = pointers(&rig);
    assert_eq!(pointers.iter().map(|p| (p.device, p.id)).collect::<Vec<_>>(), [(2, 7), (1, 0)]);
    // Where the page has it: the frame's place, its border, and the place in the frame.
    let wanted = page(
        "const { left, top } = root.querySelector('iframe').getBoundingClientRect();
         return `${Math.trunc(left + 3) + 10} ${Math.trunc(top + 3) + 20}`",
    )
    .await;
    assert_eq!(wanted.as_string().unwrap(), format!("{} {}", pointers[0].x, pointers[0].y));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn what_stays_in_shadow_trees_is_heard() {
    fixture("<div></div><p>After</p>");
    page(
        "const shadow = root.querySelector('div').attachShadow({ mode: 'open' });
         shadow.innerHTML = `<form><input name=a><input type=checkbox></form><video></video>
             <section style='height: 20px; overflow: auto'><p style='height: 200px'>Tall</p></section><slot></slot><div></div>`;
         shadow.lastChild.attachShadow({ mode: 'open' }).innerHTML = '<video></video>';
         const light = document.createElement('input');
         light.type = 'checkbox';
         root.querySelector('div').append(light)",
    )
    .await;
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const shadow = root.querySelector('div').shadowRoot;
         const form = shadow.querySelector('form');
         const quiet = (node, name) => node.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
         form.addEventListener('submit', (event) => event.preventDefault());
         quiet(form, 'submit');
         form.querySelector('[type=checkbox]').click();
         quiet(shadow.querySelector('video'), 'pause');
         quiet(shadow.lastChild.shadowRoot.firstChild, 'pause');
         root.querySelector('div > input').click();
         shadow.querySelector('section').scrollTop = 50;
         const link = document.createElement('link');
         link.rel = 'stylesheet';
         link.href = URL.createObjectURL(new Blob(['.shade { color: rgb(1, 2, 3) }'], { type: 'text/css' }));
         const loaded = new Promise((done) => (link.onload = done));
         await tools.later(100);
         shadow.append(link);
         await loaded;
         await tools.later(100)",
    )
    .await;
    rig.flush().await;
    let records = rig.records();
    let count = |what: fn(&Record) -> bool| records.iter().filter(|r| what(r)).count();
    assert_eq!(count(|r| matches!(r, Record::Submit(_))), 1, "submits");
    // How each is when it is met, and that it pauses.
    assert_eq!(count(|r| matches!(r, Record::Media(_))), 4, "media");
    // Two boxes, whose `input` says nothing that `change` does not.
    assert_eq!(
        count(|r| matches!(r, Record::FormState(s) if s.flags & 12 == 12)),
        2,
        "boxes ticked by the visitor"
    );
    assert_eq!(count(|r| matches!(r, Record::StyleSheet(s) if s.css.contains(".shade"))), 1, "sheets");
    let scrolled = records.iter().filter_map(|r| if let Record::Scrolls(s) = r { Some(s) } else { None });
    assert_eq!(scrolled.flat_map(|s| &s.samples).last().map(|s| s.y), Some(50));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn documents_and_shadow_trees_that_went_are_let_go() {
    framed("<p>First</p>").await;
    page(
        "root.count = (view) => {
             let count = 0;
             const { addEventListener, removeEventListener, dispatchEvent } = view.EventTarget.prototype;
             view.EventTarget.prototype.addEventListener = function (...args) { count++; return addEventListener.apply(this, args) };
             view.EventTarget.prototype.removeEventListener = function (...args) { count--; return removeEventListener.apply(this, args) };
             return () => count;
         };
         root.frameCount = root.count(root.view);
         const host = document.createElement('div');
         host.attachShadow({ mode: 'open' }).textContent = 'Shade';
         root.shade = host.shadowRoot;
         let heard = 0;
         root.shade.addEventListener = function (...args) { heard++; return ShadowRoot.prototype.addEventListener.apply(this, args) };
         root.shade.removeEventListener = function (...args) { heard--; return ShadowRoot.prototype.removeEventListener.apply(this, args) };
         root.shadeCount = () => heard;
         root.append(host)",
    )
    .await;
    let rig = Rig::start();
    rig.flush().await;
    let counts = "return `${root.frameCount() > 0} ${root.shadeCount() > 0}`";
    assert_eq!(page(counts).await.as_string().unwrap(), "true true", "while they are there");
    page(
        "const frame = root.querySelector('iframe');
         root.lastChild.remove();
         frame.srcdoc = '<p>Second</p>';
         await new Promise((done) => (frame.onload = done));
         await tools.later(100)",
    )
    .await;
    rig.compare("after they went").await;
    assert_eq!(
        page("return `${root.frameCount()} ${root.shadeCount()}`").await.as_string().unwrap(),
        "0 0",
        "listeners on what is gone"
    );
    page("root.querySelector('iframe').contentDocument.querySelector('p').click()").await;
    rig.flush().await;
    assert_eq!(pointers(&rig).len(), 1, "the new document is heard once");
    rig.stop().await;
}
