//! Outcomes nobody knows: listed with their records as they read now, and attested together.

use super::actions::{decider, read_id};
use super::answers;
use super::body::Body;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::outcomes::{self, One, Open};
use crate::gateway::view;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::State;
use leeway_core::action::event::Outcome;
use leeway_core::undo::read_back::ReadBack;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Every action whose outcome is unknown, with its record as it reads now.
#[utoipa::path(get, path = "/v1/outcomes", responses(
    (status = 200, body = answers::Outcomes, description = "The oldest first, each read anew"), (status = 403, body = answers::Failure, description = "`forbidden`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let (open, total) = outcomes::open(&app, &person).await?;
    let shown: Vec<Value> = open.iter().map(shown).collect();
    Ok(Json(json!({ "outcomes": shown, "total": total })))
}

fn shown(open: &Open) -> Value {
    let (now, says, unread) = match &open.now {
        Ok((now, ReadBack::Tells(outcome, evidence))) => (
            json!(now),
            json!({ "outcome": outcome, "evidence": evidence }),
            Value::Null,
        ),
        Ok((now, ReadBack::Later | ReadBack::AskAPerson(_))) => {
            (json!(now), Value::Null, Value::Null)
        }
        Err(why) => (Value::Null, Value::Null, json!(why)),
    };
    let judged = open.action.current();
    json!({
        "action": view::row_view(&open.action.row),
        "version": open.action.row.version,
        "note": open.action.finished().map(|finished| &finished.note),
        "arguments": judged.map(|judged| &judged.call.arguments),
        "changes": judged.map(|judged| &judged.classified.changes),
        "now": now,
        "says": says,
        "unread": unread,
        "may_attest": open.may,
    })
}

/// What a person says became of several calls.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OutcomesBody {
    /// Each action and what became of it.
    pub outcomes: Vec<OneBody>,
    /// How the person knows: it goes into each action's record.
    pub evidence: String,
}

/// What became of one of them.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OneBody {
    /// The action.
    pub id: String,
    /// `executed`, `failed` or `partial`.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// The action's version as it was shown; when it is another by now, nothing is said of it.
    pub version: Option<u64>,
}

/// Attests what became of several calls, each for itself.
#[utoipa::path(post, path = "/v1/outcomes", request_body = OutcomesBody, responses(
    (status = 200, body = answers::Attested, description = "What became of each: its status, or why nothing was recorded"),
    (status = 403, body = answers::Failure, description = "`forbidden`"), (status = 422, body = answers::Failure, description = "`outcomes-invalid`")))]
pub async fn attest(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<OutcomesBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let said = body
        .outcomes
        .iter()
        .map(|one| {
            Ok(One {
                id: read_id(&one.id)?,
                outcome: one.outcome,
                version: one.version,
            })
        })
        .collect::<Result<Vec<_>, ApiError>>()?;
    let told = outcomes::attest(&app, &person, (said, &body.evidence)).await?;
    let told: Vec<Value> = told
        .into_iter()
        .map(|(id, went)| match went {
            Ok(action) => json!({ "id": id, "status": action.row.status }),
            Err(error) => json!({ "id": id, "error": error.body()["error"] }),
        })
        .collect();
    Ok(Json(json!({ "outcomes": told })))
}
