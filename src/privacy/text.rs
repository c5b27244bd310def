//! Text that visitors read, and text that programs write.

use super::field::Kind;
use super::pattern::{self, Shapes};
use super::report::Rule;
use super::scan;
use super::seen::{self, NAME};
use super::token::is_mixed;
use super::url::{self, Use};
use super::words::announces;
use super::{Clean, Gate, MASK, Policy, Raw, Rules, UNRULED, css};

impl Gate {
    pub(super) fn shapes(&self, code: bool) -> Shapes {
        Shapes { contact: self.settings.policy != Policy::Open, code }
    }

    /// A text node's text, under the rules of the element around it.
    pub fn text(&self, rules: Rules, tag: &str, text: Raw) -> Clean {
        if UNRULED {
            return Clean::new(text.0);
        }
        if rules.dropped() || rules.blocked() {
            return Clean::default();
        }
        if rules.style() {
            return self.css(text);
        }
        if text.0.is_empty() || afterimage_wire::strings::is_blank(&text.0) && !rules.secret() {
            return Clean::new(text.0);
        }
        if rules.secret() || rules.in_step() || tag == "textarea" {
            return self.withheld(if rules.in_step() { Rule::InStep } else { Rule::ProtectedField });
        }
        let strict = self.settings.policy == Policy::Strict;
        if strict || rules.masked() {
            self.count(Rule::MaskedText);
            return Clean::new(outline(&text.0));
        }
        let mut shapes = self.shapes(scan::listed("code kbd samp output var", tag));
        shapes.contact &= !rules.unmasked();
        self.scrub(text.0, shapes)
    }

    /// Whether a text is one word of letters and digits, as codes are and as passwords have to be.
    pub fn is_like_a_code(&self, text: &Raw) -> bool {
        if UNRULED {
            return false;
        }
        let text = text.0.trim_ascii();
        (8..=40).contains(&text.len())
            && scan::all(text, |b| b > b' ' && b < 0x7f)
            && is_mixed(text.as_bytes())
    }

    /// What stands for a code that the text before it announces.
    pub fn introduced(&self, before: &Raw) -> Option<Clean> {
        let kind = announces(&before.0);
        matches!(kind, Some(Kind::Password | Kind::Token | Kind::Code)).then(|| self.withheld(Rule::Token))
    }

    pub(super) fn scrub(&self, text: String, shapes: Shapes) -> Clean {
        if UNRULED {
            return Clean::new(text);
        }
        let key = seen::key(u16::from(shapes.contact) << 14 | u16::from(shapes.code) << 15, "", "", &text);
        if self.seen.has(key) {
            return Clean::new(text);
        }
        let finds = pattern::find(&text, shapes);
        if finds.is_empty() {
            self.seen.note(key);
            return Clean::new(text);
        }
        finds.iter().for_each(|f| self.count(f.rule));
        Clean::new(pattern::redact(&text, &finds))
    }

    /// A style sheet, a rule, or an inline style.
    pub fn css(&self, css: Raw) -> Clean {
        if UNRULED {
            return Clean::new(css.0);
        }
        let strict = self.settings.policy == Policy::Strict;
        Clean::new(css::clean(&css.0, strict, self.shapes(false), &self.counters).unwrap_or(css.0))
    }

    /// Remembers the attribute selectors of a style sheet.
    pub fn note_css(&mut self, css: &Raw) {
        if UNRULED {
            return;
        }
        css::collect(&css.0, &mut self.selectors);
    }

    /// A URL, cut to what may be kept of it.
    pub fn url(&self, url: Raw) -> Clean {
        if UNRULED {
            return Clean::new(url.0);
        }
        url::cut(&url.0, Use::Page, &self.settings.query, &self.counters).map_or(Clean::default(), Clean::new)
    }

