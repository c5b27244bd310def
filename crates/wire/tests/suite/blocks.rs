//! Payloads in blocks: cut, abridged, completed.

use std::collections::HashMap;

use afterimage_wire::batch::sha256;
use afterimage_wire::blocks::{NAME_BYTES, Name, abridge, cut, names};
use afterimage_wire::{Batch, Compression, ErrorCode, Header};
use miniz_oxide::deflate::compress_to_vec;
use proptest::collection::vec;
use proptest::prelude::*;

const SITE: &str = "shop";
const LIMIT: usize = 1 << 20;

/// Bytes of a page: words that recur, numbers that do not.
fn page(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut out = Vec::new();
    while out.len() < length {
        state = state.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
        out.extend(format!("<li class=\"item n{}\">{}", state >> 29, state >> 7).bytes());
    }
    out.truncate(length);
    out
}

fn pieces(payload: &[u8]) -> Vec<&[u8]> {
    let mut start = 0;
    let piece = |end| &payload[std::mem::replace(&mut start, end)..end];
    cut(payload).into_iter().map(piece).collect()
}

/// What follows the header.
fn travelling(parts: &[u8]) -> Vec<u8> {
    compress_to_vec(parts, 6)
}

/// The body of a batch whose payload travels as `travelling`.
fn body(payload: &[u8], travelling: &[u8]) -> Vec<u8> {
    let mut header = Header { site: SITE.into(), compression: Compression::Abridged, ..Header::default() };
    header.seal(payload);
    [&header.encode(), travelling].concat()
}

fn open(body: &[u8], store: &HashMap<Name, Vec<u8>>) -> Result<Vec<u8>, ErrorCode> {
    let find = |name: &Name, out: &mut Vec<u8>| {
        store.get(name).inspect(|block| out.extend_from_slice(block)).is_some()
    };
    Batch::open(body, LIMIT, find).map(|(_, payload)| payload.into_owned()).map_err(|error| error.code)
}

/// The names of those blocks for which `known` has a `1`, of the others they begin with a zero.
fn known_of(payload: &[u8], known: &[u8]) -> Vec<u8> {
    let mut names = names(SITE, payload);
    for (number, name) in names.chunks_mut(NAME_BYTES).enumerate() {
        if known.get(number) != Some(&b'1') {
            name[0] = 0;
        }
    }
    names
}

fn store(payload: &[u8]) -> HashMap<Name, Vec<u8>> {
    let names = names(SITE, payload);
    names.as_chunks().0.iter().copied().zip(pieces(payload).into_iter().map(<[u8]>::to_vec)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blocks_are_the_payload(payload in vec(any::<u8>(), 0..40_000), zeros in 0usize..30_000) {
        let payload = [payload, vec![0; zeros]].concat();
        let pieces = pieces(&payload);
        let names = names(SITE, &payload);
        prop_assert_eq!(names.len(), pieces.len() * NAME_BYTES);
        prop_assert_eq!(&pieces.concat(), &payload);
        for (name, piece) in names.chunks(NAME_BYTES).zip(&pieces) {
            prop_assert!(piece.len() <= 8192 && !piece.is_empty());
            prop_assert_eq!(name, sha256::<NAME_BYTES>(&[b"shop\0", *piece].concat()));
        }
        prop_assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() >= 512));
    }

    #[test]
    fn what_is_abridged_is_completed(seed in any::<u32>(), length in 0usize..60_000, known in vec(b'0'..=b'1', 0..90)) {
        let payload = page(seed, length);
        let store = store(&payload);
        let body = body(&payload, &travelling(&abridge(&payload, &known_of(&payload, &known))));
        prop_assert_eq!(open(&body, &store), Ok(payload));
        prop_assert_eq!(Batch::decode(&body, LIMIT).unwrap_err().code, ErrorCode::UnknownCompression);
    }

    #[test]
    fn cuts_are_the_same_again_behind_what_differs(
        seed in any::<u32>(), at in 0usize..100_000, insert in vec(any::<u8>(), 0..200), remove in 0usize..200,
    ) {
        let before = page(seed, 100_000);
        let mut after = before.clone();
        after.splice(at..(at + remove).min(before.len()), insert);
        let known = store(&before);
        let new = store(&after).into_keys().filter(|name| !known.contains_key(name)).count();
        prop_assert!(new <= 12, "{new} of {} blocks are others", known.len());
    }

    #[test]
    fn whatever_travels_is_whole_or_refused(travelling in vec(any::<u8>(), 0..300)) {
        let payload = page(7, 600);
        let body = body(&payload, &travelling);
        prop_assert!(open(&body, &store(&payload)).is_err());
    }
}

