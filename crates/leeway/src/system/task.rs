//! A task a system made of a call: followed to its end here, and steered by the agent that waits
//! for it.

use super::CallError;
use super::line::{Line, Notice};
use rmcp::model::{
    CallToolResult, CancelTaskParams, CreateTaskResult, DetailedTask, ErrorData, GetTaskParams,
    InputResponses, JsonObject, TaskPayload, UpdateTaskParams,
};
use rmcp::service::ServiceError;
use rmcp::{Peer, RoleClient};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How often a task is looked at when the system does not say, milliseconds.
const POLL_MS: u64 = 1_000;
const SHORTEST_POLL_MS: u64 = 100;
const LONGEST_POLL_MS: u64 = 30_000;
/// How long a task is followed at all.
const LONGEST_TASK: Duration = Duration::from_hours(24);

/// Something an agent wants of its task.
#[derive(Debug)]
pub enum Steer {
    /// To know how it is now. Answered when it was looked at.
    Look(oneshot::Sender<()>),
    /// To answer what the system asks.
    Answer(InputResponses, oneshot::Sender<Result<(), ErrorData>>),
    /// To end it, if the system can.
    Cancel(oneshot::Sender<()>),
}

/// The agent's handle of a running task. Its channels close when the task ends.
#[derive(Clone, Debug)]
pub struct LiveTask {
    /// The task as the system told it last.
    pub seen: watch::Receiver<Option<DetailedTask>>,
    /// Whether its questions may be answered.
    pub questions: bool,
    /// Steers it.
    pub steer: mpsc::Sender<Steer>,
}

/// Follows a task to its end: its result, or why there is none.
pub async fn follow(
    peer: &Peer<RoleClient>,
    line: Option<&Line>,
    created: CreateTaskResult,
) -> Result<Value, CallError> {
    let id = created.task.task_id.clone();
    let (seen, watched) = watch::channel(None);
    let (steer, mut steered) = mpsc::channel(16);
    if let Some(line) = line {
        line.tell(Notice::Task(LiveTask {
            seen: watched,
            questions: line.takes_questions(),
            steer,
        }));
    }
    let followed = async {
        let mut poll = poll_after(created.task.poll_interval_ms);
        loop {
            let mut looked = None;
            tokio::select! {
                wish = steered.recv(), if !steered.is_closed() || !steered.is_empty() => match wish {
                    Some(Steer::Look(told)) => looked = Some(told),
                    Some(Steer::Answer(responses, told)) => {
                        let _ = told.send(answer(peer, &id, responses).await);
                    }
                    Some(Steer::Cancel(told)) => {
                        let _ = peer.cancel_task(CancelTaskParams::new(id.clone())).await;
                        let _ = told.send(());
                    }
                    None => {}
                },
                () = tokio::time::sleep(poll) => {}
            }
            let now = look(peer, &id).await?;
            poll = poll_after(now.task.poll_interval_ms);
            match now.payload {
                TaskPayload::Completed { result } => return completed(result),
                TaskPayload::Failed { error } => return Err(failed(error)),
                TaskPayload::Cancelled => {
                    return Err(CallError::Cancelled("its task was ended".to_owned()));
                }
                _ => {
                    seen.send_replace(Some(now));
                }
            }
            if let Some(told) = looked {
                let _ = told.send(());
            }
        }
    };
    tokio::time::timeout(LONGEST_TASK, followed)
        .await
        .unwrap_or_else(|_| Err(CallError::NoAnswer("the task did not end".to_owned())))
}

fn poll_after(ms: Option<u64>) -> Duration {
    Duration::from_millis(
        ms.unwrap_or(POLL_MS)
            .clamp(SHORTEST_POLL_MS, LONGEST_POLL_MS),
    )
}

async fn look(peer: &Peer<RoleClient>, id: &str) -> Result<DetailedTask, CallError> {
    peer.get_task(GetTaskParams::new(id))
        .await
        .map(|answer| answer.task)
        .map_err(|error| CallError::NoAnswer(format!("its task cannot be looked at: {error}")))
}

async fn answer(
    peer: &Peer<RoleClient>,
    id: &str,
    responses: InputResponses,
) -> Result<(), ErrorData> {
    match peer.update_task(UpdateTaskParams::new(id, responses)).await {
        Ok(()) => Ok(()),
        Err(ServiceError::McpError(error)) => Err(error),
        Err(error) => Err(ErrorData::internal_error(error.to_string(), None)),
    }
}

/// A task's result, read as what it has to be: the result of a call.
fn completed(result: JsonObject) -> Result<Value, CallError> {
    serde_json::from_value::<CallToolResult>(Value::Object(result))
        .and_then(serde_json::to_value)
        .map_err(|why| CallError::NoAnswer(format!("its task's result is unreadable: {why}")))
}

fn failed(error: JsonObject) -> CallError {
    match serde_json::from_value::<ErrorData>(Value::Object(error)) {
        Ok(error) => CallError::protocol(&error),
        Err(why) => CallError::NoAnswer(format!("its task failed unreadably: {why}")),
    }
}
