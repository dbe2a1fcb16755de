//! Changes of the configuration: what waits for a review, what one would make of what and of the
//! past, and deciding on it.

use super::layout::Frame;
use super::parts::{csrf, icon, long, shown, time, verdict};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::backtest::{self, Outlook, USUAL_DAYS};
use crate::changes::{self, Deciders};
use crate::config::written;
use crate::configure;
use crate::error::ApiError;
use crate::people::session::Session;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::govern::change::{ChangeState, ChangeStatus, Edit};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Differences shown one by one; the API gives more.
const MOST_SHOWN: usize = 50;

/// All changes, those that wait first.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let frame = Frame::new(&app, &session, "/changes", "Changes");
    let (open, over): (Vec<_>, Vec<_>) = changes::all(&app)?
        .into_iter()
        .partition(|change| change.status == ChangeStatus::Open);
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Changes" }
            p { "Rules, permissions, packs, systems and owners change only this way: proposed by one person, approved by another." }
        }
        (folder(&app)?)
        section.card aria-labelledby="open-t" {
            header { h2 #open-t { "Waiting for a review" } span.sub { (open.len()) } }
            @if open.is_empty() { p.sub { "Nothing waits." } }
            (rows(&open))
        }
        section.card aria-labelledby="over-t" {
            header { h2 #over-t { "Decided" } span.sub { (over.len()) } }
            @if over.is_empty() { p.sub { "Nothing yet." } }
            (rows(&over))
        }
    } }))
}

/// Says that the folder given at start was left alone, while it differs.
fn folder(app: &App) -> Result<Markup, ApiError> {
    let Some(differing) = app.differing.get() else {
        return Ok(html! {});
    };
    let (lines, more) = differing.lines(app)?;
    Ok(
        html! { @if !lines.is_empty() { section.card #folder aria-labelledby="folder-t" {
            header { h2 #folder-t { "The folder given at start was not applied" } span.chip.warn { "differs" } }
            p { "What is in force was changed since " code { (shown(&differing.path)) } " was applied, so a start leaves it alone. It would make:" }
            ul { @for line in &lines { li { (shown(line)) } } @if more > 0 { li { "and " (more) " more" } } }
            p.sub { "Bring it into force with " code { "leeway apply" } ", or write what is in force to a folder with " code { "leeway export --config" } "." }
        } } },
    )
}

fn rows(changes: &[ChangeState]) -> Markup {
    html! { ul.events { @for change in changes { li { a.plain href={ "/changes/" (change.id) } {
        span.what {
            strong { (names(change)) }
            span.gist { (shown(&change.why)) }
        }
        (status(change))
        span.by.sub { (shown(change.author.trim_start_matches("person:"))) ", " (time(change.proposed_ms)) }
    } } } } }
}

fn names(change: &ChangeState) -> String {
    let names: Vec<String> = change
        .edits
        .iter()
        .take(4)
        .map(|edit| format!("{} {}", configure::named(&edit.stream).1, edit.how()))
        .collect();
    let more = change.edits.len().saturating_sub(4);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn status(change: &ChangeState) -> Markup {
    let class = match change.status {
        ChangeStatus::Open => "warn",
        ChangeStatus::Approved => "ok",
        ChangeStatus::Forced | ChangeStatus::Rejected => "danger",
        ChangeStatus::Withdrawn => "plain",
    };
    html! { span.chip.(class) { (change.status.words()) } }
}

/// One change.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
) -> PageResult {
    let change = changes::find(&app, &id)?;
    let open = change.status == ChangeStatus::Open;
    let outlooks = if open {
        replay(&app, &change).await?
    } else {
        Vec::new()
    };
    let moved = if open {
        changes::outdated(&app, &change)?
    } else {
        Vec::new()
    };
    let frame = Frame::new(
        &app,
        &session,
        "/changes",
        format!("Change: {}", names(&change)),
    );
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/changes" { "Changes" } }
            h1 { (names(&change)) }
            p.badges { (status(&change)) @if change.decision.as_ref().is_some_and(|decision| decision.solo) { span.chip.warn { "by its author: nobody else decides here" } } }
            p.sub { "Proposed by " (shown(&change.author)) ", " (time(change.proposed_ms)) }
            @if !change.why.is_empty() { blockquote { (long(&change.why)) } }
        }
        @if !moved.is_empty() { p.banner role="alert" { (icon("alert")) "Changed since this was proposed: " (moved.join(", ")) ". It cannot be approved; propose it anew." } }
        @if let Some(decision) = &change.decision { section.card { header { h2 { (change.status.words()) } }
            p { "By " (shown(&decision.by)) ", " (time(decision.at_ms)) @if !decision.why.is_empty() { ": " (shown(&decision.why)) } }
        } }
        @for outlook in &outlooks { (outlook_card(outlook)) }
        @for edit in &change.edits { (edit_card(edit)) }
        @if open { (decide_card(&change, &session, &changes::deciders(&app, &change))) }
    } }))
}

async fn replay(app: &App, change: &ChangeState) -> Result<Vec<Outlook>, ApiError> {
    let wanted = changes::wanted(app, change);
    let mut outlooks = Vec::new();
    for wish in backtest::wishes(app, &wanted, USUAL_DAYS) {
        outlooks.push(backtest::run(app, wish).await?);
    }
    Ok(outlooks)
}

