//! A load program over the real binary: how long a pause takes from the click to its answer while agents call
//! without a break, and how long taking many actions back takes, with the server's memory before and at its
//! most. Prints figures; decides nothing. `LEEWAY_BENCH_UNDOS` is how many (10,000).

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_leeway");
const AGENTS: usize = 32;
const PAUSES: usize = 50;
const CONTACTS: usize = 12;
const WORKFLOW: &str = r#"
name = "load"
title = "Load"
owner = "owner@example.com"
confidence_threshold = 0.5
[grants]
sandbox__get_contact = "read"
sandbox__update_contact = "high-impact"
"#;

/// The server over a folder of its own.
struct Server {
    child: Child,
    data: PathBuf,
    base: String,
    http: reqwest::Client,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let (config, data) = (folder.join("config"), folder.join("data"));
        for part in ["systems", "packs", "workflows"] {
            std::fs::create_dir_all(config.join(part)).expect("a folder");
        }
        let state = folder.join("sandbox.json");
        let system = format!(
            "name = \"sandbox\"\ntitle = \"Sandbox\"\npack = \"sandbox\"\ncommand = \"{BINARY}\"\nargs = [\"sandbox\", \"--state\", \"{}\"]\n",
            state.display()
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
            .arg(&data)
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
            std::io::BufRead::read_line(&mut said, &mut line).expect("says where it listens");
        }
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let base = line.split_whitespace().last().expect("a url").to_owned();
        Self {
            child,
            data,
            base,
            http: reqwest::Client::new(),
        }
    }

    fn cli(&self, args: &[&str]) -> Value {
        let mut running = Command::new(BINARY)
            .args(args)
            .arg("--data")
            .arg(&self.data)
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("runs");
        let mut asked = running.stdin.take().expect("piped");
        // For those that ask for a password.
        let _ = std::io::Write::write_all(&mut asked, b"a long enough password\n");
        drop(asked);
        let done = running.wait_with_output().expect("runs");
        assert!(done.status.success(), "{done:?}");
        serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
    }

    fn token(&self, args: &[&str]) -> String {
        let made = self.cli(args);
        made["token"].as_str().expect("a token").to_owned()
    }

    async fn post(&self, token: &str, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base));
        let answer = request.bearer_auth(token).json(body).send().await;
        answer.expect("answers").json().await.expect("JSON")
    }

    async fn get(&self, token: &str, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.base));
        let answer = request.bearer_auth(token).send().await;
        answer.expect("answers").json().await.expect("JSON")
    }

    /// A figure of `/proc/PID/status`, MiB.
    fn memory(&self, what: &str) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("Linux");
        let line = status.lines().find(|line| line.starts_with(what));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        kib.unwrap_or_default() / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let server = Arc::new(Server::start(folder.path()));
    let agent = server.token(&["agents", "add", "clerk", "--workflow", "load"]);
    let password = "--password-stdin";
    server.cli(&[
        "users",
        "add",
        "owner@example.com",
        "--role",
        "owner",
        password,
    ]);
    let owner = server.token(&["users", "token", "owner@example.com"]);
    while server.get(&owner, "/v1/systems").await["systems"][0]["health"] != "ready" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    pauses(&server, &agent, &owner).await;
    undos(&server, &agent, &owner).await;
}

