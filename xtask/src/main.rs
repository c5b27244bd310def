//! `cargo xtask` lists the commands.

use std::process::ExitCode;

use xtask::{Run, build, demo, instructions, lint, promises, size, test};

struct Command {
    name: &'static str,
    about: &'static str,
    run: Run,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "build",
        about: "everything, into dist/ and target/release/afterimage",
        run: build::build,
    },
    Command {
        name: "demo",
        about: "a recorded shop, its collector and replays, on loopback [--port N]",
        run: demo::demo,
    },
    Command {
        name: "test",
        about: "every test: native, in browsers, npm package, end to end",
        run: test::all,
    },
    Command { name: "test-native", about: "unit and property tests [ARGS of cargo test]", run: test::native },
    Command {
        name: "test-web",
        about: "the recorder inside Chromium and Firefox [ARGS of cargo test]",
        run: test::web,
    },
    Command {
        name: "test-npm",
        about: "the packed npm package in bundlers and in a browser",
        run: test::npm,
    },
    Command { name: "test-replay", about: "recordings in rrweb's player, node by node", run: test::replay },
    Command {
        name: "test-e2e",
        about: "recorder to replay in Chromium, Firefox, WebKit [ARGS of cargo test]",
        run: test::e2e,
    },
    Command {
        name: "fidelity",
        about: "what replays show of pages, beside rrweb's [--engine E] [--only A,B] [--pages DIR]",
        run: test::fidelity,
    },
    Command {
        name: "mutate",
        about: "pages that change at random, longer than in the tests; --engine E --seeds N --rounds N --from SEED",
        run: test::mutate,
    },
    Command {
        name: "faults",
        about: "what is lost when wire, collector and browser fail [--runs N] [--seed S] [--engine E] [--kind K]",
        run: test::faults,
    },
    Command {
        name: "exits",
        about: "what arrives of the last second of a page, beside others [--runs N --engine E --exit X --recorder R]",
        run: test::exits,
    },
    Command {
        name: "fuzz-smoke",
        about: "ten seconds of each fuzz target [--seconds N]",
        run: test::fuzz_smoke,
    },
    Command { name: "lint", about: "format, clippy, house rules, types of the JavaScript", run: lint::lint },
    Command { name: "size", about: "bytes a visitor downloads, against size-budget.toml", run: size::size },
    Command {
        name: "promises",
        about: "every promise and the tests that bear its id",
        run: promises::promises,
    },
    Command {
        name: "bench",
        about: "what recorders cost the page [--rounds=N --cases=a,b --recorders=a,b --throttle=4 --engine=E --pictures=FOLDER]",
        run: test::bench,
    },
    Command {
        name: "compression",
        about: "ways to compress batches: bytes, main thread, weight [--pages DIR]",
        run: test::compression,
    },
    Command {
        name: "cost",
        about: "what the privacy rules cost, with and without them [ROUNDS]",
        run: test::cost,
    },
    Command {
        name: "instructions",
        about: "instructions of the recorder's logic, against benches/instructions.txt [--save]",
        run: instructions::instructions,
    },
    Command { name: "package", about: "dist/*.tgz, the npm package as published", run: build::package },
    Command { name: "ci", about: "what CI runs: lint, size, test, instructions", run: test::ci },
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = args.collect();
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        help();
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprintln!("xtask: unknown command {name:?}; `cargo xtask` lists the commands");
        return ExitCode::from(2);
    };
    match (command.run)(&rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask {name}: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn help() {
    println!("cargo xtask COMMAND; each installs what it lacks, or says what to install\n");
    for Command { name, about, .. } in COMMANDS {
        println!("  {name:<12} {about}");
    }
}
