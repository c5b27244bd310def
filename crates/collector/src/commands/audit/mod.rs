//! `afterimage audit`: what a recording proves of what was not recorded.

mod policy;
mod report;

use std::io::{self, BufWriter, Write};

use super::sessions::{printable, utc};
use super::{Failure, block_on, open};
use crate::cli::Data;
use crate::id::SessionId;
use crate::journal::Journal;
use report::{Audit, Batch, Count, View};

pub(crate) fn audit(id: SessionId, json: bool, data: &Data) -> Result<(), Failure> {
    let (journal, _) = open(data)?;
    let entries = block_on(async { Ok(journal.read(id).await?) })?;
    if entries.is_empty() {
        return Err(Failure::NoSession(id));
    }
    let audit = Audit::of(id, &entries);
    let mut out = BufWriter::new(io::stdout().lock());
    if json {
        serde_json::to_writer_pretty(&mut out, &audit).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        tell(&audit, &mut out)?;
    }
    out.flush()?;
    if audit.verified { Ok(()) } else { Err(Failure::Unverified(id)) }
}

fn tell(audit: &Audit, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "session {}  site {}", audit.session, printable(&audit.site))?;
    for view in &audit.page_views {
        tell_view(view, out)?;
    }
    writeln!(out, "\nwithheld in all: {}", counts(&audit.withheld))?;
    let verdict = if audit.verified {
        "verified: every checksum, every sequence number, every batch names the one before"
    } else {
        "NOT verified, see above"
    };
    writeln!(out, "{verdict}")
}

fn tell_view(view: &View, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\npage view {}  {}  {}", view.id, utc(view.origin_ms), printable(&view.url))?;
    let mut last = None;
    for batch in &view.batches {
        if last != Some(&batch.policy) {
            last = Some(&batch.policy);
            writeln!(out, "  policy {}", batch.policy)?;
            let known = view.policies.iter().find(|p| p.digest == batch.policy);
            for line in known.map_or(&[policy::UNKNOWN.to_owned()][..], |p| &p.words) {
                writeln!(out, "    {}", printable(line))?;
            }
        }
        tell_batch(batch, out)?;
    }
    for problem in &view.problems {
        writeln!(out, "  ! {problem}")?;
    }
    writeln!(out, "  withheld: {}", counts(&view.withheld))
}

fn tell_batch(batch: &Batch, out: &mut impl Write) -> io::Result<()> {
    let Batch { sequence, records, digest, withheld, .. } = batch;
    writeln!(out, "  batch {sequence}  {records} records  {digest}  withheld: {}", counts(withheld))
}

/// `masked-value 3, url 1`.
fn counts(counts: &[Count]) -> String {
    let each: Vec<String> = counts.iter().map(|c| format!("{} {}", c.name, c.count)).collect();
    if each.is_empty() { "nothing".into() } else { each.join(", ") }
}
