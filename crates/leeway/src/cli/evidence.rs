//! `leeway evidence …`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Commands over what agents earned.
#[derive(Subcommand)]
pub enum EvidenceCommand {
    /// How far a workflow's agents have come with each tool
    List {
        /// The workflow
        workflow: String,
        #[command(flatten)]
        place: Where,
    },
    /// One tool's evidence: what is proven, what is proposed, what happened
    Show(ToolArgs),
    /// Sign the promotion that is proposed, exactly as it is shown now
    Sign {
        #[command(flatten)]
        which: ToolArgs,
        /// For which side
        #[arg(long = "as", value_parser = ["business", "technical"])]
        side: String,
    },
    /// Decline the promotion that is proposed
    Decline {
        #[command(flatten)]
        which: ToolArgs,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Let what the evidence found bad try again, from nothing, though nothing changed
    Readmit {
        #[command(flatten)]
        which: ToolArgs,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// Take one level back, at once
    Demote {
        #[command(flatten)]
        which: ToolArgs,
        /// Why
        #[arg(long)]
        why: String,
    },
    /// What each agent's stated confidence is worth
    Confidence {
        /// The workflow
        workflow: String,
        #[command(flatten)]
        place: Where,
    },
    /// Adopt the threshold that the evidence proposes for an agent
    Adopt {
        /// The workflow
        workflow: String,
        /// The agent
        agent: String,
        #[command(flatten)]
        place: Where,
    },
    /// Let the samples of a stopped area go on: its cause was removed
    Restart {
        /// The workflow
        workflow: String,
        /// The area, e.g. crm-field-updates
        area: String,
        /// What the cause was, and how it was removed
        #[arg(long)]
        why: String,
        #[command(flatten)]
        place: Where,
    },
}

/// Which tool of which workflow.
#[derive(Args)]
pub struct ToolArgs {
    /// The workflow
    workflow: String,
    /// The tool, `<system>__<tool>`
    tool: String,
    #[command(flatten)]
    place: Where,
}

/// Runs a command.
pub async fn run(command: EvidenceCommand) -> anyhow::Result<ExitCode> {
    match command {
        EvidenceCommand::List { workflow, place } => list(&workflow, &place).await,
        EvidenceCommand::Show(which) => {
            let client = Client::reach(&which.place).await?;
            let stage = client.get(&path(&which, "")).await?;
            print(&stage, which.place.json);
            Ok(ExitCode::SUCCESS)
        }
        EvidenceCommand::Sign { which, side } => {
            let client = Client::reach(&which.place).await?;
            let stage = client.get(&path(&which, "")).await?;
            let hash = &stage["proposal"]["content_hash"];
            let hash = hash.as_str().unwrap_or_default();
            let body = json!({ "as": side, "content_hash": hash });
            let stage = client.post(&path(&which, "/sign"), body).await?;
            print(&stage, which.place.json);
            Ok(ExitCode::SUCCESS)
        }
        EvidenceCommand::Decline { which, why } => take(which, "/decline", &why).await,
        EvidenceCommand::Readmit { which, why } => take(which, "/readmit", &why).await,
        EvidenceCommand::Demote { which, why } => take(which, "/demote", &why).await,
        EvidenceCommand::Confidence { workflow, place } => confidence(&workflow, &place).await,
        EvidenceCommand::Adopt {
            workflow,
            agent,
            place,
        } => {
            let (workflow, agent) = (segment(&workflow), segment(&agent));
            let path = format!("/v1/workflows/{workflow}/confidence/{agent}/adopt");
            let answer = Client::reach(&place).await?.post(&path, json!({})).await?;
            Ok(told(&answer, place.json, |answer| {
                out!(
                    "{}: relied on from {} on",
                    plain(&answer["agent"]),
                    plain(&answer["threshold"])
                );
            }))
        }
        EvidenceCommand::Restart {
            workflow,
            area,
            why,
            place,
        } => {
            let (workflow, area) = (segment(&workflow), segment(&area));
            let path = format!("/v1/workflows/{workflow}/areas/{area}/restart");
            let body = json!({ "why": why });
            let answer = Client::reach(&place).await?.post(&path, body).await?;
            Ok(told(&answer, place.json, |answer| {
                out!("{}: {}", plain(&answer["area"]), plain(&answer["cadence"]));
            }))
        }
    }
}

fn told(answer: &Value, json: bool, print: impl Fn(&Value)) -> ExitCode {
    if json {
        output::json(answer);
    } else {
        print(answer);
    }
    ExitCode::SUCCESS
}

fn path(which: &ToolArgs, what: &str) -> String {
    let (workflow, tool) = (segment(&which.workflow), segment(&which.tool));
    format!("/v1/workflows/{workflow}/evidence/{tool}{what}")
}

async fn take(which: ToolArgs, what: &str, why: &str) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&which.place).await?;
    let stage = client
        .post(&path(&which, what), json!({ "why": why }))
        .await?;
    print(&stage, which.place.json);
    Ok(ExitCode::SUCCESS)
}

