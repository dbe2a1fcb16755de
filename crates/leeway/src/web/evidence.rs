//! What a workflow's agents have earned: every tool with how far it goes, what its gate still asks for and
//! what drifts; the samples of its areas.

use super::layout::Frame;
use super::parts::{csrf, icon, shown, time};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::earning::summary::{self, Tool};
use crate::earning::{self, lots};
use crate::error::ApiError;
use crate::people::session::Session;
use crate::registry::{LiveWorkflow, Registry};
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::earn::lot::LotState;
use leeway_core::earn::settings::Autonomy;
use leeway_core::evidence::cadence::Cadence;
use leeway_core::evidence::cusum;
use leeway_core::evidence::gate::Gate;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::people::Right;
use leeway_core::govern::workflow::Grant;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// The levels that are earned, lowest first.
const LADDER: [(Grant, &str); 4] = [
    (Grant::Draft, "Draft"),
    (Grant::Update, "Update"),
    (Grant::HighImpact, "High-impact"),
    (Grant::External, "External"),
];

/// Lots shown of an area, the latest.
const LOTS: usize = 6;

/// The page of a tool's evidence.
pub fn address(workflow: &str, tool: &str) -> String {
    // A form's encoding writes spaces as `+`, which a path keeps.
    let encoded: String = url::form_urlencoded::byte_serialize(tool.as_bytes()).collect();
    format!(
        "/workflows/{workflow}/evidence/{}",
        encoded.replace('+', "%20")
    )
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(workflow): Path<String>,
) -> PageResult {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(&workflow)
        .ok_or_else(|| ApiError::not_found("workflow", &shown(&workflow)))?;
    let title = &live.state.workflow.title;
    let tools = summary::tools(&app, &registry, live)?;
    let areas = summary::areas(&app, &workflow)?;
    let frame = Frame::new(&app, &session, "/workflows", format!("Evidence · {title}"));
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/workflows" { "Workflows" } " · " a href={ "/workflows/" (workflow) } { (shown(title)) } }
            h1 { "What its agents have earned" }
            p { @match live.state.workflow.evidence.autonomy {
                Autonomy::Configured => "The configured grants are in force until errors lose them. Reviews and decisions count either way.",
                Autonomy::Earned => "Every tool begins with drafts. Reviewed outputs, and both owners’ signatures, take it up to the configured grant, one level at a time.",
            } }
            p.acts {
                a.btn href={ "/reviews?workflow=" (workflow) } { (icon("eye")) "Its reviews" }
                a.btn href={ "/workflows/" (workflow) "/confidence" } { (icon("ask")) "Stated confidence" }
            }
        }
        (stopped(&app, &workflow)?)
        @if tools.is_empty() { div.empty { (icon("chart")) h2 { "Nothing to earn" } p { "No tool of this workflow may do more than read." } } }
        div.stack #tools data-live { @for tool in &tools { (card(&workflow, tool)) } }
        (samples(&registry, (live, &session), &areas))
    } }))
}

/// What does not run alone because reviews are overdue or samples were bad.
fn stopped(app: &App, workflow: &str) -> Result<Markup, ApiError> {
    let reader = app.store.reader()?;
    let now_ms = app.clock.now_ms();
    let mut told = Vec::new();
    for row in Responsibility::ALL {
        told.extend(earning::unreviewed(&reader, (workflow, row), now_ms)?);
    }
    Ok(html! { @for why in &told { p.banner { (icon("alert")) span { (shown(why)) } } } })
}

fn card(workflow: &str, tool: &Tool) -> Markup {
    let proposal = tool
        .stage
        .as_ref()
        .and_then(|stage| stage.proposal.as_ref());
    html! { section.card.tool id={ "t-" (tool.name) } aria-label=(shown(&tool.name)) {
        header {
            h2 { a href=(address(workflow, &tool.name)) { code { (shown(&tool.name)) } } }
            @if let Some(proposal) = proposal { span.chip.ok { (icon("check")) "“" (proposal.to.name()) "” is proposed" } }
        }
        (ladder(tool))
        p { (gate(tool)) }
        @if let Some(lost) = lost(tool) { p.sub { (lost) } }
        @if let Some(drift) = drift(tool) { p.sub { (drift) } }
    } }
}

