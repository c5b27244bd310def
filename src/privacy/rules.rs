//! What holds for a node: its own marks, its owner's and its parent's.

use super::Raw;
use super::scan::Parts;

/// What holds for a node and, mostly, for all below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules(u16);

impl Rules {
    /// Nothing special: the policy alone decides.
    pub const NONE: Self = Self(0);
    /// Text and values are masked.
    pub const MASK: Self = Self(1);
    /// The owner lifted masks here; hard rules stay.
    pub const UNMASK: Self = Self(2);
    /// Only the box is recorded.
    pub const BLOCK: Self = Self(4);
    /// No events are recorded here.
    pub const IGNORE: Self = Self(8);
    /// Inside a protected field that is edited in place.
    pub const SECRET: Self = Self(16);
    /// A key pad on screen, or inside one.
    pub const PAD: Self = Self(32);
    /// The text below is a style sheet.
    pub const STYLE: Self = Self(64);
    /// Never recorded at all.
    pub const DROP: Self = Self(128);
    /// Changed in step with typing in a protected field; never taken back.
    pub const IN_STEP: Self = Self(256);

    pub(super) const fn bits(self) -> u16 {
        self.0
    }

    /// Both together.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is left without `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` holds.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Text and values are masked here.
    pub const fn masked(self) -> bool {
        self.has(Self::MASK)
    }

    /// The owner lifted masks here.
    pub const fn unmasked(self) -> bool {
        self.has(Self::UNMASK)
    }

    /// Only the box is recorded.
    pub const fn blocked(self) -> bool {
        self.has(Self::BLOCK)
    }

    /// No events are recorded here.
    pub const fn ignored(self) -> bool {
        self.has(Self::IGNORE)
    }

    /// Inside a protected field that is edited in place.
    pub const fn secret(self) -> bool {
        self.has(Self::SECRET)
    }

    /// A key pad, or inside one.
    pub const fn pad(self) -> bool {
        self.has(Self::PAD)
    }

    /// The text below is a style sheet.
    pub const fn style(self) -> bool {
        self.has(Self::STYLE)
    }

    /// Never recorded.
    pub const fn dropped(self) -> bool {
        self.has(Self::DROP)
    }

    /// Changed in step with typing in a protected field.
    pub const fn in_step(self) -> bool {
        self.has(Self::IN_STEP)
    }
}

/// An element as the gate needs to see it.
pub struct Element<'a> {
    /// Local name, lower case.
    pub tag: &'a str,
    /// Names (lower case) and values.
    pub attributes: &'a [(String, Raw)],
    /// Rules of the parent, or of the host of a shadow root, or of the frame.
    pub parent: Rules,
    /// What the owner's selectors say of this element.
    pub matched: Rules,
}

/// Elements of which nothing is recorded.
const DROPPED: &[&str] = &["script", "noscript", "template"];

/// Marks: a class or an attribute, and what it means. Those of other recorders count here as they do there.
const MARKS: &[(&str, Rules)] = &[
    ("rr-mask", Rules::MASK),
    ("rr-block", Rules::BLOCK),
    ("rr-ignore", Rules::IGNORE),
    ("ph-no-capture", Rules::BLOCK),
    ("ph-mask", Rules::MASK),
    ("ph-ignore-input", Rules::IGNORE),
    ("data-openreplay-obscured", Rules::MASK),
    ("data-openreplay-masked", Rules::MASK),
    ("data-openreplay-hidden", Rules::BLOCK),
    ("data-openreplay-ignore", Rules::IGNORE),
    ("data-clarity-mask", Rules::MASK),
    ("data-clarity-unmask", Rules::UNMASK),
    ("fs-mask", Rules::MASK),
    ("fs-unmask", Rules::UNMASK),
    ("fs-exclude", Rules::BLOCK),
    ("data-hj-suppress", Rules::MASK),
    ("data-hj-allow", Rules::UNMASK),
    ("sentry-mask", Rules::MASK),
    ("sentry-unmask", Rules::UNMASK),
    ("sentry-block", Rules::BLOCK),
    ("sentry-ignore", Rules::IGNORE),
    ("data-sentry-mask", Rules::MASK),
    ("data-sentry-unmask", Rules::UNMASK),
    ("data-sentry-block", Rules::BLOCK),
    ("data-sentry-ignore", Rules::IGNORE),
    ("dd-privacy-mask", Rules::MASK),
    ("dd-privacy-hidden", Rules::BLOCK),
    ("dd-privacy-allow", Rules::UNMASK),
    ("data-matomo-mask", Rules::MASK),
    ("data-matomo-unmask", Rules::UNMASK),
    ("data-private", Rules::MASK),
];

