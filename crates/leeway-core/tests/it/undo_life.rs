//! The life of an undo: what may follow what.

use leeway_core::id::ActionId;
use leeway_core::undo::state::{Settled, UndoEnd, UndoEvent, UndoState, UndoStatus, next};

pub fn undo_id() -> ActionId {
    ActionId::new(1_700_000_000_001, [8; 10])
}

fn events() -> Vec<(String, UndoEvent)> {
    let undo = undo_id();
    let by = || "ann@b.c".to_owned();
    let mut events = vec![
        (
            "asked".to_owned(),
            UndoEvent::Asked {
                undo: undo.clone(),
                by: by(),
            },
        ),
        (
            "started".to_owned(),
            UndoEvent::Started { undo: undo.clone() },
        ),
        (
            "changed".to_owned(),
            UndoEvent::Conflicted {
                by: by(),
                why: "a field".into(),
                left: vec!["a field".into()],
            },
        ),
        (
            "impossible".to_owned(),
            UndoEvent::Impossible {
                by: by(),
                why: "sent".into(),
            },
        ),
    ];
    for end in [
        UndoEnd::Undone,
        UndoEnd::NotConfirmed,
        UndoEnd::Conflicted,
        UndoEnd::Failed,
        UndoEnd::Unknown,
        UndoEnd::Cancelled,
    ] {
        let event = UndoEvent::Ended {
            undo: undo.clone(),
            end,
            note: String::new(),
            made: None,
            left: vec![],
            points: String::new(),
        };
        events.push((format!("{end:?}"), event));
    }
    for settled in [Settled::AlreadyBack, Settled::PutRight, Settled::Kept] {
        let event = UndoEvent::Settled {
            by: by(),
            settled,
            why: "because".into(),
        };
        events.push((format!("{settled:?}"), event));
    }
    events
}

#[test]
fn every_pair_of_an_undos_state_and_event_is_as_the_table_says() {
    use UndoStatus as S;
    let open = [
        None,
        Some(S::Conflicted),
        Some(S::NotConfirmed),
        Some(S::UndoFailed),
        Some(S::UndoUnknown),
        Some(S::Cancelled),
    ];
    let mut table: Vec<(Option<S>, &str, S)> = vec![
        (Some(S::Planned), "started", S::Undoing),
        (Some(S::Planned), "Cancelled", S::Cancelled),
        (Some(S::Planned), "Conflicted", S::Conflicted),
        (Some(S::Undoing), "Undone", S::Undone),
        (Some(S::Undoing), "NotConfirmed", S::NotConfirmed),
        (Some(S::UndoUnknown), "NotConfirmed", S::NotConfirmed),
        (Some(S::Undoing), "Conflicted", S::Conflicted),
        (Some(S::Undoing), "Failed", S::UndoFailed),
        (Some(S::Undoing), "Unknown", S::UndoUnknown),
        (Some(S::UndoUnknown), "Undone", S::Undone),
        (Some(S::UndoUnknown), "Conflicted", S::Conflicted),
        (Some(S::UndoUnknown), "Failed", S::UndoFailed),
        (Some(S::Remediation), "PutRight", S::PutRight),
        (Some(S::Remediation), "Kept", S::Kept),
    ];
    for from in open {
        table.push((from, "asked", S::Planned));
        table.push((from, "changed", S::Conflicted));
        table.push((from, "impossible", S::Remediation));
        table.push((from, "AlreadyBack", S::Undone));
        table.push((from, "Kept", S::Kept));
        if from.is_some() {
            table.push((from, "PutRight", S::PutRight));
        }
    }
    let states = std::iter::once(None).chain(S::ALL.into_iter().map(Some));
    for from in states {
        for (name, event) in events() {
            let expected = table
                .iter()
                .find(|(state, event, _)| *state == from && *event == name)
                .map(|(_, _, to)| *to);
            assert_eq!(next(from, &event).ok(), expected, "{from:?} + {name}");
        }
    }
}

#[test]
fn another_undo_says_nothing_of_this_one() {
    let action = ActionId::new(1, [1; 10]);
    let asked = UndoEvent::Asked {
        undo: undo_id(),
        by: "ann@b.c".into(),
    };
    let state = UndoState::apply(None, &action, 5, &asked).unwrap();
    assert_eq!((state.status, state.asked), (UndoStatus::Planned, 1));
    let other = UndoEvent::Started {
        undo: action.clone(),
    };
    assert!(UndoState::apply(Some(state), &action, 6, &other).is_err());
}
