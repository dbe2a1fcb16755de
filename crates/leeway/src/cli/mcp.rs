//! `leeway mcp --workflow W`: a bridge for MCP clients that speak stdio. It passes every message on
//! as it is; the server decides.
//!
//! Clients take notice of a notification a moment after they have read it, of an answer at once: the official
//! TypeScript SDK forgets where the progress of a call goes as soon as its answer is there, so that progress
//! that was read together with the answer is lost. Therefore an answer that follows a notification is sent
//! only once the client answered a ping in between: then it has taken notice of all that came before.

use super::client::Unreachable;
use anyhow::Context;
use clap::Args;
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, PingRequest, RequestId,
    ServerJsonRpcMessage, ServerRequest,
};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, Transport};
use rmcp::{RoleClient, RoleServer};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::Instant;

/// Which workflow of which server.
#[derive(Args)]
pub struct McpArgs {
    /// The workflow the agent's token is bound to
    #[arg(long)]
    workflow: String,
    /// Address of the server
    #[arg(long, env = "LEEWAY_URL", default_value = "http://127.0.0.1:4180")]
    url: String,
    /// File that holds the agent's token; without it LEEWAY_TOKEN is used
    #[arg(long)]
    token_file: Option<PathBuf>,
}

/// Bridges until either side ends.
pub async fn run(args: McpArgs) -> anyhow::Result<ExitCode> {
    let token = match &args.token_file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the token file `{}`", file.display()))?
            .trim()
            .to_owned(),
        None => std::env::var("LEEWAY_TOKEN").context(
            "no token: set LEEWAY_TOKEN or give --token-file (made by `leeway agents add`)",
        )?,
    };
    if let Err(why) = reach(&args.url).await {
        return refuse(&why).await;
    }
    let url = format!("{}/mcp/{}", args.url.trim_end_matches('/'), args.workflow);
    let config = StreamableHttpClientTransportConfig::with_uri(url.as_str()).auth_header(token);
    let server = StreamableHttpClientTransport::from_config(config);
    let client = AsyncRwTransport::<RoleServer, _, _>::new(tokio::io::stdin(), tokio::io::stdout());
    let mut bridge = Bridge {
        client,
        server,
        url,
        order: Order::default(),
    };
    bridge.pass().await?;
    let _ = Transport::<RoleClient>::close(&mut bridge.server).await;
    Ok(ExitCode::SUCCESS)
}

/// Whether anything listens at an address.
async fn reach(url: &str) -> Result<(), String> {
    let parsed = url::Url::parse(url).map_err(|error| format!("`{url}` is no address: {error}"))?;
    let host = parsed
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']']);
    let port = parsed.port_or_known_default().unwrap_or(443);
    let connecting = tokio::net::TcpStream::connect((host, port));
    match tokio::time::timeout(LONGEST_CONNECT, connecting).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("no Leeway at `{url}`: {error}")),
        Err(_) => Err(format!("no Leeway at `{url}`: it does not answer")),
    }
}

/// How long a server may take to be reached.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// Answers the client's first request with why there is nothing: a program that only ends tells clients nothing.
async fn refuse(why: &str) -> anyhow::Result<ExitCode> {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
    let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(&line) else {
            continue;
        };
        let Some(id) = message
            .get("id")
            .filter(|_| message.get("method").is_some())
        else {
            continue;
        };
        let error = serde_json::json!({ "code": -32000, "message": why, "data": { "code": "unreachable" } });
        let answer = serde_json::json!({ "jsonrpc": "2.0", "id": id, "error": error });
        let mut out = tokio::io::stdout();
        out.write_all(format!("{answer}\n").as_bytes()).await?;
        out.flush().await?;
        break;
    }
    Err(Unreachable(why.to_owned()).into())
}

/// What the ids of the bridge's own pings begin with.
const PING: &str = "leeway-bridge-";
/// How long a client may take to answer a ping before it gets what waits for that.
const LONGEST_PONG: Duration = Duration::from_secs(2);

/// A message of the server's that waits until the client took notice of those before it.
struct Waiting {
    message: ServerJsonRpcMessage,
    ping: RequestId,
    until: Instant,
}

/// What was told to a client since it was last known to have taken notice.
#[derive(Default)]
struct Order {
    /// Whether the client speaks the protocol in which it may be pinged.
    pings: bool,
    /// Whether a notification was sent since.
    told: bool,
    sent: u64,
}

impl Order {
    /// Takes notice of what the client sends.
    fn client_said(&mut self, message: &ClientJsonRpcMessage) {
        if let JsonRpcMessage::Request(request) = message {
            self.pings |= matches!(request.request, ClientRequest::InitializeRequest(_));
        }
    }

