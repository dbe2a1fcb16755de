//! What stays inside its system. A reading that Leeway makes for itself (to judge, show, undo or reconcile) is
//! an act that nobody decided on: it goes only through a tool that is given ids of records, never addresses,
//! hosts, queries or free text. What an agent's own read reaches is [`super::outward`].

use super::Effect;
use super::compiled::{CompiledTool, PackProblem};
use super::filter::Filter;
use super::guess::words;
use super::pack::{Pack, ToolEntry};
use serde_json::{Value, json};

/// Words of arguments that hold an address.
const ADDRESSES: &str = "url urls uri uris href link links host hosts hostname domain endpoint server \
    website webhook callback proxy ip address origin site permalink";

/// Words of arguments that hold what somebody wrote, or ask for.
const FREE_TEXT: &str = "query queries q search prompt text question sql jql soql cql gql graphql \
    expression script code command cmd body content message term terms keyword keywords statement \
    pattern regex instruction instructions html input filter where subject comment note";

/// Last words of arguments that are ids.
const STRONG_IDS: &str = "id ids iid gid sid uid uuid guid key keys number no nr sha slug ts ref";

/// Last words of arguments that name a record, or say how it is shown.
const IDS: &str = "path name names handle owner repo repository branch account type kind format page cursor limit fields properties \
    project channel file folder timezone";

/// Words of arguments whose values have dots and are no hosts.
pub(super) const PLACES: &str = "path paths file files filename folder dir directory repo repository branch name names \
    email emails mail account";

/// Longest id.
const LONGEST_ID: usize = 300;
/// Most words of an id: names of people and things have a few.
const MOST_WORDS: usize = 6;

pub(super) fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

/// Whether the last word of a name says that it is an id, whatever stands before it: `message_id`.
fn ends_as_id(words: &[String]) -> bool {
    words.len() > 1 && words.last().is_some_and(|last| among(STRONG_IDS, last))
}

/// Whether an argument of this name holds an address.
pub fn names_address(argument: &str) -> bool {
    let words = words::split(argument);
    // An e-mail address is no place that is reached by reading.
    let mail = words.iter().any(|word| among("email mail", word));
    !mail && !ends_as_id(&words) && words.iter().any(|word| among(ADDRESSES, word))
}

/// Whether an argument of this name holds free text.
pub fn names_text(argument: &str) -> bool {
    let words = words::split(argument);
    !ends_as_id(&words) && words.iter().any(|word| among(FREE_TEXT, word))
}

/// Whether an argument of this name holds a record's id, by its name.
pub fn names_id(argument: &str) -> bool {
    let words = words::split(argument);
    !names_address(argument)
        && !names_text(argument)
        && words
            .last()
            .is_some_and(|last| among(STRONG_IDS, last) || among(IDS, last))
}

/// Whether a text is an address, whatever it is called.
pub fn is_address(text: &str) -> bool {
    const SCHEMES: [&str; 12] = [
        "http:",
        "https:",
        "ftp:",
        "ftps:",
        "file:",
        "data:",
        "javascript:",
        "gopher:",
        "ldap:",
        "ws:",
        "wss:",
        "jar:",
    ];
    let text = text.trim().to_lowercase();
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
    [text.as_str(), decoded.as_ref()].iter().any(|text| {
        text.contains("://")
            || text.starts_with("//")
            || text.starts_with("\\\\")
            || SCHEMES.iter().any(|scheme| text.starts_with(scheme))
            || is_inner(host_part(text))
    })
}

/// Whether a text looks like a host, with or without what follows it: `host.example/path`.
pub(super) fn looks_like_host(text: &str) -> bool {
    let host = host_part(text.trim());
    let labels: Vec<&str> = host.split('.').collect();
    let plain =
        |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    labels.len() > 1
        && labels.iter().all(plain)
        && labels
            .last()
            .is_some_and(|last| last.chars().count() > 1 && last.chars().all(char::is_alphabetic))
}

pub(super) fn host_part(text: &str) -> &str {
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    match host.rsplit_once(':') {
        // The last group of a bare IPv6 address is no port.
        Some((before, _)) if before.contains(':') && !before.ends_with(']') => host,
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => host,
    }
}

pub(super) fn is_inner(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare.parse::<core::net::Ipv4Addr>().is_ok()
        || bare.parse::<core::net::Ipv6Addr>().is_ok()
}

