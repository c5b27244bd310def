//! Reducers: from single events to records. One kind of event a file; no browser, no strings.

pub mod governor;
pub mod held;
pub mod samples;
pub mod typing;
