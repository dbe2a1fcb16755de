//! A request that changes something goes on to its end whoever hangs up: what follows an append (a run is
//! queued, sessions end, owners are told) does not depend on a caller's connection.

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

/// Runs the request in a task of its own and waits for it: only the waiting ends with the connection.
pub async fn to_the_end(request: Request, next: Next) -> Response {
    if !changes_something(&request) {
        return next.run(request).await;
    }
    let running = tokio::spawn(next.run(request).in_current_span());
    match running.await {
        Ok(response) => response,
        // The layer around this one answers for it.
        Err(broken) if broken.is_panic() => std::panic::resume_unwind(broken.into_panic()),
        // The process ends.
        Err(_) => axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn changes_something(request: &Request) -> bool {
    let path = request.uri().path();
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    // Calls over MCP run in tasks of their own (`gateway/pipeline.rs`). Strangers who hang up while a password
    // is checked leave nothing behind: signing in is one append, and nothing follows it.
    !reads && !path.starts_with("/mcp/") && path != "/sign-in"
}
