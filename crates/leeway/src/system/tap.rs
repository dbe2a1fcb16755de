//! A transport that watches what passes between Leeway and a system, so that each progress
//! notification, log message and question finds the call it belongs to.
//!
//! Properties: what belongs to a call is handed over in the order it came, before the call's own
//! answer; what cannot be told apart reaches nobody's call.

use super::line::{Line, Notice};
use rmcp::RoleClient;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, GetExtensions, GetMeta,
    JsonRpcMessage, LoggingMessageNotificationParam, ProgressToken, RequestId,
    ServerJsonRpcMessage, ServerNotification, ServerRequest,
};
use rmcp::service::InboundStreamOrigin;
use rmcp::transport::Transport;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Notify, broadcast};

/// What a system says that belongs to no call.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Other tools are listed now, and pinned.
    ToolsChanged,
    /// Other prompts.
    PromptsChanged,
    /// Other resources.
    ResourcesChanged,
    /// A resource somebody subscribed to changed, by its own address.
    ResourceUpdated(String),
    /// It logs something outside any call.
    Log(LoggingMessageNotificationParam),
}

/// Where what is heard goes.
#[derive(Clone, Debug)]
pub struct Ears {
    /// The system's name.
    pub system: String,
    /// Fires when the system says its tools changed.
    pub tools_changed: Arc<Notify>,
    /// Everything else.
    pub heard: broadcast::Sender<(String, Heard)>,
}

impl Ears {
    /// Passes on what was heard. That nobody listens is no error.
    pub fn hear(&self, heard: Heard) {
        let _ = self.heard.send((self.system.clone(), heard));
    }
}

struct Running {
    id: RequestId,
    token: Option<ProgressToken>,
    line: Option<Line>,
}

/// The watched transport.
pub struct Tapped<T> {
    inner: T,
    running: Vec<Running>,
    /// Requests whose answers come too late to be of use.
    given_up: Vec<RequestId>,
    ears: Ears,
    /// Requests of the system whose answers are not written yet.
    unanswered: Arc<AtomicUsize>,
}

/// Most requests a system may have open: one that asks on and takes no answers would fill the memory.
const MOST_UNANSWERED: usize = 256;

impl<T> Tapped<T> {
    /// Watches a transport.
    pub fn new(inner: T, ears: Ears) -> Self {
        Self {
            inner,
            running: Vec::new(),
            given_up: Vec::new(),
            ears,
            unanswered: Arc::default(),
        }
    }

    fn sent(&mut self, message: &ClientJsonRpcMessage) {
        match message {
            JsonRpcMessage::Request(request) => {
                // A subscription stays open: it is no call anything could belong to.
                if matches!(
                    request.request,
                    ClientRequest::SubscriptionsListenRequest(_)
                ) {
                    return;
                }
                // A system that is slow to start answers the question which protocol it speaks after it was
                // asked by the other one.
                if matches!(request.request, ClientRequest::InitializeRequest(_)) {
                    self.given_up
                        .extend(self.running.drain(..).map(|running| running.id));
                }
                self.running
                    .retain(|running| running.line.as_ref().is_none_or(Line::is_open));
                self.running.push(Running {
                    id: request.id.clone(),
                    token: request.request.get_meta().get_progress_token(),
                    line: request.request.extensions().get::<Line>().cloned(),
                });
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.forget(id);
                }
            }
            _ => {}
        }
    }

    /// Whether it answers what nobody waits for any more.
    fn is_late(&mut self, message: &ServerJsonRpcMessage) -> bool {
        let id = match message {
            JsonRpcMessage::Response(response) => Some(&response.id),
            JsonRpcMessage::Error(error) => error.id.as_ref(),
            _ => None,
        };
        let place = id.and_then(|id| self.given_up.iter().position(|one| one == id));
        place
            .map(|place| self.given_up.swap_remove(place))
            .is_some()
    }

    fn forget(&mut self, id: &RequestId) {
        // Some systems answer the number they were given as text.
        self.running
            .retain(|running| running.id != *id && running.id.to_string() != id.to_string());
    }

    /// The line of the only request that runs; `None` when there are others to which it may belong.
    fn only_line(&self) -> Option<&Line> {
        match self.running.as_slice() {
            [only] => only.line.as_ref(),
            _ => None,
        }
    }

    fn received(&mut self, message: &mut ServerJsonRpcMessage) {
        match message {
            JsonRpcMessage::Response(response) => self.forget(&response.id),
            JsonRpcMessage::Error(error) => {
                if let Some(id) = &error.id {
                    self.forget(id);
                }
            }
            JsonRpcMessage::Notification(notification) => self.noticed(&notification.notification),
            JsonRpcMessage::Request(request) => self.asked(&mut request.request),
        }
    }

    fn noticed(&self, notification: &ServerNotification) {
        match notification {
            ServerNotification::ProgressNotification(progress) => {
                let token = Some(&progress.params.progress_token);
                let line = self
                    .running
                    .iter()
                    .find(|running| running.token.as_ref() == token)
                    .and_then(|running| running.line.as_ref());
                if let Some(line) = line {
                    line.tell(Notice::Progress(progress.params.clone()));
                }
            }
            ServerNotification::LoggingMessageNotification(log) => {
                if let Some(line) = self.only_line() {
                    line.tell(Notice::Log(log.params.clone()));
                } else if self.running.iter().all(|running| running.line.is_none()) {
                    self.ears.hear(Heard::Log(log.params.clone()));
                }
            }
            ServerNotification::ToolListChangedNotification(_) => {
                self.ears.tools_changed.notify_one();
            }
            ServerNotification::PromptListChangedNotification(_) => {
                self.ears.hear(Heard::PromptsChanged);
            }
            ServerNotification::ResourceListChangedNotification(_) => {
                self.ears.hear(Heard::ResourcesChanged);
            }
            ServerNotification::ResourceUpdatedNotification(updated) => {
                self.ears
                    .hear(Heard::ResourceUpdated(updated.params.uri.clone()));
            }
            _ => {}
        }
    }

    /// Marks a question with the line of the call it belongs to.
    fn asked(&self, request: &mut ServerRequest) {
        let line = match request.extensions().get::<InboundStreamOrigin>() {
            Some(InboundStreamOrigin::OutboundRequest(id)) => self
                .running
                .iter()
                .find(|running| running.id == *id)
                .and_then(|running| running.line.as_ref()),
            _ => self.only_line(),
        };
        if let Some(line) = line.cloned() {
            request.extensions_mut().insert(line);
        }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Tapped<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.sent(&message);
        let answers = matches!(
            message,
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)
        );
        let unanswered = self.unanswered.clone();
        let sending = self.inner.send(message);
        async move {
            let sent = sending.await;
            if answers {
                let fewer = |open: usize| Some(open.saturating_sub(1));
                let _ = unanswered.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
            }
            sent
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let mut message = self.inner.receive().await?;
            if self.is_late(&message) {
                continue;
            }
            if matches!(message, JsonRpcMessage::Request(_))
                && self.unanswered.fetch_add(1, Ordering::Relaxed) >= MOST_UNANSWERED
            {
                tracing::warn!(system = %self.ears.system, "it asks without end and takes no answers: its session is ended");
                return None;
            }
            self.received(&mut message);
            return Some(message);
        }
    }

    fn close(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        self.inner.close()
    }
}
