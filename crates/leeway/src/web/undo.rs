//! Taking an action back: what was, what was written and what is there now, side by side; with a choice
//! where somebody changed it since.

use super::inbox::find;
use super::layout::Frame;
use super::parts::{csrf, icon, shown, time, value};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::reconcile::Attested;
use crate::gateway::undo::ask::{self, Asking};
use crate::gateway::undo::plan::{self, Choices, Next, Plan};
use crate::gateway::undo::settle;
use crate::gateway::{decide, reconcile};
use crate::people::session::Session;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::action::event::Outcome;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::govern::people::Right;
use leeway_core::undo::along::Along;
use leeway_core::undo::read_back::InForm;
use leeway_core::undo::state::{Settled, UndoState, UndoStatus};
use leeway_core::undo::{FieldUndo, Finding, Way};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The page: what an undo would do now.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
) -> PageResult {
    let action = find(&app, &id)?;
    let plan = plan::plan(&app, &action, &Choices::default()).await?;
    let open = plan::open(&plan).is_ok() && session.person.may(Right::Decide);
    let frame = Frame::new(&app, &session, "/timeline", "Undo");
    Ok(frame.page(html! { div.solo #undo {
        header.head {
            p.crumb { a href="/timeline" { "Timeline" } " · " a href={ "/actions/" (action.row.id) } { (action.row.title) } }
            h1 { "Undo: " (action.row.title) }
            p.badges {
                @if let Some(state) = &plan.state { (chip(state.status)) }
                @if let Some(way) = plan.way { span.chip { (way.words()) } }
            }
            p { (shown(&plan.summary)) }
        }
        @if let Some(state) = &plan.state { (standing(state)) }
        @if open {
            form #undo-form method="post" action={ "/actions/" (action.row.id) "/undo" } {
                (csrf(&session.csrf))
                input type="hidden" name="hash" value=(plan.hash);
                (comparison(&plan))
                (next(&plan))
            }
            (by_hand(&action, &session, &plan))
        } @else {
            (comparison(&plan))
            @if unproven(&plan) && session.person.may(Right::Decide) { (by_hand(&action, &session, &plan)) }
        }
    } }))
}

/// Whether an undo was made that nothing proves: a person looks, and says what they found.
fn unproven(plan: &Plan) -> bool {
    let state = plan.state.as_ref();
    state.is_some_and(|state| state.status == UndoStatus::NotConfirmed)
}

/// Where an undo stands, as a chip.
pub fn chip(status: UndoStatus) -> Markup {
    let class = match status {
        UndoStatus::Undone | UndoStatus::PutRight | UndoStatus::Kept => "ok",
        UndoStatus::Planned | UndoStatus::Undoing | UndoStatus::Cancelled => "warn",
        _ => "danger",
    };
    html! { span.chip.(class) { (icon("undo")) (status.words()) } }
}

