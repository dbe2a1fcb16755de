//! `leeway verify`, `leeway rebuild`, `leeway export`.

use super::Where;
use super::client::{Client, Unreachable};
use super::output;
use crate::config::written;
use crate::rest::configuration::ConfigurationBody;
use crate::rest::ledger::{Verified, exported};
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
    let found = Verified::of(&store.reader()?, |entries| {
        if shows && entries.is_multiple_of(SHOW_PROGRESS_EVERY) && entries > 0 {
            eprint!("\r{entries} entries verified");
        }
    })?;
    if shows {
        eprint!("\r");
    }
    if args.place.json {
        output::json(&found.json());
    } else if let Some(problem) = found.problem() {
        out!("NOT OK: {problem}");
    } else {
        out!(
            "ok: {} entries, root {}; what is derived from them holds",
            found.entries.entries,
            found.entries.root
        );
    }
    Ok(if found.ok() {
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
        out!("rebuilt from {entries} entries");
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
        write_configuration(folder, serde_json::from_value(answer.clone())?)?;
        if args.place.json {
            output::json(&answer);
        } else {
            out!("written to `{}`", folder.display());
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

fn write_configuration(folder: &Path, configuration: ConfigurationBody) -> anyhow::Result<()> {
    for (path, text) in written::files(configuration.into()) {
        let file = folder.join(path);
        if let Some(place) = file.parent() {
            std::fs::create_dir_all(place)
                .with_context(|| format!("cannot make the folder `{}`", place.display()))?;
        }
        std::fs::write(&file, text)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    let settings = folder.join("leeway.toml");
    if !settings.exists() {
        std::fs::write(settings, "")?;
    }
    Ok(())
}
