//! `leeway notify …`.

use super::Where;
use super::client::Client;
use super::output::{self, plain};
use clap::{Args, Subcommand};
use serde_json::json;
use std::process::ExitCode;

/// Commands over how people are told.
#[derive(Subcommand)]
pub enum NotifyCommand {
    /// List channels with their health, and the messages sent lately
    List {
        #[command(flatten)]
        place: Where,
    },
    /// Send somebody a test message
    Test(TestArgs),
}

/// Whom to send a test.
#[derive(Args)]
pub struct TestArgs {
    /// E-mail of the person; whose token it is unless told
    #[arg(long)]
    to: Option<String>,
    /// The channel; all the person is reached by unless told
    #[arg(long)]
    channel: Option<String>,
    #[command(flatten)]
    place: Where,
}

/// Runs a command.
pub async fn run(command: NotifyCommand) -> anyhow::Result<ExitCode> {
    match command {
        NotifyCommand::List { place } => list(&place).await?,
        NotifyCommand::Test(args) => test(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(place: &Where) -> anyhow::Result<()> {
    let answer = Client::reach(place).await?.get("/v1/notifications").await?;
    if place.json {
        output::json(&answer);
        return Ok(());
    }
    if answer["public_url"].is_null() {
        out!("there is no notify.toml in force: nobody is told anything");
        return Ok(());
    }
    let rows = |key: &str, fields: &[&str]| -> Vec<Vec<String>> {
        let rows = answer[key].as_array().into_iter().flatten();
        rows.map(|row| {
            let mut cells: Vec<String> = fields.iter().map(|field| plain(&row[*field])).collect();
            cells.push(match &row["trouble"] {
                serde_json::Value::Null => "–".to_owned(),
                trouble => format!("{}: {}", plain(&trouble["code"]), plain(&trouble["why"])),
            });
            cells
        })
        .collect()
    };
    let channels = rows("channels", &["name", "kind", "last_sent_at", "waiting"]);
    output::table(
        &["CHANNEL", "KIND", "LAST SENT", "WAITING", "TROUBLE"],
        &channels,
    );
    let messages = rows("messages", &["at", "to", "channel", "subject"]);
    if !messages.is_empty() {
        out!("");
        output::table(&["WHEN", "TO", "BY", "SUBJECT", "TROUBLE"], &messages);
    }
    Ok(())
}

async fn test(args: TestArgs) -> anyhow::Result<()> {
    let body = json!({ "to": args.to, "channel": args.channel });
    let client = Client::reach(&args.place).await?;
    let answer = client.post("/v1/notifications/test", body).await?;
    if args.place.json {
        output::json(&answer);
        return Ok(());
    }
    let channels = answer["channels"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = channels.iter().map(plain).collect();
    let when = match client {
        Client::Server { .. } => "on its way",
        Client::Here { .. } => "put in; it goes when the server runs",
    };
    out!(
        "a test to {} by {}: {when}",
        plain(&answer["to"]),
        names.join(", ")
    );
    Ok(())
}