    /// The ping to send before a message of the server's, if it has to wait for one.
    fn before(&mut self, message: &ServerJsonRpcMessage) -> Option<RequestId> {
        match message {
            JsonRpcMessage::Notification(_) => self.told = true,
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) if self.told && self.pings => {
                self.told = false;
                self.sent += 1;
                return Some(RequestId::String(format!("{PING}{}", self.sent).into()));
            }
            _ => {}
        }
        None
    }
}

struct Bridge<C> {
    client: C,
    server: StreamableHttpClientTransport<reqwest::Client>,
    url: String,
    order: Order,
}

impl<C: Transport<RoleServer>> Bridge<C>
where
    C::Error: std::error::Error + Send + Sync + 'static,
{
    /// Passes messages on until either side ends.
    async fn pass(&mut self) -> anyhow::Result<()> {
        let mut waiting: Option<Waiting> = None;
        loop {
            let until = waiting.as_ref().map(|waiting| waiting.until);
            tokio::select! {
                message = self.client.receive() => match message {
                    Some(message) if is_pong(&message) => {
                        if waiting.as_ref().is_some_and(|waiting| answers(&message, &waiting.ping)) {
                            self.let_go(&mut waiting).await?;
                        }
                    }
                    Some(message) => self.send_server(message).await?,
                    None => return Ok(()),
                },
                message = Transport::<RoleClient>::receive(&mut self.server), if waiting.is_none() => match message {
                    Some(message) => waiting = self.send_client(message).await?,
                    None => return Err(Unreachable(format!("the server at `{}` ended the session", self.url)).into()),
                },
                () = at(until), if until.is_some() => self.let_go(&mut waiting).await?,
            }
        }
    }

    async fn send_server(&mut self, message: ClientJsonRpcMessage) -> anyhow::Result<()> {
        self.order.client_said(&message);
        let sent = Transport::<RoleClient>::send(&mut self.server, message).await;
        sent.map_err(|error| {
            let url = &self.url;
            Unreachable(format!(
                "the server at `{url}` did not take a message: {error}"
            ))
            .into()
        })
    }

    /// Hands a message on, or returns it with the ping that it waits for.
    async fn send_client(
        &mut self,
        message: ServerJsonRpcMessage,
    ) -> anyhow::Result<Option<Waiting>> {
        let Some(ping) = self.order.before(&message) else {
            self.client.send(message).await?;
            return Ok(None);
        };
        let request = ServerRequest::PingRequest(PingRequest::default());
        let request = ServerJsonRpcMessage::request(request, ping.clone());
        self.client.send(request).await?;
        Ok(Some(Waiting {
            message,
            ping,
            until: Instant::now() + LONGEST_PONG,
        }))
    }

    async fn let_go(&mut self, waiting: &mut Option<Waiting>) -> anyhow::Result<()> {
        if let Some(waiting) = waiting.take() {
            self.client.send(waiting.message).await?;
        }
        Ok(())
    }
}

/// What a client's answer answers.
fn answered(message: &ClientJsonRpcMessage) -> Option<&RequestId> {
    match message {
        JsonRpcMessage::Response(response) => Some(&response.id),
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        _ => None,
    }
}

/// Whether a client's message answers a ping of the bridge's own, which the server knows nothing of.
fn is_pong(message: &ClientJsonRpcMessage) -> bool {
    matches!(answered(message), Some(RequestId::String(id)) if id.starts_with(PING))
}

fn answers(message: &ClientJsonRpcMessage, ping: &RequestId) -> bool {
    answered(message) == Some(ping)
}

async fn at(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server(message: serde_json::Value) -> ServerJsonRpcMessage {
        serde_json::from_value(message).unwrap()
    }

    #[test]
    fn an_answer_waits_for_a_pong_only_after_a_notification_and_in_a_session() {
        let progress = server(
            json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1.0}}),
        );
        let answer = server(json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
        let begins = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}}});
        let begins: ClientJsonRpcMessage = serde_json::from_value(begins).unwrap();
        let mut order = Order::default();
        // Without a session nobody is pinged.
        assert_eq!(order.before(&progress), None);
        assert_eq!(order.before(&answer), None);
        let mut order = Order::default();
        order.client_said(&begins);
        assert_eq!(order.before(&answer), None);
        assert_eq!(order.before(&progress), None);
        let ping = order.before(&answer).unwrap();
        assert_eq!(order.before(&answer), None, "once for all that was told");
        let pong = json!({"jsonrpc": "2.0", "id": ping, "result": {}});
        let pong: ClientJsonRpcMessage = serde_json::from_value(pong).unwrap();
        assert!(is_pong(&pong) && answers(&pong, &ping));
        assert!(!is_pong(&begins) && !answers(&begins, &ping));
        order.before(&progress);
        assert_ne!(order.before(&answer), Some(ping), "each ping is its own");
    }
}
