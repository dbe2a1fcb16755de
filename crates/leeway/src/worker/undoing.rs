//! Carries out batches of undos, one batch after another.

use crate::app::App;
use crate::gateway::undo::carry;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;

/// Runs until the app is dropped.
pub async fn serve(app: Arc<App>, mut queue: UnboundedReceiver<String>) {
    while let Some(id) = queue.recv().await {
        if let Err(error) = carry::carry_out(&app, &id).await {
            tracing::error!(%id, %error, "a batch of undos was interrupted; it goes on at the next start");
        }
    }
}
