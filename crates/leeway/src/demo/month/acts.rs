//! What the agents of the month do on a day, and what of it is wrong.

use super::super::scenario::{Expect, Step, Via};
use super::Flaw;
use leeway_core::earn::verdict::Severity;
use serde_json::{Value, json};

/// One call of an agent.
pub struct Act {
    /// The agent's workflow.
    pub workflow: &'static str,
    /// The call.
    pub step: Step,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
    /// Whether it is of the mess that becomes an incident.
    pub mess: bool,
}

/// The working day, from 0, on which the sales agent makes a mess.
pub const MESS: u32 = 12;
/// From which one on the support agent gets worse, and has a better prompt.
pub const WORSE: u32 = 10;
pub const MENDED: u32 = 17;

const CONTACTS: [&str; 12] = [
    "c-101", "c-102", "c-103", "c-105", "c-107", "c-108", "c-109", "c-111", "c-112", "c-113",
    "c-114", "c-115",
];
const TICKETS: [&str; 8] = [
    "t-502", "t-505", "t-507", "t-508", "t-511", "t-513", "t-519", "t-520",
];
const SEGMENTS: [&str; 6] = [
    "segment: hospitality",
    "segment: retail",
    "service due",
    "newsletter reader",
    "renewal this quarter",
    "visited the fair",
];

const fn flaw(pattern: &'static str, severity: Severity) -> Flaw {
    Flaw { pattern, severity }
}

/// A call with its cause, reason and confidence.
fn act(
    workflow: &'static str,
    (tool, arguments): (&str, Value),
    (trigger, reason, confidence): (&str, &str, f64),
    flaw: Option<Flaw>,
) -> Act {
    Act {
        workflow,
        step: Step {
            tool: tool.to_owned(),
            arguments: arguments.as_object().cloned().unwrap_or_default(),
            trigger: trigger.to_owned(),
            reason: reason.to_owned(),
            confidence,
            sources: Vec::new(),
            via: Via::Argument,
            expect: Expect::Held,
            again: false,
        },
        flaw,
        mess: false,
    }
}

/// Everything the agents do on a working day.
pub fn of(day: u32, next: &mut u64) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut number = || {
        *next += 1;
        *next
    };
    for (index, contact) in CONTACTS.iter().enumerate() {
        let n = number();
        let segment = SEGMENTS[(index + day as usize) % SEGMENTS.len()];
        // One in the whole month.
        let wrong = (day == 3 && index == 4).then_some(flaw("wrong record", Severity::Minor));
        acts.push(act(
            "crm-clean-up",
            (
                "add_contact_tag",
                json!({ "id": contact, "tag": format!("{segment} ({n})") }),
            ),
            ("Nightly clean-up", "The order history says so.", 0.95),
            wrong,
        ));
    }
    for index in 0..2_usize {
        let n = number();
        let contact = CONTACTS[(day as usize * 2 + index) % CONTACTS.len()];
        let wrong = (n % 4 == 0).then_some(flaw("source outdated", Severity::Major));
        acts.push(act(
            "crm-clean-up",
            ("update_contact", json!({ "id": contact, "fields": { "notes": format!("Prefers calls before noon ({n}).") } })),
            ("Nightly clean-up", "An old e-mail says so.", 0.7 + 0.02 * index as f64),
            wrong,
        ));
    }
    acts.extend(support(day, &mut number));
    acts.extend(sales(day, &mut number));
    if day == MESS {
        acts.extend(mess(&mut number));
    }
    acts
}

fn support(day: u32, number: &mut impl FnMut() -> u64) -> Vec<Act> {
    let mut acts = Vec::new();
    for (index, ticket) in TICKETS.iter().enumerate() {
        let n = number();
        let worse = (WORSE..MENDED).contains(&day);
        let wrong = match index % 3 {
            0 if worse => Some(flaw("source misread", Severity::Major)),
            _ if n.is_multiple_of(61) => Some(flaw("tone or wording", Severity::Minor)),
            _ => None,
        };
        let text = match wrong {
            Some(_) => {
                format!("The customer asks for the invoice again; see the last order ({n}).")
            }
            None => format!("Summary {n}: a question on the delivery, answered by the data sheet."),
        };
        acts.push(act(
            "support-triage",
            (
                "add_internal_note",
                json!({ "ticket_id": ticket, "text": text }),
            ),
            ("Inbox poll", "Whoever answers reads this first.", 0.9),
            wrong,
        ));
    }
    if day % 4 == 1 {
        let n = number();
        acts.push(act(
            "support-triage",
            ("create_refund", json!({ "invoice_id": "inv-2007", "amount_cents": 500 + n as i64 % 700, "reason": format!("Postage of the swapped adapters ({n})") })),
            ("Ticket t-507", "The customer paid the postage.", 0.93),
            None,
        ));
    }
    acts
}

fn sales(day: u32, number: &mut impl FnMut() -> u64) -> Vec<Act> {
    let mut acts = Vec::new();
    for index in 0..3_usize {
        let n = number();
        let contact = CONTACTS[(day as usize + index * 5) % CONTACTS.len()];
        acts.push(act(
            "sales-follow-up",
            ("create_task", json!({ "title": format!("Call {contact} about the renewal ({n})"), "due": "2026-12-18", "contact_id": contact })),
            ("Order webhook", "Nobody called since the last order.", 0.9),
            None,
        ));
    }
    for index in 0..2_usize {
        let n = number();
        let wrong = match n % 7 {
            0 => Some(flaw("tone or wording", Severity::Minor)),
            3 => Some(flaw("should not have acted", Severity::Major)),
            _ => None,
        };
        acts.push(act(
            "sales-follow-up",
            ("draft_email", json!({ "to": "elena.marsh@harborhotels.example", "subject": format!("Your filters, order {n}"), "body": "Dear Elena, the set you ordered is on its way. Best regards, Maya" })),
            ("Order webhook", "The order was sent today.", 0.78 + 0.06 * index as f64),
            wrong,
        ));
    }
    acts
}

/// The sales agent takes a list of old leads for customers.
fn mess(number: &mut impl FnMut() -> u64) -> Vec<Act> {
    CONTACTS[..9]
        .iter()
        .map(|contact| {
            let n = number();
            let flaw = Some(flaw("source misread", Severity::Major));
            let call = json!({ "id": contact, "tag": format!("win-back campaign ({n})") });
            Act {
                mess: true,
                ..act(
                    "sales-follow-up",
                    ("add_contact_tag", call),
                    (
                        "Import of old-leads.csv",
                        "The list says that they left us.",
                        0.92,
                    ),
                    flaw,
                )
            }
        })
        .collect()
}
