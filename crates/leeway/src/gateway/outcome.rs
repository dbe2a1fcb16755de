//! What became of a call: judged from the system's answer, and recorded come what may.

use super::append::{append_onto, queue_onto};
use super::run::at;
use crate::app::App;
use crate::error::ApiError;
use crate::registry::LiveTool;
use crate::system::CallError;
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Finished, Outcome};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::Effect;
use leeway_core::classify::look::Answered;
use leeway_core::ledger::entry::commitment;
use leeway_store::{AppendError, SideWrite};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Answers longer than this are recorded as their beginning, length and hash.
const LONGEST_RECORDED_ANSWER: usize = 64 * 1024;
/// How long recording an outcome is tried before the caller is told that it is not recorded yet.
pub const OUTCOME_TRIES: u32 = 20;
/// Pause between two tries to record an outcome.
pub const OUTCOME_PAUSE: Duration = Duration::from_secs(1);

/// JSON-RPC errors that say that nothing ran: no request, an unknown method or tool, arguments that do
/// not fit, no JSON. Every other code may come after something was done.
const BEFORE_ANYTHING_RAN: [i32; 4] = [-32600, -32601, -32602, -32700];
/// Beginnings of error results by which the libraries of MCP servers say the same.
const BEFORE_THE_TOOL: [&str; 4] = [
    "MCP error -32601",
    "MCP error -32602",
    "Input validation error",
    "Unknown tool",
];
/// By which they say that the tool ran and its answer does not fit, under the same code.
const AFTER_THE_TOOL: &str = "Output validation error";

/// What an answer, or the lack of one, says by itself about what became of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The outcome; unknown is read back next.
    pub outcome: Outcome,
    /// One sentence about it.
    pub note: String,
    /// Whether the system is through with the call: what it has not done by now, it will not do.
    pub ended: bool,
    /// Whether its words say that nothing ran. They are believed where no reading tells.
    pub refused: bool,
}

impl Said {
    fn known(outcome: Outcome, note: impl Into<String>) -> Self {
        Self {
            outcome,
            note: note.into(),
            ended: true,
            refused: false,
        }
    }

    fn open(why: &str, ended: bool) -> Self {
        Self {
            outcome: Outcome::OutcomeUnknown,
            note: format!("It may or may not have happened: {why}. It is not tried again."),
            ended,
            refused: false,
        }
    }
}

/// What an answer, or the lack of one, says by itself. `by_status`: the system is an HTTP API, whose
/// refusal is a status that says that nothing was done.
pub fn judge_answer(answer: &Result<Value, CallError>, effect: Effect, by_status: bool) -> Said {
    let failed = |note: String| Said::known(Outcome::Failed, note);
    match answer {
        Ok(result) if result["isError"] == json!(true) && by_status => {
            failed("The system answered with an error that says that nothing was done.".to_owned())
        }
        Ok(result) if result["isError"] == json!(true) && effect == Effect::Read => {
            failed("The system answered with an error.".to_owned())
        }
        Ok(result) if result["isError"] == json!(true) => {
            let words = result["content"][0]["text"].as_str().unwrap_or_default();
            Said {
                refused: BEFORE_THE_TOOL.iter().any(|begin| words.starts_with(begin))
                    && !words.contains(AFTER_THE_TOOL),
                ..Said::open("the system answered with an error", true)
            }
        }
        Ok(result) if result["resultType"] == json!("input_required") && effect == Effect::Read => {
            failed(
                "The system asked for more before doing anything; its questions are in the result."
                    .to_owned(),
            )
        }
        Ok(result) if result["resultType"] == json!("input_required") => Said {
            refused: true,
            ..Said::open("the system asked for more", true)
        },
        Ok(_) => Said::known(Outcome::Executed, "The system answered that it is done."),
        Err(
            error @ (CallError::NotSent(_)
            | CallError::Refused(_)
            | CallError::NotSignedIn(_)
            | CallError::Conflict(_)),
        ) => failed(format!("Nothing was done: {error}.")),
        Err(error @ CallError::Protocol { code, message, .. })
            if BEFORE_ANYTHING_RAN.contains(code) && !message.contains(AFTER_THE_TOOL) =>
        {
            failed(format!("Nothing was done: {error}."))
        }
        Err(error) if effect == Effect::Read => failed(format!("Nothing was read: {error}.")),
        Err(error @ CallError::Protocol { .. }) => Said::open(&error.to_string(), true),
        Err(
            error @ (CallError::NoAnswer(_) | CallError::Cancelled(_) | CallError::SessionLost(_)),
        ) => Said::open(&error.to_string(), false),
    }
}

