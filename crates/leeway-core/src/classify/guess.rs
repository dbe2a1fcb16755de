//! What a tool without a pack entry seems to do: for display only, until a person classifies it.
//! Descriptions and annotations come from the system and may only raise the guess.

use super::{Effect, Level};
use serde_json::Value;

/// A guess and its reasons.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// What it seems to do.
    pub effect: Effect,
    /// The level that would mean.
    pub level: Level,
    /// Why, sentences for people.
    pub why: Vec<String>,
}

/// Verbs in a tool's name → effect, the gravest first.
const VERBS: [(Effect, &[&str]); 9] = [
    (
        Effect::Pay,
        &[
            "pay",
            "refund",
            "charge",
            "payout",
            "transfer",
            "invoice",
            "checkout",
            "subscribe",
            "finalize",
            "price",
            "coupon",
        ],
    ),
    (
        Effect::Send,
        &[
            "send",
            "reply",
            "post",
            "publish",
            "share",
            "notify",
            "invite",
            "email",
            "message",
            "tweet",
            "broadcast",
            "comment",
        ],
    ),
    (
        Effect::Execute,
        &[
            "execute", "run", "eval", "exec", "sql", "shell", "command", "script",
        ],
    ),
    (
        Effect::Admin,
        &[
            "permission",
            "role",
            "webhook",
            "user",
            "users",
            "setting",
            "settings",
            "filter",
            "grant",
            "automation",
            "schema",
        ],
    ),
    (
        Effect::Delete,
        &[
            "delete", "remove", "trash", "archive", "void", "destroy", "purge", "drop",
        ],
    ),
    (Effect::Merge, &["merge"]),
    (
        Effect::Update,
        &[
            "update", "edit", "set", "modify", "patch", "move", "rename", "assign", "change",
            "write", "upload", "convert", "close", "reopen",
        ],
    ),
    (Effect::Draft, &["draft"]),
    (
        Effect::Create,
        &["create", "add", "new", "insert", "make", "append", "log"],
    ),
];

const READS: [&str; 18] = [
    "get",
    "list",
    "search",
    "read",
    "find",
    "fetch",
    "query",
    "describe",
    "show",
    "view",
    "lookup",
    "retrieve",
    "count",
    "download",
    "export",
    "check",
    "summarize",
    "open",
];

/// Guesses from a tool's definition.
pub fn guess(definition: &Value) -> Guess {
    let name = definition["name"].as_str().unwrap_or_default();
    let words = words(name);
    let verb = gravest(&words);
    let reads = words
        .first()
        .is_some_and(|word| READS.contains(&word.as_str()));
    let mut why = Vec::new();
    let mut effect = match (reads, verb) {
        (true, None | Some(Effect::Admin | Effect::Send | Effect::Pay | Effect::Draft)) => {
            why.push(format!("its name begins with `{}`", words[0]));
            Effect::Read
        }
        (_, Some(effect)) => {
            why.push("its name says so".to_owned());
            effect
        }
        (false, None) => {
            why.push(
                "its name says nothing known, so the worst that is usual is assumed".to_owned(),
            );
            Effect::Update
        }
    };
    let described = definition["description"]
        .as_str()
        .map(words_of_text)
        .unwrap_or_default();
    if effect == Effect::Read && described.iter().any(|word| GRAVE.contains(&word.as_str())) {
        why.push("its description speaks of writing".to_owned());
        effect = Effect::Update;
    }
    if definition["annotations"]["destructiveHint"] == Value::Bool(true) && effect == Effect::Read {
        why.push("the system itself calls it destructive".to_owned());
        effect = Effect::Delete;
    }
    Guess {
        effect,
        level: level_of(effect),
        why,
    }
}

/// Words in a description that a reading tool has no use for.
const GRAVE: [&str; 8] = [
    "deletes",
    "overwrites",
    "sends",
    "refunds",
    "modifies",
    "updates",
    "removes",
    "creates",
];

/// The gravest effect any word of the name stands for: `create_refund` moves money.
fn gravest(words: &[String]) -> Option<Effect> {
    VERBS
        .iter()
        .find(|(_, verbs)| words.iter().any(|word| verbs.contains(&word.as_str())))
        .map(|(effect, _)| *effect)
}

fn level_of(effect: Effect) -> Level {
    match effect {
        Effect::Read => Level::ReadOnly,
        Effect::Draft => Level::DraftOnly,
        Effect::Create => Level::LowRisk,
        Effect::Update | Effect::Merge | Effect::Delete | Effect::Admin | Effect::Execute => {
            Level::HighImpact
        }
        Effect::Send | Effect::Pay => Level::External,
    }
}

/// The words of a name: split at anything but letters and at changes from lower to upper case.
fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && before_lower {
            spaced.push(' ');
        }
        before_lower = c.is_lowercase();
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    words_of_text(&spaced)
}

fn words_of_text(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_read_and_descriptions_only_raise() {
        for (definition, effect) in [
            (json!({"name": "get_contact"}), Effect::Read),
            (json!({"name": "listInvoices"}), Effect::Read),
            (json!({"name": "create_task"}), Effect::Create),
            (json!({"name": "delete-record"}), Effect::Delete),
            (json!({"name": "create_refund"}), Effect::Pay),
            (json!({"name": "frobnicate"}), Effect::Update),
            (
                json!({"name": "get_it", "description": "Deletes everything."}),
                Effect::Update,
            ),
            (
                json!({"name": "wipe", "description": "This tool is safe and read-only.", "annotations": {"readOnlyHint": true}}),
                Effect::Update,
            ),
            (
                json!({"name": "send_email", "annotations": {"readOnlyHint": true}}),
                Effect::Send,
            ),
        ] {
            assert_eq!(guess(&definition).effect, effect, "{definition}");
        }
    }
}
