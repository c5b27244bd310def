//! The page as a list of its nodes, to be compared with a live one.
//!
//! One JSON object a node, in document order: `depth`, then `document`, `doctype`, `shadow_root`, `element` (its
//! name) or `text`. Elements have `attributes`, sorted by name, and as far as they apply: `namespace` unless it is
//! HTML's, `value`, `checked`, `indeterminate`, `scroll` (left, top), `blocked` (width, height), `css` of a sheet that is not what
//! the tree's text says, `adopted` (the text of each sheet), `top_layer`. A shadow root comes before its host's
//! children, a frame's document as the frame's child.

use afterimage_wire::tree::Namespace;
use serde_json::{Map, Value, json};

use super::{Kind, Model, Node};

impl Model {
    /// The nodes of the page, each as one line of JSON.
    pub fn canonical(&self) -> Vec<String> {
        self.canonical_nodes().into_iter().map(|n| n.to_string()).collect()
    }

    /// The nodes of the page, each as one JSON object.
    pub fn canonical_nodes(&self) -> Vec<Value> {
        let mut depths = std::collections::HashMap::from([(0, -1i64)]);
        let mut nodes = Vec::new();
        for id in self.subtree(self.document) {
            let Some(node) = self.node(id) else { continue };
            let depth = depths.get(&node.parent).copied().unwrap_or(0) + 1;
            depths.insert(id, depth);
            nodes.push(self.canonical_node(id, node, depth));
        }
        nodes
    }

    fn canonical_node(&self, id: u32, node: &Node, depth: i64) -> Value {
        let mut map = Map::new();
        let mut put = |name: &str, value: Value| drop(map.insert(name.into(), value));
        put("depth", depth.into());
        match &node.kind {
            Kind::Document => put("document", true.into()),
            Kind::Text { text, .. } => put("text", (**text).into()),
            Kind::Doctype { name, public, system } => put("doctype", json!([**name, **public, **system])),
            Kind::ShadowRoot { closed } => put("shadow_root", if *closed { "closed" } else { "open" }.into()),
            Kind::Element { namespace, name, attributes } => {
                put("element", (**name).into());
                match namespace {
                    Namespace::Html => {}
                    Namespace::Svg => put("namespace", "svg".into()),
                    Namespace::MathMl => put("namespace", "mathml".into()),
                }
                let sorted: std::collections::BTreeMap<_, _> = attributes
                    .iter()
                    .map(|(name, value)| (name.to_string(), Value::from(&**value)))
                    .collect();
                put("attributes", Value::Object(sorted.into_iter().collect()));
            }
        }
        if let Some(value) = &node.value {
            put("value", (**value).into());
        }
        if matches!(node.name(), "input" | "option") && self.is_checked(node) {
            put("checked", true.into());
        }
        if node.indeterminate {
            put("indeterminate", true.into());
        }
        if node.scroll != (0, 0) {
            put("scroll", json!([node.scroll.0, node.scroll.1]));
        }
        if let Some((width, height)) = node.blocked {
            put("blocked", json!([width, height]));
        }
        if let Some(sheet) = self.sheet(id) {
            put("css", sheet.css().into());
        }
        let adopted = self.adopted_by(id);
        if !adopted.is_empty() {
            let sheets = adopted.iter().map(|s| self.sheet(*s).map(|s| s.css()));
            put("adopted", sheets.collect::<Vec<_>>().into());
        }
        if node.top_layer != 0 {
            put("top_layer", crate::ndjson::word("top_layer", "state", node.top_layer.into()).into());
        }
        Value::Object(map)
    }
}
