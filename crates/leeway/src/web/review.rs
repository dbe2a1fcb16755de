//! The review pane: everything that decides, on the first screen, in Leeway's words; the agent's
//! words quoted as the agent's.

use super::change::{also_sent, field, reaches_outside, unchanged};
use super::cited::sources;
use super::confidence::measured;
use super::deciding;
use super::message::of_record;
use super::parts::{confidence, csrf, icon, level, long, shown, time, value, value_at_rest};
use crate::app::App;
use crate::gateway::deciders;
use crate::people::agent;
use crate::people::session::Session;
use leeway_core::action::Claim;
use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::state::ActionState;
use leeway_core::classify::redact::REDACTED;
use leeway_core::classify::{FieldChange, Level, UndoPlan};
use leeway_core::govern::routing::{Ineligible, Routing};
use leeway_core::id::ActionId;
use leeway_core::judge::Verdict;
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;

/// What stood before and what comes, of something that is proposed.
const NOW: (&str, &str) = ("Now", "Proposed");

/// Said where an approval came before all was opened.
pub const CLOSED: &str =
    "Nothing was approved yet: a long text was not opened. Open it, and approve then.";

/// Reasons a reviewer may pick when rejecting.
const REJECT_REASONS: [&str; 5] = [
    "Wrong value",
    "Wrong record",
    "Not enough evidence",
    "Looks like fraud",
    "Should not be done at all",
];

/// What the pane shows.
pub struct Shown<'a> {
    action: &'a ActionState,
    judged: &'a Judged,
    session: &'a Session,
    paused: bool,
    /// Whether the agent that proposed it was removed since.
    agent_gone: bool,
    routing: Option<Routing>,
    /// Why this person does not decide it; `None` when they do.
    barred: Option<String>,
    /// How often what the agent states came true.
    measured: Markup,
    /// A decision that came without what it takes.
    tried: Option<Tried<'a>>,
    /// What was typed into the fields of an edit, by their names.
    typed: BTreeMap<String, String>,
    now_ms: i64,
}

/// A decision that could not be taken as it was sent, and what was typed for it.
pub struct Tried<'a> {
    /// What it takes, for people.
    pub problem: &'a str,
    /// Where on the page it is given, by the part's id and a name for the link; empty for nowhere.
    pub place: (&'static str, &'static str),
    /// The note to a rejection.
    pub note: &'a str,
}

impl<'a> Shown<'a> {
    /// A held action.
    ///
    /// # Panics
    /// When the action has no revision: a held one always has.
    pub fn new(app: &App, session: &'a Session, action: &'a ActionState) -> Self {
        let judged = action
            .current()
            .expect("INVARIANT: a held action was judged");
        let registry = app.registry();
        let live = registry.workflows.get(&judged.call.workflow);
        Self {
            action,
            judged,
            session,
            // Unknown is said as removed: who decides looks twice then.
            agent_gone: agent::is_removed(app, &action.row.agent).unwrap_or(true),
            paused: live.is_some_and(|live| live.state.paused.is_some()),
            routing: deciders::routing(app, action),
            barred: barred(app, session, action),
            measured: measured(
                app,
                &judged.call.workflow,
                &judged.call.tool_name(),
                &action.row.agent,
                judged.claim.confidence,
            ),
            tried: None,
            typed: BTreeMap::new(),
            now_ms: app.clock.now_ms(),
        }
    }

    /// The same, after a decision that came without what it takes.
    pub fn tried(mut self, tried: Tried<'a>) -> Self {
        self.tried = Some(tried);
        self
    }

    /// The same, with what was typed into the fields of an edit.
    pub fn typed(mut self, typed: &BTreeMap<String, String>) -> Self {
        self.typed.clone_from(typed);
        self
    }

    /// Which action it is.
    pub fn id(&self) -> &ActionId {
        &self.action.row.id
    }

    fn decides(&self) -> bool {
        self.barred.is_none()
    }

    /// Whether it is shown once more before it is approved.
    pub fn grave(&self) -> bool {
        self.judged.classified.level >= Level::HighImpact
    }
}

fn barred(app: &App, session: &Session, action: &ActionState) -> Option<String> {
    let person = &session.person;
    if let Err(why) = deciders::eligible(app, person, action) {
        return Some(match why {
            Ineligible::Role => "Your role reads; a reviewer or an owner decides.".to_owned(),
            other => format!("Not yours to decide: {other}."),
        });
    }
    deciders::solo(app, person, action)
        .err()
        .map(|error| format!("Not yours to decide: {}.", error.message))
}

