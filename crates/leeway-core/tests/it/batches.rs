//! Which actions a batch takes back, how it lives, and what an undo's own action says of what it takes back.

use crate::cases::{id, image, judged, judged_event, meta};
use crate::undo_life::undo_id;
use leeway_core::action::Source;
use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome, Resolved};
use leeway_core::action::state::ActionRow;
use leeway_core::classify::{Effect, RecordRef};
use leeway_core::id::ActionId;
use leeway_core::judge::Verdict;
use leeway_core::undo::batch::{
    BatchEvent, BatchState, BatchStatus, NOT_ASKED, Selection, count, order,
};
use leeway_core::undo::fields::{alike, in_order, reordered};
use leeway_core::undo::forms::{Normal, same_as_written, surely_same};
use leeway_core::undo::state::{Settled, UndoEnd, UndoEvent, UndoState, UndoStatus, echo};
use leeway_core::undo::{FieldUndo, Finding, Undoes, Way, open_points};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

fn other_id() -> ActionId {
    ActionId::new(1_700_000_000_009, [9; 10])
}

fn of_contact(judged: &mut Judged) {
    judged.classified.record = Some(RecordRef {
        system: "crm".into(),
        record_type: "contact".into(),
        id: "c-1".into(),
    });
    judged.claim.trigger = Some("run-1".into());
    judged.claim.sources = vec![Source {
        reference: "mail/1".into(),
        field: None,
        value: None,
    }];
    judged.versions.prompt = Some("p1 sha".into());
    judged.versions.rules = Some("r1r1".into());
    judged.versions.model = Some("m1".into());
    judged.versions.pack = Some("k1k1".into());
    judged.versions.tool = Some("t1t1".into());
}

fn contact() -> (Judged, ActionRow) {
    let mut judged = judged(Verdict::Hold, 1, Cause::Proposed);
    of_contact(&mut judged);
    let event = ActionEvent::Judged(Box::new(judged.clone()));
    (
        judged,
        ActionRow::apply(None, &id(), &meta(1), &event).unwrap(),
    )
}

#[test]
fn a_selection_takes_what_fits_everything_it_says() {
    let (judged, row) = contact();
    let at = row.created_ms;
    let text = |text: &str| Some(text.to_owned());
    let none = Selection::default;
    assert!(none().is_empty() && none().fits_row(&row) && none().fits(&judged));
    // What a row tells: one that fits, one that does not.
    let by_row = [
        (
            Selection {
                actions: vec![other_id(), id()],
                ..none()
            },
            Selection {
                actions: vec![other_id()],
                ..none()
            },
        ),
        (
            Selection {
                workflow: text("office"),
                ..none()
            },
            Selection {
                workflow: text("other"),
                ..none()
            },
        ),
        (
            Selection {
                agent: text("clerk"),
                ..none()
            },
            Selection {
                agent: text("other"),
                ..none()
            },
        ),
        (
            Selection {
                tool: text("crm__update"),
                ..none()
            },
            Selection {
                tool: text("update"),
                ..none()
            },
        ),
        (
            Selection {
                record: text("c-1"),
                ..none()
            },
            Selection {
                record: text("c-2"),
                ..none()
            },
        ),
        (
            Selection {
                record: text("contact:c-1"),
                ..none()
            },
            Selection {
                record: text("deal:c-1"),
                ..none()
            },
        ),
        (
            Selection {
                from_ms: Some(at),
                ..none()
            },
            Selection {
                from_ms: Some(at + 1),
                ..none()
            },
        ),
        (
            Selection {
                to_ms: Some(at + 1),
                ..none()
            },
            Selection {
                to_ms: Some(at),
                ..none()
            },
        ),
    ];
    for (fits, not) in &by_row {
        assert!(fits.fits_row(&row) && !fits.looks_inside(), "{fits:?}");
        assert!(!not.fits_row(&row) && !not.is_empty(), "{not:?}");
        // One that fits in all but one does not fit.
        let both = Selection {
            agent: text("clerk"),
            workflow: text("office"),
            ..not.clone()
        };
        if not.agent.is_none() && not.workflow.is_none() {
            assert!(!both.fits_row(&row), "{both:?}");
        }
    }
}

