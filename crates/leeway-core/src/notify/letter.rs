//! The content of one message, frozen when it is put together: what an auditor reads is what was
//! sent. All its texts are in Leeway's words or went through [`super::text`].

use super::What;
use crate::id::ActionId;
use serde::{Deserialize, Serialize};

/// One message: a card, or a digest of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// One card, or the cards of a digest.
    pub cards: Vec<Card>,
    /// Further things that wait and are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Letter {
    /// Whether it tells of several things.
    pub fn is_digest(&self) -> bool {
        self.cards.len() > 1 || self.more > 0
    }
}

/// The facts of one thing, in Leeway's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What happened.
    pub what: What,
    /// One sentence: what happened and what is wanted of the reader.
    pub headline: String,
    /// What it is about: an action's title, a change's files.
    pub title: String,
    /// Its page, e.g. `/inbox/act_…`: appended to the public address.
    pub path: String,
    /// Label and fact.
    pub facts: Vec<(String, String)>,
    /// What would change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Further changes that are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_changes: u64,
    /// The message it sends, as those who get it read it: label and text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub message: Vec<(String, String)>,
    /// What the call sends besides its changes, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<(String, String)>,
    /// Further arguments that are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_arguments: u64,
    /// Why a person decides: sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The agent's own words, marked as such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What may be approved straight from the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quick: Option<Quick>,
}

/// One field, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field.
    pub field: String,
    /// The value now.
    pub old: String,
    /// The value proposed.
    pub new: String,
}

/// Exactly what a quick approval is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quick {
    /// The action.
    pub action: ActionId,
    /// Content hash of the revision shown.
    pub content_hash: String,
    /// Until when the link is good, UTC milliseconds.
    pub until_ms: i64,
    /// The same in words.
    pub until: String,
}
