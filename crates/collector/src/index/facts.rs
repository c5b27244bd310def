//! What the index wants to know of one batch. Pure: a batch in, numbers and strings out.

use afterimage_wire::Batch;
use afterimage_wire::record::{Environment, PageView, Record, Stop};

/// `Pointer.action` of a click.
const CLICK: u32 = 3;

/// What one batch tells.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// Visitor's clock at the first and last moment it speaks of, milliseconds since 1970.
    pub(super) span_ms: (u64, u64),
    /// How the page view began, when this is its first batch.
    pub(super) page_view: Option<&'a PageView>,
    /// What it is looked at with.
    pub(super) environment: Option<&'a Environment>,
    /// Addresses that were visited, with the time, milliseconds since 1970.
    pub(super) visits: Vec<(u64, &'a str)>,
    /// Clicks.
    pub(super) clicks: u32,
    /// Errors nobody caught, and resources that failed to load.
    pub(super) errors: u32,
    /// Why recording ended.
    pub(super) stop: Option<&'a Stop>,
}

impl<'a> Facts<'a> {
    /// Reads a batch.
    pub(super) fn of(batch: &'a Batch) -> Self {
        let origin = batch.header.origin_ms;
        let at = |time_ms: u32| origin.saturating_add(u64::from(time_ms));
        let times = batch.records.iter().map(|r| r.time_ms);
        let span_ms = (times.clone().min().map_or(origin, at), times.max().map_or(origin, at));
        let mut facts = Self {
            span_ms,
            page_view: None,
            environment: None,
            visits: Vec::new(),
            clicks: 0,
            errors: 0,
            stop: None,
        };
        for timed in &batch.records {
            facts.add(at(timed.time_ms), &timed.record);
        }
        facts
    }

    fn add(&mut self, time_ms: u64, record: &'a Record) {
        match record {
            Record::PageView(p) => {
                self.page_view = Some(p);
                self.visits.push((time_ms, &p.url));
            }
            Record::Navigation(n) => self.visits.push((time_ms, &n.url)),
            Record::Environment(e) => self.environment = Some(e),
            Record::Pointer(p) if p.action == CLICK => self.clicks += 1,
            Record::Fault(_) => self.errors += 1,
            Record::Stop(s) => self.stop = Some(s),
            _ => {}
        }
    }
}
