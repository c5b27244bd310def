//! Any bodies that were stored, exported.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afterimage_collector_fuzz::checks::session(bytes));
