//! The string table of a batch: one column a role.
//!
//! Strings of a kind sit together, which compresses better and lets a sealing recorder, or a collector, treat
//! them by kind. A field's role is fixed by the format, so a reference is only an index within its role. The
//! first indices of [`Role::Name`] are the preset [`NAMES`].

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::varint;

/// A decoded string. Shared, so that a hostile batch cannot multiply one long string by many references.
pub type Text = Arc<str>;

/// What a string is. The numbers are the order of the columns in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Tag, attribute and event names.
    Name = 0,
    /// Attribute values that are neither text, CSS nor URL.
    Value = 1,
    /// Text a visitor reads: text nodes, titles, labels. One entry an occurrence, in document order.
    Text = 2,
    /// Style sheet text, rules, inline styles.
    Css = 3,
    /// URLs.
    Url = 4,
    /// Form values.
    Input = 5,
    /// Everything else: custom events, error messages, environment.
    Data = 6,
}

impl Role {
    /// Every role, in the order of their columns.
    pub const ALL: [Self; 7] =
        [Self::Name, Self::Value, Self::Text, Self::Css, Self::Url, Self::Input, Self::Data];
}

/// The role of an attribute's value, decided by the attribute's (lower-case) name alone.
pub fn attribute_role(name: &str) -> Role {
    match name {
        "style" => Role::Css,
        "title"
        | "alt"
        | "placeholder"
        | "label"
        | "aria-label"
        | "aria-description"
        | "aria-placeholder"
        | "aria-roledescription"
        | "aria-valuetext"
        | "summary"
        | "content"
        | "value" => Role::Text,
        "href" | "src" | "srcset" | "imagesrcset" | "poster" | "action" | "formaction" | "data"
        | "background" | "cite" | "xlink:href" | "longdesc" | "manifest" | "ping" => Role::Url,
        _ => Role::Value,
    }
}

/// Preset names, apart by spaces: the web's own words, among them all that [`attribute_role`] knows. Position is the
/// reference, and the first 128 take one byte; neither reordered nor, within a version, appended to.
pub const NAMES: &str = "\
    div span a p li ul img class id href style src type br td tr table tbody th html head body meta link \
    title noscript h1 h2 h3 h4 h5 header footer nav section article aside figure figcaption button input \
    label form option strong em b i u small sup code pre cite time hr ol picture source video track iframe \
    object area svg path g circle polygon use symbol name value rel alt width height role lang dir tabindex \
    target placeholder for action method srcset sizes media colspan align border color datetime content \
    charset property itemprop itemscope itemtype aria-hidden aria-label aria-expanded aria-controls \
    aria-labelledby aria-haspopup autocomplete maxlength size viewBox d fill fill-rule points cx cy r xmlns \
    xmlns:xlink xlink:href allowfullscreen main select textarea canvas rect slot loading font valign bgcolor \
    cellpadding cellspacing frameborder scrolling thead tfoot caption colgroup col script template h6 \
    optgroup fieldset legend datalist output progress meter s sub kbd samp var mark q blockquote abbr \
    address dl dt dd details summary dialog audio embed map line polyline ellipse text tspan defs clipPath \
    mask linearGradient radialGradient stop filter pattern foreignObject image center bdi bdo del ins wbr \
    dfn data ruby rt rp search hgroup menu base rowspan disabled checked selected readonly required multiple \
    hidden open decoding aria-describedby aria-current aria-selected aria-checked aria-disabled aria-live \
    aria-modal aria-pressed autofocus min max step minlength rows cols wrap accept enctype novalidate list \
    inputmode spellcheck contenteditable draggable translate popover part is stroke stroke-width \
    stroke-linecap stroke-linejoin clip-rule transform rx ry x y x1 x2 y1 y2 opacity offset stop-color \
    preserveAspectRatio version clip-path fill-opacity text-anchor font-size font-family poster controls \
    autoplay loop muted preload playsinline sandbox shadowrootmode data-afterimage imagesrcset formaction \
    background longdesc manifest ping aria-description aria-placeholder aria-roledescription aria-valuetext \
    http-equiv hreflang crossorigin referrerpolicy fetchpriority inert data-testid data-id data-src \
    aria-invalid aria-required aria-valuenow aria-valuemin aria-valuemax stroke-miterlimit stroke-dasharray \
    gradientUnits gradientTransform";

/// How many [`NAMES`] there are.
const PRESETS: usize = 299;

/// The preset names, in order.
pub fn presets() -> impl Iterator<Item = &'static str> {
    split(NAMES, b' ')
}

/// The parts of a text between ASCII bytes. The library's own takes any character, and half a kilobyte more of the recorder.
pub fn split(text: &str, by: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let end = text.bytes().position(|b| b == by);
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

/// Text made of white space only is interned; all other text is one entry an occurrence.
pub fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c))
}

/// One role's strings, end to end in one allocation, and the index that finds repeated ones.
#[derive(Default)]
pub struct Column {
    text: String,
    /// Where each string ends in `text`, bytes.
    ends: Vec<u32>,
    /// Open addressing; as many as a power of two.
    slots: Vec<Slot>,
    /// How many slots are taken.
    taken: usize,
}

/// A string's hash, and its index + 1; 0 when the slot is free.
#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u32,
    number: u32,
}

