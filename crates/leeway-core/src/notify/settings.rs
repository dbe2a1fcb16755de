//! How people are reached: the schema of `notify.toml`, of the API and of what the ledger keeps.
//! Credentials are references, never values.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the e-mail channel.
pub const EMAIL: &str = "email";

/// `notify.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// Where people reach the pages, e.g. `https://leeway.example.com`: links begin with it.
    pub public_url: String,
    /// How long after a message to somebody further ones are gathered into one digest, seconds.
    /// The first goes at once; 0 for no digests.
    #[serde(default = "five_minutes")]
    pub digest_window_s: u64,
    /// How long a link for quick approval is good, seconds; never beyond the action's own deadline.
    #[serde(default = "one_hour")]
    pub links_last_s: u64,
    /// Whether operators and owners get the week's report by mail, on Mondays.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub weekly_report: bool,
    /// E-mail, if there is any: the channel `email`. A person's address is their sign-in name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// Rooms of a chat, by name, each by its incoming webhook.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chat: BTreeMap<String, Chat>,
    /// By which channels a person is reached, by e-mail; `email` alone unless told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub person: BTreeMap<String, Reached>,
}

fn yes() -> bool {
    true
}

fn five_minutes() -> u64 {
    300
}

fn one_hour() -> u64 {
    3_600
}

/// A mail server that takes our messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// Its name.
    pub host: String,
    /// Its port; 587, 465 or 25 by `security` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// Sign-in name, if it wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Reference to the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The sender's address.
    pub from: String,
    /// The sender's name.
    #[serde(default = "leeway")]
    pub from_name: String,
}

fn leeway() -> String {
    "Leeway".to_owned()
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// It starts in the clear and must change to TLS before anything is said.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

impl Email {
    /// The port to use.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            Security::Starttls => 587,
            Security::Tls => 465,
            Security::None => 25,
        })
    }
}

/// A room of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chat {
    /// Reference to the incoming webhook's address, which is a credential.
    pub url: String,
}

/// How one person is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// `email` and names of chat rooms.
    pub channels: Vec<String>,
}

/// One thing wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotifyProblem {
    /// Stable code.
    pub code: &'static str,
    /// Key path.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// True when it may stay as it is.
    pub warning: bool,
}

fn error(code: &'static str, path: &str, message: String, help: &str) -> NotifyProblem {
    NotifyProblem {
        code,
        path: path.to_owned(),
        message,
        help: help.to_owned(),
        warning: false,
    }
}

impl Notify {
    /// Every channel's name.
    pub fn channels(&self) -> Vec<String> {
        let email = self.email.iter().map(|_| EMAIL.to_owned());
        email.chain(self.chat.keys().cloned()).collect()
    }

    /// By which channels a person may be reached: what the file says of them, else by e-mail.
    pub fn offered(&self, email: &str) -> Vec<String> {
        let known = self.channels();
        match self.person.get(email) {
            Some(reached) => {
                let named = reached.channels.iter();
                named.filter(|name| known.contains(name)).cloned().collect()
            }
            None => known.into_iter().filter(|name| name == EMAIL).collect(),
        }
    }

    /// Every problem that shows without the network.
    pub fn check(&self) -> Vec<NotifyProblem> {
        let mut found = Vec::new();
        self.check_address(&mut found);
        if let Some(email) = &self.email {
            check_email(email, &mut found);
        }
        if self.channels().is_empty() {
            found.push(NotifyProblem {
                warning: true,
                ..error(
                    "no-channel",
                    "public_url",
                    "there is no channel, so nobody is told anything".to_owned(),
                    "add [email] or [chat.NAME]",
                )
            });
        }
        for name in self.chat.keys() {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if name == EMAIL || name.is_empty() || !name.bytes().all(plain) {
                found.push(error(
                    "name-invalid",
                    &format!("chat.{name}"),
                    format!("`{}` cannot name a room", name.escape_debug()),
                    "use lower-case letters, digits and hyphens, and not `email`",
                ));
            }
        }
        self.check_people(&mut found);
        for (key, seconds, most) in [
            ("digest_window_s", self.digest_window_s, 86_400),
            ("links_last_s", self.links_last_s, 7 * 86_400),
        ] {
            let least = u64::from(key == "links_last_s");
            if !(least..=most).contains(&seconds) {
                found.push(error(
                    "limit-invalid",
                    key,
                    format!("`{key}` is {seconds}"),
                    &format!("write {least} to {most}"),
                ));
            }
        }
        found
    }

    fn check_address(&self, found: &mut Vec<NotifyProblem>) {
        let url = &self.public_url;
        let rest = url.strip_prefix("https://").or(url.strip_prefix("http://"));
        let host = rest.unwrap_or_default();
        let odd = |c: char| c.is_whitespace() || c.is_control() || "?#@<>\"\\".contains(c);
        if host.is_empty() || host.starts_with('/') || host.contains(odd) {
            found.push(error(
                "address-invalid",
                "public_url",
                format!("`{}` is no address of pages", url.escape_debug()),
                "write e.g. `https://leeway.example.com`",
            ));
        } else if url.starts_with("http://") && !is_loopback(host) {
            found.push(NotifyProblem {
                warning: true,
                ..error(
                    "address-in-the-clear",
                    "public_url",
                    "people would sign in over a connection anyone can read".to_owned(),
                    "give an address with https",
                )
            });
        }
    }

    fn check_people(&self, found: &mut Vec<NotifyProblem>) {
        let known = self.channels();
        for (email, reached) in &self.person {
            let path = format!("person.{email}.channels");
            for channel in &reached.channels {
                if !known.contains(channel) {
                    found.push(error(
                        "channel-unknown",
                        &path,
                        format!("there is no channel `{}`", channel.escape_debug()),
                        &format!("channels here: {}", known.join(", ")),
                    ));
                }
            }
            if reached.channels.is_empty() {
                found.push(error(
                    "no-channel",
                    &path,
                    format!("`{}` would never be told anything", email.escape_debug()),
                    "name a channel, or leave the person out for e-mail",
                ));
            }
        }
    }
}

fn check_email(email: &Email, found: &mut Vec<NotifyProblem>) {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c);
    if !email.from.contains('@') || email.from.contains(odd) {
        found.push(error(
            "email-invalid",
            "email.from",
            format!("`{}` is no e-mail address", email.from.escape_debug()),
            "write e.g. `leeway@example.com`",
        ));
    }
    if email.host.is_empty() || email.host.contains(odd) {
        found.push(error(
            "host-invalid",
            "email.host",
            format!("`{}` is no server's name", email.host.escape_debug()),
            "write e.g. `smtp.example.com`",
        ));
    }
    if email.user.is_some() != email.password.is_some() {
        found.push(error(
            "sign-in-unclear",
            "email.user",
            "`user` and `password` belong together".to_owned(),
            "give both or neither",
        ));
    }
    if email.security == Security::None && !is_loopback(&email.host) {
        let secret = email.password.is_some();
        found.push(NotifyProblem {
            warning: !secret,
            ..error(
                "mail-in-the-clear",
                "email.security",
                "messages, and the password if there is one, cross the network in the clear"
                    .to_owned(),
                "write `starttls` or `tls`",
            )
        });
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.split(['/', ':']).next().unwrap_or_default();
    bare == "localhost" || bare.starts_with("127.") || host.starts_with("[::1]")
}
