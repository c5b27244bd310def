//! An engine at work on a page in memory, whose every record is replayed and checked as it is written.

use std::collections::BTreeSet;

use afterimage_recorder::batch::{Batch, Identity};
use afterimage_recorder::dom::{Change, Context, Dom, Fields, Tree};
use afterimage_recorder::privacy::{Gate, MASK, Settings};
use afterimage_replay::model::Model;
use afterimage_wire::batch::Batch as Decoded;
use afterimage_wire::record::Snapshot;

use super::dom::{Node, Page};
use super::replica::{Replica, permitted};

pub struct Rig {
    pub page: Page,
    pub body: Node,
    pub gate: Gate,
    pub fields: Fields<Page>,
    pub tree: Tree<Page>,
    pub replica: Replica,
    model: Model,
    batch: Batch,
    pending: Vec<Change<Node>>,
    /// What observers brought and the engine was not given yet, and what was outside of the page then.
    kept: (Vec<Change<Node>>, Vec<Node>),
    /// What the page showed, as far as the gate lets it through, whenever the engine looked.
    shown: BTreeSet<String>,
    /// Whether to check everything at every step, which large pages cannot afford.
    pub strict: bool,
}

/// No deadline.
pub const NEVER: u32 = u32::MAX;

impl Rig {
    pub fn new((page, body): (Page, Node)) -> Self {
        Self {
            page,
            body,
            gate: Gate::new(Settings::default()),
            fields: Fields::default(),
            tree: Tree::default(),
            replica: Replica::default(),
            model: Model::default(),
            batch: Batch::new(Identity::default()),
            pending: Vec::new(),
            kept: Default::default(),
            shown: [MASK.to_owned()].into(),
            strict: true,
        }
    }

    /// A page with this body's content, recorded completely.
    pub fn recorded(fill: impl FnOnce(&Page, Node)) -> Self {
        let mut rig = Self::new(Page::with_body());
        fill(&rig.page, rig.body);
        rig.snapshot();
        rig.finish();
        rig
    }

    fn cx(&mut self, looks: u32) -> (&mut Tree<Page>, Context<'_, Page>) {
        let cx = Context {
            dom: &self.page,
            gate: &mut self.gate,
            batch: &mut self.batch,
            fields: &mut self.fields,
            time_ms: 7,
            deadline_ms: f64::from(self.page.looks().saturating_add(looks)),
            record_nodes: 8,
        };
        (&mut self.tree, cx)
    }

    pub fn snapshot(&mut self) {
        self.page.deliver();
        self.pending.clear();
        self.kept = Default::default();
        let epoch = self.batch.open_epoch();
        let url = self.gate.url(Default::default());
        self.batch.record(0, &Snapshot { epoch, flags: 0, width: 800, height: 600, url });
        let (tree, mut cx) = self.cx(NEVER);
        tree.snapshot(&mut cx);
        self.check();
    }

    /// The page's task ends: observers hear of it, and the engine when it is given that.
    pub fn keep(&mut self) {
        let changes = self.page.deliver();
        for change in &changes {
            if let Change::Children { nodes, .. } = change {
                self.kept.1.extend(nodes.iter().filter(|node| !self.page.is_connected(node)));
            }
        }
        self.kept.0.extend(changes);
    }

    /// The page's task ends: observers hear of it. What took nodes out is recorded at once, if the tree cannot do with less.
    pub fn deliver(&mut self) {
        let (mut changes, away) = core::mem::take(&mut self.kept);
        changes.extend(self.page.deliver());
        let (gone, lost) = self.tree.left(&self.page, &changes);
        self.pending.extend(changes);
        self.tree.forget(&self.page, &away);
        if lost && !self.tree.lose(&self.page, &gone) {
            self.flush(3);
        }
    }

    /// Records the changes, with so many looks at the clock.
    pub fn flush(&mut self, looks: u32) {
        let (kept, away) = core::mem::take(&mut self.kept);
        self.pending.extend(kept);
        self.pending.extend(self.page.deliver());
        self.tree.forget(&self.page, &away);
        let changes = core::mem::take(&mut self.pending);
        if self.strict {
            self.shown.extend(permitted(&self.page));
        }
        let (tree, mut cx) = self.cx(looks);
        tree.flush(&mut cx, &changes);
        self.check();
    }

    /// One slice of work. Returns whether all is done.
    pub fn work(&mut self, looks: u32) -> bool {
        self.flush(looks);
        let done = self.walk(looks);
        self.check();
        done
    }

    /// One slice of the walk, of the page as it is by then.
    pub fn walk(&mut self, looks: u32) -> bool {
        let (tree, mut cx) = self.cx(looks);
        tree.work(&mut cx)
    }

    /// Works until nothing is left, and compares.
    pub fn finish(&mut self) {
        while !self.work(NEVER) || self.tree.is_busy() {}
        self.replica.equals(&self.page);
        if self.strict {
            self.replica.agrees(&self.model);
        }
    }

    /// As [`finish`](Self::finish), where the recording is less than the page.
    pub fn finish_unequal(&mut self) {
        while !self.work(NEVER) || self.tree.is_busy() {}
    }

    /// A snapshot without any check.
    pub fn walk_only(&mut self) {
        let (tree, mut cx) = self.cx(NEVER);
        tree.snapshot(&mut cx);
        while !tree.work(&mut cx) {}
    }

    /// The payloads of a snapshot in slices of so many looks at the clock, without any check; batches are as small as can be.
    pub fn payloads(&mut self, looks: u32) -> Vec<Vec<u8>> {
        while self.batch.shrink() {}
        let (tree, mut cx) = self.cx(NEVER);
        tree.snapshot(&mut cx);
        let mut payloads = Vec::new();
        loop {
            let (tree, mut cx) = self.cx(looks);
            let done = tree.work(&mut cx);
            if done || self.batch.is_full() {
                payloads.extend(self.batch.seal(&mut self.gate, 0, false).map(|sealed| sealed.payload));
            }
            if done {
                return payloads;
            }
        }
    }

    /// Replays what was recorded since the last time.
    fn check(&mut self) {
        if let Some(sealed) = self.batch.seal(&mut self.gate, 0, false) {
            let mut body = sealed.header.encode();
            body.extend_from_slice(&sealed.payload);
            let batch = Decoded::decode(&body, usize::MAX).expect("what the engine writes decodes");
            self.replica.apply(&batch);
            if self.strict {
                for timed in &batch.records {
                    self.model.apply_strictly(&timed.record).expect("the viewer's model takes every record");
                }
            }
        }
        if self.strict {
            self.replica.mirrors(&self.page, self.tree.mirror());
            let leaked: Vec<_> = self.replica.said.difference(&self.shown).collect();
            assert!(leaked.is_empty(), "recorded and never to be seen: {leaked:?}");
        }
    }

    pub fn id(&self, node: Node) -> u32 {
        self.tree.id(&self.page, &node)
    }

    /// Questions asked of the page while `f` runs.
    pub fn calls(&mut self, f: impl FnOnce(&mut Self)) -> u64 {
        let before = self.page.calls();
        f(self);
        self.page.calls() - before
    }

    /// The first node of the page that `wanted` says yes to.
    pub fn find(&self, wanted: impl Fn(&Page, Node) -> bool) -> Node {
        let all = self.page.subtree(self.page.document());
        all.into_iter().find(|n| wanted(&self.page, *n)).expect("such a node")
    }
}
