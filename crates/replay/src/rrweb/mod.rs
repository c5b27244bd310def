//! rrweb events, as its Replayer (2.x) and rrweb-player take them.
//!
//! Every full snapshot becomes a Meta and a FullSnapshot event, made of the model when the snapshot is complete and
//! stamped with the time it began; what happened meanwhile follows. Page views follow each other; one that began
//! before the last was over (another tab) is shifted to after it, since a player shows one page at a time. Its true
//! start is in its `page-view` event.

mod animation;
mod interaction;
mod mutation;
mod node;
mod style;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::mem;

use afterimage_wire::Record;
use serde_json::{Map, Value, json};

use crate::model::{Model, State};
use crate::recording::{PageView, Problem, ProblemKind, Session};
use crate::timeline::{Moment, Now, timeline};
use animation::Animated;
use mutation::Pending;
use node::Sent;

/// How long after a change of the page it is recorded at the latest, milliseconds.
const SETTLE_MS: u64 = 600;

/// A session as rrweb events.
pub fn events(session: &Session) -> Vec<Value> {
    let mut events = Vec::new();
    export(session, &mut |event| events.push(event));
    events
}

/// Writes a session as one JSON array of rrweb events.
///
/// # Errors
/// When writing fails.
pub fn write(session: &Session, out: &mut impl Write) -> io::Result<()> {
    let (mut done, mut before) = (Ok(()), "[");
    export(session, &mut |event| {
        if done.is_ok() {
            done = write!(out, "{}{event}", mem::replace(&mut before, ",\n"));
        }
    });
    done?;
    out.write_all(if before == "[" { b"[]\n" } else { b"]\n" })
}

/// What came to light while a session was exported.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    /// What is wrong with it, beyond what [`Session::problems`] says.
    pub problems: Vec<Problem>,
    /// For each page view, when it begins and ends on the events' clock.
    pub spans: Vec<(u64, u64)>,
}

/// Hands a session's rrweb events to `sink`, one by one.
pub fn export(session: &Session, sink: &mut dyn FnMut(Value)) -> Exported {
    let (mut now, mut exported) = (0, Exported::default());
    let adopts =
        session.page_views.iter().flat_map(PageView::records).any(|r| matches!(r, Record::AdoptedSheets(_)));
    for view in &session.page_views {
        let mut exporter = Exporter::new(view, now, adopts, sink);
        for moment in timeline(view) {
            exporter.moment(moment);
        }
        let problem = |kind| Problem { page_view: view.id, kind };
        exported.problems.extend(exporter.finish().map(problem));
        exported.spans.push((view.start_ms() + exporter.shift, exporter.player.now));
        now = exporter.player.now;
    }
    exported
}

/// Turns the moments of one page view into events.
struct Exporter<'a> {
    view: &'a PageView,
    model: Model,
    player: Player<'a>,
    /// Added to every time.
    shift: u64,
    /// When the current snapshot began.
    snapshot_at: u64,
    /// What was scrolled of late, and when.
    scrolled: Vec<(u64, u32)>,
    /// What waits for the snapshot to be complete.
    held: Vec<Moment<'a>>,
    snapshots: u32,
}

/// What the player was told, and is told next.
struct Player<'a> {
    sink: &'a mut dyn FnMut(Value),
    /// What it has of the page.
    sent: HashMap<u32, Sent>,
    /// What was sent first of nodes that were sent again.
    former: HashMap<u32, Map<String, Value>>,
    ids: Ids,
    /// Constructed sheets it has, by the document they are for (one cannot be shared), and what they are called.
    sheets: HashMap<(u32, u32), u32>,
    /// Whether a document may still have adopted sheets of the snapshot before: the player does not clear them.
    adopts: bool,
    pending: Pending,
    /// How elements are animated.
    animations: BTreeMap<u32, Animated>,
    /// `select` elements of which nothing is chosen.
    cleared: HashSet<u32>,
    /// Timestamp of the event before.
    now: u64,
    /// Timestamp of the current moment.
    at: u64,
}

impl<'a> Exporter<'a> {
    fn new(view: &'a PageView, now: u64, adopts: bool, sink: &'a mut dyn FnMut(Value)) -> Self {
        Self {
            view,
            model: Model::default(),
            player: Player {
                sink,
                sent: HashMap::new(),
                former: HashMap::new(),
                ids: Ids::default(),
                sheets: HashMap::new(),
                adopts,
                pending: Pending::default(),
                animations: BTreeMap::new(),
                cleared: HashSet::new(),
                now,
                at: now,
            },
            shift: now.saturating_sub(view.start_ms()),
            snapshot_at: 0,
            scrolled: Vec::new(),
            held: Vec::new(),
            snapshots: 0,
        }
    }

    fn moment(&mut self, moment: Moment<'a>) {
        self.player.at = self.stamp(moment.time_ms);
        if self.model.state() == State::Complete {
            self.player.advance(&self.model, self.player.at);
        }
        match &moment.what {
            Now::Record(record) => self.record(record),
            Now::Scroll(sample) => {
                self.model.scroll(sample);
                self.scrolled.push((self.player.at, sample.node));
            }
            Now::Gap { .. } => self.lose(),
            Now::Moves { .. } => {}
        }
        if self.model.state() == State::Partial {
            self.held.push(moment);
        } else {
            self.happen(&moment);
        }
    }

    /// Applies a record and tells the player what it changed.
    fn record(&mut self, record: &Record) {
        if let Record::Snapshot(_) = record {
            self.release(); // one that never became complete is superseded
            self.snapshot_at = self.player.at;
            self.player.sent.clear();
        }
        let Self { model, player, .. } = self;
        let was = model.state();
        model.apply_with(record, &mut |model, change| {
            if was == State::Complete {
                player.note(model, change);
            }
        });
        match (was, model.state()) {
            (State::Complete, State::Complete) => {
                player.restyle(model, record);
                player.settle(model);
                self.scroll_again(record);
            }
            (State::Partial, State::Complete) => {
                self.keyframe();
                self.release();
            }
            _ => {}
        }
    }