    /// The referrer: cut like a URL, to its origin when that is not `page_origin`.
    pub fn referrer(&self, referrer: Raw, page_origin: &Raw) -> Clean {
        match url::origin(&referrer.0) {
            Some(origin) if Some(&origin) == url::origin(&page_origin.0).as_ref() => self.url(referrer),
            Some(origin) => self.url(Raw(origin)),
            None => Clean::default(),
        }
    }

    /// The document's title.
    pub fn title(&self, title: Raw) -> Clean {
        self.text(Rules::NONE, "title", title)
    }

    /// Error text, console text, payloads of custom events (JSON). Under the strict policy only numbers and what
    /// programs call things are left of it.
    pub fn data(&self, data: Raw) -> Clean {
        if self.settings.policy != Policy::Strict {
            return self.scrub(data.0, self.shapes(false));
        }
        self.count(Rule::MaskedText);
        Clean::new(if matches!(scan::byte(&data.0, 0), b'{' | b'[' | b'"') {
            keys(&data.0)
        } else {
            error_name(&data.0)
        })
    }

    /// The name of a custom event, which the site's code chose: an identifier, at most 64 bytes.
    pub fn event_name(&self, name: Raw) -> Clean {
        let mut cut = name.0.len().min(64);
        while !name.0.is_char_boundary(cut) {
            cut -= 1;
        }
        self.scrub(name.0.get(..cut).unwrap_or("").into(), self.shapes(false))
    }

    /// A tag's or attribute's name.
    pub fn name(&self, name: &str) -> Clean {
        if UNRULED {
            return Clean::new(name.into());
        }
        let plain = |b| scan::is_name(b) || matches!(b, b':' | b'.') || b >= 0x80;
        let first = name.bytes().next().unwrap_or(b'0');
        let fits = name.len() <= 64 && !matches!(first, b'0'..=b'9' | b'-' | b'.') && scan::all(name, plain);
        // A number or a token as a name takes ten characters.
        let key = if name.len() < 10 { 0 } else { seen::key(NAME, "", "", name) };
        if fits && (key == 0 || self.seen.has(key) || pattern::find(name, self.shapes(false)).is_empty()) {
            self.seen.note(key);
            return Clean::new(name.into());
        }
        self.count(Rule::Name);
        Clean::fixed("x-withheld")
    }

    pub(super) fn withheld(&self, rule: Rule) -> Clean {
        self.count(rule);
        Clean::fixed(MASK)
    }
}

/// Text as blocks: white space stays, each word becomes dots, four, eight or twelve, so that lines break about where
/// they did and lengths stay unknown.
fn outline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut length = 0usize;
    for c in text.chars() {
        if c > ' ' {
            if length < 12 && length.is_multiple_of(4) {
                out.push_str("••••");
            }
            length += 1;
        } else {
            out.push(c);
            length = 0;
        }
    }
    out
}

/// JSON with every string but the keys emptied.
fn keys(json: &str) -> String {
    let mut out = String::new();
    let mut at = 0;
    loop {
        let start = scan::first_of(json, "\"", at);
        out.push_str(scan::part(json, at, start));
        let mut end = scan::first_of(json, "\"\\", start + 1);
        while scan::part(json, end, end + 1) == "\\" {
            end = scan::first_of(json, "\"\\", end + 2);
        }
        if end >= json.len() {
            return out;
        }
        at = end + 1;
        let key = scan::rest(json, at).trim_ascii_start().starts_with(':');
        out.push('"');
        out.push_str(if key { scan::part(json, start + 1, end) } else { MASK });
        out.push('"');
    }
}

/// `TypeError` of `TypeError: what it says`.
fn error_name(message: &str) -> String {
    let name = scan::part(message, 0, scan::end_of(message, 0, scan::is_letter));
    let known =
        name.ends_with("Error") && name.len() <= 40 && scan::part(message, name.len(), name.len() + 1) == ":";
    if known { scan::join(&[name, ": ", MASK]) } else { MASK.into() }
}
