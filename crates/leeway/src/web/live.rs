//! Live pages: a stream that says "something changed"; the page then reads itself again.

use super::Viewer;
use crate::app::App;
use crate::people::session;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use futures::stream::unfold;
use leeway_store::Notice;
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Changes told together: a busy ledger must not make pages reload all the time.
const TOGETHER: Duration = Duration::from_millis(400);

/// Events named `inbox`, each with a sentence for screen readers.
pub async fn events(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let viewed = Viewed {
        notices: app.store.subscribe(),
        app: Arc::downgrade(&app),
        headers,
    };
    drop(app);
    let stream = unfold(viewed, |mut viewed| async move {
        loop {
            let (text, people) = match viewed.notices.recv().await {
                Ok(notice) => (sentence(&notice), notice.kind.starts_with("person.")),
                Err(RecvError::Lagged(_)) => (Some("The list changed."), true),
                Err(RecvError::Closed) => return None,
            };
            if text.is_some() {
                tokio::time::sleep(TOGETHER).await;
            }
            if (people || text.is_some()) && !viewed.still_signed_in() {
                return None;
            }
            if let Some(text) = text {
                viewed.notices = viewed.notices.resubscribe();
                return Some((Ok(Event::default().event("inbox").data(text)), viewed));
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// What an open page listens with.
struct Viewed {
    notices: Receiver<Notice>,
    app: Weak<App>,
    headers: HeaderMap,
}

impl Viewed {
    /// Whether who opened the page may still see it: a removed person, an ended session or a new password
    /// ends what is open too.
    fn still_signed_in(&self) -> bool {
        self.app.upgrade().is_some_and(|app| {
            session::recognise(&app, &self.headers).is_ok_and(|session| session.is_some())
        })
    }
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
