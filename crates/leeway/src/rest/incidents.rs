//! Incidents: declaring, the seven steps, signing, running again, the report.

use super::actions::read_id;
use super::answers;
use super::batches;
use super::body::{Body, Params};
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::gateway::view;
use crate::incident::{self, again, breaker, declare, report, sample, steps};
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use leeway_core::govern::people::{Person, Right};
use leeway_core::incident::{IncidentState, Side};
use leeway_core::undo::batch::Selection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

fn worker(who: Who) -> Result<Person, ApiError> {
    who.person(Right::Pause)
}

fn shown(state: &IncidentState) -> Value {
    let mut shown = json!(state);
    shown["opened_at"] = json!(rfc3339(state.opened_ms));
    shown["next_step"] = json!(state.status.next_step());
    shown["content_hash"] = json!(state.content_hash());
    shown
}

async fn whole(app: &App, state: &IncidentState) -> Result<Json<Value>, ApiError> {
    let mut answer = shown(state);
    if state.scope.is_some() {
        answer["remedies_now"] = json!(steps::remedies(app, state).await?);
    }
    let moments = report::timeline(app, state)?;
    answer["timeline"] = json!(moments.iter().map(|moment| json!({
        "at": rfc3339(moment.at_ms), "actor": moment.actor, "text": moment.text, "seq": moment.seq,
    })).collect::<Vec<_>>());
    Ok(Json(answer))
}

/// Every incident, newest first.
#[utoipa::path(get, path = "/v1/incidents", responses((status = 200, description = "`{incidents}`")))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let incidents: Vec<Value> = incident::all(&app)?.iter().map(shown).collect();
    Ok(Json(json!({ "incidents": incidents })))
}

/// What is wrong, and with which workflow.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclareBody {
    /// The workflow: it is paused at once.
    pub workflow: String,
    /// What went wrong.
    pub why: String,
    /// An action that was wrong, to be replayed against the guardrail later.
    pub example: Option<String>,
}

/// Declares an incident and pauses its workflow, in one go.
#[utoipa::path(post, path = "/v1/incidents", request_body = DeclareBody, responses(
    (status = 200, description = "The incident"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`incident-open`, `planted-case`, `stale`"),
    (status = 422, body = answers::Failure, description = "`incident-evidence-lacking`")))]
pub async fn declare(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<DeclareBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let example = body.example.as_deref().map(read_id).transpose()?;
    let state = declare::declare(&app, &person, &body.workflow, (&body.why, example)).await?;
    whole(&app, &state).await
}

/// One incident: where it stands, its evidence, its timeline.
#[utoipa::path(get, path = "/v1/incidents/{number}", params(("number" = String, Path)), responses(
    (status = 200, description = "The incident"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let (_, state) = incident::find(&app, &number)?;
    whole(&app, &state).await
}

/// Confirms a suspicion: whoever does is in command.
#[utoipa::path(post, path = "/v1/incidents/{number}/confirm", params(("number" = String, Path)), responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`")))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = breaker::confirm(&app, &person, &number).await?;
    whole(&app, &state).await
}

/// Why it was a false alarm.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissBody {
    /// Why.
    pub why: String,
}

/// Dismisses a suspicion. The workflow stays paused until somebody resumes it.
#[utoipa::path(post, path = "/v1/incidents/{number}/dismiss", params(("number" = String, Path)), request_body = DismissBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-evidence-lacking`")))]
pub async fn dismiss(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<DismissBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = breaker::dismiss(&app, &person, &number, &body.why).await?;
    whole(&app, &state).await
}

/// Which actions are affected.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeBody {
    /// As for `/v1/undo-batches`; the workflow is the incident's.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub selection: Selection,
    /// How they were found.
    #[serde(default)]
    pub how: String,
}

