//! Tasks: work that goes on after its call was answered, ends by itself, asks on its way, or is
//! cancelled.

use super::model;
use rmcp::model::{
    CallToolResponse, CreateTaskResult, DetailedTask, ErrorData, GetTaskResult, InputRequests,
    InputResponses, JsonObject, Task, TaskPayload, TaskStatus,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// How often clients should look, milliseconds.
const POLL_MS: u64 = 100;
const TTL_MS: u64 = 600_000;

/// One task.
struct Entry {
    created: String,
    payload: TaskPayload,
    answers: BTreeMap<String, Value>,
    changed: Arc<Notify>,
}

/// Every task of this server.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<HashMap<String, Entry>>>);

#[expect(clippy::disallowed_methods, reason = "a system has its own clock")]
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[expect(clippy::disallowed_methods, reason = "a system makes its own ids")]
fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn unknown() -> ErrorData {
    ErrorData::invalid_params("Task not found", None)
}

impl Tasks {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a task; `work` is told its id.
    pub fn begin<F>(
        &self,
        questions: InputRequests,
        work: impl FnOnce(Self, String) -> F,
    ) -> CallToolResponse
    where
        F: Future<Output = TaskPayload> + Send + 'static,
    {
        let id = new_id();
        let payload = if questions.is_empty() {
            TaskPayload::Working
        } else {
            TaskPayload::InputRequired {
                input_requests: questions,
            }
        };
        let created = now();
        let entry = Entry {
            created: created.clone(),
            payload,
            answers: BTreeMap::new(),
            changed: Arc::default(),
        };
        self.all().insert(id.clone(), entry);
        let (tasks, work) = (self.clone(), work(self.clone(), id.clone()));
        let ended = id.clone();
        tokio::spawn(async move {
            let payload = work.await;
            tasks.end(&ended, payload);
        });
        let task = Task::new(id, TaskStatus::Working, created.clone(), created)
            .with_ttl_ms(TTL_MS)
            .with_poll_interval_ms(POLL_MS);
        CallToolResponse::Task(CreateTaskResult::new(task))
    }

    /// Ends a task, unless it has ended already.
    fn end(&self, id: &str, payload: TaskPayload) {
        if let Some(entry) = self.all().get_mut(id)
            && matches!(
                entry.payload,
                TaskPayload::Working | TaskPayload::InputRequired { .. }
            )
        {
            entry.payload = payload;
            entry.changed.notify_waiters();
        }
    }

    /// Waits until every question of a task is answered.
    pub async fn answers(&self, id: &str) -> BTreeMap<String, Value> {
        loop {
            let changed = {
                let all = self.all();
                let Some(entry) = all.get(id) else {
                    return BTreeMap::new();
                };
                if !matches!(entry.payload, TaskPayload::InputRequired { .. }) {
                    return entry.answers.clone();
                }
                entry.changed.clone().notified_owned()
            };
            changed.await;
        }
    }

    /// `tasks/get`.
    pub fn get(&self, id: &str) -> Result<GetTaskResult, ErrorData> {
        let all = self.all();
        let entry = all.get(id).ok_or_else(unknown)?;
        let task = Task::new(id, entry.payload.status(), entry.created.clone(), now())
            .with_ttl_ms(TTL_MS)
            .with_poll_interval_ms(POLL_MS);
        Ok(GetTaskResult::new(DetailedTask::new(
            task,
            entry.payload.clone(),
        )))
    }

    /// `tasks/update`: answers to questions that were not asked are left aside.
    pub fn answer(&self, id: &str, responses: InputResponses) -> Result<(), ErrorData> {
        let mut all = self.all();
        let entry = all.get_mut(id).ok_or_else(unknown)?;
        let TaskPayload::InputRequired { input_requests } = &mut entry.payload else {
            return Ok(());
        };
        for (key, response) in responses {
            if input_requests.remove(&key).is_some() {
                entry.answers.insert(key, response);
            }
        }
        if input_requests.is_empty() {
            entry.payload = TaskPayload::Working;
            entry.changed.notify_waiters();
        }
        Ok(())
    }

    /// `tasks/cancel`.
    pub fn cancel(&self, id: &str) -> Result<(), ErrorData> {
        if !self.all().contains_key(id) {
            return Err(unknown());
        }
        self.end(id, TaskPayload::Cancelled);
        Ok(())
    }
}

/// A task that ended with a result, in words.
pub fn completed(text: &str, is_error: bool) -> TaskPayload {
    let result: Result<JsonObject, _> = model(json!({
        "content": [{ "type": "text", "text": text }], "isError": is_error, "resultType": "complete",
    }));
    TaskPayload::Completed {
        result: result.unwrap_or_default(),
    }
}

/// A task that ended with a protocol error.
pub fn failed(message: &str) -> TaskPayload {
    let error: Result<JsonObject, _> = model(json!({ "code": -32603, "message": message }));
    TaskPayload::Failed {
        error: error.unwrap_or_default(),
    }
}
