//! The pack and workflow to start from. Everything in them is cautious: what is only guessed counts
//! as critical, so that it waits for a person even where the record looks blank.

use super::fields::Fields;
use super::needs::grants;
use super::{Audit, AuditedTool, Subject, reach};
use crate::action::tool_name;
use crate::action::visible::visible;
use crate::classify::pack::{Pack, ReadRule, RecordRule, ToolEntry, UndoRule};
use crate::classify::{Effect, Level};
use crate::govern::workflow::{Grant, Workflow};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A pack with an entry for every tool audited: the known ones as they are, the others as guessed.
/// `name` is a pack's name, `title` what people call the system.
pub fn pack(audit: &Audit, subject: Subject<'_>, (name, title): (&str, &str)) -> Pack {
    let blank = || from_schema(json!({ "name": name, "title": title }));
    let mut pack: Pack = subject.pack.cloned().unwrap_or_else(blank);
    let reads = readers(&audit.tools);
    for tool in audit
        .tools
        .iter()
        .filter(|tool| !tool.is_classified() && is_plain(tool))
    {
        let entry = entry(tool, subject, &reads);
        pack.tools.insert(tool.name.clone(), entry);
    }
    reach::say_inside(&mut pack, subject);
    pack
}

/// Names of the tools that only read.
pub(super) fn readers(tools: &[AuditedTool]) -> BTreeSet<&str> {
    tools
        .iter()
        .filter(|tool| tool.effect == Effect::Read)
        .map(|tool| tool.name.as_str())
        .collect()
}

/// Arguments that change nothing of what happens, whatever the tool: how much is answered, and how.
const OPTIONS: [&str; 11] = [
    "page_size",
    "pageSize",
    "per_page",
    "perPage",
    "response_format",
    "responseFormat",
    "output_format",
    "outputFormat",
    "pretty",
    "prettyPrint",
    "pretty_print",
];

