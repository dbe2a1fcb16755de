//! Actions: agents propose, look and withdraw; people look and decide.

use super::answers;
use super::body::{Body, Params};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::append::action_stream;
use crate::gateway::pipeline::{Caller, Proposal};
use crate::gateway::undo::plan::{state as undo_state, told as taken_back};
use crate::gateway::wait::wait_for_end;
use crate::gateway::{decide, eyes, pipeline, view};
use crate::json::Json;
use crate::people::access::Who;
use crate::texts;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::action::{Claim, Source};
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use leeway_store::ActionFilter;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Longest a request waits for an action's end.
const LONGEST_WAIT_S: u64 = 60;
const DEFAULT_PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;

/// What an agent proposes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeBody {
    /// `<system>__<tool>`.
    pub tool: String,
    /// The call's arguments.
    #[serde(default = "empty_object")]
    #[schema(value_type = Object)]
    pub arguments: Value,
    /// What set the agent going.
    pub trigger: Option<String>,
    /// How sure the agent is, 0 to 1.
    #[serde(default, deserialize_with = "leeway_core::float::option")]
    pub confidence: Option<f64>,
    /// Why the agent wants it.
    pub reason: Option<String>,
    /// What the agent read and relies on: `{ref, field, value}`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    pub sources: Vec<Source>,
    /// Why the agent takes it for a sensitive issue. It can only add one.
    #[serde(default)]
    pub sensitive: Vec<String>,
    /// By which a repeat is recognised.
    pub idempotency_key: Option<String>,
}

fn empty_object() -> Value {
    json!({})
}

pub(super) fn agent(who: Who) -> Result<Caller, ApiError> {
    match who {
        Who::Agent(caller) => Ok(caller),
        Who::Person(_) => Err(ApiError::forbidden(
            "only agents propose actions; it takes an agent's token",
        )),
    }
}

/// Proposes an action: it runs at once, waits for a person, or is blocked.
#[utoipa::path(post, path = "/v1/actions", request_body = ProposeBody, responses(
    (status = 200, body = answers::Action, description = "Decided: executed, failed or blocked; see `status`"),
    (status = 202, body = answers::Action, description = "Waits: nothing has been carried out yet"),
    (status = 404, body = answers::Failure, description = "`unknown-tool`"), (status = 409, body = answers::Failure, description = "`tool-changed`, `idempotency-key-reused`"),
    (status = 422, body = answers::Failure, description = "`arguments-invalid`, `governance-invalid`"), (status = 503, body = answers::Failure, description = "`ledger-unwritable`")))]
pub async fn propose(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<ProposeBody>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let caller = agent(who)?;
    let proposal = Proposal {
        tool: body.tool,
        arguments: body.arguments,
        claim: Claim {
            confidence: body.confidence,
            reason: body.reason,
            trigger: body.trigger,
            sources: body.sources,
            sensitive: body.sensitive,
        },
        idempotency_key: body.idempotency_key,
        line: None,
    };
    let proposed = pipeline::propose(&app, caller.clone(), proposal).await?;
    let mut answer = for_caller(&app, &caller, &proposed.action);
    answer["joined"] = json!(proposed.joined);
    if let Some(Ok(result)) = proposed.answer {
        answer["result"] = result;
    }
    let status = if proposed.action.row.status.is_terminal() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok((status, Json(answer)))
}

/// The action, and what the agent is told of it.
fn for_caller(app: &App, caller: &Caller, action: &ActionState) -> Value {
    let registry = app.registry();
    let owner = registry
        .workflows
        .get(&caller.workflow)
        .map(|live| live.state.workflow.owner.as_str())
        .unwrap_or_default();
    let action = &eyes::of_agent(&registry, action);
    let mut answer = view::action(action);
    let told = view::for_agent(action, owner);
    for key in ["message", "ran"] {
        if let Some(value) = told.get(key) {
            answer[key] = value.clone();
        }
    }
    if let (Some(more), Some(message)) = (taken_back(app, action), answer["message"].as_str()) {
        answer["message"] = json!(format!("{message} {more}"));
    }
    answer
}

/// How long to wait.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wait {
    /// Wait up to so many seconds (60 at most) for the action's end.
    #[serde(default)]
    pub wait_s: u64,
}

pub(super) fn read_id(text: &str) -> Result<ActionId, ApiError> {
    ActionId::parse(text)
        .ok_or_else(|| ApiError::not_found("action", &text.escape_debug().to_string()))
}

