//! What heatmaps are drawn from: where visitors clicked, where the pointer rested, how far they scrolled.
//!
//! Points are anchored to elements, so that they come out right in scrollers, below what stays in place, and in other
//! layouts: `anchor` is a CSS selector for the element in its document or shadow tree, after one for each host or frame
//! around that, outermost first; `across` and `down` say where in its box, from 0 to 1. Of clicks without those, recorded
//! before they were told or done by a key, and of rests, only where in the page is known.

use afterimage_wire::Record;
use afterimage_wire::record::{Hit, Pointer, Sample};
use serde_json::{Value, json};

use crate::model::{Kind, Model};
use crate::ndjson::word;
use crate::recording::{PageView, Session};
use crate::timeline::{Now, timeline};

/// A pointer that stays so long rests, milliseconds.
const REST_MS: u32 = 250;

/// One JSON object a point:
///
/// | `kind` | fields beside `page` (its URL), `wall_ms` and `width` (the viewport's) |
/// |---|---|
/// | `click` | `device`, `anchor`, `across`, `down`, `x` and `y` in the page |
/// | `rage`, `dead`, `error` | `anchor`, `across`, `down`: what a click came to, beside the click itself |
/// | `rest` | `device`, `anchor`, `x` and `y` in the page, `ms` how long |
/// | `scroll` | `bottom`, how far down the page was in sight, and `height`, of which the viewport's is; once a page |
pub fn lines(session: &Session, mut line: impl FnMut(String)) {
    for view in &session.page_views {
        let mut walk =
            Walk { view, model: Model::default(), click: None, rest: None, deepest: None, line: &mut line };
        for moment in timeline(view) {
            walk.moment(moment.time_ms, &moment.what);
        }
        walk.click_alone();
        walk.end_page();
    }
}

struct Walk<'a> {
    view: &'a PageView,
    model: Model,
    /// A click that may be told where in its element it was: when, at which node, and what is known of it.
    click: Option<(u32, u32, Value)>,
    /// Where a pointer was last, by which device, since when.
    rest: Option<(u32, u32, Sample)>,
    /// How far down the page was in sight, and when that was reached.
    deepest: Option<(u32, i32)>,
    line: &'a mut dyn FnMut(String),
}

impl Walk<'_> {
    fn moment(&mut self, time_ms: u32, what: &Now<'_>) {
        match what {
            Now::Record(Record::Hit(hit)) => self.hit(time_ms, hit),
            Now::Scroll(sample) => {
                self.rested(time_ms);
                self.model.scroll(sample);
                self.look_down(time_ms);
            }
            Now::Moves { device, points } => {
                for (time_ms, sample) in points {
                    self.rested(*time_ms);
                    self.rest = Some((*time_ms, *device, *sample));
                }
            }
            Now::Gap { .. } => {
                self.rest = None;
                self.model.forget();
            }
            Now::Record(record) => self.record(time_ms, record),
        }
    }

    fn record(&mut self, time_ms: u32, record: &Record) {
        self.click_alone();
        match record {
            Record::Pointer(pointer) => {
                self.rested(time_ms);
                if let Pointer { action: 3, device, node, x, y, .. } = *pointer {
                    self.click = Some((time_ms, node, self.located(device, x, y)));
                }
            }
            Record::Lifecycle(_) => self.rested(time_ms),
            Record::Navigation(_) => self.end_page(),
            _ => {}
        }
        self.model.apply(record);
        if matches!(record, Record::SnapshotEnd(_) | Record::Resize(_) | Record::Navigation(_)) {
            self.look_down(time_ms);
        }
    }

    /// Where the click before it was; or what one came to.
    fn hit(&mut self, time_ms: u32, hit: &Hit) {
        let part = |thousandths: u32| f64::from(thousandths) / 1000.0;
        let mut place = json!({ "across": part(hit.left), "down": part(hit.top) });
        match word("hit", "sign", hit.sign.into()) {
            Some("click") => match self.click.take() {
                Some((time_ms, node, mut known)) if node == hit.node => {
                    join(&mut known, &mut place);
                    self.put(time_ms, "click", node, known);
                }
                other => self.click = other,
            },
            Some(sign) => self.put(time_ms, sign, hit.node, place),
            None => {}
        }
    }

    fn click_alone(&mut self) {
        if let Some((time_ms, node, known)) = self.click.take() {
            self.put(time_ms, "click", node, known);
        }
    }

    /// The pointer is somewhere else, or does something.
    fn rested(&mut self, time_ms: u32) {
        let Some((since, device, at)) = self.rest.take() else { return };
        let ms = time_ms.saturating_sub(since);
        if ms >= REST_MS {
            let mut fields = self.located(device, at.x, at.y);
            join(&mut fields, &mut json!({ "ms": ms }));
            self.put(since, "rest", at.node, fields);
        }
    }

    /// Device, and where in the page something of the viewport is.
    fn located(&self, device: u32, x: i32, y: i32) -> Value {
        let (left, top) = self.model.node(self.model.document()).map_or((0, 0), |n| n.scroll);
        json!({ "device": word("pointer", "device", device.into()), "x": x.saturating_add(left), "y": y.saturating_add(top) })
    }

    fn look_down(&mut self, time_ms: u32) {
        let Some(document) = self.model.node(self.model.document()) else { return };
        let bottom = document.scroll.1.saturating_add(i32::try_from(self.model.page().height).unwrap_or(0));
        if self.deepest.is_none_or(|(_, before)| before < bottom) {
            self.deepest = Some((time_ms, bottom));
        }
    }

    fn end_page(&mut self) {
        if let Some((time_ms, bottom)) = self.deepest.take() {
            self.write(time_ms, "scroll", json!({ "bottom": bottom, "height": self.model.page().height }));
        }
    }

    /// A point at an element. What is not, or not in the page any more, is none.
    fn put(&mut self, time_ms: u32, kind: &str, node: u32, mut fields: Value) {
        if let Some(anchor) = anchor(&self.model, node) {
            join(&mut fields, &mut json!({ "anchor": anchor }));
            self.write(time_ms, kind, fields);
        }
    }

    fn write(&mut self, time_ms: u32, kind: &str, mut fields: Value) {
        let page = self.model.page();
        let wall = self.view.wall_ms(time_ms);
        let mut whole = json!({ "page": page.url, "wall_ms": wall, "width": page.width, "kind": kind });
        join(&mut whole, &mut fields);
        (self.line)(whole.to_string());
    }
}

