//! Tests of the format: properties, strictness, vectors, and the document that describes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, unreachable_pub)]

mod any;
mod blocks;
mod document;
mod golden;
mod javascript;
mod json;
mod properties;
mod sample;
mod saved;
mod strict;
