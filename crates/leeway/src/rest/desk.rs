//! What needs somebody, and the report of the week.

use super::answers;
use super::body::Params;
use crate::app::App;
use crate::earning::desk::desk;
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use crate::report;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use leeway_core::govern::people::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What needs somebody today, the most urgent first, and how each workflow stands.
#[utoipa::path(get, path = "/v1/desk", responses((status = 200, description = "`{needs, workflows}`")))]
pub async fn show(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    Ok(Json(json!(desk(&app)?)))
}

/// How the report is wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// For programs.
    #[default]
    Json,
    /// For people's own tools.
    Markdown,
    /// One file for any browser or mail, with charts.
    Html,
}

/// Which report.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct ReportQuery {
    /// `json`, `markdown` or `html`.
    #[param(inline)]
    pub format: Form,
    /// Days, 1 to 365; 7 unless told.
    pub days: Option<u32>,
}

/// The report of the last days, written from the ledger.
#[utoipa::path(get, path = "/v1/report", params(ReportQuery), responses(
    (status = 200, description = "The report"), (status = 422, body = answers::Failure, description = "`days-invalid`")))]
pub async fn report(
    State(app): State<Arc<App>>,
    who: Who,
    Params(query): Params<ReportQuery>,
) -> Result<Response, ApiError> {
    who.person(Right::Read)?;
    let days = query.days.unwrap_or(report::DAYS);
    if !(1..=365).contains(&days) {
        return Err(ApiError::invalid(
            "days-invalid",
            "a report is of 1 to 365 days",
        ));
    }
    let found = report::write(&app, days)?;
    let typed =
        |kind: &'static str, body: String| ([(header::CONTENT_TYPE, kind)], body).into_response();
    Ok(match query.format {
        Form::Json => Json(found.json()).into_response(),
        Form::Markdown => typed("text/markdown; charset=utf-8", found.markdown()),
        Form::Html => typed("text/html; charset=utf-8", found.html()),
    })
}
