//! The REST door, `/v1`: one file per noun. Agents propose and ask; people do everything the pages
//! do. Described at `/v1/openapi.json`.

pub mod actions;
pub mod agents;
pub mod answers;
pub mod backtest;
pub mod batches;
pub mod body;
pub mod changes;
pub mod configuration;
pub mod desk;
pub mod evidence;
pub mod health;
pub mod incidents;
pub mod ledger;
pub mod notifications;
pub mod openapi;
pub mod outcomes;
pub mod owners;
pub mod questions;
pub mod reviews;
pub mod rollout;
pub mod systems;
pub mod undo;
pub mod users;
pub mod workflows;
pub mod worth;

use crate::app::App;
use crate::error::ApiError;
use axum::Router;
use axum::extract::OriginalUri;
use axum::routing::{get, post};
use std::sync::Arc;

/// All routes under `/v1`, and the health routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/openapi.json", get(openapi::document))
        .route("/v1/me", get(users::me))
        .route("/v1/actions", post(actions::propose).get(actions::list))
        .route("/v1/actions/{id}", get(actions::show))
        .route("/v1/actions/{id}/approve", post(actions::approve))
        .route("/v1/actions/{id}/reject", post(actions::reject))
        .route("/v1/actions/{id}/edit", post(actions::edit))
        .route("/v1/actions/{id}/ask", post(questions::ask))
        .route("/v1/actions/{id}/answer", post(questions::answer))
        .route("/v1/actions/{id}/withdraw", post(actions::withdraw))
        .route("/v1/actions/{id}/undo", get(undo::show).post(undo::undo))
        .route("/v1/actions/{id}/undo/settle", post(undo::settle))
        .route("/v1/actions/{id}/revoke", post(undo::revoke))
        .route("/v1/workflows", get(workflows::list))
        .route(
            "/v1/workflows/{workflow}",
            get(workflows::show).put(workflows::propose),
        )
        .route("/v1/workflows/{workflow}/pause", post(workflows::pause))
        .route("/v1/workflows/{workflow}/resume", post(workflows::resume))
        .route("/v1/workflows/{workflow}/contain", post(workflows::contain))
        .route("/v1/contain", post(workflows::everything))
        .route("/v1/workflows/{workflow}/drill", post(workflows::drill))
        .route("/v1/systems", get(systems::list))
        .route("/v1/tools", get(systems::tools))
        .route("/v1/tools/{tool}/review", post(systems::review))
        .route("/v1/users", get(users::list).post(users::add))
        .route("/v1/users/{email}", axum::routing::delete(users::remove))
        .route("/v1/users/{email}/roles", post(users::roles))
        .route("/v1/users/{email}/password", post(users::password))
        .route("/v1/users/{email}/tokens", post(users::issue_token))
        .route(
            "/v1/users/{email}/tokens/{token}",
            axum::routing::delete(users::revoke_token),
        )
        .route("/v1/agents", get(agents::list).post(agents::add))
        .route("/v1/agents/{name}", axum::routing::delete(agents::remove))
        .route("/v1/agents/{name}/tokens", post(agents::issue_token))
        .route(
            "/v1/agents/{name}/tokens/{token}",
            axum::routing::delete(agents::revoke_token),
        )
        .route(
            "/v1/configuration",
            get(configuration::show).post(configuration::apply),
        )
        .route("/v1/backtest", post(backtest::run))
        .route("/v1/changes/{id}/backtest", get(backtest::of_change))
        .route("/v1/changes", get(changes::list))
        .route("/v1/changes/{id}", get(changes::show))
        .route("/v1/changes/{id}/approve", post(changes::approve))
        .route("/v1/changes/{id}/reject", post(changes::reject))
        .route("/v1/changes/{id}/withdraw", post(changes::withdraw))
        .route("/v1/owners", get(owners::show).put(owners::propose))
        .route("/v1/notifications", get(notifications::show))
        .route("/v1/notifications/test", post(notifications::test))
        .route(
            "/v1/notifications/preferences",
            axum::routing::put(notifications::prefer),
        )
        .route("/v1/entries", get(ledger::entries))
        .route("/v1/verify", post(ledger::verify))
        .merge(incident_routes())
        .merge(evidence_routes())
        .route("/v1/roi", get(worth::all))
        .route("/v1/workflows/{workflow}/roi", get(worth::show))
        .route("/v1/workflows/{workflow}/rollout", get(rollout::show))
        .route("/v1/{*rest}", axum::routing::any(unknown))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

