//! Request bodies and queries, with errors that say what is wrong and where.

use crate::error::ApiError;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let limit = request.extensions().get::<Limit>().copied();
        if !announces_json(&request) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-type",
                "the body is not announced as JSON",
            )
            .help("send `Content-Type: application/json`"));
        }
        let body = Bytes::from_request(request, state).await.map_err(|error| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::too_large(limit.map(|limit| limit.0))
            } else {
                ApiError::new(error.status(), "body-unreadable", error.body_text())
            }
        })?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            if error.is_data() {
                let text = format!("the body is not what this address takes: {error}");
                ApiError::invalid("body-invalid", text)
                    .help("see /v1/openapi.json for what this address takes")
            } else {
                let text = format!("the body is no JSON: {error}");
                ApiError::new(StatusCode::BAD_REQUEST, "body-malformed", text)
            }
        })
    }
}

/// Whether a request says that its body is JSON: `application/json`, or a type that ends in `+json`.
fn announces_json(request: &Request) -> bool {
    let said = request.headers().get(header::CONTENT_TYPE);
    let said = said.and_then(|said| said.to_str().ok()).unwrap_or_default();
    let kind = said
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// The largest body a request may have, bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub usize);

/// Query parameters.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Query::<T>::from_request_parts(parts, state)
            .await
            .map(|Query(value)| Self(value))
            .map_err(|rejection: QueryRejection| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "query-invalid",
                    rejection.body_text(),
                )
            })
    }
}
