//! What acts do that put a thing into or among others.

use super::effect::{Case, Finding};
use super::nouns::{Noun, OWNERSHIP, class};
use super::verbs::Verb;
use super::words::among;
use crate::classify::{Effect, Level};

impl Case<'_> {
    pub(super) fn adds(&self) -> Finding {
        // What is inserted without a name may be records of any kind.
        if self.act.word == "insert" && self.act.object.is_empty() {
            return self.serious(Effect::Create);
        }
        match self.noun {
            // Who is called to an incident or put among the guests is told at once.
            _ if self.act.object.iter().any(|word| {
                among(
                    "responder attendee guest invitee participant panelist registrant",
                    word,
                )
            }) =>
            {
                self.says(Effect::Send)
            }
            None
            | Some(Noun::Internal | Noun::Facing | Noun::Setting | Noun::Open | Noun::Message)
                if self.enrols() =>
            {
                self.says(Effect::Send)
            }
            // Whom a record belongs to is assigned, not made.
            _ if self
                .act
                .object
                .last()
                .is_some_and(|head| among(OWNERSHIP, head)) =>
            {
                self.changes(Verb::Update)
            }
            Some(Noun::Label) => self.says(Effect::Update).at(Level::LowRisk),
            // A further address of somebody is no message.
            Some(Noun::Message)
                if self.act.speaks_of("email")
                    && matches!(
                        class(&self.act.target),
                        Some(Noun::Setting | Noun::Internal)
                    ) =>
            {
                self.changes(Verb::Mark)
            }
            _ if self.act.word == "attach" => self.makes(Verb::Add),
            Some(Noun::Content) => self.says(Effect::Update),
            _ if self
                .act
                .target
                .last()
                .is_some_and(|last| among("favorite bookmark", last)) =>
            {
                self.says(Effect::Create)
            }
            // `append to document`: no thing of its own is made.
            _ if !self.act.target.is_empty() && self.act.object == self.act.target => {
                self.changes(Verb::Update)
            }
            None | Some(Noun::Internal | Noun::Open) if self.puts_existing() => {
                self.changes(Verb::Update)
            }
            // The thing is put among others that customers see or money hangs on.
            _ if matches!(
                class(&self.act.target),
                Some(Noun::Financial | Noun::Facing | Noun::Setting)
            ) && !matches!(self.noun, Some(Noun::Comment | Noun::Note | Noun::Message)) =>
            {
                self.serious(Effect::Update).graver(self.makes(Verb::Add))
            }
            _ => self.makes(Verb::Add),
        }
    }

    /// True of what is there already, named by its own id, and put into another thing.
    fn puts_existing(&self) -> bool {
        !self.act.target.is_empty() && self.act.object != self.act.target && self.names_object()
    }

    /// True when an argument names the object by its own id.
    pub(super) fn names_object(&self) -> bool {
        self.act.object.last().is_some_and(|head| {
            self.arguments
                .top()
                .any(|argument| match argument.words.as_slice() {
                    [first, last] => first == head && among("id gid key", last),
                    _ => false,
                })
        })
    }
}
