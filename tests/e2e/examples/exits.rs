//! `cargo xtask exits`: pages that are left in every way, and a table of what arrived of their last second.

use std::thread;

use afterimage_e2e::Engine;
use afterimage_e2e::exits::{Arrived, EXITS, Exit, RECORDERS, Recorder, leave};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).map(String::as_str)
    };
    let runs: usize = option("--runs").and_then(|n| n.parse().ok()).unwrap_or(3);
    println!("per cent of the last second, {runs} exits each\n");
    println!(
        "| engine | exit | page | afterimage | with the next visit | rrweb + sendBeacon | OpenReplay | Clarity |"
    );
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |");
    for engine in [Engine::Chromium, Engine::Firefox, Engine::WebKit] {
        if option("--engine").is_some_and(|only| only != engine.name()) {
            continue;
        }
        for exit in EXITS {
            if option("--exit").is_some_and(|only| !format!("{exit:?}").eq_ignore_ascii_case(only)) {
                continue;
            }
            for busy in [false, true] {
                println!("{}", row(engine, exit, busy, runs, option("--recorder")));
            }
        }
    }
}

/// The four side by side, each in a browser of its own: most of an exit is waiting.
fn row(engine: Engine, exit: Exit, busy: bool, runs: usize, only: Option<&str>) -> String {
    let all = |recorder: Recorder| (0..runs).map(|_| leave(engine, recorder, exit, busy)).collect::<Vec<_>>();
    let asked =
        RECORDERS.map(|recorder| only.is_none_or(|only| format!("{recorder:?}").eq_ignore_ascii_case(only)));
    let cells: Vec<Vec<Arrived>> = thread::scope(|scope| {
        let started: Vec<_> = RECORDERS
            .into_iter()
            .zip(asked)
            .map(|(recorder, asked)| scope.spawn(move || if asked { all(recorder) } else { Vec::new() }))
            .collect();
        started.into_iter().map(|each| each.join().unwrap_or_default()).collect()
    });
    let share = |all: &[Arrived], came: Option<usize>| {
        let of: usize = all.iter().map(|arrived| arrived.of).sum();
        came.filter(|_| of > 0)
            .map_or("-".to_owned(), |came| format!("{:.0}", came as f64 * 100.0 / of as f64))
    };
    let mut row = vec![
        engine.name().to_owned(),
        format!("{exit:?}").replace("Close", "close ").to_lowercase(),
        if busy { "busy" } else { "calm" }.to_owned(),
    ];
    for (recorder, all) in RECORDERS.into_iter().zip(&cells) {
        row.push(share(all, Some(all.iter().map(|arrived| arrived.at_once).sum())));
        if recorder == Recorder::Afterimage {
            row.push(share(all, all.iter().map(|arrived| arrived.later).sum()));
        }
    }
    format!("| {} |", row.join(" | "))
}
