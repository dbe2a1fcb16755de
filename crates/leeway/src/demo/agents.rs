//! The scripted agents: MCP clients that go through the gateway like any other.
//!
//! First each plays its first steps, all agents at once and quickly; then they take turns, one call
//! every few seconds over all of them, asking on each turn what became of their held calls. They
//! stop proposing what would be held while many calls wait, so that they never flood an inbox.

use super::progress::Progress;
use super::scenario::{Expect, Scenario, Step, Via};
use crate::gateway::governance;
use crate::gateway::words::CHECK_TOOL;
use leeway_core::action::tool_name;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
    ProtocolVersion, RequestMetaObject,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, RoleClient};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The system all scripted agents work on.
const SYSTEM: &str = "sandbox";
/// Held calls over all agents at which they stop proposing more that would be held.
const MOST_WAITING: usize = 25;

/// One scripted agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoAgent {
    /// Its name.
    pub name: String,
    /// The workflow its token is bound to.
    pub workflow: String,
    /// Its token.
    pub token: String,
}

/// How fast the agents go.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Between first steps.
    first: Duration,
    /// Shortest and longest pause between turns.
    turns: (Duration, Duration),
    /// Between tries to reach the gateway.
    retry: Duration,
}

const PACE: Pace = Pace {
    first: Duration::from_millis(250),
    turns: (Duration::from_secs(8), Duration::from_secs(15)),
    retry: Duration::from_millis(250),
};

impl Pace {
    /// The pause after a turn: steps through the range, so that it looks uneven yet is the same
    /// each time.
    fn after(self, turn: u64) -> Duration {
        let spread = self.turns.1.saturating_sub(self.turns.0);
        self.turns.0 + spread.mul_f64((turn.wrapping_mul(5) % 8) as f64 / 7.0)
    }
}

/// Runs the agents against the gateway at `url` until `cancel` is cancelled. `progress` is the file
/// that remembers where they were. They stop when it cannot be read or written: without it they
/// would propose the same things over and over.
pub async fn run(
    url: String,
    agents: Vec<DemoAgent>,
    progress: PathBuf,
    cancel: CancellationToken,
) {
    let play = async {
        let cast = Cast::new(url, agents, progress, PACE)?;
        cast.play().await
    };
    if let Some(Err(error)) = cancel.run_until_cancelled(play).await {
        tracing::error!(error = format!("{error:#}"), "the scripted agents stopped");
    }
}

/// The agents and what they share.
struct Cast {
    actors: Vec<Actor>,
    progress: Progress,
    pace: Pace,
}

pub(super) struct Actor {
    agent: DemoAgent,
    scenario: Scenario,
    url: String,
    session: tokio::sync::Mutex<Option<Session>>,
}

type Session = RunningService<RoleClient, Introduction>;

/// How an agent introduces itself.
struct Introduction(String);

impl ClientHandler for Introduction {
    fn get_info(&self) -> ClientConfig {
        ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new(self.0.clone(), env!("CARGO_PKG_VERSION")),
        )
    }
}

