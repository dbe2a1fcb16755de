//! The running program: its parts and how they are wired. Read once, top to bottom.

use crate::clock::Clock;
use crate::config::Settings;
use crate::error::ApiError;
use crate::folder::Differing;
use crate::gateway::classifying::Turns;
use crate::gateway::mcp::tasks::LiveTasks;
use crate::gateway::record_lock::RecordLocks;
use crate::gateway::remembered::Remembered;
use crate::gateway::repeat::Twins;
use crate::gateway::toolbox;
use crate::people::attempts::{Attempts, PutOff};
use crate::people::mcp_request;
use crate::people::password::Hashing;
use crate::people::unrecorded::Unrecorded;
use crate::registry::{LiveTool, Registry};
use crate::system::{Connection, Systems, Through, ToolsSeen};
use arc_swap::ArcSwap;
use axum::http::HeaderMap;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::relay::Relay;
use leeway_core::govern::system::System;
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use leeway_store::{Append, AppendError, NewEntry, Precondition, SideWrite, Store};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::mpsc;

/// Everything a request needs.
pub struct App {
    /// The ledger and what is derived from it.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Connections to the business's systems.
    pub systems: Systems,
    /// The folder given at start, where it was left alone.
    pub differing: OnceLock<Differing>,
    /// Settings of `leeway.toml`.
    pub settings: Settings,
    registry: ArcSwap<Registry>,
    reloading: Mutex<()>,
    /// Whether connections follow the configuration.
    connected: AtomicBool,
    to_run: mpsc::UnboundedSender<ActionId>,
    batches: mpsc::UnboundedSender<String>,
    plans: Mutex<HashMap<String, u32>>,
    /// What nobody can foresee who sees everything else: drawn anew by each process, and told nobody.
    pub unforeseen: [u8; 16],
    /// How far the ledger was looked through for an area that had nothing to sample, by its lots' stream.
    pub looked_through: Mutex<HashMap<String, u64>>,
    counting: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Outcomes of reads on their way to the ledger.
    pub outcomes_queued: AtomicUsize,
    /// Tasks that systems made of calls and that run now.
    pub tasks: LiveTasks,
    /// One lock per record that is being acted on.
    pub records: RecordLocks,
    /// The secrets that each agent met.
    pub remembered: Remembered,
    /// Turns for classifying large calls.
    pub classifying: Turns,
    /// Computes the hashes of passwords.
    pub hashing: Hashing,
    /// Which agent opened which MCP session.
    pub mcp_sessions: mcp_request::Sessions,
    /// Sign-ins while the ledger cannot be written.
    pub unrecorded: Unrecorded,
    /// Failed sign-ins.
    pub attempts: Attempts,
    /// Places for sign-ins that are put off.
    pub put_off: PutOff,
    /// By which identical calls are known.
    pub twins: Twins,
    /// Whether browsers reach us over TLS.
    pub tls: bool,
}

/// What the workers drain.
pub struct Queues {
    /// Actions to run.
    pub actions: mpsc::UnboundedReceiver<ActionId>,
    /// Batches of undos to carry out, by id.
    pub batches: mpsc::UnboundedReceiver<String>,
}

impl App {
    /// Wires the parts. Returns the app and what its workers drain.
    pub fn new(
        store: Store,
        clock: Clock,
        settings: Settings,
        tls: bool,
    ) -> Result<(Arc<Self>, Queues), ApiError> {
        let upto = store.configured();
        let registry = Registry::load(&store.reader()?, &Registry::default(), upto)?;
        let (to_run, actions) = mpsc::unbounded_channel();
        let (batches, undos) = mpsc::unbounded_channel();
        let queue = Queues {
            actions,
            batches: undos,
        };
        let app = Arc::new_cyclic(|app: &Weak<Self>| Self {
            store,
            clock,
            systems: Systems::new(on_tools_seen(app.clone())),
            differing: OnceLock::new(),
            settings,
            registry: ArcSwap::from_pointee(registry),
            reloading: Mutex::default(),
            connected: AtomicBool::new(false),
            to_run,
            batches,
            counting: Mutex::default(),
            plans: Mutex::default(),
            unforeseen: crate::clock::random(),
            looked_through: Mutex::default(),
            outcomes_queued: AtomicUsize::new(0),
            tasks: LiveTasks::default(),
            records: RecordLocks::default(),
            remembered: Remembered::default(),
            classifying: Turns::default(),
            hashing: Hashing::default(),
            mcp_sessions: mcp_request::Sessions::default(),
            unrecorded: Unrecorded::default(),
            attempts: Attempts::default(),
            put_off: PutOff::default(),
            twins: Twins::default(),
            tls,
        });
        Ok((app, queue))
    }

    /// Opens connections to every configured system, and from now on keeps them as configured.
    pub fn connect_systems(&self) {
        self.connected.store(true, Ordering::Release);
        let registry = self.registry();
        let _reading = self.reading();
        // Another snapshot may have come meanwhile, and its connections with it.
        if registry.upto >= self.registry.load().upto {
            self.systems.configure(connections(&registry));
        }
    }

    /// The connection that a tool's calls go through: to the system as the tool was read with, or to none.
    pub fn connection(&self, tool: &LiveTool) -> Option<Arc<Connection>> {
        let connection = self.systems.get(&tool.system)?;
        (connection.hash == tool.system_hash).then_some(connection)
    }