/// The words of `data-afterimage` and `data-dd-privacy`.
fn word(value: &str) -> Rules {
    match value {
        "mask" | "mask-unless-allowlisted" => Rules::MASK,
        "unmask" | "allow" => Rules::UNMASK,
        "block" | "hidden" => Rules::BLOCK,
        "ignore" => Rules::IGNORE,
        _ => Rules::NONE,
    }
}

/// What an element's own attributes say.
fn marks(attributes: &[(String, Raw)]) -> Rules {
    attributes.iter().fold(Rules::NONE, |own, (name, value)| own.with(said(name, value)))
}

/// What one attribute says.
fn said(name: &str, Raw(value): &Raw) -> Rules {
    match name {
        "data-afterimage" | "data-dd-privacy" => {
            Parts::words(value).fold(Rules::NONE, |r, w| r.with(word(w)))
        }
        "class" => Parts::words(value).fold(Rules::NONE, |r, w| r.with(mark(w))),
        _ if value == "false" => Rules::NONE,
        _ => mark(name),
    }
}

/// The name of the mark that says `wanted`.
pub(super) fn mark_of(attributes: &[(String, Raw)], wanted: Rules) -> Option<&'static str> {
    let (name, Raw(value)) = attributes.iter().find(|(name, value)| said(name, value).has(wanted))?;
    let bears = |word: &str| *name == word || (name == "class" && Parts::words(value).any(|w| w == word));
    let of_peers = MARKS.iter().find(|(word, rules)| rules.has(wanted) && bears(word)).map(|(word, _)| *word);
    of_peers.or(Some(if name == "data-afterimage" { "data-afterimage" } else { "data-dd-privacy" }))
}

fn mark(word: &str) -> Rules {
    MARKS.iter().find(|(name, _)| *name == word).map_or(Rules::NONE, |(_, rules)| *rules)
}

/// Whether one attribute bears a mark.
pub(super) fn is_marked(name: &str, value: &Raw) -> bool {
    match name {
        "data-afterimage" | "data-dd-privacy" => true,
        "class" => Parts::words(&value.0).any(|w| mark(w) != Rules::NONE),
        _ => mark(name) != Rules::NONE,
    }
}

/// An element's rules: the nearest mask or unmask counts, a mask beside an unmask wins, all else only adds up.
pub(super) fn of(element: &Element<'_>) -> Rules {
    let own = marks(element.attributes).with(element.matched);
    let mut rules = element.parent.without(Rules::STYLE);
    if own.masked() {
        rules = rules.without(Rules::UNMASK);
    } else if own.unmasked() {
        rules = rules.without(Rules::MASK);
    }
    rules = rules.with(if own.masked() { own.without(Rules::UNMASK) } else { own });
    // What is edited in place is a field, and its text a value.
    let edited = |(name, value): &(String, Raw)| name == "contenteditable" && !value.is_word("false");
    if !rules.unmasked() && element.attributes.iter().any(edited) {
        rules = rules.with(Rules::MASK);
    }
    if DROPPED.contains(&element.tag) {
        rules = rules.with(Rules::DROP);
    }
    if element.tag == "style" {
        rules = rules.with(Rules::STYLE);
    }
    rules
}
