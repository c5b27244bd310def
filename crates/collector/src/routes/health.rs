//! `GET /healthz`: whether the stores answer, and what came of the batches since the start.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Shared;
use crate::refusal::Refusal;

pub(super) async fn health(State(c): Shared) -> Result<Json<Value>, Refusal> {
    c.journal.tail(u64::MAX >> 1, 1).await?;
    let sessions = c.index.count().await?;
    let tally = &c.tally;
    let [stored, duplicates, conflicts, refused] =
        [&tally.stored, &tally.duplicates, &tally.conflicts, &tally.refused]
            .map(|n| n.load(Ordering::Relaxed));
    Ok(Json(json!({
        "status": "ok",
        "sessions": sessions,
        "batches": { "stored": stored, "duplicates": duplicates, "conflicts": conflicts, "refused": refused },
    })))
}
