//! afterimage: a session recorder for web pages that proves what it never collects.
//!
//! The engine is plain Rust and is tested natively; `web` binds it to a browser.

pub mod batch;
pub mod capture;
pub mod deflate;
pub mod dom;
pub mod last_words;
pub mod privacy;
pub mod recorder;
#[cfg(target_arch = "wasm32")]
pub mod web;
