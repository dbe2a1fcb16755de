//! What is Leeway's or the connection's to set, whatever a document says: no tool takes it as an argument, and no
//! member of a free object may stand for it.

use super::parameter::Where;
use crate::govern::system::System;
use std::collections::BTreeSet;

/// Longest name of a tool towards agents, characters: `<system>__<tool>`.
const LONGEST_NAME: usize = 64;
/// A tool's own name may have so many characters, however long its system's is.
const SHORTEST_BOUND: usize = 16;

/// Headers that are Leeway's or the connection's. What stands in `x-forwarded-…` is too.
const OWN_HEADERS: [&str; 28] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "if-match",
    "if-unmodified-since",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];

/// Names by which a request asks for another method than its own, as [`plain`] has them.
const OVERRIDES: [&str; 4] = [
    "_method",
    "x_http_method",
    "x_http_method_override",
    "x_method_override",
];

/// Headers and query parameters Leeway sets itself (credentials, the idempotency key): no tool takes
/// them as arguments. And what else of a system says how its document is read.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    headers: BTreeSet<String>,
    query: BTreeSet<String>,
    system: String,
    base: Option<String>,
}

impl Withheld {
    /// What a system's configuration sets.
    pub fn of(system: &System) -> Self {
        let own = system.headers.keys().chain(&system.idempotency_header);
        Self {
            headers: own.map(|name| header(name)).collect(),
            query: system.query.keys().map(|name| plain(name)).collect(),
            system: system.name.clone(),
            base: system.base_url.clone(),
        }
    }

    /// Nothing is set; only the system's name is known, by which its tools' names have their bound.
    pub fn named(system: &str) -> Self {
        Self {
            system: system.to_owned(),
            ..Self::default()
        }
    }

    /// Names of query parameters that are set, as [`plain`] has them.
    pub(super) fn query(&self) -> &BTreeSet<String> {
        &self.query
    }

    /// Where the system is, when its configuration says so.
    pub(super) fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// Most characters of a tool's name, so that it has at most 64 with its system's in front.
    pub(super) fn longest_name(&self) -> usize {
        let before = match self.system.len() {
            0 => 0,
            length => length + "__".len(),
        };
        LONGEST_NAME.saturating_sub(before).max(SHORTEST_BOUND)
    }
}

/// A name of a query parameter or field as the readiest servers take it: `API_KEY`, `api.key` and `api_key[0]` are
/// `api_key` to some.
pub(super) fn plain(name: &str) -> String {
    let name = name.trim();
    let root = match name.find('[') {
        None | Some(0) => name,
        Some(at) => &name[..at],
    };
    let one = |c: char| if c.is_alphanumeric() { c } else { '_' };
    root.to_lowercase().chars().map(one).collect()
}

/// A header's name as servers compare it; some make no difference between `_` and `-`.
pub(super) fn header(name: &str) -> String {
    name.trim().to_lowercase().replace('_', "-")
}

/// Whether it asks for another method than the request's own.
pub(super) fn is_override(name: &str) -> bool {
    OVERRIDES.contains(&plain(name).as_str())
}

/// Whether it is Leeway's to set, so that no tool takes it.
pub(super) fn is_own(place: Where, name: &str, withheld: &Withheld) -> bool {
    match place {
        Where::Header => {
            let name = header(name);
            OWN_HEADERS.contains(&name.as_str())
                || name.starts_with("x-forwarded-")
                || is_override(&name)
                || withheld.headers.contains(&name)
        }
        Where::Query => withheld.query.contains(&plain(name)) || is_override(name),
        // A cookie that is set is a header of the system's.
        Where::Cookie => withheld.headers.contains("cookie"),
        Where::Path => false,
    }
}
