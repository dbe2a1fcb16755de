//! The configuration folder: `leeway.toml`, `owners.toml`, `notify.toml`, `systems/*.toml`,
//! `packs/*.toml`, `workflows/*.toml`.
//! [`load`] reads it and reports every problem at once; [`secret`] resolves references to
//! credentials.

mod check;
pub mod document;
mod load;
mod notify;
mod places;
mod problems;
pub mod secret;
mod systems;
#[cfg(test)]
mod tests;
pub mod written;

pub use check::check;
pub use load::load;
pub use problems::{Problem, Severity, render, render_json};

use leeway_core::classify::pack::Pack;
use leeway_core::govern::owners::Owners;
use leeway_core::govern::system::System;
use leeway_core::govern::workflow::Workflow;
use leeway_core::notify::settings::Notify;
use serde::{Deserialize, Serialize};

/// Everything configured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// `leeway.toml`.
    pub settings: Settings,
    /// `systems/*.toml`.
    pub systems: Vec<System>,
    /// `packs/*.toml`.
    pub packs: Vec<Pack>,
    /// `workflows/*.toml`.
    pub workflows: Vec<Workflow>,
    /// `owners.toml`, if there is one.
    pub owners: Option<Owners>,
    /// `notify.toml`, if there is one.
    pub notify: Option<Notify>,
}

/// `leeway.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The business's name, shown on pages.
    pub name: String,
    /// Largest request body, bytes.
    pub body_limit_bytes: usize,
    /// How long a sign-in lasts, hours.
    pub session_hours: u64,
    /// Whether changes of the configuration made at the machine itself wait for a review, like
    /// everybody's.
    pub change_review: ChangeReview,
    /// Names under which agents reach this server besides its addresses and `localhost`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Pages of other places that may use `/mcp` in somebody's browser: their origins, as browsers write them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// Proxies besides those on this machine whose word on where a request comes from counts: addresses or networks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_proxies: Vec<String>,
}

impl Settings {
    /// The networks of trusted proxies.
    pub fn trusted_proxies(&self) -> Vec<ipnet::IpNet> {
        let networks = self.trusted_proxies.iter();
        networks
            .filter_map(|text| crate::people::client_address::network(text))
            .collect()
    }
}

/// What becomes of a change of the configuration made at the machine itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeReview {
    /// It takes force at once and is recorded as not reviewed.
    #[default]
    Recorded,
    /// It waits until somebody else approved it.
    Required,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "Leeway".to_owned(),
            body_limit_bytes: 1024 * 1024,
            session_hours: 12,
            change_review: ChangeReview::default(),
            hosts: Vec::new(),
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// Every problem and warning of a folder.
pub fn inspect(folder: &std::path::Path) -> Vec<Problem> {
    load::inspect(folder).1
}
