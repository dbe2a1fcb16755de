//! The way back of a call, worked out before it runs. It is promised only where it leads back.

use super::classified::Work;
use super::pack::UndoRule;
use super::{BeforeImage, Effect, UndoPlan};
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
        if let Some(why) = self.no_undo() {
            return none(why);
        }
        let arguments = match self.undo_arguments() {
            Ok(arguments) => arguments,
            Err(why) => return none(why),
        };
        match &self.tool.entry.undo {
            _ if self.effect == Effect::Read => UndoPlan::NothingToUndo,
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
            Ok(value @ Value::Object(_)) => Ok(Some(value)),
            _ => Err("what was there before cannot be written back by the tools of this system"),
        }
    }
}
