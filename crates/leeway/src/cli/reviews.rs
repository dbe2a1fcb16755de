//! `leeway reviews …`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Commands over reviews.
#[derive(Subcommand)]
pub enum ReviewsCommand {
    /// List what waits for a review, the ones due first
    List {
        /// Those that are done instead
        #[arg(long)]
        done: bool,
        /// Of this workflow
        #[arg(long)]
        workflow: Option<String>,
        /// Of this area, e.g. crm-field-updates
        #[arg(long)]
        area: Option<String>,
        /// So many at most, up to 500
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Go on where the list before ended
        #[arg(long, default_value_t = 0)]
        after: u64,
        #[command(flatten)]
        place: Where,
    },
    /// Show one: what was done, and whether you may say what it is
    Show(ReviewArgs),
    /// Say what it is
    Judge {
        #[command(flatten)]
        which: ReviewArgs,
        /// What it is
        #[arg(value_parser = ["right", "wrong", "unsure"])]
        verdict: String,
        /// How bad, when it is wrong
        #[arg(long, value_parser = ["minor", "major", "critical"])]
        severity: Option<String>,
        /// The failure's pattern, when it is wrong
        #[arg(long)]
        pattern: Option<String>,
        /// A note
        #[arg(long)]
        note: Option<String>,
    },
    /// How reviews go: yours, and everybody's together
    People(Where),
}

/// Which review.
#[derive(Args)]
pub struct ReviewArgs {
    /// Its id
    id: String,
    #[command(flatten)]
    place: Where,
}

/// Runs a command.
pub async fn run(command: ReviewsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReviewsCommand::List {
            done,
            workflow,
            area,
            limit,
            after,
            place,
        } => {
            let state = if done { "done" } else { "open" };
            let mut path = format!("/v1/reviews?state={state}&limit={limit}&after={after}");
            for (key, value) in [("workflow", workflow), ("area", area)] {
                if let Some(value) = value {
                    path.push_str(&format!("&{key}={}", segment(&value)));
                }
            }
            list(&place, &path).await
        }
        ReviewsCommand::Show(which) => {
            let client = Client::reach(&which.place).await?;
            let review = client.get(&path(&which, "")).await?;
            print(&review, which.place.json);
            Ok(ExitCode::SUCCESS)
        }
        ReviewsCommand::Judge {
            which,
            verdict,
            severity,
            pattern,
            note,
        } => {
            let client = Client::reach(&which.place).await?;
            let body = json!({ "verdict": verdict, "severity": severity, "pattern": pattern, "note": note });
            let review = client.post(&path(&which, "/judge"), body).await?;
            print(&review, which.place.json);
            Ok(ExitCode::SUCCESS)
        }
        ReviewsCommand::People(place) => people(&place).await,
    }
}

fn path(which: &ReviewArgs, what: &str) -> String {
    format!("/v1/reviews/{}{what}", segment(&which.id))
}

async fn list(place: &Where, path: &str) -> anyhow::Result<ExitCode> {
    let client = Client::reach(place).await?;
    let answer = client.get(path).await?;
    if place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let reviews = answer["reviews"].as_array().cloned().unwrap_or_default();
    if reviews.is_empty() {
        out!("nothing to list: outputs that were drawn for review appear here");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = reviews
        .iter()
        .map(|review| {
            let due = match review["overdue"].as_bool() {
                Some(true) => format!("{} OVERDUE", plain(&review["due_at"])),
                _ => plain(&review["due_at"]),
            };
            let mut row = vec![plain(&review["id"]), due];
            row.extend(["workflow", "title", "because", "outcome"].map(|key| plain(&review[key])));
            row
        })
        .collect();
    output::table(
        &["ID", "DUE (UTC)", "WORKFLOW", "WHAT", "WHY", "OUTCOME"],
        &rows,
    );
    if let Some(next) = answer["next"].as_u64() {
        out!("more: --after {next}");
    }
    Ok(ExitCode::SUCCESS)
}

fn print(review: &Value, json: bool) {
    if json {
        output::json(review);
        return;
    }
    out!(
        "{}  {}",
        plain(&review["id"]),
        plain(&review["shows"]["title"])
    );
    for (label, key) in [
        ("workflow", "workflow"),
        ("tool", "tool"),
        ("agent", "agent"),
        ("area", "area"),
        ("why", "because"),
        ("due", "due_at"),
        ("outcome", "outcome"),
    ] {
        if !review[key].is_null() {
            out!("  {label:<9} {}", plain(&review[key]));
        }
    }
    for change in review["shows"]["changes"].as_array().into_iter().flatten() {
        out!(
            "  {}: {} -> {}",
            plain(&change["field"]),
            plain(&change["old"]),
            plain(&change["new"])
        );
    }
    if let Some(why) = review["may"]["why"].as_str() {
        out!("  not yours to review: {}", plain(&json!(why)));
    }
    for given in review["given"].as_array().into_iter().flatten() {
        out!(
            "  {} said {} {} {}",
            plain(&given["by"]),
            plain(&given["verdict"]),
            plain(&given["pattern"]),
            plain(&given["note"])
        );
    }
}

async fn people(place: &Where) -> anyhow::Result<ExitCode> {
    let client = Client::reach(place).await?;
    let answer = client.get("/v1/reviewers").await?;
    if place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    for (title, key) in [("you", "me"), ("everybody", "together")] {
        let one = &answer[key];
        if one.is_null() {
            continue;
        }
        out!("{title}");
        for (label, part, base) in [
            ("objected, of decided", "objected", "decided"),
            ("found wrong, of reviewed", "wrong", "reviewed"),
            ("faster than reading", "faster_than_reading", "timed"),
            ("planted cases found", "found", "planted"),
        ] {
            out!(
                "  {label:<25} {} of {}",
                plain(&one[part]),
                plain(&one[base])
            );
        }
        if let Some(alarm) = one["alarm"].as_str() {
            out!("  ALARM: {}", plain(&json!(alarm)));
        }
    }
    Ok(ExitCode::SUCCESS)
}
