//! `cargo xtask faults`: many visits over a wire that fails, and a table of what became of them.

use std::time::Instant;

use afterimage_e2e::Engine;
use afterimage_e2e::faults::{HEADING, KINDS, Outcome, run};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).map(String::as_str)
    };
    let number = |name: &str, otherwise| option(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let (runs, seed) = (number("--runs", 12), number("--seed", 1));
    let engine = match option("--engine") {
        Some("firefox") => Engine::Firefox,
        Some("webkit") => Engine::WebKit,
        _ => Engine::Chromium,
    };
    let started = Instant::now();
    let mut kept = true;
    println!("{} seed {seed}, {runs} runs of each kind\n{HEADING}", engine.name());
    for kind in KINDS {
        if option("--kind").is_some_and(|only| !format!("{kind:?}").eq_ignore_ascii_case(only)) {
            continue;
        }
        // NOTE: MiniBrowser under automation keeps nothing of a profile.
        if kind == afterimage_e2e::faults::Kind::Browser && engine == Engine::WebKit {
            continue;
        }
        let mut outcome = Outcome::default();
        for n in 0..runs {
            let one = run(engine, kind, seed + n, 10);
            // Said at once: the rest may take hours.
            for note in &one.notes {
                println!("  {kind:?}, {note}");
            }
            outcome.add(one);
        }
        println!("{:<12} {outcome}", format!("{kind:?}").to_lowercase());
        kept &= outcome.is_kept();
    }
    println!("{} s", started.elapsed().as_secs());
    if !kept {
        std::process::exit(1);
    }
}
