//! The report of the week by mail: when it is due, to whom, what became of each. Stream `report/weekly`.

use serde::{Deserialize, Serialize};

/// The stream.
pub const WEEKLY_STREAM: &str = "report/weekly";
/// Milliseconds of a week; weeks begin on Mondays at midnight, UTC.
const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;
/// The first Monday of 1970, UTC milliseconds.
const MONDAY_MS: i64 = 4 * 24 * 3600 * 1000;
/// How long after a week's beginning its report is due, milliseconds: Monday at six, UTC.
const AT_MS: i64 = 6 * 3600 * 1000;

/// One entry of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum ReportEvent {
    /// A week's report is due.
    #[serde(rename = "report.due")]
    Due {
        /// When the week began in which it is sent, UTC milliseconds.
        week_ms: i64,
        /// To whom, by e-mail.
        to: Vec<String>,
        /// The message's id, the same through every attempt.
        message: String,
    },
    /// The mail server took it.
    #[serde(rename = "report.sent")]
    Sent {
        /// To whom.
        to: String,
        /// What the server answered.
        receipt: String,
    },
    /// It was given up for somebody.
    #[serde(rename = "report.failed")]
    Failed {
        /// For whom.
        to: String,
        /// Why.
        why: String,
    },
}

impl ReportEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Due { .. } => "report.due",
            Self::Sent { .. } => "report.sent",
            Self::Failed { .. } => "report.failed",
        }
    }
}

/// Where the weekly reports stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyState {
    /// The week of the latest, UTC milliseconds.
    pub week_ms: i64,
    /// Since when it is due, UTC milliseconds.
    pub since_ms: i64,
    /// Its message's id.
    pub message: String,
    /// Who waits for it still.
    pub waiting: Vec<String>,
}

/// The week whose report is due at a time, UTC milliseconds: the latest Monday at six that is over.
pub fn due(now_ms: i64) -> i64 {
    let since = now_ms - MONDAY_MS - AT_MS;
    MONDAY_MS + since - since.rem_euclid(WEEK_MS)
}

/// When a week's report is due, UTC milliseconds.
pub fn due_ms(week_ms: i64) -> i64 {
    week_ms + AT_MS
}

impl WeeklyState {
    /// The state after an entry.
    pub fn apply(previous: Option<Self>, at_ms: i64, event: &ReportEvent) -> Result<Self, String> {
        let mut state = previous.unwrap_or_default();
        match event {
            ReportEvent::Due {
                week_ms,
                to,
                message,
            } => {
                if *week_ms <= state.week_ms {
                    return Err("that week's report was due already".to_owned());
                }
                state = Self {
                    week_ms: *week_ms,
                    since_ms: at_ms,
                    message: message.clone(),
                    waiting: to.clone(),
                };
            }
            ReportEvent::Sent { to, .. } | ReportEvent::Failed { to, .. } => {
                let before = state.waiting.len();
                state.waiting.retain(|one| one != to);
                if state.waiting.len() == before {
                    return Err(format!("`{to}` waits for no report"));
                }
            }
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_due_on_monday_at_six() {
        // 2026-11-30 is a Monday.
        let monday = 1_795_996_800_000;
        assert_eq!(due(monday + AT_MS), monday);
        assert_eq!(due(monday + AT_MS - 1), monday - WEEK_MS);
        assert_eq!(due(monday + WEEK_MS), monday);
        assert_eq!(due_ms(monday), monday + AT_MS);
    }

    #[test]
    fn each_reader_gets_it_once() {
        let due = ReportEvent::Due {
            week_ms: 10,
            to: vec!["a@x".into()],
            message: "m".into(),
        };
        let sent = ReportEvent::Sent {
            to: "a@x".into(),
            receipt: "ok".into(),
        };
        let state = WeeklyState::apply(None, 11, &due).unwrap();
        assert!(WeeklyState::apply(Some(state.clone()), 12, &due).is_err());
        let state = WeeklyState::apply(Some(state), 12, &sent).unwrap();
        assert!(state.waiting.is_empty());
        assert!(WeeklyState::apply(Some(state), 13, &sent).is_err());
    }
}
