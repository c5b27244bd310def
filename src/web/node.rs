//! `impl Dom` for live nodes: plain getters, no decisions.
//!
//! NOTE: a node handle is a slot in the module's table of references; getters that return nodes fill one and dropping
//! the handle frees it, which is what a crossing mostly costs.

use std::cell::RefCell;

use afterimage_wire::tree::Namespace;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Node, ShadowRoot};

use super::api::Facts;
use super::parted;
use crate::dom::{Control, Dom, Kind, Sheet};
use crate::privacy::{Raw, Rules};

#[wasm_bindgen]
extern "C" {
    /// A `WeakMap` from nodes to numbers: no trace is left on the page's nodes.
    #[wasm_bindgen(js_name = WeakMap)]
    type Numbers;
    #[wasm_bindgen(constructor, js_class = "WeakMap")]
    fn new() -> Numbers;
    // What is not there is `undefined`, which WebAssembly reads as 0.
    #[wasm_bindgen(method)]
    fn get(this: &Numbers, key: &Node) -> u32;
    #[wasm_bindgen(method)]
    fn set(this: &Numbers, key: &Node, value: u32) -> JsValue;

    /// Getters that web-sys does not have, or has in a costlier form.
    type Part;
    #[wasm_bindgen(method, getter, js_name = nodeType)]
    fn node_type(this: &Part) -> u16;
    #[wasm_bindgen(method, getter)]
    fn host(this: &Part) -> Option<Node>;
    // Elements have one; documents and shadow roots do not.
    #[wasm_bindgen(method, getter, js_name = localName)]
    fn local_name(this: &Part) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn data(this: &Part) -> String;
    #[wasm_bindgen(method, getter)]
    fn value(this: &Part) -> String;
    #[wasm_bindgen(method, getter)]
    fn length(this: &Part) -> u32;
    #[wasm_bindgen(method)]
    fn at(this: &Part, index: u32) -> String;
    #[wasm_bindgen(method, getter)]
    fn form(this: &Part) -> Option<Node>;
    #[wasm_bindgen(method, getter, js_name = scrollTop)]
    fn scroll_top(this: &Part) -> f64;
    #[wasm_bindgen(method, getter, js_name = scrollLeft)]
    fn scroll_left(this: &Part) -> f64;
    #[wasm_bindgen(method, getter, catch, js_name = contentDocument)]
    fn content_document(this: &Part) -> Result<Option<Document>, JsValue>;
    #[wasm_bindgen(method, getter, js_name = frameElement, catch)]
    fn frame_element(this: &Part) -> Result<Option<Node>, JsValue>;
    #[wasm_bindgen(method, getter, js_name = defaultView)]
    fn default_view(this: &Part) -> Option<Part>;
    #[wasm_bindgen(method, getter, js_name = adoptedStyleSheets)]
    fn adopted_style_sheets(this: &Part) -> Option<js_sys::Array>;
}

fn part<T: AsRef<JsValue>>(node: &T) -> &Part {
    node.as_ref().unchecked_ref()
}

/// The live page.
pub(crate) struct Page {
    facts: Facts,
    pub(crate) document: Document,
    performance: web_sys::Performance,
    ids: RefCell<Numbers>,
    /// Numbers of constructed style sheets, and how many there are in this epoch.
    sheets: RefCell<(Numbers, u32)>,
    marks: Numbers,
    /// Closed shadow roots that were seen when they were attached, by host.
    closed: RefCell<Vec<(Element, ShadowRoot)>>,
    selectors: [String; 4],
    /// Roots that were entered and wait to be observed by the bindings.
    pub(crate) entered: RefCell<Vec<Node>>,
}

impl Page {
    pub(super) fn new(facts: &Facts, selectors: [String; 4]) -> Self {
        Self {
            facts: facts.clone(),
            document: facts.document(),
            performance: facts.performance(),
            ids: RefCell::new(Numbers::new()),
            sheets: RefCell::new((Numbers::new(), 0)),
            marks: Numbers::new(),
            closed: RefCell::default(),
            selectors,
            entered: RefCell::default(),
        }
    }

    /// The number of a constructed sheet that was told of in this epoch; 0 for any other.
    pub(crate) fn sheet_number(&self, sheet: &JsValue) -> u32 {
        self.sheets.try_borrow().map_or(0, |s| s.0.get(sheet.unchecked_ref()))
    }

