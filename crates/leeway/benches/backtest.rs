//! A load program over the real binary: replaying a workflow's past under another rule. Prints
//! figures; decides nothing.
//!
//! `cargo bench -p leeway --bench backtest -- [actions]` replays so many actions (1,000,000 unless
//! told).

use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::{
    BeforeImage, Classified, Effect, FieldChange, Level, RecordRef, UndoPlan,
};
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, NewEntry, Store};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tokio::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_leeway");
const WORKFLOW: &str = "crm-clean-up";
const RULE: &str = "
[[guardrail]]
id = \"phones-wait\"
text = \"Phone numbers wait for a person.\"
then = \"hold\"
when = { fields = [\"phone\"], rate = { more_than = 3, per_s = 3600, of = \"record\" } }
";

fn judged(n: u64, now_ms: i64) -> Judged {
    let verdict = if n.is_multiple_of(10) {
        Verdict::Hold
    } else {
        Verdict::Allow
    };
    let record = format!("c-{}", n % 5_000);
    Judged {
        revision: 1,
        cause: Cause::Proposed,
        call: Call {
            workflow: WORKFLOW.into(),
            agent: format!("agent {}", n % 12),
            system: "sandbox".into(),
            tool: "update_contact".into(),
            arguments: json!({"id": record, "fields": {"phone": format!("+44 20 {n}")}}),
            inputs: None,
        },
        claim: Claim {
            confidence: Some(if verdict == Verdict::Hold { 0.5 } else { 0.95 }),
            reason: Some("The signature of the last mail gives another number than the record.".into()),
            ..Claim::default()
        },
        before: BeforeImage::Read {
            fields: json!({"phone": "", "city": "Graz", "name": "Ada Marsh", "owner": "ann@example.com", "notes": "met at the fair"})
                .as_object()
                .cloned()
                .expect("an object"),
            version: Some("7".into()),
            id: None,
        },
        classified: Classified {
            effect: Effect::Update,
            level: Level::LowRisk,
            record: Some(RecordRef { system: "sandbox".into(), record_type: "contact".into(), id: record }),
            changes: vec![FieldChange {
                field: "phone".into(),
                old: json!(""),
                new: json!(format!("+44 20 {n}")),
                old_known: true,
                critical: false,
                record: None,
            }],
            why: vec!["`phone` is blank now and not critical.".into()],
            ..plain()
        },
        facts: Facts { now_ms, ..Facts::default() },
        decision: Decision {
            verdict,
            reasons: vec![Reason { rule: "within-grant".into(), verdict, text: "A low-risk update is granted.".into() }],
            approvals: 1,
        },
        versions: Versions { rules: Some("a".repeat(64)), pack: Some("b".repeat(64)), ..Versions::default() },
        expires_ms: (verdict == Verdict::Hold).then_some(now_ms + 3_600_000),
        content_hash: "d".repeat(64),
        sealed: false,
        idempotency_key: None,
        twin_hash: format!("{n:064x}"),
        readings: vec![],
    }
}

fn plain() -> Classified {
    Classified {
        effect: Effect::Read,
        level: Level::ReadOnly,
        record: None,
        areas: [].into(),
        changes: vec![],
        amount_cents: None,
        currency: None,
        message: None,
        decoded: Vec::new(),
        amount_expected: false,
        undo: UndoPlan::None {
            why: "a benchmark".into(),
        },
        sensitive: [].into(),
        guards: vec![],
        why: vec![],
        accounts: [].into(),
        unknowns: vec![],
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the past that is replayed ends now"
)]
fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Twenty days of actions, evenly spread, that end now.
fn fill(data: &Path, actions: u64) {
    const BATCH: u64 = 500;
    let from_ms = now_ms() - 20 * 24 * 3600 * 1000;
    let step_ms = 20.0 * 24.0 * 3600.0 * 1000.0 / actions as f64;
    let store = Store::open(data).expect("opens");
    let mut n = 0;
    while n < actions {
        let entries = (n..(n + BATCH).min(actions)).map(|n| {
            let time_ms = from_ms + (n as f64 * step_ms) as i64;
            let mut random = [0; 10];
            random[2..].copy_from_slice(&n.to_be_bytes());
            NewEntry {
                stream: format!("action/{}", ActionId::new(time_ms, random)),
                actor: "agent:clerk".into(),
                time_ms,
                event: Event::Action(ActionEvent::Judged(Box::new(judged(n, time_ms)))),
            }
        });
        let append = Append {
            entries: entries.collect(),
            ..Append::default()
        };
        store.append_blocking(append).expect("appends");
        n += BATCH;
    }
}

fn leeway(arguments: &[&str], data: &Path) -> Value {
    let done = Command::new(BINARY)
        .args(arguments)
        .arg("--json")
        .env("LEEWAY_DATA", data)
        .output()
        .expect("runs");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
}

fn main() {
    let actions: u64 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let (config, data) = (folder.path().join("config"), folder.path().join("data"));
    let dir = config.to_str().expect("a path");
    // Filled before anything is configured, so that time only goes on.
    fill(&data, actions);
    leeway(&["init", dir, "--template", WORKFLOW], &data);
    leeway(&["apply", dir], &data);
    let file = config.join(format!("workflows/{WORKFLOW}.toml"));
    let text = std::fs::read_to_string(&file).expect("a workflow");
    std::fs::write(&file, format!("{text}{RULE}")).expect("writes");
    let began = Instant::now();
    let found = leeway(&["backtest", dir, "--days", "30"], &data);
    let took = began.elapsed().as_secs_f64();
    let found = &found["backtests"][0];
    assert_eq!(found["actions"], actions);
    println!(
        "replayed {actions} actions in {took:.2} s, {:.0} a second",
        actions as f64 / took
    );
    println!("{}", found["sentence"].as_str().unwrap_or_default());
}
