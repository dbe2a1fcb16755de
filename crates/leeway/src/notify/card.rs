//! The facts of one thing, for one person, as they are now.

use super::recipients::find;
use super::words;
use crate::app::App;
use crate::changes;
use crate::config::written;
use crate::earning;
use crate::error::ApiError;
use crate::gateway::deciders;
use crate::people::account;
use leeway_core::action::event::{Cause, Judged};
use leeway_core::action::sent::{self, Sent};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::classify::{Classified, Effect, FieldChange};
use leeway_core::govern::change::ChangeStatus;
use leeway_core::govern::people::Role;
use leeway_core::govern::state::Document;
use leeway_core::judge::Verdict;
use leeway_core::message::Message;
use leeway_core::notify::letter::{Card, Change, Quick};
use leeway_core::notify::quick::{LONGEST_NAME, MOST_VALUES, quick};
use leeway_core::notify::text::{harmless, line};
use leeway_core::notify::{Item, What};
use serde_json::Value;

/// Longest name of anything on a card, characters.
const NAME: usize = LONGEST_NAME;
/// Most lines of a message on a card.
const MOST_LINES: usize = 40;

/// The card of an item for a person; `None` when it needs no telling any more.
pub fn card(app: &App, person: &str, item: &Item) -> Result<Option<Card>, ApiError> {
    match item.about.split_once('/') {
        _ if item.what == What::Test => Ok(Some(test())),
        Some(("action", id)) => Ok(find(app, id)?.and_then(|action| {
            matters(app, person, (item.what, &action))
                .then(|| of_action(app, person, (item.what, &action)))
        })),
        Some(("change", id)) => of_change(app, id),
        Some(("incident", number)) => {
            let Ok((_, state)) = crate::incident::find(app, number) else {
                return Ok(None);
            };
            let mut card = blank(
                item.what,
                line(&format!("Incident {number} · {}", state.workflow), 200),
                format!("/incidents/{number}"),
            );
            card.why = vec![harmless(&state.why)];
            Ok(Some(card))
        }
        Some(("workflow", name)) => Ok(of_workflow(app, name, item.what)),
        Some(("stage", place)) => of_stage(app, place, item.what),
        Some(("person", email)) => of_right(app, email, item),
        _ => Ok(None),
    }
}

fn blank(what: What, title: String, path: String) -> Card {
    Card {
        what,
        headline: words::headline(what).to_owned(),
        title,
        path,
        facts: vec![],
        changes: vec![],
        more_changes: 0,
        message: vec![],
        arguments: vec![],
        more_arguments: 0,
        why: vec![],
        quote: None,
        quick: None,
    }
}

fn test() -> Card {
    blank(
        What::Test,
        "Nothing needs you".to_owned(),
        "/notifications".to_owned(),
    )
}

/// What waits is told while it waits and while this person may do something about it.
fn matters(app: &App, person: &str, (what, action): (What, &ActionState)) -> bool {
    if !what.waits() {
        return true;
    }
    let Some(routing) = deciders::routing(app, action) else {
        return false;
    };
    let concerned = if what == What::NobodyDecides {
        routing.eligible.is_empty()
    } else {
        routing.eligible.iter().any(|email| email == person)
    };
    action.row.status == Status::Held
        && concerned
        && !action.row.endorsed_by.iter().any(|email| email == person)
}

fn of_action(app: &App, person: &str, (what, action): (What, &ActionState)) -> Card {
    let row = &action.row;
    let page = if what.waits() { "inbox" } else { "actions" };
    let mut card = blank(what, line(&row.title, 200), format!("/{page}/{}", row.id));
    if what == What::Expired {
        words::expired(action).clone_into(&mut card.headline);
    }
    let Some(judged) = action.current() else {
        return card;
    };
    card.facts = facts(app, action, judged);
    fill_changes(&mut card, judged);
    if what.waits() {
        let reasons = judged.decision.reasons.iter();
        card.why = reasons
            .filter(|reason| reason.verdict != Verdict::Allow)
            .map(|reason| harmless(&reason.text))
            .collect();
    }
    if let Some(finished) = action.finished() {
        card.why.push(harmless(&finished.note));
    }
    card.quote = judged.claim.reason.as_deref().map(harmless);
    if let Cause::Answered { answer } = &judged.cause {
        card.quote = Some(harmless(answer));
    }
    if what.waits() && action.edited_by() != Some(person) {
        card.quick = quick_of(app, action, judged);
    }
    card
}

