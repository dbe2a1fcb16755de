//! A caller that still sends when its answer is ready: what it sends is read and thrown away, within
//! limits. Closing on it would reset the connection, and the answer that says what is wrong would be lost.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::{Stream, StreamExt};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;

/// A body up to this many bytes fits what the two machines hold on the way.
const SMALL: usize = 32 << 10;
/// Most bytes thrown away.
const MOST: usize = 16 << 20;
/// Longest time spent on it.
const LONGEST: Duration = Duration::from_secs(5);

/// Hands the request on, and the answer back once the body was read to its end or to the limits.
pub async fn drained(request: Request, next: Next) -> Response {
    if !may_be_left(request.headers()) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let (left, rest) = oneshot::channel();
    let body = Lent {
        body: Some(body.into_data_stream()),
        left: Some(left),
    };
    let response = next
        .run(Request::from_parts(head, Body::from_stream(body)))
        .await;
    if let Ok(rest) = rest.await {
        let _ = tokio::time::timeout(LONGEST, throw_away(rest)).await;
    }
    response
}

/// Whether the body may be too large to be on its way already. A caller that waits to be told to go on
/// sends nothing unless something is read.
fn may_be_left(headers: &HeaderMap) -> bool {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    let large = match announced {
        Some(bytes) => bytes > SMALL,
        None => headers.contains_key(header::TRANSFER_ENCODING),
    };
    large && !headers.contains_key(header::EXPECT)
}

async fn throw_away(mut rest: BodyDataStream) {
    let mut read = 0;
    while let Some(Ok(part)) = rest.next().await {
        read += part.len();
        if read > MOST {
            return;
        }
    }
}

/// A body that gives itself back when whoever was to read it lets go of it before its end.
struct Lent {
    body: Option<BodyDataStream>,
    left: Option<oneshot::Sender<BodyDataStream>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let item = body.poll_next_unpin(cx);
        if matches!(item, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        item
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(left)) = (self.body.take(), self.left.take()) {
            let _ = left.send(body);
        }
    }
}
