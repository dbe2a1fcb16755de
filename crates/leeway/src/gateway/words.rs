//! Every sentence an agent is told about an action. Plain functions, one place: an agent must not
//! be able to mistake waiting for success, or silence for a denial.

use crate::clock::rfc3339;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::action::visible::visible;
use leeway_core::undo::state::UndoStatus;

/// Code of the answer about an action that is not the asker's, or not there.
pub const NO_SUCH_ACTION: &str = "not-found";

/// An error of one of our own tools: which actions there are is known to those who proposed them only.
pub fn of_own_tool(error: ApiError) -> ApiError {
    if error.status != StatusCode::NOT_FOUND {
        return error;
    }
    ApiError::new(
        StatusCode::NOT_FOUND,
        NO_SUCH_ACTION,
        "there is no such action of yours",
    )
    .help("use the action_id of an answer you were given")
}

/// Name of the tool by which an agent asks what became of an action.
pub const CHECK_TOOL: &str = "leeway_check_action";
/// Name of the tool by which an agent answers a reviewer's question.
pub const ANSWER_TOOL: &str = "leeway_answer_question";
/// Name of the tool by which an agent takes an action back.
pub const WITHDRAW_TOOL: &str = "leeway_withdraw_action";

#[cfg(test)]
mod tests;

/// The status as agents see it: fewer words than inside.
pub fn agent_status(status: Status) -> &'static str {
    match status {
        Status::Held | Status::Returned | Status::Drifted => "pending_approval",
        Status::Authorised | Status::Approved | Status::Executing => "in_progress",
        Status::Executed => "executed",
        Status::Rejected => "rejected",
        Status::Expired => "expired",
        Status::Withdrawn => "withdrawn",
        Status::Blocked | Status::Refused => "blocked",
        Status::Failed | Status::Partial => "failed",
        Status::OutcomeUnknown | Status::NeedsAttestation => "outcome_unknown",
    }
}

/// One sentence or a few: what happened, what did not, what to do.
pub fn tell(action: &ActionState, owner: &str) -> String {
    let row = &action.row;
    let id = &row.id;
    match row.status {
        Status::Held | Status::Drifted => pending(action, owner),
        Status::Returned => question(action),
        Status::Authorised | Status::Approved => format!(
            "Action {id} may run but has not started yet, so nothing has been carried out so far. Call {CHECK_TOOL} to learn when it has."
        ),
        Status::Executing => format!(
            "Action {id} is being carried out right now. Call {CHECK_TOOL} to learn how it ended; do not repeat the call."
        ),
        Status::Executed => executed(action),
        Status::Rejected => rejected(action),
        Status::Expired => expired(action, owner),
        Status::Withdrawn => withdrawn(action),
        Status::Blocked => format!(
            "Blocked: this may not be done here, and nothing was carried out. {} Do not try it another way.",
            reasons(action)
        ),
        Status::Refused => match action.refused() {
            Some(refused) => format!("Refused, and nothing was carried out: {}.", refused.message),
            None => "Refused, and nothing was carried out.".to_owned(),
        },
        Status::Failed => format!("Failed: the system did not do it. {}", note(action)),
        Status::Partial => format!(
            "Only a part of it was carried out. {} Do not repeat the call; a person looks into it.",
            note(action)
        ),
        Status::OutcomeUnknown | Status::NeedsAttestation => format!(
            "The outcome is unknown: it may or may not have been carried out. {} Do not repeat the call; read the record to see, or ask {}.",
            note(action),
            owner_or(owner)
        ),
    }
}

/// What an agent is told besides when a person took its action back.
pub fn taken_back(status: UndoStatus) -> Option<&'static str> {
    match status {
        UndoStatus::Undone => Some(
            "A person has taken it back since: it is no longer in effect. Do not do it again unless you are asked to.",
        ),
        UndoStatus::PutRight => Some(
            "A person has put it right by hand since: it is no longer in effect as you did it. Do not do it again unless you are asked to.",
        ),
        UndoStatus::NotConfirmed => Some(
            "A person has had it taken back, which is not confirmed: it may no longer be in effect. Do not do it again unless you are asked to.",
        ),
        UndoStatus::Conflicted => Some(
            "A person is taking it back; a part of it may no longer be in effect. Do not do it again unless you are asked to.",
        ),
        _ => None,
    }
}

