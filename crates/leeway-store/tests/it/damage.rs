//! A ledger somebody or something changed behind our back.

use crate::things::{NOW, act, approved, drawn, govern, judged, looked, workflow};
use leeway_core::earn::verdict::Verdict as Says;
use leeway_core::judge::Verdict;
use leeway_store::{AppendError, Store};
use rusqlite::Connection;
use std::path::Path;

fn written(folder: &Path) {
    let store = Store::open(folder).unwrap();
    store
        .append_blocking(govern("workflow/office", workflow()))
        .unwrap();
    for n in 1..6 {
        store
            .append_blocking(act(n, vec![judged(n, Verdict::Hold)]))
            .unwrap();
    }
    store.append_blocking(act(3, vec![approved(3)])).unwrap();
}

/// The same, and reviews of three of its actions: right, not looked at, wrong.
fn reviewed(folder: &Path) {
    written(folder);
    let store = Store::open(folder).unwrap();
    for n in 1..4 {
        store.append_blocking(drawn(n, NOW)).unwrap();
    }
    for (n, says) in [(1, Says::Right), (3, Says::Wrong)] {
        store.append_blocking(looked(n, NOW, says)).unwrap();
    }
}

#[test]
fn each_kind_of_damage_is_found_and_the_first_bad_entry_named() {
    let cases = [
        (
            "payload",
            "UPDATE entries SET payload = CAST(replace(CAST(payload AS TEXT), 'orchid 2', 'orchid 9') AS BLOB) WHERE seq = 2",
            2,
        ),
        (
            "salt",
            "UPDATE entries SET salt = randomblob(16) WHERE seq = 3",
            3,
        ),
        (
            "actor",
            "UPDATE entries SET actor = 'person:mallory' WHERE seq = 4",
            4,
        ),
        (
            "time",
            "UPDATE entries SET time_ms = time_ms + 1 WHERE seq = 6",
            6,
        ),
        (
            "decision",
            "UPDATE entries SET decision = 'allow' WHERE seq = 1",
            1,
        ),
        ("rules", "UPDATE entries SET rules = '' WHERE seq = 1", 1),
        (
            "stream",
            "UPDATE entries SET stream = 'workflow/other' WHERE seq = 0",
            0,
        ),
        ("a missing entry", "DELETE FROM entries WHERE seq = 2", 2),
        ("a cut-off end", "DELETE FROM entries WHERE seq = 6", 6),
        (
            "a leaf",
            "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 5",
            5,
        ),
        (
            "an envelope and its leaf",
            "UPDATE entries SET actor = 'x', leaf = zeroblob(32) WHERE seq = 5",
            5,
        ),
        (
            "the head",
            "UPDATE head SET frontier = zeroblob(length(frontier))",
            7,
        ),
    ];
    for (what, damage, seq) in cases {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let changed = Connection::open(folder.path().join("ledger.db"))
            .unwrap()
            .execute(damage, [])
            .unwrap();
        assert_eq!(changed, 1, "{what}");
        let store = Store::open_read_only(folder.path()).unwrap();
        let report = store.reader().unwrap().verify(|_| {}).unwrap();
        assert_eq!(
            report.first_bad.as_ref().map(|bad| bad.seq),
            Some(seq),
            "{what}: {report:?}"
        );
    }
}

