//! Nodes as the player takes them, without what could act in a viewer's browser.

use std::cell::OnceCell;

use afterimage_wire::tree::Namespace;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Ids, Player};
use crate::model::{Kind, Model, Node};
use crate::{css, url};

/// Nodes below this depth follow their snapshot one by one: readers and writers of nested JSON recurse.
const NESTING: usize = 200;

/// A node the player has.
pub(super) struct Sent {
    /// As it was sent first, without id, place and children: a move must repeat it word for word.
    pub(super) meta: Map<String, Value>,
    /// The player's id of its parent, and whether it is in that one's shadow root.
    pub(super) place: (u64, bool),
    /// Whether that is also how it was sent before, if it was: a player that skipped ahead may still go by that.
    pub(super) same: bool,
}

/// Attributes that hold one URL. `srcset` holds several, `style` may hold some.
const URLS: &[&str] = &[
    "href",
    "src",
    "poster",
    "action",
    "formaction",
    "background",
    "cite",
    "data",
    "xlink:href",
    "longdesc",
    "manifest",
];
/// Elements that are left out: they run, or fetch and run, something.
const LEFT_OUT: &[&str] = &["script", "applet"];
/// Elements that an image stands in for: they may run something, too.
pub(super) const STOOD_IN: &[&str] = &["object", "embed"];
/// An image of nothing.
const NOTHING: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

impl Player<'_> {
    /// A document with all its nodes, nested. Frames and what is nested too deeply is left to
    /// [`settle`](Self::settle).
    pub(super) fn whole(&mut self, model: &Model, document: u32) -> Option<Value> {
        self.nested(model, document, 0)
    }

    fn nested(&mut self, model: &Model, id: u32, depth: usize) -> Option<Value> {
        let node = model.node(id)?;
        let document = node.kind == Kind::Document;
        if !document && !self.can_send(model, id, node) {
            return None;
        }
        if depth > NESTING {
            self.pending.deep.push(id);
            return None;
        }
        let mut json = self.register(model, id, node, true);
        let mut children = Vec::new();
        for child in model.children(id).chain(model.children(node.shadow)) {
            if model.node(child).is_some_and(|c| c.kind == Kind::Document) {
                self.pending.frames.push(child);
            } else {
                children.extend(self.nested(model, child, depth + 1));
            }
        }
        json.insert("childNodes".into(), children.into());
        Some(Value::Object(json))
    }

    /// Notes that the player has the node from now on, and returns it without children.
    pub(super) fn register(
        &mut self,
        model: &Model,
        id: u32,
        node: &Node,
        nested: bool,
    ) -> Map<String, Value> {
        let meta = meta(model, &self.ids, id, node, nested);
        let place = place(model, &self.ids, node);
        let json = placed(&meta, self.ids.of(id), place.1);
        let text = |meta: &Map<String, Value>| serde_json::to_string(meta).unwrap_or_default();
        let same = self.former.get(&id).is_none_or(|former| text(former) == text(&meta));
        self.sent.insert(id, Sent { meta, place, same });
        if !model.animation(id).is_empty() {
            self.pending.animated.push(id);
        }
        if !model.frame(id).is_empty() {
            self.came.push(id);
        }
        json
    }

    /// Whether the player may, and can, have the node where it is.
    pub(super) fn can_send(&self, model: &Model, id: u32, node: &Node) -> bool {
        let Some(parent) = model.node(node.parent) else { return false };
        let host = if matches!(parent.kind, Kind::ShadowRoot { .. }) { parent.parent } else { node.parent };
        let name = parent.name();
        let childless = matches!(name, "textarea" | "iframe") || is_stood_in(parent);
        if !self.sent.contains_key(&host) || parent.blocked.is_some() || childless {
            return false;
        }
        let alone = |other: fn(&Kind) -> bool| {
            let rivals = model.children(node.parent).filter(|c| *c != id && self.sent.contains_key(c));
            !rivals.filter_map(|c| model.node(c)).any(|n| other(&n.kind))
        };
        let in_document = parent.kind == Kind::Document;
        match &node.kind {
            Kind::Element { name, .. } => {
                !LEFT_OUT.iter().any(|n| n.eq_ignore_ascii_case(name))
                    && (!in_document || alone(|k| matches!(k, Kind::Element { .. })))
            }
            Kind::Text { .. } => !in_document,
            // The player makes a document quirky by a type of its own, and only without one.
            Kind::Doctype { .. } => {
                in_document
                    && !is_quirky(model, node.parent)
                    && !is_nearly_quirky(model, node.parent)
                    && alone(|k| matches!(k, Kind::Doctype { .. } | Kind::Element { .. }))
            }
            Kind::Document | Kind::ShadowRoot { .. } => false,
        }
    }
}

