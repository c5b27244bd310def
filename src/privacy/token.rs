//! Strings nobody wrote by hand.

use super::scan::Parts;

/// Pairs of letters that words are made of, a row a first letter, a bit a second one. Counted in text of some
/// fifteen languages; what is left out makes one pair in two hundred there and two in five in random letters.
const PAIRS: [u32; 26] = [
    0x3feffff, 0x1167917, 0x31f6f95, 0x336fd79, 0x3ffffff, 0x11e4931, 0x11e6df9, 0x15e7d59, 0x2bffe7f,
    0x0304019, 0x0166953, 0x17dddbf, 0x114f917, 0x33c7dfd, 0x3feffff, 0x11eddb9, 0x0100800, 0x37efdff,
    0x37ffdff, 0x35efdf7, 0x3aef97f, 0x1026111, 0x0566991, 0x0089117, 0x00efd95, 0x378f915,
];

fn is_pair(a: u8, b: u8) -> bool {
    let place = |c: u8| u32::from(c.to_ascii_lowercase().wrapping_sub(b'a'));
    PAIRS.get(place(a) as usize).is_some_and(|row| row >> place(b).min(31) & 1 == 1)
}

/// How unlike words a run is: hundredths a pair of neighbours. Dashes and underscores are passed over.
fn oddity(run: &[u8]) -> (usize, u32) {
    let (mut length, mut score, mut before) = (0usize, 0u32, 0u8);
    for &c in run {
        if matches!(c, b'-' | b'_') {
            continue;
        }
        score += match (before.is_ascii_alphabetic(), c.is_ascii_alphabetic()) {
            _ if length == 0 => 0,
            (true, true) if before.is_ascii_lowercase() && c.is_ascii_uppercase() => 200,
            (true, true) if !is_pair(before, c) => 300,
            (true, true) => 0,
            (a, b) if a != b => 200,
            _ if before.is_ascii_digit() != c.is_ascii_digit() => 200,
            _ => 0,
        };
        before = c;
        length += 1;
    }
    (length, score)
}

/// How keys of well-known services begin, and tokens of the JSON kind.
const PREFIXES: &str =
    "AKIA ASIA AIza ghp_ gho_ ghs_ github_pat_ xox sk_ sk- rk_ pk_ whsec_ glpat npm_ SG eyJ ya29 shpat_ hf_";

/// Whether a run begins as the keys of a well-known service do.
pub(super) fn is_key(run: &[u8]) -> bool {
    run.len() >= 16
        && run.iter().any(u8::is_ascii_digit)
        && Parts::new(PREFIXES, " ").any(|p| run.starts_with(p.as_bytes()))
}

/// Whether a run of ASCII letters, digits, dashes and underscores (and signs that passwords have) looks random: a
/// key, a token, a digest, a generated password.
pub(super) fn is_random(run: &[u8]) -> bool {
    let (length, score) = oddity(run);
    if length < 10 {
        return false;
    }
    let digits = run.iter().filter(|c| c.is_ascii_digit()).count();
    let letters = run.iter().filter(|c| c.is_ascii_alphabetic()).count();
    if letters == 0 {
        return false;
    }
    if is_key(run) {
        return true;
    }
    let is_hex = run.iter().all(|c| c.is_ascii_hexdigit() || *c == b'-');
    if is_hex && digits > 0 && length >= 32 {
        return true;
    }
    let per_pair = score / (length as u32 - 1);
    match length {
        20.. => per_pair >= 60,
        15..=19 => per_pair >= 65,
        12..=14 => per_pair >= 75,
        _ => per_pair >= 100 && digits > 0,
    }
}

/// Whether a short run mixes letters and digits as generated codes do: for places that announce one.
pub(super) fn is_mixed(run: &[u8]) -> bool {
    let digits = run.iter().filter(|c| c.is_ascii_digit()).count();
    let letters = run.iter().filter(|c| c.is_ascii_alphabetic()).count();
    run.len() >= 6 && digits > 0 && letters > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_tokens_from_words() {
        for token in [
            "fSXph7oFQbUtFUw",
            "KaUixFh2mPqRt9z",
            "4eC39HqLyjWDarjtT1zdp7dc",
            "d41d8cd98f00b204e9800998ecf8427e",
            "550e8400-e29b-41d4-a716-446655440000",
            "AKIAIOSFODNN7EXAMPLE",
            "JBSWY3DPEHPK3PXPJBSW",
            "xK9m2Qp4Lw",
        ] {
            assert!(is_random(token.as_bytes()), "{token}");
        }
        for word in [
            "JavaScript",
            "WebAssembly",
            "iPhone15ProMax",
            "getElementsByTagName",
            "XMLHttpRequest",
            "Float64Array",
            "Rechtsschutzversicherungsgesellschaften",
            "iphone-15-pro-max-review",
            "WH-1000XM4",
            "requestAnimationFrame",
            "internationalization",
            "Kubernetes",
            "1234567890",
        ] {
            assert!(!is_random(word.as_bytes()), "{word}");
        }
    }
}
