//! What is configured now, compiled for use: workflows, packs, tools. A snapshot of the ledger's
//! documents, replaced as a whole whenever one of them changes. Nobody is served one that is older than
//! the ledger (the app serves no older one), whoever appended what changed.

mod methods;

use crate::system::Verb;
use leeway_core::action::lookalike::marked;
use leeway_core::action::{Versions, tool_name};
use leeway_core::canonical;
use leeway_core::classify::Classified;
use leeway_core::classify::account::declared;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::guess::Server;
use leeway_core::classify::redact::Redactor;
use leeway_core::govern::change::{NOTIFY_STREAM, OWNERS_STREAM};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::owners::{Owners, Responsibility};
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::{Routing, route};
use leeway_core::govern::state::{Document, PersonState, SystemState, ToolState, WorkflowState};
use leeway_core::govern::tool;
use leeway_core::govern::weight::{self, Weight};
use leeway_core::judge::rules::CompiledRules;
use leeway_core::ledger::event::Event;
use leeway_core::notify::settings::Notify;
use leeway_store::{Precondition, Reader, StoreError};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The streams of everybody.
const PEOPLE: &str = "person/";

/// A workflow in force.
pub struct LiveWorkflow {
    /// Its rules, compiled.
    pub rules: CompiledRules,
    /// Its state.
    pub state: WorkflowState,
    /// Length of its stream: the precondition of every start.
    pub version: u64,
    /// Hash of what of it evidence is tied to.
    pub judging: String,
}

impl LiveWorkflow {
    /// The stream of a workflow.
    pub fn stream(name: &str) -> String {
        format!("workflow/{name}")
    }
}

/// A pack in force.
pub struct LivePack {
    /// Its tools, compiled.
    pub compiled: CompiledPack,
    /// Hides what the pack names as secret.
    pub redactor: Redactor,
    /// Content hash.
    pub hash: String,
}

/// A tool some system listed at least once.
pub struct LiveTool {
    /// `<system>__<tool>`.
    pub name: String,
    /// The system.
    pub system: String,
    /// The tool's own name.
    pub tool: String,
    /// What is asked of the system by it.
    pub verb: Verb,
    /// Its definition, pinned, and one that waits for review.
    pub state: ToolState,
    /// Checks arguments against the pinned input schema; or why the tool cannot be used, one sentence.
    pub schema: Result<Arc<Checker>, String>,
    /// Content hash of how its system is reached: a call approved for one address does not go to
    /// another.
    pub system_hash: String,
    /// The pack its system names.
    pub pack: Option<Arc<LivePack>>,
}

/// What checks a tool's arguments.
#[derive(Debug)]
pub struct Checker {
    /// Of the form.
    pub validator: jsonschema::Validator,
    /// What it checks by.
    schema: Value,
    /// How much work it is.
    weight: Weight,
}

impl Checker {
    /// Whether arguments can be checked in bounded time.
    pub fn bears(&self, arguments: &Value) -> bool {
        self.weight.bears(&self.schema, arguments)
    }
}

impl LiveTool {
    /// The pack's entry; `None` when nothing classifies the tool.
    pub fn entry(&self) -> Option<&CompiledTool> {
        self.pack.as_ref()?.compiled.tools.get(&self.tool)
    }

    /// Why nobody can use it, whatever a workflow grants; one sentence.
    pub fn unusable(&self) -> Option<&str> {
        self.schema.as_ref().err().map(String::as_str)
    }

    /// Whether the tool has an argument of this name itself.
    pub fn declares(&self, argument: &str) -> bool {
        let schema = &self.state.definition["inputSchema"];
        let open_to = |name: &str| {
            let arguments = serde_json::json!({ name: null });
            declared::undeclared(schema, &arguments).is_empty()
        };
        // An open schema takes any name, and has none of them itself.
        schema["properties"].get(argument).is_some()
            || (open_to(argument) && !open_to("a-name-of-nothing"))
    }

    /// The stream of a tool's definition.
    pub fn stream(system: &str, tool: &str) -> String {
        format!("tool/{system}/{tool}")
    }
}

/// The permission owner matrix in force.
pub struct LiveOwners {
    /// The matrix.
    pub owners: Owners,
    /// Content hash of its rows: absences come and go without voiding what waits.
    pub hash: String,
}