/// Names and bytes, each behind what says so.
fn parts(names: [Name; 2]) -> Vec<u8> {
    [b"\x03hey\0", names[0].as_slice(), &[0], &names[1], b"\x02ok"].concat()
}

#[test]
fn every_way_to_be_wrong_has_its_code() {
    let blocks: Vec<Vec<u8>> = [b'a', b'b'].map(|byte| vec![byte; 600]).into();
    let [a, b]: [Name; 2] = [0, 1].map(|n| sha256(&[b"shop\0", blocks[n].as_slice()].concat()));
    let store = HashMap::from([(a, blocks[0].clone()), (b, blocks[1].clone())]);
    let payload = [b"hey", blocks.concat().as_slice(), b"ok"].concat();
    let try_with = |parts: &[u8]| open(&body(&payload, &travelling(parts)), &store);
    let right = parts([a, b]);
    assert_eq!(try_with(&right), Ok(payload.clone()));
    assert_eq!(try_with(&parts([a, [9; 8]])), Err(ErrorCode::UnknownBlock));
    assert_eq!(try_with(&parts([b, a])), Err(ErrorCode::BadDigest), "blocks in another order");
    assert_eq!(try_with(&right[..right.len() - 3]), Err(ErrorCode::Truncated), "less than the payload");
    assert_eq!(try_with(&right[..10]), Err(ErrorCode::Truncated), "half a name");
    assert_eq!(try_with(&[right.as_slice(), b"\x01y"].concat()), Err(ErrorCode::TooLarge));
    let with = |travelling: &[u8]| open(&body(&payload, travelling), &store);
    let good = travelling(&right);
    assert_eq!(with(&[good.as_slice(), b"\0"].concat()), Err(ErrorCode::TrailingBytes));
    assert_eq!(with(&good[..good.len() - 1]), Err(ErrorCode::BadCompression));
    let altered = HashMap::from([(a, vec![b'c'; 600]), (b, blocks[1].clone())]);
    assert_eq!(open(&body(&payload, &good), &altered), Err(ErrorCode::BadDigest));
}

/// A block named a thousand times, and zeros without end: neither takes more room than the payload may have.
#[test]
fn a_little_that_would_become_much_is_refused() {
    let payload = page(1, 5000);
    let block = vec![b'a'; 8192];
    let name: Name = sha256(&[b"shop\0", block.as_slice()].concat());
    let store = HashMap::from([(name, block)]);
    let many = [&[0], name.as_slice()].concat().repeat(1000);
    assert_eq!(open(&body(&payload, &travelling(&many)), &store), Err(ErrorCode::TooLarge));
    let zeros = travelling(&vec![0; 1 << 20]);
    assert_eq!(open(&body(&payload, &zeros), &store), Err(ErrorCode::TooLarge));
    let mut header = Header { site: SITE.into(), compression: Compression::Abridged, ..Header::default() };
    header.payload_bytes = 1 << 30;
    assert_eq!(open(&[header.encode(), zeros].concat(), &store), Err(ErrorCode::TooLarge));
}

#[test]
fn the_example_in_the_document_is_one() {
    let document = include_str!("../../FORMAT.md");
    let section = document.split_once("\n## Abridged\n").unwrap().1;
    let example = section.split_once("```text\n").unwrap().1.split_once("```").unwrap().0;
    let bytes: Vec<u8> = example
        .lines()
        .flat_map(|line| line.split("  ").next().unwrap().split_whitespace())
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect();
    let blocks: Vec<Vec<u8>> = [b'a', b'b'].map(|byte| vec![byte; 600]).into();
    let name = |block: &Vec<u8>| sha256(&[b"shop\0", block.as_slice()].concat());
    let store = blocks.iter().map(|block| (name(block), block.clone())).collect();
    let payload = [b"hey", blocks.concat().as_slice(), b"ok"].concat();
    let names: Vec<Name> = blocks.iter().map(name).collect();
    assert!(open(&body(&payload, &bytes), &store) == Ok(payload), "the names are {names:02x?}");
}
