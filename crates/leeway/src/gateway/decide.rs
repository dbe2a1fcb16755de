//! What people and agents do with an action that waits: approve, edit, reject, withdraw; and what
//! happens when nobody does.

use super::append::{action_stream, append_events};
use super::deciders::{decidable, solo};
use super::hidden::put_back;
use super::pipeline::Caller;
use super::prepare::blocked_now;
use super::run::{again, arguments, revise};
use super::undo::check;
use crate::app::App;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow};
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::Effect;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_store::{Precondition, SideWrite};
use serde_json::{Value, json};
use std::sync::Arc;

/// What an approved planted case is told with.
const PLANTED: &str = "It was a planted case, known to be wrong: nothing was carried out.";

/// Approves exactly what `content_hash` covers. The call is made by the worker, once.
pub async fn approve(
    app: &App,
    person: &Person,
    id: &ActionId,
    (content_hash, took_ms): (&str, Option<i64>),
) -> Result<ActionState, ApiError> {
    approve_by(app, person, id, (content_hash, took_ms, None)).await
}

/// A single-use link by which somebody approves.
pub struct Link {
    /// Marks it as used, in the append of the approval.
    pub spend: SideWrite,
}

/// [`approve`], by a link or not.
pub async fn approve_by(
    app: &App,
    person: &Person,
    id: &ActionId,
    (content_hash, took_ms, link): (&str, Option<i64>, Option<Link>),
) -> Result<ActionState, ApiError> {
    // Read before it is asked who may: a right that is taken meanwhile is gone.
    let say = app.registry().say();
    let (action, judged) = held(app, person, id, content_hash).await?;
    let solo = solo(app, person, &action)?;
    let (workflow, _) = place(app, &judged)?;
    if action.row.planted.is_some() {
        let spend = link.into_iter().map(|link| link.spend).collect();
        return missed(app, person, &action, (content_hash, took_ms, spend)).await;
    }
    // Whoever else is being let run is counted before or after this one, never beside it.
    let counting = app.counting(&judged.call.workflow);
    let _guard = if workflow.rules.counts() {
        Some(counting.lock().await)
    } else {
        None
    };
    still_within_limits(app, &workflow, id, &judged)?;
    let by = person.email.clone();
    let content_hash = content_hash.to_owned();
    let spend: Vec<SideWrite> = link.into_iter().map(|link| link.spend).collect();
    if !solo && action.row.endorsed_by.len() + 1 < usize::from(action.row.approvals_needed) {
        let event = ActionEvent::Endorsed { by, content_hash };
        return approved(app, &action, (by_whom(person), event), (say, spend)).await;
    }
    let now_ms = app.clock.now_ms();
    let starts = starts_ms(app, &workflow, &judged);
    let event = ActionEvent::Approved {
        by,
        content_hash,
        solo,
        took_ms,
        // Counted from when it may start: a delay must not use its approval up.
        expires_ms: Some(workflow.rules.wait_over(starts.unwrap_or(now_ms), 1.0)),
        starts_ms: starts,
    };
    let approved = approved(app, &action, (by_whom(person), event), (say, spend)).await?;
    app.enqueue(id.clone());
    Ok(approved)
}

fn by_whom(person: &Person) -> String {
    format!("person:{}", person.email)
}

/// Appends an approval, on the ground that whoever gives it may still.
async fn approved(
    app: &App,
    action: &ActionState,
    said: (String, ActionEvent),
    (say, side): (Precondition, Vec<SideWrite>),
) -> Result<ActionState, ApiError> {
    let preconditions = vec![at(action), say];
    Ok(append_events(app, &action.row.id, vec![said], (preconditions, side)).await?)
}

/// A planted case is approved: it was not found, and nothing runs. That it ends is of the same append, so
/// that nobody ever finds it approved.
async fn missed(
    app: &App,
    person: &Person,
    action: &ActionState,
    (content_hash, took_ms, spend): (&str, Option<i64>, Vec<SideWrite>),
) -> Result<ActionState, ApiError> {
    let approved = ActionEvent::Approved {
        by: person.email.clone(),
        content_hash: content_hash.to_owned(),
        solo: false,
        took_ms,
        expires_ms: None,
        starts_ms: None,
    };
    let over = ActionEvent::Withdrawn {
        by: "leeway".to_owned(),
        reason: Some(PLANTED.to_owned()),
    };
    let events = vec![
        (format!("person:{}", person.email), approved),
        ("leeway".to_owned(), over),
    ];
    Ok(append_events(app, &action.row.id, events, (vec![at(action)], spend)).await?)
}