/// How people are reached, in force.
pub struct LiveNotify {
    /// The channels.
    pub notify: Notify,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
}

/// Everything configured now.
#[derive(Default)]
pub struct Registry {
    /// How many entries of the ledger it was made from, at least.
    pub upto: u64,
    /// Workflows by name; removed ones are left out.
    pub workflows: BTreeMap<String, Arc<LiveWorkflow>>,
    /// Systems by name; removed ones are left out.
    pub systems: BTreeMap<String, SystemState>,
    /// Packs by name.
    pub packs: HashMap<String, Arc<LivePack>>,
    /// Tools by `<system>__<tool>`, of systems that are configured.
    pub tools: BTreeMap<String, Arc<LiveTool>>,
    /// Methods besides tools by `<system>__<method>`, of systems whose pack is in force.
    pub methods: BTreeMap<String, Arc<LiveTool>>,
    /// The permission owner matrix, if there is one.
    pub owners: Option<LiveOwners>,
    /// How people are reached, if they are.
    pub notify: Option<LiveNotify>,
    /// Everybody who may sign in.
    pub people: Vec<Person>,
    /// When whoever does not decide now lost the right to, by e-mail, UTC milliseconds.
    pub lost: BTreeMap<String, i64>,
}

/// How long whoever lost the right to decide counts as somebody who could, milliseconds: thirty days.
const REMEMBERED_MS: i64 = 30 * 24 * 3600 * 1000;

impl Registry {
    /// What a start rests on besides its workflow's version: nothing of what the call was judged by changed
    /// since this was read.
    pub fn ground(&self, workflow: &str, tool: &LiveTool) -> Precondition {
        let mut streams = vec![
            LiveWorkflow::stream(workflow),
            LiveTool::stream(&tool.system, &tool.tool),
            format!("system/{}", tool.system),
            OWNERS_STREAM.to_owned(),
            PEOPLE.to_owned(),
        ];
        // A pack that is not there yet may come.
        let pack = self.systems.get(&tool.system);
        streams.extend(pack.map(|state| format!("pack/{}", state.system.pack)));
        Precondition::Unmoved {
            since: self.upto,
            streams,
        }
    }

    /// What a decision of a person rests on: nobody's right to decide changed since this was read.
    pub fn say(&self) -> Precondition {
        Precondition::Unmoved {
            since: self.upto,
            streams: vec![OWNERS_STREAM.to_owned(), PEOPLE.to_owned()],
        }
    }

    /// The versions a call would be judged under now.
    pub fn versions(&self, workflow: &LiveWorkflow, tool: &LiveTool) -> Versions {
        Versions {
            prompt: workflow.state.workflow.prompt_stamp(),
            rules: Some(workflow.state.rules_stamp()),
            pack: tool.pack.as_ref().map(|pack| pack.hash.clone()),
            tool: Some(tool.state.hash.clone()),
            model: workflow.state.workflow.model.clone(),
            owners: self.owners.as_ref().map(|live| live.hash.clone()),
            system: Some(tool.system_hash.clone()),
        }
    }

    /// The tool or method of that name.
    pub fn find(&self, name: &str) -> Option<&Arc<LiveTool>> {
        self.methods.get(name).or_else(|| self.tools.get(name))
    }

