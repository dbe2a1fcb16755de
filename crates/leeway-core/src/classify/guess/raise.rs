//! What a tool's description and annotations add. They come from the system and may be hostile:
//! they can only raise what the name and the schema say, never lower it.

use super::arguments::Arguments;
use super::effect::Finding;
use super::name::Act;
use super::server::{Kind, Server};
use super::verbs::{COMPOUNDS, Verb, is_always_verb, verb};
use super::words::{among, base, split};
use crate::classify::{Effect, Level};
use serde_json::Value;

/// How much of a description is read, characters.
const LONGEST: usize = 20_000;

/// Words a sentence may begin with before its verb.
const OPENINGS: &str = "this tool it also will can may automatically permanently then and optionally \
    additionally immediately function method action allow allows lets you to irreversibly silently \
    afterwards be used";

/// Things that are sent without reaching anybody.
const UNSENT: &str =
    "request query signal prompt command ping get http graphql api text key input count";

/// Where things are sent that go to nobody.
const AWAY: &str = "archive trash bin";

/// The graver of what was found and what description and annotations say.
pub fn raised(finding: Finding, definition: &Value, server: &Server) -> Finding {
    let described = ["description", "title"]
        .iter()
        .filter_map(|key| definition[key].as_str())
        .chain(definition["annotations"]["title"].as_str());
    let finding = described.fold(finding, by_description);
    by_annotations(finding, &definition["annotations"], server)
}

/// A look whose whole query the caller writes, in a language that can also change things.
pub fn queried(finding: Finding, act: &Act, arguments: &Arguments, definition: &Value) -> Finding {
    let text = definition["description"].as_str().unwrap_or_default();
    let sql = split(text).iter().any(|word| word == "sql");
    if finding.effect == Effect::Read && act.word == "query" && sql && arguments.has("query") {
        let why = format!("{}, but its description speaks of SQL", finding.why);
        return Finding::new(Effect::Execute, why);
    }
    finding
}

fn by_description(finding: Finding, text: &str) -> Finding {
    let text: String = text.chars().take(LONGEST).collect();
    let mut first = true;
    let mut finding = finding;
    for sentence in unwrapped(&text).split(['.', '!', '?', '\n', ';', '|']) {
        let words = split(sentence);
        if words.is_empty() || names_an_argument(sentence) {
            continue;
        }
        for effect in claims(&words, first) {
            finding = raise_to(finding, effect, &words);
        }
        first = false;
    }
    finding
}

/// The text without line breaks inside sentences: a line that begins small goes on with the one
/// before it, unless that one had an end.
fn unwrapped(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        let goes_on = line.starts_with(char::is_lowercase)
            && whole.ends_with(|end: char| end.is_alphanumeric() || end == ',');
        whole.push(if goes_on { ' ' } else { '\n' });
        whole.push_str(line);
    }
    whole
}

/// True of the line that tells of an argument: `emails: whom to add`.
fn names_an_argument(sentence: &str) -> bool {
    let line = sentence.trim_start();
    let name = line
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    line.starts_with(char::is_lowercase) && line[name.len()..].starts_with(':')
}

/// The effects a sentence says the tool has: by the verb it begins with, and those joined to it.
/// Sentences after the first are often instructions to agents, so there the verb must be told of
/// the tool: `Deletes …`, `It sends …`, `This tool will remove …`.
fn claims(words: &[String], first: bool) -> Vec<Effect> {
    let start = words
        .iter()
        .position(|word| !among(OPENINGS, word))
        .unwrap_or(0);
    let told = words[..start]
        .iter()
        .any(|word| among("this it will tool", word));
    let leads = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| base(word) != *word && verb(&base(word)).is_some())
    };
    // `Not for emails or broadcasts`: what is joined to no verb is a thing.
    let joins = first || told || leads(start);
    let mut effects = Vec::new();
    for at in start..words.len() {
        let word = base(&words[at]);
        let begins = at == start || among("and or then also", &words[at - 1]);
        let third_person = word != words[at];
        let says = begins
            && (first || told || third_person)
            && (at == start || joins && is_always_verb(&word));
        if says && let Some(effect) = plainly(&word, &words[at + 1..]) {
            effects.push(effect);
        }
    }
    effects
}

