//! The decoder: everything it reads is hostile until proven otherwise.
//!
//! What it allocates is bounded by what it was given, see `FORMAT.md`: counts are checked against the bytes that
//! are left before anything is reserved, and strings are shared.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::batch::{
    Batch, Compression, Header, MAGIC, PolicyReport, SECTION_POLICY, SECTION_RECORDS, SECTION_STRINGS,
    SITE_BYTES, Timed,
};
use crate::blocks::Name;
use crate::compound::{AdoptedSheets, Attributes, Moves, Remove, Sample, Scrolls, StyleRule, Texts, Tree};
use crate::error::{Error, ErrorCode};
use crate::reader::{Reader, Strings, Text};
use crate::record::Record;
use crate::strings::{Role, attribute_role};
use crate::tree::{Entry, Namespace, Node, Place};

impl Header {
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
            [2] => Compression::Abridged,
            _ => return Err(at.error(ErrorCode::UnknownCompression)),
        };
        let mut h = r.part()?;
        let header = Self {
            compression,
            session: h.array()?,
            page_view: h.array()?,
            sequence: h.uint()?,
            epoch: h.uint()?,
            flags: h.uint()?,
            origin_ms: h.varint()?,
            sealed_ms: h.varint()?,
            site: site(&mut h)?.into(),
            payload_bytes: h.uint()?,
            previous: h.array()?,
            digest: h.array()?,
        };
        h.finish()?;
        let payload = r.bytes(r.left())?;
        Ok((header, payload))
    }
}

fn site<'a>(r: &mut Reader<'a>) -> Result<&'a str, Error> {
    let at = *r;
    let length = r.count(1)?;
    if length > SITE_BYTES {
        return Err(at.error(ErrorCode::TooLarge));
    }
    r.text(length)
}

impl Batch {
    /// Decodes a whole body of a recording, which is never abridged. `limit` is how many bytes the payload may have once
    /// decompressed.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes; nothing is returned unless all of them are right.
    pub fn decode(body: &[u8], limit: usize) -> Result<Self, Error> {
        if Header::decode(body)?.0.compression == Compression::Abridged {
            return Err(Error::new(ErrorCode::UnknownCompression, MAGIC.len()));
        }
        let (header, payload) = Self::open(body, limit, |_, _| false)?;
        Self::decode_payload(header, &payload)
    }

    /// Reads the header and the payload, which is decompressed, completed by blocks and verified. `find` appends the
    /// block of a name, if it is known.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes so far.
    pub fn open(
        body: &[u8],
        limit: usize,
        find: impl FnMut(&Name, &mut Vec<u8>) -> bool,
    ) -> Result<(Header, Cow<'_, [u8]>), Error> {
        let (header, payload) = Header::decode(body)?;
        let start = body.len() - payload.len();
        let wanted = header.payload_bytes as usize;
        let payload = match header.compression {
            _ if wanted > limit => return Err(Error::new(ErrorCode::TooLarge, start)),
            Compression::None => match payload.len() {
                length if length < wanted => return Err(Error::new(ErrorCode::Truncated, start + length)),
                length if length > wanted => {
                    return Err(Error::new(ErrorCode::TrailingBytes, start + wanted));
                }
                _ => Cow::Borrowed(payload),
            },
            Compression::DeflateRaw => match inflate(wanted, payload, start)? {
                short if short.len() < wanted => {
                    return Err(Error::new(ErrorCode::BadCompression, body.len()));
                }
                payload => Cow::Owned(payload),
            },
            Compression::Abridged => Cow::Owned(complete(wanted, payload, start, find)?),
        };
        if header.digest_of(&payload) != header.digest {
            return Err(Error::new(ErrorCode::BadDigest, start));
        }
        Ok((header, payload))
    }