fn edit_card(edit: &Edit) -> Markup {
    let (what, name) = configure::named(&edit.stream);
    let diff = written::unified(edit);
    html! { section.card {
        header { h2 { (shown(name)) } span.sub { (what) " " (edit.how()) } }
        pre.lines tabindex="0" { @for line in diff.lines().skip(2) { (diff_line(line)) } }
    } }
}

fn diff_line(line: &str) -> Markup {
    let text = shown(line);
    html! {
        @match line.as_bytes().first() {
            Some(b'+') => ins { (text) },
            Some(b'-') => del { (text) },
            _ => span { (text) },
        }
        "\n"
    }
}

fn outlook_card(outlook: &Outlook) -> Markup {
    let report = &outlook.report;
    html! { section.card.outlook aria-label={ "Backtest of " (outlook.workflow) } {
        header { h2 { "Had it been in force" } span.sub { (shown(&outlook.workflow)) ", " (report.actions) " actions" } }
        p.lead { (outlook.sentence()) }
        @if report.actions > 0 { div.scroll tabindex="0" role="region" aria-label="Week by week" { table {
            thead { tr { th scope="col" { "Week of" } th scope="col" { "Ran alone" } th scope="col" { "Asked a person" } th scope="col" { "Blocked" } } }
            tbody { @for week in &report.weeks { tr {
                th scope="row" { (time(week.from_ms)) }
                td { (week.was.allow) " → " (week.would.allow) }
                td { (week.was.hold) " → " (week.would.hold) }
                td { (week.was.block) " → " (week.would.block) }
            } } }
        } } }
        @if !outlook.loads.is_empty() { dl.kv { @for load in &outlook.loads { div {
            dt { @match &load.person { Some(person) => (shown(person)), None => "nobody named" } }
            dd { (load.holds) " to decide" @match load.minutes { Some(minutes) => { ", about " (minutes.round()) " minutes" }, None => { ", time not measured yet" } } }
        } } } }
        (differences(outlook))
    } }
}

fn differences(outlook: &Outlook) -> Markup {
    let report = &outlook.report;
    html! { @if report.different > 0 { details {
        summary { (report.different) @if report.different == 1 { " action would" } @else { " actions would" } " have gone another way" }
        ul.reasons { @for difference in report.differences.iter().take(MOST_SHOWN) { li {
            a href={ "/actions/" (difference.id) } { (shown(&difference.title)) } " "
            (verdict(difference.was)) " → " (verdict(difference.would))
            @if difference.error { " " span.chip.danger { "known error" } }
            @for reason in &difference.reasons { div.sub { (shown(&reason.text)) " " code.rule { (reason.rule) } } }
        } } }
        @if report.different as usize > MOST_SHOWN { p.sub { "And " (report.different as usize - MOST_SHOWN) " more." } }
    } } }
}

fn decide_card(change: &ChangeState, session: &Session, deciders: &Deciders) -> Markup {
    let may = deciders.admits(&session.person, change);
    let own = change.author == crate::people::access::actor(&session.person);
    html! { section.card aria-labelledby="decide-t" {
        header { h2 #decide-t { "Decide" } }
        @match &may {
            Ok(solo) => {
                p { "Approved, it is in force at once; approvals that wait under the rules before are void." }
                @if *solo { p.sub { "You proposed it yourself. Nobody else decides anything here, so you may; it is marked and comes back in a later review." } }
                form.stack method="post" action={ "/changes/" (change.id) "/decide" } {
                    (csrf(&session.csrf))
                    input type="hidden" name="hash" value=(change.hash);
                    label { "Why, when you reject it" input name="why" maxlength="500" autocomplete="off"; }
                    p.acts {
                        button.btn.primary name="decision" value="approve" { (icon("check")) "Approve" }
                        button.btn.danger name="decision" value="reject" { (icon("x")) "Reject" }
                    }
                }
            },
            Err(error) => p.sub { (sentence(&error.message)) @if let Some(help) = &error.help { " " (sentence(help)) } },
        }
        @if own { form method="post" action={ "/changes/" (change.id) "/decide" } {
            (csrf(&session.csrf))
            input type="hidden" name="hash" value=(change.hash);
            p.acts { button.btn name="decision" value="withdraw" { "Take it back" } }
        } }
    } }
}

/// An error's words as a sentence.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    shown(&format!("{}{}.", first.unwrap_or_default(), chars.as_str()))
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    hash: String,
    decision: String,
    #[serde(default)]
    why: String,
}

/// Approves, rejects or takes back exactly what was shown.
pub async fn decide(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let person = &session.person;
    match sent.decision.as_str() {
        "approve" => changes::approve(&app, person, (&id, &sent.hash)).await?,
        "reject" => changes::reject(&app, person, (&id, &sent.hash, sent.why.trim())).await?,
        "withdraw" => changes::withdraw(&app, person, &id).await?,
        _ => {
            return Err(ApiError::invalid(
                "decision-unknown",
                "this form says neither approve, reject nor take back",
            )
            .into());
        }
    };
    Ok(Redirect::to(&format!("/changes/{id}")))
}
