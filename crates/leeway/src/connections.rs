//! Connections from the network: how many at once, and how long one may take to say what it wants, so
//! that nobody keeps others out by holding connections open.

use axum::http::Request;
use axum_server::accept::Accept;
use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

/// How long a new connection may take for its first request.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// How long each further request's headers may take, and how long a connection may lie idle before it.
pub const LONGEST_HEADERS: Duration = Duration::from_secs(30);
/// Connections at once: below the usual limit of 1,024 open files, with room for the ledger's.
const MOST: usize = 700;

/// Takes connections while there is room, and closes further ones at once.
#[derive(Clone)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl<S> Accept<TcpStream, S> for Room {
    type Stream = TcpStream;
    type Service = Seated<S>;
    type Future = Ready<io::Result<(TcpStream, Seated<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(seat) = self.0.clone().try_acquire_owned() else {
            tracing::warn!("too many connections: one was closed");
            return ready(Err(io::Error::other("too many connections")));
        };
        // Nagle's algorithm would add 40 ms to a small answer.
        let _ = stream.set_nodelay(true);
        ready(Ok((
            stream,
            Seated {
                inner: service,
                _seat: Arc::new(seat),
            },
        )))
    }
}

/// A connection's service; its place is free again when it is gone.
#[derive(Clone)]
pub struct Seated<S> {
    inner: S,
    _seat: Arc<OwnedSemaphorePermit>,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Seated<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> S::Future {
        self.inner.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_place_is_free_again_when_its_connection_is_gone() {
        let room = Room(Arc::new(Semaphore::new(1)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect = async || {
            let client = TcpStream::connect(address).await.unwrap();
            (client, listener.accept().await.unwrap().0)
        };
        let (_first, stream) = connect().await;
        let (stream, seated) = room.accept(stream, ()).await.unwrap();
        let (_second, refused) = connect().await;
        assert!(room.accept(refused, ()).await.is_err());
        drop((stream, seated));
        let (_third, stream) = connect().await;
        assert!(room.accept(stream, ()).await.is_ok());
    }
}