/// A node's JSON with what depends on where it is.
pub(super) fn placed(meta: &Map<String, Value>, id: u64, shadow: bool) -> Map<String, Value> {
    let mut json = meta.clone();
    if shadow {
        json.insert("isShadow".into(), true.into());
    }
    json.insert("id".into(), id.into());
    json
}

/// The player's id of a node's parent, and whether the node is in that one's shadow root.
pub(super) fn place(model: &Model, ids: &Ids, node: &Node) -> (u64, bool) {
    match model.node(node.parent) {
        Some(parent) if matches!(parent.kind, Kind::ShadowRoot { .. }) => (ids.of(parent.parent), true),
        _ => (ids.of(node.parent), false),
    }
}

/// The document a node belongs to.
pub(super) fn document_of(model: &Model, id: u32) -> u32 {
    model.node(id).map_or(0, |n| n.document)
}

fn meta(model: &Model, ids: &Ids, id: u32, node: &Node, nested: bool) -> Map<String, Value> {
    let mut map = Map::new();
    let mut put = |name: &str, value: Value| drop(map.insert(name.into(), value));
    match &node.kind {
        Kind::Document => {
            put("type", 0.into());
            if node.first != 0 && (is_quirky(model, id) || is_nearly_quirky(model, id)) {
                put("compatMode", "BackCompat".into());
            }
        }
        Kind::Doctype { name, public, system } => {
            let name = if is_name(name) { name } else { "html" };
            put("type", 1.into());
            put("name", name.into());
            put("publicId", (**public).into());
            put("systemId", (**system).into());
        }
        Kind::Text { .. } => {
            put("type", 3.into());
            let nested_style = nested && model.node(node.parent).is_some_and(is_style);
            let text = if nested_style { String::new() } else { text(model, id, node) };
            put("textContent", text.into());
        }
        Kind::Element { namespace, name, .. } => {
            put("type", 2.into());
            let lower = name.to_lowercase();
            let shown = match &*lower {
                _ if is_stood_in(node) => "img",
                // A browser shows its own place for one that has nothing to show.
                "object" => "span",
                name if is_name(name) => name,
                _ => "span",
            };
            put("tagName", shown.into());
            put("attributes", attributes(model, id, node, nested).into());
            if *namespace == Namespace::Svg {
                put("isSVG", true.into());
            }
            if node.shadow != 0 {
                put("isShadowHost", true.into());
            }
            if is_custom(&lower) && model.is_defined(name) {
                put("isCustom", true.into());
            }
        }
        Kind::ShadowRoot { .. } => {}
    }
    if let Some(root) = ids.root(model, id).filter(|_| node.kind != Kind::Document) {
        put("rootId", root.into());
    }
    map
}

/// Whether a document is in quirks mode. Of one in a frame it is told by what is in it: HTML without a document type is,
/// unless it is the content of an attribute, or what a browser makes of a plain text to show it (HTML standard, section
/// 7.5.4).
fn is_quirky(model: &Model, document: u32) -> bool {
    if document == model.document() {
        return model.page().quirks;
    }
    let is_doctype = |id| model.node(id).is_some_and(|n| matches!(n.kind, Kind::Doctype { .. }));
    let frame = model.node(document).and_then(|d| model.node(d.parent));
    !model.children(document).any(is_doctype)
        && frame.is_none_or(|f| f.attribute("srcdoc").is_none())
        && model.children(document).any(|root| model.node(root).is_some_and(|n| n.name() == "html"))
        && !is_plain_text(model, document)
}

/// Whether a document is what a browser makes of a plain text: one `pre` with all of it, that breaks lines by its style, or
/// in Firefox by a style sheet of the browser's own, whose address is not recorded.
fn is_plain_text(model: &Model, document: u32) -> bool {
    let below = |of: u32, name: &str| {
        let mut all = model.children(of).filter(|id| model.node(*id).is_some_and(|n| n.name() == name));
        all.next().filter(|_| all.next().is_none())
    };
    let Some((head, body)) =
        below(document, "html").and_then(|root| below(root, "head").zip(below(root, "body")))
    else {
        return false;
    };
    let Some(pre) = below(body, "pre").filter(|pre| model.children(body).eq([*pre])) else { return false };
    let says = |id: u32, name, what: &str| {
        model.node(id).and_then(|n| n.attribute(name)).is_some_and(|value| value.contains(what))
    };
    let own_sheet = |link: u32| says(link, "rel", "stylesheet") && !says(link, "href", "");
    says(pre, "style", "pre-wrap") || below(head, "link").is_some_and(own_sheet)
}

