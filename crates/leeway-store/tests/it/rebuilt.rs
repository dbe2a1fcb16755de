//! Everything derived can be made anew from the entries, and is the same then.

use crate::things::{
    NOW, act, approved, drawn, finished, govern, judged, looked, planted, started, workflow,
};
use leeway_core::action::event::ActionEvent;
use leeway_core::earn::verdict::Verdict as Says;
use leeway_core::govern::event::GovernEvent;
use leeway_core::judge::Verdict;
use leeway_store::{Append, Store};
use proptest::prelude::*;
use rusqlite::types::Value;

const HALF_HOUR_MS: i64 = 1_800_000;

/// Every row of every derived table, as text.
fn derived(store: &Store) -> Vec<String> {
    let reader = store.reader().unwrap();
    let mut rows = Vec::new();
    for table in [
        "documents",
        "actions",
        "counts",
        "hours",
        "reviews",
        "looks",
        "reviewed",
        "outbox",
    ] {
        let mut statement = reader.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<Value> = (0..columns)
                .map(|column| row.get(column).unwrap())
                .collect();
            let text = format!("{table} {values:?}");
            // A count that went down to nothing may stay as a row of zero.
            if !text.ends_with("Integer(0)]") || !["counts", "hours"].contains(&table) {
                rows.push(text);
            }
        }
    }
    rows.sort();
    rows
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Judge(u64, Verdict),
    Approve(u64),
    Start(u64),
    Finish(u64),
    Withdraw(u64),
    Plant(u64),
    Decide(u64),
    Draw(u64),
    Look(u64, Says),
    Pause,
    Resume,
}

/// Half an hour lies between two steps.
fn append(step: Step, place: usize) -> Append {
    let time_ms = NOW + HALF_HOUR_MS * place as i64;
    let mut append = match step {
        Step::Judge(n, verdict) => act(n, vec![judged(n, verdict)]),
        Step::Approve(n) => act(n, vec![approved(n)]),
        Step::Start(n) => act(n, vec![started()]),
        Step::Finish(n) => act(n, vec![finished()]),
        Step::Withdraw(n) => act(
            n,
            vec![ActionEvent::Withdrawn {
                by: "clerk".into(),
                reason: None,
            }],
        ),
        Step::Plant(n) => planted(n),
        Step::Decide(n) => {
            let mut append = act(100 + n, vec![approved(n)]);
            let over = ActionEvent::Withdrawn {
                by: "leeway".into(),
                reason: None,
            };
            append.entries.extend(act(100 + n, vec![over]).entries);
            append
        }
        Step::Draw(n) => drawn(n, time_ms),
        Step::Look(n, verdict) => looked(n, time_ms, verdict),
        Step::Pause => govern(
            "workflow/office",
            GovernEvent::WorkflowPaused {
                reason: String::new(),
                holder: None,
            },
        ),
        Step::Resume => govern(
            "workflow/office",
            GovernEvent::WorkflowResumed {
                reason: String::new(),
                holder: None,
            },
        ),
    };
    for entry in &mut append.entries {
        entry.time_ms = time_ms;
    }
    append
}

/// What a window holds, counted one by one.
fn counted(store: &Store, from_ms: i64) -> [i64; 5] {
    let reader = store.reader().unwrap();
    let one = |sql: &str| {
        reader
            .query_row(sql, [from_ms], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    [
        one("SELECT count(*) FROM actions WHERE created_ms >= ?1 AND planted IS NULL"),
        one(
            "SELECT count(*) FROM actions WHERE created_ms >= ?1 AND planted IS NULL AND effect <> 'read'
             AND (status IN (10, 12) OR reviewer IS NOT NULL)",
        ),
        one(
            "SELECT count(*) FROM actions WHERE created_ms >= ?1 AND planted IS NULL AND reviewer IS NOT NULL",
        ),
        one("SELECT count(*) FROM reviews WHERE judged_ms >= ?1 AND outcome <> 'unsure'"),
        one("SELECT count(*) FROM reviews WHERE judged_ms >= ?1 AND outcome = 'wrong'"),
    ]
}

fn added_up(store: &Store, from_ms: i64) -> [i64; 5] {
    let reader = store.reader().unwrap();
    let measures = reader.measures("office", from_ms).unwrap();
    let worth = reader.worth_counts("office", from_ms).unwrap();
    [
        measures.volume,
        worth.items,
        measures.decided,
        worth.reviewed,
        worth.wrong,
    ]
    .map(|count| count as i64)
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..6u64;
    prop_oneof![
        (
            n.clone(),
            prop::sample::select(vec![Verdict::Allow, Verdict::Hold, Verdict::Block])
        )
            .prop_map(|(n, verdict)| Step::Judge(n, verdict)),
        n.clone().prop_map(Step::Approve),
        n.clone().prop_map(Step::Start),
        n.clone().prop_map(Step::Finish),
        n.clone().prop_map(Step::Withdraw),
        n.clone().prop_map(Step::Plant),
        n.clone().prop_map(Step::Decide),
        n.clone().prop_map(Step::Draw),
        (
            n,
            prop::sample::select(vec![Says::Right, Says::Wrong, Says::Unsure])
        )
            .prop_map(|(n, says)| Step::Look(n, says)),
        Just(Step::Pause),
        Just(Step::Resume),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rebuilt_is_live(steps in prop::collection::vec(step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        store.append_blocking(govern("workflow/office", workflow())).unwrap();
        let last = steps.len();
        for (place, step) in steps.into_iter().enumerate() {
            let _ = store.append_blocking(append(step, place));
        }
        for quarter in 0..=2 * last as i64 {
            let from_ms = NOW + HALF_HOUR_MS / 2 * quarter;
            prop_assert_eq!(added_up(&store, from_ms), counted(&store, from_ms));
        }
        let live = derived(&store);
        let entries = store.rebuild().unwrap();
        prop_assert_eq!(entries, store.reader().unwrap().head().unwrap().entries);
        prop_assert_eq!(derived(&store), live);
        let report = store.reader().unwrap().verify(|_| ()).unwrap();
        prop_assert_eq!(report.first_bad, None);
        let derived = store.reader().unwrap().verify_derived().unwrap();
        prop_assert_eq!(derived.first_bad, None);
    }
}