/// Who let it run out: nobody who decides, the agent, or a workflow that could not start it.
fn expired(action: &ActionState, owner: &str) -> String {
    let before = action
        .steps
        .iter()
        .rev()
        .map(|step| &step.event)
        .find(|event| {
            matches!(
                event,
                ActionEvent::Judged(_)
                    | ActionEvent::Approved { .. }
                    | ActionEvent::Returned { .. }
            )
        });
    let owner = owner_or(owner);
    match before {
        Some(ActionEvent::Approved { .. }) => format!(
            "It was approved but could not start before its approval ran out. Nothing was carried out. Ask {owner} before proposing it again."
        ),
        Some(ActionEvent::Returned { .. }) => format!(
            "A reviewer's question was not answered before the deadline. This is not a rejection: nobody decided. Nothing was carried out. Ask {owner} before proposing it again."
        ),
        _ => format!(
            "Nobody answered before the deadline. This is not a rejection: nobody decided. Nothing was carried out. Ask {owner} before proposing it again."
        ),
    }
}

fn question(action: &ActionState) -> String {
    format!(
        "Nothing has been carried out yet. A reviewer asks about action {}: “{}” Answer with {ANSWER_TOOL}; until you do, nobody decides. Do not repeat the call, and do not report it as done.",
        action.row.id,
        visible(action.question().unwrap_or_default()),
    )
}

fn owner_or(owner: &str) -> String {
    if owner.is_empty() {
        "the workflow's owner".to_owned()
    } else {
        visible(owner).into_owned()
    }
}

fn pending(action: &ActionState, owner: &str) -> String {
    let until = action
        .row
        .expires_ms
        .map(|at| format!(" until {}", rfc3339(at)))
        .unwrap_or_default();
    let who = match &action.row.escalated_to {
        Some(to) => format!(
            "nobody has decided so far, so it was escalated to {0}; {1} or {0}",
            visible(to),
            owner_or(owner)
        ),
        None => owner_or(owner),
    };
    format!(
        "Nothing has been carried out yet. This call waits for a person's approval as action {}: {who} decides{until}. {} Call {CHECK_TOOL} with this action_id to learn the decision; do not repeat the call, and do not report it as done.",
        action.row.id,
        reasons(action),
    )
}

fn reasons(action: &ActionState) -> String {
    let Some(judged) = action.current() else {
        return String::new();
    };
    let verdict = judged.decision.verdict;
    judged
        .decision
        .reasons
        .iter()
        .filter(|reason| reason.verdict == verdict)
        .map(|reason| reason.text.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

fn note(action: &ActionState) -> String {
    action
        .finished()
        .map(|finished| visible(&finished.note).into_owned())
        .unwrap_or_default()
}

fn executed(action: &ActionState) -> String {
    let said = match (action.edited_by(), action.approval()) {
        (Some(_), _) => "Carried out, but not as you proposed it: a person changed the arguments first. What really ran is in `ran`; go by that.".to_owned(),
        (None, Some(_)) => "Approved by a person and carried out exactly as you proposed it.".to_owned(),
        (None, None) => "Carried out.".to_owned(),
    };
    let error = action
        .finished()
        .and_then(|finished| finished.result.as_ref())
        .is_some_and(|result| result["isError"] == true || result.get("error").is_some());
    if error {
        format!(
            "{said} The system answered with an error all the same. {}",
            note(action)
        )
    } else {
        said
    }
}

fn rejected(action: &ActionState) -> String {
    let said = action
        .steps
        .iter()
        .rev()
        .find_map(|step| match &step.event {
            ActionEvent::Rejected { why, note, .. } => Some((why, note)),
            _ => None,
        });
    let mut text = "Rejected by a person; nothing was carried out.".to_owned();
    if let Some((why, note)) = said {
        text.push_str(&format!(" Reason: {}.", visible(why).trim_end_matches('.')));
        if let Some(note) = note {
            text.push_str(&format!(" Note: {}", visible(note)));
        }
    }
    text.push_str(" Do not propose the same again.");
    text
}

fn withdrawn(action: &ActionState) -> String {
    let by_leeway = action
        .steps
        .iter()
        .rev()
        .find_map(|step| match &step.event {
            ActionEvent::Withdrawn { by, reason } if by == "leeway" => reason.clone(),
            _ => None,
        });
    match by_leeway {
        Some(reason) => format!("Withdrawn, because {reason}; nothing was carried out."),
        None => "Withdrawn by you; nothing was carried out.".to_owned(),
    }
}