    /// Reads and compiles everything; what `before` compiled and has not changed is taken over. A
    /// document that no longer compiles is left out, which blocks what depends on it.
    /// `upto` was asked for before the reader was.
    pub fn load(reader: &Reader, before: &Self, upto: u64) -> Result<Self, StoreError> {
        let mut registry = Self {
            upto,
            ..Self::default()
        };
        for (_, _, document) in reader.documents("pack/")? {
            let Document::Pack(state) = document else {
                continue;
            };
            if state.removed {
                continue;
            }
            match before.packs.get(&state.pack.name) {
                Some(known) if known.hash == state.hash => {
                    registry.packs.insert(state.pack.name, known.clone());
                }
                _ => registry.add_pack(state.pack, state.hash),
            }
        }
        for (_, _, document) in reader.documents("system/")? {
            let Document::System(state) = document else {
                continue;
            };
            if !state.removed {
                registry.systems.insert(state.system.name.clone(), state);
            }
        }
        for (_, version, document) in reader.documents("workflow/")? {
            let Document::Workflow(state) = document else {
                continue;
            };
            if !state.removed {
                registry.add_workflow(state, version);
            }
        }
        for (stream, _, document) in reader.documents("tool/")? {
            let Document::Tool(state) = document else {
                continue;
            };
            registry.add_tool(&stream, state, before);
        }
        registry.add_methods(before);
        if let Some((_, Document::Owners(state))) = reader.document(OWNERS_STREAM)? {
            registry.owners = state.owners.map(|owners| LiveOwners {
                hash: canonical::hash(&owners.rows),
                owners,
            });
        }
        if let Some((_, Document::Notify(state))) = reader.document(NOTIFY_STREAM)? {
            registry.notify = state.notify.map(|notify| LiveNotify {
                notify,
                since_ms: state.since_ms,
            });
        }
        for (_, _, document) in reader.documents("person/")? {
            if let Document::Person(state) = document {
                registry.add_person(reader, state)?;
            }
        }
        Ok(registry)
    }

    /// The matrix, if there is one.
    pub fn matrix(&self) -> Option<&Owners> {
        self.owners.as_ref().map(|live| &live.owners)
    }

    /// Whose risk a classified call is.
    pub fn responsibility(&self, workflow: &str, classified: &Classified) -> Responsibility {
        let home = self
            .workflows
            .get(workflow)
            .map_or(Responsibility::CrmFieldUpdates, |live| {
                live.state.workflow.responsibility
            });
        Responsibility::of(classified, home)
    }

    /// Who decides what is of a responsibility; `escalated` once nobody answered in time.
    pub fn routing(&self, row: Responsibility, now_ms: i64, escalated: bool) -> Routing {
        route(self.matrix(), &self.people, row, (now_ms, escalated))
    }

    /// Whether one person alone can decide anything here, and could for thirty days and ever since what it is
    /// about was asked for: nobody becomes that by taking the right of others away.
    pub fn one_person_firm(&self, email: &str, (asked_ms, now_ms): (i64, i64)) -> bool {
        let since_ms = asked_ms.min(now_ms).saturating_sub(REMEMBERED_MS);
        let decides = |other: &Person| other.email != email && other.may(Right::Decide);
        let could = |(other, at_ms): (&String, &i64)| other != email && *at_ms >= since_ms;
        !self.people.iter().any(decides) && !self.lost.iter().any(could)
    }

    /// When somebody who decides nothing now lost the right to, within thirty days.
    pub fn lost_lately(&self, email: &str, now_ms: i64) -> Option<i64> {
        let lost = self.lost.get(email).copied();
        lost.filter(|at_ms| *at_ms >= now_ms.saturating_sub(REMEMBERED_MS))
    }

    fn add_person(&mut self, reader: &Reader, state: PersonState) -> Result<(), StoreError> {
        let roles = if state.removed { vec![] } else { state.roles };
        let person = Person {
            email: state.email,
            roles,
        };
        if !person.may(Right::Decide)
            && let Some(at_ms) = lost(reader, &person.email)?
        {
            self.lost.insert(person.email.clone(), at_ms);
        }
        if !state.removed {
            self.people.push(person);
        }
        Ok(())
    }

    /// A system's tools.
    pub fn of_system<'a>(&'a self, system: &'a str) -> impl Iterator<Item = &'a Arc<LiveTool>> {
        self.tools
            .values()
            .filter(move |tool| tool.system == system)
    }

    /// A system's tools as a guess about one of them needs them.
    pub fn listed(&self, system: &str) -> Server {
        Server::of(self.of_system(system).map(|tool| &tool.state.definition))
    }

    fn add_pack(&mut self, pack: leeway_core::classify::pack::Pack, hash: String) {
        let redactor = Redactor::new(&pack.redact);
        let name = pack.name.clone();
        match CompiledPack::compile(pack) {
            Ok(compiled) => {
                self.packs.insert(
                    name,
                    Arc::new(LivePack {
                        compiled,
                        redactor,
                        hash,
                    }),
                );
            }
            Err(problems) => {
                tracing::error!(pack = %name, count = problems.len(), "pack does not compile: its tools are blocked");
            }
        }
    }

