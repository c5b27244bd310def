//! Style sheets: those of elements, constructed ones, and rules put in and taken out.

use afterimage_wire::Record;
use afterimage_wire::record::{StyleRule, TopLayer};
use serde_json::{Value, json};

use super::Player;
use super::node::{base, document_of};
use crate::css;
use crate::model::{CONSTRUCTED, Model, Sheet};

impl Player<'_> {
    /// Tells what a record changed beyond the tree.
    pub(super) fn restyle(&mut self, model: &Model, record: &Record) {
        match record {
            Record::StyleSheet(r) => self.sheet(model, r.sheet),
            Record::StyleRule(r) => self.rule(model, r),
            Record::AdoptedSheets(r) => self.adopt(model, r.root),
            Record::Blocked(r) => self.renew(model, r.node),
            Record::TopLayer(r) => self.layer(model, r),
            Record::Animation(r) => self.animated(model, r.node),
            _ => {}
        }
    }

    fn sheet(&mut self, model: &Model, id: u32) {
        let Some(sheet) = model.sheet(id) else { return };
        if id < CONSTRUCTED {
            return self.element(model, id, sheet);
        }
        let known = self.styles(id);
        // Adopted before its text was known, or enabled only now.
        let adopting: Vec<u32> =
            model.adopted().filter(|(_, s)| s.contains(&id)).map(|(root, _)| root).collect();
        adopting.into_iter().for_each(|root| self.adopt(model, root));
        // A disabled one is adopted by nobody in the player. WebKit adds to such a sheet where it should replace.
        for style in known.into_iter().filter(|_| !sheet.disabled) {
            let css = constructed(sheet, &base(model, model.document()));
            self.incremental(8, json!({ "styleId": style, "replaceSync": css, "adds": [], "removes": [] }));
        }
    }

    fn element(&mut self, model: &Model, id: u32, sheet: &Sheet) {
        let Some(node) = model.node(id) else { return };
        if node.name() != "style" || node.first == 0 {
            return self.renew(model, id);
        }
        let texts: Vec<u32> = model.children(id).collect();
        self.texts(model, &texts);
        let others = Some(&*sheet.media).filter(|media| !media.is_empty());
        let media = if sheet.disabled { Some("not all") } else { others.or(node.attribute("media")) };
        self.change(id, [("media", media.map_or(Value::Null, Value::from))]);
    }

    fn rule(&mut self, model: &Model, record: &StyleRule) {
        let Some(sheet) = model.sheet(record.sheet) else { return };
        let element = record.sheet < CONSTRUCTED;
        let (owner, ids) = match element {
            true => {
                ("id", self.sent.get(&record.sheet).map(|_| self.ids.of(record.sheet)).into_iter().collect())
            }
            false => ("styleId", self.styles(record.sheet)),
        };
        let mut path = record.path.clone();
        if !element && !sheet.media.is_empty() {
            path.insert(0, 0);
        }
        let index = match path.as_slice() {
            [index] => Value::from(*index),
            path => Value::from(path),
        };
        let base = base(model, if element { record.sheet } else { model.document() });
        let (adds, removes) = match &record.rule {
            Some(rule) => {
                (json!([{ "rule": css::hovered(&css::absolute(rule, &base)), "index": index }]), json!([]))
            }
            None => (json!([]), json!([{ "index": index }])),
        };
        self.flush();
        for id in ids {
            self.incremental(8, json!({ owner: id, "adds": adds, "removes": removes }));
        }
    }

    /// What a constructed sheet is called, in every document that has it.
    fn styles(&self, sheet: u32) -> Vec<u64> {
        let mut styles: Vec<u64> =
            self.sheets.iter().filter(|((id, _), _)| *id == sheet).map(|(_, s)| *s).collect();
        styles.sort_unstable();
        styles
    }

    /// Tells which sheets a root has adopted, with those the player does not have yet.
    pub(super) fn adopt(&mut self, model: &Model, root: u32) {
        let Some(node) = model.node(root) else { return };
        let document = document_of(model, root);
        let host = if root == document { root } else { node.parent };
        if !self.sent.contains_key(&host) {
            return;
        }
        let mut styles = self.new_styles(model, root, document);
        if host != document && !styles.is_empty() {
            // A player that skips ahead learns nothing from hosts that are gone by then: it gets sheets with the document.
            let styles = std::mem::take(&mut styles);
            self.tell_adopted(model, document, document, styles);
        }
        self.tell_adopted(model, root, host, styles);
    }

    fn tell_adopted(&mut self, model: &Model, root: u32, host: u32, styles: Vec<Value>) {
        let document = self.ids.of(document_of(model, root));
        let enabled = |id: &&u32| model.sheet(**id).is_some_and(|s| !s.disabled);
        let adopted = model.adopted_by(root).iter().filter(enabled);
        let ids: Vec<u64> = adopted.filter_map(|id| self.sheets.get(&(*id, document)).copied()).collect();
        self.incremental(15, json!({ "id": self.ids.of(host), "styles": styles, "styleIds": ids }));
    }

    /// The sheets a root has adopted that the player does not have for its document.
    fn new_styles(&mut self, model: &Model, root: u32, document: u32) -> Vec<Value> {
        let (base, own) = (base(model, root), self.ids.of(document));
        let mut styles = Vec::new();
        for id in model.adopted_by(root) {
            let Some(sheet) = model.sheet(*id).filter(|s| !s.disabled) else { continue };
            if self.sheets.contains_key(&(*id, own)) {
                continue;
            }
            let own_id = if document == model.document() { *id } else { u32::MAX - self.sheets.len() as u32 };
            let style = self.ids.space + u64::from(own_id);
            self.sheets.insert((*id, own), style);
            let text = constructed(sheet, &base);
            let rule = |(index, rule)| json!({ "rule": rule, "index": index });
            let rules: Vec<Value> = css::rules(&text).into_iter().enumerate().map(rule).collect();
            styles.push(json!({ "styleId": style, "rules": rules }));
        }
        styles
    }

    /// Dialogs open and close; popovers, which the player cannot show, lose their attribute while they are open.
    fn layer(&mut self, model: &Model, record: &TopLayer) {
        let Some(node) = model.node(record.node) else { return };
        let popover = || node.attribute("popover").map_or(Value::Null, Value::from);
        match (node.name(), record.state) {
            ("dialog", 1) => {
                self.change(record.node, [("open", "".into()), ("rr_open_mode", "modal".into())])
            }
            ("dialog", 0) if node.attribute("open").is_none() => {
                self.change(record.node, [("open", Value::Null), ("rr_open_mode", Value::Null)])
            }
            (_, 2) => self.change(record.node, [("popover", Value::Null)]),
            (_, 0) if node.attribute("popover").is_some() => {
                self.change(record.node, [("popover", popover())])
            }
            _ => {}
        }
    }
}

/// The text of a constructed sheet. The player has no media for those, so a rule says it.
fn constructed(sheet: &Sheet, base: &str) -> String {
    let css = css::hovered(&css::absolute(&sheet.css(), base));
    if sheet.media.is_empty() { css } else { format!("@media {} {{{css}}}", sheet.media) }
}
