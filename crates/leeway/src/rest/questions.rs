//! A reviewer's question about a held action, and the agent's answer.

use super::actions::{agent, decider, read_id, whole};
use super::answers;
use super::body::Body;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::question;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use leeway_core::action::{Claim, Source};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// A question about exactly what was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskBody {
    /// The `content_hash` that was shown.
    pub content_hash: String,
    /// The question, told to the agent.
    pub question: String,
}

/// Asks the agent before deciding. The deadline runs on.
#[utoipa::path(post, path = "/v1/actions/{id}/ask", params(("id" = String, Path)), request_body = AskBody, responses(
    (status = 200, body = answers::Action, description = "Asked"), (status = 403, body = answers::Failure, description = "`forbidden`, `not-eligible`"),
    (status = 409, body = answers::Failure, description = "`stale`, `not-held`, `expired`"), (status = 422, body = answers::Failure, description = "`question-invalid`")))]
pub async fn ask(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<AskBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    question::ask(&app, &person, &id, (&body.content_hash, &body.question)).await?;
    whole(&app, &id, &Who::Person(person)).map(Json)
}

/// An agent's answer; what it leaves out of its claim stays as it was.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// In the agent's words.
    pub answer: String,
    /// How sure it is by now, 0 to 1.
    #[serde(default, deserialize_with = "leeway_core::float::option")]
    pub confidence: Option<f64>,
    /// Why it wants it, if that changed.
    pub reason: Option<String>,
    /// What it read and relies on, if that changed: `{ref, field, value}`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub sources: Vec<Source>,
}

/// The agent answers; a person then decides.
#[utoipa::path(post, path = "/v1/actions/{id}/answer", params(("id" = String, Path)), request_body = AnswerBody, responses(
    (status = 200, body = answers::Action, description = "Answered: it waits for a person again"), (status = 409, body = answers::Failure, description = "`not-asked`"),
    (status = 422, body = answers::Failure, description = "`answer-invalid`, `governance-invalid`")))]
pub async fn answer(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<AnswerBody>,
) -> Result<Json<Value>, ApiError> {
    let caller = agent(who)?;
    let id = read_id(&id)?;
    let said = Claim {
        confidence: body.confidence,
        reason: body.reason,
        trigger: None,
        sources: body.sources,
        sensitive: Vec::new(),
    };
    question::answer(&app, &caller, &id, (body.answer, said)).await?;
    whole(&app, &id, &Who::Agent(caller)).map(Json)
}
