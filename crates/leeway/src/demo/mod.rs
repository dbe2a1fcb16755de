//! `leeway demo`: the gateway, a sandbox business as a real child process, people, and scripted
//! agents that speak real MCP, all in one command. What it makes stays in its data folder, so the
//! same command again goes on where it was.
//!
//! [`seed`] is the configuration, [`scenario`] what the agents do, [`agents`] how they do it,
//! [`progress`] where they were.

mod agents;
mod month;
mod progress;
mod scenario;
mod seed;

pub use agents::DemoAgent;

use crate::clock::{self, Clock};
use crate::people::{account, agent};
use crate::server::Listen;
use crate::serving::{self, Running};
use anyhow::{Context, bail};
use leeway_core::govern::people::Role;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How to run the demo.
pub struct Options {
    /// Data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: Listen,
    /// Forget what an earlier demo did.
    pub fresh: bool,
    /// Run the scripted agents.
    pub agents: bool,
    /// Play so many days first.
    pub days: Option<u32>,
}

/// Written to `demo.json` in the data folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Access {
    /// Where the demo listens.
    pub url: String,
    /// People, with their passwords: it is a sandbox.
    pub users: Vec<DemoUser>,
    /// Agents, with their tokens.
    pub agents: Vec<DemoAgent>,
}

/// A person of the demo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoUser {
    /// Sign-in name.
    pub email: String,
    /// Password.
    pub password: String,
    /// API token.
    pub token: String,
    /// Roles.
    pub roles: Vec<Role>,
}

const PEOPLE: [(&str, Role); 4] = [
    ("owner@brightwater.example", Role::Owner),
    ("reviewer@brightwater.example", Role::Reviewer),
    ("operator@brightwater.example", Role::Operator),
    ("auditor@brightwater.example", Role::Auditor),
];

/// Runs until stopped.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let data = options.data;
    if options.fresh {
        forget(&data)?;
    }
    std::fs::create_dir_all(&data)
        .with_context(|| format!("cannot make the folder `{}`", data.display()))?;
    let data = data.canonicalize()?;
    if options.days.is_some() && data.join("demo.json").exists() {
        bail!(
            "`{}` holds an earlier demo: add --fresh to play days from the start",
            data.display()
        );
    }
    let month = options.days.is_some() || data.join(MONTH).exists();
    let folder = write_configuration(&data, month)?;
    let configuration = serving::load(Some(&folder))?;
    let (clock, shift) = Clock::shifted();
    if let Some(days) = options.days {
        std::fs::write(data.join(MONTH), format!("{days}\n"))?;
        shift.to(clock.now_ms() - i64::from(days) * 24 * 3600 * 1000);
    }
    let given = configuration.map(|configuration| (folder.as_path(), configuration));
    let running = serving::start(&data, &options.listen, (given, Some(clock))).await?;
    let mut access = access(&running, &data).await?;
    access.url = running.url();
    save(&data, &access)?;
    if let Some(days) = options.days {
        Box::pin(month::play(&running, &access, (shift, days))).await?;
    }
    welcome(&access, &data);
    if options.agents {
        let (url, agents, stop) = (access.url.clone(), access.agents.clone(), running.stop());
        let progress = data.join("agents.json");
        tokio::spawn(agents::run(url, agents, progress, stop));
    }
    running.until_stopped().await
}

/// Empties an earlier demo's folder, and none that is not one or in which a demo is running.
fn forget(data: &Path) -> anyhow::Result<()> {
    if !data.exists() {
        return Ok(());
    }
    if !data.join("demo.json").exists() && std::fs::read_dir(data)?.next().is_some() {
        bail!(
            "`{}` is not a demo's folder (it has no demo.json), so --fresh does not empty it",
            data.display()
        );
    }
    leeway_store::empty(data).with_context(|| format!("cannot empty `{}`", data.display()))
}

/// Marks a folder whose demo began with days that were played.
const MONTH: &str = "month";

fn write_configuration(data: &Path, month: bool) -> anyhow::Result<PathBuf> {
    let folder = data.join("config");
    let exe = std::env::current_exe().context("cannot tell where this program is")?;
    let state = data.join("sandbox.json");
    let files = if month {
        month::configuration(&exe, &state)
    } else {
        seed::configuration(&exe, &state)
    };
    for (path, content) in files {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, content)
            .with_context(|| format!("cannot write `{}`", file.display()))?;
    }
    Ok(folder)
}

/// The people and agents of the demo: those of an earlier run, and any that are missing.
async fn access(running: &Running, data: &Path) -> anyhow::Result<Access> {
    let app = &running.app;
    let mut access: Access = match std::fs::read(data.join("demo.json")) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .context("demo.json cannot be read; use --fresh to start over")?,
        Err(_) => Access::default(),
    };
    for (email, role) in PEOPLE {
        if access.users.iter().any(|user| user.email == email) {
            continue;
        }
        let password = format!("demo-{}", hex::encode(clock::random::<6>()));
        if account::find(app, email)?.is_some() {
            account::set_password(app, "leeway", (email, &password)).await?;
        } else {
            account::add(app, "leeway", (email, vec![role], &password)).await?;
        }
        let token = account::issue_token(app, "leeway", email).await?.secret;
        access.users.push(DemoUser {
            email: email.to_owned(),
            password,
            token,
            roles: vec![role],
        });
    }
    let registry = app.registry();
    for (workflow, live) in &registry.workflows {
        let name = format!(
            "Scripted agent: {}",
            live.state.workflow.title.to_lowercase()
        );
        if access
            .agents
            .iter()
            .any(|agent| agent.workflow == *workflow)
        {
            continue;
        }
        let token = if agent::find(app, &name)?.is_some() {
            agent::issue_token(app, "leeway", &name).await?
        } else {
            agent::add(app, "leeway", (&name, workflow)).await?
        };
        access.agents.push(DemoAgent {
            name,
            workflow: workflow.clone(),
            token: token.secret,
        });
    }
    Ok(access)
}

/// Writes `demo.json`, readable by its owner only, whole or not at all.
fn save(data: &Path, access: &Access) -> anyhow::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let (file, fresh) = (data.join("demo.json"), data.join("demo.json.new"));
    let _ = std::fs::remove_file(&fresh);
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    out.write_all(&serde_json::to_vec_pretty(access)?)?;
    out.sync_all()?;
    std::fs::rename(fresh, file)?;
    Ok(())
}

fn welcome(access: &Access, data: &Path) {
    println!("\nLeeway demo: {}\n", access.url);
    println!("Sign in as one of:");
    for user in &access.users {
        let role = user.roles.first().map_or("", |role| role.name());
        println!(
            "  {:<10} {:<32} password {}",
            role, user.email, user.password
        );
    }
    let program = std::env::current_exe().unwrap_or_else(|_| "leeway".into());
    println!(
        "\nTry this:
  1. Sign in as the owner: scripted agents fill the inbox within seconds.
  2. Open a held action, compare Now and Proposed, approve it: the sandbox business changes.
  3. Look at the timeline: what ran alone, what was blocked, and why.
  4. Pause a workflow: nothing of it starts until you resume it.
  5. Check the record: {} verify --data {}

Everything is in {} (demo.json has all tokens). Press Ctrl-C to stop; the same command goes on, --fresh starts over.\n",
        program.display(),
        data.display(),
        data.display()
    );
}
