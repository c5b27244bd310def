//! rrweb events, as its Replayer (2.x) and rrweb-player take them.
//!
//! Every full snapshot becomes a Meta and a FullSnapshot event, made of the model when the snapshot is complete and
//! stamped with the time it began; what happened meanwhile follows. Page views follow each other; one that began
//! before the last was over (another tab) is shifted to after it, since a player shows one page at a time. Its true
//! start is in its `page-view` event. One in a frame of another is played in that frame, on the clock of both.

mod animation;
mod group;
mod interaction;
mod mutation;
mod node;
mod style;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Write};
use std::mem;

use afterimage_wire::Record;
use serde_json::{Map, Value, json};

use crate::model::{Model, State};
use crate::recording::{PageView, Problem, ProblemKind, Session};
use crate::timeline::{Moment, Now};
use animation::Animated;
use mutation::{Pending, attachment};
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
    let out = Sink { sink: RefCell::new(sink), now: Cell::new(0) };
    let adopts =
        session.page_views.iter().flat_map(PageView::records).any(|r| matches!(r, Record::AdoptedSheets(_)));
    group::play(session, adopts, &out)
}

/// Where events go, whichever page view they come from; time never runs backwards.
trait Out {
    /// Timestamp of the event before.
    fn now(&self) -> u64;
    /// Emits an event at a moment.
    fn emit(&self, at: u64, kind: u32, data: Value);
}

struct Sink<'a> {
    sink: RefCell<&'a mut dyn FnMut(Value)>,
    now: Cell<u64>,
}

impl Out for Sink<'_> {
    fn now(&self) -> u64 {
        self.now.get()
    }

    fn emit(&self, at: u64, kind: u32, data: Value) {
        self.now.set(self.now.get().max(at));
        (self.sink.borrow_mut())(json!({ "type": kind, "data": data, "timestamp": self.now.get() }));
    }
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
    /// It is in a frame, and complete: what was held waits for the frame to have it.
    waits: bool,
}

/// What the player was told, and is told next.
struct Player<'a> {
    out: &'a dyn Out,
    /// What it has of the page.
    sent: HashMap<u32, Sent>,
    /// What was sent first of nodes that were sent again.
    former: HashMap<u32, Map<String, Value>>,
    ids: Ids,
    /// Constructed sheets it has, by the document they are for (one cannot be shared), and what they are called.
    sheets: HashMap<(u32, u64), u64>,
    /// Whether a document may still have adopted sheets of the snapshot before: the player does not clear them.
    adopts: bool,
    pending: Pending,
    /// How elements are animated.
    animations: BTreeMap<u32, Animated>,
    /// `select` elements of which nothing is chosen.
    cleared: HashSet<u32>,
    /// Frames it has that show page views of their own, and did not get them yet.
    came: Vec<u32>,
    /// It has all of the page anew.
    anew: bool,
    /// Timestamp of the current moment.
    at: u64,
}

impl<'a> Exporter<'a> {
    /// One `in_frame` of another page view has a place in that one's time.
    fn new(view: &'a PageView, shift: u64, in_frame: bool, adopts: bool, out: &'a dyn Out) -> Self {
        Self {
            view,
            model: Model::default(),
            player: Player {
                out,
                sent: HashMap::new(),
                former: HashMap::new(),
                ids: Ids::new(0, u64::from(in_frame)),
                sheets: HashMap::new(),
                adopts,
                pending: Pending::default(),
                animations: BTreeMap::new(),
                cleared: HashSet::new(),
                came: Vec::new(),
                anew: false,
                at: out.now(),
            },
            shift,
            snapshot_at: 0,
            scrolled: Vec::new(),
            held: Vec::new(),
            snapshots: 0,
            waits: false,
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
                if !self.waits {
                    self.release();
                }
            }
            _ => {}
        }
        if let Record::Frame(frame) = record {
            self.player.came.push(frame.node);
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

    /// Meta and FullSnapshot, and what a snapshot cannot hold. What is in a frame is put there by the [`group`].
    fn keyframe(&mut self) {
        self.snapshots += 1;
        if self.player.ids.is_framed() {
            self.waits = true;
            return;
        }
        let at = mem::replace(&mut self.player.at, self.snapshot_at);
        self.player.keyframe(&self.model, None);
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

    /// What there is of the page view is all: the visitor left before the page was read to its end, and that is better than
    /// nothing.
    fn end(&mut self) {
        if self.model.state() == State::Partial && self.snapshots == 0 {
            self.keyframe();
        }
    }

    /// Ends the page view.
    fn finish(&mut self) -> impl Iterator<Item = ProblemKind> + use<> {
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
    /// Forgets what the player has.
    fn clear(&mut self) {
        self.sent.clear();
        self.former.clear();
        self.sheets.clear();
        self.pending = Pending::default();
        self.animations.clear();
        self.cleared.clear();
        self.came.clear();
    }

    /// The whole page; or, of one in a `frame`, the player's id of which is given with a space for its own, that one's document.
    fn keyframe(&mut self, model: &Model, frame: Option<(u64, u64)>) {
        self.clear();
        self.anew = true;
        self.ids = Ids::new(model.document(), frame.map_or(0, |(_, space)| space));
        let page = model.page();
        let scroll = model.node(model.document()).map_or((0, 0), |n| n.scroll);
        let Some(node) = self.whole(model, model.document()) else { return };
        if let Some((frame, _)) = frame {
            self.incremental(0, attachment(frame, node));
        } else {
            self.emit(4, json!({ "href": page.url, "width": page.width, "height": page.height }));
            self.emit(2, json!({ "node": node, "initialOffset": { "left": scroll.0, "top": scroll.1 } }));
        }
        self.settle(model);
        if frame.is_some() && scroll != (0, 0) {
            self.scrolled(model, model.document());
        }
        if self.adopts && model.adopted_by(model.document()).is_empty() {
            self.adopt(model, model.document());
        }
        for (root, _) in model.adopted() {
            self.adopt(model, root);
        }
    }

    /// Emits an event at the current moment.
    fn emit(&mut self, kind: u32, data: Value) {
        self.out.emit(self.at, kind, data);
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
    others: HashMap<u32, u64>,
    /// Documents of frames that were attached.
    attached: HashSet<u32>,
    /// How many ids were made up.
    fresh: u32,
    /// Added to all: a page view in a frame has a space of its own, another each time that it gets there, as the player
    /// never forgets a document.
    space: u64,
}

impl Ids {
    /// For a page with this document, which is 1 for the player, or for what is in a frame, in a space of its own.
    fn new(document: u32, space: u64) -> Self {
        let space = space << 32;
        let swap = document > 1 && space == 0;
        let others = if swap { HashMap::from([(document, 1), (1, document.into())]) } else { HashMap::new() };
        Self { others, space, ..Self::default() }
    }

    /// Whether they are of what is in a frame.
    fn is_framed(&self) -> bool {
        self.space != 0
    }

    fn of(&self, id: u32) -> u64 {
        self.others.get(&id).copied().unwrap_or(self.space + u64::from(id))
    }

    /// That of the document a node is in, if that is in a frame.
    fn root(&self, model: &Model, id: u32) -> Option<u64> {
        let document = node::document_of(model, id);
        (document != model.document() || self.is_framed()).then(|| self.of(document))
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
    fn fresh(&mut self) -> u64 {
        self.fresh += 1;
        self.space + (1 << 30) + u64::from(self.fresh)
    }
}
