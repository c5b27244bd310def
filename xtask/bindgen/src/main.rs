//! wasm-bindgen's two command-line tools, from the version Cargo.lock pins, so that nobody has to install them.
//!
//! `afterimage-bindgen bindgen ARGS…` or `afterimage-bindgen test-runner ARGS…`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args: Vec<_> = std::env::args_os().skip(1).collect();
    let tool = args.first().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let done = match tool.as_str() {
        "bindgen" => wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(args),
        "test-runner" => {
            if let Some(name) = args.first_mut() {
                *name = "wasm-bindgen-test-runner".into();
            }
            wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(args)
        }
        _ => {
            eprintln!("usage: afterimage-bindgen bindgen|test-runner ARGS…");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
