//! Whether the process lives, whether it can take actions, and its figures.

use crate::app::App;
use crate::error::ApiError;
use crate::json::Json;
use crate::metrics;
use crate::notify::overview;
use crate::people::access::Who;
use axum::Extension;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use leeway_core::govern::people::Right;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;

/// 200 while the process answers.
pub async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// 200 when new actions are taken; 503 with the reason when the ledger cannot be written.
pub async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Value>) {
    match app.store.writable() {
        Ok(()) => (
            StatusCode::OK,
            Json(json!({ "status": "ready", "channels": channels(&app) })),
        ),
        Err(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "read-only", "code": "ledger-unwritable", "why": why })),
        ),
    }
}

/// Whether people can be told: `works`, `fails` when a channel does, `none` while there is none. It
/// takes no action away, so the answer stays 200.
fn channels(app: &App) -> &'static str {
    match overview::channels(app) {
        Ok(found) if found.is_empty() => "none",
        Ok(found) if found.iter().all(|channel| channel.trouble.is_none()) => "works",
        _ => "fails",
    }
}

/// Figures in the Prometheus text format. They hold counts and durations, no names of records. From
/// this machine, or with a person's token: how much is going on is nobody else's business.
pub async fn metrics(
    State(app): State<Arc<App>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    request: Request,
) -> Result<impl IntoResponse, ApiError> {
    let peer = peer.map(|Extension(ConnectInfo(address))| address.ip());
    let (mut parts, _) = request.into_parts();
    // A proxy on this machine speaks for others.
    let for_others = ["forwarded", "x-forwarded-for"]
        .iter()
        .any(|name| parts.headers.contains_key(*name));
    if for_others || !peer.is_some_and(|ip| ip.is_loopback()) {
        let who = Who::from_request_parts(&mut parts, &app).await?;
        who.person(Right::Read)?;
    }
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics::render(&app),
    ))
}
