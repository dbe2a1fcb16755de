//! `leeway incident …`

use super::Where;
use super::client::{Client, segment};
use super::incident_steps::{self, StepCommand};
use super::output::{self, plain};
use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Commands over incidents.
#[derive(Subcommand)]
pub enum IncidentCommand {
    /// Declare an incident: pauses the workflow at once and tells its owner
    Declare {
        /// The workflow's name
        workflow: String,
        /// What went wrong
        #[arg(long)]
        why: String,
        /// An action that was wrong: the case that a guardrail has to catch
        #[arg(long)]
        example: Option<String>,
        #[command(flatten)]
        place: Where,
    },
    /// List incidents, newest first
    List(Where),
    /// Show one: its steps, their evidence, its timeline
    Show(IncidentArgs),
    /// Plan taking back everything it touched; begin it with `--yes`
    Undo {
        #[command(flatten)]
        which: IncidentArgs,
        /// Begin it as planned
        #[arg(long)]
        yes: bool,
    },
    /// Take a suspicion for an incident: you are in command then
    Confirm(IncidentArgs),
    /// Dismiss a suspicion as a false alarm; the workflow stays paused
    Dismiss {
        #[command(flatten)]
        which: IncidentArgs,
        /// Why
        #[arg(long)]
        why: String,
    },
    #[command(flatten)]
    Step(StepCommand),
    /// It happened again: pauses at once and leads back to step 2
    Recurred {
        #[command(flatten)]
        which: IncidentArgs,
        /// What was seen
        #[arg(long)]
        why: String,
        /// The new case
        #[arg(long)]
        action: Option<String>,
    },
    /// Take command from somebody who cannot hand it over
    TakeOver {
        #[command(flatten)]
        which: IncidentArgs,
        /// Why it could not be handed over
        #[arg(long)]
        why: String,
    },
    /// Print the report: Markdown, or one HTML file with `--html`
    Report {
        /// Its number
        number: u64,
        /// As HTML
        #[arg(long)]
        html: bool,
        /// Into this file instead
        #[arg(long, value_name = "FILE")]
        out: Option<std::path::PathBuf>,
        #[command(flatten)]
        place: Where,
    },
    /// Hand command to somebody else
    HandOver {
        #[command(flatten)]
        which: IncidentArgs,
        /// Their e-mail
        #[arg(long)]
        to: String,
    },
    /// Add a note to the timeline
    Note {
        #[command(flatten)]
        which: IncidentArgs,
        /// The note
        #[arg(long)]
        text: String,
    },
}

/// Which incident.
#[derive(Args)]
pub struct IncidentArgs {
    /// Its number
    pub(super) number: u64,
    #[command(flatten)]
    pub(super) place: Where,
}

/// Runs a command.
pub async fn run(command: IncidentCommand) -> anyhow::Result<ExitCode> {
    match command {
        IncidentCommand::Declare {
            workflow,
            why,
            example,
            place,
        } => {
            let client = Client::reach(&place).await?;
            let body = json!({ "workflow": workflow, "why": why, "example": example });
            let state = client.post("/v1/incidents", body).await?;
            print(&state, place.json);
            Ok(ExitCode::SUCCESS)
        }
        IncidentCommand::List(place) => list(place).await,
        IncidentCommand::Show(which) => {
            let client = Client::reach(&which.place).await?;
            let state = client.get(&path(&which, "")).await?;
            print(&state, which.place.json);
            Ok(ExitCode::SUCCESS)
        }
        IncidentCommand::Undo { which, yes } => undo(which, yes).await,
        IncidentCommand::HandOver { which, to } => {
            take(which, "hand-over", json!({ "to": to })).await
        }
        IncidentCommand::Note { which, text } => {
            take(which, "notes", json!({ "text": text })).await
        }
        IncidentCommand::Confirm(which) => take(which, "confirm", json!({})).await,
        IncidentCommand::Dismiss { which, why } => {
            take(which, "dismiss", json!({ "why": why })).await
        }
        IncidentCommand::TakeOver { which, why } => {
            take(which, "take-over", json!({ "why": why })).await
        }
        IncidentCommand::Recurred { which, why, action } => {
            take(which, "recurred", json!({ "why": why, "action": action })).await
        }
        IncidentCommand::Report {
            number,
            html,
            out,
            place,
        } => report((number, html), out, &place).await,
        IncidentCommand::Step(step) => incident_steps::take(step).await,
    }
}

