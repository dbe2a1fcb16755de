//! The description of the REST door, for people and programs.

use super::{
    actions, agents, backtest, batches, changes, configuration, desk, evidence, incidents, ledger,
    notifications, outcomes, owners, questions, reviews, rollout, systems, undo, users, workflows,
    worth,
};
use crate::json::Json;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(title = "Leeway", description = "The control plane between AI agents and a business's systems. Agents propose with an agent's token; people decide and configure with a person's token. Errors are `{error: {code, message, help}}` with stable codes."),
    paths(
        actions::propose, actions::list, actions::show, actions::approve, actions::reject, actions::edit, actions::withdraw,
        undo::show, undo::undo, undo::settle, undo::revoke, undo::attest, outcomes::list, outcomes::attest,
        desk::show, desk::report,
        reviews::list, reviews::show, reviews::judge, reviews::reviewers,
        evidence::list, evidence::show, evidence::sign, evidence::decline, evidence::readmit, evidence::demote,
        evidence::confidence, evidence::adopt, evidence::restart,
        worth::show, worth::all, rollout::show,
        batches::prepare, batches::list, batches::show, batches::start, batches::stop,
        incidents::list, incidents::declare, incidents::show, incidents::confirm, incidents::dismiss, incidents::blast_radius, incidents::scope,
        incidents::undo, incidents::remediated, incidents::acknowledge, incidents::review, incidents::guard,
        incidents::sample, incidents::sampled, incidents::sign, incidents::reenable, incidents::recurred,
        incidents::hand_over, incidents::take_over, incidents::note, incidents::report,
        questions::ask, questions::answer,
        workflows::list, workflows::show, workflows::pause, workflows::resume, workflows::contain, workflows::everything, workflows::drill,
        systems::list, systems::tools, systems::review,
        users::me, users::list, users::add, users::remove, users::roles, users::password, users::issue_token, users::revoke_token,
        agents::list, agents::add, agents::remove, agents::issue_token, agents::revoke_token,
        configuration::show, configuration::apply,
        backtest::run, backtest::of_change,
        changes::list, changes::show, changes::approve, changes::reject, changes::withdraw,
        owners::show, owners::propose, workflows::propose,
        notifications::show, notifications::test, notifications::prefer,
        ledger::entries, ledger::verify,
    ),
    modifiers(&Bearer, &Ids),
    security(("bearer" = []))
)]
struct Description;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        description
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Each operation's id is its own, made of its method and path.
struct Ids;

impl utoipa::Modify for Ids {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut description.paths.paths {
            let words: Vec<&str> = path
                .split('/')
                .filter(|word| !word.is_empty() && *word != "v1")
                .map(|word| word.trim_matches(['{', '}']))
                .collect();
            let name = words.join("_").replace('-', "_");
            for (method, operation) in [
                ("get", &mut item.get),
                ("post", &mut item.post),
                ("put", &mut item.put),
                ("patch", &mut item.patch),
                ("delete", &mut item.delete),
            ] {
                if let Some(operation) = operation {
                    operation.operation_id = Some(format!("{method}_{name}"));
                }
            }
        }
    }
}

/// The OpenAPI document.
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}
