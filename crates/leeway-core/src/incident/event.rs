//! What can happen to an incident: the payloads of its ledger entries.

use crate::id::ActionId;
use crate::undo::batch::Selection;
use crate::undo::state::UndoStatus;
use serde::{Deserialize, Serialize};

/// What made somebody, or Leeway, suspect an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// Too many calls failed.
    ErrorRate,
    /// People rejected too many proposals.
    RejectRate,
    /// Amounts added up to too much.
    Amount,
    /// Too many calls without an answer.
    OutcomeUnknown,
    /// What was read back is not what was written.
    Mismatch,
    /// A person saw something.
    Person,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 6] = [
        Self::ErrorRate,
        Self::RejectRate,
        Self::Amount,
        Self::OutcomeUnknown,
        Self::Mismatch,
        Self::Person,
    ];

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ErrorRate => "error-rate",
            Self::RejectRate => "reject-rate",
            Self::Amount => "amount",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Mismatch => "mismatch",
            Self::Person => "person",
        }
    }

    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::ErrorRate => "too many calls failed",
            Self::RejectRate => "too many proposals were rejected",
            Self::Amount => "the amounts add up to too much",
            Self::OutcomeUnknown => "too many calls had no answer",
            Self::Mismatch => "what was read back is not what was written",
            Self::Person => "a person saw something",
        }
    }
}

/// Another entry of the ledger, as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryAt {
    /// Its position in the ledger.
    pub seq: u64,
    /// Its time, UTC milliseconds.
    pub at_ms: i64,
}

/// How much is affected; everything is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Actions: the items that are settled in step 3.
    pub actions: u64,
    /// Records they touched.
    pub records: u64,
    /// Messages among them.
    pub messages: u64,
}

/// What became of the affected actions, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedies {
    /// Taken back, as a reading proves.
    pub undone: u64,
    /// Put right by hand, by a person's word.
    #[serde(default)]
    pub put_right: u64,
    /// Kept with a reason.
    pub kept: u64,
    /// Handed to a person.
    pub handed: u64,
    /// Had no effect, so that there is nothing to take back.
    #[serde(default)]
    pub nothing: u64,
    /// Not settled.
    #[serde(default)]
    pub open: u64,
}

impl Remedies {
    /// Adds one action that had an effect, by where its undo stands; `None` when nobody asked for one.
    pub fn count(&mut self, undo: Option<UndoStatus>) {
        let counter = match undo {
            Some(UndoStatus::Undone) => &mut self.undone,
            Some(UndoStatus::PutRight) => &mut self.put_right,
            Some(UndoStatus::Kept) => &mut self.kept,
            Some(UndoStatus::Remediation) => &mut self.handed,
            _ => &mut self.open,
        };
        *counter += 1;
    }

    /// How many are settled.
    pub fn settled(&self) -> u64 {
        self.undone + self.put_right + self.kept + self.handed + self.nothing
    }
}

/// For which side somebody signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Owns the risk.
    Business,
    /// Configures the system.
    Technical,
}

impl Side {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Business, Self::Technical];

    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Business => "business owner",
            Self::Technical => "technical owner",
        }
    }
}

