//! What browsers send: forms and queries. One that cannot be read is told on a page.

use super::Failed;
use crate::error::ApiError;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// A form.
pub struct Sent<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Failed;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failed> {
        Form::<T>::from_request(request, state)
            .await
            .map(|Form(sent)| Self(sent))
            .map_err(|rejection: FormRejection| {
                Failed(unreadable(rejection.status(), "form-invalid", "this form"))
            })
    }
}

/// A query.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        Query::<T>::from_request_parts(parts, state)
            .await
            .map(|Query(asked)| Self(asked))
            .map_err(|rejection: QueryRejection| {
                Failed(unreadable(
                    rejection.status(),
                    "query-invalid",
                    "this address",
                ))
            })
    }
}

fn unreadable(status: StatusCode, code: &'static str, what: &str) -> ApiError {
    ApiError::new(
        status,
        code,
        format!("{what} does not hold what this page takes; nothing was done"),
    )
    .help("go back, load the page again and send it once more")
}
