//! What a call sends besides the changes it is shown to make: every argument that stands nowhere else
//! on the card, in the order of the call. What a pack does not speak of reaches the system all the same.

use super::event::Judged;
use crate::classify::account::{Account, Accounts};
use crate::classify::{BeforeImage, Effect};
use crate::message::lines::condensed;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// JSON texts inside JSON texts are looked into so deep.
const DEEPEST_TEXT: usize = 3;

/// One argument, with its place in the call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sent {
    /// Its JSON pointer in the arguments; inside a JSON text it goes on.
    pub path: String,
    /// Its value as sent, redacted. A list of plain values is one.
    pub value: Value,
    /// What it is to the pack; `None` for calls recorded before that was worked out, and for reads.
    pub account: Option<Account>,
    /// Whether it would set a field to what the record has already.
    pub same_as_now: bool,
    /// The keys and indexes of the path.
    #[serde(skip)]
    pub steps: Vec<String>,
}

impl Sent {
    /// Its path as people read it: `fields › tags`.
    pub fn label(&self) -> String {
        self.steps.join(" › ")
    }

    /// What it is to the pack, for people.
    pub fn what(&self) -> Option<&'static str> {
        Some(match self.account? {
            Account::Change if self.same_as_now => "same as now",
            Account::Change => "part of a change",
            Account::Identity => "which record",
            Account::Amount => "amount",
            Account::Recipient => "whom it reaches",
            Account::Content => "text",
            Account::Detail => "how it is done",
            Account::Switch => "a condition of the pack looks at it",
            Account::Option => "changes nothing that happens",
            Account::Unaccounted => "nobody says what this does",
        })
    }

    /// Whether nobody says what it does.
    pub fn is_unaccounted(&self) -> bool {
        self.account == Some(Account::Unaccounted)
    }
}

/// Everything a call sends that its changes do not show.
pub fn also_sent(judged: &Judged) -> Vec<Sent> {
    let classified = &judged.classified;
    let mut walk = Walk {
        accounts: &classified.accounts,
        before: match &judged.before {
            BeforeImage::Read { fields, .. } => Some(fields),
            _ => None,
        },
        shown: Vec::new(),
        named: None,
        found: Vec::new(),
    };
    // Of what is deleted, what stood there is shown, and no new value.
    if classified.effect != Effect::Delete {
        for change in &classified.changes {
            walk.show(&change.field, &change.new);
        }
    }
    walk.arguments(&judged.call.arguments);
    if let Some(inputs) = &judged.call.inputs {
        walk.value(inputs, &mut vec!["answers to the system".to_owned()], 0);
    }
    walk.found
}

/// The same as people read it: what the message of the call shows is not shown once more as it is encoded.
pub fn for_people(judged: &Judged) -> Vec<Sent> {
    let mut sent = also_sent(judged);
    if judged.classified.message.is_some() {
        for one in &mut sent {
            one.value = condensed(&one.value);
        }
    }
    sent
}

struct Walk<'a> {
    accounts: &'a Accounts,
    before: Option<&'a Map<String, Value>>,
    /// Plain values that the changes show, with their field, each good for one argument.
    shown: Vec<(&'a str, &'a Value)>,
    /// Places of arguments that a change of their own name shows; `None` while they are looked for.
    named: Option<BTreeSet<String>>,
    found: Vec<Sent>,
}

impl<'a> Walk<'a> {
    fn show(&mut self, field: &'a str, value: &'a Value) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                for item in items {
                    self.show(field, item);
                }
            }
            Value::Object(fields) if !fields.is_empty() => {
                fields.values().for_each(|item| self.show(field, item));
            }
            plain => self.shown.push((field, plain)),
        }
    }

    /// First what changes show by name, so that nothing else passes for it; then the rest.
    fn arguments(&mut self, arguments: &Value) {
        if arguments.as_object().is_some_and(Map::is_empty) {
            return;
        }
        self.value(arguments, &mut Vec::new(), 0);
        let named = self.found.drain(..).map(|one| one.path).collect();
        self.named = Some(named);
        self.value(arguments, &mut Vec::new(), 0);
    }

    fn value(&mut self, value: &Value, steps: &mut Vec<String>, texts: usize) {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                for (name, item) in fields {
                    steps.push(name.clone());
                    self.value(item, steps, texts);
                    steps.pop();
                }
            }
            Value::Array(items) if !items.is_empty() => self.list(items, steps, texts),
            Value::String(text) => match self.text(text, steps, texts) {
                Some(held) => self.value(&held, steps, texts + 1),
                None => self.leaf(value, steps),
            },
            plain => self.leaf(plain, steps),
        }
    }

    /// A list of plain values that are all the same to the pack is told as one.
    fn list(&mut self, items: &[Value], steps: &mut Vec<String>, texts: usize) {
        let begun = self.found.len();
        for (index, item) in items.iter().enumerate() {
            steps.push(index.to_string());
            self.value(item, steps, texts);
            steps.pop();
        }
        if self.named.is_none() {
            return;
        }
        let found = &self.found[begun..];
        let Some(first) = found.first() else { return };
        let plain = |value: &Value| !value.is_array() && !value.is_object();
        let alike = found.len() == items.len()
            && items.iter().all(plain)
            && found.iter().all(|one| {
                one.account == first.account
                    && one.same_as_now == first.same_as_now
                    && one.steps.len() == steps.len() + 1
            });
        if alike && items.len() > 1 {
            let whole = Sent {
                path: pointer(steps),
                value: Value::Array(items.to_vec()),
                steps: steps.clone(),
                ..first.clone()
            };
            self.found.truncate(begun);
            self.found.push(whole);
        }
    }

    /// What a text holds as JSON, where the accounts go on inside it.
    fn text(&self, text: &str, steps: &[String], texts: usize) -> Option<Value> {
        let inside = format!("{}/", pointer(steps));
        let goes_on = self
            .accounts
            .range(inside.clone()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(&inside));
        let held = (goes_on && texts < DEEPEST_TEXT).then(|| serde_json::from_str(text).ok());
        held.flatten()
    }

    fn leaf(&mut self, value: &Value, steps: &[String]) {
        let path = pointer(steps);
        let account = self.accounts.get(&path).copied();
        let is_change = account == Some(Account::Change);
        let shown = match &self.named {
            None => {
                !(is_change && self.take(value, |field| steps.iter().any(|step| step == field)))
            }
            Some(named) => named.contains(&path) || is_change && self.take(value, |_| true),
        };
        if shown {
            return;
        }
        let now = self.before.and_then(|fields| {
            let name = steps.iter().rev().find(|step| fields.contains_key(*step))?;
            fields.get(name)
        });
        self.found.push(Sent {
            same_as_now: is_change && now == Some(value),
            path,
            value: value.clone(),
            account,
            steps: steps.to_vec(),
        });
    }

    /// Whether a change of such a field shows this value; it is good for one argument.
    fn take(&mut self, value: &Value, is_field: impl Fn(&str) -> bool) -> bool {
        let place = self
            .shown
            .iter()
            .position(|(field, shown)| *shown == value && is_field(field));
        place.map(|at| self.shown.remove(at)).is_some()
    }
}