/// The pane. `open` when it is a page of its own, `edit` while its arguments are edited.
pub fn pane(shown: &Shown<'_>, edit: bool, open: bool) -> Markup {
    let id = &shown.action.row.id;
    html! { article.review #review aria-labelledby="rev-t" {
        (head(shown, open))
        (problem(shown))
        (held(shown))
        form #decide method="post" action={ "/inbox/" (id) "/decide" } {
            (csrf(&shown.session.csrf))
            input type="hidden" name="content_hash" value=(shown.judged.content_hash);
            input type="hidden" name="shown_ms" value=(shown.now_ms);
            @if edit { (deciding::editor(shown.judged, &shown.typed)) } @else { (super::message::section(shown.judged)) (changes(shown)) }
            div.cols { (words(shown)) (impact(shown)) }
            (sources(shown.judged, NOW))
            span data-end {}
            @if let Some(barred) = &shown.barred { p.sub.pad { (self::shown(barred)) } } @else { (bar(shown, edit)) }
        }
        @if shown.decides() && !edit { (reject(shown)) (ask(shown)) }
    } }
}

/// What a decision that was just tried lacks.
fn problem(shown: &Shown<'_>) -> Markup {
    html! { @if let Some(tried) = &shown.tried { p.banner #tried role="alert" tabindex="-1" {
        (icon("alert")) (tried.problem)
        @if !tried.place.0.is_empty() { " " a href={ "#" (tried.place.0) } { (tried.place.1) } }
    } } }
}

