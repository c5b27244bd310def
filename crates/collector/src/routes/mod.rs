//! The routes. Handlers take what they need from the request, ask the stores, and answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::refusal::Refusal;
use crate::state::Collector;

mod api;
mod collect;
mod erase;
mod files;
mod health;
mod mine;
mod policy;

/// Longest that a request may take, its body included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Everything the collector answers.
pub fn router(collector: Arc<Collector>) -> Router {
    Router::new()
        .merge(collect::routes(&collector))
        .merge(api::routes())
        .merge(files::routes())
        .route("/healthz", get(health::health))
        .fallback(async || (StatusCode::NOT_FOUND, "There is nothing here.\n"))
        .layer(CatchPanicLayer::custom(|_| Refusal::Unavailable.into_response()))
        // Too slow is no fault of the batch: the recorder may try again.
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
        .layer(middleware::from_fn(log))
        .layer(middleware::from_fn(plain))
        .with_state(collector)
}

/// Shorthand of the handlers.
type Shared = State<Arc<Collector>>;

/// Logs what was asked and what came of it: the route, never the address or who asked.
async fn log(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let status = response.status().as_u16();
    let code = response.extensions().get::<Refusal>().map_or("", |r| r.code());
    let ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    match status {
        500.. => tracing::error!(%method, route, status, code, ms),
        400.. => tracing::info!(%method, route, status, code, ms),
        _ => tracing::debug!(%method, route, status, ms),
    }
    response
}

/// No answer is to be taken for anything but what it says it is, nor to tell other sites where a viewer came from.
async fn plain(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert("x-content-type-options", axum::http::HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", axum::http::HeaderValue::from_static("no-referrer"));
    response
}
