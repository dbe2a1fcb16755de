//! The record a tool touches, the arguments that hold new values, and the areas they belong to.

use super::arguments::{Argument, Arguments};
use super::effect::Finding;
use super::name::Act;
use super::nouns::{Noun, OWNERSHIP, class};
use super::server::{Kind, Server};
use super::verbs::Verb;
use super::words::among;
use crate::classify::{Area, Effect};
use std::collections::BTreeSet;

/// Last words of arguments that name a record.
const IDS: &str = "id ids iid gid sid uid uuid guid key number sha slug ts ref";

/// Arguments that say how a call is made, or where, not what becomes of the record.
const MANNERS: &str = "account dry_run confirm limit page cursor expand format fields_to_return \
    per_page offset timeout owner repo repository workspace workspace_id cloud_id instance site \
    index after before range cell draft notify_user send_update overwrite_security type_hint \
    object_type match_instance tab_id sheet_name branch old_text target start_index end_index \
    override_screen_security use_existing idempotency_key request_id response_format sheet_id \
    value_input_option remove_from_all_parent start_cell start_column timestamp proration_behavior \
    expected_head_sha sha merge_method is_html reason submit verbose recursive source path \
    channel thread_ts text_to_find notify convert_to_google_format add_newline_if_needed";

/// Arguments that hold a thing's place or owner and are values of a new record all the same.
const PLACES: &str = "parent assignee owner folder customer vendor label price product manager \
    department company contact project account_manager reporter epic sprint destination";

/// Those of them that are values of a record that exists: what a change gives it.
const RELATIONS: &str =
    "assignee owner parent label manager reporter destination state stage status";

/// The kind of record, in the words of the name: the head and what makes it particular.
pub fn record_type(act: &Act) -> Option<String> {
    let head = act.object.last()?;
    let pair = act.object.len() > 1
        && class(&act.object[act.object.len() - 2..]) != class(std::slice::from_ref(head));
    let known = act.object.len() > 1 && (pair || among("request item link entry", head));
    Some(if known {
        act.object[act.object.len() - 2..].join("_")
    } else {
        head.clone()
    })
}

/// The argument that names the record that is there: of what is put into another, the other.
pub fn id_argument(act: &Act, arguments: &Arguments) -> Option<String> {
    let adds = act.verb == Some(Verb::Add);
    let head = act.object.last().map(String::as_str).unwrap_or_default();
    let speaks_of_head = |argument: &Argument| argument.words.iter().any(|word| word == head);
    let ids = || {
        arguments
            .top()
            .filter(|argument| names_record(argument, act))
            .filter(|argument| !among(MANNERS, &argument.words.join("_")))
    };
    if adds {
        return ids()
            .find(|argument| !speaks_of_head(argument))
            .map(|argument| argument.name.clone());
    }
    let named = || {
        arguments
            .top()
            .find(|argument| argument.words.len() == 1 && argument.words[0] == head)
    };
    let place = || {
        arguments
            .top()
            .find(|argument| among("path uri url file_path name", &argument.words.join("_")))
    };
    ids()
        .find(|argument| speaks_of_head(argument))
        .or_else(|| ids().find(|argument| argument.words.len() == 1))
        .or_else(named)
        .or_else(|| ids().next())
        .or_else(place)
        .map(|argument| argument.name.clone())
}

/// True for an argument that names a record. A number does only for the object's own: a document's
/// number is one of its values.
fn names_record(argument: &Argument, act: &Act) -> bool {
    let Some(last) = argument.words.last() else {
        return false;
    };
    among(IDS, last)
        && (last != "number" || argument.words.iter().any(|word| act.object.contains(word)))
}

/// Arguments that hold new values of the record.
pub fn fields(
    finding: &Finding,
    act: &Act,
    id: Option<&str>,
    arguments: &Arguments,
) -> Vec<String> {
    if matches!(finding.effect, Effect::Read | Effect::Delete) {
        return Vec::new();
    }
    let makes = matches!(
        finding.effect,
        Effect::Create | Effect::Draft | Effect::Admin | Effect::Pay
    ) || act.verb == Some(Verb::Add);
    arguments
        .top()
        .filter(|argument| Some(argument.name.as_str()) != id)
        .filter(|argument| !among(MANNERS, &argument.words.join("_")))
        .filter(|argument| {
            let related = if makes { PLACES } else { RELATIONS };
            let related = finding.effect != Effect::Send
                && argument.words.iter().any(|word| among(related, word));
            !names_record(argument, act)
                || related
                || argument.words.first().is_some_and(|word| word == "new")
        })
        .map(|argument| argument.name.clone())
        .collect()
}

/// The areas a tool touches. A read touches none.
pub fn areas(
    finding: &Finding,
    act: &Act,
    arguments: &Arguments,
    server: &Server,
) -> BTreeSet<Area> {
    let mut areas = BTreeSet::new();
    if finding.effect == Effect::Read {
        return areas;
    }
    let noun = class(&act.object);
    let names = |list: &str| {
        arguments
            .0
            .iter()
            .any(|argument| argument.words.iter().any(|word| among(list, word)))
    };
    let removes = matches!(finding.effect, Effect::Delete | Effect::Merge);
    let writes_values = !removes;
    let mut touch = |area: Area, touched: bool| {
        if touched {
            areas.insert(area);
        }
    };
    touch(
        Area::CustomerMessage,
        finding.effect == Effect::Send
            || writes_values && finding.effect != Effect::Draft && reaches_customers(act, noun),
    );
    touch(
        Area::Pricing,
        writes_values
            && (act.speaks_of(
                "price pricing coupon discount product promotion subscription quote estimate plan",
            ) || names("price discount coupon unit_amount percent_off")),
    );
    touch(
        Area::MergeDelete,
        removes
            || names("archived trash deleted is_deleted delete")
                && finding.effect == Effect::Update,
    );
    touch(
        Area::Ownership,
        writes_values
            && finding.effect != Effect::Create
            && finding.effect != Effect::Draft
            && (names(OWNERSHIP)
                && !arguments.has("repo repository")
                && noun != Some(Noun::Setting)
                || among("assign reassign", &act.word)),
    );
    touch(
        Area::ContractInvoicePaymentLegal,
        finding.effect == Effect::Pay && !act.speaks_of("price coupon discount product promotion")
            || matches!(noun, Some(Noun::Financial))
            || matches!(noun, Some(Noun::Money))
                && !act.speaks_of("price coupon discount promotion")
            || removes && server.is(Kind::Books),
    );
    touch(
        Area::SupportSensitive,
        act.speaks_of("ticket case conversation canned helpdesk requester")
            && noun != Some(Noun::Setting)
            && !act.speaks_of("folder"),
    );
    touch(
        Area::Admin,
        finding.effect == Effect::Admin
            || finding.effect == Effect::Delete && noun == Some(Noun::Setting)
            || noun == Some(Noun::Access),
    );
    areas
}

fn reaches_customers(act: &Act, noun: Option<Noun>) -> bool {
    matches!(
        noun,
        Some(Noun::Publication | Noun::Message | Noun::Review | Noun::Access)
    ) || act.speaks_of("canned solution template campaign macro portal pull")
        || among("create", &act.word) && act.speaks_of("ticket case")
}