/// Whoever changes a planted case first, or asks about it, found it.
pub async fn found(
    app: &App,
    person: &Person,
    action: &ActionState,
    (content_hash, why, note): (&str, &str, Option<String>),
) -> Result<ActionState, ApiError> {
    let event = ActionEvent::Rejected {
        by: person.email.clone(),
        content_hash: content_hash.to_owned(),
        why: why.to_owned(),
        note,
        took_ms: None,
    };
    decided(app, person, action, event, vec![]).await
}

/// Before when an approved call does not start: what cannot be called back waits a while.
fn starts_ms(app: &App, workflow: &LiveWorkflow, judged: &Judged) -> Option<i64> {
    let delay_s = workflow.state.workflow.send_delay_s;
    let waits = matches!(judged.classified.effect, Effect::Send | Effect::Pay) && delay_s > 0;
    waits.then(|| {
        app.clock
            .now_ms()
            .saturating_add((delay_s as i64).saturating_mul(1000))
    })
}

/// Takes the approval of exactly what `content_hash` covers back, while it has not started: it waits
/// for a decision again.
pub async fn revoke(
    app: &App,
    person: &Person,
    id: &ActionId,
    content_hash: &str,
) -> Result<ActionState, ApiError> {
    let action = decidable(app, person, id)?;
    let judged = match action.current() {
        Some(judged) if action.row.status == Status::Approved && action.undoes().is_none() => {
            judged.clone()
        }
        _ => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "not-approved",
                format!(
                    "there is no approval to take back: it is {}",
                    action.row.status.name()
                ),
            )
            .help("what has run is taken back by an undo, where it has one")
            .details(json!({ "status": action.row.status })));
        }
    };
    if judged.content_hash != content_hash {
        return Err(stale(&action, "it is no longer what you were shown"));
    }
    let (workflow, tool) = place(app, &judged)?;
    let arguments = arguments(app, &action, &judged)?
        .ok_or_else(|| stale(&action, "its sealed arguments are gone"))?;
    let cause = Cause::Revoked {
        by: person.email.clone(),
    };
    let prepared = again(app, (&workflow, &tool), &action, (cause, arguments)).await?;
    Ok(revise(app, &action, vec![], prepared).await?)
}

/// What a guardrail would block by now cannot be approved: three refunds that were each within the
/// day's total when they were proposed are not when two of them have been let run.
fn still_within_limits(
    app: &App,
    workflow: &LiveWorkflow,
    id: &ActionId,
    judged: &Judged,
) -> Result<(), ApiError> {
    match blocked_now(app, workflow, id, judged)? {
        None => Ok(()),
        Some(reason) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "blocked-by-now",
            format!("rule `{}` blocks it by now: {}", reason.rule, reason.text),
        )
        .help("it stays in the inbox: reject it, or approve it when the rule lets it through")),
    }
}

/// What a person says when rejecting.
pub struct Rejection<'a> {
    /// Hash of what was shown.
    pub content_hash: &'a str,
    /// Short reason, from a list or free.
    pub why: &'a str,
    /// Note for the agent and the record.
    pub note: Option<String>,
    /// How long it was open before, milliseconds, where that is known.
    pub took_ms: Option<i64>,
}

/// Rejects what was shown; the agent is told why.
pub async fn reject(
    app: &App,
    person: &Person,
    id: &ActionId,
    rejection: Rejection<'_>,
) -> Result<ActionState, ApiError> {
    let (action, _) = held(app, person, id, rejection.content_hash).await?;
    let event = ActionEvent::Rejected {
        by: person.email.clone(),
        content_hash: rejection.content_hash.to_owned(),
        why: rejection.why.to_owned(),
        note: rejection.note,
        took_ms: rejection.took_ms,
    };
    let forget = SideWrite::DeleteSealed { action: id.clone() };
    decided(app, person, &action, event, vec![forget]).await
}

