//! What an append promises: all or nothing, only while its preconditions hold.

use crate::things::{
    NOW, act, approved, finished, govern, id, judged, started, stream, when, workflow,
};
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::Status;
use leeway_core::govern::event::GovernEvent;
use leeway_core::judge::Verdict;
use leeway_core::judge::counting::Counts;
use leeway_core::judge::guardrail::When;
use leeway_store::{
    ActionFilter, Append, AppendError, Conflict, Count, Credential, CredentialKind, Precondition,
    ScopeKey, SideWrite, Store, StoreError,
};

fn open() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

#[tokio::test]
async fn what_was_queued_is_durable_once_caught_up_and_catching_up_writes_nothing() {
    let (_folder, store) = open();
    for n in 1..=50 {
        drop(store.queue(act(n, vec![judged(n, Verdict::Hold)])).unwrap());
    }
    store.caught_up().await;
    let head = store.reader().unwrap().head().unwrap();
    assert_eq!(head.entries, 50);
    store.caught_up().await;
    assert_eq!(store.reader().unwrap().head().unwrap(), head);
}

#[test]
fn an_action_lives_and_is_found() {
    let (_folder, store) = open();
    store
        .append_blocking(act(1, vec![judged(1, Verdict::Hold)]))
        .unwrap();
    store.append_blocking(act(1, vec![approved(1)])).unwrap();
    let appended = store
        .append_blocking(act(1, vec![started(), finished()]))
        .unwrap();
    assert_eq!((appended.first_seq, appended.versions), (2, vec![3, 4]));
    let reader = store.reader().unwrap();
    let action = reader.action(&id(1)).unwrap().unwrap();
    assert_eq!(
        (action.row.status, action.steps.len()),
        (Status::Executed, 4)
    );
    let found = |filter: ActionFilter| reader.actions(&filter, None, 10).unwrap().items.len();
    assert_eq!(found(ActionFilter::default()), 1);
    assert_eq!(
        found(ActionFilter {
            q: Some("orch".into()),
            ..ActionFilter::default()
        }),
        1
    );
    assert_eq!(
        found(ActionFilter {
            q: Some("tulip".into()),
            ..ActionFilter::default()
        }),
        0
    );
    assert_eq!(
        found(ActionFilter {
            q: Some("\" OR 1=1 --".into()),
            ..ActionFilter::default()
        }),
        0
    );
    assert_eq!(
        found(ActionFilter {
            status: vec![Status::Executed],
            workflow: Some("office".into()),
            level: Some(3),
            ..ActionFilter::default()
        }),
        1
    );
    let counted = |judged| {
        let counted = reader
            .counted(&Count {
                workflow: "office",
                key: &ScopeKey::Agent("clerk".into()),
                since_ms: NOW - 1,
                counts: &Counts::of(&When::default()),
                judged: &id(judged),
                currency: None,
                in_business_hours: &|_| None,
            })
            .unwrap();
        (counted.count, counted.sum_cents)
    };
    assert_eq!(counted(99), (1, 100));
    assert_eq!(
        counted(1),
        (0, 0),
        "an action does not count against itself"
    );
}

#[test]
fn an_event_the_status_does_not_admit_is_refused_and_nothing_of_its_append_is_kept() {
    let (_folder, store) = open();
    store
        .append_blocking(act(1, vec![judged(1, Verdict::Hold)]))
        .unwrap();
    let refused = store.append_blocking(act(1, vec![approved(1), started(), started()]));
    assert!(
        matches!(refused, Err(AppendError::InvalidTransition(_))),
        "{refused:?}"
    );
    let reader = store.reader().unwrap();
    assert_eq!(
        reader.action(&id(1)).unwrap().unwrap().row.status,
        Status::Held
    );
    assert_eq!(reader.head().unwrap().entries, 1);
    assert!(reader.verify(|_| {}).unwrap().ok());
}

#[test]
fn a_stale_approval_is_refused() {
    let (_folder, store) = open();
    store
        .append_blocking(act(1, vec![judged(1, Verdict::Hold)]))
        .unwrap();
    assert!(store.append_blocking(act(1, vec![approved(2)])).is_err());
}

