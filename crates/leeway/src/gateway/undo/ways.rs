//! What each way back does to the record as it is now: which fields are written, which stay, what is to be
//! decided, or why there is no way.

use super::plan::{Choices, Means, Next};
use crate::registry::LiveTool;
use leeway_core::action::state::ActionState;
use leeway_core::action::tool_name;
use leeway_core::classify::pack::{Absent, ToolEntry};
use leeway_core::classify::{BeforeImage, Effect, FieldChange};
use leeway_core::undo::fields::{Compared, compare, compare_made, compare_new};
use leeway_core::undo::forms::Normal;
use leeway_core::undo::narrow::{Call, Want};
use leeway_core::undo::proof::other_than;
use leeway_core::undo::reach::Done;
use leeway_core::undo::{FieldUndo, Finding, Way, open_points};
use serde_json::{Map, Value};

fn labels<'a>(fields: impl Iterator<Item = &'a FieldUndo>) -> Vec<String> {
    fields.map(FieldUndo::label).collect()
}

fn call(
    means: &Means,
    arguments: &Value,
    (forced, kept, left): (Vec<String>, Vec<String>, Vec<String>),
) -> Next {
    Next::Call {
        tool: means.tool.tool.clone(),
        arguments: arguments.clone(),
        forced,
        kept,
        left,
    }
}

fn decide(found: &[FieldUndo], left: Vec<String>) -> Next {
    let points = open_points(found, &left);
    Next::Decide { left, points }
}

fn impossible(why: &str) -> Next {
    Next::Impossible {
        why: why.to_owned(),
    }
}

pub(super) fn fields(
    action: &ActionState,
    means: &Means,
    (arguments, choices): (&Value, &Choices),
) -> (Vec<FieldUndo>, Next) {
    let (Some(judged), Some(tool)) = (action.current(), means.tool.entry()) else {
        return (vec![], decide(&[], vec![]));
    };
    if means.seen == BeforeImage::Missing {
        let why = "The record is gone, so its fields cannot be set back.";
        return (vec![], impossible(why));
    }
    let way_back = Call {
        tool,
        now: &means.before.0,
    };
    // The action's own call shows where a field stands, and what the system does without.
    let same_tool = means.tool.name == tool_name(&action.row.system, &action.row.tool);
    let ready = if same_tool {
        let done = Done {
            arguments: &judged.call.arguments,
            before: &judged.before,
            after: action.after(),
            changes: &judged.classified.changes,
        };
        way_back.ready(arguments, done)
    } else {
        arguments.clone()
    };
    let found = compare(&Compared {
        done: &judged.classified.changes,
        before: Some(&judged.before),
        after: action.after(),
        now: &means.seen,
        undo: &way_back.changes(&ready),
        additive: additive(action, means),
        normal: normal(action, means),
        left_out: left_out(action, means),
    });
    if found.is_empty() {
        // Nothing to compare: it changed no field, or nobody can tell which.
        let changes = entry(action, means).is_some_and(|entry| entry.changes.is_some());
        let compared = changes && matches!(judged.before, BeforeImage::Read { .. });
        let next = if compared {
            Next::AlreadyBack
        } else {
            call(means, arguments, (vec![], vec![], vec![]))
        };
        return (found, next);
    }
    let next = follows(means, &way_back, (&ready, choices), &found);
    (found, next)
}

/// What follows from the comparison of fields.
fn follows(
    means: &Means,
    way_back: &Call<'_>,
    (arguments, choices): (&Value, &Choices),
    found: &[FieldUndo],
) -> Next {
    let writes = |one: &FieldUndo| match one.finding {
        Finding::Restore => !choices.keeps(one),
        finding => finding.may_be_overwritten() && choices.overwrites(one),
    };
    let of = |change: &FieldChange| {
        found
            .iter()
            .find(|one| one.field == change.field && one.record == change.record)
    };
    let want = |change: &FieldChange| match of(change) {
        Some(one) if writes(one) && one.back != change.new => Want::Value(one.back.clone()),
        Some(one) if writes(one) => Want::AsIs,
        _ => Want::Without,
    };
    let undecided = |one: &&FieldUndo| one.finding.is_open() && !choices.keeps(one) && !writes(one);
    let left = labels(found.iter().filter(undecided));
    let forced = |one: &&FieldUndo| one.finding.may_be_overwritten() && writes(one);
    let kept = |one: &&FieldUndo| choices.keeps(one);
    if found.iter().any(writes) {
        return match way_back.narrow(arguments, want) {
            Ok(narrowed) => {
                let narrowed =
                    way_back.blanks_as_text(&narrowed, |tried| takes(&means.tool, tried));
                let forced = labels(found.iter().filter(forced));
                let kept = labels(found.iter().filter(kept));
                call(means, &narrowed, (forced, kept, left))
            }
            // Its fields can be written only together: what is to be decided keeps all of them as they are.
            Err(_) => {
                let open = |one: &&FieldUndo| one.finding != Finding::AlreadyBack;
                decide(found, labels(found.iter().filter(open)))
            }
        };
    }
    if !left.is_empty() {
        return decide(found, left);
    }
    if found.iter().all(|one| one.finding == Finding::AlreadyBack) {
        return Next::AlreadyBack;
    }
    Next::AllKept
}