type Say = fn(&mut Selection, String);

#[test]
fn a_selection_looks_into_what_an_action_was_judged_with() {
    let (judged, _) = contact();
    let inside: [(Say, &str, &str); 7] = [
        (|it, value| it.source = Some(value), "mail/1", "mail/2"),
        (|it, value| it.trigger = Some(value), "run-1", "run-"),
        (|it, value| it.prompt = Some(value), "p1", "p2"),
        (|it, value| it.rules = Some(value), "r1", "1r"),
        (|it, value| it.model = Some(value), "m1", "m1x"),
        (|it, value| it.pack = Some(value), "k1k1", ""),
        (|it, value| it.definition = Some(value), "t1", "T1"),
    ];
    for (set, yes, no) in inside {
        let of = |value: &str| {
            let mut selection = Selection::default();
            set(&mut selection, value.to_owned());
            selection
        };
        assert!(of(yes).looks_inside() && of(yes).fits(&judged), "{yes}");
        assert!(!of(no).fits(&judged), "{no}");
        assert!(
            !of(yes).fits(&self::judged(Verdict::Hold, 1, Cause::Proposed)),
            "{yes}"
        );
    }
}

fn judged_of(effect: Effect) -> ActionRow {
    let mut judged = judged(Verdict::Hold, 1, Cause::Proposed);
    judged.classified.effect = effect;
    let event = ActionEvent::Judged(Box::new(judged));
    ActionRow::apply(None, &id(), &meta(1), &event).unwrap()
}

#[test]
fn what_reached_outside_comes_last_and_otherwise_the_newest_first() {
    let inside = order(&judged_of(Effect::Update));
    for effect in [Effect::Send, Effect::Pay] {
        assert!(inside < order(&judged_of(effect)));
    }
    let mut newer = judged_of(Effect::Update);
    newer.updated_ms += 1;
    assert!(order(&newer) < inside);
}

fn planned(total: u32) -> BatchEvent {
    BatchEvent::Planned {
        by: "ann@b.c".into(),
        why: "wrong".into(),
        selection: Box::default(),
        incident: Some(3),
        total,
        hash: "h".into(),
        foreseen: [("undone".to_owned(), total)].into(),
    }
}

fn listed(count: usize) -> BatchEvent {
    BatchEvent::Listed {
        actions: vec![id(); count],
        foreseen: vec![],
    }
}

fn started(hash: &str) -> BatchEvent {
    BatchEvent::Started {
        by: "ann@b.c".into(),
        hash: hash.into(),
    }
}

fn ended(count: u32) -> BatchEvent {
    BatchEvent::Finished {
        counts: [("undone".to_owned(), count)].into(),
    }
}

fn batch(events: &[BatchEvent]) -> Result<BatchState, &'static str> {
    let mut state = None;
    for (at_ms, event) in events.iter().enumerate() {
        state =
            Some(BatchState::apply(state, "b-1", at_ms as i64, event).map_err(|error| error.0)?);
    }
    Ok(state.expect("an entry"))
}

