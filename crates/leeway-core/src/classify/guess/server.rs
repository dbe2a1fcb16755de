//! What a server's other tools say about one of its tools: the words its names all begin with, the
//! kind of system it is, and the tools that read or take back.

use super::name::{Act, acts};
use super::nouns::{CODE_HOST, HELP_DESK, WORKPLACE, class};
use super::verbs::{Verb, is_always_verb, verb};
use super::words::{among, base, split};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Words a share of the names must begin with to be a prefix: three of five, and two names at least.
const PREFIX_SHARE: (usize, usize) = (3, 5);

/// What kind of server it is, by the names of its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It hosts code that outsiders may see.
    CodeHost,
    /// A help desk, whose answers go to those who wrote.
    HelpDesk,
    /// The books of a firm.
    Books,
    /// It takes and moves money: what nobody knows there is taken to move some.
    Payments,
    /// It sends to lists of people: what runs there by itself goes out to them.
    Mailing,
    /// It charges customers: what adds to their account there is money they owe or get.
    Billing,
    /// A place where colleagues work on tasks, pages and boards.
    Workplace,
    /// It runs machines and databases: a project there is a system of its own.
    Cloud,
    /// The hand on a browser: any of its tools may do anything there.
    Browser,
    /// Its names are methods of HTTP: `post` makes a thing and reaches nobody.
    Http,
    /// It calls its own looks destructive, so that the hint says nothing about its other tools.
    IdleHints,
}

/// Percent of tools that must speak of a kind's things; of a workplace, more than half.
const KINDS: [(Kind, &str, usize); 8] = [
    (
        Kind::Payments,
        "payment refund payout charge settlement payer checkout subscription",
        40,
    ),
    (
        Kind::Billing,
        "payment refund payout charge subscription price checkout discount",
        20,
    ),
    (Kind::CodeHost, CODE_HOST, 20),
    (Kind::HelpDesk, HELP_DESK, 20),
    (
        Kind::Books,
        "invoice bill payment journal receipt expense vendor quote estimate payroll payable receivable",
        20,
    ),
    (
        Kind::Mailing,
        "campaign audience subscriber newsletter broadcast segment",
        15,
    ),
    (
        Kind::Cloud,
        "cluster database deployment instance container namespace pod volume lambda region sql schema \
         migration collection vm droplet bucket kubernetes",
        30,
    ),
    (Kind::Workplace, WORKPLACE, 51),
];

/// The tools one server lists.
#[derive(Clone, Debug, Default)]
pub struct Server {
    prefix: Vec<String>,
    namespaces: BTreeSet<String>,
    kinds: BTreeSet<Kind>,
    tools: Vec<Listed>,
}

/// One tool as the others see it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// What its name says.
    pub acts: Vec<Act>,
    /// Names of its arguments that have to be given.
    pub required: Vec<String>,
}

impl Server {
    /// Reads a list of tool definitions.
    pub fn of<'a>(definitions: impl IntoIterator<Item = &'a Value>) -> Self {
        let definitions: Vec<&Value> = definitions.into_iter().collect();
        let name = |definition: &Value| definition["name"].as_str().unwrap_or_default().to_owned();
        let names: Vec<Vec<String>> = definitions.iter().map(|it| split(&name(it))).collect();
        let prefix = prefix(names.iter().map(Vec::as_slice).collect());
        let namespaces = namespaces(&prefix, &names);
        let tools: Vec<Listed> = definitions
            .iter()
            .zip(&names)
            .map(|(definition, words)| Listed {
                name: name(definition),
                acts: said((&prefix, &namespaces), words),
                required: required(definition),
            })
            .collect();
        let kinds = kinds(&definitions, &tools);
        Self {
            prefix,
            namespaces,
            kinds,
            tools,
        }
    }

    /// What a tool's name says, without the words all names begin with.
    pub fn acts(&self, name: &str) -> Vec<Act> {
        said((&self.prefix, &self.namespaces), &split(name))
    }

    /// True when it is of a kind.
    pub fn is(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The tools listed.
    pub fn tools(&self) -> &[Listed] {
        &self.tools
    }

    /// True when other tools say by a verb what they do to these things.
    pub fn changes_by_verb(&self, object: &[String]) -> bool {
        self.tools.iter().flat_map(|tool| &tool.acts).any(|act| {
            act.verb.is_some_and(|verb| verb != Verb::Read)
                && is_always_verb(&act.word)
                && act.object == object
        })
    }

    /// True when a tool's verb is this word.
    pub fn does(&self, word: &str) -> bool {
        let acts = self.tools.iter().flat_map(|tool| &tool.acts);
        acts.into_iter().any(|act| act.word == word)
    }

    /// True when another tool makes final what a tool of this object makes: until then it is a draft.
    pub fn finalises(&self, object: &[String]) -> bool {
        self.tools.iter().flat_map(|tool| &tool.acts).any(|act| {
            among("finalize finalise", &act.word)
                && act.object.last().is_some_and(|made| object.contains(made))
        })
    }
}

