//! Key pads on screen, which spell a secret by position.

use super::Raw;
use super::scan;
use super::words::announces;

/// Whether these are the labels of a key pad: the clicked control's and its neighbours'. `near` is the text around
/// them. Key pads have nearly all digits or most of an alphabet, a character a control, in any order; pages of a
/// list and days of a month have larger numbers too, and an index its letters in order.
pub fn is_pad(labels: &[Raw], near: Option<&Raw>) -> bool {
    let (mut digits, mut letters, mut larger, mut ordered, mut last) = (0u32, 0u32, false, true, '\0');
    for Raw(label) in labels {
        match key(label) {
            Key::Digit(d) => digits |= 1 << d,
            Key::Letter(c) => {
                letters |= 1 << (c as u32 & 31);
                ordered &= c > last;
                last = c;
            }
            Key::Larger => larger = true,
            Key::Other => {}
        }
    }
    let announced = || near.is_some_and(|Raw(near)| near.len() <= 400 && announces(near).is_some());
    let count = digits.count_ones();
    let pad = count == 10
        || count >= 8 && (digits & 1 == 1 || announced())
        || count >= 4 && letters == 0 && labels.len() >= 9 && announced();
    !larger && pad || letters.count_ones() >= 20 && (!ordered || announced())
}

enum Key {
    Digit(u32),
    Letter(char),
    /// A number of two digits or more.
    Larger,
    Other,
}

/// `4`, `４`, `4 GHI`, `digit 4`, `q`.
fn key(label: &str) -> Key {
    if label.len() > 24 {
        return Key::Other;
    }
    let codes: Vec<char> = scan::letters(label).filter_map(|l| l.folded).collect();
    let mut digits = codes.iter().filter_map(|c| c.to_digit(10));
    match (digits.next(), digits.next(), codes.as_slice()) {
        (Some(_), Some(_), _) => Key::Larger,
        (Some(d), None, _) if codes.len() <= 12 => Key::Digit(d),
        (None, _, [c]) => Key::Letter(*c),
        _ => Key::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pad(labels: &str, near: &str) -> bool {
        let labels: Vec<Raw> = labels.split(' ').map(|l| Raw::new(l.replace('_', " "))).collect();
        is_pad(&labels, Some(&Raw::new(near.into())))
    }

    #[test]
    fn knows_key_pads() {
        assert!(pad("1 2 3 4 5 6 7 8 9 0", ""));
        assert!(pad("7 2 9 4 0 6 1 8 3 5 ⌫ OK", "anything"));
        assert!(pad("1 2_ABC 3_DEF 4_GHI 5_JKL 6_MNO 7_PQRS 8_TUV 9_WXYZ * 0 #", ""));
        assert!(pad("1 2 3 4 5 6 7 8 9", "Enter your PIN"));
        assert!(pad("q w e r t y u i o p a s d f g h j k l z x c v b n m", ""));
        assert!(pad("٠ ١ ٢ ٣ ٤ ٥ ٦ ٧ ٨ ٩", ""));
    }

    #[test]
    fn leaves_other_numbers_alone() {
        assert!(!pad("1 2 3 4 5 Next", ""));
        assert!(!pad("1 2 3 4 5 6 7 8 9 10 Next", "Page"));
        assert!(!pad("1 2 3 4 5 6 7 8 9", "Results"));
        assert!(!pad("1 2 3 4 5", "How did we do?"));
        assert!(!pad("0 1 2 3 4 5 6 7 8 9 10", "How likely are you to recommend us?"));
        assert!(!pad("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z", "Glossary"));
        assert!(!pad("28 29 30 1 2 3 4 5 6 7 8 9 10 11 12", "May"));
    }
}
