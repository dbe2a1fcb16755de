//! Which arguments a draft takes for new values of a record, and which may set off more than that: those it
//! leaves to a person, who finds them named among the blockers.

use super::{AuditedTool, Subject};
use crate::classify::Effect;
use crate::classify::guess::words::{base, split};
use crate::openapi::operation::Operation;
use serde_json::Value;

/// Words by which the name of a tool says that what it is given stands in the record afterwards. Any other
/// verb may do its act again where the record has the value already: `extend`, `restart`, `toggle`.
const SETTING: &str = "update set edit patch modify change rename upsert correct fill amend";

/// What a description says of a tool that puts a new record in the place of the old one: what is not given is gone
/// afterwards.
const REPLACING: [&str; 4] = ["replac", "overwrit", "put /", "entire"];

/// Words of arguments by which a tool that reads does more than that.
const BESIDE_READING: &str = "action apply claim clear cmd command commit consume delete dry erase exec execute \
    flush force forward grant invite lock merge method notify pay publish purge push redeem refund release remove \
    repair reserve reset rotate run save script send sql subscribe sync trigger unlock unsubscribe update upload \
    wipe write";

/// Words of switches that say what is read and how.
const READING: &str = "include with without show only recursive all any verbose full raw expand deep descending \
    ascending desc asc reverse sort sorted order ordered case sensitive exact fuzzy count total totals metadata \
    content contents html text markdown pretty follow strict body headers inline details detailed summary \
    attachments comments history children nested preview cached latest unique distinct whole match matches \
    regex ignore exclude";

/// Words of arguments that set something off, or say by how much and not to what.
const ACTS: &str = "alert apply blind broadcast bump by callback charge command copy credit decrement \
    delete delta discount erase escalate exec execute force forward grant hook increase increment invite \
    merge notify pay permission post publish purge push refund remind remove rerun reset restart role run \
    script send share step submit sync transfer trigger webhook wipe";

/// Words of switches that stand in a record: anything else that is yes or no may be a command.
const STATES: &str = "active enabled disabled archived completed complete done closed open private public \
    starred pinned flagged favorite favourite required optional hidden visible read unread locked draft \
    internal important billable taxable recurring default primary verified";

/// Arguments of a tool that a draft may take for new values, of those that look like it.
pub(super) fn plain_fields(tool: &AuditedTool, subject: Subject<'_>) -> Vec<String> {
    let definition = subject.tools.iter().find(|it| it["name"] == *tool.name);
    let description = definition.map_or(&Value::Null, |it| &it["description"]);
    if tool.effect == Effect::Update && (!sets(&tool.words) || replaces(description)) {
        return Vec::new();
    }
    let declared = definition.map(|it| &it["inputSchema"]["properties"]);
    let schema = |field: &str| declared.map_or(&Value::Null, |declared| &declared[field]);
    // Of a body that is one argument nobody knows which fields of the record it holds.
    let body = operation(tool, subject).and_then(Operation::whole_body);
    let updates = tool.effect == Effect::Update;
    tool.fields
        .iter()
        .filter(|field| !(updates && body == Some(field.as_str())))
        .filter(|field| is_plain(field, schema(field)))
        .cloned()
        .collect()
}

/// Whether an argument that holds this field of a body may be a new value of the record.
pub(super) fn may_be_value(
    (argument, field): (&str, &str),
    tool: &AuditedTool,
    subject: Subject<'_>,
) -> bool {
    let definition = subject.tools.iter().find(|it| it["name"] == *tool.name);
    let schema = definition.map(|it| &it["inputSchema"]["properties"][argument]);
    is_plain(field, schema.unwrap_or(&Value::Null))
}

/// The operation a tool is, of a system by document.
pub(super) fn operation<'a>(tool: &AuditedTool, subject: Subject<'a>) -> Option<&'a Operation> {
    subject.document?.operations.get(&tool.name)
}

/// Whether a tool's name says that it sets values.
fn sets(name: &str) -> bool {
    split(name).iter().any(|word| among(SETTING, word))
}

