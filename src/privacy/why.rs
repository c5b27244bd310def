//! Which rule decides about an element, in words, for whoever asks.

use super::field::{Field, by_autocomplete, by_shape, by_words, is_password};
use super::pattern::{self, Shapes};
use super::rules::{self, Rules};
use super::{Gate, Policy, Raw, Rule};

/// A decision: the rule's name, why it holds, and the marks that may be the reason.
pub struct Why {
    /// What decided.
    pub rule: &'static str,
    /// Why, if no mark is the reason.
    pub because: &'static str,
    /// The marks to look for on the element and around it.
    pub marks: Rules,
}

impl Why {
    /// A decision that no mark made.
    pub const fn of(rule: &'static str, because: &'static str) -> Self {
        Self { rule, because, marks: Rules::NONE }
    }
}

impl Gate {
    /// What decides where `rules` hold, about a field or about text.
    pub fn why(&self, rules: Rules, field: bool) -> Why {
        let masked = if field { Rule::MaskedValue } else { Rule::MaskedText }.name();
        let mark = |rule, marks| Why { rule, because: "", marks };
        match () {
            () if rules.pad() => Why::of(
                Rule::Keypad.name(),
                "what is pressed here changes a protected field, or is single characters",
            ),
            () if rules.blocked() => mark(Rule::Blocked.name(), Rules::BLOCK),
            () if rules.in_step() => {
                Why::of(Rule::InStep.name(), "it changed while a protected field was typed into")
            }
            () if rules.masked() => mark(masked, Rules::MASK),
            () if self.settings.policy == Policy::Strict => Why::of(masked, "policy strict"),
            () if rules.unmasked() => mark("unmasked", Rules::UNMASK),
            () if field => Why::of(masked, "no field is unmasked unless its owner says so"),
            () if rules.ignored() => mark(Rule::Ignored.name(), Rules::IGNORE),
            () => Why::of("kept", "no rule withholds it"),
        }
    }

    /// The rule that withholds part of a text for what it looks like, or for whom it repeats.
    pub fn why_text(&self, text: &Raw) -> Option<Rule> {
        if !self.ledger.is_empty() && self.ledger.echoes(&text.0) {
            return Some(Rule::Echo);
        }
        let shapes = Shapes { code: false, ..self.shapes(false) };
        pattern::find(&text.0, shapes).first().map(|find| find.rule)
    }

    /// What says that a field is protected, if it still does.
    pub fn why_protected(&self, field: &Field<'_>) -> &'static str {
        match () {
            () if is_password(field) => "its type",
            () if by_autocomplete(field).is_some() => "its autocomplete",
            () if by_words(field).is_some() => "its name or label",
            () if by_shape(field).is_some() => "one of several boxes for few characters",
            () => "it was a password field, or held a secret",
        }
    }

    /// The name of a mark of this kind that an element bears: its own, or that of the owner's option.
    pub fn mark(&self, attributes: &[(String, Raw)], matched: Rules, wanted: Rules) -> Option<&'static str> {
        rules::mark_of(attributes, wanted).or_else(|| matched.has(wanted).then_some("an option's selector"))
    }
}
