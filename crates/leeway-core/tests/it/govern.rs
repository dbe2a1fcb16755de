//! Documents: what each event makes of them, and what is refused.

use leeway_core::govern::change::ChangeStatus;
use leeway_core::govern::event::GovernEvent as E;
use leeway_core::govern::people::Role;
use leeway_core::govern::state::Document;
use serde_json::json;

fn fold(stream: &str, events: &[E]) -> Result<Document, String> {
    let mut document = None;
    for event in events {
        document = Some(
            Document::apply(document, stream, "person:a@b.c", 5, event)
                .map_err(|error| error.to_string())?,
        );
    }
    document.ok_or_else(|| "nothing".to_owned())
}

fn workflow() -> E {
    let workflow = toml::from_str("name = \"w\"\ntitle = \"W\"").unwrap();
    E::WorkflowConfigured {
        workflow,
        hash: "h".into(),
    }
}

#[test]
fn a_pause_survives_a_new_version_and_is_not_given_twice() {
    let pause = || E::WorkflowPaused {
        reason: "look".into(),
        holder: None,
    };
    let resume = || E::WorkflowResumed {
        reason: String::new(),
        holder: None,
    };
    let Document::Workflow(state) = fold("workflow/w", &[workflow(), pause(), workflow()]).unwrap()
    else {
        panic!("no workflow");
    };
    assert_eq!(state.paused.unwrap().by, "person:a@b.c");
    assert!(fold("workflow/w", &[workflow(), pause(), pause()]).is_err());
    assert!(fold("workflow/w", &[workflow(), resume()]).is_err());
    assert!(fold("workflow/w", &[pause()]).is_err());
}

/// What becomes of a workflow's pause after entries of these actors; `None` when one of them is refused.
#[expect(clippy::option_option, reason = "refused, or with a pause or without")]
fn paused(entries: &[(&str, E)]) -> Option<Option<leeway_core::govern::state::Pause>> {
    let mut document = Document::apply(None, "workflow/w", "leeway", 0, &workflow()).ok();
    for (at_ms, (actor, event)) in entries.iter().enumerate() {
        document = Some(Document::apply(document, "workflow/w", actor, at_ms as i64, event).ok()?);
    }
    match document {
        Some(Document::Workflow(state)) => Some(state.paused),
        _ => panic!("no workflow"),
    }
}

#[test]
fn whoever_presses_stop_stays_stopped() {
    let stop = |holder: Option<&str>| E::WorkflowPaused {
        reason: String::new(),
        holder: holder.map(str::to_owned),
    };
    let go = |holder: Option<&str>| E::WorkflowResumed {
        reason: String::new(),
        holder: holder.map(str::to_owned),
    };
    let (ann, bob) = ("person:ann", "person:bob");
    let (drill, other) = (Some("drill/1"), Some("drill/2"));
    // A drill ends its own pause, and no other.
    assert_eq!(paused(&[(ann, stop(drill)), (ann, go(drill))]), Some(None));
    assert_eq!(paused(&[(ann, stop(drill)), (ann, go(other))]), None);
    // Whoever presses stop over it, even who began the drill, is not let go by it.
    for who in [ann, bob] {
        let over = [(ann, stop(drill)), (who, stop(None))];
        let pause = paused(&over).unwrap().unwrap();
        assert_eq!(
            (pause.by.as_str(), pause.holder, pause.also),
            (who, None, vec![])
        );
        let mut ended = over.to_vec();
        ended.push((ann, go(drill)));
        assert_eq!(paused(&ended), None);
        ended.pop();
        ended.push((who, go(None)));
        assert_eq!(paused(&ended), Some(None));
    }
    // A drill begins over nobody's pause, another's drill included.
    assert_eq!(paused(&[(ann, stop(None)), (bob, stop(drill))]), None);
    assert_eq!(paused(&[(ann, stop(drill)), (bob, stop(other))]), None);
    // Over somebody else's stop one's own holds, and theirs stays to be seen.
    let both = paused(&[(ann, stop(None)), (bob, stop(None))])
        .unwrap()
        .unwrap();
    assert_eq!((both.by.as_str(), both.also[0].by.as_str()), (bob, ann));
    let again = [(ann, stop(None)), (bob, stop(None)), (ann, stop(None))];
    let again = paused(&again).unwrap().unwrap();
    let also: Vec<_> = again.also.iter().map(|one| one.by.as_str()).collect();
    assert_eq!((again.by.as_str(), also), (ann, vec![bob]));
}