/// In whose days and hours a workflow's people live.
pub fn zone(app: &App, workflow: &str) -> String {
    let registry = app.registry();
    let live = registry.workflows.get(workflow);
    let hours = live.and_then(|live| live.state.workflow.business_hours.as_ref());
    match (hours, registry.matrix()) {
        (Some(hours), _) => hours.zone.clone(),
        (None, Some(owners)) => owners.zone.clone(),
        (None, None) => "UTC".to_owned(),
    }
}

fn facts(app: &App, action: &ActionState, judged: &Judged) -> Vec<(String, String)> {
    let (row, classified) = (&action.row, &judged.classified);
    let registry = app.registry();
    let title = registry
        .workflows
        .get(&row.workflow)
        .map_or(row.workflow.as_str(), |live| &live.state.workflow.title);
    let zone = zone(app, &row.workflow);
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |label: &str, fact: String| facts.push((label.to_owned(), fact));
    fact("Level", words::level(classified.level));
    fact("Workflow", line(title, NAME));
    fact("Proposed by", format!("agent {}", line(&row.agent, NAME)));
    if let Some(record) = &classified.record {
        fact(
            "On",
            format!(
                "{} {} in {}",
                line(&record.record_type, NAME),
                line(&record.id, NAME),
                line(&record.system, NAME)
            ),
        );
    }
    if let Some(cents) = classified.amount_cents {
        fact(
            "Amount",
            words::amount(cents, classified.currency.as_deref()),
        );
    }
    fact(
        "Runs",
        format!("{}, once", line(&judged.call.tool_name(), NAME)),
    );
    fact("Undo", words::undo(&classified.undo));
    if let Some(by) = action.edited_by() {
        fact("Changed by", line(by, NAME));
    }
    if !row.endorsed_by.is_empty() {
        fact("Approved by", line(&row.endorsed_by.join(", "), 3 * NAME));
    }
    if let Some(by) = row.reviewer.as_deref() {
        fact("Approved by", line(by, NAME));
    }
    if let Some(to) = row.escalated_to.as_deref() {
        fact("Escalated to", line(to, NAME));
    }
    fact("Confidence", words::confidence(judged.claim.confidence));
    fact("Proposed", words::when(row.created_ms, &zone));
    if let Some(due) = row.expires_ms {
        fact("Due", words::when(due, &zone));
    }
    facts
}

/// The changes, and what else the call sends, as on the review's page.
fn fill_changes(card: &mut Card, judged: &Judged) {
    let classified = &judged.classified;
    let changes = classified.changes.iter();
    card.changes = changes
        .take(MOST_VALUES)
        .map(|change| shown(change, classified.effect))
        .collect();
    card.more_changes = classified.changes.len().saturating_sub(MOST_VALUES) as u64;
    card.message = message(classified);
    // What nobody accounts for is told where there is no room for all.
    let mut sent = sent::for_people(judged);
    if sent.len() > MOST_VALUES {
        sent.sort_by_key(|one| !one.is_unaccounted());
    }
    card.more_arguments = sent.len().saturating_sub(MOST_VALUES) as u64;
    sent.truncate(MOST_VALUES);
    card.arguments = sent.iter().map(argument).collect();
}

