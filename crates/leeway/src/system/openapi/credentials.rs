//! A system's credentials: read again for each call, so that what was replaced where it is kept is taken up.

use crate::config::secret;
use arc_swap::ArcSwap;
use base64::Engine;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use leeway_core::govern::system::System;
use std::sync::Arc;

/// Credentials shorter than this are not looked for in answers: they would be found in anything.
const SHORTEST_SECRET: usize = 6;

/// Where they are kept, and what was found there last.
pub struct Credentials {
    system: Arc<System>,
    held: ArcSwap<Held>,
}

/// What is added to a request.
#[derive(Default)]
pub struct Held {
    /// Headers.
    pub headers: HeaderMap,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Credentials {
    /// Reads them; an error when a reference leads nowhere.
    pub fn read(system: &System) -> Result<Self, String> {
        Ok(Self {
            held: ArcSwap::from_pointee(Held::read(system)?),
            system: Arc::new(system.clone()),
        })
    }

    /// As they are now; as they were where they cannot be read any more.
    pub async fn now(&self) -> Arc<Held> {
        if !self.refers() {
            return self.held.load_full();
        }
        let system = self.system.clone();
        match tokio::task::spawn_blocking(move || Held::read(&system)).await {
            Ok(Ok(held)) => self.held.store(Arc::new(held)),
            Ok(Err(why)) => {
                tracing::warn!(system = %self.system.name, %why, "a credential cannot be read again");
            }
            Err(_) => {}
        }
        self.held.load_full()
    }

    fn refers(&self) -> bool {
        let System {
            headers,
            query,
            login,
            ..
        } = &*self.system;
        let mut values = headers.values().chain(query.values());
        values.any(|value| secret::is_reference(value)) || login.is_some()
    }
}

impl Held {
    fn read(system: &System) -> Result<Self, String> {
        let mut held = Self::default();
        for (name, reference) in &system.headers {
            let value = held.value(reference)?;
            held.headers
                .insert(header_name(name)?, sensitive(name, &value)?);
        }
        for (name, reference) in &system.query {
            let value = held.value(reference)?;
            held.query.push((name.clone(), value));
        }
        if let Some(login) = &system.login {
            let (user, password) = (held.value(&login.user)?, held.value(&login.password)?);
            let text =
                base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            let value = sensitive("Authorization", &format!("Basic {text}"))?;
            held.headers.insert(header::AUTHORIZATION, value);
            held.secrets.push(text);
        }
        Ok(held)
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

    /// A system may echo what it was sent; our credentials go no further.
    pub fn taken_out(&self, mut text: String) -> String {
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), leeway_core::classify::redact::REDACTED);
            }
        }
        text
    }
}

/// A header's name.
pub fn header_name(name: &str) -> Result<HeaderName, String> {
    HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a header name"))
}

fn sensitive(name: &str, value: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of header `{name}` has characters a header cannot hold"))?;
    value.set_sensitive(true);
    Ok(value)
}
