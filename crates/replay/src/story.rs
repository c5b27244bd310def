//! A session in plain words: one line for each thing the visitor did, with the time since the session began.
//!
//! What was clicked or filled in is named as a visitor would name it, by its label, taken from the page as it was
//! at that moment. What the recorder withheld is said to be withheld.

use std::fmt::Write;

use afterimage_wire::Record;
use afterimage_wire::batch::hex;
use afterimage_wire::record::{self, FormState, Sample};

use crate::frames::around;
use crate::model::{Kind, Model, Node};
use crate::recording::{PageView, Session};
use crate::timeline::{Moment, Now, timeline};

/// Labels are cut to so many characters.
const LABEL: usize = 60;

/// Tells a session.
pub fn tell(session: &Session) -> String {
    let start_ms = session.page_views.first().map_or(0, PageView::start_ms);
    let mut told = format!("Session {}", hex(&session.id));
    if !session.site.is_empty() {
        let _ = write!(told, " on {}", plain(&session.site));
    }
    let _ = writeln!(told, ", {}", date(start_ms));
    for problem in &session.problems {
        let _ = writeln!(told, "Note: {problem}.");
    }
    let around = around(session);
    for (number, view) in session.page_views.iter().enumerate() {
        let header = view.header();
        let url = header.map_or("unknown page", |h| &h.url);
        let title = header.map(|h| plain(&h.title)).filter(|t| !t.is_empty()).map(|t| format!("\"{t}\", "));
        let framed =
            around.get(number).copied().flatten().map(|outer| format!(", in a frame of page {}", outer + 1));
        let (title, within) = (title.unwrap_or_default(), framed.unwrap_or_default());
        let framed = !within.is_empty();
        let _ = writeln!(told, "\nPage {}{within}: {title}{}", number + 1, plain(url));
        let mut teller = Teller {
            told,
            start_ms,
            view,
            model: Model::default(),
            scroll: None,
            typing: 0,
            time_ms: 0,
            framed,
        };
        timeline(view).iter().for_each(|m| teller.moment(m));
        teller.scrolled();
        told = teller.told;
    }
    told
}

struct Teller<'a> {
    told: String,
    start_ms: u64,
    view: &'a PageView,
    model: Model,
    /// When scrolling began, and how far down it went.
    scroll: Option<(u32, i32)>,
    /// The field that is being filled in.
    typing: u32,
    time_ms: u32,
    /// It is in a frame of another page view.
    framed: bool,
}

