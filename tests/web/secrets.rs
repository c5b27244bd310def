//! What is typed into protected fields does not leave, wherever the page says it again.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page};

/// Five characters in a row of the secret in what was sent, forwards or backwards, with what is around them.
async fn leak(rig: &Rig, secret: &str) -> Option<String> {
    let sent = rig.bytes().await.to_ascii_lowercase();
    let secret = secret.to_ascii_lowercase();
    let backwards: Vec<u8> = secret.bytes().rev().collect();
    secret.as_bytes().windows(5).chain(backwards.windows(5)).find_map(|piece| {
        let at = sent.windows(5).position(|w| w == piece)?;
        let around = String::from_utf8_lossy(&sent[at.saturating_sub(60)..(at + 60).min(sent.len())]);
        Some(format!("{:?} of {secret:?} in {around:?}", String::from_utf8_lossy(piece)))
    })
}

/// Fails when any of the secret is in what was sent.
async fn withheld(rig: &Rig, secret: &str, when: &str) {
    let sent = rig.bytes().await.to_ascii_lowercase();
    assert!(sent.windows(9).any(|w| w == b"unrelated"), "{when}: what is no secret is sent");
    if let Some(leak) = leak(rig, secret).await {
        panic!("{when}: {leak}");
    }
}

/// Types letter by letter into the first field, and the page says it at every stage.
async fn type_and_echo(seed: u32, html: &str, between: &str) {
    type_into(seed, "root.querySelector('input')", html, between).await;
}

/// As [`type_and_echo`], into the field that an expression names.
async fn type_into(seed: u32, field: &str, html: &str, between: &str) {
    fixture(&format!("<p>Unrelated words</p><p class=old>Old</p><style>p {{ margin: 0 }}</style>{html}"));
    page("const frame = root.querySelector('iframe'); if (frame) await new Promise((done) => (frame.onload = done))").await;
    let rig = Rig::start();
    rig.flush().await;
    let typing = format!(
        "const field = {field};
         const secret = tools.secret({seed});
         const below = tools.random({seed});
         field.focus();
         for (let i = 1; i <= secret.length; i++) {{
             tools.happen(field, 'beforeinput');
             if (field.isContentEditable) field.textContent = secret.slice(0, i); else field.value = secret.slice(0, i);
             tools.happen(field, 'input');
             if (i === 4) {{ {between} }}
             if (below(2)) tools.echo(root, secret.slice(0, i));
             await [() => 0, () => tools.soon(), () => tools.later(60)][below(3)]();
         }}
         tools.happen(field, 'change', 'blur');
         tools.echo(root, secret);
         await tools.later(260);
         tools.echo(root, 'Welcome ' + secret + '!');
         await tools.later(80);
         field.remove();
         tools.echo(root, secret);
         await tools.later(260);
         tools.echo(root, secret);
         return secret"
    );
    let secret = page(&typing).await.as_string().unwrap();
    rig.recorder.event("typed", &secret.as_str().into());
    rig.flush().await;
    withheld(&rig, &secret, &format!("seed {seed}, {html}")).await;
    // A new epoch shows the page again.
    rig.recorder.pause();
    rig.recorder.resume();
    rig.flush().await;
    withheld(&rig, &secret, &format!("seed {seed}, {html}, again")).await;
    rig.stop().await;
    page("document.adoptedStyleSheets = []; document.title = 'Tests'").await;
}

#[wasm_bindgen_test]
async fn a_password_is_never_sent() {
    for seed in 1..4 {
        type_and_echo(seed, "<label>Password <input type=password></label>", "").await;
    }
}

#[wasm_bindgen_test]
async fn a_password_that_is_shown_is_never_sent() {
    for seed in 4..7 {
        type_and_echo(seed, "<label>Your word <input type=password></label>", "field.type = 'text'").await;
    }
}

#[wasm_bindgen_test]
async fn a_password_typed_before_the_field_says_so_is_never_sent() {
    type_and_echo(7, "<label>New password <input type=text></label>", "field.type = 'password'").await;
}

#[wasm_bindgen_test]
async fn a_one_time_code_is_never_sent() {
    type_and_echo(8, "<input autocomplete=one-time-code>", "").await;
}

#[wasm_bindgen_test]
async fn promise_n01_a_password_in_a_shadow_tree_is_never_sent() {
    let shade =
        "<div><template shadowrootmode=open><label>Word <input type=password></label></template></div>";
    type_into(9, "root.querySelector('div').shadowRoot.querySelector('input')", shade, "").await;
    let shown = "field.type = 'text'";
    type_into(10, "root.querySelector('div').shadowRoot.querySelector('input')", shade, shown).await;
    // Closed, and attached while it is recorded.
    let attach = "(() => {
        const shut = root.querySelector('div').attachShadow({ mode: 'closed' });
        shut.innerHTML = '<input type=password>';
        return shut.firstChild;
    })()";
    type_into(11, attach, "<div></div>", "").await;
}

