//! What is learned from an action's own entries: a decision tells how a proposal was, and what ran is drawn
//! for review. Both are entries of the same append, so nothing is learned twice or lost.

use super::{DAY_MS, beginning, consequences, entry, place, stage, versions};
use crate::app::App;
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use leeway_core::action::event::{ActionEvent, Finished, Outcome};
use leeway_core::action::state::{ActionRow, ActionState};
use leeway_core::action::tool_name;
use leeway_core::action::visible::visible;
use leeway_core::classify::Effect;
use leeway_core::earn::draw;
use leeway_core::earn::review::{Because, Drawn, ReviewEvent, ReviewState};
use leeway_core::earn::stage::{Observed, StageEvent};
use leeway_core::earn::state::StageState;
use leeway_core::earn::verdict::{How, LONGEST_PATTERN, Verdict};
use leeway_core::evidence::continuous::Plan;
use leeway_core::govern::owners::{Cadence, Responsibility};
use leeway_store::{NewEntry, Reader};
use serde_json::Value;

/// Which part of what is drawn is looked at by two people.
const TWICE: f64 = 0.1;
/// Outputs that are reviewed after a version changed, where the area is reviewed so.
const AFTER_A_CHANGE: u64 = 20;

/// Entries of what an action's events say about its agent. Errors are told: what cannot be recorded as
/// evidence must not go unnoticed.
pub fn of(app: &App, row: &ActionRow, events: &[&ActionEvent]) -> Result<Vec<NewEntry>, String> {
    let Some(event) = events.iter().find(|event| {
        matches!(
            event,
            ActionEvent::Finished(_)
                | ActionEvent::Resolved(_)
                | ActionEvent::Rejected { .. }
                | ActionEvent::Withdrawn { .. }
        )
    }) else {
        return Ok(Vec::new());
    };
    if matches!(event, ActionEvent::Withdrawn { .. }) && !row.edited {
        return Ok(Vec::new());
    }
    // Reads change nothing, and what people do or Leeway planted is not an agent's.
    if row.effect == Some(Effect::Read) || row.undoes.is_some() || row.planted.is_some() {
        return Ok(Vec::new());
    }
    let registry = app.registry();
    let tool = tool_name(&row.system, &row.tool);
    let (Some(live), Some(found)) = (registry.workflows.get(&row.workflow), registry.find(&tool))
    else {
        return Ok(Vec::new());
    };
    let now_ms = app.clock.now_ms();
    let reader = app.store.reader().map_err(|error| error.to_string())?;
    let (_, known) = stage(&reader, &row.workflow, &tool).map_err(|error| error.to_string())?;
    let stream = StageState::stream(&row.workflow, &tool);
    let since_ms = match known {
        None => since(&reader, row, (&registry, live, found))?.unwrap_or(now_ms),
        Some(_) => now_ms,
    };
    let began = beginning(known.as_ref(), (versions(live, found), since_ms));
    let mut entries = Vec::new();
    let mut state = known;
    if let Some(event) = began {
        state = Some(StageState::apply(state, "leeway", now_ms, &event)?);
        entries.push(entry((&stream, "leeway", now_ms), event));
    }
    let Some(mut state) = state else {
        return Ok(entries);
    };
    let counts = row.created_ms >= state.run.since_ms;
    if let Some(observed) = observed(&reader, row, event, counts)? {
        let event = StageEvent::Observed(observed);
        state = StageState::apply(Some(state), "leeway", now_ms, &event)?;
        entries.push(entry((&stream, "leeway", now_ms), event));
        let place = place(&registry, live, (&tool, now_ms));
        let follow = consequences((&row.workflow, &tool), &mut state, place)?;
        entries.extend(follow);
    }
    if let ActionEvent::Finished(finished) = event {
        let area = row
            .responsibility
            .unwrap_or(live.state.workflow.responsibility);
        let cadence = registry
            .matrix()
            .map_or(area.usual_cadence(), |matrix| matrix.cadence(area));
        if let Some((because, share)) = due(row, finished, cadence, &state) {
            let within = i64::from(live.state.workflow.evidence.within_days());
            let drawn = Drawn {
                shows: row.id.clone(),
                workflow: row.workflow.clone(),
                tool: tool.clone(),
                agent: row.agent.clone(),
                responsibility: area,
                because,
                lot: None,
                seed: (share < 1.0).then(|| state.seed.clone()),
                share,
                due_ms: now_ms + within * DAY_MS,
                looks: looks(app, (&state.seed, row), area),
            };
            if draw::takes(&state.seed, row.id.as_str(), share) {
                let stream = ReviewState::stream(&row.id);
                let event = ReviewEvent::Drawn(Box::new(drawn));
                entries.push(entry((&stream, "leeway", now_ms), event));
            }
        }
    }
    Ok(entries)
}