async fn list(workflow: &str, place: &Where) -> anyhow::Result<ExitCode> {
    let client = Client::reach(place).await?;
    let answer = client
        .get(&format!("/v1/workflows/{}/evidence", segment(workflow)))
        .await?;
    if place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let tools = answer["tools"].as_array().cloned().unwrap_or_default();
    if tools.is_empty() {
        out!("its agents may only read: there is nothing to earn");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = tools
        .iter()
        .map(|tool| {
            let mut row: Vec<String> = ["tool", "now", "configured", "reviewed", "wrong", "gate"]
                .map(|key| plain(&tool[key]))
                .to_vec();
            row.push(match (&tool["proposal"], tool["weeks"].as_f64()) {
                (Value::Object(_), _) => "a promotion is proposed".to_owned(),
                _ if tool["barred"].is_string() => "not with these versions".to_owned(),
                (_, Some(weeks)) => format!("{weeks:.1} weeks if none is wrong"),
                _ => "nobody can say".to_owned(),
            });
            row
        })
        .collect();
    output::table(
        &[
            "TOOL",
            "NOW",
            "AT MOST",
            "REVIEWED",
            "WRONG",
            "GATE",
            "NEXT LEVEL",
        ],
        &rows,
    );
    Ok(ExitCode::SUCCESS)
}

fn print(stage: &Value, json: bool) {
    if json {
        output::json(stage);
        return;
    }
    out!("{}", plain(&stage["tool"]));
    for (label, key) in [
        ("now", "now"),
        ("at most", "configured"),
        ("reviewed", "reviewed"),
        ("wrong", "wrong"),
        ("gate", "gate"),
        ("more needed", "needed"),
    ] {
        out!("  {label:<12} {}", plain(&stage[key]));
    }
    if let Some(why) = stage["barred"].as_str() {
        out!("  not proposed {} with these versions", plain(&json!(why)));
    }
    if let Some(proposal) = stage["proposal"].as_object() {
        out!(
            "  proposed     {} to {}, until {}",
            plain(&proposal["from"]),
            plain(&proposal["to"]),
            proposal["expires_ms"]
                .as_i64()
                .map(crate::clock::rfc3339)
                .unwrap_or_default()
        );
    }
    for moment in stage["stage"]["moments"].as_array().into_iter().flatten() {
        out!(
            "  {}  {}",
            moment["at_ms"]
                .as_i64()
                .map(crate::clock::rfc3339)
                .unwrap_or_default(),
            plain(&moment["text"])
        );
    }
}

async fn confidence(workflow: &str, place: &Where) -> anyhow::Result<ExitCode> {
    let client = Client::reach(place).await?;
    let answer = client
        .get(&format!("/v1/workflows/{}/confidence", segment(workflow)))
        .await?;
    Ok(told(&answer, place.json, |answer| {
        let agents = answer["agents"].as_array().cloned().unwrap_or_default();
        if agents.is_empty() {
            out!("no output of its agents is known to be right or wrong yet");
        }
        for agent in agents {
            out!("{}", plain(&agent["agent"]));
            for (label, key) in [
                ("outputs", "reviewed"),
                ("calibration error", "ece"),
                ("Brier score", "brier"),
                ("proposed from", "proposed"),
            ] {
                out!("  {label:<18} {}", plain(&agent[key]));
            }
            out!(
                "  {:<18} {}",
                "adopted from",
                plain(&agent["adopted"]["threshold"])
            );
        }
    }))
}
