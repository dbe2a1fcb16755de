//! What acts do that make a thing or put one into another.

use super::arguments::Argument;
use super::effect::{Case, Finding};
use super::nouns::{Noun, OWNERSHIP, SHOWN_TO_CUSTOMERS, class};
use super::server::Kind;
use super::verbs::Verb;
use super::words::among;
use crate::classify::{Effect, Level};

/// Arguments that pick the kind of what is made.
const KINDS: &str = "object_type entity_type record_type sobject sobject_type model doctype type \
    resource_type module object object_name object_api_name method";

/// People who are told that they are expected.
const GUESTS: &str = "attendee guest invitee participant panelist registrant responder";

/// What is put up for others to see where they talk.
const PUT_UP: &str = "poll file photo document video audio image voice picture sticker thread";

impl Case<'_> {
    pub(super) fn makes(&self, verb: Verb) -> Finding {
        let among_people = self.arguments.has("channel channel_id chat_id room_id");
        if verb == Verb::Upload && self.act.speaks_of("channel chat")
            || among_people
                && self
                    .act
                    .object
                    .last()
                    .is_some_and(|head| among(PUT_UP, head))
        {
            return self.says(Effect::Send);
        }
        let version = self.act.speaks_of("version revision object blob")
            || self.act.target.is_empty() && self.names_object();
        if verb == Verb::Upload && version {
            return self.says(Effect::Update);
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
        if among("save store", &self.act.word)
            && (self.arguments.has("path file_path filepath id")
                || self.act.target.is_empty() && self.names_object())
        {
            return self.says(Effect::Update);
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
            // A copy of a message that names nobody lies in a folder.
            Some(Noun::Message)
                if verb == Verb::Copy
                    && self
                        .arguments
                        .has("folder folder_id destination_folder destination") =>
            {
                self.says(Effect::Create)
            }
            Some(Noun::Message | Noun::Access) => self.says_messages(),
            Some(Noun::Review | Noun::Publication) => self.says(Effect::Send),
            Some(Noun::Facing) => self.serious(Effect::Create).priced(self),
            Some(Noun::Financial) => self.makes_financial(),
            Some(Noun::Money) => self.says(Effect::Pay),
            Some(Noun::Setting) => self.says(Effect::Admin),
            None | Some(Noun::Code) if self.server.is(Kind::Payments) => self.says(Effect::Pay),
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
        // A project of a whole organisation or region is an account of its own.
        let kinds = self.act.speaks_of("document doc") && self.arguments.has(KINDS);
        let apart = self.act.speaks_of("project")
            && self
                .arguments
                .has("org_id organization_id region region_id");
        let worth = self.act.speaks_of("prospect lead")
            && self
                .arguments
                .has("value amount revenue expected_revenue deal_value");
        if kinds || apart || worth {
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
        if let Some(tells) = self.arguments.tells().or(self.arguments.recipients()) {
            return Finding::new(Effect::Pay, format!("can issue it by `{}`", tells.name));
        }
        self.serious(Effect::Create)
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
        if self.arguments.0.is_empty()
            || self
                .act
                .speaks_of("appointment booking reservation consultation meeting webinar")
            || self.arguments.open()
            || self.arguments.has_anywhere(GUESTS)
            || self.arguments.top().any(reached)
        {
            Finding::new(Effect::Send, "can tell the guests of a calendar entry")
        } else {
            self.says(otherwise)
        }
    }

    pub(super) fn adds(&self) -> Finding {
        match self.noun {
            None
            | Some(Noun::Internal | Noun::Facing | Noun::Setting | Noun::Open | Noun::Message)
                if self.enrols() =>
            {
                self.says(Effect::Send)
            }
            _ if self
                .act
                .object
                .last()
                .is_some_and(|head| among(GUESTS, head)) =>
            {
                self.says(Effect::Send)
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
            // Whom a record belongs to is assigned, not made.
            _ if self
                .act
                .object
                .last()
                .is_some_and(|head| among(OWNERSHIP, head)) =>
            {
                self.changes(Verb::Update)
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
    fn names_object(&self) -> bool {
        self.act.object.last().is_some_and(|head| {
            self.arguments
                .top()
                .any(|argument| match argument.words.as_slice() {
                    [first, last] => first == head && among("id gid key", last),
                    _ => false,
                })
        })
    }

    /// True of another time put to those who would come.
    fn asks_for_time(&self) -> bool {
        self.act.word == "propose" && self.act.speaks_of("time meeting slot date")
    }

    /// A draft is what a person sends or publishes; a migration that is prepared is none.
    pub(super) fn drafts(&self) -> Finding {
        match self.noun {
            _ if self.asks_for_time() => self.says(Effect::Send),
            Some(Noun::Setting | Noun::Code | Noun::Money) => self.makes(Verb::Create),
            None | Some(Noun::Facing | Noun::Internal) if self.act.word != "draft" => {
                self.makes(Verb::Create)
            }
            _ => self.says(Effect::Draft),
        }
    }

    pub(super) fn generates(&self) -> Finding {
        const SHOWN: &str = "link report summary query preview suggestion deeplink feedback response answer \
            statistic insight url chart hash type code snippet regex image audio speech text content uuid id name title description caption outline schema";
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

    pub(super) fn converts(&self) -> Finding {
        const MEASURES: &str = "time timezone zone currency unit temperature date number length weight \
            timestamp coordinate color measurement base64 markdown html json yaml";
        // Converting a file makes another; any other record turns into what it becomes.
        const FILES: &str = "file excel spreadsheet sheet document doc presentation slide pdf csv \
            image video audio page photo html markdown text json csv url code";
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
            || matches!(self.noun, None | Some(Noun::Internal)) && !self.act.speaks_of(FILES)
        {
            self.says(Effect::Update)
        } else if class(&self.act.target) == Some(Noun::Internal) {
            self.says(Effect::Create)
        } else {
            self.makes(Verb::Copy)
        }
    }
}
