//! The sandbox behaves like a business system: over MCP, and across crashes.

use super::server::Sandbox;
use super::store::Store;
use super::tools;
use crate::clock::Clock;
use leeway_core::classify::Effect;
use leeway_core::classify::account::complete::gaps;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::RunningService;
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

fn open(folder: &Path) -> Sandbox {
    let store = Store::open(folder.join("state.json")).expect("opens");
    Sandbox::new(store, Clock::system()).expect("schemas are valid")
}

fn arguments(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

fn call(sandbox: &Sandbox, tool: &str, value: Value) -> Result<Value, String> {
    sandbox.call(tool, arguments(value))
}

async fn connect(sandbox: Sandbox) -> RunningService<RoleClient, ()> {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let running = sandbox.serve(theirs).await.expect("serves");
        running.waiting().await
    });
    ().serve(ours).await.expect("connects")
}

async fn over_mcp(
    client: &RunningService<RoleClient, ()>,
    tool: &'static str,
    value: Value,
) -> CallToolResult {
    client
        .call_tool(CallToolRequestParams::new(tool).with_arguments(arguments(value)))
        .await
        .expect("answers")
}

#[test]
fn the_pack_accounts_for_every_declared_argument() {
    let pack = Pack::parse(crate::templates::SANDBOX_PACK).expect("a pack");
    let pack = CompiledPack::compile(pack).expect("compiles");
    for tool in tools::all() {
        let found = gaps(&pack.tools[tool.name], &tool.input);
        assert!(found.is_empty(), "{}: {found:?}", tool.name);
    }
}

#[tokio::test]
async fn speaks_mcp() {
    let folder = tempfile::tempdir().expect("a folder");
    let client = connect(open(folder.path())).await;

    let listed = client.list_all_tools().await.expect("lists");
    assert_eq!(listed.len(), tools::all().len());
    for tool in &listed {
        assert_eq!(
            tool.input_schema["additionalProperties"],
            json!(false),
            "{}",
            tool.name
        );
    }

    let read = over_mcp(&client, "get_contact", json!({ "id": "c-101" })).await;
    let record = read.structured_content.expect("structured");
    assert_eq!(record["name"], "Elena Marsh");
    let text = read.content[0].as_text().expect("text").text.clone();
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), record);

    let wrong = over_mcp(&client, "get_contact", json!({ "id": "c-99" })).await;
    assert_eq!(wrong.is_error, Some(true));
    assert_eq!(
        wrong.content[0].as_text().expect("text").text,
        "no contact `c-99`"
    );

    let extra = over_mcp(&client, "get_contact", json!({ "id": "c-101", "x": 1 })).await;
    assert_eq!(extra.is_error, Some(true));
    client.cancel().await.expect("closes");
}

#[test]
fn the_seed_is_a_business_and_always_the_same() {
    let (one, two) = (super::seed::books(), super::seed::books());
    let books = one.expect("a seed");
    assert_eq!(Ok(&books), two.as_ref());
    let count = |collection| books.all(collection).count();
    assert_eq!(
        [
            "contacts",
            "accounts",
            "tickets",
            "invoices",
            "documents",
            "extractions",
            "proposals"
        ]
        .map(count),
        [25, 12, 20, 15, 12, 12, 3]
    );
    for contact in books.all("contacts") {
        if let Some(account) = contact["account_id"].as_str() {
            books
                .get("accounts", account)
                .expect("the contact's account exists");
        }
    }
    for ticket in books.all("tickets") {
        let contact = ticket["contact_id"].as_str().expect("a contact");
        books
            .get("contacts", contact)
            .expect("the ticket's contact exists");
    }
}

#[test]
fn every_write_counts_the_version_up_and_survives_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = open(folder.path());
    let phone = json!({ "id": "c-101", "fields": { "phone": "+44 117 496 0101" } });
    assert_eq!(
        call(&sandbox, "update_contact", phone).expect("updates")["version"],
        2
    );
    let tagged = json!({ "id": "c-101", "tag": "vip" });
    assert_eq!(
        call(&sandbox, "add_contact_tag", tagged.clone()).expect("tags")["version"],
        3
    );
    let twice = call(&sandbox, "add_contact_tag", tagged).expect("tags");
    assert_eq!(twice["tags"], json!(["hospitality", "vip"]));
    drop(sandbox);

    let again = open(folder.path());
    let record = call(&again, "get_contact", json!({ "id": "c-101" })).expect("reads");
    assert_eq!(record, twice);
}

