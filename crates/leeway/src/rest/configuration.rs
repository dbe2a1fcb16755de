//! The configuration in force, and asking for another one.

use super::answers;
use super::body::{Body, Params};
use crate::app::App;
use crate::changes::{self, Outcome};
use crate::config::{self, ChangeReview, Configuration, secret};
use crate::configure;
use crate::error::ApiError;
use crate::json::Json;
use crate::people::access::{Who, actor, is_local};
use crate::texts;
use axum::extract::State;
use axum::http::StatusCode;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::change::{ChangeState, Edit};
use leeway_core::govern::owners::Owners;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::system::System;
use leeway_core::govern::workflow::Workflow;
use leeway_core::notify::settings::Notify;
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
    /// `owners.toml`; none when absent.
    #[serde(default)]
    pub owners: Option<Owners>,
    /// `notify.toml`; none when absent.
    #[serde(default)]
    pub notify: Option<Notify>,
}

impl ConfigurationBody {
    /// As it is sent and shown.
    pub fn of(configuration: Configuration) -> Self {
        Self {
            systems: configuration.systems,
            packs: configuration.packs,
            workflows: configuration.workflows,
            owners: configuration.owners,
            notify: configuration.notify,
        }
    }
}

impl From<ConfigurationBody> for Configuration {
    fn from(body: ConfigurationBody) -> Self {
        Self {
            systems: body.systems,
            packs: body.packs,
            workflows: body.workflows,
            owners: body.owners,
            notify: body.notify,
            ..Self::default()
        }
    }
}

/// How a wanted configuration is to take force.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
pub struct HowParams {
    /// Why, for the reviewer and the record.
    pub why: String,
    /// `true` to wait for a review even where one is not required.
    pub review: bool,
    /// `true` where the folder's settings require a review.
    pub required: bool,
    /// `true` to take force without a review where one is required: only at the machine itself.
    pub unreviewed: bool,
    /// The folder it was read from whole, where it is; only at the machine itself. A start with that folder
    /// may bring it into force again while nothing else is changed.
    pub folder: Option<String>,
}

/// The configuration in force. Credentials are references, never values.
#[utoipa::path(get, path = "/v1/configuration", responses((status = 200, description = "`{systems, packs, workflows, owners, notify}`")))]
pub async fn show(
    State(app): State<Arc<App>>,
    who: Who,
) -> Result<Json<ConfigurationBody>, ApiError> {
    who.person(Right::Propose)?;
    Ok(Json(ConfigurationBody::of(configure::current(&app))))
}

/// Asks for the configuration sent to be the one in force. A person's wish waits for another
/// person's review; approvals given under other rules are judged again before anything runs.
#[utoipa::path(post, path = "/v1/configuration", params(HowParams), request_body = Object, responses(
    (status = 200, description = "`{status: in-force | waiting | nothing, change, changes}`"), (status = 403, body = answers::Failure, description = "`only-at-the-machine`"), (status = 422, body = answers::Failure, description = "`configuration-invalid` with every problem")))]
pub async fn apply(
    State(app): State<Arc<App>>,
    who: Who,
    Params(how): Params<HowParams>,
    Body(body): Body<ConfigurationBody>,
) -> Result<Json<Value>, ApiError> {
    let person = who.person(Right::Propose)?;
    let wanted = Configuration {
        settings: app.settings.clone(),
        ..body.into()
    };
    wish(&app, &person, (&wanted, &how)).await.map(Json)
}

/// Proposes a configuration, or brings it into force where that is allowed.
pub async fn wish(
    app: &App,
    person: &Person,
    (wanted, how): (&Configuration, &HowParams),
) -> Result<Value, ApiError> {
    texts::within([("why", how.why.as_str())])?;
    let problems = config::check(wanted);
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
    let local = is_local(person);
    if how.unreviewed && !local {
        return Err(ApiError::forbidden(
            "only at the machine itself a change takes force unreviewed",
        )
        .help("propose it, and let somebody else approve it"));
    }
    if how.folder.is_some() && !local {
        return Err(ApiError::forbidden(
            "only at the machine itself a configuration is of a folder of it",
        ));
    }
    texts::within(how.folder.iter().map(|folder| ("folder", folder.as_str())))?;
    let folder = how.folder.clone();
    let folder = folder.map(|path| configure::folder(path, wanted));
    if !local {
        stays_off_the_host(app, wanted)?;
    }
    // Before there is anybody to review it, the first configuration takes force.
    let somebody = app
        .registry()
        .people
        .iter()
        .any(|person| person.may(Right::Decide));
    let required = app.settings.change_review == ChangeReview::Required || how.required;
    let waits = how.review || (required && somebody && !how.unreviewed);
    let outcome = if local && !waits {
        changes::force(app, &actor(person), (wanted, &how.why, folder)).await?
    } else {
        changes::propose(app, &actor(person), (wanted, &how.why, folder)).await?
    };
    Ok(match outcome {
        Outcome::Nothing => json!({ "status": "nothing", "change": null, "changes": [] }),
        Outcome::Waits(change) => told("waiting", &change),
        Outcome::InForce(change) => told("in-force", &change),
    })
}

/// What runs a program here or hands out a secret from here is configured at the machine itself: a
/// review over the network does not stand in for access to the host.
fn stays_off_the_host(app: &App, wanted: &Configuration) -> Result<(), ApiError> {
    let registry = app.registry();
    let reaching = wanted.systems.iter().find(|system| {
        let now = registry.systems.get(&system.name);
        system.reaches_into_host(now.map(|state| &state.system))
    });
    let notify = wanted.notify != configure::current(app).notify && refers(&json!(wanted.notify));
    let what = match reaching {
        Some(system) => format!("system `{}`", system.name),
        None if notify => "`notify.toml`".to_owned(),
        None => return Ok(()),
    };
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "only-at-the-machine",
        format!(
            "{what} runs a program on this machine or hands out a secret of it, so it is configured at the machine itself"
        ),
    )
    .help("run `leeway apply` where the server runs, without LEEWAY_TOKEN; other changes can be proposed from here"))
}

/// Whether a value holds a reference to a secret of this machine.
fn refers(value: &Value) -> bool {
    match value {
        Value::String(text) => secret::is_reference(text),
        Value::Array(items) => items.iter().any(refers),
        Value::Object(fields) => fields.values().any(refers),
        _ => false,
    }
}

fn told(status: &str, change: &ChangeState) -> Value {
    json!({
        "status": status,
        "change": change.id,
        "hash": change.hash,
        "changes": change.edits.iter().map(summary).collect::<Vec<_>>(),
    })
}

/// One edit in a line.
pub fn summary(edit: &Edit) -> Value {
    let (what, name) = configure::named(&edit.stream);
    json!({ "what": what, "name": name, "how": edit.how() })
}