/// The texts and numbers of a value, each with the name it stands under.
fn leaves<'a>(name: &'a str, value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, item)| leaves(key, item, found)),
        Value::Array(items) => items.iter().for_each(|item| leaves(name, item, found)),
        Value::String(_) | Value::Number(_) => found.push((name, value)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Whether the arguments of a reading of Leeway's own are ids of records alone. `declared` is what the pack
/// says of the tool; where it says nothing, the names have to. `given` is how the call names its record.
pub fn stays_inside(
    declared: Option<bool>,
    arguments: &Value,
    given: Option<&str>,
) -> Result<(), String> {
    if declared == Some(false) {
        return Err("it leaves its system".to_owned());
    }
    let mut found = Vec::new();
    leaves("", arguments, &mut found);
    for (name, value) in found {
        if names_address(name) {
            return Err(format!("`{name}` is an address"));
        }
        if names_text(name) {
            return Err(format!("`{name}` is free text"));
        }
        let Value::String(text) = value else {
            continue;
        };
        if is_address(text) {
            return Err(format!("what stands in `{name}` is an address"));
        }
        let places = words::split(name).iter().any(|word| among(PLACES, word));
        let sentence = text.chars().count() > LONGEST_ID
            || text.split_whitespace().count() > MOST_WORDS
            || text.contains('\n');
        if sentence && !places {
            return Err(format!("what stands in `{name}` is no id"));
        }
        if declared == Some(true) {
            continue;
        }
        if looks_like_host(text) && !places {
            return Err(format!("what stands in `{name}` may be an address"));
        }
        if !names_id(name) && given != Some(text) {
            return Err(format!("nothing says that `{name}` is a record's id"));
        }
    }
    Ok(())
}

/// Names of the arguments that a filter builds, as far as its text shows them: `{id: .id, owner}`.
fn built(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in source.chars().chain([' ']) {
        if c.is_alphanumeric() || c == '_' || c == '-' {
            word.push(c);
            continue;
        }
        // `name:` and `{name}`, not `.name` nor `$name`.
        if !word.is_empty() && !matches!(before, '.' | '$') {
            names.push(std::mem::take(&mut word));
        }
        word.clear();
        before = c;
    }
    names
}

/// What a filter that gives the arguments of a reading gives whatever the call says.
pub(super) fn fixed(filter: &Filter) -> serde_json::Map<String, Value> {
    match filter.run(&json!({}), &Value::Null, &Value::Null) {
        Ok(Value::Object(fields)) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        _ => serde_json::Map::new(),
    }
}

/// Problems of a pack whose reading tools leave their system: a reading that reaches out, though the pack
/// says that it does not.
pub(super) fn problems(pack: &Pack) -> Vec<PackProblem> {
    let mut found = Vec::new();
    for (name, entry) in &pack.tools {
        if entry.inside.is_some() && entry.gravest() != Effect::Read {
            found.push(PackProblem {
                code: "inside-not-a-read",
                path: format!("tool.{name}.inside"),
                message: format!("`{name}` does not only read"),
                help: "`inside` is said of tools that read".to_owned(),
            });
        }
        for host in &entry.hosts {
            let name_only = host.strip_prefix("*.").unwrap_or(host);
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
            if name_only.is_empty() || !name_only.chars().all(plain) {
                found.push(PackProblem {
                    code: "host-invalid",
                    path: format!("tool.{name}.hosts"),
                    message: format!("`{host}` is no host"),
                    help: "write `example.com`, or `*.example.com` for every host below it"
                        .to_owned(),
                });
            }
        }
        found.extend(outside(pack, name, entry, true));
    }
    found
}

/// What of a pack is not read, because reading it may reach outside the system: the same, where the pack
/// does not say that it stays inside.
pub fn unread(pack: &Pack) -> Vec<PackProblem> {
    pack.tools
        .iter()
        .filter_map(|(name, entry)| outside(pack, name, entry, false))
        .collect()
}

fn outside(pack: &Pack, name: &str, entry: &ToolEntry, declared: bool) -> Option<PackProblem> {
    let read = entry.read.as_ref()?;
    let inside = pack.tools.get(&read.tool)?.inside;
    if (inside == Some(true)) != declared {
        return None;
    }
    let why = match inside {
        Some(false) => "the pack says that it leaves its system".to_owned(),
        _ => reaches_out(&read.arguments)?,
    };
    Some(PackProblem {
        code: "read-reaches-out",
        path: format!("tool.{name}.read.arguments"),
        message: format!(
            "reading through `{}` may reach outside its system: {why}",
            read.tool
        ),
        help: "read through a tool that is given ids of records; without one the call waits for a person"
            .to_owned(),
    })
}

/// Why a filter that gives the arguments of a reading does not give ids of records alone; by its text.
pub(super) fn reaches_out(source: &str) -> Option<String> {
    let names = built(source);
    names
        .iter()
        .find(|name| names_address(name))
        .map(|name| format!("`{name}` is an address"))
        .or_else(|| {
            let text = names.iter().find(|name| names_text(name))?;
            Some(format!("`{text}` is free text"))
        })
}

impl CompiledTool {
    /// Whether Leeway may read the record through the pack's reading tool, given what it would be given.
    pub fn may_read(&self, arguments: &Value, reading: &Value) -> Result<(), String> {
        let given = self.given(arguments).ok().flatten();
        // What the pack itself gives is nothing that an agent chose.
        let fixed = self.read.as_ref().map(|read| &read.fixed);
        let chosen: serde_json::Map<String, Value> = reading
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| fixed.and_then(|fixed| fixed.get(*name)) != Some(*value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        stays_inside(self.reads_inside, &Value::Object(chosen), given.as_deref())
    }

    /// Why the record is not read, where it is for what the reading would be given.
    pub(super) fn outside(&self, arguments: &Value) -> Option<String> {
        let (tool, reading) = self.read_call(arguments)?.ok()?;
        let why = self.may_read(arguments, &reading).err()?;
        Some(format!(
            "the record is not read, as `{tool}` may reach outside its system: {why}"
        ))
    }
}
