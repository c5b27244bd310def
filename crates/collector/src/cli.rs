//! Arguments. Whatever is refused says why on standard error and exits 2.

use std::env;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::commands::{self, Failure};
use crate::config::{Contact, Origin};
use crate::id::SessionId;

/// Collector of session recordings.
#[derive(Parser)]
#[command(name = "afterimage", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Take recordings, and show them on the same address
    Serve(Serve),
    /// List sessions, oldest first, the id first on each line
    Sessions(Data),
    /// Print the records of request bodies, one JSON object a line
    Decode {
        /// Files that hold one request body each; `-` for standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write a session to standard output
    Export {
        /// rrweb: events for its Replayer; ndjson: one record a line; story: what happened, in words; heatmap: one point a line
        #[arg(long, value_enum)]
        format: Format,
        /// Its id, as `sessions` prints it
        session: SessionId,
        #[command(flatten)]
        data: Data,
    },
    /// Print what was withheld from a session by which rule, and verify that all of it is there unaltered
    Audit {
        /// Its id, as `sessions` prints it
        session: SessionId,
        /// One JSON object instead of words
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Remove a session, and refuse what comes of it later
    Erase {
        /// Its id, as `sessions` prints it
        session: SessionId,
        #[command(flatten)]
        data: Data,
    },
    /// Build the index again from the journal
    Reindex(Data),
    /// Check that everything stored is as it came, and say what did not come
    Verify(Data),
}

/// What an export is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON array of events.
    Rrweb,
    /// One JSON object a line.
    Ndjson,
    /// Plain words.
    Story,
    /// One JSON object a point, anchored to an element.
    Heatmap,
}

#[derive(Args)]
pub(crate) struct Data {
    /// Directory of the recordings
    #[arg(long = "data", value_name = "DIR")]
    pub(crate) directory: PathBuf,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7171")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) data: Data,
    /// Origin whose pages are recorded, as https://shop.example; may be repeated [default: any]
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub(crate) origins: Vec<Origin>,
    /// Site (`data-site`) that is recorded; may be repeated [default: any]
    #[arg(long = "site", value_name = "NAME")]
    pub(crate) sites: Vec<String>,
    /// Delete a session so many days after its first batch came [default: kept until somebody deletes it]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) keep_days: Option<u32>,
    /// Who keeps the recordings; visitors read it on the policy page
    #[arg(long, value_name = "NAME")]
    pub(crate) operator: Option<String>,
    /// Where visitors can ask: an e-mail address or an https URL, for the policy page
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) contact: Option<Contact>,
    /// Largest request body, bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20)]
    pub(crate) max_body: usize,
    /// Largest batch once decompressed, bytes
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    pub(crate) max_payload: usize,
    /// Bytes of batches that may be in memory before they are stored: beyond it they are answered with 429
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    pub(crate) max_waiting: usize,
    /// Largest journal, bytes: when it is reached, batches are answered with 503 [default: what the disk holds]
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_journal: Option<u64>,
    /// Files of `dist/`, instead of those built in
    #[arg(long, value_name = "DIR")]
    pub(crate) assets: Option<PathBuf>,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let cli = Cli::parse(); // what it refuses, it explains, with status 2
    log();
    match dispatch(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(Failure::Output(e)) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("afterimage: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Logs to standard error at the level of `AFTERIMAGE_LOG`, and only what this crate says: the HTTP server's own log
/// names who connects.
fn log() {
    let level = env::var("AFTERIMAGE_LOG").ok().and_then(|l| l.parse().ok()).unwrap_or(LevelFilter::INFO);
    let format = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    tracing_subscriber::registry().with(format.with_filter(ours)).init();
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(options) => commands::serve::serve(options),
        Command::Sessions(data) => commands::sessions::sessions(&data),
        Command::Decode { files } => commands::decode::decode(&files),
        Command::Export { format, session, data } => commands::export::export(format, session, &data),
        Command::Audit { session, json, data } => commands::audit::audit(session, json, &data),
        Command::Erase { session, data } => commands::erase::erase(session, &data),
        Command::Reindex(data) => commands::reindex::reindex(&data),
        Command::Verify(data) => commands::verify::verify(&data),
    }
}