    /// Decodes a payload that was decompressed and verified.
    ///
    /// # Errors
    /// Whatever is wrong with the bytes; nothing is returned unless all of them are right.
    pub fn decode_payload(header: Header, payload: &[u8]) -> Result<Self, Error> {
        let mut r = Reader::new(payload, 0);
        let (mut strings, mut policy, mut records) = (None, None, None);
        let mut last = 0;
        while r.left() > 0 {
            let at = r;
            let id = r.varint()?;
            if id <= last {
                return Err(at.error(ErrorCode::BadSection));
            }
            last = id;
            let part = r.part()?;
            match id {
                SECTION_STRINGS => strings = Some(part),
                SECTION_POLICY => policy = Some(part),
                SECTION_RECORDS => records = Some(part),
                _ => {} // of a later version
            }
        }
        let missing = || r.error(ErrorCode::BadSection);
        let strings = decode_strings(strings.ok_or_else(missing)?)?;
        let policy = decode_policy(policy.ok_or_else(missing)?)?;
        let records = decode_records(records.ok_or_else(missing)?, &strings)?;
        Ok(Self { header, policy, records })
    }
}

/// An abridged payload, completed: exactly `wanted` bytes.
fn complete(
    wanted: usize,
    payload: &[u8],
    start: usize,
    mut find: impl FnMut(&Name, &mut Vec<u8>) -> bool,
) -> Result<Vec<u8>, Error> {
    // What says how many bytes come is never more than they are.
    let parts = inflate(wanted.saturating_mul(2), payload, start)?;
    let mut parts = Reader::new(&parts, 0);
    let mut out = Vec::new();
    while parts.left() > 0 {
        let at = parts;
        match parts.count(1)? {
            0 if !find(&parts.array()?, &mut out) => return Err(at.error(ErrorCode::UnknownBlock)),
            0 => {}
            length => out.extend_from_slice(parts.bytes(length)?),
        }
        if out.len() > wanted {
            return Err(at.error(ErrorCode::TooLarge));
        }
    }
    if out.len() < wanted {
        return Err(parts.error(ErrorCode::Truncated));
    }
    Ok(out)
}

/// Bytes as they were before compression: at `most` so many, with nothing behind them.
fn inflate(most: usize, payload: &[u8], start: usize) -> Result<Vec<u8>, Error> {
    let fail = |code, at| Err(Error::new(code, start + at));
    // Room grows with what really comes out, not with what the header promises.
    let mut out = vec![0; most.min(payload.len().saturating_mul(2))];
    let mut state = Box::<DecompressorOxide>::default();
    let (mut read, mut written) = (0, 0);
    loop {
        let rest = payload.get(read..).unwrap_or(&[]);
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, more_read, more_written) = decompress(&mut state, rest, &mut out, written, flags);
        read += more_read;
        written += more_written;
        match status {
            TINFLStatus::Done if read < payload.len() => return fail(ErrorCode::TrailingBytes, read),
            TINFLStatus::Done => {
                out.truncate(written);
                return Ok(out);
            }
            TINFLStatus::HasMoreOutput if out.len() < most => out.resize((out.len() * 2).min(most), 0),
            TINFLStatus::HasMoreOutput => return fail(ErrorCode::TooLarge, read),
            _ => return fail(ErrorCode::BadCompression, read),
        }
    }
}

fn decode_strings(mut r: Reader<'_>) -> Result<Strings, Error> {
    let mut strings = Strings::default();
    let empty = Text::from("");
    for role in Role::ALL {
        let count = r.count(1)?;
        let mut lengths = r;
        r.skip_varints(count)?;
        let column = strings.column_mut(role);
        column.reserve_exact(count);
        for _ in 0..count {
            let length = lengths.uint()? as usize;
            let text = r.text(length)?;
            column.push(if text.is_empty() { empty.clone() } else { text.into() });
        }
    }
    r.finish()?;
    Ok(strings)
}

fn decode_policy(mut r: Reader<'_>) -> Result<PolicyReport, Error> {
    let policy = r.array()?;
    let mut withheld: Vec<(u32, u32)> = Vec::new();
    while r.left() > 0 {
        let at = r;
        let (rule, count) = (r.uint()?, r.uint()?);
        if count == 0 || withheld.last().is_some_and(|(before, _)| *before >= rule) {
            return Err(at.error(ErrorCode::BadValue));
        }
        push(&mut withheld, (rule, count), r.left() / 2);
    }
    Ok(PolicyReport { policy, withheld })
}