/// Whether a tool's schema takes arguments.
fn takes(tool: &LiveTool, arguments: &Value) -> bool {
    tool.schema
        .as_ref()
        .is_ok_and(|schema| schema.bears(arguments) && schema.validator.is_valid(arguments))
}

fn additive<'a>(action: &ActionState, means: &'a Means) -> &'a [String] {
    entry(action, means).map_or(&[], |entry| &entry.additive)
}

/// The pack's entry of the tool that did it.
fn entry<'a>(action: &ActionState, means: &'a Means) -> Option<&'a ToolEntry> {
    let tools = &means.tool.pack.as_ref()?.compiled.tools;
    tools.get(&action.row.tool).map(|tool| &tool.entry)
}

/// The forms in which the system keeps what the action wrote.
fn normal<'a>(action: &ActionState, means: &'a Means) -> &'a Normal {
    static NONE: Normal = Normal::new();
    entry(action, means).map_or(&NONE, |entry| &entry.normal)
}

/// Fields that are blank where the reading does not contain them.
fn left_out<'a>(action: &ActionState, means: &'a Means) -> &'a [String] {
    match entry(action, means) {
        Some(entry)
            if entry
                .read
                .as_ref()
                .is_some_and(|read| read.absent == Absent::Blank) =>
        {
            &entry.fields
        }
        _ => &[],
    }
}

pub(super) fn unmake(
    action: &ActionState,
    means: &Means,
    (arguments, choices): (&Value, &Choices),
) -> (Vec<FieldUndo>, Next) {
    if means.seen == BeforeImage::Missing {
        return (vec![], Next::AlreadyBack);
    }
    let found = compare_new(changes(action), action.after(), &means.seen);
    let next = whole(means, (arguments, choices), &found);
    (found, next)
}

/// What follows where a call speaks of the whole record: nothing that people did on it since goes with it
/// undecided.
fn whole(means: &Means, (arguments, choices): (&Value, &Choices), found: &[FieldUndo]) -> Next {
    let changed: Vec<&FieldUndo> = found.iter().filter(|one| one.finding.is_open()).collect();
    if changed.is_empty() {
        return call(means, arguments, (vec![], vec![], vec![]));
    }
    if changed.iter().all(|one| choices.overwrites(one)) {
        let forced = labels(changed.into_iter());
        return call(means, arguments, (forced, vec![], vec![]));
    }
    if changed.iter().all(|one| choices.keeps(one)) {
        return Next::AllKept;
    }
    decide(found, labels(changed.into_iter()))
}

pub(super) fn remake(
    action: &ActionState,
    means: &Means,
    arguments: &Value,
) -> (Vec<FieldUndo>, Next) {
    let next = match (&means.seen, action.current().map(|judged| &judged.before)) {
        (BeforeImage::Missing, _) => call(means, arguments, (vec![], vec![], vec![])),
        (BeforeImage::Read { fields: now, .. }, Some(BeforeImage::Read { fields: was, .. }))
            if alike(was, now, normal(action, means)) =>
        {
            Next::AlreadyBack
        }
        (BeforeImage::Read { fields: now, .. }, _) => match action.after() {
            // Some systems keep what they delete, marked: nobody made it again.
            Some(BeforeImage::Read { fields: after, .. })
                if restores(means) && alike(after, now, normal(action, means)) =>
            {
                call(means, arguments, (vec![], vec![], vec![]))
            }
            _ => impossible(
                "There is such a record, with other values than before, so it is not made a second time.",
            ),
        },
        // Bringing back what is there already changes nothing; whether it is will not be confirmed.
        _ if restores(means) => call(means, arguments, (vec![], vec![], vec![])),
        // Nobody can tell whether somebody made it again.
        _ => impossible("The record cannot be read, so it may be there again."),
    };
    (vec![], next)
}

