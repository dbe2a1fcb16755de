//! A reviewer's question about a held action, and the agent's answer.

use super::decide::{decided, found, held, not_an_undo, own, place, stale};
use super::governance;
use super::pipeline::Caller;
use super::run::{again_with, arguments, revise};
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::action::Claim;
use leeway_core::action::event::{ActionEvent, Cause};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;

/// Longest question to an agent, characters.
const LONGEST_QUESTION: usize = 2_000;
/// Longest answer of an agent, characters.
const LONGEST_ANSWER: usize = 4_000;

/// Asks the agent before deciding; the deadline runs on.
pub async fn ask(
    app: &App,
    person: &Person,
    id: &ActionId,
    (content_hash, question): (&str, &str),
) -> Result<ActionState, ApiError> {
    let (action, _) = held(app, person, id, content_hash).await?;
    not_an_undo(&action, "asked about")?;
    let question = question.trim();
    if question.is_empty() || question.chars().count() > LONGEST_QUESTION {
        return Err(ApiError::invalid(
            "question-invalid",
            format!("a question has 1 to {LONGEST_QUESTION} characters"),
        ));
    }
    if action.row.planted.is_some() {
        let asked = (content_hash, "asked about first", Some(question.to_owned()));
        return found(app, person, &action, asked).await;
    }
    let event = ActionEvent::Returned {
        by: person.email.clone(),
        content_hash: content_hash.to_owned(),
        question: question.to_owned(),
    };
    decided(app, person, &action, event, vec![]).await
}

/// The agent answers a reviewer's question: a new revision with its words, which a person decides.
/// What the answer leaves out of the claim stays as it was.
pub async fn answer(
    app: &App,
    caller: &Caller,
    id: &ActionId,
    (answer, said): (String, Claim),
) -> Result<ActionState, ApiError> {
    governance::check(&said)?;
    let action = own(app, caller, id)?;
    let judged = match action.current() {
        Some(judged) if action.row.status == Status::Returned => judged.clone(),
        _ => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "not-asked",
                format!(
                    "nobody waits for an answer: it is {}",
                    action.row.status.name()
                ),
            ));
        }
    };
    if answer.trim().is_empty() || answer.chars().count() > LONGEST_ANSWER {
        return Err(ApiError::invalid(
            "answer-invalid",
            format!("an answer has 1 to {LONGEST_ANSWER} characters"),
        ));
    }
    let (workflow, tool) = place(app, &judged)?;
    let arguments = arguments(app, &action, &judged)?
        .ok_or_else(|| stale(&action, "its sealed arguments are gone"))?;
    let claim = Claim {
        confidence: said.confidence.or(judged.claim.confidence),
        reason: said.reason.or(judged.claim.reason),
        trigger: said.trigger.or(judged.claim.trigger),
        sources: if said.sources.is_empty() {
            judged.claim.sources
        } else {
            said.sources
        },
        sensitive: [judged.claim.sensitive, said.sensitive].concat(),
    };
    let cause = Cause::Answered { answer };
    let place = (workflow.as_ref(), tool.as_ref());
    let mut prepared = again_with(app, place, &action, (cause, arguments, claim)).await?;
    // The clock does not start anew: an agent must not keep a call waiting by answering slowly.
    if prepared.judged.expires_ms.is_some() {
        prepared.judged.expires_ms = action.row.expires_ms;
    }
    Ok(revise(app, &action, vec![], prepared).await?)
}
