//! Packs made ready: every filter compiled, every reference checked, every problem reported at once.

use super::Effect;
use super::filter::{Filter, FilterError};
use super::identity::{self, Identity};
use super::inside;
use super::outward;
use super::pack::{Guard, MessageRule, Pack, ToolEntry, UndoRule};
use crate::canonical;
use crate::judge::check;
use std::collections::HashMap;

/// Id of the guard that every call on several records fires.
pub(super) const SEVERAL_RECORDS: &str = "several-records";

/// Longest a pack may say that a system takes to show a write, seconds.
pub const LONGEST_SETTLING_S: u64 = 60;

/// One thing wrong with a pack.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PackProblem {
    /// Stable code.
    pub code: &'static str,
    /// Where: a key path such as `tool.update_contact.changes`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// A pack, ready.
#[derive(Clone, Debug)]
pub struct CompiledPack {
    /// The pack.
    pub pack: Pack,
    /// Its content hash.
    pub hash: String,
    /// Its tools by their own names.
    pub tools: HashMap<String, CompiledTool>,
    pub(super) failed: Option<Filter>,
}

/// One tool's entry, ready.
#[derive(Clone, Debug)]
pub struct CompiledTool {
    /// The entry.
    pub entry: ToolEntry,
    pub(super) record_type: Option<Filter>,
    pub(super) record_id: Option<Filter>,
    pub(super) changes: Option<Filter>,
    pub(super) read: Option<CompiledRead>,
    pub(super) several: Option<Filter>,
    /// Of `amount` or `amount_cents`.
    pub(super) amount: Option<Filter>,
    pub(super) currency_of: Option<Filter>,
    /// The tool's own or its pack's.
    pub(super) currency: Option<String>,
    pub(super) message: Option<CompiledMessage>,
    pub(super) text: Option<Filter>,
    pub(super) raise: Vec<Filter>,
    /// The pack's rules over every tool, then the entry's own.
    pub(super) guards: Vec<(Guard, Filter)>,
    pub(super) undo_arguments: Option<Filter>,
    /// Whether any filter looks at the record; only then is it handed to them.
    pub(super) looks_before: bool,
    /// How its records are told from one another.
    pub identity: Identity,
    /// What the pack says of its reading tool: whether it stays inside the system.
    pub(super) reads_inside: Option<bool>,
    /// The tool that names what this one makes.
    pub(super) makes: Option<Box<CompiledTool>>,
}

/// How to read the record, ready.
#[derive(Clone, Debug)]
pub(super) struct CompiledRead {
    pub(super) arguments: Filter,
    pub(super) fields: Filter,
    pub(super) version: Option<Filter>,
    pub(super) id: Option<Filter>,
    /// Arguments that the pack itself gives.
    pub(super) fixed: serde_json::Map<String, serde_json::Value>,
}

/// Where a message is found, ready: each filter by the part of the message it gives.
#[derive(Clone, Debug, Default)]
pub(super) struct CompiledMessage {
    pub(super) raw: Option<Filter>,
    pub(super) tree: Option<Filter>,
    pub(super) from: Option<Filter>,
    pub(super) to: Option<Filter>,
    pub(super) cc: Option<Filter>,
    pub(super) bcc: Option<Filter>,
    pub(super) reply_to: Option<Filter>,
    pub(super) subject: Option<Filter>,
    pub(super) text: Option<Filter>,
    pub(super) html: Option<Filter>,
    pub(super) chat: Option<Filter>,
    pub(super) attachments: Option<Filter>,
    /// What these do not show, for people.
    pub(super) lacks: Option<String>,
}

impl CompiledMessage {
    /// The filters that give whom it reaches.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &Filter> {
        [&self.to, &self.cc, &self.bcc, &self.reply_to]
            .into_iter()
            .flatten()
    }

    /// The filters that give what people read in it.
    pub(super) fn content(&self) -> impl Iterator<Item = &Filter> {
        [
            &self.raw,
            &self.tree,
            &self.from,
            &self.subject,
            &self.text,
            &self.html,
            &self.chat,
            &self.attachments,
        ]
        .into_iter()
        .flatten()
    }
}

