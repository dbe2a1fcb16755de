//! A workflow's rollout: where each week stands, and what its gate still asks for.

use super::answers;
use crate::app::App;
use crate::audit::document::{Cell, Section};
use crate::clock::rfc3339;
use crate::earning::rollout::{self, Week};
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use leeway_core::govern::people::Right;
use serde_json::{Value, json};
use std::sync::Arc;

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Name(name) => json!(name),
        Cell::Names(names) => json!(names),
        Cell::Level(level) => json!(level),
    }
}

fn table(section: &Section) -> Value {
    let rows: Vec<Vec<Value>> = section
        .rows
        .iter()
        .map(|row| row.iter().map(cell).collect())
        .collect();
    json!({ "id": section.id, "title": section.title, "head": section.head, "rows": rows })
}

fn told(week: &Week) -> Value {
    let (met, of) = week.met();
    json!({
        "week": week.number, "goal": week.goal, "standing": week.standing, "tasks": week.tasks,
        "met": met, "of": of, "gate": week.gate,
        "documents": week.documents.iter().map(table).collect::<Vec<_>>(),
    })
}

/// The four weeks of a workflow's rollout: goal, tasks, gate with its evidence and an honest forecast, and the
/// documents each produces; and what the fourth week comes to as things are.
#[utoipa::path(get, path = "/v1/workflows/{workflow}/rollout", params(("workflow" = String, Path)), responses(
    (status = 200, description = "`{workflow, at, present, weeks, decision}`"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(workflow): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let found = rollout::of(&app, &workflow)?;
    Ok(Json(json!({
        "workflow": found.workflow, "at": rfc3339(found.at_ms), "present": found.present(),
        "weeks": found.weeks.iter().map(told).collect::<Vec<_>>(), "decision": found.decision,
    })))
}
