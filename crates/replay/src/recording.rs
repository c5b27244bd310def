//! Batches put in order: a session, its page views, and what is missing from them.
//!
//! Nothing is trusted but the digests, which [`Batch::decode`] has checked: batches may come twice, late, from
//! another session, or not at all.

use std::collections::BTreeMap;
use std::fmt;

use afterimage_wire::batch::{PAGE_VIEW_BYTES, PolicyReport, SESSION_BYTES, hex};
use afterimage_wire::{Batch, Header, Record, Timed};

/// The last moment JavaScript dates can express.
const LAST_MS: u64 = 8_640_000_000_000_000;
/// Clock readings further apart than this are not readings of one clock.
const DAY_MS: u64 = 86_400_000;

/// One visitor's run of activity.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Its id.
    pub id: [u8; SESSION_BYTES],
    /// The site it belongs to.
    pub site: String,
    /// Its page views, by when they began.
    pub page_views: Vec<PageView>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// One document, or one route within it.
#[derive(Clone, Debug, Default)]
pub struct PageView {
    /// Its id.
    pub id: [u8; PAGE_VIEW_BYTES],
    /// Wall clock at its time 0, milliseconds since 1970.
    pub origin_ms: u64,
    /// How many batches there are of it.
    pub batches: usize,
    /// Whether the recorder said that nothing follows.
    pub ended: bool,
    /// What the privacy rules withheld: one report a batch.
    pub policies: Vec<PolicyReport>,
    /// What happened, in the order it was recorded.
    pub events: Vec<Event>,
}

/// One thing that happened, or did not arrive.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Milliseconds since the page view's origin.
    pub time_ms: u32,
    /// What it is.
    pub what: What,
}

/// See [`Event`].
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A record.
    Record(Record),
    /// Batches are missing here: the page is unknown until the next full snapshot.
    Gap {
        /// Sequence number of the first that is missing.
        first: u32,
        /// Sequence number of the last that is missing.
        last: u32,
    },
}

/// Something wrong with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The page view it concerns.
    pub page_view: [u8; PAGE_VIEW_BYTES],
    /// What it is.
    pub kind: ProblemKind,
}

/// What can be wrong with a session. Numbers are sequence numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// These and all between are missing.
    Missing(u32, u32),
    /// This one came more than once.
    Duplicate(u32),
    /// This one came with other content, too; the one that continues the chain of digests was taken.
    Conflict(u32),
    /// This one does not name the digest of the one before.
    ChainBroken(u32),
    /// This one belongs to another session and was left out.
    OtherSession(u32),
    /// The page view has no full snapshot that is complete: it cannot be shown.
    NoSnapshot,
    /// So many records named nodes or sheets that are not there.
    Unresolved(u32),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "page view {}: ", hex(&self.page_view))?;
        match self.kind {
            ProblemKind::Missing(a, b) if a == b => write!(f, "batch {a} is missing"),
            ProblemKind::Missing(a, b) => write!(f, "batches {a} to {b} are missing"),
            ProblemKind::Duplicate(n) => write!(f, "batch {n} came more than once"),
            ProblemKind::Conflict(n) => write!(f, "batch {n} came with different contents"),
            ProblemKind::ChainBroken(n) => write!(f, "batch {n} does not follow the one before it"),
            ProblemKind::OtherSession(n) => write!(f, "batch {n} belongs to another session"),
            ProblemKind::NoSnapshot => write!(f, "there is no complete full snapshot"),
            ProblemKind::Unresolved(n) => write!(f, "{n} changes concern unknown nodes"),
        }
    }
}

impl Session {
    /// Puts batches, in any order, together. The session is that of the first batch.
    pub fn from_batches(batches: Vec<Batch>) -> Self {
        let mut session = Self::default();
        if let Some(first) = batches.first() {
            session.id = first.header.session;
            session.site.clone_from(&first.header.site);
        }
        let mut views: BTreeMap<[u8; PAGE_VIEW_BYTES], Vec<Batch>> = BTreeMap::new();
        for batch in batches {
            if batch.header.session == session.id {
                views.entry(batch.header.page_view).or_default().push(batch);
            } else {
                let kind = ProblemKind::OtherSession(batch.header.sequence);
                session.problems.push(Problem { page_view: batch.header.page_view, kind });
            }
        }
        for (id, batches) in views {
            let mut report = |kind| session.problems.push(Problem { page_view: id, kind });
            let chain = chain(batches, &mut report);
            session.page_views.push(PageView::join(id, chain, &mut report));
        }
        session.page_views.sort_by_key(|v| (v.start_ms(), v.index()));
        session
    }
}

