//! Any bytes as a header.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afterimage_wire_fuzz::checks::header(bytes));
