//! Which channels there are and whether they get through: for pages, the API, health and figures.

use super::outbox::postboxes;
use crate::app::App;
use crate::error::ApiError;
use leeway_core::notify::postbox::{Ended, PostboxState, Trouble};

/// One channel.
pub struct Channel {
    /// Its name.
    pub name: String,
    /// `email` or `chat`.
    pub kind: &'static str,
    /// When it last took a message, UTC milliseconds.
    pub sent_ms: Option<i64>,
    /// Why it does not get through, if it does not: the newest trouble no message got past.
    pub trouble: Option<Trouble>,
    /// Notices that are in no message yet, and messages under way.
    pub waiting: u64,
}

/// Every configured channel.
pub fn channels(app: &App) -> Result<Vec<Channel>, ApiError> {
    let registry = app.registry();
    let Some(live) = &registry.notify else {
        return Ok(vec![]);
    };
    let boxes = postboxes(app)?;
    let names = live.notify.channels().into_iter();
    Ok(names.map(|name| channel(name, &boxes)).collect())
}

fn channel(name: String, boxes: &[(u64, PostboxState)]) -> Channel {
    let own = || {
        boxes
            .iter()
            .map(|(_, state)| state)
            .filter(|state| state.channel == name)
    };
    let sent_ms = own().filter_map(PostboxState::sent_ms).max();
    let trouble = own()
        .filter_map(PostboxState::trouble)
        .max_by_key(|trouble| trouble.at_ms)
        .filter(|trouble| sent_ms.is_none_or(|sent| sent < trouble.at_ms))
        .cloned();
    let waiting = own()
        .map(|state| state.waiting.len() as u64 + state.more + u64::from(state.sending.is_some()))
        .sum();
    let kind = if name == leeway_core::notify::settings::EMAIL {
        "email"
    } else {
        "chat"
    };
    Channel {
        name,
        kind,
        sent_ms,
        trouble,
        waiting,
    }
}

/// Messages that ended, newest first: channel, person, message.
pub fn recent(
    app: &App,
    person: Option<&str>,
    most: usize,
) -> Result<Vec<(String, String, Ended)>, ApiError> {
    let mut found = Vec::new();
    for (_, state) in postboxes(app)? {
        if person.is_none_or(|email| email == state.person) {
            let (channel, email) = (&state.channel, &state.person);
            found.extend(
                state
                    .recent
                    .iter()
                    .map(|ended| (channel.clone(), email.clone(), ended.clone())),
            );
        }
    }
    found.sort_by_key(|(_, _, ended)| std::cmp::Reverse(ended.at_ms));
    found.truncate(most);
    Ok(found)
}