#[test]
fn a_merge_fills_blanks_and_the_duplicate_can_be_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = open(folder.path());
    let mut duplicate = call(&sandbox, "get_contact", json!({ "id": "c-104" })).expect("reads");
    let merge = json!({ "keep_id": "c-103", "merge_id": "c-104" });
    let kept = call(&sandbox, "merge_contacts", merge).expect("merges");
    assert_eq!(kept["phone"], "+44 113 496 0104");
    assert_eq!(kept["email"], "greta.halvorsen@nordkitchens.example");
    assert_eq!(kept["tags"], json!(["expo-2026", "web-form"]));
    assert_eq!(
        call(&sandbox, "get_contact", json!({ "id": "c-104" })),
        Err("no contact `c-104`".to_owned())
    );

    duplicate
        .as_object_mut()
        .expect("a record")
        .remove("version");
    let restore = json!({ "contact": duplicate });
    call(&sandbox, "restore_contact", restore.clone()).expect("restores");
    let twice = call(&sandbox, "restore_contact", restore);
    assert_eq!(twice, Err("contact `c-104` exists already".to_owned()));
    let itself = json!({ "keep_id": "c-103", "merge_id": "c-103" });
    assert!(call(&sandbox, "merge_contacts", itself).is_err());
}

#[test]
fn a_refund_above_the_invoice_goes_through_and_mail_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = open(folder.path());
    let refund =
        json!({ "invoice_id": "inv-2012", "amount_cents": 999_900, "reason": "broken seals" });
    call(&sandbox, "create_refund", refund).expect("pays");
    let invoice = call(&sandbox, "get_invoice", json!({ "id": "inv-2012" })).expect("reads");
    assert_eq!(invoice["refunded_cents"], 999_900);

    call(
        &sandbox,
        "reply_to_ticket",
        json!({ "ticket_id": "t-502", "text": "Yes." }),
    )
    .expect("replies");
    let outbox = call(&sandbox, "get_outbox", json!({})).expect("reads");
    assert_eq!(outbox["items"][0]["to"], "jonas.becker@oseicafes.example");
}

#[test]
fn a_failed_write_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = open(folder.path());
    let blocked = folder.path().join("state.tmp");
    std::fs::create_dir(&blocked).expect("a folder in the way");
    let tag = json!({ "id": "c-101", "tag": "vip" });
    let refused = call(&sandbox, "add_contact_tag", tag.clone()).expect_err("cannot write");
    assert!(refused.starts_with("nothing was changed"), "{refused}");
    let record = call(&sandbox, "get_contact", json!({ "id": "c-101" })).expect("reads");
    assert_eq!(record["version"], 1);

    std::fs::remove_dir(&blocked).expect("out of the way");
    call(&sandbox, "add_contact_tag", tag).expect("writes again");
}

#[test]
fn a_crash_in_the_middle_of_a_write_leaves_the_last_state() {
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = open(folder.path());
    call(
        &sandbox,
        "add_contact_tag",
        json!({ "id": "c-101", "tag": "vip" }),
    )
    .expect("tags");
    drop(sandbox);
    std::fs::write(
        folder.path().join("state.tmp"),
        b"{\"collections\":{\"conta",
    )
    .expect("half a file");
    let record = call(
        &open(folder.path()),
        "get_contact",
        json!({ "id": "c-101" }),
    )
    .expect("reads");
    assert_eq!(record["version"], 2);
}

#[test]
fn damaged_state_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.json");
    std::fs::write(&path, b"not JSON").expect("writes");
    let error = Store::open(path.clone()).err().expect("refuses");
    assert!(
        error.to_string().contains("is not a sandbox's state"),
        "{error}"
    );
    assert_eq!(std::fs::read(&path).expect("still there"), b"not JSON");
}

#[test]
fn the_pack_speaks_of_every_tool_and_of_no_other() {
    let pack: Pack =
        toml::from_str(include_str!("../../../../packs/sandbox.toml")).expect("a pack");
    let tools = tools::all();
    let names: BTreeSet<&str> = tools.iter().map(|tool| tool.name).collect();
    let known: BTreeSet<&str> = pack.tools.keys().map(String::as_str).collect();
    assert_eq!(names, known);
    for tool in &tools {
        let entry = &pack.tools[tool.name];
        let reads = matches!(tool.act, tools::Act::Read(_));
        assert_eq!(entry.effect == Effect::Read, reads, "{}", tool.name);
        assert_eq!(entry.undo.is_none(), reads, "{}", tool.name);
        if let Some(read) = &entry.read {
            assert_eq!(pack.tools[&read.tool].effect, Effect::Read, "{}", tool.name);
        }
    }
}
