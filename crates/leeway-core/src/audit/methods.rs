//! What the operations of an OpenAPI document say beyond their names: by which method they are called, and at
//! which path. Unlike a description this is no claim: it is the request that is sent. Names that tools of other
//! people's making put together of function, path and method are read without what was put on.

use super::Subject;
use crate::classify::Effect;
use crate::classify::guess::words::{base, split};
use crate::classify::guess::{Guess, Server, guess};
use crate::openapi::operation::Operation;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Longest `operationId` that is looked into, bytes.
const LONGEST_ID: usize = 500;

/// A tool as it is guessed.
pub(super) struct Guessed {
    /// The guess.
    pub guess: Guess,
    /// The name that says what the tool does.
    pub words: String,
}

/// The guesses for the tools of a system, by name; of two tools with one name, for the first.
pub(super) fn guesses(subject: Subject<'_>) -> BTreeMap<String, Guessed> {
    let tools = named(subject);
    let verbs = verbs(&tools, subject);
    let names = apart(&tools, &verbs);
    let server = Server::of(&definitions(&tools, &names));
    let originals: BTreeMap<&str, &str> = names
        .iter()
        .map(String::as_str)
        .zip(tools.iter().map(|tool| tool.name))
        .collect();
    let back = |name: String| {
        originals
            .get(name.as_str())
            .map_or(name.clone(), |it| (*it).to_owned())
    };
    let mut found = BTreeMap::new();
    for ((tool, name), verb) in tools.iter().zip(&names).zip(verbs) {
        let mut guess = tool.worst(name, &server);
        guess.read = guess.read.map(back);
        if let Some(undo) = &mut guess.undo {
            undo.tool = back(std::mem::take(&mut undo.tool));
        }
        let words = if verb.is_none() || tool.is_of_record() {
            name.clone()
        } else {
            tool.said.clone()
        };
        let guessed = Guessed { guess, words };
        found.entry(tool.name.to_owned()).or_insert(guessed);
    }
    found
}

/// The verbs that methods stand for, where names need one.
fn verbs(tools: &[Tool<'_>], subject: Subject<'_>) -> Vec<Option<&'static str>> {
    if subject.document.is_none() {
        return vec![None; tools.len()];
    }
    let names: Vec<String> = tools.iter().map(|tool| tool.said.clone()).collect();
    let server = Server::of(&definitions(tools, &names));
    let verb = |tool: &Tool<'_>| verb(tool, &guess(&tool.definition(&tool.said), &server));
    tools.iter().map(verb).collect()
}

struct Tool<'a> {
    definition: &'a Value,
    name: &'a str,
    operation: Option<&'a Operation>,
    said: String,
}

