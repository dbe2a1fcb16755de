//! Outcomes nobody knows: what was sent beside what the record reads now, attested together.

use super::change::also_sent_in;
use super::layout::Frame;
use super::parts::{csrf, icon, shown, time, value};
use super::{PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::outcomes::{self, One, Open};
use crate::people::session::Session;
use axum::extract::State;
use leeway_core::action::event::Outcome;
use leeway_core::action::state::ActionState;
use leeway_core::classify::{BeforeImage, FieldChange};
use leeway_core::govern::people::Right;
use leeway_core::id::ActionId;
use leeway_core::undo::read_back::ReadBack;
use leeway_core::undo::state::UndoState;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Undos that are listed at once.
const MOST_UNDOS: usize = 50;

/// What may be said of one.
const CHOICES: [(Outcome, &str, &str); 3] = [
    (Outcome::Executed, "executed", "It was done"),
    (Outcome::Failed, "failed", "It was not done"),
    (Outcome::Partial, "partial", "A part of it was done"),
];

type Told = Vec<(ActionId, Result<ActionState, ApiError>)>;

/// The list, each read anew.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    page(&app, &session, (&Told::new(), "")).await
}

async fn page(app: &Arc<App>, session: &Session, (told, evidence): (&Told, &str)) -> PageResult {
    let (open, total) = outcomes::open(app, &session.person).await?;
    let undos = app.store.reader()?.undos_waiting()?;
    let decides = session.person.may(Right::Decide);
    let frame = Frame::new(app, session, "/outcomes", "Outcomes nobody knows");
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Outcomes nobody knows" }
            p { "These calls may or may not have been carried out: the system gave no answer that tells. What its record reads now stands beside each, where it can be read. Leeway looks on by itself for a while." }
        }
        (results(told))
        @if open.is_empty() { div.empty { (icon("check")) h2 { "None" } p { "What became of every call is known." } } }
        @else { form.stack method="post" action="/outcomes" {
            (csrf(&session.csrf))
            @for one in &open { (card(one, decides)) }
            @if total > open.len() { p.sub { "And " (total - open.len()) " more, shown when these are settled." } }
            @if decides { section.card aria-labelledby="ev-t" {
                header { h2 #ev-t { "How you know" } }
                label { "Where you looked and what you saw" textarea name="evidence" rows="3" maxlength="2000" required { (evidence) } }
                p.sub { "It goes into the record of each action you marked above, under your name. What you leave unmarked stays as it is." }
                div.actions { button.btn.primary type="submit" { (icon("check")) "Record what happened" } }
            } }
        } }
        (undos_waiting(app, &undos)?)
    } }))
}

/// Undos that stand still until somebody sees to them.
fn undos_waiting(app: &App, undos: &[UndoState]) -> Result<Markup, ApiError> {
    let mut listed = Vec::new();
    for undo in undos.iter().take(MOST_UNDOS) {
        let action = app.store.reader()?.action(&undo.action)?;
        listed.extend(action.map(|action| (undo, action.row)));
    }
    Ok(
        html! { @if !listed.is_empty() { section.card #undos aria-labelledby="undos-t" {
            header { h2 #undos-t { "Undos that wait for somebody" } }
            ul.events { @for (undo, row) in &listed { li { a.plain href={ "/actions/" (row.id) } {
                span.what { strong { (shown(&row.title)) } span.gist { (shown(&undo.note)) } }
                (super::undo::chip(undo.status))
            } } } }
            @if undos.len() > listed.len() { p.sub { "And " (undos.len() - listed.len()) " more, shown when these are settled." } }
        } } },
    )
}

fn results(told: &Told) -> Markup {
    let recorded = told.iter().filter(|(_, went)| went.is_ok()).count();
    html! { @if !told.is_empty() { section.card #told role="status" aria-labelledby="told-t" {
        header { h2 #told-t { (recorded) " of " (told.len()) " recorded" } }
        ul { @for (id, went) in told { li { @match went {
            Ok(action) => { a href={ "/actions/" (id) } { (action.row.title) } ": " (action.row.status.words()) },
            Err(error) => { a href={ "/actions/" (id) } { (id) } ": not recorded, because " (shown(&error.message)) },
        } } } }
    } } }
}

