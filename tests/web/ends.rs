//! How recordings end, and what they leave behind: nothing.

use afterimage_wire::record::Record;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page, wait};

async fn says(body: &str) -> String {
    page(body).await.as_string().unwrap()
}

#[wasm_bindgen_test]
async fn stop_gives_everything_back() {
    fixture(r#"<p>Words</p><div id="host"></div><iframe srcdoc="<p>Inner</p>"></iframe>"#);
    page("await new Promise((done) => (root.querySelector('iframe').onload = done)); root.natives = tools.natives(); root.tally = tools.tally()").await;
    let cookies = says("return document.cookie.replace(/(; )?afterimage=[^;]*/, '')").await;
    let rig = Rig::start();
    rig.flush().await;
    page("root.append('More'); const host = document.getElementById('host'); host.attachShadow({ mode: 'open' }); host.animate({ width: ['1px', '9px'] }, { duration: 100, iterations: Infinity }); await tools.later(100); root.append('Yet more')").await;
    wasm_bindgen_futures::JsFuture::from(rig.recorder.stop()).await.unwrap();
    let sent = rig.sent().len();
    assert_eq!(rig.recorder.state(), "stopped");
    assert!(rig.records().iter().any(|r| matches!(r, Record::Stop(_))));

    let same = "const now = tools.natives(); return `${now.length === root.natives.length && now.every((f, i) => f === root.natives[i])}`";
    assert_eq!(says("return `${root.tally.counts()}`").await, "true", "the test counts something");
    assert_eq!(says("return root.tally.taken()").await, "listeners 0, timers 0, observers 0, channels 0");
    page("root.tally.undo()").await;
    assert_eq!(says(same).await, "true", "native functions are as they were");
    assert_eq!(says("return document.cookie.replace(/(; )?afterimage=[^;]*/, '')").await, cookies);

    page("root.append('Unseen'); tools.happen(root, 'click', 'input', 'scroll'); await tools.later(300)")
        .await;
    assert_eq!(rig.sent().len(), sent, "nothing is sent after the end");
    rig.is_well();
}

#[wasm_bindgen_test]
async fn discard_sends_nothing_more() {
    fixture("<p>Words</p>");
    let rig = Rig::start();
    rig.flush().await;
    assert_eq!(says("return `${/afterimage=[0-9a-f]{32}/.test(document.cookie)}`").await, "true");
    rig.answer(503);
    page("root.append('Never'); await tools.later(100)").await;
    rig.recorder.event("never", &JsValue::NULL);
    let sent = rig.sent().len();
    rig.recorder.discard();
    assert_eq!(rig.recorder.state(), "stopped");
    page("root.append('Never'); tools.happen(root, 'click'); await tools.later(1800)").await;
    rig.flush().await;
    assert_eq!(rig.sent().len(), sent);
}

#[wasm_bindgen_test]
async fn a_pause_records_nothing_and_ends_with_a_new_epoch() {
    fixture("<p>Words</p>");
    let rig = Rig::start();
    rig.flush().await;
    rig.recorder.pause();
    assert_eq!(rig.recorder.state(), "paused");
    page("const passing = document.createElement('p'); passing.textContent = 'Passing'; root.append(passing); await tools.later(120); passing.remove(); root.append('Staying')").await;
    rig.recorder.resume();
    assert_eq!(rig.recorder.state(), "recording");
    rig.compare("after the pause").await;
    let epochs: Vec<u32> = rig
        .records()
        .iter()
        .filter_map(|r| if let Record::Snapshot(s) = r { Some(s.epoch) } else { None })
        .collect();
    assert_eq!(epochs, [1, 2]);
    let bytes = rig.bytes().await;
    assert!(!bytes.windows(7).any(|w| w == b"Passing"), "what happens in a pause is not recorded");
    assert!(bytes.windows(7).any(|w| w == b"Staying"));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn flush_waits_for_the_answer() {
    fixture("<p>Words</p>");
    let rig = Rig::start();
    rig.answer(503);
    let promise: JsValue = rig.recorder.flush().into();
    let done = std::rc::Rc::new(std::cell::Cell::new(false));
    let told = std::rc::Rc::clone(&done);
    wasm_bindgen_futures::spawn_local(async move {
        let _ = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(promise)).await;
        told.set(true);
    });
    wait(200).await;
    assert!(!done.get(), "nobody has taken it yet");
    rig.answer(204);
    wait(1800).await;
    assert!(done.get());
    rig.compare("in the end").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn nodes_bear_no_trace() {
    fixture(
        r#"<form><p class="a">Words<input type="password" value="x"></p><style>p { color: red }</style></form><div><template shadowrootmode="open"><b>In</b></template></div>"#,
    );
    page("globalThis.before = tools.traces()").await;
    let rig = Rig::start();
    page("tools.happen(root.querySelector('input'), 'input', 'focus', 'change', 'blur'); await tools.later(100)").await;
    rig.flush().await;
    assert_eq!(says("return `${tools.traces() === before}`").await, "true", "while it records");
    rig.stop().await;
    assert_eq!(says("return `${tools.traces() === before}`").await, "true", "afterwards");
}