impl Cast {
    fn new(
        url: String,
        agents: Vec<DemoAgent>,
        progress: PathBuf,
        pace: Pace,
    ) -> anyhow::Result<Self> {
        let actors = agents
            .into_iter()
            .map(|agent| {
                Ok(Actor {
                    scenario: Scenario::of(&agent.workflow)?,
                    url: format!("{}/mcp/{}", url.trim_end_matches('/'), agent.workflow),
                    agent,
                    session: tokio::sync::Mutex::new(None),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            actors,
            progress: Progress::open(progress)?,
            pace,
        })
    }

    async fn play(&self) -> anyhow::Result<()> {
        futures::future::try_join_all(self.actors.iter().map(|actor| self.first_part(actor)))
            .await?;
        if self.actors.is_empty() {
            return Ok(());
        }
        loop {
            let turn = self.progress.take_turn()?;
            let many = self.actors.len() as u64;
            if let Some(actor) = self.actors.get((turn % many) as usize) {
                self.turn(actor, turn / many).await?;
            }
            tokio::time::sleep(self.pace.after(turn)).await;
        }
    }

    async fn first_part(&self, actor: &Actor) -> anyhow::Result<()> {
        self.reach(actor).await;
        let many = actor.scenario.first.len();
        while let Some(number) = self.progress.take_first(&actor.agent.workflow, many)? {
            if let Some(step) = actor.scenario.first.get(number) {
                self.propose(actor, step).await?;
            }
            tokio::time::sleep(self.pace.first).await;
        }
        Ok(())
    }

    async fn turn(&self, actor: &Actor, round: u64) -> anyhow::Result<()> {
        self.reach(actor).await;
        for (action, tool) in self.progress.waiting(&actor.agent.workflow) {
            self.ask(actor, &action, &tool).await?;
        }
        match actor.scenario.later_step(round) {
            Some(step)
                if step.expect == Expect::Held && self.progress.waiting_count() >= MOST_WAITING =>
            {
                tracing::debug!(agent = %actor.agent.name, "waits until people have caught up");
                Ok(())
            }
            Some(step) => self.propose(actor, step).await,
            None => Ok(()),
        }
    }

    /// Waits until the gateway answers and lists the sandbox's tools.
    async fn reach(&self, actor: &Actor) {
        loop {
            match actor.connect().await {
                Ok(()) => return,
                Err(why) => {
                    tracing::debug!(agent = %actor.agent.name, %why, "cannot work yet");
                    tokio::time::sleep(self.pace.retry).await;
                }
            }
        }
    }

    async fn propose(&self, actor: &Actor, step: &Step) -> anyhow::Result<()> {
        let agent = &actor.agent;
        match actor.call(request(step)).await {
            Ok(result) => match waiting_id(&result) {
                Some(action) => {
                    tracing::info!(agent = %agent.name, tool = %step.tool, %action, "waits for a person");
                    self.progress.waits(&agent.workflow, &action, &step.tool)?;
                }
                None if result.is_error == Some(true) => {
                    tracing::info!(agent = %agent.name, tool = %step.tool, "was not done");
                }
                None => tracing::info!(agent = %agent.name, tool = %step.tool, "was done"),
            },
            Err(why) => tracing::warn!(agent = %agent.name, tool = %step.tool, %why, "no answer"),
        }
        Ok(())
    }

    /// Asks what became of a held call.
    async fn ask(&self, actor: &Actor, action: &str, tool: &str) -> anyhow::Result<()> {
        let agent = &actor.agent;
        let arguments = object(json!({ "action_id": action, "wait_s": 0 }));
        let request = CallToolRequestParams::new(CHECK_TOOL).with_arguments(arguments);
        match actor.call(request).await {
            Ok(result) => match told(&result, "status") {
                Some("pending_approval" | "in_progress") => {}
                status => {
                    let status = status.unwrap_or("forgotten");
                    tracing::info!(agent = %agent.name, %tool, %action, %status, "heard back");
                    self.progress.ended(&agent.workflow, action)?;
                }
            },
            Err(why) => tracing::warn!(agent = %agent.name, %action, %why, "no answer"),
        }
        Ok(())
    }
}

impl Actor {
    /// Opens a session unless there is one.
    async fn connect(&self) -> Result<(), String> {
        let mut session = self.session.lock().await;
        if session.as_ref().is_some_and(|open| !open.is_closed()) {
            return Ok(());
        }
        let config = StreamableHttpClientTransportConfig::with_uri(self.url.as_str())
            .auth_header(self.agent.token.as_str());
        let transport = StreamableHttpClientTransport::from_config(config);
        let lifecycle = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: None,
        };
        let fresh = Introduction(self.agent.name.clone())
            .serve_with_lifecycle(transport, lifecycle)
            .await
            .map_err(|error| error.to_string())?;
        let tools = fresh
            .list_all_tools()
            .await
            .map_err(|error| error.to_string())?;
        let prefix = tool_name(SYSTEM, "");
        if !tools.iter().any(|tool| tool.name.starts_with(&prefix)) {
            return Err("the gateway lists no tool of the sandbox yet".to_owned());
        }
        *session = Some(fresh);
        Ok(())
    }

    /// Makes one call, once. A broken session is dropped; the next turn opens a new one.
    async fn call(&self, request: CallToolRequestParams) -> Result<CallToolResult, String> {
        let mut session = self.session.lock().await;
        let open = session.as_ref().ok_or("there is no session")?;
        match open.peer().call_tool(request).await {
            Ok(result) => Ok(result),
            Err(error) => {
                *session = None;
                Err(error.to_string())
            }
        }
    }
}

impl Actor {
    /// An agent outside the cast, which makes the calls it is given.
    pub(super) fn new(url: &str, agent: DemoAgent) -> anyhow::Result<Self> {
        Ok(Self {
            scenario: Scenario::of(&agent.workflow)?,
            url: format!("{}/mcp/{}", url.trim_end_matches('/'), agent.workflow),
            agent,
            session: tokio::sync::Mutex::new(None),
        })
    }

    /// Waits until the gateway answers and lists the sandbox's tools.
    pub(super) async fn reach(&self) {
        while let Err(why) = self.connect().await {
            tracing::debug!(agent = %self.agent.name, %why, "cannot work yet");
            tokio::time::sleep(PACE.retry).await;
        }
    }

    /// Makes one call.
    pub(super) async fn make(&self, step: &Step) -> Result<(), String> {
        self.call(request(step)).await.map(|_| ())
    }
}

fn request(step: &Step) -> CallToolRequestParams {
    let mut arguments = step.arguments.clone();
    let mut meta = RequestMetaObject::default();
    match step.via {
        Via::Argument => {
            arguments.insert(governance::KEY.to_owned(), step.governance());
        }
        Via::Meta => {
            meta.insert(governance::META_KEY.to_owned(), step.governance());
        }
    }
    let mut request =
        CallToolRequestParams::new(tool_name(SYSTEM, &step.tool)).with_arguments(arguments);
    request.meta = Some(meta);
    request
}

/// The action's id when the answer says that it waits for a person.
fn waiting_id(result: &CallToolResult) -> Option<String> {
    if told(result, "status") != Some("pending_approval") {
        return None;
    }
    told(result, "action_id").map(str::to_owned)
}

fn told<'a>(result: &'a CallToolResult, what: &str) -> Option<&'a str> {
    result.structured_content.as_ref()?.get(what)?.as_str()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests;
