//! Takes approved and authorised actions from the queue and runs them, several at a time.

use crate::app::App;
use crate::gateway::run;
use leeway_core::id::ActionId;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

/// Calls made at the same time.
const AT_ONCE: usize = 32;

/// Runs until the app is dropped. Several attempts at one action are harmless: the ledger lets
/// only one start.
pub async fn serve(app: Arc<App>, mut queue: UnboundedReceiver<ActionId>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(id) = queue.recv().await {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let app = app.clone();
        tokio::spawn(async move {
            if let Err(error) = run::attempt(&app, &id).await {
                tracing::error!(%id, %error, "an approved action could not be run; it stays as it is");
            }
            drop(place);
        });
    }
}