    /// A sheet, or that of an element, as [`Dom::sheet`] has it, if script may read it.
    pub(crate) fn sheet_of(&self, of: &JsValue, first: bool, always: bool) -> Option<Sheet> {
        let text = self.facts.sheet(of, first, always)?;
        let (media, css) = parted(text.get(1..)?);
        Some(Sheet { css, media, disabled: text.starts_with('1') })
    }

    /// Remembers a shadow root as it is attached, since a closed one can be had at no other time.
    pub(crate) fn note_shadow(&self, host: Element, root: ShadowRoot) {
        if host.shadow_root().is_none()
            && let Ok(mut closed) = self.closed.try_borrow_mut()
        {
            closed.push((host, root));
        }
    }
}

impl Dom for Page {
    type Node = Node;

    fn document(&self) -> Node {
        self.document.clone().unchecked_into()
    }

    fn kind(&self, node: &Node) -> Kind {
        match part(node).node_type() {
            1 => Kind::Element,
            3 | 4 => Kind::Text,
            9 => Kind::Document,
            10 => Kind::Doctype,
            11 if part(node).host().is_some() => Kind::ShadowRoot,
            _ => Kind::Other,
        }
    }

    fn parent(&self, node: &Node) -> Option<Node> {
        node.parent_node()
    }

    fn first_child(&self, node: &Node) -> Option<Node> {
        node.first_child()
    }

    fn next_sibling(&self, node: &Node) -> Option<Node> {
        node.next_sibling()
    }

    fn previous_sibling(&self, node: &Node) -> Option<Node> {
        node.previous_sibling()
    }

    fn precedes(&self, before: &Node, after: &Node) -> bool {
        before.compare_document_position(after) & Node::DOCUMENT_POSITION_FOLLOWING != 0
    }

    fn is_connected(&self, node: &Node) -> bool {
        node.is_connected()
    }

    fn shadow_root(&self, element: &Node) -> Option<(Node, bool)> {
        let element: &Element = element.unchecked_ref();
        if let Some(root) = element.shadow_root() {
            return Some((root.into(), false));
        }
        let closed = self.closed.try_borrow().ok()?;
        let (_, root) = closed.iter().find(|(host, _)| host == element)?;
        Some((root.clone().into(), true))
    }

    fn host(&self, root: &Node) -> Option<Node> {
        // Of a form it would be a field of that name.
        match part(root).node_type() {
            11 => part(root).host(),
            9 => part(root).default_view()?.frame_element().ok()?,
            _ => None,
        }
    }

    fn frame_document(&self, element: &Node) -> Option<Node> {
        let document = part(element).content_document().ok()??;
        document.document_element()?;
        Some(document.into())
    }

    fn name(&self, element: &Node) -> String {
        part(element).local_name().unwrap_or_default()
    }

    fn namespace(&self, element: &Node) -> Namespace {
        let element: &Element = element.unchecked_ref();
        // Nearly everything is HTML; only the odd lengths of the three URIs are told apart.
        match element.namespace_uri().map_or(0, |uri| uri.len()) {
            26 => Namespace::Svg,
            34 => Namespace::MathMl,
            _ => Namespace::Html,
        }
    }

    fn attributes(&self, element: &Node) -> Vec<(String, Raw)> {
        let list = self.facts.attributes(element);
        let list: &Part = part(&list);
        (0..list.length()).step_by(2).map(|i| (list.at(i), Raw::new(list.at(i + 1)))).collect()
    }

    fn attribute(&self, element: &Node, name: &str) -> Option<Raw> {
        self.facts.attribute(element, name).map(Raw::new)
    }

    fn text(&self, node: &Node) -> Raw {
        Raw::new(part(node).data())
    }

    fn doctype(&self, node: &Node) -> (String, String, String) {
        let node: &Facts = node.unchecked_ref();
        (node.text("name"), node.text("publicId"), node.text("systemId"))
    }

    fn control(&self, element: &Node, name: &str) -> Option<Control> {
        matches!(name, "input" | "textarea" | "select" | "option").then(|| {
            let (value, choice) = (Raw::new(part(element).value()), self.facts.choice(element));
            Control { value, choice }
        })
    }

    fn control_type(&self, element: &Node) -> String {
        self.facts.kind(element)
    }

    fn form(&self, control: &Node) -> Option<Node> {
        part(control).form()
    }

