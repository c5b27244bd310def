//! Erasing a session: whoever holds its secret may. The session's id is the secret's hash, so that nothing needs to be
//! registered and no recording holds the means to erase itself.

use afterimage_wire::batch::SESSION_BYTES;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};

use super::Shared;
use crate::admit::read_secret;
use crate::id::{SessionId, unhex};
use crate::refusal::Refusal;
use crate::state::Collector;

/// `POST /collect/erase` with the secret as the body: a simple request, which needs no preflight.
pub(super) async fn with_body(State(collector): Shared, request: Request) -> Result<StatusCode, Refusal> {
    let (parts, body) = request.into_parts();
    let secret = read_secret(&parts.headers, body).await?;
    erase(&collector, SessionId::of_secret(&secret)).await
}

/// `DELETE /collect/sessions/ID` with `authorization: Secret HEX`.
pub(super) async fn with_header(
    State(collector): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    let id: SessionId = id.parse().map_err(|_| Refusal::BadId)?;
    let given = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()?.strip_prefix("Secret "));
    let secret = given.and_then(unhex::<SESSION_BYTES>).ok_or(Refusal::BadSecret)?;
    if SessionId::of_secret(&secret) != id {
        return Err(Refusal::WrongSecret);
    }
    erase(&collector, id).await
}

/// Also when nothing is stored of it: a batch may still be on its way.
async fn erase(collector: &Collector, session: SessionId) -> Result<StatusCode, Refusal> {
    let stored = collector.journal.erase(session).await?;
    collector.catch_up().await?;
    tracing::info!(%session, stored, "erased");
    Ok(StatusCode::NO_CONTENT)
}