impl Teller<'_> {
    fn moment(&mut self, moment: &Moment<'_>) {
        self.time_ms = moment.time_ms;
        match &moment.what {
            Now::Scroll(sample) => {
                self.model.scroll(sample);
                self.note_scroll(sample);
            }
            Now::Gap { .. } => {
                self.model.forget();
                self.say("(part of the recording is missing)");
            }
            Now::Record(record) => {
                // What goes with a click may be gone right after it: name it before.
                let line = self.line(record);
                self.model.apply(record);
                if let Some(line) = line {
                    self.say(&line);
                }
            }
            Now::Moves { .. } => {}
        }
    }

    fn note_scroll(&mut self, sample: &Sample) {
        if sample.node == self.model.document() && sample.y > 0 {
            let (since, depth) = self.scroll.unwrap_or((self.time_ms, 0));
            self.scroll = Some((since, depth.max(sample.y)));
        }
    }

    /// Tells how far down the visitor went since the last line.
    fn scrolled(&mut self) {
        if let Some((since, depth)) = self.scroll.take() {
            self.put(since, &format!("scrolls down to {depth} px"));
        }
    }

    fn say(&mut self, line: &str) {
        self.scrolled();
        self.put(self.time_ms, line);
    }

    fn put(&mut self, time_ms: u32, line: &str) {
        let seconds = self.view.wall_ms(time_ms).saturating_sub(self.start_ms) / 1000;
        let _ = writeln!(self.told, "{:>4}:{:02}  {line}", seconds / 60, seconds % 60);
    }

    fn line(&mut self, record: &Record) -> Option<String> {
        if let Record::FormState(form) = record {
            return self.filled(form);
        }
        let line = match record {
            // Where it came from, and how large it is, is the page's around it.
            Record::PageView(_) | Record::Resize(_) | Record::Lifecycle(_) if self.framed => return None,
            Record::PageView(view) if !view.referrer.is_empty() => {
                format!("arrives from {}", plain(&view.referrer))
            }
            Record::PageView(_) => "arrives".into(),
            Record::Pointer(pointer) => self.pressed(pointer)?,
            Record::Submit(s) => format!(
                "{} {} ({} of {} fields filled{})",
                if s.state & 4 == 0 { "submits" } else { "tries to submit" },
                self.what(s.node),
                s.filled,
                s.fields,
                if s.state & 1 == 1 { "" } else { ", not valid" }
            ),
            Record::Navigation(navigation) => format!("goes to {}", plain(&navigation.url)),
            Record::Title(title) => format!("the title becomes \"{}\"", plain(&title.title)),
            Record::Fault(fault) => format!("error: {}", plain(&fault.message)),
            Record::Console(console) if console.level < 2 => format!("console: {}", plain(&console.message)),
            Record::Request(request) if request.status >= 400 => {
                format!("request fails ({}): {}", request.status, plain(&request.url))
            }
            Record::Custom(custom) => {
                format!("event \"{}\" {}", plain(&custom.name), plain(&custom.payload)).trim_end().into()
            }
            Record::Hit(hit) => {
                let what = self.what(hit.node);
                match hit.sign {
                    1 => format!("clicks {what} again and again"),
                    2 => format!("nothing comes of the click on {what}"),
                    3 => format!("the click on {what} leads to an error"),
                    _ => return None,
                }
            }
            Record::Contact(contact) => {
                format!("contacts by {}: {}", plain(&contact.scheme), self.what(contact.node))
            }
            Record::Transfer(transfer) => {
                let doing = match transfer.action {
                    0 => "copies from",
                    1 => "cuts from",
                    2 => "pastes into",
                    3 => "drags",
                    4 => "drops on",
                    5 => "composes in",
                    _ => "has the browser fill in",
                };
                format!("{doing} {}", self.what(transfer.node))
            }
            Record::Key(key) if key.category == 1 => "presses Enter".into(),
            Record::Key(key) if key.category == 5 => "presses Escape".into(),
            Record::Media(media) if media.action < 2 => {
                format!("{} {}", if media.action == 0 { "plays" } else { "pauses" }, self.what(media.node))
            }
            Record::Resize(resize) => format!("resizes the window to {} × {}", resize.width, resize.height),
            Record::Lifecycle(lifecycle) => lifecycle_line(lifecycle.state)?.into(),
            Record::Stop(_) => "recording stops".into(),
            _ => return None,
        };
        self.typing = 0;
        Some(line)
    }

    fn pressed(&self, pointer: &record::Pointer) -> Option<String> {
        let doing = match (pointer.action, pointer.device) {
            (3, 2) => "taps",
            (3, _) => "clicks",
            (4, _) => "double-clicks",
            (5, _) => "opens the context menu of",
            _ => return None,
        };
        Some(format!("{doing} {}", self.what(pointer.node)))
    }

    /// What was put into a field; what is typed letter by letter is told once.
    fn filled(&mut self, form: &FormState) -> Option<String> {
        let node = self.model.node(form.node).filter(|_| form.flags & 8 != 0)?;
        let checked = form.flags & 4 != 0;
        let kind = node.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let label = self.label(form.node);
        let line = match (node.name(), &*kind) {
            ("option", _) if !checked => return None,
            ("option", _) => format!("chooses \"{label}\""),
            ("input", "radio") if !checked => return None,
            ("input", "radio") => format!("chooses \"{label}\""),
            ("input", "checkbox") => format!("{} \"{label}\"", if checked { "ticks" } else { "unticks" }),
            _ if form.node == self.typing => return None,
            _ if form.flags & 1 == 0 => return None,
            _ if is_masked(&form.value) => format!("types into \"{label}\" (withheld)"),
            _ => format!("types into \"{label}\": {}", plain(&form.value)),
        };
        self.typing = form.node;
        Some(line)
    }

    /// What a visitor would call it: the link, button or field a node is in, or the node itself.
    fn what(&self, id: u32) -> String {
        let control = self.model.closest(id, is_control).unwrap_or(id);
        let Some(node) = self.model.node(control) else { return "the page".into() };
        let kind = match node.name() {
            "a" | "area" => "link",
            "button" | "summary" => "button",
            "input" | "textarea" | "select" => "field",
            "img" | "picture" | "svg" => "image",
            "form" => "form",
            "video" | "audio" => node.name(),
            _ => "",
        };
        match (kind, self.label(control)) {
            ("", label) if label.is_empty() => "the page".into(),
            (kind, label) if label.is_empty() => format!("a {kind}"),
            (kind, label) => format!("{kind} \"{label}\"").trim_start().into(),
        }
    }

    /// The words a visitor sees for something.
    fn label(&self, id: u32) -> String {
        let Some(node) = self.model.node(id) else { return String::new() };
        let field = matches!(node.name(), "input" | "textarea" | "select" | "form");
        let attribute = |name: &str| node.attribute(name).map(str::to_owned);
        let words = attribute("aria-label")
            .or_else(|| field.then(|| self.label_element(id, node)).flatten())
            .or_else(|| (!field && node.blocked.is_none()).then(|| self.model.text_of(id)))
            .filter(|w| !w.trim().is_empty());
        let fallback = ["alt", "title", "placeholder", "value", "name", "id"];
        let words =
            words.or_else(|| fallback.iter().find_map(|n| attribute(n).filter(|w| !w.trim().is_empty())));
        plain(&words.unwrap_or_default())
    }

    /// The text of the `label` element of a field.
    fn label_element(&self, id: u32, field: &Node) -> Option<String> {
        let around = self.model.closest(id, |n| n.name() == "label");
        let found = around.or_else(|| {
            let wanted = field.attribute("id")?;
            let root =
                self.model.closest(id, |n| matches!(n.kind, Kind::Document | Kind::ShadowRoot { .. }))?;
            let is_label = |n: &Node| n.name() == "label" && n.attribute("for") == Some(wanted);
            self.model.subtree(root).into_iter().find(|n| self.model.node(*n).is_some_and(is_label))
        });
        Some(self.model.text_of(found?))
    }
}

