//! Protection of the MCP door from pages in somebody's browser: a page can make a name of its own
//! lead to this machine, but then the request carries that name. Only requests to this machine's
//! own names and addresses, and to those of `hosts` in `leeway.toml`, are let through.

use crate::app::App;
use crate::error::ApiError;
use crate::people::access::Local;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// Headers of requests that a page may set.
const ASKED: [&str; 8] = [
    "accept",
    "authorization",
    "content-type",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
];
/// Headers of answers that a page may read.
const TOLD: [&str; 3] = ["mcp-session-id", "www-authenticate", "retry-after"];
const PREFLIGHT_LASTS: Duration = Duration::from_hours(1);

/// Refuses a request whose `Host` or `Origin` is not ours.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (hosts, origins) = (&app.settings.hosts, &app.settings.origins);
    match check((hosts, origins), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(foreign) => refusal(&foreign).into_response(),
    }
}

/// The same for pages and for what they are made of: the REST door goes by tokens alone, and whoever looks after the
/// process asks for its health by any name.
pub async fn guard_pages(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = ["/v1/", "/mcp/", "/healthz", "/readyz"];
    let local = request.extensions().get::<Local>().is_some();
    if local || open.iter().any(|start| path.starts_with(start)) {
        return next.run(request).await;
    }
    let registry = app.registry();
    let public = registry.notify.as_ref().and_then(|live| {
        let url = url::Url::parse(&live.notify.public_url).ok()?;
        url.host_str().map(str::to_owned)
    });
    let hosts: Vec<String> = app.settings.hosts.iter().cloned().chain(public).collect();
    match check((&hosts, &[]), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(foreign) => refusal(&foreign).into_response(),
    }
}

/// What pages of other places may do at the MCP door: only those that the configuration names, and never with
/// somebody's cookies.
pub fn shared(app: &App) -> CorsLayer {
    let origins = app.settings.origins.iter();
    let allowed: Vec<HeaderValue> = origins.filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(allowed))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(ASKED.map(HeaderName::from_static))
        .expose_headers(TOLD.map(HeaderName::from_static))
        .max_age(PREFLIGHT_LASTS)
}

fn refusal(foreign: &str) -> ApiError {
    let shown: String = foreign.chars().take(200).collect();
    ApiError::new(
        StatusCode::FORBIDDEN,
        "host-not-allowed",
        format!("`{}` is none of this server's names", shown.escape_debug()),
    )
    .help("use the server's address, or add the name to `hosts` in leeway.toml")
}

/// The first name that is not ours.
fn check(
    (hosts, origins): (&[String], &[String]),
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), String> {
    let text = |name| match headers.get(name) {
        None => Ok(None),
        Some(value) => value.to_str().map(Some).map_err(|_| format!("{value:?}")),
    };
    // Requests over HTTP/2 carry the name in their address instead.
    let host = text(header::HOST)?.or_else(|| uri.authority().map(http::uri::Authority::as_str));
    let origin = text(header::ORIGIN)?.filter(|origin| !origins.iter().any(|one| one == origin));
    for named in [host, origin].into_iter().flatten() {
        if !ours(hosts, named) {
            return Err(named.to_owned());
        }
    }
    Ok(())
}

/// Whether a `Host` or an `Origin` names this server. An address as such is no name anybody else
/// could make lead here.
fn ours(hosts: &[String], named: &str) -> bool {
    let name = named
        .strip_prefix("https://")
        .or_else(|| named.strip_prefix("http://"))
        .unwrap_or(named);
    let Ok(url) = url::Url::parse(&format!("http://{name}/")) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(domain)) => {
            domain == "localhost" || hosts.iter().any(|host| host.eq_ignore_ascii_case(domain))
        }
        Some(url::Host::Ipv4(address)) => is_address(IpAddr::V4(address), name),
        Some(url::Host::Ipv6(address)) => is_address(IpAddr::V6(address), name),
        None => false,
    }
}

/// An address written as one: not in a form that only some readers take for an address.
fn is_address(address: IpAddr, name: &str) -> bool {
    match address {
        IpAddr::V4(address) => name.starts_with(&address.to_string()),
        IpAddr::V6(_) => name.starts_with('['),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &[&str], host: Option<&str>, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let origins = ["https://app.example.net".to_owned()];
        check(
            (&hosts, &origins),
            &"/mcp/office".parse().unwrap(),
            &headers,
        )
        .is_ok()
    }

    #[test]
    fn own_names_and_addresses_pass_and_others_do_not() {
        for host in [
            "localhost",
            "localhost:4180",
            "127.0.0.1:4180",
            "[::1]:4180",
            "192.168.0.4",
        ] {
            assert!(allowed(&[], Some(host), None), "{host}");
            assert!(
                allowed(&[], Some(host), Some(&format!("http://{host}"))),
                "{host}"
            );
        }
        for host in [
            "evil.example.com",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "0x7f000001",
            "",
            "a b",
        ] {
            assert!(!allowed(&[], Some(host), None), "{host}");
        }
        for origin in [
            "http://evil.example.com",
            "null",
            "https://localhost.evil.com:4180",
            "file://",
        ] {
            assert!(
                !allowed(&[], Some("localhost:4180"), Some(origin)),
                "{origin}"
            );
        }
        assert!(allowed(
            &["Desk.example.com"],
            Some("desk.example.com"),
            Some("https://desk.example.com")
        ));
        assert!(!allowed(
            &["desk.example.com"],
            Some("desk.example.com.evil.com"),
            None
        ));
        assert!(allowed(&[], None, None));
        let origin = |origin| allowed(&[], Some("localhost"), Some(origin));
        assert!(origin("https://app.example.net"));
        for other in [
            "http://app.example.net",
            "https://app.example.net:444",
            "https://app.example.net.evil.com",
        ] {
            assert!(!origin(other), "{other}");
        }
    }
}
