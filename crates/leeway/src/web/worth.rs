//! What workflows are worth: the formula term by term with where each term comes from, a range instead of a
//! point. The form is in [`super::worth_said`].

use super::edit_workflow::find;
use super::layout::Frame;
use super::parts::{icon, shown};
use super::worth_said::Draft;
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::audit::document::{Cell, Section};
use crate::audit::html::sections;
use crate::charts::{Medium, Step, number, waterfall};
use crate::earning::worth::terms::{Source, Term, Unit};
use crate::earning::worth::{self, Answer, Sum, Worth};
use crate::error::ApiError;
use crate::people::session::Session;
use axum::extract::{Path, State};
use leeway_core::evidence::roi::Roi;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Windows to choose from, days.
const WINDOWS: [u32; 4] = [7, 30, 90, 365];

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    days: Option<u32>,
}

/// One workflow's worth.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(name): Path<String>,
    sent::Asked(asked): sent::Asked<Asked>,
) -> PageResult {
    let live = find(&app, &name)?;
    let days = worth::window(asked.days)?;
    let draft = Draft::of(&live.state.workflow);
    page(&app, &session, (&name, days), &draft).map_err(Failed)
}

/// The page with what the form holds.
pub fn page(
    app: &App,
    session: &Session,
    (name, days): (&str, u32),
    draft: &Draft,
) -> Result<Markup, ApiError> {
    let worth = worth::of(app, name, days)?;
    let frame = Frame::new(
        app,
        session,
        "/workflows",
        format!("What {} is worth", worth.title),
    );
    let address = format!("/workflows/{name}/roi");
    Ok(frame.page(html! { div.solo.workflow-audit #worth {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } " · " a href={ "/workflows/" (name) } { (shown(&worth.title)) } " · " a href={ "/workflows/" (name) "/rollout" } { "Rollout" } }
            h1 { "What it is worth" }
            p { "Work saved, net of reviews, rejected work and errors, brought to a month of 30 days." }
        }
        (windows(&address, days))
        @if !draft.problems.is_empty() { section.card.attention role="alert" {
            header { h2 { "Not proposed yet" } span.sub { (draft.problems.len()) " to mend" } }
            ul.reasons { @for problem in &draft.problems { li { (shown(problem)) } } }
        } }
        @match &worth.answer {
            Some(answer) => { (figures(&worth, answer)) (chart(&worth, answer)) },
            None => (without(&worth)),
        }
        (sections(&[formula(&worth)]))
        (draft.form(session, &address))
    } }))
}

fn windows(address: &str, days: u32) -> Markup {
    html! { nav.windows aria-label="Over how long" { span.sub { "Measured over" } @for one in WINDOWS {
        a.btn.quiet href={ (address) "?days=" (one) } aria-current=[(one == days).then_some("true")] { (one) " days" }
    } @if !WINDOWS.contains(&days) { span.sub { "now " (days) } } } }
}

