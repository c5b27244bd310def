//! What the recorder's tests share.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test uses its part")]

pub mod dom;
pub mod replica;
pub mod rig;
