//! The one writer. Appends that arrive while a transaction is being made durable go into the next
//! one together (group commit). An append whose preconditions fail, or whose events do not fit,
//! fails alone; a transaction that cannot be committed fails every append in it.

use super::StoreError;
use super::apply::Applying;
use super::configured::Configured;
use crate::append::{Append, AppendError, Appended, NewEntry, Notice};
use crate::crash;
use leeway_core::ledger::entry::commitment_bytes;
use leeway_core::ledger::event::Event;
use leeway_core::ledger::merkle::Frontier;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, oneshot};

/// Most appends in one transaction.
const LARGEST_GROUP: usize = 512;

/// An entry with all that does not depend on its place in the ledger.
pub struct Sealed {
    /// Stream.
    pub stream: String,
    /// Actor.
    pub actor: String,
    /// Time as given.
    pub time_ms: i64,
    /// The event.
    pub event: Event,
    /// The payload's bytes.
    pub payload: Vec<u8>,
    /// Salt of the commitment.
    pub salt: [u8; 16],
    /// Commitment to the payload.
    pub commitment: [u8; 32],
}

impl Sealed {
    fn seal(entry: NewEntry) -> Result<Self, AppendError> {
        let payload = entry.event.payload();
        let mut salt = [0; 16];
        getrandom::fill(&mut salt)
            .map_err(|error| AppendError::Unwritable(format!("no random source: {error}")))?;
        Ok(Self {
            commitment: commitment_bytes(&salt, &payload),
            stream: entry.stream,
            actor: entry.actor,
            time_ms: entry.time_ms,
            event: entry.event,
            payload,
            salt,
        })
    }
}

impl Job {
    /// Whether there is nothing to write: it only waits for those before it.
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rest.side.is_empty() && self.rest.preconditions.is_empty()
    }
}

/// An append ready for the writer.
pub struct Job {
    /// Its entries.
    pub entries: Vec<Sealed>,
    /// Its preconditions and side writes.
    pub rest: Append,
    reply: oneshot::Sender<Result<Appended, AppendError>>,
}

/// An append on its way to the ledger, in the order it was queued.
pub struct Queued(oneshot::Receiver<Result<Appended, AppendError>>);

impl Queued {
    /// Returns when it is durable.
    pub async fn durable(self) -> Result<Appended, AppendError> {
        self.0.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// The writer thread's door.
pub struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    state: Arc<Mutex<Result<(), String>>>,
    configured: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread over a prepared connection.
    pub fn start(
        connection: Connection,
        notices: broadcast::Sender<Notice>,
    ) -> Result<Self, StoreError> {
        let head = Place::read(&connection)?;
        let (jobs, queue) = channel();
        let state = Arc::new(Mutex::new(Ok(())));
        let latest = Configured::new(head.frontier.size());
        let configured = Arc::new(AtomicU64::new(latest.upto()));
        let mut loop_ = Loop {
            connection,
            head,
            latest,
            configured: configured.clone(),
            notices,
            state: state.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || loop_.run(&queue))
            .map_err(|error| StoreError::Unreadable(format!("no writer thread: {error}")))?;
        Ok(Self {
            jobs: Mutex::new(Some(jobs)),
            state,
            configured,
            thread: Some(thread),
        })
    }

    fn submit(
        &self,
        mut append: Append,
    ) -> Result<oneshot::Receiver<Result<Appended, AppendError>>, AppendError> {
        let (reply, answer) = oneshot::channel();
        let entries = std::mem::take(&mut append.entries)
            .into_iter()
            .map(Sealed::seal)
            .collect::<Result<_, _>>()?;
        let job = Job {
            entries,
            rest: append,
            reply,
        };
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).is_none() {
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Err(gone().to_string());
            return Err(gone());
        }
        Ok(answer)
    }

    /// Queues an append behind all that were queued before.
    pub fn queue(&self, append: Append) -> Result<Queued, AppendError> {
        self.submit(append).map(Queued)
    }

    /// Appends; returns when durable.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.queue(append)?.durable().await
    }

    /// Appends, waiting on this thread.
    pub fn append_blocking(&self, append: Append) -> Result<Appended, AppendError> {
        self.submit(append)?
            .blocking_recv()
            .unwrap_or_else(|_| Err(gone()))
    }

    /// How many entries whoever judges must have read.
    pub fn configured(&self) -> u64 {
        self.configured.load(Ordering::Acquire)
    }

    /// Whether the last transaction could be committed.
    pub fn writable(&self) -> Result<(), String> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn gone() -> AppendError {
    AppendError::Unwritable("the writer has stopped".to_owned())
}

