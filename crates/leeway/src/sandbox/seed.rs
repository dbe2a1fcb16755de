//! Brightwater Supply, a fictional firm that sells and services water filters: the records every
//! sandbox starts with, the same each time.

use super::books::{Books, Record};
use serde_json::{Value, json};

const SEED: [(&str, &str); 7] = [
    ("contacts", include_str!("seed/contacts.json")),
    ("accounts", include_str!("seed/accounts.json")),
    ("tickets", include_str!("seed/tickets.json")),
    ("invoices", include_str!("seed/invoices.json")),
    ("documents", include_str!("seed/documents.json")),
    ("proposals", include_str!("seed/proposals.json")),
    ("tasks", include_str!("seed/tasks.json")),
];

/// Fields a document may have extracted; all blank at first.
pub const EXTRACTED: [&str; 12] = [
    "vendor",
    "document_number",
    "document_date",
    "due_date",
    "currency",
    "total_cents",
    "iban",
    "contract_start",
    "contract_end",
    "legal_terms",
    "payment_approved",
    "summary",
];

/// The books on the first day.
pub fn books() -> Result<Books, String> {
    let mut books = Books::empty();
    for (collection, text) in SEED {
        let records: Vec<Record> = serde_json::from_str(text)
            .map_err(|error| format!("the seed of `{collection}` is damaged: {error}"))?;
        for record in records {
            if collection == "documents" {
                books.put("extractions", blank_extraction(&record))?;
            }
            books.put(collection, record)?;
        }
    }
    Ok(books)
}

fn blank_extraction(document: &Record) -> Record {
    let mut record = Record::new();
    record.insert(
        "id".to_owned(),
        document.get("id").cloned().unwrap_or(json!("")),
    );
    for field in EXTRACTED {
        record.insert(field.to_owned(), Value::Null);
    }
    record
}