#[test]
fn a_batch_lists_what_was_planned_starts_on_that_alone_and_counts_each() {
    let asked = BatchEvent::Asked {
        by: "ann@b.c".into(),
        why: "wrong".into(),
        selection: Box::default(),
        incident: None,
        total: 7,
    };
    let stopped = BatchEvent::Stopped {
        by: "ann@b.c".into(),
        why: "enough".into(),
        counts: BTreeMap::new(),
    };
    let whole = batch(&[
        asked.clone(),
        planned(3),
        listed(1),
        listed(2),
        started("h"),
        ended(3),
    ])
    .unwrap();
    assert_eq!(whole.status, BatchStatus::Finished);
    assert_eq!(
        (whole.total, whole.listed, whole.planned_ms, whole.since_ms),
        (3, 3, 1, 5)
    );
    assert_eq!((whole.hash.as_str(), whole.foreseen["undone"]), ("h", 3));
    assert_eq!(whole.counts, Some([("undone".to_owned(), 3)].into()));
    assert_eq!(batch(std::slice::from_ref(&asked)).unwrap().total, 7);
    assert_eq!(batch(&[planned(3)]).unwrap().incident, Some(3));
    for (events, refused) in [
        (vec![planned(3), listed(4)], "batch.listed"),
        (vec![planned(3), listed(2), listed(2)], "batch.listed"),
        (vec![planned(3), listed(2), started("h")], "batch.started"),
        (
            vec![planned(3), listed(3), started("other")],
            "batch.started",
        ),
        (vec![planned(3), listed(3), ended(3)], "batch.finished"),
        (
            vec![planned(3), listed(3), started("h"), ended(2)],
            "batch.finished",
        ),
        (
            vec![planned(3), listed(3), started("h"), listed(0)],
            "batch.listed",
        ),
        (vec![planned(3), planned(3)], "batch.planned"),
        (vec![asked.clone(), listed(1)], "batch.listed"),
        (vec![planned(3), asked.clone()], "batch.asked"),
        (vec![started("h")], "batch.started"),
        (
            vec![planned(3), stopped.clone(), stopped.clone()],
            "batch.stopped",
        ),
    ] {
        assert_eq!(batch(&events).map(|state| state.status), Err(refused));
    }
    for before in [
        vec![asked],
        vec![planned(3)],
        vec![planned(3), listed(3), started("h")],
    ] {
        let end = batch(&[&before[..], std::slice::from_ref(&stopped)].concat()).unwrap();
        assert_eq!(
            (end.status, end.counts),
            (BatchStatus::Stopped, Some(BTreeMap::new()))
        );
    }
    assert_eq!(BatchState::stream("b-1"), "batch/b-1");
}

#[test]
fn undos_are_counted_by_their_names() {
    let mut counts = BTreeMap::new();
    for status in [None, Some(UndoStatus::Undone), Some(UndoStatus::Undone)] {
        count(&mut counts, status);
    }
    assert_eq!(
        counts,
        [(NOT_ASKED.to_owned(), 1), ("undone".to_owned(), 2)].into()
    );
}

#[test]
fn names_and_words_tell_apart_where_things_stand() {
    use UndoStatus as S;
    let batches = [
        (BatchStatus::Planning, "planning"),
        (BatchStatus::Planned, "planned"),
        (BatchStatus::Running, "running"),
        (BatchStatus::Finished, "finished"),
        (BatchStatus::Stopped, "stopped"),
    ];
    for (status, name) in batches {
        assert_eq!(status.name(), name);
        assert_eq!(json!(status), json!(name));
    }
    for status in UndoStatus::ALL {
        assert_eq!(json!(status), json!(status.name()));
        assert_eq!(
            status.is_settled(),
            matches!(status, S::Undone | S::PutRight | S::Kept)
        );
        assert_eq!(
            status.is_under_way(),
            matches!(status, S::Planned | S::Undoing)
        );
    }
    let words: BTreeSet<&str> = UndoStatus::ALL.iter().map(|one| one.words()).collect();
    assert_eq!(words.len(), UndoStatus::ALL.len());
    let ways = [Way::Fields, Way::Unmake, Way::Remake, Way::Offset].map(Way::words);
    assert_eq!(BTreeSet::from(ways).len(), 4);
    assert_eq!(
        FINDINGS
            .iter()
            .map(|one| one.words())
            .collect::<BTreeSet<_>>()
            .len(),
        8
    );
}

