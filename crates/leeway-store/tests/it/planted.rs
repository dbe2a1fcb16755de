//! What planted cases are made of and who found them, as the store tells it.

use crate::things::{act, approved, id, judged, planted};
use leeway_core::action::event::ActionEvent;
use leeway_core::judge::Verdict;
use leeway_store::{Append, Store};

fn rejected(n: u64, by: &str) -> ActionEvent {
    ActionEvent::Rejected {
        by: by.into(),
        content_hash: format!("hash-{n}"),
        why: "wrong value".into(),
        note: None,
        took_ms: Some(900),
    }
}

/// The same call as another's, under an id of its own.
fn same(n: u64, as_of: u64) -> Append {
    let ActionEvent::Judged(mut again) = judged(n, Verdict::Hold) else {
        unreachable!("it is judged");
    };
    again.twin_hash = format!("twin-{as_of}");
    act(n, vec![ActionEvent::Judged(again)])
}

#[test]
fn a_case_is_a_rejected_proposal_that_was_not_let_run_after_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let write = |append| store.append_blocking(append).unwrap();
    for n in 1..4 {
        write(act(n, vec![judged(n, Verdict::Hold)]));
    }
    for n in 1..3 {
        write(act(n, vec![rejected(n, "owner@example.com")]));
    }
    write(same(12, 2));
    write(act(12, vec![approved(12)]));
    let reader = store.reader().unwrap();
    let pool = reader.rejected("office", 10).unwrap();
    let told: Vec<(bool, bool)> = pool
        .iter()
        .map(|row| {
            let later = reader.was_let_run_later(row).unwrap();
            (row.id == id(2), later)
        })
        .collect();
    assert_eq!(told, [(true, true), (false, false)], "latest first");
    let first = pool.last().unwrap();
    assert!(reader.is_active(first, first.created_ms).unwrap());
    assert!(!reader.is_active(first, first.created_ms + 1).unwrap());
    // Three were decided on, none was planted so far.
    let (decided, waits, _) = reader.decided_since_planted("office").unwrap();
    assert_eq!((decided, waits), (3, false));

    write(planted(1));
    assert!(reader.is_shown_again(&id(1)).unwrap());
    assert!(!reader.is_shown_again(&id(2)).unwrap());
    let (decided, waits, _) = reader.decided_since_planted("office").unwrap();
    assert_eq!((decided, waits), (0, true), "counted from there on");
    assert_eq!(reader.rejected("office", 10).unwrap().len(), 2);
}

#[test]
fn who_found_one_is_told_unless_they_knew_it() {
    let found = |by: &str| {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let write = |append| store.append_blocking(append).unwrap();
        write(act(1, vec![judged(1, Verdict::Hold)]));
        write(act(1, vec![rejected(1, "owner@example.com")]));
        write(planted(1));
        write(act(101, vec![rejected(1, by)]));
        let looks = store.reader().unwrap().planted_decisions_of(by, 10);
        looks.unwrap().len()
    };
    assert_eq!(found("other@example.com"), 1);
    assert_eq!(found("owner@example.com"), 0);
}
