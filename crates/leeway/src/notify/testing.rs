//! Trying a channel: a test is a notice like any other, and goes at once.

use super::outbox;
use crate::app::App;
use crate::error::ApiError;
use crate::people::access::actor;
use axum::http::StatusCode;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::ledger::event::Event;
use leeway_core::notify::postbox::{PostboxEvent, PostboxState};
use leeway_core::notify::{Item, What};
use leeway_store::{Append, NewEntry};

/// Tests a person may have under way: who keeps pressing the button fills nobody's mail.
const MOST_WAITING: usize = 3;

/// Puts a test into somebody's postboxes: by one channel, or all they are reached by. To somebody
/// else only operators send one. Returns the channels.
pub async fn send(
    app: &App,
    person: &Person,
    (to, channel): (&str, Option<&str>),
) -> Result<Vec<String>, ApiError> {
    if to != person.email && !person.may(Right::Configure) {
        return Err(ApiError::forbidden("only operators send others a test"));
    }
    let registry = app.registry();
    let Some(live) = &registry.notify else {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "no-channel",
            "there is no channel, so nobody is told anything",
        )
        .help("add notify.toml to the configuration and apply it"));
    };
    if !registry.people.iter().any(|known| known.email == to) {
        return Err(ApiError::not_found(
            "person",
            &to.escape_debug().to_string(),
        ));
    }
    let mut channels = live.notify.offered(to);
    if let Some(channel) = channel {
        channels.retain(|name| name == channel);
    }
    if channels.is_empty() {
        let message = format!("no such channel reaches `{}`", to.escape_debug());
        return Err(ApiError::invalid("channel-unknown", message)
            .help("`leeway notify list` shows the channels; notify.toml names each person's"));
    }
    enough(app, to, &channels)?;
    let time_ms = app.clock.now_ms();
    let entries = channels
        .iter()
        .map(|channel| NewEntry {
            stream: PostboxState::stream(channel, to),
            actor: actor(person),
            time_ms,
            event: Event::Govern(GovernEvent::Postbox(PostboxEvent::Due {
                item: Item {
                    cause: None,
                    about: format!("person/{to}"),
                    what: What::Test,
                },
            })),
        })
        .collect();
    let append = Append {
        entries,
        ..Append::default()
    };
    app.store.append(append).await?;
    Ok(channels)
}

fn enough(app: &App, to: &str, channels: &[String]) -> Result<(), ApiError> {
    for (_, postbox) in outbox::postboxes(app)? {
        let tests = postbox
            .waiting
            .iter()
            .filter(|item| item.what == What::Test);
        if postbox.person == to
            && channels.contains(&postbox.channel)
            && tests.count() >= MOST_WAITING
        {
            return Err(ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tests-waiting",
                "tests are waiting already: the channel has not taken them yet",
            ));
        }
    }
    Ok(())
}
