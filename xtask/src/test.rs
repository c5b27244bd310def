//! `cargo xtask test` and its parts, and `ci`, which is all of it.

use std::thread;
use std::time::Instant;

use crate::sh::{
    cargo, command, dist, files, output, output_or_error, root, run, run_quietly, target, which, write,
};
use crate::{Result, Run, build, instructions, lint, setup, size};

/// Every test.
///
/// # Errors
/// When a tool is missing or a test fails.
pub fn all(_: &[String]) -> Result {
    // Drivers may have to be compiled: meanwhile everything else is.
    let browsers = thread::spawn(setup::browsers);
    native(&[])?;
    build::build(&[])?;
    browsers.join().map_err(|_| "installing the browsers failed")??;
    if root().join(WEB).exists() {
        web(&[])?;
    }
    npm(&[])?;
    replay(&[])?;
    e2e(&[])
}

/// What CI runs, what fails soonest first.
///
/// # Errors
/// When anything fails.
pub fn ci(_: &[String]) -> Result {
    let parts: [(&str, Run); 4] = [
        ("lint", lint::lint),
        ("size", size::size),
        ("test", all),
        ("instructions", instructions::instructions),
    ];
    for (name, part) in parts {
        let started = Instant::now();
        part(&[]).map_err(|error| format!("{name}: {error}"))?;
        println!("ci: {name} took {} s", started.elapsed().as_secs());
    }
    Ok(())
}

/// What needs no browser.
///
/// # Errors
/// When a test fails.
pub fn native(args: &[String]) -> Result {
    run(cargo()
        .args(["test", "--workspace", "--exclude", "afterimage-e2e", "--exclude", "afterimage-bindgen"])
        .args(args))
}

/// The recorder's own tests inside browsers.
const WEB: &str = "tests/web.rs";

/// `tests/web.rs` inside Chromium and Firefox.
///
/// # Errors
/// When a tool is missing or a test fails.
pub fn web(args: &[String]) -> Result {
    needs(WEB)?;
    setup::wasm_target()?;
    setup::node_tools()?;
    setup::browsers()?;
    // One file: asked for several, the runner's server answers some and forgets the rest.
    let scripts = root().join("target/xtask/recorder.js");
    build::bundle(&root().join("tests/web/recorder.js"), &scripts, &["--format=esm"])?;
    let runner = format!("{} test-runner", setup::bindgen()?.display());
    let test = || {
        let mut test = cargo();
        test.args(["test", "--target", "wasm32-unknown-unknown", "--package", "afterimage-recorder"]);
        test.args(["--test", "web"]).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner);
        // As it ships: debug glue refuses the `undefined` that the module reads as 0.
        test.env("WASM_BINDGEN_NO_DEBUG", "1").env("WASM_BINDGEN_TEST_TIMEOUT", "480");
        test
    };
    run(test().arg("--no-run"))?;
    let chromedriver = which("chromedriver").unwrap_or_default();
    let drivers = [("CHROMEDRIVER", chromedriver), ("GECKODRIVER", setup::geckodriver()?)];
    // Both at once, each said as a whole: a browser leaves half of the machine idle.
    thread::scope(|scope| {
        let engines = drivers.map(|(variable, driver)| {
            let mut test = test();
            test.args(args).env(variable, driver);
            scope.spawn(move || output_or_error(&mut test).map(|said| print!("{said}")))
        });
        engines.into_iter().try_for_each(|engine| engine.join().map_err(|_| "a thread ended".to_owned())?)
    })
}

/// `tests/npm`: the package, packed, installed and built by bundlers.
///
/// # Errors
/// When a tool is missing or a test fails.
pub fn npm(_: &[String]) -> Result {
    build::build(&[])?;
    setup::browsers()?;
    let folder = root().join("tests/npm");
    if folder.join("package-lock.json").exists() {
        setup::node_packages(&folder)?;
    }
    let tests = files(&folder).into_iter().filter(|file| file.to_string_lossy().ends_with(".test.mjs"));
    run(command("node").arg("--test").args(tests))
}

/// Where rrweb is installed that tests compare with.
const RRWEB: &str = "crates/replay/tests/rrweb";

/// Recordings of every kind in rrweb's own player, compared node by node with the model.
///
/// # Errors
/// When a tool is missing or a comparison fails.
pub fn replay(_: &[String]) -> Result {
    setup::browsers()?;
    let folder = root().join(RRWEB);
    setup::node_packages(&folder)?;
    let mut recordings = cargo();
    recordings.args(["run", "--quiet", "--package", "afterimage-replay", "--example", "recordings"]);
    let lines = target().join("xtask/recordings.ndjson");
    write(&lines, "")?;
    let made = std::fs::File::create(&lines).map_err(|error| error.to_string())?;
    run(recordings.stdout(made))?;
    let lines = std::fs::File::open(&lines).map_err(|error| error.to_string())?;
    run(command("node").arg(folder.join("replay.mjs")).stdin(lines))
}