/// Where the ledger ends.
#[derive(Clone)]
pub struct Place {
    /// The tree over all entries.
    pub frontier: Frontier,
    /// Time of the last entry: time never goes back.
    pub time_ms: i64,
}

impl Place {
    /// Reads it.
    pub fn read(connection: &Connection) -> Result<Self, StoreError> {
        let (size, bytes, time_ms) =
            connection.query_row("SELECT size, frontier, time_ms FROM head", [], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, Vec<u8>>(1)?,
                    row.get(2)?,
                ))
            })?;
        let frontier = Frontier::from_bytes(size as u64, &bytes)
            .ok_or_else(|| StoreError::Unreadable("the head of the tree".to_owned()))?;
        Ok(Self { frontier, time_ms })
    }

    /// Writes it.
    pub fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE head SET size = ?1, frontier = ?2, time_ms = ?3")?
            .execute((
                self.frontier.size() as i64,
                self.frontier.to_bytes(),
                self.time_ms,
            ))?;
        Ok(())
    }
}

struct Loop {
    connection: Connection,
    head: Place,
    latest: Configured,
    configured: Arc<AtomicU64>,
    notices: broadcast::Sender<Notice>,
    state: Arc<Mutex<Result<(), String>>>,
}

type Outcome = Result<(Appended, Vec<Notice>), AppendError>;

impl Loop {
    fn run(&mut self, queue: &Receiver<Job>) {
        self.connection.set_prepared_statement_cache_capacity(64);
        while let Ok(first) = queue.recv() {
            let mut group = vec![first];
            while group.len() < LARGEST_GROUP
                && let Ok(job) = queue.try_recv()
            {
                group.push(job);
            }
            self.commit(group);
        }
        let _ = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }

    fn commit(&mut self, mut group: Vec<Job>) {
        match self.transact(&mut group) {
            Ok(outcomes) => {
                self.set_state(Ok(()));
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    let answer = outcome.map(|(appended, notices)| {
                        for notice in notices {
                            let _ = self.notices.send(notice);
                        }
                        appended
                    });
                    let _ = job.reply.send(answer);
                }
            }
            Err(error) => {
                self.latest.undo_from(self.head.frontier.size());
                let why = error.to_string();
                tracing::error!(%why, "the ledger cannot be written");
                self.set_state(Err(why.clone()));
                for job in group {
                    let _ = job.reply.send(Err(AppendError::Unwritable(why.clone())));
                }
            }
        }
    }

    /// What an append without entries comes to.
    fn nothing(&self) -> (Appended, Vec<Notice>) {
        let appended = Appended {
            first_seq: self.head.frontier.size(),
            versions: Vec::new(),
        };
        (appended, Vec::new())
    }

    fn set_state(&self, state: Result<(), String>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// One transaction. `self.head` moves only when it is durable.
    fn transact(&mut self, group: &mut [Job]) -> Result<Vec<Outcome>, StoreError> {
        if group.iter().all(Job::is_empty) {
            return Ok(group.iter().map(|_| Ok(self.nothing())).collect());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut head = self.head.clone();
        let mut outcomes = Vec::with_capacity(group.len());
        for job in group.iter_mut() {
            let before = head.clone();
            run(&transaction, "SAVEPOINT one")?;
            let outcome = match Applying::new(&transaction, &mut head, &mut self.latest).append(job)
            {
                // A uniqueness that no precondition asked for: the append's own fault.
                Err(StoreError::Sqlite(error))
                    if error.sqlite_error_code()
                        == Some(rusqlite::ErrorCode::ConstraintViolation) =>
                {
                    Err(AppendError::InvalidTransition(error.to_string()))
                }
                other => other?,
            };
            if outcome.is_err() {
                run(&transaction, "ROLLBACK TO one")?;
                head = before;
                self.latest.undo_from(head.frontier.size());
            }
            run(&transaction, "RELEASE one")?;
            outcomes.push(outcome);
        }
        head.write(&transaction)?;
        crash::point();
        transaction.commit()?;
        // Before anybody is told: who judges from now on has read it.
        self.configured.store(self.latest.upto(), Ordering::Release);
        crash::point();
        self.head = head;
        Ok(outcomes)
    }
}

fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(statement)?
        .raw_execute()
        .map(drop)
}
