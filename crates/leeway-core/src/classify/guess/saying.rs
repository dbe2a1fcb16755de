//! What acts do that say something: to colleagues, guests or people outside.

use super::arguments::Argument;
use super::effect::{Case, Finding};
use super::nouns::{HELP_DESK, Noun, WORKPLACE};
use super::server::Kind;
use super::verbs::{Verb, verb};
use super::words::among;
use crate::classify::Effect;

impl Case<'_> {
    /// True when the act or an argument has a word of `list`.
    fn names(&self, list: &str) -> bool {
        let given = |word: &String| among(list, word);
        self.act.speaks_of(list)
            || self
                .arguments
                .top()
                .any(|argument| argument.words.iter().any(given))
    }

    pub(super) fn says_messages(&self) -> Finding {
        if self.act.speaks_of("internal private") {
            return self.says(Effect::Draft);
        }
        if self.act.speaks_of("comment") {
            return self.comments();
        }
        self.says(Effect::Send)
    }

    /// A calendar entry: guests are told, unless the schema has no place for them.
    pub(super) fn plans(&self, otherwise: Effect) -> Finding {
        const GUESTS: &str = "attendee invitee guest participant send_update send_notification \
            send_invite email attendee_email invite notify_attendee contact panelist registrant \
            required_attendee optional_attendee meeting_invitee";
        let reached = |argument: &Argument| {
            argument
                .words
                .iter()
                .any(|word| among("email attendee invitee guest phone", word))
        };
        let of_guests = |argument: &Argument| {
            let says = |word: &String| among("attendee invitee guest participant", word);
            argument.words.iter().any(says)
        };
        if self.arguments.0.is_empty()
            || self.arguments.open()
            || self.arguments.has_anywhere(GUESTS)
            || self.arguments.top().any(reached)
            || self.arguments.0.iter().any(of_guests)
            || self
                .act
                .speaks_of("appointment booking reservation consultation meeting webinar")
        {
            Finding::new(Effect::Send, "can tell the guests of a calendar entry")
        } else {
            self.says(otherwise)
        }
    }

    /// `post` as a method of HTTP makes, or asks; otherwise it reaches people.
    pub(super) fn posts(&self) -> Finding {
        let asks = self
            .act
            .object
            .first()
            .is_some_and(|word| verb(word) == Some(Verb::Read));
        match self.noun {
            _ if self.server.is(Kind::Http) && asks => self.reads(),
            Some(Noun::Financial | Noun::Money) => self.says(Effect::Pay),
            Some(Noun::Comment) => self.comments(),
            Some(Noun::Note) if self.act.speaks_of("internal private") => self.notes(),
            _ if self.server.is(Kind::Http) => self.makes(Verb::Create),
            _ => self.says(Effect::Send),
        }
    }

    /// A comment stays among colleagues in a workplace; anywhere else it is read by others.
    pub(super) fn comments(&self) -> Finding {
        // What is pending waits for a tool that publishes it.
        let pending = self.act.object.iter().any(|word| word == "pending");
        let private = self.act.speaks_of("internal private") || pending;
        let published = self.act.speaks_of("post article video reel announcement")
            || self.act.speaks_of("status") && self.act.speaks_of("page");
        if published && !private {
            return self.says(Effect::Send);
        }
        let inside = self
            .act
            .speaks_of("task card page document item story epic bug");
        let code = self.server.is(Kind::CodeHost) && !inside
            || self.names("pull merge commit repo repository");
        // What can be made internal is public otherwise.
        let optional = self.arguments.may_be_internal() || self.arguments.has("visibility");
        if !private && (code || optional || self.names(HELP_DESK) || self.server.is(Kind::HelpDesk))
        {
            return self.says(Effect::Send);
        }
        let workplace = self.names(WORKPLACE) || self.server.is(Kind::Workplace);
        self.says(if private || workplace {
            Effect::Draft
        } else {
            Effect::Send
        })
    }

    /// A note under a record is internal; one that stands alone is a record.
    pub(super) fn notes(&self) -> Finding {
        let under = self.arguments.top().any(|argument| {
            argument.words.len() > 1
                && argument
                    .words
                    .last()
                    .is_some_and(|word| among("id iid key number", word))
                && !among(
                    "account workspace folder parent notebook user owner team tag",
                    &argument.words[0],
                )
        });
        let code = self.server.is(Kind::CodeHost)
            && (under || self.act.speaks_of("merge pull commit issue snippet"))
            || (self.names(HELP_DESK) || self.server.is(Kind::HelpDesk))
                && self.arguments.may_be_internal();
        // A logged e-mail is a record of its own.
        let logged = self.arguments.has("subject") && self.arguments.recipients().is_some();
        self.says(match (code, under && !logged) {
            (true, _) => Effect::Send,
            (false, true) => Effect::Draft,
            (false, false) => Effect::Create,
        })
    }

    /// True of what puts people where messages go out to them by themselves.
    pub(super) fn enrols(&self) -> bool {
        const RUNS: &str = "automation sequence journey cadence drip campaign autoresponder flow";
        const PEOPLE: &str = "contact subscriber lead prospect person people recipient customer \
            profile candidate email";
        let given = |list: &str| {
            self.arguments
                .top()
                .any(|argument| argument.words.iter().any(|word| among(list, word)))
        };
        let person = self
            .act
            .object
            .last()
            .is_some_and(|head| among(PEOPLE, head));
        if self.act.speaks_of(RUNS) {
            self.act.speaks_of(PEOPLE) || given(PEOPLE)
        } else {
            person && given(RUNS)
        }
    }
}
