//! The store over SQLite: one writer thread with group commit ([`writer`]), a pool of read-only
//! connections ([`reader`]), and a checkpoint thread of its own ([`checkpoint`]).
//!
//! Properties: an append is acknowledged only after it is durable (WAL, `synchronous=FULL`); entries,
//! projections and the head of the tree change in one transaction or not at all; one process writes.

mod apply;
mod checkpoint;
mod configured;
mod counted;
pub mod derived;
mod hours;
mod lock;
mod measures;
mod past;
mod planted;
pub mod reader;
mod rebuild;
mod reviews;
mod row;
mod schema;
mod search;
mod totals;
mod worth;
mod writer;

use crate::append::{Append, AppendError, Appended, Notice};
use crate::crash;
use lock::FolderLock;
pub use lock::empty;
use reader::{Pool, Reader};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::broadcast;
use writer::Writer;

pub use writer::Queued;

/// Notices kept for slow subscribers; one that lags further is told that it lagged.
const NOTICES_KEPT: usize = 4_096;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the data folder.
    #[error("the data folder `{folder}` is in use by another Leeway process (data-folder-in-use)")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The data folder cannot be made, read or written.
    #[error("the data folder `{folder}` cannot be used: {why}")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// There is no ledger to read.
    #[error("there is no ledger in `{0}`")]
    NoLedger(PathBuf),
    /// The ledger was written by a newer version.
    #[error("the ledger has schema {found}, this version knows {known}: use a newer Leeway")]
    Newer {
        /// Schema found.
        found: i64,
        /// Schema known.
        known: i64,
    },
    /// SQLite failed.
    #[error("the ledger's database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What is stored is not what this version writes.
    #[error("the ledger holds something unreadable: {0}")]
    Unreadable(String),
}

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool,
    writer: Option<Writer>,
    notices: broadcast::Sender<Notice>,
    path: PathBuf,
    _lock: Option<FolderLock>,
}

impl Store {
    /// Opens the ledger in a folder, making both when needed.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| StoreError::Folder {
            folder: folder.to_owned(),
            why: error.to_string(),
        };
        lock::make_private(folder).map_err(unusable)?;
        let lock = FolderLock::take(folder)?;
        let path = folder.join("ledger.db");
        lock::make_private_file(&path).map_err(unusable)?;
        let mut connection = Connection::open(&path)?;
        schema::prepare(&mut connection)?;
        let (notices, _) = broadcast::channel(NOTICES_KEPT);
        let writer = Writer::start(connection, notices.clone())?;
        checkpoint::start(&path);
        Ok(Self {
            inner: Arc::new(Inner {
                pool: Pool::new(&path),
                writer: Some(writer),
                notices,
                path,
                _lock: Some(lock),
            }),
        })
    }

    /// Opens the ledger for reading only, also beside a process that writes it.
    pub fn open_read_only(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("ledger.db");
        if !path.is_file() {
            return Err(StoreError::NoLedger(folder.to_owned()));
        }
        let (notices, _) = broadcast::channel(1);
        let store = Self {
            inner: Arc::new(Inner {
                pool: Pool::new(&path),
                writer: None,
                notices,
                path,
                _lock: None,
            }),
        };
        store.reader()?.check_schema()?;
        Ok(store)
    }

    /// Appends atomically; returns when it is durable.
    pub async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        crash::point();
        let appended = match &self.inner.writer {
            Some(writer) => writer.append(append).await,
            None => Err(AppendError::Unwritable(
                "it was opened for reading only".to_owned(),
            )),
        };
        crash::point();
        appended
    }

    /// Queues an append behind all before it, for callers that answer before it is durable.
    pub fn queue(&self, append: Append) -> Result<Queued, AppendError> {
        match &self.inner.writer {
            Some(writer) => writer.queue(append),
            None => Err(AppendError::Unwritable(
                "it was opened for reading only".to_owned(),
            )),
        }
    }

    /// Returns when everything queued before is durable, or has failed.
    pub async fn caught_up(&self) {
        if let Ok(queued) = self.queue(Append::default()) {
            // An empty append has no other outcome worth telling.
            let _ = queued.durable().await;
        }
    }

    /// [`Self::append`] for callers without an async runtime.
    pub fn append_blocking(&self, append: Append) -> Result<Appended, AppendError> {
        match &self.inner.writer {
            Some(writer) => writer.append_blocking(append),
            None => Err(AppendError::Unwritable(
                "it was opened for reading only".to_owned(),
            )),
        }
    }

    /// Whether the last append could be written; the reason when not.
    pub fn writable(&self) -> Result<(), String> {
        match &self.inner.writer {
            Some(writer) => writer.writable(),
            None => Err("it was opened for reading only".to_owned()),
        }
    }

    /// How many entries whoever judges must have read: up to the latest change of what is configured. It
    /// is so before whoever made that change is told.
    pub fn configured(&self) -> u64 {
        self.inner.writer.as_ref().map_or(0, Writer::configured)
    }

    /// Told of every durable entry from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.inner.notices.subscribe()
    }

    /// A connection for reading, back in the pool when dropped.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        self.inner.pool.reader()
    }

    /// Reads on a thread where waiting is allowed.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        tokio::task::spawn_blocking(move || work(&store.reader()?))
            .await
            .map_err(|error| StoreError::Unreadable(error.to_string()))?
    }

    /// Makes everything derived anew from the entries. Returns how many there are. No other
    /// append may be under way.
    pub fn rebuild(&self) -> Result<u64, StoreError> {
        if self.inner.writer.is_none() {
            return Err(StoreError::Unreadable(
                "it was opened for reading only".to_owned(),
            ));
        }
        let mut connection = Connection::open(&self.inner.path)?;
        rebuild::rebuild(&mut connection)
    }
}
