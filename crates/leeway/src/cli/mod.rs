//! The command line: one file per noun. Each command is a request to the REST door: of a running
//! server by its socket or address, or else of the data folder opened right here.

/// Writes a line of a command's answer; whoever closes the pipe has read enough.
macro_rules! out {
    ($($words:tt)*) => { $crate::cli::output::write_line(format_args!($($words)*)) };
}

mod actions;
mod agents;
mod audit;
mod backtest;
mod changes;
mod check;
mod client;
mod evidence;
mod incident_steps;
mod incidents;
mod init;
mod ledger;
mod mcp;
mod measured;
mod notify;
mod output;
mod report;
mod reviews;
mod serve;
mod systems;
mod tools;
mod undo;
mod users;
mod workflows;

use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  a check found problems (check, verify), or the command failed
  2  wrong usage
  3  refused: not allowed, not found, no longer as it was, or invalid
  4  neither a server nor a ledger can be reached

With --json errors are JSON too, on standard error: {\"error\": {\"code\", \"message\", \"help\"}}

Environment:
  LEEWAY_DATA   data folder, instead of --data
  LEEWAY_URL    address of a server, instead of --url
  LEEWAY_TOKEN  a person's token (or an agent's, for `leeway mcp`)
  LEEWAY_LOG    what to log, e.g. `info` or `leeway=debug`";

/// Give AI agents exactly the leeway they have earned.
#[derive(Parser)]
#[command(name = "leeway", version, about, after_help = EXIT_CODES, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the server or the ledger is.
#[derive(Args, Clone, Debug)]
pub struct Where {
    /// Data folder: its running server is asked, or else the ledger in it
    #[arg(
        long,
        env = "LEEWAY_DATA",
        default_value = "leeway-data",
        global = true
    )]
    data: PathBuf,
    /// Address of a server, e.g. https://leeway.example.com; needs a token
    #[arg(long, env = "LEEWAY_URL", global = true)]
    url: Option<String>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Serve(serve::ServeArgs),
    /// Run everything at once: the gateway, a sandbox business and scripted agents
    Demo(serve::DemoArgs),
    /// Make a configuration folder from a workflow template
    Init(init::InitArgs),
    /// Check a configuration folder and report every problem at once
    Check {
        /// The folder
        dir: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Audit a system's tools: the permissions, approvals, logs, undo rules and owners they need
    Audit(audit::AuditArgs),
    /// Measure how well tools are guessed, against labels that people gave them
    Measure(audit::MeasureArgs),
    /// Bring a configuration folder into force
    Apply(workflows::ApplyArgs),
    /// Replay the past under other rules: what would have been asked, blocked, let run
    Backtest(backtest::BacktestArgs),
    /// Changes of the configuration: list, show, approve, reject, withdraw
    #[command(subcommand)]
    Changes(changes::ChangesCommand),
    /// Show the permission owner matrix and who decides now
    Owners(changes::OwnersArgs),
    /// List, show, approve, edit and reject actions
    #[command(subcommand)]
    Actions(actions::ActionsCommand),
    /// List and show workflows
    #[command(subcommand)]
    Workflows(workflows::WorkflowsCommand),
    /// Pause a workflow: nothing of it starts from now on
    Pause(workflows::PauseArgs),
    /// Declare incidents and work them
    #[command(subcommand)]
    Incident(incidents::IncidentCommand),
    /// Reviews of what agents did: list, show, judge
    #[command(subcommand)]
    Reviews(reviews::ReviewsCommand),
    /// What agents earned: list, show, sign, decline, readmit, demote, confidence
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// The report of the week: what needs somebody, what was earned and lost
    Report(report::ReportArgs),
    /// Try a pause: pause, hold, resume, and show that nothing started in between
    Drill(workflows::DrillArgs),
    /// Hold workflows back, short of a pause: approve everything, risky tools off, read-only
    Contain(workflows::ContainArgs),
    /// Resume a paused workflow
    Resume(workflows::PauseArgs),
    /// The systems agents act on, and whether they are up
    #[command(subcommand)]
    Systems(systems::SystemsCommand),
    /// List tools and review changed definitions
    #[command(subcommand)]
    Tools(tools::ToolsCommand),
    /// People: add, list, roles, password, tokens
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Agents: add, list, tokens
    #[command(subcommand)]
    Agents(agents::AgentsCommand),
    /// How people are told: channels and their health, tests
    #[command(subcommand)]
    Notify(notify::NotifyCommand),
    /// Re-derive the whole ledger and compare; exit 0 only when it holds
    Verify(ledger::LedgerArgs),
    /// Rebuild everything derived from the ledger (the server must not run)
    Rebuild(ledger::LedgerArgs),
    /// Write the ledger as JSON lines, or the configuration in force as files
    Export(ledger::ExportArgs),
    /// Bridge a stdio MCP client to a workflow of a running server
    Mcp(mcp::McpArgs),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The sandbox business, an MCP server on stdin and stdout
    #[command(hide = true)]
    Sandbox {
        /// Its state
        #[arg(long)]
        state: PathBuf,
    },
}

