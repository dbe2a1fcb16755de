//! Whether the audit records are complete: of the latest actions, each of the twelve fields is there, or says
//! why it is empty.

use crate::error::ApiError;
use leeway_core::action::audit;
use leeway_store::{ActionFilter, Reader};
use serde_json::Value;
use std::collections::BTreeMap;

/// Latest actions whose records are looked at.
pub const RECORDS: usize = 50;

/// Whether the latest records hold everything.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Records looked at.
    pub looked_at: usize,
    /// Actions with a field that is empty and does not say why: id and field.
    pub broken: Vec<(String, String)>,
    /// Fields that say why they are empty, and in how many records.
    pub explained: BTreeMap<String, u64>,
}

/// The twelve fields of an audit record; confidence and reason code are one.
const FIELDS: [(&str, &[&str]); 12] = [
    ("workflow", &["workflow"]),
    ("trigger", &["trigger"]),
    ("source data", &["source_data"]),
    ("prompt and rule version", &["versions"]),
    ("action proposed", &["proposed"]),
    ("action taken", &["taken"]),
    ("old and new value", &["changes"]),
    ("confidence or reason code", &["confidence", "reason"]),
    ("human reviewer", &["reviewer"]),
    ("approval status", &["approval_status"]),
    ("timestamp", &["timestamp"]),
    ("rollback path", &["rollback_path"]),
];

/// Reads the latest records of a workflow.
pub fn read(reader: &Reader, workflow: &str) -> Result<Records, ApiError> {
    let filter = ActionFilter {
        workflow: Some(workflow.to_owned()),
        without_planted: true,
        ..ActionFilter::default()
    };
    let mut records = Records::default();
    for row in reader.actions(&filter, None, RECORDS)?.items {
        if let Some(action) = reader.action(&row.id)? {
            records.look(row.id.as_str(), &serde_json::json!(audit::of(&action)));
        }
    }
    Ok(records)
}

impl Records {
    /// Looks at one record: each field holds something, or a note says why it does not.
    pub fn look(&mut self, id: &str, record: &Value) {
        self.looked_at += 1;
        let empty = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        for (field, members) in FIELDS {
            if !members.iter().all(|member| empty(&record[member])) {
                continue;
            }
            let said = members.iter().any(|member| {
                let note = &record["note"][member];
                note.as_str().is_some_and(|why| !why.is_empty())
            });
            if said {
                *self.explained.entry(field.to_owned()).or_default() += 1;
            } else {
                self.broken.push((id.to_owned(), field.to_owned()));
            }
        }
    }
}
