//! Any bytes as an abridged payload.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| afterimage_wire_fuzz::checks::open(bytes));
