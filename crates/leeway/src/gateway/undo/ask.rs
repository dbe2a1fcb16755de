//! Asking for an undo: one append records the plan, the call that carries it out, and the approval of
//! whoever asked, as far as it counts.

use super::plan::{Choices, Means, Next, Plan, open, plan, state};
use super::settle::not_unknown;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::gateway::append::{action_stream, entry};
use crate::gateway::prepare::{Attempt, Prepared, weigh};
use axum::http::StatusCode;
use leeway_core::action::Claim;
use leeway_core::action::event::{ActionEvent, Cause};
use leeway_core::action::state::ActionState;
use leeway_core::classify::scrub::Scrubber;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::Ineligible;
use leeway_core::id::ActionId;
use leeway_core::judge::Verdict;
use leeway_core::ledger::event::Event;
use leeway_core::undo::state::{Settled, UndoEvent, UndoState};
use leeway_core::undo::{Undoes, Way};
use leeway_store::{Append, NewEntry, Precondition, SideWrite};
use serde_json::{Value, json};
use std::sync::Arc;

/// What came of asking.
#[derive(Debug)]
pub enum Asked {
    /// An undo was recorded: approved, or waiting for a second person.
    Undo(Box<ActionState>),
    /// It needed no call, or none leads back.
    Settled,
}

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Hash of the plan that was shown.
    pub hash: String,
    /// What was decided about fields changed since.
    pub choices: Choices,
}

/// Asks for what the plan of this hash shows.
pub async fn ask(
    app: &Arc<App>,
    person: &Person,
    id: &ActionId,
    asking: Asking,
) -> Result<Asked, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ApiError::from(&Ineligible::Role));
    }
    let action = app
        .store
        .reader()?
        .action(id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))?;
    let plan = plan(app, &action, &asking.choices).await?;
    // That it is under way or settled says more than that it is no longer what was shown.
    open(&plan)?;
    if plan.hash != asking.hash {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "stale",
            "the undo is no longer what you were shown; nothing was done",
        )
        .help("read the plan again and decide on what it is now")
        .details(json!({ "plan": plan })));
    }
    ask_planned(app, person, (&action, &plan), None).await
}

/// Asks for what a plan that was made right now says; `batch` is the batch it is a part of.
pub async fn ask_planned(
    app: &Arc<App>,
    person: &Person,
    (action, plan): (&ActionState, &Plan),
    batch: Option<String>,
) -> Result<Asked, ApiError> {
    open(plan)?;
    let id = &action.row.id;
    match &plan.next {
        Next::Impossible { why } => {
            let (by, why) = (person.email.clone(), why.clone());
            settled(app, person, id, UndoEvent::Impossible { by, why }).await
        }
        Next::AlreadyBack => {
            let why = match plan.way {
                Some(Way::Offset) => "What offsets it was found there already.",
                Some(Way::Unmake) => "What it made was found gone.",
                _ => "The record was found as it was before.",
            }
            .to_owned();
            let by = person.email.clone();
            let settled_as = Settled::AlreadyBack;
            let event = UndoEvent::Settled {
                by,
                settled: settled_as,
                why,
            };
            settled(app, person, id, event).await
        }
        Next::AllKept => {
            let event = UndoEvent::Settled {
                by: person.email.clone(),
                settled: Settled::Kept,
                why: "Every field was kept as it is, by choice.".to_owned(),
            };
            settled(app, person, id, event).await
        }
        Next::Decide { points, .. } => Err(ApiError::new(
            StatusCode::CONFLICT,
            "undo-conflict",
            format!("a person has to decide; nothing was done. {points}"),
        )
        .help("choose what to keep and what to overwrite")
        .details(json!({ "plan": plan }))),
        Next::Call {
            arguments,
            forced,
            kept,
            left,
            ..
        } => {
            let fields = [forced.clone(), kept.clone(), left.clone()];
            let call = (arguments.clone(), fields);
            record(app, person, (action, plan, batch), call).await
        }
    }
}

async fn settled(
    app: &App,
    person: &Person,
    id: &ActionId,
    event: UndoEvent,
) -> Result<Asked, ApiError> {
    super::settle::append(app, person, id, event)
        .await
        .map(|_| Asked::Settled)
}

