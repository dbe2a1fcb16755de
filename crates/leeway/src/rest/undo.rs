//! Taking actions back: what an undo would do, asking for it, settling it without a call; taking an
//! approval back while it has not started; attesting an unknown outcome.

use super::actions::{decider, read_id, whole};
use super::answers;
use super::body::{Body, Params};
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::gateway::reconcile::Attested;
use crate::gateway::undo::ask::{self, Asked, Asking};
use crate::gateway::undo::plan::{self, Choices, Plan};
use crate::gateway::undo::settle;
use crate::gateway::view;
use crate::gateway::wait::wait_for_end;
use crate::gateway::{decide, reconcile};
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use leeway_core::action::event::Outcome;
use leeway_core::govern::people::Right;
use leeway_core::undo::state::{Settled, UndoState};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest a request waits for an undo's end.
const LONGEST_WAIT_S: u64 = 60;

/// Which fields changed since are kept or overwritten.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ChoiceParams {
    /// Fields that get their old value although they were changed since, separated by commas; `*` for
    /// all. A second person approves it.
    pub overwrite: Option<String>,
    /// Fields that stay as they are; `*` for all that were changed since.
    pub keep: Option<String>,
}

impl ChoiceParams {
    fn choices(&self) -> Choices {
        let list = |names: &Option<String>| {
            let names = names.iter().flat_map(|names| names.split(','));
            let names = names.map(str::trim).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        Choices {
            overwrite: list(&self.overwrite),
            keep: list(&self.keep),
        }
    }
}

/// A plan as the door shows it.
pub fn shown(plan: &Plan) -> Value {
    let mut shown = json!(plan);
    shown["state"] = plan.state.as_ref().map_or(Value::Null, state);
    shown
}

/// Where an undo stands, as the door shows it.
pub fn state(state: &UndoState) -> Value {
    json!({
        "status": state.status, "undo": state.undo, "by": state.by, "note": state.note,
        "since": rfc3339(state.since_ms), "asked": state.asked,
        "left": state.left, "points": state.points, "rest_back": state.rest_back, "made": state.made,
    })
}

/// What taking an action back would do now: the record is read and compared, nothing is changed.
#[utoipa::path(get, path = "/v1/actions/{id}/undo", params(("id" = String, Path), ChoiceParams), responses(
    (status = 200, body = answers::UndoPlan, description = "The plan; its `hash` is what an undo is bound to"),
    (status = 404, body = answers::Failure, description = "`not-found`"),
    (status = 409, body = answers::Failure, description = "`nothing-to-undo`, `undo-tool-missing`, `tool-changed`, `undo-tool-unclassified`, `record-unreadable`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<ChoiceParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let id = read_id(&id)?;
    let action = app
        .store
        .reader()?
        .action(&id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
    let plan = plan::plan(&app, &action, &params.choices()).await?;
    Ok(Json(shown(&plan)))
}

/// Takes back exactly what was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoBody {
    /// The plan's `hash` that was shown.
    pub hash: String,
    /// Fields that get their old value although they were changed since; `*` for all. A second person
    /// approves it.
    #[serde(default)]
    pub overwrite: Vec<String>,
    /// Fields that stay as they are; `*` for all that were changed since.
    #[serde(default)]
    pub keep: Vec<String>,
    /// Wait up to so many seconds for its end.
    #[serde(default)]
    pub wait_s: u64,
}

/// Takes an action back, as the plan shows.
#[utoipa::path(post, path = "/v1/actions/{id}/undo", params(("id" = String, Path)), request_body = UndoBody, responses(
    (status = 200, body = answers::Undone, description = "Where the undo stands, and its own action if it took one"),
    (status = 403, body = answers::Failure, description = "`forbidden`"), (status = 404, body = answers::Failure, description = "`not-found`"),
    (status = 409, body = answers::Failure, description = "`stale`, `undo-conflict`, `undo-under-way`, `undo-not-confirmed`, `already-undone`, `undo-blocked`: nothing was done")))]
pub async fn undo(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<UndoBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    let asking = Asking {
        hash: body.hash,
        choices: Choices {
            overwrite: body.overwrite,
            keep: body.keep,
        },
    };
    let asked = ask::ask(&app, &person, &id, asking).await?;
    if let Asked::Undo(undo) = &asked {
        let longest = Duration::from_secs(body.wait_s.min(LONGEST_WAIT_S));
        wait_for_end(&app, &undo.row.id, longest).await?;
    }
    stands(&app, &id)
}

fn stands(app: &App, id: &leeway_core::id::ActionId) -> Result<Json<Value>, ApiError> {
    let Some((_, now)) = plan::state(app, id)? else {
        return Err(ApiError::not_found("undo of", id.as_str()));
    };
    let undo = match &now.undo {
        Some(undo) => app.store.reader()?.action(undo)?,
        None => None,
    };
    let mut answer = state(&now);
    answer["action"] = json!(id);
    answer["undo_action"] = undo.map_or(Value::Null, |undo| view::action(&undo));
    Ok(Json(answer))
}

/// A person's word about an undo.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleBody {
    /// `kept`: it stays as it is. `put_right`: it was put right by hand.
    #[serde(rename = "as")]
    #[schema(value_type = String)]
    pub settled: Settled,
    /// The reason, or how it was put right.
    pub why: String,
}

/// Settles an undo without a call.
#[utoipa::path(post, path = "/v1/actions/{id}/undo/settle", params(("id" = String, Path)), request_body = SettleBody, responses(
    (status = 200, body = answers::Undone, description = "Where the undo stands"), (status = 403, body = answers::Failure, description = "`forbidden`, `not-eligible`"),
    (status = 409, body = answers::Failure, description = "`undo-not-open`, `nothing-to-undo`"), (status = 422, body = answers::Failure, description = "`why-invalid`, `settled-invalid`")))]
pub async fn settle(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<SettleBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    settle::settle(&app, &person, &id, (body.settled, &body.why)).await?;
    stands(&app, &id)
}

/// The approval that is taken back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeBody {
    /// The `content_hash` that was approved.
    pub content_hash: String,
}

/// Takes an approval back while it has not started: it waits for a decision again.
#[utoipa::path(post, path = "/v1/actions/{id}/revoke", params(("id" = String, Path)), request_body = RevokeBody, responses(
    (status = 200, body = answers::Action, description = "It waits again"), (status = 403, body = answers::Failure, description = "`forbidden`, `not-eligible`"),
    (status = 409, body = answers::Failure, description = "`not-approved`, `stale`")))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<RevokeBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    decide::revoke(&app, &person, &id, &body.content_hash).await?;
    whole(&app, &id, &Who::Person(person)).map(Json)
}

/// What a person says became of a call.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestBody {
    /// `executed`, `failed` or `partial`.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// How the person knows.
    pub evidence: String,
}

/// Attests what became of a call whose outcome is unknown.
#[utoipa::path(post, path = "/v1/actions/{id}/attest", params(("id" = String, Path)), request_body = AttestBody, responses(
    (status = 200, body = answers::Action, description = "Its outcome is known"), (status = 403, body = answers::Failure, description = "`forbidden`, `not-eligible`"),
    (status = 409, body = answers::Failure, description = "`outcome-known`"), (status = 422, body = answers::Failure, description = "`evidence-invalid`, `outcome-invalid`")))]
pub async fn attest(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<AttestBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    let said = Attested {
        outcome: body.outcome,
        evidence: &body.evidence,
        version: None,
    };
    reconcile::attest(&app, &person, &id, said).await?;
    whole(&app, &id, &Who::Person(person)).map(Json)
}
