//! `POST /collect`: one batch a body, or in the address of an image. Also what pages of other origins need to be told to be allowed to.

use std::sync::Arc;

use afterimage_wire::blocks::NAME_BYTES;
use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::{Shared, erase, mine, policy};
use crate::admit::read_body;
use crate::refusal::Refusal;
use crate::state::{Collector, Stored};

/// What recorders call.
pub(super) fn routes(collector: &Arc<Collector>) -> Router<Arc<Collector>> {
    Router::new()
        .route("/collect", post(collect).options(preflight))
        .route("/collect/", post(collect).options(preflight))
        .route("/collect/pixel", get(pixel))
        .route("/collect/known", post(known).options(preflight))
        .route("/collect/mine", post(mine::mine).options(preflight))
        .route("/collect/erase", post(erase::with_body).options(preflight))
        .route("/collect/sessions/{id}", delete(erase::with_header).options(preflight))
        .layer(middleware::from_fn_with_state(Arc::clone(collector), share))
        .route("/collect/policy.json", get(policy::policy))
}

/// Blocks that are asked about at a time: those of the largest payload.
const MOST_NAMES: usize = 16 << 10;

async fn collect(State(collector): Shared, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !takes_origin(&collector, &parts.headers) {
        return Err(Refusal::Origin);
    }
    // What it takes of the memory is given back when it is stored.
    let body = read_body(&parts.headers, body, collector.config.body_bytes, &collector.room).await?;
    let bytes = body.bytes.len();
    let Stored { header: batch, snapshot, stored } = collector.store(body.bytes.clone()).await?;
    tracing::debug!(
        session = %crate::id::SessionId(batch.session),
        page_view = %crate::id::PageViewId(batch.page_view),
        sequence = batch.sequence,
        bytes,
        snapshot,
        "stored"
    );
    Ok(match (snapshot, stored.is_empty()) {
        (true, _) => Json(json!({ "snapshot": true })).into_response(),
        (_, false) => Json(json!({ "stored": stored })).into_response(),
        _ => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Which blocks need not be sent: their names are the body, the answer has a character for each.
async fn known(State(collector): Shared, request: Request) -> Result<String, Refusal> {
    let (parts, body) = request.into_parts();
    if !takes_origin(&collector, &parts.headers) {
        return Err(Refusal::Origin);
    }
    let names = read_body(&parts.headers, body, MOST_NAMES * NAME_BYTES, &collector.room).await?.bytes;
    match names.as_chunks() {
        (names, []) => {
            collector.forget_erased().await?;
            Ok(collector.known.tell(names))
        }
        _ => Err(Refusal::BadNames),
    }
}

/// An image of one transparent pixel: <https://www.w3.org/Graphics/GIF/spec-gif89a.txt>.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A batch in an address, as base64url: where a page's policy lets images ask, and its scripts not.
async fn pixel(State(collector): Shared, request: Request) -> Result<Response, Refusal> {
    if !takes_origin(&collector, request.headers()) {
        return Err(Refusal::Origin);
    }
    let text = request.uri().query().unwrap_or_default();
    let body = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::BadAddress)?;
    if body.is_empty() {
        return Err(Refusal::Empty);
    }
    collector.store(body.into()).await?;
    Ok(([(header::CONTENT_TYPE, "image/gif")], GIF).into_response())
}

async fn preflight() -> (StatusCode, [(header::HeaderName, &'static str); 3]) {
    (
        StatusCode::NO_CONTENT,
        [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "POST, DELETE"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ],
    )
}

/// Whether the page that sends this may be recorded.
fn takes_origin(collector: &Collector, headers: &HeaderMap) -> bool {
    // The collector's own origin is its owner's. Browsers that hide the origin from it still say that it is the same.
    let same = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    let origin = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok()).unwrap_or("null");
    same || collector.config.takes_origin(origin)
}

/// Lets pages read the answers. Refused ones too: a recorder that cannot read the refusal would take it for a broken
/// network and try again. There are no credentials, and nothing in the answers, that this could give away.
async fn share(State(collector): Shared, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let erasing = request.method() != Method::POST;
    let mut response = next.run(request).await;
    let any = HeaderValue::from_static("*");
    let allowed = match origin {
        Some(origin) if !collector.config.origins.is_empty() && !erasing => origin,
        _ => any,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !collector.config.origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}
