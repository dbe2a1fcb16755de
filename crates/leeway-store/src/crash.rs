//! Where a process may die, so that tests can have it die exactly there. Nothing of it is in a release build.

/// A place in the life of an action at which the process may end. While the file that
/// `LEEWAY_CRASH_FILE` names holds a number, the process ends at the point of that number, counted from
/// when the file was first seen; the file is taken away first.
#[inline]
pub fn point() {
    #[cfg(debug_assertions)]
    armed::point();
}

#[cfg(debug_assertions)]
mod armed {
    use std::path::PathBuf;
    use std::sync::{Mutex, OnceLock, PoisonError};

    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    /// Points left until the end, once the file was seen.
    static LEFT: Mutex<Option<u64>> = Mutex::new(None);

    pub fn point() {
        let file = FILE.get_or_init(|| std::env::var_os("LEEWAY_CRASH_FILE").map(PathBuf::from));
        let Some(file) = file else {
            return;
        };
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(text) = std::fs::read_to_string(file) {
            *left = text.trim().parse().ok();
            // Whoever wrote it waits for it to be gone.
            let _ = std::fs::remove_file(file);
        }
        match *left {
            Some(0 | 1) => std::process::abort(),
            Some(more) => *left = Some(more - 1),
            None => {}
        }
    }
}
