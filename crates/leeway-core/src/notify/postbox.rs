//! What is to be sent to one person by one channel: stream `postbox/<channel>/<e-mail>`.
//!
//! Notices wait in it; put together they become one message, whose content is frozen and whose id
//! stays through every attempt; the message ends as sent or given up. So after a crash a message is
//! at worst sent again with the same id and the same content, and none is lost.

use super::letter::Letter;
use super::{Item, What};
use crate::govern::fold::GovernFoldError;
use serde::{Deserialize, Serialize};

/// Notices kept by name; beyond it they are counted.
const MOST_WAITING: usize = 200;
/// Ended messages kept for the page.
const RECENT: usize = 20;
/// How long a message is tried before it is given up, milliseconds.
pub const LONGEST_TRYING_MS: i64 = 24 * 60 * 60 * 1000;
/// The stream of notices nobody could be told.
pub const NOBODY: &str = "postbox/nobody";

/// One entry of a postbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum PostboxEvent {
    /// Something is to be told.
    #[serde(rename = "postbox.due")]
    Due {
        /// What.
        item: Item,
    },
    /// An entry calls for a notice and there is nobody to tell. Stream [`NOBODY`].
    #[serde(rename = "postbox.nobody")]
    Nobody {
        /// What.
        item: Item,
        /// Why nobody is told.
        why: String,
    },
    /// What waited needs no telling any more.
    #[serde(rename = "postbox.settled")]
    Settled {
        /// Why.
        why: String,
    },
    /// Everything that waits was put together into one message.
    #[serde(rename = "postbox.bundled")]
    Bundled {
        /// The message's id, the same through every attempt.
        message: String,
        /// What it says.
        letter: Letter,
    },
    /// An attempt failed for a reason not recorded yet; it is tried again.
    #[serde(rename = "postbox.tried")]
    Tried {
        /// The message.
        message: String,
        /// Stable code.
        code: String,
        /// What happened.
        why: String,
    },
    /// The channel took the message.
    #[serde(rename = "postbox.sent")]
    Sent {
        /// The message.
        message: String,
        /// What the channel answered.
        receipt: String,
    },
    /// The message was given up.
    #[serde(rename = "postbox.failed")]
    Failed {
        /// The message.
        message: String,
        /// Stable code.
        code: String,
        /// What happened.
        why: String,
    },
}

impl PostboxEvent {
    /// The entry's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Due { .. } => "postbox.due",
            Self::Nobody { .. } => "postbox.nobody",
            Self::Settled { .. } => "postbox.settled",
            Self::Bundled { .. } => "postbox.bundled",
            Self::Tried { .. } => "postbox.tried",
            Self::Sent { .. } => "postbox.sent",
            Self::Failed { .. } => "postbox.failed",
        }
    }

    /// The entry whose notice is taken care of by this one.
    pub fn answers(&self) -> Option<u64> {
        match self {
            Self::Due { item } | Self::Nobody { item, .. } => item.cause,
            _ => None,
        }
    }
}

/// A postbox now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostboxState {
    /// The channel.
    pub channel: String,
    /// Whose, by e-mail; empty for what nobody could be told.
    pub person: String,
    /// What is to be told and is in no message yet.
    pub waiting: Vec<Item>,
    /// Further ones, counted only.
    pub more: u64,
    /// When the last message was put together, UTC milliseconds.
    pub bundled_ms: Option<i64>,
    /// The message being sent.
    pub sending: Option<Sending>,
    /// Messages that ended, the newest last.
    pub recent: Vec<Ended>,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// Its id.
    pub message: String,
    /// What it says.
    pub letter: Letter,
    /// Since when it is tried, UTC milliseconds.
    pub since_ms: i64,
    /// Why it could not be sent yet.
    pub trouble: Option<Trouble>,
}

/// Why a message could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when, UTC milliseconds.
    pub at_ms: i64,
    /// Stable code.
    pub code: String,
    /// What happened.
    pub why: String,
}

/// A message that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Its id.
    pub message: String,
    /// Its subject.
    pub subject: String,
    /// How many things it told of.
    pub items: u64,
    /// When it ended, UTC milliseconds.
    pub at_ms: i64,
    /// Why it was given up; `None` when it was sent.
    pub trouble: Option<Trouble>,
}

/// What is to be done for a postbox next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Rest,
    /// Nothing before this time, UTC milliseconds.
    Until(i64),
    /// Put what waits together.
    Bundle,
    /// Send, or try again.
    Send,
}

fn refuse<T>(why: &str) -> Result<T, GovernFoldError> {
    Err(GovernFoldError(why.to_owned()))
}

impl PostboxState {
    /// The stream of a person's postbox.
    pub fn stream(channel: &str, person: &str) -> String {
        format!("postbox/{channel}/{person}")
    }

