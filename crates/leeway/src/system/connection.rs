//! A connection to one system that keeps itself alive: a session that ends is started again, with
//! growing pauses. A call in flight when it ends has no answer; it is never repeated here.

use super::client::{self, Client, Session};
use super::{CallError, SystemCall};
use leeway_core::govern::system::System;
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Called with each tool list a system gives, before any of its tools can be called.
pub type ToolsSeen =
    Arc<dyn Fn(String, Vec<Value>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// How long a call waits for a system that is just being started again.
const WAIT_FOR_READY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A session that lived so long was well; the next start is not put off.
const LIVED: Duration = Duration::from_mins(1);

/// How a connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Being started.
    Starting,
    /// Up.
    Ready,
    /// Down, to be started again.
    Down {
        /// Why, one sentence.
        why: String,
    },
}

#[derive(Clone)]
struct Present {
    health: Health,
    client: Option<Client>,
}

/// One system's connection.
pub struct Connection {
    /// How to reach it.
    pub system: System,
    /// Content hash of that.
    pub hash: String,
    present: watch::Receiver<Present>,
    stop: CancellationToken,
}

impl Connection {
    fn open(system: System, hash: String, seen: ToolsSeen) -> Arc<Self> {
        let (sender, present) = watch::channel(Present {
            health: Health::Starting,
            client: None,
        });
        let stop = CancellationToken::new();
        let supervised = supervise(system.clone(), sender, seen);
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = supervised => {}
                () = stopped.cancelled() => {}
            }
        });
        Arc::new(Self {
            system,
            hash,
            present,
            stop,
        })
    }

    /// How it is now.
    pub fn health(&self) -> Health {
        let present = self.present.borrow();
        match present.client.as_ref().and_then(Client::trouble) {
            Some(why) => Health::Down { why },
            None => present.health.clone(),
        }
    }

    /// Waits until it has been up or down once.
    pub async fn settled(&self) {
        let mut present = self.present.clone();
        let _ = present.wait_for(|now| now.health != Health::Starting).await;
    }

    async fn client(&self) -> Result<Client, CallError> {
        let mut present = self.present.clone();
        let ready = present.wait_for(|now| now.client.is_some());
        match tokio::time::timeout(WAIT_FOR_READY, ready).await {
            Ok(Ok(now)) => Ok(now.client.clone().expect("INVARIANT: waited for it")),
            _ => Err(CallError::NotSent(match self.health() {
                Health::Down { why } => format!("`{}` is down: {why}", self.system.name),
                _ => format!("`{}` is still starting", self.system.name),
            })),
        }
    }

    /// Makes one call, once.
    pub async fn call(&self, call: SystemCall) -> Result<Value, CallError> {
        let client = self.client().await?;
        let timeout = Duration::from_secs(self.system.timeout_s);
        client.call(call, timeout).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn supervise(system: System, present: watch::Sender<Present>, seen: ToolsSeen) {
    let mut pause = FIRST_PAUSE;
    loop {
        let changed = Arc::new(Notify::new());
        let started = in_time(&system, client::start(&system, changed.clone())).await;
        let began = tokio::time::Instant::now();
        let why = match started {
            Ok(session) => attend(&system, session, &present, (&seen, &changed)).await,
            Err(why) => why,
        };
        // One that ends soon after each start is not started again at full speed.
        if began.elapsed() >= LIVED {
            pause = FIRST_PAUSE;
        }
        tracing::warn!(system = %system.name, why = %why.escape_debug(), "system is down");
        present.send_replace(Present {
            health: Health::Down { why },
            client: None,
        });
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What a system answers while it is being started, or that it did not in the time its calls have.
async fn in_time<T>(
    system: &System,
    answer: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    tokio::time::timeout(Duration::from_secs(system.timeout_s), answer)
        .await
        .unwrap_or_else(|_| Err(format!("it did not answer within {} s", system.timeout_s)))
}

/// Serves one session until it ends; returns why it ended.
async fn attend(
    system: &System,
    session: Session,
    present: &watch::Sender<Present>,
    (seen, changed): (&ToolsSeen, &Notify),
) -> String {
    let Session { client, mut ended } = session;
    loop {
        let listed = tokio::select! {
            listed = in_time(system, client.list_tools()) => listed,
            why = &mut ended => return why,
        };
        match listed {
            Ok(tools) => seen(system.name.clone(), tools).await,
            Err(why) => return why,
        }
        present.send_replace(Present {
            health: Health::Ready,
            client: Some(client.clone()),
        });
        tokio::select! {
            () = changed.notified() => {}
            why = &mut ended => return why,
        }
    }
}

/// Every configured system's connection.
pub struct Systems {
    connections: RwLock<HashMap<String, Arc<Connection>>>,
    seen: ToolsSeen,
}

impl Systems {
    /// None yet; `seen` is told of every tool list.
    pub fn new(seen: ToolsSeen) -> Self {
        Self {
            connections: RwLock::new(HashMap::new()),
            seen,
        }
    }

    /// Makes the connections match the configuration: opens new ones, closes those that are gone
    /// or changed.
    pub fn configure(&self, systems: Vec<(System, String)>) {
        let mut connections = self
            .connections
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        connections.retain(|name, open| {
            systems
                .iter()
                .any(|(system, hash)| system.name == *name && *hash == open.hash)
        });
        for (system, hash) in systems {
            connections
                .entry(system.name.clone())
                .or_insert_with(|| Connection::open(system, hash, self.seen.clone()));
        }
    }

    /// A system's connection.
    pub fn get(&self, name: &str) -> Option<Arc<Connection>> {
        self.connections
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// All connections, by name.
    pub fn all(&self) -> Vec<Arc<Connection>> {
        let mut all: Vec<_> = self
            .connections
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .values()
            .cloned()
            .collect();
        all.sort_by(|a, b| a.system.name.cmp(&b.system.name));
        all
    }
}
