//! Which fields are protected, and what they hold.

use super::pattern::{self, Shapes};
use super::report::Rule;
use super::scan::{self, Parts};
use super::token::is_random;
use super::words::announces;
use super::{Gate, Raw, UNRULED};

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
    #[must_use]
    pub fn merge(self, now: Self) -> Self {
        if matches!(self, Self::Protected(_)) || now == Self::Plain { self } else { now }
    }
}

/// A field as the gate needs to see it.
pub struct Field<'a> {
    /// Local name, lower case: `input`, `textarea`, `select`, or that of an element edited in place.
    pub tag: &'a str,
    /// The `type` property or attribute.
    pub kind: &'a str,
    /// All attributes, names in lower case.
    pub attributes: &'a [(String, Raw)],
    /// Text of its labels.
    pub label: Option<Raw>,
    /// Text of the legend, heading or paragraph right before it.
    pub group: Option<Raw>,
    /// How many like fields for few characters stand beside it, without itself.
    pub siblings: usize,
}

/// Types whose value is a label, a choice or a thing that cannot be typed.
const NOT_TYPED: &str = " checkbox radio submit button reset image file range color ";

/// Whether what is around a field of a type can make a difference.
pub(crate) fn takes_text(kind: &str) -> bool {
    kind != "hidden" && !scan::listed(NOT_TYPED, kind)
}

/// Attributes that say what a field is for.
const NAMED: &str =
    "name id placeholder label aria-label title autocomplete formcontrolname ng-model v-model";

/// Longest attribute or label that is looked at, bytes.
const LONGEST: usize = 120;

pub(super) fn classify(field: &Field<'_>) -> FieldClass {
    if is_password(field) {
        return FieldClass::Protected(Kind::Password);
    }
    let kind = scan::lower(field.kind.trim_ascii());
    if kind == "hidden" {
        return FieldClass::Hidden;
    }
    if scan::listed(NOT_TYPED, &kind) {
        return FieldClass::Plain;
    }
    let found = by_autocomplete(field).or_else(|| by_words(field)).or_else(|| by_shape(field));
    found.map_or(FieldClass::Plain, FieldClass::Protected)
}

pub(super) fn is_password(field: &Field<'_>) -> bool {
    let says = |text: &str| text.trim_ascii().eq_ignore_ascii_case("password");
    says(field.kind) || field.attributes.iter().any(|(n, v)| n == "type" && says(&v.0))
}

fn attribute<'a>(field: &'a Field<'_>, name: &str) -> &'a str {
    field.attributes.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.0.as_str())
}

/// The standard's own tokens, in any case, after any `section-`, `shipping` or `billing`.
pub(super) fn by_autocomplete(field: &Field<'_>) -> Option<Kind> {
    attribute(field, "autocomplete").to_ascii_lowercase().split_ascii_whitespace().find_map(|token| {
        match token {
            "current-password" | "new-password" => Some(Kind::Password),
            "one-time-code" => Some(Kind::Code),
            "cc-number" => Some(Kind::Card),
            "cc-csc" => Some(Kind::CardCode),
            _ if token.starts_with("cc-exp") => Some(Kind::Expiry),
            _ if token.starts_with("cc-") => Some(Kind::CardOther),
            _ => None,
        }
    })
}

/// Names and texts. The text before a field counts when the field has no label of its own.
pub(super) fn by_words(field: &Field<'_>) -> Option<Kind> {
    let said = |text: &str| if text.len() <= LONGEST { announces(text) } else { None };
    let own = field.attributes.iter().find_map(|(name, value)| match name.as_str() {
        _ if scan::listed(NAMED, name) => said(&value.0),
        // A class of one word is mostly a component's: `card`.
        "class" => Parts::words(&value.0)
            .find_map(|class| said(class).filter(|_| class.len() > 5 || !scan::all(class, scan::is_plain))),
        _ if name.starts_with("data-") => said(&value.0).or_else(|| said(name.get(5..).unwrap_or(""))),
        _ => None,
    });
    // What it is by now, and what it was when the field came.
    let told = |text: &Raw| Parts::new(&text.0, "\0").find_map(said);
    let label = || field.label.as_ref().and_then(told);
    let named = field.label.as_ref().is_some_and(|label| !label.is_empty());
    let group = || field.group.as_ref().and_then(told);
    own.or_else(label).or_else(|| if named && field.siblings < 2 { None } else { group() })
}

