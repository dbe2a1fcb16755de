//! Looks after what takes its time: outcomes that are read back from the systems, each system's for itself;
//! incidents; reviews and evidence; the week's report. None of them waits for another.

use super::once::Once;
use super::weekly;
use crate::app::App;
use crate::earning::{lots, planting, promoting};
use crate::error::ApiError;
use crate::gateway::reconcile;
use crate::incident::tend;
use leeway_core::action::state::Status;
use leeway_core::id::ActionId;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How often the week's report is looked at.
const REPORT_EVERY: Duration = Duration::from_secs(30);

/// Runs until the process ends.
pub async fn serve(app: Arc<App>) {
    tokio::join!(
        outcomes(&app),
        incidents(&app),
        evidence(&app),
        report(&app)
    );
}

/// Reads back what has an unknown outcome, until that is settled or a person has to attest it.
async fn outcomes(app: &Arc<App>) {
    let once = Once::default();
    loop {
        match unknown(app) {
            Ok(of_systems) => {
                for system in of_systems.into_keys() {
                    let app = app.clone();
                    once.spawn(system.clone(), move || {
                        read_back(app.clone(), system.clone())
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "unknown outcomes could not be looked for"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn incidents(app: &Arc<App>) {
    loop {
        if let Err(error) = tend::tend(app).await {
            tracing::warn!(%error, "incidents could not be looked at");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn evidence(app: &Arc<App>) {
    loop {
        earn(app).await;
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn report(app: &Arc<App>) {
    loop {
        if let Err(error) = weekly::tend(app).await {
            tracing::warn!(%error, "the week's report could not be sent");
        }
        tokio::time::sleep(REPORT_EVERY).await;
    }
}

fn unknown(app: &App) -> Result<BTreeMap<String, Vec<ActionId>>, ApiError> {
    let mut of_systems: BTreeMap<String, Vec<ActionId>> = BTreeMap::new();
    for row in app.store.reader()?.with_status(&[Status::OutcomeUnknown])? {
        of_systems.entry(row.system).or_default().push(row.id);
    }
    Ok(of_systems)
}

async fn read_back(app: Arc<App>, system: String) {
    let ids = match unknown(&app) {
        Ok(mut of_systems) => of_systems.remove(&system).unwrap_or_default(),
        Err(error) => {
            tracing::warn!(%error, "unknown outcomes could not be looked for");
            return;
        }
    };
    for id in ids {
        if let Err(error) = reconcile::read_back(&app, &id).await {
            tracing::warn!(%id, %error, "an unknown outcome could not be read back");
        }
    }
}

/// Draws samples whose time has come, and lets what waits for nobody go on.
async fn earn(app: &App) {
    let done = [
        ("samples", lots::tend(app).await),
        ("promotions", promoting::tend(app).await),
        ("planted cases", planting::tend(app).await),
    ];
    for (what, done) in done {
        if let Err(error) = done {
            tracing::warn!(what, %error, "reviews and evidence could not be looked at");
        }
    }
}
