//! What `fuzz/` checks, for its saved inputs and for others made of them: some changed at random, from a seed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // in helpers, too

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[path = "../../wire/tests/suite/any.rs"]
#[allow(dead_code, unreachable_pub)]
mod any;
#[path = "../fuzz/checks.rs"]
#[allow(unreachable_pub)]
mod checks;

/// What each target is given beyond the saved inputs; `FUZZ_SECONDS` for longer.
const TRIES: u32 = 100;

fn saved(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Numbers that look random and are the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    /// An input with bytes changed, repeated, left out, or taken from another.
    fn changed(&mut self, inputs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            let end = (at + self.below(16)).min(bytes.len());
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part.repeat(1 + self.below(9)));
                }
                4 => {
                    let other = &inputs[self.below(inputs.len())];
                    let from = self.below(other.len());
                    let part = other[from..(from + self.below(40)).min(other.len())].to_vec();
                    bytes.splice(at..end, part);
                }
                _ => bytes.insert(at, [0, 0x7f, 0x80, 0xff, b'/', b'%', b'\n', b'='][self.below(8)]),
            }
        }
        bytes
    }
}

fn check(target: &str, mut check: impl FnMut(&[u8])) {
    let inputs = saved(target);
    let long = std::env::var("FUZZ_SECONDS").ok().map(|s| Duration::from_secs(s.parse().unwrap()));
    let seed = std::env::var("FUZZ_SEED").map_or(1, |seed| seed.parse().unwrap());
    let (mut random, started) = (Random(seed), Instant::now());
    let mut tried = 0;
    for input in &inputs {
        check(input);
    }
    while long.map_or(tried < TRIES, |long| started.elapsed() < long) {
        let input = random.changed(&inputs);
        let shown = Shown(&input);
        check(shown.0);
        tried += 1;
    }
    println!("{target}: {} saved, {tried} of seed {seed}", inputs.len());
}

/// Prints an input that breaks a check.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("input: {}", self.0.escape_ascii());
        }
    }
}

#[test]
fn any_request_is_answered() {
    let mut bed = checks::Bed::new();
    check("request", |bytes| bed.request(bytes));
}

#[test]
fn whatever_is_stored_can_be_exported() {
    check("session", checks::session);
}

#[test]
fn any_records_can_be_exported() {
    check("drawn", checks::drawn);
}

#[test]
fn elements_nested_as_deeply_as_a_batch_holds_can_be_exported() {
    checks::nested(5_000);
}