/// Whether the page is in limited-quirks mode (HTML standard, section 13.2.6.4.1). The player makes a page so that claims to
/// be quirky and whose root element has XHTML's namespace for an attribute, by a document type of its own.
fn is_nearly_quirky(model: &Model, document: u32) -> bool {
    let is_one = |id| {
        let Some(Kind::Doctype { public, system, .. }) = model.node(id).map(|n| &n.kind) else {
            return false;
        };
        let public = public.to_ascii_lowercase();
        let begins = |with: &str| {
            ["transitional//", "frameset//"].iter().any(|kind| public.starts_with(&format!("{with}{kind}")))
        };
        begins("-//w3c//dtd xhtml 1.0 ") || !system.is_empty() && begins("-//w3c//dtd html 4.01 ")
    };
    document == model.document() && !model.page().quirks && model.children(document).any(is_one)
}

/// A text node's text: style sheets with absolute URLs, and with the rules they have by now.
pub(super) fn text(model: &Model, id: u32, node: &Node) -> String {
    let owner = model.node(node.parent).filter(|p| is_style(p));
    let Some(owner) = owner else { return node.text().into() };
    let css = match model.sheet(node.parent) {
        Some(sheet) if owner.first == id => sheet.css(),
        Some(_) => return String::new(),
        None => node.text().into(),
    };
    css::absolute(&css, &base(model, id))
}

pub(super) fn is_style(node: &Node) -> bool {
    node.name() == "style"
}

/// What relative URLs of a node are relative to, once somebody asks: few nodes have any.
pub(super) struct Base<'m> {
    model: &'m Model,
    id: u32,
    url: OnceCell<String>,
}

impl<'m> Base<'m> {
    pub(super) fn new(model: &'m Model, id: u32) -> Self {
        Self { model, id, url: OnceCell::new() }
    }

    fn get(&self) -> &str {
        self.url.get_or_init(|| base(self.model, self.id))
    }
}

/// What relative URLs of a node are relative to.
pub(super) fn base(model: &Model, id: u32) -> String {
    let document = document_of(model, id);
    let page = &model.page().url;
    let own = match model.node(document) {
        Some(node) if document != model.document() => {
            let src = model.node(node.parent).and_then(|frame| frame.attribute("src"));
            src.map_or_else(|| page.clone(), |src| url::resolve(page, src).into_owned())
        }
        _ => page.clone(),
    };
    let base = model.base_of(document).and_then(|base| model.node(base)?.attribute("href"));
    base.map_or_else(|| own.clone(), |href| url::resolve(&own, href).into_owned())
}

/// An element's attributes, with what the player understands beyond them.
pub(super) fn attributes(model: &Model, id: u32, node: &Node, nested: bool) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some((width, height)) = node.blocked {
        map.insert("class".into(), blocked_class(node).into());
        map.insert("rr_width".into(), format!("{width}px").into());
        map.insert("rr_height".into(), format!("{height}px").into());
        return map;
    }
    let base = Base::new(model, id);
    for (name, value) in node.attributes() {
        if let Some((name, value)) = clean(model, id, node, name, value, &base) {
            map.insert(name.into(), value.into());
        }
    }
    if is_stood_in(node) {
        stand_in(node, &mut map);
    } else if STOOD_IN.contains(&node.name()) {
        map.insert("data-stands-in".into(), node.name().into());
    }
    if node.name() == "html" && is_nearly_quirky(model, node.parent) {
        map.insert("xmlns".into(), "http://www.w3.org/1999/xhtml".into());
    }
    if !model.animation(id).is_empty() {
        map.insert(super::animation::MARK.into(), id.to_string().into());
    }
    // Without it, WebKit shows no frame that stands in two others.
    if node.name() == "iframe" {
        map.insert("srcdoc".into(), "".into());
    }
    form(model, node, &mut map);
    if let Some(style) = drawn(model, id, node) {
        map.insert("style".into(), style.into());
    }
    sheet(model, id, node, nested, &base, &mut map);
    layer(node, &mut map);
    media(node, &mut map);
    if nested && node.scroll != (0, 0) {
        map.insert("rr_scrollLeft".into(), node.scroll.0.into());
        map.insert("rr_scrollTop".into(), node.scroll.1.into());
    }
    map
}

/// Whether an image stands in for an element. An object without data runs nothing, and shows what is in it.
fn is_stood_in(node: &Node) -> bool {
    STOOD_IN.contains(&node.name()) && (node.name() != "object" || node.attribute("data").is_some())
}

