//! How a person is told: the channels they may be reached by, and what they chose of them.

use crate::app::App;
use crate::error::ApiError;
use crate::people::{access, account};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::Person;
use leeway_core::govern::state::Preference;
use leeway_core::notify::settings::Notify;

/// Longest digest window a person may choose, seconds.
const LONGEST_WINDOW_S: u64 = 86_400;

/// How a person is told now.
pub struct Ways {
    /// The channels they may be reached by.
    pub offered: Vec<String>,
    /// The channels they are told by.
    pub channels: Vec<String>,
    /// Their digest window, seconds.
    pub digest_window_s: u64,
    /// True when they chose themselves.
    pub chosen: bool,
}

/// How a person is told.
pub fn of(app: &App, notify: &Notify, email: &str) -> Result<Ways, ApiError> {
    let preferred = account::find(app, email)?.and_then(|person| person.preferred);
    Ok(ways(notify, email, preferred.as_ref()))
}

/// A choice is among the channels offered; one that leaves none counts as none made, so that nobody
/// is out of reach by accident.
fn ways(notify: &Notify, email: &str, preferred: Option<&Preference>) -> Ways {
    let offered = notify.offered(email);
    let chosen = preferred.map(|preferred| preferred.channels.as_slice());
    let mut channels: Vec<String> = offered
        .iter()
        .filter(|name| chosen.is_some_and(|chosen| chosen.contains(name)))
        .cloned()
        .collect();
    if channels.is_empty() {
        channels.clone_from(&offered);
    }
    let window_s = preferred.and_then(|preferred| preferred.digest_window_s);
    Ways {
        offered,
        channels,
        digest_window_s: window_s.unwrap_or(notify.digest_window_s),
        chosen: preferred.is_some(),
    }
}

/// A person chooses how to be told.
pub async fn choose(
    app: &App,
    person: &Person,
    (channels, digest_window_s): (Vec<String>, Option<u64>),
) -> Result<(), ApiError> {
    let registry = app.registry();
    let offered = match &registry.notify {
        Some(live) => live.notify.offered(&person.email),
        None => vec![],
    };
    if let Some(unknown) = channels.iter().find(|name| !offered.contains(name)) {
        let message = format!(
            "you are not reached by a channel `{}`",
            unknown.escape_debug()
        );
        return Err(ApiError::invalid("channel-unknown", message)
            .help(format!("yours are: {}", offered.join(", "))));
    }
    if digest_window_s.is_some_and(|window_s| window_s > LONGEST_WINDOW_S) {
        return Err(ApiError::invalid(
            "limit-invalid",
            format!("a digest gathers at most {LONGEST_WINDOW_S} seconds"),
        ));
    }
    let event = GovernEvent::PersonPreferred {
        channels,
        digest_window_s,
    };
    let stream = account::stream(&person.email);
    let actor = access::actor(person);
    Ok(app.govern(&actor, stream, event, (vec![], vec![])).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_among_what_is_offered_and_never_none() {
        let notify: Notify = toml::from_str(
            "public_url = 'https://x.example'\n[email]\nhost = 'h'\nfrom = 'a@x.example'\n\
             [chat.desk]\nurl = 'env:X'\n[chat.money]\nurl = 'env:Y'\n\
             [person.'dana@x.example']\nchannels = ['email', 'desk']",
        )
        .unwrap();
        let choose = |channels: &[&str]| Preference {
            channels: channels.iter().map(|name| (*name).to_owned()).collect(),
            digest_window_s: Some(0),
        };
        for (email, preferred, channels) in [
            ("kim@x.example", None, vec!["email"]),
            ("dana@x.example", None, vec!["email", "desk"]),
            ("dana@x.example", Some(choose(&["desk"])), vec!["desk"]),
            (
                "dana@x.example",
                Some(choose(&["money"])),
                vec!["email", "desk"],
            ),
            ("dana@x.example", Some(choose(&[])), vec!["email", "desk"]),
        ] {
            let ways = ways(&notify, email, preferred.as_ref());
            assert_eq!(ways.channels, channels, "{email} {preferred:?}");
        }
    }
}
