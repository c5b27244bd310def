//! Small questions the engine asks on hot paths, so that it need not ask the large ones.

use super::fold::fold;
use super::{FieldClass, Gate, Kind, Policy, Raw, Rules, rules, scan};

impl Raw {
    /// Whether it is white space only.
    pub fn is_blank(&self) -> bool {
        self.0.trim_ascii().is_empty()
    }

    /// Whether it is this word, in any case.
    pub fn is_word(&self, word: &str) -> bool {
        self.0.trim_ascii().eq_ignore_ascii_case(word)
    }

    /// Whether it is a number from 1 to `most`, which is below 10.
    pub fn is_number_up_to(&self, most: u8) -> bool {
        matches!(self.0.trim_ascii().as_bytes(), [d @ b'1'..=b'9'] if *d - b'0' <= most)
    }

    /// A number that changes when the text does: tells that a secret changed without keeping a copy.
    pub fn fingerprint(&self) -> u32 {
        self.0.bytes().fold(0x811c_9dc5, |h: u32, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
    }

    /// Whether it is what a key of a keypad bears: one letter or digit.
    pub fn is_key(&self) -> bool {
        let mut characters = self.0.chars().filter(|c| !c.is_whitespace());
        // Letters and digits in circles or raised, too; pictures are none. The library's tables would be a kilobyte.
        let bears = |c| {
            fold(c).is_some() && !('\u{1f000}'..'\u{20000}').contains(&c)
                || matches!(c, '\u{b2}'..='\u{be}' | '\u{2070}'..='\u{218b}' | '\u{2460}'..='\u{24ff}')
        };
        characters.next().is_some_and(bears) && characters.next().is_none()
    }
}

impl Gate {
    /// Whether an attribute, with the value it has now, may change what holds for its element.
    pub fn concerns_rules(&self, name: &str, value: Option<&Raw>) -> bool {
        match name {
            "type" | "contenteditable" | "autocomplete" | "hidden" | "role" => true,
            "class" | "data-afterimage" | "data-dd-privacy" => {
                value.is_some_and(|v| rules::is_marked(name, v))
            }
            _ => name.starts_with("data-") && value.is_some_and(|v| rules::is_marked(name, v)),
        }
    }

    /// Whether what the owner's selectors say of an element may depend on others.
    pub fn looks_up(&self) -> bool {
        self.settings.selectors.iter().any(|s| scan::first_of(s, " >:", 0) < s.len())
    }

    /// A public or system identifier of a document type: kept when it is one of a standard's, which decide how the
    /// page is laid out.
    pub fn doctype_id(&self, id: &str) -> super::Clean {
        const KNOWN: [&str; 4] =
            ["-//W3C//DTD ", "-//IETF//DTD ", "http://www.w3.org/", "about:legacy-compat"];
        let known = id.len() < 80 && KNOWN.iter().any(|k| id.starts_with(k));
        super::Clean::new(if known { id.into() } else { String::new() })
    }

    /// Whether the gate needs to see an element's other attributes to judge one.
    pub fn needs_siblings(&self, tag: &str) -> bool {
        matches!(tag, "meta" | "input" | "link")
    }

    /// Whether the categories of keys may be recorded: they tell how long a masked text is.
    pub fn keeps_keys(&self, rules: Rules) -> bool {
        !rules.masked() && self.settings.policy != Policy::Strict
    }

    /// Whether a text leaves as it is, as far as is known.
    pub fn keeps_text(&self, rules: Rules, text: &Raw) -> bool {
        self.keeps_keys(rules) && !rules.in_step() && self.why_text(text).is_none()
    }

    /// Whether what is checked or selected may be recorded.
    pub fn keeps_choice(&self, rules: Rules, class: FieldClass) -> bool {
        !class.is_protected() && !rules.masked() && (self.settings.policy != Policy::Strict)
    }
}

const KINDS: [Kind; 9] = [
    Kind::Password,
    Kind::Card,
    Kind::CardCode,
    Kind::Expiry,
    Kind::CardOther,
    Kind::Code,
    Kind::GovernmentId,
    Kind::Bank,
    Kind::Token,
];

impl FieldClass {
    /// A password field.
    pub const PASSWORD: Self = Self::Protected(Kind::Password);

    /// A number the engine can keep beside a node; never 0.
    pub fn mark(self) -> u32 {
        match self {
            Self::Plain => 1,
            Self::Hidden => 2,
            Self::Protected(kind) => 3 + KINDS.iter().position(|k| *k == kind).unwrap_or(0) as u32,
        }
    }

    /// The class a mark stands for; 0 is a field that was never seen. The engine keeps flags of its own above it.
    pub fn from_mark(mark: u32) -> Self {
        match mark & 0xff {
            0 | 1 => Self::Plain,
            2 => Self::Hidden,
            n => Self::Protected(KINDS.get(n as usize - 3).copied().unwrap_or(Kind::Password)),
        }
    }
}
