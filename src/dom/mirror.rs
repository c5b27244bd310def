//! What the recording holds: the shape of the recorded tree, by id.
//!
//! Ids count from 1 within an epoch and are never reused in it. The mirror knows no strings and no live nodes,
//! only who stands where, so that a removed subtree can be forgotten without asking the page.

use crate::privacy::Rules;

/// One recorded node.
#[derive(Clone, Copy, Default)]
struct Entry {
    parent: u32,
    first: u32,
    last: u32,
    previous: u32,
    next: u32,
    rules: Rules,
    flags: u8,
}

const ALIVE: u8 = 1;
const TOUCHED: u8 = 2;
const OPEN: u8 = 4;
const LEAF: u8 = 8;
const ROOT: u8 = 16;
const FOREIGN: u8 = 32;

/// The shape of the recorded tree.
#[derive(Default)]
pub struct Mirror {
    /// By id; 0 is nobody.
    entries: Vec<Entry>,
    live: u32,
}

impl Mirror {
    /// Forgets everything: the next id is 1 again.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.entries.push(Entry::default());
        self.live = 0;
    }

    /// The id the next node will get.
    pub fn next_id(&self) -> u32 {
        (self.entries.len() as u32).max(1)
    }

    /// How many nodes are recorded now.
    pub fn live(&self) -> u32 {
        self.live
    }

    /// How many ids belong to nodes that are gone.
    pub fn dead(&self) -> u32 {
        self.next_id().saturating_sub(1).saturating_sub(self.live)
    }

    fn entry(&self, id: u32) -> Entry {
        self.entries.get(id as usize).copied().unwrap_or_default()
    }

    fn with(&mut self, id: u32, change: impl FnOnce(&mut Entry)) {
        if id != 0
            && let Some(entry) = self.entries.get_mut(id as usize)
        {
            change(entry);
        }
    }

    fn has(&self, id: u32, flag: u8) -> bool {
        self.entry(id).flags & flag != 0
    }

    fn set(&mut self, id: u32, flag: u8, on: bool) {
        self.with(id, |e| if on { e.flags |= flag } else { e.flags &= !flag });
    }

    /// Whether the id belongs to a node that is recorded now.
    pub fn is_alive(&self, id: u32) -> bool {
        self.has(id, ALIVE)
    }

    /// Whether a change has touched the node's place and the recording does not show it yet.
    pub fn is_touched(&self, id: u32) -> bool {
        self.has(id, TOUCHED)
    }

    /// Marks that.
    pub fn set_touched(&mut self, id: u32, on: bool) {
        self.set(id, TOUCHED, on);
    }

    /// Whether the walk has not seen all the node's children yet.
    pub fn is_open(&self, id: u32) -> bool {
        self.has(id, OPEN)
    }

    /// Marks that.
    pub fn set_open(&mut self, id: u32, on: bool) {
        self.set(id, OPEN, on);
    }

    /// Whether the node is an SVG or MathML element.
    pub fn is_foreign(&self, id: u32) -> bool {
        self.has(id, FOREIGN)
    }

    /// Marks that.
    pub fn set_foreign(&mut self, id: u32) {
        self.set(id, FOREIGN, true);
    }

    /// Whether the node's children are recorded.
    pub fn holds_children(&self, id: u32) -> bool {
        !self.has(id, LEAF)
    }

    /// Marks a node of whose children nothing is recorded.
    pub fn set_leaf(&mut self, id: u32) {
        self.set(id, LEAF, true);
    }

    /// The shadow root or document below a node; 0 for none.
    pub fn root(&self, id: u32) -> u32 {
        let first = self.entry(id).first;
        if self.has(first, ROOT) { first } else { 0 }
    }

    /// The privacy rules that hold for the node.
    pub fn rules(&self, id: u32) -> Rules {
        self.entry(id).rules
    }

    /// Changes them.
    pub fn set_rules(&mut self, id: u32, rules: Rules) {
        self.with(id, |e| e.rules = rules);
    }

    /// The node's parent; 0 for none.
    pub fn parent(&self, id: u32) -> u32 {
        self.entry(id).parent
    }

    /// The sibling before; 0 for none.
    pub fn previous(&self, id: u32) -> u32 {
        let previous = self.entry(id).previous;
        if self.has(previous, ROOT) { 0 } else { previous }
    }

    /// A new node that stands nowhere yet.
    pub fn create(&mut self, rules: Rules) -> u32 {
        let id = self.next_id();
        self.entries.resize(id as usize, Entry::default());
        self.entries.push(Entry { rules, flags: ALIVE, ..Entry::default() });
        self.live += 1;
        id
    }

    /// Puts a node that stands nowhere under `parent`, after `previous` (0: first).
    pub fn attach(&mut self, id: u32, parent: u32, previous: u32) {
        let first = self.entry(parent).first;
        let previous = if previous == 0 && self.has(first, ROOT) { first } else { previous };
        let next = if previous == 0 { self.entry(parent).first } else { self.entry(previous).next };
        self.with(id, |e| (e.parent, e.previous, e.next) = (parent, previous, next));
        match previous {
            0 => self.with(parent, |e| e.first = id),
            _ => self.with(previous, |e| e.next = id),
        }
        match next {
            0 => self.with(parent, |e| e.last = id),
            _ => self.with(next, |e| e.previous = id),
        }
    }

    /// Puts a shadow root or document below its host, before all children. It is nobody's sibling: as far as places go, the
    /// first child still comes after nothing.
    pub fn attach_root(&mut self, id: u32, host: u32) {
        self.attach(id, host, 0);
        self.set(id, ROOT, true);
    }

    /// Takes a node and its subtree out of its place.
    pub fn detach(&mut self, id: u32) {
        let Entry { parent, previous, next, .. } = self.entry(id);
        match previous {
            0 => self.with(parent, |e| e.first = next),
            _ => self.with(previous, |e| e.next = next),
        }
        match next {
            0 => self.with(parent, |e| e.last = previous),
            _ => self.with(next, |e| e.previous = previous),
        }
        self.with(id, |e| (e.parent, e.previous, e.next) = (0, 0, 0));
    }

    /// Detaches a node and forgets its subtree.
    pub fn kill(&mut self, id: u32) {
        self.detach(id);
        let mut at = id;
        while at != 0 {
            let Entry { first, flags, .. } = self.entry(at);
            if flags & ALIVE != 0 {
                self.live -= 1;
                self.with(at, |e| e.flags = 0);
            }
            at = if first != 0 { first } else { self.after(at, id) };
        }
    }

    /// The next node after the subtree of `at`, within that of `root`; 0 at its end.
    fn after(&self, mut at: u32, root: u32) -> u32 {
        while at != root && at != 0 {
            let Entry { next, parent, .. } = self.entry(at);
            if next != 0 {
                return next;
            }
            at = parent;
        }
        0
    }

    /// The first of `id` and its ancestors, in the recording, that was touched and not placed yet; 0 for none.
    pub fn touched_ancestor(&self, id: u32) -> u32 {
        let mut at = id;
        while at != 0 && !self.is_touched(at) {
            at = self.parent(at);
        }
        at
    }

    /// Every child of `id`, in order.
    pub fn children(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        let mut at = self.entry(id).first;
        core::iter::from_fn(move || {
            let here = at;
            at = self.entry(here).next;
            (here != 0).then_some(here)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document with `html`, and three children below it.
    fn tree() -> (Mirror, u32, [u32; 3]) {
        let mut mirror = Mirror::default();
        mirror.clear();
        let document = mirror.create(Rules::NONE);
        mirror.attach_root(document, 0);
        let html = mirror.create(Rules::NONE);
        mirror.attach(html, document, 0);
        let mut previous = 0;
        let children = core::array::from_fn(|_| {
            let child = mirror.create(Rules::NONE);
            mirror.attach(child, html, previous);
            previous = child;
            child
        });
        (mirror, html, children)
    }

    fn order(mirror: &Mirror, id: u32) -> Vec<u32> {
        let forwards: Vec<u32> = mirror.children(id).collect();
        let mut backwards: Vec<u32> = Vec::new();
        let mut at = mirror.entry(id).last;
        while at != 0 {
            assert_eq!(mirror.parent(at), id);
            backwards.insert(0, at);
            at = mirror.entry(at).previous;
        }
        assert_eq!(forwards, backwards, "links in both directions agree");
        forwards
    }

    #[test]
    fn children_keep_their_order() {
        let (mut mirror, html, [a, b, c]) = tree();
        assert_eq!(order(&mirror, html), [a, b, c]);
        for (node, previous, expected) in
            [(c, 0, [c, a, b]), (a, b, [c, b, a]), (b, 0, [b, c, a]), (c, b, [b, c, a])]
        {
            mirror.detach(node);
            assert_eq!(mirror.parent(node), 0);
            mirror.attach(node, html, previous);
            assert_eq!(order(&mirror, html), expected);
            assert_eq!(mirror.previous(node), previous);
        }
    }

    #[test]
    fn a_root_is_before_all_children_and_nobodys_sibling() {
        let (mut mirror, html, [a, b, c]) = tree();
        let root = mirror.create(Rules::NONE);
        mirror.attach_root(root, html);
        assert_eq!((mirror.root(html), mirror.root(a)), (root, 0));
        assert_eq!(order(&mirror, html), [root, a, b, c]);
        assert_eq!(mirror.previous(a), 0);
        mirror.detach(c);
        mirror.attach(c, html, 0);
        assert_eq!(order(&mirror, html), [root, c, a, b]);
        for child in [a, b, c] {
            mirror.kill(child);
        }
        let d = mirror.create(Rules::NONE);
        mirror.attach(d, html, 0);
        assert_eq!(order(&mirror, html), [root, d]);
        mirror.kill(root);
        assert_eq!((order(&mirror, html), mirror.root(html)), (vec![d], 0));
    }

    #[test]
    fn the_dead_are_forgotten_with_all_below_them_and_their_ids_stay_theirs() {
        let (mut mirror, html, [a, b, c]) = tree();
        let below = mirror.create(Rules::MASK);
        mirror.attach(below, b, 0);
        let deep = mirror.create(Rules::NONE);
        mirror.attach(deep, below, 0);
        mirror.set_touched(deep, true);
        let (next, live) = (mirror.next_id(), mirror.live());
        mirror.kill(b);
        assert_eq!((mirror.live(), mirror.dead()), (live - 3, 3));
        assert!([b, below, deep].iter().all(|id| !mirror.is_alive(*id) && !mirror.is_touched(*id)));
        assert_eq!(order(&mirror, html), [a, c]);
        assert_eq!(mirror.create(Rules::NONE), next);
        mirror.kill(b);
        assert_eq!((mirror.live(), order(&mirror, html)), (live - 2, vec![a, c]), "dying twice is nothing");
    }

    #[test]
    fn touched_ancestors_are_found_from_the_inside() {
        let (mut mirror, html, [a, b, _]) = tree();
        let below = mirror.create(Rules::NONE);
        mirror.attach(below, a, 0);
        assert_eq!(mirror.touched_ancestor(below), 0);
        mirror.set_touched(html, true);
        mirror.set_touched(a, true);
        assert_eq!((mirror.touched_ancestor(below), mirror.touched_ancestor(b)), (a, html));
        mirror.set_touched(a, false);
        assert_eq!(mirror.touched_ancestor(below), html);
    }

    #[test]
    fn nobody_has_no_properties() {
        let (mut mirror, _, _) = tree();
        for id in [0, 999] {
            mirror.set_open(id, true);
            mirror.set_touched(id, true);
            mirror.set_leaf(id);
            mirror.set_rules(id, Rules::MASK);
            assert!(!mirror.is_open(id) && !mirror.is_touched(id) && mirror.holds_children(id));
            assert_eq!((mirror.rules(id), mirror.parent(id), mirror.previous(id)), (Rules::NONE, 0, 0));
        }
    }
}
