//! Positions over time: pointer moves and scrolling, collected into columns.

use afterimage_wire::record::{Moves, Sample, Scrolls};

/// Samples of one track that go into one record.
const MOST_SAMPLES: usize = 128;
/// Milliseconds one record spans at most.
const LONGEST_MS: u32 = 1000;

/// A series of samples that becomes one record.
#[derive(Default)]
struct Track {
    start_ms: u32,
    last_ms: u32,
    samples: Vec<Sample>,
}

impl Track {
    fn add(&mut self, time_ms: u32, node: u32, x: i32, y: i32) {
        let time_ms = time_ms.max(self.last_ms);
        if self.samples.is_empty() {
            self.start_ms = time_ms;
            self.last_ms = time_ms;
        }
        self.samples.push(Sample { after_ms: time_ms - self.last_ms, node, x, y });
        self.last_ms = time_ms;
    }

    fn is_full(&self, time_ms: u32) -> bool {
        self.samples.len() >= MOST_SAMPLES || time_ms.saturating_sub(self.start_ms) > LONGEST_MS
    }

    fn take(&mut self) -> Option<(u32, Vec<Sample>)> {
        let samples = core::mem::take(&mut self.samples);
        (!samples.is_empty()).then_some((self.start_ms, samples))
    }
}

/// Pointer moves, a track for each device and finger.
#[derive(Default)]
pub struct Pointers {
    tracks: Vec<((u32, u32), Track)>,
}

impl Pointers {
    /// Adds a position of a device (0 mouse, 1 pen, 2 touch, 3 drag) and finger.
    pub fn add(&mut self, device: u32, id: u32, time_ms: u32, node: u32, x: i32, y: i32) {
        let key = (device, id);
        if let Some((_, track)) = self.tracks.iter_mut().find(|(k, _)| *k == key) {
            track.add(time_ms, node, x, y);
            return;
        }
        let mut track = Track::default();
        track.add(time_ms, node, x, y);
        self.tracks.push((key, track));
    }

    /// Whether a record is full.
    pub fn is_full(&self, time_ms: u32) -> bool {
        self.tracks.iter().any(|(_, t)| !t.samples.is_empty() && t.is_full(time_ms))
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.tracks.iter().all(|(_, t)| t.samples.is_empty())
    }

    /// Takes all records, with their times.
    pub fn take(&mut self, mut with: impl FnMut(u32, Moves)) {
        for ((device, id), mut track) in self.tracks.drain(..) {
            if let Some((time_ms, samples)) = track.take() {
                with(time_ms, Moves { device, id, samples });
            }
        }
    }

    /// Forgets everything: it would show which keys of a pad were pressed.
    pub fn forget(&mut self) {
        self.tracks.clear();
    }
}

/// Scroll positions of the window and of nested scrollers.
#[derive(Default)]
pub struct Scrolling {
    track: Track,
}

impl Scrolling {
    /// Adds a position.
    pub fn add(&mut self, time_ms: u32, node: u32, x: i32, y: i32) {
        self.track.add(time_ms, node, x, y);
    }

    /// Whether a record is full.
    pub fn is_full(&self, time_ms: u32) -> bool {
        !self.is_empty() && self.track.is_full(time_ms)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.track.samples.is_empty()
    }

    /// Takes the record, with its time.
    pub fn take(&mut self) -> Option<(u32, Scrolls)> {
        let (time_ms, samples) = self.track.take()?;
        Some((time_ms, Scrolls { samples }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_keeps_order_and_differences() {
        let mut pointers = Pointers::default();
        for (t, x) in [(100, 1), (116, 5), (110, 6), (140, 9)] {
            pointers.add(0, 0, t, 7, x, 0);
        }
        pointers.add(2, 1, 120, 7, 50, 50);
        let mut taken = Vec::new();
        pointers.take(|t, m| taken.push((t, m.device, m.samples)));
        assert_eq!(taken.len(), 2);
        let (time, _, samples) = &taken[0];
        assert_eq!(*time, 100);
        // The clock never runs back within a track.
        assert_eq!(samples.iter().map(|s| s.after_ms).collect::<Vec<_>>(), [0, 16, 0, 24]);
        assert!(pointers.is_empty());
    }

    #[test]
    fn records_are_bounded() {
        let mut scrolling = Scrolling::default();
        assert!(!scrolling.is_full(10_000));
        for i in 0..MOST_SAMPLES as u32 {
            scrolling.add(i, 1, 0, i as i32);
        }
        assert!(scrolling.is_full(0));
        let mut slow = Scrolling::default();
        slow.add(0, 1, 0, 0);
        assert!(slow.is_full(LONGEST_MS + 1) && !slow.is_full(LONGEST_MS));
    }
}