#[test]
fn what_holds_a_workflow_back_for_a_time_ends_only_its_own() {
    use leeway_core::govern::containment::Containment::{ApproveAll, ReadOnly};
    let contain = |rung, holder: Option<&str>| E::WorkflowContained {
        rung,
        reason: String::new(),
        holder: holder.map(str::to_owned),
    };
    let stands = |events: &[E]| {
        let mut all = vec![workflow()];
        all.extend(events.iter().cloned());
        match fold("workflow/w", &all) {
            Ok(Document::Workflow(state)) => Some(state.contained.map(|now| now.rung)),
            Ok(_) => panic!("no workflow"),
            Err(_) => None,
        }
    };
    let (one, two) = (Some("incident/1"), Some("incident/2"));
    let began = contain(Some(ApproveAll), one);
    assert_eq!(stands(&[began.clone(), contain(None, one)]), Some(None));
    assert_eq!(stands(&[began.clone(), contain(None, two)]), None);
    assert_eq!(stands(&[began.clone(), contain(None, None)]), Some(None));
    for rung in [ApproveAll, ReadOnly] {
        let taken = [began.clone(), contain(Some(rung), None)];
        assert_eq!(stands(&taken), Some(Some(rung)));
        assert_eq!(stands(&[&taken[..], &[contain(None, one)]].concat()), None);
    }
    assert_eq!(stands(&[contain(None, one)]), None);
    assert_eq!(stands(&[contain(Some(ReadOnly), None), began]), None);
}

fn change(hash: &str) -> E {
    E::ChangeProposed {
        edits: vec![],
        why: "tidier".into(),
        hash: hash.into(),
        folder: None,
    }
}

#[test]
fn nobody_approves_the_change_they_proposed_unless_there_is_nobody_else() {
    let approved = |hash: &str, solo| E::ChangeApproved {
        hash: hash.into(),
        solo,
    };
    let by = |actor: &str, event: &E| {
        let proposed =
            Document::apply(None, "change/chg_1", "person:ann@b.c", 1, &change("h")).unwrap();
        Document::apply(Some(proposed), "change/chg_1", actor, 2, event).map(|document| {
            match document {
                Document::Change(change) => change.status,
                other => panic!("{other:?}"),
            }
        })
    };
    assert_eq!(
        by("person:bob@b.c", &approved("h", false)),
        Ok(ChangeStatus::Approved)
    );
    assert!(by("person:ann@b.c", &approved("h", false)).is_err());
    assert_eq!(
        by("person:ann@b.c", &approved("h", true)),
        Ok(ChangeStatus::Approved)
    );
    assert!(by("person:bob@b.c", &approved("other", false)).is_err());
}

#[test]
fn a_change_ends_once() {
    let over = [
        change("h"),
        E::ChangeWithdrawn {},
        E::ChangeForced { hash: "h".into() },
    ];
    assert!(fold("change/chg_1", &over).is_err());
    assert!(fold("change/chg_1", &over[1..]).is_err());
}

#[test]
fn a_changed_tool_takes_force_only_by_the_hash_that_was_shown() {
    let pinned = || E::ToolPinned {
        hash: "1".into(),
        definition: json!({"v": 1}),
    };
    let changed = |hash: &str| E::ToolChanged {
        hash: hash.into(),
        definition: json!({"v": hash}),
    };
    let reviewed = |hash: &str| E::ToolReviewed { hash: hash.into() };
    let state = |events: &[E]| match fold("tool/s/t", events) {
        Ok(Document::Tool(state)) => Ok((state.hash, state.changed.is_some())),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error),
    };
    assert_eq!(state(&[pinned(), changed("2")]), Ok(("1".into(), true)));
    assert_eq!(
        state(&[pinned(), changed("2"), reviewed("2")]),
        Ok(("2".into(), false))
    );
    assert_eq!(
        state(&[pinned(), changed("2"), changed("1")]),
        Ok(("1".into(), false))
    );
    assert!(state(&[pinned(), changed("2"), changed("3"), reviewed("2")]).is_err());
    assert!(state(&[pinned(), reviewed("1")]).is_err());
}

#[test]
fn a_removed_person_can_only_be_added_again() {
    let add = || E::PersonAdded {
        roles: vec![Role::Owner],
    };
    assert!(fold("person/a@b.c", &[add(), add()]).is_err());
    assert!(
        fold(
            "person/a@b.c",
            &[
                add(),
                E::PersonRemoved { took: false },
                E::PersonSignedIn {}
            ]
        )
        .is_err()
    );
    assert!(
        fold(
            "person/a@b.c",
            &[add(), E::PersonRemoved { took: false }, add()]
        )
        .is_ok()
    );
}

#[test]
fn an_event_belongs_to_its_kind_of_stream() {
    assert!(fold("agent/a", &[workflow()]).is_err());
    assert!(fold("nonsense", &[workflow()]).is_err());
}
