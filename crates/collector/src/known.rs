//! Blocks that came in several sessions, so that the next visitor need not send them: in memory, bounded in bytes and
//! age, and gone with the process.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use afterimage_wire::batch::SESSION_BYTES;
use afterimage_wire::blocks::{LEAST_BLOCK, Name, cut};

use crate::id::SessionId;

/// Sessions that bring a block until it is kept, and told of: what one visitor saw is nobody's guess.
const SESSIONS: usize = 3;
/// Bytes of a generation. There are two: when the younger is full or old, the older goes, and with it what nobody has
/// brought or asked about since.
const GENERATION_BYTES: usize = 16 << 20;
const GENERATION_AGE: Duration = Duration::from_secs(24 * 3600);
/// What a block takes besides its bytes, roughly.
const ENTRY_BYTES: usize = 96;

/// Of which session: enough of its id to tell it from others.
type Print = u64;

/// What is known of a block.
#[derive(Default)]
struct Seen {
    /// The first sessions that brought it.
    sessions: Vec<Print>,
    /// The block, once there are enough of them.
    bytes: Option<Box<[u8]>>,
}

/// That a session has brought blocks.
#[derive(Clone, Default)]
pub struct Lessons {
    session: Print,
    /// Up to where erasures were heard of then.
    heard: u64,
    blocks: Vec<(Name, Option<Box<[u8]>>)>,
}

impl Lessons {
    /// Bytes they take in memory.
    pub fn size(&self) -> usize {
        let bytes: usize = self.blocks.iter().flat_map(|(_, bytes)| bytes).map(|bytes| bytes.len()).sum();
        bytes + size_of_val(&*self.blocks)
    }
}

impl Seen {
    /// Whether a session counts.
    fn is_new_to(&self, print: Print) -> bool {
        self.sessions.len() < SESSIONS && !self.sessions.contains(&print)
    }

    fn size(&self) -> usize {
        ENTRY_BYTES + self.bytes.as_ref().map_or(0, |bytes| bytes.len())
    }
}

struct Generations {
    young: HashMap<Name, Seen>,
    old: HashMap<Name, Seen>,
    /// What the young one takes.
    bytes: usize,
    since: Instant,
    /// Up to where erasures were heard of, a position in the journal.
    heard: u64,
}

impl Generations {
    /// What is known of a block, if anything; from now on among the young.
    fn meet(&mut self, name: &Name) -> Option<&mut Seen> {
        if let Some(seen) = self.old.remove(name) {
            self.bytes += seen.size();
            self.young.insert(*name, seen);
        }
        self.young.get_mut(name)
    }

    fn turn(&mut self) {
        if self.bytes > GENERATION_BYTES || self.since.elapsed() > GENERATION_AGE {
            self.old = std::mem::take(&mut self.young);
            (self.bytes, self.since) = (0, Instant::now());
        }
    }
}

/// The blocks of a collector.
pub struct Known(Mutex<Generations>);

impl Default for Known {
    fn default() -> Self {
        let (young, old) = Default::default();
        Self(Mutex::new(Generations { young, old, bytes: 0, since: Instant::now(), heard: 0 }))
    }
}

impl Known {
    fn lock(&self) -> MutexGuard<'_, Generations> {
        // Nothing in here is half done when it panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a payload of a session teaches once it is stored. The bytes are copied of blocks that will be known then.
    pub fn lessons(&self, session: &[u8; SESSION_BYTES], payload: &[u8], names: &[u8]) -> Lessons {
        let mut known = self.lock();
        let mut lessons = Lessons { session: print(session), heard: known.heard, ..Lessons::default() };
        let mut start = 0;
        for (end, name) in cut(payload).into_iter().zip(names.as_chunks().0) {
            let bytes = payload.get(start..end).unwrap_or_default();
            start = end;
            if bytes.len() >= LEAST_BLOCK {
                let last = known.meet(name).is_some_and(|seen| {
                    seen.sessions.len() == SESSIONS - 1 && seen.is_new_to(lessons.session)
                });
                lessons.blocks.push((*name, last.then(|| bytes.into())));
            }
        }
        lessons
    }

    /// A session has brought these, and they are stored.
    pub fn learn(&self, lessons: Lessons) {
        let known = &mut *self.lock();
        known.turn();
        // Somebody was erased meanwhile, and it may be whom this came of: another one will bring it.
        if known.heard != lessons.heard {
            return;
        }
        for (name, bytes) in lessons.blocks {
            if known.meet(&name).is_none() {
                known.bytes += ENTRY_BYTES;
            }
            let seen = known.young.entry(name).or_default();
            // Somebody else may have been faster: then the next one brings the bytes.
            if seen.is_new_to(lessons.session) && (bytes.is_some() || seen.sessions.len() < SESSIONS - 1) {
                seen.sessions.push(lessons.session);
                if seen.sessions.len() == SESSIONS {
                    known.bytes += bytes.as_ref().map_or(0, |bytes| bytes.len());
                    seen.bytes = bytes;
                }
            }
        }
    }

    /// Appends a block, if it is known.
    pub fn find(&self, name: &Name, out: &mut Vec<u8>) -> bool {
        let mut known = self.lock();
        let bytes = known.meet(name).and_then(|seen| seen.bytes.as_ref());
        bytes.inspect(|bytes| out.extend_from_slice(bytes)).is_some()
    }