fn argument(one: &Sent) -> (String, String) {
    let told = match &one.value {
        Value::Null => "nothing (null)".to_owned(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) if text.trim().is_empty() => "blanks".to_owned(),
        other => value(other),
    };
    let what = match one.what() {
        Some(what) if one.is_unaccounted() => format!(" (⚠ {what})"),
        Some(what) if one.same_as_now => format!(" ({what})"),
        _ => String::new(),
    };
    (line(&one.label(), NAME), format!("{told}{what}"))
}

/// The message and what else is encoded, each text harmless.
fn message(classified: &Classified) -> Vec<(String, String)> {
    let decoded = classified.decoded.iter().flat_map(|one| {
        let lines = one.message.lines().into_iter();
        lines.map(|(label, text)| (format!("{}, decoded: {label}", one.path), text))
    });
    let lines = classified.message.iter().flat_map(Message::lines);
    let mut lines: Vec<_> = lines
        .chain(decoded)
        .map(|(label, text)| (line(&label, NAME), harmless(&text)))
        .collect();
    let more = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    if more > 0 {
        lines.push(("And".to_owned(), format!("{more} more, on the page")));
    }
    lines
}

fn shown(change: &FieldChange, effect: Effect) -> Change {
    let old = if change.old_known {
        value(&change.old)
    } else {
        "not known".to_owned()
    };
    let new = if effect == Effect::Delete {
        "deleted".to_owned()
    } else {
        value(&change.new)
    };
    let critical = if change.critical { " (critical)" } else { "" };
    let of = match &change.record {
        Some(record) => format!("{} · ", line(record, NAME)),
        None => String::new(),
    };
    Change {
        field: format!("{of}{}{critical}", line(&change.field, NAME)),
        old,
        new,
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::String(text) if text.trim().is_empty() => "empty".to_owned(),
        Value::String(text) => harmless(text),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => harmless(&other.to_string()),
    }
}

fn quick_of(app: &App, action: &ActionState, judged: &Judged) -> Option<Quick> {
    let registry = app.registry();
    let live = registry.workflows.get(&judged.call.workflow)?;
    let grants = &live.state.workflow.grants;
    let grant = grants.get(&judged.call.tool_name()).copied();
    quick(grant.unwrap_or_default(), judged).ok()?;
    let lasts_ms = (registry.notify.as_ref()?.notify.links_last_s as i64).saturating_mul(1000);
    let until_ms = app.clock.now_ms().saturating_add(lasts_ms);
    let until_ms = action
        .row
        .expires_ms
        .map_or(until_ms, |due| due.min(until_ms));
    Some(Quick {
        action: action.row.id.clone(),
        content_hash: judged.content_hash.clone(),
        until_ms,
        until: words::when(until_ms, &zone(app, &judged.call.workflow)),
    })
}

fn of_change(app: &App, id: &str) -> Result<Option<Card>, ApiError> {
    let change = changes::find(app, id)?;
    if change.status != ChangeStatus::Open {
        return Ok(None);
    }
    let files = change.edits.iter();
    let files: Vec<String> = files
        .map(|edit| format!("{} {}", edit.how(), written::file(&edit.stream)))
        .collect();
    let mut card = blank(
        What::ChangeWaits,
        line(&files.join(", "), 300),
        format!("/changes/{id}"),
    );
    let author = change
        .author
        .strip_prefix("person:")
        .unwrap_or(&change.author);
    card.facts = vec![
        ("Proposed by".to_owned(), line(author, NAME)),
        (
            "Proposed".to_owned(),
            words::when(change.proposed_ms, &zone(app, "")),
        ),
        ("Files".to_owned(), change.edits.len().to_string()),
        ("Version".to_owned(), change.hash.chars().take(12).collect()),
    ];
    if !change.why.is_empty() {
        card.why
            .push(format!("Its author says: “{}”", harmless(&change.why)));
    }
    Ok(Some(card))
}

