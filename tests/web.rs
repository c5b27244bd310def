//! The recorder in a real browser, on real nodes. `cargo xtask test-web` runs this in Chromium and in Firefox.
//!
//! The page is `web/page.js`; `web/rig.rs` records it and replays what was sent.

#![cfg(target_arch = "wasm32")]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "web/clicks.rs"]
mod clicks;
#[path = "web/ends.rs"]
mod ends;
#[path = "web/faults.rs"]
mod faults;
#[path = "web/frames.rs"]
mod frames;
#[path = "web/promises.rs"]
mod promises;
#[path = "web/rig.rs"]
mod rig;
#[path = "web/secrets.rs"]
mod secrets;
#[path = "web/storm.rs"]
mod storm;
#[path = "web/tree.rs"]
mod tree;
#[path = "web/why.rs"]
mod why;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
