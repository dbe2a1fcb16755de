//! The configuration in force, and bringing another into force.

use super::body::Body;
use crate::app::App;
use crate::config::{self, Configuration};
use crate::configure;
use crate::error::ApiError;
use crate::people::access::{Who, actor};
use axum::Json;
use axum::extract::State;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::people::Right;
use leeway_core::govern::system::System;
use leeway_core::govern::workflow::Workflow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Everything configured: the same schema as the files.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationBody {
    /// `systems/*.toml`.
    pub systems: Vec<System>,
    /// `packs/*.toml`.
    pub packs: Vec<Pack>,
    /// `workflows/*.toml`.
    pub workflows: Vec<Workflow>,
}

/// The configuration in force. Credentials are references, never values.
#[utoipa::path(get, path = "/v1/configuration", responses((status = 200, description = "`{systems, packs, workflows}`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
) -> Result<Json<ConfigurationBody>, ApiError> {
    who.person(Right::Configure)?;
    let now = configure::current(&app);
    Ok(Json(ConfigurationBody {
        systems: now.systems,
        packs: now.packs,
        workflows: now.workflows,
    }))
}

/// Makes the configuration in force equal to the one sent; approvals given under other rules are
/// judged again before anything runs.
#[utoipa::path(post, path = "/v1/configuration", request_body = Object, responses(
    (status = 200, description = "`{changes}`"), (status = 422, description = "`configuration-invalid` with every problem")))]
pub async fn apply(
    State(app): State<Arc<App>>,
    who: Who,
    Body(body): Body<ConfigurationBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Configure)?;
    let wanted = Configuration {
        settings: app.settings.clone(),
        systems: body.systems,
        packs: body.packs,
        workflows: body.workflows,
    };
    let problems = config::check(&wanted);
    if !problems.is_empty() {
        return Err(ApiError::invalid(
            "configuration-invalid",
            format!(
                "the configuration has {} problems; nothing was changed",
                problems.len()
            ),
        )
        .details(json!({ "problems": problems })));
    }
    let changes = configure::apply(&app, &actor(&person), wanted).await?;
    Ok(Json(json!({ "changes": changes })))
}
