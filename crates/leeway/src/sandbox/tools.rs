//! Everything the sandbox business can be asked to do: one row per tool.

use super::acts::{Moment, crm, desk, documents, finance, mail, proposals};
use super::books::{Arguments, Books};
use super::schema;
use serde_json::{Value, json};

/// What a tool does.
#[derive(Clone, Copy)]
pub enum Act {
    /// Only looks.
    Read(fn(&Books, &Arguments) -> Result<Value, String>),
    /// Changes the books.
    Write(fn(&mut Books, &Arguments, &Moment) -> Result<Value, String>),
}

/// One tool.
pub struct SandboxTool {
    /// Its name.
    pub name: &'static str,
    /// What it does, for the agent.
    pub description: &'static str,
    /// Schema of its arguments.
    pub input: Value,
    pub(super) act: Act,
}

impl SandboxTool {
    /// Schema of its structured answer: a record, a list, or something else.
    pub fn output(&self) -> Value {
        if self.name.starts_with("list_") || matches!(self.name, "search_contacts" | "get_outbox") {
            return json!({
                "type": "object",
                "properties": {
                    "count": { "type": "integer" },
                    "items": { "type": "array", "items": { "type": "object" } }
                },
                "required": ["count", "items"]
            });
        }
        if self.name.starts_with("delete_") || self.name == "admin_run_sql" {
            return json!({ "type": "object" });
        }
        json!({
            "type": "object",
            "properties": { "id": { "type": "string" }, "version": { "type": "integer" } },
            "required": ["id", "version"]
        })
    }
}

fn tool(name: &'static str, description: &'static str, input: Value, act: Act) -> SandboxTool {
    SandboxTool {
        name,
        description,
        input,
        act,
    }
}

