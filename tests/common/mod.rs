//! What the recorder's tests share.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test uses its part")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

pub mod dom;
pub mod echo;
pub mod labels;
pub mod line;
pub mod replica;
pub mod rig;
