//! From a request's body to a batch that may be stored: limits first, then every byte decoded.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::Arc;

use afterimage_wire::batch::SESSION_BYTES;
use afterimage_wire::blocks::{LEAST_PAYLOAD, names};
use afterimage_wire::{Batch, Compression, ErrorCode, Header};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use flate2::write::DeflateEncoder;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::known::{Known, Lessons};
use crate::refusal::Refusal;

/// Payloads of so many bytes are looked at for blocks: recorders ask about none that is smaller, and make none larger.
const TEACHES: RangeInclusive<usize> = LEAST_PAYLOAD..=1 << 20;

/// A whole body, and what it takes of the memory for bodies until it is dropped.
pub struct Admitted {
    /// The body.
    pub bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Reads a whole body of at most `limit` bytes, a permit of `room` for each byte. Bytes count when they came: who only says
/// that much will follow takes nothing from others.
///
/// # Errors
/// When it is longer, says so in advance, is empty, ends early, or when there is no room.
pub async fn read_body(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    room: &Arc<Semaphore>,
) -> Result<Admitted, Refusal> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|d| d > limit as u64) {
        return Err(Refusal::BodyTooLarge);
    }
    let mut bytes = Vec::new();
    let mut held: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Interrupted)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(Refusal::BodyTooLarge);
        }
        let wanted = u32::try_from(data.len()).map_err(|_| Refusal::BodyTooLarge)?;
        let permit = Arc::clone(room).try_acquire_many_owned(wanted).map_err(|_| Refusal::Busy)?;
        match &mut held {
            Some(held) => held.merge(permit),
            None => held = Some(permit),
        }
        bytes.extend_from_slice(&data);
    }
    if bytes.is_empty() { Err(Refusal::Empty) } else { Ok(Admitted { bytes: bytes.into(), _room: held }) }
}

/// Reads a body that is a session's secret and nothing else.
///
/// # Errors
/// When it is anything else.
pub async fn read_secret(headers: &HeaderMap, body: Body) -> Result<[u8; SESSION_BYTES], Refusal> {
    // Whoever wants to be forgotten does not wait for room.
    let room = Arc::new(Semaphore::new(SESSION_BYTES));
    let bytes = match read_body(headers, body, SESSION_BYTES, &room).await {
        Err(Refusal::BodyTooLarge | Refusal::Empty) => return Err(Refusal::BadSecret),
        admitted => admitted?.bytes,
    };
    bytes.as_ref().try_into().map_err(|_| Refusal::BadSecret)
}

/// Decodes all of a body that is stored, or may be as it is.
///
/// # Errors
/// Whatever is wrong with it.
pub fn decode(body: &[u8], payload_bytes: usize) -> Result<Batch, Refusal> {
    check_header(body)?;
    Ok(Batch::decode(body, payload_bytes)?)
}

/// A batch that may be stored.
pub struct Batched {
    /// Its header.
    pub header: Header,
    /// The body of the recording: whole, however it travelled.
    pub body: Bytes,
    /// What it teaches of blocks.
    pub lessons: Lessons,
}

/// Decodes all of a body. One that is abridged is completed, and compressed as a whole.
///
/// # Errors
/// Whatever is wrong with it.
pub fn admit(body: Bytes, payload_bytes: usize, known: &Known) -> Result<Batched, Refusal> {
    check_header(&body)?;
    let (header, payload) = Batch::open(&body, payload_bytes, |name, out| known.find(name, out))?;
    Batch::decode_payload(header.clone(), &payload)?;
    let mut lessons = Lessons::default();
    if TEACHES.contains(&payload.len()) {
        lessons = known.lessons(&header.session, &payload, &names(&header.site, &payload));
    }
    let whole =
        (header.compression == Compression::Abridged).then(|| deflated(&header, &payload)).transpose()?;
    drop(payload);
    Ok(Batched { header, body: whole.unwrap_or(body), lessons })
}

/// The format has one code for everything too large; in the header that can only be the site's name.
fn check_header(body: &[u8]) -> Result<(), Refusal> {
    match Header::decode(body) {
        Err(e) if e.code == ErrorCode::TooLarge => Err(Refusal::SiteTooLong),
        header => Ok(header.map(|_| ())?),
    }
}

/// The body of a batch, compressed.
fn deflated(header: &Header, payload: &[u8]) -> Result<Bytes, Refusal> {
    let header = Header { compression: Compression::DeflateRaw, ..header.clone() };
    let mut encoder = DeflateEncoder::new(header.encode(), flate2::Compression::default());
    encoder
        .write_all(payload)
        .and_then(|()| encoder.finish())
        .map(Bytes::from)
        .map_err(|_| Refusal::Unavailable)
}
