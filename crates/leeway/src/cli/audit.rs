//! `leeway audit` and `leeway measure`: what a workflow's tools need before it goes live, and how
//! good the guesses are.

use super::output;
use crate::audit::{Audited, document, files, html, markdown, source, text};
use crate::clock::{Clock, rfc3339};
use crate::system;
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use leeway_core::audit::Audit;
use leeway_core::govern::system::System;
use leeway_core::openapi::document::Document;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal
    Text,
    /// One file to hand on: no script, nothing fetched, printable
    Html,
    /// Markdown
    Markdown,
    /// JSON
    Json,
}

/// `leeway audit`
#[derive(Args)]
#[command(group = clap::ArgGroup::new("subject").required(true))]
pub struct AuditArgs {
    /// Command that starts an MCP server on stdin and stdout, as in a shell
    #[arg(long, value_name = "COMMAND", group = "subject")]
    mcp: Option<String>,
    /// Address of an MCP server over streamable HTTP
    #[arg(long, value_name = "URL", group = "subject")]
    mcp_url: Option<String>,
    /// File with tools: an answer to tools/list, an object with `tools`, or a list
    #[arg(long, value_name = "FILE", group = "subject")]
    tools: Option<PathBuf>,
    /// OpenAPI 3 document, JSON or YAML: its operations are audited as tools
    #[arg(long, value_name = "FILE", group = "subject")]
    openapi: Option<PathBuf>,
    /// Environment of the command, NAME=VALUE; a value may be env:NAME or file:/path
    #[arg(long, value_name = "NAME=VALUE", requires = "mcp")]
    env: Vec<String>,
    /// HTTP header, NAME=VALUE; a value may be env:NAME or file:/path
    #[arg(long, value_name = "NAME=VALUE", requires = "mcp_url")]
    header: Vec<String>,
    /// Workflow that is to use the tools
    #[arg(long, value_name = "FILE")]
    workflow: Option<PathBuf>,
    /// Pack that says what tools do; where it has an entry, nothing is guessed
    #[arg(long, value_name = "FILE")]
    pack: Option<PathBuf>,
    /// Owner matrix, owners.toml: who is named already
    #[arg(long, value_name = "FILE")]
    owners: Option<PathBuf>,
    /// Short name of the system: lower-case letters, digits, hyphens
    #[arg(long)]
    name: Option<String>,
    /// Name of the system for people
    #[arg(long)]
    title: Option<String>,
    /// Form of the report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Folder to write the report in every form and a draft configuration into
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Audits and prints the report; with `--out` writes it and the drafts.
pub async fn run(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let origin = origin(&args);
    let (name, title) = names(&args, &origin)?;
    let Found {
        system,
        tools,
        document,
    } = read(&args, &name).await?;
    let audited = Audited {
        system: name,
        title,
        origin,
        tools,
        pack: args.pack.as_deref().map(source::pack).transpose()?,
        workflow: args.workflow.as_deref().map(source::workflow).transpose()?,
        owners: args.owners.as_deref().map(source::owners).transpose()?,
        document,
        day: rfc3339(Clock::system().now_ms()).chars().take(10).collect(),
    };
    let audit = audited.audit();
    if let Some(folder) = &args.out {
        let configuration = files::configuration(&audited, &audit, system.as_ref())?;
        files::write(folder, &configuration, &files::reports(&audited, &audit)?)?;
        eprintln!(
            "written to `{}`: report.html, report.md, report.json and a draft configuration; read it, then: leeway check {0}",
            folder.display()
        );
    }
    print(
        &audited,
        &audit,
        if args.json { Format::Json } else { args.format },
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Where the tools are read, for people.
fn origin(args: &AuditArgs) -> String {
    let file = args.tools.as_ref().or(args.openapi.as_ref());
    let name = file.and_then(|file| file.file_name());
    let way = args.mcp.as_ref().or(args.mcp_url.as_ref());
    name.map(|name| name.to_string_lossy().into_owned())
        .or_else(|| way.cloned())
        .unwrap_or_default()
}

/// What is audited.
struct Found {
    /// The system, if it can be reached again.
    system: Option<System>,
    tools: Vec<Value>,
    /// The document the tools are the operations of.
    document: Option<Document>,
}

async fn read(args: &AuditArgs, name: &str) -> anyhow::Result<Found> {
    if let Some(file) = &args.openapi {
        let (system, document) = source::by_document(file, name)?;
        let operations = document.operations.values();
        return Ok(Found {
            system: Some(system),
            tools: operations.map(|it| it.definition.clone()).collect(),
            document: Some(document),
        });
    }
    if let Some(file) = &args.tools {
        return Ok(Found {
            system: None,
            tools: source::tools_of_file(file)?,
            document: None,
        });
    }
    let system = match (&args.mcp, &args.mcp_url) {
        (Some(command), _) => source::by_command(command, source::pairs(&args.env)?)?,
        (None, Some(url)) => source::by_address(url, source::pairs(&args.header)?)?,
        (None, None) => bail!("give one of --mcp, --mcp-url, --openapi and --tools"),
    };
    let tools = system::tools_listed(&system)
        .await
        .map_err(anyhow::Error::msg)?;
    Ok(Found {
        system: Some(system),
        tools,
        document: None,
    })
}

/// The system's names: as given, else those of the pack, else made from where its tools were read.
fn names(args: &AuditArgs, origin: &str) -> anyhow::Result<(String, String)> {
    let last = match (args.tools.as_ref().or(args.openapi.as_ref()), &args.mcp_url) {
        (Some(file), _) => file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned()),
        (None, Some(url)) => url::Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned)),
        (None, None) => program(origin),
    };
    let found = last.unwrap_or_default();
    let name = match &args.name {
        Some(name) if *name != source::short_name(name) => {
            bail!("`{name}` cannot be a system's name: use lower-case letters, digits and hyphens")
        }
        Some(name) => name.clone(),
        None => source::short_name(&found),
    };
    let title = args.title.clone().unwrap_or(if found.is_empty() {
        name.clone()
    } else {
        found
    });
    Ok((name, title))
}

