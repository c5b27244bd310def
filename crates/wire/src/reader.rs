//! The strict reader under every decoder.

use alloc::vec::Vec;

use crate::error::{Error, ErrorCode};
pub use crate::strings::Text;
use crate::strings::{Role, presets};

/// The decoded string table.
#[derive(Debug)]
pub struct Strings {
    columns: [Vec<Text>; 7],
}

impl Default for Strings {
    fn default() -> Self {
        let mut columns: [Vec<Text>; 7] = Default::default();
        columns[0] = presets().map(Text::from).collect();
        Self { columns }
    }
}

impl Strings {
    pub(crate) fn get(&self, role: Role, reference: u64) -> Option<&Text> {
        self.columns.get(role as usize)?.get(usize::try_from(reference).ok()?)
    }

    pub(crate) fn column_mut(&mut self, role: Role) -> &mut Vec<Text> {
        let [name, value, text, css, url, input, data] = &mut self.columns;
        match role {
            Role::Name => name,
            Role::Value => value,
            Role::Text => text,
            Role::Css => css,
            Role::Url => url,
            Role::Input => input,
            Role::Data => data,
        }
    }
}

/// A cursor over bytes. Every method either advances or returns an error; none panics.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where `bytes` starts within the input, for error offsets.
    base: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from the start; errors count from `base`.
    pub fn new(bytes: &'a [u8], base: usize) -> Self {
        Self { bytes, at: 0, base }
    }

    /// Offset of the next byte, counted like error offsets.
    pub fn offset(&self) -> usize {
        self.base + self.at
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// An error at the current place.
    #[cold]
    pub fn error(&self, code: ErrorCode) -> Error {
        Error::new(code, self.offset())
    }

    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(n).filter(|e| *e <= self.bytes.len());
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        match taken {
            Some(slice) => {
                self.at += n;
                Ok(slice)
            }
            None => Err(self.error(ErrorCode::Truncated)),
        }
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let at = *self;
        self.bytes(N)?.try_into().map_err(|_| at.error(ErrorCode::Truncated))
    }

    /// A LEB128 integer in its shortest form.
    pub fn varint(&mut self) -> Result<u64, Error> {
        let at = *self;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array::<1>()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    break; // an overlong form
                }
                return Ok(value);
            }
        }
        Err(at.error(ErrorCode::BadInteger))
    }

    /// An unsigned field.
    pub fn uint(&mut self) -> Result<u32, Error> {
        let at = *self;
        self.varint()?.try_into().map_err(|_| at.error(ErrorCode::BadInteger))
    }

    /// A signed field.
    pub fn int(&mut self) -> Result<i32, Error> {
        let at = *self;
        crate::varint::unzigzag(self.varint()?).try_into().map_err(|_| at.error(ErrorCode::BadInteger))
    }

    /// A signed field of more than 32 bits.
    pub fn int64(&mut self) -> Result<i64, Error> {
        Ok(crate::varint::unzigzag(self.varint()?))
    }

    /// A field written as its difference from `last`, which becomes the value.
    pub fn delta(&mut self, last: &mut u32) -> Result<u32, Error> {
        let at = *self;
        let value = self.int64()?.checked_add(i64::from(*last)).and_then(|v| u32::try_from(v).ok());
        *last = value.ok_or_else(|| at.error(ErrorCode::BadInteger))?;
        Ok(*last)
    }

    /// A count of things that take at least `least` bytes each, so it cannot exceed what is left.
    pub fn count(&mut self, least: usize) -> Result<usize, Error> {
        let at = *self;
        let n = self.varint()?;
        if n > (self.left() / least.max(1)) as u64 {
            return Err(at.error(ErrorCode::Truncated));
        }
        Ok(n as usize)
    }

    /// Passes over `n` integers.
    pub fn skip_varints(&mut self, n: usize) -> Result<(), Error> {
        for _ in 0..n {
            self.varint()?;
        }
        Ok(())
    }

    /// A length-prefixed part, as a reader of its own.
    pub fn part(&mut self) -> Result<Reader<'a>, Error> {
        let n = self.count(1)?;
        let base = self.offset();
        Ok(Reader::new(self.bytes(n)?, base))
    }

    /// The next `n` bytes as a reader of their own.
    pub fn slice(&mut self, n: usize) -> Result<Reader<'a>, Error> {
        let base = self.offset();
        Ok(Reader::new(self.bytes(n)?, base))
    }

    /// The next `n` bytes as text.
    pub fn text(&mut self, n: usize) -> Result<&'a str, Error> {
        let at = *self;
        core::str::from_utf8(self.bytes(n)?).map_err(|_| at.error(ErrorCode::BadText))
    }

    /// A field that is 0 or 1.
    pub fn bool(&mut self) -> Result<bool, Error> {
        let at = *self;
        match self.varint()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(at.error(ErrorCode::BadValue)),
        }
    }

    /// A string field.
    pub fn string(&mut self, strings: &Strings, role: Role) -> Result<Text, Error> {
        let at = *self;
        let reference = self.varint()?;
        strings.get(role, reference).cloned().ok_or_else(|| at.error(ErrorCode::BadReference))
    }

    /// A string field that is 0 for none, else the reference + 1.
    pub fn optional_string(&mut self, strings: &Strings, role: Role) -> Result<Option<Text>, Error> {
        let at = *self;
        let Some(reference) = self.varint()?.checked_sub(1) else { return Ok(None) };
        let text = strings.get(role, reference).cloned();
        text.map(Some).ok_or_else(|| at.error(ErrorCode::BadReference))
    }

    /// A text's or, where the lowest bit is set, a style sheet's reference. Returns it with that bit.
    pub fn text_or_css(&mut self, strings: &Strings) -> Result<(Text, bool), Error> {
        let at = *self;
        let reference = self.varint()?;
        let css = reference & 1 == 1;
        let text = strings.get(if css { Role::Css } else { Role::Text }, reference >> 1).cloned();
        Ok((text.ok_or_else(|| at.error(ErrorCode::BadReference))?, css))
    }

    /// Fails unless everything was read.
    pub fn finish(&self) -> Result<(), Error> {
        if self.left() == 0 { Ok(()) } else { Err(self.error(ErrorCode::TrailingBytes)) }
    }
}
