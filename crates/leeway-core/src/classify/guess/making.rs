//! What acts do that make a thing or put one into another.

use super::arguments::Argument;
use super::effect::{Case, Finding};
use super::nouns::{HELP_DESK, Noun, SHOWN_TO_CUSTOMERS, WORKPLACE, class};
use super::server::Kind;
use super::verbs::{Verb, verb};
use super::words::among;
use crate::classify::{Effect, Level};

/// Arguments that pick the kind of what is made.
const KINDS: &str = "object_type entity_type record_type sobject sobject_type model doctype type \
    resource_type module object object_name object_api_name method table table_name";

impl Case<'_> {
    pub(super) fn makes(&self, verb: Verb) -> Finding {
        let to_chat = self.act.speaks_of("channel chat")
            || self
                .arguments
                .has("channel channel_id chat_id conversation_id");
        if to_chat && verb == Verb::Upload {
            return self.says(Effect::Send);
        }
        let from_pattern = self.act.object == self.act.target
            && self
                .act
                .speaks_of("template text markdown html csv file url");
        let attaches = self.act.word == "attach"
            && matches!(
                self.noun,
                None | Some(
                    Noun::Internal | Noun::Content | Noun::Open | Noun::Comment | Noun::Note
                )
            );
        if from_pattern || attaches || self.act.word == "fork" {
            return self.says(Effect::Create);
        }
        if self.act.word == "track" && self.act.speaks_of("order shipment package delivery parcel")
        {
            return self.reads();
        }
        if among("log track", &self.act.word)
            && matches!(
                self.noun,
                Some(Noun::Internal | Noun::Event | Noun::Message | Noun::Comment | Noun::Note)
            )
        {
            return self.says(Effect::Create);
        }
        // Saving to a place replaces what is there.
        if among("save store", &self.act.word) && self.arguments.has("path file_path filepath") {
            return self.says(Effect::Update);
        }
        let disputed = self.act.speaks_of("dispute evidence claim contract");
        // A status that records may have is part of how they are set up.
        let of_kind = self.act.object.len() > 1;
        if of_kind && self.act.object.last().is_some_and(|it| it == "status") {
            return self.says(Effect::Admin);
        }
        if verb == Verb::Upload && self.act.speaks_of("version object blob") {
            return self.says(Effect::Update);
        }
        if self.act.word == "save" && self.act.speaks_of("document file page workflow") {
            return self.says(Effect::Update);
        }
        if verb == Verb::Upload && disputed {
            return self.serious(Effect::Create);
        }
        if verb == Verb::Upload && self.noun.is_none_or(|noun| noun == Noun::Content) {
            return self.says(Effect::Create);
        }
        if self.act.object.last().is_some_and(|word| word == "live") {
            return self.says(Effect::Send);
        }
        match self.noun {
            Some(Noun::Content) if self.act.speaks_of("content") => self.serious(Effect::Create),
            // A picture of a product is seen by customers.
            Some(Noun::Content) if class(self.before_head()) == Some(Noun::Facing) => {
                self.serious(Effect::Create)
            }
            // A part is made inside the document an argument names, which it changes.
            Some(Noun::Content) if self.inside_named() => self.says(Effect::Update),
            Some(Noun::Label | Noun::Content) => self.says(Effect::Create),
            Some(Noun::Internal) => self.makes_internal(),
            Some(Noun::Open) => self.makes_open(),
            Some(Noun::Comment) => self.comments(),
            Some(Noun::Note) => self.notes(),
            Some(Noun::Draft) => self.says(Effect::Draft),
            Some(Noun::Event) => self.plans(Effect::Create),
            Some(Noun::Message | Noun::Access) => self.says_messages(),
            Some(Noun::Review | Noun::Publication) => self.says(Effect::Send),
            Some(Noun::Facing) => self.serious(Effect::Create).priced(self),
            Some(Noun::Financial) => self.makes_financial(),
            Some(Noun::Money) => self.says(Effect::Pay),
            Some(Noun::Setting) => self.says(Effect::Admin),
            None if self.server.is(Kind::Payments) => self.says(Effect::Pay),
            None | Some(Noun::Code) => self.serious(Effect::Create),
        }
    }

    /// True when an argument names the document something is put into.
    fn inside_named(&self) -> bool {
        const DOCUMENTS: &str = "document doc file presentation spreadsheet workbook page sheet \
            worksheet slide workbook_worksheet drive_item design";
        self.arguments.top().any(|argument| {
            let mut words = argument.words.clone();
            words.pop().is_some_and(|last| last == "id") && among(DOCUMENTS, &words.join("_"))
        })
    }

    /// The object without its last word.
    fn before_head(&self) -> &[String] {
        self.act
            .object
            .split_last()
            .map_or(&[], |(_, before)| before)
    }

    pub(super) fn makes_internal(&self) -> Finding {
        if self.act.speaks_of(SHOWN_TO_CUSTOMERS)
            || (self
                .act
                .object
                .last()
                .is_some_and(|head| among("issue file release project page", head))
                && (self.server.is(Kind::CodeHost)
                    || self.arguments.has("owner") && self.arguments.has("repo repository")))
        {
            return self.serious(Effect::Create);
        }
        let runs = self.server.is(Kind::Cloud)
            || self
                .arguments
                .has("region region_url platform runtime framework");
        if runs && self.act.object.last().is_some_and(|it| it == "project") {
            return self.says(Effect::Admin);
        }
        let any_kind = self.act.speaks_of("document doc") && self.arguments.has(KINDS);
        if any_kind || self.pays_with() {
            return self.serious(Effect::Create);
        }
        if let Some(tells) = self
            .arguments
            .tells()
            .filter(|_| self.act.speaks_of("page document form report"))
        {
            return Finding::new(
                Effect::Send,
                format!("can be published by `{}`", tells.name),
            );
        }
        self.says(Effect::Create)
    }

    /// True of a card that is paid with, not one on a board.
    fn pays_with(&self) -> bool {
        const OF_PAYMENT: &str = "cardholder cardholder_name card_number cvc cvv exp_month exp_year \
            billing_address spend_limit spending_limit";
        self.act.speaks_of("card")
            && (self.server.is(Kind::Payments)
                || self.server.is(Kind::Books)
                || self.arguments.has_anywhere(OF_PAYMENT))
    }

    /// A thing of any kind may be one that matters, when an argument picks the kind.
    pub(super) fn makes_open(&self) -> Finding {
        if self.server.is(Kind::Books) || self.arguments.has(KINDS) || self.arguments.of_money() {
            self.serious(Effect::Create)
        } else {
            self.says(Effect::Create)
        }
    }

    pub(super) fn makes_financial(&self) -> Finding {
        if self.server.finalises(&self.act.object) {
            return Finding::new(
                Effect::Draft,
                format!("{}, which another tool makes final", self.phrase()),
            );
        }
        if self.server.is(Kind::Billing) && self.act.speaks_of("transaction adjustment credit") {
            return self.says(Effect::Pay);
        }
        if let Some(tells) = self.arguments.tells().or(self.arguments.recipients()) {
            return Finding::new(Effect::Pay, format!("can issue it by `{}`", tells.name));
        }
        self.serious(Effect::Create)
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
        {
            Finding::new(Effect::Send, "can tell the guests of a calendar entry")
        } else {
            self.says(otherwise)
        }
    }

    pub(super) fn adds(&self) -> Finding {
        // What is inserted without a name may be records of any kind.
        if self.act.word == "insert" && self.act.object.is_empty() {
            return self.serious(Effect::Create);
        }
        match self.noun {
            // Who is called to an incident or put among the guests is told at once.
            _ if self.act.object.iter().any(|word| {
                among("responder attendee guest invitee panelist registrant", word)
            }) =>
            {
                self.says(Effect::Send)
            }
            _ if self.enrols() => self.says(Effect::Send),
            Some(Noun::Label) => self.says(Effect::Update).at(Level::LowRisk),
            _ if self
                .act
                .object
                .last()
                .is_some_and(|head| head == "responder") =>
            {
                self.says(Effect::Send)
            }
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

    /// True of what puts people where messages go out to them by themselves.
    fn enrols(&self) -> bool {
        let into_run = self
            .act
            .target
            .iter()
            .any(|word| among("sequence cadence journey drip", word));
        if into_run || self.act.word == "enroll" && self.act.speaks_of("contact lead prospect") {
            return true;
        }
        const RUNS: &str = "automation sequence journey cadence drip campaign autoresponder";
        const PEOPLE: &str = "contact subscriber lead prospect person people recipient customer \
            profile candidate";
        self.act.speaks_of(RUNS) && self.act.speaks_of(PEOPLE)
    }

    /// True of what is there already, named by its own id, and put into another thing.
    fn puts_existing(&self) -> bool {
        !self.act.target.is_empty()
            && self.act.object != self.act.target
            && self.act.object.last().is_some_and(|head| {
                self.arguments
                    .top()
                    .any(|argument| match argument.words.as_slice() {
                        [first, last] => first == head && among("id ids gid key", last),
                        _ => false,
                    })
            })
    }

    /// A draft is what a person sends or publishes; a migration that is prepared is none.
    pub(super) fn drafts(&self) -> Finding {
        if self.act.word == "propose" && self.act.speaks_of("time meeting slot") {
            return self.says(Effect::Send);
        }
        match self.noun {
            Some(Noun::Setting | Noun::Code | Noun::Money) => self.makes(Verb::Create),
            None | Some(Noun::Facing | Noun::Internal) if self.act.word != "draft" => {
                self.makes(Verb::Create)
            }
            _ => self.says(Effect::Draft),
        }
    }

    pub(super) fn generates(&self) -> Finding {
        const SHOWN: &str = "link report summary query preview suggestion deeplink feedback response answer \
            statistic insight url chart hash type code snippet regex image audio speech text content uuid id name title description caption outline schema payload";
        let head = self
            .act
            .object
            .last()
            .map(String::as_str)
            .unwrap_or_default();
        if among(SHOWN, head) && !matches!(self.noun, Some(Noun::Money | Noun::Access)) {
            return self.reads();
        }
        self.makes(Verb::Generate)
    }

    pub(super) fn opens(&self) -> Finding {
        if self
            .act
            .speaks_of("issue ticket case dispute account pull position incident request tab")
        {
            self.makes(Verb::Create)
        } else {
            self.reads()
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

    pub(super) fn converts(&self) -> Finding {
        const MEASURES: &str = "time timezone zone currency unit temperature date number length weight \
            timestamp coordinate color measurement base64 markdown html json yaml";
        // Converting a file makes another; any other record turns into what it becomes.
        const FILES: &str = "file excel spreadsheet sheet document doc presentation slide pdf csv \
            image video audio page photo";
        let head = self
            .act
            .object
            .last()
            .map(String::as_str)
            .unwrap_or_default();
        if self.act.object.len() <= 1 && among(MEASURES, head) {
            self.says(Effect::Read)
        } else if self
            .act
            .speaks_of("lead deal opportunity quote estimate trial ticket")
            || self.noun == Some(Noun::Internal) && !self.act.speaks_of(FILES)
        {
            self.says(Effect::Update)
        } else if class(&self.act.target) == Some(Noun::Internal) {
            self.says(Effect::Create)
        } else {
            self.makes(Verb::Copy)
        }
    }

    /// A comment stays among colleagues in a workplace; anywhere else it is read by others.
    pub(super) fn comments(&self) -> Finding {
        let named = |list: &str| {
            self.act.speaks_of(list)
                || self
                    .arguments
                    .top()
                    .any(|argument| argument.words.iter().any(|word| among(list, word)))
        };
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
            || named("pull merge commit repo repository")
            || (self.arguments.has("owner") && self.arguments.has("repo"));
        // What can be made internal is public otherwise.
        let optional = self.arguments.may_be_internal() || self.arguments.has("visibility");
        if !private && (code || optional || named(HELP_DESK) || self.server.is(Kind::HelpDesk)) {
            return self.says(Effect::Send);
        }
        let workplace = named(WORKPLACE) || self.server.is(Kind::Workplace);
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
            || self.act.speaks_of(HELP_DESK) && self.arguments.may_be_internal();
        // A logged e-mail is a record of its own.
        let logged = self.arguments.has("subject") && self.arguments.recipients().is_some();
        self.says(match (code, under && !logged) {
            (true, _) => Effect::Send,
            (false, true) => Effect::Draft,
            (false, false) => Effect::Create,
        })
    }
}
