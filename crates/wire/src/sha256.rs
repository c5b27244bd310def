//! SHA-256 ([FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4)): chains batches and turns secrets into ids.
//!
//! Written out because the usual crate, for all its generality, is three times as large in the recorder.

/// The first 32 bits of the fractions of the cube roots of the first 64 primes.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// Likewise of the square roots of the first eight.
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// Bytes that are worked in at once.
const BLOCK: usize = 64;

/// The digest of `parts`, one after the other.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut state = START;
    let mut block = [0; BLOCK];
    let mut filled = 0;
    let mut push = |mut bytes: &[u8]| {
        while let Some((byte, later)) = bytes.split_first() {
            if let (0, Some((whole, later))) = (filled, bytes.split_first_chunk()) {
                compress(&mut state, whole);
                bytes = later;
                continue;
            }
            if let Some(to) = block.get_mut(filled) {
                *to = *byte;
            }
            bytes = later;
            filled = (filled + 1) % BLOCK;
            if filled == 0 {
                compress(&mut state, &block);
            }
        }
        filled
    };
    let mut bits = 0u64;
    for part in parts {
        push(part);
        bits += part.len() as u64 * 8;
    }
    // A one, zeros up to the length, which ends a block.
    let mut pad = 0x80;
    while push(&[pad]) != BLOCK - 8 {
        pad = 0;
    }
    push(&bits.to_be_bytes());
    let mut out = [0; 32];
    for (to, word) in out.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// Works a block into the state. A function that stays one (see the options of wasm-opt in `xtask/src/wasm.rs`). The words of later rounds replace those that are used up.
#[inline(never)]
fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    let word = |words: &[u32; 16], at: usize| words.get(at % 16).copied().unwrap_or(0);
    for (round, constant) in ROUNDS.iter().enumerate() {
        let now = word(&words, round);
        let first = h
            .wrapping_add(e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25))
            .wrapping_add(g ^ e & (f ^ g))
            .wrapping_add(*constant)
            .wrapping_add(now);
        let second =
            (a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22)).wrapping_add(a & b | c & (a | b));
        (h, g, f, e) = (g, f, e, d.wrapping_add(first));
        (d, c, b, a) = (c, b, a, first.wrapping_add(second));
        // What the last rounds would leave, nobody needs.
        if round < 48 {
            let (second, late) = (word(&words, round + 1), word(&words, round + 14));
            let next = now
                .wrapping_add(second.rotate_right(7) ^ second.rotate_right(18) ^ second >> 3)
                .wrapping_add(word(&words, round + 9))
                .wrapping_add(late.rotate_right(17) ^ late.rotate_right(19) ^ late >> 10);
            if let Some(slot) = words.get_mut(round % 16) {
                *slot = next;
            }
        }
    }
    for (to, from) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *to = to.wrapping_add(from);
    }
}

#[cfg(test)]
mod tests {
    use super::digest;
    use alloc::vec::Vec;
    use sha2::{Digest, Sha256};

    #[test]
    fn agrees_with_another_implementation_at_every_length() {
        let bytes: Vec<u8> = (0..300u32).map(|i| ((i * 167) >> 3) as u8).collect();
        for end in 0..bytes.len() {
            let (a, b) = bytes[..end].split_at(end / 3);
            assert_eq!(digest(&[a, b]), *Sha256::digest(&bytes[..end]), "{end}");
        }
        let long = bytes.repeat(5000);
        assert_eq!(digest(&[&long]), *Sha256::digest(&long));
    }
}
