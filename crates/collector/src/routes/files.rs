//! The pages, the drop-in and the viewer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use crate::assets::{Asset, Coding};
use crate::id::SessionId;
use crate::refusal::Refusal;
use crate::state::Collector;

/// The session list runs its own scripts and nothing else.
const LIST_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The replayed document lives in a sandboxed frame without an address, which inherits this: it may look like the page
/// (style, images, fonts, media from anywhere) and do nothing (no frames, plug-ins, forms, connections, and the sandbox
/// allows no scripts).
const REPLAY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; \
    style-src 'self' 'unsafe-inline' http: https: data: blob:; img-src 'self' http: https: data: blob:; \
    font-src http: https: data:; media-src http: https: data: blob:; frame-src 'none'; object-src 'none'; \
    worker-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is read by browsers.
pub(super) fn routes() -> Router<Arc<Collector>> {
    let drop_in = [
        "/afterimage.js",
        "/core.js",
        "/canvas.js",
        "/canvas-worker.js",
        "/developer.js",
        "/frames.js",
        "/afterimage.wasm",
    ];
    let visitors = [
        "/disable.html",
        "/recorded.html",
        "/recorded.js",
        "/recorded.css",
        "/policy.html",
        "/policy.js",
        "/policy.css",
        "/viewer.js",
        "/viewer.wasm",
    ];
    let visitors = visitors.into_iter().fold(Router::new(), |router, path| router.route(path, get(file)));
    let public = drop_in.into_iter().fold(Router::new(), |router, path| router.route(path, get(file)));
    Router::new()
        .merge(public.layer(middleware::from_fn(for_any_origin)))
        .merge(visitors)
        .route("/pages/{file}", get(file))
        .route("/", get(list))
        .route("/session/{id}", get(replay))
}

async fn file(State(c): Shared, uri: Uri, headers: HeaderMap) -> Response {
    serve(&c, uri.path().trim_start_matches('/'), &headers)
}

async fn list(State(c): Shared, headers: HeaderMap) -> Response {
    page(&c, "pages/index.html", &headers, LIST_POLICY)
}

async fn replay(State(c): Shared, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    c.catch_up().await?;
    let known = match id.parse::<SessionId>() {
        Ok(id) => c.index.session(id).await?.is_some(),
        Err(_) => false,
    };
    if known {
        return Ok(page(&c, "pages/session.html", &headers, REPLAY_POLICY));
    }
    // Without what the browser has of it: a page that is not there has not "not changed".
    let mut response = page(&c, "pages/unknown.html", &HeaderMap::new(), LIST_POLICY);
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

fn page(collector: &Collector, path: &str, headers: &HeaderMap, policy: &'static str) -> Response {
    let mut response = serve(collector, path, headers);
    for (name, value) in [
        ("content-security-policy", policy),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ] {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// The drop-in is loaded by the pages it records.
async fn for_any_origin(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

fn serve(collector: &Collector, path: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = collector.assets.get(path) else {
        return (StatusCode::NOT_FOUND, "Not built: run `cargo xtask build`.\n").into_response();
    };
    // Always asked for again, as the files of a new version must not mix with those of the one before.
    let known = |etag: &HeaderValue| etag.to_str().is_ok_and(|e| e.split(", ").any(|e| e == asset.etag));
    let common =
        [(header::CACHE_CONTROL, "no-cache"), (header::VARY, "accept-encoding"), (header::ETAG, &asset.etag)];
    if headers.get(header::IF_NONE_MATCH).is_some_and(known) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    (common, body(asset, Coding::accepted(accepted))).into_response()
}

fn body(asset: &Asset, coding: Coding) -> Response {
    let mut response = ([(header::CONTENT_TYPE, asset.mime)], asset.content(coding)).into_response();
    if let Some(name) = coding.name() {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}
