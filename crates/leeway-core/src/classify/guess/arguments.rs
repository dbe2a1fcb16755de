//! What a tool's input schema says: its arguments, their values, and the signs among them.

use super::words::{among, bases};
use serde_json::Value;
use std::collections::VecDeque;

/// How deep a schema is read, and how many arguments at most: schemas come from outside.
const DEEPEST: usize = 4;
const MOST: usize = 400;

/// How much of an argument's description is read, characters.
const LONGEST: usize = 1_000;

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// The words of its name, in base form.
    pub words: Vec<String>,
    /// The texts it may be, if the schema lists them.
    pub values: Vec<String>,
    /// JSON type, if the schema names one.
    pub kind: String,
    /// 0 for an argument, more for a field inside one.
    pub depth: usize,
    /// True when its description says that people outside read it.
    pub outward: bool,
    /// True of an object whose fields the schema leaves open.
    pub open: bool,
}

impl Argument {
    pub(super) fn is(&self, list: &str) -> bool {
        among(list, &self.words.join("_"))
    }

    /// True of a switch like `customer_note` or `visible_to_customer`.
    fn shows_outsiders(&self) -> bool {
        const OUTSIDERS: &str = "customer client requester guest external public \
            subscriber attendee recipient";
        const SHOWN: &str = "note visible notify reply facing comment tell inform \
            email mail send message";
        let has = |list: &str| self.words.iter().any(|word| among(list, word));
        has(OUTSIDERS) && has(SHOWN)
    }

    /// True of a choice of what is done whose values the schema does not list.
    fn is_free_choice(&self) -> bool {
        self.depth == 0 && self.is(ACTIONS) && self.values.is_empty()
    }

    /// True when every value it can take is a switch: on or off.
    fn is_switch(&self) -> bool {
        self.kind == "boolean"
    }
}

/// Every argument of a tool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments(pub Vec<Argument>);

/// People a call reaches.
const RECIPIENTS: &str = "to cc bcc recipient recipient_email to_email to_number to_address \
    attendee attendee_email invitee guest guest_email share_with send_update send_to \
    email_recipient notify_to participant_email signer invite_email to_phone to_recipient";

/// Switches that make a call reach people.
const TELLS: &str = "public is_public publish published is_published send send_now send_email \
    send_notification send_immediately send_invite send_message auto_send notify notify_customer \
    notify_user notify_recipient email_customer send_receipt send_invoice post_to_public \
    is_broadcast broadcast submit notify_contact send_invitation notify_attendee notify_guest \
    send_confirmation reply_broadcast send_welcome_email";

/// Texts for people that a call sends along.
const TOLD: &str = "decline_message cancellation_message cancel_message invitation_message \
    invite_message email_message reply_message response_message personal_message customer_message \
    message_to_customer message_to_recipient rejection_email confirmation_email email_template_id email_subject email_body";

/// Arguments that open a thing to others.
const OPENS: &str = "share_with sharing share_type permission_level link_permission \
    visibility_scope link_sharing general_access anyone_with_link anonymous_access";

/// Prices set by a call.
const PRICES: &str = "price unit_amount unit_price sale_price regular_price price_cent \
    base_price compare_at_price variant_price price_money price_data price_set";

/// Names of arguments that pick what is done.
const CHOOSERS: &str = "action operation method command op verb mode request_method http_method \
    operation_type action_type event";

/// Of those, the names that say nothing of what may be chosen.
const ACTIONS: &str = "action operation op action_type operation_type";

impl Arguments {
    /// Reads a tool's input schema, what stands at the top before what is inside it.
    pub fn of(definition: &Value) -> Self {
        let whole = &definition["inputSchema"];
        let mut found = Vec::new();
        let mut next = VecDeque::from([(whole, 0)]);
        while let Some((schema, depth)) = next.pop_front() {
            if depth >= DEEPEST || found.len() >= MOST {
                break;
            }
            for part in parts(whole, schema) {
                let properties = part["properties"].as_object().into_iter().flatten();
                for (name, property) in properties.take(MOST - found.len().min(MOST)) {
                    let property = followed(whole, property);
                    found.push(argument((name, property), depth));
                    next.push_back((property, depth + 1));
                    let lists = parts(whole, property).into_iter();
                    next.extend(lists.map(|list| (&list["items"], depth + 1)));
                }
            }
        }
        tell_choices(definition, &mut found);
        Self(found)
    }