/// Changes the arguments: a new revision, judged from the start, which another person approves.
pub async fn edit(
    app: &App,
    person: &Person,
    id: &ActionId,
    (content_hash, edited): (&str, Value),
) -> Result<ActionState, ApiError> {
    let (action, judged) = held(app, person, id, content_hash).await?;
    not_an_undo(&action, "edited")?;
    let (workflow, tool) = place(app, &judged)?;
    let original = arguments(app, &action, &judged)?
        .ok_or_else(|| stale(&action, "its sealed arguments are gone"))?;
    super::arguments::bounded(&edited)?;
    let mut edited = edited;
    put_back(&mut edited, &original)?;
    if edited == original {
        return Err(ApiError::invalid(
            "nothing-edited",
            "this edit changes nothing; nothing was done",
        )
        .help("approve it as it is, or change something"));
    }
    super::arguments::check(&tool, &edited)?;
    if action.row.planted.is_some() {
        return found(app, person, &action, (content_hash, "changed first", None)).await;
    }
    let cause = Cause::Edited {
        by: person.email.clone(),
    };
    let prepared = again(app, (&workflow, &tool), &action, (cause, edited)).await?;
    Ok(revise(app, &action, vec![], prepared).await?)
}

/// The agent takes back what waits.
pub async fn withdraw(
    app: &App,
    caller: &Caller,
    id: &ActionId,
    reason: Option<String>,
) -> Result<ActionState, ApiError> {
    let action = own(app, caller, id)?;
    if !matches!(action.row.status, Status::Held | Status::Returned) {
        return Err(not_held(&action));
    }
    let event = ActionEvent::Withdrawn {
        by: caller.agent.clone(),
        reason,
    };
    let events = vec![(format!("agent:{}", caller.agent), event)];
    let forget = vec![SideWrite::DeleteSealed { action: id.clone() }];
    Ok(append_events(app, id, events, (vec![at(&action)], forget)).await?)
}

/// Ends an action nobody decided in time, or that could not start while its approval was good.
pub async fn expire(app: &App, id: &ActionId) -> Result<(), ApiError> {
    let Some(action) = app.store.reader()?.action(id)? else {
        return Ok(());
    };
    let due = action
        .row
        .expires_ms
        .is_some_and(|at| at <= app.clock.now_ms());
    let waits = matches!(
        action.row.status,
        Status::Held | Status::Returned | Status::Approved
    );
    if !waits || !due {
        return Ok(());
    }
    let events = vec![("leeway".to_owned(), ActionEvent::Expired {})];
    let forget = vec![SideWrite::DeleteSealed { action: id.clone() }];
    append_events(app, id, events, (vec![at(&action)], forget)).await?;
    Ok(())
}

/// An agent's own action; another agent's does not exist for it.
pub fn own(app: &App, caller: &Caller, id: &ActionId) -> Result<ActionState, ApiError> {
    app.store
        .reader()?
        .action(id)?
        .filter(|action| action.row.agent == caller.agent && action.row.workflow == caller.workflow)
        // A planted case is none of its own.
        .filter(|action| action.row.planted.is_none())
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))
}

/// An action an agent may ask about: its own, or one of its workflow that the same call of its own joined.
pub fn seen(app: &App, caller: &Caller, id: &ActionId) -> Result<ActionState, ApiError> {
    let Some(action) = app.store.reader()?.action(id)? else {
        return Err(ApiError::not_found("action", id.as_str()));
    };
    let actor = format!("agent:{}", caller.agent);
    let joined = action
        .steps
        .iter()
        .any(|step| matches!(step.event, ActionEvent::Joined { .. }) && step.meta.actor == actor);
    if joined && action.row.workflow == caller.workflow && action.row.planted.is_none() {
        return Ok(action);
    }
    own(app, caller, id)
}

fn at(action: &ActionState) -> Precondition {
    Precondition::StreamAt {
        stream: action_stream(&action.row.id),
        version: action.row.version,
    }
}

