//! Where the scripted agents were, so that the same demo started again goes on from there. A step is
//! written down before it is done: after a crash it may be missing, but never done twice.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The progress file.
pub struct Progress {
    path: PathBuf,
    done: Mutex<Done>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Done {
    /// Workflow → number of first steps done.
    first: BTreeMap<String, usize>,
    /// Turns of the slow part, over all agents.
    turns: u64,
    /// Workflow → ids of actions that wait → their tool.
    waiting: BTreeMap<String, BTreeMap<String, String>>,
}

impl Progress {
    /// Opens the file; a missing one means nothing is done yet.
    pub fn open(path: PathBuf) -> anyhow::Result<Self> {
        let done = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).with_context(|| {
                format!(
                    "`{}` is not a demo's progress; move it away to start over",
                    path.display()
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Done::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read `{}`", path.display()));
            }
        };
        Ok(Self {
            path,
            done: Mutex::new(done),
        })
    }

    /// Takes the number of the workflow's next first step, if fewer than `of` are done.
    pub fn take_first(&self, workflow: &str, of: usize) -> anyhow::Result<Option<usize>> {
        self.change(|done| {
            let next = done.first.entry(workflow.to_owned()).or_default();
            (*next < of).then(|| {
                *next += 1;
                *next - 1
            })
        })
    }

    /// Takes the number of the next turn.
    pub fn take_turn(&self) -> anyhow::Result<u64> {
        self.change(|done| {
            done.turns += 1;
            done.turns - 1
        })
    }

    /// Remembers an action that waits for a person.
    pub fn waits(&self, workflow: &str, action: &str, tool: &str) -> anyhow::Result<()> {
        self.change(|done| {
            let waiting = done.waiting.entry(workflow.to_owned()).or_default();
            waiting.insert(action.to_owned(), tool.to_owned());
        })
    }

    /// Forgets an action that came to its end.
    pub fn ended(&self, workflow: &str, action: &str) -> anyhow::Result<()> {
        self.change(|done| {
            if let Some(waiting) = done.waiting.get_mut(workflow) {
                waiting.remove(action);
            }
        })
    }

    /// A workflow's actions that wait, with their tools.
    pub fn waiting(&self, workflow: &str) -> Vec<(String, String)> {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.waiting
            .get(workflow)
            .into_iter()
            .flatten()
            .map(|(action, tool)| (action.clone(), tool.clone()))
            .collect()
    }

    /// How many actions wait, over all agents.
    pub fn waiting_count(&self) -> usize {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.waiting.values().map(BTreeMap::len).sum()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Done) -> T) -> anyhow::Result<T> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = done.clone();
        let answer = change(&mut next);
        let fresh = self.path.with_extension("tmp");
        std::fs::write(&fresh, serde_json::to_vec(&next)?)
            .and_then(|()| std::fs::rename(&fresh, &self.path))
            .with_context(|| format!("cannot write `{}`", self.path.display()))?;
        *done = next;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_where_it_was_and_takes_no_step_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("progress.json");
        let open = || Progress::open(path.clone()).expect("opens");

        let before = open();
        assert_eq!(before.take_first("w", 2).expect("writes"), Some(0));
        assert_eq!(before.take_turn().expect("writes"), 0);
        before.waits("w", "act-1", "merge").expect("writes");
        drop(before);

        let after = open();
        assert_eq!(after.take_first("w", 2).expect("writes"), Some(1));
        assert_eq!(after.take_first("w", 2).expect("writes"), None);
        assert_eq!(after.take_turn().expect("writes"), 1);
        assert_eq!(
            after.waiting("w"),
            [("act-1".to_owned(), "merge".to_owned())]
        );
        after.ended("w", "act-1").expect("writes");
        assert_eq!(open().waiting_count(), 0);
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("progress.json");
        std::fs::write(&path, "{").expect("writes");
        assert!(Progress::open(path).is_err());
    }
}