/// The affected actions a selection names, with their records, and the error rates of the versions they
/// were judged under. Nothing is recorded.
#[utoipa::path(post, path = "/v1/incidents/{number}/blast-radius", params(("number" = String, Path)), request_body = ScopeBody, responses(
    (status = 200, description = "`{affected, actions, versions}`"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn blast_radius(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<ScopeBody>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let (_, state) = incident::find(&app, &number)?;
    let (selection, rows) = steps::affected(&app, &state, body.selection).await?;
    let rates = steps::version_rates(&app, &state.workflow).await?;
    Ok(Json(json!({
        "selection": selection,
        "affected": steps::count(&rows),
        "actions": rows.iter().map(view::row_view).collect::<Vec<_>>(),
        "versions": rates,
    })))
}

/// Step 2: records what the incident touched.
#[utoipa::path(post, path = "/v1/incidents/{number}/scope", params(("number" = String, Path)), request_body = ScopeBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-not-in-command`, `stale`")))]
pub async fn scope(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<ScopeBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = steps::scope(&app, &person, &number, (body.selection, &body.how)).await?;
    whole(&app, &state).await
}

/// Plans taking everything back that the incident touched; begin it as any batch.
#[utoipa::path(post, path = "/v1/incidents/{number}/undo", params(("number" = String, Path)), responses(
    (status = 200, body = answers::BatchPlan, description = "The plan"), (status = 409, body = answers::Failure, description = "`incident-not-here`")))]
pub async fn undo(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let planned = steps::plan_remedy(&app, &person, &number).await?;
    batches::plan_view(&app, &planned).map(Json)
}

/// Step 3: every affected action is settled.
#[utoipa::path(post, path = "/v1/incidents/{number}/remediated", params(("number" = String, Path)), responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-evidence-lacking`: something is open still")))]
pub async fn remediated(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = steps::remediate(&app, &person, &number).await?;
    whole(&app, &state).await
}

/// Step 4: whoever was told says that they know.
#[utoipa::path(post, path = "/v1/incidents/{number}/acknowledge", params(("number" = String, Path)), responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-evidence-lacking`")))]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    let state = steps::acknowledge(&app, &person, &number).await?;
    whole(&app, &state).await
}

/// Where it came from.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewBody {
    /// The cause.
    pub finding: String,
    /// What the source data say.
    pub source_data: String,
    /// What the versions of prompt, rules, model and tools say.
    pub versions: String,
}

/// Step 5: source data and versions were reviewed.
#[utoipa::path(post, path = "/v1/incidents/{number}/review", params(("number" = String, Path)), request_body = ReviewBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-evidence-lacking`")))]
pub async fn review(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<ReviewBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let found = steps::Finding {
        finding: &body.finding,
        source_data: &body.source_data,
        versions: &body.versions,
    };
    let state = steps::review(&app, &person, &number, found).await?;
    whole(&app, &state).await
}

/// The guardrail that catches the case.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardBody {
    /// Its id; it must be in force.
    pub rule: String,
    /// The action that is replayed; the incident's case unless told.
    pub case: Option<String>,
    /// The change of the configuration that brought it.
    pub change: Option<String>,
}

/// Step 6: a guardrail in force catches the replayed case.
#[utoipa::path(post, path = "/v1/incidents/{number}/guard", params(("number" = String, Path)), request_body = GuardBody, responses(
    (status = 200, description = "The incident"), (status = 404, body = answers::Failure, description = "`not-found`: no such guardrail is in force"),
    (status = 409, body = answers::Failure, description = "`case-not-caught`, `incident-not-here`")))]
pub async fn guard(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<GuardBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let case = body.case.as_deref().map(read_id).transpose()?;
    let state = steps::guard(&app, &person, &number, (&body.rule, case, body.change)).await?;
    whole(&app, &state).await
}

/// The sample of step 7: who draws again draws the same.
#[utoipa::path(get, path = "/v1/incidents/{number}/sample", params(("number" = String, Path)), responses(
    (status = 200, description = "`{seed, actions}`"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn sample(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let (_, state) = incident::find(&app, &number)?;
    let draw = sample::draw(&app, &state).await?;
    let actions: Vec<Value> = draw.rows.iter().map(view::row_view).collect();
    Ok(Json(json!({ "seed": draw.seed, "actions": actions })))
}

/// What the review of the sample found.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SampleBody {
    /// Ids of those that are wrong; empty when all are right.
    pub wrong: Vec<String>,
}

/// Step 7: the sample was reviewed. One that is wrong leads back to step 2.
#[utoipa::path(post, path = "/v1/incidents/{number}/sample", params(("number" = String, Path)), request_body = SampleBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-evidence-lacking`"),
    (status = 422, body = answers::Failure, description = "`not-in-the-sample`")))]
pub async fn sampled(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<SampleBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let wrong: Result<Vec<_>, _> = body.wrong.iter().map(|id| read_id(id)).collect();
    let state = sample::judge(&app, &person, &number, &wrong?).await?;
    whole(&app, &state).await
}