impl Column {
    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at `index`, if there is one.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        self.text.get(self.start(index)..end)
    }

    /// Where the string at `index` starts in `text`.
    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize)
    }

    /// All strings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// The index of `text`, which is added when it is new.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if self.slots.len() < (self.taken + 1) * 2 {
            self.grow();
        }
        let hash = (mix(0, text.as_bytes()) >> 32) as u32;
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get(at).filter(|slot| slot.number > 0) {
            let index = slot.number - 1;
            if slot.hash == hash && self.get(index as usize) == Some(text) {
                return index;
            }
            at = (at + 1) & mask;
        }
        let index = self.append(text);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Slot { hash, number: index + 1 };
            self.taken += 1;
        }
        index
    }

    /// The index of a new entry, even if the same text is there already.
    pub(crate) fn append(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.ends.len() as u32 - 1
    }

    /// A column of the strings before `index`, without an index of its own.
    fn prefix(&self, index: usize) -> Self {
        let text = self.text.get(..self.start(index)).unwrap_or("");
        Self { text: text.into(), ends: self.ends.iter().take(index).copied().collect(), ..Self::default() }
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        let slots = core::mem::replace(&mut self.slots, alloc::vec![Slot::default(); size]);
        for slot in slots.into_iter().filter(|slot| slot.number > 0) {
            let mut at = slot.hash as usize & (size - 1);
            while self.slots.get(at).is_some_and(|taken| taken.number > 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(free) = self.slots.get_mut(at) {
                *free = slot;
            }
        }
    }

    /// The strings from `first` on as they are written: count, lengths, bytes.
    pub(crate) fn encode(&self, first: usize, out: &mut Vec<u8>) {
        let mut start = self.start(first);
        varint::put(out, self.len().saturating_sub(first) as u64);
        out.reserve(self.len() + self.text.len());
        let text = self.text.as_bytes().get(start..).unwrap_or(&[]);
        for end in self.ends.iter().skip(first) {
            varint::put(out, (*end as usize).wrapping_sub(start) as u64);
            start = *end as usize;
        }
        out.extend_from_slice(text);
    }
}

/// A hash of `bytes` and of what was hashed `before`. A word at a time: quick, and no stranger chooses what it is fed
/// with but the page itself.
#[inline(never)]
pub fn mix(before: u64, bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = bytes.as_chunks();
    let rest = rest.iter().fold(bytes.len() as u64, |word, byte| word << 8 | u64::from(*byte));
    words.iter().fold((before ^ rest).wrapping_mul(FACTOR), |mixed, word| {
        (mixed.rotate_left(23) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR)
    })
}

/// The strings of one batch. The column of names begins with [`NAMES`], which are never written.
pub struct Table {
    columns: [Column; 7],
}

impl Default for Table {
    fn default() -> Self {
        let mut names = Column::default();
        for name in presets() {
            names.intern(name);
        }
        let mut columns: [Column; 7] = Default::default();
        columns[0] = names;
        Self { columns }
    }
}

impl Table {
    /// The column of a role.
    pub fn column(&self, role: Role) -> &Column {
        match role {
            Role::Name => &self.columns[0],
            Role::Value => &self.columns[1],
            Role::Text => &self.columns[2],
            Role::Css => &self.columns[3],
            Role::Url => &self.columns[4],
            Role::Input => &self.columns[5],
            Role::Data => &self.columns[6],
        }
    }

    fn column_mut(&mut self, role: Role) -> &mut Column {
        match role {
            Role::Name => &mut self.columns[0],
            Role::Value => &mut self.columns[1],
            Role::Text => &mut self.columns[2],
            Role::Css => &mut self.columns[3],
            Role::Url => &mut self.columns[4],
            Role::Input => &mut self.columns[5],
            Role::Data => &mut self.columns[6],
        }
    }

    /// The reference that stands for `text` in a field of this role.
    pub fn reference(&mut self, role: Role, text: &str) -> u32 {
        match role {
            // Text is one entry an occurrence, so that the column reads like the document: a secret split over
            // neighbouring nodes can be found by whoever seals the batch.
            Role::Text if !is_blank(text) => self.columns[2].append(text),
            _ => self.column_mut(role).intern(text),
        }
    }

    /// The first string of a role that is written: presets are not.
    pub fn first(role: Role) -> usize {
        if role == Role::Name { PRESETS } else { 0 }
    }

    /// Replaces strings of a role: `with` sees each with its index and returns what shall stand there instead,
    /// or `None` to leave it. References stay as they are. Presets are no page's secret and are not shown. A name
    /// must not be replaced by one that [`attribute_role`] knows, since the role of its values would change.
    pub fn replace<S: AsRef<str>>(&mut self, role: Role, mut with: impl FnMut(usize, &str) -> Option<S>) {
        let column = self.column_mut(role);
        // Usually there is nothing to replace, hence the copy starts with the first that is.
        let mut fresh: Option<Column> = None;
        for i in Self::first(role)..column.len() {
            let Some(text) = column.get(i) else { continue };
            let new = with(i, text);
            if let Some(fresh) = &mut fresh {
                fresh.append(new.as_ref().map_or(text, AsRef::as_ref));
            } else if let Some(new) = new {
                let copy = fresh.insert(column.prefix(i));
                copy.append(new.as_ref());
            }
        }
        if let Some(fresh) = fresh {
            *column = fresh;
        }
    }

    /// Bytes of all strings together.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|c| c.text.len() + c.ends.len()).sum::<usize>().saturating_sub(NAMES.len())
    }
}
