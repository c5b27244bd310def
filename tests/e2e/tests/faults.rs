//! A short version of `cargo xtask faults`.

use afterimage_e2e::Engine;
use afterimage_e2e::faults::{HEADING, Kind, Outcome, run};

fn promise_k05_nothing_sealed_is_lost(kind: Kind) -> Outcome {
    let outcome = run(Engine::Chromium, kind, 1, 5);
    println!("{HEADING}\n{:<12} {outcome}", format!("{kind:?}"));
    assert!(outcome.is_kept() && outcome.stored > 0, "{:?}", outcome.notes);
    outcome
}

#[test]
fn promise_k05_nothing_sealed_is_lost_on_a_bad_wire() {
    promise_k05_nothing_sealed_is_lost(Kind::Wire);
}

#[test]
fn promise_k05_nothing_sealed_is_lost_when_the_collector_is_killed() {
    promise_k05_nothing_sealed_is_lost(Kind::Collector);
}

#[test]
fn promise_k05_nothing_sealed_is_lost_where_blocks_are_known_and_forgotten() {
    let outcome = promise_k05_nothing_sealed_is_lost(Kind::Known);
    assert!(outcome.abridged > 0);
}
