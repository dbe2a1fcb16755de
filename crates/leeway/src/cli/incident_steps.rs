//! `leeway incident …`: the steps that follow a declaration.

use super::client::Client;
use super::incidents::{IncidentArgs, path, take as post};
use super::output::{self, plain};
use super::undo::selection;
use clap::Subcommand;
use serde_json::{Value, json};
use std::process::ExitCode;

/// The steps, signing, and running again.
#[derive(Subcommand)]
pub enum StepCommand {
    /// Step 2: record what it touched, or look first with `--look`
    Scope {
        #[command(flatten)]
        which: IncidentArgs,
        /// Which actions, as `agent=…,tool=…,prompt=…,from=2026-11-25`; everything of the workflow unless told
        #[arg(long = "where", default_value = "", value_name = "FILTER")]
        filter: String,
        /// How they were found
        #[arg(long, default_value = "")]
        how: String,
        /// Show what fits and how often each version erred, and record nothing
        #[arg(long)]
        look: bool,
    },
    /// Step 3: everything it touched is settled
    Remediated(IncidentArgs),
    /// Step 4: say that you know of it
    Acknowledge(IncidentArgs),
    /// Step 5: where it came from
    Review {
        #[command(flatten)]
        which: IncidentArgs,
        /// The cause
        #[arg(long)]
        finding: String,
        /// What the source data say
        #[arg(long)]
        source_data: String,
        /// What the versions of prompt, rules, model and tools say
        #[arg(long)]
        versions: String,
    },
    /// Step 6: a guardrail in force catches the case
    Guard {
        #[command(flatten)]
        which: IncidentArgs,
        /// The guardrail's id
        #[arg(long)]
        rule: String,
        /// The action that is replayed; the incident's case unless told
        #[arg(long)]
        case: Option<String>,
    },
    /// Step 7: show the sample of recent actions; with `--judged`, say that it was reviewed
    Sample {
        #[command(flatten)]
        which: IncidentArgs,
        /// Every action of the sample was looked at
        #[arg(long)]
        judged: bool,
        /// One that is wrong, as often as there are
        #[arg(long, requires = "judged", value_name = "ID")]
        wrong: Vec<String>,
    },
    /// Sign the evidence, exactly as shown now or as of `--hash`
    Sign {
        #[command(flatten)]
        which: IncidentArgs,
        /// For which side
        #[arg(long = "as", value_parser = ["business", "technical"])]
        side: String,
        /// The hash of the evidence that was read, from `leeway incident show`
        #[arg(long)]
        hash: String,
    },
    /// Let the workflow run again, everything of it reviewed
    Reenable(IncidentArgs),
}

/// Steps 2 to 7, signing and running again.
pub async fn take(command: StepCommand) -> anyhow::Result<ExitCode> {
    match command {
        StepCommand::Scope {
            which,
            filter,
            how,
            look: looks,
        } => {
            let body = json!({ "selection": selection(&filter)?, "how": how });
            if looks {
                return look(which, body).await;
            }
            post(which, "scope", body).await
        }
        StepCommand::Remediated(which) => post(which, "remediated", json!({})).await,
        StepCommand::Acknowledge(which) => post(which, "acknowledge", json!({})).await,
        StepCommand::Review {
            which,
            finding,
            source_data,
            versions,
        } => {
            let body =
                json!({ "finding": finding, "source_data": source_data, "versions": versions });
            post(which, "review", body).await
        }
        StepCommand::Guard { which, rule, case } => {
            post(which, "guard", json!({ "rule": rule, "case": case })).await
        }
        StepCommand::Sample {
            which,
            judged: true,
            wrong,
        } => post(which, "sample", json!({ "wrong": wrong })).await,
        StepCommand::Sample { which, .. } => sample(which).await,
        StepCommand::Sign { which, side, hash } => {
            post(which, "sign", json!({ "as": side, "content_hash": hash })).await
        }
        StepCommand::Reenable(which) => post(which, "reenable", json!({})).await,
    }
}

/// What fits, and how often each version erred.
async fn look(which: IncidentArgs, body: Value) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&which.place).await?;
    let found = client.post(&path(&which, "/blast-radius"), body).await?;
    if which.place.json {
        output::json(&found);
        return Ok(ExitCode::SUCCESS);
    }
    let affected = &found["affected"];
    out!(
        "{} actions on {} records, {} messages among them",
        plain(&affected["actions"]),
        plain(&affected["records"]),
        plain(&affected["messages"])
    );
    actions(&found["actions"]);
    Ok(ExitCode::SUCCESS)
}

/// The actions that step 7 has somebody review.
async fn sample(which: IncidentArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&which.place).await?;
    let drawn = client.get(&path(&which, "/sample")).await?;
    if which.place.json {
        output::json(&drawn);
        return Ok(ExitCode::SUCCESS);
    }
    actions(&drawn["actions"]);
    out!(
        "look at each with `leeway actions show`, then: leeway incident sample {} --judged [--wrong ID]",
        which.number
    );
    Ok(ExitCode::SUCCESS)
}

fn actions(found: &Value) {
    let rows: Vec<Vec<String>> = found
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| {
            ["id", "status", "title"]
                .map(|key| plain(&row[key]))
                .to_vec()
        })
        .collect();
    output::table(&["ACTION", "STATUS", "WHAT"], &rows);
}
