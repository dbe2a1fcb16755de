//! Reviews: an output that was drawn, and what people say of it. Stream `review/<id>`; the id is the
//! action's, but for a planted case, which is no action.

use super::verdict::{Severity, Verdict};
use crate::govern::owners::Responsibility;
use crate::id::ActionId;
use serde::{Deserialize, Serialize};

/// Why an output is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// It ran alone: everything until clean, then a part.
    Continuous,
    /// It is of a sample by the area's cadence.
    Sample,
    /// Its area is reviewed run by run.
    EveryRun,
    /// Something about it was out of the ordinary.
    Exception,
    /// It is among the first since a version changed.
    VersionChange,
    /// A case known to be wrong, to see whether reviews find it. It is no action and never runs.
    Planted,
}

impl Because {
    /// In plain words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Continuous => "it ran alone",
            Self::Sample => "drawn in a sample",
            Self::EveryRun => "every run of its area is reviewed",
            Self::Exception => "something about it was out of the ordinary",
            Self::VersionChange => "among the first since a version changed",
            Self::Planted => "a planted case",
        }
    }
}

/// One entry of a review's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum ReviewEvent {
    /// It was drawn.
    #[serde(rename = "review.drawn")]
    Drawn(Box<Drawn>),
    /// A person said what it is.
    #[serde(rename = "review.judged")]
    Judged(Given),
}

/// Payload of [`ReviewEvent::Drawn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// The action that is shown.
    pub shows: ActionId,
    /// Its workflow.
    pub workflow: String,
    /// `<system>__<tool>`.
    pub tool: String,
    /// Whose agent's it is.
    pub agent: String,
    /// Whose risk it is.
    pub responsibility: Responsibility,
    /// Why.
    pub because: Because,
    /// The lot it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot: Option<u64>,
    /// What it was drawn with, where it was drawn: with the same seed the same is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// Which part was drawn, 0 to 1.
    #[serde(deserialize_with = "crate::float::one")]
    pub share: f64,
    /// Until when it is to be reviewed, UTC milliseconds.
    pub due_ms: i64,
    /// How many people look at it, each without knowing what the other said.
    pub looks: u8,
}

/// What one person said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// Their e-mail.
    pub by: String,
    /// What they said.
    pub verdict: Verdict,
    /// How bad, when it is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The failure's pattern, when it is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// A note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How long they had it open, milliseconds, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<i64>,
    /// True when they decided on it before, because there is nobody else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub solo: bool,
}

impl ReviewEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Drawn(_) => "review.drawn",
            Self::Judged(_) => "review.judged",
        }
    }
}

/// A review now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReviewState {
    /// Its id.
    pub id: ActionId,
    /// When it was drawn, UTC milliseconds.
    pub drawn_ms: i64,
    /// What was drawn.
    pub drawn: Drawn,
    /// What people said, oldest first, and when, UTC milliseconds.
    pub given: Vec<(i64, Given)>,
}

/// Most people who are asked about one output that nobody is sure of.
const MOST_LOOKS: usize = 3;

impl ReviewState {
    /// The stream of a review.
    pub fn stream(id: &ActionId) -> String {
        format!("review/{id}")
    }

    /// Verdicts of those who were sure.
    fn sure(&self) -> impl Iterator<Item = &Given> {
        let given = self.given.iter().map(|(_, given)| given);
        given.filter(|given| given.verdict != Verdict::Unsure)
    }

    /// Whether somebody has to look at it still.
    pub fn is_open(&self) -> bool {
        self.sure().count() < usize::from(self.drawn.looks) && self.given.len() < MOST_LOOKS
    }

    /// What it is, once it is not open: right only when everybody who was sure says so, unsure when nobody
    /// was.
    pub fn outcome(&self) -> Option<Verdict> {
        if self.is_open() {
            return None;
        }
        let mut outcome = Verdict::Unsure;
        for given in self.sure() {
            if given.verdict == Verdict::Wrong {
                return Some(Verdict::Wrong);
            }
            outcome = Verdict::Right;
        }
        Some(outcome)
    }

    /// The worst of what was said.
    pub fn worst(&self) -> Option<&Given> {
        self.sure()
            .filter(|given| given.verdict == Verdict::Wrong)
            .max_by_key(|given| given.severity)
    }

    /// Whether somebody said already what it is; who was unsure may look again.
    pub fn has_given(&self, email: &str) -> bool {
        self.sure().any(|given| given.by == email)
    }

    /// Whether it is a planted case.
    pub fn is_planted(&self) -> bool {
        self.drawn.because == Because::Planted
    }

    /// The state after an entry.
    pub fn apply(
        previous: Option<Self>,
        id: &ActionId,
        at_ms: i64,
        event: &ReviewEvent,
    ) -> Result<Self, String> {
        match (previous, event) {
            (None, ReviewEvent::Drawn(drawn)) => {
                let planted = drawn.because == Because::Planted;
                if planted == (drawn.shows == *id) {
                    return Err(
                        "a review shows its own action, a planted case another's".to_owned()
                    );
                }
                if drawn.looks == 0 {
                    return Err("somebody has to look".to_owned());
                }
                Ok(Self {
                    id: id.clone(),
                    drawn_ms: at_ms,
                    drawn: drawn.as_ref().clone(),
                    given: Vec::new(),
                })
            }
            (Some(mut state), ReviewEvent::Judged(given)) => {
                if !state.is_open() {
                    return Err("it is reviewed already".to_owned());
                }
                if state.has_given(&given.by) {
                    return Err("the same person reviewed it already".to_owned());
                }
                if (given.verdict == Verdict::Wrong) != given.severity.is_some() {
                    return Err("what is wrong has a severity, and nothing else has".to_owned());
                }
                state.given.push((at_ms, given.clone()));
                Ok(state)
            }
            (None, _) => Err("it was not drawn".to_owned()),
            (Some(_), _) => Err("it was drawn already".to_owned()),
        }
    }
}
