//! What acts do that make a thing of its own.

use super::effect::{Case, Finding};
use super::nouns::{Noun, SHOWN_TO_CUSTOMERS, class};
use super::server::Kind;
use super::verbs::Verb;
use super::words::among;
use crate::classify::Effect;

/// Arguments that pick the kind of what is made.
const KINDS: &str = "object_type entity_type record_type sobject sobject_type model doctype type \
    resource_type module object object_name object_api_name method table table_name";

impl Case<'_> {
    pub(super) fn makes(&self, verb: Verb) -> Finding {
        if self.puts_up() {
            return self.says(Effect::Send);
        }
        let special = match verb {
            Verb::Upload => self.uploads(),
            _ => None,
        };
        if let Some(special) = special.or_else(|| self.makes_by_word()) {
            return special;
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

    /// True of what is put up for others to see where they talk.
    fn puts_up(&self) -> bool {
        const PUT_UP: &str =
            "poll file photo document video audio image voice picture sticker thread";
        self.arguments
            .has("channel channel_id chat_id room_id conversation_id")
            && self
                .act
                .object
                .last()
                .is_some_and(|head| among(PUT_UP, head))
    }

    /// What an upload is that is not just another file.
    fn uploads(&self) -> Option<Finding> {
        if self.act.speaks_of("channel chat") {
            return Some(self.says(Effect::Send));
        }
        let version = self.act.speaks_of("version revision object blob")
            || self.act.target.is_empty() && self.names_object();
        if version {
            return Some(self.says(Effect::Update));
        }
        if self.act.speaks_of("dispute evidence claim contract") {
            return Some(self.serious(Effect::Create));
        }
        let file = self.noun.is_none_or(|noun| noun == Noun::Content);
        file.then(|| self.says(Effect::Create))
    }

    /// What is made where the words say more than the kind of thing.
    fn makes_by_word(&self) -> Option<Finding> {
        let word = self.act.word.as_str();
        let last = self.act.object.last().map_or("", String::as_str);
        // `create_from_template` says nothing of what it makes; a folder holds files.
        let in_folder = self.act.object == self.act.target
            && self
                .arguments
                .has("folder folder_id parent_folder parent_folder_id");
        let attaches = word == "attach"
            && matches!(
                self.noun,
                None | Some(
                    Noun::Internal | Noun::Content | Noun::Open | Noun::Comment | Noun::Note
                )
            );
        let logs = among("log track", word)
            && matches!(
                self.noun,
                Some(Noun::Internal | Noun::Event | Noun::Message | Noun::Comment | Noun::Note)
            );
        if in_folder || attaches || word == "fork" {
            return Some(self.says(Effect::Create));
        }
        if word == "track" && self.act.speaks_of("order shipment package delivery parcel") {
            return Some(self.reads());
        }
        if logs {
            return Some(self.says(Effect::Create));
        }
        // Saving to a place, or a thing that is there already, replaces what it held.
        let to_place = self.arguments.has("path file_path filepath id")
            || self.act.target.is_empty() && self.names_object();
        if among("save store", word) && to_place
            || word == "save" && self.act.speaks_of("document file page workflow")
        {
            return Some(self.says(Effect::Update));
        }
        // A status that records may have is part of how they are set up; one with a text is posted.
        if last == "status" {
            let posted = self.act.object.len() == 1 && self.arguments.has("text message body");
            return Some(self.says(if posted { Effect::Send } else { Effect::Admin }));
        }
        self.goes_live().then(|| self.says(Effect::Send))
    }

    /// True of what everybody sees from then on: `make_live`.
    pub(super) fn goes_live(&self) -> bool {
        self.act.object.last().is_some_and(|head| head == "live")
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
            || self.arguments.has(
                "org_id organization_id region region_id region_url platform runtime framework",
            );
        if runs && self.act.object.last().is_some_and(|it| it == "project") {
            return self.says(Effect::Admin);
        }
        let any_kind = self.act.speaks_of("document doc") && self.arguments.has(KINDS);
        let worth = self.act.speaks_of("prospect lead")
            && self
                .arguments
                .has("value amount revenue expected_revenue deal_value");
        if self.pays_with() {
            return self.says(Effect::Pay);
        }
        if any_kind || worth {
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
        } else if matches!(self.noun, None | Some(Noun::Money))
            && !self.act.speaks_of("url uri tool")
            || self.act.speaks_of("shop store storefront")
        {
            // A door, a valve, a till.
            self.says(Effect::Update)
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
