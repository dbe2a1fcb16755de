//! Cases known to be wrong, put among the reviews now and then to see whether they are found. Each shows an
//! output that a review found wrong, under an id of its own: it is no action, so nothing of it can run, and
//! it counts in no statistics but the reviewers'.

use super::{DAY_MS, entry};
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::gateway::registry::Registry;
use leeway_core::earn::draw;
use leeway_core::earn::review::{Because, Drawn, ReviewEvent, ReviewState};
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;
use leeway_store::{Append, Precondition, Reader, ReviewRow};

/// After how many reviews of an area a case is planted: at least so many, and up to so many more, so that
/// nobody can count them off.
const LEAST: u64 = 15;
const MORE: f64 = 20.0;
/// Known-bad outputs to choose from.
const POOL: usize = 20;

/// Plants a case in every area that had enough reviews since the last.
pub async fn tend(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    for (name, live) in &registry.workflows {
        for row in Responsibility::ALL {
            let reader = app.store.reader()?;
            let (reviewed, waits) = reader.since_planted(name, row)?;
            if waits || reviewed < LEAST {
                continue;
            }
            let mut pool = Vec::new();
            for case in reader.known_bad((name, row), POOL)? {
                if anybody(app, (&registry, &reader), &case)? {
                    pool.push(case);
                }
            }
            let Some(case) = pool.first() else { continue };
            // What was found last is as good a seed as any that nobody chooses.
            let seed = format!("plant {} {}", case.id, case.judged_ms.unwrap_or_default());
            let wanted = LEAST + (draw::point(&seed, name) * MORE) as u64;
            if reviewed < wanted {
                continue;
            }
            let within = i64::from(live.state.workflow.evidence.within_days());
            plant(app, (&seed, &pool), within * DAY_MS).await?;
        }
    }
    Ok(())
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
