//! `GET /collect/policy.json`: what visitors are told of this collector. The policy page adds what the page's own options say.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use super::Shared;

/// Minutes may pass before a change is seen; a page that is opened again need not ask again.
const CACHED: &str = "public, max-age=300";

pub(super) async fn policy(State(collector): Shared) -> ([(HeaderName, HeaderValue); 2], Json<Value>) {
    let config = &collector.config;
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::CACHE_CONTROL, HeaderValue::from_static(CACHED)),
    ];
    let policy = json!({
        "operator": config.operator,
        "contact": config.contact.as_ref().map(ToString::to_string),
        "keepDays": config.keep_days,
        // Not a setting: nothing here reads the address of who sends, see `tests/visitor.rs`.
        "addressesStored": false,
    });
    (headers, Json(policy))
}
