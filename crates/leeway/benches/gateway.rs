//! A load program over the real binary: a read through the gateway (streamable HTTP to a stdio
//! system) beside the same read made directly, in the same run; and how many governed calls a
//! second it takes at 32 at once. Prints figures; decides nothing.

use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, ClientConfig};
use rmcp::service::{Peer, RoleClient, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::Instant;

const BINARY: &str = env!("CARGO_BIN_EXE_leeway");

fn quantiles(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort();
    let at = |q: f64| took[((took.len() - 1) as f64 * q) as usize].as_secs_f64() * 1000.0;
    (at(0.5), at(0.99))
}

async fn read(peer: &Peer<RoleClient>, tool: &'static str) -> Duration {
    let arguments = json!({"id": "c-101"})
        .as_object()
        .cloned()
        .expect("an object");
    let began = Instant::now();
    let answer = peer
        .call_tool(CallToolRequestParams::new(tool).with_arguments(arguments))
        .await
        .expect("answers");
    assert_ne!(answer.is_error, Some(true), "{answer:?}");
    began.elapsed()
}

#[expect(clippy::zombie_processes, reason = "`main` kills and waits for it")]
fn start(data: &Path) -> (Child, Value) {
    let child = Command::new(BINARY)
        .args(["demo", "--no-agents", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("runs");
    let file = data.join("demo.json");
    loop {
        if let Some(access) = std::fs::read(&file)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        {
            return (child, access);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn connect(access: &Value) -> RunningService<RoleClient, ClientConfig> {
    let agent = access["agents"]
        .as_array()
        .and_then(|agents| {
            agents
                .iter()
                .find(|agent| agent["workflow"] == "crm-clean-up")
        })
        .expect("an agent");
    let url = format!(
        "{}/mcp/crm-clean-up",
        access["url"].as_str().expect("a url")
    );
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .auth_header(agent["token"].as_str().expect("a token"));
    ClientConfig::default()
        .serve(StreamableHttpClientTransport::from_config(config))
        .await
        .expect("connects")
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir_in(".").expect("a folder");
    let (mut server, access) = start(folder.path());
    let mut command = tokio::process::Command::new(BINARY);
    command
        .args(["sandbox", "--state"])
        .arg(folder.path().join("direct.json"));
    let direct = ClientConfig::default()
        .serve(TokioChildProcess::new(command).expect("runs"))
        .await
        .expect("connects");
    let governed = connect(&access).await;
    let (mut alone, mut through) = (Vec::new(), Vec::new());
    for _ in 0..1_000 {
        alone.push(read(direct.peer(), "get_contact").await);
        through.push(read(governed.peer(), "sandbox__get_contact").await);
    }
    let ((direct_p50, direct_p99), (governed_p50, governed_p99)) =
        (quantiles(alone), quantiles(through));
    println!("read made directly: p50 {direct_p50:.3} ms, p99 {direct_p99:.3} ms");
    println!("read through the gateway: p50 {governed_p50:.3} ms, p99 {governed_p99:.3} ms");
    println!("the gateway adds: p50 {:.3} ms", governed_p50 - direct_p50);
    throughput(&access).await;
    let _ = server.kill();
    let _ = server.wait();
}

async fn throughput(access: &Value) {
    const AT_ONCE: usize = 32;
    const EACH: usize = 300;
    let mut clients = Vec::new();
    for _ in 0..AT_ONCE {
        clients.push(connect(access).await);
    }
    let began = Instant::now();
    let tasks: Vec<_> = clients
        .iter()
        .map(|client| {
            let peer = client.peer().clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    read(&peer, "sandbox__get_contact").await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("runs");
    }
    let rate = (AT_ONCE * EACH) as f64 / began.elapsed().as_secs_f64();
    println!("{AT_ONCE} at once: {rate:.0} governed calls/s");
}
