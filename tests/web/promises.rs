//! What a recording holds, by the promises' ids: each row once, on real nodes and real events.

use afterimage_replay::ndjson;
use afterimage_wire::batch::Batch;
use afterimage_wire::record::{Pointer, Record};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, options, page};

fn records<T>(rig: &Rig, of: impl Fn(&Record) -> Option<T>) -> Vec<T> {
    rig.records().iter().filter_map(of).collect()
}

fn exported(batches: &[Batch]) -> String {
    let mut out = String::new();
    batches.iter().for_each(|batch| ndjson::decode_lines(batch, |line| out.push_str(&line)));
    out
}

#[wasm_bindgen_test]
async fn promise_r01_clicks_moves_and_scrolling_with_element_and_place() {
    fixture(
        "<button>Buy</button><section style='height: 20px; overflow: auto'><p style='height: 200px'>Tall</p></section>",
    );
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const button = root.querySelector('button');
         const at = (name, x, y, more) => button.dispatchEvent(new PointerEvent(name, { bubbles: true, composed: true, clientX: x, clientY: y, ...more }));
         at('pointermove', 1, 2);
         await tools.later(30);
         at('pointermove', 11, 12);
         at('pointerdown', 11, 12, { pointerType: 'touch', pointerId: 5 });
         at('pointerup', 11, 12, { pointerType: 'touch', pointerId: 5 });
         at('click', 11, 12, { pointerType: 'pen' });
         root.querySelector('section').scrollTop = 40;
         await tools.later(100)",
    )
    .await;
    rig.flush().await;
    let pointers: Vec<Pointer> =
        records(&rig, |r| if let Record::Pointer(p) = r { Some(p.clone()) } else { None });
    assert_eq!(
        pointers.iter().map(|p| (p.action, p.device, p.x, p.y)).collect::<Vec<_>>(),
        [(0, 2, 11, 12), (1, 2, 11, 12), (3, 1, 11, 12)]
    );
    assert!(pointers.iter().all(|p| p.node != 0));
    let moves =
        records(&rig, |r| if let Record::Moves(m) = r { Some(m.samples.clone()) } else { None }).concat();
    assert_eq!(
        moves.iter().map(|s| (s.x, s.y, s.node)).collect::<Vec<_>>(),
        [(1, 2, pointers[0].node), (11, 12, pointers[0].node)]
    );
    let scrolls =
        records(&rig, |r| if let Record::Scrolls(s) = r { Some(s.samples.clone()) } else { None }).concat();
    assert!(scrolls.iter().any(|s| s.y == 40 && s.node != 0));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r01_r03_what_happens_in_one_go_is_told_as_it_happened() {
    fixture(
        "<input id=field><ul><li><input type=checkbox></li><li><input type=checkbox></li></ul><button>Clear</button>",
    );
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const [field, list, button] = root.children;
         const boxes = [...list.querySelectorAll('input')];
         button.onclick = () => (list.remove(), button.remove());
         for (const key of 'abc') {
             field.value += key;
             tools.happen(field, 'input');
             field.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
         }
         await tools.later(20);
         boxes.forEach((box) => box.click());
         await tools.soon();
         button.click();
         await tools.later(100)",
    )
    .await;
    rig.flush().await;
    let clicks = records(&rig, |r| if let Record::Pointer(p) = r { Some(p.node) } else { None });
    let keys = records(&rig, |r| if let Record::Key(k) = r { Some((k.category, k.node)) } else { None });
    let ticked = records(&rig, |r| if let Record::FormState(s) = r { Some((s.flags, s.node)) } else { None });
    assert!(matches!(clicks[..], [one, two, three] if one != 0 && one < two && two < three), "{clicks:?}");
    assert!(matches!(keys[..], [(0, a), (0, b), (0, c)] if a != 0 && a == b && b == c), "{keys:?}");
    // Can be chosen, is, and the visitor did it.
    assert_eq!(
        ticked.into_iter().filter(|(flags, _)| flags & 2 != 0).collect::<Vec<_>>(),
        [(14, clicks[0]), (14, clicks[1])]
    );
    let times: Vec<u32> = rig
        .batches()
        .iter()
        .flat_map(|batch| batch.records.iter())
        .filter(|timed| matches!(timed.record, Record::Pointer(_) | Record::Key(_)))
        .map(|timed| timed.time_ms)
        .collect();
    assert!(times.is_sorted() && times[3] - times[2] >= 15, "when they happened: {times:?}");
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn what_happens_in_a_pause_is_not_told_after_it() {
    fixture("<button>Buy</button>");
    let rig = Rig::start();
    rig.flush().await;
    page("root.firstChild.click()").await;
    rig.recorder.pause();
    page(
        "root.firstChild.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: 5, clientY: 5 }));
         root.firstChild.click()",
    )
    .await;
    rig.recorder.resume();
    page("await tools.later(100)").await;
    rig.flush().await;
    let clicks = records(&rig, |r| matches!(r, Record::Pointer(_)).then_some(()));
    let moves = records(&rig, |r| matches!(r, Record::Moves(_)).then_some(()));
    assert_eq!((clicks.len(), moves.len()), (1, 0), "one click before the pause");
    rig.stop().await;
}

