//! `leeway init`: a configuration folder to start from, that runs at once against the sandbox business.

use super::output;
use crate::config;
use crate::templates::{SANDBOX_PACK, WORKFLOWS, sandbox_system};
use anyhow::{Context, bail};
use clap::Args;
use leeway_core::govern::owners::{Owner, Owners, Responsibility};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to start with.
#[derive(Args)]
pub struct InitArgs {
    /// The folder to make; it must not hold a configuration yet
    #[arg(required_unless_present = "list")]
    dir: Option<PathBuf>,
    /// A workflow to start from; may be given several times, `all` for every one
    #[arg(
        long = "template",
        value_name = "NAME",
        default_value = "support-triage"
    )]
    templates: Vec<String>,
    /// The business's name
    #[arg(long, default_value = "My business")]
    name: String,
    /// E-mail of the person who owns every risk to begin with; without it there is no owners.toml
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
    /// List the templates and stop
    #[arg(long)]
    list: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Makes the folder.
pub fn run(args: &InitArgs) -> anyhow::Result<ExitCode> {
    if args.list {
        list(args.json);
        return Ok(ExitCode::SUCCESS);
    }
    let Some(dir) = &args.dir else {
        bail!("name the folder to make");
    };
    let chosen = chosen(&args.templates)?;
    if dir.join("leeway.toml").exists() {
        bail!(
            "`{}` holds a configuration already; nothing was written\n  choose another folder",
            dir.display()
        );
    }
    let files = files(args, dir, &chosen)?;
    for (path, text) in &files {
        write(&dir.join(path), text)?;
    }
    let problems = config::inspect(dir);
    let errors: Vec<_> = problems
        .iter()
        .filter(|problem| problem.severity == config::Severity::Error)
        .collect();
    if !errors.is_empty() {
        eprint!("{}", config::render(dir, &problems));
        return Ok(ExitCode::FAILURE);
    }
    let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    if args.json {
        output::json(&json!({ "folder": dir, "files": names }));
    } else {
        out!("made `{}`: {}", dir.display(), names.join(", "));
        out!(
            "next:\n  leeway check {0}\n  leeway apply {0}\n  leeway users add YOU@EXAMPLE.COM --role owner\n  leeway agents add AGENT --workflow {1}\n  leeway serve",
            dir.display(),
            chosen[0].0
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn list(as_json: bool) {
    let title = |text: &str, key: &str| -> String {
        toml::from_str::<toml::Table>(text)
            .ok()
            .and_then(|table| Some(table.get(key)?.as_str()?.to_owned()))
            .unwrap_or_default()
    };
    if as_json {
        let all: Vec<_> = WORKFLOWS
            .iter()
            .map(|(name, text)| json!({ "name": name, "title": title(text, "title"), "purpose": title(text, "purpose") }))
            .collect();
        output::json(&json!({ "templates": all }));
        return;
    }
    let rows: Vec<Vec<String>> = WORKFLOWS
        .iter()
        .map(|(name, text)| vec![(*name).to_owned(), title(text, "purpose")])
        .collect();
    output::table(&["TEMPLATE", "WHAT FOR"], &rows);
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    if names.iter().any(|name| name == "all") {
        return Ok(WORKFLOWS.to_vec());
    }
    names
        .iter()
        .map(|name| {
            let found = WORKFLOWS.into_iter().find(|(known, _)| known == name);
            found.with_context(|| {
                let known: Vec<&str> = WORKFLOWS.iter().map(|(name, _)| *name).collect();
                format!(
                    "there is no template `{name}`\n  templates are: {}, all",
                    known.join(", ")
                )
            })
        })
        .collect()
}

fn files(
    args: &InitArgs,
    dir: &Path,
    chosen: &[(&'static str, &'static str)],
) -> anyhow::Result<Vec<(String, String)>> {
    let exe = std::env::current_exe().context("cannot tell where this program is")?;
    let folder = std::path::absolute(dir).context("cannot tell where the folder is")?;
    let state = folder.join("sandbox.json");
    let name = toml::Value::from(args.name.clone());
    let mut files = vec![
        (
            "leeway.toml".to_owned(),
            format!("name = {name}\nchange_review = \"required\"\n"),
        ),
        (
            "systems/sandbox.toml".to_owned(),
            sandbox_system(&exe, &state),
        ),
        ("packs/sandbox.toml".to_owned(), SANDBOX_PACK.to_owned()),
    ];
    if let Some(email) = &args.owner {
        files.push((
            "owners.toml".to_owned(),
            owners(&email.trim().to_lowercase())?,
        ));
    }
    for (name, text) in chosen {
        files.push((format!("workflows/{name}.toml"), (*text).to_owned()));
    }
    Ok(files)
}

fn owners(email: &str) -> anyhow::Result<String> {
    let owner = Owner {
        business: email.to_owned(),
        technical: String::new(),
        delegates: Vec::new(),
        fallback: None,
        cadence: None,
    };
    let rows = Responsibility::ALL.map(|row| (row, owner.clone()));
    Ok(toml::to_string_pretty(&Owners {
        zone: "UTC".to_owned(),
        rows: rows.into(),
        away: Vec::new(),
    })?)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    std::fs::write(file, text).with_context(|| format!("cannot write `{}`", file.display()))
}
