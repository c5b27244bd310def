//! What is said when the recorder itself breaks: one small batch, made without anything that may have broken.

use core::cell::Cell;

use afterimage_wire::BatchWriter;
use afterimage_wire::batch::{DIGEST_BYTES, Header, PolicyReport};
use afterimage_wire::record::Stop;

use crate::batch::Identity;
use crate::privacy::Settings;

/// `Stop.reason` of a fault in the recorder.
const FAULT: u32 = 4;

/// Who recorded, and where in the page view the next batch would stand.
pub struct LastWords {
    identity: Identity,
    policy: PolicyReport,
    next: Cell<Next>,
}

#[derive(Clone, Copy, Default)]
struct Next {
    sequence: u32,
    epoch: u32,
    previous: [u8; DIGEST_BYTES],
}

impl LastWords {
    /// For a page view that begins.
    pub fn new(identity: Identity, settings: &Settings) -> Self {
        let policy = PolicyReport { policy: settings.digest(), withheld: Vec::new() };
        Self { identity, policy, next: Cell::default() }
    }

    /// A batch was sent, perhaps once more.
    pub fn sent(&self, header: &Header) {
        if header.sequence >= self.next.get().sequence {
            let (sequence, epoch, previous) = (header.sequence + 1, header.epoch, header.digest);
            self.next.set(Next { sequence, epoch, previous });
        }
    }

    /// The batch that follows the last one sent: nothing but that recording ended by a fault.
    pub fn batch(&self, wall_ms: u64) -> Vec<u8> {
        let mut writer = BatchWriter::default();
        let elapsed_ms = wall_ms.saturating_sub(self.identity.origin_ms);
        Stop { reason: FAULT, code: 0 }.encode(&mut writer, u32::try_from(elapsed_ms).unwrap_or(u32::MAX));
        let payload = writer.finish(&self.policy);
        let Next { sequence, epoch, previous } = self.next.get();
        let mut header = Header {
            session: self.identity.session,
            page_view: self.identity.page_view,
            sequence,
            epoch,
            flags: Header::LAST,
            origin_ms: self.identity.origin_ms,
            sealed_ms: wall_ms,
            site: self.identity.site.clone(),
            previous,
            ..Header::default()
        };
        header.seal(&payload);
        [header.encode(), payload].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use afterimage_wire::Batch;
    use afterimage_wire::record::Record;

    fn decoded(words: &LastWords) -> Batch {
        Batch::decode(&words.batch(5000), 1 << 16).unwrap()
    }

    #[test]
    fn they_follow_the_last_batch_that_was_sent() {
        let identity =
            Identity { session: [7; 16], origin_ms: 2000, site: "shop".into(), ..Identity::default() };
        let words = LastWords::new(identity, &Settings::default());
        let first = decoded(&words);
        assert_eq!((first.header.sequence, first.header.session, first.records.len()), (0, [7; 16], 1));
        assert_eq!(first.records[0].time_ms, 3000);
        assert!(matches!(first.records[0].record, Record::Stop(Stop { reason: FAULT, .. })));

        words.sent(&first.header);
        words.sent(&Header { sequence: 4, epoch: 2, ..first.header.clone() });
        words.sent(&first.header);
        let later = decoded(&words).header;
        assert_eq!((later.sequence, later.epoch, later.previous), (5, 2, first.header.digest));
    }
}
