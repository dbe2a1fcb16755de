//! The whole ledger as JSON lines, the same as `leeway export` writes, read page by page while it is
//! sent.

use super::Viewer;
use crate::app::App;
use crate::rest::ledger::exported;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream;
use leeway_store::{Reader, StoreError};
use std::sync::Arc;

/// Entries read at once.
const PAGE: usize = 500;

/// Sends every entry that is there when it begins.
pub async fn all(State(app): State<Arc<App>>, Viewer(_): Viewer) -> Response {
    let lines = stream::try_unfold((app, 0_u64), async |(app, from)| {
        let page = app.store.read(move |reader| page(reader, from)).await?;
        Ok::<_, StoreError>(page.map(|(lines, next)| (lines, (app, next))))
    });
    let head = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"ledger.jsonl\"",
        ),
    ];
    (head, Body::from_stream(lines)).into_response()
}

/// A page of lines and where the next one begins; `None` after the last.
fn page(reader: &Reader, from: u64) -> Result<Option<(Bytes, u64)>, StoreError> {
    let entries = reader.entries(from, PAGE)?;
    let Some(last) = entries.last() else {
        return Ok(None);
    };
    let next = last.envelope.seq + 1;
    let mut lines = String::new();
    for raw in &entries {
        lines.push_str(&exported(raw).to_string());
        lines.push('\n');
    }
    Ok(Some((Bytes::from(lines), next)))
}
