//! The envelope: header, sections, digest.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorCode};
use crate::reader::{Reader, Strings};
use crate::record::Record;
use crate::strings::Role;
use crate::varint;

/// First four bytes of every batch: three letters and the format's version.
pub const MAGIC: [u8; 4] = *b"AFI\x01";
/// Bytes of a session id.
pub const SESSION_BYTES: usize = 16;
/// Bytes of a page view id.
pub const PAGE_VIEW_BYTES: usize = 8;
/// Bytes of a digest: SHA-256, cut.
pub const DIGEST_BYTES: usize = 16;
/// Longest site name, bytes.
pub const SITE_BYTES: usize = 64;

pub(crate) const SECTION_STRINGS: u64 = 1;
pub(crate) const SECTION_POLICY: u64 = 2;
pub(crate) const SECTION_RECORDS: u64 = 3;

/// How a payload is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Compression {
    /// Not at all.
    #[default]
    None = 0,
    /// DEFLATE (RFC 1951) without a wrapper.
    DeflateRaw = 1,
}

/// What a collector needs to store a batch without looking into it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Header {
    /// How the payload is compressed. Not part of the digest, so that one batch may travel in several ways.
    pub compression: Compression,
    /// The session: the first 16 bytes of SHA-256 of the secret that only the visitor's browser holds.
    pub session: [u8; SESSION_BYTES],
    /// The page view: random.
    pub page_view: [u8; PAGE_VIEW_BYTES],
    /// Gap-free counter within the page view, from 0.
    pub sequence: u32,
    /// The epoch at the end of this batch; 0 before the first snapshot.
    pub epoch: u32,
    /// Bits: 1 a snapshot begins in this batch, 2 the last of its page view as far as the recorder can tell.
    pub flags: u32,
    /// Wall clock at the page view's time origin, milliseconds since 1970.
    pub origin_ms: u64,
    /// Wall clock when the batch was sealed, likewise: anchors the monotonic times against clock changes.
    pub sealed_ms: u64,
    /// The site's name, as its owner chose it.
    pub site: alloc::string::String,
    /// Bytes of the payload, decompressed.
    pub payload_bytes: u32,
    /// Digest of the batch before in this page view; zeros for sequence 0.
    pub previous: [u8; DIGEST_BYTES],
    /// Digest of this batch: SHA-256 over the header's fields before this one, then the payload as it was before
    /// compression.
    pub digest: [u8; DIGEST_BYTES],
}

impl Header {
    /// A snapshot begins in this batch.
    pub const SNAPSHOT: u32 = 1;
    /// The last batch of its page view, as far as the recorder can tell.
    pub const LAST: u32 = 2;

    fn fields(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(&self.session);
        out.extend_from_slice(&self.page_view);
        varint::put(&mut out, u64::from(self.sequence));
        varint::put(&mut out, u64::from(self.epoch));
        varint::put(&mut out, u64::from(self.flags));
        varint::put(&mut out, self.origin_ms);
        varint::put(&mut out, self.sealed_ms);
        varint::put(&mut out, self.site.len() as u64);
        out.extend_from_slice(self.site.as_bytes());
        varint::put(&mut out, u64::from(self.payload_bytes));
        out.extend_from_slice(&self.previous);
        out
    }

    /// Fills in what follows from the payload: its length and the digest.
    pub fn seal(&mut self, payload: &[u8]) {
        self.payload_bytes = payload.len() as u32;
        self.digest = self.digest_of(payload);
    }

    fn digest_of(&self, payload: &[u8]) -> [u8; DIGEST_BYTES] {
        let mut hash = Sha256::new();
        hash.update(self.fields());
        hash.update(payload);
        cut(&hash.finalize())
    }

