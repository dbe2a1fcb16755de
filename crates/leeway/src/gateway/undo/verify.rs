//! After an undo's call: what is there is read back and held against what should be.

use super::plan::seen;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::registry::LiveTool;
use leeway_core::action::event::Outcome;
use leeway_core::classify::BeforeImage;
use leeway_core::undo::fields::alike;
use leeway_core::undo::{FieldUndo, Undoes, Way};
use serde_json::Value;
use std::sync::Arc;

/// What was read back, and what it says of an undo that the system answered to have done.
pub async fn read_back(
    app: &App,
    undoes: &Undoes,
    (tool, arguments): (&Arc<LiveTool>, &Value),
) -> Result<(Outcome, String, Option<BeforeImage>), ApiError> {
    let Some(done) = app.store.reader()?.action(&undoes.action)? else {
        return Ok((
            Outcome::Executed,
            "The system answered that it is done.".to_owned(),
            None,
        ));
    };
    let now = seen(app, &done, (undoes.way, tool, arguments)).await;
    let (outcome, note) = match undoes.way {
        Way::Fields => fields(undoes, &now),
        Way::Unmake => match &now {
            BeforeImage::Missing => (Outcome::Executed, "Read back: it is gone.".to_owned()),
            BeforeImage::Read { .. } => (
                Outcome::Failed,
                "The system answered that it is done, but the record is still there.".to_owned(),
            ),
            _ => unread(),
        },
        Way::Remake => match &now {
            BeforeImage::Read { .. } => (
                Outcome::Executed,
                "Read back: it is there again.".to_owned(),
            ),
            // It may have come back under a new id.
            _ => (
                Outcome::Executed,
                "The system answered that it is done; it may have a new id, see the result."
                    .to_owned(),
            ),
        },
        Way::Offset => (
            Outcome::Executed,
            "Offset by a new act; the old one stays in the system's history.".to_owned(),
        ),
    };
    let image = Some(now).filter(|image| *image != BeforeImage::NotNeeded);
    Ok((outcome, note, image))
}

fn unread() -> (Outcome, String) {
    (
        Outcome::Executed,
        "The system answered that it is done; it could not be read back.".to_owned(),
    )
}

fn fields(undoes: &Undoes, now: &BeforeImage) -> (Outcome, String) {
    let BeforeImage::Read { fields, .. } = now else {
        return unread();
    };
    let value = |one: &FieldUndo| match &one.record {
        None => fields.get(&one.field),
        Some(record) => fields.get(record).and_then(|of| of.get(&one.field)),
    };
    let wrong: Vec<&FieldUndo> = undoes
        .written()
        .filter(|one| !alike(value(one).unwrap_or(&Value::Null), &one.back))
        .collect();
    if wrong.is_empty() {
        return (
            Outcome::Executed,
            "Read back: the old values are there.".to_owned(),
        );
    }
    let names: Vec<String> = wrong.iter().map(|one| one.label()).collect();
    let outcome = if wrong.len() == undoes.written().count() {
        Outcome::Failed
    } else {
        Outcome::Partial
    };
    (
        outcome,
        format!(
            "The system answered that it is done, but read back it has other values in: {}.",
            names.join(", ")
        ),
    )
}
