//! `leeway serve`, the long-running process: open the ledger, bring the configuration into force,
//! recover what a crash left, connect, and serve until told to stop.

use crate::app::{App, Queues};
use crate::clock::Clock;
use crate::config::{self, Configuration, Settings};
use crate::folder::{self, Brought};
use crate::server::{self, Bound, Listen};
use crate::{gateway, metrics, worker};
use anyhow::Context;
use leeway_store::Store;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the server waits for its systems before it takes requests.
const LONGEST_START: Duration = Duration::from_secs(10);

/// A running server.
pub struct Running {
    /// The app.
    pub app: Arc<App>,
    /// Where it listens.
    pub address: SocketAddr,
    /// `http` or `https`.
    pub scheme: &'static str,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// The address as people and agents use it.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Serves until interrupted, terminated, or broken.
    pub async fn until_stopped(self) -> anyhow::Result<()> {
        let stop = self.stop.clone();
        tokio::spawn(async move {
            interrupted().await;
            tracing::info!("stopping");
            stop.cancel();
        });
        let ended = self
            .serving
            .await
            .context("the server ended unexpectedly")?;
        self.stop.cancel();
        ended
    }

    /// Cancelled when the server is told to stop.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }
}

async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// Opens the data folder and everything that needs no network.
pub fn open(
    data: &Path,
    clock: Clock,
    (settings, tls): (Settings, bool),
) -> anyhow::Result<Opened> {
    let store = Store::open(data)?;
    let (app, queue) = App::new(store, clock, settings, tls)?;
    Ok((app, queue))
}

/// The app, and the queue its worker drains.
pub type Opened = (Arc<App>, Queues);

/// Loads a configuration folder, or prints every problem and fails.
pub fn load(folder: Option<&PathBuf>) -> anyhow::Result<Option<Configuration>> {
    let Some(folder) = folder else {
        return Ok(None);
    };
    match config::load(folder) {
        Ok(configuration) => Ok(Some(configuration)),
        Err(problems) => {
            eprint!("{}", config::render(folder, &problems));
            anyhow::bail!(
                "the configuration in `{}` has problems; nothing was started",
                folder.display()
            )
        }
    }
}

/// Starts everything; by the machine's clock as it is now, unless another is given.
pub async fn start(
    data: &Path,
    listen: &Listen,
    (given, clock): (Option<(&Path, Configuration)>, Option<Clock>),
) -> anyhow::Result<Running> {
    metrics::install();
    let bound = server::bind(listen)?;
    let settings = given.as_ref().map(|(_, given)| given.settings.clone());
    let store = Store::open(data)?;
    let clock = match clock {
        Some(clock) => clock,
        None => Clock::steady(store.reader()?.last_ms()?),
    };
    let tls = listen.tls.is_some();
    let (app, queue) = App::new(store, clock, settings.unwrap_or_default(), tls)?;
    if let Some(given) = given {
        bring(&app, given).await?;
    }
    app.connect_systems();
    app.settled(LONGEST_START).await;
    gateway::run::recover(&app).await?;
    gateway::undo::batch::recover(&app)?;
    tokio::spawn(worker::runner::serve(app.clone(), queue.actions));
    tokio::spawn(worker::undoing::serve(app.clone(), queue.batches));
    tokio::spawn(worker::waiting::serve(app.clone()));
    tokio::spawn(worker::looking::serve(app.clone()));
    tokio::spawn(worker::notify::serve(app.clone()));
    Ok(run(app, data, bound, listen.tls.is_some()))
}

/// Brings the folder given at start into force where a start may, and says what became of it otherwise.
async fn bring(app: &App, given: (&Path, Configuration)) -> anyhow::Result<()> {
    match folder::bring(app, given).await? {
        Brought::InForce => {}
        Brought::Waits(change) => {
            tracing::warn!(%change, "the folder differs from what is in force; the difference waits for a review");
        }
        Brought::Differs(differing) => {
            println!("{}", differing.said(app)?);
            tracing::warn!(folder = %differing.path, "the folder was not applied: what is in force was changed since");
            // Set once: a process starts once.
            let _ = app.differing.set(*differing);
        }
    }
    Ok(())
}

fn run(app: Arc<App>, data: &Path, bound: Bound, tls: bool) -> Running {
    let stop = CancellationToken::new();
    let router = server::router(&app, &stop);
    let address = bound.address;
    // Bound before anybody is told that the server listens.
    let warn = |error: anyhow::Error| {
        tracing::warn!(%error, "the command line cannot reach this server by its socket");
    };
    match server::bind_socket(data) {
        Ok(listener) => {
            let (router, end) = (router.clone(), (server::socket_path(data), stop.clone()));
            tokio::spawn(async move {
                if let Err(error) = server::serve_socket(listener, router, end).await {
                    warn(error);
                }
            });
        }
        Err(error) => warn(error),
    }
    let serving = tokio::spawn(server::serve(bound, router, stop.clone()));
    Running {
        app,
        address,
        scheme: if tls { "https" } else { "http" },
        stop,
        serving,
    }
}
