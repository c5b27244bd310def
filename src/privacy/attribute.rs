//! Attributes: a list of what may be recorded, and what of it.

use afterimage_wire::strings::{Role, attribute_role, presets};

use super::css::Selector;
use super::pattern;
use super::report::Rule;
use super::scan::{self, Parts, is_digit};
use super::seen::{self, LISTED, UNLISTED};
use super::token::is_random;
use super::url::{self, Use};
use super::{Clean, Gate, MASK, Policy, Raw, Rules, UNRULED};

/// Attributes that only say how things look, beside the preset names of the format.
const LOOKS: &str = "gradientunits gradienttransform spreadmethod patternunits patterntransform patterncontentunits \
    markerwidth markerheight marker-start marker-end refx refy orient dx dy textlength letter-spacing text-decoration \
    font-weight font-style dominant-baseline stop-opacity stroke-opacity stroke-dashoffset vector-effect \
    shape-rendering image-rendering flood-color flood-opacity stddeviation in in2 result operator mode values \
    basefrequency numoctaves scale maskunits clippathunits fx fy visibility display overflow cursor pointer-events mask \
    filter attributename begin dur repeatcount from to crossorigin as hreflang http-equiv inert start reversed span \
    scope headers nowrap hspace vspace marginwidth marginheight compact clear link text bordercolor rules frame shape coords usemap \
    default kind popovertarget form exportparts slot color-scheme ng-version";

/// Values of `data-*` and `aria-*` that say a state and nothing else.
const STATES: &str = " true false yes no on off open closed active inactive selected checked unchecked indeterminate visible hidden \
    loading loaded idle error success warning page step location date time up down left right top bottom start end center middle \
    horizontal vertical dark light auto none collapsed collapsing expanded enabled disabled ltr rtl small medium large sm md lg xl xs \
    mixed polite assertive menu listbox tree grid dialog ascending descending other inline list both ";

/// Names that are never kept, though the format knows them: some as elements.
const NEVER: &str = "nonce integrity srcdoc ping value content pattern code address time";

/// Inputs whose value is a label.
const BUTTONS: &str = "submit button reset";

impl Gate {
    /// An attribute's value; `None` when it is not recorded. `siblings` are all attributes of the element.
    pub fn attribute(
        &self,
        rules: &Rules,
        tag: &str,
        name: &str,
        value: Raw,
        siblings: &[(String, Raw)],
    ) -> Option<Clean> {
        if UNRULED {
            return Some(Clean::new(value.0));
        }
        // What depends on other attributes, or on what is typed, is looked at each time.
        let key = if siblings.is_empty() && !is_private(*rules) {
            seen::key(rules.bits(), tag, name, &value.0)
        } else {
            0
        };
        if self.seen.has(key) {
            return Some(Clean::new(value.0));
        }
        let kept = self.attribute_value(*rules, tag, name, value, siblings);
        match &kept {
            None => self.count(Rule::Attribute),
            Some(same) if key != 0 && seen::key(rules.bits(), tag, name, same.as_ref()) == key => {
                self.seen.note(key)
            }
            Some(_) => {}
        }
        kept
    }

    fn attribute_value(
        &self,
        rules: Rules,
        tag: &str,
        name: &str,
        value: Raw,
        siblings: &[(String, Raw)],
    ) -> Option<Clean> {
        let lower = scan::lower(name);
        let name = lower.as_str();
        let kind = sibling(siblings, "type").unwrap_or("");
        if rules.dropped()
            || rules.blocked() && !scan::listed("id class for name list headers form slot part", name)
        {
            return None;
        }
        if tag == "input" && kind.trim_ascii().eq_ignore_ascii_case("hidden") && name != "type" {
            self.count(Rule::HiddenInput);
            return None;
        }
        let private = is_private(rules);
        match (tag, name) {
            ("meta", "content") => return self.meta(value, siblings),
            ("input", "value") => return self.label_value(rules, kind, value),
            ("progress" | "meter" | "li", "value" | "low" | "high" | "optimum") => {
                return (!private && is_number(&value.0)).then(|| Clean::new(value.0));
            }
            (_, "style") => return (!private || rules.pad()).then(|| self.css(value)),
            (_, "checked" | "selected") if private => return None,
            _ => {}
        }
        if !self.is_listed(name) {
            return self.unlisted(name, &value.0);
        }
        match attribute_role(name) {
            Role::Text => Some(self.text(rules, "", value)),
            Role::Url if rules.in_step() => None,
            Role::Url => self.link(rules, tag, name, &value.0),
            _ if value.0.is_empty() => Some(Clean::default()),
            _ => self.token_list(rules, private, name, value.0),
        }
    }