/// Told while it is so: a proposal that lapsed, or what was earned again, is no news.
fn of_stage(app: &App, place: &str, what: What) -> Result<Option<Card>, ApiError> {
    let Some((workflow, tool)) = place.split_once('/') else {
        return Ok(None);
    };
    let (_, stage) = earning::stage(&app.store.reader()?, workflow, tool)?;
    let Some(stage) = stage else {
        return Ok(None);
    };
    let title = line(&format!("{workflow} · {tool}"), 200);
    let path = format!("/workflows/{workflow}/evidence/{tool}");
    let mut card = blank(what, title, path);
    match (what, &stage.proposal) {
        (What::Promotion, Some(proposal)) => {
            card.facts = vec![
                ("From".to_owned(), proposal.from.name().to_owned()),
                ("To".to_owned(), proposal.to.name().to_owned()),
                (
                    "Evidence".to_owned(),
                    format!(
                        "{} of {} reviewed are wrong",
                        proposal.wrong, proposal.reviewed
                    ),
                ),
                (
                    "Sign before".to_owned(),
                    words::when(proposal.expires_ms, &zone(app, workflow)),
                ),
            ];
        }
        (What::Demotion, _) => {
            let lost = stage
                .moments
                .iter()
                .rev()
                .find(|one| one.kind == "stage.demoted");
            let Some(lost) = lost else {
                return Ok(None);
            };
            card.facts = vec![("What".to_owned(), harmless(&lost.text))];
        }
        _ => return Ok(None),
    }
    Ok(Some(card))
}

/// A right to decide that was asked for, while it is, or taken.
fn of_right(app: &App, email: &str, item: &Item) -> Result<Option<Card>, ApiError> {
    let reader = app.store.reader()?;
    let stream = account::stream(email);
    let Some((_, Document::Person(state))) = reader.document(&stream)? else {
        return Ok(None);
    };
    let names = |roles: &[Role]| {
        let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        match names.as_slice() {
            [] => "none: removed".to_owned(),
            names => names.join(", "),
        }
    };
    let mut card = blank(item.what, line(email, NAME), "/owners".to_owned());
    let (by, at_ms, roles) = match (item.what, state.asked) {
        (What::RightAsked, Some(asked)) => {
            let roles = names(&asked.roles);
            (asked.by, asked.at_ms, roles)
        }
        (What::RightTaken, _) => {
            let entries = reader.entries_of(&stream)?;
            let cause = entries
                .iter()
                .find(|raw| Some(raw.envelope.seq) == item.cause);
            let Some(cause) = cause else {
                return Ok(None);
            };
            let roles = if state.removed {
                names(&[])
            } else {
                names(&state.roles)
            };
            (cause.envelope.actor.clone(), cause.envelope.time_ms, roles)
        }
        _ => return Ok(None),
    };
    let by = by.strip_prefix("person:").unwrap_or(&by);
    card.facts = vec![
        ("Whose".to_owned(), line(email, NAME)),
        ("By".to_owned(), line(by, NAME)),
        ("When".to_owned(), words::when(at_ms, &zone(app, ""))),
        ("Roles then".to_owned(), roles),
    ];
    Ok(Some(card))
}

fn of_workflow(app: &App, name: &str, what: What) -> Option<Card> {
    let registry = app.registry();
    let live = registry.workflows.get(name)?;
    let paused = live.state.paused.as_ref();
    // Told while it is so: a pause that is over is no news.
    if paused.is_some() != (what == What::Paused) {
        return None;
    }
    let title = line(&live.state.workflow.title, NAME);
    let mut card = blank(what, title, format!("/workflows/{name}"));
    if let Some(pause) = paused {
        let by = pause.by.strip_prefix("person:").unwrap_or(&pause.by);
        card.facts = vec![
            ("Paused by".to_owned(), line(by, NAME)),
            (
                "Since".to_owned(),
                words::when(pause.at_ms, &zone(app, name)),
            ),
        ];
        if !pause.reason.is_empty() {
            card.why.push(format!("Why: “{}”", harmless(&pause.reason)));
        }
    }
    Some(card)
}
