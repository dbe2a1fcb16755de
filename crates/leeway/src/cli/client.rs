//! Reaching the REST door: a server by address, a server by its folder's socket, or, when none
//! runs, the ledger opened in this very process.

use super::Where;
use crate::clock::Clock;
use crate::config::Settings;
use crate::{server, serving};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Neither a server nor a ledger can be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// The server refused a request.
#[derive(Debug, thiserror::Error)]
#[error("{message} [{code}]")]
pub struct Refused {
    /// Stable kebab-case code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The whole answer.
    pub body: Value,
}

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
    /// The ledger, opened here when it is first needed.
    Here {
        /// The data folder.
        data: PathBuf,
        /// A person's token, if one was given.
        token: Option<String>,
        /// Whether nobody but a program reads what is said.
        quiet: bool,
        /// The router, as the local operator sees it, and what keeps it alive.
        opened: OnceCell<(Router, Arc<crate::app::App>)>,
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
        Ok(Self::Here {
            data: place.data.clone(),
            token,
            quiet: place.json,
            opened: OnceCell::new(),
        })
    }

    /// Whether a server runs that carries out what is approved.
    pub fn is_server(&self) -> bool {
        matches!(self, Self::Server { .. })
    }

    /// Whether it speaks as whoever a token belongs to, not as the operator at the machine.
    pub fn has_token(&self) -> bool {
        let (Self::Server { token, .. } | Self::Here { token, .. }) = self;
        token.is_some()
    }

    /// Sends a request; an answer that is not a success is an [`ApiError`].
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let (status, bytes) = self.fetch(method, path, body).await?;
        read(status, &bytes)
    }

    /// GET of what is no JSON.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let (status, bytes) = self.fetch(Method::GET, path, None).await?;
        if status.is_success() {
            return Ok(String::from_utf8(bytes)?);
        }
        read(status, &bytes).map(|_| String::new())
    }

    async fn fetch(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(StatusCode, Vec<u8>)> {
        match self {
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
                Ok((response.status(), response.bytes().await?.to_vec()))
            }
            Self::Here {
                data,
                token,
                quiet,
                opened,
            } => {
                let begins = method == Method::POST && begins(path);
                let first = !data.join("ledger.db").is_file();
                let (router, _) = opened.get_or_try_init(async || open(data, begins)).await?;
                if first && !quiet {
                    out!("a ledger begins in `{}`", data.display());
                }
                here(router, token.as_deref(), (method, path, body)).await
            }
        }
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

/// Where a ledger may begin: adding its first people, and bringing a configuration into force. A
/// mistyped folder must not look like an empty ledger to everything else.
const BEGINS: [&str; 2] = ["/v1/users", "/v1/configuration"];

fn begins(path: &str) -> bool {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    BEGINS.contains(&path)
}

fn open(data: &Path, begins: bool) -> anyhow::Result<(Router, Arc<crate::app::App>)> {
    if !begins && !data.join("ledger.db").is_file() {
        return Err(Unreachable(format!(
            "no server runs over `{0}`, and there is no ledger in it: give the right folder with --data",
            data.display()
        ))
        .into());
    }
    let (app, _) = serving::open(data, Clock::system(), (Settings::default(), false))
        .map_err(|error| Unreachable(format!("{error:#}")))?;
    let router = server::local(server::router(&app, &CancellationToken::new()));
    Ok((router, app))
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
    Err(Refused {
        code: text("code").unwrap_or_else(|| "refused".to_owned()),
        message: text("message").unwrap_or_else(|| format!("the server answered {status}")),
        help: text("help"),
        body: value,
    }
    .into())
}

/// A path segment, escaped.
pub fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
