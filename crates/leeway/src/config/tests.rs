//! Folders with mistakes, and everything that is told of them.

use super::{inspect, load, render};
use std::path::Path;

const PACK: &str = "name = \"crm\"\ntitle = \"CRM\"\n[tool.get]\neffect = \"read\"\n";
const SYSTEM: &str = "name = \"crm\"\ntitle = \"CRM\"\npack = \"crm\"\ncommand = \"crm\"\n";
const WORKFLOW: &str = "name = \"w\"\ntitle = \"W\"\n[grants]\ncrm__get = \"read\"\n";

/// A sound folder with some files replaced or added.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sound = [
        ("leeway.toml", ""),
        ("packs/crm.toml", PACK),
        ("systems/crm.toml", SYSTEM),
        ("workflows/w.toml", WORKFLOW),
    ];
    for (path, text) in sound.iter().chain(files) {
        write(folder.path(), path, text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn told(files: &[(&str, &str)]) -> Vec<String> {
    inspect(folder(files).path())
        .iter()
        .map(|problem| format!("{}:{} {}", problem.file, problem.line, problem.code))
        .collect()
}

#[test]
fn a_sound_folder_has_no_problem() {
    let folder = folder(&[]);
    assert_eq!(inspect(folder.path()), []);
    assert_eq!(load(folder.path()).unwrap().workflows.len(), 1);
}

#[test]
fn a_missing_key_does_not_hide_what_comes_after_it() {
    let workflow = "name = \"w\"
title = \"W\"
[[guardrail]]
id = \"one\"
then = \"hold\"
when = { level_at_least = 3 }
[[guardrail]]
id = \"two\"
text = \"Two.\"
then = \"allow\"
when = { tols = [], rate = { more_than = 3, per_s = 60, of = \"tema\" } }
[[guardrail]]
id = 3
text = \"Three.\"
then = \"hold\"
when = {}
";
    assert_eq!(
        told(&[("workflows/w.toml", workflow)]),
        [
            "workflows/w.toml:3 missing-key",
            "workflows/w.toml:10 unknown-value",
            "workflows/w.toml:11 unknown-key",
            "workflows/w.toml:11 unknown-value",
            "workflows/w.toml:13 wrong-type",
        ]
    );
}

#[test]
fn every_tool_of_a_pack_is_looked_at() {
    let pack = "name = \"crm\"
title = \"CRM\"
[tool.a]
efect = \"read\"
[tool.get]
effect = \"read\"
record = { type = \"contact\" }
[tool.z]
effect = \"raed\"
";
    assert_eq!(
        told(&[("packs/crm.toml", pack)]),
        [
            "packs/crm.toml:3 missing-key",
            "packs/crm.toml:4 unknown-key",
            "packs/crm.toml:7 missing-key",
            "packs/crm.toml:9 unknown-value",
        ]
    );
}

#[test]
fn an_unknown_key_does_not_stop_the_checks_of_meaning() {
    let system = "name = \"crm\"
title = \"CRM\"
pack = \"crn\"
timeout = 5
timeout_s = 0
[env]
TOKEN = \"plain\"
";
    assert_eq!(
        told(&[("systems/crm.toml", system)]),
        [
            "systems/crm.toml:1 transport-unclear",
            "systems/crm.toml:3 pack-unknown",
            "systems/crm.toml:4 unknown-key",
            "systems/crm.toml:5 timeout-invalid",
            "systems/crm.toml:7 secret-in-config",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_brings_no_false_complaints_elsewhere() {
    for broken in ["packs/crm.toml", "systems/crm.toml", "workflows/w.toml"] {
        assert_eq!(
            told(&[(broken, "name = \"crm\ntitle = \"CRM\"\n")])
                .iter()
                .map(|line| line.split_once(' ').unwrap().1)
                .collect::<std::collections::BTreeSet<_>>(),
            ["toml-syntax"].into(),
            "{broken}"
        );
    }
}

#[test]
fn nothing_to_do_is_a_warning_and_a_missing_settings_file_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let codes =
        |folder: &Path| -> Vec<String> { inspect(folder).into_iter().map(|p| p.code).collect() };
    assert_eq!(codes(folder.path()), ["no-workflow", "file-missing"]);
    write(folder.path(), "leeway.toml", "");
    assert_eq!(codes(folder.path()), ["no-workflow"]);
    assert!(load(folder.path()).is_ok());
    write(
        folder.path(),
        "leeway.toml",
        "session_hours = 0\nbody_limit_bytes = 0\n",
    );
    assert_eq!(
        codes(folder.path()),
        ["no-workflow", "limit-invalid", "limit-invalid"]
    );
}

#[test]
fn a_credential_is_in_no_report_not_even_as_a_neighbouring_line() {
    let system = format!(
        "{SYSTEM}timeout = 3\n[headers]\nAuthorization = \"Bearer hunter2\"\nX = \"env:LEEWAY_NEVER_SET\"\n"
    );
    let folder = folder(&[("systems/crm.toml", &system)]);
    let problems = inspect(folder.path());
    assert!(
        problems
            .iter()
            .any(|problem| problem.code == "secret-in-config")
    );
    let report = render(folder.path(), &problems);
    assert!(report.contains("Authorization ="), "{report}");
    assert!(!report.contains("hunter2"), "{report}");
}
