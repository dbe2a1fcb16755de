//! What a configuration means: packs and rules compile, and everything named exists.

use super::Configuration;
use super::document;
use super::load::{Read, Source, nearest};
use super::problems::{Problem, Severity};
use super::systems::check_system;
use leeway_core::action::tool_name;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::inside;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::relay::{Names, Relay};
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
        owners: configuration.owners.clone().map(|owners| {
            let file = "owners.toml".to_owned();
            let text = String::new();
            (Source { file, text }, owners)
        }),
        notify: configuration.notify.clone().map(|notify| {
            let file = "notify.toml".to_owned();
            let text = String::new();
            (Source { file, text }, notify)
        }),
        unread: BTreeSet::new(),
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
        problems.extend(inside::unread(pack).into_iter().map(|found| {
            source
                .at(&found.path, found.code, found.message)
                .help(found.help)
                .warning()
        }));
        if let Err(found) = CompiledPack::compile(pack.clone()) {
            problems.extend(found.into_iter().map(|found| {
                source
                    .at(&found.path, found.code, found.message)
                    .help(found.help)
            }));
        }
    }
    let known = Known::of(read);
    for (source, system) in &read.systems {
        named(source, &system.name, problems);
        check_system((source, system), &known, problems);
    }
    document::check_shared(&read.systems, problems);
    for (source, workflow) in &read.workflows {
        named(source, &workflow.name, problems);
        check_workflow((source, workflow), &known, problems);
    }
    if let Some((source, owners)) = &read.owners {
        problems.extend(owners.check().into_iter().map(|found| {
            let problem = source
                .at(&found.path, found.code, found.message)
                .help(found.help);
            if found.warning {
                problem.warning()
            } else {
                problem
            }
        }));
    }
    if let Some((source, notify)) = &read.notify {
        super::notify::check(source, notify, problems);
    }
    let none_meant = !read
        .unread
        .iter()
        .any(|file| file.starts_with("workflows/"));
    if read.workflows.is_empty() && none_meant {
        problems.push(
            Problem::new(
                "",
                "",
                (0..0, "no-workflow"),
                "there is no workflow, so no agent can do anything",
            )
            .help("add workflows/NAME.toml; templates/workflows has six to start from")
            .warning(),
        );
    }
}

/// What other files may refer to.
pub struct Known<'a> {
    /// Packs by name.
    pub packs: BTreeMap<&'a str, &'a Pack>,
    tools: BTreeSet<String>,
    systems: BTreeSet<&'a str>,
    /// Starts of tool names of which nothing can be said: their system or its pack was not read.
    open: Vec<String>,
    unread: &'a BTreeSet<String>,
}

impl<'a> Known<'a> {
    fn of(read: &'a Read) -> Self {
        let packs: BTreeMap<&str, &Pack> = read
            .packs
            .iter()
            .map(|(_, pack)| (pack.name.as_str(), pack))
            .collect();
        let mut tools = BTreeSet::new();
        let mut open: Vec<String> = read
            .unread
            .iter()
            .filter_map(|file| file.strip_prefix("systems/")?.strip_suffix(".toml"))
            .map(|system| tool_name(system, ""))
            .collect();
        for (_, system) in &read.systems {
            tools.extend(methods().map(|method| tool_name(&system.name, method)));
            match packs.get(system.pack.as_str()) {
                Some(pack) => {
                    tools.extend(pack.tools.keys().map(|tool| tool_name(&system.name, tool)));
                }
                // The missing or unread pack is told of already.
                None => open.push(tool_name(&system.name, "")),
            }
        }
        Self {
            packs,
            tools,
            systems: read
                .systems
                .iter()
                .map(|(_, system)| system.name.as_str())
                .collect(),
            open,
            unread: &read.unread,
        }
    }

    /// Whether a pack of that name is there, or may be in a file that could not be read.
    pub fn may_have_pack(&self, pack: &str) -> bool {
        self.packs.contains_key(pack) || self.unread.contains(&format!("packs/{pack}.toml"))
    }

    fn may_have_system(&self, system: &str) -> bool {
        self.systems.contains(system) || self.unread.contains(&format!("systems/{system}.toml"))
    }

    /// The system a tool is of, among those known.
    fn system_of(&self, tool: &str) -> Option<&'a str> {
        let of = |system: &&&str| tool.starts_with(&tool_name(system, ""));
        self.systems.iter().find(of).copied()
    }

    fn may_have_tool(&self, tool: &str) -> bool {
        self.tools.contains(tool) || self.open.iter().any(|start| tool.starts_with(start))
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

fn check_workflow(
    (source, workflow): (&Source, &Workflow),
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    if let Err(found) = CompiledRules::compile(workflow.clone()) {
        problems.extend(found.into_iter().map(|found| {
            source
                .at(&found.path, found.code, found.message)
                .help(found.help)
        }));
    }
    for (system, relayed) in &workflow.relay {
        check_relay((source, system, relayed), known, problems);
    }
    check_names((source, workflow), known, problems);
    let mut check_tool = |path: String, tool: &str| {
        if !known.may_have_tool(tool) {
            let help = nearest(tool, known.tools.iter().map(String::as_str)).map_or_else(
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
        check_tool(format!("grants.{tool}"), tool);
    }
    for (index, guardrail) in workflow.guardrails.iter().enumerate() {
        for tool in &guardrail.when.tools {
            check_tool(format!("guardrail[{index}].when.tools"), tool);
        }
    }
}

/// What can be relayed, as the tools its actions name.
fn methods() -> impl Iterator<Item = &'static str> {
    [Relay::Resources, Relay::Prompts]
        .into_iter()
        .flat_map(|relay| relay.methods().iter().copied())
}

fn check_relay(
    (source, system, relayed): (&Source, &str, &BTreeSet<Relay>),
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    let path = format!("relay.{system}");
    if !known.may_have_system(system) {
        let help = nearest(system, known.systems.iter().copied()).map_or_else(
            || "name a system of this folder".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(
            source
                .at(
                    &path,
                    "system-unknown",
                    format!("there is no system `{system}`"),
                )
                .help(help),
        );
    }
    if relayed.is_empty() {
        problems.push(
            source
                .at(
                    &path,
                    "relay-empty",
                    format!("nothing of `{system}` is relayed"),
                )
                .help("name resources, prompts, logging or questions, or leave the line out")
                .warning(),
        );
    }
}

/// Plain names need one system: two may have a tool of the same name.
fn check_names(
    (source, workflow): (&Source, &Workflow),
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    if workflow.names != Names::Plain {
        return;
    }
    let granted = workflow
        .grants
        .keys()
        .filter_map(|tool| known.system_of(tool));
    let relayed = workflow.relay.keys().map(String::as_str);
    let systems: BTreeSet<&str> = granted.chain(relayed).collect();
    if systems.len() > 1 {
        let names: Vec<_> = systems.into_iter().collect();
        problems.push(
            source
                .at(
                    "names",
                    "names-ambiguous",
                    format!(
                        "plain names are for one system, and this workflow uses {}",
                        names.join(", ")
                    ),
                )
                .help("leave `names` out, or make a workflow for each system"),
        );
    }
}
