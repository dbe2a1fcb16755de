//! What acts do that change, end, send, pay or run.

use super::effect::{Case, Finding};
use super::nouns::{Noun, class};
use super::server::Kind;
use super::verbs::Verb;
use super::words::among;
use crate::classify::{Effect, Level};

impl Case<'_> {
    /// A draft that is only made or changed reaches nobody.
    pub(super) fn of_draft(&self, verb: Verb) -> Option<Finding> {
        // A draft that others are shown is none: they can read a draft pull request.
        if self.act.speaks_of("pull merge") {
            return None;
        }
        let whole = self.act.object.last().is_some_and(|word| word == "draft")
            && !self.act.target.iter().any(|word| word == "draft");
        match verb {
            Verb::Update if among("complete finish close convert", &self.act.word) => {
                Some(self.issues_draft())
            }
            Verb::Create | Verb::Update | Verb::Draft | Verb::Add | Verb::Generate | Verb::Copy => {
                Some(self.says(Effect::Draft))
            }
            Verb::Delete if !whole => Some(self.says(Effect::Draft)),
            Verb::Send | Verb::Approve | Verb::Post => Some(self.issues_draft()),
            _ => None,
        }
    }

    pub(super) fn issues_draft(&self) -> Finding {
        self.says(if self.act.speaks_of("invoice order quote estimate bill") {
            Effect::Pay
        } else {
            Effect::Send
        })
    }

    pub(super) fn changes(&self, verb: Verb) -> Finding {
        let financial = matches!(self.noun, Some(Noun::Money | Noun::Financial));
        if financial
            && (verb == Verb::Mark || among("apply release process complete", &self.act.word))
            || verb == Verb::Mark && self.act.speaks_of("paid")
            || self.act.word == "reorder" && self.arguments.has("quantity")
            || self.act.word == "check"
                && (self.act.speaks_of("cart basket") || self.arguments.has("cart_id basket_id"))
        {
            return self.says(Effect::Pay);
        }
        if self.act.speaks_of("human")
            || self.offers()
            || self.goes_live()
            || self.act.word == "extend" && self.act.speaks_of("offer")
            || self.act.word == "push"
                && matches!(self.noun, Some(Noun::Message | Noun::Publication))
        {
            return self.says(Effect::Send);
        }
        let campaigns = self
            .arguments
            .has("campaign_id ad_set_id ad_group_id adset_id ad_id");
        if self.settles() || campaigns && self.act.speaks_of("budget bid") {
            return self.says(Effect::Pay);
        }
        if self.act.word == "apply" && self.act.speaks_of("macro canned") {
            return self.says(Effect::Send);
        }
        if among("reschedule postpone", &self.act.word)
            && self
                .act
                .speaks_of("appointment booking reservation interview meeting consultation")
        {
            return self.says(Effect::Send);
        }
        if self.buys_on() {
            return self.says(Effect::Pay);
        }
        if verb == Verb::Mark {
            let gains = self.act.speaks_of("unread star important label tag flag")
                && !self.act.speaks_of("read");
            return if gains || among("star tag label", &self.act.word) {
                self.says(Effect::Update).at(Level::LowRisk)
            } else {
                self.says(Effect::Update)
            };
        }
        match self.noun {
            Some(Noun::Money) if !self.act.speaks_of("method") => self.says(Effect::Pay),
            None | Some(Noun::Code) if self.server.is(Kind::Payments) => self.says(Effect::Pay),
            Some(Noun::Publication) => self.says(Effect::Send),
            Some(Noun::Message)
                if among(
                    "update edit modify replace rewrite patch change",
                    &self.act.word,
                ) && !self.server.is(Kind::HelpDesk)
                    && self.carries_text() =>
            {
                self.says(Effect::Send)
            }
            Some(Noun::Event) => self.plans(Effect::Update),
            Some(Noun::Review | Noun::Message) if self.act.word == "leave" => {
                self.says(Effect::Send)
            }
            Some(Noun::Comment) if self.act.word == "leave" => self.comments(),
            Some(Noun::Setting) => self.says(Effect::Admin),
            Some(Noun::Code)
                if self.arguments.program().is_some() || self.arguments.has("query") =>
            {
                self.says(Effect::Execute)
            }
            Some(Noun::Facing) => self.says(Effect::Update).priced(self).answering(self),
            _ => self.says(Effect::Update).answering(self),
        }
    }

    /// True of what moves a promise of money on: an invoice's or a quote's state.
    fn settles(&self) -> bool {
        const PROMISES: &str = "invoice bill quote quotation estimate proposal payment payout \
            refund subscription contract dispute";
        let head = self
            .act
            .object
            .last()
            .map(String::as_str)
            .unwrap_or_default();
        among("status state stage", head) && self.act.speaks_of(PROMISES)
    }

    /// True of what changes what somebody pays for: a renewal, another plan.
    fn buys_on(&self) -> bool {
        const BOUGHT: &str = "plan tier license domain membership contract account seat hosting";
        let word = &self.act.word;
        among("renew upgrade downgrade", word) && self.act.speaks_of(BOUGHT)
            || word == "extend" && self.act.speaks_of("trial")
            || among("change switch", word) && self.act.object.last().is_some_and(|it| it == "plan")
    }

    /// True when a word of the thing is one of money: `expense report`.
    fn speaks_of_money(&self) -> bool {
        self.act.object.iter().any(|word| {
            matches!(
                class(std::slice::from_ref(word)),
                Some(Noun::Money | Noun::Financial)
            )
        })
    }

    /// True of what goes out to many once it runs.
    fn goes_out(&self) -> bool {
        self.act.speaks_of(
            "campaign sequence journey broadcast newsletter survey blast drip ad ads adset",
        ) || self.server.is(Kind::Mailing) && self.act.speaks_of("automation workflow flow")
    }

    /// Turning on what charges or goes out is doing so.
    pub(super) fn administers(&self) -> Finding {
        match self.noun {
            Some(Noun::Money) => self.says(Effect::Pay),
            Some(Noun::Message | Noun::Event) => self.says(Effect::Send),
            _ if self.act.word == "register" && self.act.speaks_of("domain") => {
                self.says(Effect::Pay)
            }
            _ if self.goes_out() && !among("disable deactivate block suspend", &self.act.word) => {
                self.says(Effect::Send)
            }
            _ => self.says(Effect::Admin),
        }
    }

    /// True when an argument holds words people read.
    pub(super) fn carries_text(&self) -> bool {
        const TEXTS: &str = "text body content html message caption";
        self.arguments.0.is_empty()
            || self
                .arguments
                .top()
                .any(|argument| argument.words.last().is_some_and(|word| among(TEXTS, word)))
    }

    pub(super) fn reacts(&self) -> Finding {
        match self.act.word.as_str() {
            "follow" => self.says(Effect::Update),
            "commit" if !self.act.object.is_empty() => self.serious(Effect::Create),
            "commit" | "watch" | "like" | "vote" | "upvote" | "react" | "favorite"
            | "favourite" => self.says(Effect::Create),
            _ => self.serious(Effect::Create),
        }
    }

    pub(super) fn deletes(&self) -> Finding {
        match self.noun {
            Some(Noun::Label) if among("remove untag unlabel clear", &self.act.word) => {
                self.says(Effect::Update)
            }
            Some(Noun::Money) if self.act.speaks_of("subscription") => self.says(Effect::Pay),
            Some(Noun::Event)
                if self.arguments.tells().is_some() || self.arguments.has("send_update") =>
            {
                Finding::new(Effect::Send, "can tell the guests of a calendar entry")
            }
            _ => self.says(Effect::Delete),
        }
    }

    pub(super) fn cancels(&self) -> Finding {
        match self.noun {
            Some(Noun::Money) => self.says(Effect::Pay),
            Some(Noun::Financial) if self.act.speaks_of("order shipment") => self.says(Effect::Pay),
            Some(Noun::Event) => self.says(Effect::Send),
            // Whoever invited is told.
            Some(Noun::Message) if among("decline reject", &self.act.word) => {
                self.says(Effect::Send)
            }
            Some(Noun::Financial) => self.says(Effect::Delete),
            _ => self.says(Effect::Update),
        }
    }

    /// Approving money promises it; handing in something to others reaches them.
    pub(super) fn makes_final(&self) -> Finding {
        match self.noun {
            Some(Noun::Money | Noun::Financial) => self.says(Effect::Pay),
            _ if self.act.word == "issue" && self.act.speaks_of("card") => self.says(Effect::Pay),
            _ if self.speaks_of_money() => self.says(Effect::Pay),
            Some(Noun::Event | Noun::Review | Noun::Publication | Noun::Message | Noun::Access) => {
                self.says(Effect::Send)
            }
            Some(Noun::Facing) if self.act.verb == Some(Verb::Submit) => self.says(Effect::Send),
            _ if self.goes_out() || among("sign countersign", &self.act.word) => {
                self.says(Effect::Send)
            }
            _ if self
                .act
                .target
                .iter()
                .any(|word| among("approval review", word)) =>
            {
                self.says(Effect::Update)
            }
            _ if among("submit lodge request book reserve place", &self.act.word) => {
                self.says(Effect::Send)
            }
            _ => self.says(Effect::Update),
        }
    }

    pub(super) fn sends(&self) -> Finding {
        match self.noun {
            Some(Noun::Comment) => self.comments(),
            Some(Noun::Financial | Noun::Money) => self.says(Effect::Pay),
            _ if self.act.word == "forward" && self.act.speaks_of("port traffic") => {
                self.says(Effect::Admin)
            }
            _ if self.act.word == "unpublish" => self.says(Effect::Update),
            _ if self.act.word == "call"
                && self
                    .act
                    .speaks_of("tool function api service endpoint method") =>
            {
                self.says(Effect::Execute)
            }
            _ if self.act.word == "schedule"
                && self
                    .act
                    .speaks_of("task job workflow backup run pipeline build") =>
            {
                self.says(Effect::Update)
            }
            _ => self.says(Effect::Send),
        }
    }

    pub(super) fn pays(&self) -> Finding {
        match self.act.word.as_str() {
            "checkout"
                if self.server.is(Kind::CodeHost)
                    || self.arguments.has("branch branch_name ref") =>
            {
                self.says(Effect::Update)
            }
            "capture"
                if self
                    .act
                    .speaks_of("screenshot image snapshot frame screen element") =>
            {
                self.reads()
            }
            "capture" if !matches!(self.noun, None | Some(Noun::Money | Noun::Financial)) => {
                self.makes(Verb::Create)
            }
            _ => self.says(Effect::Pay),
        }
    }

    pub(super) fn transfers(&self) -> Finding {
        match self.noun {
            _ if self.act.speaks_of("ownership call domain") => self.says(Effect::Admin),
            _ if self.act.speaks_of("human") => self.says(Effect::Send),
            None | Some(Noun::Money | Noun::Financial) => self.says(Effect::Pay),
            _ => self.says(Effect::Update),
        }
    }

    pub(super) fn executes(&self) -> Finding {
        if matches!(self.noun, Some(Noun::Money | Noun::Financial)) {
            return self.says(Effect::Pay);
        }
        if matches!(self.noun, Some(Noun::Message | Noun::Event)) && self.act.word != "pause" {
            return self.says(Effect::Send);
        }
        if (self.goes_out() || self.enrols()) && self.act.word != "pause" {
            return self.says(Effect::Send);
        }
        if among("start", &self.act.word) && self.act.speaks_of("timer tracking time") {
            return self.says(Effect::Create);
        }
        let shows = self
            .act
            .speaks_of("report audit search analysis check test_connection forecast");
        if shows && self.arguments.program().is_none() {
            return self.reads();
        }
        self.says(Effect::Execute)
    }

    pub(super) fn resolves(&self) -> Finding {
        const LOOKED_UP: &str =
            "id url name address dns library handle path host domain username choice";
        // Verifying a person's address or number sends there, or lets them in.
        const OF_PERSONS: &str = "email phone number domain sender identity code otp user account \
            bank address deposit caller payment member customer";
        if self.act.word == "verify" {
            return if self.act.speaks_of(OF_PERSONS) || self.act.object.is_empty() {
                self.says(Effect::Admin)
            } else {
                self.reads()
            };
        }
        if self
            .act
            .object
            .last()
            .is_some_and(|word| among(LOOKED_UP, word))
        {
            self.reads()
        } else {
            self.says(Effect::Update)
        }
    }
}
