//! The agent's end of a call's line: what its system tells and asks while it runs, handed to the
//! client in the order it came and before the call's own answer.

use super::Door;
use crate::error::ApiError;
use crate::gateway::pipeline::{Caller, Proposal, Proposed, propose};
use crate::registry::{LiveTool, LiveWorkflow};
use crate::system::line::{Cancelled, Inputs, Line, Notice, Wants};
use leeway_core::classify::Effect;
use leeway_core::govern::relay::Relay;
use leeway_core::id::ActionId;
use rmcp::RoleServer;
use rmcp::model::{
    ClientCapabilities, ClientResult, InputRequest, InputRequiredResult, LoggingLevel,
    LoggingMessageNotificationParam, ProgressToken, ProtocolVersion, RequestId, ServerRequest,
};
use rmcp::service::{Peer, RequestContext};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// From which level an agent that never chose one is told what systems log.
pub const DEFAULT_LEVEL: LoggingLevel = LoggingLevel::Info;
/// How long a person behind an agent may take to answer a system's question.
const LONGEST_ANSWER: Duration = Duration::from_mins(5);
/// Most times a system may ask again before it answers.
const MOST_ROUNDS: usize = 10;

/// The client of one request.
#[derive(Clone)]
pub struct Agent {
    /// Who calls.
    pub caller: Caller,
    peer: Peer<RoleServer>,
    progress: Option<ProgressToken>,
    /// From which level it is told what the system logs; `None`: not at all.
    log_level: Option<LoggingLevel>,
    capabilities: ClientCapabilities,
    /// Whether it speaks the protocol with sessions, in which systems may ask it directly.
    sessions: bool,
    ended: CancellationToken,
    id: RequestId,
}

/// What became of a call as far as its request is concerned.
pub enum Answered {
    /// It came to its end, waits, or was refused.
    Proposed(Box<Proposed>),
    /// The system made a task of it, which goes on.
    Task(ActionId),
}

impl Agent {
    /// The client of a request to a door.
    pub fn of(door: &Door, context: &RequestContext<RoleServer>) -> Result<Self, rmcp::ErrorData> {
        let sessions = context
            .protocol_version()
            .is_none_or(|version| version < ProtocolVersion::V_2026_07_28);
        let log_level = if sessions {
            Some(door.log_level())
        } else {
            context.meta.log_level()
        };
        Ok(Self {
            caller: Door::caller(context)?,
            peer: context.peer.clone(),
            progress: context.meta.get_progress_token(),
            log_level,
            capabilities: context.client_capabilities().unwrap_or_default(),
            sessions,
            ended: context.ct.clone(),
            id: context.id.clone(),
        })
    }

    /// Whether it can take a task for an answer.
    pub fn takes_tasks(&self) -> bool {
        self.capabilities.supports_tasks()
    }

    /// Whether it has sessions, so that it is asked directly and has no input-required answers.
    pub fn has_sessions(&self) -> bool {
        self.sessions
    }

    /// What may pass between a system and this agent during a call.
    fn wants(
        &self,
        workflow: &LiveWorkflow,
        tool: Option<&LiveTool>,
        inputs: Option<Inputs>,
    ) -> Wants {
        let Some(tool) = tool else {
            return Wants::default();
        };
        let relays = |what| workflow.state.workflow.relays(&tool.system, what);
        let reads = tool
            .entry()
            .is_some_and(|entry| entry.entry.effect == Effect::Read);
        let mut capabilities = ClientCapabilities::default();
        if relays(Relay::Questions) && reads {
            capabilities
                .elicitation
                .clone_from(&self.capabilities.elicitation);
            capabilities
                .sampling
                .clone_from(&self.capabilities.sampling);
            capabilities.roots.clone_from(&self.capabilities.roots);
        }
        if self.takes_tasks() {
            let tasks = ClientCapabilities::builder().enable_tasks().build();
            capabilities.extensions = tasks.extensions;
        }
        Wants {
            capabilities,
            log_level: self.log_level.filter(|_| relays(Relay::Logging)),
            inputs,
        }
    }