/// The levels as steps: what was reached, where it stands, what is next, what is not configured.
pub fn ladder(tool: &Tool) -> Markup {
    let proposal = tool
        .stage
        .as_ref()
        .and_then(|stage| stage.proposal.as_ref());
    let earned = tool.standing.as_ref().is_some_and(|one| one.with.is_some());
    html! { ol.ladder aria-label="How far its agents may go" {
        @for (grant, name) in LADDER {
            @let (class, words) = match grant {
                _ if grant == tool.now => ("here", "now"),
                _ if grant < tool.now && earned => ("reached", "reached"),
                _ if grant < tool.now => ("given", "configured"),
                _ if grant > tool.configured => ("locked", "not configured"),
                _ if proposal.is_some_and(|one| one.to == grant) => ("next", "proposed"),
                _ if Some(grant) == tool.next => ("next", "next"),
                _ => ("locked", "later"),
            };
            li.(class) aria-current=[(grant == tool.now).then_some("step")] { b { (name) } small { (words) } }
        }
    } }
}

/// What the gate says and asks for, with its base and, where a pace is known, its time.
pub fn gate(tool: &Tool) -> String {
    let (reviewed, wrong) = tool.tally();
    let of = match wrong {
        _ if reviewed == 0 => "Nothing is reviewed yet".to_owned(),
        0 => format!("{reviewed} reviewed without an error"),
        1 => format!("{reviewed} reviewed, one of them wrong"),
        _ => format!("{reviewed} reviewed, {wrong} of them wrong"),
    };
    let Some(next) = tool.next else {
        let end = if tool.now >= tool.configured {
            "This is as far as the configured grant lets it go."
        } else {
            "The next level is not configured."
        };
        return format!("{of}. {end}");
    };
    let next = next.name();
    if let Some(barred) = tool.barred() {
        return format!(
            "{of}. Nothing is proposed: {} with the same versions.",
            barred.why
        );
    }
    match tool.gate() {
        Gate::Passes => format!("{of}: enough for “{next}”."),
        Gate::Fails => format!("{of}: too many. Evidence begins anew."),
        Gate::Inconclusive if reviewed == 0 => format!(
            "Nothing is reviewed yet. “{next}” takes {} reviewed without an error, more with some.",
            tool.design.passes_at(0)
        ),
        Gate::Inconclusive => {
            let total = reviewed + tool.needed();
            let so_far = match wrong {
                0 => format!("{reviewed} of {total} reviewed without an error"),
                _ => format!(
                    "{of}; “{next}” takes {} more without an error",
                    tool.needed()
                ),
            };
            format!("{so_far}{}", pace(tool))
        }
    }
}

fn pace(tool: &Tool) -> String {
    match tool.weeks().map(f64::ceil) {
        None => ". Nothing was reviewed in the last weeks, so nobody knows how long that takes."
            .to_owned(),
        Some(weeks) => {
            let weeks = match weeks {
                weeks if weeks <= 1.0 => "about a week".to_owned(),
                weeks => format!("{weeks:.0} weeks"),
            };
            format!("; at {} a week that takes {weeks}.", a_week(tool.a_week))
        }
    }
}

/// A pace in words.
pub fn a_week(pace: f64) -> String {
    if pace > 0.0 && pace < 1.0 {
        "fewer than one".to_owned()
    } else {
        format!("{pace:.0}")
    }
}

/// What was earned or lost last, where something was.
pub fn lost(tool: &Tool) -> Option<Markup> {
    let standing = tool.standing.as_ref()?;
    Some(html! {
        @if standing.with.is_some() { "Earned “" } @else { "Down to “" } (standing.grant.name()) "” " (time(standing.since_ms)) ": " (shown(&standing.why)) "."
        @if let Some(until_ms) = standing.until_ms { " Good until " (time(until_ms)) "." }
        @if standing.with.is_some() && tool.now < standing.grant { " It counts for nothing now: it is over, or a version is another." }
    })
}

/// How close errors came together, where there is something to lose.
pub fn drift(tool: &Tool) -> Option<String> {
    let bound = cusum::Design::DEFAULT.bound;
    let stage = tool.stage.as_ref().filter(|_| tool.now > Grant::Draft)?;
    let sum = stage.run.sum;
    Some(format!(
        "Drift {sum:.1} of {bound:.0}, at which a level is lost."
    ))
}

fn strictness(cadence: Cadence) -> (&'static str, &'static str) {
    match cadence {
        Cadence::Normal => ("ok", "normal"),
        Cadence::Tightened => ("warn", "tightened: more is drawn"),
        Cadence::Reduced => ("ok", "reduced: less is drawn"),
        Cadence::Stopped => ("danger", "stopped: nothing runs alone"),
    }
}

