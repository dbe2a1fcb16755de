//! What systems say outside any call, told to the agents it concerns: that lists changed, that a
//! resource changed, what they log. Whether it concerns an agent is looked up each time, and so is
//! whether its token is still good.

use super::Door;
use super::relay::{log_to, rank};
use crate::app::App;
use crate::gateway::naming;
use crate::gateway::pipeline::Caller;
use crate::people::access;
use crate::system::{CallError, Heard, Subscription};
use leeway_core::govern::relay::Relay;
use rmcp::model::{
    ConstString, LoggingMessageNotificationParam, ProtocolVersion,
    ResourceUpdatedNotificationParam, SubscribeRequestMethod,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext, SubscriptionSink};
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often it is seen whether a session is still there, when nothing is said.
const LOOK_AFTER: Duration = Duration::from_mins(1);

/// Longest address of a resource that is followed, bytes.
const LONGEST_ADDRESS: usize = 2_048;
/// Most resources that one session follows.
const MOST_FOLLOWED: usize = 100;

/// Resources an agent follows, by the address it sees.
#[derive(Default)]
pub struct Subscribed(Mutex<HashMap<String, Followed>>);

struct Followed {
    system: String,
    uri: String,
    _open: Arc<Subscription>,
}

impl Subscribed {
    fn map(&self) -> MutexGuard<'_, HashMap<String, Followed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows a resource, if the workflow relays it.
    pub async fn add(&self, app: &App, caller: &Caller, uri: String) -> Result<(), ErrorData> {
        let registry = app.registry();
        let workflow = registry
            .workflows
            .get(&caller.workflow)
            .filter(|live| naming::relaying(live, Relay::Resources).next().is_some())
            .ok_or_else(ErrorData::method_not_found::<SubscribeRequestMethod>)?;
        let no_resource = || {
            ErrorData::resource_not_found("there is no such resource", Some(json!({ "uri": uri })))
        };
        if uri.len() > LONGEST_ADDRESS {
            return Err(no_resource());
        }
        let room = self.map().len() < MOST_FOLLOWED || self.map().contains_key(&uri);
        if !room {
            let message = format!("a session follows at most {MOST_FOLLOWED} resources");
            return Err(ErrorData::invalid_params(message, None));
        }
        let (system, own) = naming::address_meant(workflow, &uri).ok_or_else(no_resource)?;
        let connection = app.systems.get(&system).ok_or_else(no_resource)?;
        let open = match connection.subscribe(&own).await {
            Ok(open) => open,
            Err(CallError::Protocol {
                code,
                message,
                data,
            }) => return Err(ErrorData::new(rmcp::model::ErrorCode(code), message, data)),
            Err(error) => return Err(ErrorData::internal_error(error.to_string(), None)),
        };
        let followed = Followed {
            system,
            uri: own,
            _open: open,
        };
        self.map().insert(uri, followed);
        Ok(())
    }

    /// Follows it no longer.
    pub fn remove(&self, uri: &str) {
        self.map().remove(uri);
    }

    /// The addresses under which a system's resource is followed.
    fn followed(&self, system: &str, own: &str) -> Vec<String> {
        self.map()
            .iter()
            .filter(|(_, followed)| followed.system == system && followed.uri == own)
            .map(|(shown, _)| shown.clone())
            .collect()
    }
}

/// Refuses a method that only sessions of the earlier protocol have.
pub fn for_sessions<M: ConstString>(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    match context.protocol_version() {
        Some(version) if version >= ProtocolVersion::V_2026_07_28 => {
            Err(ErrorData::method_not_found::<M>())
        }
        _ => Ok(()),
    }
}

/// What an agent is told.
enum Telling {
    Tools,
    Prompts,
    Resources,
    Updated(String),
    Log(LoggingMessageNotificationParam),
}

