//! What animates elements. The player knows style sheets only: each element gets one of its own, which says in which phase
//! its animations are at that moment. It goes beside the page's own sheets, behind all that is there.

use serde_json::{Map, Value, json};

use super::Player;
use super::mutation::removal;
use super::node::placed;
use crate::model::{Kind, Model, Node};

/// What the player's elements are found by.
pub(super) const MARK: &str = "data-animated";
/// How often, milliseconds, what runs is told anew at most: whoever seeks goes by what was told last.
const AGAIN_MS: f64 = 1000.0;
/// How many parts of an animation are told.
const PARTS: f64 = 40.0;

/// An element's animations.
pub(super) struct Animated {
    /// As they were recorded.
    rules: Vec<Rule>,
    /// When that was.
    since: u64,
    /// When to tell them anew.
    due: Option<u64>,
    /// The player's id of the sheet, and where that is.
    style: Option<(u64, (u64, bool))>,
}

impl Player<'_> {
    /// An element is animated otherwise.
    pub(super) fn animated(&mut self, model: &Model, id: u32) {
        self.still(id);
        self.animations.remove(&id);
        let rules = rules(model.animation(id));
        if !rules.is_empty() {
            self.animations.insert(id, Animated { rules, since: self.at, due: None, style: None });
            self.animate(model, id);
        }
    }

    /// Tells how an element is animated by now.
    pub(super) fn animate(&mut self, model: &Model, id: u32) {
        if !self.animations.contains_key(&id) && !model.animation(id).is_empty() {
            return self.animated(model, id);
        }
        self.still(id);
        let style = self.ids.fresh();
        let Some(animated) = self.animations.get_mut(&id) else { return };
        let elapsed = self.at.saturating_sub(animated.since) as f64;
        let (css, left) = sheet(&animated.rules, &format!("[{MARK}=\"{id}\"]"), style, elapsed);
        let again = |left: f64| self.at + (left / PARTS).max(AGAIN_MS).min(left + 1.0) as u64;
        animated.due = left.map(again);
        let Some(root) = root(model, id).filter(|_| self.sent.contains_key(&id)) else { return };
        let place = match model.node(root) {
            Some(Node { kind: Kind::ShadowRoot { .. }, parent, .. }) => (*parent, true),
            _ => (model.children(root).find(|c| self.is_element(model, *c)).unwrap_or(0), false),
        };
        if !self.sent.contains_key(&place.0) {
            return;
        }
        let place = (self.ids.of(place.0), place.1);
        let attributes = json!({ "data-stands-in": "animation", "_cssText": css });
        let node = json!({ "type": 2, "tagName": "style", "childNodes": [], "attributes": attributes });
        let mut node = node.as_object().map(|node| placed(node, style, place.1)).unwrap_or_default();
        if let Some(root) = self.ids.root(model, id) {
            node.insert("rootId".into(), root.into());
        }
        self.pending.adds.push(json!({ "parentId": place.0, "nextId": null, "node": node }));
        self.change(id, [(MARK, id.to_string().into())]);
        self.flush();
        if let Some(animated) = self.animations.get_mut(&id) {
            animated.style = Some((style, place));
        }
    }

    /// Takes the sheet of an element away.
    fn still(&mut self, id: u32) {
        self.flush();
        if let Some((style, place)) = self.animations.get_mut(&id).and_then(|a| a.style.take()) {
            self.pending.removes.push(removal(place, style));
        }
    }

    /// An element is gone from the player.
    pub(super) fn unanimated(&mut self, id: u32) {
        if self.animations.contains_key(&id) {
            self.still(id);
        }
    }

    /// Tells anew what has run for a while, up to a moment.
    pub(super) fn advance(&mut self, model: &Model, until: u64) {
        let at = self.at;
        let next = |all: &Self| {
            all.animations.iter().filter_map(|(id, a)| Some((a.due.filter(|due| *due <= until)?, *id))).min()
        };
        while let Some((due, id)) = next(self) {
            self.at = due;
            self.animate(model, id);
            self.flush();
        }
        self.at = at;
    }
}

/// The document or shadow root a node is in.
fn root(model: &Model, id: u32) -> Option<u32> {
    let mut at = id;
    loop {
        let node = model.node(at)?;
        if matches!(node.kind, Kind::ShadowRoot { .. } | Kind::Document) {
            return Some(at);
        }
        at = node.parent;
    }
}

/// An animation as a rule of a style sheet has it.
struct Rule {
    /// What is between the braces of its keyframes.
    frames: String,
    /// `animation`, without name, delay and state.
    words: String,
    delay_ms: f64,
    /// How long it takes from its start, delay aside; infinite for ever.
    lasts_ms: f64,
    runs: bool,
}

/// What a record says of an element.
fn rules(json: &str) -> Vec<Rule> {
    let all: Vec<Value> = serde_json::from_str(json).unwrap_or_default();
    all.iter().filter_map(rule).collect()
}

fn rule(of: &Value) -> Option<Rule> {
    let [frames, timing, composite, rate, state] = of.as_array()?.as_slice() else { return None };
    let number = |name: &str| timing.get(name).and_then(Value::as_f64);
    let word = |name: &str| timing.get(name).and_then(Value::as_str).filter(|word| is_word(word));
    // What goes backwards stands still.
    let rate = rate.as_f64().filter(|rate| *rate > 0.0 && state.as_str() == Some("running"));
    let speed = rate.unwrap_or(1.0);
    let duration = number("duration")? / speed;
    let iterations = number("iterations");
    let times = iterations.map_or_else(|| "infinite".into(), |times| times.to_string());
    let how = composite.as_str().filter(|word| is_word(word)).unwrap_or("replace");
    let whole = timing.get("easing").and_then(Value::as_str).filter(|css| is_plain(css)).unwrap_or("linear");
    let frames = frames.as_array()?.iter().filter_map(|frame| keyframe(frame.as_object()?, how, whole));
    Some(Rule {
        frames: frames.collect(),
        words: format!("{duration}ms {whole} {times} {} {}", word("direction")?, word("fill")?),
        delay_ms: (number("delay")? - number("localTime")?) / speed,
        lasts_ms: duration * iterations.unwrap_or(f64::INFINITY),
        runs: rate.is_some(),
    })
}

