//! What a batch will have done by the time it comes to an action: on one record the newest is taken back
//! first, so the older ones are planned on what that leaves.

use super::plan::{Means, Next, Plan, reading};
use crate::app::App;
use leeway_core::action::state::ActionState;
use leeway_core::classify::{BeforeImage, RecordRef};
use leeway_core::undo::Way;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Records as they will be.
#[derive(Default)]
pub struct Foreseen(HashMap<RecordRef, Then>);

enum Then {
    /// Some fields have other values.
    Fields(Map<String, Value>),
    /// The whole of it.
    Whole(BeforeImage),
}

impl Foreseen {
    /// Takes what a plan will do for done.
    pub fn take(&mut self, app: &App, action: &ActionState, plan: &Plan) {
        let (Next::Call { arguments, .. }, Some(means), Some(way)) =
            (&plan.next, &plan.means, plan.way)
        else {
            return;
        };
        let Some(record) = record(app, action, (way, means, arguments)) else {
            return;
        };
        match way {
            Way::Fields => {
                let written = plan
                    .written()
                    .map(|one| (one.field.clone(), one.back.clone()));
                match self
                    .0
                    .entry(record)
                    .or_insert_with(|| Then::Fields(Map::new()))
                {
                    Then::Fields(fields) | Then::Whole(BeforeImage::Read { fields, .. }) => {
                        fields.extend(written);
                    }
                    Then::Whole(_) => {}
                }
            }
            Way::Unmake => {
                self.0.insert(record, Then::Whole(BeforeImage::Missing));
            }
            Way::Remake => {
                if let Some(judged) = action.current() {
                    self.0.insert(record, Then::Whole(judged.before.clone()));
                }
            }
            Way::Offset => {}
        }
    }

    /// Shows the images of an action's record as they will be.
    pub fn overlay(
        &self,
        app: &App,
        action: &ActionState,
        (way, arguments): (Way, &Value),
        means: &mut Means,
    ) {
        if self.0.is_empty() {
            return;
        }
        let Some(then) = record(app, action, (way, means, arguments)).and_then(|r| self.0.get(&r))
        else {
            return;
        };
        for image in [&mut means.seen, &mut means.before.0] {
            match (then, image) {
                (Then::Whole(whole), image) => *image = whole.clone(),
                (Then::Fields(then), BeforeImage::Read { fields, .. }) => {
                    for (field, value) in then {
                        if let Some(now) = fields.get_mut(field) {
                            *now = value.clone();
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn record(
    app: &App,
    action: &ActionState,
    (way, means, arguments): (Way, &Means, &Value),
) -> Option<RecordRef> {
    let undo: &Arc<_> = &means.tool;
    let named = action
        .current()
        .is_some_and(|judged| judged.classified.record.is_some());
    if way == Way::Offset && !named {
        // What only its answer named is read by the call that offsets it.
        return undo.entry()?.record(&undo.system, arguments).ok()?;
    }
    let (tool, arguments) = reading(app, action, (way, undo, arguments))?;
    tool.entry()?.record(&tool.system, &arguments).ok()?
}
