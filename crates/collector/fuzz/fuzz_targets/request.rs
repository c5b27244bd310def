//! Any request: target, headers and body.
#![no_main]

use afterimage_collector_fuzz::checks::Bed;

thread_local!(static BED: std::cell::RefCell<Bed> = std::cell::RefCell::new(Bed::new()));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| BED.with_borrow_mut(|bed| bed.request(bytes)));
