//! `leeway backtest`: what a folder, or a change that waits, would have made of the past.

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use crate::rest::configuration::ConfigurationBody;
use crate::serving;
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to replay.
#[derive(Args)]
pub struct BacktestArgs {
    /// A configuration folder; nothing of it is proposed
    #[arg(required_unless_present = "change")]
    dir: Option<PathBuf>,
    /// A change that waits, instead of a folder
    #[arg(long, value_name = "ID", conflicts_with = "dir")]
    change: Option<String>,
    /// How many days back, 1 to 366
    #[arg(long, default_value_t = crate::backtest::USUAL_DAYS)]
    days: u32,
    #[command(flatten)]
    place: Where,
}

/// Replays the past.
pub async fn run(args: BacktestArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let answer = match (&args.change, &args.dir) {
        (Some(change), _) => {
            let path = format!(
                "/v1/changes/{}/backtest?days={}",
                segment(change),
                args.days
            );
            client.get(&path).await?
        }
        (None, dir) => {
            let Some(configuration) = serving::load(dir.as_ref())? else {
                return Ok(ExitCode::FAILURE);
            };
            let body = serde_json::to_value(ConfigurationBody::of(configuration))?;
            client
                .post(&format!("/v1/backtest?days={}", args.days), body)
                .await?
        }
    };
    if args.place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let found = answer["backtests"].as_array().cloned().unwrap_or_default();
    if found.is_empty() {
        out!("it changes no decision of any workflow in force");
    }
    found.iter().for_each(told);
    Ok(ExitCode::SUCCESS)
}

fn told(outlook: &Value) {
    out!(
        "{}: {}",
        plain(&outlook["workflow"]),
        plain(&outlook["sentence"])
    );
    let rows = |key: &str, columns: &dyn Fn(&Value) -> Vec<String>| -> Vec<Vec<String>> {
        let items = outlook[key].as_array().cloned().unwrap_or_default();
        items.iter().map(columns).collect()
    };
    let both = |item: &Value, key: &str| {
        format!(
            "{} -> {}",
            plain(&item["was"][key]),
            plain(&item["would"][key])
        )
    };
    let weeks = rows("weeks", &|week| {
        let from = plain(&week["from"]);
        let day = from.get(..10).unwrap_or(&from).to_owned();
        vec![
            day,
            both(week, "allow"),
            both(week, "hold"),
            both(week, "block"),
        ]
    });
    output::table(&["WEEK OF", "RAN ALONE", "ASKED", "BLOCKED"], &weeks);
    let reviewers = rows("reviewers", &|load| {
        let minutes = load["minutes"].as_f64();
        vec![
            load["person"]
                .as_str()
                .map_or_else(|| "nobody named".to_owned(), |_| plain(&load["person"])),
            plain(&load["holds"]),
            minutes.map_or_else(
                || "not measured yet".to_owned(),
                |minutes| format!("{minutes:.0}"),
            ),
        ]
    });
    output::table(&["REVIEWER", "DECISIONS", "MINUTES"], &reviewers);
    let cases = rows("differences", &|case| {
        vec![
            plain(&case["id"]),
            format!("{} -> {}", plain(&case["was"]), plain(&case["would"])),
            plain(&case["title"]),
        ]
    });
    if !cases.is_empty() {
        output::table(&["ACTION", "VERDICT", "WHAT"], &cases);
    }
}
