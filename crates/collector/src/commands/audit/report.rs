//! What the batches of a session say of themselves, and whether they say it truly. Pure: entries in, numbers out.

use std::collections::BTreeMap;

use afterimage_wire::Batch as Recorded;
use afterimage_wire::Record;
use afterimage_wire::batch::hex;
use afterimage_wire::rule;
use serde::Serialize;

use super::policy::Policy;
use crate::gaps::gaps;
use crate::id::{PageViewId, SessionId};
use crate::journal::Entry;

/// A session.
#[derive(Debug, Serialize)]
pub(super) struct Audit {
    pub session: String,
    pub site: String,
    /// Whether nothing is missing, altered or out of its chain.
    pub verified: bool,
    pub page_views: Vec<View>,
    pub withheld: Vec<Count>,
}

/// A page view.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub id: String,
    pub origin_ms: i64,
    pub url: String,
    /// The policies that its batches name, as far as the recording tells them.
    pub policies: Vec<Policy>,
    pub batches: Vec<Batch>,
    pub withheld: Vec<Count>,
    pub problems: Vec<String>,
}

/// A batch.
#[derive(Debug, Serialize)]
pub(super) struct Batch {
    pub sequence: u32,
    pub sealed_ms: u64,
    pub records: usize,
    pub digest: String,
    pub previous: String,
    /// Digest of the policy in force.
    pub policy: String,
    pub withheld: Vec<Count>,
}

/// How often a rule withheld something.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    pub rule: u32,
    pub name: String,
    /// What the rule withholds.
    pub meaning: &'static str,
    pub count: u64,
}

impl Audit {
    pub(super) fn of(session: SessionId, entries: &[Entry]) -> Self {
        let mut views: Vec<(PageViewId, Vec<Entry>)> = Vec::new();
        for entry in entries {
            match views.iter_mut().find(|(id, _)| *id == entry.page_view) {
                Some((_, all)) => all.push(entry.clone()),
                None => views.push((entry.page_view, vec![entry.clone()])),
            }
        }
        let mut totals = Totals::default();
        let mut site = String::new();
        let mut page_views = Vec::new();
        for (id, entries) in views {
            page_views.push(View::of(id, &entries, &mut site, &mut totals));
        }
        let verified = page_views.iter().all(|v| v.problems.is_empty());
        Self { session: session.to_string(), site, verified, page_views, withheld: totals.counts() }
    }
}

impl View {
    fn of(id: PageViewId, entries: &[Entry], site: &mut String, session: &mut Totals) -> Self {
        let mut view = Self {
            id: id.to_string(),
            origin_ms: 0,
            url: String::new(),
            policies: Vec::new(),
            batches: Vec::new(),
            withheld: Vec::new(),
            problems: Vec::new(),
        };
        let mut totals = Totals::default();
        let mut before: Option<(u32, [u8; 16])> = None;
        for entry in entries {
            let sequence = entry.sequence;
            // Decoding checks the checksum.
            let batch = match Recorded::decode(&entry.body, usize::MAX) {
                Ok(batch) => batch,
                Err(error) => {
                    view.problems.push(format!("batch {sequence} does not decode: {error}"));
                    before = None;
                    continue;
                }
            };
            let header = &batch.header;
            let key = (SessionId(header.session), PageViewId(header.page_view), header.sequence);
            if key != (entry.session, entry.page_view, sequence) || header.digest != entry.digest {
                view.problems.push(format!("batch {sequence} is stored under another name or digest"));
            }
            let expected = match before {
                Some((last, digest)) if last.checked_add(1) == Some(sequence) => Some(digest),
                None if sequence == 0 => Some([0; 16]),
                _ => None, // after a gap nobody knows
            };
            if expected.is_some_and(|digest| digest != header.previous) {
                view.problems.push(format!("batch {sequence} does not name the batch before it"));
            }
            before = Some((sequence, header.digest));
            site.clone_from(&header.site);
            view.add(&batch);
            totals.add(&batch.policy.withheld);
            session.add(&batch.policy.withheld);
        }
        let present: Vec<u32> = entries.iter().map(|e| e.sequence).collect();
        for (first, last) in gaps(0, &present) {
            let which = if first == last {
                format!("batch {first} is")
            } else {
                format!("batches {first} to {last} are")
            };
            view.problems.push(format!("{which} missing"));
        }
        view.withheld = totals.counts();
        view
    }

    fn add(&mut self, batch: &Recorded) {
        let header = &batch.header;
        self.origin_ms = i64::try_from(header.origin_ms).unwrap_or(i64::MAX);
        for timed in &batch.records {
            match &timed.record {
                Record::PageView(page) => self.url = page.url.to_string(),
                Record::Policy(policy) => self.policies.push(Policy::read(&policy.json)),
                _ => {}
            }
        }
        let policy = hex(&batch.policy.policy);
        // A batch that follows its page view's first has no policy of its own to show.
        if self.policies.iter().any(|p| p.digest != policy)
            && !self.policies.iter().any(|p| p.digest == policy)
        {
            self.problems
                .push(format!("batch {}: its policy is not the one that was recorded", header.sequence));
        }
        let mut totals = Totals::default();
        totals.add(&batch.policy.withheld);
        self.batches.push(Batch {
            sequence: header.sequence,
            sealed_ms: header.sealed_ms,
            records: batch.records.len(),
            digest: hex(&header.digest),
            previous: hex(&header.previous),
            policy,
            withheld: totals.counts(),
        });
    }
}

/// Counts by rule.
#[derive(Default)]
struct Totals(BTreeMap<u32, u64>);

impl Totals {
    fn add(&mut self, withheld: &[(u32, u32)]) {
        for (rule, count) in withheld {
            *self.0.entry(*rule).or_default() += u64::from(*count);
        }
    }

    fn counts(&self) -> Vec<Count> {
        let count = |(rule, count): (&u32, &u64)| Count {
            rule: *rule,
            name: rule::name(*rule).map_or_else(|| format!("unknown-rule-{rule}"), str::to_owned),
            meaning: rule::MEANINGS.get(*rule as usize).copied().unwrap_or("a rule of a later version"),
            count: *count,
        };
        self.0.iter().map(count).collect()
    }
}
