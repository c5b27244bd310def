//! Characters as comparisons see them.

/// A character with case, width and script of digits taken away; `None` for what only separates.
pub(super) fn fold(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric().then(|| c.to_ascii_lowercase());
    }
    let n = c as u32;
    let folded = match n {
        // Digits of other scripts, and the wide forms of ASCII.
        0x660..=0x669 | 0x6F0..=0x6F9 | 0x2070 | 0x2074..=0x2079 | 0x2080..=0x2089 => 0x30 + (n & 15),
        0x900..=0xD7F if matches!(n & 0x7F, 0x66..=0x6F) => (n & 0x7F) - 0x36,
        0xE00..=0xEFF if matches!(n & 0x7F, 0x50..=0x59) => (n & 0x7F) - 0x20,
        0x2460..=0x2468 => n - 0x242F,
        0x1D400..=0x1D6A3 => (n - 0x1D400) % 26 + 0x61,
        0x1D7CE..=0x1D7FF => (n - 0x1D7CE) % 10 + 0x30,
        0xFF10..=0xFF19 => n - 0xFEE0,
        0xFF21..=0xFF3A => n - 0xFEC0,
        0xFF41..=0xFF5A => n - 0xFEE0,
        // Signs, punctuation, combining marks, joiners, private use.
        0x80..=0xBF | 0xD7 | 0xF7 | 0x2B0..=0x36F | 0x2000..=0x2BFF | 0x3000..=0x303F => return None,
        0x61C | 0x180B..=0x180F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF => return None,
        0xE000..=0xF8FF | 0xFE00..=0xFE2F | 0xFEFF | 0xFF00..=0xFFEF | 0xE0000.. => return None,
        // Letters whose capitals are a fixed step away.
        0xC0..=0xDE | 0x391..=0x3A9 | 0x410..=0x42F => n + 0x20,
        0x400..=0x40F => n + 0x50,
        0x100..=0x17F | 0x460..=0x52F | 0x1E00..=0x1EFF => n | 1,
        _ => n,
    };
    char::from_u32(folded)
}

/// Letters without their accents, for U+00DF to U+00FF.
const LATIN: &[u8; 33] = b"saaaaaaaceeeeiiiidnooooo ouuuuyty";
/// Likewise the odd ones of U+0100 to U+017F, to which [`fold`] maps the even ones.
const EXTENDED: &[u8; 64] = b"aaaccccddeeeeegggghhiiiiiijkklllllnnnnoooorrrsssstttuuuuuuwyzzzz";

/// A folded letter without its accent, as words for fields are spelt.
pub(super) fn bare(c: char) -> char {
    let n = c as usize;
    let plain = match n {
        0xDF..=0xFF => LATIN.get(n - 0xDF),
        0x100..=0x17F => EXTENDED.get((n - 0x100) / 2),
        _ => None,
    };
    plain.map_or(c, |b| char::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        text.chars().filter_map(fold).map(bare).collect()
    }

    #[test]
    fn folds_case_width_script_and_separators() {
        assert_eq!(folded("Ab-C 1.2"), "abc12");
        assert_eq!(folded("４２ＡＢｃ"), "42abc");
        assert_eq!(folded("٤٢ ۴۲ ४२ ৪২ ௪௨ ๔๒ ④② ⁴₂ 𝟒𝟚 𝐀𝓫"), "42424242424242424242ab"[2..].to_owned());
        assert_eq!(folded("a\u{ad}b\u{200b}c\u{202e}d\u{61c}e\u{301}f\u{e0061}g"), "abcdefg");
        assert_eq!(folded("ПАРОЛЬ Ё"), "парольё");
        assert_eq!(folded("Contraseña ŞİFRE Hasło Größe"), "contrasenasifrehaslogrose");
        assert_eq!(folded("ważności ŚŹŻ śźż Žďár šňůřŤ"), "waznosciszzszzzdarsnurt");
    }
}
