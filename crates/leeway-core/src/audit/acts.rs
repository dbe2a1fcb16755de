//! Which arguments a draft takes for new values of a record, and which may set off more than that: those it
//! leaves to a person, who finds them named among the blockers.

use super::{AuditedTool, Subject};
use crate::classify::Effect;
use crate::classify::guess::words::{base, split};
use serde_json::Value;

/// Words by which the name of a tool says that what it is given stands in the record afterwards. Any other
/// verb may do its act again where the record has the value already: `extend`, `restart`, `toggle`.
const SETTING: &str = "update set edit patch modify change rename write put save upsert replace overwrite \
    correct fill amend";

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
    if tool.effect == Effect::Update && !sets(&tool.name) {
        return Vec::new();
    }
    let definition = subject.tools.iter().find(|it| it["name"] == *tool.name);
    let declared = definition.map(|it| &it["inputSchema"]["properties"]);
    let schema = |field: &str| declared.map_or(&Value::Null, |declared| &declared[field]);
    tool.fields
        .iter()
        .filter(|field| is_plain(field, schema(field)))
        .cloned()
        .collect()
}

/// Whether a tool's name says that it sets values.
fn sets(name: &str) -> bool {
    split(name).iter().any(|word| among(SETTING, word))
}

fn is_plain(field: &str, schema: &Value) -> bool {
    let words = split(field);
    let any = |list: &str| words.iter().any(|word| among(list, word));
    let kind = &schema["type"];
    let is_switch = *kind == "boolean"
        || kind
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "boolean"));
    let says_a_state = words
        .first()
        .is_some_and(|first| first == "is" || first == "has");
    !any(ACTS) && (!is_switch || says_a_state || any(STATES))
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
}
