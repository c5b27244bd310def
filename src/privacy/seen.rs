//! What was let through as it was: pages say the same over and over, and looking once is enough.

use std::cell::Cell;

use afterimage_wire::strings::mix;

/// How many sayings are remembered; a new one takes the place of an old one.
const SLOTS: usize = 1 << 11;
/// Longer ones seldom come again, bytes.
const LONGEST: usize = 256;

/// What is remembered where no rules are: names that are on the list of attributes, or not; labels that announce
/// nothing; names of any kind.
pub(super) const LISTED: u16 = u16::MAX;
pub(super) const UNLISTED: u16 = u16::MAX - 1;
pub(super) const HARMLESS: u16 = u16::MAX - 2;
pub(super) const NAME: u16 = u16::MAX - 3;

/// Hashes of what needed no change. Another saying with the same 64 bits does not turn up by chance.
pub(super) struct Seen(Vec<Cell<u64>>);

impl Seen {
    pub(super) fn new() -> Self {
        Self(vec![Cell::new(0); SLOTS])
    }

    fn slot(&self, key: u64) -> Option<&Cell<u64>> {
        self.0.get((key >> 40) as usize % SLOTS)
    }

    pub(super) fn has(&self, key: u64) -> bool {
        key != 0 && self.slot(key).is_some_and(|s| s.get() == key)
    }

    pub(super) fn note(&self, key: u64) {
        if let Some(slot) = self.slot(key) {
            slot.set(key);
        }
    }
}

/// The key of `value`, and of everything its judgement depends on, among it the bits of `rules` or of what else holds;
/// 0 for what is not remembered.
#[inline(never)]
pub(super) fn key(rules: u16, tag: &str, name: &str, value: &str) -> u64 {
    if value.len() > LONGEST {
        return 0;
    }
    // Lengths count in each, so that their ends are told apart.
    [&rules.to_le_bytes(), tag.as_bytes(), name.as_bytes(), value.as_bytes()]
        .iter()
        .fold(0, |hash, part| mix(hash, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_what_it_was_told_and_nothing_else() {
        let seen = Seen::new();
        let a = key(0, "a", "class", "nav");
        assert!(!seen.has(a));
        seen.note(a);
        assert!(seen.has(a));
        for other in [
            key(32, "a", "class", "nav"),
            key(0, "ac", "lass", "nav"),
            key(3, "b", "class", "nav"),
            key(0, "a", "class", "nav "),
            key(0, "", "", &"x".repeat(LONGEST + 1)),
        ] {
            assert!(!seen.has(other));
        }
    }
}
