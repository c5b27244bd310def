//! Synchronous DEFLATE ([RFC 1951](https://www.rfc-editor.org/rfc/rfc1951)): hash chains, lazy matching, one Huffman table a
//! block. What a crate does with levels, flush modes and streaming is left out.
//!
//! The batch that leaves with the page cannot wait for a promise, and for the others the browser's `CompressionStream` takes
//! more of the main thread than this; `cargo xtask compression` measures it beside others.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Matches lie closer than this, so that no position shares its slot of the chain with the one it continues.
const WINDOW: usize = 1 << 15;
const SLOTS: usize = 1 << 15;
const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 258;
/// Candidates tried for a position.
const DEPTH: u32 = 24;
/// A match this long is taken without looking for a better one a byte later.
const GOOD_MATCH: usize = 32;
/// Parts a block: its codes follow the data about that fast.
const BLOCK_PARTS: usize = 1 << 14;

const END_OF_BLOCK: Part = 256;
/// Bytes, the end of a block, lengths.
const LITERALS: usize = 286;
/// And 30 distances, numbered on.
const ALPHABET: usize = LITERALS + 30;
/// The order in which the lengths of the code-length code are written.
const LENGTH_ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// `input` compressed, without any wrapper: what `DecompressionStream("deflate-raw")` takes.
pub fn deflate_raw(input: &[u8]) -> Vec<u8> {
    let mut bits = Bits { out: Vec::with_capacity(input.len() / 3 + 64), held: 0, count: 0 };
    let mut matcher = Matcher { input, next: 0, heads: vec![0; SLOTS], chain: vec![0; WINDOW] };
    let mut block = Block { parts: Vec::with_capacity(BLOCK_PARTS + 3), start: 0 };
    let mut at = 0;
    let mut found = matcher.find(at, MIN_MATCH - 1);
    while let Some(byte) = input.get(at) {
        let better = match found.length {
            0 | GOOD_MATCH.. => Match::NONE,
            length => matcher.find(at + 1, length),
        };
        if found.length == 0 || better.length > 0 {
            block.parts.push(Part::from(*byte));
            at += 1;
        } else {
            block.parts.push(length_part(found.length as u32));
            block.parts.push(bucket(LITERALS as u32, found.distance as u32 - 1, 1));
            at += found.length;
        }
        found = if better.length > 0 { better } else { matcher.find(at, MIN_MATCH - 1) };
        if block.parts.len() >= BLOCK_PARTS {
            block.finish(&mut bits, input, at, false);
        }
    }
    block.finish(&mut bits, input, at, true);
    bits.align();
    bits.out
}

/// Bytes that occurred before: none when `length` is 0.
#[derive(Clone, Copy)]
struct Match {
    length: usize,
    distance: usize,
}

impl Match {
    const NONE: Self = Self { length: 0, distance: 0 };
}

/// Finds earlier occurrences through chains of positions that start with the same bytes.
struct Matcher<'a> {
    input: &'a [u8],
    /// First position that is not in the chains yet.
    next: usize,
    /// Latest position + 1 for each hash; 0 for none.
    heads: Vec<u32>,
    /// For each position, modulo the window, the one before with the same hash, + 1.
    chain: Vec<u32>,
}

impl Matcher<'_> {
    /// The longest match for what starts at `at`, if it is longer than `floor`.
    fn find(&mut self, at: usize, mut floor: usize) -> Match {
        self.insert_through(at);
        let mut best = Match::NONE;
        let ahead = self.input.get(at..).unwrap_or(&[]);
        let ahead = ahead.get(..MAX_MATCH).unwrap_or(ahead);
        let mut candidate = self.chained(at);
        for _ in 0..DEPTH {
            let Some(earlier) = candidate.checked_sub(1) else { break };
            let distance = at - earlier;
            // Nothing longer than `floor` is left, or the chain leaves the window.
            let Some(last) = ahead.get(floor) else { break };
            if distance >= WINDOW {
                break;
            }
            if self.input.get(earlier + floor) == Some(last) {
                let length = common(ahead, self.input.get(earlier..).unwrap_or(&[]));
                if length > floor {
                    best = Match { length, distance };
                    floor = length;
                }
            }
            candidate = self.chained(earlier);
        }
        best
    }

    fn chained(&self, at: usize) -> usize {
        self.chain.get(at % WINDOW).map_or(0, |p| *p as usize)
    }

    /// Puts every position up to and including `last` into the chains.
    fn insert_through(&mut self, last: usize) {
        while self.next <= last {
            let at = self.next;
            self.next += 1;
            let Some(bytes) = self.input.get(at..).and_then(|rest| rest.first_chunk()) else {
                if let Some(slot) = self.chain.get_mut(at % WINDOW) {
                    *slot = 0;
                }
                continue;
            };
            let hash = u32::from_le_bytes(*bytes).wrapping_mul(0x9e37_79b1) >> 17;
            if let (Some(head), Some(slot)) =
                (self.heads.get_mut(hash as usize % SLOTS), self.chain.get_mut(at % WINDOW))
            {
                *slot = *head;
                *head = at as u32 + 1;
            }
        }
    }
}

