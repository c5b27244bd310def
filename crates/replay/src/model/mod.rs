//! The page, rebuilt from records: its nodes, what is in its fields, where it is scrolled, its style sheets.
//!
//! A [`Snapshot`](record::Snapshot) empties the model and opens an epoch; when
//! [`SnapshotEnd`](record::SnapshotEnd) comes, the tree is whole, and what was recorded in between is part of it.
//! Nothing a record says can make the model inconsistent: what names unknown nodes is counted and left out.

mod canonical;
mod forms;
mod sheets;
mod tree;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use afterimage_wire::Record;
use afterimage_wire::reader::Text;
use afterimage_wire::record::{self, Sample};

pub use sheets::Sheet;
pub use tree::{Kind, Node};

/// Sheet ids from here on are of constructed sheets; those below are of the element that owns the sheet.
pub const CONSTRUCTED: u32 = 1 << 31;

/// How much of the page is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing: there was no full snapshot yet, or records are missing since.
    #[default]
    Unknown,
    /// A full snapshot is under way.
    Partial,
    /// All of it.
    Complete,
}

/// What a record did to the model, one by one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change<'a> {
    /// A new node is in its place.
    Added(u32),
    /// A node has moved to its place, with its subtree.
    Moved(u32),
    /// A node and its subtree are about to go.
    Removing(u32),
    /// An attribute has another value, or none.
    Attribute(u32, &'a str, Option<&'a str>),
    /// A text node has another text.
    Text(u32),
    /// A form control has another state, or a canvas another image.
    Form(u32),
    /// A `style` element has the rules of its text again.
    Reset(u32),
}

/// The page's own properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The epoch.
    pub epoch: u32,
    /// Whether the document is in quirks mode.
    pub quirks: bool,
    /// Viewport width.
    pub width: u32,
    /// Viewport height.
    pub height: u32,
    /// Its URL.
    pub url: String,
}

/// The page at one moment.
#[derive(Clone, Debug, Default)]
pub struct Model {
    nodes: HashMap<u32, Node>,
    document: u32,
    sheets: BTreeMap<u32, Sheet>,
    adopted: BTreeMap<u32, Vec<u32>>,
    defined: BTreeSet<Text>,
    animations: BTreeMap<u32, Text>,
    frames: BTreeMap<u32, Vec<u8>>,
    state: State,
    page: Page,
    unresolved: u32,
    /// `base` elements that there are, or were.
    bases: Vec<u32>,
    /// `style` elements whose sheets were just made anew.
    resets: Vec<u32>,
}

impl Model {
    /// Applies a record.
    pub fn apply(&mut self, record: &Record) {
        self.apply_with(record, &mut |_, _| {});
    }

    /// Applies a record that must fit: for tests of what a recorder writes.
    ///
    /// # Errors
    /// When the record names a node or sheet that is not there, or changes a page that is not known.
    pub fn apply_strictly(&mut self, record: &Record) -> Result<(), String> {
        let before = self.unresolved;
        self.apply(record);
        if self.unresolved == before { Ok(()) } else { Err(format!("does not fit the page: {record:?}")) }
    }

