//! What the pages ask: sessions as JSON, their batches as they came.

use std::sync::Arc;

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::Shared;
use crate::id::SessionId;
use crate::index::{PageView, Privacy, Session, Slice};
use crate::journal::Entry;
use crate::refusal::Refusal;
use crate::state::Collector;

/// What the pages call.
pub(super) fn routes() -> Router<Arc<Collector>> {
    Router::new()
        .route("/api/sessions", get(sessions))
        .route("/api/sessions/{id}", get(session))
        .route("/api/sessions/{id}/batches", get(batches))
        .layer(middleware::from_fn(only_pages))
}

async fn only_pages(request: Request, next: Next) -> Response {
    if !is_for_pages(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Browsers say what a request is for. Scripts of these pages, and people who open the address, may; a replayed
/// document's images and style sheets, and other sites, may not.
fn is_for_pages(headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).and_then(|v| v.to_str().ok());
    header("sec-fetch-site").is_none_or(|s| matches!(s, "same-origin" | "none"))
        && header("sec-fetch-dest").is_none_or(|d| matches!(d, "empty" | "document"))
}

/// Most sessions of one answer.
const LIMIT: u32 = 500;

#[derive(Deserialize)]
struct Wanted {
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Sessions {
    total: u64,
    /// Newest first.
    sessions: Vec<Session>,
}

async fn sessions(State(c): Shared, Query(wanted): Query<Wanted>) -> Result<Json<Sessions>, Refusal> {
    c.catch_up().await?;
    let limit = wanted.limit.unwrap_or(LIMIT).min(LIMIT);
    let sessions = c.index.sessions(Slice::Newest(limit)).await?;
    Ok(Json(Sessions { total: c.index.count().await?, sessions }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    session: Session,
    views: Vec<PageView>,
    privacy: Privacy,
}

async fn session(State(c): Shared, Path(id): Path<String>) -> Result<Json<Whole>, Refusal> {
    let id: SessionId = id.parse().map_err(|_| Refusal::BadId)?;
    c.catch_up().await?;
    let session = c.index.session(id).await?.ok_or(Refusal::UnknownSession)?;
    Ok(Json(Whole { session, views: c.index.page_views(id).await?, privacy: c.index.privacy(id).await? }))
}

async fn batches(State(c): Shared, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: SessionId = id.parse().map_err(|_| Refusal::BadId)?;
    framed(c.journal.read(id).await?)
}

/// All bodies of a session as they came, each after its length, 32 bits, little-endian.
///
/// # Errors
/// When there are none.
pub(super) fn framed(entries: Vec<Entry>) -> Result<Response, Refusal> {
    if entries.is_empty() {
        return Err(Refusal::UnknownSession);
    }
    let mut framed = Vec::with_capacity(entries.iter().map(|e| e.body.len() + 4).sum());
    for entry in entries {
        let length = u32::try_from(entry.body.len()).map_err(|_| Refusal::Unavailable)?;
        framed.extend_from_slice(&length.to_le_bytes());
        framed.extend_from_slice(&entry.body);
    }
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], framed).into_response())
}