/// What the system answered: its result, or its protocol error.
pub fn answered(answer: &Result<Value, CallError>) -> Option<Value> {
    match answer {
        Ok(result) => Some(result.clone()),
        Err(CallError::Protocol {
            code,
            message,
            data,
        }) => Some(json!({ "error": { "code": code, "message": message, "data": data } })),
        Err(CallError::Cancelled(_)) => Some(json!({ "cancelled": true })),
        Err(_) => None,
    }
}

/// What the pack makes of an answer to an act, unless it says that it was done.
pub fn pack_says(
    tool: &LiveTool,
    arguments: &Value,
    answer: &Result<Value, CallError>,
    effect: Effect,
) -> Option<Said> {
    let (Ok(result), Some(pack)) = (answer, &tool.pack) else {
        return None;
    };
    if effect == Effect::Read {
        return None;
    }
    match pack.compiled.answered(arguments, result) {
        Answered::Done => None,
        Answered::Refused => Some(Said::known(
            Outcome::Failed,
            "The system answered that it was not done.",
        )),
        Answered::Unclear(why) => Some(Said::open(&why, true)),
    }
}

/// An answer as it is recorded: without its secrets already, and cut when it is long.
pub fn recorded_answer(redacted: &Value) -> Value {
    let text = redacted.to_string();
    if text.len() <= LONGEST_RECORDED_ANSWER {
        return redacted.clone();
    }
    let beginning: String = text.chars().take(4_000).collect();
    json!({
        "shortened": true,
        "bytes": text.len(),
        "sha256": commitment(&[0; 16], text.as_bytes()),
        "beginning": beginning,
    })
}

/// Records an outcome. While the ledger cannot be written it is tried on and on, for the call was
/// made; the caller is told after a while that it is not recorded yet.
pub async fn record_outcome(
    app: &Arc<App>,
    action: &ActionState,
    finished: Finished,
) -> Result<ActionState, ApiError> {
    for _ in 0..OUTCOME_TRIES {
        match try_outcome(app, action, &finished).await {
            Err(AppendError::Unwritable(why)) => {
                tracing::error!(id = %action.row.id, %why, "an outcome cannot be recorded yet");
                tokio::time::sleep(OUTCOME_PAUSE).await;
            }
            other => return Ok(other?),
        }
    }
    let (app, action_later) = (app.clone(), action.clone());
    tokio::spawn(async move {
        while let Err(AppendError::Unwritable(_)) =
            try_outcome(&app, &action_later, &finished).await
        {
            tokio::time::sleep(OUTCOME_PAUSE).await;
        }
    });
    Err(ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "outcome-unrecorded",
        "the call was made, but the ledger cannot be written, so its outcome is not recorded yet",
    )
    .help("do not repeat the call; ask what became of the action later")
    .details(json!({ "id": action.row.id, "status": Status::Executing })))
}

/// Records the outcome of a read behind the agent's back: its start is durable, it changed nothing,
/// and a restart in between only leaves open what the answer was. Whoever looks at actions waits
/// for it ([`caught_up`]).
pub fn queue_outcome(
    app: &Arc<App>,
    action: &ActionState,
    finished: Finished,
) -> Result<ActionState, ApiError> {
    let event = ActionEvent::Finished(finished.clone());
    let id = action.row.id.clone();
    let forget = vec![SideWrite::DeleteSealed { action: id }];
    let (ended, queued) = queue_onto(app, action, event, (vec![at(action)], forget))?;
    app.outcomes_queued.fetch_add(1, Ordering::SeqCst);
    let (app, action) = (app.clone(), action.clone());
    tokio::spawn(async move {
        let recorded = queued.durable().await;
        app.outcomes_queued.fetch_sub(1, Ordering::SeqCst);
        if let Err(AppendError::Unwritable(_)) = recorded
            && let Err(error) = record_outcome(&app, &action, finished).await
        {
            tracing::error!(id = %action.row.id, %error, "the outcome of a read is not recorded");
        }
    });
    Ok(ended)
}

