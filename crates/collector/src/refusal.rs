//! Why a request is refused: one enum, each variant with its status, its stable code and a sentence.

use afterimage_wire::{Error, ErrorCode};
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::journal::JournalError;

/// Seconds after which a recorder may try again what the collector could not store.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");
/// The same when only too many came at once.
const SOON: HeaderValue = HeaderValue::from_static("5");

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no body.
    Empty,
    /// The connection ended within the body.
    Interrupted,
    /// The body is longer than allowed, or says that it will be.
    BodyTooLarge,
    /// The site's name is longer than the format allows.
    SiteTooLong,
    /// The bytes are not a batch, or a broken one.
    Format(Error),
    /// The page's origin is not among those allowed.
    Origin,
    /// The site is not among those allowed.
    Site,
    /// Other bytes are stored under the same session, page view and sequence.
    Conflict,
    /// The session was erased: recording it must stop.
    Ended,
    /// An address that holds no batch.
    BadAddress,
    /// A session id that is none.
    BadId,
    /// A secret that is none.
    BadSecret,
    /// A secret of another session.
    WrongSecret,
    /// Names of blocks that are none.
    BadNames,
    /// No such session.
    UnknownSession,
    /// Too many bodies at once.
    Busy,
    /// No room left.
    Full,
    /// The journal or index cannot be used.
    Unavailable,
}

#[derive(Serialize)]
struct Body {
    code: &'static str,
    message: String,
}

impl Refusal {
    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Empty
            | Self::Interrupted
            | Self::BadAddress
            | Self::BadId
            | Self::BadSecret
            | Self::BadNames => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Format(e) => match e.code {
                ErrorCode::NotABatch => StatusCode::BAD_REQUEST,
                ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                ErrorCode::UnknownBlock => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
            Self::SiteTooLong | Self::Conflict => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Origin | Self::Site | Self::WrongSecret => StatusCode::FORBIDDEN,
            Self::Ended => StatusCode::GONE,
            Self::UnknownSession => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::TOO_MANY_REQUESTS,
            Self::Full | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code, stable across versions.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty_body",
            Self::Interrupted => "interrupted_body",
            Self::BodyTooLarge => "body_too_large",
            Self::SiteTooLong => "site_too_long",
            Self::Format(e) => match e.code {
                ErrorCode::NotABatch => "not_a_batch",
                ErrorCode::UnknownVersion => "unknown_version",
                ErrorCode::UnknownCompression => "unknown_compression",
                ErrorCode::Truncated => "truncated",
                ErrorCode::BadInteger => "bad_integer",
                ErrorCode::TrailingBytes => "trailing_bytes",
                ErrorCode::BadText => "bad_text",
                ErrorCode::BadReference => "bad_reference",
                ErrorCode::BadValue => "bad_value",
                ErrorCode::BadDigest => "bad_digest",
                ErrorCode::BadCompression => "bad_compression",
                ErrorCode::TooLarge => "payload_too_large",
                ErrorCode::BadSection => "bad_section",
                ErrorCode::UnknownBlock => "unknown_block",
            },
            Self::Origin => "origin_refused",
            Self::Site => "site_refused",
            Self::Conflict => "sequence_conflict",
            Self::Ended => "session_ended",
            Self::BadAddress => "bad_address",
            Self::BadId => "bad_session_id",
            Self::BadSecret => "bad_secret",
            Self::WrongSecret => "wrong_secret",
            Self::BadNames => "bad_names",
            Self::UnknownSession => "unknown_session",
            Self::Busy => "too_many_at_once",
            Self::Full => "storage_full",
            Self::Unavailable => "storage_unavailable",
        }
    }

    fn message(self) -> String {
        match self {
            Self::Empty => "the body is empty".into(),
            Self::Interrupted => "the body ended before it was complete".into(),
            Self::BodyTooLarge => "the body is larger than this collector takes".into(),
            Self::SiteTooLong => "the site's name is longer than 64 bytes".into(),
            Self::Format(e) => e.to_string(),
            Self::Origin => "pages of this origin are not recorded here".into(),
            Self::Site => "this site is not recorded here".into(),
            Self::Conflict => "another batch has this session, page view and sequence".into(),
            Self::Ended => "this session was erased; recording it ends".into(),
            Self::BadAddress => "the address does not end with a batch in base64url".into(),
            Self::BadId => crate::id::BadId.to_string(),
            Self::BadSecret => {
                "a secret is 16 bytes, or 32 hexadecimal digits in `authorization: Secret …`".into()
            }
            Self::BadNames => "a block's name has 8 bytes".into(),
            Self::WrongSecret => "this secret does not open this session".into(),
            Self::UnknownSession => "there is no such session".into(),
            Self::Busy => "the collector has too many batches in hand; try again soon".into(),
            Self::Full => "the collector has no room left".into(),
            Self::Unavailable => "the collector cannot store or read at the moment".into(),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Format(error)
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Full => Self::Full,
            JournalError::Unavailable(_) => Self::Unavailable,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(Body { code: self.code(), message: self.message() });
        let mut response = (self.status(), body).into_response();
        let wait = match self {
            Self::Busy => Some(SOON),
            Self::Full | Self::Unavailable => Some(RETRY_AFTER),
            _ => None,
        };
        if let Some(wait) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response.extensions_mut().insert(self); // for the log
        response
    }
}
