//! What is known of an action from its entries: its row, its record for the audit, its title, what it
//! sends besides what it shows.

use crate::cases::{approved, change, finished, id, image, judged, judged_event, meta};
use leeway_core::action::event::{
    ActionEvent, Cause, Finished, Judged, Outcome, ReadFor, Reading, Refused, Resolved,
};
use leeway_core::action::fold::FoldError;
use leeway_core::action::sent::{also_sent, for_people};
use leeway_core::action::state::{ActionRow, ActionState, Status, Step};
use leeway_core::action::title::{gist, title};
use leeway_core::action::{Claim, Source, audit};
use leeway_core::classify::account::Account;
use leeway_core::classify::{BeforeImage, Effect, RecordRef, UndoPlan};
use leeway_core::judge::Verdict;
use serde_json::{Value, json};

fn state(events: &[ActionEvent]) -> ActionState {
    let steps = events
        .iter()
        .enumerate()
        .map(|(index, event)| Step {
            meta: meta(index as u64 + 1),
            event: event.clone(),
        })
        .collect();
    ActionState::fold(&id(), steps).unwrap()
}

fn row(events: &[ActionEvent]) -> Result<ActionRow, FoldError> {
    let mut row = None;
    for (index, event) in events.iter().enumerate() {
        row = Some(ActionRow::apply(
            row,
            &id(),
            &meta(index as u64 + 1),
            event,
        )?);
    }
    row.ok_or(FoldError::Empty)
}

fn held() -> ActionEvent {
    judged_event(Verdict::Hold, 1, Cause::Proposed)
}

fn started(readings: Vec<Reading>) -> ActionEvent {
    ActionEvent::Started {
        idempotency_key: "k".into(),
        readings,
    }
}

fn rejected(content_hash: &str) -> ActionEvent {
    ActionEvent::Rejected {
        by: "owner@example.com".into(),
        content_hash: content_hash.into(),
        why: "wrong".into(),
        note: None,
        took_ms: Some(7),
    }
}

fn returned(content_hash: &str) -> ActionEvent {
    ActionEvent::Returned {
        by: "owner@example.com".into(),
        content_hash: content_hash.into(),
        question: "Which one?".into(),
    }
}

fn refused() -> ActionEvent {
    let judged = judged(Verdict::Hold, 1, Cause::Proposed);
    ActionEvent::Refused(Refused {
        call: judged.call,
        claim: Claim {
            confidence: Some(0.5),
            ..Claim::default()
        },
        code: "unknown-tool".into(),
        message: "no such\u{202e} tool".into(),
    })
}

#[test]
fn a_row_says_whose_call_it_is_from_the_first_entry_on() {
    let mut first = judged(Verdict::Hold, 1, Cause::Proposed);
    first.idempotency_key = Some("key-1".into());
    let row_of = row(&[ActionEvent::Judged(Box::new(first))]).unwrap();
    let told =
        |row: &ActionRow| [&row.workflow, &row.agent, &row.system, &row.tool].map(String::clone);
    assert_eq!(told(&row_of), ["office", "clerk", "crm", "update"]);
    assert_eq!(row_of.idempotency_key.as_deref(), Some("key-1"));
    let refused = row(&[refused()]).unwrap();
    assert_eq!(told(&refused), ["office", "clerk", "crm", "update"]);
    assert_eq!(refused.title, "Refused call of crm__update");
    assert_eq!(refused.confidence, Some(0.5));
    assert!(refused.gist.contains("no such") && !refused.gist.contains('\u{202e}'));
}

#[test]
fn a_rejection_or_a_question_is_about_the_revision_that_was_shown() {
    for decided in [rejected, returned] {
        assert!(row(&[held(), decided("hash-1")]).is_ok());
        assert_eq!(row(&[held(), decided("hash-0")]), Err(FoldError::Stale));
    }
    let row = row(&[held(), rejected("hash-1")]).unwrap();
    assert_eq!(row.reviewer.as_deref(), Some("owner@example.com"));
    assert_eq!(row.took_ms, Some(7));
}

