//! Contacts, accounts and tasks.

use super::{Moment, by_id, list, only, set_by_id};
use crate::sandbox::books::{Arguments, Books, Record, object, push, text};
use serde_json::{Value, json};

/// Fields a merge fills from the duplicate where the kept contact has none.
const MERGED: [&str; 8] = [
    "phone",
    "company",
    "title",
    "owner",
    "account_id",
    "city",
    "email",
    "name",
];

/// Contacts whose name, e-mail, company, city or tags contain the words.
pub fn search_contacts(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    let query = text(arguments, "query")?.to_lowercase();
    let found = books
        .all("contacts")
        .filter(|contact| {
            let line = ["name", "email", "company", "city", "tags"]
                .iter()
                .filter_map(|field| contact.get(*field))
                .map(Value::to_string)
                .collect::<String>()
                .to_lowercase();
            query.split_whitespace().all(|word| line.contains(word))
        })
        .map(|contact| {
            only(
                contact,
                &[
                    "id",
                    "name",
                    "email",
                    "phone",
                    "company",
                    "owner",
                    "lifecycle",
                ],
            )
        })
        .collect();
    Ok(list(found))
}

/// One contact.
pub fn get_contact(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "contacts", arguments)
}

/// Sets fields of a contact.
pub fn update_contact(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    set_by_id(books, "contacts", arguments)
}

/// Adds a tag, once.
pub fn add_contact_tag(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let tag = json!(text(arguments, "tag")?);
    let contact = books.change("contacts", text(arguments, "id")?, |contact| {
        let has = contact
            .get("tags")
            .and_then(Value::as_array)
            .is_some_and(|tags| tags.contains(&tag));
        if !has {
            push(contact, "tags", tag);
        }
    })?;
    Ok(contact.into())
}

/// Merges one contact into another: blanks are filled, tags and notes joined, the duplicate goes.
pub fn merge_contacts(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let (keep_id, merge_id) = (text(arguments, "keep_id")?, text(arguments, "merge_id")?);
    if keep_id == merge_id {
        return Err(format!("contact `{keep_id}` cannot be merged with itself"));
    }
    books.get("contacts", keep_id)?;
    let duplicate = books.remove("contacts", merge_id)?;
    let kept = books.change("contacts", keep_id, |kept| {
        for field in MERGED {
            let value = duplicate.get(field).unwrap_or(&Value::Null);
            if kept.get(field).is_none_or(Value::is_null) && !value.is_null() {
                kept.insert(field.to_owned(), value.clone());
            }
        }
        for tag in duplicate
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let has = kept
                .get("tags")
                .and_then(Value::as_array)
                .is_some_and(|tags| tags.contains(tag));
            if !has {
                push(kept, "tags", tag.clone());
            }
        }
        let notes = [kept.get("notes"), duplicate.get("notes")]
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|note| !note.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        kept.insert("notes".to_owned(), json!(notes));
    })?;
    Ok(kept.into())
}

/// Takes a contact out.
pub fn delete_contact(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let contact = books.remove("contacts", text(arguments, "id")?)?;
    Ok(json!({ "deleted": contact }))
}

/// Puts a deleted contact back under its old id.
pub fn restore_contact(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let mut contact = object(arguments, "contact")?.clone();
    contact.remove("version");
    Ok(books.put("contacts", contact)?.into())
}

/// One account.
pub fn get_account(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "accounts", arguments)
}

/// Sets fields of an account.
pub fn update_account(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    set_by_id(books, "accounts", arguments)
}

/// A new task.
pub fn create_task(books: &mut Books, arguments: &Arguments, _: &Moment) -> Result<Value, String> {
    if let Some(contact) = arguments.get("contact_id").and_then(Value::as_str) {
        books.get("contacts", contact)?;
    }
    let mut task = Record::new();
    for field in ["title", "due", "contact_id", "assignee"] {
        task.insert(
            field.to_owned(),
            arguments.get(field).cloned().unwrap_or_default(),
        );
    }
    task.insert("done".to_owned(), json!(false));
    Ok(books.create("tasks", task)?.into())
}

/// One task.
pub fn get_task(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "tasks", arguments)
}

/// Takes a task out.
pub fn delete_task(books: &mut Books, arguments: &Arguments, _: &Moment) -> Result<Value, String> {
    let task = books.remove("tasks", text(arguments, "id")?)?;
    Ok(json!({ "deleted": task }))
}
