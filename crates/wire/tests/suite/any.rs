//! Any batch: strategies for every record, with a taste for edges.

use afterimage_wire::batch::{Batch, Header, PolicyReport, Timed};
use afterimage_wire::record::*;
use afterimage_wire::tree::{Entry, Namespace, Node, Place};
use afterimage_wire::{BatchWriter, Record, Text};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// The body that an encoder makes of a batch, not compressed.
pub fn encode(batch: &Batch) -> Vec<u8> {
    let mut writer = BatchWriter::default();
    for timed in &batch.records {
        timed.record.encode(&mut writer, timed.time_ms);
    }
    writer.finish_body(batch.header.clone(), &batch.policy)
}

pub fn uint() -> BoxedStrategy<u32> {
    prop_oneof![4 => 0..300u32, 1 => any::<u32>(), 1 => Just(u32::MAX)].boxed()
}

fn int() -> BoxedStrategy<i32> {
    prop_oneof![4 => -300..300i32, 1 => any::<i32>(), 1 => prop::sample::select(vec![i32::MIN, i32::MAX])]
        .boxed()
}

/// Mostly strings that meet again: presets, names that choose a role, blanks, nothing at all.
pub fn text() -> BoxedStrategy<Text> {
    let known = ["", " ", "\n\t", "div", "title", "style", "href", "class", "data-x", "π", "a\0b", "🎈🎈"];
    prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(Text::from), 1 => ".{0,40}".prop_map(Text::from)]
        .boxed()
}

trait Any: Sized {
    fn strategy() -> BoxedStrategy<Self>;
}
impl Any for u32 {
    fn strategy() -> BoxedStrategy<Self> {
        uint()
    }
}
impl Any for i32 {
    fn strategy() -> BoxedStrategy<Self> {
        int()
    }
}
impl Any for bool {
    fn strategy() -> BoxedStrategy<Self> {
        any::<bool>().boxed()
    }
}
impl Any for Vec<u8> {
    fn strategy() -> BoxedStrategy<Self> {
        vec(any::<u8>(), 0..300).boxed()
    }
}
impl Any for Text {
    fn strategy() -> BoxedStrategy<Self> {
        text()
    }
}

/// A strategy a record whose fields simply follow each other. Every field is named, so that none is forgotten.
macro_rules! plain {
    ($($name:ident { $($field:ident)* })*) => {
        fn plain() -> Vec<BoxedStrategy<Record>> {
            vec![$(
                ($(any_field(stringify!($field)),)*)
                    .prop_map(|($($field,)*)| Record::$name($name { $($field),* }))
                    .boxed(),
            )*]
        }
    };
}

fn any_field<T: Any>(_name: &str) -> BoxedStrategy<T> {
    T::strategy()
}

plain! {
    PageView { url referrer title index width height visits }
    Environment { browser os languages time_zone screen_width screen_height pixel_ratio flags recorder }
    Snapshot { epoch flags width height url }
    SnapshotEnd { nodes }
    FormState { node flags value }
    Pointer { action device button node x y id }
    Resize { width height }
    VisualViewport { scale left top }
    Focus { node gained }
    Key { category node }
    Lifecycle { state }
    Navigation { how url }
    Title { title }
    StyleSheet { sheet css media disabled }
    Submit { node fields filled state elapsed }
    Media { node action position volume muted rate }
    Fault { source message url line column }
    Custom { name payload }
    Vital { metric value }
    Contact { scheme node }
    Detail { level }
    Stop { reason code }
    Blocked { node width height }
    Transfer { action node }
    Selection { start start_offset end end_offset }
    TopLayer { node state }
    Defined { name }
    Policy { json }
    Font { css }
    Canvas { node width height format image }
    Animation { node json }
    Console { level message }
    Request { url initiator start duration status bytes }
    Frame { node other }
    Hit { node sign left top }
    Image { node width height }
}

fn node() -> BoxedStrategy<Node> {
    let namespace = prop::sample::select(vec![Namespace::Html, Namespace::Svg, Namespace::MathMl]);
    prop_oneof![
        Just(Node::Document),
        (namespace, text(), vec((text(), text()), 0..5))
            .prop_map(|(namespace, name, attributes)| Node::Element { namespace, name, attributes }),
        text().prop_map(Node::Text),
        text().prop_map(Node::Css),
        (text(), text(), text()).prop_map(|(name, public, system)| Node::Doctype { name, public, system }),
        any::<bool>().prop_map(|closed| Node::ShadowRoot { closed }),
        uint().prop_map(Node::Existing),
    ]
    .boxed()
}

