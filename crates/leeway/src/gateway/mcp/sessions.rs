//! Sessions of the earlier protocol at our door: which calls run in them, and when one that nobody uses
//! is ended. A running call keeps its session; one that was ended, here or by a restart, goes on when its client
//! comes back with a good token.

use futures::Stream;
use rmcp::model::{
    ClientCapabilities, ClientJsonRpcMessage, Implementation, InitializeRequestParams, RequestId,
    ServerJsonRpcMessage,
};
use rmcp::transport::common::server_side_http::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{
    RestoreOutcome, SessionId, SessionManager, SessionState, SessionStore, SessionStoreError,
};
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a session in which nothing runs and nobody listens is kept.
const IDLE: Duration = Duration::from_mins(5);
/// How often sessions are looked at.
const LOOK: Duration = Duration::from_secs(30);

/// The calls that run in a session, each with what its agent's own word ends.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<HashMap<RequestId, CancellationToken>>>);

/// A running call; forgotten when dropped.
pub struct Running {
    calls: Calls,
    id: RequestId,
    said: CancellationToken,
}

impl Calls {
    /// Notes that a call runs.
    pub fn running(&self, id: &RequestId) -> Running {
        let said = CancellationToken::new();
        self.all().insert(id.clone(), said.clone());
        Running {
            calls: self.clone(),
            id: id.clone(),
            said,
        }
    }

    /// The agent said that it does not want a call's answer any more.
    pub fn cancel(&self, id: &RequestId) {
        if let Some(said) = self.all().get(id) {
            said.cancel();
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<RequestId, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Cancelled when the agent says so.
    pub fn token(&self) -> CancellationToken {
        self.said.clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.calls.all().remove(&self.id);
    }
}

/// The sessions, ended when idle by what is open in them and not by the clock alone.
pub struct Sessions {
    inner: LocalSessionManager,
    used: Used,
}

type Used = Arc<Mutex<HashMap<SessionId, Use>>>;

struct Use {
    /// How many requests run and streams are open.
    open: usize,
    last: Instant,
}

impl Sessions {
    /// None yet. Idle ones are ended until what is returned is dropped.
    pub fn start() -> Arc<Self> {
        let mut inner = LocalSessionManager::default();
        inner.session_config.keep_alive = None;
        let sessions = Arc::new(Self {
            inner,
            used: Used::default(),
        });
        tokio::spawn(end_idle(Arc::downgrade(&sessions)));
        sessions
    }

    /// Whether a call runs or a stream is open in a session.
    pub fn in_use(&self, id: &str) -> bool {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.iter()
            .any(|(one, used)| one.as_ref() == id && used.open > 0)
    }

    /// Ends a session.
    pub async fn end(&self, id: String) {
        if let Err(error) = self.close_session(&id.into()).await {
            tracing::debug!(%error, "a session that was to end is gone already");
        }
    }

    fn use_of(&self, id: &SessionId) -> InUse {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let one = used.entry(id.clone()).or_insert(Use {
            open: 0,
            last: Instant::now(),
        });
        one.open += 1;
        InUse {
            used: self.used.clone(),
            id: id.clone(),
        }
    }

    fn forget(&self, id: &SessionId) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.remove(id);
    }
}

async fn end_idle(sessions: Weak<Sessions>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(sessions) = sessions.upgrade() else {
            return;
        };
        let idle: Vec<SessionId> = {
            let used = sessions.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.iter()
                .filter(|(_, one)| one.open == 0 && one.last.elapsed() >= IDLE)
                .map(|(id, _)| id.clone())
                .collect()
        };
        for id in idle {
            if let Err(error) = sessions.close_session(&id).await {
                tracing::debug!(%error, "an idle session is gone already");
            }
        }
    }
}

/// Something open in a session; dropped when it ends.
struct InUse {
    used: Used,
    id: SessionId,
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = used.get_mut(&self.id) {
            one.open = one.open.saturating_sub(1);
            one.last = Instant::now();
        }
    }
}