/// Boxes for single digits, and for quarters of a number.
pub(super) fn by_shape(field: &Field<'_>) -> Option<Kind> {
    let length = |name| match attribute(field, name).trim_ascii().as_bytes() {
        [digit @ b'1'..=b'9'] => Some(digit - b'0'),
        _ => None,
    };
    let length = length("maxlength").or_else(|| length("size"))?;
    let told = || [&field.group, &field.label].into_iter().flatten().find_map(|text| announces(&text.0));
    match (length, field.siblings) {
        (1, 3..) => Some(told().unwrap_or(Kind::Code)),
        (2..=6, 3..) => Some(told().unwrap_or(Kind::Card)),
        _ => None,
    }
}

impl Gate {
    /// What the rules say of a field.
    pub fn classify(&self, field: &Field<'_>) -> FieldClass {
        if UNRULED { FieldClass::Plain } else { classify(field) }
    }

    /// What a value says of the field that holds it: a card number, an account, a token or a known secret protects
    /// it from now on.
    pub fn classify_value(&self, value: &Raw) -> FieldClass {
        if UNRULED {
            return FieldClass::Plain;
        }
        let text = value.0.trim_ascii();
        if !self.ledger.is_empty() && self.ledger.echoes(text) {
            return FieldClass::Protected(Kind::Password);
        }
        let shapes = Shapes { contact: false, code: false };
        let kind = pattern::find(text, shapes).iter().find_map(|find| match find.rule {
            Rule::Card => Some(Kind::Card),
            Rule::Account => Some(Kind::Bank),
            Rule::Token => Some(Kind::Token),
            _ => None,
        });
        let kind = kind.or_else(|| is_phrase(text).then_some(Kind::Token));
        let kind =
            kind.or_else(|| (!scan::has(text, " ") && is_random(text.as_bytes())).then_some(Kind::Token));
        kind.map_or(FieldClass::Plain, FieldClass::Protected)
    }
}

/// A wallet's recovery phrase: 12, 15, 18, 21 or 24 short words in small letters, nothing else.
pub(super) fn is_phrase(text: &str) -> bool {
    matches!(Parts::words(text).count(), 12 | 15 | 18 | 21 | 24) && Parts::words(text).all(is_phrase_word)
}

