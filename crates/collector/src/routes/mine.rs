//! What was recorded of a visitor, for that visitor: whoever holds a session's secret may read it, and nothing else.

use axum::extract::{Request, State};
use axum::response::Response;

use super::{Shared, api};
use crate::admit::read_secret;
use crate::id::SessionId;
use crate::refusal::Refusal;

/// `POST /collect/mine` with the secret as the body: a simple request, which needs no preflight and leaves the secret in
/// no log. A secret that opens nothing, one of an erased session and one that never was are answered alike.
pub(super) async fn mine(State(collector): Shared, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let session = SessionId::of_secret(&read_secret(&parts.headers, body).await?);
    let _turn = collector.reading.acquire().await.map_err(|_| Refusal::Unavailable)?;
    let shown = api::framed(collector.journal.read(session).await?)?;
    tracing::info!(%session, "shown to its visitor");
    Ok(shown)
}