    fn label(&self, element: &Node) -> Option<Raw> {
        self.facts.label(element).map(Raw::new)
    }

    fn group(&self, element: &Node) -> Option<Raw> {
        self.facts.group(element).map(Raw::new)
    }

    fn inner_text(&self, node: &Node) -> Raw {
        Raw::new(node.text_content().unwrap_or_default())
    }

    fn scroll(&self, node: &Node) -> Option<(i32, i32)> {
        let (x, y) = if part(node).node_type() == 9 {
            let top = node.unchecked_ref::<Document>().scrolling_element()?;
            (part(&top).scroll_left(), part(&top).scroll_top())
        } else {
            (part(node).scroll_left(), part(node).scroll_top())
        };
        (x != 0.0 || y != 0.0).then_some((x as i32, y as i32))
    }

    fn size(&self, element: &Node) -> (u32, u32) {
        let rect = element.unchecked_ref::<Element>().get_bounding_client_rect();
        (rect.width() as u32, rect.height() as u32)
    }

    fn matched(&self, element: &Node, name: &str) -> Rules {
        const VERDICTS: [Rules; 4] = [Rules::MASK, Rules::UNMASK, Rules::BLOCK, Rules::IGNORE];
        let element: &Element = element.unchecked_ref();
        let mut rules = Rules::NONE;
        for (selector, verdict) in self.selectors.iter().zip(VERDICTS) {
            if !selector.is_empty() && element.matches(selector).unwrap_or(false) {
                rules = rules.with(verdict);
            }
        }
        // A document that is edited as a whole says so nowhere in its tree.
        let edited = |d: Document| d.unchecked_ref::<Facts>().text("designMode") == "on";
        if name == "body" && element.owner_document().is_some_and(edited) {
            rules = rules.with(Rules::MASK);
        }
        rules
    }

    fn sheet(&self, element: &Node, first: bool, always: bool) -> Option<Sheet> {
        let sheet = self.sheet_of(element, first, always)?;
        (always || sheet.disabled || !sheet.css.is_empty()).then_some(sheet)
    }

    fn fields(&self, root: &Node) -> Vec<Node> {
        self.facts.fields(root).iter().map(JsCast::unchecked_into).collect()
    }

    fn follow(&self, control: &Node, told: bool) {
        self.facts.follow(control, told);
    }

    fn calm(&self, control: &Node) {
        self.facts.calm(control);
    }

    fn beware(&self) {
        self.facts.beware();
    }

    fn drifted(&self, typed: Option<&Node>) -> Vec<Node> {
        self.facts.drifted(typed).iter().map(JsCast::unchecked_into).collect()
    }

    fn adopted(&self, root: &Node) -> Vec<(u32, Option<Sheet>)> {
        let Some(list) = part(root).adopted_style_sheets() else { return Vec::new() };
        let Ok(mut sheets) = self.sheets.try_borrow_mut() else { return Vec::new() };
        list.iter()
            .map(|sheet| {
                let known = sheets.0.get(sheet.unchecked_ref());
                if known != 0 {
                    return (known, None);
                }
                sheets.1 += 1;
                let number = sheets.1 + CONSTRUCTED;
                sheets.0.set(sheet.unchecked_ref(), number);
                (number, self.sheet_of(&sheet, true, true))
            })
            .collect()
    }

    fn is_defined(&self, element: &Node) -> bool {
        self.facts.defined(element)
    }

    fn id(&self, node: &Node) -> u32 {
        self.ids.try_borrow().map_or(0, |ids| ids.get(node))
    }

    fn set_id(&self, node: &Node, id: u32) {
        if let Ok(ids) = self.ids.try_borrow() {
            ids.set(node, id);
        }
    }

    fn clear_ids(&self) {
        self.ids.replace(Numbers::new());
        self.sheets.replace((Numbers::new(), 0));
    }

    fn mark(&self, node: &Node) -> u32 {
        self.marks.get(node)
    }

    fn set_mark(&self, node: &Node, mark: u32) {
        self.marks.set(node, mark);
    }

    fn observe(&self, root: &Node) {
        if let Ok(mut entered) = self.entered.try_borrow_mut() {
            entered.push(root.clone());
        }
    }

    fn wall_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn now_ms(&self) -> f64 {
        self.performance.now()
    }
}

/// Ids of constructed sheets begin above this, see [`afterimage_wire::record::StyleSheet`].
const CONSTRUCTED: u32 = 1 << 31;