/// All tools.
pub fn all() -> Vec<SandboxTool> {
    [
        crm_tools(),
        desk_tools(),
        finance_tools(),
        document_tools(),
        mail_tools(),
        proposal_tools(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn crm_tools() -> Vec<SandboxTool> {
    use Act::{Read, Write};
    use schema::{exactly, id, id_and, id_and_fields, words};
    let task = exactly(&[
        ("title", words(), true),
        (
            "due",
            json!({ "type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$" }),
            false,
        ),
        ("contact_id", words(), false),
        ("assignee", words(), false),
    ]);
    let fields = &schema::contact_fields();
    let account = &schema::account_fields();
    vec![
        tool(
            "search_contacts",
            "Finds contacts by name, e-mail, company, city or tag.",
            exactly(&[("query", words(), true)]),
            Read(crm::search_contacts),
        ),
        tool(
            "get_contact",
            "One contact with all fields.",
            id(),
            Read(crm::get_contact),
        ),
        tool(
            "update_contact",
            "Sets fields of a contact; null clears one.",
            id_and_fields("id", fields),
            Write(crm::update_contact),
        ),
        tool(
            "add_contact_tag",
            "Adds a tag to a contact.",
            id_and("id", "tag"),
            Write(crm::add_contact_tag),
        ),
        tool(
            "merge_contacts",
            "Merges a duplicate into the contact to keep; the duplicate is gone afterwards.",
            id_and("keep_id", "merge_id"),
            Write(crm::merge_contacts),
        ),
        tool(
            "delete_contact",
            "Deletes a contact.",
            id(),
            Write(crm::delete_contact),
        ),
        tool(
            "restore_contact",
            "Puts a deleted contact back under its old id.",
            schema::contact(),
            Write(crm::restore_contact),
        ),
        tool(
            "get_account",
            "One account with all fields.",
            id(),
            Read(crm::get_account),
        ),
        tool(
            "update_account",
            "Sets fields of an account; null clears one.",
            id_and_fields("id", account),
            Write(crm::update_account),
        ),
        tool(
            "create_task",
            "Adds a task to the team's list.",
            task,
            Write(crm::create_task),
        ),
        tool("get_task", "One task.", id(), Read(crm::get_task)),
        tool(
            "delete_task",
            "Deletes a task.",
            id(),
            Write(crm::delete_task),
        ),
    ]
}

fn desk_tools() -> Vec<SandboxTool> {
    use Act::{Read, Write};
    use schema::{exactly, id, id_and, id_and_fields, one_of};
    let status = one_of(&["open", "waiting", "solved", "closed"]);
    vec![
        tool(
            "list_tickets",
            "Support tickets, or only those of one status.",
            exactly(&[("status", status, false)]),
            Read(desk::list_tickets),
        ),
        tool(
            "get_ticket",
            "One ticket with its notes and replies.",
            id(),
            Read(desk::get_ticket),
        ),
        tool(
            "update_ticket",
            "Sets a ticket's category, priority, status, assignee or summary.",
            id_and_fields("id", &schema::ticket_fields()),
            Write(desk::update_ticket),
        ),
        tool(
            "add_internal_note",
            "Adds a note to a ticket that only the team sees.",
            id_and("ticket_id", "text"),
            Write(desk::add_internal_note),
        ),
        tool(
            "reply_to_ticket",
            "Sends an answer to the customer.",
            id_and("ticket_id", "text"),
            Write(desk::reply_to_ticket),
        ),
    ]
}

fn finance_tools() -> Vec<SandboxTool> {
    use Act::{Read, Write};
    use schema::{exactly, id, id_and_fields, nothing, words};
    let refund = exactly(&[
        ("invoice_id", words(), true),
        (
            "amount_cents",
            json!({ "type": "integer", "minimum": 1 }),
            true,
        ),
        ("reason", words(), true),
    ]);
    vec![
        tool(
            "list_invoices",
            "All invoices.",
            nothing(),
            Read(finance::list_invoices),
        ),
        tool(
            "get_invoice",
            "One invoice.",
            id(),
            Read(finance::get_invoice),
        ),
        tool(
            "update_invoice",
            "Sets fields of an invoice.",
            id_and_fields("id", &schema::invoice_fields()),
            Write(finance::update_invoice),
        ),
        tool(
            "create_refund",
            "Pays an amount back to the customer.",
            refund,
            Write(finance::create_refund),
        ),
    ]
}

fn document_tools() -> Vec<SandboxTool> {
    use Act::{Read, Write};
    use schema::{exactly, id, id_and, id_and_fields, nothing, words};
    let of_document = || exactly(&[("document_id", words(), true)]);
    let fields = &schema::extraction_fields();
    vec![
        tool(
            "list_documents",
            "All documents, without their text.",
            nothing(),
            Read(documents::list_documents),
        ),
        tool(
            "read_document",
            "One document with its text.",
            id(),
            Read(documents::read_document),
        ),
        tool(
            "get_extraction",
            "What has been extracted from a document.",
            of_document(),
            Read(documents::get_extraction),
        ),
        tool(
            "update_extraction",
            "Sets extracted fields of a document.",
            id_and_fields("document_id", fields),
            Write(documents::update_extraction),
        ),
        tool(
            "flag_exception",
            "Marks a document for a person to look at.",
            id_and("document_id", "text"),
            Write(documents::flag_exception),
        ),
        tool(
            "delete_document",
            "Deletes a document and its extraction for good.",
            id(),
            Write(documents::delete_document),
        ),
    ]
}

fn mail_tools() -> Vec<SandboxTool> {
    use Act::{Read, Write};
    use schema::{exactly, nothing, words};
    let sql = exactly(&[("sql", words(), true)]);
    vec![
        tool(
            "draft_email",
            "Writes a draft; nothing is sent.",
            schema::mail(),
            Write(mail::draft_email),
        ),
        tool(
            "send_email",
            "Sends an e-mail.",
            schema::mail(),
            Write(mail::send_email),
        ),
        tool(
            "get_outbox",
            "Every e-mail that was sent.",
            nothing(),
            Read(mail::get_outbox),
        ),
        tool(
            "admin_run_sql",
            "Runs a statement on the database.",
            sql,
            Write(mail::admin_run_sql),
        ),
    ]
}

fn proposal_tools() -> Vec<SandboxTool> {
    use Act::{Read, Write};
    use schema::{exactly, id, id_and_fields, maybe_words, one_of, words};
    let section = exactly(&[
        ("id", words(), true),
        ("section", one_of(&schema::SECTIONS), true),
        ("text", maybe_words(), true),
    ]);
    vec![
        tool(
            "get_proposal",
            "One proposal with its sections and terms.",
            id(),
            Read(proposals::get_proposal),
        ),
        tool(
            "update_proposal_section",
            "Writes one section of a proposal; null empties it.",
            section,
            Write(proposals::update_proposal_section),
        ),
        tool(
            "update_proposal_terms",
            "Sets price, discount, timeline or legal terms of a proposal.",
            id_and_fields("id", &schema::proposal_terms()),
            Write(proposals::update_proposal_terms),
        ),
    ]
}
