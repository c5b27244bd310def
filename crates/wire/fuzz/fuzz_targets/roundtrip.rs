//! Any batch, drawn from the bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afterimage_wire_fuzz::checks::roundtrip(bytes));
