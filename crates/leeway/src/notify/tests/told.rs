//! What is told to whom at each turn.

use super::super::{chat, mail, outbox, words};
use super::{HOUR, NOW, Office, WORKFLOW, id, judged, links, refund};
use crate::config::Configuration;
use crate::people::account;
use crate::{changes, configure};
use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Role};
use leeway_core::notify::{Item, What};

#[tokio::test]
async fn quick_approval_is_offered_only_where_the_grant_earns_it_and_all_is_shown() {
    let long = "x".repeat(601);
    let earned = judged(refund("refund", "why", "short"));
    let by_update = judged(refund("charge", "why", "short"));
    let cut = judged(refund("refund", "why", &long));
    let hidden = judged(refund("refund", "why", "[redacted]"));
    let mut open = refund("refund", "why", "short");
    open.classified
        .unknowns
        .push("the record could not be read".into());
    for (event, offered) in [
        (earned, true),
        (by_update, false),
        (cut, false),
        (hidden, false),
        (judged(open), false),
    ] {
        let office = Office::open().await;
        let item = office.action(vec![event.clone()]).await;
        let card = office.card("fin@example.com", &item).unwrap();
        assert_eq!(card.quick.is_some(), offered, "{event:?}");
    }
}

#[tokio::test]
async fn a_card_is_for_who_can_decide_and_while_it_waits() {
    let office = Office::open().await;
    let item = office
        .action(vec![judged(refund("refund", "why", "short"))])
        .await;
    assert!(office.card("fin@example.com", &item).is_some());
    assert!(office.card("kim@example.com", &item).is_some());
    // The fallback is not asked yet, and an operator never decides.
    assert!(office.card("boss@example.com", &item).is_none());
    assert!(office.card("op@example.com", &item).is_none());
    office
        .action(vec![ActionEvent::Escalated {
            to: "boss@example.com".into(),
        }])
        .await;
    let escalated = Item {
        what: What::Escalated,
        ..item.clone()
    };
    assert!(office.card("boss@example.com", &escalated).is_some());
    office.action(vec![ActionEvent::Expired {}]).await;
    assert!(office.card("fin@example.com", &item).is_none());
}

#[tokio::test]
async fn an_edit_is_told_without_a_quick_link_to_who_made_it() {
    let office = Office::open().await;
    let mut edited = refund("refund", "why", "shorter");
    edited.revision = 2;
    edited.cause = Cause::Edited {
        by: "kim@example.com".into(),
    };
    let item = office
        .action(vec![
            judged(refund("refund", "why", "short")),
            judged(edited),
        ])
        .await;
    assert!(
        office
            .card("fin@example.com", &item)
            .unwrap()
            .quick
            .is_some()
    );
    assert!(
        office
            .card("kim@example.com", &item)
            .unwrap()
            .quick
            .is_none()
    );
}