fn card(one: &Open, decides: bool) -> Markup {
    let (action, id) = (&one.action, &one.action.row.id);
    let note = action.finished().map(|finished| finished.note.as_str());
    html! { article.card.outcome aria-labelledby={ "t-" (id) } {
        header { h2 id={ "t-" (id) } { a href={ "/actions/" (id) } { (action.row.title) } } span.sub { (shown(&action.row.agent)) ", " (time(action.row.created_ms)) } }
        @if !action.row.gist.is_empty() { p { strong { (shown(&action.row.gist)) } } }
        @if let Some(note) = note { p { (shown(note)) } }
        (sent_and_now(one))
        @match (decides, one.may) {
            (true, true) => fieldset {
                legend { "What happened?" }
                input type="hidden" name={ "version." (id) } value=(action.row.version);
                @for (_, name, words) in CHOICES { label.opt { input type="radio" name={ "outcome." (id) } value=(name); (words) } }
            },
            (true, false) => p.sub { "Somebody who may decide on it has to say what happened." },
            _ => {},
        }
    } }
}

/// What was sent beside what the record reads now.
fn sent_and_now(one: &Open) -> Markup {
    let Some(judged) = one.action.current() else {
        return html! {};
    };
    let changes = &judged.classified.changes;
    let id = one.action.row.id.as_str();
    html! {
        @if changes.is_empty() { details open[judged.call.arguments.as_object().is_some_and(|fields| fields.len() <= 8)] {
            summary { "What was sent" }
            (value(&judged.call.arguments))
        } }
        @else { ul.diff.three { @for change in changes { li {
            h3 { (shown(&change.label())) }
            div.old { span.tag { "Before" } @if change.old_known { (value(&change.old)) } @else { em { "not known" } } }
            div.old { span.tag { "Sent" } (value(&change.new)) }
            @match now_of(one, change) {
                Some(now) => div.new { span.tag { "Reads now" } (value(now)) },
                None => div.old { span.tag { "Reads now" } em { "not read" } },
            }
        } } } (also_sent_in(judged, "Also sent", id)) }
        @match &one.now {
            Err(why) => p.sub { "It cannot be read: " (shown(why)) },
            Ok((_, ReadBack::Tells(_, evidence))) => p { (shown(evidence)) },
            Ok((BeforeImage::Failed { why }, _)) => p.sub { "It cannot be read: " (shown(why)) },
            Ok((BeforeImage::Missing, _)) => p { "There is no such record now." },
            Ok((BeforeImage::Read { fields, .. }, _)) if changes.is_empty() => details {
                summary { "The record as it reads now" }
                (value(&Value::Object(fields.clone())))
            },
            Ok((BeforeImage::Read { .. }, _)) => p.sub { "The record does not tell whether it happened." },
            Ok(_) => p.sub { "No pack says how its record is read." },
        }
    }
}

fn now_of<'a>(one: &'a Open, change: &FieldChange) -> Option<&'a Value> {
    let (image, _) = one.now.as_ref().ok()?;
    image.value(change.record.as_deref(), &change.field)
}

/// What the form sends: `outcome.<id>` and `version.<id>`.
#[derive(Deserialize)]
pub struct Said {
    csrf: String,
    evidence: String,
    #[serde(flatten)]
    each: BTreeMap<String, String>,
}

impl Said {
    fn outcomes(&self) -> Vec<One> {
        let marked = self.each.iter().filter_map(|(key, said)| {
            let id = ActionId::parse(key.strip_prefix("outcome.")?)?;
            let (outcome, ..) = CHOICES.into_iter().find(|(_, name, _)| name == said)?;
            let version = self.each.get(&format!("version.{id}"))?.parse().ok()?;
            Some(One {
                id,
                outcome,
                version: Some(version),
            })
        });
        marked.collect()
    }
}

/// Attests what was marked, and says of each what came of it.
pub async fn attest(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(said): sent::Sent<Said>,
) -> PageResult {
    session.check_form(&said.csrf)?;
    let told = outcomes::attest(&app, &session.person, (said.outcomes(), &said.evidence)).await?;
    let all = told.iter().all(|(_, went)| went.is_ok());
    let evidence = if all { "" } else { said.evidence.as_str() };
    page(&app, &session, (&told, evidence)).await
}
