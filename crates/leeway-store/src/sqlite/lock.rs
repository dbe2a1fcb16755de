//! One process per data folder: an advisory lock on a file in it, freed by the operating system
//! however the process ends.

use super::StoreError;
use fs4::FileExt;
use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The file in a data folder that is locked.
const LOCK: &str = "lock";

/// Held while the ledger is open for writing.
pub struct FolderLock(
    #[expect(dead_code, reason = "the lock lives as long as the open file")] File,
);

impl FolderLock {
    /// Takes the lock, or says who has it.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let unusable = |error: std::io::Error| StoreError::Folder {
            folder: folder.to_owned(),
            why: error.to_string(),
        };
        let path = folder.join(LOCK);
        make_private_file(&path).map_err(unusable)?;
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(unusable)?;
        match FileExt::try_lock(&file) {
            Ok(()) => Ok(Self(file)),
            Err(fs4::TryLockError::WouldBlock) => Err(StoreError::Locked {
                folder: folder.to_owned(),
            }),
            Err(fs4::TryLockError::Error(error)) => Err(unusable(error)),
        }
    }
}

/// Removes everything in a data folder but its lock, unless a process has it open.
pub fn empty(folder: &Path) -> Result<(), StoreError> {
    let unusable = |error: std::io::Error| StoreError::Folder {
        folder: folder.to_owned(),
        why: error.to_string(),
    };
    let _lock = FolderLock::take(folder)?;
    for entry in std::fs::read_dir(folder).map_err(unusable)? {
        let entry = entry.map_err(unusable)?;
        if entry.file_name() == LOCK {
            continue;
        }
        // A link is removed, never what it leads to.
        let removed = if entry.file_type().map_err(unusable)?.is_dir() {
            std::fs::remove_dir_all(entry.path())
        } else {
            std::fs::remove_file(entry.path())
        };
        removed.map_err(unusable)?;
    }
    Ok(())
}

/// Makes a folder that only its owner can read, or takes the others' access to it away.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    keep_private(folder, 0o700)
}

/// Makes a file that only its owner can read, or takes the others' access to it away. What SQLite
/// makes beside it has the same mode.
pub fn make_private_file(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(file);
    // One that is there is not opened: closing it again would free SQLite's locks on it.
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    for suffix in ["", "-wal", "-shm"] {
        let mut path = file.as_os_str().to_owned();
        path.push(suffix);
        match keep_private(Path::new(&path), 0o600) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn keep_private(path: &Path, mode: u32) -> std::io::Result<()> {
    let to_others = std::fs::metadata(path)?.permissions().mode() & 0o077;
    if to_others == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(|error| {
        let why = format!(
            "others can read `{}`, and that cannot be changed: {error}",
            path.display()
        );
        std::io::Error::new(error.kind(), why)
    })
}
