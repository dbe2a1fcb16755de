//! What stands in the way of letting agents use a system's tools, each with its stable code and what
//! ends it.

use super::needs::reader;
use super::{AuditedTool, Subject, draft, reach};
use crate::action::tool_name;
use crate::action::visible::visible;
use crate::classify::account::complete::gaps;
use crate::classify::account::paths::shown;
use crate::classify::compiled::CompiledTool;
use crate::classify::{Effect, Level};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// Stable code, kebab-case.
    pub code: String,
    /// The tool it is about; absent when it is about all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What is wrong, one sentence.
    pub message: String,
    /// What ends it.
    pub help: String,
}

fn blocker(code: &str, tool: Option<&str>, message: impl Into<String>, help: &str) -> Blocker {
    Blocker {
        code: code.to_owned(),
        tool: tool.map(str::to_owned),
        message: message.into(),
        help: help.to_owned(),
    }
}

pub(super) fn find(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<Blocker> {
    let definitions: BTreeMap<&str, &Value> = subject
        .tools
        .iter()
        .rev()
        .filter_map(|definition| Some((definition["name"].as_str()?, definition)))
        .collect();
    let mut found = about_all(tools, subject);
    let reads = draft::readers(tools);
    for tool in tools {
        let definition = definitions.get(tool.name.as_str()).copied();
        found.extend(about_tool(
            tool,
            subject,
            (definition.unwrap_or(&Value::Null), &reads),
        ));
    }
    found.extend(about_workflow(tools, subject));
    found.extend(about_owners(tools, subject));
    found
}

fn about_all(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<Blocker> {
    let mut found = Vec::new();
    if tools.is_empty() {
        found.push(blocker(
            "no-tools",
            None,
            "the system lists no tool",
            "check that it is the right server and that its credentials allow it to list tools",
        ));
    }
    let nameless = subject.tools.len()
        - subject
            .tools
            .iter()
            .filter(|it| it["name"].as_str().is_some_and(|name| !name.is_empty()))
            .count();
    if nameless > 0 {
        found.push(blocker(
            "tool-nameless",
            None,
            format!(
                "{nameless} of the tools listed have no name, so nobody can call or govern them"
            ),
            "tell whoever makes the server",
        ));
    }
    let unclassified = tools.iter().filter(|tool| !tool.is_classified()).count();
    if subject.pack.is_none() && unclassified > 0 {
        found.push(blocker(
            "no-pack",
            None,
            format!("nobody has said yet what the {unclassified} tools do: what stands here is a guess, and Leeway blocks what is only guessed"),
            "review the draft pack line by line, and put it into packs/",
        ));
    }
    found
}

fn about_tool(
    tool: &AuditedTool,
    subject: Subject<'_>,
    (definition, reads): (&Value, &BTreeSet<&str>),
) -> Vec<Blocker> {
    let name = Some(tool.name.as_str());
    let mut found = Vec::new();
    if subject.pack.is_some() && !tool.is_classified() {
        found.push(blocker(
            "tool-unclassified",
            name,
            format!(
                "the pack has no entry for `{}`, so it is blocked",
                tool.name
            ),
            "take its entry from the draft pack after reading it",
        ));
    }
    if visible(&tool.name) != tool.name {
        found.push(blocker(
            "name-hides-characters",
            name,
            format!(
                "the name `{}` holds characters that cannot be seen, so it can pass for another",
                tool.name
            ),
            "do not use the server until you know why; the drafts leave the tool out",
        ));
    }
    if tool.entry.is_none() {
        found.extend(guessed(tool, definition));
    }
    found.extend(unaccounted(tool, subject, (definition, reads)));
    let addresses = reach::addresses(&tool.name, subject);
    if tool.effect == Effect::Read && !addresses.is_empty() {
        found.push(blocker(
            "reads-any-address",
            name,
            format!(
                "`{}` reads at whatever address an agent gives it in `{}`",
                tool.name,
                visible(&addresses.join("`, `"))
            ),
            "list the hosts it may read from alone in its pack entry, hosts = [\"example.com\"]; any other waits for a person",
        ));
    }
    if let Some((reader, argument)) = reach::unread(tool, subject) {
        found.push(blocker(
            "read-reaches-out",
            name,
            format!(
                "what `{}` changes would be read by `{}`, which `{}` may lead outside the system, so it is not read",
                tool.name,
                visible(&reader),
                visible(&argument)
            ),
            "name a reading tool that is given the ids of records; without one every call waits for a person",
        ));
    }
    let declared = tool.entry.as_ref().and_then(|entry| entry.inside);
    if declared == Some(true) && !addresses.is_empty() {
        found.push(blocker(
            "inside-takes-addresses",
            name,
            format!(
                "the pack says that `{}` stays inside its system, but it takes an address in `{}`",
                tool.name,
                visible(&addresses.join("`, `"))
            ),
            "take inside = true out of its pack entry",
        ));
    }
    if tool.effect == Effect::Execute {
        found.push(blocker(
            "runs-anything",
            name,
            format!("`{}` does whatever the call says, so no rule can tell a harmless call from a grave one", tool.name),
            "leave it blocked, or replace it by tools for the few things that are needed",
        ));
    }
    let changes =
        matches!(tool.effect, Effect::Update | Effect::Merge) || tool.effect == Effect::Delete;
    if changes && tool.level >= Level::HighImpact && reader(tool).is_none() {
        found.push(blocker(
            "old-value-unknown",
            name,
            format!("no tool is known to read what `{}` changes, so neither the old value nor an undo can be recorded", tool.name),
            "name the reading tool in the pack, or leave the tool blocked",
        ));
    }
    found
}

/// Declared arguments that the entry, or the one drafted, does not speak of.
fn unaccounted(
    tool: &AuditedTool,
    subject: Subject<'_>,
    (definition, reads): (&Value, &BTreeSet<&str>),
) -> Vec<Blocker> {
    let drafted = || draft::entry(tool, subject, reads);
    let entry = tool.entry.clone().unwrap_or_else(drafted);
    let Some(compiled) = CompiledTool::alone(&entry) else {
        return Vec::new();
    };
    let gaps = gaps(&compiled, &definition["inputSchema"]);
    let name = Some(tool.name.as_str());
    let listed = |names: &[String]| {
        let shown: Vec<String> = names
            .iter()
            .map(|name| format!("`{}`", shown(name)))
            .collect();
        shown.join(", ")
    };
    let mut found = Vec::new();
    if !gaps.unaccounted.is_empty() {
        found.push(blocker(
            "argument-unaccounted",
            name,
            format!(
                "nothing says what these arguments of `{}` do: {}; a call with one waits for a person",
                tool.name,
                listed(&gaps.unaccounted)
            ),
            "add each to `changes`, `text`, `recipients` or `details` of its entry, or to `options` when it cannot change what happens",
        ));
    }
    if !gaps.drops_null.is_empty() {
        found.push(blocker(
            "null-dropped",
            name,
            format!(
                "the entry of `{}` passes over `null` in {}, which makes a field blank; such a call waits for a person",
                tool.name,
                listed(&gaps.drops_null)
            ),
            "let `changes` give `null` on, or say with `null_keeps` that it leaves the field as it is",
        ));
    }
    found
}

/// What makes a guess about a tool shakier than most.
fn guessed(tool: &AuditedTool, definition: &Value) -> Vec<Blocker> {
    let name = Some(tool.name.as_str());
    let mut found = Vec::new();
    let says_read_only = definition["annotations"]["readOnlyHint"] == Value::Bool(true);
    if says_read_only && tool.effect != Effect::Read {
        found.push(blocker(
            "misleading-hint",
            name,
            format!(
                "the system calls `{}` read-only, but its name and arguments say otherwise",
                tool.name
            ),
            "find out what it does before anybody uses it; ask whoever makes the server",
        ));
    }
    if tool.why.contains("nothing known in its name") {
        found.push(blocker(
            "meaning-unknown",
            name,
            format!(
                "the name `{}` does not say what it does, so the worst that is usual is assumed",
                tool.name
            ),
            "find out by its documentation or on test data, and write its pack entry by hand",
        ));
    }
    if !definition["inputSchema"].is_object() {
        found.push(blocker(
            "no-schema",
            name,
            format!(
                "`{}` does not say what arguments it takes, so nothing about a call can be checked",
                tool.name
            ),
            "leave it blocked until the server describes its arguments",
        ));
    }
    found
}

fn about_workflow(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<Blocker> {
    let Some(workflow) = subject.workflow else {
        return vec![blocker(
            "no-workflow",
            None,
            "no workflow says what agents may do with these tools",
            "begin with the draft workflow: it lets agents read and propose, and nothing else",
        )];
    };
    let mut found = Vec::new();
    if workflow.owner.trim().is_empty() {
        found.push(blocker(
            "no-owner",
            None,
            format!(
                "the workflow `{}` names no owner, so nobody answers for what waits",
                workflow.name
            ),
            "write owner = \"…\" in the workflow",
        ));
    }
    let own = format!("{}__", subject.system);
    for granted in workflow.grants.keys().filter(|name| name.starts_with(&own)) {
        if !tools
            .iter()
            .any(|tool| tool_name(subject.system, &tool.name) == *granted)
        {
            found.push(blocker(
                "granted-tool-missing",
                Some(&granted[own.len()..]),
                format!("the workflow grants `{granted}`, which the system does not list"),
                "take it out of the workflow, or find out why the tool is gone",
            ));
        }
    }
    found
}

/// Rows of the matrix in force that nobody owns: what depends on them waits for nobody.
fn about_owners(tools: &[AuditedTool], subject: Subject<'_>) -> Vec<Blocker> {
    if subject.owners.is_none() {
        return Vec::new();
    }
    super::owners::needed(tools, subject)
        .into_iter()
        .filter(|need| need.named.is_none())
        .map(|need| {
            let message = format!(
                "nobody owns `{}`, so what its tools propose never runs",
                need.responsibility.name()
            );
            let help = format!(
                "name a business owner in owners.toml, [owner.{}]",
                need.responsibility.name()
            );
            blocker("owner-missing", None, message, &help)
        })
        .collect()
}
