//! What each way back does to the record as it is now: which fields are written, which stay, what is to be
//! decided, or why there is no way.

use super::plan::{Choices, Means, Next};
use leeway_core::action::state::ActionState;
use leeway_core::classify::{BeforeImage, FieldChange};
use leeway_core::undo::fields::{Compared, compare, compare_made};
use leeway_core::undo::narrow::{Call, Want};
use leeway_core::undo::{FieldUndo, Finding};
use serde_json::Value;

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

pub(super) fn fields(
    action: &ActionState,
    means: &Means,
    (arguments, choices): (&Value, &Choices),
) -> (Vec<FieldUndo>, Next) {
    let (Some(judged), Some(entry)) = (action.current(), means.tool.entry()) else {
        return (vec![], decide(vec![]));
    };
    if means.seen == BeforeImage::Missing {
        let why = "The record is gone, so its fields cannot be set back.".to_owned();
        return (vec![], Next::Impossible { why });
    }
    let way_back = Call {
        tool: entry,
        system: &means.tool.system,
        now: &means.before.0,
    };
    let undo = way_back.changes(arguments);
    let found = compare(&Compared {
        done: &judged.classified.changes,
        after: action.after(),
        now: &means.seen,
        undo: &undo,
        additive: additive(action, means).as_slice(),
    });
    let of = |change: &FieldChange| {
        found
            .iter()
            .find(|one| one.field == change.field && one.record == change.record)
    };
    let writes = |one: &FieldUndo| match one.finding {
        Finding::Restore => !choices.keeps(one),
        Finding::Changed => choices.overwrites(one),
        _ => false,
    };
    let want = |change: &FieldChange| match of(change) {
        Some(one) if writes(one) && one.back != change.new => Want::Value(one.back.clone()),
        Some(one) if writes(one) => Want::AsIs,
        _ => Want::Without,
    };
    let undecided = |one: &&FieldUndo| {
        let open = matches!(
            one.finding,
            Finding::Changed | Finding::Unknown | Finding::OutOfReach
        );
        open && !choices.keeps(one) && !writes(one)
    };
    let left = labels(found.iter().filter(undecided));
    let forced = labels(
        found
            .iter()
            .filter(|one| one.finding == Finding::Changed && writes(one)),
    );
    let kept = labels(found.iter().filter(|one| choices.keeps(one)));
    let next = if found.iter().any(writes) {
        match way_back.narrow(arguments, want) {
            Ok(narrowed) => call(means, &narrowed, (forced, kept, left)),
            // Its fields can be written only together: those changed since keep all of them as they are.
            Err(_) => decide(labels(
                found
                    .iter()
                    .filter(|one| one.finding != Finding::AlreadyBack),
            )),
        }
    } else if !left.is_empty() {
        decide(left)
    } else if found.iter().all(|one| one.finding == Finding::AlreadyBack) {
        Next::AlreadyBack
    } else {
        Next::AllKept
    };
    (found, next)
}

fn decide(left: Vec<String>) -> Next {
    Next::Decide { left }
}

fn additive(action: &ActionState, means: &Means) -> Vec<String> {
    let pack = means.tool.pack.as_ref();
    let entry = pack.and_then(|pack| pack.compiled.tools.get(&action.row.tool));
    entry
        .map(|entry| entry.entry.additive.clone())
        .unwrap_or_default()
}

pub(super) fn unmake(
    action: &ActionState,
    means: &Means,
    (arguments, choices): (&Value, &Choices),
) -> (Vec<FieldUndo>, Next) {
    if means.seen == BeforeImage::Missing {
        return (vec![], Next::AlreadyBack);
    }
    let found = compare_made(action.after(), &means.seen);
    let changed: Vec<&FieldUndo> = found
        .iter()
        .filter(|one| one.finding != Finding::Restore)
        .collect();
    let next = if changed.is_empty() {
        call(means, arguments, (vec![], vec![], vec![]))
    } else if changed.iter().all(|one| choices.overwrites(one)) {
        call(
            means,
            arguments,
            (labels(changed.into_iter()), vec![], vec![]),
        )
    } else if changed.iter().all(|one| choices.keeps(one)) {
        Next::AllKept
    } else {
        decide(labels(changed.into_iter()))
    };
    (found, next)
}

pub(super) fn remake(means: &Means, arguments: &Value) -> (Vec<FieldUndo>, Next) {
    let next = match &means.seen {
        BeforeImage::Missing => call(means, arguments, (vec![], vec![], vec![])),
        BeforeImage::Read { .. } => Next::Impossible {
            why: "There is such a record again, so it is not made a second time.".to_owned(),
        },
        // Nobody can tell whether somebody made it again.
        _ => Next::Impossible {
            why: "The record cannot be read, so it may be there again.".to_owned(),
        },
    };
    (vec![], next)
}

/// A new act does not set anything back, so nothing is compared; but its record must still be there.
pub(super) fn offset(
    action: &ActionState,
    means: &Means,
    arguments: &Value,
) -> (Vec<FieldUndo>, Next) {
    let was_there = matches!(
        action.current().map(|judged| &judged.before),
        Some(BeforeImage::Read { .. })
    );
    let next = if was_there && means.seen == BeforeImage::Missing {
        Next::Impossible {
            why: "The record is gone.".to_owned(),
        }
    } else {
        call(means, arguments, (vec![], vec![], vec![]))
    };
    (vec![], next)
}
