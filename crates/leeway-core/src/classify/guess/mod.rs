//! What a tool without a pack entry seems to do: shown to people and drafted for them, never believed.
//! Worked out from the morphology of its name and the shape of its schema; description and
//! annotations come from the system and may only raise it.
//!
//! [`words`] splits names; [`verbs`] and [`nouns`] are the lexicon; [`name`] says what is done to what;
//! [`effect`] what that does, with [`looking`], [`making`], [`adding`], [`changing`] and [`saying`]; [`raise`] what else the system says; [`measure`] compares with labels.

mod adding;
mod arguments;
mod changing;
mod effect;
mod looking;
mod making;
pub mod measure;
mod name;
mod nouns;
mod raise;
mod record;
mod saying;
mod server;
mod siblings;
mod verbs;
pub(crate) mod words;

pub use server::Server;
pub use siblings::UndoCandidate;

use super::{Area, Effect, Level};
use arguments::Arguments;
use effect::Finding;
use name::Act;
use serde_json::Value;
use std::collections::BTreeSet;
use verbs::{Verb, is_always_verb};
use words::among;

/// A guess and its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// What it seems to do, at worst.
    pub effect: Effect,
    /// The level that would mean.
    pub level: Level,
    /// Kind of record it touches, in the name's own words: `pull_request`.
    pub record_type: Option<String>,
    /// The argument that names the record, of a tool that touches an existing one.
    pub id_argument: Option<String>,
    /// Arguments that hold new values of the record; none of a read.
    pub fields: Vec<String>,
    /// Areas of the business it touches; none of a read.
    pub areas: BTreeSet<Area>,
    /// The server's tool that reads the record, if one seems to.
    pub read: Option<String>,
    /// The server's tool that takes a call back, if one seems to.
    pub undo: Option<UndoCandidate>,
    /// Why, one sentence for people.
    pub why: String,
}

/// Guesses from a tool's definition and what its server lists besides it.
pub fn guess(definition: &Value, server: &Server) -> Guess {
    let name = definition["name"].as_str().unwrap_or_default();
    let arguments = Arguments::of(definition);
    let acts = server.acts(name);
    let (act, finding) = worst(&acts, &arguments, server);
    let finding = raise::queried(finding, &act, &arguments, definition);
    let finding = raise::raised(finding, definition, server);
    let existing = finding.effect != Effect::Execute
        && !matches!(
            act.verb,
            Some(Verb::Create | Verb::Copy | Verb::Upload | Verb::Generate | Verb::Draft)
        );
    let id_argument = existing
        .then(|| record::id_argument(&act, &arguments))
        .flatten();
    let reads = finding.effect == Effect::Read;
    Guess {
        effect: finding.effect,
        level: finding.level,
        record_type: record::record_type(&act),
        fields: record::fields(&finding, &act, id_argument.as_deref(), &arguments),
        areas: record::areas(&finding, &act, &arguments, server),
        read: (!reads && id_argument.is_some())
            .then(|| siblings::reader(&act, server))
            .flatten(),
        undo: (!reads)
            .then(|| siblings::undo(name, &act, finding.effect, server))
            .flatten(),
        id_argument,
        why: format!("It {}.", finding.why),
    }
}

/// The gravest of what a name says is done, and of what its arguments let a caller choose.
fn worst(acts: &[Act], arguments: &Arguments, server: &Server) -> (Act, Finding) {
    let mut chosen: Vec<Act> = acts.to_vec();
    let request = arguments.request();
    // The methods of a request are no acts on the tool's object.
    let choosers = arguments
        .choosers()
        .filter(|chooser| Some(*chooser) != request);
    // What a list is filtered by may sound like a verb: `build_failed`, `merge_train_removed`.
    let looks = among("list get search find", &acts[0].word);
    for chooser in choosers {
        for value in &chooser.values {
            let chosen_here = chosen_acts(value, &acts[0]);
            chosen.extend(
                chosen_here
                    .into_iter()
                    .filter(|act| !looks || is_always_verb(&act.word) && !value.ends_with("ed")),
            );
        }
    }
    let mut found: Option<(Act, Finding)> = None;
    for act in chosen {
        let finding = effect::of(&act, arguments, server);
        found = Some(match found {
            Some((graver, worst))
                if (finding.level, finding.effect) <= (worst.level, worst.effect) =>
            {
                (graver, worst)
            }
            _ => (act, finding),
        });
    }
    let (act, finding) = found.expect("INVARIANT: a name says at least one act");
    if let Some(method) = request {
        let why = format!(
            "makes any request of the caller's choice (`{}`)",
            method.name
        );
        return (act, finding.graver(Finding::new(Effect::Execute, why)));
    }
    (act, finding)
}

/// What a value of a choosing argument does to the tool's object: `delete` of `manage_labels`. A
/// value without a known verb says nothing: it may be a kind of look.
fn chosen_acts(value: &str, of: &Act) -> Vec<Act> {
    let mut acts = name::acts_in(value);
    acts.retain(|act| act.verb.is_some());
    for act in &mut acts {
        if act.object.is_empty() {
            act.object.clone_from(&of.object);
            act.target.clone_from(&of.target);
        }
    }
    acts
}

#[cfg(test)]
mod tests;
