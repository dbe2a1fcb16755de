//! A request on its way in and its answer on its way out: how long its body may take, and when it is our turn.

use crate::connections::Seat;
use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;

/// How long a request's body may take, whatever its size.
const LONGEST_BODY: Duration = Duration::from_mins(1);

/// One request: waited for until it arrived, worked on until its answer left.
pub struct Turn {
    seat: Arc<Seat>,
    ours: AtomicBool,
}

impl Turn {
    /// A request whose head arrived.
    pub fn new(seat: Arc<Seat>) -> Arc<Self> {
        Arc::new(Self {
            seat,
            ours: AtomicBool::new(false),
        })
    }

    /// Nothing more is waited for: it is our turn.
    pub fn arrived(&self) {
        if !self.ours.swap(true, Ordering::AcqRel) {
            self.seat.works();
        }
    }

    /// It is waited for whoever takes what we gave.
    fn gave(&self) {
        if self.ours.swap(false, Ordering::AcqRel) {
            self.seat.worked();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.gave();
    }
}

/// A request's body.
pub struct Arriving<B> {
    body: Pin<Box<B>>,
    turn: Arc<Turn>,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<B: Body> Arriving<B> {
    /// The body of a request.
    pub fn new(body: B, turn: Arc<Turn>) -> Self {
        if body.is_end_stream() {
            turn.arrived();
        }
        Self {
            body: Box::pin(body),
            turn,
            deadline: None,
        }
    }
}

impl<B> Body for Arriving<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Poll::Ready(frame) = self.body.as_mut().poll_frame(context) else {
            let deadline = self
                .deadline
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(LONGEST_BODY)));
            ready!(deadline.as_mut().poll(context));
            return Poll::Ready(Some(Err("the body did not arrive in time".into())));
        };
        if frame.is_none() || self.body.is_end_stream() {
            self.turn.arrived();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body.
pub struct Leaving<B> {
    body: Pin<Box<B>>,
    turn: Arc<Turn>,
}

impl<B> Leaving<B> {
    /// The body of an answer.
    pub fn new(body: B, turn: Arc<Turn>) -> Self {
        Self {
            body: Box::pin(body),
            turn,
        }
    }
}

impl<B: Body> Body for Leaving<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = self.body.as_mut().poll_frame(context);
        match frame {
            Poll::Ready(_) => self.turn.gave(),
            Poll::Pending => self.turn.arrived(),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