fn head(shown: &Shown<'_>, open: bool) -> Markup {
    let row = &shown.action.row;
    html! { header.head {
        a.back href="/inbox" { (icon("back")) "Inbox" }
        p.crumb { (row.workflow) " · " (self::shown(&row.agent)) " · proposed " (time(row.created_ms)) }
        @if open { h1.title #rev-t tabindex="-1" { (self::shown(&row.title)) } } @else { h2.title #rev-t tabindex="-1" { (self::shown(&row.title)) } }
        p.badges {
            (level(shown.judged.classified.level))
            (confidence(shown.judged.claim.confidence))
            @if let Some(due) = row.expires_ms { span.chip { (icon("clock")) "Due " (time(due)) } }
            @if shown.judged.revision > 1 { span.chip.warn { "Revision " (shown.judged.revision) } }
            @if row.approvals_needed > 1 { span.chip.warn { "Takes " (row.approvals_needed) " people" @if !row.endorsed_by.is_empty() { ", approved by " (self::shown(&row.endorsed_by.join(", "))) } } }
            @if let Some(to) = &row.escalated_to { span.chip.warn { "Nobody answered so far; also asked " (self::shown(to)) } }
            @if shown.agent_gone { span.chip.danger { (icon("alert")) "The agent was removed" } }
            @if shown.paused { span.chip.danger { (icon("pause")) "Workflow paused" } }
        }
    } }
}

fn held(shown: &Shown<'_>) -> Markup {
    let reasons = shown
        .judged
        .decision
        .reasons
        .iter()
        .filter(|reason| reason.verdict != Verdict::Allow);
    html! { div.held { (icon("alert")) div {
        h2 { "Why this needs you" }
        ul { @for reason in reasons { li { (self::shown(&reason.text)) " " code.rule { (reason.rule) } } } }
        @match &shown.judged.cause {
            Cause::Drifted => p { "The record changed after it was first shown; these are its present values." },
            Cause::Resumed => p { "It waited through a pause and was judged again." },
            Cause::RulesChanged => p { "The workflow's rules changed after it was first judged." },
            Cause::Answered { answer } => div.qa {
                @for question in questions(shown.action) { p { b { "Asked: " } (long(question)) } }
                p { b { "The agent answers: " } (long(answer)) }
            },
            Cause::Revoked { by } => p { (self::shown(by)) " took the approval back before it started." },
            Cause::Undoes(undoes) => p { (self::shown(&undoes.by)) " asks to take back " a href={ "/actions/" (undoes.action) } { "an earlier action" } "." },
            Cause::Edited { .. } | Cause::Proposed | Cause::Planted { .. } => {},
        }
        @if let Some(by) = shown.action.edited_by() {
            @if shown.decides() && *by == shown.session.person.email { p { "Changed by you. Nobody else decides here, so you may approve it; the record says that you decided alone." } }
            @else { p { "Changed by " (self::shown(by)) ", who cannot approve it." } }
        }
    } } }
}

/// What reviewers asked the agent, the last question last.
fn questions(action: &ActionState) -> impl Iterator<Item = &str> {
    action.steps.iter().filter_map(|step| match &step.event {
        ActionEvent::Returned { question, .. } => Some(question.as_str()),
        _ => None,
    })
}

fn changes(shown: &Shown<'_>) -> Markup {
    let classified = &shown.judged.classified;
    let same = unchanged(shown.judged);
    if classified.changes.is_empty() {
        return html! { (also_sent(shown.judged, "What will be sent")) (record(shown.judged, &same)) };
    }
    html! { section.card aria-labelledby="chg-t" {
        header { h2 #chg-t { "What will change" } span.sub { (classified.changes.len()) @if classified.changes.len() == 1 { " field" } @else { " fields" } } }
        ul.diff {
            li.th aria-hidden="true" { span { "Field" } span { "Now" } span { "Proposed" } }
            @for change in &classified.changes { (field(change, classified.effect, NOW)) }
        }
        @if !same.is_empty() { details open[reaches_outside(classified.effect)] {
            summary { (same.len()) @if same.len() == 1 { " more field of the record, which the call does not name" } @else { " more fields of the record, which the call does not name" } }
            dl.kv { @for (name, now) in same { div { dt { (self::shown(name)) } dd {
                @if reaches_outside(classified.effect) { (value(&of_record(shown.judged, now))) } @else { (value_at_rest(now)) }
            } } } }
        } }
    }
    (also_sent(shown.judged, "Also sent")) }
}

/// The record a call names without changing a field of it: a draft that is sent, a document that is
/// deleted. What happens to it is decided on what it says.
fn record(judged: &Judged, fields: &[(&String, &Value)]) -> Markup {
    html! { @if !fields.is_empty() { section.card aria-labelledby="rec-t" {
        header { h2 #rec-t { "The record it is about" } span.sub { "as it is now" } }
        dl.kv { @for (name, now) in fields { div { dt { (self::shown(name)) } dd { (value(&of_record(judged, now))) } } } }
    } } }
}

/// What the agent says of its call, as its own words, and how far its confidence can be trusted.
pub(super) fn said(claim: &Claim, measured: &Markup) -> Markup {
    html! { section.card aria-labelledby="why-t" {
        header { h2 #why-t { "In the agent’s words" } }
        @match &claim.reason { Some(reason) => blockquote { (long(reason)) }, None => p.sub { "The agent gave no reason." } }
        @if let Some(trigger) = &claim.trigger { p.sub { "Set going by: " (long(trigger)) } }
        p.calib { (confidence(claim.confidence)) span { "is what the agent states of itself. " (measured) } }
    } }
}

/// The agent's words; an undo is asked for by a person, and has none.
fn words(shown: &Shown<'_>) -> Markup {
    match shown.judged.cause {
        Cause::Undoes(_) => html! {},
        _ => said(&shown.judged.claim, &shown.measured),
    }
}

/// Fields whose old value is hidden, so that nothing can write it back.
fn hidden(judged: &Judged) -> Vec<String> {
    let holds = |value: &Value| value.to_string().contains(REDACTED);
    let changes = judged.classified.changes.iter();
    changes
        .filter(|change| change.old_known && holds(&change.old))
        .map(FieldChange::label)
        .collect()
}

fn impact(shown: &Shown<'_>) -> Markup {
    let classified = &shown.judged.classified;
    let (undo, how) = match &classified.undo {
        UndoPlan::NothingToUndo => ("Nothing to undo", String::new()),
        UndoPlan::Exact { summary, .. } => ("Can be undone", summary.clone()),
        UndoPlan::Compensating { summary, .. } => ("Can be offset", summary.clone()),
        UndoPlan::None { why } => ("Cannot be undone", why.clone()),
    };
    let record = classified.record.as_ref();
    html! { section.card aria-labelledby="imp-t" {
        header { h2 #imp-t { "If you approve" } }
        dl.kv.stack {
            div { dt { "Runs" } dd { code { (self::shown(&shown.judged.call.tool_name())) } ", once" } }
            @if let Some(record) = record { div { dt { "On" } dd { (self::shown(&record.record_type)) " " (self::shown(&record.id)) " in " (self::shown(&record.system)) } } }
            @if let Some(cents) = classified.amount_cents { div { dt { "Amount" } dd { (leeway_core::classify::currency::text(cents, classified.currency.as_deref())) } } }
            @if let Some(routing) = &shown.routing { div { dt { "Whose risk" } dd { (routing.responsibility.title()) @if !routing.ask.is_empty() && routing.ask.len() < 4 { ", asked: " (self::shown(&routing.ask.join(", "))) } } } }
            div { dt { (undo) } dd { (self::shown(&how))
                @if matches!(classified.undo, UndoPlan::Exact { .. }) { @let hidden = hidden(shown.judged); @if !hidden.is_empty() {
                    " " b { "Not " (self::shown(&hidden.join(", "))) ": an old value that is hidden is not kept, so nothing can write it back." }
                } }
            } }
            div { dt { "Level" } dd { @for why in &classified.why { (self::shown(why)) " " } } }
            @if shown.paused { div { dt { "When" } dd { "After the workflow is resumed" } } }
        }
    } }
}

fn bar(shown: &Shown<'_>, edit: bool) -> Markup {
    let id = &shown.action.row.id;
    html! { div.bar role="group" aria-label="Decision" {
        @if edit {
            button.btn.primary name="decision" value="edit" { (icon("check")) "Save changes" }
            a.btn href={ "/inbox/" (id) } { "Cancel" }
            p.sub { "It is judged again, then." }
        } @else {
            @if shown.grave() {
                a.btn.primary href={ "/inbox/" (id) "/confirm" } data-key="a" data-approve { (icon("check")) "Approve…" kbd aria-hidden="true" { "A" } }
            } @else {
                button.btn.primary name="decision" value="approve" data-key="a" data-approve { (icon("check")) "Approve" kbd aria-hidden="true" { "A" } }
            }
            a.btn href={ "/inbox/" (id) "?edit=1" } data-key="e" { (icon("pen")) "Edit" kbd aria-hidden="true" { "E" } }
            a.btn.quiet href="#ask" { (icon("ask")) span.word { "Ask" } }
            a.btn.danger href="#reject" data-key="r" { (icon("x")) "Reject" kbd aria-hidden="true" { "R" } }
            p.sub data-hint { "Runs exactly what is shown, once." }
        }
    } }
}

fn reject(shown: &Shown<'_>) -> Markup {
    let id = &shown.action.row.id;
    html! { form.card #reject method="post" action={ "/inbox/" (id) "/decide" } aria-labelledby="rej-t" {
        (csrf(&shown.session.csrf))
        input type="hidden" name="content_hash" value=(shown.judged.content_hash);
        input type="hidden" name="shown_ms" value=(shown.now_ms);
        header { h2 #rej-t tabindex="-1" { "Reject" } span.sub { "Nothing is carried out; the agent is told why." } }
        fieldset {
            legend.vh { "Why" }
            // None is chosen beforehand: a rejection says why because somebody said it.
            @for reason in REJECT_REASONS {
                label.opt { input type="radio" name="why" value=(reason) required; (reason) }
            }
        }
        @let note = shown.tried.as_ref().map_or("", |tried| tried.note);
        label.note { "Note for the agent and the record (optional)" textarea name="note" rows="2" maxlength="2000" { (note) } }
        p.acts { button.btn.danger.solid name="decision" value="reject" { "Reject" } }
    } }
}

fn ask(shown: &Shown<'_>) -> Markup {
    let id = &shown.action.row.id;
    html! { form.card #ask method="post" action={ "/inbox/" (id) "/decide" } aria-labelledby="ask-t" {
        (csrf(&shown.session.csrf))
        input type="hidden" name="content_hash" value=(shown.judged.content_hash);
        header { h2 #ask-t tabindex="-1" { "Ask the agent" } span.sub { "It waits for the answer; the deadline runs on." } }
        label.note { "Question" textarea name="question" rows="2" maxlength="2000" required {} }
        p.acts { button.btn name="decision" value="ask" { (icon("ask")) "Ask" } }
    } }
}

/// Everything that decides, without a form: for a page with a form of its own.
pub fn whole(shown: &Shown<'_>) -> Markup {
    html! {
        header.head {
            p.crumb { (self::shown(&shown.action.row.workflow)) " · " (self::shown(&shown.action.row.agent)) " · proposed " (time(shown.action.row.created_ms)) }
            h1 #rev-t tabindex="-1" { "Approve this?" }
            p.badges {
                (level(shown.judged.classified.level))
                (confidence(shown.judged.claim.confidence))
                @if let Some(due) = shown.action.row.expires_ms { span.chip { (icon("clock")) "Due " (time(due)) } }
            }
        }
        (problem(shown))
        section.card { h2.title { (self::shown(&shown.action.row.title)) } p { (self::shown(&shown.action.row.gist)) } }
        (held(shown))
        (super::message::section(shown.judged))
        (changes(shown))
        div.cols { (words(shown)) (impact(shown)) }
        (sources(shown.judged, NOW))
    }
}

/// The second look before a grave action is approved: all of it once more, and the button after it.
pub fn confirm(shown: &Shown<'_>) -> Markup {
    let id = &shown.action.row.id;
    html! { div.solo {
        p.crumb { a href={ "/inbox/" (id) } { "Back to the review" } }
        (whole(shown))
        form #decide method="post" action={ "/inbox/" (id) "/decide" } {
            (csrf(&shown.session.csrf))
            input type="hidden" name="content_hash" value=(shown.judged.content_hash);
            input type="hidden" name="shown_ms" value=(shown.now_ms);
            p.acts {
                button.btn.primary name="decision" value="approve" data-approve { (icon("check")) "Yes, approve" }
                a.btn href={ "/inbox/" (id) } { "Back" }
            }
        }
    } }
}
