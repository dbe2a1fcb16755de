//! Incidents: the table of their life, their names, and what evidence lacks.

mod fold;

use leeway_core::govern::event::GovernEvent;
use leeway_core::id::ActionId;
use leeway_core::incident::event::{
    Affected, EntryAt, IncidentEvent as E, Remedies, Side, Trigger,
};
use leeway_core::incident::state::next;
use leeway_core::incident::status::IncidentStatus as S;
use leeway_core::incident::step::Step;
use leeway_core::ledger::event::Event;
use leeway_core::undo::batch::Selection;
use leeway_core::undo::state::UndoStatus;

const ANN: &str = "ann@b.c";
const BOB: &str = "bob@b.c";

fn case() -> ActionId {
    ActionId::new(1_700_000_000_001, [8; 10])
}

fn entry(seq: u64) -> EntryAt {
    EntryAt { seq, at_ms: 1 }
}

fn sampled(wrong: u32) -> E {
    E::Sampled {
        by: ANN.into(),
        seed: "5eed".into(),
        drawn: vec![case(), ActionId::new(2, [2; 10])],
        wrong,
    }
}

fn signed(by: &str, side: Side, content_hash: &str) -> E {
    E::Signed {
        by: by.into(),
        side,
        content_hash: content_hash.into(),
        solo: false,
    }
}

fn told(to: &str) -> E {
    E::OwnerTold {
        to: to.into(),
        message: None,
    }
}

fn acknowledged() -> E {
    E::Acknowledged { by: BOB.into() }
}

fn declared() -> E {
    E::Declared {
        workflow: "support".into(),
        commander: ANN.into(),
        why: "wrong refunds".into(),
        example: Some(case()),
    }
}

fn suspected() -> E {
    E::Suspected {
        workflow: "support".into(),
        by: "leeway".into(),
        why: "9 of 20 failed".into(),
        trigger: Trigger::ErrorRate,
    }
}

fn contained() -> E {
    E::Contained {
        by: ANN.into(),
        pause: entry(40),
    }
}

fn scoped() -> E {
    E::Scoped {
        by: ANN.into(),
        scope: Box::new(Selection {
            workflow: Some("support".into()),
            ..Selection::default()
        }),
        how: "everything under prompt v7".into(),
        affected: Affected {
            actions: 3,
            records: 2,
            messages: 1,
        },
    }
}

fn remediated(undone: u64) -> E {
    E::Remediated {
        by: ANN.into(),
        remedies: Remedies {
            undone,
            kept: 1,
            handed: 1,
            ..Remedies::default()
        },
    }
}

fn reviewed() -> E {
    E::Reviewed {
        by: ANN.into(),
        finding: "the prompt lost a condition".into(),
        source_data: "right".into(),
        versions: "prompt v7 is the first bad one".into(),
    }
}

fn guarded(caught: bool) -> E {
    E::Guarded {
        by: ANN.into(),
        change: Some("chg_1".into()),
        rule: "big-refunds".into(),
        case: case(),
        caught,
        would_hold: 14,
        over: 900,
    }
}

fn reenabled(review_all: bool) -> E {
    E::Reenabled {
        by: ANN.into(),
        resumed: entry(90),
        review_all,
        clean_until_ms: 1_000,
    }
}

fn recurred() -> E {
    E::Recurred {
        by: "leeway".into(),
        action: None,
        why: "the same again".into(),
        pause: entry(95),
    }
}

fn handed_over(from: &str, to: &str) -> E {
    E::HandedOver {
        from: from.into(),
        to: to.into(),
    }
}

fn events() -> Vec<(&'static str, E)> {
    let (by, text) = (|| ANN.to_owned(), || "a word".to_owned());
    let dismissed = E::Dismissed {
        by: by(),
        why: text(),
    };
    let escalated = E::Escalated {
        to: BOB.into(),
        message: None,
    };
    vec![
        ("suspected", suspected()),
        ("dismissed", dismissed),
        ("merged", E::Merged { by: by(), into: 3 }),
        ("declared", declared()),
        ("contained", contained()),
        ("scoped", scoped()),
        ("remediated", remediated(1)),
        ("told", told(BOB)),
        ("escalated", escalated),
        ("acknowledged", acknowledged()),
        ("reviewed", reviewed()),
        ("guarded", guarded(true)),
        ("passed", sampled(0)),
        ("failed", sampled(1)),
        ("signed", signed(BOB, Side::Business, "h")),
        ("reenabled", reenabled(true)),
        ("recurred", recurred()),
        ("closed", E::Closed { by: by() }),
        ("handed-over", handed_over(ANN, BOB)),
        (
            "noted",
            E::Noted {
                by: by(),
                text: text(),
            },
        ),
    ]
}

