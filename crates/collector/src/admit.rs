//! From a request's body to a batch that may be stored: limits first, then every byte decoded.

use std::error::Error;

use afterimage_wire::batch::SESSION_BYTES;
use afterimage_wire::{Batch, ErrorCode, Header};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::refusal::Refusal;

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// When it is longer, says so in advance, is empty or ends early.
pub async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|d| d > limit as u64) {
        return Err(Refusal::BodyTooLarge);
    }
    let bytes = match Limited::new(body, limit).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(e) if too_long(e.as_ref()) => return Err(Refusal::BodyTooLarge),
        Err(_) => return Err(Refusal::Interrupted),
    };
    if bytes.is_empty() { Err(Refusal::Empty) } else { Ok(bytes) }
}

/// Reads a body that is a session's secret and nothing else.
///
/// # Errors
/// When it is anything else.
pub async fn read_secret(headers: &HeaderMap, body: Body) -> Result<[u8; SESSION_BYTES], Refusal> {
    let bytes = match read_body(headers, body, SESSION_BYTES).await {
        Err(Refusal::BodyTooLarge | Refusal::Empty) => return Err(Refusal::BadSecret),
        bytes => bytes?,
    };
    bytes.as_ref().try_into().map_err(|_| Refusal::BadSecret)
}

fn too_long(error: &(dyn Error + 'static)) -> bool {
    error.is::<LengthLimitError>() || error.source().is_some_and(too_long)
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
