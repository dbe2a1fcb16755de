//! What acts do that look, or are named as the thing that is looked at.

use super::arguments::Argument;
use super::effect::{Case, Finding};
use super::nouns::{Noun, SHOWN_TO_CUSTOMERS, class};
use super::server::Kind;
use super::verbs::verb;
use super::words::{among, base, split};
use crate::classify::Effect;

/// What a tool may be told to act on from then on.
const CHOSEN: &str = "account workspace organization organisation tenant project profile company \
    instance connection database context";

/// What a look may keep of having looked.
const KEPT: &str = "history cache log statistic";

/// Words that only say which things.
const WHICH: &str = "stale overdue unpaid paid recent pending active inactive closed upcoming past current \
    failed archived expired duplicate unread latest popular available related similar old top all";

/// Places where what is put there is offered to buyers.
const MARKETS: &str = "sale auction marketplace ebay etsy amazon";

/// True of a name that ends in a plural and whose other words only say which things: any other word
/// before it may be a verb nobody knows.
fn is_things(name: &str) -> bool {
    let words = split(name);
    let says_which =
        |word: &String| among(WHICH, word) || class(std::slice::from_ref(&base(word))).is_some();
    words
        .split_last()
        .is_some_and(|(last, which)| base(last) != *last && which.iter().all(says_which))
}

impl Case<'_> {
    pub(super) fn shows_thing(&self) -> Finding {
        let why = format!(
            "is named as the thing alone (`{}`), with arguments that find it",
            self.act.word
        );
        Finding::new(Effect::Read, why)
    }

    /// True of a name that is the thing itself, with arguments that only find it: `locations`, or
    /// `payment` where other tools say by a verb what they do to payments.
    pub(super) fn is_named_as_thing(&self) -> bool {
        let things = self.act.verb.is_none() && is_things(&self.act.word);
        self.arguments.only_find(things)
            && (things || self.server.changes_by_verb(&self.act.object))
    }

    /// True of a word that is a thing as well as a verb, where the argument is that thing's own id
    /// and other tools change it by a verb: `refund` with `refund_id`, beside `create_refund`.
    pub(super) fn is_thing_of_its_id(&self) -> bool {
        let thing = std::slice::from_ref(&self.act.word);
        self.act.object.is_empty()
            && self.arguments.has(&format!("{}_id", self.act.word))
            && self.arguments.only_find(false)
            && self.server.changes_by_verb(thing)
    }

    /// True of a thing that is asked for page by page: `stale_applications`, with a limit.
    pub(super) fn shows_list(&self) -> bool {
        const PAGES: &str = "limit page cursor offset per_page page_size page_token max_result";
        const GIVEN: &str = "text body content message data payload field property value action \
            operation method update item record";
        is_things(&self.act.word)
            && self.noun.is_some()
            && self.arguments.has(PAGES)
            && !self.arguments.has(GIVEN)
    }

    pub(super) fn reads(self) -> Finding {
        if verb(&self.act.word).is_none() && self.arguments.picks_blindly() {
            return Finding::new(
                Effect::Update,
                "does what an argument picks, of which nothing is listed",
            );
        }
        if self.noun == Some(Noun::Access) || self.arguments.opens().is_some() {
            return Finding::new(Effect::Send, "opens a thing to others");
        }
        let switches = || {
            self.arguments
                .switches_starting("mark delete archive remove send update")
        };
        let keeps = |switch: &&Argument| switch.words.last().is_some_and(|it| among(KEPT, it));
        if let Some(switch) = switches().find(|switch| !keeps(switch)) {
            let why = format!("reads, but can change things by `{}`", switch.name);
            return Finding::new(Effect::Update, why);
        }
        if self.act.word == "show" && self.arguments.has("text message body content html") {
            return Finding::new(Effect::Send, "shows people what the caller writes");
        }
        // `show_on_website`: it stands there from then on.
        let where_seen = |word: &String| among(SHOWN_TO_CUSTOMERS, word) || word == "customer";
        let there = self.act.object == self.act.target && self.act.target.iter().any(where_seen);
        if self.act.word == "show" && there {
            return self.says(Effect::Send);
        }
        if self.server.is(Kind::Browser) && self.act.word == "select" {
            return self.says(Effect::Execute);
        }
        if self.act.word == "select" && self.act.speaks_of(CHOSEN) {
            return self.says(Effect::Admin);
        }
        // What was hidden is shown to all from then on, and a `no show` is put down.
        if self.act.word == "show" && (self.server.does("hide") || self.act.speaks_of("hidden no"))
        {
            return self.says(Effect::Update);
        }
        let runs = among("query select aggregate explain", &self.act.word);
        if let Some(program) = self.arguments.program().filter(|_| runs) {
            return Finding::new(
                Effect::Execute,
                format!("takes a whole statement in `{}`", program.name),
            );
        }
        if self.asks() || self.lists_for_sale() {
            return self.says(Effect::Send);
        }
        if self.gives_its_value() {
            return self.says(Effect::Update);
        }
        if runs && self.act.speaks_of("graphql") && self.arguments.has("query mutation") {
            return self.says(Effect::Execute);
        }
        if self.act.word == "check" && self.act.speaks_of("item checkbox box todo") {
            return self.says(Effect::Update);
        }
        match switches().next() {
            Some(switch) => {
                let why = format!("reads, and keeps a trace of that by `{}`", switch.name);
                Finding::new(Effect::Read, why)
            }
            None => self.says(Effect::Read),
        }
    }

    /// True of asking people, who read what is asked.
    fn asks(&self) -> bool {
        const PEOPLE: &str = "human user person people team customer colleague owner expert member";
        const OF_THEM: &str = "review approval feedback confirmation permission";
        let people = self.act.speaks_of(PEOPLE) || self.arguments.has("message text");
        match self.act.word.as_str() {
            "ask" => self.act.speaks_of(PEOPLE) || self.act.speaks_of(OF_THEM),
            "poll" => self.act.speaks_of(PEOPLE),
            "ping" => people,
            _ => false,
        }
    }

    /// True of listing a thing where it is sold, not of listing what is sold there.
    fn lists_for_sale(&self) -> bool {
        let one = self.names_object() || self.act.object == self.act.target;
        self.act.word == "list" && self.offers() && one
    }

    /// True of what is put where it is sold.
    pub(super) fn offers(&self) -> bool {
        self.act.target.iter().any(|word| among(MARKETS, word))
    }

    /// True of a record that is given the score or category the caller names.
    fn gives_its_value(&self) -> bool {
        among("score rank classify", &self.act.word)
            && self.names_object()
            && self
                .arguments
                .has("score rank category class label priority")
    }
}