/// Whether a record is as another, but for what systems write by themselves.
fn alike(one: &Map<String, Value>, other: &Map<String, Value>, normal: &Normal) -> bool {
    other_than(one, other, normal).is_empty() && other_than(other, one, normal).is_empty()
}

/// Whether the call brings a record back, and makes no new one.
fn restores(means: &Means) -> bool {
    let entry = means.tool.entry();
    entry.is_some_and(|entry| entry.entry.effect != Effect::Create)
}

pub(super) fn offset(
    action: &ActionState,
    means: &Means,
    (arguments, choices): (&Value, &Choices),
) -> (Vec<FieldUndo>, Next) {
    let judged = action.current();
    let was_there = matches!(
        judged.map(|judged| &judged.before),
        Some(BeforeImage::Read { .. })
    );
    if was_there && means.seen == BeforeImage::Missing {
        return (vec![], impossible("The record is gone."));
    }
    if stands_already(means, arguments) {
        return (vec![], Next::AlreadyBack);
    }
    // What only its answer named is read by the call that offsets it; anything else as it was read then.
    let named = judged.is_some_and(|judged| judged.classified.record.is_some());
    let now = if makes(action) && !named {
        &means.before.0
    } else {
        &means.seen
    };
    let found = match (action.after(), now) {
        (Some(BeforeImage::Read { .. }), BeforeImage::Missing) => {
            return (vec![], impossible("What it made is gone."));
        }
        (Some(after @ BeforeImage::Read { .. }), BeforeImage::Read { .. }) => {
            let mut found = compare_new(changes(action), Some(after), now);
            found.retain(|one| one.finding.is_open());
            found
        }
        // Somebody may have worked on what it made, and nothing tells.
        _ if makes(action) => compare_made(None, &BeforeImage::NotReadable),
        _ => vec![],
    };
    let next = whole(means, (arguments, choices), &found);
    (found, next)
}

/// What the action wrote into what it made.
fn changes(action: &ActionState) -> &[FieldChange] {
    let judged = action.current().filter(|_| makes(action));
    judged.map_or(&[], |judged| &judged.classified.changes)
}

fn makes(action: &ActionState) -> bool {
    matches!(action.row.effect, Some(Effect::Create | Effect::Draft))
}

/// Whether the record shows already what a call that offsets an action would write.
fn stands_already(means: &Means, arguments: &Value) -> bool {
    let (Some(entry), BeforeImage::Read { .. }) = (means.tool.entry(), &means.before.0) else {
        return false;
    };
    let writes = |now: &BeforeImage| Call { tool: entry, now }.changes(arguments);
    let blank = BeforeImage::Read {
        fields: Map::new(),
        version: None,
        id: None,
    };
    let updates = entry.entry.effect == Effect::Update;
    updates && writes(&means.before.0).is_empty() && !writes(&blank).is_empty()
}

/// What nobody can tell by reading, a sentence for whoever decides.
pub(super) fn caution(action: &ActionState, means: &Means, way: Way) -> String {
    let read = |image: Option<&BeforeImage>| matches!(image, Some(BeforeImage::Read { .. }));
    let then = read(action.after());
    let now = read(Some(&means.seen)) || read(Some(&means.before.0));
    let text = match (way, then, now) {
        (Way::Offset | Way::Unmake, false, false) => {
            "Nothing could be read right after it, and nothing can be read now: whether somebody worked on it since is not known, nor will be whether this takes it back."
        }
        (Way::Offset | Way::Unmake, false, true) => {
            "Nothing could be read right after it: whether somebody worked on it since is not known."
        }
        (Way::Offset | Way::Unmake, true, false) if means.seen != BeforeImage::Missing => {
            "It cannot be read now: whether somebody worked on it since is not known, nor will be whether this takes it back."
        }
        (Way::Fields | Way::Remake, _, false) if means.seen != BeforeImage::Missing => {
            "The record cannot be read: what it has now is not known, nor will be whether this takes it back."
        }
        _ => "",
    };
    text.to_owned()
}
