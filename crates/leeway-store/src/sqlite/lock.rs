//! One process per data folder: an advisory lock on a file in it, freed by the operating system
//! however the process ends.

use super::StoreError;
use fs4::FileExt;
use std::fs::{File, OpenOptions};
use std::path::Path;

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
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
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

/// Makes a folder that only its owner can read.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}
