//! What the targets share with the tests on stable.

#[path = "../../wire/tests/suite/any.rs"]
pub mod any;
pub mod checks;
