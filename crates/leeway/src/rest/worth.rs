//! What workflows are worth, term by term.

use super::answers;
use super::body::Params;
use crate::app::App;
use crate::earning::worth::{self, Answer, Overall, Worth};
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use leeway_core::govern::people::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Over how long it is measured.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct DaysParams {
    /// Days of the window, 1 to 365; 30 unless told.
    pub days: Option<u32>,
}

fn answer(answer: &Answer) -> Value {
    json!({
        "likely": answer.likely, "low": answer.low, "high": answer.high,
        "break_even_wrong": answer.break_even, "payback_months": answer.payback_months,
        "hours_saved": answer.hours, "inputs": answer.inputs,
    })
}

/// A workflow's worth as JSON.
pub fn told(worth: &Worth) -> Value {
    json!({
        "workflow": worth.workflow, "days": worth.days, "currency": worth.currency,
        "counts": worth.counts, "terms": worth.terms, "missing": worth.missing,
        "left_out": worth.left_out, "roi": worth.answer.as_ref().map(answer),
    })
}

/// What a workflow is worth in a month: every term with its source, and a range. `roi` is null while a term
/// is missing; `missing` says which, and what ends that.
#[utoipa::path(get, path = "/v1/workflows/{workflow}/roi", params(("workflow" = String, Path), DaysParams), responses(
    (status = 200, description = "`{workflow, days, currency, counts, terms, missing, left_out, roi}`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 422, body = answers::Failure, description = "`days-invalid`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(workflow): Path<String>,
    Params(given): Params<DaysParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let days = worth::window(given.days)?;
    Ok(Json(told(&worth::of(&app, &workflow, days)?)))
}

/// What all workflows are worth together, per currency: those that have a number; `without` names the others.
#[utoipa::path(get, path = "/v1/roi", params(DaysParams), responses(
    (status = 200, description = "`{days, sums, workflows, without}`"), (status = 422, body = answers::Failure, description = "`days-invalid`")))]
pub async fn all(
    State(app): State<Arc<App>>,
    who: Who,
    Params(given): Params<DaysParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let Overall {
        days,
        workflows,
        sums,
    } = worth::all(&app, worth::window(given.days)?)?;
    let sums: Vec<Value> = sums
        .iter()
        .map(|(currency, sum)| {
            json!({
                "currency": currency, "workflows": sum.workflows, "likely": sum.likely,
                "low": sum.low, "high": sum.high, "hours_saved": sum.hours,
            })
        })
        .collect();
    let without: Vec<&str> = workflows
        .iter()
        .filter(|worth| worth.answer.is_none())
        .map(|worth| worth.workflow.as_str())
        .collect();
    Ok(Json(json!({
        "days": days, "sums": sums, "without": without,
        "workflows": workflows.iter().map(told).collect::<Vec<_>>(),
    })))
}
