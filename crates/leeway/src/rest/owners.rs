//! The permission owner matrix: who owns what, and who decides now.

use super::answers;
use super::body::{Body, Params};
use super::configuration::{HowParams, wish};
use crate::app::App;
use crate::config::Configuration;
use crate::configure;
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::State;
use leeway_core::govern::owners::{Owners, Responsibility};
use leeway_core::govern::people::Right;
use serde_json::{Value, json};
use std::sync::Arc;

/// The matrix in force, and for each of its six rows who is asked and who may decide now.
#[utoipa::path(get, path = "/v1/owners", responses((status = 200, description = "`{matrix, rows}`; `matrix` is null when there is none: then whoever's role decides")))]
pub async fn show(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let registry = app.registry();
    let matrix = registry.matrix();
    let rows: Vec<Value> = Responsibility::ALL
        .into_iter()
        .map(|row| {
            let routing = registry.routing(row, app.clock.now_ms(), false);
            let owner = matrix.and_then(|owners| owners.rows.get(&row));
            json!({
                "responsibility": row,
                "title": row.title(),
                "owner": owner,
                "cadence": matrix.map_or(row.usual_cadence(), |owners| owners.cadence(row)),
                "asked_now": routing.ask,
                "may_decide_now": routing.eligible,
                "missing": routing.missing,
            })
        })
        .collect();
    Ok(Json(json!({ "matrix": matrix, "rows": rows })))
}

/// Asks for another matrix; it waits for somebody else's review.
#[utoipa::path(put, path = "/v1/owners", params(HowParams), request_body = Object, responses(
    (status = 200, description = "`{status, change, changes}`"), (status = 422, body = answers::Failure, description = "`configuration-invalid` with every problem")))]
pub async fn propose(
    State(app): State<Arc<App>>,
    who: Who,
    Params(how): Params<HowParams>,
    Body(owners): Body<Owners>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Propose)?;
    let wanted = Configuration {
        owners: Some(owners),
        ..configure::current(&app)
    };
    wish(&app, &person, (&wanted, &how)).await.map(Json)
}