pub(super) fn path(which: &IncidentArgs, what: &str) -> String {
    format!("/v1/incidents/{}{what}", which.number)
}

pub(super) async fn take(which: IncidentArgs, what: &str, body: Value) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&which.place).await?;
    let state = client
        .post(&path(&which, &format!("/{what}")), body)
        .await?;
    print(&state, which.place.json);
    Ok(ExitCode::SUCCESS)
}

async fn undo(which: IncidentArgs, yes: bool) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&which.place).await?;
    let mut plan = client.post(&path(&which, "/undo"), json!({})).await?;
    super::undo::worked_out(&client, &mut plan).await?;
    let mut answer = plan.clone();
    if yes {
        let path = format!("/v1/undo-batches/{}/start", segment(&plain(&plan["id"])));
        answer = client.post(&path, json!({ "hash": plan["hash"] })).await?;
    }
    if which.place.json {
        output::json(&answer);
    } else {
        out!(
            "{}  {} actions, {}",
            plain(&answer["id"]),
            plain(&answer["total"]),
            plain(&answer["status"])
        );
        for (name, count) in plan["foreseen"].as_object().into_iter().flatten() {
            out!("  {name:<13} {}", plain(count));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn report(
    (number, html): (u64, bool),
    out: Option<std::path::PathBuf>,
    place: &Where,
) -> anyhow::Result<ExitCode> {
    let client = Client::reach(place).await?;
    let form = if html { "html" } else { "markdown" };
    let text = client
        .text(&format!("/v1/incidents/{number}/report?format={form}"))
        .await?;
    if let Some(file) = &out {
        std::fs::write(file, &text)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    match (out, place.json) {
        (Some(file), true) => output::json(&json!({ "format": form, "written": file })),
        (Some(file), false) => out!("written to {}", file.display()),
        (None, true) => output::json(&json!({ "format": form, "report": text })),
        (None, false) => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(place: Where) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&place).await?;
    let answer = client.get("/v1/incidents").await?;
    if place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let incidents = answer["incidents"].as_array().cloned().unwrap_or_default();
    if incidents.is_empty() {
        out!("no incident was ever declared");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = incidents
        .iter()
        .map(|state| {
            [
                "number",
                "opened_at",
                "status",
                "workflow",
                "commander",
                "why",
            ]
            .iter()
            .map(|key| plain(&state[*key]))
            .collect()
        })
        .collect();
    output::table(
        &[
            "NO",
            "SINCE (UTC)",
            "STATUS",
            "WORKFLOW",
            "IN COMMAND",
            "WHAT",
        ],
        &rows,
    );
    Ok(ExitCode::SUCCESS)
}

fn print(state: &Value, json: bool) {
    if json {
        output::json(state);
        return;
    }
    out!(
        "incident {}  {}",
        plain(&state["number"]),
        plain(&state["why"])
    );
    for (label, key) in [
        ("status", "status"),
        ("workflow", "workflow"),
        ("in command", "commander"),
        ("next step", "next_step"),
        ("evidence", "content_hash"),
    ] {
        out!("  {label:<13} {}", plain(&state[key]));
    }
    for moment in state["timeline"].as_array().into_iter().flatten() {
        out!(
            "  {}  {}  {}",
            plain(&moment["at"]),
            plain(&moment["actor"]),
            plain(&moment["text"])
        );
    }
}