/// When the first of a tool's outputs was proposed, if that was under what is in force now, UTC
/// milliseconds.
fn since(
    reader: &Reader,
    row: &ActionRow,
    (registry, live, tool): (&Registry, &LiveWorkflow, &LiveTool),
) -> Result<Option<i64>, String> {
    let action = reader.action(&row.id).map_err(|error| error.to_string())?;
    let now = registry.versions(live, tool);
    let same = action.is_some_and(|action| {
        let mut revisions = action.revisions();
        revisions.all(|judged| judged.versions == now)
    });
    Ok(same.then_some(row.created_ms))
}

/// How many people look at an output that was drawn: two at times, where there are two who may.
pub fn looks(app: &App, (seed, row): (&str, &ActionRow), area: Responsibility) -> u8 {
    if !draw::takes(&format!("{seed} twice"), row.id.as_str(), TWICE) {
        return 1;
    }
    let routing = app.registry().routing(area, app.clock.now_ms(), false);
    let others = routing
        .eligible
        .iter()
        .filter(|email| row.reviewer.as_ref() != Some(*email) && !row.endorsed_by.contains(email));
    if row.edited || others.count() < 2 {
        1
    } else {
        2
    }
}

/// What a person's decision tells of the proposal.
fn observed(
    reader: &Reader,
    row: &ActionRow,
    event: &ActionEvent,
    counts: bool,
) -> Result<Option<Observed>, String> {
    let (how, verdict, pattern) = match event {
        ActionEvent::Rejected { why, .. } => {
            let why: String = visible(why).chars().take(LONGEST_PATTERN).collect();
            (How::Rejected, Verdict::Wrong, Some(why))
        }
        // That a person changed it says that it was wrong; taking it back does not unsay that.
        ActionEvent::Withdrawn { .. } if row.edited => (How::Edited, Verdict::Wrong, None),
        _ if row.reviewer.is_none() || !took_effect(event) => return Ok(None),
        _ if row.edited => (How::Edited, Verdict::Wrong, None),
        _ => (How::Accepted, Verdict::Right, None),
    };
    let edited_share = match how {
        How::Edited => reader
            .action(&row.id)
            .map_err(|error| error.to_string())?
            .and_then(|action| edited_share(&action)),
        _ => None,
    };
    Ok(Some(Observed {
        action: row.id.clone(),
        agent: row.agent.clone(),
        how,
        verdict,
        before: None,
        confidence: row.confidence,
        severity: None,
        pattern,
        edited_share,
        pair: None,
        counts,
    }))
}

/// Whether the call did something: what a system refused shows nothing of the proposal.
fn took_effect(event: &ActionEvent) -> bool {
    let outcome = match event {
        ActionEvent::Finished(finished) => finished.outcome,
        ActionEvent::Resolved(resolved) => resolved.outcome,
        _ => return false,
    };
    matches!(outcome, Outcome::Executed | Outcome::Partial)
}

/// Which part of the arguments a person changed, 0 to 1, by the values in them.
fn edited_share(action: &ActionState) -> Option<f64> {
    let first = &action.revisions().next()?.call.arguments;
    let last = &action.revisions().last()?.call.arguments;
    let (mut all, mut other) = (0_u64, 0_u64);
    compare(first, last, (&mut all, &mut other));
    (all > 0).then(|| other as f64 / all as f64)
}

fn compare(one: &Value, other: &Value, (all, differ): (&mut u64, &mut u64)) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                let against = other.get(key).unwrap_or(&Value::Null);
                compare(value, against, (all, differ));
            }
            let more = other.keys().filter(|key| !one.contains_key(*key)).count() as u64;
            *all += more;
            *differ += more;
        }
        (one, other) => {
            *all += 1;
            *differ += u64::from(one != other);
        }
    }
}

/// Why an output may be drawn at once, and which part of such outputs is.
fn due(
    row: &ActionRow,
    finished: &Finished,
    cadence: Cadence,
    state: &StageState,
) -> Option<(Because, f64)> {
    let odd =
        finished.outcome != Outcome::Executed || !finished.mismatched.is_empty() || row.edited;
    match cadence {
        Cadence::EveryRun => return Some((Because::EveryRun, 1.0)),
        Cadence::Exceptions if odd => return Some((Because::Exception, 1.0)),
        Cadence::EveryVersionChange if state.run.reviewed < AFTER_A_CHANGE => {
            return Some((Because::VersionChange, 1.0));
        }
        _ => {}
    }
    if row.reviewer.is_some() {
        return None;
    }
    Some((Because::Continuous, Plan::LEVEL_3.share(state.run.sampling)))
}