/// What an image needs to stand in for an element that may run something: it shows what the element does if that is an
/// image, and else takes its room.
fn stand_in(node: &Node, map: &mut Map<String, Value>) {
    let kind = node.attribute("type").unwrap_or_default();
    let url = map.shift_remove("data").or_else(|| map.shift_remove("src"));
    let image = kind.starts_with("image/")
        || kind.is_empty() && url.as_ref().and_then(Value::as_str).is_some_and(url::is_image);
    let shown = url.filter(|_| image);
    if shown.is_none() {
        for (name, size) in [("width", "300"), ("height", "150")] {
            map.entry(name).or_insert(size.into());
        }
    }
    map.insert("src".into(), shown.unwrap_or_else(|| NOTHING.into()));
    map.insert("data-stands-in".into(), node.name().into());
}

pub(super) fn blocked_class(node: &Node) -> String {
    format!("{} rr-block", node.attribute("class").unwrap_or_default()).trim_start().into()
}

/// An attribute as the player may have it.
pub(super) fn clean<'n>(
    model: &Model,
    id: u32,
    node: &Node,
    name: &'n str,
    value: &str,
    base: &Base<'_>,
) -> Option<(&'n str, String)> {
    let tag = node.name();
    let lower = name.to_ascii_lowercase();
    if matches!((tag, &*lower), ("a" | "area", "href")) && url::runs_script(value) {
        return Some((name, "#".to_owned()));
    }
    let owns_sheet = tag == "link" && model.sheet(id).is_some();
    let refused = lower.starts_with("on")
        || lower.starts_with("rr_")
        || matches!((tag, &*lower), (_, "_csstext" | "srcdoc" | "ping"))
        || matches!(
            (tag, &*lower),
            ("audio" | "video", "autoplay") | ("iframe", "sandbox") | ("meta", "http-equiv")
        )
        || matches!((tag, &*lower), ("base", "href" | "target"))
        // With it the player writes a document type that is no quirk.
        || (tag == "html" && lower == "xmlns" && is_quirky(model, document_of(model, id)))
        || (owns_sheet && matches!(&*lower, "rel" | "href"))
        || url::runs_script(value);
    if refused {
        return None;
    }
    let value = match &*lower {
        "srcset" | "imagesrcset" => srcset(value, base.get()),
        "style" => css::absolute(value, base.get()),
        n if URLS.contains(&n) => {
            let url = url::resolve(base.get(), value);
            // What is drawn with a part of the page is not found at another address.
            let part = url.strip_prefix(&*model.page().url).filter(|p| p.starts_with('#') && tag == "use");
            part.map_or_else(|| url.to_string(), str::to_owned)
        }
        _ => value.into(),
    };
    let name = match (tag, &*lower) {
        ("iframe" | "frame", "src") => "rr_src",
        // When it changes, the player knows no namespace.
        (_, "xlink:href") => "href",
        _ => name,
    };
    Some((name, value))
}

/// Every candidate of a `srcset`, made absolute. URLs end at white space; a comma ends one only at its end.
fn srcset(value: &str, base: &str) -> String {
    let mut candidates = Vec::new();
    let mut rest = value.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
    while !rest.is_empty() {
        let (mut reference, mut after) =
            rest.split_at(rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len()));
        let mut descriptor = "";
        if reference.ends_with(',') {
            reference = reference.trim_end_matches(',');
        } else {
            (descriptor, after) = after.split_at(after.find(',').unwrap_or(after.len()));
        }
        candidates
            .push(format!("{} {}", url::resolve(base, reference), descriptor.trim()).trim_end().to_owned());
        rest = after.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
    }
    candidates.join(", ")
}

/// The state of form controls, which a page's attributes do not tell.
fn form(model: &Model, node: &Node, map: &mut Map<String, Value>) {
    let mut set = |name: &str, on: bool| {
        map.shift_remove(name);
        if on {
            map.insert(name.into(), true.into());
        }
    };
    match node.name() {
        "option" if node.checked.is_some() => set("selected", model.is_checked(node)),
        "input" if node.checked.is_some() => set("checked", model.is_checked(node)),
        _ => {}
    }
    match (node.name(), &node.value) {
        ("input", Some(value)) => drop(map.insert("value".into(), (**value).into())),
        ("textarea", _) => drop(map.insert("value".into(), textarea(model, node).into())),
        _ => {}
    }
}

