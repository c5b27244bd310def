//! Style sheets: those of elements, constructed ones, and who adopted them.

use std::borrow::Cow;

use afterimage_wire::reader::Text;
use afterimage_wire::record::{AdoptedSheets, StyleRule, StyleSheet};

use super::{CONSTRUCTED, Kind, Model};
use crate::css;

/// A style sheet whose rules are not, or no longer, what the tree's text says.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    css: Text,
    /// Its media, when no attribute tells.
    pub media: Text,
    /// Whether it is disabled.
    pub disabled: bool,
    /// The rules one by one, once one was put in or taken out.
    rules: Option<Vec<Text>>,
}

impl Sheet {
    fn new(css: Text, media: Text, disabled: bool) -> Self {
        Self { css, media, disabled, rules: None }
    }

    /// All its rules.
    pub fn css(&self) -> Cow<'_, str> {
        match &self.rules {
            None => Cow::Borrowed(&self.css),
            Some(rules) => Cow::Owned(rules.join("\n")),
        }
    }

    fn edit(&mut self, path: &[u32], rule: Option<&Text>) -> Option<()> {
        let rules =
            self.rules.get_or_insert_with(|| css::rules(&self.css).into_iter().map(Text::from).collect());
        let (first, inner) = path.split_first()?;
        let at = usize::try_from(*first).ok()?;
        match rule {
            _ if !inner.is_empty() => {
                let outer = rules.get_mut(at)?;
                *outer = css::edit(outer, inner, rule.map(|r| &**r))?.into();
            }
            Some(rule) => rules.insert((at <= rules.len()).then_some(at)?, rule.clone()),
            None => drop(rules.remove((at < rules.len()).then_some(at)?)),
        }
        Some(())
    }
}

impl Model {
    pub(super) fn set_sheet(&mut self, sheet: &StyleSheet) {
        if sheet.sheet < CONSTRUCTED && !self.nodes.contains_key(&sheet.sheet) {
            self.unresolved += 1;
            return;
        }
        let new = Sheet::new(sheet.css.clone(), sheet.media.clone(), sheet.disabled);
        self.sheets.insert(sheet.sheet, new);
    }

    pub(super) fn set_rule(&mut self, rule: &StyleRule) {
        if !self.sheets.contains_key(&rule.sheet) && self.nodes.contains_key(&rule.sheet) {
            let css = self.sheet_text(rule.sheet).into();
            self.sheets.insert(rule.sheet, Sheet::new(css, "".into(), false));
        }
        let done = self.sheets.get_mut(&rule.sheet).and_then(|s| s.edit(&rule.path, rule.rule.as_ref()));
        if done.is_none() {
            self.unresolved += 1;
        }
    }

    pub(super) fn adopt(&mut self, adopted: &AdoptedSheets) {
        let root = self.nodes.get(&adopted.root).map(|n| &n.kind);
        if matches!(root, Some(Kind::Document | Kind::ShadowRoot { .. })) {
            self.adopted.insert(adopted.root, adopted.sheets.clone());
        } else {
            self.unresolved += 1;
        }
    }

    /// A sheet that is not what the tree's text says.
    pub fn sheet(&self, id: u32) -> Option<&Sheet> {
        self.sheets.get(&id)
    }

    /// Roots and the sheets they adopted.
    pub fn adopted(&self) -> impl Iterator<Item = (u32, &[u32])> {
        self.adopted.iter().map(|(root, sheets)| (*root, &**sheets))
    }

    /// The sheets a root adopted.
    pub fn adopted_by(&self, root: u32) -> &[u32] {
        self.adopted.get(&root).map_or(&[], |s| s)
    }

    /// The text a `style` element's sheet is made of.
    pub fn sheet_text(&self, style: u32) -> String {
        self.children(style).filter_map(|c| self.node(c)).map(super::Node::text).collect()
    }
}
