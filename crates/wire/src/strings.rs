//! The string table of a batch: one column a role.
//!
//! Strings of a kind sit together, which compresses better and lets a sealing recorder, or a collector, treat
//! them by kind. A field's role is fixed by the format, so a reference is only an index within its role. The
//! first indices of [`Role::Name`] are the preset [`NAMES`].

use alloc::string::String;
use alloc::vec::Vec;

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
        "title" | "alt" | "placeholder" | "label" | "aria-label" | "aria-description" | "aria-placeholder"
        | "aria-roledescription" | "aria-valuetext" | "summary" | "content" | "value" => Role::Text,
        "href" | "src" | "srcset" | "imagesrcset" | "poster" | "action" | "formaction" | "data" | "background"
        | "cite" | "xlink:href" | "longdesc" | "manifest" | "ping" => Role::Url,
        _ => Role::Value,
    }
}

/// Preset names: the web's own words. Position is the reference; appended to, never reordered.
pub const NAMES: &[&str] = &[
    "div", "span", "a", "p", "li", "ul", "img", "class", "id", "href", "style", "src", "type", "br", "td", "tr",
    "table", "tbody", "thead", "th", "tfoot", "caption", "colgroup", "col", "html", "head", "body", "meta", "link",
    "title", "script", "noscript", "template", "slot", "h1", "h2", "h3", "h4", "h5", "h6", "header", "footer", "main",
    "nav", "section", "article", "aside", "figure", "figcaption", "button", "input", "label", "form", "select",
    "option", "optgroup", "textarea", "fieldset", "legend", "datalist", "output", "progress", "meter", "strong", "em",
    "b", "i", "u", "s", "small", "sub", "sup", "code", "pre", "kbd", "samp", "var", "mark", "q", "blockquote", "cite",
    "abbr", "time", "address", "hr", "ol", "dl", "dt", "dd", "details", "summary", "dialog", "picture", "source",
    "video", "audio", "track", "canvas", "iframe", "embed", "object", "map", "area", "svg", "path", "g", "circle",
    "rect", "line", "polyline", "polygon", "ellipse", "text", "tspan", "use", "defs", "symbol", "clipPath", "mask",
    "linearGradient", "radialGradient", "stop", "filter", "pattern", "foreignObject", "image", "font", "center", "bdi",
    "bdo", "del", "ins", "wbr", "dfn", "data", "ruby", "rt", "rp", "search", "hgroup", "menu", "base", "name", "value",
    "rel", "alt", "width", "height", "role", "lang", "dir", "tabindex", "target", "placeholder", "for", "action",
    "method", "srcset", "sizes", "media", "colspan", "rowspan", "align", "valign", "bgcolor", "border", "cellpadding",
    "cellspacing", "color", "disabled", "checked", "selected", "readonly", "required", "multiple", "hidden", "open",
    "loading", "decoding", "datetime", "content", "charset", "property", "itemprop", "itemscope", "itemtype",
    "aria-hidden", "aria-label", "aria-expanded", "aria-controls", "aria-labelledby", "aria-describedby",
    "aria-current", "aria-selected", "aria-checked", "aria-disabled", "aria-live", "aria-haspopup", "aria-modal",
    "aria-pressed", "autocomplete", "autofocus", "min", "max", "step", "maxlength", "minlength", "rows", "cols",
    "wrap", "size", "accept", "enctype", "novalidate", "list", "inputmode", "spellcheck", "contenteditable",
    "draggable", "translate", "popover", "part", "is", "viewBox", "d", "fill", "stroke", "stroke-width",
    "stroke-linecap", "stroke-linejoin", "fill-rule", "clip-rule", "transform", "points", "cx", "cy", "r", "rx", "ry",
    "x", "y", "x1", "x2", "y1", "y2", "xmlns", "xmlns:xlink", "xlink:href", "opacity", "offset", "stop-color",
    "preserveAspectRatio", "version", "clip-path", "fill-opacity", "text-anchor", "font-size", "font-family",
    "poster", "controls", "autoplay", "loop", "muted", "preload", "playsinline", "allowfullscreen", "frameborder",
    "scrolling", "sandbox", "shadowrootmode", "data-afterimage",
];

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
    /// Open addressing, power of two, index + 1 of a string; 0 is free.
    slots: Vec<u32>,
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
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..end)
    }

    /// All strings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// The strings from `first` on, end to end, as they are written.
    pub(crate) fn text_from(&self, first: usize) -> &str {
        let start = match first.checked_sub(1) {
            Some(before) => self.ends.get(before).map_or(self.text.len(), |e| *e as usize),
            None => 0,
        };
        self.text.get(start..).unwrap_or("")
    }

    /// The index of `text`, which is added when it is new.
    pub(crate) fn intern(&mut self, text: &str) -> u32 {
        if self.slots.len() < (self.len() + 1) * 2 {
            self.grow();
        }
        let at = match self.find(text) {
            Ok(index) => return index,
            Err(free) => free,
        };
        let index = self.append(text);
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = index + 1;
        }
        index
    }

    /// The index of a new entry, even if the same text is there already.
    pub(crate) fn append(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
        self.ends.len() as u32 - 1
    }

    /// The index of `text`, or the slot where it would go.
    fn find(&self, text: &str) -> Result<u32, usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash(text) as usize & mask;
        loop {
            match self.slots.get(at).copied().unwrap_or(0) {
                0 => return Err(at),
                found if self.get(found as usize - 1) == Some(text) => return Ok(found - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(size, 0);
        for i in 0..self.len() {
            let mut at = self.get(i).map_or(0, hash) as usize & (size - 1);
            while self.slots.get(at).is_some_and(|s| *s != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = i as u32 + 1;
            }
        }
    }
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |h: u32, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

/// The strings of one batch. The column of names begins with [`NAMES`], which are never written.
pub struct Table {
    columns: [Column; 7],
}

impl Default for Table {
    fn default() -> Self {
        let mut names = Column::default();
        for name in NAMES {
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
        if role == Role::Name { NAMES.len() } else { 0 }
    }

    /// Replaces strings of a role: `with` sees each with its index and returns what shall stand there instead,
    /// or `None` to leave it. References stay as they are.
    pub fn replace<S: AsRef<str>>(&mut self, role: Role, mut with: impl FnMut(usize, &str) -> Option<S>) {
        let column = self.column_mut(role);
        let mut fresh = Column::default();
        for i in 0..column.len() {
            let Some(text) = column.get(i) else { continue };
            match with(i, text) {
                Some(new) => fresh.append(new.as_ref()),
                None => fresh.append(text),
            };
        }
        // The index of repeated strings is stale now; a sealed batch takes no more strings.
        *column = fresh;
    }

    /// Bytes of all strings together.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|c| c.text.len() + c.ends.len()).sum()
    }
}
