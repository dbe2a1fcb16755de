//! A load program: how long the pages of reviews and evidence take over a ledger of many reviewed actions, and
//! over one of few, in the same run. Prints figures; decides nothing. `LEEWAY_BENCH_REVIEWS` is how many
//! (1,000,000), spread over a year.

use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome};
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::{
    BeforeImage, Classified, Effect, FieldChange, Level, RecordRef, UndoPlan,
};
use leeway_core::earn::review::{Because, Drawn, Given, ReviewEvent, ReviewState};
use leeway_core::earn::stage::{Anew, Observed, StageEvent};
use leeway_core::earn::state::StageState;
use leeway_core::earn::verdict::{How, Severity, Verdict as Says};
use leeway_core::earn::versions::EvidenceVersions;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, NewEntry, Store};
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_leeway");
const YEAR_MS: i64 = 365 * 24 * 3600 * 1000;
const FEW: u64 = 1_000;
const BATCH: u64 = 250;
const OPEN: u64 = 200;
const LOOKS: usize = 200;
const TOOL: &str = "sandbox__add_contact_tag";
const WORKFLOW: &str = r#"
name = "load"
title = "Load"
owner = "owner@example.com"
confidence_threshold = 0.5
responsibility = "crm-field-updates"
[grants]
sandbox__get_contact = "read"
sandbox__add_contact_tag = "update"
[roi]
manual_minutes = 4
hourly_wage = 30
"#;
const PAGES: [&str; 10] = [
    "/reviews",
    "/reviews?state=done",
    "/workflows/load/evidence",
    "/workflows/load/evidence/sandbox__add_contact_tag",
    "/workflows/load/confidence",
    "/workflows/load/roi",
    "/workflows/load/rollout",
    "/reviewers",
    "/desk",
    "/report",
];

fn id(n: u64, time_ms: i64) -> ActionId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    ActionId::new(time_ms, random)
}

fn judged(n: u64, now_ms: i64) -> Judged {
    let record = format!("c-{}", 101 + n % 12);
    Judged {
        revision: 1,
        cause: Cause::Proposed,
        call: Call {
            workflow: "load".into(),
            agent: format!("agent {}", n % 5),
            system: "sandbox".into(),
            tool: "add_contact_tag".into(),
            arguments: json!({ "id": record, "tag": format!("tag {n}") }),
            inputs: None,
        },
        claim: Claim {
            confidence: Some(0.8 + 0.01 * (n % 20) as f64),
            reason: Some("The order history says so.".into()),
            ..Claim::default()
        },
        before: BeforeImage::Read {
            fields: json!({ "name": "Ada Marsh", "tags": ["hospitality"] })
                .as_object()
                .cloned()
                .expect("an object"),
            version: Some("7".into()),
            id: None,
        },
        classified: Classified {
            effect: Effect::Update,
            level: Level::LowRisk,
            record: Some(RecordRef {
                system: "sandbox".into(),
                record_type: "contact".into(),
                id: record,
            }),
            areas: [].into(),
            changes: vec![FieldChange {
                record: None,
                field: "tags".into(),
                old: json!(["hospitality"]),
                new: json!(["hospitality", format!("tag {n}")]),
                old_known: true,
                critical: false,
            }],
            amount_cents: None,
            currency: None,
            message: None,
            decoded: Vec::new(),
            amount_expected: false,
            undo: UndoPlan::None {
                why: "of the load".into(),
            },
            sensitive: [].into(),
            guards: Vec::new(),
            why: vec!["It adds a tag.".into()],
            accounts: [].into(),
            unknowns: vec![],
        },
        facts: Facts {
            now_ms,
            ..Facts::default()
        },
        decision: Decision {
            approvals: 1,
            verdict: Verdict::Allow,
            reasons: vec![Reason {
                rule: "within-grant".into(),
                verdict: Verdict::Allow,
                text: "A low-risk update is granted.".into(),
            }],
        },
        versions: Versions::default(),
        expires_ms: None,
        content_hash: "d".repeat(64),
        sealed: false,
        idempotency_key: None,
        twin_hash: format!("{n:064x}"),
        readings: vec![],
    }
}