/// Those of them that a tool declares.
fn options(tool: &AuditedTool, subject: Subject<'_>) -> Vec<&'static str> {
    let definition = subject.tools.iter().find(|it| it["name"] == *tool.name);
    let declared = definition.map(|it| &it["inputSchema"]["properties"]);
    OPTIONS
        .into_iter()
        .filter(|name| declared.is_some_and(|declared| declared.get(name).is_some()))
        .collect()
}

/// False for a name that does not look like what it is: it is written into no file that people read.
fn is_plain(tool: &AuditedTool) -> bool {
    visible(&tool.name) == tool.name
}

/// The entry to start from for a tool.
pub(super) fn entry(tool: &AuditedTool, subject: Subject<'_>, reads: &BTreeSet<&str>) -> ToolEntry {
    let id = tool.guess.id_argument.as_deref();
    let kind = tool.guess.record_type.as_deref().unwrap_or("record");
    let record = id.map(|id| record(kind, &path(id)));
    let updates = tool.effect == Effect::Update;
    let writes = tool.effect != Effect::Read;
    // An update needs a record; of one without a known id the whole tool stands for it.
    let record = record
        .filter(|_| writes)
        .or_else(|| updates.then(|| self::record("unknown", &quoted(&tool.name))));
    let read = record
        .as_ref()
        .and_then(|_| read_rule(tool, subject, reads));
    let fields = Fields::of(tool, subject);
    let changes = (writes && !fields.is_empty() || updates).then(|| fields.changes());
    let high_impact = tool.effect == Effect::Create && tool.level > Level::LowRisk;
    from_schema(json!({
        "effect": tool.effect,
        "high_impact": high_impact,
        "areas": tool.areas,
        "record": record,
        "changes": changes,
        "undo": writes.then(|| undo_rule((tool, &fields), read.as_ref())),
        "read": read,
        "critical": if updates { fields.of_record() } else { Vec::new() },
        "text": text(&fields, &tool.fields),
        "options": if writes { options(tool, subject) } else { Vec::new() },
        "guard": reach::guards(tool, subject),
    }))
}

fn record(kind: &str, id: &str) -> RecordRule {
    from_schema(json!({ "type": kind, "id": id }))
}

/// The reading tool, when every argument it has to be given can be taken from the call.
fn read_rule(tool: &AuditedTool, subject: Subject<'_>, reads: &BTreeSet<&str>) -> Option<ReadRule> {
    let reader = tool
        .guess
        .read
        .as_deref()
        .filter(|name| reads.contains(name))?;
    let definition = |name: &str| subject.tools.iter().find(|it| it["name"] == name);
    let mine = &definition(&tool.name)?["inputSchema"]["properties"];
    let id = tool.guess.id_argument.as_deref()?;
    let required: Vec<&str> = definition(reader)?["inputSchema"]["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let required = if required.is_empty() {
        vec![id]
    } else {
        required
    };
    let unknown = required
        .iter()
        .filter(|name| mine.get(**name).is_none())
        .count();
    if unknown > 1 || unknown == 1 && mine.get(id).is_none() {
        return None;
    }
    // Leeway itself reads only what is named by ids: never what an agent names otherwise.
    if reach::outside(reader, subject, &required).is_some()
        || reach::outside(&tool.name, subject, &[id]).is_some()
    {
        return None;
    }
    let pairs: Vec<String> = required
        .iter()
        .map(|name| {
            let from = if mine.get(*name).is_some() { name } else { id };
            format!("{}: {}", quoted(name), path(from))
        })
        .collect();
    Some(from_schema(json!({
        "tool": reader,
        "arguments": format!("{{{}}}", pairs.join(", ")),
        "fields": ".structuredContent // .json",
    })))
}

/// The texts to look through for sensitive issues, of a tool whose arguments carry any.
fn text(fields: &Fields, arguments: &[String]) -> Option<String> {
    const TEXTS: [&str; 10] = [
        "text",
        "body",
        "content",
        "message",
        "subject",
        "title",
        "description",
        "comment",
        "html",
        "note",
    ];
    let is_text = |name: &str| TEXTS.contains(&name.to_lowercase().as_str());
    let renamed = fields.renamed.iter().filter(|(_, field)| is_text(field));
    let texts: Vec<String> = arguments
        .iter()
        .filter(|argument| is_text(argument))
        .chain(renamed.map(|(argument, _)| argument))
        .map(|argument| path(argument))
        .collect();
    (!texts.is_empty()).then(|| format!("[{} | strings]", texts.join(", ")))
}

/// Writing old values back is the one undo that can be worked out; any other waits for a person who
/// tried it.
fn undo_rule((tool, fields): (&AuditedTool, &Fields), read: Option<&ReadRule>) -> UndoRule {
    let candidate = tool.guess.undo.as_ref();
    let itself = candidate.is_some_and(|undo| undo.tool == tool.name);
    match (itself, read, tool.guess.id_argument.as_deref()) {
        (true, Some(_), Some(id)) if tool.effect == Effect::Update && !fields.is_empty() => {
            UndoRule::Exact {
                tool: tool.name.clone(),
                arguments: fields.old_values(id),
                summary: "Writes the old values back.".to_owned(),
            }
        }
        _ => UndoRule::None {
            why: match candidate.filter(|_| !itself) {
                Some(undo) => format!("not confirmed yet: `{}` may take it back", undo.tool),
                None => "no tool is known that takes it back".to_owned(),
            },
        },
    }
}

/// A name as a jq path: `.name`, or `.["odd name"]`.
pub(super) fn path(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    if plain {
        format!(".{name}")
    } else {
        format!(".[{}]", quoted(name))
    }
}

/// A text in jq is a text in JSON: a backslash is doubled, so nothing in it is interpolated. What is
/// not plain ASCII is escaped, so that a person who reads the filter sees all there is.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    let mut units = [0; 2];
    for c in Value::String(text.to_owned()).to_string().chars() {
        if c.is_ascii() {
            quoted.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                quoted.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    quoted
}

/// A workflow that lets agents read and propose, and nothing else.
pub fn workflow(audit: &Audit, subject: Subject<'_>, title: &str) -> Workflow {
    let grants: BTreeMap<String, Grant> = audit
        .tools
        .iter()
        .filter(|tool| is_plain(tool))
        .map(|tool| (tool_name(subject.system, &tool.name), grants(tool).0))
        .filter(|(_, grant)| *grant != Grant::Blocked)
        .collect();
    match subject.workflow {
        Some(workflow) => {
            let mut workflow = workflow.clone();
            for (tool, grant) in grants {
                workflow.grants.entry(tool).or_insert(grant);
            }
            workflow
        }
        None => from_schema(json!({
            "name": format!("{}-draft", subject.system),
            "title": title,
            "purpose": "Reads, and proposes what a person then does. Drafted by the audit.",
            "owner": audit.owners.first().map(|owner| &owner.business_owner),
            "responsibility": audit.owners.first().map(|owner| owner.responsibility),
            "grants": grants,
        })),
    }
}

/// A value of a configuration's schema; what is not said has the schema's own default.
fn from_schema<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("INVARIANT: a draft is of its schema")
}
