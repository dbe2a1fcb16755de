//! One writer at a time per record: from looking at it until the outcome is recorded. Two calls that
//! both found a field blank would otherwise both run alone, and the second would overwrite the first.
//! Where nothing tells for certain that two spellings are two records, one writer per kind of record.

use super::look::Looking;
use crate::app::App;
use crate::registry::LiveTool;
use leeway_core::classify::BeforeImage;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::classify::identity::Hold;
use serde_json::Value;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{
    Mutex as AsyncMutex, OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
};

/// Locks forgotten at the latest when there are so many.
const MOST_REMEMBERED: usize = 1_024;
/// How often a record may turn out to be another one before its whole kind is held.
const MOST_NAMES: u32 = 3;

/// Locks by what they are of, while anybody has them.
struct Locks<K, L>(Mutex<HashMap<K, Weak<L>>>);

impl<K, L> Default for Locks<K, L> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone, L: Default> Locks<K, L> {
    fn of(&self, key: &K) -> Arc<L> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() >= MOST_REMEMBERED {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        if let Some(lock) = locks.get(key).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(L::default());
        locks.insert(key.clone(), Arc::downgrade(&lock));
        lock
    }
}

/// The locks of records that are being acted on.
#[derive(Default)]
pub struct RecordLocks {
    kinds: Locks<(String, String), RwLock<()>>,
    records: Locks<Hold, AsyncMutex<()>>,
}

/// What a call has to itself, until it is dropped.
pub struct Writing {
    hold: Hold,
    _guards: Guards,
}

/// The guards of what is held. Dropped, they let go.
#[expect(dead_code, reason = "held, never looked at")]
enum Guards {
    Kind(OwnedRwLockWriteGuard<()>),
    Record(OwnedMutexGuard<()>, OwnedRwLockReadGuard<()>),
}

impl RecordLocks {
    /// Waits until nobody else acts on what is to be held. Whoever waits here may hold nothing else of it.
    pub async fn take(&self, hold: Hold) -> Writing {
        let guards = match &hold {
            Hold::Type {
                system,
                record_type,
            } => {
                let kind = self.kinds.of(&(system.clone(), record_type.clone()));
                Guards::Kind(kind.write_owned().await)
            }
            Hold::Record(record) => {
                let kind = (record.system.clone(), record.record_type.clone());
                let kind = self.kinds.of(&kind).read_owned().await;
                Guards::Record(self.records.of(&hold).lock_owned().await, kind)
            }
        };
        Writing {
            hold,
            _guards: guards,
        }
    }
}

/// Waits until nobody else acts on the record a call would change; a read waits for nobody.
pub async fn writing(app: &App, tool: &LiveTool, arguments: &Value) -> Option<Writing> {
    let hold = tool.entry()?.hold(&tool.system, arguments)?;
    Some(app.records.take(hold).await)
}

/// [`writing`], for what is looked at by more than one reading: its whole kind of record.
pub async fn writing_kind(app: &App, tool: &LiveTool, arguments: &Value) -> Option<Writing> {
    let hold = tool.entry()?.hold(&tool.system, arguments)?;
    Some(app.records.take(hold.kind()).await)
}

/// What must be held instead, when the record turned out to be another one than is held. Everything
/// learnt so far is to be forgotten then, and nothing else kept, before [`Names::hold`].
pub fn other(tool: &LiveTool, writing: Option<&Writing>, seen: &BeforeImage) -> Option<Hold> {
    tool.entry()?.hold_instead(&writing?.hold, seen)
}

/// How often a record turned out to be another one.
#[derive(Default)]
pub struct Names(u32);

impl Names {
    /// Lets go of what is held, and holds something else.
    pub async fn hold(&mut self, app: &App, writing: &mut Option<Writing>, hold: Hold) {
        self.0 += 1;
        *writing = None;
        let hold = if self.0 < MOST_NAMES {
            hold
        } else {
            hold.kind()
        };
        *writing = Some(app.records.take(hold).await);
    }
}

