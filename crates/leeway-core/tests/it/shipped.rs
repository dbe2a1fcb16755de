//! The packs and workflow templates in the repository compile, and templates grant only what the
//! sandbox's pack classifies.

use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::rules::CompiledRules;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &str) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_pack_compiles_under_its_own_name() {
    let packs = files("packs");
    assert!(packs.len() >= 4);
    for (name, text) in packs {
        let pack = Pack::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pack.name, name);
        CompiledPack::compile(pack).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
    }
}

#[test]
fn the_six_templates_compile_and_grant_only_classified_tools() {
    let sandbox =
        Pack::parse(&std::fs::read_to_string(root().join("packs/sandbox.toml")).unwrap()).unwrap();
    let templates = files("templates/workflows");
    let names: Vec<&str> = templates.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "crm-clean-up",
            "customer-success",
            "document-processing",
            "proposal-automation",
            "sales-follow-up",
            "support-triage"
        ]
    );
    for (name, text) in &templates {
        let workflow: Workflow =
            toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(workflow.name, *name);
        for tool in workflow.grants.keys() {
            let own = tool.strip_prefix("sandbox__").unwrap();
            assert!(sandbox.tools.contains_key(own), "{name}: {tool}");
        }
        CompiledRules::compile(workflow).unwrap_or_else(|problems| panic!("{name}: {problems:#?}"));
    }
}