/// The word of a command that names the server: the first that is neither an option nor a program
/// that runs others.
fn program(command: &str) -> Option<String> {
    const RUNNERS: [&str; 12] = [
        "npx", "node", "uvx", "uv", "python", "python3", "bunx", "deno", "docker", "run", "env",
        "exec",
    ];
    let words = shlex::split(command)?;
    let name = |word: &String| {
        let base = word.rsplit('/').next().unwrap_or(word);
        let stem = ["js", "mjs", "py", "ts"]
            .iter()
            .find_map(|ending| base.strip_suffix(&format!(".{ending}")))
            .unwrap_or(base);
        stem.split('@').next().unwrap_or(stem).to_owned()
    };
    words
        .iter()
        .filter(|word| !word.starts_with('-'))
        .map(name)
        .find(|word| !word.is_empty() && !RUNNERS.contains(&word.as_str()))
}

fn print(audited: &Audited, audit: &Audit, format: Format) -> anyhow::Result<()> {
    let document = document::document(audited, audit);
    match format {
        Format::Text => print!("{}", text::render(&document)),
        Format::Html => out!("{}", html::render(&document)),
        Format::Markdown => print!("{}", markdown::render(&document)),
        Format::Json => {
            output::json(&serde_json::to_value(audit).context("the report cannot be written")?);
        }
    }
    Ok(())
}

/// `leeway measure`
#[derive(Args)]
pub struct MeasureArgs {
    /// Labels: {"SERVER": [{"tool", "effect", "level", "fields", "areas"}]}
    labels: PathBuf,
    /// Files with tools, each named SERVER.json
    #[arg(required = true)]
    tools: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Guesses every labelled tool and compares. Exit code 1 when the guesses do not hold.
pub fn measure(args: &MeasureArgs) -> anyhow::Result<ExitCode> {
    let labels = source::labels(&args.labels)?;
    let measured = args
        .tools
        .iter()
        .map(|file| measured(&labels, file))
        .collect::<anyhow::Result<Vec<_>>>()?;
    super::measured::print(&measured, args.json);
    let holds = super::measured::total(&measured).holds();
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measured(labels: &source::Labels, file: &Path) -> anyhow::Result<super::measured::Server> {
    let name = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let rows = labels
        .get(&name)
        .with_context(|| format!("there are no labels for `{name}`"))?;
    super::measured::server(name, rows, &source::tools_of_file(file)?)
}
