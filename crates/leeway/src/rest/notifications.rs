//! How people are told: channels and their health, what was sent, tests, preferences.

use super::body::Body;
use crate::app::App;
use crate::clock::rfc3339;
use crate::error::ApiError;
use crate::json::Json;
use crate::notify::{overview, preferences, testing};
use crate::people::access::{Who, is_local};
use axum::extract::State;
use leeway_core::govern::people::{Right, Role};
use leeway_core::notify::postbox::Trouble;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Messages listed.
const MOST_LISTED: usize = 100;

/// Every channel with its health, the messages sent lately, and how the caller is told. A reviewer
/// sees the messages to themselves, everybody else all.
#[utoipa::path(get, path = "/v1/notifications", responses((status = 200, description = "`{public_url, channels, messages, you}`; `public_url` is null while nobody is told anything")))]
pub async fn show(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    let registry = app.registry();
    let live = registry.notify.as_ref();
    let channels: Vec<Value> = overview::channels(&app)?
        .iter()
        .map(|channel| {
            json!({
                "name": channel.name,
                "kind": channel.kind,
                "works": channel.sent_ms.is_some() && channel.trouble.is_none(),
                "last_sent_at": channel.sent_ms.map(rfc3339),
                "trouble": channel.trouble.as_ref().map(trouble),
                "waiting": channel.waiting,
            })
        })
        .collect();
    let all = person.roles.iter().any(|role| *role != Role::Reviewer);
    let only = (!all).then_some(person.email.as_str());
    let messages: Vec<Value> = overview::recent(&app, only, MOST_LISTED)?
        .iter()
        .map(|(channel, to, ended)| {
            json!({
                "id": ended.message,
                "channel": channel,
                "to": to,
                "subject": ended.subject,
                "tells_of": ended.items,
                "at": rfc3339(ended.at_ms),
                "trouble": ended.trouble.as_ref().map(trouble),
            })
        })
        .collect();
    let you = match live {
        Some(live) if !is_local(&person) => {
            let ways = preferences::of(&app, &live.notify, &person.email)?;
            json!({
                "offered": ways.offered,
                "channels": ways.channels,
                "digest_window_s": ways.digest_window_s,
                "chosen": ways.chosen,
            })
        }
        _ => Value::Null,
    };
    Ok(Json(json!({
        "public_url": live.map(|live| &live.notify.public_url),
        "channels": channels,
        "messages": messages,
        "you": you,
    })))
}

fn trouble(trouble: &Trouble) -> Value {
    json!({ "since": rfc3339(trouble.at_ms), "code": trouble.code, "why": trouble.why })
}

/// Whom to send a test, and by what.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TestBody {
    /// E-mail; oneself unless told.
    pub to: Option<String>,
    /// Channel; all the person is reached by unless told.
    pub channel: Option<String>,
}

/// Sends a test message: to oneself, or as an operator to anybody.
#[utoipa::path(post, path = "/v1/notifications/test", request_body = Object, responses(
    (status = 200, description = "`{to, channels}`: the test is on its way; its end is in `GET /v1/notifications`"),
    (status = 409, description = "`no-channel`"), (status = 422, description = "`channel-unknown`"), (status = 429, description = "`tests-waiting`")))]
pub async fn test(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<TestBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Read)?;
    if body.to.is_none() && is_local(&person) {
        return Err(
            ApiError::invalid("to-missing", "the test is to nobody").help("say whom it goes to")
        );
    }
    let to = body.to.unwrap_or_else(|| person.email.clone());
    let channels = testing::send(&app, &person, (&to, body.channel.as_deref())).await?;
    Ok(Json(json!({ "to": to, "channels": channels })))
}

/// How one wants to be told.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreferenceBody {
    /// Channels among those offered; empty for all of them.
    pub channels: Vec<String>,
    /// Digest window, seconds; the configured one unless told.
    pub digest_window_s: Option<u64>,
}

/// Chooses how one is told oneself.
#[utoipa::path(put, path = "/v1/notifications/preferences", request_body = Object, responses(
    (status = 200, description = "As `GET /v1/notifications`"), (status = 422, description = "`channel-unknown`, `limit-invalid`")))]
pub async fn prefer(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<PreferenceBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.clone().person(Right::Read)?;
    if is_local(&person) {
        return Err(
            ApiError::forbidden("the operator at the machine is told nothing")
                .help("use a person's token"),
        );
    }
    preferences::choose(&app, &person, (body.channels, body.digest_window_s)).await?;
    show(State(app), who).await
}