fn pointer(steps: &[String]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn listed(
        arguments: Value,
        shown: &[(&'static str, Value)],
        accounts: &[(&str, Account)],
    ) -> Vec<(String, Value, bool)> {
        let accounts = accounts
            .iter()
            .map(|(path, account)| ((*path).to_owned(), *account))
            .collect();
        let before = json!({"city": "Vienna"});
        let mut walk = Walk {
            accounts: &accounts,
            before: before.as_object(),
            shown: Vec::new(),
            named: None,
            found: Vec::new(),
        };
        for (field, value) in shown {
            walk.show(field, value);
        }
        walk.arguments(&arguments);
        let found = walk.found.into_iter();
        found
            .map(|one| (one.path, one.value, one.same_as_now))
            .collect()
    }

    #[test]
    fn what_changes_show_is_left_out_once_and_the_rest_is_listed_in_order() {
        let arguments = json!({"id": "c-1", "merge_into": "ben", "fields": {"owner": "ben", "city": "Vienna"}, "silent": true});
        let accounts = [
            ("/id", Account::Identity),
            ("/merge_into", Account::Change),
            ("/fields/owner", Account::Change),
            ("/fields/city", Account::Change),
            ("/silent", Account::Unaccounted),
        ];
        let found = listed(arguments, &[("owner", json!("ben"))], &accounts);
        assert_eq!(
            found,
            [
                ("/id".to_owned(), json!("c-1"), false),
                // Worth the same as what is shown, and another thing: one change shows one argument.
                ("/merge_into".to_owned(), json!("ben"), false),
                ("/fields/city".to_owned(), json!("Vienna"), true),
                ("/silent".to_owned(), json!(true), false),
            ]
        );
    }

    #[test]
    fn a_value_that_only_happens_to_stand_among_the_changes_is_listed() {
        for account in [
            Account::Unaccounted,
            Account::Recipient,
            Account::Option,
            Account::Content,
        ] {
            let found = listed(
                json!({"to": "x"}),
                &[("to", json!("x"))],
                &[("/to", account)],
            );
            assert_eq!(found.len(), 1, "{account:?}");
        }
        assert_eq!(
            listed(json!({"to": "x"}), &[("to", json!("x"))], &[]).len(),
            1
        );
    }

    #[test]
    fn lists_of_plain_values_are_one_and_texts_with_json_are_opened() {
        let arguments = json!({
            "to": ["a@x.y", "b@x.y"], "rows": [{"a": 1}, {"a": 2}], "none": [], "more": {},
            "extra": "{\"a/b\": {\"deep\": null}}", "plain": "{\"a\": 1}",
        });
        let accounts = [
            ("/extra/a~1b/deep", Account::Unaccounted),
            ("/plain", Account::Content),
        ];
        let found = listed(arguments, &[], &accounts);
        let paths: Vec<&str> = found.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/to",
                "/rows/0/a",
                "/rows/1/a",
                "/none",
                "/more",
                "/extra/a~1b/deep",
                "/plain"
            ]
        );
        assert_eq!(found[0].1, json!(["a@x.y", "b@x.y"]));
    }

    #[test]
    fn a_list_of_which_a_part_is_shown_is_told_in_parts() {
        let accounts = [
            ("/tags/0", Account::Change),
            ("/tags/1", Account::Unaccounted),
        ];
        let found = listed(
            json!({"tags": ["a", "b"]}),
            &[("tags", json!(["a"]))],
            &accounts,
        );
        assert_eq!(found, [("/tags/1".to_owned(), json!("b"), false)]);
    }
}
