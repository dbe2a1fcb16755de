//! Accounting: what each leaf of a call's arguments is to the pack. A leaf that is nothing to it is
//! unaccounted, and a call with one is unknown: what no filter speaks of still reaches the system.
//!
//! Worked out, not believed: by the paths a filter hands on as they are where it is plain, and else by
//! trying, whether the filter's answer changes with the leaf. [`leaf`] walks arguments, [`trial`]
//! tries, [`paths`] are the lists a pack writes, [`declared`] is what a tool's schema knows, and
//! [`complete`] looks for what a pack leaves out before any call does.

pub mod complete;
pub mod declared;
pub mod leaf;
pub mod paths;
mod schema;
pub(super) mod trial;

use super::classified::Work;
use super::filter::Filter;
use super::{BeforeImage, Effect};
use leaf::{Leaf, leaves};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use trial::Trial;

/// What a leaf of the arguments is to the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// It names the record.
    Identity,
    /// It is the new value of a field, or part of it.
    Change,
    /// It is the amount of money, or part of it.
    Amount,
    /// It says whom the call reaches.
    Recipient,
    /// It is text that a person reads as part of what happens.
    Content,
    /// It is part of what happens and no field of the record: how to merge, what to say there.
    Detail,
    /// It is the switch that a condition of the pack looks at.
    Switch,
    /// The pack says that it cannot change what happens to the business.
    Option,
    /// None of these.
    Unaccounted,
}

/// What each leaf is, by its JSON pointer (RFC 6901); inside a JSON text the pointer goes on.
pub type Accounts = BTreeMap<String, Account>;

/// Most leaves that are tried one by one. What is beyond is unaccounted: it costs a run each.
const MOST_TRIED: usize = 300;

