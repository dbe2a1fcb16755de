//! `leeway report`

use super::Where;
use super::client::Client;
use super::output;
use anyhow::Context;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// The report of the last days.
#[derive(Args)]
pub struct ReportArgs {
    /// Of so many days
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
    /// As one HTML file with charts, instead of Markdown
    #[arg(long)]
    html: bool,
    /// Into this file instead
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    place: Where,
}

/// Prints or writes it.
pub async fn run(args: ReportArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    if args.place.json && args.out.is_none() && !args.html {
        let answer = client
            .get(&format!("/v1/report?days={}", args.days))
            .await?;
        output::json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    let form = if args.html { "html" } else { "markdown" };
    let text = client
        .text(&format!("/v1/report?days={}&format={form}", args.days))
        .await?;
    if let Some(file) = &args.out {
        std::fs::write(file, &text)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    match (args.out, args.place.json) {
        (Some(file), true) => output::json(&json!({ "format": form, "written": file })),
        (Some(file), false) => out!("written to {}", file.display()),
        (None, true) => output::json(&json!({ "format": form, "report": text })),
        (None, false) => print!("{text}"),
    }
    Ok(ExitCode::SUCCESS)
}