fn standing(state: &UndoState) -> Markup {
    html! { section.card aria-labelledby="st-t" {
        header { h2 #st-t { (state.status.words()) } span.sub { (time(state.since_ms)) } }
        p { @if !state.note.is_empty() { (shown(&state.note)) " " } span.sub { "by " (shown(&state.by)) } }
        @if let (Some(open), true) = (state.left_open(), state.status.is_settled()) { p.sub { (shown(&open)) } }
        @if let Some(undo) = &state.undo { p { a href={ "/actions/" (undo) } { "The action that takes it back" } } }
    } }
}

fn comparison(plan: &Plan) -> Markup {
    let any = |finding| plan.fields.iter().any(|one| one.finding == finding);
    let choice = plan
        .fields
        .iter()
        .any(|one| one.finding.may_be_overwritten());
    html! { @if !plan.fields.is_empty() { section.card aria-labelledby="cmp-t" {
        header { h2 #cmp-t { "Field by field" } span.sub { (plan.fields.len()) @if plan.fields.len() == 1 { " field" } @else { " fields" } } }
        @if choice { p.banner role="note" { (icon("alert"))
            @if any(Finding::Changed) { "Somebody changed what is marked since. It" } @else { "What is marked is not as the action wrote it, or cannot be read. It" }
            " is kept unless you say otherwise; to overwrite it, a second person has to approve."
        } }
        ul.diff.three { @for (index, one) in plan.fields.iter().enumerate() { (field(one, index)) } }
    } } }
}

fn field(one: &FieldUndo, index: usize) -> Markup {
    let class = match one.finding {
        Finding::Restore => "ok",
        Finding::AlreadyBack => "plain",
        Finding::Changed | Finding::Otherwise | Finding::Along => "warn",
        Finding::Unknown | Finding::Unreadable | Finding::OutOfReach => "danger",
    };
    let label = one.label();
    html! { li {
        h3 { (shown(&label)) " " span.chip.(class) { (one.finding.words()) } }
        div { span.tag { "Before the action" } (value(&one.before)) }
        div { span.tag { "The action wrote" } (value(&one.written)) @if let Some(sent) = &one.sent { p.sub { "Sent as " (value(sent)) ", kept in the system's own form" } } }
        div.new { span.tag { "Now" } @if one.finding == Finding::Unreadable { span.sub { "cannot be read" } } @else { (value(&one.now)) } }
        @if one.finding.may_be_overwritten() { fieldset.choice {
            legend.sub { (capital(one.finding.words())) ": what now?" }
            input type="hidden" name={ "label." (index) } value=(label);
            label { input type="radio" name={ "choice." (index) } value="leave" checked; " Leave undecided" }
            label { input type="radio" name={ "choice." (index) } value="keep"; " Keep what is there now" }
            label { input type="radio" name={ "choice." (index) } value="overwrite"; " Overwrite it" }
        } }
    } }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The fields that a system keeps in another form of the value that was written.
pub fn in_form(found: &[InForm]) -> Markup {
    html! { @if !found.is_empty() { p.sub { "The system keeps in a form of its own: "
        @for (index, one) in found.iter().enumerate() { @if index > 0 { ", " } (shown(&one.field)) " as " (value(&one.kept)) }
    } } }
}

/// What changed along with an action and its call did not name.
pub fn along(found: &[Along], more: u32) -> Markup {
    html! { @if !found.is_empty() { section.card #along aria-labelledby="al-t" {
        header { h2 #al-t { "Also changed, not named by the call" } }
        ul.diff { @for one in found { li {
            h3 { (shown(&one.label())) }
            div { span.tag { "Right before" } (value(&one.before)) }
            div.new { span.tag { "Right after" } (value(&one.after)) }
        } } }
        @if more > 0 { p.sub { "And " (more) @if more == 1 { " field" } @else { " fields" } " more." } }
        p.sub { "An undo aims at what the call named; what becomes of these is read afterwards." }
    } } }
}

fn next(plan: &Plan) -> Markup {
    html! {
        (along(&plan.along, 0))
        @if !plan.caution.is_empty() { p.banner role="note" { (icon("alert")) (shown(&plan.caution)) } }
        section.card aria-labelledby="nx-t" {
        @match &plan.next {
            Next::Call { tool, left, .. } => {
                header { h2 #nx-t { "Then" } }
                p { "Calls " code { (shown(tool)) } ", once; the record is read again right before and after." }
                @if !left.is_empty() { p.sub { "Left undecided: " (shown(&left.join(", "))) } }
                div.actions { button.btn.primary type="submit" { (icon("undo")) "Undo" } }
            },
            Next::AlreadyBack => {
                header { h2 #nx-t { "Nothing to do" } }
                p { @if plan.way == Some(Way::Offset) { "What offsets it is there already." } @else { "The record is as it was before." } " Recording that changes nothing in the system." }
                div.actions { button.btn.primary type="submit" { "Record that it is back" } }
            },
            Next::AllKept => { header { h2 #nx-t { "Everything is kept" } } },
            Next::Decide { points, .. } => {
                header { h2 #nx-t { "To decide" } }
                p { (shown(points)) " Choose above, then go on." }
                div.actions { button.btn.primary type="submit" { "Go on with these choices" } }
            },
            Next::Impossible { why } => {
                header { h2 #nx-t { "It cannot be taken back from here" } }
                p { (shown(why)) }
                div.actions { button.btn type="submit" { "Hand it to a person" } }
            },
        }
    } }
}

/// Settling it without a call.
fn by_hand(action: &ActionState, session: &Session, plan: &Plan) -> Markup {
    let put_right = plan.state.is_some();
    html! { section.card aria-labelledby="bh-t" {
        header { h2 #bh-t { "Or without a call" } }
        (settle_form(action, session, put_right))
    } }
}

fn settle_form(action: &ActionState, session: &Session, put_right: bool) -> Markup {
    html! { form method="post" action={ "/actions/" (action.row.id) "/settle" } {
        (csrf(&session.csrf))
        label { "Why, or how it was put right" textarea name="why" rows="2" maxlength="2000" required {} }
        div.actions {
            button.btn type="submit" name="settled" value="kept" { "Keep it as it is" }
            @if put_right { button.btn type="submit" name="settled" value="put_right" { "It was put right by hand" } }
        }
    } }
}

/// What the page of an action shows of taking it back.
pub fn card(app: &App, session: &Session, action: &ActionState) -> Result<Markup, ApiError> {
    let state = plan::state(app, &action.row.id)?.map(|(_, state)| state);
    let decides = session.person.may(Right::Decide);
    let done = matches!(action.row.status, Status::Executed | Status::Partial);
    let reads = action.row.effect == Some(leeway_core::classify::Effect::Read);
    Ok(html! {
        @if let Some(undoes) = action.undoes() { section.card aria-labelledby="ud-t" {
            header { h2 #ud-t { "Takes back" } }
            p { a href={ "/actions/" (undoes.action) } { "An earlier action" } ": " (shown(&undoes.summary)) }
            @if !undoes.fields.is_empty() { ul.diff.three { @for one in &undoes.fields { (plain_field(one)) } } }
            @if !undoes.forced.is_empty() { p { span.chip.warn { "overwrites" } " " (shown(&undoes.forced.join(", "))) } }
        } }
        @if let (Some(starts_ms), true) = (action.starts_ms(), action.undoes().is_none()) { (going_out(session, action, starts_ms)) }
        @if matches!(action.row.status, Status::OutcomeUnknown | Status::NeedsAttestation) && decides { (attest_card(session, action)) }
        @if done && !reads { section.card aria-labelledby="un-t" {
            header { h2 #un-t { "Undo" } @if let Some(state) = &state { (chip(state.status)) } }
            @if let Some(state) = &state { p { (shown(&state.note)) " " span.sub { "by " (shown(&state.by)) ", " (time(state.since_ms)) } } }
            @if let Some(changed) = state.as_ref().filter(|state| state.status.is_settled()).and_then(UndoState::left_open) { p.sub { (shown(&changed)) } }
            @if let Some(undo) = state.as_ref().and_then(|state| state.undo.as_ref()) { p { a href={ "/actions/" (undo) } { "The action that takes it back" } } }
            @match (&state, decides) {
                (Some(state), true) if state.status == UndoStatus::Remediation => { (settle_form(action, session, true)) },
                (Some(state), true) if state.status == UndoStatus::NotConfirmed => {
                    p { "The system answered that it took this back, and no reading proves it. Look there, then look again here or say what you found." }
                    div.actions { a.btn href={ "/actions/" (action.row.id) "/undo" } { (icon("undo")) "Look again" } }
                    (settle_form(action, session, true))
                },
                (state, true) if state.as_ref().is_none_or(|state| !state.status.is_settled() && !state.status.is_under_way()) => {
                    div.actions { a.btn href={ "/actions/" (action.row.id) "/undo" } { (icon("undo")) "What an undo would do" } }
                },
                _ => {},
            }
        } }
    })
}

fn plain_field(one: &FieldUndo) -> Markup {
    html! { li {
        h3 { (shown(&one.label())) " " span.chip { (one.finding.words()) } }
        div { span.tag { "Before" } (value(&one.before)) }
        div { span.tag { "Written" } (value(&one.written)) }
        div.new { span.tag { "When planned" } (value(&one.now)) }
    } }
}

/// What was approved and can still be stopped.
pub fn going_out(session: &Session, action: &ActionState, starts_ms: i64) -> Markup {
    let hash = action.row.content_hash.as_deref().unwrap_or_default();
    html! { section.banner.going #going role="status" data-live {
        (icon("clock"))
        div { b { "Goes out " (time(starts_ms)) } p.sub { (action.row.title) ". Until then the approval can be taken back." } }
        @if session.person.may(Right::Decide) { form method="post" action={ "/actions/" (action.row.id) "/revoke" } {
            (csrf(&session.csrf))
            input type="hidden" name="content_hash" value=(hash);
            button.btn type="submit" { (icon("undo")) "Undo" }
        } }
    } }
}

fn attest_card(session: &Session, action: &ActionState) -> Markup {
    html! { section.card aria-labelledby="at-t" {
        header { h2 #at-t { "What happened?" } }
        p { "The system gave no answer that tells. Look there, then say what you found: it goes into the record under your name. " a href="/outcomes" { "All whose outcome nobody knows" } }
        form method="post" action={ "/actions/" (action.row.id) "/attest" } {
            (csrf(&session.csrf))
            label { "Where you looked and what you saw" textarea name="evidence" rows="2" maxlength="2000" required {} }
            div.actions {
                button.btn type="submit" name="outcome" value="executed" { "It was done" }
                button.btn type="submit" name="outcome" value="failed" { "It was not done" }
                button.btn type="submit" name="outcome" value="partial" { "A part of it was done" }
            }
        }
    } }
}

/// What the undo's form sends.
#[derive(Deserialize)]
pub struct UndoForm {
    csrf: String,
    hash: String,
    /// `label.<n>` and `choice.<n>`.
    #[serde(flatten)]
    choices: BTreeMap<String, String>,
}

impl UndoForm {
    fn choices(&self) -> Choices {
        let mut choices = Choices::default();
        for (key, label) in &self.choices {
            let Some(index) = key.strip_prefix("label.") else {
                continue;
            };
            match self
                .choices
                .get(&format!("choice.{index}"))
                .map(String::as_str)
            {
                Some("keep") => choices.keep.push(label.clone()),
                Some("overwrite") => choices.overwrite.push(label.clone()),
                _ => {}
            }
        }
        choices
    }
}

/// Undoes what was shown. The form's hash is of the plan before any choice; nothing else may differ.
pub async fn submit(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<UndoForm>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let action = find(&app, &id)?;
    let choices = sent.choices();
    let shown = plan::plan(&app, &action, &Choices::default()).await?;
    if shown.hash != sent.hash {
        return Err(ApiError::new(
            axum::http::StatusCode::CONFLICT,
            "stale",
            "the record changed since you were shown this; nothing was done",
        )
        .help("open the page again and decide on what is there now")
        .into());
    }
    let chosen = plan::plan(&app, &action, &choices).await?;
    let asking = Asking {
        hash: chosen.hash,
        choices,
    };
    ask::ask(&app, &session.person, &action.row.id, asking).await?;
    Ok(Redirect::to(&format!("/actions/{}", action.row.id)))
}

/// What the settling form sends.
#[derive(Deserialize)]
pub struct SettleForm {
    csrf: String,
    settled: Settled,
    why: String,
}

/// Settles an undo without a call.
pub async fn settle(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<SettleForm>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let action = find(&app, &id)?;
    let id = &action.row.id;
    settle::settle(&app, &session.person, id, (sent.settled, &sent.why)).await?;
    Ok(Redirect::to(&format!("/actions/{id}")))
}

/// What the form that takes an approval back sends.
#[derive(Deserialize)]
pub struct RevokeForm {
    csrf: String,
    content_hash: String,
}

/// Takes an approval back.
pub async fn revoke(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<RevokeForm>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let action = find(&app, &id)?;
    decide::revoke(&app, &session.person, &action.row.id, &sent.content_hash).await?;
    Ok(Redirect::to(&format!("/inbox/{}", action.row.id)))
}

/// What the attesting form sends.
#[derive(Deserialize)]
pub struct AttestForm {
    csrf: String,
    outcome: Outcome,
    evidence: String,
}

/// Attests an unknown outcome.
pub async fn attest(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<AttestForm>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let action = find(&app, &id)?;
    let said = Attested {
        outcome: sent.outcome,
        evidence: &sent.evidence,
        version: None,
    };
    reconcile::attest(&app, &session.person, &action.row.id, said).await?;
    Ok(Redirect::to(&format!("/actions/{}", action.row.id)))
}
