//! Whether the process lives, whether it can take actions, and its figures.

use crate::app::App;
use crate::metrics;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::Arc;

/// 200 while the process answers.
pub async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// 200 when new actions are taken; 503 with the reason when the ledger cannot be written.
pub async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    match app.store.writable() {
        Ok(()) => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        Err(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "read-only", "code": "ledger-unwritable", "why": why })),
        ),
    }
}

/// Figures in the Prometheus text format. They hold counts and durations, no names of records.
pub async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics::render(&app),
    )
}
