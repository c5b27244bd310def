//! The index: a projection of the journal that the pages query. Losing it loses nothing: it is built again.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use crate::id::{PageViewId, SessionId};
use crate::journal::{Journal, JournalError, Logged};

mod facts;
mod project;
mod query;

pub use query::{PageView, Privacy, Session, Slice, Visit};

const FILE: &str = "index.db";
/// Of the schema and of what is projected into it.
const VERSION: i32 = 3;
/// Changes applied in one transaction.
const STEP: usize = 128;

/// An index in a directory. One connection writes, one reads; both may be used by other processes' peers as well.
#[derive(Clone)]
pub struct Index {
    writer: Arc<Mutex<Connection>>,
    reader: Arc<Mutex<Connection>>,
    /// One projection at a time in this process.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Index {
    /// Opens the index in `directory`, which must exist. One of another version is emptied.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let path = directory.join(FILE);
        let writer = connect(&path)?;
        let version: i32 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version != VERSION {
            reset(&writer)?;
        }
        let reader = connect(&path)?;
        Ok(Self {
            writer: Arc::new(Mutex::new(writer)),
            reader: Arc::new(Mutex::new(reader)),
            turn: Arc::default(),
        })
    }

    /// Forgets everything, so that [`catch_up`](Self::catch_up) starts at the journal's beginning.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn clear(&self) -> Result<(), JournalError> {
        let _turn = self.turn.lock().await;
        run(&self.writer, reset).await
    }

    /// Applies whatever the journal holds that is not in here yet. Returns how many changes that were.
    ///
    /// # Errors
    /// When the journal cannot be read or the index not be written.
    pub async fn catch_up(&self, journal: &dyn Journal) -> Result<usize, JournalError> {
        let _turn = self.turn.lock().await;
        let mut applied = 0;
        loop {
            let position = run(&self.writer, position).await?;
            let changes = journal.tail(position, STEP).await?;
            if changes.is_empty() {
                return Ok(applied);
            }
            applied += changes.len();
            run(&self.writer, move |db| apply(db, &changes)).await?;
        }
    }

    /// Sessions with the addresses they visited.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn sessions(&self, slice: Slice) -> Result<Vec<Session>, JournalError> {
        run(&self.reader, move |db| query::sessions(db, slice)).await
    }

    /// How many sessions there are.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn count(&self) -> Result<u64, JournalError> {
        run(&self.reader, query::count).await
    }

    /// One session.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn session(&self, id: SessionId) -> Result<Option<Session>, JournalError> {
        run(&self.reader, move |db| query::session(db, id)).await
    }

    /// A session's page views, in the order they began.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn page_views(&self, id: SessionId) -> Result<Vec<PageView>, JournalError> {
        run(&self.reader, move |db| query::page_views(db, id)).await
    }

    /// What the privacy rules did to a session.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn privacy(&self, id: SessionId) -> Result<Privacy, JournalError> {
        run(&self.reader, move |db| query::privacy(db, id)).await
    }

    /// Counts a batch that came again.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub async fn repeat(&self, session: SessionId) -> Result<(), JournalError> {
        run(&self.writer, move |db| project::repeat(db, session)).await
    }

    /// Whether to ask the recorder of a page view, which just sent `sequence`, for a full snapshot.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub async fn wants_snapshot(
        &self,
        session: SessionId,
        page_view: PageViewId,
        sequence: u32,
    ) -> Result<bool, JournalError> {
        let (start, present) =
            run(&self.reader, move |db| query::since_snapshot(db, session, page_view)).await?;
        Ok(crate::gaps::wants_snapshot(sequence, start, &present))
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;")?;
    Ok(db)
}

/// Drops every table and makes them anew, in one transaction: another process may be reading.
fn reset(db: &Connection) -> rusqlite::Result<()> {
    let transaction = db.unchecked_transaction()?;
    let tables: Vec<String> = transaction
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        transaction.execute_batch(&format!("DROP TABLE \"{table}\""))?;
    }
    transaction.execute_batch(include_str!("schema.sql"))?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn position(db: &Connection) -> rusqlite::Result<u64> {
    db.query_row("SELECT position FROM cursor", [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}

fn apply(db: &Connection, changes: &[Logged]) -> rusqlite::Result<()> {
    let transaction = rusqlite::Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    // Another process may have come first: its changes are not applied twice.
    let done = position(&transaction)?;
    let erased = changes.iter().any(|c| matches!(c.change, crate::journal::Change::Erased(_)));
    for change in changes.iter().filter(|c| c.position > done) {
        project::apply(&transaction, change)?;
    }
    transaction.commit()?;
    if erased {
        let _ = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    Ok(())
}

async fn run<T: Send + 'static>(
    connection: &Arc<Mutex<Connection>>,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, JournalError> {
    let connection = Arc::clone(connection);
    let done = tokio::task::spawn_blocking(move || {
        // A panic in the middle of a transaction rolls it back, so the connection stays good.
        work(&connection.lock().unwrap_or_else(PoisonError::into_inner))
    });
    Ok(done.await.map_err(|e| JournalError::Unavailable(e.to_string()))??)
}