/// Whether a word could be one of a recovery phrase.
pub(super) fn is_phrase_word(word: &str) -> bool {
    (3..=8).contains(&word.len()) && scan::all(word, |b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(
        kind: &str,
        attributes: &[(&str, &str)],
        label: &str,
        group: &str,
        siblings: usize,
    ) -> FieldClass {
        let attributes: Vec<(String, Raw)> =
            attributes.iter().map(|(n, v)| ((*n).into(), Raw::new((*v).into()))).collect();
        let text = |t: &str| (!t.is_empty()).then(|| Raw::new(t.into()));
        let field = Field {
            tag: "input",
            kind,
            attributes: &attributes,
            label: text(label),
            group: text(group),
            siblings,
        };
        classify(&field)
    }

    const fn protected(kind: Kind) -> FieldClass {
        FieldClass::Protected(kind)
    }

    #[test]
    fn promise_n01_password_fields() {
        assert_eq!(class("password", &[], "", "", 0), protected(Kind::Password));
        assert_eq!(class("PassWord", &[], "", "", 0), protected(Kind::Password));
        assert_eq!(
            class("text", &[("autocomplete", "section-a New-Password")], "", "", 0),
            protected(Kind::Password)
        );
        assert_eq!(
            class("text", &[("name", "user_password"), ("placeholder", "At least 8")], "", "", 0),
            protected(Kind::Password)
        );
        assert_eq!(
            class("", &[("role", "textbox"), ("aria-label", "Password")], "", "", 0),
            protected(Kind::Password)
        );
        assert_eq!(
            class("text", &[("name", "z"), ("placeholder", "Mot de passe")], "", "", 0),
            protected(Kind::Password)
        );
        assert_eq!(protected(Kind::Password).merge(FieldClass::Plain), protected(Kind::Password));
        assert_eq!(FieldClass::Plain.merge(protected(Kind::Card)), protected(Kind::Card));
    }

    #[test]
    fn promise_n02_card_fields() {
        assert_eq!(
            class("", &[("autocomplete", "section-pay billing cc-number")], "", "", 0),
            protected(Kind::Card)
        );
        assert_eq!(class("", &[("autocomplete", "CC-CSC")], "", "", 0), protected(Kind::CardCode));
        assert_eq!(class("tel", &[("name", "cardnumber")], "", "", 0), protected(Kind::Card));
        assert_eq!(class("text", &[("name", "exp-date")], "", "", 0), protected(Kind::Expiry));
        assert_eq!(
            class("text", &[("name", "cvv"), ("maxlength", "4")], "", "", 0),
            protected(Kind::CardCode)
        );
        assert_eq!(
            class("", &[("data-field", "card"), ("contenteditable", "true")], "", "", 0),
            protected(Kind::Card)
        );
        assert_eq!(class("text", &[("maxlength", "4"), ("size", "4")], "", "Card", 3), protected(Kind::Card));
        assert_eq!(class("text", &[("maxlength", "4")], "", "", 3), protected(Kind::Card));
        assert_eq!(class("text", &[("name", "q")], "Kartennummer", "", 0), protected(Kind::Card));
        assert_eq!(
            class("select-one", &[("autocomplete", "cc-exp-month")], "", "", 0),
            protected(Kind::Expiry)
        );
    }

    #[test]
    fn promise_n04_codes_ids_accounts_tokens() {
        assert_eq!(class("text", &[("autocomplete", "one-time-code")], "", "", 0), protected(Kind::Code));
        assert_eq!(
            class("text", &[("maxlength", "1")], "", "Enter the code we sent", 5),
            protected(Kind::Code)
        );
        assert_eq!(class("text", &[("maxlength", "1")], "", "", 5), protected(Kind::Code));
        assert_eq!(
            class("text", &[("size", "3")], "", "Social security number", 2),
            protected(Kind::GovernmentId)
        );
        assert_eq!(class("text", &[("name", "ssn")], "", "", 0), protected(Kind::GovernmentId));
        assert_eq!(
            class("textarea", &[("name", "seed_phrase")], "Secret recovery phrase", "", 0),
            protected(Kind::Token)
        );
        assert_eq!(class("hidden", &[("name", "q")], "", "", 0), FieldClass::Hidden);
    }

    #[test]
    fn ordinary_fields_are_plain() {
        for (kind, name, label) in [
            ("text", "q", "Search"),
            ("email", "email", "E-mail"),
            ("text", "name", "Full name"),
            ("tel", "phone", "Telephone"),
            ("text", "street", "Street"),
            ("text", "postcode", "Postal code"),
            ("text", "coupon", "Promo code"),
            ("date", "dob", "Date of birth"),
            ("checkbox", "remember_password", "Remember my password"),
            ("submit", "go", "Reset password"),
        ] {
            assert_eq!(class(kind, &[("name", name)], label, "", 0), FieldClass::Plain, "{name}");
        }
        assert_eq!(class("text", &[("maxlength", "2")], "Day", "Date of birth", 2), FieldClass::Plain);
    }

    #[test]
    fn values_tell_what_fields_hold() {
        let gate = Gate::new(Default::default());
        let of = |value: &str| gate.classify_value(&Raw::new(value.into()));
        assert_eq!(of("4242 4242 4242 4242"), protected(Kind::Card));
        assert_eq!(of("DE89 3704 0044 0532 0130 00"), protected(Kind::Bank));
        assert_eq!(
            of("legal winner thank year wave sausage worth useful legal winner thank yellow"),
            protected(Kind::Token)
        );
        assert_eq!(of("fSXph7oFQbUtFUw"), protected(Kind::Token));
        assert_eq!(of("Anna Schmidt"), FieldClass::Plain);
        assert_eq!(of("how to bake bread"), FieldClass::Plain);
    }
}
