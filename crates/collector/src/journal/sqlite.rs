//! The journal on one machine: SQLite, write-ahead log, every commit flushed to disk.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use afterimage_wire::batch::DIGEST_BYTES;
use rusqlite::{Connection, OpenFlags, Row, params};
use tokio::sync::oneshot;

use super::writer::{self, Command, Reply};
use super::{Answer, Appended, Change, Entry, Journal, JournalError, Logged};
use crate::id::{PageViewId, SessionId};

const FILE: &str = "journal.db";
/// Applied in order, each in a transaction; `user_version` counts them. Appended to, never changed.
const MIGRATIONS: &[&str] = &[include_str!("001.sql"), include_str!("002.sql"), include_str!("003.sql")];

/// A journal in a directory.
pub struct SqliteJournal {
    commands: Sender<Command>,
    reader: Arc<Mutex<Connection>>,
}

impl SqliteJournal {
    /// Opens the journal in `directory`, which must exist. `max_bytes` is how large its file may grow.
    ///
    /// # Errors
    /// When the file cannot be opened, is no journal, or of a later version.
    pub fn open(directory: &Path, max_bytes: Option<u64>) -> Result<Self, JournalError> {
        let path = directory.join(FILE);
        let mut connection = Connection::open(&path)?;
        prepare(&connection)?;
        migrate(&mut connection)?;
        if let Some(bytes) = max_bytes {
            let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
            let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
            connection.query_row(&format!("PRAGMA max_page_count = {}", pages.max(1)), [], |_| Ok(()))?;
        }
        let reader = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        prepare_reader(&reader)?;
        let (commands, receiver) = channel();
        thread::Builder::new()
            .name("journal".into())
            .spawn(move || writer::run(connection, &receiver))
            .map_err(|e| JournalError::Unavailable(e.to_string()))?;
        Ok(Self { commands, reader: Arc::new(Mutex::new(reader)) })
    }

    /// What SQLite finds wrong with the file: nothing, when it is whole.
    ///
    /// # Errors
    /// When it cannot be read at all.
    pub async fn check(&self) -> Result<Vec<String>, JournalError> {
        self.query(|connection| {
            let mut found = connection.prepare("PRAGMA integrity_check(100)")?;
            let found: rusqlite::Result<Vec<String>> = found.query_map([], |row| row.get(0))?.collect();
            Ok(found?
                .into_iter()
                .filter(|line| line != "ok")
                .map(|line| format!("journal: {line}"))
                .collect())
        })
        .await
    }

    /// Whether `directory` holds a journal.
    pub fn exists(directory: &Path) -> bool {
        directory.join(FILE).is_file()
    }

    fn write<T: Send + 'static>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Answer<'_, T> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply));
        Box::pin(async move {
            let gone = || JournalError::Unavailable("the writer is gone".into());
            sent.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        })
    }

    fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, T> {
        let reader = Arc::clone(&self.reader);
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || {
                // Reading leaves nothing half done, so a panic while it was held does not matter.
                work(&reader.lock().unwrap_or_else(PoisonError::into_inner))
            });
            Ok(done.await.map_err(|e| JournalError::Unavailable(e.to_string()))??)
        })
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")
}

fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))
}

fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if done > MIGRATIONS.len() {
        return Err(JournalError::Unavailable("it was written by a later version".into()));
    }
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(done) {
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", number + 1)?;
    }
    Ok(transaction.commit()?)
}

impl Journal for SqliteJournal {
    fn append(&self, entry: Entry) -> Answer<'_, Appended> {
        self.write(|reply| Command::Append(entry, reply))
    }

    fn erase(&self, session: SessionId) -> Answer<'_, bool> {
        self.write(move |reply| Command::Erase(session, reply))
    }

    fn expire(&self, before_ms: u64, limit: usize) -> Answer<'_, usize> {
        self.write(move |reply| Command::Expire { before_ms, limit, reply })
    }

    fn read(&self, session: SessionId) -> Answer<'_, Vec<Entry>> {
        self.query(move |connection| {
            connection
                .prepare_cached(
                    "SELECT position, session, page_view, sequence, digest, received_ms, body,
                            min(position) OVER (PARTITION BY page_view) AS first
                     FROM journal WHERE session = ?1 AND page_view <> x'' ORDER BY first, sequence",
                )?
                .query_map([session.0], entry)?
                .collect()
        })
    }

    fn last(&self, session: SessionId, but: PageViewId, limit: usize) -> Answer<'_, Vec<[u8; DIGEST_BYTES]>> {
        self.query(move |connection| {
            connection
                .prepare_cached(
                    "SELECT digest FROM journal WHERE position IN (
                         SELECT position FROM journal WHERE session = ?1 AND page_view NOT IN (x'', ?2)
                         ORDER BY position DESC LIMIT ?3)",
                )?
                .query_map(params![session.0, but.0, limit.min(1 << 20) as i64], |row| row.get(0))?
                .collect()
        })
    }

    fn tail(&self, position: u64, limit: usize) -> Answer<'_, Vec<Logged>> {
        self.query(move |connection| {
            connection
                .prepare_cached(
                    "SELECT position, session, page_view, sequence, digest, received_ms, body
                     FROM journal WHERE position > ?1 ORDER BY position LIMIT ?2",
                )?
                .query_map(params![position.cast_signed(), limit.min(1 << 20) as i64], logged)?
                .collect()
        })
    }

    fn erased(&self, position: u64, limit: usize) -> Answer<'_, Vec<(u64, SessionId)>> {
        self.query(move |connection| {
            connection
                .prepare_cached(
                    "SELECT position, session FROM journal WHERE page_view = x'' AND position > ?1
                     ORDER BY position LIMIT ?2",
                )?
                .query_map(params![position.cast_signed(), limit.min(1 << 20) as i64], |row| {
                    Ok((row.get::<_, i64>(0)?.cast_unsigned(), SessionId(row.get(1)?)))
                })?
                .collect()
        })
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        session: SessionId(row.get(1)?),
        page_view: PageViewId(row.get(2)?),
        sequence: row.get(3)?,
        digest: row.get(4)?,
        received_ms: row.get::<_, i64>(5)?.cast_unsigned(),
        body: row.get::<_, Vec<u8>>(6)?.into(),
    })
}

fn logged(row: &Row<'_>) -> rusqlite::Result<Logged> {
    let position = row.get::<_, i64>(0)?.cast_unsigned();
    let erased = row.get_ref(2)?.as_blob().is_ok_and(<[u8]>::is_empty);
    let change = if erased { Change::Erased(SessionId(row.get(1)?)) } else { Change::Appended(entry(row)?) };
    Ok(Logged { position, change })
}
