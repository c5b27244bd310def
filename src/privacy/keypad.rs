//! Key pads on screen, which spell a secret by position.

use super::Raw;

/// Whether these are the labels of a key pad: the clicked control's and its neighbours'. `near` is the text around
/// them. Key pads have nearly all digits or most of an alphabet, a character a control, in any order.
pub fn is_pad(labels: &[Raw], near: Option<&Raw>) -> bool {
    let _ = near;
    let mut digits = 0u16;
    for Raw(label) in labels {
        if let [d @ b'0'..=b'9'] = label.trim().as_bytes() {
            digits |= 1 << (d - b'0');
        }
    }
    digits.count_ones() >= 8
}
