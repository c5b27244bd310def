//! Ids as they are stored (bytes) and shown (hexadecimal).

use std::fmt;
use std::str::FromStr;

use afterimage_wire::batch::{PAGE_VIEW_BYTES, SESSION_BYTES, hex, sha256};

/// A session: the first bytes of SHA-256 of the secret its visitor's browser holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub [u8; SESSION_BYTES]);

/// A page view within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageViewId(pub [u8; PAGE_VIEW_BYTES]);

impl SessionId {
    /// The session that `secret` opens.
    pub fn of_secret(secret: &[u8; SESSION_BYTES]) -> Self {
        Self(sha256(secret))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Display for PageViewId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadId;

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a session id is {} hexadecimal digits", SESSION_BYTES * 2)
    }
}

impl std::error::Error for BadId {}

impl FromStr for SessionId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        unhex(text).map(Self).ok_or(BadId)
    }
}

/// `2 * N` hexadecimal digits as bytes.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| pair.get(at).and_then(|d| char::from(*d).to_digit(16));
        *byte = u8::try_from(digit(0)? << 4 | digit(1)?).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_shown() {
        let id = SessionId(std::array::from_fn(|i| i as u8 * 17));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let id = SessionId([7; 16]).to_string();
        for bad in ["", "00", &id[1..], &format!("{id}0"), &id.replace('7', "g"), &"ü".repeat(16)] {
            assert_eq!(bad.parse::<SessionId>(), Err(BadId), "{bad}");
        }
    }
}
