//! A planted case waits for one decision, and nothing ever starts it.

use crate::cases::{id, judged_event};
use crate::lifecycle::{events, fold};
use leeway_core::action::event::{ActionEvent, Cause};
use leeway_core::action::fold::FoldError;
use leeway_core::action::state::Status;
use leeway_core::judge::Verdict;
use std::collections::BTreeSet;

fn planted(verdict: Verdict) -> ActionEvent {
    judged_event(verdict, 1, Cause::Planted { shows: id() })
}

#[test]
fn a_planted_case_waits_for_one_decision_and_nothing_ever_starts_it() {
    for verdict in [Verdict::Allow, Verdict::Block] {
        assert!(matches!(
            fold(&[planted(verdict)]),
            Err(FoldError::Planted(_))
        ));
    }
    let first = planted(Verdict::Hold);
    let mut open = vec![vec![first.clone()]];
    let mut ends = BTreeSet::new();
    while let Some(so_far) = open.pop() {
        for (name, event) in events() {
            let mut next = so_far.clone();
            next.push(event);
            let Ok(row) = fold(&next) else { continue };
            assert_eq!(row.planted, Some(id()), "{name}");
            assert!(
                !matches!(name, "started" | "endorsed" | "returned" | "drift")
                    && row.revision == 1
                    && row.status != Status::Executing,
                "{name} happened to a planted case"
            );
            if row.status.is_terminal() {
                ends.insert(row.status.name());
            } else if next.len() < 5 {
                open.push(next);
            }
        }
    }
    let ends: Vec<&str> = ends.into_iter().collect();
    assert_eq!(ends, ["expired", "rejected", "withdrawn"]);
}