impl Pack {
    /// Reads a pack file.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

impl CompiledPack {
    /// Compiles a pack, or reports every problem.
    pub fn compile(pack: Pack) -> Result<Self, Vec<PackProblem>> {
        let mut problems = Problems::default();
        let mut tools = HashMap::new();
        let of_all = problems.guards_of_all(&pack);
        let failed = problems.filter("failed".to_owned(), pack.failed.as_ref());
        problems.currency("currency".to_owned(), pack.currency.as_ref());
        for (name, entry) in &pack.tools {
            problems.references(&pack, name, entry);
            if let Some(mut tool) = problems.tool(name, entry) {
                tool.currency = tool.currency.or_else(|| pack.currency.clone());
                tool.guards.splice(0..0, of_all.iter().cloned());
                let reader = entry
                    .read
                    .as_ref()
                    .and_then(|read| pack.tools.get(&read.tool));
                tool.reads_inside = reader.and_then(|reader| reader.inside);
                tools.insert(name.clone(), tool);
            }
        }
        problems.0.extend(inside::problems(&pack));
        if !problems.0.is_empty() {
            return Err(problems.0);
        }
        identity::settle(&mut tools);
        Ok(Self {
            hash: canonical::hash(&pack),
            pack,
            tools,
            failed,
        })
    }
}

impl CompiledTool {
    /// An entry made ready by itself, without the tools that it names; `None` when a filter is none.
    pub fn alone(entry: &ToolEntry) -> Option<Self> {
        Problems::default().tool("", entry)
    }
}

#[derive(Default)]
struct Problems(Vec<PackProblem>);

impl Problems {
    fn add(&mut self, code: &'static str, path: String, message: String, help: impl Into<String>) {
        self.0.push(PackProblem {
            code,
            path,
            message,
            help: help.into(),
        });
    }

    fn filter(&mut self, path: String, source: Option<&String>) -> Option<Filter> {
        match Filter::compile(source?) {
            Ok(filter) => Some(filter),
            Err(FilterError::Syntax { why, .. } | FilterError::Failed { why, .. }) => {
                self.add(
                    "filter-invalid",
                    path,
                    format!("the jq filter does not compile: {why}"),
                    "see docs/packs.md for what filters may use",
                );
                None
            }
        }
    }

    fn tool(&mut self, name: &str, entry: &ToolEntry) -> Option<CompiledTool> {
        let before = self.0.len();
        let at = |key: &str| format!("tool.{name}.{key}");
        let read = entry.read.as_ref().and_then(|read| {
            let arguments = self.filter(at("read.arguments"), Some(&read.arguments));
            let fields = self.filter(at("read.fields"), Some(&read.fields));
            let version = self.filter(at("read.version"), read.version.as_ref());
            let id = self.filter(at("read.id"), read.id.as_ref());
            let arguments = arguments?;
            Some(CompiledRead {
                fixed: inside::fixed(&arguments),
                arguments,
                fields: fields?,
                version,
                id,
            })
        });
        let raise = entry
            .raise
            .iter()
            .enumerate()
            .filter_map(|(index, raise)| {
                self.filter(at(&format!("raise[{index}].when")), Some(&raise.when))
            })
            .collect();
        let guards = self.guards(&format!("tool.{name}."), &entry.guards);
        let undo = match &entry.undo {
            Some(UndoRule::Exact { arguments, .. } | UndoRule::Compensating { arguments, .. }) => {
                Some(arguments)
            }
            _ => None,
        };
        let (amount, amount_key) = match (&entry.amount, &entry.amount_cents) {
            (Some(amount), _) => (Some(amount), "amount"),
            (None, cents) => (cents.as_ref(), "amount_cents"),
        };
        let looks_before = entry
            .conditions()
            .chain(
                [&entry.changes, &entry.text, &entry.currency_of]
                    .into_iter()
                    .flatten(),
            )
            .chain(entry.message.iter().flat_map(MessageRule::filters))
            .chain(amount)
            .chain(undo)
            .any(|source| source.contains("$before"));
        let tool = CompiledTool {
            looks_before,
            identity: Identity::default(),
            reads_inside: None,
            makes: None,
            record_type: self.filter(
                at("record.type_of"),
                entry
                    .record
                    .as_ref()
                    .and_then(|record| record.type_of.as_ref()),
            ),
            record_id: self.filter(
                at("record.id"),
                entry.record.as_ref().map(|record| &record.id),
            ),
            changes: self.filter(at("changes"), entry.changes.as_ref()),
            read,
            several: self.filter(at("several"), entry.several.as_ref()),
            amount: self.filter(at(amount_key), amount),
            currency_of: self.filter(at("currency_of"), entry.currency_of.as_ref()),
            currency: entry.currency.clone(),
            message: self.message(name, entry.message.as_ref()),
            text: self.filter(at("text"), entry.text.as_ref()),
            raise,
            guards,
            undo_arguments: self.filter(at("undo.arguments"), undo),
            entry: entry.clone(),
        };
        (self.0.len() == before).then_some(tool)
    }

