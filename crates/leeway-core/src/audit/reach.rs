//! Tools that reach what an agent names: which arguments hold addresses, the guards that a tool which reads
//! there needs, and which readings stay inside their system.

use super::draft::{path, quoted};
use super::{AuditedTool, Subject, acts};
use crate::classify::Effect;
use crate::classify::inside::{names_address, names_id, names_text};
use crate::classify::pack::Pack;
use serde_json::{Value, json};

/// Formats of a schema that are addresses.
const FORMATS: [&str; 8] = [
    "uri",
    "uri-reference",
    "iri",
    "iri-reference",
    "url",
    "hostname",
    "ipv4",
    "ipv6",
];

fn properties<'a>(subject: Subject<'a>, tool: &str) -> Option<&'a serde_json::Map<String, Value>> {
    let definition = subject.tools.iter().find(|it| it["name"] == tool)?;
    definition["inputSchema"]["properties"].as_object()
}

fn is_address(name: &str, schema: &Value) -> bool {
    let format = |schema: &Value| {
        schema["format"]
            .as_str()
            .is_some_and(|format| FORMATS.contains(&format))
    };
    names_address(name) || format(schema) || format(&schema["items"])
}

/// Arguments of a tool that hold addresses.
pub(super) fn addresses(tool: &str, subject: Subject<'_>) -> Vec<String> {
    properties(subject, tool)
        .into_iter()
        .flatten()
        .filter(|(name, schema)| is_address(name, schema))
        .map(|(name, _)| name.clone())
        .collect()
}

/// The reading tool that a guess names and that nothing is read through, and the argument it is for.
pub(super) fn unread(tool: &AuditedTool, subject: Subject<'_>) -> Option<(String, String)> {
    let reader = tool
        .guess
        .read
        .as_deref()
        .filter(|_| tool.entry.is_none())?;
    let definition = subject.tools.iter().find(|it| it["name"] == reader)?;
    let required = definition["inputSchema"]["required"].as_array();
    let id = tool.guess.id_argument.as_deref();
    let given: Vec<&str> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(id)
        .collect();
    let argument =
        outside(reader, subject, &given).or_else(|| outside(&tool.name, subject, id.as_slice()))?;
    Some((reader.to_owned(), argument))
}

/// The first of a reading's arguments that is not a record's id: an address, or free text.
pub(super) fn outside(tool: &str, subject: Subject<'_>, given: &[&str]) -> Option<String> {
    let properties = properties(subject, tool)?;
    given
        .iter()
        .find(|name| {
            let schema = properties.get(**name).unwrap_or(&Value::Null);
            is_address(name, schema) || names_text(name)
        })
        .map(|name| (*name).to_owned())
}

/// Says of each tool that drafted entries are read through that it stays inside, where all it can be given are
/// ids by their names.
pub(super) fn say_inside(pack: &mut Pack, subject: Subject<'_>) {
    let readers: Vec<String> = pack
        .tools
        .values()
        .filter_map(|entry| Some(entry.read.as_ref()?.tool.clone()))
        .collect();
    for reader in readers {
        let plain = properties(subject, &reader).is_some_and(|properties| {
            properties
                .iter()
                .all(|(name, schema)| names_id(name) && !is_address(name, schema))
        });
        let entry = pack.tools.get_mut(&reader);
        if let Some(entry) = entry.filter(|entry| plain && entry.gravest() == Effect::Read) {
            entry.inside.get_or_insert(true);
        }
    }
}

/// The guards of a tool that reads at an address it is given: what the server itself may not refuse.
pub(super) fn guards(tool: &AuditedTool, subject: Subject<'_>) -> Value {
    let mut guards = of_addresses(tool, subject);
    let beside = acts::beside_reading(&tool.name, subject);
    if tool.effect == Effect::Read
        && !beside.is_empty()
        && let Value::Array(guards) = &mut guards
    {
        let paths: Vec<String> = beside.iter().map(|name| path(name)).collect();
        guards.push(json!({
            "id": "more-than-reading",
            "when": format!("[{}] | any(.[]; . != null)", paths.join(", ")),
            "then": "hold",
            "text": "By an argument of this call the tool may do more than read.",
        }));
    }
    guards
}

fn of_addresses(tool: &AuditedTool, subject: Subject<'_>) -> Value {
    let webs: Vec<String> = addresses(&tool.name, subject)
        .into_iter()
        .filter(|name| {
            let name = name.to_lowercase();
            ["url", "uri", "href", "link"]
                .iter()
                .any(|word| name.contains(word))
        })
        .map(|name| path(&name))
        .collect();
    if tool.effect != Effect::Read || webs.is_empty() {
        return json!([]);
    }
    let each = format!(
        "[({}) | if type == \"array\" then .[] else . end | select(. != null) | tostring]",
        webs.join(", ")
    );
    let any = |test: &str| format!("{each} | any(.[]; {test})");
    let web = quoted("^https?://[A-Za-z0-9.-]+(:[0-9]+)?([/?#][^\\s\\\\]*)?$");
    let host = quoted("^https?://(?<host>[^/?#]*)");
    let inner = quoted(INNER);
    json!([
        {
            "id": "web-address",
            "when": any(&format!("test({web}; \"i\") | not")),
            "then": "block",
            "text": "Only plain web addresses may be read: http or https, a host by name, no sign-in.",
        },
        {
            "id": "inner-address",
            "when": any(&format!(
                "(capture({host}; \"i\").host // \"\") | sub(\":[0-9]*$\"; \"\") | ascii_downcase | test({inner})"
            )),
            "then": "block",
            "text": "The address points into an inner network.",
        },
        {
            "id": "data-in-address",
            "when": any("length > 500"),
            "then": "hold",
            "text": "The address is so long that it may carry data out.",
        },
    ])
}

/// Hosts in inner networks: as in the shipped pack of the fetch server.
const INNER: &str = r"^(0|127\.|10\.|192\.168\.|169\.254\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|172\.(1[6-9]|2[0-9]|3[01])\.|[0-9]+\.?$)|\.(localhost|local|internal|intranet|lan|home|corp|arpa)\.?$|^[^.]*\.?$";
