//! `leeway workflows …`, `leeway pause|resume`, `leeway apply`.

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use crate::config::ChangeReview;
use crate::folder;
use crate::rest::configuration::ConfigurationBody;
use crate::serving;
use clap::{Args, Subcommand};
use leeway_core::govern::containment::Everything;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Commands over workflows.
#[derive(Subcommand)]
pub enum WorkflowsCommand {
    /// List workflows
    List(Where),
    /// Show one workflow with its grants
    Show {
        /// The workflow's name
        workflow: String,
        #[command(flatten)]
        place: Where,
    },
}

/// Which workflow, and why.
#[derive(Args)]
pub struct PauseArgs {
    /// The workflow's name
    workflow: String,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Where,
}

/// Which workflow, and how long.
#[derive(Args)]
pub struct DrillArgs {
    /// The workflow's name
    workflow: String,
    /// How long it is held, seconds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=60))]
    hold_s: u64,
    #[command(flatten)]
    place: Where,
}

/// Which workflows, and how far.
#[derive(Args)]
pub struct ContainArgs {
    /// How far: `approve-all` (a person approves everything), `risky-off` (levels 4 and 5 are off),
    /// `read-only`, `stop` (pause), or `none` to let it go on as its rules say
    #[arg(value_parser = Everything::NAMES)]
    rung: String,
    /// The workflow's name
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    workflow: Option<String>,
    /// Every workflow
    #[arg(long)]
    all: bool,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Where,
}

/// What to bring into force, and how.
#[derive(Args)]
pub struct ApplyArgs {
    /// The folder
    dir: PathBuf,
    /// Why, for the reviewer and the record
    #[arg(long, default_value = "")]
    why: String,
    /// Wait for somebody else's review even where none is required
    #[arg(long)]
    review: bool,
    /// Take force without a review even where one is required; recorded as such
    #[arg(long, conflicts_with = "review")]
    unreviewed: bool,
    #[command(flatten)]
    place: Where,
}

/// Runs a command.
pub async fn run(command: WorkflowsCommand) -> anyhow::Result<ExitCode> {
    match command {
        WorkflowsCommand::List(place) => {
            let answer = Client::reach(&place).await?.get("/v1/workflows").await?;
            if place.json {
                output::json(&answer);
                return Ok(ExitCode::SUCCESS);
            }
            let rows: Vec<Vec<String>> = answer["workflows"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|workflow| {
                    let state = if workflow["paused"].is_null() {
                        "running"
                    } else {
                        "paused"
                    };
                    vec![
                        plain(&workflow["name"]),
                        state.to_owned(),
                        plain(&workflow["title"]),
                    ]
                })
                .collect();
            output::table(&["WORKFLOW", "STATE", "TITLE"], &rows);
        }
        WorkflowsCommand::Show { workflow, place } => {
            let path = format!("/v1/workflows/{}", segment(&workflow));
            let answer = Client::reach(&place).await?.get(&path).await?;
            if place.json {
                output::json(&answer);
                return Ok(ExitCode::SUCCESS);
            }
            out!("{} ({})", plain(&answer["title"]), plain(&answer["name"]));
            let rows: Vec<Vec<String>> = answer["tools"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|tool| vec![plain(&tool["tool"]), plain(&tool["grant"])])
                .collect();
            output::table(&["TOOL", "GRANT"], &rows);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Pauses or resumes.
pub async fn pause(args: PauseArgs, what: &str) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let path = format!("/v1/workflows/{}/{what}", segment(&args.workflow));
    let answer = client.post(&path, json!({ "reason": args.reason })).await?;
    if args.place.json {
        output::json(&answer);
    } else if what == "pause" {
        out!(
            "`{}` is paused: nothing of it starts until it is resumed",
            args.workflow
        );
    } else {
        out!("`{}` runs again", args.workflow);
    }
    Ok(ExitCode::SUCCESS)
}

/// Tries a pause of a workflow that runs.
pub async fn drill(args: DrillArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let path = format!("/v1/workflows/{}/drill", segment(&args.workflow));
    let answer = client.post(&path, json!({ "hold_s": args.hold_s })).await?;
    let drill = &answer["drill"];
    if args.place.json {
        output::json(&answer);
    } else {
        out!(
            "`{}` was paused after {} ms and held {} ms; {} actions started in between",
            args.workflow,
            plain(&drill["pause_ms"]),
            plain(&drill["held_ms"]),
            plain(&drill["started"])
        );
    }
    Ok(if drill["started"] == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Holds back one workflow, or all of them.
pub async fn contain(args: ContainArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let (path, body) = match args.workflow.as_deref().map(segment) {
        None => (
            "/v1/contain".to_owned(),
            json!({ "rung": args.rung, "reason": args.reason }),
        ),
        Some(name) if args.rung == "stop" => (
            format!("/v1/workflows/{name}/pause"),
            json!({ "reason": args.reason }),
        ),
        Some(name) => {
            let rung = (args.rung != "none").then_some(args.rung.as_str());
            let path = format!("/v1/workflows/{name}/contain");
            (path, json!({ "rung": rung, "reason": args.reason }))
        }
    };
    let answer = client.post(&path, body).await?;
    if args.place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    match (&args.workflow, answer["workflows"].as_array()) {
        (Some(name), _) => out!("`{name}`: {}", args.rung),
        (None, Some(changed)) if !changed.is_empty() => {
            for name in changed {
                out!("`{}`: {}", plain(name), args.rung);
            }
        }
        _ => out!("every workflow stands there, or is held back further, already"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings a configuration folder into force.
pub async fn apply(args: ApplyArgs) -> anyhow::Result<ExitCode> {
    let (dir, place) = (&args.dir, &args.place);
    let Some(configuration) = serving::load(Some(dir))? else {
        return Ok(ExitCode::FAILURE);
    };
    // Only a server knows its settings; a ledger opened right here goes by the folder's.
    let required = configuration.settings.change_review == ChangeReview::Required;
    let body = ConfigurationBody::of(configuration);
    let client = Client::reach(place).await?;
    let mut how = url::form_urlencoded::Serializer::new(String::new());
    // Over the network it is no folder of the server's.
    if place.url.is_none() && !client.has_token() {
        how.append_pair("folder", &folder::path(dir));
    }
    let how: String = how
        .append_pair("why", &args.why)
        .append_pair("review", &args.review.to_string())
        .append_pair("required", &required.to_string())
        .append_pair("unreviewed", &args.unreviewed.to_string())
        .finish();
    let answer = client
        .post(
            &format!("/v1/configuration?{how}"),
            serde_json::to_value(body)?,
        )
        .await?;
    if place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let changes = answer["changes"].as_array().cloned().unwrap_or_default();
    match answer["status"].as_str() {
        Some("waiting") => out!(
            "waits for a review as {}: nothing is in force yet\n  another person approves it: leeway changes approve {} --hash {}",
            plain(&answer["change"]),
            plain(&answer["change"]),
            plain(&answer["hash"])
        ),
        Some("in-force") => out!("in force as {}", plain(&answer["change"])),
        _ => out!("nothing changed: this configuration is in force already"),
    }
    for change in changes {
        out!(
            "{} {} {}",
            plain(&change["how"]),
            plain(&change["what"]),
            plain(&change["name"])
        );
    }
    Ok(ExitCode::SUCCESS)
}
