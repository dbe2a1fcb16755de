//! `leeway agents …`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Commands over agents.
#[derive(Subcommand)]
pub enum AgentsCommand {
    /// Add an agent bound to a workflow; its token is shown this once
    Add {
        /// The agent's name
        name: String,
        /// The workflow
        #[arg(long)]
        workflow: String,
        #[command(flatten)]
        place: Where,
    },
    /// List agents
    List(Where),
    /// Issue a further token, shown this once
    Token {
        /// The agent's name
        name: String,
        #[command(flatten)]
        place: Where,
    },
    /// Revoke a token
    Revoke {
        /// The agent's name
        name: String,
        /// The token's id
        token: String,
        #[command(flatten)]
        place: Where,
    },
    /// Remove an agent; its tokens are void at once
    Remove {
        /// The agent's name
        name: String,
        #[command(flatten)]
        place: Where,
    },
}

fn say(place: &Where, value: &Value, text: &str) {
    if place.json {
        output::json(value);
    } else {
        out!("{text}");
    }
}

/// Runs a command.
pub async fn run(command: AgentsCommand) -> anyhow::Result<ExitCode> {
    match command {
        AgentsCommand::Add {
            name,
            workflow,
            place,
        } => {
            let body = json!({ "name": name, "workflow": workflow });
            let made = Client::reach(&place)
                .await?
                .post("/v1/agents", body)
                .await?;
            say(&place, &made, made["token"].as_str().unwrap_or_default());
        }
        AgentsCommand::List(place) => {
            let answer = Client::reach(&place).await?.get("/v1/agents").await?;
            if place.json {
                output::json(&answer);
                return Ok(ExitCode::SUCCESS);
            }
            let rows: Vec<Vec<String>> = answer["agents"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|agent| {
                    vec![
                        plain(&agent["name"]),
                        plain(&agent["workflow"]),
                        plain(&agent["tokens"]),
                    ]
                })
                .collect();
            output::table(&["AGENT", "WORKFLOW", "TOKENS"], &rows);
        }
        AgentsCommand::Token { name, place } => {
            let path = format!("/v1/agents/{}/tokens", segment(&name));
            let made = Client::reach(&place).await?.post(&path, json!({})).await?;
            say(&place, &made, made["token"].as_str().unwrap_or_default());
        }
        AgentsCommand::Revoke { name, token, place } => {
            let path = format!("/v1/agents/{}/tokens/{}", segment(&name), segment(&token));
            Client::reach(&place).await?.delete(&path).await?;
            say(
                &place,
                &json!({ "name": name, "revoked": token }),
                "the token is revoked",
            );
        }
        AgentsCommand::Remove { name, place } => {
            Client::reach(&place)
                .await?
                .delete(&format!("/v1/agents/{}", segment(&name)))
                .await?;
            say(&place, &json!({ "removed": name }), "removed");
        }
    }
    Ok(ExitCode::SUCCESS)
}