    /// The bytes before the payload: magic, compression, length of the header, its fields, the digest.
    pub fn encode(&self) -> Vec<u8> {
        let fields = self.fields();
        let mut out = Vec::with_capacity(fields.len() + 32);
        out.extend_from_slice(&MAGIC);
        out.push(self.compression as u8);
        varint::put(&mut out, (fields.len() + DIGEST_BYTES) as u64);
        out.extend_from_slice(&fields);
        out.extend_from_slice(&self.digest);
        out
    }

    /// Reads the header and returns it with the payload as it travelled.
    ///
    /// # Errors
    /// When the bytes are not a header of this version, or a field is malformed.
    pub fn decode(body: &[u8]) -> Result<(Self, &[u8]), Error> {
        let mut r = Reader::new(body, 0);
        let at = r;
        let magic = r.array::<4>().map_err(|_| at.error(ErrorCode::NotABatch))?;
        if magic.first_chunk::<3>() != MAGIC.first_chunk::<3>() {
            return Err(at.error(ErrorCode::NotABatch));
        }
        if magic != MAGIC {
            return Err(at.error(ErrorCode::UnknownVersion));
        }
        let at = r;
        let compression = match r.array::<1>()? {
            [0] => Compression::None,
            [1] => Compression::DeflateRaw,
            _ => return Err(at.error(ErrorCode::UnknownCompression)),
        };
        let mut h = r.part()?;
        let session = h.array()?;
        let page_view = h.array()?;
        let sequence = h.uint()?;
        let epoch = h.uint()?;
        let flags = h.uint()?;
        let origin_ms = h.varint()?;
        let sealed_ms = h.varint()?;
        let at = h;
        let site = h.count()?;
        if site > SITE_BYTES {
            return Err(at.error(ErrorCode::TooLarge));
        }
        let site = core::str::from_utf8(h.bytes(site)?).map_err(|_| at.error(ErrorCode::BadText))?.into();
        let payload_bytes = h.uint()?;
        let previous = h.array()?;
        let digest = h.array()?;
        h.finish()?;
        let payload = r.bytes(r.left())?;
        let header = Self {
            compression,
            session,
            page_view,
            sequence,
            epoch,
            flags,
            origin_ms,
            sealed_ms,
            site,
            payload_bytes,
            previous,
            digest,
        };
        Ok((header, payload))
    }
}

/// The first bytes of a SHA-256.
fn cut<const N: usize>(hash: &[u8]) -> [u8; N] {
    core::array::from_fn(|i| hash.get(i).copied().unwrap_or(0))
}

/// The first `N` bytes of SHA-256 of `bytes`: session ids from secrets, digests of policies.
pub fn sha256<const N: usize>(bytes: &[u8]) -> [u8; N] {
    cut(&Sha256::digest(bytes))
}

/// What the privacy rules withheld while the batch was filled.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PolicyReport {
    /// Digest of the policy in force: its canonical JSON, hashed by [`sha256`].
    pub policy: [u8; DIGEST_BYTES],
    /// Rule number and how often it withheld something, by rising number.
    pub withheld: Vec<(u32, u32)>,
}

impl PolicyReport {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.policy);
        for (rule, count) in &self.withheld {
            varint::put(out, u64::from(*rule));
            varint::put(out, u64::from(*count));
        }
    }

    fn decode(mut r: Reader<'_>) -> Result<Self, Error> {
        let policy = r.array()?;
        let mut withheld = Vec::new();
        while r.left() > 0 {
            withheld.push((r.uint()?, r.uint()?));
        }
        Ok(Self { policy, withheld })
    }
}

/// A record and its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// Milliseconds since the page view's origin.
    pub time_ms: u32,
    /// The record.
    pub record: Record,
}

/// A decoded batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Its header.
    pub header: Header,
    /// What was withheld.
    pub policy: PolicyReport,
    /// Its records, in the order they were written.
    pub records: Vec<Timed>,
}

