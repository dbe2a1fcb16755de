//! Telling people what waits for them: who is told ([`recipients`]), what ([`card`], [`words`]), as
//! what ([`mail`], [`chat`]), and by which connection ([`send`]).
//!
//! Properties: the entry that calls for a notice and the row that remembers it are one transaction;
//! the row goes in the transaction that puts the notice into postboxes ([`outbox`]). A message's id
//! and content are recorded before it is sent, so that an interrupted one is sent again as the same.
//! Nothing on an action's way waits for any of this.

pub mod card;
pub mod chat;
pub mod mail;
pub mod outbox;
pub mod overview;
pub mod preferences;
pub mod quick;
pub mod recipients;
pub mod send;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod words;

/// The addresses in one message.
pub struct Links<'a> {
    /// Where the pages are, without a slash at its end.
    pub base: &'a str,
    /// The link that approves what the one card shows.
    pub quick: Option<String>,
}
