//! Reaching the REST door: a server by address, a server by its folder's socket, or, when none
//! runs, the ledger opened in this very process.

use super::Where;
use crate::config::Settings;
use crate::error::ApiError;
use crate::{server, serving};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Neither a server nor a ledger can be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// A way to the REST door.
pub enum Client {
    /// A server, by address or socket.
    Server {
        /// Client bound to the socket, or to the network.
        http: reqwest::Client,
        /// Base address.
        base: String,
        /// A person's token, if one was given.
        token: Option<String>,
    },
    /// The ledger, opened here.
    Here {
        /// The router, as the local operator sees it.
        router: Router,
        /// A person's token, if one was given.
        token: Option<String>,
        /// Keeps the app alive.
        _app: Arc<crate::app::App>,
    },
}

impl Client {
    /// Finds the way.
    pub async fn reach(place: &Where) -> anyhow::Result<Self> {
        let token = std::env::var("LEEWAY_TOKEN")
            .ok()
            .filter(|token| !token.is_empty());
        if let Some(url) = &place.url {
            let http = reqwest::Client::builder().build()?;
            return Ok(Self::Server {
                http,
                base: url.trim_end_matches('/').to_owned(),
                token,
            });
        }
        let socket = server::socket_path(&place.data);
        if tokio::net::UnixStream::connect(&socket).await.is_ok() {
            let http = reqwest::Client::builder().unix_socket(socket).build()?;
            return Ok(Self::Server {
                http,
                base: "http://leeway".to_owned(),
                token,
            });
        }
        let (app, _) = serving::open(&place.data, Settings::default(), false)
            .map_err(|error| Unreachable(format!("{error:#}")))?;
        let router = server::local(server::router(&app, &CancellationToken::new()));
        Ok(Self::Here {
            router,
            token,
            _app: app,
        })
    }

    /// Sends a request; an answer that is not a success is an [`ApiError`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let (status, bytes) = match self {
            Self::Server { http, base, token } => {
                let mut request = http.request(method, format!("{base}{path}"));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if let Some(body) = body {
                    request = request.json(&body);
                }
                let response = request.send().await.map_err(|error| {
                    Unreachable(format!("no server answers at `{base}`: {error}"))
                })?;
                (response.status(), response.bytes().await?.to_vec())
            }
            Self::Here { router, token, .. } => {
                here(router, token.as_deref(), (method, path, body)).await?
            }
        };
        read(status, &bytes)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::DELETE, path, None).await
    }
}

async fn here(
    router: &Router,
    token: Option<&str>,
    (method, path, body): (Method, &str, Option<Value>),
) -> anyhow::Result<(StatusCode, Vec<u8>)> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = match body {
        Some(value) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(value.to_string())
        }
        None => Body::empty(),
    };
    let response = router.clone().oneshot(request.body(body)?).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok((status, bytes.to_vec()))
}

fn read(status: StatusCode, bytes: &[u8]) -> anyhow::Result<Value> {
    let value: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(value);
    }
    let text = |key: &str| value["error"][key].as_str().map(str::to_owned);
    let message = text("message").unwrap_or_else(|| format!("the server answered {status}"));
    let code = text("code").unwrap_or_else(|| "refused".to_owned());
    let mut error = ApiError::new(status, "refused", format!("{message} [{code}]"));
    error.help = text("help");
    Err(error.into())
}

/// A path segment, escaped.
pub fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
