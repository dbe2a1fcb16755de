//! What somebody is to be told is remembered in the transaction that records it, and forgotten in
//! the one that puts it into a postbox: also when the process is killed in between.

use crate::things::{NOW, act, entry, govern, judged, stream};
use leeway_core::action::event::ActionEvent;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::Document;
use leeway_core::judge::Verdict;
use leeway_core::ledger::event::Event;
use leeway_core::notify::letter::Letter;
use leeway_core::notify::postbox::{PostboxEvent, PostboxState};
use leeway_core::notify::{Item, What};
use leeway_store::{Append, AppendError, Precondition, Store};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "LEEWAY_TEST_OUTBOX_FOLDER";
const BOX: &str = "postbox/email/fin@example.com";

fn channels() -> Append {
    let notify = serde_json::from_value(json!({"public_url": "https://x.example"})).unwrap();
    govern(
        "notify/channels",
        GovernEvent::NotifyConfigured {
            notify,
            hash: "h".into(),
        },
    )
}

fn due(seq: u64) -> PostboxEvent {
    PostboxEvent::Due {
        item: Item {
            cause: Some(seq),
            about: "action/x".into(),
            what: What::Held,
        },
    }
}

fn put(event: PostboxEvent) -> Append {
    govern(BOX, GovernEvent::Postbox(event))
}

fn owed(store: &Store) -> Vec<u64> {
    store.reader().unwrap().outbox(1000).unwrap()
}

fn postbox(store: &Store) -> PostboxState {
    match store.reader().unwrap().document(BOX).unwrap() {
        Some((_, Document::Postbox(state))) => state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_owed_comes_and_goes_with_its_entries() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    // Nobody is to be told while there is no channel.
    store
        .append_blocking(act(0, vec![judged(0, Verdict::Hold)]))
        .unwrap();
    store.append_blocking(channels()).unwrap();
    assert_eq!(owed(&store), [] as [u64; 0]);
    let held = store
        .append_blocking(act(1, vec![judged(1, Verdict::Hold)]))
        .unwrap()
        .first_seq;
    store
        .append_blocking(act(2, vec![judged(2, Verdict::Allow)]))
        .unwrap();
    let expired = store
        .append_blocking(act(1, vec![ActionEvent::Expired {}]))
        .unwrap()
        .first_seq;
    assert_eq!(owed(&store), [held, expired]);
    store.append_blocking(put(due(held))).unwrap();
    assert_eq!(owed(&store), [expired]);
    store.rebuild().unwrap();
    assert_eq!(owed(&store), [expired], "made anew from the entries");
    // An append that fails leaves what is owed as it was.
    let mut both = put(due(expired));
    both.entries
        .push(entry(stream(1), Event::Action(ActionEvent::Expired {})));
    assert!(matches!(
        store.append_blocking(both),
        Err(AppendError::InvalidTransition(_))
    ));
    assert_eq!(owed(&store), [expired]);
    store
        .append_blocking(govern("notify/channels", GovernEvent::NotifyRemoved {}))
        .unwrap();
    store
        .append_blocking(act(3, vec![judged(3, Verdict::Hold)]))
        .unwrap();
    assert_eq!(owed(&store), [expired]);
}

#[test]
fn two_cannot_make_messages_of_the_same_notices() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.append_blocking(put(due(7))).unwrap();
    let bundle = |message: &str| {
        let letter = Letter {
            subject: "s".into(),
            cards: vec![],
            more: 0,
        };
        let mut append = put(PostboxEvent::Bundled {
            message: message.into(),
            letter,
        });
        append.preconditions.push(Precondition::StreamAt {
            stream: BOX.into(),
            version: 1,
        });
        append
    };
    store.append_blocking(bundle("m1")).unwrap();
    assert!(matches!(
        store.append_blocking(bundle("m2")),
        Err(AppendError::Conflict(_))
    ));
    let sending = postbox(&store).sending.unwrap();
    assert_eq!((sending.message.as_str(), sending.since_ms), ("m1", NOW));
    let sent = || {
        put(PostboxEvent::Sent {
            message: "m1".into(),
            receipt: "250".into(),
        })
    };
    store.append_blocking(sent()).unwrap();
    assert!(matches!(
        store.append_blocking(sent()),
        Err(AppendError::InvalidTransition(_))
    ));
}

/// Not a test of its own: the process that is killed. Lets one action after the other be held and
/// takes each notice over, in two appends, as fast as it can.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let store = Store::open(Path::new(&folder)).unwrap();
    let from = store.reader().unwrap().head().unwrap().entries;
    for n in from.. {
        let held = store
            .append_blocking(act(n, vec![judged(n, Verdict::Hold)]))
            .unwrap();
        println!("held {}", held.first_seq);
        for seq in owed(&store) {
            store.append_blocking(put(due(seq))).unwrap();
        }
        // A postbox that is never emptied counts what it cannot list.
        store
            .append_blocking(put(PostboxEvent::Settled { why: "test".into() }))
            .unwrap();
    }
}

#[test]
fn no_notice_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    Store::open(folder.path())
        .unwrap()
        .append_blocking(channels())
        .unwrap();
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "outbox::victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let held = lines.filter(|line| line.as_ref().is_ok_and(|line| line.contains("held ")));
        assert_eq!(held.take(10 + round * 5).count(), 10 + round * 5);
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let entries = store.reader().unwrap().entries(0, 100_000).unwrap();
        let mut held = BTreeSet::new();
        let mut told = Vec::new();
        for raw in &entries {
            match Event::read(&raw.envelope.kind, &raw.payload).unwrap() {
                Event::Action(ActionEvent::Judged(_)) => {
                    held.insert(raw.envelope.seq);
                }
                Event::Govern(GovernEvent::Postbox(event)) => told.extend(event.answers()),
                _ => {}
            }
        }
        let once: BTreeSet<u64> = told.iter().copied().collect();
        assert_eq!(once.len(), told.len(), "none is put in twice");
        let open: BTreeSet<u64> = owed(&store).into_iter().collect();
        assert!(open.is_disjoint(&once));
        assert_eq!(&open | &once, held, "each is either owed or in the postbox");
    }
}