    fn add_workflow(&mut self, state: WorkflowState, version: u64) {
        let name = state.workflow.name.clone();
        match CompiledRules::compile(state.workflow.clone()) {
            Ok(rules) => {
                let judging = leeway_core::earn::versions::rules(&state.workflow);
                self.workflows.insert(
                    name,
                    Arc::new(LiveWorkflow {
                        rules,
                        state,
                        version,
                        judging,
                    }),
                );
            }
            Err(problems) => {
                tracing::error!(workflow = %name, count = problems.len(), "workflow does not compile: its agents are refused");
            }
        }
    }

    fn add_methods(&mut self, before: &Self) {
        for (name, configured) in &self.systems {
            let Some(pack) = self.packs.get(&configured.system.pack) else {
                continue;
            };
            let same = before
                .packs
                .get(&configured.system.pack)
                .is_some_and(|known| Arc::ptr_eq(known, pack));
            let known = before
                .methods
                .values()
                .filter(|known| known.system == *name && known.system_hash == configured.hash);
            let mut methods: Vec<_> = known.filter(|_| same).cloned().collect();
            if methods.is_empty() {
                methods = methods::of((name, &configured.hash), pack);
            }
            self.methods.extend(
                methods
                    .into_iter()
                    .map(|method| (method.name.clone(), method)),
            );
        }
    }

    fn add_tool(&mut self, stream: &str, state: ToolState, before: &Self) {
        let Some((system, tool)) = stream
            .strip_prefix("tool/")
            .and_then(|rest| rest.split_once('/'))
        else {
            return;
        };
        let Some(configured) = self.systems.get(system) else {
            return;
        };
        let name = tool_name(system, tool);
        let schema = match before.tools.get(&name) {
            Some(known) if known.state.hash == state.hash => known.schema.clone(),
            _ => validator(&state.definition),
        };
        self.tools.insert(
            name.clone(),
            Arc::new(LiveTool {
                name,
                system: system.to_owned(),
                tool: tool.to_owned(),
                verb: Verb::CallTool,
                schema,
                system_hash: configured.hash.clone(),
                pack: self.packs.get(&configured.system.pack).cloned(),
                state,
            }),
        );
    }
}

/// What checks a tool's arguments; or why there is nothing, and the tool cannot be used.
fn validator(definition: &Value) -> Result<Arc<Checker>, String> {
    if let Some(why) = tool::unusable(definition) {
        return Err(why);
    }
    let schema = tool::input_schema(definition);
    let weight = Weight::of(&schema);
    if weight.parts > weight::MOST_PARTS {
        return Err(format!(
            "its input schema has more than {} parts once its references are followed",
            weight::MOST_PARTS
        ));
    }
    jsonschema::validator_for(&schema)
        .map(|validator| {
            Arc::new(Checker {
                validator,
                schema,
                weight,
            })
        })
        .map_err(|error| {
            let why: String = marked(&error.masked().to_string())
                .chars()
                .take(200)
                .collect();
            format!("its input schema is no JSON schema: {why}")
        })
}

/// When somebody who does not decide now lost the right to; `None` who never could.
fn lost(reader: &Reader, email: &str) -> Result<Option<i64>, StoreError> {
    let (mut could, mut lost) = (false, None);
    for raw in reader.roles_of(&format!("{PEOPLE}{email}"))? {
        let event = Event::read(&raw.envelope.kind, &raw.payload);
        let roles = match event {
            Ok(Event::Govern(
                GovernEvent::PersonAdded { roles } | GovernEvent::PersonRolesChanged { roles, .. },
            )) => roles,
            // What cannot be read counts as the loss of what they could.
            _ => vec![],
        };
        let can = roles.iter().any(|role| role.may(Right::Decide));
        if could && !can {
            lost = Some(raw.envelope.time_ms);
        }
        could = can;
    }
    Ok(lost)
}

/// Content hash of a tool's definition: everything the system says of it, but not its own
/// per-answer metadata.
pub fn definition_hash(definition: &Value) -> String {
    let mut pinned = definition.clone();
    if let Some(object) = pinned.as_object_mut() {
        object.remove("_meta");
        object.remove("icons");
    }
    canonical::hash(&pinned)
}
