//! The HTTP server: every door in one router, its limits and headers, and where it may listen.

use crate::app::App;
use crate::connections::{LONGEST_HEADERS, LONGEST_SILENCE, Room, room_for};
use crate::error::ApiError;
use crate::gateway::mcp::Door;
use crate::gateway::mcp::sessions::{Beginnings, Sessions};
use crate::gateway::outcome;
use crate::people::access::{self, Local};
use crate::to_the_end::to_the_end;
use crate::{hosts, rest, unread, web};
use anyhow::{Context, bail};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

/// How long requests in flight may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Certificate and key for TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM file of the certificate chain.
    pub certificate: PathBuf,
    /// PEM file of the private key.
    pub key: PathBuf,
}

/// Where and how to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Address and port.
    pub address: SocketAddr,
    /// TLS, if any.
    pub tls: Option<Tls>,
    /// Listen beyond this machine without TLS: behind a proxy that has it.
    pub insecure: bool,
}

impl Listen {
    /// Refuses to send passwords and tokens over a network in the clear.
    pub fn check(&self) -> anyhow::Result<()> {
        if self.address.ip().is_loopback() || self.tls.is_some() || self.insecure {
            return Ok(());
        }
        bail!(
            "refusing to listen on `{}` without TLS: passwords and tokens would cross the network in the clear\n  give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy with TLS, or say --insecure-listen if such a proxy is the only one who can reach this address",
            self.address
        );
    }
}

/// Every door in one router.
pub fn router(app: &Arc<App>, stop: &CancellationToken) -> Router {
    let limit = app.settings.body_limit_bytes;
    Router::new()
        .merge(rest::routes())
        .merge(web::routes())
        .merge(mcp_routes(app, stop))
        .method_not_allowed_fallback(web::not_allowed)
        .layer(middleware::from_fn_with_state(
            app.clone(),
            hosts::guard_pages,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), looks))
        .layer(DefaultBodyLimit::max(limit))
        .layer(middleware::from_fn(move |request, next| {
            within_limit(limit, request, next)
        }))
        .layer(middleware::from_fn(unread::drained))
        .layer(middleware::from_fn(headers))
        .layer(middleware::from_fn(to_the_end))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(app.clone())
}

fn mcp_routes(app: &Arc<App>, stop: &CancellationToken) -> Router<Arc<App>> {
    let mut config = StreamableHttpServerConfig::default()
        .with_cancellation_token(stop.child_token())
        .with_max_request_body_bytes(app.settings.body_limit_bytes)
        .with_json_response(true)
        // `hosts` looks at names and origins, by the configuration.
        .disable_allowed_hosts();
    config.session_store = Some(Arc::new(Beginnings::default()));
    let sessions = Sessions::start();
    app.mcp_sessions.run_by(sessions.clone());
    let door = app.clone();
    let service = StreamableHttpService::new(move || Ok(Door::new(door.clone())), sessions, config);
    Router::new()
        .route_service("/mcp/{workflow}", service)
        .route_layer(middleware::from_fn_with_state(
            app.clone(),
            access::guard_mcp,
        ))
        .route_layer(hosts::shared(app))
        .route_layer(middleware::from_fn_with_state(app.clone(), hosts::guard))
}

/// Refuses a body that announces itself as too large, before reading any of it.
async fn within_limit(limit: usize, mut request: Request, next: Next) -> Response {
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return ApiError::too_large(Some(limit)).into_response();
    }
    request.extensions_mut().insert(rest::body::Limit(limit));
    next.run(request).await
}

/// Whoever looks sees every outcome that an agent was told before.
async fn looks(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.method() == Method::GET {
        outcome::caught_up(&app).await;
    }
    next.run(request).await
}

/// Headers every answer carries.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        // A proxy that collects what it passes on would hold streams back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    ApiError::new(
        axum::http::StatusCode::INTERNAL_SERVER_ERROR,
        "internal-error",
        "something went wrong inside Leeway",
    )
    .help("look the action up before repeating it")
    .into_response()
}

/// A bound address, ready to serve.
pub struct Bound {
    listener: std::net::TcpListener,
    tls: Option<Tls>,
    /// The address, with the port the system chose when 0 was asked for.
    pub address: SocketAddr,
}

/// Binds the address, or says why not.
pub fn bind(listen: &Listen) -> anyhow::Result<Bound> {
    listen.check()?;
    let listener = std::net::TcpListener::bind(listen.address)
        .with_context(|| format!("cannot listen on `{}`", listen.address))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok(Bound {
        listener,
        tls: listen.tls.clone(),
        address,
    })
}

/// Serves until told to stop; then lets requests in flight end.
pub async fn serve(bound: Bound, router: Router, stop: CancellationToken) -> anyhow::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let handle = axum_server::Handle::new();
    let stopper = handle.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        stopper.graceful_shutdown(Some(GRACE));
    });
    let mut server = axum_server::from_tcp(bound.listener)?
        .handle(handle)
        .first_request_timeout(LONGEST_SILENCE);
    server
        .http_builder()
        .http1()
        .header_read_timeout(LONGEST_HEADERS);
    let room = Room::new(room_for());
    match bound.tls {
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(rustls(&tls).await?).acceptor(room);
            server.acceptor(acceptor).serve(service).await?;
        }
        None => server.acceptor(room).serve(service).await?,
    }
    Ok(())
}

async fn rustls(tls: &Tls) -> anyhow::Result<RustlsConfig> {
    RustlsConfig::from_pem_file(&tls.certificate, &tls.key)
        .await
        .with_context(|| {
            format!(
                "cannot use the certificate `{}` with the key `{}`",
                tls.certificate.display(),
                tls.key.display()
            )
        })
}

/// Where the command line finds a running server: only who may open the data folder may open it.
pub fn socket_path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Binds the data folder's socket.
pub fn bind_socket(data: &Path) -> anyhow::Result<tokio::net::UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let path = socket_path(data);
    let _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path)
        .with_context(|| format!("cannot listen on `{}`", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves the same router on the data folder's socket; requests without a token are the local
/// operator's.
pub async fn serve_socket(
    listener: tokio::net::UnixListener,
    router: Router,
    (path, stop): (PathBuf, CancellationToken),
) -> anyhow::Result<()> {
    let router = local(router);
    let serving =
        axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await });
    let ended = serving.await;
    let _ = std::fs::remove_file(&path);
    Ok(ended?)
}

/// The router as the local operator sees it.
pub fn local(router: Router) -> Router {
    router.layer(axum::Extension(Local))
}