/// A signature.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignBody {
    /// `business` or `technical`.
    #[serde(rename = "as")]
    #[schema(value_type = String)]
    pub side: Side,
    /// The `content_hash` that was shown.
    pub content_hash: String,
}

/// Signs exactly the evidence that was shown.
#[utoipa::path(post, path = "/v1/incidents/{number}/sign", params(("number" = String, Path)), request_body = SignBody, responses(
    (status = 200, description = "The incident"), (status = 403, body = answers::Failure, description = "`not-eligible`"),
    (status = 409, body = answers::Failure, description = "`stale`, `incident-not-here`")))]
pub async fn sign(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<SignBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    let state = again::sign(&app, &person, &number, (body.side, &body.content_hash)).await?;
    whole(&app, &state).await
}

/// Lets the workflow run again: a person approves everything until the clean window is over.
#[utoipa::path(post, path = "/v1/incidents/{number}/reenable", params(("number" = String, Path)), responses(
    (status = 200, description = "The incident"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-evidence-lacking`: both owners sign first")))]
pub async fn reenable(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Resume)?;
    let state = again::reenable(&app, &person, &number).await?;
    whole(&app, &state).await
}

/// What happened again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurBody {
    /// What was seen.
    pub why: String,
    /// The new case.
    pub action: Option<String>,
}

/// It happened again: the workflow is paused at once, and the steps begin anew.
#[utoipa::path(post, path = "/v1/incidents/{number}/recurred", params(("number" = String, Path)), request_body = RecurBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`, `planted-case`, `stale`")))]
pub async fn recurred(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<RecurBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let action = body.action.as_deref().map(read_id).transpose()?;
    let state = again::recur(&app, &person, &number, (&body.why, action)).await?;
    whole(&app, &state).await
}

/// Who takes over.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverBody {
    /// Their e-mail.
    pub to: String,
}

/// Hands command to somebody else.
#[utoipa::path(post, path = "/v1/incidents/{number}/hand-over", params(("number" = String, Path)), request_body = HandOverBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-in-command`")))]
pub async fn hand_over(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<HandOverBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = again::hand_over(&app, &person, &number, &body.to).await?;
    whole(&app, &state).await
}

/// Why command could not be handed over.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeOverBody {
    /// Why.
    pub why: String,
}

/// Takes command over from somebody who cannot hand it over.
#[utoipa::path(post, path = "/v1/incidents/{number}/take-over", params(("number" = String, Path)), request_body = TakeOverBody, responses(
    (status = 200, description = "The incident"), (status = 403, body = answers::Failure, description = "`forbidden`"),
    (status = 409, body = answers::Failure, description = "`incident-not-here`, `incident-evidence-lacking`")))]
pub async fn take_over(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<TakeOverBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = again::take_over(&app, &person, &number, &body.why).await?;
    whole(&app, &state).await
}

/// A note.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteBody {
    /// The note.
    pub text: String,
}

/// Adds a note to the timeline.
#[utoipa::path(post, path = "/v1/incidents/{number}/notes", params(("number" = String, Path)), request_body = NoteBody, responses(
    (status = 200, description = "The incident"), (status = 409, body = answers::Failure, description = "`incident-not-here`")))]
pub async fn note(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Body(body): Body<NoteBody>,
) -> Result<Json<Value>, ApiError> {
    let person = worker(who)?;
    let state = again::note(&app, &person, &number, &body.text).await?;
    whole(&app, &state).await
}

/// In which form.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// For people's own tools.
    #[default]
    Markdown,
    /// One file for any browser.
    Html,
}

/// How the report is wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct ReportQuery {
    /// `markdown` or `html`.
    #[param(inline)]
    pub format: Form,
}

/// The report, written from the ledger.
#[utoipa::path(get, path = "/v1/incidents/{number}/report", params(("number" = String, Path), ReportQuery), responses(
    (status = 200, description = "Markdown or HTML", content_type = "text/markdown", body = String), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn report(
    State(app): State<Arc<App>>,
    who: Who,
    Path(number): Path<String>,
    Params(query): Params<ReportQuery>,
) -> Result<impl IntoResponse, ApiError> {
    who.person(Right::Read)?;
    let (_, state) = incident::find(&app, &number)?;
    let report = report::write(&app, &state).await?;
    Ok(match query.format {
        Form::Markdown => (
            [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")],
            report.markdown(),
        ),
        Form::Html => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            report.html(),
        ),
    })
}