fn decode_records(mut r: Reader<'_>, strings: &Strings) -> Result<Vec<Timed>, Error> {
    // Columns of kinds, times and lengths, then the bodies.
    let count = r.count(3)?;
    let mut kinds = r;
    r.skip_varints(count)?;
    let mut times = r;
    r.skip_varints(count)?;
    let mut lengths = r;
    r.skip_varints(count)?;
    let mut records = Vec::with_capacity(count);
    let mut time_ms = 0;
    for _ in 0..count {
        times.delta(&mut time_ms)?;
        let (kind, length) = (kinds.uint()?, lengths.uint()? as usize);
        let record = Record::decode(kind, r.slice(length)?, strings)?;
        records.push(Timed { time_ms, record });
    }
    r.finish()?;
    Ok(records)
}

/// Appends `item` to what at most `left` more items follow, so that no room is reserved for more.
fn push<T>(items: &mut Vec<T>, item: T, left: usize) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len().max(4).min(left + 1));
    }
    items.push(item);
}

impl Tree {
    pub(crate) fn decode(r: &mut Reader<'_>, s: &Strings) -> Result<Self, Error> {
        let first = r.uint()?;
        // Counted first: an entry in memory is many times as large as on the wire, and room is reserved once.
        let mut entries: Vec<Entry> = Vec::with_capacity(entries_in(*r)?);
        while r.left() > 0 {
            let at = *r;
            let entry = Entry::decode(r, s)?;
            if !entry.may_follow(entries.last()) {
                return Err(at.error(ErrorCode::BadValue));
            }
            entries.push(entry);
        }
        Ok(Self { first, entries })
    }
}

fn entries_in(mut r: Reader<'_>) -> Result<usize, Error> {
    let mut entries = 0;
    while r.left() > 0 {
        let head = r.varint()?;
        if head >> 3 == 0 {
            r.skip_varints(2)?;
        }
        let fields = match head & 7 {
            0 => 0,
            1..=3 => {
                r.varint()?;
                2 * r.count(2)?
            }
            5 => 3,
            _ => 1,
        };
        r.skip_varints(fields)?;
        entries += 1;
    }
    Ok(entries)
}

impl Entry {
    fn decode(r: &mut Reader<'_>, s: &Strings) -> Result<Self, Error> {
        let at = *r;
        let head = r.varint()?;
        let place = match head >> 3 {
            0 => Place::At { parent: r.uint()?, previous: r.uint()? },
            1 => Place::Child,
            n => Place::After(u32::try_from(n - 2).map_err(|_| at.error(ErrorCode::BadInteger))?),
        };
        let node = match head & 7 {
            0 => Node::Document,
            1 => element(Namespace::Html, r, s)?,
            2 => element(Namespace::Svg, r, s)?,
            3 => element(Namespace::MathMl, r, s)?,
            4 => {
                let (text, css) = r.text_or_css(s)?;
                if css { Node::Css(text) } else { Node::Text(text) }
            }
            5 => Node::Doctype {
                name: r.string(s, Role::Name)?,
                public: r.string(s, Role::Name)?,
                system: r.string(s, Role::Name)?,
            },
            6 => Node::ShadowRoot { closed: r.bool()? },
            _ => Node::Existing(r.uint()?),
        };
        Ok(Self { place, node })
    }

    /// Whether a tree can have this entry after `before`.
    fn may_follow(&self, before: Option<&Self>) -> bool {
        let before = before.map(|entry| &entry.node);
        let is_root = matches!(self.node, Node::Document | Node::ShadowRoot { .. });
        match self.place {
            Place::At { .. } => true,
            Place::Child if is_root => matches!(before, Some(Node::Element { .. } | Node::Existing(_))),
            Place::Child => {
                !matches!(before, None | Some(Node::Text(_) | Node::Css(_) | Node::Doctype { .. }))
            }
            Place::After(_) => before.is_some() && !is_root,
        }
    }
}

fn element(namespace: Namespace, r: &mut Reader<'_>, s: &Strings) -> Result<Node, Error> {
    let name = r.string(s, Role::Name)?;
    let count = r.count(2)?;
    let mut attributes = Vec::with_capacity(count);
    for _ in 0..count {
        let name = r.string(s, Role::Name)?;
        let value = r.string(s, attribute_role(&name))?;
        attributes.push((name, value));
    }
    Ok(Node::Element { namespace, name, attributes })
}