/// What of something heard concerns a workflow's agent.
fn concerning(
    app: &App,
    caller: &Caller,
    (system, heard): &(String, Heard),
    subscribed: &Subscribed,
) -> Vec<Telling> {
    let registry = app.registry();
    let Some(workflow) = registry.workflows.get(&caller.workflow) else {
        return Vec::new();
    };
    let relays = |what| workflow.state.workflow.relays(system, what);
    match heard {
        Heard::ToolsChanged if naming::uses(&registry, workflow, system) => vec![Telling::Tools],
        Heard::PromptsChanged if relays(Relay::Prompts) => vec![Telling::Prompts],
        Heard::ResourcesChanged if relays(Relay::Resources) => vec![Telling::Resources],
        Heard::ResourceUpdated(uri) if relays(Relay::Resources) => subscribed
            .followed(system, uri)
            .into_iter()
            .map(Telling::Updated)
            .collect(),
        Heard::Log(log) if relays(Relay::Logging) => vec![Telling::Log(log.clone())],
        _ => Vec::new(),
    }
}

/// Tells a session of the earlier protocol, until it or its token ends.
pub fn follow_session(door: &Door, context: NotificationContext<RoleServer>) {
    let parts = context.extensions.get::<http::request::Parts>();
    let Some(parts) = parts else { return };
    let Some(caller) = parts.extensions.get::<Caller>().cloned() else {
        return;
    };
    let headers = parts.headers.clone();
    let door = door.clone();
    let mut heard = door.app.systems.hear();
    tokio::spawn(async move {
        while !context.peer.is_transport_closed() {
            let said = match tokio::time::timeout(LOOK_AFTER, heard.recv()).await {
                Err(_) | Ok(Err(RecvError::Lagged(_))) => continue,
                Ok(Err(RecvError::Closed)) => return,
                Ok(Ok(said)) => said,
            };
            if access::agent_of(&door.app, &headers, &caller.workflow).is_err() {
                return;
            }
            for telling in concerning(&door.app, &caller, &said, &door.session.subscribed) {
                if tell_session(&door, &context.peer, telling).await.is_err() {
                    return;
                }
            }
        }
    });
}

async fn tell_session(
    door: &Door,
    peer: &Peer<RoleServer>,
    telling: Telling,
) -> Result<(), rmcp::ServiceError> {
    match telling {
        Telling::Tools => peer.notify_tool_list_changed().await,
        Telling::Prompts => peer.notify_prompt_list_changed().await,
        Telling::Resources => peer.notify_resource_list_changed().await,
        Telling::Updated(uri) => {
            let updated = ResourceUpdatedNotificationParam::new(uri);
            peer.notify_resource_updated(updated).await
        }
        Telling::Log(log) => {
            if rank(log.level) >= rank(door.log_level()) {
                log_to(peer, log).await;
            }
            Ok(())
        }
    }
}

/// Tells a subscription of the protocol without sessions, until it or its token ends.
pub async fn follow_subscription(
    door: &Door,
    context: SubscriptionContext,
) -> Result<(), ErrorData> {
    let request = context.request_context();
    let caller = Door::caller(request)?;
    let headers = request
        .extensions
        .get::<http::request::Parts>()
        .map(|parts| parts.headers.clone())
        .unwrap_or_default();
    let mut heard = door.app.systems.hear();
    let subscribed = Subscribed::default();
    for uri in context.accepted().resource_subscriptions.iter().flatten() {
        if let Err(error) = subscribed.add(&door.app, &caller, uri.clone()).await {
            tracing::debug!(%error, "a resource cannot be followed");
        }
    }
    loop {
        let said = tokio::select! {
            () = context.cancelled() => return Ok(()),
            said = heard.recv() => match said {
                Ok(said) => said,
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return Ok(()),
            },
        };
        if access::agent_of(&door.app, &headers, &caller.workflow).is_err() {
            return Ok(());
        }
        for telling in concerning(&door.app, &caller, &said, &subscribed) {
            tell_subscription(context.sink(), telling).await;
        }
    }
}

/// What was not subscribed to is not sent; the sink sees to it.
async fn tell_subscription(sink: &SubscriptionSink, telling: Telling) {
    let _ = match telling {
        Telling::Tools => sink.notify_tool_list_changed().await,
        Telling::Prompts => sink.notify_prompt_list_changed().await,
        Telling::Resources => sink.notify_resource_list_changed().await,
        Telling::Updated(uri) => sink.notify_resource_updated(uri).await,
        Telling::Log(_) => Ok(()),
    };
}
