//! Style sheets: those of elements, constructed ones, and rules put in and taken out.

use afterimage_wire::Record;
use afterimage_wire::record::{StyleRule, TopLayer};
use serde_json::{Value, json};

use super::node::base;
use super::{Player, id_of};
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
            _ => {}
        }
    }

    fn sheet(&mut self, model: &Model, id: u32) {
        let Some(sheet) = model.sheet(id) else { return };
        if id < CONSTRUCTED {
            return self.element(model, id, sheet);
        }
        if self.sheets.contains(&id) {
            let css = constructed(sheet, &base(model, model.document()));
            self.incremental(8, json!({ "styleId": id, "replaceSync": css, "adds": [], "removes": [] }));
        }
        // Adopted before its text was known, or enabled only now.
        let adopting: Vec<u32> =
            model.adopted().filter(|(_, s)| s.contains(&id)).map(|(root, _)| root).collect();
        adopting.into_iter().for_each(|root| self.adopt(model, root));
    }

    fn element(&mut self, model: &Model, id: u32, sheet: &Sheet) {
        let Some(node) = model.node(id) else { return };
        if node.name() != "style" || node.first == 0 {
            return self.rebuild(model, id);
        }
        let texts: Vec<u32> = model.children(id).collect();
        self.texts(model, &texts);
        let media = if sheet.disabled { Some("not all") } else { node.attribute("media") };
        self.change(model, id, [("media", media.map_or(Value::Null, Value::from))]);
    }

    fn rule(&mut self, model: &Model, record: &StyleRule) {
        let (owner, known) = match record.sheet {
            id if id < CONSTRUCTED => ("id", self.sent.contains_key(&id)),
            id => ("styleId", self.sheets.contains(&id)),
        };
        let Some(sheet) = model.sheet(record.sheet).filter(|_| known) else { return };
        let id = if owner == "id" { id_of(model, record.sheet) } else { record.sheet };
        let mut path = record.path.clone();
        if owner == "styleId" && !sheet.media.is_empty() {
            path.insert(0, 0);
        }
        let index = match path.as_slice() {
            [index] => Value::from(*index),
            path => Value::from(path),
        };
        let base = base(model, if owner == "id" { record.sheet } else { model.document() });
        let (adds, removes) = match &record.rule {
            Some(rule) => (json!([{ "rule": css::absolute(rule, &base), "index": index }]), json!([])),
            None => (json!([]), json!([{ "index": index }])),
        };
        self.flush();
        self.incremental(8, json!({ owner: id, "adds": adds, "removes": removes }));
    }

    /// Tells which sheets a root has adopted, with those the player does not have yet.
    pub(super) fn adopt(&mut self, model: &Model, root: u32) {
        let Some(node) = model.node(root) else { return };
        let host = if node.parent == 0 || self.sent.contains_key(&root) { root } else { node.parent };
        if !self.sent.contains_key(&host) {
            return;
        }
        let base = base(model, root);
        let (mut ids, mut styles) = (Vec::new(), Vec::new());
        for id in model.adopted_by(root) {
            let Some(sheet) = model.sheet(*id).filter(|s| !s.disabled) else { continue };
            ids.push(*id);
            if self.sheets.insert(*id) {
                let text = constructed(sheet, &base);
                let rule = |(index, rule)| json!({ "rule": rule, "index": index });
                let rules: Vec<Value> = css::rules(&text).into_iter().enumerate().map(rule).collect();
                styles.push(json!({ "styleId": id, "rules": rules }));
            }
        }
        self.incremental(15, json!({ "id": id_of(model, host), "styles": styles, "styleIds": ids }));
    }

    /// Dialogs open and close; popovers, which the player cannot show, lose their attribute while they are open.
    fn layer(&mut self, model: &Model, record: &TopLayer) {
        let Some(node) = model.node(record.node) else { return };
        let popover = || node.attribute("popover").map_or(Value::Null, Value::from);
        match (node.name(), record.state) {
            ("dialog", 1) => {
                self.change(model, record.node, [("open", "".into()), ("rr_open_mode", "modal".into())])
            }
            ("dialog", 0) if node.attribute("open").is_none() => {
                self.change(model, record.node, [("open", Value::Null)])
            }
            (_, 2) => self.change(model, record.node, [("popover", Value::Null)]),
            (_, 0) if node.attribute("popover").is_some() => {
                self.change(model, record.node, [("popover", popover())])
            }
            _ => {}
        }
    }
}

/// The text of a constructed sheet. The player has no media for those, so a rule says it.
fn constructed(sheet: &Sheet, base: &str) -> String {
    let css = css::absolute(&sheet.css(), base);
    if sheet.media.is_empty() { css } else { format!("@media {} {{{css}}}", sheet.media) }
}
