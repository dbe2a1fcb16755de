//! The state machine of actions as the verifier sees it: from the kinds and verdicts in envelopes
//! alone. Deliberately not made from [`crate::action::lifecycle`], which the writer goes by: one
//! wrong there would otherwise be wrong in both.

/// How far an action has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It has no entry yet.
    #[default]
    New,
    /// It waits for a person.
    Held,
    /// A person asked the agent something.
    Returned,
    /// The rules let it run.
    Authorised,
    /// A person let it run.
    Approved,
    /// Its record changed.
    Drifted,
    /// Its call is being made.
    Running,
    /// Its call is over; an unknown outcome may still become known.
    Finished,
    /// Nothing can follow.
    Over,
}

impl Stage {
    /// The stage after an entry; `None` when the entry cannot follow.
    pub fn after(self, kind: &str, decision: Option<&str>) -> Option<Self> {
        use Stage as S;
        if decision.is_some() != (kind == "action.judged") {
            return None;
        }
        match (kind, self) {
            (
                "action.judged",
                S::New | S::Held | S::Returned | S::Authorised | S::Approved | S::Drifted,
            ) => match decision {
                Some("allow") => Some(S::Authorised),
                Some("hold") => Some(S::Held),
                Some("block") => Some(S::Over),
                _ => None,
            },
            ("action.endorsed", S::Held) => Some(S::Held),
            ("action.returned", S::Held) => Some(S::Returned),
            ("action.joined" | "action.reminded" | "action.escalated", S::Held | S::Returned) => {
                Some(self)
            }
            ("action.approved", S::Held) => Some(S::Approved),
            ("action.drifted", S::Held | S::Authorised | S::Approved | S::Running) => {
                Some(S::Drifted)
            }
            ("action.started", S::Authorised | S::Approved) => Some(S::Running),
            ("action.refused", S::New)
            | ("action.rejected", S::Held)
            | ("action.expired", S::Held | S::Returned | S::Approved)
            | (
                "action.withdrawn",
                S::Held | S::Returned | S::Authorised | S::Approved | S::Drifted,
            ) => Some(S::Over),
            // A call that joins one that ran: the same call again, which that one stands for.
            ("action.finished", S::Running)
            | ("action.joined" | "action.resolved" | "action.attestation-needed", S::Finished) => {
                Some(S::Finished)
            }
            _ => None,
        }
    }

    /// In plain words, after "an action that".
    pub fn words(self) -> &'static str {
        match self {
            Self::New => "has no entry yet",
            Self::Held => "waits for a person",
            Self::Returned => "waits for the agent's answer",
            Self::Authorised => "may run",
            Self::Approved => "is approved",
            Self::Drifted => "has to be shown again",
            Self::Running => "is running",
            Self::Finished => "has run",
            Self::Over => "is over",
        }
    }
}