async fn record(
    app: &Arc<App>,
    person: &Person,
    (action, plan, batch): (&ActionState, &Plan, Option<String>),
    (arguments, [forced, kept, left]): (Value, [Vec<String>; 3]),
) -> Result<Asked, ApiError> {
    let Some(means) = &plan.means else {
        return Err(ApiError::not_found("plan for", action.row.id.as_str()));
    };
    let id = ActionId::new(app.clock.now_ms(), clock::random());
    let of = batch.clone();
    let undoes = Undoes {
        action: action.row.id.clone(),
        by: person.email.clone(),
        way: plan.way.unwrap_or(Way::Offset),
        summary: plan.summary.clone(),
        fields: plan.fields.clone(),
        forced,
        kept,
        left,
        seen: means.seen.clone(),
        batch,
    };
    let prepared = prepare(app, (action, &id), means, (arguments, undoes)).await?;
    if prepared.judged.decision.verdict == Verdict::Block {
        let reasons = prepared.judged.decision.reasons.iter();
        let why = reasons
            .filter(|reason| reason.verdict == Verdict::Block)
            .map(|reason| reason.text.clone())
            .collect::<Vec<_>>()
            .join(" ");
        return Err(ApiError::new(StatusCode::CONFLICT, "undo-blocked", why)
            .help("nothing was done; see to it by hand, and settle it then"));
    }
    // On what the append is bound to: another undo may have been asked for while the record was read.
    let known = state(app, &action.row.id)?;
    not_unknown(known.as_ref().map(|(_, state)| state))?;
    let (version, stream) = (
        known.map_or(0, |(version, _)| version),
        UndoState::stream(&action.row.id),
    );
    let undo = UndoEvent::Asked {
        undo: id.clone(),
        by: person.email.clone(),
    };
    let actor = format!("person:{}", person.email);
    let decided = decision(app, person, &prepared);
    let approved = matches!(decided, Some(ActionEvent::Approved { .. }));
    let events = [ActionEvent::Judged(Box::new(prepared.judged))]
        .into_iter()
        .chain(decided);
    let mut entries = vec![NewEntry {
        stream: stream.clone(),
        actor: actor.clone(),
        time_ms: app.clock.now_ms(),
        event: Event::Govern(GovernEvent::Undo(undo)),
    }];
    entries.extend(events.map(|event| entry(app, &id, &actor, event)));
    let side = prepared.sealed.map(|arguments| SideWrite::PutSealed {
        action: id.clone(),
        revision: 1,
        arguments,
    });
    let mut preconditions = vec![
        Precondition::StreamAt { stream, version },
        Precondition::StreamAt {
            stream: action_stream(&action.row.id),
            version: action.row.version,
        },
    ];
    // Nothing of a batch is asked for once it was stopped.
    if let Some(id) = &of {
        preconditions.push(super::batch::running(app, id)?);
    }
    let append = Append {
        entries,
        preconditions,
        side: side.into_iter().collect(),
    };
    app.store.append(append).await?;
    // Whoever carries a batch out runs it.
    if approved && of.is_none() {
        app.enqueue(id.clone());
    }
    let undo = app.store.reader()?.action(&id)?;
    undo.map(|undo| Asked::Undo(Box::new(undo)))
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))
}

async fn prepare(
    app: &App,
    (action, id): (&ActionState, &ActionId),
    means: &Means,
    (arguments, undoes): (Value, Undoes),
) -> Result<Prepared, ApiError> {
    let registry = app.registry();
    let workflow = registry
        .workflows
        .get(&action.row.workflow)
        .ok_or_else(|| {
            ApiError::not_found("workflow", &action.row.workflow)
                .help("it is no longer configured; see to it by hand, and settle it then")
        })?;
    let entry = means
        .tool
        .entry()
        .ok_or_else(|| ApiError::not_found("tool", &means.tool.name))?;
    let attempt = Attempt {
        id: id.clone(),
        revision: 1,
        edited: false,
        asked: false,
        conflicted: false,
        agent: format!("person:{}", undoes.by),
        cause: Cause::Undoes(Box::new(undoes)),
        arguments,
        inputs: None,
        claim: Claim::default(),
        idempotency_key: None,
        repeats: None,
        readings: vec![],
    };
    let place = (workflow.as_ref(), means.tool.as_ref(), entry);
    let (before, secrets) = means.before.clone();
    // Whoever takes it back met nothing by that.
    weigh(app, place, (before, secrets, Scrubber::default()), attempt).await
}

/// The asker's own approval, as far as they may give it: the rest waits in the inbox.
fn decision(app: &App, person: &Person, prepared: &Prepared) -> Option<ActionEvent> {
    let judged = &prepared.judged;
    let registry = app.registry();
    let row = registry.responsibility(&judged.call.workflow, &judged.classified);
    let now_ms = app.clock.now_ms();
    let routing = registry.routing(row, now_ms, false);
    routing.admits(registry.matrix(), person).ok()?;
    let alone = registry.one_person_firm(&person.email, (now_ms, now_ms));
    let by = person.email.clone();
    let content_hash = judged.content_hash.clone();
    if judged.decision.approvals > 1 && !alone {
        return Some(ActionEvent::Endorsed { by, content_hash });
    }
    let workflow = registry.workflows.get(&judged.call.workflow)?;
    Some(ActionEvent::Approved {
        by,
        content_hash,
        solo: judged.decision.approvals > 1,
        expires_ms: Some(workflow.rules.wait_over(now_ms, 1.0)),
        took_ms: None,
        starts_ms: None,
    })
}