fn samples(
    registry: &Registry,
    (live, session): (&LiveWorkflow, &Session),
    areas: &[(Responsibility, LotState)],
) -> Markup {
    let workflow = &live.state.workflow.name;
    html! { section.card #samples data-live aria-labelledby="samples-t" {
        header { h2 #samples-t { "Samples by area" } span.sub { "drawn from what was carried out, by each area’s cadence" } }
        @if areas.is_empty() { p.sub { "None was drawn yet. The first is drawn when an area’s time has come and something ran." } }
        @for (row, state) in areas {
            @let (class, words) = strictness(state.standing.cadence);
            @let often = registry.matrix().map_or(row.usual_cadence(), |matrix| matrix.cadence(*row));
            div.area {
                h3 { (row.title()) " " span.chip.(class) { (words) } }
                p.sub { (often.words()) @if let Some(drawn_ms) = state.drawn_ms { ", last drawn " (time(drawn_ms)) } }
                @if state.is_stopped() { (restart(workflow, *row, session)) }
                (lots_table(*row, state))
            }
        }
    } }
}

fn lots_table(row: Responsibility, state: &LotState) -> Markup {
    html! { @if !state.lots.is_empty() { div.scroll tabindex="0" role="region" aria-label={ "Samples of " (row.title()) } { table {
        thead { tr { th scope="col" { "Sample" } th scope="col" { "Drawn" } th scope="col" { "Of" } th scope="col" { "Wrong" } th scope="col" { "Wrong of all, estimated" } } }
        tbody { @for lot in state.lots.iter().rev().take(LOTS) { tr {
            th scope="row" { (lot.number) ", " (time(lot.at_ms)) }
            td { (lot.drawn) }
            td { (lot.size) }
            td { @match lot.wrong { Some(wrong) => { (wrong) " of " (lot.drawn) }, None => em { "being reviewed" } } }
            td { @match lot.estimate { Some(share) => (crate::charts::percent(share)), None => "–" } }
        } } }
    } } } }
}

fn restart(workflow: &str, row: Responsibility, session: &Session) -> Markup {
    html! { @if session.person.may(Right::Resume) { form.inline method="post" action={ "/workflows/" (workflow) "/evidence" } {
        (csrf(&session.csrf))
        input type="hidden" name="area" value=(row.name());
        label { "What the cause was and how it was removed" input name="why" required maxlength="500" autocomplete="off"; }
        button.btn.primary { (icon("play")) "Let it go on, strictly" }
    } } @else { p.sub { "An owner or operator lets it go on, once the cause is removed." } } }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Restart {
    csrf: String,
    #[serde(default)]
    area: String,
    #[serde(default)]
    why: String,
}

/// Lets the samples of a stopped area go on.
pub async fn restarted(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(workflow): Path<String>,
    sent::Sent(sent): sent::Sent<Restart>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    if !app.registry().workflows.contains_key(&workflow) {
        return Err(ApiError::not_found("workflow", &shown(&workflow)).into());
    }
    let row = crate::rest::reviews::area(&sent.area)?;
    lots::restart(&app, &session.person, (&workflow, row), &sent.why).await?;
    Ok(Redirect::to(&format!("/workflows/{workflow}/evidence")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeway_core::earn::state::StageState;
    use leeway_core::evidence::gate::Design;

    fn tool((reviewed, wrong): (u64, u64), a_week: f64, next: Option<Grant>) -> Tool {
        let mut stage = StageState::default();
        (stage.run.reviewed, stage.run.wrong) = (reviewed, wrong);
        Tool {
            name: "crm__tag".to_owned(),
            configured: Grant::Update,
            now: Grant::Draft,
            next,
            standing: None,
            stage: Some(stage),
            design: Design::DEFAULT,
            a_week,
        }
    }

    #[test]
    fn a_gate_is_told_with_its_base_and_its_time() {
        let next = Some(Grant::Update);
        let told = [
            (
                (0, 0),
                0.0,
                next,
                "Nothing is reviewed yet. “update” takes 71 reviewed without an error, more with some.",
            ),
            (
                (12, 0),
                10.0,
                next,
                "12 of 71 reviewed without an error; at 10 a week that takes 6 weeks.",
            ),
            (
                (12, 0),
                0.0,
                next,
                "12 of 71 reviewed without an error. Nothing was reviewed in the last weeks, so nobody knows how long that takes.",
            ),
            (
                (20, 1),
                0.4,
                next,
                "20 reviewed, one of them wrong; “update” takes 91 more without an error; at fewer than one a week that takes 228 weeks.",
            ),
            (
                (80, 0),
                9.0,
                next,
                "80 reviewed without an error: enough for “update”.",
            ),
            (
                (4, 4),
                9.0,
                next,
                "4 reviewed, 4 of them wrong: too many. Evidence begins anew.",
            ),
            (
                (9, 0),
                9.0,
                None,
                "9 reviewed without an error. The next level is not configured.",
            ),
        ];
        for (tally, a_week, next, words) in told {
            assert_eq!(gate(&tool(tally, a_week, next)), words);
        }
    }
}
