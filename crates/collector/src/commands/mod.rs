//! What the command line does, one file a command.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::PathBuf;

use afterimage_wire::Error;

use crate::cli::Data;
use crate::id::SessionId;
use crate::index::Index;
use crate::journal::{JournalError, SqliteJournal};

pub(crate) mod audit;
pub(crate) mod decode;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod reindex;
pub(crate) mod serve;
pub(crate) mod sessions;
pub(crate) mod verify;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file cannot be read.
    File(PathBuf, io::Error),
    /// A file is not a batch.
    Corrupt(PathBuf, Error),
    /// There are no recordings there.
    NoData(PathBuf),
    /// There is no such session.
    NoSession(SessionId),
    /// Not all of it is there as it was recorded.
    Unverified(SessionId),
    /// What is stored is not what came.
    Damaged(usize),
    /// The stores cannot be used.
    Store(JournalError),
    /// The address cannot be listened on.
    Listen(std::net::SocketAddr, io::Error),
    /// Standard output cannot be written.
    Output(io::Error),
    /// The runtime cannot be started.
    Runtime(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, e) => write!(f, "{}: {e}", path.display()),
            Self::Corrupt(path, e) => write!(f, "{}: {e}", path.display()),
            Self::NoData(path) => {
                write!(f, "{}: no recordings here; `afterimage serve` makes them", path.display())
            }
            Self::NoSession(id) => write!(f, "{id}: no such session"),
            Self::Unverified(id) => write!(f, "{id}: not all of it is there as it was recorded"),
            Self::Damaged(problems) => write!(f, "{problems} problems with what is stored"),
            Self::Store(e) => e.fmt(f),
            Self::Listen(address, e) => write!(f, "{address}: {e}"),
            Self::Output(e) => write!(f, "standard output: {e}"),
            Self::Runtime(e) => write!(f, "starting: {e}"),
        }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The stores of an existing data directory.
fn open(data: &Data) -> Result<(SqliteJournal, Index), Failure> {
    let directory = &data.directory;
    if !SqliteJournal::exists(directory) {
        return Err(Failure::NoData(directory.clone()));
    }
    Ok((SqliteJournal::open(directory, None)?, Index::open(directory)?))
}

/// Runs a short command to its end.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?
        .block_on(work)
}