/// The entries of one action that ran alone and was reviewed.
fn entries(n: u64, time_ms: i64, open: bool) -> Vec<NewEntry> {
    let id = id(n, time_ms);
    let entry = |stream: String, event: Event| NewEntry {
        stream,
        actor: "leeway".into(),
        time_ms,
        event,
    };
    let action = |event| entry(format!("action/{id}"), Event::Action(event));
    let review = |event| {
        entry(
            ReviewState::stream(&id),
            Event::Govern(GovernEvent::Review(event)),
        )
    };
    let wrong = n.is_multiple_of(41);
    let finished = Finished {
        result: Some(json!({ "ok": true })),
        ..Finished::bare(Outcome::Executed, "Done.".into())
    };
    let drawn = Drawn {
        shows: id.clone(),
        workflow: "load".into(),
        tool: TOOL.into(),
        agent: format!("agent {}", n % 5),
        responsibility: Responsibility::CrmFieldUpdates,
        because: Because::Continuous,
        lot: None,
        seed: None,
        share: 1.0,
        due_ms: time_ms + 10 * YEAR_MS,
        looks: 1,
    };
    let mut entries = vec![
        action(ActionEvent::Judged(Box::new(judged(n, time_ms)))),
        action(ActionEvent::Started {
            idempotency_key: id.to_string(),
            readings: vec![],
        }),
        action(ActionEvent::Finished(finished)),
        review(ReviewEvent::Drawn(Box::new(drawn))),
    ];
    if open {
        return entries;
    }
    let verdict = if wrong { Says::Wrong } else { Says::Right };
    let severity = wrong.then_some(Severity::Minor);
    entries.push(review(ReviewEvent::Judged(Given {
        by: "owner@example.com".into(),
        verdict,
        severity,
        pattern: wrong.then(|| "wrong value".into()),
        note: None,
        took_ms: Some(9_000 + (n % 40) as i64 * 1_000),
        solo: false,
    })));
    let observed = Observed {
        action: id.clone(),
        agent: format!("agent {}", n % 5),
        how: How::Reviewed,
        verdict,
        before: None,
        confidence: Some(0.8 + 0.01 * (n % 20) as f64),
        severity,
        pattern: wrong.then(|| "wrong value".into()),
        edited_share: None,
        pair: None,
        counts: true,
    };
    let stage = Event::Govern(GovernEvent::Stage(StageEvent::Observed(observed)));
    entries.push(entry(StageState::stream("load", TOOL), stage));
    entries
}

/// Fills a folder with so many reviewed actions, spread over the year that ends now.
#[expect(
    clippy::disallowed_methods,
    reason = "a load program has no clock to be given"
)]
fn fill(data: &Path, many: u64) {
    let store = Store::open(data).expect("opens");
    let now_ms = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time")
        .as_millis() as i64;
    let from_ms = now_ms - YEAR_MS;
    let began = StageEvent::Began {
        because: Anew::First,
        versions: EvidenceVersions::default(),
        changed: vec![],
        since_ms: from_ms,
        seed: "5eed".into(),
    };
    let mut waiting = vec![NewEntry {
        stream: StageState::stream("load", TOOL),
        actor: "leeway".into(),
        time_ms: from_ms,
        event: Event::Govern(GovernEvent::Stage(began)),
    }];
    for n in 0..many + OPEN {
        let time_ms = from_ms + (YEAR_MS as f64 * (n as f64 / (many + OPEN) as f64)) as i64;
        waiting.extend(entries(n, time_ms, n >= many));
        if n % BATCH == BATCH - 1 || n == many + OPEN - 1 {
            let append = Append {
                entries: std::mem::take(&mut waiting),
                ..Append::default()
            };
            store.append_blocking(append).expect("appends");
        }
    }
}