    /// Applies a record and tells `watch` of each change: after it is made, but before a removal.
    pub fn apply_with(&mut self, record: &Record, watch: &mut dyn FnMut(&Self, Change<'_>)) {
        match record {
            Record::Snapshot(snapshot) => return self.begin(snapshot),
            Record::Resize(resize) => (self.page.width, self.page.height) = (resize.width, resize.height),
            Record::Navigation(navigation) => self.page.url = navigation.url.to_string(),
            _ => {}
        }
        if self.state != State::Unknown {
            self.change(record, watch);
        } else if needs_page(record) {
            self.unresolved += 1;
        }
    }

    /// Records are missing: the page is unknown until the next full snapshot.
    pub fn forget(&mut self) {
        *self = Self { unresolved: self.unresolved, ..Self::default() };
    }

    fn begin(&mut self, snapshot: &record::Snapshot) {
        self.forget();
        self.state = State::Partial;
        self.page = Page {
            epoch: snapshot.epoch,
            quirks: snapshot.flags & 1 != 0,
            width: snapshot.width,
            height: snapshot.height,
            url: snapshot.url.to_string(),
        };
    }

    fn change(&mut self, record: &Record, watch: &mut dyn FnMut(&Self, Change<'_>)) {
        match record {
            Record::SnapshotEnd(_) => self.state = State::Complete,
            Record::Tree(tree) => self.place_all(tree, watch),
            Record::Remove(remove) => remove.nodes.iter().for_each(|n| self.remove(*n, watch)),
            Record::Attributes(attributes) => {
                for (node, name, value) in &attributes.changes {
                    self.set_attribute(*node, name, value.as_ref(), watch);
                }
            }
            Record::Texts(texts) => {
                for (node, text, css) in &texts.changes {
                    self.set_text(*node, text, *css, watch);
                }
            }
            Record::FormState(form) => self.set_form(form, watch),
            Record::Scrolls(scrolls) => scrolls.samples.iter().for_each(|s| self.scroll(s)),
            Record::StyleSheet(sheet) => self.set_sheet(sheet),
            Record::StyleRule(rule) => self.set_rule(rule),
            Record::AdoptedSheets(adopted) => self.adopt(adopted),
            Record::Blocked(blocked) => {
                self.with(blocked.node, |n| n.blocked = Some((blocked.width, blocked.height)));
            }
            Record::TopLayer(layer) => self.with(layer.node, |n| n.top_layer = layer.state),
            Record::Animation(animation) => {
                drop(self.animations.insert(animation.node, animation.json.clone()));
            }
            Record::Media(media) => self.with(media.node, |n| n.play(media)),
            Record::Canvas(canvas) => {
                self.with(canvas.node, |n| n.canvas = Some(canvas.clone()));
                watch(self, Change::Form(canvas.node));
            }
            Record::Frame(frame) if frame.node != 0 => {
                drop(self.frames.insert(frame.node, frame.other.clone()));
            }
            Record::Defined(defined) => drop(self.defined.insert(defined.name.clone())),
            _ => {}
        }
    }

    /// Notes where something is scrolled to.
    pub fn scroll(&mut self, sample: &Sample) {
        self.with(sample.node, |n| n.scroll = (sample.x, sample.y));
    }

    fn with(&mut self, id: u32, change: impl FnOnce(&mut Node)) {
        match self.nodes.get_mut(&id) {
            Some(node) => change(node),
            None => self.unresolved += 1,
        }
    }

    /// How much of the page is known.
    pub fn state(&self) -> State {
        self.state
    }

    /// The page's own properties.
    pub fn page(&self) -> &Page {
        &self.page
    }

    /// The document's id; 0 when there is none.
    pub fn document(&self) -> u32 {
        self.document
    }

    /// A node.
    pub fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// How many nodes there are, documents and shadow roots included.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many changes named nodes or sheets that were not there.
    pub fn unresolved(&self) -> u32 {
        self.unresolved
    }

    /// What animates an element, as [`record::Animation`] has it; empty when nothing does.
    pub fn animation(&self, id: u32) -> &str {
        self.animations.get(&id).map_or("", |json| json)
    }

    /// The id of the page view that an element shows, if it is a frame's and that page records itself; else empty.
    pub fn frame(&self, id: u32) -> &[u8] {
        self.frames.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The element that shows a page view, the last that did.
    pub fn frame_of(&self, page_view: &[u8]) -> Option<u32> {
        self.frames.iter().rev().find(|(_, shown)| *shown == page_view).map(|(node, _)| *node)
    }

    /// Whether a custom element's name is defined.
    pub fn is_defined(&self, name: &str) -> bool {
        self.defined.contains(name)
    }
}

/// Whether a record means nothing without the page it changes.
fn needs_page(record: &Record) -> bool {
    matches!(
        record,
        Record::Tree(_)
            | Record::Remove(_)
            | Record::Attributes(_)
            | Record::Texts(_)
            | Record::FormState(_)
            | Record::SnapshotEnd(_)
            | Record::StyleRule(_)
            | Record::AdoptedSheets(_)
            | Record::Blocked(_)
    )
}