/// Adds the fields of an object to those of another.
fn join(to: &mut Value, more: &mut Value) {
    if let (Value::Object(to), Value::Object(more)) = (to, more) {
        to.append(more);
    }
}

/// Selectors that lead to an element, one for each document or shadow tree on the way.
fn anchor(model: &Model, node: u32) -> Option<Vec<String>> {
    let mut trees = Vec::new();
    let (mut path, mut at) = (Vec::new(), node);
    // Below an id there is nothing to look for above it in the same tree.
    let mut found = false;
    while let Some(node) = model.node(at) {
        match node.kind {
            Kind::Element { .. } if found => {}
            Kind::Element { .. } => {
                let (step, unique) = step(model, at);
                path.insert(0, step);
                found = unique;
            }
            Kind::Document | Kind::ShadowRoot { .. } if path.is_empty() => return None,
            Kind::Document | Kind::ShadowRoot { .. } => {
                trees.insert(0, std::mem::take(&mut path).join(" > "));
                found = false;
            }
            _ => {}
        }
        at = node.parent;
    }
    Some(trees).filter(|t| !t.is_empty())
}

/// One step of a selector, and whether it needs none before it.
fn step(model: &Model, id: u32) -> (String, bool) {
    let Some(node) = model.node(id) else { return Default::default() };
    if let Some(own) = node.attribute("id").filter(|own| is_plain(own)) {
        let others = model.subtree(model.document()).into_iter().filter_map(|n| model.node(n));
        if others.filter(|n| n.attribute("id") == Some(own)).count() == 1 {
            return (format!("#{own}"), true);
        }
    }
    let name: String =
        node.name().chars().flat_map(|c| Some('\\').filter(|_| !is_name(c)).into_iter().chain([c])).collect();
    let alike: Vec<u32> = model
        .children(node.parent)
        .filter(|n| model.node(*n).is_some_and(|n| n.name() == node.name()))
        .collect();
    match alike.iter().position(|n| *n == id) {
        Some(before) if alike.len() > 1 => (format!("{name}:nth-of-type({})", before + 1), false),
        _ => (name, false),
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_' || !c.is_ascii()
}

/// Whether an id is a selector as it is.
fn is_plain(id: &str) -> bool {
    id.chars().all(is_name) && id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}
