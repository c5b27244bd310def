//! Delivery as a state machine: what to send next, and what an answer means. No I/O.

use std::collections::VecDeque;

use crate::batch::Sealed;

/// Most bytes that wait in memory; beyond it the oldest are given up, and the gap shows.
pub const MOST_BYTES: usize = 8 << 20;
/// First delay after a failure, milliseconds; it doubles with each.
const FIRST_DELAY_MS: f64 = 1000.0;
/// Longest delay.
const LONGEST_DELAY_MS: f64 = 60_000.0;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP status.
    Status(u16),
    /// No answer at all.
    Failed,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Go on.
    Next,
    /// Wait, then try again.
    Wait,
    /// The collector wants no more of this session.
    Stop,
}

/// The batches on their way.
#[derive(Default)]
pub struct Transport {
    queue: VecDeque<Sealed>,
    bytes: usize,
    in_flight: bool,
    failures: u32,
    not_before_ms: f64,
    /// Batches the collector refused for good.
    pub refused: u32,
    /// Batches given up for want of room.
    pub lost: u32,
}

impl Transport {
    /// Takes a batch.
    pub fn push(&mut self, batch: Sealed) {
        self.bytes += batch.payload.len();
        self.queue.push_back(batch);
        // The first may be on its way; what is sent is not given up.
        let keep = usize::from(self.in_flight);
        while self.bytes > MOST_BYTES && self.queue.len() > keep + 1 {
            if let Some(old) = self.queue.remove(keep) {
                self.bytes -= old.payload.len();
                self.lost += 1;
            }
        }
    }

    /// Whether everything was answered.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The batch to send now, if it is time; [`answered`](Self::answered) must follow.
    pub fn next(&mut self, now_ms: f64) -> Option<Sealed> {
        if self.in_flight || now_ms < self.not_before_ms {
            return None;
        }
        let batch = self.queue.front()?.clone();
        self.in_flight = true;
        Some(batch)
    }

    /// How long to wait before [`next`](Self::next) is worth asking; `None` when there is nothing to wait for.
    pub fn wait_ms(&self, now_ms: f64) -> Option<f64> {
        (!self.in_flight && !self.queue.is_empty()).then(|| (self.not_before_ms - now_ms).max(0.0))
    }

    /// What the batch on its way was answered. `random` is from 0 to 1.
    pub fn answered(&mut self, answer: Answer, now_ms: f64, random: f64) -> Outcome {
        if !core::mem::take(&mut self.in_flight) {
            return Outcome::Next; // a late answer to what the last beacon sent again
        }
        match answer {
            Answer::Status(200..=299) => self.done(),
            Answer::Status(403 | 410) => {
                self.discard();
                Outcome::Stop
            }
            Answer::Status(429 | 408 | 500..=599) | Answer::Failed => {
                let delay = (FIRST_DELAY_MS * f64::from(1u32 << self.failures.min(6))).min(LONGEST_DELAY_MS);
                self.failures += 1;
                self.not_before_ms = now_ms + delay * (0.5 + random);
                Outcome::Wait
            }
            Answer::Status(_) => {
                self.refused += 1;
                self.done()
            }
        }
    }

    fn done(&mut self) -> Outcome {
        if let Some(batch) = self.queue.pop_front() {
            self.bytes -= batch.payload.len();
        }
        self.failures = 0;
        self.not_before_ms = 0.0;
        Outcome::Next
    }

    /// Everything that was not answered, to be sent once more while the page goes away. It stays queued: the page
    /// may come back, and the collector stores a batch once.
    pub fn unanswered(&self) -> impl Iterator<Item = &Sealed> {
        self.queue.iter()
    }

    /// Forgets what was handed over with the last beacon.
    pub fn delivered(&mut self, count: usize) {
        for _ in 0..count {
            self.done();
        }
        self.in_flight = false;
    }

    /// Throws everything away: the visitor said no.
    pub fn discard(&mut self) {
        *self = Self { refused: self.refused, lost: self.lost, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(n: u32, bytes: usize) -> Sealed {
        let header = afterimage_wire::Header { sequence: n, ..Default::default() };
        Sealed { header, payload: vec![0; bytes] }
    }

    fn sequence(t: &mut Transport, now: f64) -> Option<u32> {
        t.next(now).map(|b| b.header.sequence)
    }

    #[test]
    fn one_at_a_time_in_order() {
        let mut t = Transport::default();
        t.push(batch(0, 1));
        t.push(batch(1, 1));
        assert_eq!(sequence(&mut t, 0.0), Some(0));
        assert_eq!(sequence(&mut t, 0.0), None);
        assert_eq!(t.answered(Answer::Status(204), 0.0, 0.5), Outcome::Next);
        assert_eq!(sequence(&mut t, 0.0), Some(1));
        t.answered(Answer::Status(200), 0.0, 0.5);
        assert!(t.is_empty());
    }

    #[test]
    fn failures_back_off_and_keep_the_batch() {
        let mut t = Transport::default();
        t.push(batch(0, 1));
        let mut now = 0.0;
        let mut delays = Vec::new();
        for answer in
            [Answer::Failed, Answer::Status(503), Answer::Status(429), Answer::Status(500)].repeat(3)
        {
            assert_eq!(sequence(&mut t, now), Some(0));
            assert_eq!(t.answered(answer, now, 0.5), Outcome::Wait);
            assert_eq!(sequence(&mut t, now), None);
            let wait = t.wait_ms(now).unwrap();
            delays.push(wait);
            now += wait;
        }
        assert_eq!(delays[..3], [1000.0, 2000.0, 4000.0]);
        assert!(delays.iter().all(|d| *d <= 60_000.0));
        assert_eq!(sequence(&mut t, now), Some(0));
        t.answered(Answer::Status(204), now, 0.5);
        assert!(t.is_empty());
    }

    #[test]
    fn refused_batches_are_not_retried() {
        let mut t = Transport::default();
        for (n, status) in [400, 413, 422].into_iter().enumerate() {
            t.push(batch(n as u32, 1));
            assert_eq!(sequence(&mut t, 0.0), Some(n as u32));
            assert_eq!(t.answered(Answer::Status(status), 0.0, 0.5), Outcome::Next);
        }
        assert_eq!((t.is_empty(), t.refused), (true, 3));
    }

    #[test]
    fn a_collector_can_stop_the_session() {
        for status in [403, 410] {
            let mut t = Transport::default();
            t.push(batch(0, 1));
            t.push(batch(1, 1));
            t.next(0.0);
            assert_eq!(t.answered(Answer::Status(status), 0.0, 0.5), Outcome::Stop);
            assert!(t.is_empty());
        }
    }

    #[test]
    fn memory_is_bounded_and_the_batch_on_its_way_stays() {
        let mut t = Transport::default();
        t.push(batch(0, MOST_BYTES / 2));
        t.next(0.0);
        for n in 1..6 {
            t.push(batch(n, MOST_BYTES / 2));
        }
        let left: Vec<u32> = t.unanswered().map(|b| b.header.sequence).collect();
        assert_eq!((left, t.lost), (vec![0, 5], 4));
    }

    #[test]
    fn promise_v06_discarding_leaves_nothing_to_send() {
        let mut t = Transport::default();
        t.push(batch(0, 1));
        t.next(0.0);
        t.discard();
        assert_eq!(t.answered(Answer::Status(503), 0.0, 0.5), Outcome::Next);
        assert_eq!(sequence(&mut t, 1e9), None);
    }
}