/// How many bytes `a` and `b` have in common at their start.
fn common(a: &[u8], b: &[u8]) -> usize {
    let mut length = 0;
    for (x, y) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let differing = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differing != 0 {
            return length + differing.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let tail = a.iter().zip(b).skip(length);
    length + tail.take_while(|(x, y)| x == y).count()
}

/// What is written with one code: symbol | number of extra bits << 9 | their value << 16.
type Part = u32;

/// Puts `value` into one of the groups of 2^`fine` symbols of the same width that lengths (4) and distances (2) form.
fn bucket(first: u32, value: u32, fine: u32) -> Part {
    let extra = (value | 1).ilog2().saturating_sub(fine);
    let symbol = first + (extra << fine) + (value >> extra);
    symbol | extra << 9 | (value & ((1 << extra) - 1)) << 16
}

fn length_part(length: u32) -> Part {
    if length == MAX_MATCH as u32 { 285 } else { bucket(257, length - 3, 2) }
}

/// What stands for the input from `start` on.
struct Block {
    parts: Vec<Part>,
    start: usize,
}

impl Block {
    /// Writes the block, which stands for `input` up to `end`, and starts the next one.
    fn finish(&mut self, bits: &mut Bits, input: &[u8], end: usize, last: bool) {
        self.parts.push(END_OF_BLOCK);
        let raw = input.get(self.start..end).unwrap_or(&[]);
        let before = (bits.out.len(), bits.held, bits.count);
        self.write(bits, last);
        if bits.out.len() > before.0 + raw.len() + raw.len() / 0xffff * 5 + 5 {
            bits.out.truncate(before.0);
            (bits.held, bits.count) = (before.1, before.2);
            bits.stored(raw, last);
        }
        self.parts.clear();
        self.start = end;
    }

    /// Writes the parts with the codes that suit them.
    fn write(&self, bits: &mut Bits, last: bool) {
        let codes = Code::tables(&self.parts, [LITERALS, ALPHABET - LITERALS], 15);
        let mut runs = Vec::with_capacity(ALPHABET);
        for run in codes.chunk_by(|a, b| a.length == b.length) {
            put_run(&mut runs, run.first().map_or(0, |code| code.length), run.len() as u32);
        }
        let run_codes = Code::tables(&runs, [LENGTH_ORDER.len(), 0], 7);
        // A block with codes of its own, all of whose lengths are written: zeros at the end cost next to nothing.
        bits.put(u32::from(last) | 2 << 1, 3);
        bits.put(LITERALS as u32 - 257, 5);
        bits.put((ALPHABET - LITERALS) as u32 - 1, 5);
        bits.put(LENGTH_ORDER.len() as u32 - 4, 4);
        for symbol in LENGTH_ORDER {
            bits.put(run_codes.get(usize::from(symbol)).map_or(0, |code| code.length), 3);
        }
        bits.parts(&runs, &run_codes);
        bits.parts(&self.parts, &codes);
    }
}

/// `count` times the same length, as parts with symbols of the code-length alphabet.
fn put_run(runs: &mut Vec<Part>, length: u32, mut count: u32) {
    let mut repeating = false;
    while count > 0 {
        let (symbol, extra, least, most) = match (length, count) {
            (0, 11..) => (18, 7, 11, 138),
            (0, 3..) => (17, 3, 3, 10),
            (1.., 3..) if repeating => (16, 2, 3, 6),
            _ => (length, 0, 1, 1),
        };
        let taken = count.min(most);
        runs.push(symbol | extra << 9 | (taken - least) << 16);
        count -= taken;
        repeating = true;
    }
}

/// How a symbol is written.
#[derive(Clone, Copy, Default)]
struct Code {
    /// In the order in which the format sends them.
    bits: u32,
    /// How many; 0 for a symbol that does not occur.
    length: u32,
}

impl Code {
    /// The codes for `parts`: those of a first alphabet, then those of a second one.
    fn tables(parts: &[Part], sizes: [usize; 2], limit: u32) -> [Self; ALPHABET] {
        let mut counts = [0; ALPHABET];
        for part in parts {
            if let Some(count) = counts.get_mut((part & 511) as usize) {
                *count += 1;
            }
        }
        let mut codes = [Self::default(); ALPHABET];
        let (mut counts, mut rest) = (&mut counts[..], &mut codes[..]);
        for size in sizes {
            let (Some(own), Some(own_codes)) = (counts.split_off_mut(..size), rest.split_off_mut(..size))
            else {
                break;
            };
            Self::assign(own_codes, own, limit);
        }
        codes
    }

    /// The canonical Huffman code for symbols that occur so often, none longer than `limit` bits.
    fn assign(codes: &mut [Self], counts: &mut [u32], limit: u32) {
        while huffman(codes, counts) > limit {
            for count in counts.iter_mut() {
                *count = count.div_ceil(2); // flatter counts make a flatter tree
            }
        }
        let mut next = 0u32;
        for length in 1..=limit {
            next <<= 1;
            for code in codes.iter_mut().filter(|code| code.length == length) {
                code.bits = next.reverse_bits() >> (32 - length);
                next += 1;
            }
        }
    }
}

/// Sets code lengths by Huffman's algorithm and returns the longest. At least two symbols get a code, since some
/// decoders refuse less.
fn huffman(codes: &mut [Code], counts: &[u32]) -> u32 {
    let key = |count: u32, node: usize| Reverse(count << 10 | node as u32);
    let mut heap = BinaryHeap::with_capacity(ALPHABET);
    for (symbol, count) in counts.iter().enumerate().rev() {
        if *count > 0 || symbol + heap.len() < 2 {
            heap.push(key(*count, symbol));
        }
    }
    // Nodes are numbered leaves first. Above a node is always a later one, above the root none.
    let mut links = [0u16; 2 * ALPHABET];
    let mut node = counts.len();
    while let (Some(Reverse(a)), Some(Reverse(b))) = (heap.pop(), heap.pop()) {
        for child in [a, b] {
            if let Some(above) = links.get_mut(child as usize & 1023) {
                *above = node as u16;
            }
        }
        heap.push(key((a >> 10) + (b >> 10), node));
        node += 1;
    }
    // From the root down, each link to the node above gives way to the depth.
    for child in (0..node).rev() {
        let above = links.get(child).map_or(0, |above| usize::from(*above));
        let depth = if above == 0 { 0 } else { links.get(above).map_or(0, |depth| depth + 1) };
        if let Some(link) = links.get_mut(child) {
            *link = depth;
        }
    }
    let mut longest = 0;
    for (code, depth) in codes.iter_mut().zip(links) {
        code.length = u32::from(depth);
        longest = longest.max(code.length);
    }
    longest
}

/// Bits, least significant first.
struct Bits {
    out: Vec<u8>,
    held: u64,
    /// How many bits `held` holds: under 32 between calls.
    count: u32,
}

impl Bits {
    /// Appends the lowest `count` bits of `value`, at most 32, which has no others.
    fn put(&mut self, value: u32, count: u32) {
        self.held |= u64::from(value) << self.count;
        self.count += count;
        if self.count >= 32 {
            self.out.extend_from_slice(&(self.held as u32).to_le_bytes());
            self.held >>= 32;
            self.count -= 32;
        }
    }

    /// Appends parts, each with its code.
    fn parts(&mut self, parts: &[Part], codes: &[Code]) {
        for part in parts {
            if let Some(code) = codes.get((part & 511) as usize) {
                self.put(code.bits | (part >> 16) << code.length, code.length + (part >> 9 & 15));
            }
        }
    }

    /// Fills up the last byte with zeros.
    fn align(&mut self) {
        let bytes = self.count.div_ceil(8) as usize;
        self.out.extend(self.held.to_le_bytes().iter().take(bytes));
        (self.held, self.count) = (0, 0);
    }

    /// Stored blocks for `raw`.
    fn stored(&mut self, mut raw: &[u8], last: bool) {
        loop {
            let (chunk, rest) = raw.split_at_checked(0xffff).unwrap_or((raw, &[]));
            self.put(u32::from(last && rest.is_empty()), 3);
            self.align();
            let length = chunk.len() as u32;
            self.put(length | !length << 16, 32);
            self.out.extend_from_slice(chunk);
            raw = rest;
            if raw.is_empty() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Code, deflate_raw, huffman};

    /// Compresses, has two independent decoders restore the input, and returns the compressed size.
    fn round_trip(input: &[u8]) -> usize {
        let deflated = deflate_raw(input);
        assert!(miniz_oxide::inflate::decompress_to_vec(&deflated).unwrap() == input);
        let mut restored = Vec::new();
        let mut decoder = flate2::read::DeflateDecoder::new(&*deflated);
        decoder.read_to_end(&mut restored).unwrap();
        assert!(restored == input);
        assert_eq!(decoder.total_in(), deflated.len() as u64, "nothing follows the last block");
        deflated.len()
    }

    /// The size that zlib reaches at its default level.
    fn zlib(input: &[u8]) -> usize {
        let mut out = Vec::new();
        flate2::read::DeflateEncoder::new(input, flate2::Compression::new(6)).read_to_end(&mut out).unwrap();
        out.len()
    }

    /// Bytes without a pattern, always the same.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn nothing_and_next_to_nothing() {
        for length in 0..20 {
            round_trip(&vec![b'a'; length]);
            round_trip(&noise(length));
        }
    }

    #[test]
    fn what_does_not_compress_is_stored() {
        for length in [100, 0xffff, 0x10000, 200_000] {
            assert!(round_trip(&noise(length)) <= length + 5 * (length / 16_000 + 1));
        }
    }

    #[test]
    fn long_runs() {
        for length in [257, 258, 259, 260, 516, 32_767, 32_768, 32_769, 1_000_000] {
            assert!(round_trip(&vec![7; length]) < 100 + length / 200);
        }
    }

    #[test]
    fn repeats_at_the_edges_of_the_window() {
        let block = noise(200);
        for gap in [32_766, 32_767, 32_768, 32_769, 65_536] {
            let mut input = block.clone();
            input.extend(noise(gap).iter().rev());
            input.truncate(gap);
            input.extend(&block);
            round_trip(&input);
        }
    }

    #[test]
    fn many_windows_and_blocks() {
        let words: Vec<String> =
            (0..60_000u32).map(|i| format!("<li class=\"item n{}\">{}", i % 97, i * i)).collect();
        let input = words.concat();
        assert!(round_trip(input.as_bytes()) * 100 <= zlib(input.as_bytes()) * 108);
    }

    /// Counts that grow like Fibonacci's numbers make the deepest Huffman tree there is.
    #[test]
    fn codes_are_no_longer_than_the_format_allows() {
        for (symbols, limit) in [(24, 15), (19, 7)] {
            let mut counts = vec![1, 1];
            while counts.len() < symbols {
                counts.push(counts[counts.len() - 2] + counts[counts.len() - 1]);
            }
            let mut codes = vec![Code::default(); symbols];
            assert!(huffman(&mut codes, &counts) > limit, "the limit is put to the test");
            Code::assign(&mut codes, &mut counts, limit);
            assert!(codes.iter().all(|code| (1..=limit).contains(&code.length)));
            assert_eq!(
                codes.iter().map(|code| 1 << (limit - code.length)).sum::<u32>(),
                1 << limit,
                "complete"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes(input in vec(any::<u8>(), 0..4000)) {
            round_trip(&input);
        }

        #[test]
        fn few_symbols(input in vec(0..3u8, 0..60_000)) {
            round_trip(&input);
        }

        /// Pieces of noise, runs and copies from anywhere before.
        #[test]
        fn repeats(steps in vec((0..3u8, any::<prop::sample::Index>(), 1..5000usize), 1..60)) {
            let source = noise(5000);
            let mut input = Vec::new();
            for (step, index, length) in steps {
                match step {
                    0 => input.extend(source.iter().take(length / 10)),
                    1 => input.extend(std::iter::repeat_n(index.index(256) as u8, length)),
                    _ if input.is_empty() => {}
                    _ => {
                        let from = index.index(input.len());
                        let piece = input[from..(from + length).min(input.len())].to_vec();
                        input.extend(piece);
                    }
                }
            }
            round_trip(&input);
        }
    }
}