/// Says which file of the repository a command is for when it is not there.
fn needs(path: &str) -> Result {
    if root().join(path).exists() { Ok(()) } else { Err(format!("{path} is not in this checkout")) }
}

/// `tests/e2e`: the shop is used, recorded, replayed and compared in three engines.
///
/// # Errors
/// When a tool is missing or a test fails.
pub fn e2e(args: &[String]) -> Result {
    build::build(&[])?;
    setup::browsers()?;
    setup::node_packages(&root().join(RRWEB))?;
    run(cargo()
        .args(["test", "--package", "afterimage-e2e"])
        .env("GECKODRIVER", setup::geckodriver()?)
        .args(args))
}

/// The oracle: every page of `tests/fidelity` recorded with afterimage and with rrweb, both shown by rrweb's player and
/// compared with what the page was. `--engine E` keeps to one engine, `--only A,B` to pages with that in their names;
/// `--pages DIR` takes the pages of a folder instead, and a recorder without privacy rules, so that what they withhold is
/// no difference.
///
/// # Errors
/// When a tool is missing, an argument is unknown, or afterimage's replay of a page is not the page.
pub fn fidelity(args: &[String]) -> Result {
    let mut test = cargo();
    test.args(["test", "--package", "afterimage-e2e", "--test", "fidelity", "--"]);
    test.args(["--nocapture", "--test-threads=1"]).env("FIDELITY_ALL", "1");
    for pair in args.chunks(2) {
        match pair {
            [name, value] if name == "--engine" => test.arg(value),
            [name, value] if name == "--only" => test.env("FIDELITY_ONLY", value),
            [name, value] if name == "--pages" => {
                let folder = std::path::absolute(value).map_err(|error| error.to_string())?;
                test.env("FIDELITY_DIST", build::unruled()?).env("FIDELITY_PAGES", folder)
            }
            _ => return Err(format!("{} is unknown: --engine E, --only A,B, --pages DIR", pair.join(" "))),
        };
    }
    build::build(&[])?;
    setup::browsers()?;
    setup::node_packages(&root().join(RRWEB))?;
    let (bench, apps) = (root().join(BENCH), target().join("xtask/apps"));
    setup::node_packages(&bench)?;
    run(command("node").arg(bench.join("build.mjs")).arg(&apps))?;
    run(test.env("FIDELITY_APPS", apps).env("GECKODRIVER", setup::geckodriver()?))
}

/// Pages that change at random while they are recorded, compared with what was recorded after every flush: a long run of
/// what the tests do shortly. `--engine E` keeps to one engine; `--seeds N` pages, from `--from SEED` on, of `--rounds N`.
///
/// # Errors
/// When a tool is missing, an argument is unknown, or a recording is not the page.
pub fn mutate(args: &[String]) -> Result {
    let mut test = cargo();
    test.args(["test", "--package", "afterimage-e2e", "--test", "mutate", "--", "--test-threads=1"]);
    test.env("MUTATE_SEEDS", "20").env("MUTATE_ROUNDS", "50");
    for pair in args.chunks(2) {
        match pair {
            [name, value] if name == "--engine" => test.arg(value),
            [name, value] if name == "--seeds" => test.env("MUTATE_SEEDS", value),
            [name, value] if name == "--rounds" => test.env("MUTATE_ROUNDS", value),
            [name, value] if name == "--from" => test.env("MUTATE_FROM", value),
            _ => return Err(format!("{} is unknown: --engine, --seeds, --rounds, --from", pair.join(" "))),
        };
    }
    build::build(&[])?;
    setup::browsers()?;
    run(test.env("GECKODRIVER", setup::geckodriver()?))
}

/// Visits over a wire that fails, and a table of what became of them.
///
/// # Errors
/// When a tool is missing or something was lost.
pub fn faults(args: &[String]) -> Result {
    build::build(&[])?;
    setup::browsers()?;
    run(cargo()
        .args(["run", "--quiet", "--package", "afterimage-e2e", "--example", "faults", "--"])
        .env("GECKODRIVER", setup::geckodriver()?)
        .args(args))
}

