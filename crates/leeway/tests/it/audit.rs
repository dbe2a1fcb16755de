//! `leeway audit` and `leeway measure` from outside: files in, reports and drafts out.

use crate::demo::BINARY;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn leeway(arguments: &[&str], folder: &Path) -> Output {
    Command::new(BINARY)
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("leeway runs")
}

fn tool(name: &str, arguments: &[&str]) -> Value {
    let properties: serde_json::Map<String, Value> = arguments
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
        .collect();
    json!({ "name": name, "inputSchema": { "type": "object", "properties": properties } })
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let tools = json!({ "tools": [
        tool("get_ticket", &["id"]),
        tool("update_ticket", &["id", "status"]),
        tool("reply_to_ticket", &["id", "body"]),
        tool("create_refund", &["order", "amount"]),
        tool("run_sql", &["sql"]),
    ] });
    std::fs::write(folder.path().join("desk.json"), tools.to_string()).expect("it is written");
    folder
}

#[test]
fn the_json_report_has_exactly_its_public_shape() {
    let folder = folder();
    let output = leeway(&["audit", "--tools", "desk.json", "--json"], folder.path());
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let keys = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect()
    };
    let lists = [
        "tools",
        "permissions",
        "approvals",
        "logs",
        "undo",
        "owners",
        "blockers",
    ];
    assert_eq!(keys(&report), lists);
    let tools = report["tools"].as_array().expect("a list");
    for tool in tools {
        assert_eq!(
            keys(tool),
            ["name", "effect", "level", "fields", "areas", "why"]
        );
    }
    let levels: Vec<u64> = tools
        .iter()
        .filter_map(|tool| tool["level"].as_u64())
        .collect();
    assert_eq!(levels, [5, 5, 4, 4, 1], "the riskiest first");
    assert_eq!(tools[0]["name"], "create_refund");
    assert_eq!(tools[0]["effect"], "pay");
}

#[test]
fn the_folder_written_passes_the_check_and_is_not_written_over() {
    let folder = folder();
    let out = leeway(
        &["audit", "--tools", "desk.json", "--out", "new"],
        folder.path(),
    );
    assert!(out.status.success(), "{out:?}");
    for file in [
        "report.html",
        "report.md",
        "report.json",
        "packs/desk.toml",
        "systems/desk.toml",
        "workflows/desk-draft.toml",
    ] {
        assert!(folder.path().join("new").join(file).exists(), "{file}");
    }
    let check = leeway(&["check", "new", "--json"], folder.path());
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stdout)
    );
    let checked: Value = serde_json::from_slice(&check.stdout).expect("JSON");
    assert_eq!(checked["problems"], json!([]));
    let again = leeway(
        &["audit", "--tools", "desk.json", "--out", "new"],
        folder.path(),
    );
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"));
    // With the pack just drafted nothing is guessed any more.
    let known = leeway(
        &[
            "audit",
            "--tools",
            "desk.json",
            "--pack",
            "new/packs/desk.toml",
            "--workflow",
            "new/workflows/desk-draft.toml",
            "--json",
        ],
        folder.path(),
    );
    let report: Value = serde_json::from_slice(&known.stdout).expect("JSON");
    let whys: Vec<&str> = report["tools"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|tool| tool["why"].as_str())
        .collect();
    assert!(
        whys.iter().all(|why| why.starts_with("The pack says so")),
        "{whys:?}"
    );
    assert!(report["permissions"][0]["given"].is_string());
}

#[test]
fn an_openapi_document_is_audited_as_the_tools_it_would_become() {
    let folder = folder();
    let ok = json!({ "200": { "description": "done" } });
    let document = json!({ "openapi": "3.0.3", "info": { "title": "Shop", "version": "1" },
        "servers": [{ "url": "https://shop.example.com" }], "paths": { "/refunds": {
        "get": { "operationId": "listRefunds", "responses": ok },
        "post": { "operationId": "createRefund", "responses": ok } } } });
    std::fs::write(folder.path().join("shop.json"), document.to_string()).expect("it is written");
    let output = leeway(
        &["audit", "--openapi", "shop.json", "--out", "shop", "--json"],
        folder.path(),
    );
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let tools = report["tools"].as_array().expect("a list").iter();
    let seen: Vec<_> = tools
        .map(|tool| (tool["name"].as_str(), tool["level"].as_u64()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some("createRefund"), Some(5)),
            (Some("listRefunds"), Some(1))
        ]
    );
    let check = leeway(&["check", "shop", "--json"], folder.path());
    let checked = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.success(), "{checked}");
    let wrong = leeway(&["audit", "--openapi", "desk.json"], folder.path());
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("desk.json"));
}

#[test]
fn what_is_no_list_of_tools_is_said_plainly() {
    let folder = folder();
    std::fs::write(folder.path().join("wrong.json"), "{\"tools\": 3}").expect("it is written");
    let wrong = leeway(&["audit", "--tools", "wrong.json"], folder.path());
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("holds no tools"));
    let missing = leeway(&["audit", "--tools", "absent.json"], folder.path());
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot read `absent.json`"));
    assert_eq!(leeway(&["audit"], folder.path()).status.code(), Some(2));
    let dead = leeway(&["audit", "--mcp", "false"], folder.path());
    assert_eq!(dead.status.code(), Some(1));
    let said = String::from_utf8_lossy(&dead.stderr);
    assert!(
        said.contains("`false` did not start an MCP session: it ended before it answered"),
        "{said}"
    );
}

#[test]
fn measuring_fails_when_a_guess_is_too_low() {
    let folder = folder();
    let labels = |level: u8| {
        json!({ "desk": [{ "tool": "get_ticket", "effect": "read", "level": level }] }).to_string()
    };
    for (level, code) in [(1, 0), (4, 1)] {
        std::fs::write(folder.path().join("labels.json"), labels(level)).expect("it is written");
        let output = leeway(
            &["measure", "labels.json", "desk.json", "--json"],
            folder.path(),
        );
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let measured: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(measured["total"]["under"], u8::from(level == 4));
    }
}
