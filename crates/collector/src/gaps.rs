//! Gaps in the sequence of a page view, and when to ask the recorder to start afresh.

/// First and last of each run of sequences from `start` on that is missing before the last of `present`, which rises.
pub(crate) fn gaps(start: u32, present: &[u32]) -> Vec<(u32, u32)> {
    let mut next = start;
    let mut gaps = Vec::new();
    for sequence in present {
        if *sequence > next {
            gaps.push((next, sequence - 1));
        }
        next = sequence.saturating_add(1);
    }
    gaps
}

/// Batches that may overtake one before it counts as lost.
const LATE: u32 = 2;
/// A recorder that was asked is asked again after so many batches.
const AGAIN: u32 = 8;

/// Whether to ask, on receiving `sequence`, for a full snapshot, because something after the last one is lost and
/// nothing that follows it can be trusted. The last snapshot began in `start`; `present` came from there on.
///
/// Needs no memory of having asked before: it asks at the second batch after the gap, then at every eighth.
pub(crate) fn wants_snapshot(sequence: u32, start: u32, present: &[u32]) -> bool {
    let lost = gaps(start, present).first().map(|gap| gap.0);
    lost.and_then(|lost| sequence.checked_sub(lost)?.checked_sub(LATE)).is_some_and(|late| late % AGAIN == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_first_and_last_of_what_is_missing() {
        assert_eq!(gaps(0, &[]), []);
        assert_eq!(gaps(0, &[0, 1, 2]), []);
        assert_eq!(gaps(0, &[2]), [(0, 1)]);
        assert_eq!(gaps(0, &[0, 2, 3, 7, u32::MAX]), [(1, 1), (4, 6), (8, u32::MAX - 1)]);
        assert_eq!(gaps(5, &[5, 6, 8]), [(7, 7)]);
    }

    #[test]
    fn a_snapshot_is_wanted_when_a_batch_is_lost_and_not_when_it_is_late() {
        assert!(!wants_snapshot(2, 0, &[0, 1, 2]));
        assert!(!wants_snapshot(2, 0, &[0, 2]), "1 may still be on its way");
        assert!(wants_snapshot(3, 0, &[0, 2, 3]));
        assert!(!wants_snapshot(4, 0, &[0, 2, 3, 4]), "just asked");
        assert!(wants_snapshot(11, 0, &[0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
        assert!(wants_snapshot(2, 0, &[1, 2]), "the first snapshot itself was lost");
        assert!(!wants_snapshot(5, 4, &[4, 5]), "a snapshot since then healed it");
    }
}
