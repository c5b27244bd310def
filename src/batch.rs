//! The batch being filled: the one place in the recorder that writes the format, and it takes only what is
//! [`Clean`].

use afterimage_wire::BatchWriter;
use afterimage_wire::batch::{DIGEST_BYTES, Header, PAGE_VIEW_BYTES, SESSION_BYTES};
use afterimage_wire::record as wire;
use afterimage_wire::strings::Role;
use afterimage_wire::tree::{self, Namespace, Place};

use crate::privacy::{Clean, Gate};

/// Bytes after which a batch is sealed early: compressed, it is nearly always less than may outlive a page.
const MOST_BYTES: usize = 160 << 10;
/// The same where the collector refuses batches as too large: no less than this.
const LEAST_BYTES: usize = 10 << 10;

/// A record that may leave: numbers, or strings that are clean.
pub trait Outgoing {
    /// Writes it.
    fn put(&self, w: &mut BatchWriter, time_ms: u32);
}

macro_rules! outgoing {
    ($($record:ty),* $(,)?) => {
        $(impl Outgoing for $record {
            fn put(&self, w: &mut BatchWriter, time_ms: u32) {
                self.encode(w, time_ms);
            }
        })*
    };
}

outgoing!(
    wire::PageView<Clean>,
    wire::Environment<Clean>,
    wire::Snapshot<Clean>,
    wire::SnapshotEnd,
    wire::Remove,
    wire::FormState<Clean>,
    wire::Scrolls,
    wire::Moves,
    wire::Pointer,
    wire::Resize,
    wire::VisualViewport,
    wire::Focus,
    wire::Key,
    wire::Lifecycle,
    wire::Navigation<Clean>,
    wire::Title<Clean>,
    wire::StyleSheet<Clean>,
    wire::StyleRule<Clean>,
    wire::AdoptedSheets,
    wire::Submit,
    wire::Media,
    wire::Fault<Clean>,
    wire::Custom<Clean>,
    wire::Vital,
    wire::Contact<Clean>,
    wire::Detail,
    wire::Stop,
    wire::Blocked,
    wire::Transfer,
    wire::Selection,
    wire::TopLayer,
    wire::Defined<Clean>,
    wire::Policy<Clean>,
    wire::Font<Clean>,
    wire::Animation<Clean>,
    wire::Hit,
    wire::Image,
);

/// Who the batches belong to.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Session id.
    pub session: [u8; SESSION_BYTES],
    /// Page view id.
    pub page_view: [u8; PAGE_VIEW_BYTES],
    /// The site's name.
    pub site: String,
    /// Wall clock at the page view's origin, ms since 1970.
    pub origin_ms: u64,
}

/// A batch that will not change any more: header and payload before compression.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its header, digest and all.
    pub header: Header,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// Fills batches, one after the other, with gap-free sequence numbers and a chain of digests.
pub struct Batch {
    writer: BatchWriter,
    identity: Identity,
    sequence: u32,
    epoch: u32,
    flags: u32,
    previous: [u8; DIGEST_BYTES],
    most_bytes: usize,
}

impl Batch {
    /// An empty batch, the page view's first.
    pub fn new(identity: Identity) -> Self {
        Self {
            writer: BatchWriter::default(),
            identity,
            sequence: 0,
            epoch: 0,
            flags: 0,
            previous: [0; DIGEST_BYTES],
            most_bytes: MOST_BYTES,
        }
    }

    /// Whether nothing was recorded since the last seal.
    pub fn is_empty(&self) -> bool {
        self.writer.is_empty()
    }

    /// Whether it is to be sealed early.
    pub fn is_full(&self) -> bool {
        self.writer.bytes() >= self.most_bytes
    }

    /// Makes batches half as large. `false` when they cannot be smaller.
    pub fn shrink(&mut self) -> bool {
        let possible = self.most_bytes >= 2 * LEAST_BYTES;
        self.most_bytes >>= u32::from(possible);
        possible
    }

    /// The current epoch; 0 before the first snapshot.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Whether a snapshot begins in it.
    pub fn has_snapshot(&self) -> bool {
        self.flags & Header::SNAPSHOT != 0
    }

    /// Adds a record.
    pub fn record(&mut self, time_ms: u32, record: &impl Outgoing) {
        record.put(&mut self.writer, time_ms);
    }

    /// A line of the console, or where a request went; the fields behind that.
    pub fn developer(&mut self, time_ms: u32, request: bool, text: &Clean, fields: &[u8]) {
        let (kind, role) = if request {
            (wire::Request::<Clean>::KIND, Role::Url)
        } else {
            (wire::Console::<Clean>::KIND, Role::Data)
        };
        self.writer.begin(kind, time_ms);
        self.writer.string(role, text.as_ref());
        self.writer.raw(fields);
        self.writer.end();
    }