fn without(worth: &Worth) -> Markup {
    html! { section.card.attention aria-labelledby="none-t" {
        header { h2 #none-t { "No number yet" } span.sub { (worth.missing.len()) " missing" } }
        p.sub { "Nothing is made up. What is missing, and what ends that:" }
        ul.reasons { @for one in &worth.missing { li { b { (one.what) } ": " (one.how) "." } } }
        p.acts { a.btn href="#said-t" { (icon("pen")) "Say what is missing" } }
    } }
}

/// An amount of money, to the whole when it is large.
fn money(value: f64, currency: &str) -> String {
    let value = if value.abs() >= 100.0 {
        value.round()
    } else {
        value
    };
    format!("{} {}", number(value), shown(currency))
        .trim_end()
        .to_owned()
}

/// To a tenth, without a nought at its end.
fn tenth(value: f64) -> String {
    let text = number((value * 10.0).round() / 10.0);
    match text.strip_suffix('0') {
        Some(shorter) if text.contains('.') => shorter.to_owned(),
        _ => text,
    }
}

fn percent(share: f64) -> String {
    format!("{} %", tenth(share * 100.0))
}

fn figures(worth: &Worth, answer: &Answer) -> Markup {
    let net = |roi: &Roi| money(roi.net, &worth.currency);
    html! {
        ul.figures {
            li.card { strong { (net(&answer.low)) " to " (net(&answer.high)) } b { "left a month" } span.sub { "likely " (net(&answer.likely)) } }
            li.card { strong { (tenth(answer.hours)) " h" } b { "of work saved a month" } span.sub { "after looking, editing and doing again" } }
            li.card { @match answer.break_even {
                Some(wrong) if wrong <= 1.0 => { strong { (percent(wrong)) } b { "wrong, and nothing is left" } span.sub { "now " (percent(answer.inputs.wrong)) } },
                Some(_) => { strong { "Never" } b { "eaten up by errors" } span.sub { "even if all were wrong" } },
                None => { strong { "–" } b { "break-even error rate" } span.sub { @if answer.inputs.caught >= 1.0 { "people stopped every error that is known" } @else { "what an error costs was not said" } } },
            } }
            li.card { @match answer.payback_months {
                Some(months) => { strong { (tenth(months)) } b { "months to pay the set-up" } span.sub { (money(answer.inputs.setup, &worth.currency)) " once" } },
                None => { strong { "–" } b { "months to pay the set-up" } span.sub { @if answer.likely.net > 0.0 { "what it cost was not said" } @else { "nothing is left to pay it with" } } },
            } }
        }
        @if !worth.left_out.is_empty() { p.sub.left-out { (icon("alert")) "Nobody said " (worth.left_out.join(", ")) ": left out, so less may be left than this says." } }
    }
}

fn chart(worth: &Worth, answer: &Answer) -> Markup {
    let roi = &answer.likely;
    let step = |label: &str, value: f64, total: bool| Step {
        label: label.to_owned(),
        value,
        total,
    };
    let costs = [
        ("Looking at it", roi.review),
        ("Editing", roi.edits),
        ("Done again", roi.redo),
        ("Errors", roi.errors),
        ("Owner’s time", roi.owner),
        ("Subscription", roi.subscription),
    ];
    let mut steps = vec![step("Work by hand", roi.manual, true)];
    let costs = costs.iter().filter(|(_, cost)| *cost > 0.0);
    steps.extend(costs.map(|(label, cost)| step(label, -cost, false)));
    steps.push(step("Left a month", roi.net, true));
    html! { section.card aria-label="Term by term" { (waterfall("worth-chart", Medium::Page, &steps, &worth.currency)) } }
}

fn value(term: &Term, value: f64, currency: &str) -> String {
    match term.unit {
        Unit::Items => tenth(value),
        Unit::Minutes => format!("{} min", tenth(value)),
        Unit::Share => percent(value),
        Unit::Money => money(value, currency),
        Unit::Hours => format!("{} h", tenth(value)),
    }
}

fn formula(worth: &Worth) -> Section {
    let currency = &worth.currency;
    let row = |term: &Term| {
        let shown = |it: Option<f64>| it.map(|it| value(term, it, currency)).unwrap_or_default();
        let range = match (term.low, term.high) {
            (Some(_), Some(_)) => format!("{} to {}", shown(term.low), shown(term.high)),
            _ => String::new(),
        };
        let source = match &term.source {
            Source::Measured { of, what } => format!("Measured: {of} {what}"),
            Source::Said => "Said in the workflow".to_owned(),
            Source::Missing => "Missing".to_owned(),
        };
        let value = match term.value {
            Some(_) => shown(term.value),
            None => "–".to_owned(),
        };
        let cells = [term.name.to_owned(), value, range, source];
        cells.into_iter().map(Cell::Text).collect()
    };
    let mut rows: Vec<Vec<Cell>> = worth.terms.iter().map(row).collect();
    let undone = [
        "Undone since".to_owned(),
        worth.counts.undone.to_string(),
        String::new(),
        format!(
            "Measured: undos in {} days; mending is in the minutes above",
            worth.days
        ),
    ];
    rows.push(undone.into_iter().map(Cell::Text).collect());
    Section {
        id: "formula",
        title: "The formula",
        intro: "Left a month = items × (minutes by hand − looking − changed × editing − rejected × by hand) × wage − items × wrong × (1 − stopped) × (cost + mending) − owner’s hours × wage − subscription. Ranges hold 95 % of what is plausible for errors, and the quartiles of looks.".to_owned(),
        head: vec!["Term", "Value", "Plausible", "Where it comes from"],
        rows,
    }
}

/// All workflows together.
pub async fn all(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Asked(asked): sent::Asked<Asked>,
) -> PageResult {
    let found = worth::all(&app, worth::window(asked.days)?)?;
    let (with, without): (Vec<_>, Vec<_>) = found
        .workflows
        .iter()
        .partition(|worth| worth.answer.is_some());
    let frame = Frame::new(&app, &session, "/workflows", "What the agents are worth");
    Ok(frame.page(html! { div.solo #worth {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } }
            h1 { "What the agents are worth" }
            p { "Every workflow’s work saved, net of what watching and mending it costs." }
        }
        (windows("/roi", found.days))
        @if found.workflows.is_empty() { div.empty { (icon("flow")) h2 { "No workflow yet" } p { "Bring a configuration folder into force: leeway apply DIR." } } }
        @if with.is_empty() && !found.workflows.is_empty() { div.empty { (icon("ask")) h2 { "No number yet" } p { "No workflow has all its terms. Each says below what it lacks." } } }
        @for (currency, sum) in &found.sums { (total(currency, sum)) }
        @if !with.is_empty() { ul.cards { @for worth in with { (card(worth)) } } }
        @if !without.is_empty() { section.card aria-labelledby="lack-t" {
            header { h2 #lack-t { "Without a number" } span.sub { "not in the sum" } }
            ul.reasons { @for worth in without { li {
                a href={ "/workflows/" (worth.workflow) "/roi" } { (shown(&worth.title)) } ": "
                @for (at, one) in worth.missing.iter().enumerate() { @if at > 0 { "; " } (one.what) } "."
            } } }
        } }
    } }))
}

fn total(currency: &str, sum: &Sum) -> Markup {
    html! { ul.figures {
        li.card { strong { (money(sum.low, currency)) " to " (money(sum.high, currency)) } b { "left a month" } span.sub { "likely " (money(sum.likely, currency)) ", " (sum.workflows) @if sum.workflows == 1 { " workflow" } @else { " workflows, the ends as if all went worst or best at once" } } }
        li.card { strong { (number(sum.hours.round())) " h" } b { "of work saved a month" } span.sub { "after looking, editing and doing again" } }
    } }
}

fn card(worth: &Worth) -> Markup {
    html! { @if let Some(answer) = &worth.answer { li.card {
        header { h2 { a href={ "/workflows/" (worth.workflow) "/roi" } { (shown(&worth.title)) } } }
        p { b { (money(answer.low.net, &worth.currency)) " to " (money(answer.high.net, &worth.currency)) } " a month" @if answer.high.net < 0.0 { " " span.chip.danger { "costs more than it saves" } } }
        p.sub { "likely " (money(answer.likely.net, &worth.currency)) " · " (worth.counts.items) " items in " (worth.days) " days" }
        @if !worth.left_out.is_empty() { p.sub { "Left out: " (worth.left_out.join(", ")) "." } }
    } } }
}
