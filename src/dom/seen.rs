//! What was seen already, when changes are many and the same.

/// A set of (node, attribute name): small, open addressing, by hash. A collision would lose a change, so the full
/// key is compared.
#[derive(Default)]
pub(super) struct Seen<'a> {
    slots: Vec<(u32, &'a str)>,
    used: usize,
}

impl<'a> Seen<'a> {
    /// Adds a pair; false when it was there.
    pub(super) fn add(&mut self, id: u32, name: &'a str) -> bool {
        if self.slots.len() < (self.used + 1) * 2 {
            let old = core::mem::take(&mut self.slots);
            self.slots.resize((old.len() * 2).max(32), (0, ""));
            for (id, name) in old {
                if id != 0 {
                    let at = self.find(id, name);
                    self.put(at, id, name);
                }
            }
        }
        let at = self.find(id, name);
        if self.slots.get(at).is_some_and(|s| s.0 != 0) {
            return false;
        }
        self.put(at, id, name);
        self.used += 1;
        true
    }

    fn put(&mut self, at: usize, id: u32, name: &'a str) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (id, name);
        }
    }

    fn find(&self, id: u32, name: &str) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let seed = id.wrapping_mul(0x9e37_79b9);
        let hash = name.bytes().fold(seed, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
        let mut at = (hash ^ (hash >> 15)) as usize & mask;
        while self.slots.get(at).is_some_and(|s| s.0 != 0 && !(s.0 == id && s.1 == name)) {
            at = (at + 1) & mask;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_new_once() {
        let names: Vec<String> = (0..40).map(|n| format!("name-{n}")).collect();
        let mut seen = Seen::default();
        for round in 0..2 {
            for id in 1..=300 {
                assert_eq!(seen.add(id, ""), round == 0);
                for name in &names {
                    assert_eq!(seen.add(id, name), round == 0, "{id} {name}");
                }
            }
        }
    }
}
