//! Cases known to be wrong, put among the reviews and among what waits for a decision now and then, to see
//! whether they are found. Each is a copy under an id of its own, marked in the ledger; it never runs, and
//! counts in no statistics but the reviewers'. Among reviews it shows an output that a review found wrong;
//! among proposals, one that a person rejected.

use super::{DAY_MS, entry};
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::incident;
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::state::{ActionRow, ActionState};
use leeway_core::action::tool_name;
use leeway_core::canonical;
use leeway_core::earn::draw;
use leeway_core::earn::review::{Because, Drawn, ReviewEvent, ReviewState};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::workflow::Grant;
use leeway_core::id::ActionId;
use leeway_core::judge::Verdict;
use leeway_core::judge::rules::{Case, judge};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, NewEntry, Precondition, Reader, ReviewRow};

/// After how many reviews of an area, or decisions of a workflow, a case is planted: at least so many, and up
/// to so many more, so that nobody can count them off.
const LEAST: u64 = 15;
const MORE: f64 = 20.0;
/// Known-bad outputs and proposals to choose from.
const POOL: usize = 20;
/// What a rejection without a reason says: nobody could tell what to find.
const NO_REASON: &str = "no reason given";

/// Plants a case wherever there was enough since the last.
pub async fn tend(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    for (name, live) in &registry.workflows {
        if !live.state.workflow.evidence.plants() {
            continue;
        }
        propose(app, (&registry, live)).await?;
        for row in Responsibility::ALL {
            let reader = app.store.reader()?;
            let (reviewed, waits, since_ms) = reader.since_planted(name, row)?;
            let seed = seed(app, (name, row.name(), since_ms));
            if waits || reviewed < wanted(&seed, name) {
                continue;
            }
            let mut pool = Vec::new();
            for case in reader.known_bad((name, row), POOL)? {
                if anybody(app, (&registry, &reader), &case)? {
                    pool.push(case);
                }
            }
            if pool.is_empty() {
                continue;
            }
            let within = i64::from(live.state.workflow.evidence.within_days());
            plant(app, (&seed, &pool), within * DAY_MS).await?;
        }
    }
    Ok(())
}

/// What the next case of a place is drawn with, the same until it is planted: what everybody can read does not
/// tell it.
fn seed(app: &App, (workflow, place, since): (&str, &str, i64)) -> String {
    let secret = hex::encode(app.unforeseen);
    canonical::hash(&(secret, workflow, place, since))
}

/// After how many the next is planted.
fn wanted(seed: &str, workflow: &str) -> u64 {
    LEAST + (draw::point(seed, workflow) * MORE) as u64
}

/// Plants a proposal among those of a workflow that wait, if there was enough since the last.
async fn propose(app: &App, (registry, live): (&Registry, &LiveWorkflow)) -> Result<(), ApiError> {
    let name = &live.state.workflow.name;
    let reader = app.store.reader()?;
    let (decided, waits, since) = reader.decided_since_planted(name)?;
    let seed = seed(app, (name, "proposals", since));
    if waits || decided < wanted(&seed, name) || live.state.paused.is_some() {
        return Ok(());
    }
    if incident::of_workflow(app, name)?.is_some() {
        return Ok(());
    }
    let mut pool = Vec::new();
    for row in reader.rejected(name, POOL)? {
        pool.extend(proposal(app, (registry, live), row)?);
    }
    let ids: Vec<&str> = pool.iter().map(|(case, _)| case.row.id.as_str()).collect();
    let chosen = draw::of(&seed, ids, 1);
    let Some((case, judged)) = pool
        .iter()
        .find(|(case, _)| chosen.contains(&case.row.id.as_str()))
    else {
        return Ok(());
    };
    let id = ActionId::new(app.clock.now_ms(), clock::random());
    let planted = copy(app, live, &id, (case, judged.clone()));
    let stream = format!("action/{id}");
    let append = Append {
        entries: vec![NewEntry {
            stream: stream.clone(),
            actor: "leeway".to_owned(),
            time_ms: app.clock.now_ms(),
            event: Event::Action(ActionEvent::Judged(Box::new(planted))),
        }],
        preconditions: vec![Precondition::StreamAt { stream, version: 0 }],
        side: vec![],
    };
    app.store.append(append).await?;
    Ok(())
}

/// A rejected proposal as a case, with what is in force now: one that would be shown in full to one person,
/// who neither knows it nor has anything else to tell it by; `None` where it cannot be one.
fn proposal(
    app: &App,
    (registry, live): (&Registry, &LiveWorkflow),
    row: ActionRow,
) -> Result<Option<(ActionState, Judged)>, ApiError> {
    let reader = app.store.reader()?;
    let tool = tool_name(&row.system, &row.tool);
    let granted = live.state.workflow.grant(&tool) > Grant::Read;
    let Some(found) = registry.find(&tool).filter(|_| granted) else {
        return Ok(None);
    };
    let Some(action) = reader.action(&row.id)? else {
        return Ok(None);
    };
    if reader.is_shown_again(&row.id)?
        || reader.was_let_run_later(&row)?
        || !reader.is_active(&row, app.clock.now_ms() - DAY_MS)?
        || !is_telling(&action)
    {
        return Ok(None);
    }
    let Some(judged) = action.current().filter(|judged| is_plain(judged)) else {
        return Ok(None);
    };
    if found.state.changed.is_some() || !somebody_new(app, registry, (&row, judged)) {
        return Ok(None);
    }
    let judged = under(app, registry, (live, found), judged.clone());
    Ok(judged.map(|judged| (action, judged)))
}

