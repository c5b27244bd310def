//! What is in form controls, and what choosing one thing does to others: radio buttons of a group, options of a
//! `select` (HTML standard, sections 4.10.5.1.16 and 4.10.7).

use afterimage_wire::record::FormState;

use super::{Change, Kind, Model, Node};

impl Model {
    pub(super) fn set_form(&mut self, form: &FormState, watch: &mut dyn FnMut(&Self, Change<'_>)) {
        let Some(node) = self.nodes.get_mut(&form.node) else {
            self.unresolved += 1;
            return;
        };
        if form.flags & 1 != 0 {
            node.value = Some(form.value.clone());
        }
        if form.flags & 2 != 0 {
            let checked = form.flags & 4 != 0;
            node.checked = Some(checked);
            node.indeterminate = form.flags & 16 != 0;
            for rival in if checked { self.rivals(form.node) } else { Vec::new() } {
                self.with(rival, |n| n.checked = Some(false));
                watch(self, Change::Form(rival));
            }
        }
        watch(self, Change::Form(form.node));
    }

    /// Whether a checkbox or radio button is checked, or an option selected.
    pub fn is_checked(&self, node: &Node) -> bool {
        node.checked.unwrap_or_else(|| {
            node.attribute(if node.name() == "option" { "selected" } else { "checked" }).is_some()
        })
    }

    /// What is chosen and cannot be while `id` is.
    fn rivals(&self, id: u32) -> Vec<u32> {
        let Some(node) = self.nodes.get(&id) else { return Vec::new() };
        let scope = match node.name() {
            "option" => {
                let select = self.closest(id, |n| n.name() == "select");
                select.filter(|s| self.node(*s).is_some_and(|n| n.attribute("multiple").is_none()))
            }
            "input" if is_radio(node) => self.closest(id, |n| n.name() == "form" || is_root(n)),
            _ => None,
        };
        let Some(scope) = scope else { return Vec::new() };
        let rival = |other: &u32| {
            let Some(n) = self.nodes.get(other).filter(|n| n.name() == node.name()) else { return false };
            let group = ["name", "form"].iter().all(|a| n.attribute(a) == node.attribute(a));
            let same = node.name() == "option"
                || (is_radio(n)
                    && group
                    && self.closest(*other, |n| n.name() == "form" || is_root(n)) == Some(scope));
            *other != id && same && self.is_checked(n)
        };
        self.subtree(scope).into_iter().filter(rival).collect()
    }
}

fn is_root(node: &Node) -> bool {
    matches!(node.kind, Kind::Document | Kind::ShadowRoot { .. })
}

/// Whether a node is a radio button of a group.
fn is_radio(node: &Node) -> bool {
    let radio = node.attribute("type").is_some_and(|t| t.eq_ignore_ascii_case("radio"));
    radio && node.attribute("name").is_some_and(|n| !n.is_empty())
}