    /// The arguments themselves, without what is inside them.
    pub fn top(&self) -> impl Iterator<Item = &Argument> {
        self.0.iter().filter(|argument| argument.depth == 0)
    }

    /// The first argument, or field inside one, that is among `list` (base words joined by `_`).
    fn any(&self, list: &str) -> Option<&Argument> {
        self.0.iter().find(|argument| argument.is(list))
    }

    /// A list of people the call reaches.
    pub fn recipients(&self) -> Option<&Argument> {
        self.any(RECIPIENTS)
    }

    /// A switch, or a choice, that makes the call reach people.
    pub fn tells(&self) -> Option<&Argument> {
        self.0.iter().find(|argument| {
            let switches = argument.is_switch() || argument.kind.is_empty();
            (switches && (argument.is(TELLS) || argument.shows_outsiders()))
                || argument.is(TOLD)
                || argument.outward && argument.is("comment note reply message body text")
                || (argument.is("status state visibility")
                    && argument
                        .values
                        .iter()
                        .any(|value| among("publish published public live sent", value)))
        })
    }

    /// An argument that gives others access.
    pub fn opens(&self) -> Option<&Argument> {
        self.any(OPENS)
    }

    /// A cost the call agrees to.
    pub fn cost(&self) -> Option<&Argument> {
        self.top().find(|argument| {
            argument.words.first().is_some_and(|word| word == "confirm")
                && argument.words.iter().any(|word| word == "cost")
        })
    }

    /// A price the call sets, directly.
    pub fn price(&self) -> Option<&Argument> {
        self.any(PRICES)
    }

    /// True when a field, at any depth, speaks of money.
    pub fn of_money(&self) -> bool {
        const MONEY: &str = "price cost amount currency tax sku discount salary";
        let speaks = |argument: &Argument| argument.words.iter().any(|word| among(MONEY, word));
        self.0.iter().any(speaks)
    }

    /// Arguments that pick what is done, with the values they may take.
    pub fn choosers(&self) -> impl Iterator<Item = &Argument> {
        // A list of events is what a hook waits for.
        self.top().filter(|argument| {
            let chooses = argument.is(CHOOSERS) && !argument.values.is_empty();
            chooses && !(argument.kind == "array" && argument.is("event"))
        })
    }

    /// True when the caller picks what is done and nothing says what there is to pick from.
    pub fn picks_blindly(&self) -> bool {
        self.top().any(Argument::is_free_choice)
    }

    /// A statement or program handed over whole.
    pub fn program(&self) -> Option<&Argument> {
        self.top().find(|argument| {
            argument.is(
                "sql statement sql_query code script javascript python shell command \
                raw_query graphql soql_dml source_code",
            ) && argument.values.is_empty()
        })
    }

    /// An argument that makes the call any HTTP request: a method with an address or a body.
    pub fn request(&self) -> Option<&Argument> {
        let method = self.top().find(|argument| {
            argument.is("method http_method request_method verb")
                && (argument.values.is_empty()
                    || argument
                        .values
                        .iter()
                        .any(|value| among("post put patch delete", &value.to_lowercase())))
        })?;
        self.top()
            .any(|argument| argument.is("url path endpoint uri body"))
            .then_some(method)
    }

    /// True when every argument only finds or pages: none holds a new value. Of `many` things, a
    /// kind or a category is looked for as well.
    pub fn only_find(&self, many: bool) -> bool {
        const KINDS: &str = "type category class kind active api_version catalog_version location \
            event_type name email keyword";
        const FINDING: &str = "id iid uuid cursor page limit offset size count sort order total \
            field include include_related_object include_disabled filter query search state status \
            version begin_time end_time start_date end_date date_from date_to since until after \
            before sort_field sort_order per_page page_size page_token last_4";
        const ENDS: &str = "id iid uuid after before since until";
        self.top().all(|argument| {
            let first = argument.words.first().map_or("", String::as_str);
            let last = argument.words.last().map_or("", String::as_str);
            argument.is(FINDING)
                || first == "include"
                || among(ENDS, last)
                || many && (argument.is(KINDS) || among("category type status", last))
        })
    }

    /// True when a part of a record is handed over whose fields the schema leaves open.
    pub fn open(&self) -> bool {
        self.top()
            .any(|argument| argument.open && !argument.is("metadata option filter param context"))
    }

    /// A switch that says what is there may be replaced.
    pub fn replaces(&self) -> Option<&Argument> {
        self.top()
            .find(|argument| argument.is("overwrite overwrite_existing replace replace_existing upsert update_existing if_exist on_conflict"))
    }