fn place() -> BoxedStrategy<Place> {
    prop_oneof![
        (uint(), uint()).prop_map(|(parent, previous)| Place::At { parent, previous }),
        Just(Place::Child),
        uint().prop_map(Place::After),
    ]
    .boxed()
}

/// Entries in any order, each in a place that the format allows there.
fn entries() -> BoxedStrategy<Vec<Entry>> {
    vec((place(), node(), uint()), 0..20)
        .prop_map(|drawn| {
            let mut entries: Vec<Entry> = Vec::new();
            for (place, node, parent) in drawn {
                let before = entries.last().map(|entry| &entry.node);
                let root = matches!(node, Node::Document | Node::ShadowRoot { .. });
                let leaf = matches!(before, Some(Node::Text(_) | Node::Css(_) | Node::Doctype { .. }));
                let host = matches!(before, Some(Node::Element { .. } | Node::Existing(_)));
                let place = match place {
                    Place::Child if before.is_some() && !leaf && (!root || host) => place,
                    Place::After(_) if before.is_some() && !root => place,
                    _ => Place::At { parent, previous: 0 },
                };
                entries.push(Entry { place, node });
            }
            entries
        })
        .boxed()
}

fn samples() -> BoxedStrategy<Vec<Sample>> {
    let sample = (uint(), 0..3u32, int(), int());
    vec(sample.prop_map(|(after_ms, node, x, y)| Sample { after_ms, node, x, y }), 0..20).boxed()
}

fn repeating() -> Vec<BoxedStrategy<Record>> {
    let change = (uint(), text(), option::of(text()));
    let new_text = (uint(), text(), any::<bool>());
    vec![
        (uint(), entries()).prop_map(|(first, entries)| Record::Tree(Tree { first, entries })).boxed(),
        vec(uint(), 0..9).prop_map(|nodes| Record::Remove(Remove { nodes })).boxed(),
        vec(change, 0..9).prop_map(|changes| Record::Attributes(Attributes { changes })).boxed(),
        vec(new_text, 0..9).prop_map(|changes| Record::Texts(Texts { changes })).boxed(),
        samples().prop_map(|samples| Record::Scrolls(Scrolls { samples })).boxed(),
        (uint(), uint(), samples())
            .prop_map(|(device, id, samples)| Record::Moves(Moves { device, id, samples }))
            .boxed(),
        (uint(), vec(uint(), 0..9))
            .prop_map(|(root, sheets)| Record::AdoptedSheets(AdoptedSheets { root, sheets }))
            .boxed(),
        (uint(), vec(uint(), 0..4), option::of(text()))
            .prop_map(|(sheet, path, rule)| Record::StyleRule(StyleRule { sheet, path, rule }))
            .boxed(),
        // Number 0 and all from 36 on have no meaning yet.
        (prop_oneof![Just(0), 36..=u32::MAX], vec(any::<u8>(), 0..30))
            .prop_map(|(kind, body)| Record::Unknown(Unknown { kind, body }))
            .boxed(),
    ]
}

pub fn record() -> BoxedStrategy<Record> {
    prop::strategy::Union::new(plain().into_iter().chain(repeating())).boxed()
}

fn header() -> BoxedStrategy<Header> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), any::<[u8; 16]>());
    (ids, (uint(), uint(), uint()), any::<(u64, u64)>(), "[a-zé]{0,20}")
        .prop_map(
            |((session, page_view, previous), (sequence, epoch, flags), (origin_ms, sealed_ms), site)| {
                Header {
                    session,
                    page_view,
                    previous,
                    sequence,
                    epoch,
                    flags,
                    origin_ms,
                    sealed_ms,
                    site,
                    ..Header::default()
                }
            },
        )
        .boxed()
}

fn policy() -> BoxedStrategy<PolicyReport> {
    (any::<[u8; 16]>(), prop::collection::btree_map(uint(), 1..u32::MAX, 0..9))
        .prop_map(|(policy, withheld)| PolicyReport { policy, withheld: withheld.into_iter().collect() })
        .boxed()
}

/// A batch as it is before it was encoded: without sizes and digest.
pub fn batch() -> BoxedStrategy<Batch> {
    let timed = (uint(), record()).prop_map(|(time_ms, record)| Timed { time_ms, record });
    (header(), policy(), vec(timed, 0..30))
        .prop_map(|(header, policy, records)| Batch { header, policy, records })
        .boxed()
}
