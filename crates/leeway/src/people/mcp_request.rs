//! What stands before the MCP door: a session belongs to the agent that opened it, and what is no
//! JSON-RPC is told so in JSON-RPC.

use crate::app::App;
use crate::error::ApiError;
use crate::gateway::mcp::sessions::Sessions as Running;
use crate::gateway::pipeline::Caller;
use crate::json::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};

const SESSION: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";
/// The first revision of the protocol without sessions; revisions are dates.
const STATELESS: &str = "2026-07-28";
/// Sessions of one agent at once; for one more, the one that was not used for longest ends.
const MOST_OF_AGENT: usize = 100;
/// Sessions remembered that their clients ended.
const MOST_ENDED: usize = 2_000;
/// Longest session id, bytes.
const LONGEST_ID: usize = 128;
/// Longest message that begins a session, bytes.
const LONGEST_BEGINNING: usize = 32 * 1024;
/// Sessions remembered; beyond it the older half is forgotten, and their clients open new ones.
const MOST_SESSIONS: usize = 10_000;
/// Most of an error's own text that is passed on, bytes.
const LONGEST_ERROR: usize = 16 * 1024;

/// Which agent opened which MCP session.
#[derive(Default)]
pub struct Sessions {
    opened: Mutex<Opened>,
    /// What runs them.
    door: OnceLock<Arc<Running>>,
}

#[derive(Default)]
struct Opened {
    /// Session id → who opened it, and when it was last used, in uses.
    by: HashMap<String, (Caller, u64)>,
    /// Those their clients ended, oldest first.
    ended: VecDeque<String>,
    uses: u64,
}

/// Whose a session is.
#[derive(Debug, PartialEq, Eq)]
enum Whose {
    /// The caller's.
    Own,
    /// Nobody's yet: of a client that was there before this server was started, or was quiet for long.
    Nobodys,
    /// Another agent's, or ended by its client.
    Not,
}

impl Sessions {
    /// Where sessions run, which ends those that are too many.
    pub fn run_by(&self, door: Arc<Running>) {
        // Set once: one router is made.
        let _ = self.door.set(door);
    }

    /// Notes who opened a session; gives the one of the same agent that has to end for it.
    fn open(&self, id: &str, caller: &Caller) -> Option<String> {
        let in_use = |id: &str| self.door.get().is_some_and(|door| door.in_use(id));
        let mut opened = self.lock();
        if opened.by.len() >= MOST_SESSIONS {
            let mut used: Vec<u64> = opened.by.values().map(|(_, used)| *used).collect();
            let (_, middle, _) = used.select_nth_unstable(MOST_SESSIONS / 2);
            let middle = *middle;
            opened.by.retain(|_, (_, used)| *used > middle);
        }
        let own = opened.by.iter().filter(|(_, (by, _))| by == caller);
        let longest_unused = own
            .clone()
            .min_by_key(|(id, (_, used))| (in_use(id), *used));
        let ended = longest_unused
            .filter(|_| own.count() >= MOST_OF_AGENT)
            .map(|(id, _)| id.clone());
        if let Some(ended) = &ended {
            opened.by.remove(ended);
        }
        opened.uses += 1;
        let used = opened.uses;
        opened.by.insert(id.to_owned(), (caller.clone(), used));
        ended
    }

    fn whose(&self, id: &str, caller: &Caller) -> Whose {
        let mut opened = self.lock();
        opened.uses += 1;
        let uses = opened.uses;
        let is_one =
            !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|b| b.is_ascii_graphic());
        let over = opened.ended.iter().any(|ended| ended == id);
        match opened.by.get_mut(id) {
            Some((by, used)) if by == caller => {
                *used = uses;
                Whose::Own
            }
            None if is_one && !over => Whose::Nobodys,
            _ => Whose::Not,
        }
    }

    fn close(&self, id: &str) {
        let mut opened = self.lock();
        opened.by.remove(id);
        if opened.ended.len() == MOST_ENDED {
            opened.ended.pop_front();
        }
        opened.ended.push_back(id.to_owned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Opened> {
        self.opened
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes a session for an agent's, and ends one that is too many.
    async fn take(&self, id: &str, caller: &Caller) {
        if let (Some(ended), Some(door)) = (self.open(id, caller), self.door.get()) {
            door.end(ended).await;
        }
    }
}

/// Passes an agent's request on to the MCP door, if its session and its body may go there.
pub async fn pass(app: &App, caller: &Caller, mut request: Request, next: Next) -> Response {
    if is_stateless(request.headers()) {
        request.headers_mut().remove(SESSION);
    }
    let session = session_of(request.headers());
    let whose = session
        .as_ref()
        .map(|id| app.mcp_sessions.whose(id, caller));
    if whose == Some(Whose::Not) {
        // The same answer as for one that never was: ids of others are not to be found out.
        return refused(
            StatusCode::NOT_FOUND,
            (-32001, "session-unknown"),
            "there is no such session",
        );
    }
    if let (Some(id), Some(Whose::Nobodys)) = (&session, whose) {
        app.mcp_sessions.take(id, caller).await;
    }
    let closes = request.method() == Method::DELETE;
    let json = request.method() == Method::POST && is_json(request.headers());
    let request = match checked(app, json, request).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let mut response = next.run(request).await;
    match (&session, session_of(response.headers())) {
        (None, Some(id)) => app.mcp_sessions.take(&id, caller).await,
        (Some(id), _) if closes && response.status().is_success() => {
            app.mcp_sessions.close(id);
            // Nothing of it goes on: it is done, not accepted.
            *response.status_mut() = StatusCode::NO_CONTENT;
        }
        _ => {}
    }
    if json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return no_message(response).await;
    }
    response
}

/// Whether a request is of the protocol without sessions: a session it names all the same means nothing.
fn is_stateless(headers: &HeaderMap) -> bool {
    let version = headers.get(VERSION).and_then(|value| value.to_str().ok());
    version.is_some_and(|version| version >= STATELESS)
}

/// The request with its body read: within the limit, and JSON.
async fn checked(app: &App, json: bool, request: Request) -> Result<Request, Response> {
    if !json {
        return Ok(request);
    }
    let limit = app.settings.body_limit_bytes;
    let (head, body) = request.into_parts();
    let bytes = to_bytes(body, limit)
        .await
        .map_err(|_| ApiError::too_large(Some(limit)).into_response())?;
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
        let why = format!("the body is no JSON: {error}");
        return Err(refused(
            StatusCode::BAD_REQUEST,
            (-32700, "body-malformed"),
            &why,
        ));
    }
    if bytes.len() > LONGEST_BEGINNING && begins_session(&bytes) {
        let why = format!(
            "a session begins with at most {LONGEST_BEGINNING} bytes: say less of the client"
        );
        return Err(refused(
            StatusCode::BAD_REQUEST,
            (-32602, "client-too-large"),
            &why,
        ));
    }
    Ok(Request::from_parts(head, Body::from(bytes)))
}

