//! The privacy gate: the only way from what the page says ([`Raw`]) to what may leave ([`Clean`]).
//!
//! Everything here is a decision; nothing here touches the browser. See PROMISES rows R02, N01–N06.

mod ask;
mod attribute;
mod css;
mod environment;
mod field;
mod fold;
mod ledger;
mod pattern;
mod report;
mod rules;
mod scan;
mod seal;
mod seen;
mod text;
mod token;
mod url;
mod why;
mod words;

use std::borrow::Cow;

use afterimage_wire::BatchWriter;
use afterimage_wire::batch::PolicyReport;

pub(crate) use field::takes_text;
pub use field::{Field, FieldClass, Kind};
pub use report::Rule;
pub use rules::{Element, Rules};
pub use why::Why;

use css::Selector;
use ledger::Ledger;
use report::Counters;
use seen::Seen;

/// A string read from the page. It cannot be looked at outside this module: no `Deref`, `Display` or `AsRef`.
#[derive(Clone, Default)]
pub struct Raw(String);

impl Raw {
    /// Wraps what was read.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Overwrites what was read.
    fn wipe(self) {
        let mut bytes = self.0.into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}

/// A string that may leave. Only this module makes one from a [`Raw`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clean(Cow<'static, str>);

impl Clean {
    /// A string of the recorder's own.
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    fn new(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What stands where something was withheld: always the same, whatever it was.
pub const MASK: &str = "•••••";

/// Whether this is the build that `cargo xtask cost` measures against: everything is let through.
const UNRULED: bool = cfg!(feature = "unruled");

/// How much is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// All text and media masked; nobody unmasks.
    Strict,
    /// Values masked, text kept.
    #[default]
    Default,
    /// As default, and e-mail addresses and phone numbers in text are kept.
    Open,
}

/// What the owner chose.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How much is recorded.
    pub policy: Policy,
    /// URL parameters whose values are kept.
    pub query: Vec<String>,
    /// The owner's selectors (mask, unmask, block, ignore), matched by the engine; here for the digest.
    pub selectors: [String; 4],
}

/// Decides what leaves.
pub struct Gate {
    settings: Settings,
    counters: Counters,
    ledger: Ledger,
    tails: seal::Tails,
    /// Attribute selectors of the page's style sheets.
    selectors: Vec<Selector>,
    seen: Seen,
}

impl Gate {
    /// A gate that knows no secret yet.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            counters: Counters::default(),
            ledger: Ledger::new(),
            tails: Default::default(),
            selectors: Vec::new(),
            seen: Seen::new(),
        }
    }

    /// What holds for an element.
    pub fn rules(&self, element: &Element<'_>) -> Rules {
        if UNRULED {
            return rules::of(&Element { attributes: &[], ..*element });
        }
        rules::of(element)
    }

    /// Whether what an element shows may leave as an image. Nobody can judge pixels, so any rule that withholds anything
    /// here withholds them.
    pub fn shows(&self, rules: Rules) -> bool {
        let kept = rules.without(Rules::UNMASK) == Rules::NONE && self.settings.policy != Policy::Strict;
        kept || UNRULED
    }

    /// Remembers what a protected field holds, in memory only.
    pub fn learn(&mut self, class: FieldClass, value: Raw) {
        if let FieldClass::Protected(kind) = class {
            self.ledger.learn(kind, &value.0);
        }
        value.wipe();
    }

    /// Remembers a value as [`learn`](Self::learn) does; says whether it may tell anything new. What is short may.
    pub fn learn_new(&mut self, class: FieldClass, value: Raw) -> bool {
        let (before, short) = (self.ledger.told(), value.0.len() < 5);
        self.learn(class, value);
        short || self.ledger.told() != before
    }

    /// Remembers what a page's address says that it is secret: pages show it, too.
    pub fn learn_url(&mut self, url: &Raw) {
        if UNRULED {
            return;
        }
        let ledger = &mut self.ledger;
        url::secrets(&url.0, |kind, value| ledger.learn(kind, value));
    }

    /// Remembers what is typed into a protected field, a piece at a time: a page may keep it to itself and show dots.
    /// With a field of another kind, such as none, a new secret begins.
    pub fn learn_typed(&mut self, class: FieldClass, piece: Raw) {
        if !class.is_protected() {
            self.ledger.wipe_typed();
        } else if !piece.is_empty() {
            let kind = if let FieldClass::Protected(kind) = class { kind } else { Kind::Password };
            self.ledger.learn_typed(kind, &piece.0);
        }
        piece.wipe();
    }

    /// Remembers what neighbouring protected fields hold together, in order.
    pub fn learn_group(&mut self, values: &[Raw]) {
        self.ledger.learn_group(values);
    }

    /// Whether any secret is known.
    pub fn knows_secrets(&self) -> bool {
        !self.ledger.is_empty()
    }

    /// Forgets all secrets and overwrites them.
    pub fn forget(&mut self) {
        self.ledger.forget();
        self.tails = Default::default();
    }

    /// The second gate: redacts the strings of a batch that is about to leave.
    pub fn seal(&mut self, batch: &mut BatchWriter) {
        if UNRULED {
            return;
        }
        seal::seal(&self.ledger, &mut self.tails, &self.counters, &self.seen, batch);
    }

    /// The policy in force, for whoever audits the recording.
    pub fn policy(&self) -> Clean {
        Clean::new(self.settings.canonical_json())
    }

    /// What was withheld since the last report.
    pub fn report(&self) -> PolicyReport {
        PolicyReport { policy: self.settings.digest(), withheld: self.counters.drain() }
    }

    /// Counts what the engine withheld by a rule of its own accord: blocked boxes, key pads, ignored events.
    pub fn count(&self, rule: Rule) {
        self.counters.count(rule);
    }
}

impl Settings {
    /// The policy as one line of JSON with its keys in order.
    pub fn canonical_json(&self) -> String {
        let policy = match self.policy {
            Policy::Strict => "strict",
            Policy::Default => "default",
            Policy::Open => "open",
        };
        let mut out = String::from("{\"policy\":\"");
        out.push_str(policy);
        out.push_str("\",\"query\":[");
        push_list(&mut out, &self.query);
        out.push_str("],\"selectors\":[");
        push_list(&mut out, &self.selectors);
        out.push_str("]}");
        out
    }

    /// What tells policies apart.
    pub(crate) fn digest<const N: usize>(&self) -> [u8; N] {
        afterimage_wire::batch::sha256(self.canonical_json().as_bytes())
    }
}

fn push_list(out: &mut String, items: &[String]) {
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i == 0 { "\"" } else { ",\"" });
        for c in item.chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(if c < ' ' { ' ' } else { c });
        }
        out.push('"');
    }
}
