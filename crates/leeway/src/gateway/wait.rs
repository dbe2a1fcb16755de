//! Waiting for an action to come to its end, by the store's notices rather than by polling.

use super::append::action_stream;
use crate::app::App;
use crate::error::ApiError;
use leeway_core::id::ActionId;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// Returns when the action is at its end, or after `longest`, whichever is first.
pub async fn wait_for_end(app: &App, id: &ActionId, longest: Duration) -> Result<(), ApiError> {
    let mut notices = app.store.subscribe();
    let stream = action_stream(id);
    let ended = || -> Result<bool, ApiError> {
        let row = app.store.reader()?.action_row(id)?;
        Ok(row.is_none_or(|row| row.status.is_terminal()))
    };
    let deadline = tokio::time::Instant::now() + longest;
    loop {
        if ended()? {
            return Ok(());
        }
        loop {
            match tokio::time::timeout_at(deadline, notices.recv()).await {
                Err(_) | Ok(Err(RecvError::Closed)) => return Ok(()),
                Ok(Ok(notice)) if notice.stream != stream => {}
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => break,
            }
        }
    }
}
