//! Moves the write-ahead log into the database on a thread of its own, so that no append waits for
//! it.

use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the log's size is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A log smaller than this is left alone.
const SMALLEST_LOG_BYTES: u64 = 4 * 1024 * 1024;
/// A log larger than this is cut back to nothing.
const LARGEST_LOG_BYTES: u64 = 64 * 1024 * 1024;

/// Runs until the database file is gone or the process ends.
pub fn start(path: &Path) {
    let path = path.to_owned();
    let spawned = std::thread::Builder::new()
        .name("checkpoint".to_owned())
        .spawn(move || run(&path));
    if let Err(error) = spawned {
        tracing::warn!(%error, "no checkpoint thread: the write-ahead log will grow");
    }
}

fn run(path: &Path) {
    let Ok(connection) = Connection::open(path) else {
        return;
    };
    let log: PathBuf = path.with_extension("db-wal");
    while path.exists() {
        std::thread::sleep(LOOK_EVERY);
        let bytes = std::fs::metadata(&log).map_or(0, |file| file.len());
        let mode = match bytes {
            small if small < SMALLEST_LOG_BYTES => continue,
            large if large > LARGEST_LOG_BYTES => "TRUNCATE",
            _ => "PASSIVE",
        };
        let done = connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()));
        if let Err(error) = done {
            tracing::debug!(%error, "checkpoint did not finish");
        }
    }
}