#[test]
fn nothing_starts_on_what_is_configured_otherwise_by_now() {
    let (_folder, store) = open();
    let known = store.configured();
    store
        .append_blocking(govern("workflow/office", workflow()))
        .unwrap();
    let judged_with = store.configured();
    assert!(judged_with > known, "known before the append is answered");
    store
        .append_blocking(act(1, vec![judged(1, Verdict::Allow)]))
        .unwrap();
    assert_eq!(
        store.configured(),
        judged_with,
        "an action configures nothing"
    );
    let start = |n, streams: &[&str]| {
        let unmoved = Precondition::Unmoved {
            since: judged_with,
            streams: streams.iter().map(|name| (*name).to_owned()).collect(),
        };
        store.append_blocking(when(act(n, vec![started()]), unmoved))
    };
    let added = GovernEvent::PersonAdded { roles: vec![] };
    // What comes to nothing changes nothing.
    let impossible = vec![
        govern("person/b@example.com", added.clone())
            .entries
            .remove(0),
        govern("person/b@example.com", added.clone())
            .entries
            .remove(0),
    ];
    let refused = store.append_blocking(Append {
        entries: impossible,
        ..Append::default()
    });
    assert!(matches!(refused, Err(AppendError::InvalidTransition(_))));
    assert_eq!(store.configured(), judged_with);
    store
        .append_blocking(govern("person/a@example.com", added))
        .unwrap();
    let refused = start(1, &["pack/crm", "person/"]);
    assert!(
        matches!(&refused, Err(AppendError::Conflict(Conflict::Reconfigured { stream })) if stream == "person/a@example.com"),
        "{refused:?}"
    );
    start(1, &["pack/crm", "workflow/office", "owners/matrix"]).unwrap();
}

#[test]
fn nothing_starts_after_a_pause_entry() {
    let (_folder, store) = open();
    store
        .append_blocking(govern("workflow/office", workflow()))
        .unwrap();
    store
        .append_blocking(act(1, vec![judged(1, Verdict::Allow)]))
        .unwrap();
    store
        .append_blocking(govern(
            "workflow/office",
            GovernEvent::WorkflowPaused {
                reason: "look".into(),
                holder: None,
            },
        ))
        .unwrap();
    let start = when(
        act(1, vec![started()]),
        Precondition::StreamAt {
            stream: "workflow/office".into(),
            version: 1,
        },
    );
    let refused = store.append_blocking(start);
    assert!(
        matches!(
            refused,
            Err(AppendError::Conflict(Conflict::StreamMoved {
                found: 2,
                ..
            }))
        ),
        "{refused:?}"
    );
    assert_eq!(
        store
            .reader()
            .unwrap()
            .action_row(&id(1))
            .unwrap()
            .unwrap()
            .status,
        Status::Authorised
    );
}

#[test]
fn twins_join_only_while_the_first_is_held() {
    let (_folder, store) = open();
    let twin = |n| {
        when(
            act(n, vec![judged(1, Verdict::Hold)]),
            Precondition::NoHeldTwin {
                twin_hash: "twin-1".into(),
            },
        )
    };
    store.append_blocking(twin(1)).unwrap();
    assert!(
        matches!(store.append_blocking(twin(2)), Err(AppendError::Conflict(Conflict::Twin(first))) if first == id(1))
    );
    store.append_blocking(act(1, vec![approved(1)])).unwrap();
    store.append_blocking(twin(2)).unwrap();
}