fn kinds(definitions: &[&Value], tools: &[Listed]) -> BTreeSet<Kind> {
    const HANDS: &str = "click navigate goto type press hover scroll drag";
    let words = |list: &str| -> BTreeSet<&str> {
        tools
            .iter()
            .flat_map(|tool| &tool.acts)
            .map(|act| act.word.as_str())
            .filter(|word| among(list, word))
            .collect()
    };
    let idle = definitions.iter().zip(tools).any(|(definition, tool)| {
        definition["annotations"]["destructiveHint"] == Value::Bool(true)
            && tool.acts.iter().all(|act| act.verb == Some(Verb::Read))
    });
    let spoken = KINDS
        .iter()
        .filter(|(_, list, least)| percent_speaking_of(tools, list) >= *least)
        .map(|(kind, _, _)| *kind);
    let others = [
        (Kind::Browser, words(HANDS).len() > 1),
        (Kind::Http, words("patch put post").len() > 1),
        (Kind::IdleHints, idle),
    ];
    let others = others.iter().filter(|(_, is)| *is).map(|(kind, _)| *kind);
    spoken.chain(others).collect()
}

/// Percent of tools whose names have a word of `list`.
fn percent_speaking_of(tools: &[Listed], list: &str) -> usize {
    let speaking = tools
        .iter()
        .filter(|tool| tool.acts.iter().any(|act| act.speaks_of(list)))
        .count();
    speaking * 100 / tools.len().max(1)
}

fn required(definition: &Value) -> Vec<String> {
    definition["inputSchema"]["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// The first words most names share, as far as they are no verbs: the server's or system's name.
fn prefix(names: Vec<&[String]>) -> Vec<String> {
    let mut prefix = Vec::new();
    let mut rests = names;
    while let Some(word) = shared(&rests) {
        rests = rests
            .into_iter()
            .filter(|words| words.first() == Some(&word))
            .map(|words| &words[1..])
            .collect();
        prefix.push(word);
    }
    prefix
}

fn shared(names: &[&[String]]) -> Option<String> {
    let named: Vec<_> = names.iter().filter(|words| words.len() > 1).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for words in &named {
        *counts.entry(words[0].as_str()).or_default() += 1;
    }
    let (word, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let enough = count >= 2 && count * PREFIX_SHARE.1 >= named.len() * PREFIX_SHARE.0;
    // A word that may be a verb is one, unless several verbs follow it: see `namespaces`.
    (enough && verb(word).is_none()).then(|| word.to_owned())
}

/// Things whose names several tools begin with before they say what they do to them: the `label` of
/// `label_create` and `label_list`. Such a word is no verb in that place.
fn namespaces(prefix: &[String], names: &[Vec<String>]) -> BTreeSet<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for words in names {
        if let [first, second, ..] = without(prefix, words)
            && (is_always_verb(second) || among("list search", second))
        {
            *counts.entry(first).or_default() += 1;
        }
    }
    let thing = |word: &str| {
        verb(&base(word)).is_some_and(|verb| verb != Verb::Read)
            && !is_always_verb(word)
            && class(&[base(word)]).is_some()
    };
    counts
        .into_iter()
        .filter(|(word, count)| *count >= 2 && thing(word))
        .map(|(word, _)| word.to_owned())
        .collect()
}

/// What a name says without the prefix; where it names no thing, the prefix may (`invoice_send`).
fn said((prefix, namespaces): (&[String], &BTreeSet<String>), words: &[String]) -> Vec<Act> {
    let rest = without(prefix, words);
    let spaced = rest.len() > 1 && namespaces.contains(&rest[0]);
    let mut acts = acts(&rest[usize::from(spaced)..]);
    if spaced {
        for act in &mut acts {
            act.object.insert(0, base(&rest[0]));
        }
    }
    let thing: Vec<String> = prefix.iter().map(|word| base(word)).collect();
    if class(&thing).is_some() {
        for act in acts.iter_mut().filter(|act| act.object.is_empty()) {
            act.object.clone_from(&thing);
        }
    }
    acts
}

fn without<'a>(prefix: &[String], words: &'a [String]) -> &'a [String] {
    let shared = prefix
        .iter()
        .zip(words)
        .take_while(|(prefix, word)| prefix == word)
        .count();
    &words[shared.min(words.len().saturating_sub(1))..]
}
