//! The one error of the HTTP interface: what happened, a stable code, and what to do about it.

use crate::json::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leeway_core::govern::routing::Ineligible;
use leeway_store::{AppendError, Conflict, StoreError};
use serde_json::{Value, json};

/// An answer that is not the one asked for.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable kebab-case code.
    pub code: &'static str,
    /// What happened, lower case.
    pub message: String,
    /// What the caller can do.
    pub help: Option<String>,
    /// Seconds after which it is worth trying again: the header `Retry-After`.
    pub retry_after_s: Option<u64>,
    /// Further facts, merged into the answer.
    pub details: Option<Value>,
}

/// Somebody may not decide.
impl From<&Ineligible> for ApiError {
    fn from(why: &Ineligible) -> Self {
        let message = why.to_string();
        match why {
            Ineligible::Role => Self::forbidden(message).help("a reviewer or an owner decides"),
            Ineligible::NotYours { .. } | Ineligible::Technical { .. } => {
                Self::new(StatusCode::FORBIDDEN, "not-eligible", message)
                    .help("it stays in their inbox; the permission owner matrix names who decides")
            }
        }
    }
}

impl ApiError {
    /// An error with a status, a code and a message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            help: None,
            retry_after_s: None,
            details: None,
        }
    }

    /// Adds what the caller can do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says after how many seconds it is worth trying again.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Writes the headers that belong to the error onto an answer.
    pub fn head(&self, headers: &mut HeaderMap) {
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"leeway\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }

    /// Adds further facts.
    #[must_use]
    pub fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }

    /// 404: there is no such thing.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("there is no {what} `{name}`"),
        )
    }

    /// 403: the person's roles do not allow it.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 422: the input is not what it must be.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 413: the body is larger than the limit, which is named when it is known.
    pub fn too_large(limit_bytes: Option<usize>) -> Self {
        let limit = limit_bytes
            .map(|limit| format!("; the limit is {limit} bytes"))
            .unwrap_or_default();
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body is too large{limit}"),
        )
        .help("send less, or raise `body_limit_bytes` in leeway.toml")
    }

    /// The JSON body.
    pub fn body(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(help) = &self.help {
            error["help"] = json!(help);
        }
        let mut body = json!({ "error": error });
        if let Some(Value::Object(details)) = &self.details {
            for (key, value) in details {
                body[key] = value.clone();
            }
        }
        body
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(code = self.code, message = %self.message, "request failed");
        }
        let mut response = (self.status, Json(self.body())).into_response();
        self.head(response.headers_mut());
        response
    }
}

impl From<AppendError> for ApiError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict(Conflict::KeyUsed(id)) => Self::new(
                StatusCode::CONFLICT,
                "idempotency-key-reused",
                format!("this idempotency key belongs to `{id}`, which is another call"),
            )
            .help("use a new key for a new call"),
            AppendError::Conflict(conflict) => Self::new(
                StatusCode::CONFLICT,
                "changed-meanwhile",
                format!("something changed meanwhile: {conflict}"),
            )
            .help("read it again and decide on what it is now"),
            AppendError::InvalidTransition(text) => {
                Self::new(StatusCode::CONFLICT, "invalid-transition", text)
                    .help("read the action again: it is no longer where you saw it")
            }
            AppendError::Unwritable(why) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ledger-unwritable",
                format!("the ledger cannot be written, so nothing was done: {why}"),
            )
            .help("free disk space or make the data folder writable; reading still works"),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "store-failed",
            error.to_string(),
        )
    }
}
