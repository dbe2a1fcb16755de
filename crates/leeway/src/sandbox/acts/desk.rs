//! Support tickets.

use super::{Moment, by_id, list, only, set_by_id};
use crate::sandbox::books::{Arguments, Books, Record, push, text};
use serde_json::{Value, json};

/// Tickets, or those of one status.
pub fn list_tickets(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    let status = arguments.get("status");
    let fields = [
        "id", "subject", "category", "priority", "status", "assignee",
    ];
    Ok(list(
        books
            .all("tickets")
            .filter(|ticket| status.is_none() || ticket.get("status") == status)
            .map(|ticket| only(ticket, &fields))
            .collect(),
    ))
}

/// One ticket, with its notes and replies.
pub fn get_ticket(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "tickets", arguments)
}

/// Sets fields of a ticket.
pub fn update_ticket(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    set_by_id(books, "tickets", arguments)
}

/// Adds a note only the team sees.
pub fn add_internal_note(
    books: &mut Books,
    arguments: &Arguments,
    moment: &Moment,
) -> Result<Value, String> {
    let note = json!({ "at": moment.now, "text": text(arguments, "text")? });
    let ticket = books.change("tickets", text(arguments, "ticket_id")?, |ticket| {
        push(ticket, "notes", note);
    })?;
    Ok(ticket.into())
}

/// Answers the customer: the reply is on the ticket and leaves as mail.
pub fn reply_to_ticket(
    books: &mut Books,
    arguments: &Arguments,
    moment: &Moment,
) -> Result<Value, String> {
    let reply = text(arguments, "text")?;
    let ticket_id = text(arguments, "ticket_id")?;
    let subject = text(books.get("tickets", ticket_id)?, "subject")?.to_owned();
    let to = recipient(books, ticket_id)?;
    let mut mail = Record::new();
    mail.insert("to".to_owned(), json!(to));
    mail.insert("subject".to_owned(), json!(format!("Re: {subject}")));
    mail.insert("body".to_owned(), json!(reply));
    mail.insert("ticket_id".to_owned(), json!(ticket_id));
    mail.insert("sent_at".to_owned(), json!(moment.now));
    books.create("outbox", mail)?;
    let ticket = books.change("tickets", ticket_id, |ticket| {
        push(
            ticket,
            "replies",
            json!({ "at": moment.now, "to": to, "text": reply }),
        );
        ticket.insert("status".to_owned(), json!("waiting"));
    })?;
    Ok(ticket.into())
}

fn recipient(books: &Books, ticket_id: &str) -> Result<String, String> {
    let contact_id = text(books.get("tickets", ticket_id)?, "contact_id")?;
    Ok(text(books.get("contacts", contact_id)?, "email")?.to_owned())
}
