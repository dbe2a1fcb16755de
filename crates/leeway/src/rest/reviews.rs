//! Reviews of what agents did: the queue, one of it, and verdicts.

use super::actions::read_id;
use super::answers;
use super::body::{Body, Params};
use crate::app::App;
use crate::clock::rfc3339;
use crate::earning::reviewers::measure;
use crate::earning::reviewing::{self, Opinion};
use crate::error::ApiError;
use crate::gateway::view;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::{Path, State};
use leeway_core::earn::review::{Because, ReviewState};
use leeway_core::earn::verdict::{Severity, Verdict};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::people::{Person, Right};
use leeway_store::{ReviewFilter, ReviewRow};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const DEFAULT_PAGE: usize = 50;
const LARGEST_PAGE: usize = 500;
/// What was open longer was left open: nothing is known of it, milliseconds.
const LONGEST_LOOK_MS: i64 = 4 * 3600 * 1000;

/// Which reviews.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct ListParams {
    /// `open` (unless told) or `done`.
    pub state: Option<String>,
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Of this tool, `<system>__<tool>`.
    pub tool: Option<String>,
    /// Of this area, e.g. `crm-field-updates`.
    pub area: Option<String>,
    /// Cursor of the next page: `next` of the page before.
    pub after: u64,
    /// So many, 1 to 500; 50 unless told.
    pub limit: Option<usize>,
}

/// Why it was drawn; a planted case is not told from others while it is open.
fn because(of: Because, open: bool) -> Because {
    match of {
        Because::Planted if open => Because::Continuous,
        other => other,
    }
}

fn row_view(app: &App, row: &ReviewRow) -> Result<Value, ApiError> {
    let shown = app.store.reader()?.action_row(&row.shows)?;
    let mut told = json!({
        "id": row.id, "workflow": row.workflow, "tool": row.tool, "agent": row.agent,
        "area": row.responsibility.name(), "because": because(row.because, row.open),
        "title": shown.as_ref().map(|action| action.title.clone()),
        "drawn_at": rfc3339(row.drawn_ms), "due_at": rfc3339(row.due_ms),
        "overdue": row.open && row.due_ms <= app.clock.now_ms(), "open": row.open,
    });
    if !row.open {
        told["lot"] = json!(row.lot);
        told["outcome"] = json!(row.outcome);
        told["critical"] = json!(row.critical);
        told["reviewed_at"] = json!(row.judged_ms.map(rfc3339));
        told["reviewers"] = json!(row.reviewers);
        told["action"] = json!(row.shows);
    }
    Ok(told)
}

/// The queue, the ones due first; or what was reviewed, the latest first.
#[utoipa::path(get, path = "/v1/reviews", params(ListParams), responses(
    (status = 200, description = "`{reviews, next}`"), (status = 422, body = answers::Failure, description = "`state-unknown`, `area-unknown`")))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    Params(params): Params<ListParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let open = match params.state.as_deref() {
        None | Some("open") => true,
        Some("done") => false,
        Some(_) => {
            return Err(ApiError::invalid("state-unknown", "there is no such state")
                .help("`open` or `done`"));
        }
    };
    let filter = ReviewFilter {
        open,
        workflow: params.workflow,
        tool: params.tool,
        responsibility: params.area.as_deref().map(area).transpose()?,
    };
    let limit = params.limit.unwrap_or(DEFAULT_PAGE).clamp(1, LARGEST_PAGE);
    let page = app
        .store
        .reader()?
        .reviews(&filter, (params.after, limit))?;
    let reviews: Vec<Value> = page
        .items
        .iter()
        .map(|row| row_view(&app, row))
        .collect::<Result<_, _>>()?;
    Ok(Json(json!({ "reviews": reviews, "next": page.next })))
}

/// Reads an area's name.
pub fn area(name: &str) -> Result<Responsibility, ApiError> {
    Responsibility::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Responsibility::ALL.iter().map(|row| row.name()).collect();
        ApiError::invalid("area-unknown", "there is no such area")
            .help(format!("one of {}", names.join(", ")))
    })
}

