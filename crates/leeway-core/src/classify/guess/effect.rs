//! What one act does to the business: its verb, the thing it is done to, and the signs among the
//! arguments.

use super::arguments::Arguments;
use super::name::Act;
use super::nouns::{Noun, class};
use super::server::{Kind, Server};
use super::verbs::Verb;
use super::words::among;
use crate::classify::{Effect, Level};

/// What an act does, and why that is thought.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its effect.
    pub effect: Effect,
    /// Its level.
    pub level: Level,
    /// Why, the end of a sentence that begins with the tool.
    pub why: String,
}

impl Finding {
    /// A finding at the level its effect has without anything else known.
    pub fn new(effect: Effect, why: impl Into<String>) -> Self {
        Self {
            effect,
            level: usual_level(effect),
            why: why.into(),
        }
    }

    pub(super) fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The graver of two; the first when they are alike.
    pub fn graver(self, other: Self) -> Self {
        if (other.level, other.effect) > (self.level, self.effect) {
            other
        } else {
            self
        }
    }
}

/// The level of an effect; of a create, that of a low-risk one.
pub fn usual_level(effect: Effect) -> Level {
    match effect {
        Effect::Read => Level::ReadOnly,
        Effect::Draft => Level::DraftOnly,
        Effect::Create => Level::LowRisk,
        Effect::Update | Effect::Merge | Effect::Delete | Effect::Admin | Effect::Execute => {
            Level::HighImpact
        }
        Effect::Send | Effect::Pay => Level::External,
    }
}

/// What an act is judged by.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The act.
    pub act: &'a Act,
    /// The tool's arguments.
    pub arguments: &'a Arguments,
    /// The server's tools.
    pub server: &'a Server,
    /// What the object is.
    pub noun: Option<Noun>,
}

/// What one act does.
pub fn of(act: &Act, arguments: &Arguments, server: &Server) -> Finding {
    let case = Case {
        act,
        arguments,
        server,
        noun: class(&act.object).or_else(|| handed_over(act, arguments)),
    };
    match act.verb {
        None => case.unknown(),
        Some(Verb::Read) => case.reads(),
        Some(_) if case.is_thing_of_its_id() => case.shows_thing(),
        Some(verb) => case.writes(verb),
    }
}

/// What is made, when only the arguments say it: the documents of `insert-many`. Money counts first.
fn handed_over(act: &Act, arguments: &Arguments) -> Option<Noun> {
    let makes = matches!(act.verb, Some(Verb::Create | Verb::Add));
    let silent = makes && act.object.is_empty();
    silent
        .then(|| {
            arguments
                .top()
                .filter_map(|argument| class(&argument.words))
                .max_by_key(|noun| *noun == Noun::Money)
        })
        .flatten()
}

