//! A page view's events in the order they happened.
//!
//! Pointer and scroll samples come in one record for a stretch of time; here they are taken apart. Everything else
//! keeps its order, as each record builds on those before it, even if the clock stumbled in between.

use afterimage_wire::Record;
use afterimage_wire::record::{Moves, Sample};

use crate::recording::{PageView, What};

/// Pointer samples of one moment span at most this.
const MOVES_MS: u32 = 500;

/// Something that happened at one moment.
pub(crate) struct Moment<'a> {
    /// Milliseconds since the page view's origin.
    pub(crate) time_ms: u32,
    /// What it is.
    pub(crate) what: Now<'a>,
}

pub(crate) enum Now<'a> {
    Record(&'a Record),
    Gap {
        first: u32,
        last: u32,
    },
    /// Something was scrolled.
    Scroll(Sample),
    /// The pointer's way to here, at most [`MOVES_MS`]: times and positions.
    Moves {
        device: u32,
        points: Vec<(u32, Sample)>,
    },
}

pub(crate) fn timeline(view: &PageView) -> Vec<Moment<'_>> {
    let mut moments = Vec::new();
    let (mut latest, mut in_snapshot) = (0, false);
    for event in &view.events {
        match &event.what {
            What::Record(Record::Moves(moves)) => split(event.time_ms, moves, &mut moments),
            What::Record(Record::Scrolls(scrolls)) => {
                for (time_ms, sample) in timed(event.time_ms, &scrolls.samples) {
                    // Where things are scrolled to is part of a snapshot, and needs its nodes.
                    let time_ms = if in_snapshot { time_ms.max(latest) } else { time_ms };
                    moments.push(Moment { time_ms, what: Now::Scroll(sample) });
                }
            }
            What::Record(record) => {
                match record {
                    Record::Snapshot(_) => in_snapshot = true,
                    Record::SnapshotEnd(_) => in_snapshot = false,
                    _ => {}
                }
                latest = latest.max(event.time_ms);
                moments.push(Moment { time_ms: latest, what: Now::Record(record) });
            }
            What::Gap { first, last } => {
                latest = latest.max(event.time_ms);
                moments.push(Moment { time_ms: latest, what: Now::Gap { first: *first, last: *last } });
            }
        }
    }
    moments.sort_by_key(|m| m.time_ms);
    moments
}

fn timed(mut time_ms: u32, samples: &[Sample]) -> impl Iterator<Item = (u32, Sample)> {
    samples.iter().map(move |s| {
        time_ms = time_ms.saturating_add(s.after_ms);
        (time_ms, *s)
    })
}

fn split<'a>(start_ms: u32, moves: &Moves, moments: &mut Vec<Moment<'a>>) {
    let mut points: Vec<(u32, Sample)> = Vec::new();
    let mut put = |points: Vec<(u32, Sample)>| {
        if let Some((time_ms, _)) = points.last() {
            moments.push(Moment { time_ms: *time_ms, what: Now::Moves { device: moves.device, points } });
        }
    };
    for (time_ms, sample) in timed(start_ms, &moves.samples) {
        if points.first().is_some_and(|(first, _)| time_ms - first > MOVES_MS) {
            put(std::mem::take(&mut points));
        }
        points.push((time_ms, sample));
    }
    put(points);
}