/// One batch a sequence number, by rising numbers.
fn chain(mut batches: Vec<Batch>, report: &mut impl FnMut(ProblemKind)) -> Vec<Batch> {
    batches.sort_by_key(|b| b.header.sequence);
    let mut chain: Vec<Batch> = Vec::new();
    for batch in batches {
        let before = chain.len().checked_sub(2).and_then(|i| chain.get(i)).map(|b| b.header.digest);
        let Some(last) = chain.last_mut().filter(|l| l.header.sequence == batch.header.sequence) else {
            chain.push(batch);
            continue;
        };
        if last.header.digest == batch.header.digest {
            report(ProblemKind::Duplicate(batch.header.sequence));
            continue;
        }
        report(ProblemKind::Conflict(batch.header.sequence));
        let before = before.unwrap_or_default();
        if last.header.previous != before && batch.header.previous == before {
            *last = batch;
        }
    }
    chain
}

impl PageView {
    fn join(id: [u8; PAGE_VIEW_BYTES], chain: Vec<Batch>, report: &mut impl FnMut(ProblemKind)) -> Self {
        let origin_ms = origin(&chain);
        let mut view = Self { id, origin_ms, batches: chain.len(), ..Self::default() };
        let (mut wanted, mut digest) = (0, Some(<_>::default()));
        for batch in chain {
            let Header { sequence, flags, previous, .. } = batch.header;
            if sequence > wanted {
                let last = sequence - 1;
                report(ProblemKind::Missing(wanted, last));
                let time_ms = batch.records.first().map_or(0, |r| r.time_ms);
                view.events.push(Event { time_ms, what: What::Gap { first: wanted, last } });
            } else if digest.is_some_and(|d| d != previous) {
                report(ProblemKind::ChainBroken(sequence));
            }
            wanted = sequence.saturating_add(1);
            digest = Some(batch.header.digest);
            view.ended = flags & Header::LAST != 0;
            view.policies.push(batch.policy);
            view.events.extend(batch.records.into_iter().map(Event::from));
        }
        view
    }

    /// Wall clock at a time of this page view.
    pub fn wall_ms(&self, time_ms: u32) -> u64 {
        self.origin_ms.saturating_add(u64::from(time_ms)).min(LAST_MS)
    }

    /// Wall clock at the earliest event.
    pub fn start_ms(&self) -> u64 {
        self.wall_ms(self.events.iter().map(|e| e.time_ms).min().unwrap_or(0))
    }

    /// All records, in the order they were recorded.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.events.iter().filter_map(|e| match &e.what {
            What::Record(record) => Some(record),
            What::Gap { .. } => None,
        })
    }

    /// The record that begins the page view, unless it was lost.
    pub fn header(&self) -> Option<&afterimage_wire::record::PageView> {
        self.records().find_map(|r| if let Record::PageView(view) = r { Some(view) } else { None })
    }

    fn index(&self) -> u32 {
        self.header().map_or(u32::MAX, |h| h.index)
    }
}

impl From<Timed> for Event {
    fn from(timed: Timed) -> Self {
        Self { time_ms: timed.time_ms, what: What::Record(timed.record) }
    }
}

/// Where on the wall clock a page view's monotonic time begins.
///
/// All batches share one origin, so that time within a page view never jumps. A batch cannot have been sealed before
/// its last record: if the clock said so, it was set back in between, and later page views go by the new setting.
fn origin(chain: &[Batch]) -> u64 {
    let origin = chain.first().map_or(0, |b| b.header.origin_ms);
    let anchors = chain.iter().filter_map(|b| {
        let last = b.records.iter().map(|r| r.time_ms).max().unwrap_or(0);
        let anchor = b.header.sealed_ms.checked_sub(u64::from(last))?;
        (anchor.abs_diff(origin) < DAY_MS).then_some(anchor)
    });
    anchors.fold(origin, u64::min).min(LAST_MS)
}
