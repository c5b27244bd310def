//! What becomes of a recording.
//!
//! | from batches | to | with |
//! |---|---|---|
//! | one | NDJSON, a line a record | [`ndjson::decode_lines`] |
//! | a session's, in any order | page views in order, and what is wrong with them | [`recording::Session::from_batches`] |
//! | a session | rrweb events | [`rrweb::events`], [`rrweb::write`] |
//! | a session | NDJSON | [`ndjson::lines`] |
//! | a session | points of heatmaps, anchored to elements | [`heatmap::lines`] |
//! | a session | an account of it in plain words | [`story::tell`] |
//! | records | the page at that moment, node by node | [`model::Model`] |
//!
//! Nothing here panics on what a recording holds: what does not fit is counted or reported, and left out.

mod css;
mod frames;
pub mod heatmap;
pub mod model;
pub mod ndjson;
pub mod recording;
pub mod rrweb;
pub mod story;
mod timeline;
mod url;
#[cfg(feature = "viewer")]
pub mod viewer;
