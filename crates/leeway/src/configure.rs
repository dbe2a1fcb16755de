//! The configuration in force, and what would have to change to make it equal to another one.

use crate::app::App;
use crate::config::Configuration;
use crate::error::ApiError;
use leeway_core::action::state::Status;
use leeway_core::govern::change::{self, Configured, Edit, Folder, NOTIFY_STREAM, OWNERS_STREAM};
use leeway_core::govern::state::Document;
use std::collections::BTreeMap;

/// What the streams of everything configured begin with.
const KINDS: [&str; 5] = ["system/", "pack/", "owners/", "notify/", "workflow/"];

/// What is in force now, as a configuration.
pub fn current(app: &App) -> Configuration {
    let registry = app.registry();
    let mut packs: Vec<_> = registry
        .packs
        .values()
        .map(|live| live.compiled.pack.clone())
        .collect();
    packs.sort_by(|a, b| a.name.cmp(&b.name));
    Configuration {
        settings: app.settings.clone(),
        systems: registry
            .systems
            .values()
            .map(|state| state.system.clone())
            .collect(),
        packs,
        workflows: registry
            .workflows
            .values()
            .map(|live| live.state.workflow.clone())
            .collect(),
        owners: registry.matrix().cloned(),
        notify: registry.notify.as_ref().map(|live| live.notify.clone()),
    }
}

/// What is in force under a stream and the length of it; `None` when nothing is.
pub fn in_force(app: &App, stream: &str) -> Result<Option<(u64, Configured)>, ApiError> {
    Ok(app
        .store
        .reader()?
        .document(stream)?
        .and_then(|(version, document)| Some((version, configured(document)?))))
}

fn configured(document: Document) -> Option<Configured> {
    match document {
        Document::Workflow(state) if !state.removed => {
            Some(Configured::Workflow(Box::new(state.workflow)))
        }
        Document::System(state) if !state.removed => {
            Some(Configured::System(Box::new(state.system)))
        }
        Document::Pack(state) if !state.removed => Some(Configured::Pack(Box::new(state.pack))),
        Document::Owners(state) => state
            .owners
            .map(|owners| Configured::Owners(Box::new(owners))),
        Document::Notify(state) => state
            .notify
            .map(|notify| Configured::Notify(Box::new(notify))),
        _ => None,
    }
}

/// What would have to change to make the configuration in force equal to the wanted one; empty when
/// it is. What is not wanted is taken out.
pub fn edits(app: &App, wanted: &Configuration) -> Result<Vec<Edit>, ApiError> {
    let mut known: BTreeMap<String, Configured> = BTreeMap::new();
    let reader = app.store.reader()?;
    for prefix in KINDS {
        for (stream, _, document) in reader.documents(prefix)? {
            if let Some(now) = configured(document) {
                known.insert(stream, now);
            }
        }
    }
    let mut edits = Vec::new();
    for to in all(wanted) {
        let stream = to.stream();
        let from = known.remove(&stream);
        if from.as_ref().map(Configured::hash) != Some(to.hash()) {
            edits.push(Edit {
                stream,
                from,
                to: Some(to),
            });
        }
    }
    edits.extend(known.into_iter().map(|(stream, from)| Edit {
        stream,
        from: Some(from),
        to: None,
    }));
    Ok(edits)
}

/// Whether nothing was ever configured.
pub fn is_untouched(app: &App) -> Result<bool, ApiError> {
    let reader = app.store.reader()?;
    for prefix in KINDS {
        if !reader.documents(prefix)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Content hash of everything that is in force.
pub fn hash(app: &App) -> Result<String, ApiError> {
    let (reader, mut now) = (app.store.reader()?, Vec::new());
    for prefix in KINDS {
        let documents = reader.documents(prefix)?.into_iter();
        now.extend(documents.filter_map(|(_, _, document)| configured(document)));
    }
    Ok(change::whole(&now))
}

/// A folder as it is recorded with the change that it is applied by.
pub fn folder(path: String, wanted: &Configuration) -> Folder {
    Folder {
        path,
        hash: change::whole(&all(wanted)),
    }
}

/// Everything wanted, in the order it takes force: what others refer to first.
fn all(wanted: &Configuration) -> Vec<Configured> {
    let systems = wanted.systems.iter().cloned().map(Box::new);
    let packs = wanted.packs.iter().cloned().map(Box::new);
    let owners = wanted.owners.iter().cloned().map(Box::new);
    let notify = wanted.notify.iter().cloned().map(Box::new);
    let workflows = wanted.workflows.iter().cloned().map(Box::new);
    systems
        .map(Configured::System)
        .chain(packs.map(Configured::Pack))
        .chain(owners.map(Configured::Owners))
        .chain(notify.map(Configured::Notify))
        .chain(workflows.map(Configured::Workflow))
        .collect()
}

/// What follows once another configuration is in force: what was approved or authorised under the
/// one before is judged again before it runs. That it is in force needs nothing.
pub fn took_force(app: &App) -> Result<(), ApiError> {
    // Systems that were added are connected to now rather than by the next call.
    app.registry();
    let waiting = app
        .store
        .reader()?
        .with_status(&[Status::Approved, Status::Authorised])?;
    for row in waiting {
        app.enqueue(row.id);
    }
    Ok(())
}

/// A thing's name and kind, from its stream: `("workflow", "support-triage")`.
pub fn named(stream: &str) -> (&str, &str) {
    match stream.split_once('/') {
        _ if stream == OWNERS_STREAM => ("owners", "owners"),
        _ if stream == NOTIFY_STREAM => ("notify", "notify"),
        Some((what, name)) => (what, name),
        None => ("", stream),
    }
}