fn named(subject: Subject<'_>) -> Vec<Tool<'_>> {
    let operations = subject.document.map(|document| &document.operations);
    let tools = subject.tools.iter().filter_map(|definition| {
        let name = definition["name"]
            .as_str()
            .filter(|name| !name.is_empty())?;
        let operation = operations.and_then(|all| all.get(name));
        Some(Tool {
            definition,
            name,
            operation,
            said: operation.map_or_else(|| name.to_owned(), said),
        })
    });
    tools.collect()
}

fn definitions(tools: &[Tool<'_>], names: &[String]) -> Vec<Value> {
    let pairs = tools.iter().zip(names);
    pairs.map(|(tool, name)| tool.definition(name)).collect()
}

/// The names with their verbs; where two would be the same, the tools' own.
fn apart(tools: &[Tool<'_>], verbs: &[Option<&str>]) -> Vec<String> {
    let mut names: Vec<String> = tools
        .iter()
        .zip(verbs)
        .map(|(tool, verb)| match verb {
            Some(verb) => format!("{verb}_{}", tool.said),
            None => tool.said.clone(),
        })
        .collect();
    // One that has its own name again may be in the way of another's.
    loop {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *counts.entry(name.clone()).or_default() += 1;
        }
        let mut moved = false;
        for (name, tool) in names.iter_mut().zip(tools) {
            if counts[name.as_str()] > 1 && name != tool.name {
                tool.name.clone_into(name);
                moved = true;
            }
        }
        if !moved {
            return names;
        }
    }
}

impl Tool<'_> {
    fn definition(&self, name: &str) -> Value {
        let mut definition = self.definition.clone();
        definition["name"] = json!(name);
        definition
    }

    /// Whether its path ends with what names a record.
    fn is_of_record(&self) -> bool {
        self.operation
            .is_some_and(|it| it.path.trim_end_matches('/').ends_with('}'))
    }

    /// What is deleted may be worse than deleting.
    fn worst(&self, name: &str, server: &Server) -> Guess {
        let found = guess(&self.definition(name), server);
        let deletes = self.operation.is_some_and(|it| it.method == "DELETE");
        if !deletes || name == self.said {
            return found;
        }
        let other = guess(&self.definition(&self.said), server);
        if (other.level, other.effect) > (found.level, found.effect) {
            other
        } else {
            found
        }
    }
}

/// The verb that a method stands for, where the name has none or says less than the method.
fn verb(tool: &Tool<'_>, guess: &Guess) -> Option<&'static str> {
    let operation = tool.operation?;
    let unknown = guess.why.contains("nothing known in its name");
    let thing = guess.why.contains("is named as the thing alone");
    // What a name calls a look is none where the method is not.
    let looks = guess.effect == Effect::Read || guess.why.contains("it is not read-only");
    match operation.method.as_str() {
        "GET" | "HEAD" if unknown || thing => {
            Some(if tool.is_of_record() { "get" } else { "list" })
        }
        "DELETE" if guess.effect < Effect::Delete => Some("delete"),
        "PUT" | "PATCH" if unknown || thing || looks => Some("update"),
        "POST" if thing || unknown && is_collection(operation) => Some("create"),
        _ => None,
    }
}

/// Whether an operation has no name but its path, and the path ends with things of a kind: `/users`.
fn is_collection(operation: &Operation) -> bool {
    let last = operation.path.trim_end_matches('/').rsplit('/').next();
    let words = split(last.unwrap_or_default());
    let many = words.last().is_some_and(|word| base(word) != *word);
    many && !last.is_some_and(|last| last.contains('{')) && is_generated(operation)
}

/// What an operation's name says without what was generated: without path and method, or of the path what names
/// no record.
fn said(operation: &Operation) -> String {
    let by_path = || {
        let words: Vec<String> = operation
            .path
            .split('/')
            .filter(|part| !part.starts_with('{'))
            .flat_map(split)
            .collect();
        if words.is_empty() {
            operation.name.clone()
        } else {
            words.join("_")
        }
    };
    let Some(id) = operation.id.as_deref() else {
        return by_path();
    };
    if let Some(own) = without_path(id, operation) {
        return own.to_owned();
    }
    if is_generated(operation) {
        by_path()
    } else {
        operation_name(id)
    }
}

/// An id as words of a name: what is no letter or digit stands between them.
fn operation_name(id: &str) -> String {
    let one = |c: char| {
        if c.is_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = id.chars().take(200).map(one).collect();
    name.trim_matches('_').to_owned()
}

/// An id without the path and the method at its end: `create_user` of `create_user_api_users_post`.
fn without_path<'a>(id: &'a str, operation: &Operation) -> Option<&'a str> {
    if id.len() > LONGEST_ID {
        return None;
    }
    let one = |c: char| if c.is_alphanumeric() { c } else { '_' };
    let flat = |text: &str| -> String { text.chars().map(one).collect() };
    let end = format!(
        "{}_{}",
        flat(&operation.path),
        operation.method.to_lowercase()
    );
    let at = id
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| flat(&id[*at..]) == end)?;
    let own = &id[..at];
    own.contains(char::is_alphanumeric).then_some(own)
}

/// Whether its name is made of method and path alone: `post_users`, `usersPost`.
fn is_generated(operation: &Operation) -> bool {
    let Some(id) = operation.id.as_deref() else {
        return true;
    };
    let method = operation.method.to_lowercase();
    let words = split(id);
    let rest = match words.as_slice() {
        [first, rest @ ..] if *first == method => rest,
        [rest @ .., last] if *last == method => rest,
        _ => return false,
    };
    let whole: Vec<String> = operation.path.split('/').flat_map(split).collect();
    let fixed: Vec<String> = operation
        .path
        .split('/')
        .filter(|part| !part.starts_with('{'))
        .flat_map(split)
        .collect();
    rest == whole || rest == fixed
}
