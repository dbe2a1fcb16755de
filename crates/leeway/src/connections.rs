//! Connections from the network: how many at once, and who makes room when there is none. Properties: who
//! holds connections open without asking for anything keeps nobody out, since the one that waits longest of
//! the address that has most is ended for a new one; a request that is being answered is never ended.

use crate::arriving::{Arriving, Leaving, Turn};
use axum::http::{Request, Response};
use axum_server::accept::Accept;
use futures::task::AtomicWaker;
use std::collections::HashMap;
use std::future::{Future, Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tower::Service;

/// How long a new connection may take for its first request.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(10);
/// How long each further request's headers may take, and how long a connection may lie idle before it.
pub const LONGEST_HEADERS: Duration = Duration::from_secs(30);
/// How long a peer may take nothing of what it is sent.
const LONGEST_STALL: Duration = Duration::from_secs(30);
/// Open files besides connections from the network: the ledger's, the systems', logs.
const OTHER_FILES: u64 = 300;
/// Most open files the process asks for.
const MOST_FILES: u64 = 4_396;
/// Fewest connections, whatever the process may open.
const FEWEST: usize = 32;
/// Between two lines in the log about too many.
const QUIET: Duration = Duration::from_secs(10);

/// How many connections there is room for: by the process's own limit on open files, which is raised as far as
/// it may be.
pub fn room_for() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(MOST_FILES, |most| most.min(MOST_FILES));
    let mut files = current.unwrap_or(u64::MAX);
    if files < wanted {
        let raised = Rlimit {
            current: Some(wanted),
            maximum,
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => files = wanted,
            Err(error) => tracing::debug!(%error, "the limit on open files stays as it is"),
        }
    }
    let most = files.min(MOST_FILES).saturating_sub(OTHER_FILES);
    usize::try_from(most).unwrap_or(FEWEST).max(FEWEST)
}

/// Takes connections; when there is no room, one that waits is ended for the new one.
#[derive(Clone)]
pub struct Room(Arc<Seats>);

struct Seats {
    most: usize,
    next: AtomicU64,
    taken: Mutex<HashMap<u64, Arc<Seat>>>,
    said: Mutex<Option<Instant>>,
}

/// One connection's place.
pub struct Seat {
    address: Option<IpAddr>,
    turns: Mutex<Turns>,
    gone: AtomicBool,
    waker: AtomicWaker,
}

struct Turns {
    /// Requests that arrived and are being answered.
    working: usize,
    /// Since when nothing is.
    waiting: Instant,
}

impl Seat {
    /// A request arrived whole.
    pub fn works(&self) {
        self.turns().working += 1;
    }

    /// It was answered.
    pub fn worked(&self) {
        let mut turns = self.turns();
        turns.working = turns.working.saturating_sub(1);
        turns.waiting = Instant::now();
    }

    fn end(&self) {
        self.gone.store(true, Ordering::Release);
        self.waker.wake();
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Room for so many.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Seats {
            most,
            next: AtomicU64::new(0),
            taken: Mutex::default(),
            said: Mutex::default(),
        }))
    }

    /// A place for a connection from an address; `None` when each of the others is being answered.
    fn seat(&self, address: Option<IpAddr>) -> Option<Taken> {
        let mut taken = self.0.taken();
        if taken.len() >= self.0.most {
            self.0.say();
            let ended = longest_waiting(&taken)?;
            if let Some(seat) = taken.remove(&ended) {
                seat.end();
            }
        }
        let id = self.0.next.fetch_add(1, Ordering::Relaxed);
        let seat = Arc::new(Seat {
            address,
            turns: Mutex::new(Turns {
                working: 0,
                waiting: Instant::now(),
            }),
            gone: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        taken.insert(id, seat.clone());
        Some(Taken {
            seats: self.0.clone(),
            id,
            seat,
        })
    }
}

/// Whoever has one address of an IPv6 network of 64 bits has all of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::from(
            u128::from(address)
                .wrapping_shr(64)
                .wrapping_shl(64)
                .to_be_bytes(),
        ),
        address @ IpAddr::V4(_) => address,
    }
}

/// Which connection makes room: of the address that has most of those that wait, the one that waits longest.
fn longest_waiting(taken: &HashMap<u64, Arc<Seat>>) -> Option<u64> {
    let waiting: Vec<(u64, Option<IpAddr>, Instant)> = taken
        .iter()
        .filter_map(|(id, seat)| {
            let turns = seat.turns();
            (turns.working == 0).then_some((*id, seat.address, turns.waiting))
        })
        .collect();
    let mut of_address: HashMap<Option<IpAddr>, usize> = HashMap::new();
    for (_, address, _) in &waiting {
        *of_address.entry(*address).or_default() += 1;
    }
    waiting
        .iter()
        .max_by_key(|(_, address, since)| (of_address[address], std::cmp::Reverse(*since)))
        .map(|(id, ..)| *id)
}

