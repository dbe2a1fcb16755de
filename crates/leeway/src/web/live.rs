//! Live pages: a stream that says "something changed"; the page then reads itself again.

use super::Viewer;
use crate::app::App;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream::unfold;
use leeway_store::Notice;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Changes told together: a busy ledger must not make pages reload all the time.
const TOGETHER: Duration = Duration::from_millis(400);

/// Events named `inbox`, each with a sentence for screen readers.
pub async fn events(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let notices = app.store.subscribe();
    drop(app);
    let stream = unfold(notices, |mut notices| async move {
        loop {
            let text = match notices.recv().await {
                Ok(notice) => sentence(&notice),
                Err(RecvError::Lagged(_)) => Some("The list changed."),
                Err(RecvError::Closed) => return None,
            };
            if let Some(text) = text {
                tokio::time::sleep(TOGETHER).await;
                notices = notices.resubscribe();
                return Some((Ok(Event::default().event("inbox").data(text)), notices));
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

fn sentence(notice: &Notice) -> Option<&'static str> {
    match notice.kind {
        "action.judged" => Some("A new action was judged."),
        "action.approved" | "action.rejected" => Some("A decision was made."),
        "action.expired" => Some("An action expired."),
        "action.finished" => Some("An action came to its end."),
        kind if kind.starts_with("action.") => Some("An action changed."),
        kind if kind.starts_with("incident.") => Some("An incident went on."),
        kind if kind.starts_with("batch.") || kind.starts_with("undo.") => Some("An undo went on."),
        kind if kind.starts_with("workflow.") => Some("A workflow changed."),
        kind if kind.starts_with("review.") => Some("The reviews changed."),
        kind if kind.starts_with("stage.") || kind.starts_with("lot.") => Some("Evidence changed."),
        kind if kind.starts_with("tool.") => Some("A tool changed."),
        _ => None,
    }
}
