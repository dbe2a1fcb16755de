//! A load program over a real ledger on disk: appends alone, together and at a steady pace, pages of
//! the timeline, opening, verifying. Prints figures; decides nothing.
//!
//! `cargo bench -p leeway-store --bench ledger -- [actions]` fills the ledger with so many actions
//! (1,000,000 unless told).

use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::state::Status;
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::{
    BeforeImage, Classified, Effect, FieldChange, Level, RecordRef, UndoPlan,
};
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use leeway_core::ledger::event::Event;
use leeway_store::{ActionFilter, Append, NewEntry, Precondition, Store};
use serde_json::json;
use std::io::Write;
use std::time::Duration;
use tokio::time::Instant;

fn judged(n: u64) -> Judged {
    let verdict = match n % 10 {
        0 => Verdict::Hold,
        1 => Verdict::Block,
        _ => Verdict::Allow,
    };
    let level = Level::try_from((n % 5) as u8 + 1).expect("a level");
    Judged {
        revision: 1,
        cause: Cause::Proposed,
        call: Call {
            workflow: format!("workflow-{}", n % 6),
            agent: format!("agent {}", n % 12),
            system: "crm".into(),
            tool: "update_contact".into(),
            arguments: json!({"id": format!("c-{}", n % 5000), "fields": {"phone": format!("+44 20 {n}"), "city": "Graz"}}),
            inputs: None,
        },
        claim: Claim {
            confidence: Some(0.9),
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
            level,
            record: Some(RecordRef { system: "crm".into(), record_type: "contact".into(), id: format!("c-{}", n % 5000) }),
            areas: [].into(),
            changes: vec![FieldChange {
                record: None,
                field: "phone".into(),
                old: json!(""),
                new: json!(format!("+44 20 {n}")),
                old_known: true,
                critical: false,
            }],
            amount_cents: None,
            currency: None,
            message: None,
            decoded: Vec::new(),
            amount_expected: false,
            undo: UndoPlan::Exact {
                tool: "update_contact".into(),
                arguments: Some(json!({"id": "c-1", "fields": {"phone": ""}})),
                summary: "Sets the changed fields back to what they were.".into(),
            },
            sensitive: [].into(),
            guards: Vec::new(),
            why: vec!["`phone` is blank now and not critical.".into()],
            accounts: [].into(),
            unknowns: vec![],
        },
        facts: Facts { now_ms: 1_700_000_000_000, ..Facts::default() },
        decision: Decision {
            approvals: 1,
            verdict,
            reasons: vec![Reason { rule: "within-grant".into(), verdict, text: "A low-risk update is granted.".into() }],
        },
        versions: Versions { rules: Some("a".repeat(64)), pack: Some("b".repeat(64)), tool: Some("c".repeat(64)), prompt: None, ..Versions::default() },
        expires_ms: (verdict == Verdict::Hold).then_some(1_900_000_000_000),
        content_hash: "d".repeat(64),
        sealed: false,
        idempotency_key: None,
        twin_hash: format!("{n:064x}"),
        readings: vec![],
    }
}

fn proposal(n: u64) -> Append {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    let time_ms = 1_700_000_000_000 + n as i64;
    let judged = judged(n);
    let twin_hash = judged.twin_hash.clone();
    Append {
        entries: vec![NewEntry {
            stream: format!("action/{}", ActionId::new(time_ms, random)),
            actor: "agent:clerk".into(),
            time_ms,
            event: Event::Action(ActionEvent::Judged(Box::new(judged))),
        }],
        preconditions: vec![Precondition::NoHeldTwin { twin_hash }],
        side: vec![],
    }
}

fn quantiles(mut took: Vec<Duration>) -> String {
    took.sort();
    let at = |q: f64| took[((took.len() - 1) as f64 * q) as usize].as_secs_f64() * 1000.0;
    format!(
        "p50 {:.3} ms, p99 {:.3} ms, max {:.3} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    )
}

/// What the disk itself takes: a write and fdatasync of an entry's size.
fn baseline(folder: &std::path::Path) {
    let mut file = std::fs::File::create(folder.join("baseline")).expect("a file");
    let took = (0..500)
        .map(|_| {
            let began = Instant::now();
            file.write_all(&[7; 4096]).expect("writes");
            file.sync_data().expect("syncs");
            began.elapsed()
        })
        .collect();
    println!(
        "baseline: write and fdatasync of 4 KiB: {}",
        quantiles(took)
    );
}

async fn together(store: &Store, clients: u64, each: u64, from: u64) -> u64 {
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let store = store.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    store
                        .append(proposal(from + client * each + n))
                        .await
                        .expect("appends");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("runs");
    }
    let count = clients * each;
    let rate = count as f64 / began.elapsed().as_secs_f64();
    println!("{clients} at once: {rate:.0} proposals/s");
    from + count
}