    /// Whether a name is on the list of what may be recorded.
    fn is_listed(&self, name: &str) -> bool {
        let key = |listed| seen::key(if listed { LISTED } else { UNLISTED }, "", name, "");
        if let Some(listed) = [true, false].into_iter().find(|&listed| self.seen.has(key(listed))) {
            return listed;
        }
        let listed =
            !is_never(name) && (presets().any(|n| n.eq_ignore_ascii_case(name)) || scan::listed(LOOKS, name));
        self.seen.note(key(listed));
        listed
    }

    /// Attributes off the list: kept when a sheet selects them or when they say a common state.
    fn unlisted(&self, name: &str, value: &str) -> Option<Clean> {
        if is_never(name) {
            return None;
        }
        let state = scan::all(value, scan::is_letter) && (value.is_empty() || scan::listed(STATES, value));
        if (name.starts_with("data-") || name.starts_with("aria-")) && state {
            return Some(Clean::new(value.into()));
        }
        let mut selected = self.selectors.iter().filter(|s| s.selects(name, value));
        let first = selected.next()?;
        // A selector that names a value says more than one that only asks for presence.
        let best: &Selector = if first.sign == 0 { selected.next().unwrap_or(first) } else { first };
        Some(self.scrub(best.value.clone(), self.shapes(false)))
    }

    fn meta(&self, value: Raw, siblings: &[(String, Raw)]) -> Option<Clean> {
        const NAMED: &str = " viewport theme-color color-scheme content-type default-style x-ua-compatible ";
        let name =
            sibling(siblings, "name").or_else(|| sibling(siblings, "http-equiv"))?.to_ascii_lowercase();
        (scan::listed(NAMED, &name) && value.0.len() <= 256).then(|| self.text(Rules::NONE, "meta", value))
    }

    /// The value of a button is its label; of anything else, its content.
    fn label_value(&self, rules: Rules, kind: &str, value: Raw) -> Option<Clean> {
        let kind = scan::lower(kind.trim_ascii());
        scan::listed(BUTTONS, &kind).then(|| self.text(rules, "button", value))
    }

    fn link(&self, rules: Rules, tag: &str, name: &str, value: &str) -> Option<Clean> {
        let media = !scan::listed("a area form link base input button use", tag);
        if self.settings.policy == Policy::Strict && media || rules.masked() && media && !rules.unmasked() {
            self.count(Rule::MaskedText);
            return None;
        }
        if name.ends_with("srcset") {
            return Some(Clean::new(url::cut_set(value, &self.counters)));
        }
        if self.settings.policy == Policy::Strict && matches!(tag, "a" | "area" | "form") {
            // Paths are made of titles and names. That there is a link shows; where to does not.
            return Some(Clean::fixed("#"));
        }
        let purpose = match (tag, name) {
            (
                "use" | "image" | "feimage" | "textpath" | "lineargradient" | "radialgradient" | "pattern"
                | "filter",
                _,
            ) => Use::Part,
            ("a" | "area" | "form" | "iframe" | "frame", _)
            | (_, "action" | "formaction" | "cite" | "longdesc") => Use::Page,
            _ => Use::Resource,
        };
        match url::cut(value, purpose, &self.settings.query, &self.counters) {
            Some(cut) => Some(Clean::new(cut)),
            // A link that runs something looks like any other.
            None => matches!(tag, "a" | "area").then(|| Clean::fixed("#")),
        }
    }

