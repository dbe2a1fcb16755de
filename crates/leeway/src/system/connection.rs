//! A connection to one system that keeps itself alive: a session that ends is started again, with
//! growing pauses. A call in flight when it ends has no answer; it is never repeated here.

use super::calls::Calls;
use super::child::LastWords;
use super::client::{self, Client, Session};
use super::mcp_client::{self, Through};
use super::tap::{Ears, Heard};
use super::{CallError, SystemCall, mcp_calls};
use leeway_core::govern::system::{Kind, System};
use leeway_core::govern::tool::{self, Listed};
use leeway_core::nesting;
use leeway_store::crash;
use rmcp::model::SubscriptionFilter;
use rmcp::{Peer, RoleClient};
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, RwLock, Weak};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Called with each tool list a system gives, before any of its tools can be called.
pub type ToolsSeen =
    Arc<dyn Fn(String, Vec<Value>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// How long a call waits for a system that is just being started again.
const WAIT_FOR_READY: Duration = Duration::from_secs(5);
/// Most of what systems say that waits for somebody to hear it.
const WAITING_TO_BE_HEARD: usize = 256;
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
    /// What of its list of tools could not be taken.
    left_out: Vec<String>,
}

/// One system's connection.
pub struct Connection {
    /// How to reach it.
    pub system: System,
    /// Content hash of that.
    pub hash: String,
    through: Through,
    present: watch::Receiver<Present>,
    subscribed: Mutex<HashMap<String, Weak<Subscription>>>,
    running: Calls,
    words: LastWords,
    stop: CancellationToken,
}

