//! `leeway verify`, `leeway rebuild`, `leeway export`.

use super::Where;
use super::client::{Client, Unreachable};
use super::output;
use crate::rest::ledger::{exported, report_json};
use anyhow::Context;
use clap::Args;
use leeway_store::Store;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Which ledger.
#[derive(Args)]
pub struct LedgerArgs {
    #[command(flatten)]
    place: Where,
}

/// What to write.
#[derive(Args)]
pub struct ExportArgs {
    /// Write the configuration in force into this folder instead
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// First sequence number
    #[arg(long, default_value_t = 0)]
    from: u64,
    #[command(flatten)]
    place: Where,
}

const PAGE: usize = 1_000;
const SHOW_PROGRESS_EVERY: u64 = 100_000;

/// Verifies a ledger by reading it itself: also beside a running server, and when none would start.
pub fn verify(args: &LedgerArgs) -> anyhow::Result<ExitCode> {
    let store =
        Store::open_read_only(&args.place.data).map_err(|error| Unreachable(error.to_string()))?;
    let shows = std::io::stderr().is_terminal() && !args.place.json;
    let report = store.reader()?.verify(|entries| {
        if shows && entries.is_multiple_of(SHOW_PROGRESS_EVERY) && entries > 0 {
            eprint!("\r{entries} entries verified");
        }
    })?;
    if shows {
        eprint!("\r");
    }
    if args.place.json {
        output::json(&report_json(&report));
    } else if let Some(bad) = &report.first_bad {
        println!("NOT OK: entry {}: {}", bad.seq, bad.what);
    } else {
        println!("ok: {} entries, root {}", report.entries, report.root);
    }
    Ok(if report.ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Rebuilds everything derived.
pub fn rebuild(args: &LedgerArgs) -> anyhow::Result<ExitCode> {
    let store = Store::open(&args.place.data).map_err(|error| Unreachable(error.to_string()))?;
    let entries = store.rebuild()?;
    if args.place.json {
        output::json(&serde_json::json!({ "entries": entries }));
    } else {
        println!("rebuilt from {entries} entries");
    }
    Ok(ExitCode::SUCCESS)
}

/// Exports the ledger or the configuration.
pub async fn export(args: ExportArgs) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &args.config {
        let answer = Client::reach(&args.place)
            .await?
            .get("/v1/configuration")
            .await?;
        write_configuration(folder, &answer)?;
        if args.place.json {
            output::json(&answer);
        } else {
            println!("written to `{}`", folder.display());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let store =
        Store::open_read_only(&args.place.data).map_err(|error| Unreachable(error.to_string()))?;
    let reader = store.reader()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut next = args.from;
    loop {
        let page = reader.entries(next, PAGE)?;
        for raw in &page {
            serde_json::to_writer(&mut out, &exported(raw))?;
            out.write_all(b"\n")?;
            next = raw.envelope.seq + 1;
        }
        if page.len() < PAGE {
            out.flush()?;
            return Ok(ExitCode::SUCCESS);
        }
    }
}

fn write_configuration(folder: &Path, configuration: &serde_json::Value) -> anyhow::Result<()> {
    for kind in ["systems", "packs", "workflows"] {
        let place = folder.join(kind);
        std::fs::create_dir_all(&place)
            .with_context(|| format!("cannot make the folder `{}`", place.display()))?;
        for item in configuration[kind].as_array().into_iter().flatten() {
            let name = item["name"].as_str().unwrap_or("unnamed");
            let text = toml::to_string_pretty(&without_nulls(item))?;
            std::fs::write(place.join(format!("{name}.toml")), text)?;
        }
    }
    let settings = folder.join("leeway.toml");
    if !settings.exists() {
        std::fs::write(settings, "")?;
    }
    Ok(())
}

/// TOML has no null: what is absent is left out.
fn without_nulls(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
