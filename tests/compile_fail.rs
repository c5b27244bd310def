//! What does not compile: a string of the page on its way out without the gate.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[test]
fn promise_n03_raw_strings_cannot_leave() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
