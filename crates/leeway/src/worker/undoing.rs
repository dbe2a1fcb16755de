//! Carries out batches of undos, each in a task of its own: one that waits for a system keeps no other waiting.

use super::once::Once;
use crate::app::App;
use crate::gateway::undo::carry;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// Pause before a batch that was interrupted goes on.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs until the app is dropped.
pub async fn serve(app: Arc<App>, mut queue: UnboundedReceiver<String>) {
    let once = Once::default();
    while let Some(id) = queue.recv().await {
        let app = app.clone();
        once.spawn(id.clone(), move || carry_out(app.clone(), id.clone()));
    }
}

async fn carry_out(app: Arc<App>, id: String) {
    while let Err(error) = carry::carry_out(&app, &id).await {
        tracing::error!(%id, %error, "a batch of undos was interrupted; it goes on in a moment");
        tokio::time::sleep(PAUSE).await;
    }
}
