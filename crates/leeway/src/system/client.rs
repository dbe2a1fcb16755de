//! What speaks with a system: an MCP session, an HTTP API by its document, or a mail server.

use super::child::LastWords;
use super::mcp_calls;
use super::mcp_client::{self, Through};
use super::openapi::HttpApi;
use super::smtp::MailServer;
use super::tap::Ears;
use super::{CallError, Condition, SystemCall, Verb};
use leeway_core::govern::system::{Kind, System};
use rmcp::{Peer, RoleClient};
use serde_json::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What is said of a system that answers that nobody is signed in.
pub const NOT_SIGNED_IN: &str = "not signed in: it refuses the credential (HTTP 401)";

/// One way to speak with a system; cheap to clone.
#[derive(Clone)]
pub enum Client {
    /// An MCP session, and what ends it when the system does not know it any more.
    Mcp(Peer<RoleClient>, Lost),
    /// An HTTP API.
    Http(Arc<HttpApi>),
    /// A mail server.
    Mail(Arc<MailServer>),
}

/// A client, and what tells when it ends and why.
pub struct Session {
    /// The client.
    pub client: Client,
    /// Comes back with the reason when the session ended.
    pub ended: Pin<Box<dyn Future<Output = String> + Send>>,
}

/// Starts speaking with a system: runs its program, opens its address, or reads its document and
/// looks whether it is there.
pub async fn start(
    system: &System,
    through: Through,
    (ears, words): (Ears, &LastWords),
) -> Result<Session, String> {
    let client = match system.kind() {
        Some(Kind::Command(_) | Kind::Url(_)) => {
            let session = mcp_client::start(system, through, (ears, words)).await?;
            let lost = Lost::default();
            let client = Client::Mcp(session.peer().clone(), lost.clone());
            let longest = Duration::from_secs(system.timeout_s);
            return Ok(Session {
                client,
                ended: Box::pin(until_ended(session, lost, longest)),
            });
        }
        Some(Kind::OpenApi(_)) => Client::Http(Arc::new(HttpApi::open(system).await?)),
        Some(Kind::Smtp(_)) => Client::Mail(Arc::new(MailServer::open(system).await?)),
        None => {
            return Err(
                "transport-unclear: exactly one of `command`, `url`, `openapi` and `smtp` must be given"
                    .to_owned(),
            );
        }
    };
    let there = client.clone();
    Ok(Session {
        client,
        ended: Box::pin(async move { there.lost().await }),
    })
}

/// Comes back with the reason when a session ended, or was lost. A lost one is kept a while longer for the
/// calls that still run in it.
async fn until_ended(session: mcp_client::Session, lost: Lost, longest: Duration) -> String {
    let mut waiting = Box::pin(session.waiting());
    tokio::select! {
        _ = &mut waiting => "its session ended".to_owned(),
        () = lost.token.cancelled() => {
            tokio::spawn(async move { drop(tokio::time::timeout(longest, waiting).await) });
            lost.why()
        }
    }
}

/// Ends a session of which nothing more is to be expected.
#[derive(Clone, Default)]
pub struct Lost {
    token: CancellationToken,
    why: Arc<OnceLock<&'static str>>,
}

impl Lost {
    fn say(&self, why: &'static str) {
        let _ = self.why.set(why);
        self.token.cancel();
    }

    fn why(&self) -> String {
        let why = self.why.get().copied();
        why.unwrap_or("its session was not found any more")
            .to_owned()
    }
}

impl Client {
    /// Whether its session was lost: nothing more is asked in it.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Mcp(peer, lost) => lost.token.is_cancelled() || peer.is_transport_closed(),
            _ => false,
        }
    }

    /// Every tool, as JSON definitions.
    pub async fn list_tools(&self) -> Result<Vec<Value>, String> {
        match self {
            Self::Mcp(peer, _) => mcp_calls::list_tools(peer).await,
            Self::Http(api) => Ok(api.definitions()),
            Self::Mail(server) => Ok(vec![server.definition()]),
        }
    }

    /// What was wrong with the last call; an MCP session ends instead.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Mcp(..) => None,
            Self::Http(api) => api.trouble(),
            Self::Mail(server) => server.trouble(),
        }
    }

    /// Comes back with the reason when a system without a session cannot be reached.
    async fn lost(&self) -> String {
        match self {
            Self::Mcp(..) => std::future::pending().await,
            Self::Http(api) => api.lost().await,
            Self::Mail(server) => server.lost().await,
        }
    }

    /// Makes one call, once.
    pub async fn call(&self, call: SystemCall, timeout: Duration) -> Result<Value, CallError> {
        let by_header = matches!(call.condition, Some(Condition::Header { .. }));
        match self {
            Self::Http(_) | Self::Mail(_) if call.verb != Verb::CallTool => {
                Err(CallError::NotSent("this system has tools only".to_owned()))
            }
            Self::Http(api) => api.call(call, timeout).await,
            _ if by_header => Err(CallError::NotSent(
                "its pack puts the record's version into a header, and this system takes none"
                    .to_owned(),
            )),
            Self::Mcp(peer, lost) => {
                let answer = mcp_calls::call(peer, call, timeout).await;
                match &answer {
                    Err(CallError::SessionLost(_)) => {
                        lost.say("its session was not found any more");
                    }
                    // The next session reads the credential again.
                    Err(CallError::NotSignedIn(_)) => lost.say(NOT_SIGNED_IN),
                    _ => {}
                }
                answer
            }
            Self::Mail(server) => server.call(call, timeout).await,
        }
    }
}