/// A keyframe. An easing of the whole, which style sheets have not, is that of each part.
fn keyframe(frame: &Map<String, Value>, composite: &str, whole: &str) -> Option<String> {
    let percent = frame.get("computedOffset")?.as_f64()? * 100.0;
    let own = frame.get("easing").and_then(Value::as_str).filter(|own| *own != "linear");
    let mut css = format!(
        "{percent}%{{animation-timing-function:{};animation-composition:{composite}",
        own.unwrap_or(whole)
    );
    for (name, value) in frame {
        let shown = value.as_str().filter(|value| is_plain(value));
        let Some(value) = shown.filter(|_| !matches!(&**name, "easing" | "composite")) else { continue };
        let name = name.strip_prefix("css").unwrap_or(name);
        css.push(';');
        if name.starts_with("webkit") {
            css.push('-');
        }
        for (at, c) in name.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric()) {
            if c.is_ascii_uppercase() && at > 0 {
                css.push('-');
            }
            css.push(c.to_ascii_lowercase());
        }
        css.push(':');
        css.push_str(value);
    }
    css.push('}');
    Some(css)
}

/// Whether a value ends where it does.
fn is_plain(value: &str) -> bool {
    !value.contains([';', '{', '}'])
}

fn is_word(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// A sheet for what a selector finds, whose animations are named after a number, some time after they were recorded; and
/// for how long something in it will still run, if it ends.
fn sheet(rules: &[Rule], selector: &str, number: u64, elapsed_ms: f64) -> (String, Option<f64>) {
    let (mut css, mut names, mut left) = (String::new(), Vec::new(), None);
    for (at, rule) in rules.iter().enumerate() {
        let name = format!("afterimage-{number}-{at}");
        css.push_str(&format!("@keyframes {name}{{{}}}", rule.frames));
        let (delay, state) =
            if rule.runs { (rule.delay_ms - elapsed_ms, "running") } else { (rule.delay_ms, "paused") };
        // Duration first, then delay.
        let (duration, rest) = rule.words.split_once(' ').unwrap_or_default();
        names.push(format!("{name} {duration} {delay}ms {rest} {state}"));
        let rest = delay + rule.lasts_ms;
        if rule.runs && rest > 0.0 && rest.is_finite() {
            left = Some(rest.max(left.unwrap_or_default()));
        }
    }
    css.push_str(&format!("{selector}{{animation:{}!important}}", names.join(",")));
    (css, left)
}

#[cfg(test)]
mod tests {
    use super::{rules, sheet};

    /// Of a frame each, 500 ms twice, 100 ms of it gone.
    fn recorded(state: &str, rate: f64, iterations: &str) -> String {
        format!(
            r#"[[[{{"offset":null,"computedOffset":0.5,"easing":"linear","composite":"auto","backgroundColor":"red","webkitMaskSize":"1px","cssFloat":"left","width":"}}x"}}],
            {{"delay":0,"duration":500,"iterations":{iterations},"direction":"normal","fill":"both","easing":"ease","localTime":100}},"add",{rate},"{state}"]]"#
        )
    }

    fn shown(json: &str, elapsed_ms: f64) -> (String, Option<f64>) {
        let (css, left) = sheet(&rules(json), "p", 7, elapsed_ms);
        let frames = "@keyframes afterimage-7-0{50%{animation-timing-function:ease;animation-composition:add;background-color:red;-webkit-mask-size:1px;float:left}}p{animation:afterimage-7-0 ";
        let rest = css.strip_prefix(frames).unwrap_or(&css);
        (rest.strip_suffix("!important}").unwrap_or(rest).to_owned(), left)
    }

    #[test]
    fn what_runs_runs_on_and_what_rests_rests() {
        let runs = |elapsed| shown(&recorded("running", 1.0, "2"), elapsed);
        assert_eq!(runs(0.0), ("500ms -100ms ease 2 normal both running".into(), Some(900.0)));
        assert_eq!(runs(700.0), ("500ms -800ms ease 2 normal both running".into(), Some(200.0)));
        assert_eq!(runs(2000.0), ("500ms -2100ms ease 2 normal both running".into(), None));
        let paused = ("500ms -100ms ease 2 normal both paused".into(), None);
        assert_eq!(shown(&recorded("paused", 1.0, "2"), 2000.0), paused);
        assert_eq!(shown(&recorded("running", -1.0, "2"), 2000.0), paused);
        let fast = ("250ms -50ms ease 2 normal both running".into(), Some(450.0));
        assert_eq!(shown(&recorded("running", 2.0, "2"), 0.0), fast);
        let endless = ("500ms -103ms ease infinite normal both running".into(), None);
        assert_eq!(shown(&recorded("running", 1.0, "null"), 3.0), endless);
    }

    #[test]
    fn what_is_no_animation_is_left_out() {
        let wrong = r#"[[[],{"duration":"x"},"add",1,"running"]]"#;
        for odd in ["", "[]", "{}", "[1]", "[[[],{},1,1,1]]", wrong] {
            assert!(rules(odd).is_empty(), "{odd}");
        }
    }
}