    /// A change of the page is recorded some time after it was made, and what scrolled because of it was told before: the
    /// player, which scrolls by itself to keep in view what is in view, is told once more.
    fn scroll_again(&mut self, record: &Record) {
        let at = self.player.at;
        self.scrolled.retain(|(time, _)| *time + SETTLE_MS > at);
        if matches!(record, Record::Tree(_) | Record::Remove(_) | Record::Attributes(_) | Record::Texts(_)) {
            let mut nodes: Vec<u32> = self.scrolled.iter().map(|(_, node)| *node).collect();
            nodes.sort_unstable();
            nodes.dedup();
            nodes.into_iter().for_each(|node| self.player.scrolled(&self.model, node));
        }
    }

    /// Meta and FullSnapshot, and what a snapshot cannot hold.
    fn keyframe(&mut self) {
        let at = mem::replace(&mut self.player.at, self.snapshot_at);
        self.snapshots += 1;
        self.player.keyframe(&self.model);
        self.player.at = at;
    }

    /// What waited for a snapshot happens now.
    fn release(&mut self) {
        let at = self.player.at;
        for moment in mem::take(&mut self.held) {
            self.player.at = self.stamp(moment.time_ms);
            self.happen(&moment);
        }
        self.player.at = at;
    }

    fn happen(&mut self, moment: &Moment<'_>) {
        match &moment.what {
            Now::Record(record) => self.player.interaction(&self.model, self.view, record),
            Now::Scroll(sample) => self.player.scrolled(&self.model, sample.node),
            Now::Gap { first, last } => self.player.custom("gap", json!({ "first": first, "last": last })),
            Now::Moves { device, points } => {
                let stamped: Vec<_> = points.iter().map(|(time_ms, s)| (self.stamp(*time_ms), *s)).collect();
                self.player.moved(&self.model, *device, &stamped);
            }
        }
    }

    /// The page is unknown from here to the next snapshot; the player keeps showing what it has.
    fn lose(&mut self) {
        self.release();
        self.model.forget();
        self.player.sent.clear();
    }

    /// Ends the page view.
    fn finish(&mut self) -> impl Iterator<Item = ProblemKind> + use<> {
        if self.model.state() == State::Partial && self.snapshots == 0 {
            // The visitor left before the page was read to its end: what there is of it is better than nothing.
            self.keyframe();
        }
        self.release();
        let unresolved = Some(self.model.unresolved()).filter(|n| *n > 0).map(ProblemKind::Unresolved);
        let empty = (self.snapshots == 0).then_some(ProblemKind::NoSnapshot);
        empty.into_iter().chain(unresolved)
    }

    fn stamp(&self, time_ms: u32) -> u64 {
        self.view.wall_ms(time_ms).saturating_add(self.shift)
    }
}

impl Player<'_> {
    fn keyframe(&mut self, model: &Model) {
        self.sent.clear();
        self.former.clear();
        self.sheets.clear();
        self.pending = Pending::default();
        self.animations.clear();
        self.cleared.clear();
        self.ids = Ids::new(model.document());
        let page = model.page();
        let scroll = model.node(model.document()).map_or((0, 0), |n| n.scroll);
        let Some(node) = self.whole(model, model.document()) else { return };
        self.emit(4, json!({ "href": page.url, "width": page.width, "height": page.height }));
        self.emit(2, json!({ "node": node, "initialOffset": { "left": scroll.0, "top": scroll.1 } }));
        self.settle(model);
        if self.adopts && model.adopted_by(model.document()).is_empty() {
            self.adopt(model, model.document());
        }
        for (root, _) in model.adopted() {
            self.adopt(model, root);
        }
    }

    /// Emits an event at the current moment; time never runs backwards.
    fn emit(&mut self, kind: u32, data: Value) {
        self.now = self.now.max(self.at);
        (self.sink)(json!({ "type": kind, "data": data, "timestamp": self.now }));
    }

    fn incremental(&mut self, source: u32, data: Value) {
        let mut all = Map::new();
        all.insert("source".into(), source.into());
        if let Value::Object(mut data) = data {
            all.append(&mut data);
        }
        self.emit(3, Value::Object(all));
    }

    fn custom(&mut self, tag: &str, payload: Value) {
        self.emit(5, json!({ "tag": tag, "payload": payload }));
    }
}

/// The ids nodes have in the events, where they are not their own.
#[derive(Default)]
struct Ids {
    others: HashMap<u32, u32>,
    /// Documents of frames that were attached.
    attached: HashSet<u32>,
    /// How many ids were made up.
    fresh: u32,
}

impl Ids {
    /// For a page with this document, which is 1 for the player.
    fn new(document: u32) -> Self {
        let others =
            if document > 1 { HashMap::from([(document, 1), (1, document)]) } else { HashMap::new() };
        Self { others, ..Self::default() }
    }

    fn of(&self, id: u32) -> u32 {
        self.others.get(&id).copied().unwrap_or(id)
    }

    /// Notes that a frame's document is attached. The player never forgets one, and would take the old one for it, so
    /// from the second time on it has another id.
    fn attach(&mut self, document: u32) {
        if !self.attached.insert(document) {
            let fresh = self.fresh();
            self.others.insert(document, fresh);
        }
    }

    /// One that no node has.
    fn fresh(&mut self) -> u32 {
        self.fresh += 1;
        (1 << 30) + self.fresh
    }
}