/// Parses the command line and runs it.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let json = std::env::args_os().any(|argument| argument == "--json");
    start_logging();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("leeway: cannot start: {error}");
            return ExitCode::from(1);
        }
    };
    install_tls();
    match runtime.block_on(dispatch(cli.command)) {
        Ok(code) => code,
        Err(error) => output::failure(&error, json),
    }
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => serve::serve(args).await,
        Command::Demo(args) => serve::demo(args).await,
        Command::Init(args) => init::run(&args),
        Command::Check { dir, json } => Ok(check::run(&dir, json)),
        Command::Audit(args) => audit::run(args).await,
        Command::Measure(args) => audit::measure(&args),
        Command::Apply(args) => workflows::apply(args).await,
        Command::Backtest(args) => backtest::run(args).await,
        Command::Changes(command) => changes::run(command).await,
        Command::Owners(args) => changes::owners(args).await,
        Command::Actions(command) => actions::run(command).await,
        Command::Workflows(command) => workflows::run(command).await,
        Command::Pause(args) => workflows::pause(args, "pause").await,
        Command::Incident(command) => incidents::run(command).await,
        Command::Reviews(command) => reviews::run(command).await,
        Command::Evidence(command) => evidence::run(command).await,
        Command::Report(args) => report::run(args).await,
        Command::Drill(args) => workflows::drill(args).await,
        Command::Contain(args) => workflows::contain(args).await,
        Command::Resume(args) => workflows::pause(args, "resume").await,
        Command::Systems(command) => systems::run(command).await,
        Command::Tools(command) => tools::run(command).await,
        Command::Users(command) => users::run(command).await,
        Command::Agents(command) => agents::run(command).await,
        Command::Notify(command) => notify::run(command).await,
        Command::Verify(args) => ledger::verify(&args),
        Command::Rebuild(args) => ledger::rebuild(&args),
        Command::Export(args) => ledger::export(args).await,
        Command::Mcp(args) => mcp::run(args).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "leeway", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Sandbox { state } => {
            crate::sandbox::serve_stdio(state).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Libraries whose detailed logs hold messages, headers or rows.
const WRITE_WHAT_THEY_CARRY: [&str; 8] = [
    "rmcp",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "lettre",
    "rustls",
    "rusqlite",
];

/// Logs go to stderr: stdout belongs to the command's answer.
fn start_logging() {
    let asked = tracing_subscriber::EnvFilter::try_from_env("LEEWAY_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("leeway=info,warn"));
    // However much is asked for: a directive of the filter could be passed by a finer one.
    let kept_back = filter_fn(|event| {
        let library = event.target().split("::").next().unwrap_or_default();
        *event.level() <= tracing::Level::INFO || !WRITE_WHAT_THEY_CARRY.contains(&library)
    });
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_filter(asked.and(kept_back));
    tracing_subscriber::registry().with(lines).init();
}

fn install_tls() {
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        tracing::debug!("a TLS provider was installed already");
    }
}
