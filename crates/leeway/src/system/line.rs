//! The line between one call and the agent's side that made it: what may pass while the call runs.
//! A system's progress, log messages and questions reach the agent whose call they belong to and
//! no other.

use super::task::LiveTask;
use leeway_core::id::ActionId;
use rmcp::model::{
    ClientCapabilities, ClientResult, InputResponses, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam, ServerRequest,
};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Most notices that wait for an agent; what comes on top while it does not listen is dropped.
const WAITING: usize = 256;

/// What may pass over a line.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// What the agent's side can do that the system may ask of it, as far as the workflow relays
    /// questions and the call only reads.
    pub capabilities: ClientCapabilities,
    /// The level from which the agent asked for log messages with this very call.
    pub log_level: Option<LoggingLevel>,
    /// Answers to what the system asked before.
    pub inputs: Option<Inputs>,
}

/// Answers to a system's questions, for it to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// By the system's own keys.
    pub responses: Option<InputResponses>,
    /// What the system gave to be handed back.
    pub state: Option<String>,
}

/// What the agent's side is told while its call runs, in the order it came.
#[derive(Debug)]
pub enum Notice {
    /// The call's action has started.
    Started(ActionId),
    /// It goes on.
    Progress(ProgressNotificationParam),
    /// The system logs something.
    Log(LoggingMessageNotificationParam),
    /// The system asks something and waits; without an answer it is declined.
    Question(ServerRequest, oneshot::Sender<ClientResult>),
    /// The system made a task of the call.
    Task(LiveTask),
}

/// The call's end of a line. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Line {
    inner: Arc<Inner>,
    reads: bool,
}

#[derive(Debug)]
struct Inner {
    wants: Wants,
    notices: mpsc::Sender<Notice>,
    cancelled: Cancelled,
}

/// How an agent ends a call early.
#[derive(Clone, Debug)]
pub struct Cancelled {
    /// By saying so of this very call.
    pub said: CancellationToken,
    /// By hanging up, or as its session ends, which may as well be a broken connection or a timer: it
    /// ends what only reads, while a call that changes something goes on to its end and its outcome is
    /// recorded.
    pub gone: CancellationToken,
}

impl Line {
    /// A line, and the agent's end of it.
    pub fn new(wants: Wants, cancelled: Cancelled) -> (Self, mpsc::Receiver<Notice>) {
        let (notices, heard) = mpsc::channel(WAITING);
        let inner = Arc::new(Inner {
            wants,
            notices,
            cancelled,
        });
        (Self { inner, reads: true }, heard)
    }

    /// The line of a call that changes something: it runs exactly as judged, so the system may ask
    /// nothing while it does.
    pub fn without_questions(self) -> Self {
        Self {
            reads: false,
            ..self
        }
    }

    /// Whether the system may ask questions over it, as far as the agent's side can answer.
    pub fn takes_questions(&self) -> bool {
        self.reads
    }

    /// What the agent's side can do that the system may ask of it.
    pub fn capabilities(&self) -> ClientCapabilities {
        let all = &self.inner.wants.capabilities;
        if self.reads {
            return all.clone();
        }
        let mut tasks_only = ClientCapabilities::default();
        tasks_only.extensions.clone_from(&all.extensions);
        tasks_only
    }

    /// The level from which the agent wants log messages.
    pub fn log_level(&self) -> Option<LoggingLevel> {
        self.inner.wants.log_level
    }

    /// Answers to what the system asked before.
    pub fn inputs(&self) -> Option<&Inputs> {
        self.inner.wants.inputs.as_ref()
    }

    /// Whether the agent's side still holds its end.
    pub fn is_open(&self) -> bool {
        !self.inner.notices.is_closed()
    }

    /// Tells the agent's side; dropped when it does not listen.
    pub fn tell(&self, notice: Notice) {
        if self.inner.notices.try_send(notice).is_err() {
            tracing::debug!("an agent does not take what its call is told");
        }
    }

    /// Asks the agent's side; `None` when it does not answer.
    pub async fn ask(&self, question: ServerRequest) -> Option<ClientResult> {
        let (answer, answered) = oneshot::channel();
        self.inner
            .notices
            .send(Notice::Question(question, answer))
            .await
            .ok()?;
        answered.await.ok()
    }

    /// Returns when the agent cancelled the call.
    pub async fn cancelled(&self) {
        let Cancelled { said, gone } = &self.inner.cancelled;
        tokio::select! {
            () = said.cancelled() => {}
            () = gone.cancelled(), if self.reads => {}
        }
    }
}
