//! Moves the write-ahead log into the database on a thread of its own, so that no append waits for
//! it. First without blocking anybody; only when the log has grown long is the short rest moved
//! while the writer waits, so that the log begins anew and its file is used again.

use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// How often the log is moved.
const EVERY: Duration = Duration::from_millis(500);
/// A log longer than this begins anew, pages of 4 KiB.
const LONGEST_LOG_PAGES: i64 = 8 * 1024;
/// Longest wait for readers, because the writer waits with us: a long read must not stop it.
const LONGEST_WAIT: Duration = Duration::from_millis(25);

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
    if connection.busy_timeout(LONGEST_WAIT).is_err() {
        return;
    }
    while path.exists() {
        std::thread::sleep(EVERY);
        match checkpoint(&connection, "PASSIVE") {
            Ok(pages) if pages > LONGEST_LOG_PAGES => {
                if let Err(error) = checkpoint(&connection, "RESTART") {
                    tracing::debug!(%error, "the log could not begin anew");
                }
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "checkpoint did not finish"),
        }
    }
}

/// Length of the log, pages.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
        row.get(1)
    })
}