    /// Identifiers, class lists, keywords and numbers: each word is kept unless it looks like a secret.
    fn token_list(&self, rules: Rules, private: bool, name: &str, value: String) -> Option<Clean> {
        let names =
            scan::listed("id class for name list headers form slot part", name) || name.starts_with("aria-");
        // A colour is none the less one for not standing in a style.
        if scan::has(&value, "url(") || !names && value.starts_with('#') {
            return Some(self.css(Raw(value)));
        }
        if rules.in_step() && !names {
            return None;
        }
        let odd: &dyn Fn(&str) -> bool = &|word| {
            is_odd(word)
                || private && (word.len() == 1 || names && !is_name(word) || self.ledger.echoes(word))
        };
        let drawn = scan::listed("d points transform values viewbox keytimes keysplines", name);
        // A class or an id may be as random as it likes; it is no address, account or card.
        let told: &dyn Fn(&str) -> bool = &|text| {
            !drawn
                && (!names || may_tell(text))
                && pattern::find(text, self.shapes(false))
                    .iter()
                    .any(|f| !names || matches!(f.rule, Rule::Card | Rule::Account | Rule::Contact))
        };
        // What only draws is no token, however long it goes on without a break.
        let path = name == "d" && !private && scan::all(&value, is_drawn);
        if path || !Parts::words(&value).any(odd) && !told(&value) {
            return Some(Clean::new(value));
        }
        self.count(Rule::Token);
        if !names {
            return None;
        }
        let mut out = String::new();
        for word in Parts::words(&value) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(if odd(word) || told(word) { "x" } else { word });
        }
        // Numbers in groups are told together only.
        (!told(&out)).then(|| Clean::new(out))
    }

    /// Whether a style sheet seen by [`note_css`](Self::note_css) selects by this attribute and value.
    pub fn styled(&self, name: &str, value: &Raw) -> bool {
        self.selectors.iter().any(|s| s.selects(name, &value.0))
    }

    /// A field's value; `None` when nothing of it is recorded.
    pub fn value(&self, rules: Rules, class: super::FieldClass, kind: &str, value: Raw) -> Option<Clean> {
        if UNRULED {
            return Some(Clean::new(value.0));
        }
        if class.is_protected() || rules.secret() || rules.in_step() {
            self.count(Rule::ProtectedField);
            return None;
        }
        match kind {
            "submit" | "button" | "reset" => Some(self.text(rules, "button", value)),
            "checkbox" | "radio" | "file" | "image" | "hidden" => None,
            _ if value.0.is_empty() => Some(Clean::default()),
            _ if rules.unmasked() && !rules.masked() && self.settings.policy != Policy::Strict => {
                Some(self.text(rules, "", value))
            }
            _ => {
                self.count(Rule::MaskedValue);
                Some(Clean::fixed(MASK))
            }
        }
    }
}

/// Whether names and numbers may spell what is typed.
fn is_private(rules: Rules) -> bool {
    rules.secret() || rules.in_step() || rules.pad()
}

/// Whether a text can hold an address, an account, a card or a phone number at all: few digits cannot.
fn may_tell(text: &str) -> bool {
    scan::count(text, is_digit) >= 7 || !scan::all(text, |b| b < 0x80 && !matches!(b, b'@' | b'%'))
}

fn is_never(name: &str) -> bool {
    scan::listed(NEVER, name) || name.starts_with("on")
}

fn sibling<'a>(siblings: &'a [(String, Raw)], name: &str) -> Option<&'a str> {
    siblings.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.0.as_str())
}

fn is_number(value: &str) -> bool {
    value.len() <= 6 && scan::all(value, |b| b.is_ascii_digit() || matches!(b, b'.' | b'-'))
}

/// Whether a byte may be a path's: no letter but a command's.
fn is_drawn(byte: u8) -> bool {
    !scan::is_letter(byte) || b"mlhvcsqtaze".contains(&(byte | 32))
}

/// Words of letters, between dashes: what sites call things, not what they hold.
fn is_name(word: &str) -> bool {
    scan::all(word, |b| scan::is_letter(b) || matches!(b, b'-' | b'_' | b':'))
        && Parts::new(word, "-_:").all(|part| part.len() > 1)
}

/// Identifiers are odd by nature; only a long run without a break is a token.
pub(super) fn is_odd(word: &str) -> bool {
    let mut at = 0;
    while word.len() > at + 15 {
        let end = scan::end_of(word, at, scan::is_plain);
        if end > at + 15 && is_random(scan::part(word, at, end).as_bytes()) {
            return true;
        }
        at = end + 1;
    }
    false
}
