//! `leeway systems …`

use super::Where;
use super::client::Client;
use super::output::{self, plain};
use clap::Subcommand;
use serde_json::Value;
use std::process::ExitCode;

/// Commands over systems.
#[derive(Subcommand)]
pub enum SystemsCommand {
    /// List the systems, whether they are up, and why not
    List(Where),
}

/// What of the systems' tools cannot be used, a line each.
fn faults(answer: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for system in list(&answer["systems"]) {
        let name = plain(&system["name"]);
        if let Some(hanging) = system["hanging"].as_u64().filter(|hanging| *hanging > 0) {
            lines.push(format!(
                "{name}: not answered for 10 seconds or more: {hanging} calls"
            ));
        }
        if system["health"] != "ready" {
            for line in list(&system["wrote"]) {
                lines.push(format!("{name}: it wrote: {}", plain(&line)));
            }
        }
        for tool in list(&system["unusable"]) {
            let (tool, why) = (plain(&tool["tool"]), plain(&tool["why"]));
            lines.push(format!("{name}: `{tool}` cannot be used: {why}"));
        }
        for why in list(&system["left_out"]) {
            lines.push(format!("{name}: left out: {}", plain(&why)));
        }
    }
    lines
}

/// Runs a command.
pub async fn run(command: SystemsCommand) -> anyhow::Result<ExitCode> {
    let SystemsCommand::List(place) = command;
    let answer = Client::reach(&place).await?.get("/v1/systems").await?;
    if place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = answer["systems"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|system| {
            ["name", "pack", "health", "why", "title"]
                .iter()
                .map(|key| plain(&system[*key]))
                .collect()
        })
        .collect();
    output::table(&["SYSTEM", "PACK", "HEALTH", "WHY", "TITLE"], &rows);
    for line in faults(&answer) {
        out!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}
