//! Payloads in blocks: cut, abridged, completed.

use std::collections::HashMap;

use afterimage_wire::batch::sha256;
use afterimage_wire::blocks::{Block, NAME_BYTES, Name, abridge, cut};
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

fn pieces<'a>(payload: &'a [u8], blocks: &[Block]) -> Vec<&'a [u8]> {
    let mut start = 0;
    let piece = |block: &Block| {
        let piece = &payload[start..block.end];
        start = block.end;
        piece
    };
    blocks.iter().map(piece).collect()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, 6)
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

fn store(payload: &[u8]) -> HashMap<Name, Vec<u8>> {
    let blocks = cut(SITE, payload);
    blocks.iter().zip(pieces(payload, &blocks)).map(|(block, piece)| (block.name, piece.to_vec())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn blocks_are_the_payload(payload in vec(any::<u8>(), 0..40_000), zeros in 0usize..30_000) {
        let payload = [payload, vec![0; zeros]].concat();
        let blocks = cut(SITE, &payload);
        let pieces = pieces(&payload, &blocks);
        prop_assert_eq!(&pieces.concat(), &payload);
        for (block, piece) in blocks.iter().zip(&pieces) {
            prop_assert!(piece.len() <= 8192 && !piece.is_empty());
            prop_assert_eq!(block.name, sha256::<NAME_BYTES>(&[b"shop\0", *piece].concat()));
        }
        prop_assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() >= 512));
    }

    #[test]
    fn what_is_abridged_is_completed(seed in any::<u32>(), length in 0usize..60_000, known in vec(any::<u8>(), 0..12)) {
        let payload = page(seed, length);
        let store = store(&payload);
        let body = body(&payload, &abridge(&payload, &cut(SITE, &payload), &known, deflate));
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
        let new = cut(SITE, &after).iter().filter(|block| !known.contains_key(&block.name)).count();
        prop_assert!(new <= 12, "{new} of {} blocks are others", known.len());
    }

    #[test]
    fn whatever_travels_is_whole_or_refused(travelling in vec(any::<u8>(), 0..300)) {
        let payload = page(7, 600);
        let body = body(&payload, &travelling);
        prop_assert!(open(&body, &store(&payload)).is_err());
    }
}

fn travelling(names: &[Name], promised: u8, rest: &[u8]) -> Vec<u8> {
    [&[names.len() as u8 * 8], names.concat().as_slice(), &[promised], &deflate(rest)].concat()
}

#[test]
fn every_way_to_be_wrong_has_its_code() {
    let blocks: Vec<Vec<u8>> = [b'a', b'b'].map(|byte| vec![byte; 600]).into();
    let names: Vec<Name> =
        blocks.iter().map(|block| sha256(&[b"shop\0", block.as_slice()].concat())).collect();
    let store: HashMap<Name, Vec<u8>> = names.iter().copied().zip(blocks.iter().cloned()).collect();
    let payload = [b"hey", blocks.concat().as_slice(), b"ok"].concat();
    let right: &[u8] = b"\x00\x03hey\x02\x02ok";
    let try_with = |names: &[Name], promised, rest: &[u8]| {
        open(&body(&payload, &travelling(names, promised, rest)), &store)
    };
    assert_eq!(try_with(&names, 9, right), Ok(payload.clone()));
    assert_eq!(try_with(&[names[0], [9; 8]], 9, right), Err(ErrorCode::UnknownBlock));
    assert_eq!(
        try_with(&[names[1], names[0]], 9, right),
        Err(ErrorCode::BadDigest),
        "blocks in another order"
    );
    assert_eq!(try_with(&names, 9, b"\x00\x03hey\x03\x02ok"), Err(ErrorCode::BadReference));
    assert_eq!(try_with(&names, 9, b"\x00\x03hey\x01\x02ok"), Err(ErrorCode::TrailingBytes));
    assert_eq!(try_with(&names, 8, b"\x00\x03hey\x02\x01o"), Err(ErrorCode::Truncated));
    assert_eq!(try_with(&names, 10, right), Err(ErrorCode::BadCompression));
    assert_eq!(try_with(&names, 11, b"\x00\x03hey\x02\x04okay"), Err(ErrorCode::TooLarge));
    assert_eq!(try_with(&names, 5, right), Err(ErrorCode::TooLarge), "more than was promised");
    let odd = [&[15], names.concat().as_slice().split_last().unwrap().1, &[9], &deflate(right)].concat();
    assert_eq!(open(&body(&payload, &odd), &store), Err(ErrorCode::BadValue));
    let more = [travelling(&names, 9, right), vec![0]].concat();
    assert_eq!(open(&body(&payload, &more), &store), Err(ErrorCode::TrailingBytes));
    let altered = HashMap::from([(names[0], vec![b'c'; 600]), (names[1], blocks[1].clone())]);
    assert_eq!(open(&body(&payload, &travelling(&names, 9, right)), &altered), Err(ErrorCode::BadDigest));
}

/// A block named a thousand times, and a rest of zeros: neither takes more room than the payload may have.
#[test]
fn a_little_that_would_become_much_is_refused() {
    let payload = page(1, 5000);
    let block = vec![b'a'; 8192];
    let name: Name = sha256(&[b"shop\0", block.as_slice()].concat());
    let store = HashMap::from([(name, block)]);
    let names = vec![name; 1000].concat();
    let many = [&[0xc0, 0x3e], names.as_slice(), &[3], &deflate(b"\xe8\x07\x00")].concat();
    assert_eq!(open(&body(&payload, &many), &store), Err(ErrorCode::TooLarge));
    let rest = deflate(&vec![0; 1 << 20]);
    let zeros = [&[0, 0x80, 0x80, 0x40], rest.as_slice()].concat();
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
