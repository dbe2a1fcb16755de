//! What a configuration means: packs and rules compile, and everything named exists.

use super::Configuration;
use super::load::{Read, Source, nearest};
use super::problems::{Problem, Severity};
use super::secret;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::system::System;
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::rules::CompiledRules;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Every error of a configuration that came without files, e.g. over the API.
pub fn check(configuration: &Configuration) -> Vec<Problem> {
    let source = |kind: &str, name: &str| Source {
        file: format!("{kind}/{name}.toml"),
        text: String::new(),
    };
    let read = Read {
        settings: configuration.settings.clone(),
        systems: configuration
            .systems
            .iter()
            .map(|system| (source("systems", &system.name), system.clone()))
            .collect(),
        packs: configuration
            .packs
            .iter()
            .map(|pack| (source("packs", &pack.name), pack.clone()))
            .collect(),
        workflows: configuration
            .workflows
            .iter()
            .map(|workflow| (source("workflows", &workflow.name), workflow.clone()))
            .collect(),
    };
    let mut problems = Vec::new();
    check_places(&read, &mut problems);
    problems.retain(|problem| problem.severity == Severity::Error);
    problems
}

/// Checks what was read, with places.
pub fn check_places(read: &Read, problems: &mut Vec<Problem>) {
    for (source, pack) in &read.packs {
        named(source, &pack.name, problems);
        if let Err(found) = CompiledPack::compile(pack.clone()) {
            problems.extend(found.into_iter().map(|found| {
                source
                    .at(&found.path, found.code, found.message)
                    .help(found.help)
            }));
        }
    }
    let packs: BTreeMap<&str, &Pack> = read
        .packs
        .iter()
        .map(|(_, pack)| (pack.name.as_str(), pack))
        .collect();
    for (source, system) in &read.systems {
        named(source, &system.name, problems);
        check_system((source, system), &packs, problems);
    }
    let tools: BTreeSet<String> = read
        .systems
        .iter()
        .filter_map(|(_, system)| packs.get(system.pack.as_str()).map(|pack| (system, pack)))
        .flat_map(|(system, pack)| {
            pack.tools
                .keys()
                .map(|tool| leeway_core::action::tool_name(&system.name, tool))
        })
        .collect();
    for (source, workflow) in &read.workflows {
        named(source, &workflow.name, problems);
        check_workflow((source, workflow), &tools, problems);
    }
}

/// A thing's name is its file's name: one place to look for it, and no two alike.
fn named(source: &Source, name: &str, problems: &mut Vec<Problem>) {
    let stem = Path::new(&source.file)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    if stem != name {
        problems.push(
            source
                .at(
                    "name",
                    "name-differs",
                    format!("it is named `{name}` in a file named `{stem}.toml`"),
                )
                .help("give the file and the thing the same name"),
        );
    }
}

fn check_system(
    (source, system): (&Source, &System),
    packs: &BTreeMap<&str, &Pack>,
    problems: &mut Vec<Problem>,
) {
    let plain = !system.name.is_empty()
        && system
            .name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain {
        problems.push(
            source
                .at(
                    "name",
                    "name-invalid",
                    format!("`{}` cannot be a system's name", system.name),
                )
                .help("use lower-case letters, digits and hyphens"),
        );
    }
    if system.command.is_some() == system.url.is_some() {
        problems.push(
            source
                .at(
                    "command",
                    "transport-unclear",
                    "exactly one of `command` and `url` must be given",
                )
                .help("`command` runs an MCP server here; `url` reaches one over HTTP"),
        );
    }
    if !packs.contains_key(system.pack.as_str()) {
        let help = nearest(&system.pack, packs.keys().copied()).map_or_else(
            || "add packs/NAME.toml to the folder".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(
            source
                .at(
                    "pack",
                    "pack-unknown",
                    format!("there is no pack `{}`", system.pack),
                )
                .help(help),
        );
    }
    for (table, values) in [("env", &system.env), ("headers", &system.headers)] {
        for (name, value) in values {
            check_value(
                (source, &format!("{table}.{name}")),
                (name, value),
                problems,
            );
        }
    }
}

fn check_value(
    (source, path): (&Source, &str),
    (name, value): (&str, &str),
    problems: &mut Vec<Problem>,
) {
    const SECRET: [&str; 6] = [
        "token",
        "key",
        "secret",
        "password",
        "authorization",
        "credential",
    ];
    let lower = name.to_lowercase();
    if !secret::is_reference(value)
        && SECRET.iter().any(|word| lower.contains(word))
        && !lower.ends_with("path")
    {
        problems.push(
            source
                .at(
                    path,
                    "secret-in-config",
                    format!("`{name}` looks like a credential and stands in the file itself"),
                )
                .help("write `env:NAME` or `file:/path`, and keep the value there"),
        );
    }
    if let Err(error) = secret::resolve(value) {
        problems.push(
            source
                .at(path, "reference-unresolved", error.to_string())
                .help("set it before the server starts")
                .warning(),
        );
    }
}

fn check_workflow(
    (source, workflow): (&Source, &Workflow),
    tools: &BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    if let Err(found) = CompiledRules::compile(workflow.clone()) {
        problems.extend(found.into_iter().map(|found| {
            source
                .at(&found.path, found.code, found.message)
                .help(found.help)
        }));
    }
    let mut known = |path: String, tool: &str| {
        if !tools.contains(tool) {
            let help = nearest(tool, tools.iter().map(String::as_str)).map_or_else(
                || "name a tool as SYSTEM__TOOL, of a system and pack in this folder".to_owned(),
                |name| format!("did you mean `{name}`?"),
            );
            problems.push(
                source
                    .at(
                        &path,
                        "tool-unknown",
                        format!("no pack classifies a tool `{tool}`"),
                    )
                    .help(help),
            );
        }
    };
    for tool in workflow.grants.keys() {
        known(format!("grants.{tool}"), tool);
    }
    for (index, guardrail) in workflow.guardrails.iter().enumerate() {
        for tool in &guardrail.when.tools {
            known(format!("guardrail[{index}].when.tools"), tool);
        }
    }
}
