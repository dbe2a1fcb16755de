//! Outgoing mail, and the database console.

use super::{Moment, list};
use crate::sandbox::books::{Arguments, Books, Record};
use serde_json::{Value, json};

/// Writes a draft; nothing leaves.
pub fn draft_email(
    books: &mut Books,
    arguments: &Arguments,
    moment: &Moment,
) -> Result<Value, String> {
    let mut draft: Record = arguments.clone();
    draft.insert("written_at".to_owned(), json!(moment.now));
    Ok(books.create("drafts", draft)?.into())
}

/// Sends a mail.
pub fn send_email(
    books: &mut Books,
    arguments: &Arguments,
    moment: &Moment,
) -> Result<Value, String> {
    let mut mail: Record = arguments.clone();
    mail.insert("sent_at".to_owned(), json!(moment.now));
    Ok(books.create("outbox", mail)?.into())
}

/// Every mail that left.
pub fn get_outbox(books: &Books, _: &Arguments) -> Result<Value, String> {
    Ok(list(
        books.all("outbox").cloned().map(Value::from).collect(),
    ))
}

/// The database console takes any statement and writes it down; there is no database behind it.
pub fn admin_run_sql(
    books: &mut Books,
    arguments: &Arguments,
    moment: &Moment,
) -> Result<Value, String> {
    let mut event: Record = arguments.clone();
    event.insert("ran_at".to_owned(), json!(moment.now));
    books.create("history", event)?;
    Ok(json!({ "rows": [] }))
}