#[test]
fn a_row_says_who_was_reminded_what_was_edited_and_what_was_made() {
    let reminded = ActionEvent::Reminded {
        to: vec!["ann@b.c".into()],
        number: 2,
    };
    let escalated = ActionEvent::Escalated {
        to: "bob@b.c".into(),
    };
    let told = row(&[held(), reminded, escalated]).unwrap();
    assert_eq!(
        (told.reminded, told.escalated_to.as_deref()),
        (2, Some("bob@b.c"))
    );
    let edited = judged_event(Verdict::Hold, 2, Cause::Edited { by: "x@b.c".into() });
    let changed = judged_event(Verdict::Hold, 3, Cause::RulesChanged);
    assert!(!row(&[held()]).unwrap().edited);
    assert!(row(&[held(), edited.clone()]).unwrap().edited);
    assert!(
        row(&[held(), edited, changed]).unwrap().edited,
        "it stays edited"
    );
    let made = RecordRef {
        system: "crm".into(),
        record_type: "contact".into(),
        id: "9".into(),
    };
    let done = |mismatched: Vec<String>| {
        ActionEvent::Finished(Finished {
            made: Some(made.clone()),
            mismatched,
            ..Finished::bare(Outcome::Executed, "done".into())
        })
    };
    let allowed = judged_event(Verdict::Allow, 1, Cause::Proposed);
    let ended = |done| row(&[allowed.clone(), started(vec![]), done]).unwrap();
    let whole = ended(done(vec![]));
    assert_eq!(
        (whole.record, whole.mismatched),
        (Some(made.clone()), false)
    );
    assert!(ended(done(vec!["phone".into()])).mismatched);
}

#[test]
fn what_was_asked_and_what_is_still_asked_are_told_apart() {
    let asked = [held(), returned("hash-1")];
    let answered = judged_event(
        Verdict::Hold,
        2,
        Cause::Answered {
            answer: "This".into(),
        },
    );
    let before = state(&asked[..1]);
    assert_eq!((before.was_asked(), before.question()), (false, None));
    let now = state(&asked);
    assert_eq!(
        (now.was_asked(), now.question()),
        (true, Some("Which one?"))
    );
    let after = state(&[&asked[..], &[answered]].concat());
    assert_eq!((after.was_asked(), after.question()), (true, None));
}

#[test]
fn a_start_that_is_put_off_is_told_while_it_is_approved() {
    let later = ActionEvent::Approved {
        by: "owner@example.com".into(),
        content_hash: "hash-1".into(),
        solo: false,
        expires_ms: None,
        took_ms: None,
        starts_ms: Some(5_000),
    };
    assert_eq!(state(&[held()]).starts_ms(), None);
    assert_eq!(state(&[held(), later.clone()]).starts_ms(), Some(5_000));
    assert_eq!(state(&[held(), later, started(vec![])]).starts_ms(), None);
    assert_eq!(state(&[held(), approved("hash-1")]).starts_ms(), None);
}

#[test]
fn only_a_write_refused_after_its_start_was_refused_for_the_version() {
    let drifted = ActionEvent::Drifted {
        now: BeforeImage::Missing,
        readings: vec![],
    };
    let approved = approved("hash-1");
    for (events, refused) in [
        (vec![held(), approved.clone(), drifted.clone()], false),
        (
            vec![held(), approved.clone(), started(vec![]), drifted.clone()],
            true,
        ),
        (vec![held(), approved.clone(), started(vec![])], false),
    ] {
        assert_eq!(state(&events).was_refused_for_version(), refused);
    }
}

fn reading(tool: &str) -> Reading {
    Reading {
        tool: tool.into(),
        arguments: json!({}),
        why: ReadFor::Judging,
        at_ms: 1,
    }
}

#[test]
fn every_reading_is_kept_in_order() {
    let mut first = judged(Verdict::Allow, 1, Cause::Proposed);
    first.readings = vec![reading("a"), reading("b")];
    let unknown = ActionEvent::Finished(Finished {
        readings: vec![reading("d")],
        ..Finished::bare(Outcome::OutcomeUnknown, "no answer".into())
    });
    let resolved = ActionEvent::Resolved(Resolved {
        outcome: Outcome::Executed,
        by: None,
        evidence: "read back".into(),
        after: Some(image(json!({"phone": "1"}))),
        readings: vec![reading("e")],
    });
    let first = ActionEvent::Judged(Box::new(first));
    let whole = state(&[first, started(vec![reading("c")]), unknown, resolved]);
    let tools: Vec<&str> = whole.readings().map(|one| one.tool.as_str()).collect();
    assert_eq!(tools, ["a", "b", "c", "d", "e"]);
    assert_eq!(whole.after(), Some(&image(json!({"phone": "1"}))));
    assert_eq!(
        whole.resolved().map(|one| one.outcome),
        Some(Outcome::Executed)
    );
}

