//! Recordings for `tests/rrweb/replay.mjs`, one JSON object a line: `name`, `events` for the player, and `checks`:
//! times with what the page was then.
//!
//! `recordings [COUNT [FIRST SEED]]`: that many of pages that change at random.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use afterimage_replay::recording::Session;
use afterimage_replay::rrweb;
use common::{Op, Page, batches};
use serde_json::{Value, json};

fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap());
    let (count, first) = (args.next().unwrap_or(20), args.next().unwrap_or(1));
    for seed in first..first + count {
        println!("{}", recording(seed));
    }
}

fn recording(seed: u64) -> Value {
    let page = Page::of(&ops(seed));
    let session = Session::from_batches(batches(&page.records, 50));
    let check = |(records, nodes): &(usize, Vec<Value>)| json!({ "time_ms": page.records[records - 1].time_ms, "nodes": nodes });
    let checks: Vec<Value> = page.checks.iter().map(check).collect();
    json!({ "name": format!("seed {seed}"), "events": rrweb::events(&session), "checks": checks })
}

/// The same changes for the same seed.
fn ops(seed: u64) -> Vec<Op> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    let length = 20 + random() % 200;
    (0..length).map(|_| [random(), random(), random(), random()]).collect()
}
