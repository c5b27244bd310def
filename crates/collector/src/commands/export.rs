//! `afterimage export`.

use std::io::{self, BufWriter, Write};

use afterimage_replay::recording::Session;
use afterimage_replay::{heatmap, ndjson, rrweb, story};
use afterimage_wire::Batch;

use super::{Failure, block_on, open};
use crate::cli::{Data, Format};
use crate::id::SessionId;
use crate::journal::{Entry, Journal};

pub(crate) fn export(format: Format, id: SessionId, data: &Data) -> Result<(), Failure> {
    let (journal, _) = open(data)?;
    let entries = block_on(async { Ok(journal.read(id).await?) })?;
    if entries.is_empty() {
        return Err(Failure::NoSession(id));
    }
    let session = Session::from_batches(entries.iter().filter_map(decode).collect());
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Rrweb => rrweb::write(&session, &mut out)?,
        Format::Ndjson | Format::Heatmap => {
            let mut written = Ok(());
            let line = |line| {
                if written.is_ok() {
                    written = writeln!(out, "{line}");
                }
            };
            if format == Format::Heatmap {
                heatmap::lines(&session, line);
            } else {
                ndjson::lines(&session, line);
            }
            written?;
        }
        Format::Story => write!(out, "{}", story::tell(&session))?,
    }
    for problem in &session.problems {
        eprintln!("afterimage: {problem}");
    }
    Ok(out.flush()?)
}

/// Bodies were decoded before they were stored. One that does not decode now leaves a gap, and says so.
fn decode(entry: &Entry) -> Option<Batch> {
    Batch::decode(&entry.body, usize::MAX)
        .inspect_err(|e| {
            eprintln!("afterimage: page view {}, batch {}: {e}", entry.page_view, entry.sequence)
        })
        .ok()
}
