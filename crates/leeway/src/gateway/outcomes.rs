//! What nobody knows the outcome of: each with its record as it reads now, and many attested at once.

use super::deciders::decidable;
use super::look::record_apart;
use super::reconcile::{self, Attested};
use crate::app::App;
use crate::error::ApiError;
use futures::StreamExt;
use leeway_core::action::event::Outcome;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::BeforeImage;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::undo::read_back::ReadBack;
use std::sync::Arc;
use std::time::Duration;

/// Most actions listed, and attested at once.
pub const MOST: usize = 100;
/// How many records are read at the same time.
const AT_ONCE: usize = 4;
/// How long one reading may take: a system that does not answer keeps nobody from the others.
const LONGEST: Duration = Duration::from_secs(10);

/// An action whose outcome is unknown.
pub struct Open {
    /// The action.
    pub action: ActionState,
    /// Its record as it reads now, and what that says; or why it cannot be read.
    pub now: Result<(BeforeImage, ReadBack), String>,
    /// Whether the person may attest it.
    pub may: bool,
}

/// How many actions have an unknown outcome.
pub fn count(app: &App) -> Result<usize, ApiError> {
    Ok(app.store.reader()?.with_status(&Status::UNKNOWN)?.len())
}

/// Every action whose outcome is unknown, the oldest first, read anew; and how many there are.
pub async fn open(app: &Arc<App>, person: &Person) -> Result<(Vec<Open>, usize), ApiError> {
    let rows = app.store.reader()?.with_status(&Status::UNKNOWN)?;
    let total = rows.len();
    let mut actions = Vec::new();
    for row in rows.into_iter().take(MOST) {
        actions.extend(app.store.reader()?.action(&row.id)?);
    }
    let open = futures::stream::iter(actions.into_iter().map(|action| read(app, person, action)))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok((open, total))
}

async fn read(app: &Arc<App>, person: &Person, action: ActionState) -> Open {
    let may = decidable(app, person, &action.row.id).is_ok();
    if reconcile::paused(app, &action) {
        let why = "Its workflow is paused, so nothing is read for it.".to_owned();
        let now = Err(why);
        return Open { action, now, may };
    }
    let reading = tokio::time::timeout(LONGEST, reconcile::reading(app, &action)).await;
    let now = match reading {
        Ok(Ok(Ok((now, said, readings)))) => match record_apart(app, &action, readings).await {
            Ok(()) => Ok((now, said)),
            Err(error) => Err(error.message),
        },
        Ok(Ok(Err(why))) => Err(why.to_owned()),
        Ok(Err(error)) => Err(error.message),
        Err(_) => Err(format!(
            "The system did not answer within {} s.",
            LONGEST.as_secs()
        )),
    };
    Open { action, now, may }
}

/// What a person says of one of several actions.
pub struct One {
    /// The action.
    pub id: ActionId,
    /// What became of it.
    pub outcome: Outcome,
    /// The action's version as it was shown; another is another state, and refused.
    pub version: Option<u64>,
}

/// Attests several outcomes with one text of evidence: each in an entry of its own, each for itself.
pub async fn attest(
    app: &App,
    person: &Person,
    (said, evidence): (Vec<One>, &str),
) -> Result<Vec<(ActionId, Result<ActionState, ApiError>)>, ApiError> {
    if said.is_empty() || said.len() > MOST {
        return Err(ApiError::invalid(
            "outcomes-invalid",
            format!("say what became of 1 to {MOST} actions"),
        ));
    }
    let mut told = Vec::with_capacity(said.len());
    for One {
        id,
        outcome,
        version,
    } in said
    {
        let attested = Attested {
            outcome,
            evidence,
            version,
        };
        let went = reconcile::attest(app, person, &id, attested).await;
        told.push((id, went));
    }
    Ok(told)
}
