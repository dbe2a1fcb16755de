//! `leeway actions undo|settle|attest`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use clap::Args;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Which actions, and how.
#[derive(Args)]
pub struct UndoArgs {
    /// Ids of the actions, newest first where they touch the same record
    #[arg(required = true)]
    ids: Vec<String>,
    /// Only show what would be done now
    #[arg(long)]
    plan: bool,
    /// Fields that get their old value although they were changed since (`*`: all); a second person
    /// approves it
    #[arg(long, value_delimiter = ',')]
    overwrite: Vec<String>,
    /// Fields that stay as they are (`*`: all that were changed since)
    #[arg(long, value_delimiter = ',')]
    keep: Vec<String>,
    /// Do it without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Where,
}

/// A person's word about an undo.
#[derive(Args)]
pub struct SettleArgs {
    /// The action's id
    id: String,
    /// It stays as it is
    #[arg(
        long,
        conflicts_with = "put_right",
        required_unless_present = "put_right"
    )]
    kept: bool,
    /// It was put right by hand
    #[arg(long)]
    put_right: bool,
    /// The reason, or how it was put right
    #[arg(long)]
    why: String,
    #[command(flatten)]
    place: Where,
}

/// What a person says became of a call.
#[derive(Args)]
pub struct AttestArgs {
    /// The action's id
    id: String,
    /// What became of it
    #[arg(long, value_parser = ["executed", "failed", "partial"])]
    outcome: String,
    /// How you know: where you looked, and what you saw there
    #[arg(long)]
    evidence: String,
    #[command(flatten)]
    place: Where,
}

/// Takes actions back, one after another.
pub async fn undo(args: UndoArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let mut answers = Vec::new();
    let mut all_done = true;
    for id in &args.ids {
        let path = format!("/v1/actions/{}/undo", segment(id));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, fields) in [("overwrite", &args.overwrite), ("keep", &args.keep)] {
            if !fields.is_empty() {
                query.append_pair(key, &fields.join(","));
            }
        }
        let plan = client.get(&format!("{path}?{}", query.finish())).await?;
        if !args.place.json {
            print_plan(&plan);
        }
        if args.plan {
            answers.push(plan);
            continue;
        }
        if !args.yes && !args.place.json && std::io::stdin().is_terminal() && !confirmed()? {
            println!("nothing was done");
            all_done = false;
            continue;
        }
        let body = json!({
            "hash": plan["hash"], "overwrite": args.overwrite, "keep": args.keep,
            "wait_s": if client.is_server() { 30 } else { 0 },
        });
        let answer = client.post(&path, body).await?;
        if !args.place.json {
            print_state(&answer);
            if !client.is_server() && answer["status"] == "planned" {
                println!("no server runs over this folder: it is carried out when one starts");
            }
        }
        all_done &= matches!(
            answer["status"].as_str(),
            Some("undone" | "kept" | "planned")
        );
        answers.push(answer);
    }
    if args.place.json {
        match answers.as_slice() {
            [answer] => output::json(answer),
            several => output::json(&json!(several)),
        }
    }
    Ok(if all_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn confirmed() -> anyhow::Result<bool> {
    print!("Take exactly this back? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn print_plan(plan: &Value) {
    println!("{}  {}", plain(&plan["action"]), plain(&plan["summary"]));
    if !plan["state"].is_null() {
        println!(
            "  so far        {} {}",
            plain(&plan["state"]["status"]),
            plain(&plan["state"]["note"])
        );
    }
    for field in plan["fields"].as_array().into_iter().flatten() {
        let name = match &field["record"] {
            Value::Null => plain(&field["field"]),
            record => format!("{} of {}", plain(&field["field"]), plain(record)),
        };
        println!(
            "  {name:<13} {} → {}, now {}: {}",
            plain(&field["before"]),
            plain(&field["written"]),
            plain(&field["now"]),
            plain(&field["finding"])
        );
    }
    let next = match plan["next"].as_str() {
        Some("call") => format!(
            "calls {} with {}",
            plain(&plan["tool"]),
            plain(&plan["arguments"])
        ),
        Some("already-back") => "it is as it was before: nothing is to be done".to_owned(),
        Some("all-kept") => "everything is kept as it is".to_owned(),
        Some("decide") => format!(
            "decide with --keep or --overwrite: {}",
            plain(&plan["left"])
        ),
        _ => format!("cannot be taken back: {}", plain(&plan["why"])),
    };
    println!("  then          {next}");
    for (label, key) in [
        ("overwrites", "forced"),
        ("keeps", "kept"),
        ("undecided", "left"),
    ] {
        let names = plan[key].as_array().filter(|names| !names.is_empty());
        if names.is_some() && plan["next"] == "call" {
            println!("  {label:<13} {}", plain(&plan[key]));
        }
    }
}

fn print_state(answer: &Value) {
    println!("{}  {}", plain(&answer["action"]), plain(&answer["status"]));
    if answer["note"].as_str().is_some_and(|note| !note.is_empty()) {
        println!("  {}", plain(&answer["note"]));
    }
    if !answer["undo"].is_null() {
        println!("  undo          {}", plain(&answer["undo"]));
    }
    let undo = &answer["undo_action"];
    if undo["status"] == "held" {
        println!("  waits for a second person");
    }
}

/// Settles an undo without a call.
pub async fn settle(args: SettleArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let path = format!("/v1/actions/{}/undo/settle", segment(&args.id));
    let settled = if args.put_right { "put_right" } else { "kept" };
    let answer = client
        .post(&path, json!({ "as": settled, "why": args.why }))
        .await?;
    if args.place.json {
        output::json(&answer);
    } else {
        print_state(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

/// Attests an unknown outcome.
pub async fn attest(args: AttestArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let path = format!("/v1/actions/{}/attest", segment(&args.id));
    let body = json!({ "outcome": args.outcome, "evidence": args.evidence });
    let action = client.post(&path, body).await?;
    super::actions::print(&action, args.place.json);
    Ok(ExitCode::SUCCESS)
}
