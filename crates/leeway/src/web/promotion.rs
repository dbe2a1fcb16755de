//! Promoting and demoting from a tool's evidence page: what is proposed and what it rests on, who signed,
//! what a signature says; declining it; letting it try again; taking a level back.

use super::parts::{csrf, icon, shown, time};
use super::{Failed, Viewer, evidence, sent};
use crate::app::App;
use crate::charts::percent;
use crate::earning::promoting;
use crate::earning::summary::Tool;
use crate::error::ApiError;
use crate::incident::again;
use crate::people::session::Session;
use crate::registry::LiveWorkflow;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::earn::standing::below;
use leeway_core::earn::state::{Proposal, StageState};
use leeway_core::govern::people::Right;
use leeway_core::govern::workflow::Grant;
use leeway_core::incident::Side;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// A tool's evidence as one person is shown it.
pub struct At<'a> {
    /// The app.
    pub app: &'a App,
    /// Who looks.
    pub session: &'a Session,
    /// The workflow.
    pub live: &'a LiveWorkflow,
    /// The tool.
    pub tool: &'a Tool,
}

impl At<'_> {
    fn form(&self, what: &str, inside: Markup) -> Markup {
        let page = evidence::address(&self.live.state.workflow.name, &self.tool.name);
        html! { form.stack method="post" action={ (page) "/" (what) } { (csrf(&self.session.csrf)) (inside) } }
    }
}

/// The proposed promotion, if one is.
pub fn proposal(at: &At<'_>) -> Markup {
    let stage = at.tool.stage.as_ref();
    let Some((stage, proposal)) = stage.and_then(|stage| Some((stage, stage.proposal.as_ref()?)))
    else {
        return html! {};
    };
    let sides = again::sides(at.app, &at.session.person, &at.live.state.workflow.name);
    let (reviewed, wrong) = at.tool.tally();
    html! { section.card.now #proposal aria-labelledby="prop-t" {
        header { h2 #prop-t { "Promotion to “" (proposal.to.name()) "” is proposed" } span.chip.warn { (icon("clock")) "To be signed by " (time(proposal.expires_ms)) } }
        p { "It rests on " b { (proposal.reviewed) " reviewed outputs, " (proposal.wrong) " of them wrong" } ", with the versions below. Both owners sign what the gate shows; with the second signature it takes force at once." }
        dl.kv.side {
            div { dt { "From" } dd { "“" (proposal.from.name()) "”, so far" } }
            div { dt { "To" } dd { "“" (proposal.to.name()) "”: " (reach(proposal.to)) } }
            div { dt { "Proposed" } dd { (time(proposal.at_ms)) @if reviewed > proposal.reviewed { "; by now " (reviewed) " are reviewed, " (wrong) " of them wrong" } } }
            div { dt { "Evidence" } dd { code title=(proposal.content_hash) { (proposal.content_hash.get(..16).unwrap_or_default()) "…" } } }
        }
        ul.signatures { @for side in Side::ALL { li { (signature(at, (stage, proposal), (side, &sides))) } } }
        @if !sides.is_empty() { details { summary { "Decline it" } (at.form("decline", html! {
            label { "Why" input name="why" required maxlength="500" autocomplete="off"; }
            button.btn.danger { (icon("x")) "Decline" }
        })) } }
    } }
}

/// Why nothing is proposed, and letting it try again, where the evidence found the present versions bad.
pub fn barred(at: &At<'_>) -> Markup {
    // Where nothing higher is configured, nothing would be proposed anyway.
    let stage = at.tool.stage.as_ref().filter(|_| at.tool.next.is_some());
    let Some((stage, barred)) = stage.and_then(|stage| Some((stage, stage.barred.as_ref()?)))
    else {
        return html! {};
    };
    let sides = again::sides(at.app, &at.session.person, &at.live.state.workflow.name);
    let attempts = stage.readmitted + 1;
    let bad = at.tool.design;
    let luck = 1.0 - (1.0 - bad.behaviour(bad.p1).passes).powi(attempts.saturating_add(1) as i32);
    html! { section.card #barred aria-labelledby="barred-t" {
        header { h2 #barred-t { "Nothing is proposed for now" } span.sub { "since " (time(barred.at_ms)) } }
        p { "The evidence found these versions bad: " (shown(&barred.why)) ". A change of prompt, model, rules, pack or tool begins anew by itself." }
        @if sides.is_empty() { p.sub { "Or whoever may sign a promotion lets it try again." } }
        @else { details { summary { "Let it try again with the same versions" } (at.form("readmit", html! {
            p.sub { "From nothing, as attempt " (attempts + 1) ". Trying until it works proves nothing: of agents that are wrong " (percent(bad.p1)) " of the time, " (percent(luck)) " would get through in so many attempts." }
            label { "Why it should be better now" input name="why" required maxlength="500" autocomplete="off"; }
            button.btn { (icon("undo")) "Let it try again" }
        })) } }
    } }
}

