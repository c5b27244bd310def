//! The governor: measures what the recorder takes of the page's main thread, and records in less detail when that is too
//! much. Time is all it may take away, never a state of the page and never a rule of privacy: each level is a longer time
//! between two samples of a pointer, and between two looks at what changed.

/// Over how long the recorder's work is summed, milliseconds.
const WINDOW_MS: f64 = 10_000.0;
/// By level, as in the format's `Detail` record: least milliseconds between two positions of a pointer, and from a change to
/// the look at it.
const LEVELS: [(f64, f64); 4] = [(15.0, 50.0), (50.0, 50.0), (100.0, 200.0), (250.0, 500.0)];

/// What was taken, and what is left out for it.
pub struct Governor {
    /// How much of the main thread the recorder may take, from 0 to 1.
    share: f64,
    since_ms: f64,
    spent_ms: f64,
    level: usize,
}

impl Governor {
    /// A governor that grants everything so far.
    pub fn new(share: f64, now_ms: f64) -> Self {
        Self { share, since_ms: now_ms, spent_ms: 0.0, level: 0 }
    }

    /// The recorder has worked. Returns the level that holds from now on when it is another.
    pub fn spent(&mut self, from_ms: f64, to_ms: f64) -> Option<u32> {
        self.spent_ms += to_ms - from_ms;
        let over = to_ms - self.since_ms;
        if over < WINDOW_MS {
            return None;
        }
        let (before, budget) = (self.level, over * self.share);
        if self.spent_ms > budget {
            self.level = (before + 1).min(LEVELS.len() - 1);
        } else if self.spent_ms * 2.0 < budget {
            // Half, as with more detail it will be more again.
            self.level = before.saturating_sub(1);
        }
        self.forget(to_ms);
        (self.level != before).then_some(self.level as u32)
    }

    /// Begins anew: a snapshot is taken once, in slices, and is no reason for less detail after it.
    pub fn forget(&mut self, now_ms: f64) {
        (self.since_ms, self.spent_ms) = (now_ms, 0.0);
    }

    /// Least time between two positions of a pointer, milliseconds.
    pub fn sample_ms(&self) -> f64 {
        LEVELS.get(self.level).map_or(0.0, |level| level.0)
    }

    /// How long what changed is collected before it is recorded, milliseconds.
    pub fn collect_ms(&self) -> f64 {
        LEVELS.get(self.level).map_or(0.0, |level| level.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds in which the recorder works as many milliseconds each; the levels on the way.
    fn levels(governor: &mut Governor, from_s: u32, seconds: u32, ms: f64) -> Vec<u32> {
        let work = |s| {
            let end = f64::from(s + 1) * 1000.0;
            governor.spent(end - ms, end)
        };
        (from_s..from_s + seconds).filter_map(work).collect()
    }

    #[test]
    fn detail_goes_step_by_step_and_comes_back() {
        let mut governor = Governor::new(0.01, 0.0);
        assert_eq!(levels(&mut governor, 0, 60, 9.9), [], "within the budget");
        assert_eq!(levels(&mut governor, 60, 60, 11.0), [1, 2, 3], "no further than the last");
        assert_eq!((governor.sample_ms(), governor.collect_ms()), (250.0, 500.0));
        assert_eq!(levels(&mut governor, 120, 60, 7.0), [], "what is just enough stays");
        assert_eq!(levels(&mut governor, 180, 60, 1.0), [2, 1, 0]);
        assert_eq!((governor.sample_ms(), governor.collect_ms()), (15.0, 50.0));
    }

    #[test]
    fn one_long_snapshot_takes_no_detail_away() {
        let mut governor = Governor::new(0.01, 0.0);
        assert_eq!(governor.spent(0.0, 900.0), None);
        governor.forget(900.0);
        assert_eq!(levels(&mut governor, 1, 30, 5.0), []);
    }
}