impl Remove {
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, Error> {
        let mut last = 0;
        let mut nodes = Vec::new();
        while r.left() > 0 {
            let node = r.delta(&mut last)?;
            push(&mut nodes, node, r.left());
        }
        Ok(Self { nodes })
    }
}

impl Attributes {
    pub(crate) fn decode(r: &mut Reader<'_>, s: &Strings) -> Result<Self, Error> {
        let mut last = 0;
        let mut changes = Vec::new();
        while r.left() > 0 {
            let node = r.delta(&mut last)?;
            let name = r.string(s, Role::Name)?;
            let value = r.optional_string(s, attribute_role(&name))?;
            push(&mut changes, (node, name, value), r.left() / 3);
        }
        Ok(Self { changes })
    }
}

impl Texts {
    pub(crate) fn decode(r: &mut Reader<'_>, s: &Strings) -> Result<Self, Error> {
        let mut last = 0;
        let mut changes = Vec::new();
        while r.left() > 0 {
            let node = r.delta(&mut last)?;
            let (text, css) = r.text_or_css(s)?;
            push(&mut changes, (node, text, css), r.left() / 2);
        }
        Ok(Self { changes })
    }
}

fn samples(r: &mut Reader<'_>, gliding: bool) -> Result<Vec<Sample>, Error> {
    let count = r.count(3)?;
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        samples.push(Sample { after_ms: r.uint()?, node: 0, x: 0, y: 0 });
    }
    nodes(r, &mut samples)?;
    axis(r, gliding, samples.iter_mut().map(|s| &mut s.x))?;
    axis(r, gliding, samples.iter_mut().map(|s| &mut s.y))?;
    Ok(samples)
}

/// Runs of equal nodes, each as long as can be, so that there is one encoding for each recording.
fn nodes(r: &mut Reader<'_>, mut samples: &mut [Sample]) -> Result<(), Error> {
    let mut node = 0;
    let mut before = None;
    while !samples.is_empty() {
        let at = *r;
        let run = r.uint()? as usize;
        r.delta(&mut node)?;
        let part = samples.split_off_mut(..run);
        let Some(part) = part.filter(|part| !part.is_empty() && before != Some(node)) else {
            return Err(at.error(ErrorCode::BadValue));
        };
        for sample in part {
            sample.node = node;
        }
        before = Some(node);
    }
    Ok(())
}

fn axis<'a>(
    r: &mut Reader<'_>,
    gliding: bool,
    values: impl Iterator<Item = &'a mut i32>,
) -> Result<(), Error> {
    let (mut at, mut speed) = (0i64, 0i64);
    for value in values {
        let here = *r;
        let bad = || here.error(ErrorCode::BadInteger);
        let delta = r.int64()?.checked_add(speed).ok_or_else(bad)?;
        at = at.checked_add(delta).ok_or_else(bad)?;
        *value = i32::try_from(at).map_err(|_| bad())?;
        speed = if gliding { delta } else { 0 };
    }
    Ok(())
}

impl Scrolls {
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { samples: samples(r, false)? })
    }
}

impl Moves {
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { device: r.uint()?, id: r.uint()?, samples: samples(r, true)? })
    }
}

impl AdoptedSheets {
    pub(crate) fn decode(r: &mut Reader<'_>) -> Result<Self, Error> {
        let root = r.uint()?;
        let mut sheets = Vec::new();
        while r.left() > 0 {
            let sheet = r.uint()?;
            push(&mut sheets, sheet, r.left());
        }
        Ok(Self { root, sheets })
    }
}

impl StyleRule {
    pub(crate) fn decode(r: &mut Reader<'_>, s: &Strings) -> Result<Self, Error> {
        let sheet = r.uint()?;
        let depth = r.count(1)?;
        let mut path = Vec::with_capacity(depth);
        for _ in 0..depth {
            path.push(r.uint()?);
        }
        Ok(Self { sheet, path, rule: r.optional_string(s, Role::Css)? })
    }
}
