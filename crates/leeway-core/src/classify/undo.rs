//! The way back of a call, worked out before it runs. It is promised only where it leads back.

use super::classified::{Work, has_mark};
use super::compiled::CompiledTool;
use super::pack::UndoRule;
use super::{BeforeImage, Effect, UndoPlan, look};
use serde_json::Value;

impl Work<'_> {
    /// Why the pack's way back does not lead back from here, if it does not.
    fn no_undo(&self) -> Option<&'static str> {
        let tool = self.tool;
        let raised = self.effect != tool.entry.effect;
        if raised && matches!(self.effect, Effect::Send | Effect::Pay) {
            return Some("with these arguments it reaches outside, and that cannot be called back");
        }
        let restores = tool
            .undo_arguments
            .as_ref()
            .is_some_and(|filter| filter.source().contains("$before"));
        match self.before {
            BeforeImage::Read { .. } => None,
            _ if !restores => None,
            BeforeImage::Missing => Some("there was nothing before that could be restored"),
            _ => Some("the record could not be read before, so its old values are not known"),
        }
    }

    /// How the call could be taken back.
    pub(super) fn undo(&self) -> UndoPlan {
        let none = |why: &str| UndoPlan::None {
            why: why.to_owned(),
        };
        if self.effect == Effect::Read {
            return UndoPlan::NothingToUndo;
        }
        if let Some(why) = self.no_undo() {
            return none(why);
        }
        let arguments = match self.undo_arguments() {
            Ok(arguments) => arguments,
            Err(why) => return none(why),
        };
        match &self.tool.entry.undo {
            None => none("the pack does not say how"),
            Some(UndoRule::None { why }) => none(why),
            Some(UndoRule::Exact { tool, summary, .. }) => UndoPlan::Exact {
                tool: tool.clone(),
                arguments,
                summary: summary.clone(),
            },
            Some(UndoRule::Compensating { tool, summary, .. }) => UndoPlan::Compensating {
                tool: tool.clone(),
                arguments,
                summary: summary.clone(),
            },
        }
    }

    /// The arguments of the call that takes it back; `None` when only the answer will tell.
    fn undo_arguments(&self) -> Result<Option<Value>, &'static str> {
        let Some(filter) = &self.tool.undo_arguments else {
            return Ok(None);
        };
        if filter.source().contains("$result") {
            return Ok(None);
        }
        match self.run(filter) {
            // A hidden value must never be written back as its mark; where only some are hidden, those
            // are left out when it is taken back.
            Ok(value @ Value::Object(_)) if has_mark(&value) && self.only_hidden() => {
                Err("the old value is a secret, which is not kept")
            }
            Ok(value @ Value::Object(_)) => Ok(Some(value)),
            _ => Err("what was there before cannot be written back by the tools of this system"),
        }
    }

    /// Whether every old value that would be restored is hidden.
    fn only_hidden(&self) -> bool {
        match self.before {
            BeforeImage::Read { fields, .. } => self
                .changed_fields()
                .iter()
                .all(|field| fields.get(field).is_some_and(has_mark)),
            _ => true,
        }
    }

    /// Names of the fields the call sets.
    fn changed_fields(&self) -> Vec<String> {
        let changes = self.tool.changes.as_ref().map(|filter| self.run(filter));
        match changes {
            Some(Ok(Value::Object(fields))) => fields.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

impl CompiledTool {
    /// The plan completed by the answer, where its arguments depend on it. `None` when they do not.
    pub fn completed_undo(
        &self,
        arguments: &Value,
        before: &BeforeImage,
        result: &Value,
    ) -> Option<UndoPlan> {
        let filter = self.undo_arguments.as_ref()?;
        if !filter.source().contains("$result") {
            return None;
        }
        let before = match before {
            BeforeImage::Read { fields, .. } => Value::Object(fields.clone()),
            _ => Value::Null,
        };
        let found = filter.run(arguments, &before, &look::answer(result));
        let arguments = match found {
            Ok(value @ Value::Object(_)) if !has_null(&value) => value,
            Ok(_) | Err(_) => {
                return Some(UndoPlan::None {
                    why: "the answer does not tell what was made".to_owned(),
                });
            }
        };
        let arguments = Some(arguments);
        match self.entry.undo.clone()? {
            UndoRule::Exact { tool, summary, .. } => Some(UndoPlan::Exact {
                tool,
                arguments,
                summary,
            }),
            UndoRule::Compensating { tool, summary, .. } => Some(UndoPlan::Compensating {
                tool,
                arguments,
                summary,
            }),
            UndoRule::None { .. } => None,
        }
    }
}

/// Whether a member says nothing: what the answer should have told, it did not.
fn has_null(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|members| members.values().any(Value::is_null))
}
