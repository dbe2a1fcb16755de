//! Replaying the past under a wanted configuration, or under a change that waits.

use super::body::{Body, Params};
use super::configuration::ConfigurationBody;
use crate::app::App;
use crate::backtest::{self, USUAL_DAYS};
use crate::changes;
use crate::config::{self, Configuration};
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use leeway_core::govern::people::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Longest past replayed, days.
const MOST_DAYS: u32 = 366;

/// How far back.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DaysParams {
    /// Days replayed, 1 to 366; 30 unless told.
    pub days: u32,
}

impl Default for DaysParams {
    fn default() -> Self {
        Self { days: USUAL_DAYS }
    }
}

/// What the wanted configuration would have made of the past, per workflow it changes. Nothing is
/// proposed.
#[utoipa::path(post, path = "/v1/backtest", params(DaysParams), request_body = Object, responses(
    (status = 200, description = "`{backtests}`"), (status = 422, description = "`configuration-invalid` with every problem")))]
pub async fn run(
    State(app): State<Arc<App>>,
    who: Who,
    Params(asked): Params<DaysParams>,
    Body(body): Body<ConfigurationBody>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Propose)?;
    let wanted: Configuration = body.into();
    let problems = config::check(&wanted);
    if !problems.is_empty() {
        return Err(ApiError::invalid(
            "configuration-invalid",
            format!("the configuration has {} problems", problems.len()),
        )
        .details(json!({ "problems": problems })));
    }
    replayed(&app, &wanted, asked.days).await.map(Json)
}

/// What a change that waits would have made of the past.
#[utoipa::path(get, path = "/v1/changes/{id}/backtest", params(("id" = String, Path), DaysParams), responses(
    (status = 200, description = "`{backtests}`"), (status = 404, description = "`not-found`")))]
pub async fn of_change(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Params(asked): Params<DaysParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let change = changes::find(&app, &id)?;
    let wanted = changes::wanted(&app, &change);
    replayed(&app, &wanted, asked.days).await.map(Json)
}

async fn replayed(app: &App, wanted: &Configuration, days: u32) -> Result<Value, ApiError> {
    let mut found = Vec::new();
    for wish in backtest::wishes(app, wanted, days.clamp(1, MOST_DAYS)) {
        found.push(backtest::run(app, wish).await?.json());
    }
    Ok(json!({ "backtests": found }))
}
