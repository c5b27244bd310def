//! `why(element)` names the rule that decides, and why it does: every class of rule once.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Recorder, Rig, fixture, options, page};

const PAGE: &str = r##"
    <p id=plain>Words</p>
    <div><input id=box maxlength=1><input maxlength=1><input maxlength=1><input maxlength=1></div>
    <input id=field name=q>
    <label>Word <input id=password type=password></label>
    <label>Other <input id=shown type=password></label>
    <input id=autocomplete autocomplete=cc-number>
    <label>Security code of your card <input id=words></label>
    <input id=hidden type=hidden value=x>
    <div id=edited contenteditable aria-label=Password><b id=within>x</b></div>
    <div id=pad><b>1</b><b>2</b><b>3</b><b>4</b><b>5</b><b>6</b><b>7</b><b>8</b><b>9</b><b id=key>0</b></div>
    <div class="big rr-mask"><p id=peer>Words</p></div>
    <p id=peerblock class=ph-no-capture>Words</p>
    <p id=peerignore class=sentry-ignore>Words</p>
    <div data-dd-privacy=mask id=datadog>Words</div>
    <p id=own data-afterimage=mask>Words</p>
    <div data-afterimage=block><p id=blocked>Words</p></div>
    <div data-clarity-mask><p id=lifted data-clarity-unmask>Words</p></div>
    <input id=unmaskedfield data-afterimage=unmask name=city>
    <p id=selected class=secretive>Words</p>
    <p id=unselected class=lift>Words</p>
    <p id=pattern>Pay with 4242 4242 4242 4242 today</p>
    <p id=mail data-afterimage=unmask>Write to 4242424242424242</p>
    <p id=echo>You said Xkq7Rw2pLm</p>
    <p id=step>None</p>
    <script id=script>0</script>"##;

/// Element, rule, reason.
const MATRIX: &[(&str, &str, &str)] = &[
    ("plain", "kept", "no rule withholds it"),
    ("field", "masked-value", "no field is unmasked unless its owner says so"),
    ("password", "protected-field", "its type"),
    ("shown", "protected-field", "it was a password field, or held a secret"),
    ("autocomplete", "protected-field", "its autocomplete"),
    ("words", "protected-field", "its name or label"),
    ("box", "protected-field", "one of several boxes for few characters"),
    ("hidden", "hidden-input", "its type"),
    ("edited", "protected-field", "its name or label"),
    ("within", "protected-field", "it is part of one"),
    ("key", "keypad", "what is pressed here changes a protected field, or is single characters"),
    ("peer", "masked-text", "rr-mask"),
    ("peerblock", "blocked", "ph-no-capture"),
    ("peerignore", "ignored", "sentry-ignore"),
    ("datadog", "masked-text", "data-dd-privacy"),
    ("own", "masked-text", "data-afterimage"),
    ("blocked", "blocked", "data-afterimage"),
    ("lifted", "unmasked", "data-clarity-unmask"),
    ("unmaskedfield", "unmasked", "data-afterimage"),
    ("selected", "masked-text", "an option's selector"),
    ("unselected", "unmasked", "an option's selector"),
    ("pattern", "card", "in its text; the rest is kept"),
    ("mail", "card", "in its text; the rest is kept"),
    ("echo", "echo", "in its text; the rest is kept"),
    ("step", "in-step", "it changed while a protected field was typed into"),
    ("script", "not-recorded", "it is no part of what the replay shows"),
];

fn why(recorder: &Recorder, id: &str) -> String {
    let document = web_sys::window().unwrap().document().unwrap();
    recorder.why(&document.get_element_by_id(id).unwrap())
}

#[wasm_bindgen_test]
async fn why_names_the_rule_and_the_reason() {
    fixture(PAGE);
    let rig = Rig::with(&options(&[("mask", ".secretive"), ("unmask", ".lift")]));
    rig.flush().await;
    page(
        "document.getElementById('shown').type = 'text';
         const field = document.getElementById('password');
         field.value = 'Xkq7Rw2pLm';
         tools.happen(field, 'beforeinput', 'input');
         document.getElementById('step').textContent = 'Weak';
         await tools.later(300)",
    )
    .await;
    rig.flush().await;
    for (id, rule, because) in MATRIX {
        assert_eq!(why(&rig.recorder, id), format!("{rule}: {because}"), "{id}");
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn why_names_the_policy() {
    fixture(PAGE);
    let rig = Rig::with(&options(&[("policy", "strict")]));
    rig.flush().await;
    assert_eq!(why(&rig.recorder, "plain"), "masked-text: policy strict");
    assert_eq!(why(&rig.recorder, "field"), "masked-value: policy strict");
    assert_eq!(why(&rig.recorder, "password"), "protected-field: its type");
    rig.stop().await;
}
