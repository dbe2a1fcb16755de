//! Which entries changed what is configured, lately: how far whoever judges has to have read the ledger, and
//! what a judgement rests on that changed meanwhile. Kept by the writer in memory, so that asking costs a
//! comparison; a process that starts has read everything.

use std::collections::VecDeque;

/// Changes remembered one by one; a judgement that is older than all of them counts as overtaken.
const REMEMBERED: usize = 4_096;

/// The latest changes of what is configured.
#[derive(Debug)]
pub struct Configured {
    /// Each change's place in the ledger, and its stream.
    changes: VecDeque<(u64, String)>,
    /// From where on every change is remembered.
    from: u64,
}

impl Configured {
    /// Of a ledger with so many entries: all of them are known to whoever reads it now.
    pub fn new(entries: u64) -> Self {
        Self {
            changes: VecDeque::new(),
            from: entries,
        }
    }

    /// How many entries whoever judges must have read: up to the latest change.
    pub fn upto(&self) -> u64 {
        self.changes.back().map_or(self.from, |(seq, _)| seq + 1)
    }

    /// Takes notice of a change.
    pub fn changed(&mut self, seq: u64, stream: &str) {
        if self.changes.len() == REMEMBERED
            && let Some((oldest, _)) = self.changes.pop_front()
        {
            self.from = oldest + 1;
        }
        self.changes.push_back((seq, stream.to_owned()));
    }

    /// Nothing from this place on came into the ledger.
    pub fn undo_from(&mut self, seq: u64) {
        while self.changes.back().is_some_and(|(last, _)| *last >= seq) {
            self.changes.pop_back();
        }
    }

    /// A stream among these that changed since the ledger had so many entries.
    pub fn moved(&self, since: u64, streams: &[String]) -> Option<String> {
        if self.upto() <= since {
            return None;
        }
        if since < self.from {
            return Some("configuration".to_owned());
        }
        let later = self.changes.iter().rev();
        later
            .take_while(|(seq, _)| *seq >= since)
            .find(|(_, changed)| streams.iter().any(|stream| names(stream, changed)))
            .map(|(_, changed)| changed.clone())
    }
}

fn names(stream: &str, changed: &str) -> bool {
    stream == changed || (stream.ends_with('/') && changed.starts_with(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_change_overtakes_what_was_read_before_it_and_nothing_else() {
        let mut configured = Configured::new(10);
        assert_eq!(configured.upto(), 10);
        configured.changed(12, "pack/crm");
        configured.changed(15, "person/a@example.com");
        assert_eq!(configured.upto(), 16);
        for (since, names, moved) in [
            (10, ["pack/crm"], Some("pack/crm")),
            (12, ["pack/crm"], Some("pack/crm")),
            (13, ["pack/crm"], None),
            (10, ["pack/c"], None),
            (10, ["pack/desk"], None),
            (13, ["person/"], Some("person/a@example.com")),
            (16, ["person/"], None),
            (9, ["pack/desk"], Some("configuration")),
        ] {
            let found = configured.moved(since, &streams(&names));
            assert_eq!(found.as_deref(), moved, "{since} {names:?}");
        }
    }

    #[test]
    fn what_came_to_nothing_changed_nothing() {
        let mut configured = Configured::new(0);
        configured.changed(1, "pack/crm");
        configured.changed(2, "pack/desk");
        configured.undo_from(2);
        assert_eq!(configured.upto(), 2);
        assert_eq!(configured.moved(1, &streams(&["pack/desk"])), None);
        configured.undo_from(0);
        assert_eq!(configured.upto(), 0);
    }

    #[test]
    fn what_is_older_than_all_that_is_remembered_counts_as_overtaken() {
        let mut configured = Configured::new(0);
        for seq in 0..=REMEMBERED as u64 {
            configured.changed(seq, "pack/crm");
        }
        let other = streams(&["pack/desk"]);
        assert!(configured.moved(0, &other).is_some());
        assert_eq!(configured.moved(1, &other), None);
    }
}
