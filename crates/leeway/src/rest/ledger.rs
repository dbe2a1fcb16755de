//! The ledger itself: its entries, and the check that re-derives everything.

use super::answers;
use super::body::Params;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::view;
use crate::json::Json;
use crate::people::access::Who;
use axum::extract::State;
use leeway_core::govern::people::Right;
use leeway_core::ledger::verify::Report;
use leeway_store::{DerivedReport, Reader, StoreError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const LARGEST_PAGE: usize = 1_000;

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct EntryParams {
    /// First sequence number.
    pub from: u64,
    /// How many, 1 to 1000; 100 unless told.
    pub limit: Option<usize>,
    /// One stream only, e.g. `workflow/support-triage`.
    pub stream: Option<String>,
}

/// Entries of the ledger in order, with envelope, salt and payload.
#[utoipa::path(get, path = "/v1/entries", params(EntryParams), responses((status = 200, body = answers::EntryList, description = "`{entries, next}`")))]
pub async fn entries(
    State(app): State<Arc<App>>,
    who: Who,
    Params(params): Params<EntryParams>,
) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let limit = params.limit.unwrap_or(100).clamp(1, LARGEST_PAGE);
    let from = params.from;
    let raw = app
        .store
        .read(move |reader| match &params.stream {
            Some(stream) => reader.entries_of_from(stream, (from, limit)),
            None => reader.entries(from, limit),
        })
        .await?;
    let next = (raw.len() == limit).then(|| raw.last().map(|last| last.envelope.seq + 1));
    Ok(Json(json!({
        "entries": raw.iter().map(exported).collect::<Vec<_>>(),
        "next": next.flatten(),
    })))
}

/// An entry with everything it takes to verify it.
pub fn exported(raw: &leeway_store::RawEntry) -> Value {
    let mut entry = view::entry(raw);
    entry["salt"] = json!(hex::encode(raw.salt));
    entry["payload_json"] = serde_json::from_slice(&raw.payload).unwrap_or(Value::Null);
    entry
}

/// Re-derives the whole ledger by its own path.
#[utoipa::path(post, path = "/v1/verify", responses((status = 200, body = answers::Verified, description = "`{ok, entries, root, first_bad, derived: {ok, streams, first_bad}}`")))]
pub async fn verify(State(app): State<Arc<App>>, who: Who) -> Result<Json<Value>, ApiError> {
    who.person(Right::Read)?;
    let found = app
        .store
        .read(|reader| Verified::of(reader, |_| {}))
        .await?;
    Ok(Json(found.json()))
}

/// What re-deriving everything found: of the entries, and of what is derived from them.
pub struct Verified {
    /// The entries.
    pub entries: Report,
    /// Rows, documents and counts.
    pub derived: DerivedReport,
}

impl Verified {
    /// Re-derives everything. `progress` is told how many entries were verified, now and then.
    pub fn of(reader: &Reader, progress: impl FnMut(u64)) -> Result<Self, StoreError> {
        Ok(Self {
            entries: reader.verify(progress)?,
            derived: reader.verify_derived()?,
        })
    }

    /// Whether everything holds.
    pub fn ok(&self) -> bool {
        self.entries.ok() && self.derived.first_bad.is_none()
    }

    /// What is wrong first, in a sentence.
    pub fn problem(&self) -> Option<String> {
        let entry = self.entries.first_bad.as_ref();
        let derived = self.derived.first_bad.as_ref();
        entry
            .map(|bad| format!("entry {}: {}", bad.seq, bad.what))
            .or_else(|| {
                derived.map(|bad| {
                    format!(
                        "derived `{}`: {}; `leeway rebuild` makes it anew",
                        bad.what, bad.why
                    )
                })
            })
    }

    /// As `leeway verify --json` and the API give it.
    pub fn json(&self) -> Value {
        let derived = &self.derived;
        json!({
            "ok": self.ok(),
            "entries": self.entries.entries,
            "root": self.entries.root,
            "first_bad": self.entries.first_bad.as_ref().map(|bad| json!({ "seq": bad.seq, "what": bad.what })),
            "derived": {
                "ok": derived.first_bad.is_none(),
                "streams": derived.streams,
                "first_bad": derived.first_bad.as_ref().map(|bad| json!({ "what": bad.what, "why": bad.why })),
            },
        })
    }
}
