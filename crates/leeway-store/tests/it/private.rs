//! Nobody but its owner reads a data folder, and nobody empties one that is in use.

use crate::things::{act, judged};
use leeway_core::judge::Verdict;
use leeway_store::{Store, StoreError, empty};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_folder_that_others_could_read_is_closed_to_them() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("data");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
    drop(Store::open(&folder).unwrap());
    assert_eq!(mode(&folder), 0o700);
    for file in ["ledger.db", "lock"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
        std::fs::set_permissions(folder.join(file), Permissions::from_mode(0o644)).unwrap();
    }
    let store = Store::open(&folder).unwrap();
    store
        .append_blocking(act(0, vec![judged(0, Verdict::Allow)]))
        .unwrap();
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "lock"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_folder_in_use_is_not_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("kept"), "").unwrap();
    let store = Store::open(folder.path()).unwrap();
    store
        .append_blocking(act(0, vec![judged(0, Verdict::Allow)]))
        .unwrap();
    assert!(matches!(
        empty(folder.path()),
        Err(StoreError::Locked { .. })
    ));
    assert_eq!(store.reader().unwrap().head().unwrap().entries, 1);
    drop(store);
    std::fs::create_dir(folder.path().join("config")).unwrap();
    std::fs::write(folder.path().join("config/a.toml"), "").unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
    // The last threads of the store let go of the folder once they have ended.
    let emptied = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        empty(folder.path()).is_ok()
    });
    assert!(emptied);
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["lock"]);
    assert!(outside.path().join("kept").exists());
}
