//! `leeway check`: every problem of a folder at once, each with its place and what to do.

use crate::demo::BINARY;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn check(folder: &str, more: &[&str]) -> Output {
    Command::new(BINARY)
        .args(["check", folder])
        .args(more)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures"))
        .env_remove("LEEWAY_TEST_NEVER_SET")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_broken_folder_is_told_whole() {
    let output = check("broken", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stderr), "");
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn the_same_report_as_json_has_a_place_a_code_and_help_for_each() {
    let output = check("broken", &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let problems = report["problems"].as_array().unwrap();
    let told = text(&check("broken", &[]).stdout);
    for problem in problems {
        let place = format!(
            "[{}:{}:{}]",
            problem["file"].as_str().unwrap(),
            problem["line"],
            problem["column"]
        );
        assert!(told.contains(&place), "{place}");
        let code = problem["code"].as_str().unwrap();
        assert!(
            code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            "{code}"
        );
        assert_ne!(problem["help"], "", "{problem}");
        let message = problem["message"].as_str().unwrap();
        assert!(!message.ends_with('.'), "{message}");
    }
    assert_eq!(problems.len(), told.matches("help: ").count());
}

#[test]
fn a_credential_in_a_file_is_a_problem_and_is_not_repeated() {
    let output = check("credential", &["--json"]);
    let report = text(&output.stdout);
    assert!(report.contains("secret-in-config"), "{report}");
    assert!(!report.contains("not-a-real-credential"), "{report}");
}

#[test]
fn warnings_alone_pass() {
    let output = check("sound", &[]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(text(&output.stdout));
    let output = check("sound", &["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], true);
    assert_eq!(report["problems"][0]["severity"], "warning");
}
