//! After an undo's call: what is there is read back and held against what should be.

use super::plan::seen;
use crate::app::App;
use crate::registry::LiveTool;
use leeway_core::action::event::Outcome;
use leeway_core::classify::BeforeImage;
use leeway_core::undo::Undoes;
use leeway_core::undo::read_back::of_answered_undo;
use serde_json::Value;
use std::sync::Arc;

/// The record as it is now, by the reading of what is taken back. Never an error: the call was made, and
/// its outcome is recorded whatever can be read.
pub async fn read(app: &App, undoes: &Undoes, place: (&Arc<LiveTool>, &Value)) -> BeforeImage {
    let (tool, arguments) = place;
    let done = app
        .store
        .reader()
        .and_then(|reader| reader.action(&undoes.action));
    match done {
        Ok(Some(done)) => seen(app, &done, (undoes.way, tool, arguments)).await,
        Ok(None) => BeforeImage::NotReadable,
        Err(error) => BeforeImage::Failed {
            why: error.to_string(),
        },
    }
}

/// What was read back, and what it says of an undo that the system answered to have done.
pub async fn read_back(
    app: &App,
    undoes: &Undoes,
    place: (&Arc<LiveTool>, &Value),
) -> (Outcome, String, Option<BeforeImage>) {
    let now = read(app, undoes, place).await;
    let (outcome, note) = of_answered_undo(undoes, &now);
    let image = Some(now).filter(|image| *image != BeforeImage::NotNeeded);
    (outcome, note, image)
}
