//! From a request's body to a batch that may be stored: limits first, then every byte decoded.

use std::sync::Arc;

use afterimage_wire::batch::SESSION_BYTES;
use afterimage_wire::{Batch, ErrorCode, Header};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

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

/// Decodes all of a body.
///
/// # Errors
/// Whatever is wrong with it.
pub fn decode(body: &[u8], payload_bytes: usize) -> Result<Batch, Refusal> {
    // The format has one code for everything too large; in the header that can only be the site's name.
    Header::decode(body).map_err(|e| match e.code {
        ErrorCode::TooLarge => Refusal::SiteTooLong,
        _ => Refusal::Format(e),
    })?;
    Ok(Batch::decode(body, payload_bytes)?)
}
