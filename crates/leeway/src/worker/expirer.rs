//! Ends held actions whose deadline has passed.

use crate::app::App;
use crate::error::ApiError;
use crate::gateway::decide;
use std::sync::Arc;
use std::time::Duration;

/// How often deadlines are looked at: an action expires at most this much late.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs until the process ends.
pub async fn serve(app: Arc<App>) {
    loop {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "deadlines could not be looked at");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn sweep(app: &App) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    let due = app.store.reader()?.expired(now_ms)?;
    for id in due {
        if let Err(error) = decide::expire(app, &id).await {
            tracing::debug!(%id, %error, "not expired: it was decided meanwhile");
        }
    }
    Ok(())
}
