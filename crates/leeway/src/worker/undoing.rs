//! Carries out batches of undos, one batch after another.

use crate::app::App;
use crate::gateway::undo::carry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Pause before a batch that was interrupted goes on.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs until the app is dropped.
pub async fn serve(app: Arc<App>, mut queue: UnboundedReceiver<String>) {
    while let Some(id) = queue.recv().await {
        if let Err(error) = carry::carry_out(&app, &id).await {
            tracing::error!(%id, %error, "a batch of undos was interrupted; it goes on in a moment");
            let app = app.clone();
            tokio::spawn(async move {
                tokio::time::sleep(PAUSE).await;
                app.undo_batch(id);
            });
        }
    }
}