/// Whether a description says that what is not given is gone.
fn replaces(description: &Value) -> bool {
    let said = description.as_str().unwrap_or_default().to_lowercase();
    REPLACING.iter().any(|words| said.contains(words))
}

/// Arguments of a tool that reads by which it may do more than that.
pub(super) fn beside_reading(tool: &str, subject: Subject<'_>) -> Vec<String> {
    let definition = subject.tools.iter().find(|it| it["name"] == *tool);
    let declared = definition.and_then(|it| it["inputSchema"]["properties"].as_object());
    let declared = declared.into_iter().flatten();
    declared
        .filter(|(name, schema)| acts_beside(name, schema))
        .map(|(name, _)| name.clone())
        .collect()
}

fn acts_beside(name: &str, schema: &Value) -> bool {
    let words = split(name);
    let any = |list: &str| words.iter().any(|word| among(list, word));
    if is_switch(schema) {
        return !any(READING) && !any(STATES) && !says_a_state(&words);
    }
    let is_id = words
        .last()
        .is_some_and(|last| among("id key uuid number", last));
    let mails = words.len() > 1
        && words
            .first()
            .is_some_and(|first| first == "email" || first == "mail")
        && words.last().is_some_and(|last| last == "to");
    !is_id && (any(BESIDE_READING) || mails)
}

fn is_switch(schema: &Value) -> bool {
    let kinds = schema["type"].as_array();
    schema["type"] == "boolean"
        || kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "boolean"))
}

fn says_a_state(words: &[String]) -> bool {
    words
        .first()
        .is_some_and(|first| first == "is" || first == "has")
}

fn is_plain(field: &str, schema: &Value) -> bool {
    let words = split(field);
    let any = |list: &str| words.iter().any(|word| among(list, word));
    !any(ACTS) && (!is_switch(schema) || says_a_state(&words) || any(STATES))
}

fn among(list: &str, word: &str) -> bool {
    let plain = base(word);
    list.split_whitespace()
        .any(|one| one == word || one == plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_sets_something_off_is_no_value_of_a_record() {
        let text = json!({"type": "string"});
        let switch = json!({"type": ["boolean", "null"]});
        for field in [
            "title",
            "email",
            "phone_number",
            "dueDate",
            "status",
            "notes",
        ] {
            assert!(is_plain(field, &text), "{field}");
        }
        for field in [
            "forward_to",
            "run_script",
            "callbackUrl",
            "permissions",
            "discount",
            "delta",
        ] {
            assert!(!is_plain(field, &text), "{field}");
        }
        for field in ["is_vip", "archived", "hasSigned"] {
            assert!(is_plain(field, &switch), "{field}");
        }
        for field in ["email_customer", "charge", "urgent_call"] {
            assert!(!is_plain(field, &switch), "{field}");
        }
    }

    #[test]
    fn a_verb_that_does_its_act_again_sets_nothing() {
        for name in ["update_contact", "setStatus", "crm.contacts.patch"] {
            assert!(sets(name), "{name}");
        }
        for name in [
            "toggle_feature",
            "extend_lease",
            "add_stock",
            "bump_version",
            "restart",
        ] {
            assert!(!sets(name), "{name}");
        }
    }

    #[test]
    fn a_reading_that_may_do_more_is_told() {
        let text = json!({"type": "string"});
        let switch = json!({"type": "boolean"});
        for (name, schema) in [
            ("dry_run", &switch),
            ("apply", &switch),
            ("auto_merge", &switch),
            ("sql", &text),
            ("email_to", &text),
            ("action", &text),
            ("_method", &text),
            ("save_path", &text),
            ("redeem", &switch),
        ] {
            assert!(acts_beside(name, schema), "{name}");
        }
        for (name, schema) in [
            ("include_archived", &switch),
            ("recursive", &switch),
            ("is_open", &switch),
            ("query", &text),
            ("email", &text),
            ("run_id", &text),
            ("sort_by", &text),
            ("to", &text),
        ] {
            assert!(!acts_beside(name, schema), "{name}");
        }
    }
}
