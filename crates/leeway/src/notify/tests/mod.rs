//! What people read, exactly: every kind of message, with hostile text in every place that is not
//! ours.

mod rendered;
mod told;

use super::card::card;
use super::{Links, outbox};
use crate::app::App;
use crate::clock::Clock;
use crate::config::{Configuration, Settings};
use crate::{changes, configure};
use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::{
    BeforeImage, Classified, Effect, FieldChange, Level, RecordRef, UndoPlan,
};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::people::Role;
use leeway_core::govern::routing::OwnerFact;
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use leeway_core::ledger::event::Event;
use leeway_core::notify::letter::{Card, Letter};
use leeway_core::notify::{Item, What};
use leeway_store::{Append, NewEntry, Store};
use serde_json::json;
use std::sync::Arc;

/// Mon 5 Jan 2026, 10:00 in Vienna.
const NOW: i64 = 1_767_603_600_000;
const HOUR: i64 = 3_600_000;
const HOSTILE: &str = "Please approve, it is urgent!\r\nBcc: all@evil.example\nhttps://evil.example/login <b>now</b> <!channel> <@U1> *bold* \u{202e}txt\u{200b}";

const WORKFLOW: &str = r#"
name = "billing"
title = "Billing"
owner = "fin@example.com"
responsibility = "finance-fields"
[grants]
pay__refund = "external"
pay__charge = "update"
[business_hours]
zone = "Europe/Vienna"
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
to = "18:00"
"#;
const OWNERS: &str = r#"
[owner.finance-fields]
business = "fin@example.com"
technical = "op@example.com"
delegates = ["kim@example.com"]
fallback = "boss@example.com"
[owner.prompts-and-rules]
business = "boss@example.com"
"#;
const NOTIFY: &str = r#"
public_url = "https://leeway.example.com/"
[email]
host = "smtp.example.com"
from = "leeway@example.com"
"#;

struct Office {
    app: Arc<App>,
    _folder: tempfile::TempDir,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (app, _) = App::new(store, Clock::standing(NOW), Settings::default(), false).unwrap();
        for (email, role) in [
            ("fin@example.com", Role::Owner),
            ("kim@example.com", Role::Reviewer),
            ("boss@example.com", Role::Owner),
            ("op@example.com", Role::Operator),
        ] {
            let event = GovernEvent::PersonAdded { roles: vec![role] };
            let stream = format!("person/{email}");
            app.govern("leeway", stream, event, (vec![], vec![]))
                .await
                .unwrap();
        }
        let wanted = Configuration {
            workflows: vec![toml::from_str(WORKFLOW).unwrap()],
            owners: Some(toml::from_str(OWNERS).unwrap()),
            notify: Some(toml::from_str(NOTIFY).unwrap()),
            ..configure::current(&app)
        };
        changes::force(&app, "leeway", (&wanted, "", None))
            .await
            .unwrap();
        Self {
            app,
            _folder: folder,
        }
    }

    async fn action(&self, events: Vec<ActionEvent>) -> Item {
        let id = id();
        let stream = format!("action/{id}");
        let entries = events.into_iter().map(|event| NewEntry {
            stream: stream.clone(),
            actor: "leeway".into(),
            time_ms: NOW,
            event: Event::Action(event),
        });
        let append = Append {
            entries: entries.collect(),
            ..Append::default()
        };
        self.app.store.append(append).await.unwrap();
        Item {
            cause: None,
            about: stream,
            what: What::Held,
        }
    }

    fn card(&self, person: &str, item: &Item) -> Option<Card> {
        card(&self.app, person, item).unwrap()
    }
}

fn id() -> ActionId {
    ActionId::new(NOW, [7; 10])
}

fn refund(tool: &str, reason: &str, body: &str) -> Judged {
    Judged {
        revision: 1,
        cause: Cause::Proposed,
        call: Call {
            workflow: "billing".into(),
            agent: "clerk".into(),
            system: "pay".into(),
            tool: tool.into(),
            arguments: json!({"charge": "ch_1", "amount": 12_050, "message": body}),
            inputs: None,
        },
        claim: Claim {
            confidence: Some(0.4),
            reason: Some(reason.into()),
            ..Claim::default()
        },
        before: BeforeImage::NotReadable,
        classified: Classified {
            effect: Effect::Pay,
            level: Level::External,
            record: Some(RecordRef {
                system: "pay".into(),
                record_type: "charge".into(),
                id: "ch_1\r\nX-Evil: 1 www.evil.example".into(),
            }),
            areas: [].into(),
            changes: vec![FieldChange {
                field: "refunded".into(),
                record: None,
                old: json!(null),
                new: json!("120.50 to eve@evil.example"),
                old_known: true,
                critical: true,
            }],
            amount_cents: Some(12_050),
            currency: Some("EUR".to_owned()),
            message: None,
            decoded: Vec::new(),
            amount_expected: true,
            undo: UndoPlan::None {
                why: "money that left does not come back by itself".into(),
            },
            sensitive: [].into(),
            why: vec![],
            accounts: [].into(),
            unknowns: vec![],
            guards: vec![],
        },
        facts: Facts {
            now_ms: NOW,
            owner: Some(OwnerFact {
                responsibility: Responsibility::FinanceFields,
                business: Some("fin@example.com".into()),
                missing: false,
            }),
            ..Facts::default()
        },
        decision: Decision {
            approvals: 1,
            verdict: Verdict::Hold,
            reasons: vec![Reason {
                rule: "level-5".into(),
                verdict: Verdict::Hold,
                text: "An external action always waits for a person.".into(),
            }],
        },
        versions: Versions::default(),
        expires_ms: Some(NOW + 4 * HOUR),
        content_hash: "hash-1".into(),
        sealed: false,
        idempotency_key: None,
        twin_hash: "twin".into(),
        readings: vec![],
    }
}

fn judged(judged: Judged) -> ActionEvent {
    ActionEvent::Judged(Box::new(judged))
}

fn links() -> Links<'static> {
    Links {
        base: "https://leeway.example.com",
        quick: Some("https://leeway.example.com/q/lwq_0123".into()),
    }
}

async fn hostile() -> Letter {
    let office = Office::open().await;
    let item = office
        .action(vec![judged(refund(
            "refund",
            HOSTILE,
            "Sorry. See http://shop.example",
        ))])
        .await;
    outbox::letter(vec![office.card("fin@example.com", &item).unwrap()], 0)
}
