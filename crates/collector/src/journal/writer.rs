//! The one thread that writes: it commits together whatever waits, and answers after the commit.

use std::sync::mpsc::Receiver;

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
}

/// What a command came to, held back until the commit.
enum Outcome {
    Appended(Appended),
    Erased(bool),
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
    if group.iter().any(|command| matches!(command, Command::Erase(..))) {
        // The log beside the database still holds what was erased. A reader may be in the way: then the next
        // checkpoint does it.
        let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    Ok(outcomes)
}

impl Command {
    fn apply(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Outcome> {
        match self {
            Self::Append(entry, _) => append(transaction, entry).map(Outcome::Appended),
            Self::Erase(session, _) => erase(transaction, *session).map(Outcome::Erased),
        }
    }

    fn answer(self, outcome: Result<Outcome, JournalError>) {
        // A receiver that is gone means a client that went away: what is stored is stored.
        match (self, outcome) {
            (Self::Append(_, reply), Ok(Outcome::Appended(a))) => drop(reply.send(Ok(a))),
            (Self::Erase(_, reply), Ok(Outcome::Erased(e))) => drop(reply.send(Ok(e))),
            (Self::Append(_, reply), Err(e)) => drop(reply.send(Err(e))),
            (Self::Erase(_, reply), Err(e)) => drop(reply.send(Err(e))),
            (Self::Append(..), Ok(Outcome::Erased(_))) | (Self::Erase(..), Ok(Outcome::Appended(_))) => {}
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
