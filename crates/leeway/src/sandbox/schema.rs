//! JSON schemas of the tools' arguments: small builders, so that the table in [`super::tools`]
//! reads as a table.

use super::seed::EXTRACTED;
use serde_json::{Map, Value, json};

/// A text that must not be empty.
pub fn words() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 20_000 })
}

/// A text, or null for none.
pub fn maybe_words() -> Value {
    json!({ "type": ["string", "null"], "maxLength": 20_000 })
}

/// A whole number of cents, or null for none.
pub fn maybe_cents() -> Value {
    json!({ "type": ["integer", "null"], "minimum": 0 })
}

/// One of some words.
pub fn one_of(choices: &[&str]) -> Value {
    json!({ "type": "string", "enum": choices })
}

/// An object with exactly these members; those marked `true` are required.
pub fn exactly(members: &[(&str, Value, bool)]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema, _)| ((*name).to_owned(), schema.clone()))
        .collect();
    let required: Vec<&str> = members.iter().filter(|m| m.2).map(|m| m.0).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// No arguments.
pub fn nothing() -> Value {
    exactly(&[])
}

/// Only a record's id.
pub fn id() -> Value {
    exactly(&[("id", words(), true)])
}

/// A record's id and one text.
pub fn id_and(id: &str, text: &str) -> Value {
    exactly(&[(id, words(), true), (text, words(), true)])
}

/// A record's id and the fields to set.
pub fn id_and_fields(id: &str, fields: &[(&str, Value)]) -> Value {
    exactly(&[(id, words(), true), ("fields", some_of(fields), true)])
}

/// An object with at least one of these members.
fn some_of(fields: &[(&str, Value)]) -> Value {
    let members: Vec<_> = fields
        .iter()
        .map(|(name, schema)| (*name, schema.clone(), false))
        .collect();
    let mut schema = exactly(&members);
    schema["minProperties"] = json!(1);
    schema
}

/// Fields of a contact that can be set.
pub fn contact_fields() -> Vec<(&'static str, Value)> {
    let mut fields: Vec<_> = [
        "name",
        "email",
        "phone",
        "company",
        "title",
        "owner",
        "account_id",
        "city",
        "notes",
    ]
    .into_iter()
    .map(|name| (name, maybe_words()))
    .collect();
    fields.push((
        "lifecycle",
        one_of(&["lead", "opportunity", "customer", "partner", "former"]),
    ));
    fields.push(("newsletter", json!({ "type": "boolean" })));
    fields.push((
        "tags",
        json!({ "type": "array", "items": words(), "maxItems": 50 }),
    ));
    fields
}

/// A whole contact, as `restore_contact` takes it.
pub fn contact() -> Value {
    let mut members: Vec<_> = contact_fields()
        .into_iter()
        .map(|(name, schema)| (name, schema, name == "name"))
        .collect();
    members.push(("id", words(), true));
    exactly(&[("contact", exactly(&members), true)])
}

/// Fields of an account that can be set.
pub fn account_fields() -> Vec<(&'static str, Value)> {
    let mut fields: Vec<_> = [
        "name",
        "industry",
        "owner",
        "renewal_date",
        "risk_note",
        "iban",
        "payment_terms",
        "segment",
        "next_step",
    ]
    .into_iter()
    .map(|name| (name, maybe_words()))
    .collect();
    fields.push(("tier", one_of(&["standard", "key", "strategic", "partner"])));
    fields.push((
        "lifecycle",
        one_of(&["lead", "opportunity", "customer", "partner", "former"]),
    ));
    fields.push((
        "status",
        one_of(&["prospect", "active", "at-risk", "churned"]),
    ));
    fields.push(("annual_value_cents", maybe_cents()));
    fields.push((
        "health",
        json!({ "type": ["integer", "null"], "minimum": 0, "maximum": 100 }),
    ));
    fields
}

/// Fields of a ticket that can be set.
pub fn ticket_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("category", maybe_words()),
        (
            "priority",
            json!({ "enum": ["low", "normal", "high", "urgent", null] }),
        ),
        ("status", one_of(&["open", "waiting", "solved", "closed"])),
        ("assignee", maybe_words()),
        ("summary", maybe_words()),
    ]
}

/// Fields of an invoice that can be set.
pub fn invoice_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("amount_cents", json!({ "type": "integer", "minimum": 0 })),
        (
            "status",
            one_of(&["draft", "open", "paid", "overdue", "void"]),
        ),
        ("due_date", words()),
        ("description", maybe_words()),
        ("iban", maybe_words()),
        ("payment_reference", maybe_words()),
        ("memo", maybe_words()),
    ]
}

/// Fields that can be extracted from a document.
pub fn extraction_fields() -> Vec<(&'static str, Value)> {
    EXTRACTED
        .into_iter()
        .map(|name| match name {
            "total_cents" => (name, maybe_cents()),
            "payment_approved" => (name, json!({ "type": ["boolean", "null"] })),
            _ => (name, maybe_words()),
        })
        .collect()
}

/// Terms of a proposal that can be set.
pub fn proposal_terms() -> Vec<(&'static str, Value)> {
    vec![
        ("price_cents", maybe_cents()),
        (
            "discount_percent",
            json!({ "type": ["number", "null"], "minimum": 0, "maximum": 100 }),
        ),
        ("timeline", maybe_words()),
        ("legal_terms", maybe_words()),
    ]
}

/// Sections of a proposal.
pub const SECTIONS: [&str; 5] = ["summary", "scope", "approach", "references", "team"];

/// A mail.
pub fn mail() -> Value {
    exactly(&[
        (
            "to",
            json!({ "type": "string", "pattern": "^[^@\\s]+@[^@\\s]+$" }),
            true,
        ),
        ("subject", words(), true),
        ("body", words(), true),
    ])
}
