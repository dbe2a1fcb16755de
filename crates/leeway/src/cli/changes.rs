//! `leeway changes …`, `leeway owners`.

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Commands over changes of the configuration.
#[derive(Subcommand)]
pub enum ChangesCommand {
    /// List changes, newest first
    List {
        /// Only those that wait for a review
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Show one change with what it would make of what
    Show {
        /// The change's id
        id: String,
        #[command(flatten)]
        place: Where,
    },
    /// Approve a change: it takes force at once
    Approve(DecideArgs),
    /// Reject a change: nothing of it takes force
    Reject(DecideArgs),
    /// Take your own change back
    Withdraw {
        /// The change's id
        id: String,
        #[command(flatten)]
        place: Where,
    },
}

/// A decision on a change.
#[derive(Args)]
pub struct DecideArgs {
    /// The change's id
    id: String,
    /// The hash `leeway changes show` gave
    #[arg(long)]
    hash: String,
    /// Why, when it is rejected
    #[arg(long, default_value = "")]
    why: String,
    #[command(flatten)]
    place: Where,
}

/// Where to look.
#[derive(Args)]
pub struct OwnersArgs {
    #[command(flatten)]
    place: Where,
}

/// Runs a command.
pub async fn run(command: ChangesCommand) -> anyhow::Result<ExitCode> {
    match command {
        ChangesCommand::List { open, place } => {
            let path = if open {
                "/v1/changes?status=open"
            } else {
                "/v1/changes"
            };
            let answer = Client::reach(&place).await?.get(path).await?;
            if place.json {
                output::json(&answer);
            } else {
                list(&answer);
            }
        }
        ChangesCommand::Show { id, place } => {
            let path = format!("/v1/changes/{}", segment(&id));
            let answer = Client::reach(&place).await?.get(&path).await?;
            told(&answer, place.json);
        }
        ChangesCommand::Approve(args) => decide(args, "approve").await?,
        ChangesCommand::Reject(args) => decide(args, "reject").await?,
        ChangesCommand::Withdraw { id, place } => {
            let path = format!("/v1/changes/{}/withdraw", segment(&id));
            let answer = Client::reach(&place).await?.post(&path, json!({})).await?;
            told(&answer, place.json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn decide(args: DecideArgs, what: &str) -> anyhow::Result<()> {
    let path = format!("/v1/changes/{}/{what}", segment(&args.id));
    let body = json!({ "hash": args.hash, "why": args.why });
    let answer = Client::reach(&args.place).await?.post(&path, body).await?;
    told(&answer, args.place.json);
    Ok(())
}

fn list(answer: &Value) {
    let rows: Vec<Vec<String>> = answer["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|change| {
            let edits = change["edits"].as_array().cloned().unwrap_or_default();
            let names: Vec<String> = edits.iter().map(|edit| plain(&edit["name"])).collect();
            vec![
                plain(&change["id"]),
                plain(&change["status"]),
                plain(&change["author"]),
                names.join(", "),
            ]
        })
        .collect();
    output::table(&["CHANGE", "STATUS", "AUTHOR", "TOUCHES"], &rows);
}

fn told(answer: &Value, as_json: bool) {
    if as_json {
        output::json(answer);
        return;
    }
    out!(
        "{} {} by {}\nhash {}",
        plain(&answer["id"]),
        plain(&answer["status"]),
        plain(&answer["author"]),
        plain(&answer["hash"])
    );
    for edit in answer["edits"].as_array().into_iter().flatten() {
        let diff = edit["diff"].as_str().unwrap_or_default();
        for line in diff.lines() {
            out!("{}", plain(&json!(line)));
        }
    }
}

/// Shows the matrix.
pub async fn owners(args: OwnersArgs) -> anyhow::Result<ExitCode> {
    let answer = Client::reach(&args.place).await?.get("/v1/owners").await?;
    if args.place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    if answer["matrix"].is_null() {
        out!("there is no permission owner matrix: whoever has the role decides");
    }
    let rows: Vec<Vec<String>> = answer["rows"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            let people = |key: &str| {
                let names = row[key].as_array().cloned().unwrap_or_default();
                names.iter().map(plain).collect::<Vec<_>>().join(", ")
            };
            vec![
                plain(&row["responsibility"]),
                plain(&row["owner"]["business"]),
                people("asked_now"),
                people("may_decide_now"),
            ]
        })
        .collect();
    output::table(
        &["RESPONSIBILITY", "OWNER", "ASKED NOW", "MAY DECIDE NOW"],
        &rows,
    );
    Ok(ExitCode::SUCCESS)
}
