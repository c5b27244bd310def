//! Where clicks hit, and what they come to; how text came that was not typed key by key.

use afterimage_wire::Record;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page};

/// Clicks as a pointer does them: on an element, at a part of its box.
const CLICK: &str = "
    const click = (node, across = 0.5, down = 0.5) => {
        const box = node.getBoundingClientRect();
        const [clientX, clientY] = [box.left + box.width * across, box.top + box.height * down];
        for (const type of ['pointerdown', 'pointerup', 'click'])
            node.dispatchEvent(new PointerEvent(type, { clientX, clientY, bubbles: true, composed: true, cancelable: true }));
    };
    const [wide, quiet, field] = root.children;";

fn script(body: &str) -> String {
    format!("{CLICK}{body}")
}

/// The signs that were told, with the tag of the element each is about.
fn hits(rig: &Rig) -> Vec<(u32, u32, u32, u32)> {
    let all = rig.records().into_iter();
    all.filter_map(|r| if let Record::Hit(h) = r { Some((h.sign, h.node, h.left, h.top)) } else { None })
        .collect()
}

fn start() -> Rig {
    fixture(
        "<button style='width: 400px; height: 100px'>Wide</button><div style='height: 50px'>Quiet</div><input>",
    );
    Rig::start()
}

#[wasm_bindgen_test]
async fn clicks_are_told_where_they_hit() {
    let rig = start();
    rig.flush().await;
    page(&script("click(wide, 0.25, 0.5); await tools.later(20); click(quiet, 1, 0); quiet.click()")).await;
    rig.flush().await;
    let hits = hits(&rig);
    assert!(
        matches!(hits[..], [(0, a, 240..=260, 480..=520), (0, b, 990..=1000, 0..=20)] if a != 0 && b > a),
        "{hits:?}"
    );
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn rage_dead_and_error_clicks_are_told() {
    let rig = start();
    rig.flush().await;
    page(&script(
        "quiet.onclick = () => quiet.append('!');
         for (let i = 0; i < 4; i++) click(quiet), await tools.later(20);
         dispatchEvent(new ErrorEvent('error', { message: 'it broke' }));
         // Of the page all is settled by then.
         await tools.later(500);
         // Changed before, as the pointer went down, or by a style sheet that no observer sees, and by nothing.
         wide.onpointerdown = () => (quiet.textContent = 'down');
         click(wide);
         await tools.later(2700);
         wide.onpointerdown = null;
         const sheet = new CSSStyleSheet();
         document.adoptedStyleSheets.push(sheet);
         wide.onclick = () => sheet.insertRule('button { color: teal }');
         click(wide);
         await tools.later(2700);
         wide.onclick = null;
         click(field);
         click(wide);
         await tools.later(2700);
         document.adoptedStyleSheets = []",
    ))
    .await;
    rig.flush().await;
    let hits = hits(&rig);
    let signs: Vec<(u32, u32)> = hits.iter().filter(|h| h.0 != 0).map(|h| (h.0, h.1)).collect();
    let (wide, quiet) = (hits[hits.len() - 1].1, hits[0].1);
    assert_eq!(signs, [(1, quiet), (3, quiet), (2, wide)], "{hits:?}");
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn text_that_was_composed_or_filled_in_is_a_fact() {
    fixture("<input name=q><input type=password><input name=mail>");
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const [query, password, mail] = root.children;
         for (const field of [query, password]) {
             field.value = 'wordcomposed';
             field.dispatchEvent(new CompositionEvent('compositionend', { data: 'wordcomposed', bubbles: true, composed: true }));
         }
         for (const field of [mail, password]) {
             const { matches } = field;
             field.matches = (selector) => selector === ':autofill' || matches.call(field, selector);
             field.value = 'wordfilledin';
             tools.happen(field, 'input', 'change');
         }
         query.value = 'typed';
         tools.happen(query, 'input', 'change')",
    )
    .await;
    rig.flush().await;
    let all = rig.records();
    let told: Vec<_> = all
        .iter()
        .filter_map(|r| if let Record::Transfer(t) = r { Some((t.action, t.node)) } else { None })
        .collect();
    assert!(matches!(told[..], [(5, query), (6, mail)] if query != 0 && query < mail), "{told:?}");
    let sent = String::from_utf8_lossy(&rig.bytes().await).into_owned();
    assert!(!sent.contains("wordcomposed") && !sent.contains("wordfilledin"));
    rig.stop().await;
}