/// What is taken back together, and incidents.
fn incident_routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/v1/incidents",
            get(incidents::list).post(incidents::declare),
        )
        .route("/v1/incidents/{number}", get(incidents::show))
        .route(
            "/v1/incidents/{number}/blast-radius",
            post(incidents::blast_radius),
        )
        .route("/v1/incidents/{number}/confirm", post(incidents::confirm))
        .route("/v1/incidents/{number}/dismiss", post(incidents::dismiss))
        .route("/v1/incidents/{number}/scope", post(incidents::scope))
        .route("/v1/incidents/{number}/undo", post(incidents::undo))
        .route(
            "/v1/incidents/{number}/remediated",
            post(incidents::remediated),
        )
        .route(
            "/v1/incidents/{number}/acknowledge",
            post(incidents::acknowledge),
        )
        .route("/v1/incidents/{number}/review", post(incidents::review))
        .route("/v1/incidents/{number}/guard", post(incidents::guard))
        .route(
            "/v1/incidents/{number}/sample",
            get(incidents::sample).post(incidents::sampled),
        )
        .route("/v1/incidents/{number}/sign", post(incidents::sign))
        .route("/v1/incidents/{number}/reenable", post(incidents::reenable))
        .route("/v1/incidents/{number}/recurred", post(incidents::recurred))
        .route(
            "/v1/incidents/{number}/hand-over",
            post(incidents::hand_over),
        )
        .route(
            "/v1/incidents/{number}/take-over",
            post(incidents::take_over),
        )
        .route("/v1/incidents/{number}/notes", post(incidents::note))
        .route("/v1/incidents/{number}/report", get(incidents::report))
        .route(
            "/v1/undo-batches",
            get(batches::list).post(batches::prepare),
        )
        .route("/v1/undo-batches/{id}", get(batches::show))
        .route("/v1/undo-batches/{id}/start", post(batches::start))
        .route("/v1/undo-batches/{id}/stop", post(batches::stop))
        .route("/v1/actions/{id}/attest", post(undo::attest))
        .route("/v1/outcomes", get(outcomes::list).post(outcomes::attest))
}

/// Reviews, and what agents earn by them.
fn evidence_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/desk", get(desk::show))
        .route("/v1/report", get(desk::report))
        .route("/v1/reviews", get(reviews::list))
        .route("/v1/reviewers", get(reviews::reviewers))
        .route("/v1/reviews/{id}", get(reviews::show))
        .route("/v1/reviews/{id}/judge", post(reviews::judge))
        .route("/v1/workflows/{workflow}/evidence", get(evidence::list))
        .route(
            "/v1/workflows/{workflow}/evidence/{tool}",
            get(evidence::show),
        )
        .route(
            "/v1/workflows/{workflow}/evidence/{tool}/sign",
            post(evidence::sign),
        )
        .route(
            "/v1/workflows/{workflow}/evidence/{tool}/decline",
            post(evidence::decline),
        )
        .route(
            "/v1/workflows/{workflow}/evidence/{tool}/readmit",
            post(evidence::readmit),
        )
        .route(
            "/v1/workflows/{workflow}/evidence/{tool}/demote",
            post(evidence::demote),
        )
        .route(
            "/v1/workflows/{workflow}/confidence",
            get(evidence::confidence),
        )
        .route(
            "/v1/workflows/{workflow}/confidence/{agent}/adopt",
            post(evidence::adopt),
        )
        .route(
            "/v1/workflows/{workflow}/areas/{area}/restart",
            post(evidence::restart),
        )
}

async fn unknown(OriginalUri(uri): OriginalUri) -> ApiError {
    ApiError::not_found("address", uri.path()).help("see /v1/openapi.json for every address")
}
