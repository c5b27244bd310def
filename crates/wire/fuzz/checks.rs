//! What fuzzing checks, and what tests on stable check for the saved inputs.

use std::borrow::Cow;
use std::cell::OnceCell;

use afterimage_wire::batch::{Batch, Compression, Header, sha256};
use afterimage_wire::blocks::Name;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::any;

/// Bytes a payload may have.
pub const LIMIT: usize = 1 << 20;

/// The bytes as a body, or, where they begin like a payload, behind a header with a digest that no fuzzer can guess.
pub fn body(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.first().is_none_or(|first| first % 2 == 0 || *first == b'A') {
        return Cow::Borrowed(bytes);
    }
    let mut header = Header::default();
    header.seal(bytes);
    Cow::Owned([&header.encode(), bytes].concat())
}

/// Any bytes are refused or a batch; a batch encodes, and decodes to itself again.
pub fn decode(bytes: &[u8]) {
    let Ok(batch) = Batch::decode(bytes, LIMIT) else { return };
    let body = any::encode(&batch);
    let again = Batch::decode(&body, LIMIT).unwrap();
    assert_eq!((&again.policy, &again.records), (&batch.policy, &batch.records));
    // Strings may have been doubled or out of order before, but not any more.
    assert_eq!(any::encode(&again), body);
}

/// Any bytes as what follows the header of an abridged batch, whose payload has as many bytes as the first two say: they are
/// refused, and nothing larger than the payload is made of them on the way.
pub fn open(bytes: &[u8]) {
    let Some((length, travelled)) = bytes.split_first_chunk() else { return };
    let payload_bytes = u32::from(u16::from_le_bytes(*length));
    let header = Header { compression: Compression::Abridged, payload_bytes, ..Header::default() };
    let mut most = 0;
    let find = |name: &Name, out: &mut Vec<u8>| {
        most = most.max(out.len());
        out.resize(out.len() + usize::from(name[0]) * 32, name[1]);
        name[2] != 0xff
    };
    let error = Batch::open(&[header.encode().as_slice(), travelled].concat(), LIMIT, find).unwrap_err();
    assert!(most <= payload_bytes as usize, "{most} bytes, {error}");
}

/// A header that is accepted has no other encoding.
pub fn header(bytes: &[u8]) {
    if let Ok((header, payload)) = Header::decode(bytes) {
        assert_eq!([&header.encode(), payload].concat(), bytes);
    }
}

/// A batch drawn from the bytes survives encoding, and each of its bytes counts.
pub fn roundtrip(bytes: &[u8]) {
    thread_local!(static BATCHES: OnceCell<BoxedStrategy<Batch>> = const { OnceCell::new() });
    // Drawn from the bytes' digest: passed on as they are they end in zeros, on which some drawing never ends.
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &sha256::<32>(bytes));
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let tree = BATCHES.with(|batches| batches.get_or_init(any::batch).new_tree(&mut runner));
    let Ok(tree) = tree else { return };
    let mut batch = tree.current();
    let mut body = any::encode(&batch);
    let decoded = Batch::decode(&body, LIMIT).unwrap();
    batch.header.payload_bytes = decoded.header.payload_bytes;
    batch.header.digest = decoded.header.digest;
    assert_eq!(batch.header.compression, Compression::None);
    assert_eq!(decoded, batch);
    let at = bytes.iter().fold(0, |at, byte| (at << 8 | usize::from(*byte)) % body.len());
    body[at] ^= 1;
    assert!(Batch::decode(&body, LIMIT).is_err());
}