    /// Opens a new epoch and returns its number.
    pub fn open_epoch(&mut self) -> u32 {
        self.epoch += 1;
        self.flags |= Header::SNAPSHOT;
        self.epoch
    }

    /// Opens a tree record whose first new node is `first`. Only tree entries may follow until
    /// [`end`](Self::end).
    pub fn begin_tree(&mut self, time_ms: u32, first: u32) {
        self.writer.begin(tree::KIND, time_ms);
        self.writer.uint(first);
    }

    /// Closes the open record.
    pub fn end(&mut self) {
        self.writer.end();
    }

    /// A document entry.
    pub fn document(&mut self, place: Place) {
        tree::put_document(&mut self.writer, place);
    }

    /// An element entry.
    pub fn element(
        &mut self,
        place: Place,
        namespace: Namespace,
        name: &Clean,
        attributes: &[(Clean, Clean)],
    ) {
        tree::put_element(&mut self.writer, place, namespace, name.as_ref(), attributes.len() as u32);
        for (name, value) in attributes {
            tree::put_attribute(&mut self.writer, name.as_ref(), value.as_ref());
        }
    }

    /// A text entry.
    pub fn text(&mut self, place: Place, css: bool, text: &Clean) {
        let role = if css { Role::Css } else { Role::Text };
        tree::put_text(&mut self.writer, place, role, text.as_ref());
    }

    /// A document type entry.
    pub fn doctype(&mut self, place: Place, name: &Clean, public: &Clean, system: &Clean) {
        tree::put_doctype(&mut self.writer, place, name.as_ref(), public.as_ref(), system.as_ref());
    }

    /// A shadow root entry.
    pub fn shadow_root(&mut self, place: Place, closed: bool) {
        tree::put_shadow_root(&mut self.writer, place, closed);
    }

    /// A node that is there already and moves.
    pub fn existing(&mut self, place: Place, id: u32) {
        tree::put_existing(&mut self.writer, place, id);
    }

    /// Attributes that changed.
    pub fn attributes(&mut self, time_ms: u32, changes: &[(u32, Clean, Option<Clean>)]) {
        self.writer.begin(wire::Attributes::KIND, time_ms);
        let mut last = 0;
        for (node, name, value) in changes {
            let value = value.as_ref().map(Clean::as_ref);
            wire::Attributes::put(&mut self.writer, &mut last, *node, name.as_ref(), value);
        }
        self.writer.end();
    }

    /// Texts that changed: node, text, whether it is a style sheet's.
    pub fn texts(&mut self, time_ms: u32, changes: &[(u32, Clean, bool)]) {
        self.writer.begin(wire::Texts::KIND, time_ms);
        let mut last = 0;
        for (node, text, css) in changes {
            wire::Texts::put(&mut self.writer, &mut last, *node, text.as_ref(), *css);
        }
        self.writer.end();
    }

    /// What a canvas or a frame shows: the fields behind the node.
    pub fn shown(&mut self, time_ms: u32, frame: bool, node: u32, fields: &[u8]) {
        self.writer.begin(if frame { wire::Frame::KIND } else { wire::Canvas::KIND }, time_ms);
        self.writer.uint(node);
        self.writer.raw(fields);
        self.writer.end();
    }

    /// Seals what there is, through the second gate, and starts the next batch. `None` when there is nothing.
    pub fn seal(&mut self, gate: &mut Gate, now_ms: u64, last: bool) -> Option<Sealed> {
        if self.writer.is_empty() {
            return None;
        }
        let mut writer = core::mem::take(&mut self.writer);
        gate.seal(&mut writer);
        let payload = writer.finish(&gate.report());
        let mut header = Header {
            session: self.identity.session,
            page_view: self.identity.page_view,
            sequence: self.sequence,
            epoch: self.epoch,
            flags: self.flags | if last { Header::LAST } else { 0 },
            origin_ms: self.identity.origin_ms,
            sealed_ms: now_ms,
            site: self.identity.site.clone(),
            previous: self.previous,
            ..Header::default()
        };
        header.seal(&payload);
        self.previous = header.digest;
        self.sequence += 1;
        self.flags = 0;
        Some(Sealed { header, payload })
    }

    /// Throws away what was recorded and not sealed.
    pub fn discard(&mut self) {
        self.writer = BatchWriter::default();
    }
}