#[tokio::test]
async fn of_many_racing_starts_one_wins() {
    let (_folder, store) = open();
    store
        .append(act(1, vec![judged(1, Verdict::Allow)]))
        .await
        .unwrap();
    let racers: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(act(1, vec![started()])).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for racer in racers {
        won += u32::from(racer.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_eq!(
        store.reader().unwrap().stream_version(&stream(1)).unwrap(),
        2
    );
}

#[tokio::test]
async fn one_that_fails_does_not_take_its_group_with_it() {
    let (_folder, store) = open();
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            let append = if n % 3 == 0 {
                act(n, vec![started()])
            } else {
                act(n, vec![judged(n, Verdict::Allow)])
            };
            tokio::spawn(async move { store.append(append).await.is_ok() })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += u64::from(task.await.unwrap());
    }
    let reader = store.reader().unwrap();
    assert_eq!((done, reader.head().unwrap().entries), (133, 133));
    assert!(reader.verify(|_| {}).unwrap().ok());
}

#[test]
fn time_never_goes_back_in_the_ledger() {
    let (_folder, store) = open();
    let at = |n, time_ms| {
        let mut append = act(n, vec![judged(n, Verdict::Allow)]);
        append.entries[0].time_ms = time_ms;
        append
    };
    store.append_blocking(at(1, 2_000)).unwrap();
    store.append_blocking(at(2, 1_000)).unwrap();
    let entries = store.reader().unwrap().entries(0, 10).unwrap();
    assert_eq!(
        entries
            .iter()
            .map(|raw| raw.envelope.time_ms)
            .collect::<Vec<_>>(),
        [2_000, 2_000]
    );
}

#[test]
fn secrets_lie_beside_the_ledger_and_go_with_their_subject() {
    let (_folder, store) = open();
    let credential = |id: &str| Credential {
        kind: CredentialKind::AgentToken,
        id: id.into(),
        subject: "clerk".into(),
        secret: String::new(),
        expires_ms: None,
    };
    let sealed = SideWrite::PutSealed {
        action: id(1),
        revision: 1,
        arguments: b"{}".to_vec(),
    };
    let side = vec![
        SideWrite::PutCredential(credential("a")),
        SideWrite::PutCredential(credential("b")),
        sealed,
    ];
    store
        .append_blocking(Append {
            side,
            ..act(1, vec![judged(1, Verdict::Hold)])
        })
        .unwrap();
    let reader = store.reader().unwrap();
    assert_eq!(
        reader.credential(CredentialKind::AgentToken, "a").unwrap(),
        Some(credential("a"))
    );
    assert_eq!(
        reader.credential(CredentialKind::PersonToken, "a").unwrap(),
        None
    );
    assert_eq!(
        reader.sealed(&id(1), 1).unwrap().as_deref(),
        Some(b"{}".as_slice())
    );
    let side = vec![
        SideWrite::DeleteCredentialsOf {
            kind: CredentialKind::AgentToken,
            subject: "clerk".into(),
        },
        SideWrite::DeleteSealed { action: id(1) },
    ];
    store
        .append_blocking(Append {
            side,
            ..act(1, vec![approved(1)])
        })
        .unwrap();
    assert_eq!(
        reader
            .credentials_of(CredentialKind::AgentToken, "clerk")
            .unwrap(),
        []
    );
    assert_eq!(reader.sealed(&id(1), 1).unwrap(), None);
}

#[test]
fn pages_go_back_without_gaps_or_repeats() {
    let (_folder, store) = open();
    for n in 0..25 {
        store
            .append_blocking(act(n, vec![judged(n, Verdict::Allow)]))
            .unwrap();
    }
    let reader = store.reader().unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = reader
            .actions(&ActionFilter::default(), cursor, 10)
            .unwrap();
        seen.extend(page.items.iter().map(|row| row.seq));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..25).rev().collect::<Vec<_>>());
}

#[test]
fn a_second_process_and_a_missing_ledger_are_told() {
    let (folder, _store) = open();
    assert!(matches!(
        Store::open(folder.path()),
        Err(StoreError::Locked { .. })
    ));
    assert!(Store::open_read_only(folder.path()).is_ok());
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        Store::open_read_only(empty.path()),
        Err(StoreError::NoLedger(_))
    ));
}

#[test]
fn expired_ones_are_those_held_past_their_deadline() {
    let (_folder, store) = open();
    store
        .append_blocking(act(1, vec![judged(1, Verdict::Hold)]))
        .unwrap();
    store
        .append_blocking(act(2, vec![judged(2, Verdict::Hold), approved(2)]))
        .unwrap();
    let reader = store.reader().unwrap();
    assert_eq!(reader.expired(NOW).unwrap(), []);
    assert_eq!(reader.expired(NOW + 1000).unwrap(), [id(1)]);
}

#[test]
fn a_repeated_key_without_a_precondition_fails_alone_and_the_ledger_stays_writable() {
    let (_folder, store) = open();
    let keyed = |n| {
        let ActionEvent::Judged(mut judged) = judged(n, Verdict::Allow) else {
            panic!("not judged");
        };
        judged.idempotency_key = Some("key".into());
        act(n, vec![ActionEvent::Judged(judged)])
    };
    store.append_blocking(keyed(1)).unwrap();
    assert!(matches!(
        store.append_blocking(keyed(2)),
        Err(AppendError::InvalidTransition(_))
    ));
    assert!(store.writable().is_ok());
    assert_eq!(store.reader().unwrap().head().unwrap().entries, 1);
}
