//! Where a document's operations are. Credentials of a system go to one address; what a document says is
//! elsewhere is not called at all.

use super::Fault;
use super::operation::Place;
use super::own::Withheld;
use serde_json::Value;
use url::Url;

/// Most servers of an operation that are looked at.
const MOST_SERVERS: usize = 50;
/// Longest address of a server that is compared, bytes.
const LONGEST_ADDRESS: usize = 1_000;

/// Where the document says its operations are.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// As it is written.
    pub said: Option<String>,
    /// The same as an address to be called, when it is a whole one.
    pub whole: Option<String>,
    known: Vec<String>,
}

/// The first server of the document; without one, the one that all of its operations name.
pub fn home(root: &Value, places: &[Place<'_>], withheld: &Withheld) -> Home {
    let first = listed(root).first().copied();
    let server = first.or_else(|| shared(places));
    let said = server.and_then(|it| it["url"].as_str()).map(str::to_owned);
    let whole = said.clone().filter(|url| {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        is_web && !url.contains('{')
    });
    let known = server.into_iter().flat_map(spellings);
    Home {
        said,
        whole,
        known: known.chain(withheld.base().map(address)).collect(),
    }
}

impl Home {
    /// A fault when an operation has servers of its own and none of them is the document's.
    pub fn check(&self, place: &Place<'_>) -> Result<(), Fault> {
        let own = own(place);
        let here = |server: &&Value| spellings(server).iter().any(|one| self.known.contains(one));
        match own.first() {
            Some(first) if !own.iter().any(here) => Err(Fault::new(
                "server-elsewhere",
                format!(
                    "it is at a server of its own, `{}`, which is not the document's",
                    first["url"].as_str().unwrap_or_default()
                ),
                "make it a system of its own, with a document of the operations there: one system's credentials go to one address",
            )),
            _ => Ok(()),
        }
    }
}

/// The servers of an operation or else of its path; none where it says nothing of its own.
fn own<'a>(place: &Place<'a>) -> Vec<&'a Value> {
    let of_operation = listed(place.operation);
    if of_operation.is_empty() {
        listed(place.item)
    } else {
        of_operation
    }
}

fn listed(value: &Value) -> Vec<&Value> {
    let servers = value["servers"].as_array().into_iter().flatten();
    servers
        .take(MOST_SERVERS)
        .filter(|server| server["url"].is_string())
        .collect()
}

/// The first server of every operation, when all have one and it is the same.
fn shared<'a>(places: &[Place<'a>]) -> Option<&'a Value> {
    let first = own(places.first()?).first().copied()?;
    let same = |place: &Place<'_>| {
        own(place)
            .first()
            .is_some_and(|it| it["url"] == first["url"])
    };
    places.iter().all(same).then_some(first)
}

/// A server's address as it is written, and with the usual values of its variables.
fn spellings(server: &Value) -> Vec<String> {
    let said = server["url"].as_str().unwrap_or_default();
    if said.len() > LONGEST_ADDRESS {
        return Vec::new();
    }
    let mut filled = said.to_owned();
    for (name, variable) in super::document::fields(server.get("variables")).take(20) {
        if let Some(usual) = variable["default"].as_str().filter(|it| it.len() < 200) {
            filled = filled.replacen(&format!("{{{name}}}"), usual, 4);
        }
    }
    vec![address(said), address(&filled)]
}

/// An address in one form: letters of the host, usual ports and a slash at the end make no difference.
fn address(text: &str) -> String {
    let text = text.trim();
    let parsed = Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.to_string());
    parsed.trim_end_matches('/').to_owned()
}