/// One action, whole: decision, changes, the twelve audit fields, revisions, entries.
#[utoipa::path(get, path = "/v1/actions/{id}", params(("id" = String, Path), Wait), responses(
    (status = 200, body = answers::Action, description = "The action"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Params(wait): Params<Wait>,
) -> Result<Json<Value>, ApiError> {
    let id = read_id(&id)?;
    if let Who::Agent(caller) = &who {
        decide::seen(&app, caller, &id)?;
    }
    wait_for_end(
        &app,
        &id,
        Duration::from_secs(wait.wait_s.min(LONGEST_WAIT_S)),
    )
    .await?;
    whole(&app, &id, &who).map(Json)
}

pub(super) fn whole(app: &App, id: &ActionId, who: &Who) -> Result<Value, ApiError> {
    let reader = app.store.reader()?;
    let action = reader
        .action(id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
    let mut entries = reader.entries_of(&action_stream(id))?;
    let action = match who {
        Who::Agent(_) => eyes::of_agent(&app.registry(), &action),
        Who::Person(_) => eyes::of_person(action, &mut entries),
    };
    let mut answer = view::whole(&action, &entries);
    if let Some((_, state)) = undo_state(app, id)? {
        // An agent learns that its action was taken back, not what people say about it.
        answer["undo_state"] = match who {
            Who::Agent(_) => json!({ "status": state.status }),
            Who::Person(_) => super::undo::state(&state),
        };
    }
    if let Who::Agent(caller) = who {
        let told = for_caller(app, caller, &action);
        answer["message"] = told["message"].clone();
        answer["ran"] = told["ran"].clone();
    }
    Ok(answer)
}

/// Which actions to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ListParams {
    /// Workflow name.
    pub workflow: Option<String>,
    /// Status, or several separated by commas.
    pub status: Option<String>,
    /// Level, 1 to 5.
    pub level: Option<u8>,
    /// Agent name.
    pub agent: Option<String>,
    /// Record id, or `type:id`.
    pub record: Option<String>,
    /// Words to look for.
    pub q: Option<String>,
    /// Proposed at or after: RFC 3339, or a date in UTC.
    pub from: Option<String>,
    /// Proposed before: RFC 3339, or a date in UTC, whose day counts.
    pub to: Option<String>,
    /// Cursor of a further page.
    pub cursor: Option<u64>,
    /// Actions a page, 1 to 500; 50 unless told.
    pub limit: Option<usize>,
}

impl ListParams {
    /// The store's filter, or which parameter is wrong.
    pub fn filter(&self) -> Result<ActionFilter, ApiError> {
        self.filter_in(&TimeZone::UTC)
    }

    /// The same with dates in a zone.
    pub fn filter_in(&self, zone: &TimeZone) -> Result<ActionFilter, ApiError> {
        let filled = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
        let mut status = Vec::new();
        for name in self
            .status
            .iter()
            .flat_map(|names| names.split(','))
            .filter(|name| !name.is_empty())
        {
            status.push(Status::parse(name.trim()).ok_or_else(|| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "query-invalid",
                    format!("`{}` is no status", name.escape_debug()),
                )
            })?);
        }
        if let Some(level) = self.level.filter(|level| !(1..=5).contains(level)) {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "query-invalid",
                format!("`{level}` is no level: levels are 1 to 5"),
            ));
        }
        Ok(ActionFilter {
            workflow: filled(&self.workflow),
            status,
            level: self.level,
            agent: filled(&self.agent),
            record: filled(&self.record),
            q: filled(&self.q),
            from_ms: time(self.from.as_deref(), (zone, Side::From))?,
            to_ms: time(self.to.as_deref(), (zone, Side::To))?,
            without_planted: false,
        })
    }
}

/// Which side of a time is meant: a date as the end of one is the end of its day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    From,
    To,
}

fn time(text: Option<&str>, (zone, side): (&TimeZone, Side)) -> Result<Option<i64>, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(Some(time.as_millisecond()));
    }
    text.parse::<jiff::civil::Date>()
        .ok()
        .and_then(|date| match side {
            Side::From => Some(date),
            Side::To => date.tomorrow().ok(),
        })
        .and_then(|date| date.to_zoned(zone.clone()).ok())
        .map(|day| Some(day.timestamp().as_millisecond()))
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "query-invalid",
                format!(
                    "`{}` is neither a time (RFC 3339) nor a date",
                    text.escape_debug()
                ),
            )
        })
}

