//! The engine's view of a tree, and what it does with it: mirror, resumable walk, mutations.
//!
//! The engine meets the page's nodes through [`Dom`] alone; tests meet it with a tree in memory. Everything
//! follows the DOM standard's terms: <https://dom.spec.whatwg.org/>.

mod change;
mod field;
mod mirror;
mod seen;
mod tree;
mod walk;

pub use field::{Fields, Target};
pub use mirror::Mirror;
pub use tree::{Change, Context, Tree};
pub(crate) use walk::{is_custom, may_host};

use crate::privacy::{Raw, Rules};
pub use afterimage_wire::tree::Namespace;

/// What kind of node a node is, as far as a recording cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A document.
    Document,
    /// An element.
    Element,
    /// Text or CDATA.
    Text,
    /// A document type.
    Doctype,
    /// A shadow root.
    ShadowRoot,
    /// Comments, processing instructions, fragments: never recorded.
    Other,
}

/// What a form control holds.
#[derive(Clone)]
pub struct Control {
    /// Its value, as the page would submit it.
    pub value: Raw,
    /// Whether it can be checked or selected, is, or shows neither: bits of `FormState::flags`. 0 where there is no choice.
    pub choice: u32,
}

/// A style sheet as it is now.
#[derive(Clone)]
pub struct Sheet {
    /// The text of all its rules.
    pub css: Raw,
    /// Its media, where they are not what its element says.
    pub media: Raw,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// The dozen questions the engine asks of a tree. A handle is cheap to clone; a node handle refers to a live node.
pub trait Dom {
    /// A live node.
    type Node: Clone + PartialEq;

    /// The document that is recorded.
    fn document(&self) -> Self::Node;
    /// What the node is.
    fn kind(&self, node: &Self::Node) -> Kind;
    /// Its parent; `None` for documents and shadow roots.
    fn parent(&self, node: &Self::Node) -> Option<Self::Node>;
    /// Its first child.
    fn first_child(&self, node: &Self::Node) -> Option<Self::Node>;
    /// Its next sibling.
    fn next_sibling(&self, node: &Self::Node) -> Option<Self::Node>;
    /// Its previous sibling.
    fn previous_sibling(&self, node: &Self::Node) -> Option<Self::Node>;
    /// Whether `before` comes before `after` in document order.
    fn precedes(&self, before: &Self::Node, after: &Self::Node) -> bool;
    /// Whether it is connected to the document, through shadow roots too.
    fn is_connected(&self, node: &Self::Node) -> bool;
    /// An element's shadow root, if it can be seen, and whether it is closed.
    fn shadow_root(&self, element: &Self::Node) -> Option<(Self::Node, bool)>;
    /// A shadow root's host; the frame element of a nested document.
    fn host(&self, root: &Self::Node) -> Option<Self::Node>;
    /// The document in a frame of the same origin, once it is there.
    fn frame_document(&self, element: &Self::Node) -> Option<Self::Node>;
    /// An element's local name; empty for anything else.
    fn name(&self, element: &Self::Node) -> String;
    /// An element's namespace.
    fn namespace(&self, element: &Self::Node) -> Namespace;
    /// An element's attributes, in order. Names are qualified.
    fn attributes(&self, element: &Self::Node) -> Vec<(String, Raw)>;
    /// One attribute's value.
    fn attribute(&self, element: &Self::Node, name: &str) -> Option<Raw>;
    /// A text node's data.
    fn text(&self, node: &Self::Node) -> Raw;
    /// A document type's name, public and system identifier.
    fn doctype(&self, node: &Self::Node) -> (String, String, String);
    /// The state of a form control (`input`, `textarea`, `option`); `None` for anything else. `select` has none:
    /// its options do.
    fn control(&self, element: &Self::Node, name: &str) -> Option<Control>;
    /// The `type` a form control has now, lower case; empty for other elements.
    fn control_type(&self, element: &Self::Node) -> String;
    /// The form around a control.
    fn form(&self, control: &Self::Node) -> Option<Self::Node>;
    /// The text of the labels of a control.
    fn label(&self, element: &Self::Node) -> Option<Raw>;
    /// The text that introduces a group of controls: a legend, heading or the text before.
    fn group(&self, element: &Self::Node) -> Option<Raw>;
    /// All the text below a node, at most a few hundred characters of it.
    fn inner_text(&self, node: &Self::Node) -> Raw;
    /// Scroll offset of an element, or of the window for a document; `None` when it is not scrolled.
    fn scroll(&self, node: &Self::Node) -> Option<(i32, i32)>;
    /// Width and height of an element's box.
    fn size(&self, element: &Self::Node) -> (u32, u32);
    /// What the owner's selectors say of an element of this name.
    fn matched(&self, element: &Self::Node, name: &str) -> Rules;
    /// The sheet that a `link` or `style` element owns, if script may read it and it is not what the element's own text
    /// says: `always` if there is any, and if it is looked at for the `first` time also whether a script has put rules
    /// into it.
    fn sheet(&self, element: &Self::Node, first: bool, always: bool) -> Option<Sheet>;

    /// The elements in and below a node that may be form fields, in shadow trees and frames too, in any order.
    fn fields(&self, root: &Self::Node) -> Vec<Self::Node>;

    /// Looks after a form control from now on, unless there are too many already. The state that was `told` last is the one
    /// it has now; without that, only if none is known.
    fn follow(&self, control: &Self::Node, told: bool);
    /// Nothing that is typed into it within this frame is a secret: it was looked at.
    fn calm(&self, control: &Self::Node) {
        let _ = control;
    }
    /// There is a protected field: what happens may tell of what it holds, and has to be told at once.
    fn beware(&self) {}
    /// The controls in the page that are followed and whose state is another than was told last; it counts as told then. Of
    /// `typed` only, that it is empty by now.
    fn drifted(&self, typed: Option<&Self::Node>) -> Vec<Self::Node>;

    /// The style sheets a document or shadow root has adopted, by number (from 2³¹ on), each as it is
    /// the first time it is met in an epoch.
    fn adopted(&self, root: &Self::Node) -> Vec<(u32, Option<Sheet>)> {
        let _ = root;
        Vec::new()
    }

    /// Whether elements of this one's name are defined in its document.
    fn is_defined(&self, element: &Self::Node) -> bool {
        let _ = element;
        false
    }

    /// The id the node has in this epoch; 0 when it has none.
    fn id(&self, node: &Self::Node) -> u32;
    /// Gives the node an id.
    fn set_id(&self, node: &Self::Node, id: u32);
    /// Forgets all ids: a new epoch begins.
    fn clear_ids(&self);
    /// What the page view remembers of a field, 0 for nothing. Survives epochs.
    fn mark(&self, node: &Self::Node) -> u32;
    /// Remembers it.
    fn set_mark(&self, node: &Self::Node, mark: u32);
    /// A root was entered: a document or shadow root whose changes are to be observed.
    fn observe(&self, root: &Self::Node);
    /// Wall clock, milliseconds since 1970.
    fn wall_ms(&self) -> u64;
    /// Milliseconds on a monotonic clock, to end a slice of work in time.
    fn now_ms(&self) -> f64;
}
