//! A disk that has no more room: appends are refused, reading goes on, and room brings it back.

use crate::things::{act, judged};
use leeway_core::judge::Verdict;
use leeway_store::{AppendError, Store};
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "LEEWAY_TEST_FULL_FOLDER";

fn append(store: &Store, n: u64) -> Result<(), AppendError> {
    store
        .append_blocking(act(n, vec![judged(n, Verdict::Allow)]))
        .map(drop)
}

/// Not a test of its own: a process whose files may not grow beyond a limit, which is lifted once
/// the store has met it.
#[test]
fn confined() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let store = Store::open(Path::new(&folder)).unwrap();
    let (kept, error) = (0..100_000)
        .find_map(|n| append(&store, n).err().map(|error| (n, error)))
        .expect("the limit is met");
    assert!(kept > 0, "nothing could be written at all: {error}");
    assert!(matches!(error, AppendError::Unwritable(_)), "{error}");
    assert!(store.writable().is_err());
    let reader = store.reader().unwrap();
    assert_eq!(reader.head().unwrap().entries, kept);
    assert_eq!(reader.counts(None).unwrap().total, kept);
    assert!(reader.verify(|_| {}).unwrap().ok());
    drop(reader);

    let lifted = Command::new("prlimit")
        .args(["--pid", &std::process::id().to_string()])
        .arg("--fsize=unlimited:unlimited")
        .status()
        .unwrap();
    assert!(lifted.success());
    append(&store, kept).unwrap();
    assert_eq!(store.writable(), Ok(()));
    assert_eq!(store.reader().unwrap().head().unwrap().entries, kept + 1);
}

#[test]
fn a_full_disk_refuses_appends_keeps_reads_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    // The signal of the limit is ignored, so that a write beyond it fails as on a full disk.
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full::confined", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stderr)
    );
    let store = Store::open(folder.path()).unwrap();
    assert!(store.reader().unwrap().verify(|_| {}).unwrap().ok());
}
