//! One request and one answer. Credentials are added here and nowhere else; every address is looked
//! at before it is connected to; no proxy, no redirect and no repetition happens behind our back.

use super::credentials::{Credentials, Held, header_name};
use crate::guard::{self, Guarded};
use crate::system::CallError;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use leeway_core::govern::system::System;
use leeway_core::openapi::request::Request;
use serde_json::{Value, json};
use std::error::Error;
use std::time::Duration;
use url::Url;

/// Longest answer read, bytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// Headers of an answer that filters may look at.
const TOLD: [HeaderName; 3] = [header::ETAG, header::LAST_MODIFIED, header::LOCATION];

/// An answer, read whole.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its media type without parameters, lower case.
    pub content_type: String,
    /// Its body, with credentials of ours taken out.
    pub text: String,
    /// Its body parsed, once it has been checked.
    pub json: Option<Value>,
    /// Whether it means that nothing was done.
    pub refused: bool,
    /// `status` and the headers of [`TOLD`].
    pub meta: Value,
    /// How long a busy system asks to wait.
    pub retry_after: Option<Duration>,
    location: Option<String>,
    at: Url,
}

/// Where a system is, and how requests to it are made.
pub struct Wire {
    client: reqwest::Client,
    base: Url,
    credentials: Credentials,
    idempotency_header: Option<HeaderName>,
    allow_private: bool,
}

impl Wire {
    /// Resolves the system's references.
    pub fn new(system: &System, base: &str) -> Result<Self, String> {
        let timeout = Duration::from_secs(system.timeout_s);
        let client = reqwest::Client::builder()
            .user_agent(concat!("leeway/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .dns_resolver(Guarded::new(system.allow_private))
            // A connection that was idle may be closed under our request: one is opened for each, so
            // that what could not be sent is known not to have been.
            .pool_max_idle_per_host(0)
            .connect_timeout((timeout / 2).min(LONGEST_CONNECT))
            .build()
            .map_err(|error| format!("no HTTP client: {error}"))?;
        let mut wire = Self {
            client,
            base: base_url(base)?,
            credentials: Credentials::read(system)?,
            idempotency_header: None,
            allow_private: system.allow_private,
        };
        if let Some(name) = &system.idempotency_header {
            wire.idempotency_header = Some(header_name(name)?);
        }
        Ok(wire)
    }

    /// Looks whether something listens there.
    pub async fn probe(&self) -> Result<(), String> {
        let host = self.base.host_str().unwrap_or_default();
        let port = self.base.port_or_known_default().unwrap_or(443);
        let addresses = guard::resolve(host, port, self.allow_private).await?;
        let connecting = tokio::net::TcpStream::connect(addresses.as_slice());
        match tokio::time::timeout(LONGEST_CONNECT, connecting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("unreachable: `{host}:{port}`: {error}")),
            Err(_) => Err(format!("unreachable: `{host}:{port}` does not answer")),
        }
    }

    /// Sends a request, once.
    pub async fn send(&self, request: &Request, key: Option<&str>) -> Result<Answer, CallError> {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}{}",
            url.path().trim_end_matches('/'),
            request.path
        ));
        let query = request.query_text();
        url.set_query((!query.is_empty()).then_some(&query));
        let mut headers = request_headers(request).map_err(CallError::NotSent)?;
        if let (Some(name), Some(key)) = (&self.idempotency_header, key)
            && let Ok(value) = HeaderValue::from_str(key)
        {
            headers.insert(name.clone(), value);
        }
        self.exchange(request, url, headers).await
    }

    /// Sends a safe request to where the system led it, within its origin.
    pub async fn follow(&self, place: &Url, request: &Request) -> Result<Answer, CallError> {
        let headers = request_headers(request).map_err(CallError::NotSent)?;
        self.exchange(request, place.clone(), headers).await
    }

    /// Where a redirect leads, when that is the same origin.
    pub fn within_origin(&self, answer: &Answer) -> Result<Url, CallError> {
        let refused = |why: &str| CallError::NoAnswer(format!("redirect-refused: {why}"));
        let location = answer.location.as_deref().unwrap_or_default();
        let place = answer
            .at
            .join(location)
            .map_err(|_| refused("it leads to no address"))?;
        if place.origin() != self.base.origin() {
            return Err(refused(
                "it leads to another origin, which is never followed",
            ));
        }
        Ok(place)
    }

    async fn exchange(
        &self,
        request: &Request,
        mut url: Url,
        mut headers: HeaderMap,
    ) -> Result<Answer, CallError> {
        guard::check_written(&url, self.allow_private)
            .map_err(|error| CallError::NotSent(error.to_string()))?;
        let at = url.clone();
        let held = self.credentials.now().await;
        for (name, value) in &held.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        headers.extend(held.headers.clone());
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| CallError::NotSent(format!("`{}` is no method", request.method)))?;
        let mut builder = self.client.request(method, url).headers(headers);
        if let Some((media, body)) = &request.body {
            builder = builder
                .header(header::CONTENT_TYPE, media)
                .body(body.clone());
        }
        let response = builder.send().await.map_err(|error| failed(error, &held))?;
        read(response, at, &held).await
    }
}

fn failed(error: reqwest::Error, held: &Held) -> CallError {
    let before = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let mut cause: &dyn Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let why = held.taken_out(cause.to_string());
    if before {
        CallError::NotSent(why)
    } else {
        CallError::NoAnswer(why)
    }
}

async fn read(mut response: reqwest::Response, at: Url, held: &Held) -> Result<Answer, CallError> {
    let status = response.status().as_u16();
    let header = |name: &HeaderName| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(held.taken_out(value.chars().take(1_000).collect()))
    };
    let mut meta = json!({ "status": status });
    for name in &TOLD {
        if let Some(value) = header(name) {
            meta[name.as_str()] = json!(value);
        }
    }
    let content_type = header(&header::CONTENT_TYPE).unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default();
    let content_type = content_type.trim().to_ascii_lowercase();
    let retry_after = header(&header::RETRY_AFTER)
        .and_then(|text| text.parse().ok())
        .map(Duration::from_secs);
    let location = header(&header::LOCATION);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| {
        CallError::NoAnswer(format!("its answer broke off: {}", error.without_url()))
    })? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(CallError::NoAnswer(format!(
                "answer-too-large: its answer has more than {LONGEST_ANSWER} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer {
        status,
        content_type,
        text: held.taken_out(text),
        json: None,
        refused: false,
        meta,
        retry_after,
        location,
        at,
    })
}

fn base_url(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("base-url-invalid: `{text}` {why}");
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no address: {error}")))?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() {
        return Err(wrong("is no `https://` address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "base-url-invalid: it holds credentials; they belong under `[login]`".to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a query; parameters belong under `[query]`"));
    }
    Ok(url)
}

fn request_headers(request: &Request) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &request.headers {
        let value = HeaderValue::from_str(value).map_err(|_| {
            format!("the value of header `{name}` has characters a header cannot hold")
        })?;
        headers.insert(header_name(name)?, value);
    }
    Ok(headers)
}
