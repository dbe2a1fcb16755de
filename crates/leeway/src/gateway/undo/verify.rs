//! After an undo's call: what is there is read back and held against what should be.

use super::plan::seen;
use crate::app::App;
use crate::gateway::look::Looking;
use crate::gateway::secrets;
use crate::gateway::settling::Settling;
use crate::registry::LiveTool;
use leeway_core::action::event::{ReadFor, Reading};
use leeway_core::action::state::ActionState;
use leeway_core::classify::{BeforeImage, Classified};
use leeway_core::undo::forms::Normal;
use leeway_core::undo::proof::{Readings, Shown, shown};
use leeway_core::undo::read_back::{Answered, of_answered_undo};
use leeway_core::undo::{Undoes, Way};
use serde_json::Value;
use std::sync::Arc;

/// What was read of an undo.
pub struct Read {
    /// The record by the reading of what is taken back.
    pub now: BeforeImage,
    /// The record by the reading of the undo's own call.
    pub own: BeforeImage,
    /// What the undo's call made.
    pub made: Option<BeforeImage>,
    /// The readings it took.
    pub made_for: Vec<Reading>,
    done: Option<ActionState>,
    normal: Normal,
}

impl Read {
    /// As the core holds them against what should be.
    pub fn readings<'a>(&'a self, classified: &'a Classified) -> Readings<'a> {
        let done = self.done.as_ref().and_then(ActionState::current);
        Readings {
            now: &self.now,
            before: done.map(|judged| &judged.before),
            own: Some((classified, &self.own)),
            made: self.made.as_ref(),
            normal: &self.normal,
        }
    }

    /// Where a person would look.
    pub fn place(&self, undo: &ActionState) -> String {
        let of = |action: &ActionState| action.row.record.clone();
        let record = self.done.as_ref().and_then(of).or_else(|| of(undo));
        match record {
            Some(record) => format!("{} {} in {}", record.record_type, record.id, record.system),
            None => format!("{}, where it was done", undo.row.system),
        }
    }
}

/// The record as it is now, by both readings. Never an error: the call was made, and its outcome is recorded
/// whatever can be read.
pub async fn read(app: &App, undoes: &Undoes, (tool, arguments): (&Arc<LiveTool>, &Value)) -> Read {
    let found = app
        .store
        .reader()
        .and_then(|reader| reader.action(&undoes.action));
    let run = found.as_ref().ok().and_then(Option::as_ref);
    let run = run.map(secrets::run_of_action).unwrap_or_default();
    let looking = Looking::new(app, run, ReadFor::Undoing);
    let (now, done) = match found {
        Ok(Some(done)) => (
            seen(&looking, &done, (undoes.way, tool, arguments)).await,
            Some(done),
        ),
        Ok(None) => (BeforeImage::NotReadable, None),
        Err(error) => (
            BeforeImage::Failed {
                why: error.to_string(),
            },
            None,
        ),
    };
    let own = match (undoes.way, tool.entry()) {
        (Way::Offset, Some(entry)) => looking.record(tool, entry, arguments).await,
        _ => BeforeImage::NotNeeded,
    };
    let normal = tool.entry().map(|entry| entry.entry.normal.clone());
    Read {
        now,
        own,
        made: None,
        made_for: looking.readings(),
        done,
        normal: normal.unwrap_or_default(),
    }
}

/// What was read back, and what it says of an undo that the system answered to have done. Read again while
/// the system may not show it yet.
pub async fn read_back(
    app: &App,
    (undo, undoes): (&ActionState, &Undoes),
    place: (&Arc<LiveTool>, &Value),
    made: Option<BeforeImage>,
) -> (Answered, Option<BeforeImage>, Vec<Reading>) {
    let mut settling = Settling::of(place.0);
    let mut made_for = Vec::new();
    loop {
        let mut found = read(app, undoes, place).await;
        made_for.append(&mut found.made_for);
        found.made.clone_from(&made);
        let Some(judged) = undo.current() else {
            let nothing = Answered::unread();
            return (nothing, None, made_for);
        };
        let readings = found.readings(&judged.classified);
        if !matches!(shown(undoes, &readings), Shown::Back(_)) && settling.again().await {
            continue;
        }
        let answered = of_answered_undo(undoes, &readings, &found.place(undo));
        let image = Some(found.now).filter(|image| *image != BeforeImage::NotNeeded);
        return (answered, image, made_for);
    }
}