/// The table of the lifecycle, and beside it what changes no status.
fn table() -> Vec<(Option<S>, &'static str, S)> {
    let mut table = vec![
        (None, "suspected", S::Suspected),
        (None, "declared", S::Declared),
        (Some(S::Suspected), "declared", S::Declared),
        (Some(S::Suspected), "dismissed", S::Dismissed),
        (Some(S::Suspected), "merged", S::Merged),
        (Some(S::Declared), "contained", S::Contained),
        (Some(S::Contained), "scoped", S::Scoped),
        (Some(S::Scoped), "remediated", S::Remediated),
        (Some(S::Remediated), "acknowledged", S::Notified),
        (Some(S::Notified), "reviewed", S::Reviewed),
        (Some(S::Reviewed), "guarded", S::Guarded),
        (Some(S::Guarded), "passed", S::Verified),
        (Some(S::Guarded), "failed", S::Contained),
        (Some(S::Verified), "signed", S::Verified),
        (Some(S::Verified), "reenabled", S::Reenabled),
        (Some(S::Reenabled), "recurred", S::Contained),
        (Some(S::Reenabled), "closed", S::Closed),
        (Some(S::Suspected), "told", S::Suspected),
        (Some(S::Suspected), "escalated", S::Suspected),
        (Some(S::Suspected), "noted", S::Suspected),
    ];
    let commanded = [
        S::Declared,
        S::Contained,
        S::Scoped,
        S::Remediated,
        S::Notified,
        S::Reviewed,
        S::Guarded,
        S::Verified,
        S::Reenabled,
    ];
    for status in commanded {
        for event in ["told", "escalated", "noted", "handed-over"] {
            table.push((Some(status), event, status));
        }
        if status != S::Remediated {
            table.push((Some(status), "acknowledged", status));
        }
    }
    table
}

#[test]
fn every_pair_of_an_incidents_status_and_event_is_as_the_table_says() {
    let table = table();
    for from in std::iter::once(None).chain(S::ALL.into_iter().map(Some)) {
        for (name, event) in events() {
            let expected = table
                .iter()
                .find(|(status, event, _)| *status == from && *event == name)
                .map(|(_, _, to)| *to);
            assert_eq!(next(from, &event).ok(), expected, "{from:?} + {name}");
        }
    }
}

#[test]
fn names_and_steps_agree_with_the_statuses() {
    for (number, step) in (1..).zip(Step::ALL) {
        assert_eq!(step.number(), number);
        assert_eq!(Step::parse(step.name()), Some(step));
        assert_eq!(serde_json::json!(step), step.name());
    }
    for status in S::ALL {
        assert_eq!(S::parse(status.name()), Some(status));
        assert_eq!(serde_json::json!(status), status.name());
    }
    for trigger in Trigger::ALL {
        assert_eq!(serde_json::json!(trigger), trigger.name());
    }
    assert_eq!(S::Declared.next_step(), Some(Step::Pause));
    assert_eq!(S::Guarded.next_step(), Some(Step::Verify));
    for status in [S::Suspected, S::Verified, S::Reenabled, S::Closed] {
        assert_eq!(status.next_step(), None);
    }
}

#[test]
fn every_event_is_read_back_as_it_was_written() {
    for (name, event) in events() {
        let event = Event::Govern(GovernEvent::Incident(event));
        assert!(event.kind().starts_with("incident."), "{name}");
        let read = Event::read(event.kind(), &event.payload()).unwrap();
        assert_eq!(read, event, "{name}");
    }
}

#[test]
fn incomplete_evidence_is_no_evidence() {
    let mut nothing_scoped = scoped();
    if let E::Scoped { scope, .. } = &mut nothing_scoped {
        **scope = Selection::default();
    }
    let mut open = remediated(1);
    if let E::Remediated { remedies, .. } = &mut open {
        remedies.count(Some(UndoStatus::Conflicted));
    }
    let mut no_finding = reviewed();
    if let E::Reviewed { finding, .. } = &mut no_finding {
        *finding = " ".into();
    }
    let drawn = |drawn: Vec<ActionId>, wrong| E::Sampled {
        by: ANN.into(),
        seed: "5eed".into(),
        drawn,
        wrong,
    };
    let lacking = [
        (S::Contained, nothing_scoped),
        (S::Scoped, open),
        (S::Notified, no_finding),
        (S::Reviewed, guarded(false)),
        (S::Guarded, drawn(vec![], 0)),
        (S::Guarded, drawn(vec![case(), case()], 0)),
        (S::Guarded, drawn(vec![case()], 2)),
        (S::Verified, reenabled(false)),
        (S::Declared, handed_over(ANN, ANN)),
    ];
    for (from, event) in lacking {
        let refused = next(Some(from), &event).unwrap_err();
        assert_eq!(refused.code(), "incident-evidence-lacking", "{event:?}");
    }
}
