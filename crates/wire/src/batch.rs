//! The envelope: header, sections, digest.

use alloc::vec::Vec;

use crate::record::Record;
use crate::{sha256, varint};

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
    /// On its way to a collector only: blocks that it has are named, the rest is as above. See [`crate::blocks`].
    Abridged = 2,
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
    /// Digest of this batch: SHA-256 over [`MAGIC`], the header's fields before this one, then the payload as it
    /// was before compression.
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

    pub(crate) fn digest_of(&self, payload: &[u8]) -> [u8; DIGEST_BYTES] {
        cut(&sha256::digest(&[&MAGIC, &self.fields(), payload]))
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
}

/// The first bytes of a SHA-256.
fn cut<const N: usize>(hash: &[u8]) -> [u8; N] {
    core::array::from_fn(|i| hash.get(i).copied().unwrap_or(0))
}

/// The first `N` bytes of SHA-256 of `bytes`: session ids from secrets, digests of policies.
pub fn sha256<const N: usize>(bytes: &[u8]) -> [u8; N] {
    cut(&sha256::digest(&[bytes]))
}

/// What the privacy rules withheld while the batch was filled.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PolicyReport {
    /// Digest of the policy in force: its canonical JSON, hashed by [`sha256`].
    pub policy: [u8; DIGEST_BYTES],
    /// Rule number and how often it withheld something, by rising number; rules that withheld nothing are left out.
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

/// Hexadecimal, as ids are shown.
pub fn hex(bytes: &[u8]) -> alloc::string::String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS.get(usize::from(n)).copied().unwrap_or(b'0'));
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