struct Server {
    child: Child,
    base: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(folder: &Path, data: &Path) -> Server {
    let config = folder.join("config");
    for part in ["systems", "packs", "workflows"] {
        std::fs::create_dir_all(config.join(part)).expect("a folder");
    }
    let system = format!(
        "name = \"sandbox\"\ntitle = \"Sandbox\"\npack = \"sandbox\"\ncommand = \"{BINARY}\"\nargs = [\"sandbox\", \"--state\", \"{}\"]\n",
        folder.join("sandbox.json").display()
    );
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/sandbox.toml");
    std::fs::copy(pack, config.join("packs/sandbox.toml")).expect("a pack");
    for (file, text) in [
        ("leeway.toml", "name = \"Load\"\n"),
        ("systems/sandbox.toml", system.as_str()),
        ("workflows/load.toml", WORKFLOW),
    ] {
        std::fs::write(config.join(file), text).expect("written");
    }
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .arg("--config")
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    let mut said = std::io::BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    while !line.starts_with("Leeway listens on ") {
        line.clear();
        said.read_line(&mut line).expect("says where it listens");
    }
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    let mut adding = Command::new(BINARY)
        .args([
            "users",
            "add",
            "owner@example.com",
            "--role",
            "owner",
            "--password-stdin",
            "--data",
        ])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("runs");
    let mut asked = adding.stdin.take().expect("piped");
    asked.write_all(b"a long enough password\n").expect("asked");
    drop(asked);
    assert!(adding.wait().expect("runs").success());
    Server {
        child,
        base: line.split_whitespace().last().expect("a url").to_owned(),
    }
}

async fn measure(folder: &Path, many: u64) -> Vec<[f64; 2]> {
    let data = folder.join("data");
    let began = Instant::now();
    let filling = data.clone();
    let filled = tokio::task::spawn_blocking(move || fill(&filling, many));
    filled.await.expect("filled");
    println!(
        "{many} reviewed actions recorded in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    let server = start(folder, &data);
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let form = "email=owner%40example.com&password=a+long+enough+password&next=%2Finbox";
    let signed = http
        .post(format!("{}/sign-in", server.base))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", &server.base)
        .body(form)
        .send()
        .await
        .expect("answers");
    let cookie = signed.headers().get("set-cookie").expect("signed in");
    let cookie = cookie
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("a cookie")
        .to_owned();
    let mut found = Vec::new();
    for page in PAGES {
        let mut took: Vec<Duration> = Vec::with_capacity(LOOKS);
        for _ in 0..LOOKS {
            let began = Instant::now();
            let answer = http
                .get(format!("{}{page}", server.base))
                .header("cookie", &cookie)
                .send()
                .await
                .expect("answers");
            assert!(answer.status().is_success(), "{page}: {}", answer.status());
            answer.bytes().await.expect("a body");
            took.push(began.elapsed());
        }
        took.sort();
        let at = |q: f64| took[((took.len() - 1) as f64 * q) as usize].as_secs_f64() * 1000.0;
        found.push([at(0.5), at(0.99)]);
    }
    found
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let many = std::env::var("LEEWAY_BENCH_REVIEWS").ok();
    let many: u64 = many.and_then(|many| many.parse().ok()).unwrap_or(1_000_000);
    let (small, large) = (
        tempfile::tempdir_in(".").expect("a folder"),
        tempfile::tempdir_in(".").expect("a folder"),
    );
    let few = measure(small.path(), FEW).await;
    let all = measure(large.path(), many).await;
    println!("page: p50, p99 over {FEW}; p50, p99 over {many} reviewed actions (ms)");
    for ((page, few), all) in PAGES.iter().zip(few).zip(all) {
        println!(
            "{page}: {:.1}, {:.1}; {:.1}, {:.1}",
            few[0], few[1], all[0], all[1]
        );
    }
}
