//! Calls: the operation, its pages, and what may be tried again.

use super::result;
use super::wire::{Answer, Wire};
use crate::system::client::NOT_SIGNED_IN;
use crate::system::trouble::Trouble;
use crate::system::{CallError, Condition, SystemCall};
use leeway_core::classify::look::HTTP_META;
use leeway_core::govern::system::System;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::answer::{Meaning, meaning};
use leeway_core::openapi::document::Document;
use leeway_core::openapi::operation::Operation;
use leeway_core::openapi::request::Request;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Times a safe request is made again.
const MOST_RETRIES: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longest pause a busy system may ask for; longer is an error at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Redirects of one safe request, all within the origin.
const MOST_REDIRECTS: u32 = 3;
/// Most bytes of all pages of one list.
const LONGEST_LIST: usize = 8 * 1024 * 1024;

/// An HTTP API, ready to be called.
pub struct HttpApi {
    document: Document,
    wire: Wire,
    trouble: Trouble,
}

impl HttpApi {
    /// Reads the document and looks whether the system is there.
    pub async fn open(system: &System) -> Result<Self, String> {
        let text = system
            .openapi_text
            .as_deref()
            .ok_or("openapi-missing: its document is not part of the configuration")?;
        let document = Document::parse(text, &Withheld::of(system))
            .map_err(|fault| format!("{}: {}", fault.code, fault.message))?;
        for skipped in &document.skipped {
            tracing::warn!(
                system = %system.name,
                operation = %skipped.operation.escape_debug(),
                code = skipped.fault.code,
                why = %skipped.fault.message.escape_debug(),
                "an operation becomes no tool"
            );
        }
        let base = system.base_url.as_ref().or(document.server.as_ref());
        let base = base.ok_or(
            "base-url-missing: neither the system's file nor its document says where it is",
        )?;
        let wire = Wire::new(system, base)?;
        wire.probe().await?;
        Ok(Self {
            document,
            wire,
            trouble: Trouble::default(),
        })
    }

    /// Its tools.
    pub fn definitions(&self) -> Vec<Value> {
        let operations = self.document.operations.values();
        operations
            .map(|operation| operation.definition.clone())
            .collect()
    }