/// The style of a canvas that shows an image: the player draws only what it may run scripts for, or once, but this goes for
/// every player.
pub(super) fn drawn(model: &Model, id: u32, node: &Node) -> Option<String> {
    let canvas = node.canvas.as_ref().filter(|_| node.name() == "canvas")?;
    let mime = match canvas.format {
        2 => "webp",
        3 => "jpeg",
        4 => "png",
        _ => return None,
    };
    let own = style(model, id, node).unwrap_or_default();
    let image = STANDARD.encode(&canvas.image);
    Some(format!(
        "{own};background-image:url(\"data:image/{mime};base64,{image}\")!important;\
         background-size:100% 100%!important;background-position:0 0!important;\
         background-repeat:no-repeat!important;background-origin:content-box!important"
    ))
}

/// An element's own style.
pub(super) fn style(model: &Model, id: u32, node: &Node) -> Option<String> {
    Some(css::absolute(node.attribute("style")?, &base(model, id)))
}

/// What a `textarea` shows.
pub(super) fn textarea(model: &Model, node: &Node) -> String {
    let mut next = node.first;
    match &node.value {
        Some(value) => value.to_string(),
        None => std::iter::from_fn(|| {
            let child = model.node(next)?;
            next = child.next;
            Some(child.text())
        })
        .collect(),
    }
}

/// The sheet of a `style` or `link` element.
fn sheet(model: &Model, id: u32, node: &Node, nested: bool, base: &Base<'_>, map: &mut Map<String, Value>) {
    let sheet = model.sheet(id);
    let text = match node.name() {
        // Spread over the text nodes, which are sent empty. One by one, they bring their text along.
        "style" if node.first != 0 => {
            let parts = model.children(id).filter_map(|c| Some(text(model, c, model.node(c)?)));
            nested.then(|| parts.collect::<Vec<_>>().join("/* rr_split */"))
        }
        "style" => sheet.map(|s| css::absolute(&s.css(), base.get())),
        "link" => {
            let own = node.attribute("href").map(|href| url::resolve(base.get(), href));
            sheet.map(|s| css::absolute(&s.css(), own.as_deref().unwrap_or(base.get())))
        }
        _ => None,
    };
    let Some(sheet) = sheet.filter(|_| !is_off(node)) else {
        if is_off(node) {
            map.insert("media".into(), "not all".into());
        }
        return text.into_iter().for_each(|t| drop(map.insert("_cssText".into(), t.into())));
    };
    if sheet.disabled {
        map.insert("media".into(), "not all".into());
    } else if !sheet.media.is_empty() {
        map.insert("media".into(), (*sheet.media).into());
    }
    text.into_iter().for_each(|t| drop(map.insert("_cssText".into(), t.into())));
}

/// Whether a `link` says that its sheet is disabled.
pub(super) fn is_off(node: &Node) -> bool {
    node.name() == "link" && node.attribute("disabled").is_some()
}

/// Dialogs and popovers that are open.
fn layer(node: &Node, map: &mut Map<String, Value>) {
    match (node.name(), node.top_layer) {
        ("dialog", 1) => {
            map.insert("open".into(), "".into());
            map.insert("rr_open_mode".into(), "modal".into());
        }
        // The player cannot show popovers; without the attribute the element is an ordinary one, and seen.
        (_, 2) => drop(map.shift_remove("popover")),
        _ => {}
    }
}

fn media(node: &Node, map: &mut Map<String, Value>) {
    let (true, Some(media)) = (matches!(node.name(), "audio" | "video"), &node.media) else { return };
    let state = if media.action == 1 { "paused" } else { "played" };
    map.insert("rr_mediaState".into(), state.into());
    map.insert("rr_mediaCurrentTime".into(), json!(f64::from(media.position) / 1000.0));
    map.insert("rr_mediaPlaybackRate".into(), json!(f64::from(media.rate) / 100.0));
    map.insert("rr_mediaMuted".into(), media.muted.into());
    map.insert("rr_mediaLoop".into(), node.attribute("loop").is_some().into());
    map.insert("rr_mediaVolume".into(), json!(f64::from(media.volume.min(100)) / 100.0));
}

/// Whether browsers make an element, or document type, of that name: they throw on others.
fn is_name(name: &str) -> bool {
    let start = |c: char| c.is_alphabetic() || c == '_';
    name.starts_with(start) && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Whether browsers define a custom element of that name: they throw on others.
pub(super) fn is_custom(name: &str) -> bool {
    const RESERVED: &[&str] = &[
        "annotation-xml",
        "color-profile",
        "font-face",
        "font-face-src",
        "font-face-uri",
        "font-face-format",
        "font-face-name",
        "missing-glyph",
    ];
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_');
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.contains('-')
        && name.bytes().all(plain)
        && !RESERVED.contains(&name)
}