    /// A `1` for each name whose block is known, else a `0`.
    pub fn tell(&self, names: &[Name]) -> String {
        let mut known = self.lock();
        let mut tell = |name| known.meet(name).is_some_and(|seen| seen.bytes.is_some());
        names.iter().map(|name| if tell(name) { '1' } else { '0' }).collect()
    }

    /// Whether nothing is known of any block.
    pub fn is_empty(&self) -> bool {
        let known = self.lock();
        known.young.is_empty() && known.old.is_empty()
    }

    /// Up to where erasures were heard of.
    pub fn heard(&self) -> u64 {
        self.lock().heard
    }

    /// Forgets what came of erased sessions, unless enough others brought it before.
    pub fn forget(&self, erased: &[(u64, SessionId)]) {
        let Some(last) = erased.iter().map(|(position, _)| *position).max() else { return };
        let prints: HashSet<Print> = erased.iter().map(|(_, session)| print(&session.0)).collect();
        let known = &mut *self.lock();
        known.heard = known.heard.max(last);
        known.young.retain(|_, seen| seen.sessions.iter().all(|print| !prints.contains(print)));
        known.old.retain(|_, seen| seen.sessions.iter().all(|print| !prints.contains(print)));
        known.bytes = known.young.values().map(Seen::size).sum();
    }
}

fn print(session: &[u8; SESSION_BYTES]) -> Print {
    session.first_chunk().copied().map_or(0, Print::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learn(known: &Known, session: u8, name: u64, length: usize) {
        known.learn(known.lessons(&[session; 16], &vec![7; length], &name.to_le_bytes()));
    }

    fn is_known(known: &Known, name: u64) -> bool {
        let told = known.tell(&[name.to_le_bytes()]) == "1";
        assert_eq!(known.find(&name.to_le_bytes(), &mut Vec::new()), told);
        told
    }

    #[test]
    fn a_block_is_known_once_three_sessions_brought_it() {
        let known = Known::default();
        for session in [1, 1, 2, 2, 1] {
            learn(&known, session, 9, 600);
            assert!(!is_known(&known, 9));
            assert!(known.lock().young.values().all(|seen| seen.bytes.is_none()), "nothing of it is kept");
        }
        learn(&known, 3, 9, 600);
        assert!(is_known(&known, 9) && !is_known(&known, 8));
        for session in 1..9 {
            learn(&known, session, 5, 100);
        }
        assert!(!is_known(&known, 5), "too short to be worth its name");
    }

    /// Two sessions that would each be the last one, at the same time; and one whose bytes were not copied.
    #[test]
    fn lessons_may_be_out_of_date() {
        let known = Known::default();
        let lessons = |session: u8| known.lessons(&[session; 16], &[7; 600], &9u64.to_le_bytes());
        let early = lessons(4);
        for session in 1..=2 {
            learn(&known, session, 9, 600);
        }
        known.learn(early);
        assert!(!is_known(&known, 9), "without its bytes it is not");
        let (one, other) = (lessons(5), lessons(6));
        known.learn(one);
        known.learn(other);
        assert!(is_known(&known, 9));
        assert_eq!(known.lock().bytes, 600 + ENTRY_BYTES);
    }

    #[test]
    fn a_session_that_is_erased_takes_with_it_what_it_brought() {
        let known = Known::default();
        for session in 1..=3 {
            learn(&known, session, 9, 600);
        }
        for session in 4..=6 {
            learn(&known, session, 8, 600);
        }
        known.forget(&[(70, SessionId([2; 16]))]);
        assert!(!is_known(&known, 9) && is_known(&known, 8));
        assert_eq!(known.lock().bytes, 600 + ENTRY_BYTES);
        learn(&known, 7, 9, 600);
        assert!(!is_known(&known, 9), "the others count again from the start");
    }

    /// What comes of a session may be on its way into the journal while it is erased: then nobody would forget it.
    #[test]
    fn what_was_under_way_during_an_erasure_is_not_learned() {
        let known = Known::default();
        for session in 1..=2 {
            learn(&known, session, 9, 600);
        }
        let lessons = known.lessons(&[3; 16], &[7; 600], &9u64.to_le_bytes());
        known.forget(&[(70, SessionId([3; 16]))]);
        known.learn(lessons);
        assert!(!is_known(&known, 9));
        learn(&known, 4, 9, 600);
        assert!(is_known(&known, 9));
        known.forget(&[]);
        assert!(is_known(&known, 9) && known.heard() == 70);
    }

    #[test]
    fn room_is_bounded_and_what_is_used_stays() {
        let known = Known::default();
        for session in 1..=3 {
            learn(&known, session, 0, 8192);
        }
        for name in 1..20_000 {
            for session in 1..=3 {
                learn(&known, session, name, 8192);
            }
            if name % 1000 == 0 {
                assert!(is_known(&known, 0), "{name}");
            }
            let held = known.lock();
            let held: usize = [&held.young, &held.old].into_iter().map(HashMap::len).sum();
            assert!(held <= 2 * (GENERATION_BYTES / 8192 + 1), "{held}");
        }
        assert!(!is_known(&known, 1) && is_known(&known, 19_999));
        known.lock().since -= 2 * GENERATION_AGE;
        learn(&known, 1, 1, 600);
        assert!(known.lock().young.len() == 1, "a day later there is another generation");
    }
}
