//! Notifications: whether the channels get through, what was sent, and how the viewer is told.

use super::layout::Frame;
use super::parts::{csrf, icon, shown, time};
use super::{Failed, PageResult, Viewer};
use crate::app::App;
use crate::notify::overview::{self, Channel};
use crate::notify::preferences::{self, Ways};
use crate::notify::testing;
use crate::people::session::Session;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Redirect;
use leeway_core::govern::people::Role;
use leeway_core::notify::postbox::Ended;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Messages listed.
const MOST_LISTED: usize = 30;
/// Digest windows a person may pick: seconds, words.
const WINDOWS: [(u64, &str); 5] = [
    (0, "Each by itself, at once"),
    (300, "At most one every 5 minutes"),
    (1_800, "At most one every 30 minutes"),
    (7_200, "At most one every 2 hours"),
    (86_400, "At most one a day"),
];

/// What is in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    done: Option<String>,
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Query(asked): Query<Asked>,
) -> PageResult {
    let registry = app.registry();
    let person = &session.person;
    let ways = match &registry.notify {
        Some(live) => Some(preferences::of(&app, &live.notify, &person.email)?),
        None => None,
    };
    // Who was told what is for those who look after it; everybody else sees their own.
    let all = person.roles.iter().any(|role| *role != Role::Reviewer);
    let recent = overview::recent(&app, (!all).then_some(person.email.as_str()), MOST_LISTED)?;
    let channels = overview::channels(&app)?;
    let frame = Frame::new(&app, &session, "/notifications", "Notifications");
    Ok(frame.page(html! { div.solo {
        header.head { h1 { "Notifications" } p.sub { "By which ways Leeway tells people what waits for them." } }
        @if let Some(done) = asked.done.as_deref() { (told(done)) }
        @match &ways {
            None => div.empty { (icon("alert")) h2 { "Nobody is told anything" } p { "Add notify.toml to the configuration folder, with a mail server or a chat’s webhook. Until then people look into the inbox by themselves." } },
            Some(ways) => {
                section.card aria-labelledby="ch-t" {
                    header { h2 #ch-t { "Channels" } }
                    ul.channels { @for channel in &channels { (row(channel, (ways, &session))) } }
                }
                (choose(ways, &session))
            }
        }
        (sent(&recent, all))
    } }))
}

fn told(done: &str) -> Markup {
    let words = match done {
        "test" => "A test message is on its way to you.",
        "saved" => "How you are told is saved.",
        _ => return html! {},
    };
    html! { p.note-ok role="status" { (icon("check")) (words) } }
}

fn row(channel: &Channel, (ways, session): (&Ways, &Session)) -> Markup {
    html! { li {
        h3 { (shown(&channel.name)) @if channel.kind == "chat" { " " span.sub { "chat room" } } }
        p {
            @match &channel.trouble {
                Some(trouble) => { span.chip.danger { (icon("x")) "Does not get through" } " since " (time(trouble.at_ms)) ": " (shown(&trouble.why)) " " code.rule { (shown(&trouble.code)) } },
                None if channel.sent_ms.is_some() => span.chip.ok { (icon("check")) "Works" },
                None => span.chip.plain { "Not used yet" },
            }
        }
        p.sub {
            @match channel.sent_ms { Some(at_ms) => { "Last message " (time(at_ms)) }, None => "No message yet" }
            @if channel.waiting > 0 { " · " (channel.waiting) " waiting" }
        }
        @if ways.offered.contains(&channel.name) {
            form method="post" action="/notifications/test" {
                (csrf(&session.csrf))
                input type="hidden" name="channel" value=(channel.name);
                button.btn { "Send me a test" span.vh { " by " (shown(&channel.name)) } }
            }
        }
    } }
}

fn choose(ways: &Ways, session: &Session) -> Markup {
    let own = !WINDOWS
        .iter()
        .any(|(window_s, _)| *window_s == ways.digest_window_s);
    html! { section.card aria-labelledby="you-t" {
        header { h2 #you-t { "How you are told" } span.sub { (shown(&session.person.email)) } }
        @if ways.offered.is_empty() { p { "No channel reaches you. An operator names yours in notify.toml." } }
        @else { form.stack method="post" action="/notifications/preferences" {
            (csrf(&session.csrf))
            fieldset {
                legend { "By" }
                @for name in &ways.offered {
                    label.opt { input type="checkbox" name={ "by." (name) } value="yes" checked[ways.channels.contains(name)]; (shown(name)) }
                }
            }
            p.sub { "With none ticked you are told by all of them: what waits for you must reach you." }
            fieldset {
                legend { "How often" }
                @for (window_s, words) in WINDOWS {
                    label.opt { input type="radio" name="window" value=(window_s) checked[ways.digest_window_s == window_s]; (words) }
                }
                @if own { label.opt { input type="radio" name="window" value=(ways.digest_window_s) checked; "At most one every " (ways.digest_window_s) " seconds" } }
            }
            p.sub { "The first goes at once; what comes soon after is gathered into one message." }
            p.acts { button.btn.primary { "Save" } }
        } }
    } }
}

fn sent(recent: &[(String, String, Ended)], all: bool) -> Markup {
    html! { section.card aria-labelledby="sent-t" {
        header { h2 #sent-t { "Sent lately" } span.sub { @if all { "to everybody" } @else { "to you" } } }
        @if recent.is_empty() { p.sub { "Nothing yet." } }
        @else { div.scroll tabindex="0" role="region" aria-label="Messages" { table.log {
            thead { tr { @for head in ["When", "To", "By", "What", "How it ended"] { th scope="col" { (head) } } } }
            tbody { @for (channel, person, ended) in recent { tr {
                td { (time(ended.at_ms)) } td { (shown(person)) } td { (shown(channel)) } td { (shown(&ended.subject)) }
                td { @match &ended.trouble {
                    None => span.chip.ok { "taken" },
                    Some(trouble) => { span.chip.danger { "given up" } " " (shown(&trouble.why)) },
                } }
            } } }
        } } }
    } }
}

/// What the test's form sends.
#[derive(Deserialize)]
pub struct Test {
    csrf: String,
    channel: String,
}

/// Sends the viewer a test.
pub async fn test(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Form(sent): Form<Test>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    testing::send(
        &app,
        &session.person,
        (&session.person.email, Some(&sent.channel)),
    )
    .await?;
    Ok(Redirect::to("/notifications?done=test"))
}

/// Keeps how the viewer wants to be told.
pub async fn prefer(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Redirect, Failed> {
    let field = |name: &str| {
        sent.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    session.check_form(field("csrf").unwrap_or_default())?;
    let channels = sent
        .iter()
        .filter_map(|(key, _)| key.strip_prefix("by."))
        .map(str::to_owned)
        .collect();
    let window_s = field("window").and_then(|text| text.parse().ok());
    preferences::choose(&app, &session.person, (channels, window_s)).await?;
    Ok(Redirect::to("/notifications?done=saved"))
}
