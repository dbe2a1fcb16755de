//! Tasks as agents see them: a held call whose status follows its action, and a call the system
//! itself made a task of, which the agent follows and steers through Leeway. A task's id is its
//! action's.

use super::{Door, as_object};
use crate::app::App;
use crate::gateway::decide;
use crate::gateway::pipeline::Caller;
use crate::system::task::{LiveTask, Steer};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::id::ActionId;
use rmcp::ErrorData;
use rmcp::model::{
    CancelTaskParams, DetailedTask, GetTaskParams, GetTaskResult, Task, TaskPayload, TaskStatus,
    UpdateTaskParams,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Mutex;
use tokio::sync::oneshot;

/// How often a client should look at a held call, milliseconds.
const HELD_POLL_MS: u64 = 5_000;

/// The tasks that run at systems now, by action.
#[derive(Default)]
pub struct LiveTasks(Mutex<HashMap<ActionId, LiveTask>>);

impl LiveTasks {
    fn map(&self) -> std::sync::MutexGuard<'_, HashMap<ActionId, LiveTask>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A task began.
    pub fn add(&self, action: &ActionId, task: LiveTask) {
        self.map().insert(action.clone(), task);
    }

    /// A task ended, and its outcome is recorded.
    pub fn remove(&self, action: &ActionId) {
        self.map().remove(action);
    }

    fn get(&self, action: &ActionId) -> Option<LiveTask> {
        self.map().get(action).cloned()
    }
}

impl Door {
    /// A task as its action is now.
    pub(super) fn task(&self, workflow: &str, action: &ActionState) -> Task {
        let action = &crate::gateway::eyes::of_agent(&self.app.registry(), action);
        let status = match action.row.status {
            Status::Withdrawn => TaskStatus::Cancelled,
            status if status.is_terminal() => TaskStatus::Completed,
            _ => TaskStatus::Working,
        };
        Task::new(
            action.row.id.as_str(),
            status,
            crate::clock::rfc3339(action.row.created_ms),
            crate::clock::rfc3339(action.row.updated_ms),
        )
        .with_status_message(crate::gateway::words::tell(action, &self.owner(workflow)))
        .with_poll_interval_ms(HELD_POLL_MS)
    }

    /// `tasks/get`.
    pub(super) async fn look_at_task(
        &self,
        caller: &Caller,
        request: GetTaskParams,
    ) -> Result<GetTaskResult, ErrorData> {
        let mut action = own_task(&self.app, caller, &request.task_id)?;
        if let Some(live) = self.app.tasks.get(&action.row.id) {
            if let Some(seen) = look(&live).await {
                return Ok(GetTaskResult::new(renamed(seen, &action.row.id)));
            }
            let ended = crate::gateway::wait::wait_for_end(
                &self.app,
                &action.row.id,
                std::time::Duration::from_secs(5),
            );
            ended.await.map_err(|error| internal(&error))?;
            action = own_task(&self.app, caller, &request.task_id)?;
        }
        let task = self.task(&caller.workflow, &action);
        let payload = self.payload(caller, &action, task.status);
        Ok(GetTaskResult::new(DetailedTask::new(task, payload)))
    }

    fn payload(&self, caller: &Caller, action: &ActionState, status: TaskStatus) -> TaskPayload {
        let finished = action.finished();
        let result = finished.and_then(|finished| finished.result.as_ref());
        if let Some(Value::Object(error)) = result.and_then(|result| result.get("error")) {
            return TaskPayload::Failed {
                error: error.clone(),
            };
        }
        if result.is_some_and(|result| result["cancelled"] == json!(true)) {
            return TaskPayload::Cancelled;
        }
        match status {
            TaskStatus::Cancelled => TaskPayload::Cancelled,
            TaskStatus::Completed => TaskPayload::Completed {
                result: as_object(self.final_result(&caller.workflow, action)),
            },
            _ => TaskPayload::Working,
        }
    }

    /// `tasks/update`.
    pub(super) async fn answer_task(
        &self,
        caller: &Caller,
        request: UpdateTaskParams,
    ) -> Result<(), ErrorData> {
        let action = own_task(&self.app, caller, &request.task_id)?;
        let asks_nothing = || ErrorData::invalid_params("this task asks for nothing", None);
        let live = self
            .app
            .tasks
            .get(&action.row.id)
            .ok_or_else(asks_nothing)?;
        if !live.questions {
            return Err(ErrorData::invalid_params(
                "a call that changes something takes no further input: it runs as it was judged",
                None,
            ));
        }
        let (told, answered) = oneshot::channel();
        let steer = Steer::Answer(request.input_responses, told);
        live.steer.send(steer).await.map_err(|_| asks_nothing())?;
        answered.await.unwrap_or_else(|_| Err(asks_nothing()))
    }

    /// `tasks/cancel`: a held call is withdrawn; what runs is asked to end and may have happened
    /// all the same.
    pub(super) async fn end_task(
        &self,
        caller: &Caller,
        request: CancelTaskParams,
    ) -> Result<(), ErrorData> {
        let action = own_task(&self.app, caller, &request.task_id)?;
        let id = &action.row.id;
        if matches!(action.row.status, Status::Held | Status::Returned) {
            let reason = Some("the client cancelled the task".to_owned());
            decide::withdraw(&self.app, caller, id, reason)
                .await
                .map_err(|error| ErrorData::invalid_request(error.to_string(), None))?;
        } else if let Some(live) = self.app.tasks.get(id) {
            let (told, cancelled) = oneshot::channel();
            if live.steer.send(Steer::Cancel(told)).await.is_ok() {
                let _ = cancelled.await;
            }
        }
        Ok(())
    }
}

/// Looks at a running task; `None` when it has ended.
async fn look(live: &LiveTask) -> Option<DetailedTask> {
    let (told, looked) = oneshot::channel();
    live.steer.send(Steer::Look(told)).await.ok()?;
    looked.await.ok()?;
    live.seen.borrow().clone()
}

/// The system's own account of a task, under our id and without what only it knows.
fn renamed(mut seen: DetailedTask, id: &ActionId) -> DetailedTask {
    seen.task.task_id = id.to_string();
    seen
}

fn own_task(app: &App, caller: &Caller, task: &str) -> Result<ActionState, ErrorData> {
    let unknown = || ErrorData::invalid_params(format!("there is no task `{task}`"), None);
    let id = ActionId::parse(task).ok_or_else(unknown)?;
    decide::own(app, caller, &id).map_err(|_| unknown())
}

fn internal(error: &crate::error::ApiError) -> ErrorData {
    ErrorData::internal_error("the task cannot be read", Some(json!(error.body())))
}
