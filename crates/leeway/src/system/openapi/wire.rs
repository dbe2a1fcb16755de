//! One request and one answer. Credentials are added here and nowhere else; every address is looked
//! at before it is connected to; no proxy, no redirect and no repetition happens behind our back.

use crate::config::secret;
use crate::system::{CallError, guard};
use base64::Engine;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use leeway_core::govern::system::System;
use leeway_core::openapi::request::Request;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::{Value, json};
use std::error::Error;
use std::time::Duration;
use url::Url;

/// Longest answer read, bytes.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// Headers of an answer that filters may look at.
const TOLD: [HeaderName; 3] = [header::ETAG, header::LAST_MODIFIED, header::LOCATION];
/// Credentials shorter than this are not looked for in answers: they would be found in anything.
const SHORTEST_SECRET: usize = 6;

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
    headers: HeaderMap,
    query: Vec<(String, String)>,
    idempotency_header: Option<HeaderName>,
    allow_private: bool,
    secrets: Vec<String>,
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
            .dns_resolver(Guarded {
                allow_private: system.allow_private,
            })
            // A connection that was idle may be closed under our request: one is opened for each, so
            // that what could not be sent is known not to have been.
            .pool_max_idle_per_host(0)
            .connect_timeout((timeout / 2).min(LONGEST_CONNECT))
            .build()
            .map_err(|error| format!("no HTTP client: {error}"))?;
        let mut wire = Self {
            client,
            base: base_url(base)?,
            headers: HeaderMap::new(),
            query: Vec::new(),
            idempotency_header: None,
            allow_private: system.allow_private,
            secrets: Vec::new(),
        };
        if let Some(name) = &system.idempotency_header {
            wire.idempotency_header = Some(header_name(name)?);
        }
        wire.credentials(system)?;
        Ok(wire)
    }

    fn credentials(&mut self, system: &System) -> Result<(), String> {
        for (name, reference) in &system.headers {
            let value = self.value(reference)?;
            self.headers
                .insert(header_name(name)?, sensitive(name, &value)?);
        }
        for (name, reference) in &system.query {
            let value = self.value(reference)?;
            self.query.push((name.clone(), value));
        }
        if let Some(login) = &system.login {
            let (user, password) = (self.value(&login.user)?, self.value(&login.password)?);
            let text =
                base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            let value = sensitive("Authorization", &format!("Basic {text}"))?;
            self.headers.insert(header::AUTHORIZATION, value);
            self.secrets.push(text);
        }
        Ok(())
    }

    fn value(&mut self, reference: &str) -> Result<String, String> {
        let value = secret::resolve(reference).map_err(|error| error.to_string())?;
        if secret::is_reference(reference) {
            let word = value.split_whitespace().next_back().unwrap_or_default();
            self.secrets.extend(
                [value.as_str(), word]
                    .into_iter()
                    .filter(|part| part.len() >= SHORTEST_SECRET)
                    .map(str::to_owned),
            );
        }
        Ok(value)
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
        // The resolver is not asked about an address that is written out.
        let host = url.host_str().unwrap_or_default().to_owned();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            guard::check(&host, address, self.allow_private)
                .map_err(|error| CallError::NotSent(error.to_string()))?;
        }
        let at = url.clone();
        for (name, value) in &self.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        headers.extend(self.headers.clone());
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|_| CallError::NotSent(format!("`{}` is no method", request.method)))?;
        let mut builder = self.client.request(method, url).headers(headers);
        if let Some((media, body)) = &request.body {
            builder = builder
                .header(header::CONTENT_TYPE, media)
                .body(body.clone());
        }
        let response = builder.send().await.map_err(|error| self.failed(error))?;
        self.read(response, at).await
    }

    fn failed(&self, error: reqwest::Error) -> CallError {
        let before = error.is_connect() || error.is_builder();
        let error = error.without_url();
        let mut cause: &dyn Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let why = self.without_secrets(cause.to_string());
        if before {
            CallError::NotSent(why)
        } else {
            CallError::NoAnswer(why)
        }
    }

    async fn read(&self, mut response: reqwest::Response, at: Url) -> Result<Answer, CallError> {
        let status = response.status().as_u16();
        let header = |name: &HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(self.without_secrets(value.chars().take(1_000).collect()))
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
            text: self.without_secrets(text),
            json: None,
            refused: false,
            meta,
            retry_after,
            location,
            at,
        })
    }

    /// A system may echo what it was sent; our credentials go no further.
    fn without_secrets(&self, mut text: String) -> String {
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), leeway_core::classify::redact::REDACTED);
            }
        }
        text
    }
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

fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a header name"))
}

fn sensitive(name: &str, value: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of header `{name}` has characters a header cannot hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Resolves names as [`guard::resolve`] does.
struct Guarded {
    allow_private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let addresses = guard::resolve(name.as_str(), 0, allow_private).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