    /// True when what is written may be kept among colleagues, and is read by others otherwise.
    pub fn may_be_internal(&self) -> bool {
        self.has("internal private is_internal is_private is_work_note internal_note is_public")
    }

    /// True when the argument is there, at the top.
    pub fn has(&self, list: &str) -> bool {
        self.top().any(|argument| argument.is(list))
    }

    /// True when the argument is there, at the top or inside another.
    pub fn has_anywhere(&self, list: &str) -> bool {
        self.any(list).is_some()
    }

    /// Switches whose names begin with a word of `list`: `mark_as_read`.
    pub fn switches_starting(&self, list: &str) -> impl Iterator<Item = &Argument> {
        self.top().filter(move |argument| {
            argument.is_switch() && argument.words.len() > 1 && among(list, &argument.words[0])
        })
    }
}

/// A schema and its alternatives: the arguments of each stand beside the others. An alternative may
/// not have alternatives of its own, so that a schema that names itself comes to an end.
fn parts<'a>(whole: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let schema = followed(whole, schema);
    let alternatives = ["anyOf", "oneOf", "allOf"]
        .iter()
        .flat_map(|key| schema[key].as_array().into_iter().flatten())
        .map(|part| followed(whole, part));
    std::iter::once(schema).chain(alternatives).collect()
}

fn argument((name, property): (&str, &Value), depth: usize) -> Argument {
    let kind = kind(property);
    Argument {
        name: name.to_owned(),
        words: bases(name),
        values: values(property),
        open: kind == "object"
            && parts(property, property)
                .iter()
                .all(|part| part["properties"].is_null()),
        kind,
        depth,
        outward: is_outward(property),
    }
}

/// What a reference inside the schema leads to; anything else is itself.
fn followed<'a>(whole: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix('#'))
        .and_then(|pointer| whole.pointer(pointer))
        .unwrap_or(schema)
}

fn values(property: &Value) -> Vec<String> {
    let listed = |schema: &Value| -> Vec<String> {
        schema["enum"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(schema.get("const"))
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    let mut all = listed(property);
    for key in ["anyOf", "oneOf"] {
        all.extend(
            property[key]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(listed),
        );
    }
    all.extend(listed(&property["items"]));
    all
}

/// Gives free choices the values their descriptions list.
fn tell_choices(definition: &Value, found: &mut [Argument]) {
    let text = definition["description"].as_str().unwrap_or_default();
    for argument in found.iter_mut().filter(|it| it.is_free_choice()) {
        let property = &definition["inputSchema"]["properties"][&argument.name];
        argument.values = told_values(property["description"].as_str().unwrap_or_default());
        if let Some((_, after)) = text.split_once(&format!("{}:", argument.name)) {
            argument.values.extend(told_values(after));
        }
    }
}

/// The values a description lists: single words between commas, bars, quotes or slashes.
fn told_values(text: &str) -> Vec<String> {
    let text: String = text.chars().take(LONGEST).collect();
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == ' '))
        .flat_map(|part| part.split(" or "))
        .map(|part| part.trim().trim_start_matches("or ").trim())
        .filter(|part| !part.is_empty() && !part.contains(' '))
        .map(str::to_owned)
        .collect()
}

/// True when a description says who outside reads what is written there.
fn is_outward(property: &Value) -> bool {
    let text = property["description"].as_str().unwrap_or_default();
    let words = bases(&text.chars().take(LONGEST).collect::<String>());
    let is = |word: &String, list: &str| among(list, word);
    words.windows(2).any(|pair| {
        is(&pair[0], "customer requester public publicly") && is(&pair[1], "visible comment reply")
    }) || words.iter().enumerate().any(|(at, word)| {
        is(word, "visible sent emailed shown")
            && words.get(at + 1).is_some_and(|next| next == "to")
            && words[at + 2..]
                .iter()
                .take(2)
                .any(|who| is(who, "customer requester client end public everyone"))
    })
}

/// The type named, or the one besides `null` of an optional one.
fn kind(property: &Value) -> String {
    let of = |value: &Value| match &value["type"] {
        Value::String(kind) => Some(kind.clone()),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .map(str::to_owned),
        _ => None,
    };
    of(property)
        .or_else(|| {
            ["anyOf", "oneOf"]
                .iter()
                .flat_map(|key| property[key].as_array().into_iter().flatten())
                .filter_map(of)
                .find(|kind| kind != "null")
        })
        .unwrap_or_default()
}