#[wasm_bindgen_test]
async fn promise_n01_a_password_in_a_frame_is_never_sent() {
    let frame = "<iframe srcdoc=\"<label>Word <input type=password></label><div></div>\"></iframe>";
    let field = "root.querySelector('iframe').contentDocument.querySelector('input')";
    type_into(12, field, frame, "").await;
    type_into(13, field, frame, "field.type = 'text'").await;
    let attach = "(() => {
        const shut = root.querySelector('iframe').contentDocument.querySelector('div').attachShadow({ mode: 'closed' });
        shut.innerHTML = '<input type=password>';
        return shut.firstChild;
    })()";
    type_into(14, attach, frame, "").await;
}

#[wasm_bindgen_test]
async fn promise_n01_what_names_a_field_is_looked_for_beside_it() {
    let named = "<b id=said>Password</b><input aria-labelledby=said>";
    let shade = format!("<div><template shadowrootmode=open>{named}</template></div>");
    type_into(15, "root.querySelector('div').shadowRoot.querySelector('input')", &shade, "").await;
    // What says nothing stands between, or so much is said that its beginning has to do.
    for (seed, before) in [
        (25, format!("<p>Password{}</p><p>{}<input></p>", " it is".repeat(999), "<i></i>".repeat(300))),
        (26, format!("<p><!-- a --><i>   </i>\n<b> Password </b></p>{}<input>", "<i></i>".repeat(50))),
    ] {
        type_into(seed, "root.querySelector('input')", &before, "").await;
    }
    let frame = format!("<iframe srcdoc=\"{named}\"></iframe>");
    type_into(16, "root.querySelector('iframe').contentDocument.querySelector('input')", &frame, "").await;
}

#[wasm_bindgen_test]
async fn promise_n01_a_field_is_what_its_label_said_when_it_came() {
    for explained in [
        "<label>Kennwort <input></label>",
        "<div><span>Password</span><input></div>",
        "<label for=f>PIN</label><input id=f>",
    ] {
        fixture("<p>Unrelated words</p>");
        let rig = Rig::start();
        rig.flush().await;
        page(&format!(
            "root.insertAdjacentHTML('beforeend', '{explained}');
            await 0;
            const field = root.querySelector('input');
            root.prepend(field);
            field.value = 'meadowriver';
            root.querySelector('p').textContent = 'It is meadowriver';"
        ))
        .await;
        rig.flush().await;
        withheld(&rig, "meadowriver", explained).await;
        rig.stop().await;
    }
}

#[wasm_bindgen_test]
async fn promise_n01_a_field_may_become_one_while_it_is_typed_into() {
    let dots = "field.style.webkitTextSecurity = 'disc'";
    let sheet =
        "root.insertAdjacentHTML('beforeend', '<style>input { -webkit-text-security: disc }</style>')";
    for seed in 20..26 {
        for between in [dots, sheet, "field.type = 'password'", "field.autocomplete = 'cc-number'"] {
            type_and_echo(seed, "<input>", between).await;
        }
    }
}

/// One random page, filled in by a random visitor.
async fn scene(seed: u32) {
    fixture("<p>Unrelated words</p><p class=old>Old</p><style>p { margin: 0 }</style>");
    page(&format!("root.scene = tools.scene({seed}); await root.scene.ready")).await;
    let rig = Rig::start();
    let secrets = page("return root.scene.act()").await.as_string().unwrap();
    for secret in secrets.lines() {
        rig.recorder.event("said", &secret.into());
    }
    rig.flush().await;
    for secret in secrets.lines() {
        if leak(&rig, secret).await.is_some() {
            let story =
                page("return root.scene.story.join(String.fromCharCode(10))").await.as_string().unwrap();
            withheld(&rig, secret, &format!("seed {seed}:\n{story}\n")).await;
        }
    }
    page("root.scene.end()").await;
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn promise_n03_no_random_page_leaks_a_secret_1() {
    for seed in 1000..1150 {
        scene(seed).await;
    }
}

#[wasm_bindgen_test]
async fn promise_n03_no_random_page_leaks_a_secret_2() {
    for seed in 2000..2150 {
        scene(seed).await;
    }
}

#[wasm_bindgen_test]
async fn what_no_rule_protects_is_found_in_what_was_sent() {
    fixture("<p>Unrelated words</p><label>Your city <input data-afterimage=unmask></label>");
    let rig = Rig::start();
    rig.flush().await;
    page(
        "const field = root.querySelector('input');
         field.value = 'Lanternby';
         tools.happen(field, 'beforeinput', 'input', 'change', 'blur')",
    )
    .await;
    rig.flush().await;
    assert!(leak(&rig, "Lanternby").await.is_some_and(|leak| leak.contains("lante")));
    assert_eq!(leak(&rig, "Qzxvkjwpq").await, None);
    rig.stop().await;
}
