//! The `afterimage` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    afterimage_collector::cli::run()
}
