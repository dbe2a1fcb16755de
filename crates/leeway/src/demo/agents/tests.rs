//! The agents, playing against a stand-in for the gateway that writes down what it is asked.

use super::*;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolResponse, ContentBlock, ListToolsResult, PaginatedRequestParams, ServerCapabilities,
    ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

const WORKFLOW: &str = "crm-clean-up";

/// What the stand-in was asked, in order: tool, arguments, `_meta`, `Authorization`.
#[derive(Clone, Debug)]
struct Asked {
    tool: String,
    arguments: Map<String, Value>,
    stated_in_meta: Option<Value>,
    authorization: String,
}

#[derive(Clone)]
struct StandIn {
    asked: Arc<watch::Sender<Vec<Asked>>>,
    /// What it says of every held action.
    fate: &'static str,
}

impl ServerHandler for StandIn {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = Arc::new(object(json!({ "type": "object" })));
        let tool = Tool::new("sandbox__get_contact", "one contact", schema);
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let header = context
            .extensions
            .get::<http::request::Parts>()
            .and_then(|parts| parts.headers.get(http::header::AUTHORIZATION))
            .and_then(|value| value.to_str().ok());
        let asked = Asked {
            tool: request.name.to_string(),
            arguments: request.arguments.unwrap_or_default(),
            stated_in_meta: context.meta.get(governance::META_KEY).cloned(),
            authorization: header.unwrap_or_default().to_owned(),
        };
        let answer = match asked.tool.as_str() {
            CHECK_TOOL => CallToolResult::structured(json!({ "status": self.fate })),
            "sandbox__merge_contacts" | "sandbox__delete_contact" => CallToolResult::structured(
                json!({ "status": "pending_approval", "action_id": asked.tool }),
            ),
            "sandbox__admin_run_sql" => CallToolResult::error(vec![ContentBlock::text("blocked")]),
            _ => CallToolResult::structured(json!({ "id": "c-1", "status": "open" })),
        };
        self.asked.send_modify(|all| all.push(asked));
        Ok(answer.into())
    }
}

/// A stand-in that listens, and what it is asked.
async fn stand_in(fate: &'static str) -> (String, watch::Receiver<Vec<Asked>>) {
    // The choice is per process, and another test may have made it already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let (asked, seen) = watch::channel(Vec::new());
    let stand_in = StandIn {
        asked: Arc::new(asked),
        fate,
    };
    let service = StreamableHttpService::new(
        move || Ok(stand_in.clone()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let router = axum::Router::new().nest_service(&format!("/mcp/{WORKFLOW}"), service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn one_agent(url: String, progress: &Path) -> Cast {
    let pace = Pace {
        first: Duration::ZERO,
        turns: (Duration::ZERO, Duration::from_millis(1)),
        retry: Duration::from_millis(1),
    };
    let agent = DemoAgent {
        name: "Scripted agent: crm clean up".to_owned(),
        workflow: WORKFLOW.to_owned(),
        token: "token-1".to_owned(),
    };
    Cast::new(url, vec![agent], progress.to_owned(), pace).expect("a cast")
}

/// Plays until what was asked satisfies `enough`; returns it.
async fn play_until(
    cast: &Cast,
    mut seen: watch::Receiver<Vec<Asked>>,
    enough: impl Fn(&[Asked]) -> bool,
) -> Vec<Asked> {
    let limit = Duration::from_secs(20);
    let watching = tokio::time::timeout(limit, seen.wait_for(|all| enough(all)));
    tokio::select! {
        ended = cast.play() => panic!("the play ended: {ended:?}"),
        all = watching => all.expect("in time").expect("listens").clone(),
    }
}

fn calls<'a>(asked: &'a [Asked], tool: &str) -> Vec<&'a Asked> {
    asked.iter().filter(|asked| asked.tool == tool).collect()
}

#[tokio::test]
async fn plays_the_first_part_once_states_its_reasons_and_hears_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let progress = folder.path().join("progress.json");
    let (url, seen) = stand_in("executed").await;
    let scenario = Scenario::of(WORKFLOW).expect("a scenario");
    let many = scenario.first.len();

    let cast = one_agent(url.clone(), &progress);
    let asked = play_until(&cast, seen.clone(), |all| calls(all, CHECK_TOOL).len() >= 2).await;
    for (asked, step) in asked.iter().zip(&scenario.first) {
        assert_eq!(asked.tool, format!("sandbox__{}", step.tool));
        assert_eq!(asked.authorization, "Bearer token-1");
        let (argument, meta) = (
            asked.arguments.get(governance::KEY),
            asked.stated_in_meta.as_ref(),
        );
        let expected = Some(step.governance());
        match step.via {
            Via::Argument => assert_eq!((argument, meta), (expected.as_ref(), None)),
            Via::Meta => assert_eq!((argument, meta), (None, expected.as_ref())),
        }
    }
    drop(cast);

    let before = seen.borrow().len();
    let again = one_agent(url, &progress);
    let asked = play_until(&again, seen, |all| all.len() > before + 20).await;
    let deletes = calls(&asked, "sandbox__delete_contact").len();
    assert_eq!(deletes, 1, "a first step was played twice");
    assert!(asked.len() > many);
    assert_eq!(
        again.progress.waiting_count(),
        0,
        "an ended action is still asked about"
    );
}

#[tokio::test]
async fn proposes_nothing_that_would_be_held_while_many_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let progress = folder.path().join("progress.json");
    let (url, seen) = stand_in("pending_approval").await;
    let cast = one_agent(url, &progress);
    let many = cast.actors[0].scenario.first.len();
    while cast
        .progress
        .take_first(WORKFLOW, many)
        .expect("writes")
        .is_some()
    {}
    for number in 0..MOST_WAITING {
        cast.progress
            .waits(WORKFLOW, &format!("act-{number}"), "merge_contacts")
            .expect("writes");
    }
    let rounds = cast.actors[0].scenario.later.len();
    let worked = |all: &[Asked]| all.iter().filter(|asked| asked.tool != CHECK_TOOL).count();
    let asked = play_until(&cast, seen, |all| worked(all) > rounds).await;
    assert_eq!(calls(&asked, "sandbox__merge_contacts").len(), 0);
    assert!(!calls(&asked, "sandbox__search_contacts").is_empty());
    assert_eq!(cast.progress.waiting_count(), MOST_WAITING);
}

#[test]
fn pauses_stay_in_their_range() {
    for turn in (0..100).chain([u64::MAX]) {
        let pause = PACE.after(turn);
        assert!(pause >= PACE.turns.0 && pause <= PACE.turns.1, "{pause:?}");
    }
}

#[test]
fn an_upstreams_own_status_is_not_taken_for_leeways() {
    let ticket = CallToolResult::structured(json!({ "id": "t-1", "status": "open" }));
    assert_eq!(waiting_id(&ticket), None);
    let held = json!({ "status": "pending_approval", "action_id": "act-1" });
    assert_eq!(
        waiting_id(&CallToolResult::structured(held)).as_deref(),
        Some("act-1")
    );
}
