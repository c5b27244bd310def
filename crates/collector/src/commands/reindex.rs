//! `afterimage reindex`.

use super::{Failure, block_on, open};
use crate::cli::Data;

pub(crate) fn reindex(data: &Data) -> Result<(), Failure> {
    let (journal, index) = open(data)?;
    block_on(async {
        index.clear().await?;
        let changes = index.catch_up(&journal).await?;
        let sessions = index.count().await?;
        eprintln!("afterimage: {changes} entries of the journal, {sessions} sessions");
        Ok(())
    })
}
