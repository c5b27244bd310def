//! The one thread that writes: it commits together whatever waits, and answers after the commit.

use std::sync::mpsc::Receiver;

use afterimage_wire::batch::SESSION_BYTES;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::{Appended, Entry, JournalError};
use crate::id::SessionId;

/// Most commands in one transaction: bounds what a failing commit has to repeat.
const GROUP: usize = 256;

/// Where the answer to a command goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// What the writer is asked to do.
pub(super) enum Command {
    /// See [`super::Journal::append`].
    Append(Entry, Reply<Appended>),
    /// See [`super::Journal::erase`].
    Erase(SessionId, Reply<bool>),
    /// See [`super::Journal::expire`].
    Expire { before_ms: u64, limit: usize, reply: Reply<usize> },
}

/// What a command came to, held back until the commit.
enum Outcome {
    Appended(Appended),
    Erased(bool),
    Expired(usize),
}

/// Works until every sender is gone.
pub(super) fn run(mut connection: Connection, commands: &Receiver<Command>) {
    while let Ok(first) = commands.recv() {
        let mut group = vec![first];
        group.extend(commands.try_iter().take(GROUP - 1));
        match commit(&mut connection, &group) {
            Ok(outcomes) => group.into_iter().zip(outcomes).for_each(|(command, o)| command.answer(Ok(o))),
            // One command may be what does not fit: each gets a transaction, and its answer, of its own.
            Err(_) => group.into_iter().for_each(|command| {
                let done = commit(&mut connection, std::slice::from_ref(&command));
                command.answer(done.and_then(|mut o| o.pop().ok_or_else(unanswered)));
            }),
        }
    }
}

fn unanswered() -> JournalError {
    JournalError::Unavailable("no outcome".into())
}

fn commit(connection: &mut Connection, group: &[Command]) -> Result<Vec<Outcome>, JournalError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes = group.iter().map(|command| command.apply(&transaction)).collect::<Result<Vec<_>, _>>()?;
    transaction.commit()?;
    if outcomes.iter().any(Outcome::removed) {
        // The log beside the database still holds what was erased. A reader may be in the way: then the next
        // checkpoint does it.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    Ok(outcomes)
}

impl Outcome {
    /// Whether anything stored may be gone.
    fn removed(&self) -> bool {
        match self {
            Self::Appended(_) => false,
            Self::Erased(_) => true, // again, where a reader was in the way before
            Self::Expired(sessions) => *sessions > 0,
        }
    }
}

impl Command {
    fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Outcome> {
        match self {
            Self::Append(entry, _) => append(transaction, entry).map(Outcome::Appended),
            Self::Erase(session, _) => erase(transaction, *session).map(Outcome::Erased),
            Self::Expire { before_ms, limit, .. } => {
                expire(transaction, *before_ms, *limit).map(Outcome::Expired)
            }
        }
    }

    fn answer(self, outcome: Result<Outcome, JournalError>) {
        // A receiver that is gone means a client that went away: what is stored is stored.
        match (self, outcome) {
            (Self::Append(_, reply), Ok(Outcome::Appended(a))) => drop(reply.send(Ok(a))),
            (Self::Erase(_, reply), Ok(Outcome::Erased(e))) => drop(reply.send(Ok(e))),
            (Self::Expire { reply, .. }, Ok(Outcome::Expired(e))) => drop(reply.send(Ok(e))),
            (Self::Append(_, reply), Err(e)) => drop(reply.send(Err(e))),
            (Self::Erase(_, reply), Err(e)) => drop(reply.send(Err(e))),
            (Self::Expire { reply, .. }, Err(e)) => drop(reply.send(Err(e))),
            (Self::Append(..) | Self::Erase(..) | Self::Expire { .. }, Ok(_)) => {} // never: see `apply`
        }
    }
}

fn append(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<Appended> {
    if is_erased(transaction, entry.session)? {
        return Ok(Appended::Ended);
    }
    let stored: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT digest FROM journal WHERE session = ?1 AND page_view = ?2 AND sequence = ?3")?
        .query_row(params![entry.session.0, entry.page_view.0, entry.sequence], |row| row.get(0))
        .optional()?;
    match stored {
        Some(digest) if digest == entry.digest => return Ok(Appended::Duplicate),
        Some(_) => return Ok(Appended::Conflict),
        None => {}
    }
    transaction
        .prepare_cached(
            "INSERT INTO journal (session, page_view, sequence, digest, received_ms, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            entry.session.0,
            entry.page_view.0,
            entry.sequence,
            entry.digest,
            entry.received_ms.cast_signed(),
            entry.body.as_ref(),
        ])?;
    Ok(Appended::Stored)
}

fn is_erased(transaction: &Transaction<'_>, session: SessionId) -> rusqlite::Result<bool> {
    transaction
        .prepare_cached("SELECT 1 FROM journal WHERE session = ?1 AND page_view = x''")?
        .exists([session.0])
}

fn erase(transaction: &Transaction<'_>, session: SessionId) -> rusqlite::Result<bool> {
    if is_erased(transaction, session)? {
        return Ok(false);
    }
    let removed = transaction.execute("DELETE FROM journal WHERE session = ?1", [session.0])?;
    transaction.execute(
        "INSERT INTO journal (session, page_view, sequence, digest, received_ms, body) VALUES (?1, x'', 0, x'', 0, x'')",
        [session.0],
    )?;
    Ok(removed > 0)
}

fn expire(transaction: &Transaction<'_>, before_ms: u64, limit: usize) -> rusqlite::Result<usize> {
    let old: Vec<[u8; SESSION_BYTES]> = transaction
        .prepare_cached(
            "SELECT DISTINCT session FROM journal WHERE page_view <> x'' AND received_ms < ?1 LIMIT ?2",
        )?
        .query_map(params![before_ms.cast_signed(), limit.min(1 << 20) as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for session in &old {
        erase(transaction, SessionId(*session))?;
    }
    Ok(old.len())
}
