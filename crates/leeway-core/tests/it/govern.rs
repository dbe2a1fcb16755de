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
    };
    let resume = || E::WorkflowResumed {
        reason: String::new(),
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

fn change(hash: &str) -> E {
    E::ChangeProposed {
        edits: vec![],
        why: "tidier".into(),
        hash: hash.into(),
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
            &[add(), E::PersonRemoved {}, E::PersonSignedIn {}]
        )
        .is_err()
    );
    assert!(fold("person/a@b.c", &[add(), E::PersonRemoved {}, add()]).is_ok());
}

#[test]
fn an_event_belongs_to_its_kind_of_stream() {
    assert!(fold("agent/a", &[workflow()]).is_err());
    assert!(fold("nonsense", &[workflow()]).is_err());
}
