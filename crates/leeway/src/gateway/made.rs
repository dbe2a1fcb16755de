//! What a call made: where only the answer tells (an id given at creation), it completes the way back,
//! names the record, and the record is read, so that what is added to it later can be told from it.

use super::look::Looking;
use super::secrets;
use super::settling::read_settled;
use crate::registry::LiveTool;
use leeway_core::action::state::ActionState;
use leeway_core::action::tool_name;
use leeway_core::classify::classified::has_mark;
use leeway_core::classify::{BeforeImage, RecordRef, UndoPlan};
use serde_json::Value;

/// What a call made.
#[derive(Debug, Default)]
pub struct Made {
    /// The completed way back; `None` where it was complete before.
    pub undo: Option<UndoPlan>,
    /// The record that was made.
    pub record: Option<RecordRef>,
    /// That record as it was read then.
    pub image: Option<BeforeImage>,
}

/// Completes the way back of a call by its answer; `reads` is whether the record is still to be read.
pub async fn complete(
    looking: &Looking<'_>,
    (tool, action): (&LiveTool, &ActionState),
    (arguments, result): (&Value, &Value),
    reads: bool,
) -> Made {
    let (Some(entry), Some(judged)) = (tool.entry(), action.current()) else {
        return Made::default();
    };
    let completed = entry.completed_undo(arguments, &judged.before, result);
    let plan = completed
        .as_ref()
        .unwrap_or(&judged.classified.undo)
        .clone();
    let (UndoPlan::Exact {
        tool: way_back,
        arguments: Some(back),
        ..
    }
    | UndoPlan::Compensating {
        tool: way_back,
        arguments: Some(back),
        ..
    }) = plan
    else {
        return Made {
            undo: completed,
            ..Made::default()
        };
    };
    // A secret of the answer may stand there under a name that does not tell.
    let mut scrubber = secrets::of(tool, arguments);
    scrubber.join(secrets::of(tool, result));
    let shown = secrets::arguments(Some(tool), &back);
    let hides = scrubber.value(&shown) != back || has_mark(&back);
    if completed.is_some() && hides {
        let why = "The way back needs a value that is secret, which is not kept.".to_owned();
        return Made {
            undo: Some(UndoPlan::None { why }),
            ..Made::default()
        };
    }
    let mut made = Made {
        undo: completed,
        ..Made::default()
    };
    let registry = looking.app.registry();
    let way_back = registry.find(&tool_name(&tool.system, &way_back));
    let named = judged.classified.record.is_some();
    if (!named || entry.entry.read.is_none())
        && let Some((way_back, entry)) = way_back.and_then(|tool| Some((tool, tool.entry()?)))
    {
        let record = entry.record(&tool.system, &back).ok().flatten();
        let known = record.is_some();
        made.record = record.filter(|_| !named);
        if reads && known {
            let there = |image: &BeforeImage| matches!(image, BeforeImage::Read { .. });
            let image = read_settled(looking, tool, (way_back, &back), there).await;
            made.image = Some(image).filter(|image| *image != BeforeImage::NotNeeded);
        }
    }
    made
}