/// A review as somebody sees it: while it is open, nobody sees what others said of it.
fn whole(app: &App, person: &Person, review: &ReviewState) -> Result<Value, ApiError> {
    let drawn = &review.drawn;
    let open = review.is_open();
    let mut told = json!({
        "id": review.id, "workflow": drawn.workflow, "tool": drawn.tool, "agent": drawn.agent,
        "area": drawn.responsibility.name(), "because": because(drawn.because, open), "open": open,
        "drawn_at": rfc3339(review.drawn_ms), "due_at": rfc3339(drawn.due_ms), "looks": drawn.looks,
        "patterns": reviewing::patterns(app, review)?,
    });
    if let Some(action) = app.store.reader()?.action(&drawn.shows)? {
        let mut shown = view::action(&action);
        if open {
            blind(&mut shown, &review.id);
        }
        told["shows"] = shown;
    }
    match reviewing::may(app, person, review) {
        Ok(solo) => told["may"] = json!({ "review": open, "solo": solo }),
        Err(error) => told["may"] = json!({ "review": false, "why": error.message }),
    }
    if !open {
        told["outcome"] = json!(review.outcome());
        told["planted"] = json!(review.is_planted());
        told["share"] = json!(drawn.share);
        told["seed"] = json!(drawn.seed);
        let given: Vec<Value> = review
            .given
            .iter()
            .map(|(at_ms, given)| {
                let mut given = json!(given);
                given["at"] = json!(rfc3339(*at_ms));
                given
            })
            .collect();
        told["given"] = json!(given);
    }
    Ok(told)
}

/// Leaves out of an open review's action what would tell a planted case from others.
fn blind(shown: &mut Value, id: &leeway_core::id::ActionId) {
    shown["id"] = json!(id);
    shown["status"] = json!("executed");
    for key in [
        "content_hash",
        "idempotency_key",
        "endorsed_by",
        "expires_at",
        "message",
        "reviewer",
        "approval",
        "created_at",
        "updated_at",
        "edited_by",
        "decision",
    ] {
        if let Some(object) = shown.as_object_mut() {
            object.remove(key);
        }
    }
}

/// One review: what was done, and whether you may say what it is.
#[utoipa::path(get, path = "/v1/reviews/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "The review"), (status = 404, body = answers::Failure, description = "`not-found`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    let (_, review) = reviewing::find(&app, &read_id(&id)?)?;
    whole(&app, &person, &review).map(Json)
}

/// What it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgeBody {
    /// `right`, `wrong` or `unsure`.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// How bad, when it is wrong: `minor`, `major` (unless told) or `critical`.
    #[schema(value_type = Option<String>)]
    pub severity: Option<Severity>,
    /// The failure's pattern, when it is wrong: from the list, or in your words.
    pub pattern: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// How long you had it open, milliseconds.
    pub took_ms: Option<i64>,
}

/// Says what it is. What that teaches of the agent is recorded with it, and a demotion takes force at once.
#[utoipa::path(post, path = "/v1/reviews/{id}/judge", params(("id" = String, Path)), request_body = JudgeBody, responses(
    (status = 200, description = "The review"), (status = 403, body = answers::Failure, description = "`forbidden`, `not-eligible`, `own-decision`"),
    (status = 404, body = answers::Failure, description = "`not-found`"), (status = 409, body = answers::Failure, description = "`already-reviewed`"),
    (status = 422, body = answers::Failure, description = "`pattern-too-long`, `text-too-long`, `severity-unexpected`")))]
pub async fn judge(
    State(app): State<Arc<App>>,
    who: Who,
    Path(id): Path<String>,
    Body(body): Body<JudgeBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Decide)?;
    let opinion = Opinion {
        verdict: body.verdict,
        severity: body.severity,
        pattern: body.pattern.filter(|pattern| !pattern.trim().is_empty()),
        note: body.note.filter(|note| !note.trim().is_empty()),
        took_ms: body
            .took_ms
            .filter(|took| (0..=LONGEST_LOOK_MS).contains(took)),
    };
    let review = reviewing::judge(&app, &person, &read_id(&id)?, &opinion).await?;
    whole(&app, &person, &review).map(Json)
}

/// How reviews go: of yourself, and of everybody together for owners, operators and auditors.
#[utoipa::path(get, path = "/v1/reviewers", responses((status = 200, description = "`{me, together, agreement, waiting, forecast_minutes, budget_minutes}`")))]
pub async fn reviewers(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    let all = measure(&app)?;
    let me = all.people.iter().find(|one| one.person == person.email);
    let mut told = json!({ "me": me });
    if sees_all(&person) {
        told["together"] = json!(all.together);
        told["alarms"] = json!(all.people.iter().filter(|one| one.alarm.is_some()).count());
        told["agreement"] = json!(all.agreement);
        told["waiting"] = json!(all.waiting);
        told["forecast_minutes"] = json!(all.forecast_minutes);
        told["budget_minutes"] = json!(all.budget_minutes);
    }
    Ok(Json(told))
}

/// Who sees what all reviewers do together.
pub fn sees_all(person: &Person) -> bool {
    person.may(Right::Resume) || !person.may(Right::Decide)
}
