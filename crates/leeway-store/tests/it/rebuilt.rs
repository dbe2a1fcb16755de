//! Everything derived can be made anew from the entries, and is the same then.

use crate::things::{act, approved, finished, govern, judged, started, workflow};
use leeway_core::action::event::ActionEvent;
use leeway_core::govern::event::GovernEvent;
use leeway_core::judge::Verdict;
use leeway_store::{Append, Store};
use proptest::prelude::*;
use rusqlite::types::Value;

/// Every row of every derived table, as text.
fn derived(store: &Store) -> Vec<String> {
    let reader = store.reader().unwrap();
    let mut rows = Vec::new();
    for table in ["documents", "actions", "counts", "outbox"] {
        let mut statement = reader.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<Value> = (0..columns)
                .map(|column| row.get(column).unwrap())
                .collect();
            let text = format!("{table} {values:?}");
            // A count that went down to nothing may stay as a row of zero.
            if !text.ends_with("Integer(0)]") || table != "counts" {
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
    Pause,
    Resume,
}

fn append(step: Step) -> Append {
    match step {
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
        Step::Pause => govern(
            "workflow/office",
            GovernEvent::WorkflowPaused {
                reason: String::new(),
            },
        ),
        Step::Resume => govern(
            "workflow/office",
            GovernEvent::WorkflowResumed {
                reason: String::new(),
            },
        ),
    }
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
        n.prop_map(Step::Withdraw),
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
        for step in steps {
            let _ = store.append_blocking(append(step));
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