/// Returns when every outcome queued before is recorded.
pub async fn caught_up(app: &App) {
    if app.outcomes_queued.load(Ordering::SeqCst) > 0 {
        app.store.caught_up().await;
    }
}

async fn try_outcome(
    app: &App,
    action: &ActionState,
    finished: &Finished,
) -> Result<ActionState, AppendError> {
    let id = &action.row.id;
    let events = vec![("leeway".to_owned(), ActionEvent::Finished(finished.clone()))];
    let forget = vec![SideWrite::DeleteSealed { action: id.clone() }];
    append_onto(app, id, Some(action), (events, vec![at(action)], forget)).await
}

#[cfg(test)]
mod tests {
    use super::{Said, judge_answer};
    use crate::system::CallError;
    use leeway_core::action::event::Outcome;
    use leeway_core::classify::Effect;
    use serde_json::{Value, json};

    fn error(code: i32) -> Result<Value, CallError> {
        Err(CallError::Protocol {
            code,
            message: "no".to_owned(),
            data: None,
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "an answer is one or an error")]
    fn says(text: &str) -> Result<Value, CallError> {
        Ok(json!({ "isError": true, "content": [{ "type": "text", "text": text }] }))
    }

    #[test]
    fn only_what_says_that_nothing_ran_is_a_failure() {
        let cut = |why: &str| Err(CallError::NoAnswer(why.to_owned()));
        let writing = |answer| judge_answer(&answer, Effect::Update, false);
        for (answer, outcome, ended) in [
            (Ok(json!({ "content": [] })), Outcome::Executed, true),
            (error(-32600), Outcome::Failed, true),
            (error(-32601), Outcome::Failed, true),
            (error(-32602), Outcome::Failed, true),
            (error(-32700), Outcome::Failed, true),
            (error(-32603), Outcome::OutcomeUnknown, true),
            (error(-32000), Outcome::OutcomeUnknown, true),
            (error(-32042), Outcome::OutcomeUnknown, true),
            (error(0), Outcome::OutcomeUnknown, true),
            (says("no such field"), Outcome::OutcomeUnknown, true),
            (cut("HTTP 503"), Outcome::OutcomeUnknown, false),
            (
                Err(CallError::SessionLost("HTTP 404".to_owned())),
                Outcome::OutcomeUnknown,
                false,
            ),
            (
                Err(CallError::Cancelled("by the agent".to_owned())),
                Outcome::OutcomeUnknown,
                false,
            ),
            (
                Err(CallError::NotSent("it is down".to_owned())),
                Outcome::Failed,
                true,
            ),
        ] {
            let said = writing(answer.clone());
            assert_eq!((said.outcome, said.ended), (outcome, ended), "{answer:?}");
        }
    }

    #[test]
    fn an_answer_that_does_not_fit_comes_after_the_tool_ran() {
        let answer = Err(CallError::Protocol {
            code: -32602,
            message: "Output validation error: Invalid structured content".to_owned(),
            data: None,
        });
        let said = judge_answer(&answer, Effect::Update, false);
        assert_eq!(said.outcome, Outcome::OutcomeUnknown);
    }

    #[test]
    fn a_read_did_nothing_and_an_http_api_refuses_by_status() {
        for answer in [says("no"), error(-32603), error(-32602)] {
            let said = judge_answer(&answer, Effect::Read, false);
            assert_eq!(said.outcome, Outcome::Failed, "{answer:?}");
        }
        let said = judge_answer(&says("HTTP 422"), Effect::Update, true);
        assert_eq!(said.outcome, Outcome::Failed);
    }

    #[test]
    fn the_words_of_a_library_are_kept_for_where_no_reading_tells() {
        let refused = |text: &str| {
            let Said {
                outcome, refused, ..
            } = judge_answer(&says(text), Effect::Update, false);
            assert_eq!(outcome, Outcome::OutcomeUnknown);
            refused
        };
        assert!(refused("MCP error -32602: Invalid arguments for tool x"));
        assert!(refused("Unknown tool: x"));
        assert!(!refused("Error: saved, but MCP error -32602"));
        assert!(!refused(
            "MCP error -32602: Output validation error: no number"
        ));
    }
}
