//! `leeway actions …`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use anyhow::Context;
use clap::{Args, Subcommand};
use leeway_core::message::Message;
use serde_json::{Value, json};
use std::io::{IsTerminal, Read, Write};
use std::process::ExitCode;

/// Commands over actions.
#[derive(Subcommand)]
pub enum ActionsCommand {
    /// List actions, newest first
    List(ListArgs),
    /// Show one action whole: changes, decision, the twelve audit fields, entries
    Show {
        /// The action's id
        id: String,
        #[command(flatten)]
        place: Where,
    },
    /// Approve what is shown (needs a reviewer's or owner's token in LEEWAY_TOKEN)
    Approve {
        #[command(flatten)]
        decide: DecideArgs,
        /// Approve it as it is now, without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Reject what is shown
    Reject {
        #[command(flatten)]
        decide: DecideArgs,
        /// Why, in a few words; told to the agent
        #[arg(long, default_value = "")]
        reason: String,
        /// Note for the agent and the record
        #[arg(long)]
        note: Option<String>,
    },
    /// Change the arguments; somebody else then approves
    Edit {
        #[command(flatten)]
        decide: DecideArgs,
        /// The whole arguments as JSON, or `-` to read them from standard input
        #[arg(long)]
        arguments: String,
    },
    /// Take actions back: shows what each undo would do now, asks, and does it
    Undo(super::undo::UndoArgs),
    /// Say that an action stays as it is, or that it was put right by hand
    Settle(super::undo::SettleArgs),
    /// Take an approval back that has not started: a message or payment in its delay
    Revoke {
        #[command(flatten)]
        decide: DecideArgs,
    },
    /// Say what became of a call whose outcome is unknown
    Attest(super::undo::AttestArgs),
    /// Lists what nobody knows the outcome of, each with its record as it reads now
    Outcomes {
        /// Where the server is.
        #[command(flatten)]
        place: Where,
    },
}

/// Which actions.
#[derive(Args)]
pub struct ListArgs {
    /// Of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// In this state, or several separated by commas
    #[arg(long)]
    status: Option<String>,
    /// Of this level, 1 to 5
    #[arg(long)]
    level: Option<u8>,
    /// Of this agent
    #[arg(long)]
    agent: Option<String>,
    /// On this record: its id, or type:id
    #[arg(long)]
    record: Option<String>,
    /// With these words
    #[arg(long)]
    q: Option<String>,
    /// Proposed at or after: RFC 3339 or a date
    #[arg(long)]
    from: Option<String>,
    /// Proposed before
    #[arg(long)]
    to: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Cursor of a further page
    #[arg(long)]
    cursor: Option<u64>,
    #[command(flatten)]
    place: Where,
}

/// Which action, as shown.
#[derive(Args)]
pub struct DecideArgs {
    /// The action's id
    id: String,
    /// The content_hash you were shown; without it approving shows the action and asks, and the
    /// others decide on it as it is now
    #[arg(long)]
    content_hash: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// Runs a command.
pub async fn run(command: ActionsCommand) -> anyhow::Result<ExitCode> {
    match command {
        ActionsCommand::List(args) => list(args).await,
        ActionsCommand::Show { id, place } => {
            let client = Client::reach(&place).await?;
            let action = client.get(&format!("/v1/actions/{}", segment(&id))).await?;
            print(&action, place.json);
            Ok(ExitCode::SUCCESS)
        }
        ActionsCommand::Approve { decide: args, yes } => approve(args, yes).await,
        ActionsCommand::Reject {
            decide: args,
            reason,
            note,
        } => decide(&args, "reject", json!({ "reason": reason, "note": note })).await,
        ActionsCommand::Edit {
            decide: args,
            arguments,
        } => {
            let text = if arguments == "-" {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text)?;
                text
            } else {
                arguments
            };
            let arguments: Value =
                serde_json::from_str(&text).context("the arguments are not JSON")?;
            decide(&args, "edit", json!({ "arguments": arguments })).await
        }
        ActionsCommand::Undo(args) => super::undo::undo(args).await,
        ActionsCommand::Settle(args) => super::undo::settle(args).await,
        ActionsCommand::Revoke { decide: args } => decide(&args, "revoke", json!({})).await,
        ActionsCommand::Attest(args) => super::undo::attest(args).await,
        ActionsCommand::Outcomes { place } => super::undo::outcomes(place).await,
    }
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let numbers = [
        ("level", args.level.map(|n| n.to_string())),
        ("cursor", args.cursor.map(|n| n.to_string())),
        ("limit", Some(args.limit.to_string())),
    ];
    let texts = [
        ("workflow", args.workflow),
        ("status", args.status),
        ("agent", args.agent),
        ("record", args.record),
        ("q", args.q),
        ("from", args.from),
        ("to", args.to),
    ];
    for (key, value) in texts.into_iter().chain(numbers) {
        if let Some(value) = value {
            query.append_pair(key, &value);
        }
    }
    let answer = client
        .get(&format!("/v1/actions?{}", query.finish()))
        .await?;
    if args.place.json {
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let actions = answer["actions"].as_array().cloned().unwrap_or_default();
    if actions.is_empty() {
        out!("no actions match");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = actions
        .iter()
        .map(|action| {
            ["id", "created_at", "status", "level", "workflow", "title"]
                .iter()
                .map(|key| plain(&action[*key]))
                .collect()
        })
        .collect();
    output::table(
        &[
            "ID",
            "PROPOSED (UTC)",
            "STATUS",
            "LEVEL",
            "WORKFLOW",
            "WHAT",
        ],
        &rows,
    );
    if let Some(next) = answer["next"].as_u64() {
        out!("more: --cursor {next}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Approves what was seen: by its hash, or shown now and confirmed.
async fn approve(mut args: DecideArgs, yes: bool) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    // A script names the action and cannot look; a person looks first.
    let asks = !yes && !args.place.json && std::io::stdin().is_terminal();
    if args.content_hash.is_none() && asks {
        let path = format!("/v1/actions/{}", segment(&args.id));
        let action = client.get(&path).await?;
        print(&action, false);
        if !confirmed()? {
            out!("nothing was approved");
            return Ok(ExitCode::SUCCESS);
        }
        args.content_hash = action["content_hash"].as_str().map(str::to_owned);
    }
    // Without a server nobody carries it out yet, so there is nothing to wait for.
    let runs = client.is_server();
    let done = decide(
        &args,
        "approve",
        json!({ "wait_s": if runs { 30 } else { 0 } }),
    )
    .await?;
    if !runs && !args.place.json {
        out!("no server runs over this folder: it is carried out when one starts");
    }
    Ok(done)
}

fn confirmed() -> anyhow::Result<bool> {
    print!("Approve exactly this? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

async fn decide(args: &DecideArgs, what: &str, mut body: Value) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let path = format!("/v1/actions/{}", segment(&args.id));
    let hash = match &args.content_hash {
        Some(hash) => hash.clone(),
        None => {
            let action = client.get(&path).await?;
            action["content_hash"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
    };
    body["content_hash"] = json!(hash);
    let action = client.post(&format!("{path}/{what}"), body).await?;
    print(&action, args.place.json);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn print(action: &Value, json: bool) {
    if json {
        output::json(action);
        return;
    }
    out!("{}  {}", plain(&action["title"]), plain(&action["id"]));
    for (label, key) in [
        ("status", "status"),
        ("level", "level"),
        ("workflow", "workflow"),
        ("agent", "agent"),
        ("tool", "tool"),
        ("amount", "amount_text"),
        ("arguments", "arguments"),
        ("due", "expires_at"),
        ("starts", "starts_at"),
        ("takes back", "undoes"),
        ("reviewer", "reviewer"),
        ("content hash", "content_hash"),
    ] {
        if !(action[key].is_null() && matches!(key, "starts_at" | "undoes" | "amount_text")) {
            out!("  {label:<13} {}", plain(&action[key]));
        }
    }
    for reason in action["decision"]["reasons"]
        .as_array()
        .into_iter()
        .flatten()
    {
        out!(
            "  {:<13} {} ({})",
            plain(&reason["verdict"]),
            plain(&reason["text"]),
            plain(&reason["rule"])
        );
    }
    for change in action["changes"].as_array().into_iter().flatten() {
        let field = match &change["record"] {
            Value::Null => plain(&change["field"]),
            record => format!("{} of {}", plain(&change["field"]), plain(record)),
        };
        out!(
            "  {:<13} {} → {}",
            field,
            plain(&change["old"]),
            plain(&change["new"])
        );
    }
    message("message", &action["message_read"]);
    for one in action["decoded"].as_array().into_iter().flatten() {
        message(
            &format!("{}, decoded", plain(&one["path"])),
            &one["message"],
        );
    }
    for one in action["also_sent"].as_array().into_iter().flatten() {
        let what = match one["account"].as_str() {
            Some("unaccounted") => " (nobody says what this does)",
            _ if one["same_as_now"] == true => " (same as now)",
            _ => "",
        };
        out!(
            "  also sent     {}: {}{what}",
            plain(&one["path"]),
            plain(&one["value"])
        );
    }
    audit(&action["audit"]);
    for entry in action["entries"].as_array().into_iter().flatten() {
        out!(
            "  entry {:<7} {}  {}  {}",
            plain(&entry["seq"]),
            plain(&entry["time"]),
            plain(&entry["kind"]),
            plain(&entry["actor"])
        );
    }
}

/// A message, as those who get it read it.
fn message(head: &str, of: &Value) {
    let Ok(message) = serde_json::from_value::<Message>(of.clone()) else {
        return;
    };
    out!("  {head}");
    for (label, text) in message.lines() {
        out!("    {:<15} {}", plain(&json!(label)), plain(&json!(text)));
    }
}

/// The audit record's twelve fields, and why what is empty is empty.
fn audit(record: &Value) {
    let Some(fields) = record.as_object() else {
        return;
    };
    out!("  audit record");
    for (field, value) in fields.iter().filter(|(field, _)| *field != "note") {
        let why = &record["note"][field];
        let text = match why {
            Value::Null => plain(value),
            why => format!("{} ({})", plain(value), plain(why)),
        };
        out!("    {field:<15} {text}");
    }
}