const FINDINGS: [Finding; 8] = [
    Finding::Restore,
    Finding::AlreadyBack,
    Finding::Changed,
    Finding::Otherwise,
    Finding::Along,
    Finding::Unknown,
    Finding::Unreadable,
    Finding::OutOfReach,
];

#[test]
fn the_way_back_depends_on_what_was_done_and_how_it_is_taken_back() {
    use Effect::{Create, Delete, Draft, Merge, Pay, Send, Update};
    for (done, undo, exact, way) in [
        (Delete, Create, true, Way::Remake),
        (Merge, Update, false, Way::Remake),
        (Create, Delete, false, Way::Unmake),
        (Draft, Delete, true, Way::Unmake),
        (Create, Update, true, Way::Fields),
        (Update, Delete, false, Way::Offset),
        (Update, Update, true, Way::Fields),
        (Update, Update, false, Way::Offset),
        (Pay, Pay, false, Way::Offset),
        (Send, Delete, true, Way::Fields),
    ] {
        assert_eq!(Way::of(done, undo, exact), way, "{done:?} {undo:?} {exact}");
    }
}

fn field(name: &str, finding: Finding) -> FieldUndo {
    FieldUndo {
        record: None,
        field: name.into(),
        before: json!("a"),
        written: json!("b"),
        sent: None,
        now: json!("b"),
        back: json!("a"),
        finding,
    }
}

#[test]
fn what_is_left_to_a_person_is_said_by_what_was_found() {
    for finding in FINDINGS {
        use Finding as F;
        assert_eq!(
            finding.is_open(),
            !matches!(finding, F::Restore | F::AlreadyBack)
        );
        let may = matches!(
            finding,
            F::Changed | F::Otherwise | F::Along | F::Unreadable
        );
        assert_eq!(finding.may_be_overwritten(), may);
    }
    let of_record = FieldUndo {
        record: Some("r-1".into()),
        ..field("notes", Finding::Unreadable)
    };
    let fields = [
        field("title", Finding::Changed),
        field("city", Finding::Changed),
        field("fax", Finding::Changed),
        of_record,
        field("phone", Finding::Restore),
    ];
    let left = ["title", "city", "notes of r-1", "phone"].map(str::to_owned);
    assert_eq!(
        open_points(&fields, &left),
        "Changed since: title, city. Cannot be read now: notes of r-1. Can be set back only together with these: phone."
    );
    assert_eq!(open_points(&fields, &[]), "");
}

fn undoes(left: &[&str]) -> Undoes {
    Undoes {
        action: id(),
        by: "ann@b.c".into(),
        way: Way::Fields,
        summary: "Back.".into(),
        fields: vec![
            field("title", Finding::Restore),
            field("city", Finding::Changed),
            field("fax", Finding::Changed),
            field("note", Finding::Unknown),
        ],
        forced: vec![],
        kept: vec![],
        left: left.iter().map(|one| (*one).to_owned()).collect(),
        seen: image(json!({})),
        batch: None,
    }
}