    /// Whether the browser that sent a request reaches us over TLS: here, or at a proxy in front. What only a header
    /// says makes the cookie it gets stricter, never laxer.
    pub fn secure(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let registry = self.registry();
        let public = registry.notify.as_ref().map(|live| &live.notify.public_url);
        let at_public = public.is_some_and(|url| {
            let host = url
                .strip_prefix("https://")
                .map(|rest| rest.split('/').next());
            host.flatten().is_some() && host.flatten() == text("host")
        });
        self.tls
            || at_public
            || text("x-forwarded-proto") == Some("https")
            || text("origin").is_some_and(|origin| origin.starts_with("https://"))
    }

    /// What is configured now: at least all that the ledger holds at this moment, whoever put it there and
    /// whatever became of them. Where the ledger cannot be read it is what was known last; no start
    /// rests on that, since each has as precondition that nothing changed since.
    pub fn registry(&self) -> Arc<Registry> {
        let known = self.registry.load_full();
        if known.upto >= self.store.configured() {
            return known;
        }
        if let Err(error) = self.follow() {
            tracing::error!(%error, "cannot read the configuration again");
        }
        self.registry.load_full()
    }

    /// Reads the configuration from the ledger again, unless somebody else just did.
    fn follow(&self) -> Result<(), ApiError> {
        // One at a time: what was read earlier must not replace what was read later.
        let _reading = self.reading();
        let known = self.registry.load_full();
        // Asked for before anything is read: what comes in between is read again.
        let upto = self.store.configured();
        if known.upto >= upto {
            return Ok(());
        }
        let registry = Arc::new(Registry::load(&self.store.reader()?, &known, upto)?);
        self.registry.store(registry.clone());
        if self.connected.load(Ordering::Acquire) {
            self.systems.configure(connections(&registry));
        }
        Ok(())
    }

    fn reading(&self) -> MutexGuard<'_, ()> {
        self.reloading
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends one entry that is not an action's, with the secrets that belong to it.
    pub async fn govern(
        &self,
        actor: &str,
        stream: String,
        event: GovernEvent,
        (side, preconditions): (Vec<SideWrite>, Vec<Precondition>),
    ) -> Result<(), AppendError> {
        let append = Append {
            entries: vec![NewEntry {
                stream,
                actor: actor.to_owned(),
                time_ms: self.clock.now_ms(),
                event: Event::Govern(event),
            }],
            preconditions,
            side,
        };
        self.store.append(append).await?;
        Ok(())
    }

    /// Appends several entries that are not actions', all or none.
    pub async fn govern_all(
        &self,
        actor: &str,
        events: Vec<(String, GovernEvent)>,
    ) -> Result<(), ApiError> {
        let time_ms = self.clock.now_ms();
        let entries = events
            .into_iter()
            .map(|(stream, event)| NewEntry {
                stream,
                actor: actor.to_owned(),
                time_ms,
                event: Event::Govern(event),
            })
            .collect();
        self.store
            .append(Append {
                entries,
                ..Append::default()
            })
            .await?;
        Ok(())
    }

    /// Waits until every system has been up or down once, at most so long.
    pub async fn settled(&self, longest: Duration) {
        let all = self.systems.all();
        let settled = async {
            for connection in &all {
                connection.settled().await;
            }
        };
        if tokio::time::timeout(longest, settled).await.is_err() {
            tracing::warn!("some systems are still starting");
        }
    }

    /// Asks the worker to run an action that was approved or authorised.
    pub fn enqueue(&self, action: ActionId) {
        if self.to_run.send(action).is_err() {
            tracing::error!("the worker has stopped: approved actions wait for a restart");
        }
    }

    /// How far batches that are being worked out have come, by id.
    pub fn plans(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the worker to carry out a batch of undos.
    pub fn undo_batch(&self, id: String) {
        if self.batches.send(id).is_err() {
            tracing::error!("the worker has stopped: batches wait for a restart");
        }
    }

    /// [`App::enqueue`] at a time, UTC milliseconds. Who misses it, as at a restart, finds it again by its
    /// status.
    pub fn enqueue_at(&self, action: ActionId, at_ms: i64) {
        let wait_ms = at_ms.saturating_sub(self.clock.now_ms()).max(0);
        let to_run = self.to_run.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs())).await;
            // The worker is gone when the process ends.
            let _ = to_run.send(action);
        });
    }

    /// One lock per workflow, held from counting until the decision is recorded, so that two calls
    /// cannot both pass under the same limit.
    pub fn counting(&self, workflow: &str) -> Arc<tokio::sync::Mutex<()>> {
        self.counting
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .entry(workflow.to_owned())
            .or_default()
            .clone()
    }
}

/// The systems to be connected to, and what of each gets through.
fn connections(registry: &Registry) -> Vec<(System, String, Through)> {
    let any = |system: &str, what| {
        let mut workflows = registry.workflows.values();
        workflows.any(|live| live.state.workflow.relays(system, what))
    };
    let systems = registry.systems.values().map(|state| {
        let through = Through {
            questions: any(&state.system.name, Relay::Questions),
            logging: any(&state.system.name, Relay::Logging),
        };
        (state.system.clone(), state.hash.clone(), through)
    });
    systems.collect()
}

fn on_tools_seen(app: Weak<App>) -> ToolsSeen {
    Arc::new(move |system, tools| {
        let app = app.clone();
        Box::pin(async move {
            if let Some(app) = app.upgrade() {
                toolbox::pin(&app, &system, tools).await;
            }
        })
    })
}