/// What a verb in running text means, where it can hardly mean anything else.
fn plainly(word: &str, after: &[String]) -> Option<Effect> {
    const SENDS: &str = "send email publish notify broadcast tweet invite share forward";
    const PAYS: &str = "pay refund charge payout reimburse purchase buy";
    const CHANGES: &str = "update edit modify overwrite replace rename move change write set assign \
        reassign patch upsert transition";
    // `Archives return a list`: what looks like a verb is what the sentence is about.
    const SUBJECT_OF: &str = "return contain have include are is was were will must should array \
        list field object that which track show hold represent describe";
    const PROGRAMS: &str = "arbitrary any code command script shell javascript python bash \
        insert delete";
    let nobody = after.iter().take(4).any(|word| among(UNSENT, &base(word)))
        || after.iter().take(6).any(|word| among(AWAY, word));
    let aside = after.iter().any(|word| among("temp temporary cache", word));
    let next = after.first().map(String::as_str).unwrap_or_default();
    let compound = among(COMPOUNDS, &format!("{word}-{}", base(next)));
    if among(SUBJECT_OF, next) || compound {
        return None;
    }
    match verb(word)? {
        // `It changes the system's state` is true of whatever makes a thing.
        Verb::Update if word == "change" && after.iter().take(5).any(|word| word == "state") => {
            Some(Effect::Create)
        }
        Verb::Send if among(SENDS, word) && !nobody => Some(Effect::Send),
        Verb::Pay if among(PAYS, word) => Some(Effect::Pay),
        Verb::Delete if word != "clear" => Some(Effect::Delete),
        Verb::Merge => Some(Effect::Merge),
        Verb::Update if among(CHANGES, word) && !aside => Some(Effect::Update),
        Verb::Create if word == "create" => Some(Effect::Create),
        Verb::Add if word == "insert" => Some(Effect::Create),
        Verb::Execute
            if among("execute eval run", word)
                && after
                    .iter()
                    .take(6)
                    .any(|word| among(PROGRAMS, &base(word))) =>
        {
            Some(Effect::Execute)
        }
        _ => None,
    }
}

fn raise_to(finding: Finding, effect: Effect, sentence: &[String]) -> Finding {
    let of_draft = finding.effect == Effect::Draft
        && sentence
            .iter()
            .any(|word| word == "draft" || word == "drafts");
    let raises = match effect {
        Effect::Send | Effect::Pay => finding.level < Level::External && !of_draft,
        Effect::Create => finding.effect == Effect::Read,
        Effect::Update => matches!(finding.effect, Effect::Read | Effect::Create),
        _ => finding.level < Level::HighImpact && !of_draft,
    };
    if !raises {
        return finding;
    }
    Finding::new(
        effect,
        format!(
            "{}, but its description speaks of {}",
            finding.why,
            doing(effect)
        ),
    )
}

fn doing(effect: Effect) -> &'static str {
    match effect {
        Effect::Send => "sending",
        Effect::Pay => "moving money",
        Effect::Delete => "deleting",
        Effect::Merge => "merging",
        Effect::Execute => "running code",
        Effect::Create => "creating",
        _ => "changing",
    }
}

fn by_annotations(finding: Finding, annotations: &Value, server: &Server) -> Finding {
    let says = |hint: &str, value: bool| annotations[hint] == Value::Bool(value);
    let destroys = says("destructiveHint", true) && !says("readOnlyHint", true);
    let believed = finding.effect == Effect::Read || !server.is(Kind::IdleHints);
    if destroys && believed && finding.level < Level::HighImpact {
        let why = format!("{}, but the system calls it destructive", finding.why);
        return Finding::new(Effect::Update, why);
    }
    if says("readOnlyHint", false) && finding.effect == Effect::Read {
        let why = format!("{}, but the system says it is not read-only", finding.why);
        return Finding::new(Effect::Create, why);
    }
    finding
}
