//! The rules that withhold something, by the numbers that a batch's report counts them under.
//!
//! Numbers are appended to, never changed.

/// Names of the rules, by number.
pub const NAMES: [&str; 18] = [
    "masked-text",
    "masked-value",
    "protected-field",
    "hidden-input",
    "attribute",
    "url",
    "css",
    "card",
    "account",
    "token",
    "code",
    "contact",
    "echo",
    "in-step",
    "keypad",
    "blocked",
    "ignored",
    "name",
];

/// What each rule withholds, by number.
#[cfg(feature = "decode")]
pub const MEANINGS: [&str; NAMES.len()] = [
    "text masked by the policy or by a mark",
    "the value of a field, masked",
    "all of a protected field: passwords, cards, codes, ids",
    "a hidden input",
    "an attribute that is not on the list",
    "part of a URL",
    "part of a style sheet",
    "a payment card's number",
    "a bank account, or a number a state gave a person",
    "a token, key or digest",
    "a one-time code, PIN or security code",
    "an e-mail address or phone number",
    "what a protected field held, said again by the page",
    "what changed in step with typing in a protected field",
    "a key pad on the screen",
    "an element left out, all but its box",
    "what happened where nothing is listened to",
    "the name of an element, attribute or event",
];

/// The name of a rule, if this version knows it.
pub fn name(number: u32) -> Option<&'static str> {
    NAMES.get(number as usize).copied()
}