#[test]
fn a_way_back_is_as_the_answer_completed_it() {
    let plan = |why: &str| UndoPlan::None { why: why.into() };
    let allowed = judged_event(Verdict::Allow, 1, Cause::Proposed);
    let done = |undo| {
        ActionEvent::Finished(Finished {
            undo,
            ..Finished::bare(Outcome::Executed, "done".into())
        })
    };
    let of = |undo| {
        let state = state(&[allowed.clone(), started(vec![]), done(undo)]);
        state.undo_plan().cloned()
    };
    assert_eq!(of(Some(plan("gone"))), Some(plan("gone")));
    assert_eq!(of(None), Some(plan("test")));
}

#[test]
fn statuses_are_parsed_by_their_names_and_have_words_of_their_own() {
    for status in Status::ALL {
        assert_eq!(Status::parse(status.name()), Some(status));
        assert_eq!(status.is_open(), !status.is_terminal());
    }
    assert_eq!(Status::parse("unheard-of"), None);
    let words: std::collections::BTreeSet<&str> =
        Status::ALL.iter().map(|one| one.words()).collect();
    assert_eq!(words.len(), Status::ALL.len());
    assert!(Status::Held.is_open() && !Status::Executed.is_open());
    let impossible = row(&[held(), started(vec![])]).unwrap_err().to_string();
    assert!(impossible.contains("is `held`"), "{impossible}");
    let first = row(&[started(vec![])]).unwrap_err().to_string();
    assert!(first.contains("does not exist"), "{first}");
}

#[test]
fn a_hash_covers_everything_that_a_reviewer_is_shown() {
    let judged = judged(Verdict::Hold, 1, Cause::Proposed);
    let hash = judged.hash(&id(), None);
    assert_eq!(hash.len(), 64);
    assert_eq!(judged.hash(&id(), None), hash);
    assert_ne!(judged.hash(&id(), Some(b"secret")), hash);
    let changes: [fn(&mut Judged); 7] = [
        |it| it.revision = 2,
        |it| it.call.arguments = json!({"id": "c-2"}),
        |it| it.before = BeforeImage::Missing,
        |it| it.classified.effect = Effect::Delete,
        |it| it.versions.rules = Some("other".into()),
        |it| it.claim.confidence = Some(0.1),
        |it| it.call.agent = "other".into(),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut other = judged.clone();
        change(&mut other);
        assert_ne!(other.hash(&id(), None), hash, "{n}");
    }
}

