//! `afterimage erase`: by whoever holds the data, so without the visitor's secret.

use super::{Failure, block_on, open};
use crate::cli::Data;
use crate::id::SessionId;
use crate::journal::Journal;

pub(crate) fn erase(session: SessionId, data: &Data) -> Result<(), Failure> {
    let (journal, index) = open(data)?;
    block_on(async {
        // A mistyped id must not look like success.
        if journal.read(session).await?.is_empty() {
            return Err(Failure::NoSession(session));
        }
        journal.erase(session).await?;
        index.catch_up(&journal).await?;
        Ok(())
    })
}
