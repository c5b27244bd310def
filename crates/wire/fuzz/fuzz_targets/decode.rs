//! Any bytes: the decoder returns, allocates no more than `FORMAT.md` promises, and what it accepts can be encoded.
#![no_main]

use afterimage_wire::batch::{Batch, Header};
use afterimage_wire_fuzz::checks;
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fuzz_target!(|bytes: &[u8]| {
    let body = checks::body(bytes);
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let decoded = Batch::decode(&body, checks::LIMIT);
    let cost = ALLOCATOR.peak_usage() - before;
    let payload = Header::decode(&body).map_or(0, |(header, _)| header.payload_bytes as usize);
    assert!(cost <= 64 * payload.min(checks::LIMIT).max(body.len()) + (64 << 10), "{cost} bytes");
    drop(decoded);
    checks::decode(&body);
});
