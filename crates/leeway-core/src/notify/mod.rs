//! Telling people: which entries call for a notice, how notices to one person become messages, and
//! what a message says. Pure: sending, times and randomness are arguments or elsewhere.
//!
//! [`settings`] is `notify.toml`; [`postbox`] what is to be sent to one person by one channel;
//! [`letter`] the frozen content of one message; [`text`] makes other people's text harmless;
//! [`quick`] says what may be approved straight from a message.

pub mod letter;
pub mod postbox;
pub mod quick;
pub mod settings;
pub mod text;
pub mod weekly;

use crate::action::event::{ActionEvent, Cause, Finished, Outcome};
use crate::earn::stage::StageEvent;
use crate::govern::event::GovernEvent;
use crate::incident::IncidentEvent;
use crate::judge::Verdict;
use crate::ledger::event::Event;
use serde::{Deserialize, Serialize};

/// What somebody is told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// An action waits for a decision.
    Held,
    /// A reviewer changed an action; somebody else decides.
    Edited,
    /// The record changed, so it is shown again.
    ShownAgain,
    /// The rules changed, or a pause is over, so it was judged again and waits.
    JudgedAgain,
    /// The agent answered a reviewer's question.
    Answered,
    /// One person approved; it takes another.
    Endorsed,
    /// It still waits.
    Reminded,
    /// Nobody answered, so the fallback may decide too.
    Escalated,
    /// It waits and nobody may decide it.
    NobodyDecides,
    /// Nobody answered in time.
    Expired,
    /// A call was made and no answer came.
    OutcomeUnknown,
    /// A change of the configuration waits.
    ChangeWaits,
    /// A workflow was paused.
    Paused,
    /// A workflow runs again.
    Resumed,
    /// A workflow they own is in an incident.
    Incident,
    /// An incident, and whoever owns it is silent.
    IncidentSilent,
    /// Evidence proposes a promotion that they may sign.
    Promotion,
    /// Agents of a workflow they own lost a level.
    Demotion,
    /// Somebody asks to take a right to decide, theirs or another's.
    RightAsked,
    /// They lost a right to decide.
    RightTaken,
    /// Somebody tries whether a channel works.
    Test,
}

impl What {
    /// Whether it is about an action that waits: settled once that was decided.
    pub fn waits(self) -> bool {
        matches!(
            self,
            Self::Held
                | Self::Edited
                | Self::ShownAgain
                | Self::JudgedAgain
                | Self::Answered
                | Self::Endorsed
                | Self::Reminded
                | Self::Escalated
                | Self::NobodyDecides
        )
    }
}

/// One thing to tell one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The entry that calls for it: its place in the ledger. `None` for a test.
    pub cause: Option<u64>,
    /// The stream it is about, e.g. `action/act_…`.
    pub about: String,
    /// What happened.
    pub what: What,
}

/// What an entry calls to be told, if anything.
pub fn called_for(event: &Event) -> Option<What> {
    match event {
        Event::Action(event) => of_action(event),
        Event::Govern(GovernEvent::ChangeProposed { .. }) => Some(What::ChangeWaits),
        Event::Govern(GovernEvent::WorkflowPaused { .. }) => Some(What::Paused),
        Event::Govern(GovernEvent::WorkflowResumed { .. }) => Some(What::Resumed),
        Event::Govern(GovernEvent::Incident(IncidentEvent::OwnerTold { .. })) => {
            Some(What::Incident)
        }
        Event::Govern(GovernEvent::Incident(IncidentEvent::Escalated { .. })) => {
            Some(What::IncidentSilent)
        }
        Event::Govern(GovernEvent::Stage(StageEvent::Eligible { .. })) => Some(What::Promotion),
        Event::Govern(GovernEvent::Stage(StageEvent::Demoted { .. })) => Some(What::Demotion),
        Event::Govern(GovernEvent::PersonRolesAsked { .. }) => Some(What::RightAsked),
        Event::Govern(
            GovernEvent::PersonRolesChanged { took: true, .. }
            | GovernEvent::PersonRemoved { took: true },
        ) => Some(What::RightTaken),
        Event::Govern(_) => None,
    }
}

fn of_action(event: &ActionEvent) -> Option<What> {
    Some(match event {
        ActionEvent::Judged(judged) if judged.decision.verdict == Verdict::Hold => {
            match &judged.cause {
                Cause::Proposed | Cause::Planted { .. } => What::Held,
                Cause::Edited { .. } => What::Edited,
                Cause::Answered { .. } => What::Answered,
                Cause::Drifted => What::ShownAgain,
                Cause::RulesChanged | Cause::Resumed => What::JudgedAgain,
                // Who took the approval back knows; who asked for an undo approved it in one go, unless
                // it takes two.
                Cause::Undoes(_) if judged.decision.approvals > 1 => What::Held,
                Cause::Undoes(_) | Cause::Revoked { .. } => return None,
            }
        }
        ActionEvent::Endorsed { .. } => What::Endorsed,
        ActionEvent::Reminded { .. } => What::Reminded,
        ActionEvent::Escalated { .. } => What::Escalated,
        ActionEvent::Expired {} => What::Expired,
        ActionEvent::Finished(Finished {
            outcome: Outcome::OutcomeUnknown,
            ..
        }) => What::OutcomeUnknown,
        _ => return None,
    })
}
