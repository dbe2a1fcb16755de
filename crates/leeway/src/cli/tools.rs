//! `leeway tools …`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use clap::Subcommand;
use serde_json::json;
use std::process::ExitCode;

/// Commands over tools.
#[derive(Subcommand)]
pub enum ToolsCommand {
    /// List the systems' tools: classified or guessed, pinned or changed
    List(Where),
    /// Let a changed definition take force, after reading it in `leeway tools list --json`
    Review {
        /// The tool, as <system>__<tool>
        tool: String,
        /// Hash of the new definition you read
        #[arg(long)]
        hash: String,
        #[command(flatten)]
        place: Where,
    },
}

/// Runs a command.
pub async fn run(command: ToolsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ToolsCommand::List(place) => {
            let answer = Client::reach(&place).await?.get("/v1/tools").await?;
            if place.json {
                output::json(&answer);
                return Ok(ExitCode::SUCCESS);
            }
            let rows: Vec<Vec<String>> = answer["tools"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|tool| {
                    let state = if !tool["changed"].is_null() {
                        "changed: blocked until reviewed"
                    } else if tool["classified"] == json!(true) {
                        "classified"
                    } else {
                        "unclassified: blocked"
                    };
                    let effect = if tool["effect"].is_null() {
                        format!("{} (a guess)", plain(&tool["guess"]["effect"]))
                    } else {
                        plain(&tool["effect"])
                    };
                    vec![plain(&tool["tool"]), effect, state.to_owned()]
                })
                .collect();
            output::table(&["TOOL", "EFFECT", "STATE"], &rows);
        }
        ToolsCommand::Review { tool, hash, place } => {
            let path = format!("/v1/tools/{}/review", segment(&tool));
            let answer = Client::reach(&place)
                .await?
                .post(&path, json!({ "hash": hash }))
                .await?;
            if place.json {
                output::json(&answer);
            } else {
                out!("the new definition of `{tool}` is in force");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