fn is_control(node: &Node) -> bool {
    let role = matches!(
        node.attribute("role"),
        Some("button" | "link" | "tab" | "menuitem" | "option" | "checkbox")
    );
    role || matches!(
        node.name(),
        "a" | "area" | "button" | "summary" | "input" | "textarea" | "select" | "label"
    )
}

fn lifecycle_line(state: u32) -> Option<&'static str> {
    Some(match state {
        0 => "comes back to the page",
        1 => "looks at something else",
        2 => "leaves",
        3 => "comes back with the back button",
        6 => "is online again",
        7 => "is offline",
        8 => "recording is paused",
        9 => "recording goes on",
        _ => return None,
    })
}

/// Whether a value is a mask.
fn is_masked(value: &str) -> bool {
    value.chars().all(|c| matches!(c, '*' | '•' | '●' | '█'))
}

/// Recorded text on one line, cut, without characters that a terminal would act on.
fn plain(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let text = words.join(" ");
    match text.char_indices().nth(LABEL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()),
        None => text,
    }
}

/// Date and time, UTC: days since 1970 to a date of the Gregorian calendar, in eras of 400 years from a 1 March.
fn date(ms: u64) -> String {
    let (days, seconds) = (ms / 86_400_000 + 719_468, ms / 1000 % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {h:02}:{m:02}:{s:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_827_696_000), "2000-02-29 12:34:56 UTC");
        assert_eq!(date(1_798_761_599_999), "2026-12-31 23:59:59 UTC");
    }

    #[test]
    fn recorded_text_cannot_act_on_a_terminal() {
        assert_eq!(plain("a\u{1b}[31m\n  b\u{9b}c"), "a [31m b c");
        assert_eq!(plain(&"é".repeat(99)).chars().count(), LABEL + 1);
    }
}