impl Connection {
    /// How long it may take to answer.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.system.timeout_s)
    }

    fn open(
        (system, hash, through): (System, String, Through),
        seen: ToolsSeen,
        ears: Ears,
    ) -> Arc<Self> {
        let (sender, present) = watch::channel(Present {
            health: Health::Starting,
            client: None,
            left_out: Vec::new(),
        });
        let stop = CancellationToken::new();
        let words = LastWords::default();
        let supervised = supervise(
            (system.clone(), through),
            sender,
            (seen, ears, words.clone()),
        );
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
            through,
            present,
            subscribed: Mutex::default(),
            running: Calls::default(),
            words,
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

    /// What of its list of tools could not be taken, one sentence each.
    pub fn left_out(&self) -> Vec<String> {
        self.present.borrow().left_out.clone()
    }

    /// What its program wrote last to its standard error: for people, never for agents.
    pub fn last_words(&self) -> Vec<String> {
        self.words.told()
    }

    /// How many calls it has not answered yet, and how many of them not for long.
    pub fn unanswered(&self) -> (usize, usize) {
        self.running.counted()
    }

    /// Waits until it has been up or down once.
    pub async fn settled(&self) {
        let mut present = self.present.clone();
        let _ = present.wait_for(|now| now.health != Health::Starting).await;
    }

    async fn client(&self) -> Result<Client, CallError> {
        let mut present = self.present.clone();
        let ready = present.wait_for(|now| now.client.as_ref().is_some_and(|now| !now.is_lost()));
        match tokio::time::timeout(WAIT_FOR_READY, ready).await {
            Ok(Ok(now)) => Ok(now.client.clone().expect("INVARIANT: waited for it")),
            _ => Err(CallError::NotSent(match self.health() {
                Health::Down { why } => format!("`{}` is down: {why}", self.system.name),
                _ => format!("`{}` is still starting", self.system.name),
            })),
        }
    }

    /// Whether its refusals are statuses of HTTP, which say that nothing was done.
    pub fn by_status(&self) -> bool {
        matches!(self.system.kind(), Some(Kind::OpenApi(_)))
    }

    /// Makes one call, once; only a read whose session was lost is made again, in the next one.
    pub async fn call(&self, call: SystemCall) -> Result<Value, CallError> {
        let client = self.client().await?;
        let _running = self.running.begin();
        let timeout = self.timeout();
        let again = call.reads.then(|| call.clone());
        crash::point();
        let reads = call.reads;
        let answer = client.call(call, timeout).await;
        crash::point();
        let answer = match (answer, again) {
            (Err(CallError::SessionLost(_)), Some(again)) => {
                self.client().await?.call(again, timeout).await
            }
            (answer, _) => answer,
        };
        bounded(answer, reads)
    }

    /// Its MCP session, for what is not a governed call: lists and subscriptions.
    pub async fn peer(&self) -> Result<Peer<RoleClient>, CallError> {
        match self.client().await? {
            Client::Mcp(peer, _) => Ok(peer),
            Client::Http(_) | Client::Mail(_) => Err(CallError::NotSent(format!(
                "`{}` has tools only",
                self.system.name
            ))),
        }
    }

    /// Subscribes to changes of one resource, by its own address, until what is returned is
    /// dropped. Agents of one resource share one subscription. It ends with the session; that
    /// resources changed is what is heard of the next one.
    pub async fn subscribe(&self, uri: &str) -> Result<Arc<Subscription>, CallError> {
        let peer = self.peer().await?;
        if let Some(open) = self.open_subscription(uri) {
            return Ok(open);
        }
        let kept = if mcp_client::is_modern(&peer) {
            let filter = SubscriptionFilter::builder()
                .resource_subscriptions([uri.to_owned()])
                .build();
            tokio::spawn(mcp_client::subscribe(peer, filter))
        } else {
            let open = mcp_calls::subscribe(peer, uri.to_owned()).await?;
            tokio::spawn(async move {
                let _open = open;
                std::future::pending::<()>().await;
            })
        };
        let subscribed = Arc::new(Subscription(kept.abort_handle()));
        self.subscriptions()
            .insert(uri.to_owned(), Arc::downgrade(&subscribed));
        Ok(subscribed)
    }

    fn open_subscription(&self, uri: &str) -> Option<Arc<Subscription>> {
        let mut subscriptions = self.subscriptions();
        subscriptions.retain(|_, open| open.strong_count() > 0);
        let open = subscriptions.get(uri)?.upgrade()?;
        (!open.0.is_finished()).then_some(open)
    }

    fn subscriptions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Weak<Subscription>>> {
        self.subscribed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A subscription to a resource of a system; ends when dropped.
#[derive(Debug)]
pub struct Subscription(tokio::task::AbortHandle);

impl Drop for Subscription {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn supervise(
    (system, through): (System, Through),
    present: watch::Sender<Present>,
    (seen, ears, words): (ToolsSeen, Ears, LastWords),
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let started = in_time(
            &system,
            Box::pin(client::start(&system, through, (ears.clone(), &words))),
        )
        .await;
        let began = tokio::time::Instant::now();
        let why = match started {
            Ok(session) => attend((&system, through), session, &present, (&seen, &ears)).await,
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
            left_out: Vec::new(),
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

/// Has an MCP session tell of changes, and of what it logs.
async fn follow_changes(peer: &Peer<RoleClient>, through: Through) {
    if mcp_client::is_modern(peer) {
        let filter = SubscriptionFilter::builder()
            .tools_list_changed()
            .prompts_list_changed()
            .resources_list_changed()
            .build();
        tokio::spawn(mcp_client::subscribe(peer.clone(), filter));
    } else if through.logging {
        mcp_calls::log_everything(peer).await;
    }
}

/// Serves one session until it ends; returns why it ended.
async fn attend(
    (system, through): (&System, Through),
    session: Session,
    present: &watch::Sender<Present>,
    (seen, ears): (&ToolsSeen, &Ears),
) -> String {
    let Session { client, mut ended } = session;
    if let Client::Mcp(peer, _) = &client {
        follow_changes(peer, through).await;
    }
    // Whoever had subscribed, or read a list, has to do it anew.
    ears.hear(Heard::PromptsChanged);
    ears.hear(Heard::ResourcesChanged);
    loop {
        let listed = tokio::select! {
            listed = in_time(system, client.list_tools()) => listed,
            why = &mut ended => return why,
        };
        let Listed { tools, left_out } = match listed {
            Ok(tools) => tool::sort_out(tools),
            Err(why) => return why,
        };
        seen(system.name.clone(), tools).await;
        present.send_replace(Present {
            health: Health::Ready,
            client: Some(client.clone()),
            left_out,
        });
        ears.hear(Heard::ToolsChanged);
        tokio::select! {
            () = ears.tools_changed.notified() => {}
            why = &mut ended => return why,
        }
    }
}

/// Every configured system's connection.
pub struct Systems {
    connections: RwLock<HashMap<String, Arc<Connection>>>,
    seen: ToolsSeen,
    heard: broadcast::Sender<(String, Heard)>,
}

impl Systems {
    /// None yet; `seen` is told of every tool list.
    pub fn new(seen: ToolsSeen) -> Self {
        Self {
            connections: RwLock::new(HashMap::new()),
            seen,
            heard: broadcast::channel(WAITING_TO_BE_HEARD).0,
        }
    }

    /// What systems say from now on that belongs to no call, with the system's name.
    pub fn hear(&self) -> broadcast::Receiver<(String, Heard)> {
        self.heard.subscribe()
    }

    /// Makes the connections match the configuration: opens new ones, closes those that are gone
    /// or changed. Each comes with its hash and what of it gets through.
    pub fn configure(&self, systems: Vec<(System, String, Through)>) {
        let mut connections = self
            .connections
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        connections.retain(|name, open| {
            systems.iter().any(|(system, hash, through)| {
                system.name == *name && *hash == open.hash && *through == open.through
            })
        });
        for (system, hash, through) in systems {
            let ears = Ears {
                system: system.name.clone(),
                tools_changed: Arc::new(Notify::new()),
                heard: self.heard.clone(),
            };
            connections.entry(system.name.clone()).or_insert_with(|| {
                Connection::open((system, hash, through), self.seen.clone(), ears)
            });
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
/// An answer as deep as it can be recorded. Of one that says what became of a write, what lies deeper is left
/// out; one that is read for what it says is not read.
fn bounded(answer: Result<Value, CallError>, reads: bool) -> Result<Value, CallError> {
    let too_deep = |answer: &Value| nesting::is_deeper(answer, nesting::DEEPEST);
    match answer {
        Ok(answer) if reads && too_deep(&answer) => Err(CallError::Refused(format!(
            "its answer is nested deeper than {} levels, which is not read",
            nesting::DEEPEST
        ))),
        Ok(mut answer) => {
            nesting::cut(&mut answer, nesting::DEEPEST);
            Ok(answer)
        }
        Err(CallError::Protocol {
            code,
            message,
            data: Some(mut data),
        }) => {
            nesting::cut(&mut data, nesting::DEEPEST);
            Err(CallError::Protocol {
                code,
                message,
                data: Some(data),
            })
        }
        error => error,
    }
}
