//! The state file: one JSON document, replaced whole on each change.
//!
//! Guarantees: a reader, or a restart after a crash at any point, sees the books either before or
//! after a change, never half of one; a change that was answered is on disk; two processes never
//! write the same file, because each holds the lock beside it.

use super::books::Books;
use super::seed;
use anyhow::{Context, bail};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a lock that another process holds is tried again, and how long between.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// The open state file.
pub struct Store {
    path: PathBuf,
    books: Books,
    _lock: File,
}

impl Store {
    /// Opens the state file, or makes one with the seed.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        if let Some(folder) = folder(&path) {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make folder `{}`", folder.display()))?;
        }
        let lock = lock(&path.with_extension("lock"))?;
        let books = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
                format!(
                    "`{}` is not a sandbox's state; move it away to start over",
                    path.display()
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let books = seed::books().map_err(anyhow::Error::msg)?;
                write(&path, &books)?;
                books
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
            }
        };
        Ok(Self {
            path,
            books,
            _lock: lock,
        })
    }

    /// The books as they are.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Makes a change: all of it is on disk when this returns, or none of it happened.
    pub fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Books) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut next = self.books.clone();
        let answer = change(&mut next)?;
        write(&self.path, &next).map_err(|error| format!("nothing was changed: {error:#}"))?;
        self.books = next;
        Ok(answer)
    }
}

fn folder(path: &Path) -> Option<&Path> {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
}

/// Waits a while, for a predecessor that is still shutting down.
fn lock(path: &Path) -> anyhow::Result<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("cannot open `{}`", path.display()))?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{}`", path.display()));
            }
        }
    }
    bail!("another sandbox uses `{}`", path.display())
}

fn write(path: &Path, books: &Books) -> anyhow::Result<()> {
    let fresh = path.with_extension("tmp");
    let bytes = serde_json::to_vec(books).context("cannot write the books as JSON")?;
    let mut file =
        File::create(&fresh).with_context(|| format!("cannot write `{}`", fresh.display()))?;
    file.write_all(&bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write `{}`", fresh.display()))?;
    std::fs::rename(&fresh, path)
        .with_context(|| format!("cannot replace `{}`", path.display()))?;
    if let Some(folder) = folder(path) {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .with_context(|| format!("cannot sync `{}`", folder.display()))?;
    }
    Ok(())
}