/// Types into a field as a visitor would.
async fn enter(id: &str, text: &str) {
    page(&format!(
        "const field = document.getElementById('{id}');
         field.focus();
         for (let i = 1; i <= {}; i++) {{
             const key = '{text}'[i - 1];
             field.dispatchEvent(new KeyboardEvent('keydown', {{ key, bubbles: true, composed: true }}));
             tools.happen(field, 'beforeinput');
             field.value = '{text}'.slice(0, i);
             tools.happen(field, 'input');
         }}
         tools.happen(field, 'change');
         field.blur()",
        text.len()
    ))
    .await;
}

#[wasm_bindgen_test]
async fn promise_r02_what_is_typed_is_masked_unless_its_owner_unmasks_it() {
    fixture(
        "<input id=a name=street><input id=b name=town data-afterimage=unmask><input id=c type=password data-afterimage=unmask>",
    );
    let rig = Rig::start();
    rig.flush().await;
    for (id, text) in [("a", "Highroad"), ("b", "Lanternby"), ("c", "Zubrowka")] {
        enter(id, text).await;
    }
    rig.flush().await;
    let values =
        records(&rig, |r| if let Record::FormState(s) = r { Some(s.value.to_string()) } else { None });
    assert!(values.iter().any(|v| v == "•••••") && values.iter().any(|v| v == "Lanternby"), "{values:?}");
    let sent = String::from_utf8_lossy(&rig.bytes().await).into_owned();
    assert!(!sent.contains("Highr") && !sent.contains("Zubro"));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r03_keystrokes_as_categories_and_none_in_a_password() {
    fixture("<input id=a><input id=b type=password>");
    let rig = Rig::start();
    rig.flush().await;
    enter("b", "abc").await;
    page("await tools.later(250)").await;
    enter("a", "xy").await;
    page(
        "for (const key of ['Enter', 'Tab', 'Backspace', 'ArrowLeft', ' '])
             document.getElementById('a').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }));
         document.getElementById('a').dispatchEvent(new KeyboardEvent('keydown', { key: 'c', ctrlKey: true, bubbles: true, composed: true }))",
    )
    .await;
    rig.flush().await;
    let keys = records(&rig, |r| if let Record::Key(k) = r { Some(k.category) } else { None });
    assert_eq!(keys, [0, 0, 1, 2, 3, 6, 10, 9]);
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r04_submissions_say_which_form_how_full_how_long_and_what_came_of_it() {
    fixture(
        "<form><input id=a name=street><input id=b name=town required><input type=hidden name=t value=x></form>
         <iframe name=nowhere></iframe>",
    );
    page(
        "root.form = root.querySelector('form');
         root.form.action = 'about:blank'; root.form.target = 'nowhere';
         root.form.addEventListener('submit', (event) => root.kept || event.preventDefault())",
    )
    .await;
    let rig = Rig::start();
    rig.flush().await;
    enter("a", "Highroad").await;
    page("await tools.later(120); root.form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))").await;
    rig.flush().await;
    page("root.form.requestSubmit()").await;
    rig.flush().await;
    enter("b", "Town").await;
    page("root.form.requestSubmit(); root.kept = true; await tools.later(20); root.form.requestSubmit()")
        .await;
    rig.flush().await;
    let submits = records(&rig, |r| if let Record::Submit(s) = r { Some(s.clone()) } else { None });
    // A script's event on a form that is not valid, refused, taken over by the page, sent.
    let told: Vec<_> = submits.iter().map(|s| (s.fields, s.filled, s.state)).collect();
    assert_eq!(told, [(2, 1, 2), (2, 1, 4), (2, 2, 3), (2, 2, 1)]);
    assert!(submits[0].node != 0 && submits[0].elapsed >= 100 && submits[1].elapsed < 100, "{submits:?}");
    let told = exported(&rig.batches());
    assert!(told.contains("\"kind\":\"submit\"") && !told.contains("Highr"));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r05_pages_and_where_they_were_come_from_without_what_is_secret_in_urls() {
    fixture("<p>Words</p>");
    page("root.home = location.href; history.pushState(null, '', '/shop/list?page=2&token=abcdefghijklmnop&email=a@b.example#top')")
        .await;
    let rig = Rig::with(&options(&[("query", "page")]));
    rig.flush().await;
    page(
        "history.pushState(null, '', '/shop/item/4711?page=3&token=abcdefghijklmnop');
         root.append('Item');
         await tools.later(120);
         history.replaceState(null, '', '/shop/item/4712');
         root.append('Other');
         await tools.later(120)",
    )
    .await;
    rig.flush().await;
    page("history.replaceState(null, '', root.home)").await;
    let view = records(&rig, |r| if let Record::PageView(p) = r { Some(p.clone()) } else { None }).remove(0);
    assert!(view.url.ends_with("/shop/list?page=2"), "{}", view.url);
    assert!(view.index >= 1 && (view.referrer.is_empty() || view.referrer.starts_with("http")));
    let went =
        records(
            &rig,
            |r| if let Record::Navigation(n) = r { Some((n.how, n.url.to_string())) } else { None },
        );
    let to = |end: &str| went.iter().any(|(_, url)| url.ends_with(end));
    assert!(to("/shop/item/4711?page=3") && to("/shop/item/4712"), "{went:?}");
    let sent = String::from_utf8_lossy(&rig.bytes().await).into_owned();
    assert!(!sent.contains("abcde") && !sent.contains("a@b"));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r06_one_environment_record_and_no_fingerprint() {
    fixture("<canvas></canvas>");
    page(
        "root.probed = [];
         for (const [owner, name] of [[HTMLCanvasElement.prototype, 'toDataURL'], [HTMLCanvasElement.prototype, 'getContext'], [Navigator.prototype, 'plugins'], [Navigator.prototype, 'hardwareConcurrency'], [Navigator.prototype, 'deviceMemory'], [globalThis, 'AudioContext'], [globalThis, 'OfflineAudioContext']]) {
             const whole = Object.getOwnPropertyDescriptor(owner, name);
             if (whole) Object.defineProperty(owner, name, { configurable: true, get: () => (root.probed.push(name), whole.value ?? whole.get?.call(navigator)) });
         }",
    )
    .await;
    let rig = Rig::start();
    rig.flush().await;
    let all = records(&rig, |r| if let Record::Environment(e) = r { Some(e.clone()) } else { None });
    assert_eq!(all.len(), 1);
    let e = &all[0];
    assert!(!e.browser.is_empty() && e.browser.len() < 20 && !e.os.is_empty(), "{} {}", e.browser, e.os);
    assert!(
        e.screen_width > 0 && e.pixel_ratio > 0 && e.time_zone.contains(':') && e.languages.contains("en")
    );
    assert_eq!(page("return root.probed.join()").await.as_string().unwrap(), "");
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r08_the_page_comes_out_as_it_was_through_every_change() {
    fixture("<ul><li>One</li></ul>");
    let rig = Rig::start();
    rig.compare("at start").await;
    page("root.querySelector('ul').append(document.createElement('li')); root.querySelector('li').firstChild.data = 'Two'; root.title = 'Shop'").await;
    rig.compare("changed").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r11_return_visits_are_a_count_and_a_day_in_the_browser() {
    fixture("<p>Words</p>");
    page("localStorage.removeItem('afterimage_visits'); document.cookie = 'afterimage=; path=/; max-age=0'")
        .await;
    let visits = |rig: &Rig| {
        records(rig, |r| if let Record::PageView(p) = r { Some((p.visits, p.index)) } else { None })[0]
    };
    let mut seen = Vec::new();
    for again in [false, true, false] {
        if !again {
            page("document.cookie = 'afterimage=; path=/; max-age=0'").await;
        }
        let rig = Rig::start();
        rig.flush().await;
        seen.push(visits(&rig));
        rig.stop().await;
    }
    // The second page view is of the same visit; the third begins another.
    assert_eq!(seen, [(0, 1), (0, 2), (1, 1)]);
    let kept = page("return localStorage.getItem('afterimage_visits')").await.as_string().unwrap();
    assert!(kept.len() < 12 && kept.chars().all(|c| c.is_ascii_hexdigit() || c == '.'), "{kept}");
}

#[wasm_bindgen_test]
async fn promise_r12_how_the_page_loaded_and_answered_is_measured_once() {
    fixture("<p>Words</p>");
    let rig = Rig::start();
    page("await tools.later(300)").await;
    rig.flush().await;
    rig.flush().await;
    let vitals = records(&rig, |r| if let Record::Vital(v) = r { Some((v.metric, v.value)) } else { None });
    for metric in [0, 5, 6] {
        let of: Vec<_> = vitals.iter().filter(|v| v.0 == metric).collect();
        assert!(of.len() == 1 && of[0].1 < 600_000, "{metric}: {vitals:?}");
    }
    assert!(vitals.iter().find(|v| v.0 == 5).unwrap().1 <= vitals.iter().find(|v| v.0 == 6).unwrap().1);
    assert!(exported(&rig.batches()).contains("\"metric\":\"ttfb\""));
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_r13_contacts_by_scheme_and_the_campaign_that_led_there() {
    fixture(
        "<a href='tel:+491701234567'>Call</a><a href='mailto:anna@shop.example?body=secretletter'><b>Write</b></a>
         <a href='whatsapp://send?phone=491701234567&text=secretletter'>Chat</a><a href='#x'>No</a>",
    );
    page("root.home = location.href; history.pushState(null, '', '/?utm_source=letter&utm_id=private'); root.addEventListener('click', (event) => event.preventDefault())").await;
    let rig = Rig::with(&options(&[("query", "utm_source,utm_campaign")]));
    rig.flush().await;
    page("for (const link of root.querySelectorAll('a:not(:has(b)), b')) link.click()").await;
    rig.flush().await;
    page("history.replaceState(null, '', root.home)").await;
    let contacts = records(&rig, |r| {
        if let Record::Contact(c) = r { Some((c.scheme.to_string(), c.node != 0)) } else { None }
    });
    assert_eq!(contacts, ["tel", "mailto", "whatsapp"].map(|scheme| (scheme.to_owned(), true)));
    let view =
        records(&rig, |r| if let Record::PageView(p) = r { Some(p.url.to_string()) } else { None }).remove(0);
    assert!(view.ends_with("/?utm_source=letter"), "{view}");
    let sent = String::from_utf8_lossy(&rig.bytes().await).into_owned();
    for never in ["1701234567", "anna@", "secretletter"] {
        assert!(!sent.contains(never), "{never}");
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_n06_neither_clipboard_nor_files() {
    fixture("<input id=a type=file><input id=b name=q>");
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const data = new DataTransfer();
         data.items.add(new File(['Contentsoffile'], 'privatename.txt'));
         data.setData('text/plain', 'clipboardtext');
         const field = document.getElementById('a');
         field.files = data.files;
         tools.happen(field, 'input', 'change');
         for (const name of ['copy', 'paste']) {
             const event = new ClipboardEvent(name, { clipboardData: data, bubbles: true, composed: true });
             document.getElementById('b').dispatchEvent(event);
         }",
    )
    .await;
    rig.flush().await;
    assert_eq!(records(&rig, |r| if let Record::Transfer(t) = r { Some(t.action) } else { None }), [0, 2]);
    let sent = String::from_utf8_lossy(&rig.bytes().await).into_owned();
    for never in ["Contentsof", "privatename", "clipboardtext"] {
        assert!(!sent.contains(never), "{never}");
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_v06_nothing_leaves_after_stop_was_said() {
    fixture("<p>Words</p>");
    let rig = Rig::start();
    rig.flush().await;
    rig.recorder.event("before".into(), &JsValue::NULL);
    let sent = rig.sent().len();
    rig.recorder.discard();
    page("root.append('After'); await tools.later(100)").await;
    assert_eq!(rig.sent().len(), sent, "what was not sent is not sent any more");
}
