//! Systems and their tools: connections, pinned definitions, and changed ones that wait for review.

use super::diff::diff;
use super::layout::Frame;
use super::parts::{csrf, icon, level, shown, time};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::gateway::toolbox;
use crate::people::session::Session;
use crate::registry::LiveTool;
use crate::system::Health;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::classify::guess::{Server, guess};
use leeway_core::govern::people::Right;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// The page.
pub async fn show(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let registry = app.registry();
    let frame = Frame::new(&app, &session, "/systems", "Systems");
    let changed: Vec<&Arc<LiveTool>> = registry
        .tools
        .values()
        .filter(|tool| tool.state.changed.is_some())
        .collect();
    Ok(frame.page(html! { div.solo #systems data-live {
        header.head { h1 { "Systems" } }
        @if let Some(ms) = app.clock.step_ms() { p.banner { "This machine's clock was set by " (ms / 1000) " seconds since Leeway was started. Leeway goes on by the time that passes" @if ms > 0 { "; start it again to take the new time." } @else { ", which is never before what is recorded." } } }
        @if registry.systems.is_empty() { div.empty { (icon("gear")) h2 { "No system yet" } p { "Describe one in systems/NAME.toml and run leeway apply DIR." } } }
        @for tool in changed { (review_card(tool, &session)) }
        @for connection in app.systems.all() {
            @let listed = registry.listed(&connection.system.name);
            section.card aria-label=(connection.system.name) {
                header { h2 { (shown(&connection.system.title)) } (health(&connection.health())) }
                p.sub { "pack " code { (shown(&connection.system.pack)) } }
                @if connection.health() != Health::Ready { @for line in connection.last_words() { p.sub { "It wrote: " code { (shown(&line)) } } } }
                @if let (_, hanging @ 1..) = connection.unanswered() { p.sub { (icon("clock")) " " (hanging) @if hanging == 1 { " call is" } @else { " calls are" } " not answered for more than 10 seconds." } }
                @for why in connection.left_out() { p.sub { (icon("alert")) " Left out: " (shown(&why)) } }
                ul.tools { @for tool in registry.of_system(&connection.system.name) { (line(tool, &listed)) } }
            }
        }
    } }))
}

fn health(health: &Health) -> Markup {
    html! { @match health {
        Health::Ready => span.chip.ok { (icon("check")) "Connected" },
        Health::Starting => span.chip.warn { (icon("clock")) "Starting" },
        Health::Down { why } => span.chip.danger { (icon("alert")) "Down: " (shown(why)) },
    } }
}

fn line(tool: &LiveTool, listed: &Server) -> Markup {
    html! { li {
        code { (shown(&tool.tool)) }
        @match tool.entry() {
            Some(entry) => span.sub { (effect(entry.entry.gravest())) },
            None => {
                span.chip.warn { (icon("lock")) "Unclassified: blocked" }
                @let guessed = guess(&tool.state.definition, listed);
                span.sub { "a guess: " (effect(guessed.effect)) ", " }
                (level(guessed.level))
            },
        }
        @if tool.state.changed.is_some() { span.chip.danger { "Changed: blocked" } }
        @if let Some(why) = tool.unusable() { span.chip.danger { "Cannot be used: " (shown(why)) } }
    } }
}

fn effect(effect: leeway_core::classify::Effect) -> String {
    serde_json::to_value(effect)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn review_card(tool: &LiveTool, session: &Session) -> Markup {
    let Some(changed) = &tool.state.changed else {
        return html! {};
    };
    let pretty =
        |value: &serde_json::Value| shown(&serde_json::to_string_pretty(value).unwrap_or_default());
    let (old, new) = diff(
        &pretty(&tool.state.definition),
        &pretty(&changed.definition),
    );
    html! { section.card.attention aria-labelledby={ "t-" (tool.name) } {
        header { h2 id={ "t-" (tool.name) } { "Changed: " code { (shown(&tool.name)) } } span.sub { "seen " (time(changed.at_ms)) } }
        p { "The system describes this tool differently from what was reviewed. It is blocked until somebody has read the new definition." }
        div.cols {
            div { h3 { "Reviewed" } pre { (old) } }
            div { h3 { "Now" } pre { (new) } }
        }
        @if session.person.may(Right::Configure) {
            form method="post" action={ "/systems/" (tool.name) "/review" } {
                (csrf(&session.csrf))
                input type="hidden" name="hash" value=(changed.hash);
                button.btn.primary { (icon("check")) "I read it; accept the new definition" }
            }
        } @else { p.sub { "An operator reviews tool definitions." } }
    } }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    hash: String,
}

/// Accepts a changed definition.
pub async fn review(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(tool): Path<String>,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    toolbox::review(&app, &session.person, &tool, &sent.hash).await?;
    Ok(Redirect::to("/systems"))
}