    fn message(&mut self, name: &str, rule: Option<&MessageRule>) -> Option<CompiledMessage> {
        let rule = rule?;
        let at = |key: &str| format!("tool.{name}.message.{key}");
        if rule.filters().next().is_none() {
            self.add(
                "message-empty",
                format!("tool.{name}.message"),
                "nothing says where the message is".into(),
                "add raw, tree, or the parts: to, cc, bcc, subject, text, html, attachments",
            );
        }
        Some(CompiledMessage {
            raw: self.filter(at("raw"), rule.raw.as_ref()),
            tree: self.filter(at("tree"), rule.tree.as_ref()),
            from: self.filter(at("from"), rule.from.as_ref()),
            to: self.filter(at("to"), rule.to.as_ref()),
            cc: self.filter(at("cc"), rule.cc.as_ref()),
            bcc: self.filter(at("bcc"), rule.bcc.as_ref()),
            reply_to: self.filter(at("reply_to"), rule.reply_to.as_ref()),
            subject: self.filter(at("subject"), rule.subject.as_ref()),
            text: self.filter(at("text"), rule.text.as_ref()),
            html: self.filter(at("html"), rule.html.as_ref()),
            chat: self.filter(at("chat"), rule.chat.as_ref()),
            attachments: self.filter(at("attachments"), rule.attachments.as_ref()),
            lacks: rule.lacks.clone(),
        })
    }

    fn currency(&mut self, path: String, code: Option<&String>) {
        if code.is_some_and(|code| super::currency::decimals(code).is_none()) {
            self.add(
                "currency-unknown",
                path,
                format!("`{}` is no currency", code.map_or("", String::as_str).escape_debug()),
                "write its ISO 4217 code, e.g. `EUR`; where the call names it, use currency_of = a filter",
            );
        }
    }

    fn references(&mut self, pack: &Pack, name: &str, entry: &ToolEntry) {
        let at = |key: &str| format!("tool.{name}.{key}");
        if let Some(read) = &entry.read {
            match pack.tools.get(&read.tool) {
                None => self.add("read-tool-unknown", at("read.tool"), format!("the pack has no tool `{}`", read.tool), nearest(&read.tool, pack)),
                Some(reader) if reader.gravest() != Effect::Read => self.add(
                    "read-tool-writes",
                    at("read.tool"),
                    format!("`{}` does not only read", read.tool),
                    "name a tool whose effect is `read`: it is called before anybody approved anything",
                ),
                Some(_) => {}
            }
        }
        let has_version = entry
            .read
            .as_ref()
            .is_some_and(|read| read.version.is_some());
        if entry.condition.is_some() && !has_version {
            self.add(
                "condition-without-version",
                at("condition"),
                format!(
                    "`{name}` writes on condition of a version, and nothing says how to read it"
                ),
                "add read.version = a filter giving the version mark",
            );
        }
        if entry
            .settles_within_s
            .is_some_and(|s| s > LONGEST_SETTLING_S)
        {
            self.add(
                "settles-too-long",
                at("settles_within_s"),
                format!("a reading is waited for {LONGEST_SETTLING_S} seconds at most"),
                "name the seconds after which its readings show a write; what takes longer is found when an unknown outcome is read back",
            );
        }
        let undo_tool = match &entry.undo {
            Some(UndoRule::Exact { tool, .. } | UndoRule::Compensating { tool, .. }) => Some(tool),
            _ => None,
        };
        if let Some(tool) = undo_tool.filter(|tool| !pack.tools.contains_key(*tool)) {
            self.add(
                "undo-tool-unknown",
                at("undo.tool"),
                format!("the pack has no tool `{tool}`"),
                nearest(tool, pack),
            );
        }
        self.rules(name, entry);
        if entry.undo.is_none() && entry.gravest() != Effect::Read {
            self.add(
                "undo-missing",
                format!("tool.{name}"),
                format!("`{name}` writes, and nothing says how it is taken back"),
                "add undo = { kind = \"exact\" | \"compensating\" | \"none\", … }",
            );
        }
        let writes = matches!(entry.effect, Effect::Update);
        if writes && entry.changes.is_none() {
            self.add(
                "changes-missing",
                format!("tool.{name}"),
                format!("`{name}` updates, and nothing says which fields"),
                "add changes = a filter giving {field: new value}",
            );
        }
        if writes && entry.record.is_none() {
            self.add(
                "record-missing",
                format!("tool.{name}"),
                format!("`{name}` updates, and nothing says which record"),
                "add record = { type = …, id = … }",
            );
        }
    }
}

impl Problems {
    /// Conditions, guards and amounts: what must be there for them to mean something.
    fn rules(&mut self, name: &str, entry: &ToolEntry) {
        let at = |key: &str| format!("tool.{name}.{key}");
        let asks = entry.conditions().any(|when| when.contains("$before"));
        if asks && entry.read.is_none() {
            self.add(
                "before-without-read",
                format!("tool.{name}"),
                "a condition asks for `$before`, and nothing says how to read the record".into(),
                "add read = { tool = …, arguments = …, fields = … }",
            );
        }
        if entry.amount.is_some() && entry.amount_cents.is_some() {
            self.add(
                "two-amounts",
                at("amount"),
                "the amount is given twice".into(),
                "keep `amount` (whole units of money) or `amount_cents`",
            );
        }
        self.currency(at("currency"), entry.currency.as_ref());
        let names_amount = entry.amount.is_some() || entry.amount_cents.is_some();
        if entry.currency_of.is_some() && !names_amount {
            self.add(
                "amount-missing",
                at("currency_of"),
                "it gives the currency of no amount".into(),
                "add amount or amount_cents, or leave it out",
            );
        }
        if entry.several.is_some() && entry.changes.is_none() {
            self.add(
                "changes-missing",
                at("several"),
                "nothing says what changes of each record".into(),
                "add changes = a filter giving {record id: {field: new value}}",
            );
        }
    }

