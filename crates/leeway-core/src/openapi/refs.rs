//! Following `$ref` inside a document. Nothing outside the document is ever read.

use super::Fault;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Longest chain of references that lead to references.
const LONGEST_CHAIN: usize = 16;
/// Longest reference, bytes.
const LONGEST_REFERENCE: usize = 1_000;

/// The document references are followed in.
#[derive(Clone, Copy)]
pub struct Refs<'a> {
    root: &'a Value,
}

impl<'a> Refs<'a> {
    pub fn new(root: &'a Value) -> Self {
        Self { root }
    }

    /// What a value stands for: itself, or what its `$ref` leads to.
    pub fn follow(self, value: &'a Value) -> Result<&'a Value, Fault> {
        let mut at = value;
        for _ in 0..LONGEST_CHAIN {
            let Some(reference) = at.get("$ref").and_then(Value::as_str) else {
                return Ok(at);
            };
            at = self.target(reference)?;
        }
        Err(Fault::new(
            "ref-unresolved",
            "a `$ref` leads in a circle",
            "let it lead to a value",
        ))
    }

    /// What one reference leads to.
    pub fn target(self, reference: &str) -> Result<&'a Value, Fault> {
        if reference.len() > LONGEST_REFERENCE {
            return Err(Fault::new(
                "ref-unresolved",
                format!("a `$ref` has more than {LONGEST_REFERENCE} bytes"),
                "give what it refers to a shorter name",
            ));
        }
        let Some(fragment) = reference.strip_prefix('#') else {
            return Err(Fault::new(
                "ref-external",
                format!("`{reference}` leads out of the document"),
                "put what it refers to into the document: nothing else is read",
            ));
        };
        let pointer = percent_decode_str(fragment).decode_utf8_lossy();
        self.root.pointer(&pointer).ok_or_else(|| {
            Fault::new(
                "ref-unresolved",
                format!("`{reference}` leads nowhere"),
                "mend the `$ref`, or add what it refers to",
            )
        })
    }
}
