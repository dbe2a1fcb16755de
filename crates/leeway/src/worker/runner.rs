//! Takes approved and authorised actions from the queue and runs them: several of each system at a time, so
//! that a system that hangs keeps only its own waiting.

use super::once::Once;
use crate::app::App;
use crate::gateway::run;
use leeway_core::id::ActionId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;

/// Calls of one system made at the same time.
const AT_ONCE: usize = 16;

/// Places of each system.
#[derive(Default)]
struct Lanes(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Lanes {
    fn of(&self, system: &str) -> Arc<Semaphore> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(system.to_owned());
        lane.or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)))
            .clone()
    }
}

/// Runs until the app is dropped. Several attempts at one action are harmless: the ledger lets
/// only one start.
pub async fn serve(app: Arc<App>, mut queue: UnboundedReceiver<ActionId>) {
    let (lanes, once) = (Arc::new(Lanes::default()), Once::default());
    while let Some(id) = queue.recv().await {
        let (app, lanes) = (app.clone(), lanes.clone());
        once.spawn(id.clone(), move || {
            attempt(app.clone(), lanes.clone(), id.clone())
        });
    }
}

async fn attempt(app: Arc<App>, lanes: Arc<Lanes>, id: ActionId) {
    let wanted = id.clone();
    let row = app.store.read(move |reader| reader.action(&wanted)).await;
    let system = match row {
        Ok(Some(action)) => action.row.system,
        Ok(None) => return,
        Err(error) => {
            tracing::error!(%id, %error, "an action that is to run cannot be read; it stays as it is");
            return;
        }
    };
    let Ok(_place) = lanes.of(&system).acquire_owned().await else {
        return;
    };
    if let Err(error) = run::attempt(&app, &id).await {
        tracing::error!(%id, %error, "an approved action could not be run; it stays as it is");
    }
}