#[test]
fn a_source_that_says_null_says_something_else_than_one_that_says_nothing() {
    let source = |text: &str| serde_json::from_str::<Source>(text).unwrap().value;
    assert_eq!(source(r#"{"ref": "a", "value": null}"#), Some(Value::Null));
    assert_eq!(source(r#"{"ref": "a"}"#), None);
    assert_eq!(source(r#"{"ref": "a", "value": 5}"#), Some(json!(5)));
}

/// Why a place of the audit record is empty.
fn note(events: &[ActionEvent], place: &str) -> Option<String> {
    audit::of(&state(events)).note.get(place).cloned()
}

#[test]
fn an_empty_place_of_the_audit_record_says_why() {
    let allowed = judged_event(Verdict::Allow, 1, Cause::Proposed);
    let held = [held()];
    for (place, why) in [
        ("trigger", "the agent stated no trigger"),
        ("confidence", "the agent stated no confidence"),
        ("reason.agent", "the agent gave no reason of its own"),
        ("source_data.cited", "the agent cited no sources"),
        ("source_data.record", "the call names no one record"),
        ("timestamp.decided", "nobody has decided yet"),
        ("reviewer", "nobody has decided yet"),
        ("taken", "it waits for a person"),
        ("timestamp.started", "it waits for a person"),
        ("timestamp.finished", "it waits for a person"),
        ("versions.prompt", "the workflow names no prompt version"),
        ("versions.rules", "the workflow has no rules"),
        ("versions.pack", "no pack classifies this tool"),
        ("versions.tool", "the tool is unknown"),
        ("changes", "it changes no field"),
    ] {
        assert_eq!(note(&held, place).as_deref(), Some(why), "{place}");
    }
    let mut reasoned = judged(Verdict::Hold, 1, Cause::Proposed);
    reasoned.claim.reason = Some("the customer asked".into());
    let reasoned = [ActionEvent::Judged(Box::new(reasoned))];
    assert_eq!(note(&reasoned, "reason.agent"), None);
    // What is not needed is an image, so it is not empty.
    assert_eq!(note(&held, "source_data.before"), None);
    let running = [allowed.clone(), started(vec![])];
    for place in ["timestamp.finished", "taken.result"] {
        assert_eq!(
            note(&running, place).as_deref(),
            Some("the call is being made"),
            "{place}"
        );
    }
    let failed = ActionEvent::Finished(Finished::bare(Outcome::Failed, "refused".into()));
    let failed = [allowed.clone(), started(vec![]), failed];
    assert_eq!(
        note(&failed, "taken.result").as_deref(),
        Some("the system gave no answer: refused")
    );
    assert_eq!(note(&failed, "timestamp.finished"), None);
    for place in [
        "source_data.record",
        "source_data.before",
        "changes",
        "versions.pack",
    ] {
        let why = note(&[refused()], place);
        assert_eq!(
            why.as_deref(),
            Some("the call was refused before it was judged"),
            "{place}"
        );
    }
    let mut read = judged(Verdict::Allow, 1, Cause::Proposed);
    read.classified.undo = UndoPlan::NothingToUndo;
    let why = note(&[ActionEvent::Judged(Box::new(read))], "rollback_path");
    assert_eq!(
        why.as_deref(),
        Some("it changes nothing, so there is nothing to take back")
    );
}

#[test]
fn what_was_not_carried_out_or_decided_by_nobody_says_so_in_its_own_words() {
    let allowed = judged_event(Verdict::Allow, 1, Cause::Proposed);
    let blocked = judged_event(Verdict::Block, 1, Cause::Proposed);
    let withdrawn = ActionEvent::Withdrawn {
        by: "clerk".into(),
        reason: None,
    };
    let planted = judged_event(Verdict::Hold, 1, Cause::Planted { shows: id() });
    for (events, taken, reviewer) in [
        (
            vec![allowed.clone()],
            "it has not started",
            "rules allowed it to run alone; no person was asked",
        ),
        (
            vec![held(), returned("hash-1")],
            "it waits for the agent's answer",
            "nobody has decided yet",
        ),
        (
            vec![blocked],
            "nothing was carried out: blocked",
            "rules decided; no person was asked",
        ),
        (
            vec![refused()],
            "nothing was carried out: refused",
            "rules decided; no person was asked",
        ),
        (
            vec![held(), ActionEvent::Expired {}],
            "nothing was carried out: nobody answered",
            "nobody answered",
        ),
        (
            vec![held(), withdrawn],
            "nothing was carried out: withdrawn",
            "it was withdrawn; no approval or rejection holds",
        ),
        (
            vec![planted],
            "it was a planted case, known to be wrong: it never runs",
            "nobody has decided yet",
        ),
    ] {
        assert_eq!(note(&events, "taken").as_deref(), Some(taken));
        assert_eq!(
            note(&events, "reviewer").as_deref(),
            Some(reviewer),
            "{taken}"
        );
    }
    assert_eq!(
        note(&[held(), approved("hash-1")], "taken").as_deref(),
        Some("it has not started")
    );
    let done = [allowed, started(vec![]), finished(Outcome::Executed)];
    assert_eq!(note(&done, "taken"), None);
    assert_eq!(note(&done, "taken.result"), None);
}

fn changing(effect: Effect, changes: Vec<leeway_core::classify::FieldChange>) -> Judged {
    let mut judged = judged(Verdict::Hold, 1, Cause::Proposed);
    judged.classified.effect = effect;
    judged.classified.changes = changes;
    judged
}

#[test]
fn a_title_says_what_is_done_to_what_and_how_much() {
    let fill = |field: &str| change(field, Value::Null, json!("x"));
    let names = ["a", "b", "c", "d", "e", "f"];
    let titled = |effect, count: usize| {
        title(&changing(
            effect,
            names[..count].iter().map(|name| fill(name)).collect(),
        ))
    };
    assert_eq!(titled(Effect::Update, 0), "Update · crm__update");
    assert_eq!(titled(Effect::Update, 2), "Update · crm__update: a, b");
    assert_eq!(
        titled(Effect::Update, 4),
        "Update · crm__update: a, b, c, d"
    );
    assert_eq!(
        titled(Effect::Update, 6),
        "Update · crm__update: a, b, c, d and 2 more"
    );
    assert_eq!(titled(Effect::Create, 2), "Create · crm__update");
    let mut paying = changing(Effect::Pay, vec![]);
    paying.classified.amount_cents = Some(1_250);
    paying.classified.currency = Some("EUR".into());
    paying.classified.record = Some(RecordRef {
        system: "crm".into(),
        record_type: "invoice".into(),
        id: "y".repeat(61),
    });
    let cut = format!("invoice {}…", "y".repeat(60));
    let said = title(&paying);
    assert!(
        said.starts_with("Pay ") && said.contains("12") && said.ends_with(&cut),
        "{said}"
    );
}

#[test]
fn a_gist_says_the_first_changes_or_the_first_reason() {
    let list = |count: usize| Value::from((0..count).collect::<Vec<_>>());
    let of = |old: Value, new: Value| gist(&changing(Effect::Update, vec![change("f", old, new)]));
    assert_eq!(of(Value::Null, json!("x")), "f: x");
    assert_eq!(of(json!("a"), json!("b")), "f: a → b");
    assert_eq!(of(json!("a"), Value::Null), "f: a → empty");
    assert_eq!(of(json!([1]), json!([1, 2])), "f: +2");
    assert_eq!(of(json!([1]), json!([2])), "f: [1] → [2]");
    // Long lists are not compared.
    assert_eq!(of(list(99), list(101)), "f: +99, +100");
    assert!(of(list(99), list(102)).contains('→'));
    assert!(of(list(150), list(149)).contains('→'));
    assert_eq!(gist(&changing(Effect::Update, vec![])), "A test.");
}

fn sending(arguments: Value, accounts: &[(&str, Account)], before: BeforeImage) -> Judged {
    let mut judged = judged(Verdict::Hold, 1, Cause::Proposed);
    judged.call.arguments = arguments;
    judged.before = before;
    let accounts = accounts.iter();
    judged.classified.accounts = accounts
        .map(|(path, account)| ((*path).to_owned(), *account))
        .collect();
    judged
}

#[test]
fn what_is_sent_besides_the_changes_says_what_it_is() {
    use Account::{
        Amount, Change, Content, Detail, Identity, Option, Recipient, Switch, Unaccounted,
    };
    let all = [
        (Identity, "which record"),
        (Amount, "amount"),
        (Recipient, "whom it reaches"),
        (Content, "text"),
        (Detail, "how it is done"),
        (Switch, "a condition of the pack looks at it"),
        (Option, "changes nothing that happens"),
        (Unaccounted, "nobody says what this does"),
        (Change, "part of a change"),
    ];
    for (account, what) in all {
        let judged = sending(json!({"a": 1}), &[("/a", account)], BeforeImage::NotNeeded);
        let sent = also_sent(&judged);
        assert_eq!(sent[0].what(), Some(what));
        assert_eq!(sent[0].is_unaccounted(), account == Unaccounted);
        assert_eq!(for_people(&judged), sent);
    }
    let same = sending(json!({"a": 1}), &[("/a", Change)], image(json!({"a": 1})));
    assert_eq!(also_sent(&same)[0].what(), Some("same as now"));
    let other = sending(json!({"a": 1}), &[("/a", Change)], image(json!({"a": 2})));
    assert_eq!(also_sent(&other)[0].what(), Some("part of a change"));
    let unknown = sending(json!({"a": 1}), &[], BeforeImage::NotNeeded);
    assert_eq!(also_sent(&unknown)[0].what(), None);
}

#[test]
fn what_is_shown_among_the_changes_is_not_listed_again_but_for_a_delete() {
    let of = |effect, new: Value, arguments: Value, accounts: &[(&str, Account)]| {
        let mut judged = sending(arguments, accounts, BeforeImage::NotNeeded);
        judged.classified.effect = effect;
        judged.classified.changes = vec![change("f", json!("old"), new)];
        let sent = also_sent(&judged).into_iter();
        sent.map(|one| one.path).collect::<Vec<_>>()
    };
    let f = [("/f", Account::Change)];
    assert!(of(Effect::Update, json!("x"), json!({"f": "x"}), &f).is_empty());
    assert_eq!(
        of(Effect::Delete, json!("x"), json!({"f": "x"}), &f),
        ["/f"]
    );
    let items = [("/f/0", Account::Change), ("/f/1", Account::Change)];
    assert!(
        of(
            Effect::Update,
            json!(["x", "y"]),
            json!({"f": ["x", "y"]}),
            &items
        )
        .is_empty()
    );
    let object = json!({"a": "x", "b": {"c": 1}});
    let inner = [("/f/a", Account::Change), ("/f/b/c", Account::Change)];
    assert!(
        of(
            Effect::Update,
            object.clone(),
            json!({ "f": object }),
            &inner
        )
        .is_empty()
    );
    for empty in [json!([]), json!({})] {
        let arguments = json!({ "f": empty });
        assert!(of(Effect::Update, empty, arguments, &f).is_empty());
    }
}

#[test]
fn a_list_is_told_as_one_only_where_all_of_it_is_alike() {
    let of = |value: Value, accounts: &[(&str, Account)]| {
        let sent = also_sent(&sending(
            json!({ "l": value }),
            accounts,
            image(json!({"l": "b"})),
        ));
        sent.into_iter()
            .map(|one| (one.path.clone(), one.label()))
            .collect::<Vec<_>>()
    };
    let whole = vec![("/l".to_owned(), "l".to_owned())];
    let parts = |labels: &[&str]| -> Vec<(String, String)> {
        let one = |label: &&str| {
            (
                format!("/l/{}", label.replace(" › ", "/")),
                format!("l › {label}"),
            )
        };
        labels.iter().map(one).collect()
    };
    assert_eq!(of(json!(["a", "c"]), &[]), whole);
    assert_eq!(of(json!(["a"]), &[]), parts(&["0"]), "one alone");
    assert_eq!(of(json!(["a", []]), &[]), parts(&["0", "1"]));
    assert_eq!(of(json!(["a", {"x": 1}]), &[]), parts(&["0", "1 › x"]));
    let mixed = [("/l/0", Account::Change), ("/l/1", Account::Content)];
    assert_eq!(of(json!(["a", "c"]), &mixed), parts(&["0", "1"]));
    let same = [("/l/0", Account::Change), ("/l/1", Account::Change)];
    assert_eq!(
        of(json!(["a", "b"]), &same),
        parts(&["0", "1"]),
        "one is as it is now"
    );
    // A text that is opened is more than one place.
    let held = json!(["{\"x\": 1}", "b"]);
    let inner = [("/l/0/x", Account::Detail), ("/l/1", Account::Detail)];
    assert_eq!(of(held, &inner), parts(&["0 › x", "1"]));
}

#[test]
fn texts_are_opened_so_deep() {
    let nested = |levels: usize| {
        (0..levels).fold(json!({"x": 1}), |inner, _| json!({"t": inner.to_string()}))
    };
    let path = |levels: usize| format!("{}/x", "/t".repeat(levels));
    for (levels, opened) in [(3, true), (4, false)] {
        let accounts = [(path(levels), Account::Detail)];
        let accounts: Vec<(&str, Account)> = accounts
            .iter()
            .map(|(path, one)| (path.as_str(), *one))
            .collect();
        let sent = also_sent(&sending(nested(levels), &accounts, BeforeImage::NotNeeded));
        assert_eq!(
            sent[0].path == path(levels),
            opened,
            "{levels}: {}",
            sent[0].path
        );
    }
}