#[test]
fn what_is_derived_and_not_what_the_entries_say_is_found() {
    let action = |n: u64| format!("action/{}", crate::things::id(n));
    let cases = [
        ("UPDATE actions SET status = 10 WHERE seq = 1", action(1)),
        ("UPDATE actions SET level = 1 WHERE seq >= 4", action(4)),
        (
            "UPDATE actions SET reviewer = NULL WHERE seq = 3",
            action(3),
        ),
        ("UPDATE actions SET status = 99 WHERE seq = 2", action(2)),
        ("DELETE FROM actions WHERE seq = 5", action(5)),
        (
            "UPDATE documents SET json = CAST(replace(CAST(json AS TEXT), 'Office', 'Other') AS BLOB)",
            "workflow/office".to_owned(),
        ),
        (
            "UPDATE documents SET version = 9 WHERE stream = 'workflow/office'",
            "workflow/office".to_owned(),
        ),
        (
            "DELETE FROM documents WHERE stream = 'workflow/office'",
            "workflow/office".to_owned(),
        ),
        (
            "INSERT INTO documents SELECT 'workflow/more', version, json FROM documents WHERE stream = 'workflow/office'",
            "workflow/more".to_owned(),
        ),
        (
            "INSERT INTO documents SELECT 'agent/more', version, json FROM documents WHERE stream = 'workflow/office'",
            "agent/more".to_owned(),
        ),
        (
            "INSERT INTO actions SELECT * FROM (SELECT seq + 100, replace(id, 'act_0', 'act_f') AS id, version, created_ms, updated_ms, status, workflow, agent, system, tool, effect, level, record_system, record_type, record_id, title, gist, confidence, amount_cents, revision, content_hash, expires_ms, reviewer, idempotency_key, twin_hash, responsibility, approvals_needed, endorsed_by, reminded, escalated_to, took_ms, edited, undoes, mismatched, planted, currency, areas, fields, unknown, amount_expected FROM actions WHERE seq = 1)",
            action(1).replace("act_0", "act_f"),
        ),
        (
            "UPDATE counts SET count = count + 1 WHERE status = 3",
            "counts".to_owned(),
        ),
        (
            "INSERT INTO counts VALUES ('office', 7, 1)",
            "counts".to_owned(),
        ),
        ("DELETE FROM counts WHERE status = 4", "counts".to_owned()),
        (
            "UPDATE hours SET count = count + 1 WHERE status = 3",
            "hours".to_owned(),
        ),
        ("DELETE FROM hours", "hours".to_owned()),
        (
            "UPDATE reviewed SET count = 2 WHERE outcome = 'right'",
            "reviewed".to_owned(),
        ),
        (
            "UPDATE reviewed SET looks = 0 WHERE outcome = 'wrong'",
            "reviewed".to_owned(),
        ),
        (
            "UPDATE reviews SET outcome = 'right' WHERE outcome = 'wrong'",
            "reviews".to_owned(),
        ),
        (
            "UPDATE reviews SET due_ms = due_ms + 1 WHERE open = 1",
            "reviews".to_owned(),
        ),
        (
            "DELETE FROM looks WHERE verdict = 'wrong'",
            "looks".to_owned(),
        ),
        (
            "UPDATE looks SET took_ms = 1 WHERE verdict = 'wrong'",
            "looks".to_owned(),
        ),
        (
            "INSERT INTO keys SELECT 'clerk', 'k-1', id FROM actions WHERE seq = 1",
            "keys".to_owned(),
        ),
    ];
    for (damage, what) in cases {
        let folder = tempfile::tempdir().unwrap();
        reviewed(folder.path());
        let sound = Store::open_read_only(folder.path()).unwrap();
        let report = sound.reader().unwrap().verify_derived().unwrap();
        assert_eq!((report.streams, report.first_bad), (9, None));
        let changed = Connection::open(folder.path().join("ledger.db"))
            .unwrap()
            .execute(damage, [])
            .unwrap();
        assert!(changed >= 1, "{damage}");
        let store = Store::open_read_only(folder.path()).unwrap();
        let reader = store.reader().unwrap();
        assert!(reader.verify(|_| {}).unwrap().ok(), "{damage}");
        let bad = reader.verify_derived().unwrap().first_bad;
        assert_eq!(bad.map(|bad| bad.what), Some(what), "{damage}");
    }
}

#[test]
fn a_ledger_opened_for_reading_takes_no_appends() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    let store = Store::open_read_only(folder.path()).unwrap();
    let refused = store.append_blocking(act(9, vec![judged(9, Verdict::Hold)]));
    assert!(matches!(refused, Err(AppendError::Unwritable(_))));
    assert!(store.writable().is_err());
    assert!(
        store
            .reader()
            .unwrap()
            .execute("DELETE FROM entries", [])
            .is_err()
    );
}

#[test]
fn a_newer_ledger_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path());
    Connection::open(folder.path().join("ledger.db"))
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let refused = Store::open(folder.path())
        .err()
        .map(|error| error.to_string());
    assert!(refused.is_some_and(|text| text.contains("schema 99")));
}
