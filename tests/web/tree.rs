//! Snapshots of real nodes.

use afterimage_wire::record::Record;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page, wait};

#[wasm_bindgen_test]
async fn a_snapshot_is_the_page() {
    fixture(
        r#"<h1 class="big title" id="top" onclick="1" data-user="7">Hello <b>world</b>, again</h1><!-- no -->
        <ul><li data-state="open">One</li><li aria-expanded="true">Two &amp; three</li><li></li></ul>
        <p title="A word about us" lang="en">Text<br>and <img alt="A tree" width="10"> more</p>
        <script>window.never = 1</script><noscript>none</noscript><template><p>unused</p></template>
        <table><tbody><tr><td colspan="2">Cell</td></tr></tbody></table><details open=""><summary>More</summary>Less</details>"#,
    );
    let rig = Rig::start();
    rig.compare("at once").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn elements_that_answer_for_themselves_are_read_as_they_are() {
    fixture(
        r#"<form title="Odd names"><input name="getAttribute"><input name="getAttributeNames"></form>
        <div title="A scene" class="wide"></div>"#,
    );
    // As components do that keep what is parsed instead of what is written.
    page(
        "Object.assign(root.lastElementChild, {
             getAttribute: () => ({ x: 1 }),
             getAttributeNames() { throw new Error('ours') },
         })",
    )
    .await;
    let rig = Rig::start();
    rig.compare("at once").await;
    page("root.lastElementChild.title = 'Another scene'; root.querySelector('form').title = 'Odder names'")
        .await;
    rig.compare("changed").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn namespaces_are_kept() {
    fixture(
        r#"<svg viewBox="0 0 10 10" width="10"><g fill="red"><path d="M0 0L5 5"></path><linearGradient id="g"></linearGradient>
        <foreignObject><p>Inside <svg><circle r="1"></circle></svg></p></foreignObject></g></svg>
        <math><mrow><mi>name</mi><mo>=</mo><mn>12</mn></mrow></math><p>After</p>"#,
    );
    let rig = Rig::start();
    rig.compare("parsed").await;
    page(
        "const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
         svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'rect'), 'words');
         root.prepend(svg);
         root.querySelector('g').append(document.createElementNS('http://www.w3.org/2000/svg', 'circle'));
         root.querySelector('mrow').append(document.createElementNS('http://www.w3.org/1998/Math/MathML', 'mi'))",
    )
    .await;
    rig.compare("inserted").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn shadow_roots_are_recorded() {
    fixture(
        r#"<div id="declared"><template shadowrootmode="open"><p>In the <slot></slot> shade</p></template><b>Slotted</b></div>
        <section id="late">Light</section><article id="early"></article>"#,
    );
    page(
        "const early = document.getElementById('early').attachShadow({ mode: 'open' });
         early.innerHTML = '<i>Early</i><div></div>';
         early.lastChild.attachShadow({ mode: 'open' }).textContent = 'Nested'",
    )
    .await;
    let rig = Rig::start();
    rig.compare("at start").await;
    page(
        "const late = document.getElementById('late').attachShadow({ mode: 'open' });
         late.innerHTML = '<p>Late <span>one</span></p>';
         document.getElementById('declared').shadowRoot.firstChild.append('More')",
    )
    .await;
    rig.compare("attached later").await;
    page(
        "document.getElementById('late').shadowRoot.querySelector('span').remove();
         document.getElementById('early').shadowRoot.lastChild.shadowRoot.append('Deep', document.createElement('u'));
         const host = document.createElement('div');
         root.append(host);
         host.setHTMLUnsafe('<p><span><template shadowrootmode=open>Again</template></span></p>')",
    )
    .await;
    rig.compare("changed").await;
    // Two moves in one frame: the second is looked at when its event is long over.
    page(
        "const inside = document.getElementById('early').shadowRoot.firstChild;
         for (const x of [5, 6]) inside.dispatchEvent(new PointerEvent('pointermove', { clientX: x, composed: true, bubbles: true }));
         await tools.later(100);
         tools.happen(inside, 'click')",
    )
    .await;
    rig.flush().await;
    let moved =
        rig.records().into_iter().filter_map(|r| if let Record::Moves(m) = r { Some(m) } else { None });
    assert_eq!(moved.flat_map(|m| m.samples).last().map(|s| s.x), Some(6));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn frames_of_the_same_origin_are_recorded() {
    fixture(
        r#"<p>Before</p><iframe srcdoc="<!doctype html><title>Inner</title><p class=in>Inside <b>frame</b></p>"></iframe>"#,
    );
    wait(100).await;
    let rig = Rig::start();
    rig.compare("at start").await;
    page("root.querySelector('iframe').contentDocument.body.append('Later', document.createElement('hr'))")
        .await;
    rig.compare("changed inside").await;
    page(
        "const frame = document.createElement('iframe');
         frame.srcdoc = '<body><p>Second</p><iframe srcdoc=\"<p>Nested</p>\"></iframe>';
         root.append(frame);
         await new Promise((done) => (frame.onload = done));
         await tools.later(50)",
    )
    .await;
    rig.compare("added").await;
    page("root.prepend(root.lastElementChild); await new Promise((done) => (root.firstChild.onload = done)); await tools.later(50)").await;
    rig.compare("moved, which loads it anew").await;
    page("root.firstChild.remove()").await;
    rig.compare("removed").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn a_field_that_left_the_page_is_no_password_field() {
    fixture("<p>Words</p>");
    let rig = Rig::start();
    rig.compare("at start").await;
    page(
        "const area = document.createElement('textarea');
         area.value = 'window letter window';
         root.append(area);
         area.remove();
         await tools.later(100);
         root.append('window letter window')",
    )
    .await;
    rig.compare("said").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn what_was_outside_of_the_page_for_a_task_is_read_anew() {
    fixture("<div><p>First</p><p id=out>Second</p><b>Third</b></div><section></section>");
    let rig = Rig::start();
    rig.compare("at start").await;
    page(
        "const [part, section] = root.children;
         part.remove();
         await tools.soon();
         part.firstChild.className = 'changed';
         section.append(part.querySelector('#out'));
         await tools.soon();
         part.append('More');
         root.append(part);
         await tools.soon();
         part.lastChild.remove()",
    )
    .await;
    rig.compare("back").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn what_loads_late_is_recorded_when_it_is_there() {
    fixture("<iframe></iframe>");
    let rig = Rig::start();
    rig.compare("at start").await;
    page(
        "const frame = root.firstChild;
         await tools.later(150);
         frame.srcdoc = '<p>Late</p><iframe></iframe>';
         await new Promise((done) => (frame.onload = done))",
    )
    .await;
    rig.compare("loaded late").await;
    page(
        "const inner = root.firstChild.contentDocument.querySelector('iframe');
         await tools.later(150);
         inner.srcdoc = '<p>Nested</p>';
         await new Promise((done) => (inner.onload = done))",
    )
    .await;
    rig.compare("loaded late inside").await;
    page("root.firstChild.contentDocument.querySelector('p').click(); await tools.later(100)").await;
    page(
        "const link = document.createElement('link');
         link.rel = 'stylesheet';
         document.head.append(link);
         await tools.later(150);
         link.href = URL.createObjectURL(new Blob(['.late { color: rgb(1, 2, 3) }'], { type: 'text/css' }));
         await new Promise((done) => (link.onload = done));
         root.link = link",
    )
    .await;
    rig.flush().await;
    let sheets =
        rig.records().into_iter().filter(|r| matches!(r, Record::StyleSheet(s) if s.css.contains(".late")));
    assert_eq!(sheets.count(), 1, "sheets that say .late");
    page("root.link.remove()").await;
    let clicks = rig.records().into_iter().filter(|r| matches!(r, Record::Pointer(p) if p.action == 3));
    assert_eq!(clicks.count(), 1, "one click, one record");
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn fields_tell_their_state_and_not_what_is_in_them() {
    fixture(
        r#"<form><input id="name" value="Preset"><input id="empty"><input id="shut" type="password" value="Guarded">
        <input id="tick" type="checkbox" checked=""><textarea id="long">Preset</textarea>
        <select><option id="one">One</option><option id="two">Two</option></select></form>"#,
    );
    let rig = Rig::start();
    rig.compare("at start").await;
    let before = [
        "name Some(\"•••••\") false",
        "empty None false",
        "tick None true",
        "long Some(\"•••••\") false",
        "one None true",
        "two None false",
    ];
    let state = |wanted: &str| rig.state_of(wanted.split(' ').next().unwrap());
    for wanted in before {
        assert_eq!(state(wanted), wanted);
    }
    page(
        "for (const id of ['name', 'empty', 'shut', 'long']) {
             const field = document.getElementById(id);
             field.value = id === 'shut' ? 'Sheltered' : 'Entered';
             tools.happen(field, 'input', 'change');
         }
         document.getElementById('tick').click();
         root.querySelector('select').value = 'Two';
         tools.happen(root.querySelector('select'), 'input', 'change')",
    )
    .await;
    rig.compare("when filled in").await;
    let after = [
        "name Some(\"•••••\") false",
        "empty Some(\"•••••\") false",
        "tick None false",
        "long Some(\"•••••\") false",
        "one None false",
        "two None true",
    ];
    for wanted in after {
        assert_eq!(state(wanted), wanted);
    }
    assert!(!state("shut").contains("Some(\"Sheltered"), "{}", state("shut"));
    let bytes = rig.bytes().await;
    for never in [&b"Entered"[..], b"Preset", b"Guarded", b"Sheltered"] {
        assert!(!bytes.windows(never.len()).any(|w| w == never));
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn a_very_deep_page_is_recorded() {
    fixture("");
    page("root.hidden = true; let at = root; for (let i = 0; i < 5000; i++) { const next = document.createElement('div'); at.append(next); at = next; } at.append('Ground')").await;
    let rig = Rig::start();
    rig.compare("at start").await;
    page("let at = root; while (at.firstElementChild) at = at.firstElementChild; at.append('More'); at.parentNode.parentNode.className = 'near'").await;
    rig.compare("changed at the ground").await;
    page("const half = root.querySelector('.near'); root.append(half); root.firstChild.remove()").await;
    rig.compare("with the ground brought up").await;
    rig.stop().await;
    fixture("");
}

#[wasm_bindgen_test]
async fn a_very_wide_page_is_recorded_in_slices() {
    fixture("");
    page("for (let i = 0; i < 20000; i++) { const p = document.createElement('p'); p.textContent = 'Line'; root.append(p); }").await;
    let rig = Rig::start();
    // In the middle of the walk.
    page("await tools.soon(); root.children[19000].before('Behind the cursor'); root.firstChild.before('Before it'); root.children[10].append('In it')").await;
    rig.compare("changed while it was walked").await;
    page("const all = [...root.childNodes].reverse().slice(0, 2000); root.prepend(...all)").await;
    rig.compare("with a tenth moved").await;
    page("root.replaceChildren('Empty')").await;
    rig.compare("with all gone").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn a_busy_page_is_left_alone() {
    fixture("<p id=\"count\">Count</p><ul id=\"list\"></ul>");
    let rig = Rig::start();
    rig.compare("at rest").await;
    let before = rig.records().len();
    page(
        "const [text, list] = [root.querySelector('p').firstChild, root.querySelector('ul')];
        for (const end = performance.now() + 600; performance.now() < end; await tools.soon()) {
            for (const rest = performance.now() + 10; performance.now() < rest; );
            text.data += ' on';
            list.innerHTML = '<li>Row</li>';
        }",
    )
    .await;
    rig.compare("when it has worked").await;
    let texts = rig.records().into_iter().skip(before).filter(|r| matches!(r, Record::Texts(_))).count();
    // Every 50 ms it would be six or more.
    assert!((1..=4).contains(&texts), "{texts} looks at the page");
    rig.stop().await;
}
