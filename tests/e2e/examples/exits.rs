//! `cargo xtask exits`: pages that are left in every way, and a table of what arrived of their last second.

use afterimage_e2e::Engine;
use afterimage_e2e::exits::{EXITS, leave};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).map(String::as_str)
    };
    let runs: usize = option("--runs").and_then(|n| n.parse().ok()).unwrap_or(3);
    println!("per cent of the last second, {runs} exits each\n");
    println!("| engine | exit | page | afterimage | with the next visit | rrweb + sendBeacon |");
    println!("| --- | --- | --- | ---: | ---: | ---: |");
    for engine in [Engine::Chromium, Engine::Firefox, Engine::WebKit] {
        if option("--engine").is_some_and(|only| only != engine.name()) {
            continue;
        }
        for exit in EXITS {
            if option("--exit").is_some_and(|only| !format!("{exit:?}").eq_ignore_ascii_case(only)) {
                continue;
            }
            for busy in [false, true] {
                let all: Vec<_> = (0..runs).map(|_| leave(engine, exit, busy)).collect();
                let of: usize = all.iter().map(|arrived| arrived.of).sum();
                let share = |came: usize| format!("{:.0}", came as f64 * 100.0 / of as f64);
                let later: Option<usize> = all.iter().map(|arrived| arrived.later).sum();
                println!(
                    "| {} | {} | {} | {} | {} | {} |",
                    engine.name(),
                    format!("{exit:?}").replace("Close", "close ").to_lowercase(),
                    if busy { "busy" } else { "calm" },
                    share(all.iter().map(|arrived| arrived.ours).sum()),
                    later.map_or("-".to_owned(), share),
                    share(all.iter().map(|arrived| arrived.theirs).sum()),
                );
            }
        }
    }
}