#[test]
fn an_undo_writes_what_is_set_back_or_forced_and_not_kept() {
    let written = |forced: &[&str], kept: &[&str]| {
        let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        let undoes = Undoes {
            forced: own(forced),
            kept: own(kept),
            ..undoes(&[])
        };
        undoes
            .written()
            .map(|one| one.field.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(written(&[], &[]), ["title"]);
    assert!(written(&[], &["title"]).is_empty());
    assert_eq!(written(&["city"], &[]), ["title", "city"]);
    assert_eq!(
        written(&["note"], &[]),
        ["title"],
        "nobody knows what stood there"
    );
}

/// How the undo ended, by its own action's entry, and in which words.
fn end(event: &ActionEvent, left: &[&str]) -> Option<(UndoEnd, String)> {
    match echo(&undo_id(), event, &undoes(left))? {
        UndoEvent::Ended {
            undo, end, note, ..
        } => {
            assert_eq!(undo, undo_id());
            Some((end, note))
        }
        UndoEvent::Started { .. } => None,
        other => panic!("{other:?}"),
    }
}

fn finished(outcome: Outcome, unconfirmed: bool) -> ActionEvent {
    ActionEvent::Finished(Finished {
        unconfirmed,
        ..Finished::bare(outcome, "so it ended".into())
    })
}

fn resolved(outcome: Outcome) -> ActionEvent {
    ActionEvent::Resolved(Resolved {
        outcome,
        by: None,
        evidence: "so it was found".into(),
        after: None,
        readings: vec![],
    })
}

#[test]
fn an_undos_own_action_says_what_became_of_what_it_takes_back() {
    let withdrawn = |reason: Option<&str>| ActionEvent::Withdrawn {
        by: "leeway".into(),
        reason: reason.map(str::to_owned),
    };
    let rejected = ActionEvent::Rejected {
        by: "bob@b.c".into(),
        content_hash: "h".into(),
        why: "not so".into(),
        note: None,
        took_ms: None,
    };
    for (event, expected, note) in [
        (
            finished(Outcome::Executed, false),
            UndoEnd::Undone,
            "so it ended",
        ),
        (
            finished(Outcome::Executed, true),
            UndoEnd::NotConfirmed,
            "so it ended",
        ),
        (
            finished(Outcome::Failed, false),
            UndoEnd::Failed,
            "so it ended",
        ),
        (
            finished(Outcome::Partial, false),
            UndoEnd::Failed,
            "so it ended",
        ),
        (
            finished(Outcome::OutcomeUnknown, false),
            UndoEnd::Unknown,
            "so it ended",
        ),
        (
            resolved(Outcome::Executed),
            UndoEnd::Undone,
            "so it was found",
        ),
        (
            resolved(Outcome::Failed),
            UndoEnd::Failed,
            "so it was found",
        ),
        (rejected, UndoEnd::Cancelled, "Rejected: not so"),
        (
            ActionEvent::Expired {},
            UndoEnd::Cancelled,
            "Nobody answered in time.",
        ),
        (
            withdrawn(Some("it changed")),
            UndoEnd::Conflicted,
            "it changed",
        ),
        (withdrawn(None), UndoEnd::Conflicted, "It was withdrawn."),
    ] {
        assert_eq!(
            end(&event, &[]),
            Some((expected, note.to_owned())),
            "{event:?}"
        );
    }
    let (left, note) = end(&finished(Outcome::Executed, false), &["city"]).unwrap();
    assert_eq!(left, UndoEnd::Conflicted);
    assert_eq!(note, "What could be set back is back. Changed since: city.");
    let start = ActionEvent::Started {
        idempotency_key: "k".into(),
        readings: vec![],
    };
    let started = echo(&undo_id(), &start, &undoes(&[]));
    assert_eq!(started, Some(UndoEvent::Started { undo: undo_id() }));
    assert_eq!(
        echo(
            &undo_id(),
            &judged_event(Verdict::Hold, 1, Cause::Proposed),
            &undoes(&[])
        ),
        None
    );
}

fn undo(events: &[UndoEvent]) -> Result<UndoState, &'static str> {
    let mut state = None;
    for (at_ms, event) in events.iter().enumerate() {
        let next = UndoState::apply(state, &id(), at_ms as i64, event);
        state = Some(next.map_err(|error| error.event)?);
    }
    Ok(state.expect("an entry"))
}

#[test]
fn what_was_left_open_is_said_until_it_is_put_right() {
    let by = || "ann@b.c".to_owned();
    let asked = |undo: ActionId| UndoEvent::Asked { undo, by: by() };
    let ended = |undo: ActionId, end, left: &[&str], points: &str| UndoEvent::Ended {
        undo,
        end,
        note: "n".into(),
        made: None,
        left: left.iter().map(|one| (*one).to_owned()).collect(),
        points: points.into(),
    };
    let start = |undo: ActionId| UndoEvent::Started { undo };
    let begun = [asked(undo_id()), start(undo_id())];
    let with = |more: &[UndoEvent]| undo(&[&begun[..], more].concat());
    let open = ended(
        undo_id(),
        UndoEnd::Conflicted,
        &["city"],
        "Changed since: city.",
    );
    let left = with(std::slice::from_ref(&open)).unwrap();
    assert_eq!(
        left.left_open().as_deref(),
        Some("Changed since: city. The rest is back.")
    );
    // Entries of before say only which.
    let bare = with(&[ended(undo_id(), UndoEnd::Conflicted, &["city", "fax"], "")]).unwrap();
    assert_eq!(
        bare.left_open().as_deref(),
        Some("Changed since: city, fax. The rest is back.")
    );
    // What failed later leaves open what was; what was undone leaves nothing.
    let again = [open.clone(), asked(other_id()), start(other_id())];
    let then = |end| with(&[&again[..], &[ended(other_id(), end, &[], "")]].concat()).unwrap();
    assert!(then(UndoEnd::Failed).left_open().is_some());
    assert_eq!(then(UndoEnd::Undone).left_open(), None);
    for (settled, stays) in [
        (Settled::AlreadyBack, false),
        (Settled::PutRight, false),
        (Settled::Kept, true),
    ] {
        let settle = UndoEvent::Settled {
            by: by(),
            settled,
            why: "because".into(),
        };
        let state = with(&[open.clone(), settle]).unwrap();
        assert_eq!(state.left_open().is_some(), stays, "{settled:?}");
    }
    let conflicted = UndoEvent::Conflicted {
        by: by(),
        why: "Changed since: fax.".into(),
        left: vec!["fax".into()],
    };
    assert_eq!(
        undo(&[conflicted]).unwrap().left_open().as_deref(),
        Some("Changed since: fax.")
    );
    // What another ask's action does says nothing of this one.
    assert_eq!(
        undo(&[asked(undo_id()), start(other_id())]),
        Err("undo.started")
    );
    assert_eq!(
        with(&[ended(other_id(), UndoEnd::Undone, &[], "")]),
        Err("undo.ended")
    );
    assert_eq!(UndoState::stream(&id()), format!("undo/{}", id()));
    assert_eq!(then(UndoEnd::Failed).asked, 2);
}

#[test]
fn values_that_say_the_same_are_alike_and_lists_may_be_in_another_order() {
    for (one, other, alike_, ordered) in [
        (json!(5), json!("5"), true, true),
        (json!(5.0), json!("5.00"), true, true),
        (json!(1000), json!("1e3"), false, false),
        (json!("5"), json!("5.0"), false, false),
        (json!(" a\r\nb"), json!("a\nb "), true, true),
        (json!(null), json!(""), true, true),
        (json!([]), json!(null), true, true),
        (json!(["a", "b"]), json!(["b", "a"]), true, false),
        (json!(["a", "b"]), json!(["a", "b"]), true, true),
        (json!(["a", "a"]), json!(["a", "b"]), false, false),
        (json!(["a"]), json!(["a", "b"]), false, false),
        (
            json!({"a": 1, "b": [1, 2]}),
            json!({"b": [2, 1], "a": "1"}),
            true,
            false,
        ),
        (json!({"a": 1}), json!({"a": 1, "b": 2}), false, false),
        (
            json!({"a": 1, "c": 3}),
            json!({"a": 1, "b": 3}),
            false,
            false,
        ),
        (json!({"a": 1}), json!("{\"a\":1}"), false, false),
        (json!(["a"]), json!("[\"a\"]"), false, false),
        (json!(true), json!("true"), true, true),
        (json!("[redacted]"), json!("[redacted]"), false, false),
        (json!("[redacted]"), json!("a"), false, false),
        (json!("a"), json!("x [redacted]"), false, false),
    ] {
        for (one, other) in [(&one, &other), (&other, &one)] {
            assert_eq!(alike(one, other), alike_, "{one} {other}");
            assert_eq!(in_order(one, other), ordered, "{one} {other}");
            assert_eq!(reordered(one, other), alike_ && !ordered, "{one} {other}");
        }
    }
}

/// Whether two values are one in another form that nobody can mean anything by, whichever comes first.
fn surely(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    let found = surely_same(one, other);
    assert_eq!(surely_same(other, one), found, "{one} {other}");
    found
}

#[test]
fn only_what_nobody_can_mean_anything_by_is_surely_the_same() {
    for (one, other, same) in [
        (json!(5), json!("5.0"), true),
        (json!("5"), json!("5.0"), false),
        (json!(1.5), json!("1.6"), false),
        (json!("2026-11-30"), json!("2026-11-30T00:00:00Z"), true),
        (json!("2026-11-30"), json!("2026-12-01"), false),
        (
            json!("2026-11-30T10:00:00+02:00"),
            json!("2026-11-30T08:00:00Z"),
            true,
        ),
        (
            json!("2026-11-30T10:00:00"),
            json!("2026-11-30T10:00:00"),
            true,
        ),
        (
            json!("2026-11-30T10:00:00"),
            json!("2026-11-30T11:00:00"),
            false,
        ),
        (
            json!("2026-11-30T10:00:00"),
            json!("2026-11-30T10:00:00+01:00"),
            true,
        ),
        (
            json!("2026-11-30T09:00:00"),
            json!("2026-11-30T10:00:00+01:00"),
            true,
        ),
        (
            json!("2026-11-30T11:00:00"),
            json!("2026-11-30T10:00:00+01:00"),
            false,
        ),
        (json!(1_795_996_800), json!("2026-11-30T00:00:00Z"), true),
        (json!(1_795_996_800), json!(1_795_996_800_000_i64), false),
        (json!("Zoe\u{308}"), json!("Zoë "), true),
        (json!("Zoe"), json!("zoe"), false),
        (json!("2026/11/30"), json!("2026-11-30"), false),
        (json!(null), json!(0), false),
        (json!(["5", "a"]), json!(["a", "5"]), true),
        (json!([5, "a"]), json!(["a", "5.0"]), true),
        (json!([5]), json!(["5.0", "a"]), false),
        (json!({"a": 5}), json!({"a": "5.0"}), true),
        (json!({"a": 5}), json!({"a": "5.0", "b": 1}), false),
        (json!({"a": 5, "c": 1}), json!({"a": "5.0", "b": 1}), false),
        (json!({"a": 5}), json!([5]), false),
        (json!("[redacted]"), json!("[redacted]"), false),
        (json!(["[redacted]"]), json!(["a"]), false),
    ] {
        assert_eq!(surely(&one, &other), same, "{one} {other}");
    }
}

#[test]
fn a_truth_is_kept_as_any_of_its_words_where_one_side_is_a_truth() {
    let same = |one: serde_json::Value, other: serde_json::Value| {
        same_as_written(&Normal::new(), "f", (&one, &other))
    };
    for (truth, words) in [
        (
            true,
            [
                json!(1),
                json!("1"),
                json!("true"),
                json!("TRUE "),
                json!(true),
            ],
        ),
        (
            false,
            [
                json!(0),
                json!("0"),
                json!("false"),
                json!("False"),
                json!(false),
            ],
        ),
    ] {
        for word in words {
            assert!(same(json!(truth), word.clone()), "{truth} {word}");
            assert!(same(word.clone(), json!(truth)), "{truth} {word}");
            assert!(!same(json!(!truth), word.clone()), "{truth} {word}");
        }
    }
    for other in [json!(2), json!("yes"), json!("no"), json!([])] {
        assert!(
            !same(json!(true), other.clone()) && !same(json!(false), other.clone()),
            "{other}"
        );
    }
    assert!(!same(json!("1"), json!("true")) && !same(json!("0"), json!("no")));
}
