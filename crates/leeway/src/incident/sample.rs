//! Step 7: a sample of recent outputs. Nobody chooses it: the seed follows from the ledger, so whoever
//! draws again draws the same.

use super::{actor, append, find};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::undo::choose;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::canonical;
use leeway_core::classify::Effect;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::incident::{IncidentEvent, IncidentState};
use leeway_store::ActionFilter;
use std::collections::HashSet;

/// Actions drawn.
const DRAWN: usize = 10;
/// Recent outputs they are drawn from.
const RECENT: usize = 500;
const PAGE: usize = 100;

/// What is drawn, and with what.
pub struct Draw {
    /// The seed, hexadecimal.
    pub seed: String,
    /// The actions, in the order drawn.
    pub rows: Vec<ActionRow>,
}

/// Draws the sample of an incident's present round: outputs of its workflow that are not among the
/// affected, from before the pause; the affected themselves where there are no others.
pub async fn draw(app: &App, state: &IncidentState) -> Result<Draw, ApiError> {
    let seed = canonical::hash(&(state.number, state.rounds, state.pause, &state.rule));
    let rows = match &state.scope {
        Some(scope) => choose::select(app, scope).await?,
        None => Vec::new(),
    };
    let affected: HashSet<ActionId> = rows.iter().map(|row| row.id.clone()).collect();
    let reader = app.store.reader()?;
    let filter = ActionFilter {
        workflow: Some(state.workflow.clone()),
        status: vec![Status::Executed, Status::Partial],
        to_ms: state.pause.map(|pause| pause.at_ms + 1),
        ..ActionFilter::default()
    };
    let (mut recent, mut cursor) = (Vec::new(), None);
    while recent.len() < RECENT {
        let page = reader.actions(&filter, cursor, PAGE)?;
        recent.extend(page.items.into_iter().filter(|row| {
            row.effect != Some(Effect::Read) && row.undoes.is_none() && !affected.contains(&row.id)
        }));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if recent.is_empty() {
        // Its workflow did nothing else: how the affected were settled is what can be looked at.
        recent = rows;
    }
    recent.truncate(RECENT);
    // Ordered by a hash of seed and id: each action is as likely as another, and the draw repeats.
    recent.sort_by_cached_key(|row| canonical::hash(&(&seed, &row.id)));
    recent.truncate(DRAWN);
    Ok(Draw { seed, rows: recent })
}

/// Records what the review of the sample found.
pub async fn judge(
    app: &App,
    person: &Person,
    number: &str,
    wrong: &[ActionId],
) -> Result<IncidentState, ApiError> {
    let (version, state) = find(app, number)?;
    let draw = draw(app, &state).await?;
    let drawn: Vec<ActionId> = draw.rows.into_iter().map(|row| row.id).collect();
    if let Some(other) = wrong.iter().find(|id| !drawn.contains(id)) {
        return Err(ApiError::invalid(
            "not-in-the-sample",
            format!("{other} is not in the sample"),
        ));
    }
    let wrong: HashSet<&ActionId> = wrong.iter().collect();
    let event = IncidentEvent::Sampled {
        by: person.email.clone(),
        seed: draw.seed,
        drawn,
        wrong: wrong.len() as u32,
    };
    append(app, &actor(person), (version, &state), event).await
}
