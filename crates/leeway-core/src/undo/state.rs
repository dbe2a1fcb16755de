//! The life of an undo, per action that is taken back: stream `undo/<action>`.
//!
//! Several asks may follow one another while none led back; only one is under way at a time.

use super::{Undoes, open_points};
use crate::action::event::{ActionEvent, Finished, Outcome};
use crate::classify::RecordRef;
use crate::id::ActionId;
use serde::{Deserialize, Serialize};

/// Where the undo of an action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoStatus {
    /// Asked for and shown; it has not started.
    Planned,
    /// The call that takes it back is being made.
    Undoing,
    /// It is taken back, as a reading proves.
    Undone,
    /// The system answered that it took it back, and no reading proves it: a person looks.
    NotConfirmed,
    /// A person attests to have put it right by hand.
    PutRight,
    /// Something is left to a person, changed since or not to be read: they decide.
    Conflicted,
    /// The system did not do it.
    UndoFailed,
    /// Nobody knows whether it was taken back.
    UndoUnknown,
    /// The undo was refused, or nobody answered.
    Cancelled,
    /// A person decided that it stays as it is.
    Kept,
    /// It cannot be taken back from here: a person has to see to it.
    Remediation,
}

impl UndoStatus {
    /// Every status.
    pub const ALL: [Self; 11] = [
        Self::Planned,
        Self::Undoing,
        Self::Undone,
        Self::NotConfirmed,
        Self::PutRight,
        Self::Conflicted,
        Self::UndoFailed,
        Self::UndoUnknown,
        Self::Cancelled,
        Self::Kept,
        Self::Remediation,
    ];

    /// The name as in API and command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::NotConfirmed => "not_confirmed",
            Self::PutRight => "put_right",
            Self::Conflicted => "conflicted",
            Self::UndoFailed => "undo_failed",
            Self::UndoUnknown => "undo_unknown",
            Self::Cancelled => "cancelled",
            Self::Kept => "kept",
            Self::Remediation => "remediation",
        }
    }

    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Planned => "Undo waits",
            Self::Undoing => "Being undone",
            Self::Undone => "Undone",
            Self::NotConfirmed => "Undo not confirmed: look",
            Self::PutRight => "Put right by hand",
            Self::Conflicted => "Left to decide",
            Self::UndoFailed => "Undo failed",
            Self::UndoUnknown => "Undo: outcome unknown",
            Self::Cancelled => "Undo cancelled",
            Self::Kept => "Kept as it is",
            Self::Remediation => "A person sees to it",
        }
    }

    /// Whether nothing more is to be done about it.
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Undone | Self::PutRight | Self::Kept)
    }

    /// Whether it stands still until a person sees to it.
    pub fn waits_for_a_person(self) -> bool {
        matches!(
            self,
            Self::NotConfirmed | Self::Conflicted | Self::UndoFailed | Self::Remediation
        )
    }

    /// Whether an undo is under way.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Planned | Self::Undoing)
    }
}

/// How an undo's call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoEnd {
    /// It is taken back, as read back.
    Undone,
    /// The system answered that it is; no reading proves it.
    NotConfirmed,
    /// Something is left to a person.
    Conflicted,
    /// The system did not do it.
    Failed,
    /// No answer, or what was read back says neither.
    Unknown,
    /// Refused, withdrawn or expired before it started.
    Cancelled,
}

/// How a person, or a reading, settled it without a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// The record was found as it was before.
    AlreadyBack,
    /// A person attests to have put it right by hand.
    PutRight,
    /// A person decided that it stays as it is.
    Kept,
}

/// One entry of an undo's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum UndoEvent {
    /// A person asked for it; `undo` is the action that will take it back.
    #[serde(rename = "undo.asked")]
    Asked {
        /// The undo's own action.
        undo: ActionId,
        /// E-mail of the person.
        by: String,
    },
    /// The call that takes it back is about to be made.
    #[serde(rename = "undo.started")]
    Started {
        /// The undo's own action.
        undo: ActionId,
    },
    /// The undo's action ended.
    #[serde(rename = "undo.ended")]
    Ended {
        /// The undo's own action.
        undo: ActionId,
        /// How.
        end: UndoEnd,
        /// One sentence for people.
        note: String,
        /// The record that was made anew, under its new id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<RecordRef>,
        /// Labels of fields that were left to a person; what else there was is back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<String>,
        /// Why each was left, in a sentence.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        points: String,
    },
    /// Something changed since, found before anything was asked of the system: a person decides.
    #[serde(rename = "undo.conflicted")]
    Conflicted {
        /// E-mail of the person who asked.
        by: String,
        /// What changed, for people.
        why: String,
        /// Labels of the fields that changed since.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<String>,
    },
    /// There is no way back from here.
    #[serde(rename = "undo.impossible")]
    Impossible {
        /// E-mail of the person who asked.
        by: String,
        /// Why, for people.
        why: String,
    },
    /// Settled without a call.
    #[serde(rename = "undo.settled")]
    Settled {
        /// E-mail of the person.
        by: String,
        /// How.
        settled: Settled,
        /// Reason or evidence, in the person's words.
        why: String,
    },
}