/// A stream whose session is in use as long as somebody reads it.
struct Kept<S> {
    stream: Pin<Box<S>>,
    _in_use: InUse,
}

impl<S: Stream> Stream for Kept<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

fn kept<S: Stream>(stream: S, in_use: InUse) -> Kept<S> {
    Kept {
        stream: Box::pin(stream),
        _in_use: in_use,
    }
}

impl SessionManager for Sessions {
    type Error = LocalSessionManagerError;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Self::Error> {
        let (id, transport) = self.inner.create_session().await?;
        drop(self.use_of(&id));
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        let _in_use = self.use_of(id);
        self.inner.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Self::Error> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Self::Error> {
        self.forget(id);
        self.inner.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.use_of(id);
        Ok(kept(self.inner.create_stream(id, message).await?, in_use))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Self::Error> {
        let _in_use = self.use_of(id);
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.use_of(id);
        Ok(kept(self.inner.create_standalone_stream(id).await?, in_use))
    }

    async fn restore_session(
        &self,
        id: SessionId,
    ) -> Result<RestoreOutcome<Self::Transport>, Self::Error> {
        drop(self.use_of(&id));
        self.inner.restore_session(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.use_of(id);
        Ok(kept(self.inner.resume(id, last_event_id).await?, in_use))
    }
}

/// Sessions of which it is remembered what their clients can do.
const MOST_REMEMBERED: usize = 2_000;
/// Longest description of a client that is remembered, bytes.
const LONGEST_REMEMBERED: usize = 4 * 1024;

/// What clients said of themselves when their sessions began. Of one that is not known, as after a restart, nothing
/// is known but that it speaks the earlier protocol: its token says who it is, here as always.
#[derive(Default)]
pub struct Beginnings(Mutex<Said>);

#[derive(Default)]
struct Said {
    by_id: HashMap<String, SessionState>,
    order: VecDeque<String>,
}

impl Beginnings {
    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl SessionStore for Beginnings {
    async fn load(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let known = self.said().by_id.get(id).cloned();
        Ok(Some(known.unwrap_or_else(|| {
            let client = Implementation::new("unknown", "0");
            let said = InitializeRequestParams::new(ClientCapabilities::default(), client);
            SessionState::new(said)
        })))
    }

    async fn store(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let size = serde_json::to_vec(state).map_or(usize::MAX, |bytes| bytes.len());
        if size > LONGEST_REMEMBERED {
            return Ok(());
        }
        let mut said = self.said();
        if said.by_id.insert(id.to_owned(), state.clone()).is_none() {
            said.order.push_back(id.to_owned());
        }
        while said.order.len() > MOST_REMEMBERED {
            if let Some(oldest) = said.order.pop_front() {
                said.by_id.remove(&oldest);
            }
        }
        Ok(())
    }

    async fn delete(&self, id: &str) -> Result<(), SessionStoreError> {
        let mut said = self.said();
        said.by_id.remove(id);
        said.order.retain(|other| other != id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(name: &str) -> SessionState {
        let client = Implementation::new(name, "1");
        SessionState::new(InitializeRequestParams::new(
            ClientCapabilities::default(),
            client,
        ))
    }

    async fn name(beginnings: &Beginnings, id: &str) -> String {
        let found = beginnings.load(id).await.unwrap().unwrap();
        found.initialize_params.client_info.name
    }

    #[tokio::test]
    async fn what_clients_said_is_remembered_of_so_many_and_nothing_long() {
        let beginnings = Beginnings::default();
        for n in 0..=MOST_REMEMBERED {
            beginnings
                .store(&n.to_string(), &state("known"))
                .await
                .unwrap();
        }
        let long = state(&"x".repeat(LONGEST_REMEMBERED));
        beginnings.store("long", &long).await.unwrap();
        beginnings.delete("5").await.unwrap();
        for (id, expected) in [
            ("0", "unknown"),
            ("1", "known"),
            ("5", "unknown"),
            ("long", "unknown"),
        ] {
            assert_eq!(name(&beginnings, id).await, expected, "{id}");
        }
    }
}
