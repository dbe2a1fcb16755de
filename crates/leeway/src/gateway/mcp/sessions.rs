//! Sessions of the earlier protocol at our door: which calls run in them, and when one that nobody uses
//! is ended. A running call keeps its session.

use futures::Stream;
use rmcp::model::{ClientJsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::common::server_side_http::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError,
};
use rmcp::transport::streamable_http_server::session::{SessionId, SessionManager};
use std::collections::HashMap;
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

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        let in_use = self.use_of(id);
        Ok(kept(self.inner.resume(id, last_event_id).await?, in_use))
    }
}