impl UndoEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "undo.asked",
            Self::Started { .. } => "undo.started",
            Self::Ended { .. } => "undo.ended",
            Self::Conflicted { .. } => "undo.conflicted",
            Self::Impossible { .. } => "undo.impossible",
            Self::Settled { .. } => "undo.settled",
        }
    }
}

/// What is known of the undo of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoState {
    /// The action that is, or is to be, taken back.
    pub action: ActionId,
    /// Where it stands.
    pub status: UndoStatus,
    /// The action that takes it back, the latest one asked for.
    pub undo: Option<ActionId>,
    /// Who asked or settled last, by e-mail.
    pub by: String,
    /// Why it stands there, for people.
    pub note: String,
    /// When last changed, UTC milliseconds.
    pub since_ms: i64,
    /// How often it was asked for.
    pub asked: u32,
    /// What was deleted and is there again under another id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<RecordRef>,
    /// Labels of fields that were left to a person, as found last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// Why each was left, in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub points: String,
    /// Whether the other fields are back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest_back: bool,
}

/// An event that the undo's status does not admit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` is not possible here: the undo is `{}`", from.map_or("not asked for", UndoStatus::name))]
pub struct InvalidUndo {
    /// Where the undo stands; `None` before its first entry.
    pub from: Option<UndoStatus>,
    /// The event's kind.
    pub event: &'static str,
}

/// The status after an event.
pub fn next(from: Option<UndoStatus>, event: &UndoEvent) -> Result<UndoStatus, InvalidUndo> {
    use UndoStatus as S;
    let open = matches!(
        from,
        None | Some(
            S::Conflicted | S::NotConfirmed | S::UndoFailed | S::UndoUnknown | S::Cancelled
        )
    );
    let to = match event {
        UndoEvent::Asked { .. } => open.then_some(S::Planned),
        UndoEvent::Started { .. } => (from == Some(S::Planned)).then_some(S::Undoing),
        UndoEvent::Ended { end, .. } => match (from, end) {
            (Some(S::Planned), UndoEnd::Cancelled) => Some(S::Cancelled),
            (Some(S::Planned | S::Undoing | S::UndoUnknown), UndoEnd::Conflicted) => {
                Some(S::Conflicted)
            }
            (Some(S::Undoing | S::UndoUnknown), UndoEnd::Undone) => Some(S::Undone),
            (Some(S::Undoing | S::UndoUnknown), UndoEnd::NotConfirmed) => Some(S::NotConfirmed),
            (Some(S::Undoing | S::UndoUnknown), UndoEnd::Failed) => Some(S::UndoFailed),
            (Some(S::Undoing), UndoEnd::Unknown) => Some(S::UndoUnknown),
            _ => None,
        },
        UndoEvent::Conflicted { .. } => open.then_some(S::Conflicted),
        UndoEvent::Impossible { .. } => open.then_some(S::Remediation),
        UndoEvent::Settled { settled, .. } => match settled {
            Settled::AlreadyBack => open.then_some(S::Undone),
            Settled::PutRight => {
                (open && from.is_some() || from == Some(S::Remediation)).then_some(S::PutRight)
            }
            Settled::Kept => (open || from == Some(S::Remediation)).then_some(S::Kept),
        },
    };
    to.ok_or(InvalidUndo {
        from,
        event: event.kind(),
    })
}

impl UndoState {
    /// What was left to a person and why, and what became of the rest; `None` when nothing was.
    pub fn left_open(&self) -> Option<String> {
        if self.left.is_empty() {
            return None;
        }
        // Entries of before say only which.
        let points = if self.points.is_empty() {
            format!("Changed since: {}.", self.left.join(", "))
        } else {
            self.points.clone()
        };
        let rest = if self.rest_back {
            " The rest is back."
        } else {
            ""
        };
        Some(format!("{points}{rest}"))
    }

    /// The stream of an action's undo.
    pub fn stream(action: &ActionId) -> String {
        format!("undo/{action}")
    }