async fn pauses(server: &Arc<Server>, agent: &str, owner: &str) {
    let (stop, calls) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let began = Instant::now();
    let agents: Vec<_> = (0..AGENTS)
        .map(|_| {
            let (server, agent) = (server.clone(), agent.to_owned());
            let (stop, calls) = (stop.clone(), calls.clone());
            tokio::spawn(async move {
                let body =
                    json!({ "tool": "sandbox__get_contact", "arguments": { "id": "c-101" } });
                while !stop.load(Ordering::Relaxed) {
                    server.post(&agent, "/v1/actions", &body).await;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let mut took = Vec::new();
    for _ in 0..PAUSES {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let click = Instant::now();
        let paused = server
            .post(
                owner,
                "/v1/workflows/load/pause",
                &json!({ "reason": "load" }),
            )
            .await;
        took.push(click.elapsed());
        assert!(paused["paused"].is_object(), "{paused}");
        let resumed = server
            .post(
                owner,
                "/v1/workflows/load/resume",
                &json!({ "reason": "load" }),
            )
            .await;
        assert!(resumed["paused"].is_null(), "{resumed}");
    }
    stop.store(true, Ordering::Relaxed);
    for agent in agents {
        agent.await.expect("runs");
    }
    let rate = calls.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    took.sort();
    let at = |q: f64| took[((took.len() - 1) as f64 * q) as usize].as_secs_f64() * 1000.0;
    println!(
        "pause under {rate:.0} calls/s of {AGENTS} agents: p50 {:.1} ms, longest of {PAUSES} {:.1} ms",
        at(0.5),
        at(1.0)
    );
}

async fn undos(server: &Arc<Server>, agent: &str, owner: &str) {
    let many = std::env::var("LEEWAY_BENCH_UNDOS").ok();
    let many: usize = many.and_then(|many| many.parse().ok()).unwrap_or(10_000);
    let agents: Vec<_> = (0..CONTACTS)
        .map(|contact| {
            let (server, agent, owner) = (server.clone(), agent.to_owned(), owner.to_owned());
            tokio::spawn(async move {
                for n in (contact..many).step_by(CONTACTS) {
                    let fields = json!({ "city": format!("City {n}") });
                    let arguments = json!({ "id": format!("c-{}", 101 + contact), "fields": fields });
                    let body = json!({ "tool": "sandbox__update_contact", "arguments": arguments, "confidence": 0.9 });
                    let held = server.post(&agent, "/v1/actions", &body).await;
                    let path = format!("/v1/actions/{}", held["id"].as_str().expect("an id"));
                    let hash = server.get(&owner, &path).await["content_hash"].clone();
                    let body = json!({ "content_hash": hash, "wait_s": 20 });
                    let done = server.post(&owner, &format!("{path}/approve"), &body).await;
                    assert_eq!(done["status"], "executed", "{done}");
                }
            })
        })
        .collect();
    let began = Instant::now();
    for agent in agents {
        agent.await.expect("runs");
    }
    println!(
        "{many} actions made in {:.1} s",
        began.elapsed().as_secs_f64()
    );
    let before = server.memory("VmRSS");
    let began = Instant::now();
    let selection = json!({ "selection": { "tool": "sandbox__update_contact" }, "why": "load" });
    let mut batch = server.post(owner, "/v1/undo-batches", &selection).await;
    let path = format!("/v1/undo-batches/{}", batch["id"].as_str().expect("an id"));
    while batch["status"] == "planning" {
        tokio::time::sleep(Duration::from_millis(500)).await;
        batch = server.get(owner, &format!("{path}?limit=1")).await;
    }
    let planned = began.elapsed().as_secs_f64();
    println!("planned in {planned:.1} s: {}", batch["foreseen"]);
    let hash = json!({ "hash": batch["hash"] });
    let began = Instant::now();
    server.post(owner, &format!("{path}/start"), &hash).await;
    let mut looked = Vec::new();
    while batch["status"] != "finished" {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let look = Instant::now();
        batch = server.get(owner, &format!("{path}?limit=1")).await;
        looked.push(look.elapsed());
        if looked.len() % 20 == 0 {
            println!(
                "  {} undone, {} MiB",
                batch["counts"]["undone"],
                server.memory("VmRSS")
            );
        }
    }
    let took = began.elapsed().as_secs_f64();
    println!("{many} undone in {took:.1} s: {}", batch["counts"]);
    let longest = looked.iter().max().expect("looked at").as_secs_f64() * 1000.0;
    println!("longest look at its progress: {longest:.0} ms");
    println!(
        "memory: {before} MiB before, {} MiB after, {} MiB at most",
        server.memory("VmRSS"),
        server.memory("VmHWM")
    );
}
