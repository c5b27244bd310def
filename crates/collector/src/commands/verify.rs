//! `afterimage verify`: whether what is stored is what came, and what did not come. Reads all of it, holds little of it.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use afterimage_wire::Batch;
use afterimage_wire::batch::DIGEST_BYTES;

use super::{Failure, block_on, open};
use crate::cli::Data;
use crate::gaps::gaps;
use crate::id::{PageViewId, SessionId};
use crate::journal::{Change, Entry, Journal};

/// Entries read at a time.
const AT_A_TIME: usize = 64;

/// What a page view's batches say of each other: by sequence, the digest, and that of the batch before.
type Chain = BTreeMap<u32, ([u8; DIGEST_BYTES], [u8; DIGEST_BYTES])>;

#[derive(Default)]
struct Check {
    batches: usize,
    bytes: usize,
    views: BTreeMap<(SessionId, PageViewId), Chain>,
    problems: Vec<String>,
}

pub(crate) fn verify(data: &Data) -> Result<(), Failure> {
    let (journal, index) = open(data)?;
    let check = block_on(async {
        let mut check = Check { problems: journal.check().await?, ..Check::default() };
        let mut position = 0;
        loop {
            let entries = journal.tail(position, AT_A_TIME).await?;
            let Some(last) = entries.last() else { break };
            position = last.position;
            for logged in &entries {
                match &logged.change {
                    Change::Appended(entry) => check.entry(entry),
                    Change::Erased(session) => check.views.retain(|(of, _), _| of != session),
                }
            }
        }
        check.chains();
        index.catch_up(&journal).await?;
        // It may be served meanwhile: then there are more.
        let listed = index.count().await?;
        let stored = check.sessions() as u64;
        if listed < stored {
            check
                .problems
                .push(format!("the index lists {listed} of {stored} sessions: run `afterimage reindex`"));
        }
        Ok(check)
    })?;
    let mut out = BufWriter::new(io::stdout().lock());
    check.tell(&mut out)?;
    out.flush()?;
    match check.problems.len() {
        0 => Ok(()),
        problems => Err(Failure::Damaged(problems)),
    }
}

impl Check {
    fn entry(&mut self, entry: &Entry) {
        let Entry { session, page_view, sequence, .. } = entry;
        let name = format!("{session} {page_view} {sequence}");
        self.batches += 1;
        self.bytes += entry.body.len();
        // Decoding checks the checksum.
        let header = match Batch::decode(&entry.body, usize::MAX) {
            Ok(batch) => batch.header,
            Err(error) => return self.problems.push(format!("{name}: does not decode: {error}")),
        };
        let named = (SessionId(header.session), PageViewId(header.page_view), header.sequence);
        if named != (*session, *page_view, *sequence) || header.digest != entry.digest {
            self.problems.push(format!("{name}: stored under another name or digest"));
        }
        let chain = self.views.entry((*session, *page_view)).or_default();
        chain.insert(*sequence, (header.digest, header.previous));
    }

    fn chains(&mut self) {
        for ((session, page_view), chain) in &self.views {
            for (sequence, (_, previous)) in chain {
                let before = match sequence.checked_sub(1) {
                    None => Some([0; DIGEST_BYTES]),
                    // After a gap nobody knows.
                    Some(before) => chain.get(&before).map(|(digest, _)| *digest),
                };
                if before.is_some_and(|digest| digest != *previous) {
                    self.problems
                        .push(format!("{session} {page_view} {sequence}: does not name the batch before it"));
                }
            }
        }
    }

    fn sessions(&self) -> usize {
        let mut sessions: Vec<_> = self.views.keys().map(|(session, _)| session).collect();
        sessions.dedup();
        sessions.len()
    }

    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let (mut missing, mut incomplete) = (0, 0);
        for ((session, page_view), chain) in &self.views {
            let present: Vec<u32> = chain.keys().copied().collect();
            let gaps = gaps(0, &present);
            incomplete += usize::from(!gaps.is_empty());
            for (first, last) in gaps {
                missing += u64::from(last - first) + 1;
                writeln!(out, "{session} {page_view}: {first} to {last} did not come")?;
            }
        }
        for problem in &self.problems {
            writeln!(out, "! {problem}")?;
        }
        let (sessions, views) = (self.sessions(), self.views.len());
        let Self { batches, bytes, .. } = self;
        writeln!(
            out,
            "{sessions} sessions, {views} page views, {batches} batches, {bytes} bytes; {missing} batches of {incomplete} page views did not come"
        )?;
        writeln!(
            out,
            "{}",
            if self.problems.is_empty() { "all of it is as it came" } else { "NOT all of it is as it came" }
        )
    }
}