pub(super) async fn decided(
    app: &App,
    person: &Person,
    action: &ActionState,
    event: ActionEvent,
    side: Vec<SideWrite>,
) -> Result<ActionState, ApiError> {
    let events = vec![(format!("person:{}", person.email), event)];
    Ok(append_events(app, &action.row.id, events, (vec![at(action)], side)).await?)
}

/// The held action a person was shown, if it is still exactly that; otherwise an error that says
/// what it is now.
pub(super) async fn held(
    app: &App,
    person: &Person,
    id: &ActionId,
    content_hash: &str,
) -> Result<(ActionState, Judged), ApiError> {
    let action = decidable(app, person, id)?;
    let judged = match action.current() {
        Some(judged) if action.row.status == Status::Held => judged.clone(),
        _ => return Err(not_held(&action)),
    };
    if action
        .row
        .expires_ms
        .is_some_and(|at| at <= app.clock.now_ms())
    {
        expire(app, id).await?;
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "expired",
            "its deadline has passed; nothing was done",
        ));
    }
    if judged.content_hash != content_hash {
        return Err(stale(&action, "it is no longer what you were shown"));
    }
    let (workflow, tool) = place(app, &judged)?;
    let moved_on = app.registry().versions(&workflow, &tool) != judged.versions;
    if moved_on && action.undoes().is_some() {
        // Judged again it would be an ordinary call; an undo is planned anew instead.
        let why = "The rules or the tool changed since the undo was planned.";
        let ended = check::outdated(app, &action, ((None, vec![]), why)).await?;
        return Err(stale(
            &ended,
            "the rules changed since the undo was planned",
        ));
    }
    if moved_on && action.row.planted.is_some() {
        // Judged again it might run. It was made for the rules before.
        let over = ActionEvent::Withdrawn {
            by: "leeway".to_owned(),
            reason: Some("The rules changed since the case was planted.".to_owned()),
        };
        let events = vec![("leeway".to_owned(), over)];
        let ended = append_events(app, id, events, (vec![at(&action)], vec![])).await?;
        return Err(stale(&ended, "the rules changed since it was judged"));
    }
    if moved_on {
        let Some(arguments) = arguments(app, &action, &judged)? else {
            return Err(stale(&action, "its sealed arguments are gone"));
        };
        let prepared = again(
            app,
            (&workflow, &tool),
            &action,
            (Cause::RulesChanged, arguments),
        )
        .await?;
        let action = revise(app, &action, vec![], prepared).await?;
        if action.row.status == Status::Authorised {
            app.enqueue(id.clone());
        }
        return Err(stale(
            &action,
            "the rules changed since it was judged, so it was judged again",
        ));
    }
    Ok((action, judged))
}

/// What takes an action back is approved or rejected as it was planned.
pub(super) fn not_an_undo(action: &ActionState, what: &str) -> Result<(), ApiError> {
    if action.undoes().is_none() {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::CONFLICT,
        "undo-as-planned",
        format!("an undo is not {what}: it is approved or rejected as it was planned"),
    )
    .help("reject it, and plan another"))
}

fn not_held(action: &ActionState) -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "not-held",
        format!(
            "it does not wait for a decision: it is {}",
            action.row.status.name()
        ),
    )
    .details(json!({ "status": action.row.status, "content_hash": action.row.content_hash }))
}

pub(super) fn stale(action: &ActionState, message: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, "stale", message)
        .help("read it again and decide on what it is now")
        .details(json!({ "status": action.row.status, "content_hash": action.row.content_hash }))
}

pub(super) fn place(
    app: &App,
    judged: &Judged,
) -> Result<(Arc<LiveWorkflow>, Arc<LiveTool>), ApiError> {
    let registry = app.registry();
    let workflow = registry
        .workflows
        .get(&judged.call.workflow)
        .ok_or_else(|| ApiError::not_found("workflow", &judged.call.workflow))?;
    let name = judged.call.tool_name();
    let tool = registry
        .find(&name)
        .ok_or_else(|| ApiError::not_found("tool", &name))?;
    if tool.state.changed.is_some() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "tool-changed",
            format!("the definition of `{name}` changed; an operator has to review it first"),
        ));
    }
    Ok((workflow.clone(), tool.clone()))
}
