//! Pages that change at random while they are recorded, compared node by node.

use wasm_bindgen_test::wasm_bindgen_test;

use crate::rig::{Rig, fixture, page};

/// A page big enough that its walk takes several slices, and bursts of changes with pauses of every kind between.
async fn weather(seed: u32) {
    fixture(r#"<div><p>First</p></div><iframe srcdoc="<p>Inner</p>"></iframe><section>Last</section>"#);
    page("await new Promise((done) => (root.querySelector('iframe').onload = done))").await;
    page(&format!("root.storm = tools.storm({seed}); root.storm.burst(400)")).await;
    let rig = Rig::start();
    // While the first walk is under way.
    page(&format!(
        "const below = tools.random({seed});
         for (let i = 0; i < 8; i++) {{ root.storm.burst(1 + below(12)); await tools.soon(); }}"
    ))
    .await;
    rig.compare(&format!("seed {seed}, first walk")).await;
    for round in 0..12 {
        page(&format!(
            "const below = tools.random({seed} * 100 + {round});
             for (let i = below(6); i >= 0; i--) {{
                 root.storm.burst(1 + below(30));
                 await [() => 0, () => tools.soon(), () => tools.later(below(80))][below(3)]();
             }}"
        ))
        .await;
        rig.compare(&format!("seed {seed}, round {round}")).await;
    }
    rig.stop().await;
}

#[wasm_bindgen_test]
async fn random_changes_come_out_as_the_page_1() {
    for seed in 1..5 {
        weather(seed).await;
    }
}

#[wasm_bindgen_test]
async fn random_changes_come_out_as_the_page_2() {
    for seed in 5..9 {
        weather(seed).await;
    }
}

#[wasm_bindgen_test]
async fn random_changes_during_new_epochs_come_out_as_the_page() {
    fixture("<div><p>First</p></div>");
    page("root.storm = tools.storm(77); root.storm.burst(300)").await;
    let rig = Rig::start();
    for round in 0..8 {
        page("root.storm.burst(20); await tools.soon()").await;
        rig.recorder.pause();
        page("root.storm.burst(20); await tools.soon()").await;
        rig.recorder.resume();
        page("root.storm.burst(20); await tools.soon(); root.storm.burst(5)").await;
        rig.compare(&format!("round {round}")).await;
    }
    rig.stop().await;
}