    /// The pack's rules over every tool.
    fn guards_of_all(&mut self, pack: &Pack) -> Vec<(Guard, Filter)> {
        for (index, guard) in pack.guards.iter().enumerate() {
            let used = |entry: &ToolEntry| entry.guards.iter().any(|one| one.id == guard.id);
            if guard.when.contains("$before") {
                self.add(
                    "before-without-read",
                    format!("guard[{index}].when"),
                    "a rule over every tool asks for `$before`, and not every tool has one".into(),
                    "write the rule into the entries of the tools that read a record",
                );
            }
            if pack.tools.values().any(used) {
                self.guard_id(format!("guard[{index}].id"), &guard.id);
            }
        }
        self.guards("", &pack.guards)
    }

    fn guards(&mut self, place: &str, guards: &[Guard]) -> Vec<(Guard, Filter)> {
        let mut compiled = Vec::with_capacity(guards.len());
        for (index, guard) in guards.iter().enumerate() {
            let at = |key: &str| format!("{place}guard[{index}].{key}");
            let twice = guards[..index].iter().any(|one| one.id == guard.id);
            if !check::plain_name(&guard.id)
                || twice
                || [SEVERAL_RECORDS, outward::HOST_NOT_ALLOWED].contains(&guard.id.as_str())
            {
                self.guard_id(at("id"), &guard.id);
            }
            if guard.text.trim().is_empty() {
                self.add(
                    "guard-text-missing",
                    at("text"),
                    "the sentence for people is empty".into(),
                    "say in one sentence why it stops",
                );
            }
            let filter = self.filter(at("when"), Some(&guard.when));
            compiled.extend(filter.map(|filter| (guard.clone(), filter)));
        }
        compiled
    }

    fn guard_id(&mut self, path: String, id: &str) {
        self.add(
            "guard-id-invalid",
            path,
            format!("`{id}` cannot be this guard's id"),
            "use lower-case letters, digits and hyphens, and each id once in a tool",
        );
    }
}

fn nearest(name: &str, pack: &Pack) -> String {
    let best = pack
        .tools
        .keys()
        .map(|known| (distance(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= name.len().div_ceil(3));
    match best {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => "name a tool of this pack".to_owned(),
    }
}

/// Levenshtein distance: how many characters to change from one name to the other.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
