//! Blocks: a payload in pieces cut by what is in them, each with a name, so that what a collector has got of other
//! visitors need not travel again.

use alloc::vec::Vec;

use crate::{sha256, varint};

/// Bytes of a block's name.
pub const NAME_BYTES: usize = 8;
/// Payloads shorter than this are not worth asking about.
pub const LEAST_PAYLOAD: usize = 16 << 10;
/// Shortest block but for a payload's last, and longest. On average it is a kilobyte longer than the shortest.
pub const LEAST_BLOCK: usize = 512;
const MOST_BLOCK: usize = 8 << 10;

/// A block's name: the first bytes of SHA-256 of the site's name, a zero, and the block.
pub type Name = [u8; NAME_BYTES];

/// Where the blocks of a payload end: after bytes of which a sum over the last 32 is small, so that the cuts are the same
/// again soon behind whatever differs.
#[inline(never)]
pub fn cut(payload: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let (mut length, mut sum) = (0, 0u32);
    for (at, byte) in payload.iter().enumerate() {
        sum = (sum << 1).wrapping_add((u32::from(*byte) + 1).wrapping_mul(0x9e37_79b1));
        length += 1;
        if length >= LEAST_BLOCK && sum < 1 << 22 || length >= MOST_BLOCK || at + 1 == payload.len() {
            ends.push(at + 1);
            (length, sum) = (0, 0);
        }
    }
    ends
}

/// The names of a payload's blocks, end to end.
pub fn names(site: &str, payload: &[u8]) -> Vec<u8> {
    let mut names = Vec::new();
    let mut start = 0;
    for end in cut(payload) {
        let block = payload.get(start..end).unwrap_or_default();
        let hash = sha256::digest(&[site.as_bytes(), &[0], block]);
        names.extend_from_slice(hash.get(..NAME_BYTES).unwrap_or_default());
        start = end;
    }
    names
}

/// What becomes of a payload, before compression, when its blocks are named only, but for those whose name begins with a zero.
pub fn abridge(payload: &[u8], names: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut start = 0;
    for (end, name) in cut(payload).iter().zip(names.as_chunks::<NAME_BYTES>().0) {
        let mut bytes = payload.get(start..*end).unwrap_or_default();
        let mut length = bytes.len() as u64;
        if !name.starts_with(&[0]) {
            (bytes, length) = (name, 0);
        }
        varint::put(&mut out, length);
        out.extend_from_slice(bytes);
        start = *end;
    }
    out
}