impl Batch {
    /// Decodes a whole body. `limit` is how many bytes the payload may have once decompressed.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes; nothing is returned unless all of them are right.
    #[cfg(feature = "decode")]
    pub fn decode(body: &[u8], limit: usize) -> Result<Self, Error> {
        let (header, payload) = Header::decode(body)?;
        let start = body.len() - payload.len();
        let payload = inflate(&header, payload, start, limit)?;
        if header.digest_of(&payload) != header.digest {
            return Err(Error::new(ErrorCode::BadDigest, start));
        }
        Self::decode_payload(header, &payload)
    }

    /// Decodes a payload that was decompressed and verified.
    fn decode_payload(header: Header, payload: &[u8]) -> Result<Self, Error> {
        let mut r = Reader::new(payload, 0);
        let (mut strings, mut policy, mut records) = (None, None, None);
        while r.left() > 0 {
            let at = r;
            let id = r.varint()?;
            let part = r.part()?;
            let fresh = match id {
                SECTION_STRINGS => strings.replace(part).is_none(),
                SECTION_POLICY => policy.replace(part).is_none(),
                SECTION_RECORDS => records.replace(part).is_none(),
                _ => true, // a section of a later version
            };
            if !fresh {
                return Err(at.error(ErrorCode::BadSection));
            }
        }
        let missing = || r.error(ErrorCode::BadSection);
        let strings = decode_strings(strings.ok_or_else(missing)?)?;
        let policy = PolicyReport::decode(policy.ok_or_else(missing)?)?;
        let records = decode_records(records.ok_or_else(missing)?, &strings)?;
        Ok(Self { header, policy, records })
    }
}

#[cfg(feature = "decode")]
fn inflate<'a>(header: &Header, payload: &'a [u8], start: usize, limit: usize) -> Result<Cow<'a, [u8]>, Error> {
    let wanted = header.payload_bytes as usize;
    if wanted > limit {
        return Err(Error::new(ErrorCode::TooLarge, start));
    }
    let bytes = match header.compression {
        Compression::None => Cow::Borrowed(payload),
        Compression::DeflateRaw => Cow::Owned(
            miniz_oxide::inflate::decompress_to_vec_with_limit(payload, wanted)
                .map_err(|_| Error::new(ErrorCode::BadCompression, start))?,
        ),
    };
    if bytes.len() == wanted { Ok(bytes) } else { Err(Error::new(ErrorCode::BadCompression, start)) }
}

fn decode_strings(mut r: Reader<'_>) -> Result<Strings, Error> {
    let mut strings = Strings::default();
    for role in Role::ALL {
        let count = r.count()?;
        let mut lengths = Vec::new();
        for _ in 0..count {
            lengths.push(r.uint()? as usize);
        }
        for length in lengths {
            let at = r;
            let bytes = r.bytes(length)?;
            let text = core::str::from_utf8(bytes).map_err(|_| at.error(ErrorCode::BadText))?;
            strings.push(role, text);
        }
    }
    r.finish()?;
    Ok(strings)
}

fn decode_records(mut r: Reader<'_>, strings: &Strings) -> Result<Vec<Timed>, Error> {
    let count = r.count()?;
    let mut kinds = Vec::new();
    for _ in 0..count {
        kinds.push(r.uint()?);
    }
    let mut times = Vec::new();
    let mut now = 0i64;
    for _ in 0..count {
        let at = r;
        let bad = || at.error(ErrorCode::BadInteger);
        now = now.checked_add(r.int64()?).ok_or_else(bad)?;
        times.push(u32::try_from(now).map_err(|_| bad())?);
    }
    let mut lengths = Vec::new();
    for _ in 0..count {
        lengths.push(r.uint()? as usize);
    }
    let mut records = Vec::new();
    for ((kind, time_ms), length) in kinds.into_iter().zip(times).zip(lengths) {
        let record = Record::decode(kind, r.slice(length)?, strings)?;
        records.push(Timed { time_ms, record });
    }
    r.finish()?;
    Ok(records)
}

/// Hexadecimal, as ids are shown.
pub fn hex(bytes: &[u8]) -> alloc::string::String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS.get(usize::from(n)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