impl Work<'_> {
    /// What each leaf of the call is. Empty for a read: its pack says that the tool only reads.
    pub(super) fn accounts(&mut self) -> Accounts {
        if self.effect == Effect::Read || self.given_up.is_some() {
            return Accounts::new();
        }
        let entry = &self.tool.entry;
        let mut accounts = Accounts::new();
        let mut tried = 0;
        self.currency_at = self.currencies_named().into_keys().collect();
        for leaf in leaves(self.arguments, &entry.json) {
            let account = match self.said(&leaf) {
                Some(account) => account,
                None if tried >= MOST_TRIED => Account::Unaccounted,
                None => {
                    let parts = self.tried(&leaf, &mut tried);
                    accounts.extend(parts);
                    continue;
                }
            };
            accounts.insert(leaf.pointer(), account);
        }
        let unaccounted: Vec<&String> = accounts
            .iter()
            .filter(|(_, account)| **account == Account::Unaccounted)
            .map(|(pointer, _)| pointer)
            .collect();
        if let Some(why) = paths::unaccounted(&unaccounted) {
            self.unknowns.push(why);
        }
        accounts
    }

    /// What the entry says of a leaf by its path, or a plain filter by what it hands on.
    fn said(&self, leaf: &Leaf) -> Option<Account> {
        let (tool, entry) = (self.tool, &self.tool.entry);
        let listed = |list: &[String]| paths::any_covers(list, &leaf.path);
        if listed(&entry.options) || self.overwritten(leaf) {
            return Some(Account::Option);
        }
        if leaf.value.is_null() && listed(&entry.null_keeps) {
            return Some(Account::Option);
        }
        let hands_on = |filter: &Option<Filter>| {
            filter
                .as_ref()
                .is_some_and(|filter| filter.hands_on(&leaf.path))
        };
        if hands_on(&tool.record_id) || hands_on(&tool.record_type) {
            return Some(Account::Identity);
        }
        if hands_on(&tool.changes) {
            return Some(Account::Change);
        }
        let currency = || self.currency_at.contains(&leaf.pointer());
        if hands_on(&tool.amount) || hands_on(&tool.currency_of) || currency() {
            return Some(Account::Amount);
        }
        if let Some(message) = &tool.message {
            if message
                .recipients()
                .any(|filter| filter.hands_on(&leaf.path))
            {
                return Some(Account::Recipient);
            }
            if message.content().any(|filter| filter.hands_on(&leaf.path)) {
                return Some(Account::Content);
            }
        }
        if listed(&entry.recipients) {
            return Some(Account::Recipient);
        }
        None
    }

    /// The version mark that was read is put there by Leeway, whatever the agent gave. Where none was read,
    /// what the agent gave is sent.
    fn overwritten(&self, leaf: &Leaf) -> bool {
        use super::pack::ConditionRule;
        let marked = matches!(
            self.before,
            BeforeImage::Read {
                version: Some(_),
                ..
            }
        );
        marked
            && matches!(&self.tool.entry.condition,
            Some(ConditionRule::Argument(name)) if leaf.path.first() == Some(name))
    }

    /// What a leaf is by trying; of a text that holds JSON and is not handed on whole, each leaf in it.
    fn tried(&self, leaf: &Leaf, tried: &mut usize) -> Vec<(String, Account)> {
        let mut trial = Trial::new(self, leaf);
        if let Some(account) = self.by_trial(&mut trial) {
            *tried += 1;
            return vec![(leaf.pointer(), account)];
        }
        *tried += 1;
        let inner = leaf.inner();
        if inner.is_empty() {
            return vec![(leaf.pointer(), Account::Unaccounted)];
        }
        let mut found = Vec::new();
        for part in inner {
            match self.said(&part) {
                Some(account) => found.push((part.pointer(), account)),
                None if *tried >= MOST_TRIED => {
                    found.push((part.pointer(), Account::Unaccounted));
                }
                None => found.extend(self.tried(&part, tried)),
            }
        }
        found
    }

    /// Whether the leaf says which record the call is about.
    pub(super) fn names_record(&self, leaf: &Leaf) -> bool {
        let id = self.tool.record_id.as_ref();
        id.is_some_and(|id| id.hands_on(&leaf.path) || Trial::new(self, leaf).moves(id))
    }

    fn by_trial(&self, trial: &mut Trial<'_>) -> Option<Account> {
        let tool = self.tool;
        let mut any_moves = |filters: [&Option<Filter>; 2]| {
            let mut filters = filters.into_iter().flatten();
            filters.any(|filter| trial.moves(filter))
        };
        if any_moves([&tool.record_id, &tool.record_type]) {
            return Some(Account::Identity);
        }
        let amount = any_moves([&tool.amount, &tool.currency_of]);
        if let Some(changes) = tool.changes.as_ref().filter(|it| trial.tells(it)) {
            return Some(if trial.shows(changes) {
                Account::Change
            } else {
                Account::Detail
            });
        }
        if amount {
            return Some(Account::Amount);
        }
        if let Some(message) = &tool.message {
            if message.recipients().any(|filter| trial.moves(filter)) {
                return Some(Account::Recipient);
            }
            if message
                .content()
                .any(|filter| trial.moves(filter) && !trial.collects(filter))
            {
                return Some(Account::Content);
            }
        }
        if self.text_counts()
            && let Some(text) = &tool.text
            && trial.moves(text)
            && !trial.collects(text)
        {
            return Some(Account::Content);
        }
        let mut conditions = tool.raise.iter().chain(&tool.several);
        if conditions.any(|condition| trial.switches(condition)) {
            return Some(Account::Switch);
        }
        paths::any_covers(&tool.entry.details, trial.path()).then_some(Account::Detail)
    }

    /// Whether the call makes something new and changes nothing that is there.
    pub(super) fn makes(&self) -> bool {
        matches!(
            self.effect,
            Effect::Create | Effect::Draft | Effect::Send | Effect::Pay
        )
    }

    /// Whether texts say what a call does: of one that changes a record, its changes have to.
    fn text_counts(&self) -> bool {
        !matches!(self.effect, Effect::Create | Effect::Update) || self.tool.changes.is_none()
    }
}

/// The value at a leaf's place; inside a JSON text, as parsed.
pub fn value_at(arguments: &Value, pointer: &str) -> Option<Value> {
    leaf::value_at(arguments, pointer)
}
