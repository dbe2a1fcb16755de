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
        let limit = request.extensions().get::<Limit>().copied();
        Json::<T>::from_request(request, state)
            .await
            .map(|Json(value)| Self(value))
            .map_err(|rejection| bad_body(rejection, limit))
    }
}

/// The largest body a request may have, bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub usize);

fn bad_body(rejection: JsonRejection, limit: Option<Limit>) -> ApiError {
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
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::too_large(limit.map(|limit| limit.0))
        }
        other => ApiError::new(other.status(), "body-unreadable", text),
    }
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
