//! The demo's configuration: one system, its pack, six workflows.

use crate::templates::{SANDBOX_PACK, WORKFLOWS, sandbox_system};
use leeway_core::govern::owners::Responsibility;
use std::path::Path;

/// The files of the demo's configuration folder, path → content. `exe` is this program, which also
/// is the sandbox; `state` is the sandbox's state file.
pub fn configuration(exe: &Path, state: &Path) -> Vec<(String, String)> {
    let mut files = vec![
        (
            "leeway.toml".to_owned(),
            "name = \"Brightwater Supply (demo)\"\n".to_owned(),
        ),
        (
            "systems/sandbox.toml".to_owned(),
            sandbox_system(exe, state),
        ),
        ("packs/sandbox.toml".to_owned(), SANDBOX_PACK.to_owned()),
        ("owners.toml".to_owned(), owners()),
    ];
    for (name, text) in WORKFLOWS {
        files.push((format!("workflows/{name}.toml"), text.to_owned()));
    }
    files
}

/// In the demo one person owns every risk, and the reviewer stands in.
fn owners() -> String {
    Responsibility::ALL
        .into_iter()
        .map(|row| {
            format!(
                "[owner.{}]\nbusiness = \"owner@brightwater.example\"\ntechnical = \"operator@brightwater.example\"\ndelegates = [\"reviewer@brightwater.example\"]\n\n",
                row.name()
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeway_core::classify::pack::Pack;
    use leeway_core::govern::owners::Owners;
    use leeway_core::govern::system::System;
    use leeway_core::govern::workflow::Workflow;

    #[test]
    fn every_file_reads_back() {
        let (exe, state) = (
            Path::new("/opt/a \"b\"/leeway"),
            Path::new("/tmp/data/it's.json"),
        );
        for (path, text) in configuration(exe, state) {
            match path.split_once('/').map(|(folder, _)| folder) {
                Some("systems") => {
                    let system: System = toml::from_str(&text).expect("a system");
                    assert_eq!(system.command.as_deref(), exe.to_str());
                    assert_eq!(system.args.last().map(String::as_str), state.to_str());
                }
                Some("packs") => drop(toml::from_str::<Pack>(&text).expect("a pack")),
                Some("workflows") => {
                    let workflow: Workflow =
                        toml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
                    assert_eq!(path, format!("workflows/{}.toml", workflow.name));
                }
                _ if path == "owners.toml" => {
                    let owners: Owners = toml::from_str(&text).expect("a matrix");
                    assert_eq!(owners.check(), []);
                }
                _ => assert_eq!(path, "leeway.toml"),
            }
        }
    }
}