/// Pages that are left in every way, beside rrweb with `sendBeacon`, OpenReplay and Clarity, and a table of what arrived of
/// their last second.
///
/// # Errors
/// When a tool is missing.
pub fn exits(args: &[String]) -> Result {
    build::build(&[])?;
    setup::browsers()?;
    setup::node_packages(&root().join(RRWEB))?;
    let bench = root().join(BENCH);
    setup::node_packages(&bench)?;
    let openreplay = target().join("xtask/openreplay.js");
    build::bundle(&bench.join("exits/openreplay.js"), &openreplay, &["--format=iife"])?;
    run(cargo()
        .args(["run", "--quiet", "--package", "afterimage-e2e", "--example", "exits", "--"])
        .env("GECKODRIVER", setup::geckodriver()?)
        .args(args))
}

/// Ten seconds of every fuzz target in `crates/wire/fuzz` and `crates/collector/fuzz`; `--seconds N` for longer.
///
/// # Errors
/// When a tool cannot be installed or a target finds something.
pub fn fuzz_smoke(args: &[String]) -> Result {
    let seconds = match args {
        [] => "10",
        [name, seconds] if name == "--seconds" => seconds,
        _ => return Err(format!("{} is unknown: --seconds N", args.join(" "))),
    };
    if output(command("cargo").args(["+nightly", "--version"])).is_none() {
        run(command("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))?;
    }
    if output(command("cargo").args(["fuzz", "--version"])).is_none() {
        run(command("cargo").args(["install", "--locked", "cargo-fuzz"]))?;
    }
    for fuzz in ["crates/wire/fuzz", "crates/collector/fuzz"].map(|folder| root().join(folder)) {
        let targets = output(command("cargo").current_dir(&fuzz).args(["+nightly", "fuzz", "list"]));
        for name in targets.ok_or_else(|| format!("cargo fuzz list failed in {}", fuzz.display()))?.lines() {
            let mut fuzzing = command("cargo");
            fuzzing.current_dir(&fuzz).args(["+nightly", "fuzz", "run", name, "--"]);
            println!("fuzz: {name}");
            run_quietly(fuzzing.arg(format!("-max_total_time={seconds}")))?;
        }
    }
    Ok(())
}

/// Applications made with real frameworks.
const BENCH: &str = "tests/bench";

/// What afterimage costs beside no recorder and others, on workloads made with real frameworks, in Chromium unless
/// `--engine=firefox` or `--engine=webkit` is given. The other options are in `tests/bench/bench.mjs`.
///
/// # Errors
/// When a tool is missing or the measurement fails.
pub fn bench(args: &[String]) -> Result {
    build::recorder()?;
    setup::browsers()?;
    let folder = root().join(BENCH);
    setup::node_packages(&folder)?;
    let mut bench = command("node");
    bench.arg(folder.join("bench.mjs")).arg(dist()).args(args);
    run(bench.env("GECKODRIVER", setup::geckodriver()?))
}

/// Ways to compress batches: what comes of them, what they cost the main thread of Chromium, what their modules weigh.
/// `--pages DIR` compresses recordings of the pages of a folder instead of those of the bench.
///
/// # Errors
/// When a tool is missing, an argument is unknown, or the measurement fails.
pub fn compression(args: &[String]) -> Result {
    let pages = match args {
        [] => None,
        [name, pages] if name == "--pages" => Some(pages),
        _ => return Err(format!("{} is unknown: --pages DIR", args.join(" "))),
    };
    build::recorder()?;
    setup::browsers()?;
    let bench = root().join(BENCH);
    setup::node_packages(&bench)?;
    let modules = target().join("compression");
    for way in ["none", "own", "miniz", "zlib-rs", "lz4", "zstd", "brotli"] {
        let mut module = cargo();
        module.args([
            "build",
            "--release",
            "--quiet",
            "--target",
            "wasm32-unknown-unknown",
            "--features",
            way,
        ]);
        module.arg("--target-dir").arg(&modules).current_dir(root().join("tests/compression"));
        run(&mut module)?;
        let built = modules.join("wasm32-unknown-unknown/release/afterimage_compression.wasm");
        let copied = std::fs::copy(built, modules.join(way).with_extension("wasm"));
        copied.map_err(|error| error.to_string())?;
    }
    run(command("node").arg(bench.join("compression.mjs")).arg(dist()).arg(modules).args(pages))
}

/// What the privacy rules cost: the recorder with them and without them, side by side in Chromium.
///
/// # Errors
/// When a tool is missing or the measurement fails.
pub fn cost(args: &[String]) -> Result {
    let unruled = build::unruled()?;
    setup::browsers()?;
    let folder = root().join("tests/npm");
    setup::node_packages(&folder)?;
    run(command("node").arg(folder.join("cost.mjs")).arg(dist()).arg(unruled).args(args))
}
