//! What can be wrong with bytes that claim to be a batch.

/// Why decoding stopped. The numbers are stable: appended to, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ErrorCode {
    /// The bytes do not begin with the format's magic number.
    NotABatch = 1,
    /// The magic number is right, the version unknown.
    UnknownVersion = 2,
    /// The compression is not one this format names.
    UnknownCompression = 3,
    /// Fewer bytes than a length announced.
    Truncated = 4,
    /// An integer is longer than its shortest form, or wider than its field.
    BadInteger = 5,
    /// Bytes are left over after the last field.
    TrailingBytes = 6,
    /// A string is not UTF-8.
    BadText = 7,
    /// A reference points outside its table.
    BadReference = 8,
    /// A field holds a value the format does not define.
    BadValue = 9,
    /// The digest in the header is not that of the bytes.
    BadDigest = 10,
    /// The payload does not decompress.
    BadCompression = 11,
    /// The payload is larger than the header, or the caller, allows.
    TooLarge = 12,
    /// A section that must be there, once, is missing or doubled.
    BadSection = 13,
    /// An abridged payload names a block that the reader does not have.
    UnknownBlock = 14,
}

/// A decoding error: what, and at which byte of the slice that was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub code: ErrorCode,
    /// Byte offset within the input, or within the decompressed payload once decoding has got that far.
    pub offset: usize,
}

impl Error {
    #[cold]
    pub(crate) const fn new(code: ErrorCode, offset: usize) -> Self {
        Self { code, offset }
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let what = match self.code {
            ErrorCode::NotABatch => "not an afterimage batch",
            ErrorCode::UnknownVersion => "unknown format version",
            ErrorCode::UnknownCompression => "unknown compression",
            ErrorCode::Truncated => "truncated",
            ErrorCode::BadInteger => "malformed integer",
            ErrorCode::TrailingBytes => "trailing bytes",
            ErrorCode::BadText => "text is not UTF-8",
            ErrorCode::BadReference => "reference outside its table",
            ErrorCode::BadValue => "value the format does not define",
            ErrorCode::BadDigest => "digest does not match",
            ErrorCode::BadCompression => "payload does not decompress",
            ErrorCode::TooLarge => "payload larger than allowed",
            ErrorCode::BadSection => "missing or repeated section",
            ErrorCode::UnknownBlock => "unknown block",
        };
        write!(f, "{what} (code {}) at byte {}", self.code as u8, self.offset)
    }
}

impl core::error::Error for Error {}