/// One entry of an incident's stream. `by` is a person's e-mail, or `leeway` where that is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum IncidentEvent {
    /// Something may be wrong. First entry.
    #[serde(rename = "incident.suspected")]
    Suspected {
        /// The workflow.
        workflow: String,
        /// Who, or `leeway`.
        by: String,
        /// What was seen, for people.
        why: String,
        /// What made them suspect it.
        trigger: Trigger,
    },
    /// It was a false alarm.
    #[serde(rename = "incident.dismissed")]
    Dismissed {
        /// Who.
        by: String,
        /// Why, in their words.
        why: String,
    },
    /// It is a part of another incident.
    #[serde(rename = "incident.merged")]
    Merged {
        /// Who.
        by: String,
        /// The other incident's number.
        into: u64,
    },
    /// It is one. First entry, or after a suspicion.
    #[serde(rename = "incident.declared")]
    Declared {
        /// The workflow.
        workflow: String,
        /// Who declared it, and is in command from here on.
        commander: String,
        /// What went wrong, in their words.
        why: String,
        /// The case: an action that was wrong.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        example: Option<ActionId>,
    },
    /// Step 1: the workflow is paused.
    #[serde(rename = "incident.contained")]
    Contained {
        /// Who is in command.
        by: String,
        /// The pause's entry.
        pause: EntryAt,
    },
    /// Step 2: what it touched is known.
    #[serde(rename = "incident.scoped")]
    Scoped {
        /// Who is in command.
        by: String,
        /// Which actions.
        scope: Box<Selection>,
        /// How they were found, in their words.
        how: String,
        /// How much it is.
        affected: Affected,
    },
    /// Step 3: every affected action is settled.
    #[serde(rename = "incident.remediated")]
    Remediated {
        /// Who is in command.
        by: String,
        /// What became of them.
        remedies: Remedies,
    },
    /// An owner is told of it.
    #[serde(rename = "incident.owner-told")]
    OwnerTold {
        /// The owner's e-mail.
        to: String,
        /// The message's id, when one was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The owner was silent, so somebody else is told.
    #[serde(rename = "incident.escalated")]
    Escalated {
        /// Their e-mail.
        to: String,
        /// The message's id, when one was sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Step 4: somebody who was told says that they know.
    #[serde(rename = "incident.acknowledged")]
    Acknowledged {
        /// Who.
        by: String,
    },
    /// Step 5: where it came from.
    #[serde(rename = "incident.reviewed")]
    Reviewed {
        /// Who is in command.
        by: String,
        /// The finding, in their words.
        finding: String,
        /// What the source data say, in their words.
        source_data: String,
        /// What the versions of prompt, rules, model and tools say, in their words.
        versions: String,
    },
    /// Step 6: a guardrail catches the case.
    #[serde(rename = "incident.guarded")]
    Guarded {
        /// Who is in command.
        by: String,
        /// The change of the configuration that brought it; `None` when it was there already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<String>,
        /// The guardrail's id.
        rule: String,
        /// The action that was replayed: the incident's case, when it has one.
        case: ActionId,
        /// Whether the guardrail caught it.
        caught: bool,
        /// How many past actions it would have held.
        would_hold: u64,
        /// Of how many that were replayed.
        over: u64,
    },
    /// Step 7: a sample of recent outputs was reviewed. Any that is wrong leads back to step 2.
    #[serde(rename = "incident.sampled")]
    Sampled {
        /// Who is in command.
        by: String,
        /// What the sample was drawn with: the same seed draws the same actions.
        seed: String,
        /// The actions drawn.
        drawn: Vec<ActionId>,
        /// How many of them are wrong.
        wrong: u32,
    },
    /// An owner agrees that the workflow runs again.
    #[serde(rename = "incident.signed")]
    Signed {
        /// Who.
        by: String,
        /// For which side.
        #[serde(rename = "as")]
        side: Side,
        /// Hash of the evidence as it was shown.
        content_hash: String,
        /// True when one person signs for both sides because there is nobody else.
        #[serde(default)]
        solo: bool,
    },
    /// The workflow runs again.
    #[serde(rename = "incident.reenabled")]
    Reenabled {
        /// Who is in command.
        by: String,
        /// The entry by which it was resumed.
        resumed: EntryAt,
        /// Whether every action of it is reviewed: it must be.
        review_all: bool,
        /// End of the clean window, UTC milliseconds.
        clean_until_ms: i64,
    },
    /// It happened again.
    #[serde(rename = "incident.recurred")]
    Recurred {
        /// Who saw it, or `leeway`.
        by: String,
        /// The new case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<ActionId>,
        /// What was seen, for people.
        why: String,
        /// The entry by which the workflow was paused again.
        pause: EntryAt,
    },
    /// It did not happen again within the clean window.
    #[serde(rename = "incident.closed")]
    Closed {
        /// Who is in command, or `leeway`.
        by: String,
    },
    /// Somebody else takes command.
    #[serde(rename = "incident.handed-over")]
    HandedOver {
        /// Who is in command.
        from: String,
        /// Who takes over.
        to: String,
    },
    /// Command was taken over, because whoever had it cannot be reached.
    #[serde(rename = "incident.taken-over")]
    TakenOver {
        /// Who was in command.
        from: String,
        /// Who is now.
        by: String,
        /// Why it could not be handed over.
        why: String,
    },
    /// A note for the timeline.
    #[serde(rename = "incident.noted")]
    Noted {
        /// Who.
        by: String,
        /// The note.
        text: String,
    },
}

impl IncidentEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Suspected { .. } => "incident.suspected",
            Self::Dismissed { .. } => "incident.dismissed",
            Self::Merged { .. } => "incident.merged",
            Self::Declared { .. } => "incident.declared",
            Self::Contained { .. } => "incident.contained",
            Self::Scoped { .. } => "incident.scoped",
            Self::Remediated { .. } => "incident.remediated",
            Self::OwnerTold { .. } => "incident.owner-told",
            Self::Escalated { .. } => "incident.escalated",
            Self::Acknowledged { .. } => "incident.acknowledged",
            Self::Reviewed { .. } => "incident.reviewed",
            Self::Guarded { .. } => "incident.guarded",
            Self::Sampled { .. } => "incident.sampled",
            Self::Signed { .. } => "incident.signed",
            Self::Reenabled { .. } => "incident.reenabled",
            Self::Recurred { .. } => "incident.recurred",
            Self::Closed { .. } => "incident.closed",
            Self::HandedOver { .. } => "incident.handed-over",
            Self::TakenOver { .. } => "incident.taken-over",
            Self::Noted { .. } => "incident.noted",
        }
    }
}
