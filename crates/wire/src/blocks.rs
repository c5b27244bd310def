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

/// A piece of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Where it ends; it begins where the one before does.
    pub end: usize,
    /// Its name.
    pub name: Name,
}

/// Cuts a payload into blocks: after bytes of which a sum over the last 32 is small, so that the cuts are the same again
/// soon behind whatever differs.
pub fn cut(site: &str, payload: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut start, mut sum) = (0, 0u32);
    for (at, byte) in payload.iter().enumerate() {
        sum = (sum << 1).wrapping_add((u32::from(*byte) + 1).wrapping_mul(0x9e37_79b1));
        let end = at + 1;
        let length = end - start;
        if length >= LEAST_BLOCK && sum < 1 << 22 || length >= MOST_BLOCK || end == payload.len() {
            let block = payload.get(start..end).unwrap_or_default();
            let hash = sha256::digest(&[site.as_bytes(), &[0], block]);
            blocks.push(Block { end, name: hash.first_chunk().copied().unwrap_or_default() });
            (start, sum) = (end, 0);
        }
    }
    blocks
}

/// The payload as it travels abridged, but for the compression of its last part, which `deflate` does: the blocks of
/// which `known` has a bit, least significant first, are named only.
pub fn abridge(payload: &[u8], blocks: &[Block], known: &[u8], deflate: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (mut names, mut rest) = (Vec::new(), Vec::new());
    // Blocks named since the last bytes, where what is not named begins, and where this block does.
    let (mut run, mut from, mut start) = (0, 0, 0);
    let mut put = |run: u64, bytes: &[u8]| {
        varint::put(&mut rest, run);
        varint::put(&mut rest, bytes.len() as u64);
        rest.extend_from_slice(bytes);
    };
    for (number, block) in blocks.iter().enumerate() {
        if known.get(number / 8).is_some_and(|bits| bits >> (number % 8) & 1 != 0) {
            if start > from {
                put(run, payload.get(from..start).unwrap_or_default());
                run = 0;
            }
            names.extend_from_slice(&block.name);
            run += 1;
            from = block.end;
        }
        start = block.end;
    }
    put(run, payload.get(from..).unwrap_or_default());
    let mut out = Vec::new();
    varint::put(&mut out, names.len() as u64);
    out.extend_from_slice(&names);
    varint::put(&mut out, rest.len() as u64);
    out.extend(deflate(&rest));
    out
}