/// Lists actions, newest first. Agents see their own.
#[utoipa::path(get, path = "/v1/actions", params(ListParams), responses(
    (status = 200, body = answers::ActionList, description = "`{actions, next}`; pass `next` as `cursor`"), (status = 400, body = answers::Failure, description = "`query-invalid`")))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, ApiError> {
    let mut filter = params.filter()?;
    if let Who::Agent(caller) = &who {
        filter.agent = Some(caller.agent.clone());
        filter.workflow = Some(caller.workflow.clone());
        filter.without_planted = true;
    }
    let limit = params.limit.unwrap_or(DEFAULT_PAGE).clamp(1, LARGEST_PAGE);
    let page = app
        .store
        .read(move |reader| reader.actions(&filter, params.cursor, limit))
        .await?;
    let rows = page.items.iter().map(|row| {
        let mut view = view::row_view(row);
        if matches!(who, Who::Agent(_)) {
            // It can quote a record that the agent may not read.
            view["gist"] = Value::Null;
        }
        view
    });
    Ok(Json(json!({
        "actions": rows.collect::<Vec<_>>(),
        "next": page.next,
    })))
}

/// A decision on exactly what was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveBody {
    /// The `content_hash` that was shown.
    pub content_hash: String,
    /// Wait up to so many seconds for it to have run.
    #[serde(default)]
    pub wait_s: u64,
}

pub(super) fn decider(who: Who) -> Result<Person, ApiError> {
    who.person(Right::Decide)
}

/// Approves; the call is then made once.
#[utoipa::path(post, path = "/v1/actions/{id}/approve", params(("id" = String, Path)), request_body = ApproveBody, responses(
    (status = 200, body = answers::Action, description = "Approved"), (status = 403, body = answers::Failure, description = "`forbidden`, `own-edit`"),
    (status = 409, body = answers::Failure, description = "`stale`, `not-held`, `expired`: nothing was done")))]
pub async fn approve(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<ApproveBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    decide::approve(&app, &person, &id, (&body.content_hash, None)).await?;
    wait_for_end(
        &app,
        &id,
        Duration::from_secs(body.wait_s.min(LONGEST_WAIT_S)),
    )
    .await?;
    whole(&app, &id, &Who::Person(person)).map(Json)
}

/// A rejection of exactly what was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectBody {
    /// The `content_hash` that was shown.
    pub content_hash: String,
    /// Why, in a few words; told to the agent.
    #[serde(default, alias = "why")]
    pub reason: String,
    /// Note for the agent and the record.
    pub note: Option<String>,
}

/// Rejects; nothing is carried out.
#[utoipa::path(post, path = "/v1/actions/{id}/reject", params(("id" = String, Path)), request_body = RejectBody, responses(
    (status = 200, body = answers::Action, description = "Rejected"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 409, body = answers::Failure, description = "`stale`, `not-held`, `expired`")))]
pub async fn reject(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<RejectBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    let why = if body.reason.trim().is_empty() {
        "no reason given"
    } else {
        body.reason.trim()
    };
    let note = body.note.as_deref().unwrap_or_default();
    texts::within([("reason", why), ("note", note)])?;
    let rejection = decide::Rejection {
        content_hash: &body.content_hash,
        why,
        note: body.note,
        took_ms: None,
    };
    decide::reject(&app, &person, &id, rejection).await?;
    whole(&app, &id, &Who::Person(person)).map(Json)
}

/// Other arguments for exactly what was shown.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    /// The `content_hash` that was shown.
    pub content_hash: String,
    /// The arguments as they should be, whole.
    #[schema(value_type = Object)]
    pub arguments: Value,
}

/// Changes the arguments: a new revision, judged again, which somebody else approves.
#[utoipa::path(post, path = "/v1/actions/{id}/edit", params(("id" = String, Path)), request_body = EditBody, responses(
    (status = 200, body = answers::Action, description = "The new revision"), (status = 409, body = answers::Failure, description = "`stale`, `not-held`"),
    (status = 422, body = answers::Failure, description = "`arguments-invalid`")))]
pub async fn edit(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<EditBody>,
) -> Result<Json<Value>, ApiError> {
    let person = decider(who)?;
    let id = read_id(&id)?;
    decide::edit(&app, &person, &id, (&body.content_hash, body.arguments)).await?;
    whole(&app, &id, &Who::Person(person)).map(Json)
}

/// Why an agent takes it back.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WithdrawBody {
    /// In the agent's words.
    pub reason: Option<String>,
}

/// The agent takes back what waits.
#[utoipa::path(post, path = "/v1/actions/{id}/withdraw", params(("id" = String, Path)), request_body = WithdrawBody, responses(
    (status = 200, body = answers::Action, description = "Withdrawn"), (status = 409, body = answers::Failure, description = "`not-held`")))]
pub async fn withdraw(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<WithdrawBody>,
) -> Result<Json<Value>, ApiError> {
    let caller = agent(who)?;
    let id = read_id(&id)?;
    texts::within([("reason", body.reason.as_deref().unwrap_or_default())])?;
    decide::withdraw(&app, &caller, &id, body.reason).await?;
    whole(&app, &id, &Who::Agent(caller)).map(Json)
}