    /// The state after an entry.
    pub fn apply(
        previous: Option<Self>,
        action: &ActionId,
        at_ms: i64,
        event: &UndoEvent,
    ) -> Result<Self, InvalidUndo> {
        let invalid = |from| InvalidUndo {
            from,
            event: event.kind(),
        };
        let status = next(previous.as_ref().map(|state| state.status), event)?;
        let mut state = previous.unwrap_or_else(|| Self {
            action: action.clone(),
            status,
            undo: None,
            by: String::new(),
            note: String::new(),
            since_ms: at_ms,
            asked: 0,
            made: None,
            left: Vec::new(),
            points: String::new(),
            rest_back: false,
        });
        let from = Some(state.status);
        match event {
            UndoEvent::Asked { undo, by } => {
                state.undo = Some(undo.clone());
                state.by.clone_from(by);
                state.note.clear();
                state.asked += 1;
            }
            // What another ask's action does says nothing of this one.
            UndoEvent::Started { undo } | UndoEvent::Ended { undo, .. }
                if state.undo.as_ref() != Some(undo) =>
            {
                return Err(invalid(from));
            }
            UndoEvent::Started { .. } => {}
            UndoEvent::Ended {
                end,
                note,
                made,
                left,
                points,
                ..
            } => {
                state.note.clone_from(note);
                state.made.clone_from(made);
                if *end == UndoEnd::Undone || !left.is_empty() {
                    state.left.clone_from(left);
                    state.points.clone_from(points);
                    state.rest_back = !left.is_empty();
                }
            }
            UndoEvent::Conflicted { by, why, left } => {
                state.by.clone_from(by);
                state.note.clone_from(why);
                state.left.clone_from(left);
                state.points.clone_from(why);
            }
            UndoEvent::Impossible { by, why } | UndoEvent::Settled { by, why, .. } => {
                if let UndoEvent::Settled {
                    settled: Settled::AlreadyBack | Settled::PutRight,
                    ..
                } = event
                {
                    state.left.clear();
                    state.points.clear();
                    state.rest_back = false;
                }
                state.by.clone_from(by);
                state.note.clone_from(why);
            }
        }
        state.status = status;
        state.since_ms = at_ms;
        Ok(state)
    }
}

/// What an entry of an undo's own action says about the action it takes back.
pub fn echo(undo: &ActionId, event: &ActionEvent, undoes: &Undoes) -> Option<UndoEvent> {
    let ended = |end, note: String| UndoEvent::Ended {
        undo: undo.clone(),
        end,
        note,
        made: None,
        left: Vec::new(),
        points: String::new(),
    };
    let done = |note: &str, made: Option<&RecordRef>| {
        if undoes.left.is_empty() {
            let mut event = ended(UndoEnd::Undone, note.to_owned());
            if let UndoEvent::Ended { made: place, .. } = &mut event {
                *place = made.cloned();
            }
            return event;
        }
        let points = open_points(&undoes.fields, &undoes.left);
        UndoEvent::Ended {
            undo: undo.clone(),
            end: UndoEnd::Conflicted,
            note: format!("What could be set back is back. {points}"),
            made: None,
            left: undoes.left.clone(),
            points,
        }
    };
    Some(match event {
        ActionEvent::Started { .. } => UndoEvent::Started { undo: undo.clone() },
        ActionEvent::Finished(finished) => of_finished(finished, done, ended),
        ActionEvent::Resolved(resolved) => match resolved.outcome {
            Outcome::Executed => done(&resolved.evidence, None),
            _ => ended(UndoEnd::Failed, resolved.evidence.clone()),
        },
        ActionEvent::Rejected { why, .. } => ended(UndoEnd::Cancelled, format!("Rejected: {why}")),
        ActionEvent::Expired {} => ended(UndoEnd::Cancelled, "Nobody answered in time.".to_owned()),
        // Nobody but Leeway withdraws an undo: the record, or what it was judged under, changed.
        ActionEvent::Withdrawn { reason, .. } => ended(
            UndoEnd::Conflicted,
            reason
                .clone()
                .unwrap_or_else(|| "It was withdrawn.".to_owned()),
        ),
        _ => return None,
    })
}

fn of_finished(
    finished: &Finished,
    done: impl Fn(&str, Option<&RecordRef>) -> UndoEvent,
    ended: impl Fn(UndoEnd, String) -> UndoEvent,
) -> UndoEvent {
    let note = finished.note.clone();
    match finished.outcome {
        Outcome::Executed if finished.unconfirmed => ended(UndoEnd::NotConfirmed, note),
        Outcome::Executed => done(&note, finished.made.as_ref()),
        Outcome::Failed | Outcome::Partial => ended(UndoEnd::Failed, note),
        Outcome::OutcomeUnknown => ended(UndoEnd::Unknown, note),
    }
}