/// What agents may do with it that they may not one level below.
fn reach(grant: Grant) -> &'static str {
    match grant {
        Grant::Update => "low-risk updates run alone and are reviewed after",
        Grant::HighImpact => {
            "level 4 may be proposed for quick approval; each still waits for a person"
        }
        Grant::External => {
            "level 5 may be proposed for quick approval; each still waits for a person"
        }
        Grant::Draft => "drafts that people read, edit and send",
        Grant::Read | Grant::Blocked => "nothing is changed",
    }
}

fn signature(
    at: &At<'_>,
    (stage, proposal): (&StageState, &Proposal),
    (side, sides): (Side, &[Side]),
) -> Markup {
    let person = &at.session.person;
    let alone = {
        let now_ms = at.app.clock.now_ms();
        at.app
            .registry()
            .one_person_firm(&person.email, (now_ms, now_ms))
    };
    let other = proposal.signed.iter().any(|(_, by, _)| *by == person.email);
    html! {
        h3 { (capital(side.words())) }
        @match stage.signed(side) {
            Some((_, by, at_ms)) => p { (icon("check")) " Signed by " (shown(by)) ", " (time(*at_ms)) },
            None if !sides.contains(&side) => p.sub { "Not signed yet. " (waits_for(at, side)) },
            None if other && !alone => p.sub { "You signed the other side, so somebody else signs this one." },
            None => (at.form("sign", html! {
                input type="hidden" name="side" value=(name(side));
                input type="hidden" name="content_hash" value=(proposal.content_hash);
                blockquote { (promoting::meaning(side, proposal.to)) }
                @if alone { p.sub { "You are the only person here who decides, so you may sign both; each is marked." } }
                button.btn.primary { (icon("pen")) "Sign as " (side.words()) }
            })),
        }
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Business => "business",
        Side::Technical => "technical",
    }
}

fn waits_for(at: &At<'_>, side: Side) -> Markup {
    let registry = at.app.registry();
    let row = registry
        .matrix()
        .and_then(|matrix| matrix.rows.get(&at.live.state.workflow.responsibility));
    let who = row.map(|row| match side {
        Side::Business => row.business.as_str(),
        Side::Technical => row.technical.as_str(),
    });
    html! { @match (who, side) {
        (Some(who), _) if !who.is_empty() => { "It waits for " (shown(who)) "." },
        (Some(_), _) => "The permission owner matrix names nobody for it.",
        (None, Side::Business) => "It waits for an owner.",
        (None, Side::Technical) => "It waits for an operator.",
    } }
}

/// Taking a level back.
pub fn demotion(at: &At<'_>) -> Markup {
    let now = at.tool.now;
    html! { @if now > Grant::Draft && at.session.person.may(Right::Pause) { section.card aria-labelledby="demote-t" {
        header { h2 #demote-t { "Take a level back" } }
        p.sub { "At once: agents of this workflow then go as far as “" (below(now).name()) "” with this tool, and evidence begins anew. Earning it back takes both owners." }
        (at.form("demote", html! {
            label { "Why" input name="why" required maxlength="500" autocomplete="off"; }
            button.btn.danger { (icon("undo")) "Down to “" (below(now).name()) "”" }
        }))
    } } }
}

/// What the forms send.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    #[serde(default)]
    side: String,
    #[serde(default)]
    content_hash: String,
    #[serde(default)]
    why: String,
}

/// Signs, declines, lets it try again or demotes.
pub async fn act(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path((workflow, tool, what)): Path<(String, String, String)>,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let (person, place) = (&session.person, (workflow.as_str(), tool.as_str()));
    match what.as_str() {
        "sign" => {
            let side = Side::ALL.into_iter().find(|side| name(*side) == sent.side);
            let side = side.ok_or_else(|| {
                ApiError::invalid(
                    "side-unknown",
                    "the form names neither side; nothing was signed",
                )
            })?;
            promoting::sign(&app, person, place, (side, &sent.content_hash)).await?;
        }
        "decline" => drop(promoting::decline(&app, person, place, &sent.why).await?),
        "readmit" => drop(promoting::readmit(&app, person, place, &sent.why).await?),
        "demote" => promoting::demote(&app, person, place, &sent.why).await?,
        _ => return Err(ApiError::not_found("page", &shown(&what)).into()),
    }
    Ok(Redirect::to(&evidence::address(&workflow, &tool)))
}
