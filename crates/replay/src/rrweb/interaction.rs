//! What the visitor does, and what else happens: everything that is not the tree.

use afterimage_wire::Record;
use afterimage_wire::record::{self, Sample};
use serde_json::{Map, Value, json};

use super::Player;
use crate::css;
use crate::model::{Kind, Model};
use crate::ndjson::spelled_out;
use crate::recording::PageView;

impl Player<'_> {
    /// Tells of a record that is not, or not only, a change of the tree.
    pub(super) fn interaction(&mut self, model: &Model, view: &PageView, record: &Record) {
        if self.ids.is_framed() && is_of_pages(record) {
            return;
        }
        match record {
            Record::Pointer(pointer) => self.pointer(model, pointer),
            Record::Resize(r) => self.incremental(4, json!({ "width": r.width, "height": r.height })),
            Record::Focus(focus) if focus.node != 0 => {
                if self.sent.contains_key(&focus.node) {
                    let kind = if focus.gained { 5 } else { 6 };
                    self.incremental(2, json!({ "type": kind, "id": self.ids.of(focus.node) }));
                }
            }
            Record::Media(media) => self.media(model, media),
            Record::Selection(selection) => self.selection(model, selection),
            Record::Font(font) => self.font(model, &font.css),
            Record::Defined(defined) => self.define(model, &defined.name),
            Record::Image(image) if self.sent.contains_key(&image.node) => {
                let id = self.ids.of(image.node);
                self.custom("image-size", json!({ "id": id, "width": image.width, "height": image.height }));
            }
            Record::Custom(custom) => {
                let payload = serde_json::from_str(&custom.payload);
                self.custom(&custom.name, payload.unwrap_or_else(|_| (&*custom.payload).into()));
            }
            _ => self.mark(view, record),
        }
    }

    /// What the player has no event for: a mark on its timeline.
    fn mark(&mut self, view: &PageView, record: &Record) {
        let tag = match record {
            Record::PageView(_) => "page-view",
            Record::Environment(_) => "environment",
            Record::Navigation(_) => "navigation",
            Record::Title(_) => "title",
            Record::Lifecycle(l) => match l.state {
                0 | 1 => "visibility",
                2 => "page-hide",
                3 => "page-show",
                _ => "lifecycle",
            },
            Record::Submit(_) => "submit",
            Record::Contact(_) => "contact",
            Record::Key(_) => "key",
            Record::Vital(_) => "vital",
            Record::Fault(_) => "error",
            Record::Console(_) => "console",
            Record::Request(_) => "request",
            Record::Detail(_) => "detail",
            Record::Stop(_) => "stop",
            Record::Transfer(_) => "transfer",
            Record::VisualViewport(_) => "pinch-zoom",
            Record::Focus(_) => "window-focus",
            Record::Hit(hit) => match hit.sign {
                1 => "rage-click",
                2 => "dead-click",
                3 => "error-click",
                _ => return,
            },
            Record::TopLayer(l) if l.state == 3 => "fullscreen",
            _ => return,
        };
        let (_, mut payload) = spelled_out(record);
        if let (Record::PageView(_), Some(map)) = (record, payload.as_object_mut()) {
            map.insert("started".into(), view.start_ms().into());
        }
        self.custom(tag, payload);
    }

    /// The player's id for what is under the pointer: the nearest node it has, else the root element. In a frame it is
    /// the frame's element in the page's own document: recorded positions are the page's, and for a node in a frame the
    /// player would add the frame's place once more.
    fn target(&self, model: &Model, node: u32) -> Option<u64> {
        let above = |id| model.node(id).map_or(0, |n| n.parent);
        let is_framed =
            |id| id != model.document() && model.node(id).is_some_and(|n| n.kind == Kind::Document);
        let mut near = node;
        let mut at = node;
        while at != 0 {
            if is_framed(at) {
                near = above(at);
            }
            at = above(at);
        }
        while near != 0 && !self.sent.contains_key(&near) {
            near = above(near);
        }
        let root = || model.children(model.document()).find(|c| self.is_element(model, *c));
        Some(near).filter(|n| *n != 0 && *n != model.document()).or_else(root).map(|n| self.ids.of(n))
    }

    pub(super) fn is_element(&self, model: &Model, id: u32) -> bool {
        self.sent.contains_key(&id) && model.node(id).is_some_and(|n| matches!(n.kind, Kind::Element { .. }))
    }

    fn pointer(&mut self, model: &Model, pointer: &record::Pointer) {
        let touch = pointer.device == 2;
        let kind = match pointer.action {
            0 if touch => 7,
            0 => 1,
            1 if touch => 9,
            1 => 0,
            2 => 10,
            3 => 2,
            4 => 4,
            5 => 3,
            _ => return,
        };
        let Some(id) = self.target(model, pointer.node) else { return };
        let (x, y, device) = (pointer.x, pointer.y, pointer.device.min(2));
        self.incremental(2, json!({ "type": kind, "id": id, "x": x, "y": y, "pointerType": device }));
    }

    /// The pointer's way, with timestamps.
    pub(super) fn moved(&mut self, model: &Model, device: u32, points: &[(u64, Sample)]) {
        let now = self.out.now().max(self.at);
        let position = |(at, s): &(u64, Sample)| {
            let offset = i64::try_from(now.saturating_sub(*at)).unwrap_or(0);
            Some(json!({ "x": s.x, "y": s.y, "id": self.target(model, s.node)?, "timeOffset": -offset }))
        };
        let positions: Vec<Value> = points.iter().filter_map(position).collect();
        if !positions.is_empty() {
            let source = match device {
                2 => 6,
                3 => 12,
                _ => 1,
            };
            self.incremental(source, json!({ "positions": positions }));
        }
    }

    /// Where something is scrolled to now.
    pub(super) fn scrolled(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id).filter(|_| self.sent.contains_key(&id)) else { return };
        self.incremental(3, json!({ "id": self.ids.of(id), "x": node.scroll.0, "y": node.scroll.1 }));
    }

    /// The state of a form control.
    pub(super) fn form(&mut self, model: &Model, id: u32) {
        let Some(node) = model.node(id).filter(|_| self.sent.contains_key(&id)) else { return };
        let kind = node.attribute("type").unwrap_or_default().to_ascii_lowercase();
        let checked = model.is_checked(node);
        let text = match (node.name(), &*kind) {
            ("option", _) => {
                return self.choose(model, id, checked);
            }
            ("input", "file") => return,
            ("input", "checkbox" | "radio") => {
                node.value.as_deref().or(node.attribute("value")).unwrap_or("on").to_owned()
            }
            ("input", _) => node.value.as_deref().or(node.attribute("value")).unwrap_or_default().to_owned(),
            ("textarea", _) => super::node::textarea(model, node),
            ("canvas", _) => {
                let own = || super::node::style(model, id, node);
                let style = super::node::drawn(model, id, node).or_else(own);
                return self.change(id, [("style", style.map_or(Value::Null, Value::from))]);
            }
            _ => return,
        };
        self.flush();
        self.incremental(5, json!({ "id": self.ids.of(id), "text": text, "isChecked": checked }));
    }

    /// Chooses an option, or does not.
    fn choose(&mut self, model: &Model, option: u32, chosen: bool) {
        let selected = if chosen { "".into() } else { Value::Null };
        self.change(option, [("selected", selected)]);
        let Some(select) = model.closest(option, |n| n.name() == "select") else { return };
        let Some(node) = model.node(select).filter(|n| n.attribute("multiple").is_none()) else { return };
        if chosen && self.cleared.remove(&select) {
            return self.renew(model, select);
        }
        // One that has nothing chosen would choose its first by itself.
        let options = || model.subtree(select).into_iter().filter_map(|id| model.node(id));
        let none = !options().any(|n| n.name() == "option" && model.is_checked(n));
        if none && node.attribute("size").is_none() && self.sent.contains_key(&select) {
            self.flush();
            self.cleared.insert(select);
            self.incremental(5, json!({ "id": self.ids.of(select), "text": "", "isChecked": false }));
        }
    }

    /// A custom element's name is defined: the player defines those of elements that it is given.
    fn define(&mut self, model: &Model, name: &str) {
        self.incremental(16, json!({ "define": { "name": name } }));
        let root = model.children(model.document()).find(|c| self.is_element(model, *c));
        let Some(root) = root.filter(|_| super::node::is_custom(name)) else { return };
        let (root, id) = (self.ids.of(root), self.ids.fresh());
        let node = json!({ "type": 2, "tagName": name, "attributes": {}, "childNodes": [], "isCustom": true, "id": id });
        for (adds, removes) in [
            (json!([{ "parentId": root, "nextId": null, "node": node }]), json!([])),
            (json!([]), json!([{ "parentId": root, "id": id }])),
        ] {
            self.incremental(0, json!({ "texts": [], "attributes": [], "removes": removes, "adds": adds }));
        }
    }

    pub(super) fn media(&mut self, model: &Model, media: &record::Media) {
        if media.action > 4 || !self.sent.contains_key(&media.node) {
            return;
        }
        self.incremental(
            7,
            json!({
                "type": media.action,
                "id": self.ids.of(media.node),
                "currentTime": f64::from(media.position) / 1000.0,
                "volume": f64::from(media.volume.min(100)) / 100.0,
                "muted": media.muted,
                "loop": model.node(media.node).is_some_and(|n| n.attribute("loop").is_some()),
                "playbackRate": f64::from(media.rate) / 100.0,
            }),
        );
    }

    /// A font that a script made, from its rule.
    fn font(&mut self, model: &Model, rule: &str) {
        let rule = css::absolute(rule, &super::node::base(model, model.document()));
        let mut family = None;
        let (mut source, mut descriptors) = ("", Map::new());
        for (name, value) in css::declarations(&rule) {
            match name {
                "font-family" => family = Some(value),
                "src" => source = value,
                "unicode-range" => drop(descriptors.insert("unicodeRange".into(), value.into())),
                _ => drop(descriptors.insert(name.trim_start_matches("font-").into(), value.into())),
            }
        }
        let Some(family) = family else { return };
        let font =
            json!({ "family": family, "fontSource": source, "buffer": false, "descriptors": descriptors });
        self.incremental(10, font);
    }

    fn selection(&mut self, model: &Model, s: &record::Selection) {
        // In a text that was withheld there may be no such place.
        let within = |id, offset: u32| match model.node(id) {
            Some(node) if matches!(node.kind, Kind::Text { .. }) => {
                offset.min(u32::try_from(node.text().encode_utf16().count()).unwrap_or(offset))
            }
            _ => offset.min(u32::try_from(model.children(id).count()).unwrap_or(offset)),
        };
        let shown = [s.start, s.end].iter().all(|n| self.sent.contains_key(n));
        let range = json!({
            "start": self.ids.of(s.start),
            "startOffset": within(s.start, s.start_offset),
            "end": self.ids.of(s.end),
            "endOffset": within(s.end, s.end_offset),
        });
        // The player drops a selection only for another one.
        let root = || model.children(model.document()).find(|c| self.is_element(model, *c));
        let nothing = |root| {
            let root = self.ids.of(root);
            json!({ "start": root, "startOffset": 0, "end": root, "endOffset": 0 })
        };
        let ranges = if shown { Some(range) } else { root().map(nothing) };
        self.incremental(14, json!({ "ranges": Vec::from_iter(ranges) }));
    }
}

/// What a player shows of the page as a whole, or has no place for in a frame.
fn is_of_pages(record: &Record) -> bool {
    match record {
        Record::Focus(focus) => focus.node == 0,
        Record::Pointer(_)
        | Record::Media(_)
        | Record::Selection(_)
        | Record::Custom(_)
        | Record::Submit(_)
        | Record::Contact(_)
        | Record::Key(_)
        | Record::Fault(_)
        | Record::Console(_)
        | Record::Request(_)
        | Record::Transfer(_)
        | Record::Hit(_)
        | Record::Image(_) => false,
        _ => true,
    }
}
