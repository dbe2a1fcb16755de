//! The workflow audit as people and programs get it: [`source`] reads a system's tools, [`document`]
//! lays the audit out once, [`text`], [`markdown`], [`html`] and JSON are its forms, [`files`] the
//! folder to start from.

pub mod document;
pub mod files;
pub mod html;
pub mod markdown;
mod sections;
pub mod source;
pub mod text;

use leeway_core::audit::{Audit, Subject, audit};
use leeway_core::classify::pack::Pack;
use leeway_core::govern::owners::Owners;
use leeway_core::govern::workflow::Workflow;
use leeway_core::openapi::document::Document;
use serde_json::Value;

/// What an audit is made from, and how people call it.
pub struct Audited {
    /// The system's short name.
    pub system: String,
    /// Its name for people.
    pub title: String,
    /// Where its tools were read, for people.
    pub origin: String,
    /// The tools it lists.
    pub tools: Vec<Value>,
    /// What is known about them.
    pub pack: Option<Pack>,
    /// The workflow that is to use them.
    pub workflow: Option<Workflow>,
    /// The owner matrix in force.
    pub owners: Option<Owners>,
    /// The OpenAPI document the tools are the operations of.
    pub document: Option<Document>,
    /// The day it was made, `YYYY-MM-DD`.
    pub day: String,
}

impl Audited {
    /// What the core audits.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            system: &self.system,
            tools: &self.tools,
            pack: self.pack.as_ref(),
            workflow: self.workflow.as_ref(),
            owners: self.owners.as_ref(),
            document: self.document.as_ref(),
        }
    }

    /// The audit.
    pub fn audit(&self) -> Audit {
        audit(self.subject())
    }
}

#[cfg(test)]
mod tests;