    /// What was wrong with the last call.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.why()
    }

    /// Comes back when it cannot be reached.
    pub async fn lost(&self) -> String {
        self.trouble.lost().await
    }

    /// Makes one call; what is safe may be tried again, everything else is sent once.
    pub async fn call(&self, call: SystemCall, timeout: Duration) -> Result<Value, CallError> {
        let Some(operation) = self.document.operations.get(&call.tool) else {
            return Err(CallError::Refused(format!(
                "it has no operation `{}`",
                call.tool
            )));
        };
        let arguments = match &call.arguments {
            Value::Object(arguments) => arguments.clone(),
            Value::Null => Map::new(),
            _ => return Err(CallError::Refused("arguments are not an object".to_owned())),
        };
        let work = self.pages(operation, arguments, &call);
        let went = match tokio::time::timeout(timeout, work).await {
            Ok(Err(Failed::Argument(why))) => return Err(CallError::Refused(why)),
            Ok(Err(Failed::Call(error))) => Err(error),
            Ok(Ok(result)) => Ok(result),
            Err(_) => Err(CallError::NoAnswer(format!(
                "none within {} s",
                timeout.as_secs()
            ))),
        };
        let status = went
            .as_ref()
            .ok()
            .map(|result| &result["_meta"][HTTP_META]["status"]);
        match status {
            Some(status) if *status == json!(401) => self.trouble.say(NOT_SIGNED_IN),
            _ => self.trouble.note(&went),
        }
        went
    }

    async fn pages(
        &self,
        operation: &Operation,
        mut arguments: Map<String, Value>,
        call: &SystemCall,
    ) -> Result<Value, Failed> {
        let mut first = self.answered(operation, &arguments, call).await?;
        let rule = operation
            .pages
            .as_ref()
            // A write is sent once, whatever its answer says of more.
            .filter(|rule| call.reads && rule.wanted(&arguments));
        let (Some(rule), Some(mut whole)) = (rule, first.json.clone()) else {
            return Ok(result::of(&first));
        };
        let mut next = rule.next(&whole);
        let (mut read, mut bytes) = (1, first.text.len());
        while let Some(place) = next.clone() {
            if read == rule.most || bytes > LONGEST_LIST {
                break;
            }
            arguments.insert(rule.argument.clone(), place);
            let page = self.answered(operation, &arguments, call).await?;
            let Some(json) = &page.json else {
                // A refusal in mid-list: half a list would look like a whole one.
                return Ok(result::of(&page));
            };
            rule.join(&mut whole, json);
            (read, bytes) = (read + 1, bytes + page.text.len());
            let after = rule.next(json);
            // A system that leads back to the same place would be read for ever.
            next = after.filter(|after| Some(after) != next.as_ref());
        }
        first.meta["pages"] = json!(read);
        first.meta["more"] = json!(next.is_some());
        first.text = whole.to_string();
        first.json = Some(whole);
        Ok(result::of(&first))
    }

    /// One answer that is a success or a refusal.
    async fn answered(
        &self,
        operation: &Operation,
        arguments: &Map<String, Value>,
        call: &SystemCall,
    ) -> Result<Answer, Failed> {
        let mut request = operation.request(arguments).map_err(Failed::Argument)?;
        if let Some(Condition::Header { name, version }) = &call.condition {
            request.headers.push((name.clone(), version.clone()));
        }
        // A method that should change nothing is not made again where the pack says that it does.
        let safe = operation.is_safe() && call.reads;
        let key = call.idempotency_key.as_deref().filter(|_| !safe);
        let mut answer = if safe {
            self.patiently(&request).await?
        } else {
            self.wire.send(&request, key).await?
        };
        match meaning(answer.status, safe, call.condition.is_some()) {
            Meaning::Done => {
                result::check(&mut answer, operation.success.as_deref()).map_err(no_answer)?;
            }
            Meaning::Refused => answer.refused = true,
            Meaning::Conflict => {
                return Err(CallError::Conflict(format!("HTTP {}", answer.status)).into());
            }
            Meaning::Redirect => {
                return Err(no_answer(
                    "redirect-refused: it asks to go elsewhere".to_owned(),
                ));
            }
            Meaning::Busy | Meaning::Unknown => {
                return Err(no_answer(format!(
                    "the system answered HTTP {}",
                    answer.status
                )));
            }
        }
        Ok(answer)
    }

    /// A safe request, made again a few times while the system is busy or cannot be reached, and
    /// following redirects within the origin.
    async fn patiently(&self, request: &Request) -> Result<Answer, CallError> {
        let (mut retries, mut redirects) = (0, 0);
        let mut elsewhere = None;
        let mut pause = FIRST_PAUSE;
        loop {
            let sent = match &elsewhere {
                None => self.wire.send(request, None).await,
                Some(place) => self.wire.follow(place, request).await,
            };
            let asked = match &sent {
                Err(CallError::NotSent(why)) if !why.starts_with("address-forbidden") => None,
                Ok(answer) if meaning(answer.status, true, false) == Meaning::Busy => {
                    answer.retry_after
                }
                Ok(answer)
                    if redirects < MOST_REDIRECTS
                        && meaning(answer.status, true, false) == Meaning::Redirect =>
                {
                    redirects += 1;
                    elsewhere = Some(self.wire.within_origin(answer)?);
                    continue;
                }
                _ => return sent,
            };
            let wait = asked.unwrap_or(pause);
            if retries == MOST_RETRIES || wait > LONGEST_PAUSE {
                return sent;
            }
            retries += 1;
            pause *= 2;
            tokio::time::sleep(wait).await;
        }
    }
}

/// Why a call came to nothing.
enum Failed {
    /// An argument does not fit the request: not the system's trouble.
    Argument(String),
    Call(CallError),
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

fn no_answer(why: String) -> Failed {
    Failed::Call(CallError::NoAnswer(why))
}