async fn paced(store: &Store, rate: u32, seconds: u32, from: u64) -> u64 {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut tasks = Vec::new();
    for n in 0..u64::from(rate * seconds) {
        ticks.tick().await;
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            let began = Instant::now();
            store.append(proposal(from + n)).await.expect("appends");
            began.elapsed()
        }));
    }
    let mut took = Vec::new();
    for task in tasks {
        took.push(task.await.expect("runs"));
    }
    println!("{rate}/s: {}", quantiles(took));
    from + u64::from(rate * seconds)
}

async fn fill(store: &Store, from: u64, to: u64) {
    const BATCH: u64 = 200;
    let mut n = from;
    while n < to {
        let mut batch = Append::default();
        for n in n..(n + BATCH).min(to) {
            batch.entries.extend(proposal(n).entries);
        }
        store.append(batch).await.expect("appends");
        n += BATCH;
    }
}

fn pages(store: &Store) {
    let filters = [
        ("all", ActionFilter::default()),
        (
            "workflow",
            ActionFilter {
                workflow: Some("workflow-3".into()),
                ..ActionFilter::default()
            },
        ),
        (
            "status",
            ActionFilter {
                status: vec![Status::Blocked],
                ..ActionFilter::default()
            },
        ),
        (
            "workflow and status",
            ActionFilter {
                workflow: Some("workflow-3".into()),
                status: vec![Status::Blocked],
                ..ActionFilter::default()
            },
        ),
        (
            "level",
            ActionFilter {
                level: Some(4),
                ..ActionFilter::default()
            },
        ),
        (
            "record",
            ActionFilter {
                record: Some("c-42".into()),
                ..ActionFilter::default()
            },
        ),
        (
            "words",
            ActionFilter {
                q: Some("44 20 123456".into()),
                ..ActionFilter::default()
            },
        ),
    ];
    let reader = store.reader().expect("reads");
    for (name, filter) in filters {
        let mut cursor = None;
        let took = (0..200)
            .map(|_| {
                let began = Instant::now();
                let page = reader.actions(&filter, cursor, 50).expect("a page");
                let took = began.elapsed();
                cursor = page.next;
                took
            })
            .collect();
        println!("page of 50, {name}: {}", quantiles(took));
    }
}

fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let actions: u64 = std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir_in(".").expect("a folder");
    baseline(folder.path());
    let store = Store::open(folder.path()).expect("opens");
    let mut n = together(&store, 1, 2_000, 0).await;
    n = together(&store, 64, 1_000, n).await;
    n = paced(&store, 1_000, 5, n).await;
    let began = Instant::now();
    fill(&store, n, actions).await;
    println!(
        "filled to {actions} actions in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    pages(&store);
    drop(store);
    let began = Instant::now();
    let store = Store::open(folder.path()).expect("opens");
    let counts = store.reader().expect("reads").counts(None).expect("counts");
    println!(
        "open with {} actions: {:.3} s, {} MiB resident",
        counts.total,
        began.elapsed().as_secs_f64(),
        memory_mib()
    );
    let began = Instant::now();
    let report = store
        .reader()
        .expect("reads")
        .verify(|_| {})
        .expect("verifies");
    assert!(report.ok(), "{report:?}");
    let took = began.elapsed().as_secs_f64();
    println!(
        "verify: {} entries in {took:.2} s, {:.0} entries/s",
        report.entries,
        report.entries as f64 / took
    );
    let began = Instant::now();
    let derived = store
        .reader()
        .expect("reads")
        .verify_derived()
        .expect("verifies");
    assert_eq!(derived.first_bad, None);
    let took = began.elapsed().as_secs_f64();
    println!(
        "verify what is derived: {} streams of {} entries in {took:.2} s, {:.0} entries/s",
        derived.streams,
        report.entries,
        report.entries as f64 / took
    );
}