impl Seats {
    fn taken(&self) -> MutexGuard<'_, HashMap<u64, Arc<Seat>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_none_or(|at| at.elapsed() >= QUIET) {
            *said = Some(Instant::now());
            tracing::warn!(
                most = self.most,
                "too many connections: those that wait longest are ended for new ones"
            );
        }
    }
}

/// A place that is free again when this is dropped.
struct Taken {
    seats: Arc<Seats>,
    id: u64,
    seat: Arc<Seat>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.seats.taken().remove(&self.id);
    }
}

impl<S> Accept<TcpStream, S> for Room {
    type Stream = Watched;
    type Service = Seated<S>;
    type Future = Ready<io::Result<(Watched, Seated<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let address = stream.peer_addr().map(|peer| network(peer.ip())).ok();
        let Some(taken) = self.seat(address) else {
            return ready(Err(io::Error::other("too many connections")));
        };
        // Nagle's algorithm would add 40 ms to a small answer.
        let _ = stream.set_nodelay(true);
        let watched = Watched {
            stream,
            seat: taken.seat.clone(),
            stalled: None,
        };
        let seated = Seated {
            inner: service,
            taken: Arc::new(taken),
        };
        ready(Ok((watched, seated)))
    }
}

/// A connection that can be ended from outside.
pub struct Watched {
    stream: TcpStream,
    seat: Arc<Seat>,
    /// Ends a peer that takes nothing of what it is sent.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    /// What became of writing: an error where the connection was ended, or where nothing was taken for long.
    fn written<T>(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if self.seat.gone.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = write(Pin::new(&mut self.stream), context);
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(LONGEST_STALL)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.seat.waker.register(context.waker());
        if self.seat.gone.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.written(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.written(context, |stream, context| {
            stream.poll_write_vectored(context, parts)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// A connection's service; its place is free again when it is gone.
#[derive(Clone)]
pub struct Seated<S> {
    inner: S,
    taken: Arc<Taken>,
}

type Answering<B, E> = Pin<Box<dyn Future<Output = Result<Response<Leaving<B>>, E>> + Send>>;

impl<S, B, R> Service<Request<B>> for Seated<S>
where
    S: Service<Request<Arriving<B>>, Response = Response<R>>,
    S::Future: Send + 'static,
    B: http_body::Body,
    R: Send + 'static,
{
    type Response = Response<Leaving<R>>;
    type Error = S::Error;
    type Future = Answering<R, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let turn = Turn::new(self.taken.seat.clone());
        let answered = turn.clone();
        let request = request.map(|body| Arriving::new(body, turn));
        let answer = self.inner.call(request);
        Box::pin(async move {
            let response = answer.await?;
            // Whether all of it arrived or not: what is left is ours to write.
            answered.arrived();
            Ok(response.map(|body| Leaving::new(body, answered)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    const THERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));

    fn gone(taken: &Taken) -> bool {
        taken.seat.gone.load(Ordering::Acquire)
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_connection_is_gone() {
        let room = Room::new(1);
        let first = room.seat(HERE).unwrap();
        first.seat.works();
        assert!(room.seat(HERE).is_none());
        drop(first);
        assert!(room.seat(HERE).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longest_of_the_address_with_most_makes_room_and_nobody_who_is_answered() {
        let room = Room::new(4);
        let step = || tokio::time::sleep(Duration::from_secs(1));
        let alone = room.seat(THERE).unwrap();
        step().await;
        let answered = room.seat(HERE).unwrap();
        answered.seat.works();
        step().await;
        let (longest, later) = (room.seat(HERE).unwrap(), room.seat(HERE).unwrap());
        step().await;
        later.seat.works();
        later.seat.worked();
        let new = room.seat(HERE).unwrap();
        assert!(gone(&longest));
        for kept in [&alone, &answered, &later, &new] {
            assert!(!gone(kept));
        }
        // The place of the one that was ended is not given twice when its own end comes.
        drop(longest);
        assert_eq!(room.0.taken().len(), 4);
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_ended() {
        use tokio::io::AsyncWriteExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let (mut watched, _seated) = Room::new(1).accept(stream, ()).await.unwrap();
        tokio::time::pause();
        let much = vec![0; 64 << 20];
        let ended = watched.write_all(&much).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), "10.0.0.1");
    }

    #[tokio::test]
    async fn one_that_is_ended_ends_while_it_reads() {
        use tokio::io::AsyncReadExt;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let room = Room::new(1);
        let (stream, _) = listener.accept().await.unwrap();
        let (mut watched, _seated) = room.accept(stream, ()).await.unwrap();
        let reading = tokio::spawn(async move { watched.read_u8().await });
        tokio::task::yield_now().await;
        let _new = room.seat(HERE).unwrap();
        let ended = reading.await.unwrap().unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::ConnectionAborted);
    }
}