/// Every kind of message about an action: what it says first, its subject, why and where it leads.
#[tokio::test]
async fn what_is_told_at_each_turn() {
    let unknown = ActionEvent::Finished(Finished::bare(Outcome::OutcomeUnknown, "It may or may not have happened: no answer from http://pay.example. It is not tried again.".into()));
    let held = || judged(refund("refund", "why", "short"));
    let approved = || ActionEvent::Approved {
        by: "fin@example.com".into(),
        content_hash: "hash-1".into(),
        solo: false,
        took_ms: None,
        starts_ms: None,
        expires_ms: Some(NOW + HOUR),
    };
    let asked = ActionEvent::Returned {
        by: "fin@example.com".into(),
        content_hash: "hash-1".into(),
        question: "Which order?".into(),
    };
    let started = ActionEvent::Started {
        idempotency_key: "k".into(),
        readings: vec![],
    };
    let answered = Judged {
        revision: 2,
        cause: Cause::Answered {
            answer: "Order 7, see www.evil.example".into(),
        },
        ..refund("refund", "why", "short")
    };
    let turns = [
        (What::Held, vec![held()]),
        (
            What::Answered,
            vec![held(), asked.clone(), judged(answered)],
        ),
        (What::Reminded, vec![held()]),
        (
            What::Escalated,
            vec![
                held(),
                ActionEvent::Escalated {
                    to: "fin@example.com".into(),
                },
            ],
        ),
        (What::Expired, vec![held(), ActionEvent::Expired {}]),
        (What::Expired, vec![held(), asked, ActionEvent::Expired {}]),
        (
            What::Expired,
            vec![held(), approved(), ActionEvent::Expired {}],
        ),
        (
            What::OutcomeUnknown,
            vec![held(), approved(), started, unknown],
        ),
    ];
    let mut told = String::new();
    for (what, events) in turns {
        let office = Office::open().await;
        let item = Item {
            what,
            ..office.action(events).await
        };
        let card = office.card("fin@example.com", &item).unwrap();
        told.push_str(&format!(
            "{}\n  {}\n  why: {}\n  quote: {}\n  leads to {}\n\n",
            words::subject(what, &card.title),
            card.headline,
            card.why.join(" "),
            card.quote.as_deref().unwrap_or("–"),
            card.path,
        ));
    }
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_digest_lists_what_waits_and_approves_nothing_by_itself() {
    let office = Office::open().await;
    let item = office
        .action(vec![judged(refund("refund", "why", "short"))])
        .await;
    let one = office.card("fin@example.com", &item).unwrap();
    let pause = GovernEvent::WorkflowPaused {
        reason: "strange refunds, see http://x.example".into(),
        holder: None,
    };
    office
        .app
        .govern(
            "person:op@example.com",
            "workflow/billing".into(),
            pause,
            (vec![], vec![]),
        )
        .await
        .unwrap();
    let about = Item {
        cause: None,
        about: "workflow/billing".into(),
        what: What::Paused,
    };
    let two = office.card("fin@example.com", &about).unwrap();
    let letter = outbox::letter(vec![one, two], 3);
    assert!(letter.cards.iter().all(|card| card.quick.is_none()));
    assert_eq!(outbox::letter(vec![], 5).subject, "5 things to decide");
    insta::assert_snapshot!(format!(
        "{}\n\n{}",
        letter.subject,
        mail::text(&letter, &links())
    ));
    let blocks = chat::payload(&letter, &links())["blocks"].clone();
    let buttons = blocks
        .as_array()
        .unwrap()
        .iter()
        .filter(|block| block["type"] == "actions");
    let leads_to: Vec<_> = buttons
        .map(|block| block["elements"][0]["url"].clone())
        .collect();
    let base = "https://leeway.example.com";
    assert_eq!(
        leads_to,
        [
            format!("{base}/inbox/{}", id()),
            format!("{base}/workflows/billing"),
            format!("{base}/inbox")
        ]
    );
}

#[tokio::test]
async fn a_change_of_the_configuration_is_told_while_it_waits() {
    let office = Office::open().await;
    let wanted = Configuration {
        workflows: vec![
            toml::from_str(&WORKFLOW.replace("Billing", "Billing and refunds")).unwrap(),
        ],
        ..configure::current(&office.app)
    };
    let outcome = changes::propose(
        &office.app,
        "person:op@example.com",
        (&wanted, "see http://wiki.example", None),
    )
    .await;
    let Ok(changes::Outcome::Waits(change)) = outcome else {
        panic!("it waits");
    };
    let item = Item {
        cause: None,
        about: format!("change/{}", change.id),
        what: What::ChangeWaits,
    };
    let card = office.card("boss@example.com", &item).unwrap();
    assert_eq!(card.title, "changed workflows/billing[.]toml");
    assert_eq!(card.why, ["Its author says: “see http[:]//wiki[.]example”"]);
    let boss = leeway_core::govern::people::Person {
        email: "boss@example.com".into(),
        roles: vec![Role::Owner],
    };
    changes::approve(&office.app, &boss, (&change.id, &change.hash))
        .await
        .unwrap();
    assert!(office.card("boss@example.com", &item).is_none());
}

#[test]
fn times_are_told_in_the_workflows_zone() {
    assert_eq!(
        words::when(NOW, "Europe/Vienna"),
        "Mon 5 Jan 2026, 10:00 (Europe/Vienna)"
    );
    assert_eq!(words::when(NOW, "No/Where"), "Mon 5 Jan 2026, 09:00 (UTC)");
}

#[tokio::test]
async fn whoever_loses_a_right_to_decide_is_told_by_whom_even_when_removed() {
    let office = Office::open().await;
    let local = Person {
        email: "local".into(),
        roles: vec![Role::Operator],
    };
    let boss = Person {
        email: "boss@example.com".into(),
        roles: vec![Role::Owner],
    };
    let kim = "kim@example.com";
    let told = async || {
        outbox::address(&office.app).await.unwrap();
        let boxes = outbox::postboxes(&office.app).unwrap();
        let mut told = Vec::new();
        for (_, postbox) in boxes {
            for item in &postbox.waiting {
                told.push((postbox.person.clone(), item.what));
            }
        }
        told
    };
    let taken = account::wish(&office.app, &boss, (kim, vec![])).await;
    assert!(!taken.unwrap(), "it takes two");
    let asked = |email: &str| (email.to_owned(), What::RightAsked);
    assert_eq!(told().await, [asked("fin@example.com"), asked(kim)]);
    assert!(
        account::wish(&office.app, &local, (kim, vec![]))
            .await
            .unwrap()
    );
    let lost = (kim.to_owned(), What::RightTaken);
    assert!(told().await.contains(&lost));
    let boxes = outbox::postboxes(&office.app).unwrap();
    let (version, postbox) = boxes.iter().find(|(_, one)| one.person == kim).unwrap();
    let now = outbox::bundle(&office.app, (*version, postbox))
        .await
        .unwrap();
    let letter = now.unwrap().sending.unwrap().letter;
    assert_eq!(letter.cards.len(), 1, "and nothing else");
    let card = &letter.cards[0];
    assert_eq!(
        (card.what, card.title.as_str()),
        (What::RightTaken, "kim[@]example[.]com")
    );
    let fact = |label: &str| {
        let mut facts = card.facts.iter();
        facts.find(|(known, _)| known == label).unwrap().1.as_str()
    };
    assert_eq!((fact("By"), fact("Roles then")), ("local", "none: removed"));
}