    /// Proposes a call and stays on its line until it is answered. Dropping this ends neither the
    /// call nor what is recorded of it.
    pub async fn propose(
        &self,
        door: &Door,
        (workflow, tool): (&LiveWorkflow, Option<&LiveTool>),
        (mut proposal, inputs): (Proposal, Option<Inputs>),
    ) -> Result<Answered, ApiError> {
        let said = door.session.calls.running(&self.id);
        let cancelled = Cancelled {
            said: said.token(),
            gone: self.ended.clone(),
        };
        let wants = self.wants(workflow, tool, inputs);
        let log_level = wants.log_level;
        let (line, mut heard) = Line::new(wants, cancelled);
        proposal.line = Some(line);
        let app = door.app.clone();
        let (of, caller) = (app.clone(), self.caller.clone());
        let mut running = Box::pin(async move { propose(&of, caller, proposal).await });
        let mut started = None;
        loop {
            tokio::select! {
                biased;
                Some(notice) = heard.recv() => match (notice, started.clone()) {
                    (Notice::Started(id), _) => started = Some(id),
                    (Notice::Task(task), Some(id)) => {
                        app.tasks.add(&id, task);
                        let ended = id.clone();
                        tokio::spawn(async move {
                            let _said = said;
                            let _ = running.await;
                            app.tasks.remove(&ended);
                        });
                        return Ok(Answered::Task(id));
                    }
                    (notice, _) => self.hear(notice, log_level).await,
                },
                proposed = &mut running => {
                    self.hear_rest(&mut heard, log_level).await;
                    return proposed.map(|proposed| Answered::Proposed(Box::new(proposed)));
                }
            }
        }
    }

    async fn hear_rest(&self, heard: &mut mpsc::Receiver<Notice>, level: Option<LoggingLevel>) {
        while let Ok(notice) = heard.try_recv() {
            self.hear(notice, level).await;
        }
    }

    async fn hear(&self, notice: Notice, level: Option<LoggingLevel>) {
        match notice {
            Notice::Progress(mut progress) => {
                if let Some(token) = &self.progress {
                    progress.progress_token = token.clone();
                    let _ = self.peer.notify_progress(progress).await;
                }
            }
            Notice::Log(log) => {
                if level.is_some_and(|level| rank(log.level) >= rank(level)) {
                    log_to(&self.peer, log).await;
                }
            }
            Notice::Question(question, answer) if self.sessions => {
                tokio::spawn(ask(self.peer.clone(), question, answer));
            }
            // Without sessions there is no way to ask: the dropped answer declines.
            Notice::Question(..) | Notice::Started(_) | Notice::Task(_) => {}
        }
    }

    /// Asks everything a system wants to know before it answers. `None` when the client cannot be
    /// asked all of it.
    pub async fn answer_all(&self, asked: InputRequiredResult) -> Option<Inputs> {
        let mut responses = rmcp::model::InputResponses::new();
        for (key, request) in asked.input_requests.unwrap_or_default() {
            let question = match request {
                InputRequest::CreateMessage(request) => {
                    ServerRequest::CreateMessageRequest(request)
                }
                InputRequest::Elicitation(request) => ServerRequest::ElicitRequest(request),
                InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
                _ => return None,
            };
            let (answer, answered) = oneshot::channel();
            ask(self.peer.clone(), question, answer).await;
            let response = match answered.await.ok()? {
                ClientResult::CreateMessageResult(result) => json!(result),
                ClientResult::ElicitResult(result) => json!(result),
                ClientResult::ListRootsResult(result) => json!(result),
                _ => return None,
            };
            responses.insert(key, response);
        }
        Some(Inputs {
            responses: Some(responses),
            state: asked.request_state,
        })
    }

    /// How often it is asked for one call.
    pub fn rounds(&self) -> usize {
        if self.sessions { MOST_ROUNDS } else { 1 }
    }
}

/// Puts a system's question to a client and hands on the answer; without one, drops `answer`.
async fn ask(
    peer: Peer<RoleServer>,
    question: ServerRequest,
    answer: oneshot::Sender<ClientResult>,
) {
    let asked = tokio::time::timeout(LONGEST_ANSWER, peer.send_request(question)).await;
    match asked {
        Ok(Ok(result)) => {
            let _ = answer.send(result);
        }
        Ok(Err(error)) => tracing::debug!(%error, "a client does not answer a system's question"),
        Err(_) => tracing::debug!("a client takes too long over a system's question"),
    }
}

/// Tells a client what a system logs.
pub async fn log_to(peer: &Peer<RoleServer>, log: LoggingMessageNotificationParam) {
    let _ = peer.notify_logging_message(log).await;
}

/// Levels in their order, the gravest highest.
pub fn rank(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}

/// Whether a system's answer asks for input instead.
pub fn asks(answer: &Value) -> Option<InputRequiredResult> {
    if answer["resultType"] != json!("input_required") {
        return None;
    }
    serde_json::from_value(answer.clone()).ok()
}
