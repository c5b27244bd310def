//! The journal: every batch as it came, in the order it came, stored once.
//!
//! It is the truth from which everything else is built again. What it promises is what every implementation must keep:
//! an answer means durable, a key (session, page view, sequence) is stored once, positions only grow, and what was
//! erased stays erased.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use afterimage_wire::Header;
use afterimage_wire::batch::DIGEST_BYTES;
use axum::body::Bytes;

use crate::id::{PageViewId, SessionId};

mod sqlite;
mod writer;

pub use sqlite::SqliteJournal;

/// What a journal answers with.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, JournalError>> + Send + 'a>>;

/// A durable, idempotent log of batches.
pub trait Journal: Send + Sync {
    /// Stores a batch. The answer comes when it is durable.
    fn append(&self, entry: Entry) -> Answer<'_, Appended>;

    /// Removes all of a session and refuses what comes of it later. `false` when none of it was stored.
    fn erase(&self, session: SessionId) -> Answer<'_, bool>;

    /// Erases the sessions whose first batch came before `before_ms`, at most `limit` of them. Returns how many.
    fn expire(&self, before_ms: u64, limit: usize) -> Answer<'_, usize>;

    /// A session's batches: page views in the order they first came, batches by sequence.
    fn read(&self, session: SessionId) -> Answer<'_, Vec<Entry>>;

    /// Digests of what a session's other page views sent last, at most `limit` of them.
    fn last(&self, session: SessionId, but: PageViewId, limit: usize) -> Answer<'_, Vec<[u8; DIGEST_BYTES]>>;

    /// What was appended or erased after `position`, in order, at most `limit` of it.
    fn tail(&self, position: u64, limit: usize) -> Answer<'_, Vec<Logged>>;

    /// Sessions that were erased after `position`, in order and with theirs, at most `limit` of them.
    fn erased(&self, position: u64, limit: usize) -> Answer<'_, Vec<(u64, SessionId)>>;
}

/// A batch with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The session.
    pub session: SessionId,
    /// The page view.
    pub page_view: PageViewId,
    /// The sequence within the page view.
    pub sequence: u32,
    /// The batch's digest, which tells a repetition from a conflict.
    pub digest: [u8; DIGEST_BYTES],
    /// The collector's clock, milliseconds since 1970.
    pub received_ms: u64,
    /// The body as it travelled.
    pub body: Bytes,
}

impl Entry {
    /// The entry for a body whose header was read.
    pub fn new(header: &Header, received_ms: u64, body: Bytes) -> Self {
        Self {
            session: SessionId(header.session),
            page_view: PageViewId(header.page_view),
            sequence: header.sequence,
            digest: header.digest,
            received_ms,
            body,
        }
    }
}

/// What became of an [`Entry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored.
    Stored,
    /// It was stored before.
    Duplicate,
    /// Another batch has its key.
    Conflict,
    /// Its session was erased.
    Ended,
}

/// One thing that happened to the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// Where it stands in the journal: greater than all before.
    pub position: u64,
    /// What happened.
    pub change: Change,
}

/// What can happen to a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A batch came.
    Appended(Entry),
    /// A session was erased.
    Erased(SessionId),
}

/// Why a journal could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalError {
    /// No room left.
    Full,
    /// Anything else, for the log: never holds recorded data.
    Unavailable(String),
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the journal is full"),
            Self::Unavailable(why) => write!(f, "the journal cannot be used: {why}"),
        }
    }
}

impl std::error::Error for JournalError {}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            // SQLite's own words name tables and columns, never values.
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
