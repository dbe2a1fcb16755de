//! What stands before the MCP door: a session belongs to the agent that opened it, and what is no
//! JSON-RPC is told so in JSON-RPC.

use crate::app::App;
use crate::error::ApiError;
use crate::gateway::pipeline::Caller;
use crate::json::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Mutex;

const SESSION: &str = "mcp-session-id";
/// Sessions remembered; beyond it the older half is forgotten, and their clients open new ones.
const MOST_SESSIONS: usize = 10_000;
/// Most of an error's own text that is passed on, bytes.
const LONGEST_ERROR: usize = 16 * 1024;

/// Which agent opened which MCP session.
#[derive(Default)]
pub struct Sessions(Mutex<Opened>);

#[derive(Default)]
struct Opened {
    /// Session id → who opened it, and when it was last used, in uses.
    by: HashMap<String, (Caller, u64)>,
    uses: u64,
}

impl Sessions {
    fn open(&self, id: &str, caller: &Caller) {
        let mut opened = self.lock();
        if opened.by.len() >= MOST_SESSIONS {
            let mut used: Vec<u64> = opened.by.values().map(|(_, used)| *used).collect();
            let (_, middle, _) = used.select_nth_unstable(MOST_SESSIONS / 2);
            let middle = *middle;
            opened.by.retain(|_, (_, used)| *used > middle);
        }
        opened.uses += 1;
        let used = opened.uses;
        opened.by.insert(id.to_owned(), (caller.clone(), used));
    }

    fn belongs(&self, id: &str, caller: &Caller) -> bool {
        let mut opened = self.lock();
        opened.uses += 1;
        let uses = opened.uses;
        match opened.by.get_mut(id) {
            Some((by, used)) if by == caller => {
                *used = uses;
                true
            }
            _ => false,
        }
    }

    fn close(&self, id: &str) {
        self.lock().by.remove(id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Opened> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Passes an agent's request on to the MCP door, if its session and its body may go there.
pub async fn pass(app: &App, caller: &Caller, request: Request, next: Next) -> Response {
    let session = session_of(request.headers());
    if let Some(id) = &session
        && !app.mcp_sessions.belongs(id, caller)
    {
        // The same answer as for one that never was: ids of others are not to be found out.
        return refused(
            StatusCode::NOT_FOUND,
            (-32001, "session-unknown"),
            "there is no such session",
        );
    }
    let closes = request.method() == Method::DELETE;
    let json = request.method() == Method::POST && is_json(request.headers());
    let request = match checked(app, json, request).await {
        Ok(request) => request,
        Err(response) => return response,
    };
    let response = next.run(request).await;
    match (&session, session_of(response.headers())) {
        (None, Some(id)) => app.mcp_sessions.open(&id, caller),
        (Some(id), _) if closes && response.status().is_success() => app.mcp_sessions.close(id),
        _ => {}
    }
    if json && response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        return no_message(response).await;
    }
    response
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
    Ok(Request::from_parts(head, Body::from(bytes)))
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
        assert!(sessions.belongs("s-1", &caller("a")));
        assert!(!sessions.belongs("s-1", &caller("b")));
        assert!(!sessions.belongs("s-2", &caller("a")));
        sessions.close("s-1");
        assert!(!sessions.belongs("s-1", &caller("a")));
    }

    #[test]
    fn of_very_many_sessions_those_used_last_stay() {
        let sessions = Sessions::default();
        for n in 0..MOST_SESSIONS {
            sessions.open(&n.to_string(), &caller("a"));
        }
        assert!(sessions.belongs("0", &caller("a")));
        sessions.open("one more", &caller("a"));
        for (id, stays) in [
            ("0", true),
            ("1", false),
            ("9999", true),
            ("one more", true),
        ] {
            assert_eq!(sessions.belongs(id, &caller("a")), stays, "{id}");
        }
    }
}