/// Whether whoever rejected it said what is wrong with it as the agent proposed it.
fn is_telling(action: &ActionState) -> bool {
    let why = action.steps.iter().find_map(|step| match &step.event {
        ActionEvent::Rejected { why, .. } => Some(why.as_str()),
        _ => None,
    });
    action.revisions().count() == 1 && why.is_some_and(|why| why != NO_REASON)
}

/// Whether one person decides it, by nothing but what is shown.
fn is_plain(judged: &Judged) -> bool {
    let decision = &judged.decision;
    let one = decision.verdict == Verdict::Hold && decision.approvals == 1;
    one && !judged.sealed && judged.cause == Cause::Proposed
}

/// Whether somebody may decide it who did not decide on it before.
fn somebody_new(app: &App, registry: &Registry, (row, judged): (&ActionRow, &Judged)) -> bool {
    let area = registry.responsibility(&judged.call.workflow, &judged.classified);
    let routing = registry.routing(area, app.clock.now_ms(), false);
    let mut eligible = routing.eligible.iter();
    eligible.any(|email| row.reviewer.as_ref() != Some(email) && !row.endorsed_by.contains(email))
}

/// As it would be judged now, with the record as it was read then; `None` where it would not wait for one
/// person.
fn under(
    app: &App,
    registry: &Registry,
    (live, tool): (&LiveWorkflow, &LiveTool),
    mut judged: Judged,
) -> Option<Judged> {
    let now_ms = app.clock.now_ms();
    judged.versions = registry.versions(live, tool);
    judged.facts.now_ms = now_ms;
    judged.facts.cap = super::cap_of(registry, live, (&tool.name, now_ms));
    judged.facts.measured = super::measured(live, &judged.call.agent);
    judged.facts.unreviewed = None;
    judged.decision = judge(&live.rules, &Case::of(&judged));
    is_plain(&judged).then_some(judged)
}

/// The copy that waits: for as long as any other, and joined by no agent's call.
fn copy(
    app: &App,
    live: &LiveWorkflow,
    id: &ActionId,
    (case, mut judged): (&ActionState, Judged),
) -> Judged {
    let now_ms = app.clock.now_ms();
    judged.cause = Cause::Planted {
        shows: case.row.id.clone(),
    };
    judged.expires_ms = Some(live.rules.wait_over(now_ms, 1.0));
    judged.idempotency_key = None;
    judged.twin_hash = format!("planted {}", case.row.id);
    judged.content_hash = judged.hash(id, None);
    judged
}

/// Whether somebody may review it who neither looked at it before nor decided on it.
fn anybody(
    app: &App,
    (registry, reader): (&Registry, &Reader),
    case: &ReviewRow,
) -> Result<bool, ApiError> {
    let Some(row) = reader.action_row(&case.shows)? else {
        return Ok(false);
    };
    let routing = registry.routing(case.responsibility, app.clock.now_ms(), false);
    Ok(!row.edited
        && routing.eligible.iter().any(|email| {
            !case.reviewers.contains(email)
                && row.reviewer.as_ref() != Some(email)
                && !row.endorsed_by.contains(email)
        }))
}

async fn plant(
    app: &App,
    (seed, pool): (&str, &[ReviewRow]),
    within_ms: i64,
) -> Result<(), ApiError> {
    let ids: Vec<&str> = pool.iter().map(|case| case.id.as_str()).collect();
    let chosen = draw::of(seed, ids, 1);
    let Some(case) = pool.iter().find(|case| chosen.contains(&case.id.as_str())) else {
        return Ok(());
    };
    let now_ms = app.clock.now_ms();
    let id = ActionId::new(now_ms, clock::random());
    let event = ReviewEvent::Drawn(Box::new(Drawn {
        shows: case.shows.clone(),
        workflow: case.workflow.clone(),
        tool: case.tool.clone(),
        agent: case.agent.clone(),
        responsibility: case.responsibility,
        because: Because::Planted,
        lot: None,
        seed: Some(seed.to_owned()),
        share: 1.0,
        due_ms: now_ms + within_ms,
        looks: 1,
    }));
    let stream = ReviewState::stream(&id);
    let append = Append {
        entries: vec![entry((&stream, "leeway", now_ms), event)],
        preconditions: vec![Precondition::StreamAt { stream, version: 0 }],
        side: vec![],
    };
    app.store.append(append).await?;
    Ok(())
}
