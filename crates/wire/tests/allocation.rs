//! What decoding costs in memory is bounded by what there is to decode, however hostile.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use afterimage_wire::batch::{Batch, Compression, Header};
use afterimage_wire::record::{
    AdoptedSheets, Attributes, Environment, Remove, Scrolls, StyleRule, Texts, Tree,
};
use afterimage_wire::{BatchWriter, Role, varint};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// As the document says: bytes for a byte of payload, and for a batch.
const FACTOR: usize = 64;
const FIXED: usize = 64 << 10;
/// How often a body repeats its smallest unit.
const UNITS: usize = 1 << 18;

/// Decodes and returns the most bytes that were allocated meanwhile, and whether the body was accepted.
fn cost(body: &[u8]) -> (usize, bool) {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let decoded = Batch::decode(body, 1 << 30);
    (ALLOCATOR.peak_usage() - before, decoded.is_ok())
}

/// A body whose table has one string in every role.
fn body(write: impl FnOnce(&mut BatchWriter)) -> Vec<u8> {
    let mut writer = BatchWriter::default();
    for role in Role::ALL {
        writer.reference(role, "a");
    }
    write(&mut writer);
    writer.finish_body(Header::default(), &Default::default())
}

/// One record whose body is `first` and then `unit` again and again.
fn record(kind: u32, first: &[u8], unit: &[u8]) -> Vec<u8> {
    body(|writer| {
        writer.begin(kind, 0);
        writer.raw(first);
        writer.raw(&unit.repeat(UNITS));
        writer.end();
    })
}

fn records(kind: u32, bytes: &[u8]) -> Vec<u8> {
    body(|writer| {
        for _ in 0..UNITS {
            writer.begin(kind, 0);
            writer.raw(bytes);
            writer.end();
        }
    })
}

fn strings(text: &str) -> Vec<u8> {
    body(|writer| {
        for _ in 0..UNITS {
            writer.reference(Role::Text, text);
        }
        // Sealing makes what was interned as small as it gets.
        writer.table_mut().replace(Role::Text, |_, _| Some(&text[1..]));
    })
}

/// The number of units, before and after other bytes.
fn counted(before: &[u8], after: &[u8]) -> Vec<u8> {
    let mut out = before.to_vec();
    varint::put(&mut out, UNITS as u64);
    out.extend_from_slice(after);
    out
}

#[test]
fn memory_is_bounded_by_the_payload() {
    let samples = [counted(&[], &vec![0; UNITS]), counted(&[], &[0])].concat();
    let bodies = [
        ("empty strings", strings("a")),
        ("strings of one byte", strings("ab")),
        ("strings of eight bytes", strings("abcdefghi")),
        ("records without a body", records(99, b"")),
        ("records of one byte", records(99, b"a")),
        ("large records", records(Environment::<&str>::KIND, &[0; 9])),
        ("trees of one document", records(Tree::KIND, &[1, 0, 0, 0])),
        ("documents", record(Tree::KIND, &[1], &[0, 0, 0])),
        ("documents in frames", record(Tree::KIND, &[1, 7, 0, 0, 0], &[8, 15, 0])),
        ("texts", record(Tree::KIND, &[1, 4, 0, 0, 0], &[20, 0])),
        ("elements", record(Tree::KIND, &[1, 4, 0, 0, 0], &[17, 0, 0])),
        ("attributes", record(Tree::KIND, &counted(&[1, 1, 0, 0, 0], &[]), &[0, 0])),
        ("removed nodes", record(Remove::KIND, &[], &[0])),
        ("changed attributes", record(Attributes::KIND, &[], &[0, 0, 0])),
        ("changed texts", record(Texts::KIND, &[], &[0, 0])),
        ("samples", record(Scrolls::KIND, &samples, &[0, 0])),
        ("sheets", record(AdoptedSheets::KIND, &[1], &[0])),
        ("a path", record(StyleRule::<&str>::KIND, &counted(&[1], &[0]), &[0])),
    ];
    for (what, body) in bodies {
        let (cost, accepted) = cost(&body);
        println!("{what}: {:.1} bytes a byte", cost as f64 / body.len() as f64);
        assert!(accepted, "{what}");
        assert!(cost <= body.len() * FACTOR + FIXED, "{what}: {cost} bytes for {}", body.len());
    }

    // A promise costs nothing: only what comes out of the compressed stream does.
    let header = Header { compression: Compression::DeflateRaw, payload_bytes: 1 << 30, ..Header::default() };
    let bytes = miniz_oxide::deflate::compress_to_vec(&[1; 1000], 6);
    let (cost, accepted) = cost(&[header.encode(), bytes].concat());
    assert!(!accepted && cost < FIXED, "{cost} bytes for a promise");
}
