//! Runs `leeway demo` and waits for what it shows.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub const BINARY: &str = env!("CARGO_BIN_EXE_leeway");

/// A running demo; stopped when dropped.
pub struct Demo {
    pub folder: tempfile::TempDir,
    process: Child,
}

impl Demo {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new(BINARY)
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let file = folder.path().join("demo.json");
        until("demo.json is written", || file.exists().then_some(()));
        Self { folder, process }
    }

    pub fn stop(mut self) -> tempfile::TempDir {
        Command::new("kill")
            .arg(self.process.id().to_string())
            .status()
            .unwrap();
        self.process.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for a condition, at most 30 s.
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_500 {
        if let Some(found) = condition() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("waited 30 s in vain: {what}");
}

/// Runs a command over a data folder; its exit code and JSON.
pub fn run(data: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = Command::new(BINARY)
        .args(arguments)
        .arg("--json")
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or_default(),
    )
}