    /// An empty one, from the stream's name behind `postbox/`.
    pub fn empty(name: &str) -> Self {
        let (channel, person) = name.split_once('/').unwrap_or((name, ""));
        Self {
            channel: channel.to_owned(),
            person: person.to_owned(),
            ..Self::default()
        }
    }

    /// The postbox after an entry.
    pub fn apply(mut self, at_ms: i64, event: &PostboxEvent) -> Result<Self, GovernFoldError> {
        match event {
            PostboxEvent::Due { item } if !self.person.is_empty() => self.wait(item.clone()),
            PostboxEvent::Due { .. } => return refuse("this postbox is nobody's"),
            PostboxEvent::Nobody { .. } if self.person.is_empty() => self.more += 1,
            PostboxEvent::Nobody { .. } => return refuse("this postbox is somebody's"),
            PostboxEvent::Settled { .. } => {
                self.waiting.clear();
                self.more = 0;
            }
            PostboxEvent::Bundled { .. } if self.sending.is_some() => {
                return refuse("a message is being sent already");
            }
            PostboxEvent::Bundled { message, letter } => {
                self.waiting.clear();
                self.more = 0;
                self.bundled_ms = Some(at_ms);
                self.sending = Some(Sending {
                    message: message.clone(),
                    letter: letter.clone(),
                    since_ms: at_ms,
                    trouble: None,
                });
            }
            PostboxEvent::Tried { message, code, why } => {
                self.current(message)?.trouble = Some(Trouble {
                    at_ms,
                    code: code.clone(),
                    why: why.clone(),
                });
            }
            PostboxEvent::Sent { message, .. } => self.end(message, at_ms, None)?,
            PostboxEvent::Failed { message, code, why } => {
                let trouble = Trouble {
                    at_ms,
                    code: code.clone(),
                    why: why.clone(),
                };
                self.end(message, at_ms, Some(trouble))?;
            }
        }
        Ok(self)
    }

    fn wait(&mut self, item: Item) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push(item);
        } else {
            self.more += 1;
        }
    }

    fn current(&mut self, message: &str) -> Result<&mut Sending, GovernFoldError> {
        match &mut self.sending {
            Some(sending) if sending.message == message => Ok(sending),
            _ => refuse("this message is not being sent"),
        }
    }

    fn end(
        &mut self,
        message: &str,
        at_ms: i64,
        trouble: Option<Trouble>,
    ) -> Result<(), GovernFoldError> {
        let letter = self.current(message)?.letter.clone();
        self.sending = None;
        self.recent.push(Ended {
            message: message.to_owned(),
            subject: letter.subject,
            items: letter.cards.len() as u64 + letter.more,
            at_ms,
            trouble,
        });
        let old = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..old);
        Ok(())
    }

    /// What is to be done next. `not_before_ms` is when the message being sent is tried again.
    pub fn step(&self, now_ms: i64, (window_ms, not_before_ms): (i64, i64)) -> Step {
        let when = |at_ms: i64, step: Step| {
            if at_ms <= now_ms {
                step
            } else {
                Step::Until(at_ms)
            }
        };
        if self.person.is_empty() {
            return Step::Rest;
        }
        if self.sending.is_some() {
            return when(not_before_ms, Step::Send);
        }
        if self.waiting.is_empty() {
            return Step::Rest;
        }
        // Whoever tries a channel looks at it now.
        if self.waiting.iter().any(|item| item.what == What::Test) {
            return Step::Bundle;
        }
        let quiet_until = self
            .bundled_ms
            .map_or(i64::MIN, |at| at.saturating_add(window_ms));
        when(quiet_until, Step::Bundle)
    }

    /// Why it does not get through, if it does not: the trouble of the message being sent, or of the
    /// last that ended.
    pub fn trouble(&self) -> Option<&Trouble> {
        match &self.sending {
            Some(Sending {
                trouble: Some(trouble),
                ..
            }) => Some(trouble),
            _ => self.recent.last().and_then(|last| last.trouble.as_ref()),
        }
    }

    /// When a message was last taken by the channel, UTC milliseconds.
    pub fn sent_ms(&self) -> Option<i64> {
        let sent = self
            .recent
            .iter()
            .rev()
            .find(|ended| ended.trouble.is_none());
        sent.map(|ended| ended.at_ms)
    }
}

/// How long after so many failed attempts the next is made, milliseconds.
pub fn delay_ms(tries: u32) -> i64 {
    const DELAYS_S: [i64; 6] = [2, 10, 30, 120, 300, 600];
    let at = (tries.max(1) as usize - 1).min(DELAYS_S.len() - 1);
    DELAYS_S[at] * 1000
}