/// What a client says of itself is kept as long as its session.
fn begins_session(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Message<'a> {
        #[serde(borrow, default)]
        method: Option<std::borrow::Cow<'a, str>>,
    }
    let message: Result<Message<'_>, _> = serde_json::from_slice(bytes);
    message.is_ok_and(|message| message.method.as_deref() == Some("initialize"))
}

/// JSON that is no JSON-RPC message: the door says so as plain text.
async fn no_message(response: Response) -> Response {
    let text = to_bytes(response.into_body(), LONGEST_ERROR)
        .await
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    tracing::debug!(text = %text.escape_debug(), "no JSON-RPC message");
    refused(
        StatusCode::BAD_REQUEST,
        (-32600, "request-invalid"),
        "the body is no JSON-RPC 2.0 message",
    )
}

fn refused(status: StatusCode, (number, code): (i32, &str), message: &str) -> Response {
    let error = json!({ "code": number, "message": message, "data": { "code": code } });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    (status, Json(body)).into_response()
}

fn session_of(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(SESSION)?;
    Some(String::from_utf8_lossy(id.as_bytes()).into_owned())
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(agent: &str) -> Caller {
        Caller {
            agent: agent.to_owned(),
            workflow: "office".to_owned(),
        }
    }

    #[test]
    fn a_session_is_its_opener_s_until_it_is_closed() {
        let sessions = Sessions::default();
        sessions.open("s-1", &caller("a"));
        assert_eq!(sessions.whose("s-1", &caller("a")), Whose::Own);
        assert_eq!(sessions.whose("s-1", &caller("b")), Whose::Not);
        sessions.close("s-1");
        assert_eq!(sessions.whose("s-1", &caller("a")), Whose::Not);
    }

    #[test]
    fn one_that_is_not_known_may_be_of_before_and_what_is_no_id_is_not() {
        let sessions = Sessions::default();
        assert_eq!(sessions.whose("s-2", &caller("a")), Whose::Nobodys);
        for id in ["", "a b", "a\n", &"x".repeat(LONGEST_ID + 1)] {
            assert_eq!(sessions.whose(id, &caller("a")), Whose::Not, "{id:?}");
        }
        sessions.open("s-2", &caller("a"));
        assert_eq!(sessions.whose("s-2", &caller("b")), Whose::Not);
        // What clients end is remembered for a while, and not without end.
        for n in 0..=MOST_ENDED {
            sessions.close(&format!("e-{n}"));
        }
        assert_eq!(sessions.whose("e-0", &caller("a")), Whose::Nobodys);
        assert_eq!(sessions.whose("e-1", &caller("a")), Whose::Not);
    }

    #[test]
    fn an_agent_with_very_many_sessions_ends_its_own() {
        let sessions = Sessions::default();
        sessions.open("other", &caller("b"));
        for n in 0..MOST_OF_AGENT {
            assert_eq!(sessions.open(&n.to_string(), &caller("a")), None);
        }
        assert_eq!(sessions.whose("0", &caller("a")), Whose::Own);
        assert_eq!(
            sessions.open("one more", &caller("a")).as_deref(),
            Some("1")
        );
        for (id, stays) in [("0", true), ("1", false), ("2", true), ("one more", true)] {
            let own = sessions.whose(id, &caller("a")) == Whose::Own;
            assert_eq!(own, stays, "{id}");
        }
        assert_eq!(sessions.whose("other", &caller("b")), Whose::Own);
    }

    #[test]
    fn only_the_beginning_of_a_session_is_short() {
        let message = |method: &str| format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\"}}");
        assert!(begins_session(message("initialize").as_bytes()));
        assert!(begins_session(b"{\"method\":\"init\\u0069alize\"}"));
        assert!(!begins_session(message("tools/call").as_bytes()));
        assert!(!begins_session(b"[1]"));
    }
}
