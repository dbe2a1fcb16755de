//! Configured things as the TOML of their files, and what differs between two of them.

use super::{Configuration, document};
use leeway_core::govern::change::{Configured, Edit, NOTIFY_STREAM, OWNERS_STREAM};
use serde::Serialize;
use similar::TextDiff;

/// Lines shown around a difference.
const CONTEXT: usize = 3;

/// A thing as it is written in its file.
pub fn toml(thing: &Configured) -> String {
    match thing {
        Configured::Workflow(workflow) => text(workflow),
        Configured::System(system) => text(system),
        Configured::Pack(pack) => text(pack),
        Configured::Owners(owners) => text(owners),
        Configured::Notify(notify) => text(notify),
    }
}

fn text<T: Serialize>(thing: &T) -> String {
    toml::to_string_pretty(thing).expect("INVARIANT: what is read from TOML can be written as TOML")
}

/// The file of a stream, relative to the folder.
pub fn file(stream: &str) -> String {
    match stream.split_once('/') {
        _ if stream == OWNERS_STREAM => "owners.toml".to_owned(),
        _ if stream == NOTIFY_STREAM => "notify.toml".to_owned(),
        Some((what, name)) => format!("{what}s/{name}.toml"),
        None => format!("{stream}.toml"),
    }
}

/// What an edit changes, as a unified difference of the file.
pub fn unified(edit: &Edit) -> String {
    let (from, to) = sides(edit);
    let file = file(&edit.stream);
    TextDiff::from_lines(&from, &to)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(&file, &file)
        .to_string()
}

/// The file before and after; an absent one is empty.
pub fn sides(edit: &Edit) -> (String, String) {
    let side = |thing: &Option<Configured>| thing.as_ref().map(toml).unwrap_or_default();
    (side(&edit.from), side(&edit.to))
}

/// Every file of a configuration but `leeway.toml`: path relative to the folder, text. Documents of
/// systems are files of their own.
pub fn files(mut configuration: Configuration) -> Vec<(String, String)> {
    let documents: Vec<_> = configuration
        .systems
        .iter_mut()
        .filter_map(document::separate)
        .collect();
    let systems = configuration.systems.into_iter().map(Box::new);
    let packs = configuration.packs.into_iter().map(Box::new);
    let workflows = configuration.workflows.into_iter().map(Box::new);
    let owners = configuration.owners.into_iter().map(Box::new);
    let notify = configuration.notify.into_iter().map(Box::new);
    systems
        .map(Configured::System)
        .chain(packs.map(Configured::Pack))
        .chain(workflows.map(Configured::Workflow))
        .chain(owners.map(Configured::Owners))
        .chain(notify.map(Configured::Notify))
        .map(|thing| (file(&thing.stream()), toml(&thing)))
        .chain(documents)
        .collect()
}
