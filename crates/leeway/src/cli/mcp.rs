//! `leeway mcp --workflow W`: a bridge for MCP clients that speak stdio. It passes every message on
//! as it is; the server decides.

use super::client::Unreachable;
use anyhow::Context;
use clap::Args;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, Transport};
use rmcp::{RoleClient, RoleServer};
use std::path::PathBuf;
use std::process::ExitCode;

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
    let url = format!("{}/mcp/{}", args.url.trim_end_matches('/'), args.workflow);
    let config = StreamableHttpClientTransportConfig::with_uri(url.as_str()).auth_header(token);
    let mut server = StreamableHttpClientTransport::from_config(config);
    let mut client =
        AsyncRwTransport::<RoleServer, _, _>::new(tokio::io::stdin(), tokio::io::stdout());
    loop {
        tokio::select! {
            message = Transport::<RoleServer>::receive(&mut client) => match message {
                Some(message) => Transport::<RoleClient>::send(&mut server, message)
                    .await
                    .map_err(|error| Unreachable(format!("the server at `{url}` did not take a message: {error}")))?,
                None => break,
            },
            message = Transport::<RoleClient>::receive(&mut server) => match message {
                Some(message) => Transport::<RoleServer>::send(&mut client, message).await?,
                None => return Err(Unreachable(format!("the server at `{url}` ended the session")).into()),
            },
        }
    }
    let _ = Transport::<RoleClient>::close(&mut server).await;
    Ok(ExitCode::SUCCESS)
}
