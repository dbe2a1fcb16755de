//! `leeway systems …`

use super::Where;
use super::client::Client;
use super::output::{self, plain};
use clap::Subcommand;
use std::process::ExitCode;

/// Commands over systems.
#[derive(Subcommand)]
pub enum SystemsCommand {
    /// List the systems, whether they are up, and why not
    List(Where),
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
    Ok(ExitCode::SUCCESS)
}
