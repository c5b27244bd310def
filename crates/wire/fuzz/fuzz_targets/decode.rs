//! Any bytes: the decoder returns, allocates no more than `FORMAT.md` promises, and what it accepts can be encoded.
//!
//! A fuzzer cannot guess a digest, so the bytes are tried as a payload too, behind a header that fits: first byte even
//! for a body, odd for a payload.
#![no_main]

use afterimage_wire::batch::{Batch, Header};
use afterimage_wire_fuzz::checks;
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fuzz_target!(|bytes: &[u8]| {
    let sealed;
    let body = match bytes.split_first() {
        Some((first, payload)) if first % 2 == 1 && *first != b'A' => {
            let mut header = Header::default();
            header.seal(payload);
            sealed = [&header.encode(), payload].concat();
            &sealed
        }
        _ => bytes,
    };
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let decoded = Batch::decode(body, checks::LIMIT);
    let cost = ALLOCATOR.peak_usage() - before;
    let payload = Header::decode(body).map_or(0, |(header, _)| header.payload_bytes as usize);
    assert!(cost <= 64 * payload.min(checks::LIMIT).max(body.len()) + (64 << 10), "{cost} bytes");
    drop(decoded);
    checks::decode(body);
});
