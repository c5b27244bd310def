//! Which fields are protected, and what they hold.

use super::Raw;

/// What a protected field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Password or passphrase.
    Password,
    /// Card number, or part of one.
    Card,
    /// Security code of a card.
    CardCode,
    /// Expiry date of a card, or part of one.
    Expiry,
    /// Name on a card and whatever else cards have.
    CardOther,
    /// One-time code or PIN, or part of one.
    Code,
    /// Number a state gave a person.
    GovernmentId,
    /// Bank account.
    Bank,
    /// API key, recovery phrase, session token.
    Token,
}

/// What the rules say of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldClass {
    /// Nothing special: its value is masked unless its owner unmasked it.
    #[default]
    Plain,
    /// Nothing of it is ever recorded, and what it held is scrubbed everywhere.
    Protected(Kind),
    /// A hidden input: nothing of it is recorded.
    Hidden,
}

impl FieldClass {
    /// Whether nothing of the field may be recorded.
    pub fn is_protected(self) -> bool {
        self != Self::Plain
    }

    /// What holds for a field that was `self` before and is `now`: protection stays.
    pub fn merge(self, now: Self) -> Self {
        if matches!(self, Self::Protected(_)) || now == Self::Plain { self } else { now }
    }
}

/// A field as the gate needs to see it.
pub struct Field<'a> {
    /// Local name, lower case: `input`, `textarea`, `select`, or that of an element edited in place.
    pub tag: &'a str,
    /// The `type` property or attribute, lower case.
    pub kind: &'a str,
    /// All attributes, names in lower case.
    pub attributes: &'a [(String, Raw)],
    /// Text of its labels.
    pub label: Option<Raw>,
    /// Text of the legend, heading or paragraph right before it.
    pub group: Option<Raw>,
    /// How many like fields for few characters stand beside it.
    pub siblings: usize,
}

pub(super) fn classify(field: &Field<'_>) -> FieldClass {
    match field.kind {
        "password" => FieldClass::Protected(Kind::Password),
        "hidden" => FieldClass::Hidden,
        _ if field.siblings >= 2 => FieldClass::Protected(Kind::Code),
        _ => FieldClass::Plain,
    }
}
