//! What was withheld, and by which rule.

use std::cell::Cell;

/// A rule that withholds something. Numbers are part of the format, see [`afterimage_wire::rule`]: appended to, never
/// changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Rule {
    /// Text masked by the policy or by a mark.
    MaskedText = 0,
    /// Field value masked.
    MaskedValue = 1,
    /// Protected field.
    ProtectedField = 2,
    /// Hidden input.
    HiddenInput = 3,
    /// Attribute that is not on the list.
    Attribute = 4,
    /// Part of a URL.
    Url = 5,
    /// Part of a style sheet.
    Css = 6,
    /// Payment card.
    Card = 7,
    /// Bank account, government id.
    Account = 8,
    /// Token, key, digest.
    Token = 9,
    /// One-time code, PIN, security code.
    Code = 10,
    /// E-mail address or phone number.
    Contact = 11,
    /// What a protected field held.
    Echo = 12,
    /// What changed in step with a protected field.
    InStep = 13,
    /// Key pad on screen.
    Keypad = 14,
    /// Element left out.
    Blocked = 15,
    /// Events not listened to.
    Ignored = 16,
    /// Name of an element or attribute.
    Name = 17,
}

impl Rule {
    /// How many rules there are.
    pub const COUNT: usize = afterimage_wire::rule::NAMES.len();

    /// The rule's name, as reports and `why` show it.
    pub fn name(self) -> &'static str {
        Self::name_of(self as u32).unwrap_or("")
    }

    /// The name of a rule number, if there is one.
    pub fn name_of(number: u32) -> Option<&'static str> {
        afterimage_wire::rule::name(number)
    }
}

/// How often each rule withheld something.
#[derive(Default)]
pub(super) struct Counters([Cell<u32>; Rule::COUNT]);

impl Counters {
    pub(super) fn count(&self, rule: Rule) {
        if let Some(cell) = self.0.get(rule as usize) {
            cell.set(cell.get().saturating_add(1));
        }
    }

    /// The counters that are not zero, by rising number; all are zero afterwards.
    pub(super) fn drain(&self) -> Vec<(u32, u32)> {
        (0u32..).zip(&self.0).map(|(n, cell)| (n, cell.replace(0))).filter(|(_, count)| *count > 0).collect()
    }
}