impl Case<'_> {
    pub(super) fn says(&self, effect: Effect) -> Finding {
        Finding::new(effect, self.phrase())
    }

    /// The act in words: what a finding rests on.
    pub(super) fn phrase(&self) -> String {
        if self.act.object.is_empty() || self.act.word.contains(' ') {
            format!("is named `{}`", self.act.word)
        } else {
            format!("is named `{} {}`", self.act.word, self.act.object.join(" "))
        }
    }

    /// A verb nobody knows: a change at least; money moves where the name speaks of money, and people
    /// are reached where it speaks of what they read.
    fn unknown(&self) -> Finding {
        if self.server.is(Kind::Browser) {
            return Finding::new(Effect::Execute, "acts on whatever page is open");
        }
        if self.is_named_as_thing() || self.shows_list() {
            return self.shows_thing();
        }
        let of_money = |word: &String| class(std::slice::from_ref(word)) == Some(Noun::Money);
        let effect = if self.server.is(Kind::Payments)
            || self.noun == Some(Noun::Money)
            || self.act.object.iter().any(of_money)
            || self.act.word.starts_with("top up")
            || self.arguments.has("amount")
        {
            Effect::Pay
        } else if matches!(
            self.noun,
            Some(Noun::Message | Noun::Publication | Noun::Review | Noun::Access)
        ) && self.carries_text()
            || self.goes_live()
        {
            Effect::Send
        } else {
            Effect::Update
        };
        let why = format!(
            "says nothing known in its name (`{}`), so the worst that is usual is assumed",
            self.act.word
        );
        self.reaching(Finding::new(effect, why), Verb::Update)
    }

    fn writes(self, verb: Verb) -> Finding {
        if self.act.speaks_of("draft")
            && let Some(draft) = self.of_draft(verb)
        {
            return self.reaching(draft, verb);
        }
        if self.lets_in(verb) {
            return self.says(Effect::Send);
        }
        let finding = match verb {
            Verb::Read => self.reads(),
            Verb::Create | Verb::Upload | Verb::Copy => self.makes(verb),
            Verb::Add => self.adds(),
            Verb::Generate => self.generates(),
            Verb::Open => self.opens(),
            Verb::Post => self.posts(),
            Verb::Convert => self.converts(),
            Verb::Draft => self.drafts(),
            Verb::Update | Verb::Mark => self.changes(verb),
            Verb::React => self.reacts(),
            Verb::Merge => self.says(Effect::Merge),
            Verb::Delete => self.deletes(),
            Verb::Cancel => self.cancels(),
            Verb::Approve | Verb::Submit => self.makes_final(),
            Verb::Comment => self.comments(),
            Verb::Send => self.sends(),
            Verb::Pay => self.pays(),
            Verb::Transfer => self.transfers(),
            Verb::Admin => self.administers(),
            Verb::Execute => self.executes(),
            Verb::Resolve => self.resolves(),
        };
        self.reaching(finding, verb)
    }

    /// True of letting others at a document: that is sharing it.
    fn lets_in(&self, verb: Verb) -> bool {
        matches!(verb, Verb::Create | Verb::Add | Verb::Update | Verb::Admin)
            && self.act.word != "revoke"
            && self.act.speaks_of("permission collaborator sharing")
            && self.shares(verb)
    }

    /// Raises what can also reach people by its arguments.
    fn reaching(&self, finding: Finding, verb: Verb) -> Finding {
        if finding.level >= Level::External || finding.effect == Effect::Read {
            return finding;
        }
        if self.server.is(Kind::Browser) {
            return Finding::new(Effect::Execute, "acts on whatever page is open");
        }
        if let Some(opens) = self.arguments.opens().filter(|_| self.shares(verb)) {
            let why = format!("opens a thing to others by `{}`", opens.name);
            return Finding::new(Effect::Send, why);
        }
        if self.grants(verb) || self.opens_to_all(verb) {
            return self.says(Effect::Send);
        }
        if let Some(replaces) = self
            .arguments
            .replaces()
            .filter(|_| finding.effect == Effect::Create)
        {
            let why = format!("can replace what is there by `{}`", replaces.name);
            return Finding::new(Effect::Update, why);
        }
        if let Some(cost) = self.arguments.cost() {
            return Finding::new(Effect::Pay, format!("agrees to a cost by `{}`", cost.name));
        }
        let settles = self.noun == Some(Noun::Setting) || finding.effect == Effect::Draft;
        if let Some(switch) = self.arguments.tells()
            && !(settles && (switch.name.contains("tatus") || switch.is("visibility")))
            && !(switch.is("visibility") && self.act.speaks_of("repository repo"))
        {
            return Finding::new(
                Effect::Send,
                format!("can reach people by `{}`", switch.name),
            );
        }
        let names_people = !matches!(verb, Verb::Delete | Verb::Cancel | Verb::Merge) && !settles;
        match self
            .arguments
            .recipients()
            .filter(|_| names_people && finding.effect != Effect::Execute)
        {
            Some(people) if !self.is_move(people.words.join("_").as_str()) => {
                Finding::new(Effect::Send, format!("names people in `{}`", people.name))
            }
            _ => finding,
        }
    }

    /// True of what can give others access to a document.
    fn shares(&self, verb: Verb) -> bool {
        const SHARED: &str = "file folder drive document doc spreadsheet sheet presentation slide \
            page calendar album recording link";
        !matches!(verb, Verb::Delete | Verb::Cancel | Verb::Merge) && self.act.speaks_of(SHARED)
    }

    /// True of what gives somebody access to a document: `add_file_permission`.
    fn grants(&self, verb: Verb) -> bool {
        let head = self
            .act
            .object
            .last()
            .map(String::as_str)
            .unwrap_or_default();
        let gives = matches!(verb, Verb::Create | Verb::Add)
            || self.act.word == "grant"
            || self.act.word.starts_with("give ");
        let document = self.shares(verb)
            || self
                .arguments
                .has("file_id folder_id document_id doc_id page_id spreadsheet_id");
        gives && document && among("permission access collaborator viewer editor", head)
    }

    /// True of what shows a thing to everybody: `make_public`.
    fn opens_to_all(&self, verb: Verb) -> bool {
        let turns_on = matches!(verb, Verb::Create | Verb::Update | Verb::Mark)
            || among("enable allow", &self.act.word);
        let head = self
            .act
            .object
            .last()
            .map(String::as_str)
            .unwrap_or_default();
        turns_on && self.act.speaks_of("public") && among("public sharing access link", head)
    }

    /// `to` of a move, a copy or a range is a place.
    fn is_move(&self, argument: &str) -> bool {
        argument == "to"
            && (self.arguments.has("from source")
                || !self
                    .arguments
                    .has_anywhere("body subject text message content html"))
    }

    pub(super) fn serious(&self, effect: Effect) -> Finding {
        self.says(effect).at(Level::HighImpact)
    }
}

impl Finding {
    /// Setting a price is a promise of money.
    pub(super) fn priced(self, case: &Case<'_>) -> Self {
        match case.arguments.price() {
            Some(price) => Self::new(Effect::Pay, format!("can set a price by `{}`", price.name)),
            None => self,
        }
    }

    /// A change that can carry a comment to those who wrote.
    pub(super) fn answering(self, case: &Case<'_>) -> Self {
        let answers = (case.server.is(Kind::HelpDesk)
            || case
                .act
                .speaks_of("ticket case conversation incident request"))
            && case
                .arguments
                .has("comment reply public_comment public_reply")
            || among("close resolve", &case.act.word)
                && case.act.speaks_of("conversation")
                && case.arguments.has("body message");
        if answers {
            Self::new(Effect::Send, "can carry an answer to the person who wrote")
        } else {
            self
        }
    }
}
