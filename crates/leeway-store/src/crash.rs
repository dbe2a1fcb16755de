//! Where a process may die or stand still, so that tests can have it do so exactly there. Nothing of it is in
//! a release build.

/// A place between two steps at which the process may end. While the file that `LEEWAY_CRASH_FILE` names
/// holds a number, the process ends at the point of that number, counted from when the file was first seen;
/// the file is taken away first. `<number> hold` lets the thread stand still there instead: it makes
/// `<file>.held`, and goes on when that is gone.
#[inline]
pub fn point() {
    #[cfg(debug_assertions)]
    armed::point();
}

#[cfg(debug_assertions)]
mod armed {
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, OnceLock, PoisonError};

    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    /// Points left until the end, once the file was seen, and whether it is only a stop.
    static LEFT: Mutex<Option<(u64, bool)>> = Mutex::new(None);

    pub fn point() {
        let file = FILE.get_or_init(|| std::env::var_os("LEEWAY_CRASH_FILE").map(PathBuf::from));
        let Some(file) = file else {
            return;
        };
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(text) = std::fs::read_to_string(file) {
            let number = text.split_whitespace().next().and_then(|n| n.parse().ok());
            *left = number.map(|number| (number, text.trim().ends_with("hold")));
            // Whoever wrote it waits for it to be gone.
            let _ = std::fs::remove_file(file);
        }
        match *left {
            Some((0 | 1, false)) => std::process::abort(),
            Some((0 | 1, true)) => {
                *left = None;
                drop(left);
                hold(&file.with_extension("held"));
            }
            Some((more, hold)) => *left = Some((more - 1, hold)),
            None => {}
        }
    }

    fn hold(held: &Path) {
        let made = std::fs::write(held, "");
        while made.is_ok() && held.exists() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}
