//! The command line: answers as JSON, exit codes that mean something, pages of the API that describe
//! themselves.

use crate::demo::{BINARY, Demo, run, until};
use serde_json::Value;
use std::process::Command;

#[test]
fn the_demo_fills_the_inbox_and_commands_answer_beside_it() {
    let demo = Demo::start();
    let data = demo.folder.path();
    let list = |status: &str| {
        let (code, answer) = run(
            data,
            &["actions", "list", "--status", status, "--limit", "100"],
        );
        assert_eq!(code, Some(0));
        answer["actions"].as_array().cloned().unwrap_or_default()
    };
    until("the inbox holds actions", || {
        (list("held").len() >= 8).then_some(())
    });
    until("some ran alone", || {
        (list("executed").len() >= 10).then_some(())
    });
    until("some were blocked", || {
        (list("blocked").len() >= 4).then_some(())
    });
    assert!(list("refused").is_empty(), "{:?}", list("refused"));

    let held = &list("held")[0];
    let (code, shown) = run(data, &["actions", "show", held["id"].as_str().unwrap()]);
    assert_eq!((code, &shown["id"]), (Some(0), &held["id"]));
    assert_eq!(
        shown["audit"].as_object().map(serde_json::Map::len),
        Some(14)
    );
    let id = held["id"].as_str().unwrap();
    let (code, _) = run(data, &["actions", "approve", id]);
    assert_eq!(code, Some(3), "the local operator decides nothing");
    let shown = Command::new(BINARY)
        .args(["actions", "show", id, "--data"])
        .arg(data)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    for field in [
        "workflow",
        "trigger",
        "source_data",
        "versions",
        "proposed",
        "taken",
        "changes",
        "confidence",
        "reason",
        "reviewer",
        "approval_status",
        "timestamp",
        "rollback_path",
    ] {
        assert!(
            text.contains(&format!("    {field:<15} ")),
            "{field} in {text}"
        );
    }
    let (code, systems) = run(data, &["systems", "list"]);
    assert_eq!(code, Some(0));
    assert_eq!(systems["systems"][0]["health"], "ready", "{systems}");
    let (code, _) = run(
        data,
        &["actions", "show", "act_00000000000000000000000000000000"],
    );
    assert_eq!(code, Some(3));
    let (code, report) = run(data, &["verify"]);
    assert_eq!((code, &report["ok"]), (Some(0), &Value::Bool(true)));
    let (code, paused) = run(data, &["pause", "support-triage", "--reason", "a test"]);
    assert_eq!(code, Some(0));
    assert_eq!(paused["paused"]["reason"], "a test");
    assert_eq!(
        run(data, &["pause", "support-triage"]).0,
        Some(3),
        "already paused"
    );
    assert_eq!(run(data, &["resume", "support-triage"]).0, Some(0));
}

#[test]
fn exported_configuration_applies_again_without_a_change() {
    let demo = Demo::start();
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("config");
    let (code, _) = run(
        demo.folder.path(),
        &["export", "--config", folder.to_str().unwrap()],
    );
    assert_eq!(code, Some(0));
    let checked = Command::new(BINARY)
        .arg("check")
        .arg(&folder)
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stdout)
    );
    let (code, answer) = run(demo.folder.path(), &["apply", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert_eq!(answer["changes"], serde_json::json!([]));
}

#[test]
fn wrong_usage_and_nothing_there_have_their_own_exit_codes() {
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(run(empty.path(), &["actions", "nonsense"]).0, Some(2));
    let none = empty.path().join("none");
    for reading in [
        &["verify"][..],
        &["actions", "list"],
        &["systems", "list"],
        &["users", "list"],
        &["changes", "list"],
        &["pause", "office"],
        &["agents", "add", "a", "--workflow", "office"],
    ] {
        let failed = Command::new(BINARY)
            .args(reading)
            .args(["--json", "--data"])
            .arg(&none)
            .output()
            .unwrap();
        assert_eq!(failed.status.code(), Some(4), "{reading:?}");
        let told: Value = serde_json::from_slice(&failed.stderr).unwrap();
        assert_eq!(told["error"]["code"], "unreachable", "{told}");
        assert!(!none.exists(), "{reading:?} made a folder");
    }
    let missing = Command::new(BINARY)
        .args(["check", "/no/such/folder"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(1));
}

#[test]
fn the_first_steps_work_from_nothing() {
    let empty = tempfile::tempdir().unwrap();
    let step = |args: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args(args).current_dir(empty.path());
        for name in ["LEEWAY_DATA", "LEEWAY_URL", "LEEWAY_TOKEN"] {
            command.env_remove(name);
        }
        let done = command.output().unwrap();
        let told = [&done.stdout[..], &done.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        assert!(done.status.success(), "{args:?}: {told}");
        told
    };
    let owner = "you@example.com";
    step(&[
        "init",
        "shop",
        "--template",
        "support-triage",
        "--owner",
        owner,
    ]);
    step(&["check", "shop"]);
    let told = step(&["apply", "shop"]);
    assert!(told.contains("a ledger begins in `leeway-data`"), "{told}");
    assert!(told.contains("in force"), "{told}");
    let told = step(&["apply", "shop"]);
    assert!(!told.contains("begins"), "{told}");
    step(&["agents", "add", "clerk", "--workflow", "support-triage"]);
    step(&["verify"]);
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = Command::new(BINARY)
            .args(["completions", shell])
            .output()
            .unwrap();
        assert!(
            output.status.success() && output.stdout.len() > 500,
            "{shell}"
        );
    }
}

#[test]
fn starting_a_demo_over_leaves_a_running_one_alone() {
    let demo = Demo::start();
    let data = demo.folder.path();
    let before = std::fs::read(data.join("demo.json")).unwrap();
    let second = Command::new(BINARY)
        .args(["demo", "--fresh", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(told.contains("data-folder-in-use"), "{told}");
    assert_eq!(std::fs::read(data.join("demo.json")).unwrap(), before);
    assert_eq!(run(data, &["verify"]).0, Some(0));
}
