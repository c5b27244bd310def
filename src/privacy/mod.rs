//! The privacy gate: the only way from what the page says ([`Raw`]) to what may leave ([`Clean`]).
//!
//! Everything here is a decision; nothing here touches the browser. See PROMISES rows R02, N01–N06.

mod field;
pub mod keypad;
mod report;
mod rules;

use std::borrow::Cow;

use afterimage_wire::BatchWriter;
use afterimage_wire::batch::PolicyReport;

pub use field::{Field, FieldClass, Kind};
pub use report::Rule;
pub use rules::{Element, Rules};

use report::Counters;

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
}

/// A string that may leave. Only this module makes one from a [`Raw`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clean(Cow<'static, str>);

impl Clean {
    /// A string of the recorder's own.
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What stands where something was withheld: always the same, whatever it was.
pub const MASK: &str = "•••••";

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
}

impl Gate {
    /// A gate that knows no secret yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, counters: Counters::default() }
    }

    /// What holds for an element.
    pub fn rules(&self, element: &Element<'_>) -> Rules {
        rules::of(element)
    }

    /// A tag's or attribute's name.
    pub fn name(&self, name: &str) -> Clean {
        Clean(Cow::Owned(name.into()))
    }

    /// An attribute's value; `None` when it is not recorded. `siblings` are all attributes of the element.
    pub fn attribute(
        &self,
        rules: &Rules,
        tag: &str,
        name: &str,
        value: Raw,
        siblings: &[(String, Raw)],
    ) -> Option<Clean> {
        let _ = (rules, tag, siblings);
        self.counters.count(Rule::Attribute);
        (name == "class" || name == "id").then(|| Clean(Cow::Owned(value.0)))
    }

    /// Whether a style sheet seen by [`note_css`](Self::note_css) selects by this attribute and value.
    pub fn styled(&self, name: &str, value: &Raw) -> bool {
        let _ = (name, value);
        false
    }

    /// Remembers the attribute selectors of a style sheet.
    pub fn note_css(&mut self, css: &Raw) {
        let _ = css;
    }

    /// A text node's text, under the rules of the element around it.
    pub fn text(&self, rules: Rules, tag: &str, text: Raw) -> Clean {
        let _ = (rules, tag);
        if text.0.trim().is_empty() || text.0.bytes().all(|b| !b.is_ascii_digit()) {
            return Clean(Cow::Owned(text.0));
        }
        self.withheld(Rule::MaskedText)
    }

    /// A style sheet, a rule, or an inline style.
    pub fn css(&self, css: Raw) -> Clean {
        Clean(Cow::Owned(css.0))
    }

    /// A URL, cut to what may be kept of it.
    pub fn url(&self, url: Raw) -> Clean {
        let end = url.0.find(['?', '#']).unwrap_or(url.0.len());
        Clean(Cow::Owned(url.0.get(..end).unwrap_or("").into()))
    }

    /// The referrer: cut like a URL, to its origin when that is not `page_origin`.
    pub fn referrer(&self, referrer: Raw, page_origin: &Raw) -> Clean {
        let _ = page_origin;
        self.url(referrer)
    }

    /// The document's title.
    pub fn title(&self, title: Raw) -> Clean {
        self.text(Rules::NONE, "title", title)
    }

    /// Error text, console text, payloads of custom events (JSON).
    pub fn data(&self, data: Raw) -> Clean {
        self.text(Rules::NONE, "", data)
    }

    /// The name of a custom event, which the site's code chose.
    pub fn event_name(&self, name: Raw) -> Clean {
        self.text(Rules::NONE, "", name)
    }

    /// Browser with major version, and operating system with version.
    pub fn user_agent(&self, user_agent: Raw) -> (Clean, Clean) {
        let _ = user_agent;
        (Clean::fixed("other"), Clean::fixed("other"))
    }

    /// Languages, comma separated.
    pub fn languages(&self, languages: Raw) -> Clean {
        Clean(Cow::Owned(
            languages.0.chars().filter(|c| c.is_ascii_alphabetic() || ",-".contains(*c)).take(40).collect(),
        ))
    }

    /// The time zone's name.
    pub fn time_zone(&self, zone: Raw) -> Clean {
        Clean(Cow::Owned(
            zone.0.chars().filter(|c| c.is_ascii_alphanumeric() || "/_+-".contains(*c)).take(40).collect(),
        ))
    }

    /// What the rules say of a field.
    pub fn classify(&self, field: &Field<'_>) -> FieldClass {
        field::classify(field)
    }

    /// What a value says of the field that holds it: a card number or a known secret protects it from now on.
    pub fn classify_value(&self, value: &Raw) -> FieldClass {
        let _ = value;
        FieldClass::Plain
    }

    /// A field's value; `None` when nothing of it is recorded.
    pub fn value(&self, rules: Rules, class: FieldClass, kind: &str, value: Raw) -> Option<Clean> {
        if class.is_protected() {
            self.counters.count(Rule::ProtectedField);
            return None;
        }
        match kind {
            "submit" | "button" | "reset" => Some(self.text(rules, "button", value)),
            "checkbox" | "radio" | "file" | "image" => None,
            _ if value.0.is_empty() => Some(Clean::default()),
            _ => Some(self.withheld(Rule::MaskedValue)),
        }
    }

    /// Remembers what a protected field holds, in memory only.
    pub fn learn(&mut self, class: FieldClass, value: Raw) {
        let _ = (class, value);
    }

    /// Remembers what neighbouring protected fields hold together, in order.
    pub fn learn_group(&mut self, values: &[Raw]) {
        let _ = values;
    }

    /// Whether any secret is known.
    pub fn knows_secrets(&self) -> bool {
        false
    }

    /// Forgets all secrets and overwrites them.
    pub fn forget(&mut self) {}

    /// The second gate: redacts the strings of a batch that is about to leave.
    pub fn seal(&mut self, batch: &mut BatchWriter) {
        let _ = batch;
    }

    /// What was withheld since the last report.
    pub fn report(&self) -> PolicyReport {
        PolicyReport { policy: self.settings.digest(), withheld: self.counters.drain() }
    }

    /// Counts what the engine withheld by a rule of its own accord: blocked boxes, key pads, ignored events.
    pub fn count(&self, rule: Rule) {
        self.counters.count(rule);
    }

    fn withheld(&self, rule: Rule) -> Clean {
        self.counters.count(rule);
        Clean::fixed(MASK)
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
        let mut query = self.query.clone();
        query.sort();
        let mut out = String::from("{\"policy\":\"");
        out.push_str(policy);
        out.push_str("\",\"query\":[");
        push_list(&mut out, &query);
        out.push_str("],\"selectors\":[");
        push_list(&mut out, &self.selectors);
        out.push_str("]}");
        out
    }

    fn digest<const N: usize>(&self) -> [u8; N] {
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
