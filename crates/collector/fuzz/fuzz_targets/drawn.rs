//! Any records on any page, drawn from the bytes, exported.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afterimage_collector_fuzz::checks::drawn(bytes));