/// Reads the record a call touches, holding it by the name that the reading gives it.
pub async fn read_held(
    looking: &Looking<'_>,
    (tool, entry): (&LiveTool, &CompiledTool),
    arguments: &Value,
    writing: &mut Option<Writing>,
) -> BeforeImage {
    let mut names = Names::default();
    loop {
        let seen = looking.plainly((tool, entry), arguments).await;
        match other(tool, writing.as_ref(), &seen.image) {
            Some(hold) => names.hold(looking.app, writing, hold).await,
            None => return looking.shown(seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeway_core::classify::RecordRef;
    use std::time::Duration;

    fn record(id: &str) -> Hold {
        Hold::Record(RecordRef {
            system: "crm".into(),
            record_type: "contact".into(),
            id: id.into(),
        })
    }

    async fn is_free(locks: &RecordLocks, hold: Hold) -> bool {
        let taken = tokio::time::timeout(Duration::from_millis(20), locks.take(hold));
        taken.await.is_ok()
    }

    #[tokio::test]
    async fn the_same_record_has_one_holder_and_another_does_not_wait() {
        let locks = RecordLocks::default();
        let held = locks.take(record("1")).await;
        assert!(!is_free(&locks, record("1")).await);
        assert!(is_free(&locks, record("2")).await);
        drop(held);
        assert!(is_free(&locks, record("1")).await);
    }

    #[tokio::test]
    async fn a_kind_is_held_alone_and_another_kind_does_not_wait() {
        let locks = RecordLocks::default();
        let held = locks.take(record("1").kind()).await;
        assert!(!is_free(&locks, record("2")).await);
        assert!(!is_free(&locks, record("2").kind()).await);
        let deal = Hold::Type {
            system: "crm".into(),
            record_type: "deal".into(),
        };
        assert!(is_free(&locks, deal).await);
        drop(held);
        let held = locks.take(record("2")).await;
        assert!(!is_free(&locks, record("1").kind()).await);
        drop(held);
        assert!(is_free(&locks, record("1").kind()).await);
    }

    /// A pack whose tool writes a text where there is none, and how its system reads a spelling.
    struct There {
        tool: CompiledTool,
        records: Mutex<HashMap<String, u32>>,
        truly: fn(&str) -> String,
        tells: bool,
    }

    impl There {
        fn image(&self, id: &str) -> BeforeImage {
            let truly = (self.truly)(id);
            if !self.records.lock().unwrap().contains_key(&truly) {
                return BeforeImage::Missing;
            }
            BeforeImage::Read {
                fields: serde_json::Map::new(),
                version: None,
                id: self.tells.then_some(truly),
            }
        }

        /// What a call does: holds, looks, and writes alone only what it saw missing.
        async fn write(&self, locks: &RecordLocks, id: &str) -> bool {
            let arguments = serde_json::json!({ "id": id, "text": "x" });
            let hold = self.tool.hold("s", &arguments).unwrap();
            let mut writing = locks.take(hold).await;
            loop {
                tokio::task::yield_now().await;
                let seen = self.image(id);
                if let Some(hold) = self.tool.hold_instead(&writing.hold, &seen) {
                    drop(writing);
                    writing = locks.take(hold).await;
                    continue;
                }
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                }
                let alone = seen == BeforeImage::Missing;
                if alone {
                    *self
                        .records
                        .lock()
                        .unwrap()
                        .entry((self.truly)(id))
                        .or_default() += 1;
                }
                return alone;
            }
        }
    }

    fn there(record: &str, read: &str, truly: fn(&str) -> String) -> There {
        let text = format!(
            "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.put]\neffect = \"update\"\ncreates_when_missing = true\nrecord = {{ type = \"file\", id = \".id\"{record} }}\nchanges = \"{{text: .text}}\"\nread = {{ tool = \"get\", arguments = \"{{id: .id}}\", fields = \".json\"{read} }}\nundo = {{ kind = \"none\", why = \"test\" }}\n"
        );
        let pack = leeway_core::classify::pack::Pack::parse(&text).unwrap();
        let pack = leeway_core::classify::compiled::CompiledPack::compile(pack).unwrap();
        There {
            tool: pack.tools["put"].clone(),
            records: Mutex::default(),
            truly,
            tells: !read.is_empty(),
        }
    }

    /// A thousand rounds, each a record in four spellings written at once: it is made once.
    async fn race(there: There, spellings: [&str; 4]) {
        let there = Arc::new(there);
        let locks = Arc::new(RecordLocks::default());
        for round in 0..1_000 {
            let mut calls = tokio::task::JoinSet::new();
            for n in 0..4 {
                let id = spellings[(n + round) % 4].replace('#', &round.to_string());
                let (there, locks) = (there.clone(), locks.clone());
                calls.spawn(async move { there.write(&locks, &id).await });
            }
            let alone = calls.join_all().await;
            assert_eq!(
                alone.iter().filter(|alone| **alone).count(),
                1,
                "round {round}"
            );
        }
        let records = there.records.lock().unwrap();
        assert!(records.len() == 1_000 && records.values().all(|times| *times == 1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn two_spellings_of_one_record_are_never_both_written_as_new() {
        let below = |id: &str| {
            id.trim_start_matches("/srv/")
                .replace("./", "")
                .replace("//", "/")
        };
        let paths = ["n/#.txt", "n/./#.txt", "/srv/n/#.txt", "n//#.txt"];
        race(there("", "", below), paths).await;
        race(there(", normal = \"path\"", "", below), paths).await;
        race(there("", ", id = \".json.id\"", below), paths).await;
        race(
            there(", normal = \"path\"", ", id = \".json.id\"", below),
            paths,
        )
        .await;
        let plain = |id: &str| id.trim().to_lowercase();
        let ids = ["Ada #", " ada #", "ADA # ", "ada #"];
        race(there(", normal = [\"trim\", \"lower\"]", "", plain), ids).await;
        race(
            there(
                ", normal = [\"trim\", \"lower\"]",
                ", id = \".json.id\"",
                plain,
            ),
            ids,
        )
        .await;
    }

    #[tokio::test]
    async fn locks_nobody_holds_are_forgotten_and_held_ones_are_not() {
        let locks = RecordLocks::default();
        let _held = locks.take(record("kept")).await;
        for n in 0..MOST_REMEMBERED * 2 {
            locks.take(record(&n.to_string())).await;
        }
        assert!(locks.records.0.lock().unwrap().len() <= MOST_REMEMBERED);
        assert!(!is_free(&locks, record("kept")).await);
    }
}
