//! Request bodies and queries, with errors that say what is wrong and where.

use crate::error::ApiError;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// A JSON body.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        Json::<T>::from_request(request, state)
            .await
            .map(|Json(value)| Self(value))
            .map_err(bad_body)
    }
}

fn bad_body(rejection: JsonRejection) -> ApiError {
    let text = rejection.body_text();
    match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content-type",
            "the body is not announced as JSON",
        )
        .help("send `Content-Type: application/json`"),
        JsonRejection::JsonSyntaxError(_) => {
            ApiError::new(StatusCode::BAD_REQUEST, "body-malformed", text)
        }
        JsonRejection::JsonDataError(_) => ApiError::invalid("body-invalid", text)
            .help("see /v1/openapi.json for what this address takes"),
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => too_large(None),
        other => ApiError::new(other.status(), "body-unreadable", text),
    }
}

/// 413, naming the limit.
pub fn too_large(limit_bytes: Option<usize>) -> ApiError {
    let limit = limit_bytes
        .map(|limit| format!("; the limit is {limit} bytes"))
        .unwrap_or_default();
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        format!("the body is too large{limit}"),
    )
    .help("send less, or raise `body_limit_bytes` in leeway.toml")
}

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
