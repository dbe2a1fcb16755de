//! Resources, prompts and completions: lists are asked of the systems as they are; what is read is
//! an action of level 1, judged and recorded before it is answered.

use super::relay::{Agent, Answered, asks};
use super::{Door, page};
use crate::error::ApiError;
use crate::gateway::naming;
use crate::gateway::pipeline::{Caller, Proposal};
use crate::registry::LiveWorkflow;
use crate::system::line::Inputs;
use crate::system::{self, CallError};
use leeway_core::action::tool_name;
use leeway_core::action::visible::visible;
use leeway_core::govern::relay::{
    COMPLETE_PROMPT, COMPLETE_RESOURCE, GET_PROMPT, READ_RESOURCE, Relay,
};
use rmcp::model::{
    CompleteRequestMethod, CompleteRequestParams, CompleteResult, ConstString, ErrorCode,
    GetPromptRequestMethod, GetPromptRequestParams, GetPromptResponse, InputResponses,
    ListPromptsRequestMethod, ListPromptsResult, ListResourceTemplatesRequestMethod,
    ListResourceTemplatesResult, ListResourcesRequestMethod, ListResourcesResult,
    PaginatedRequestParams, Prompt, ReadResourceRequestMethod, ReadResourceRequestParams,
    ReadResourceResponse, Reference, ServerCapabilities,
};
use rmcp::service::ServiceError;
use rmcp::{ErrorData, Peer, RoleClient};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a read needs: which method of which system, and what it is given.
struct Read {
    system: String,
    method: &'static str,
    arguments: Value,
    inputs: Option<Inputs>,
}

impl Door {
    /// The workflow, when it relays such a thing at all; otherwise the method is unknown to it.
    fn relaying<M: ConstString>(
        &self,
        caller: &Caller,
        what: Relay,
    ) -> Result<Arc<LiveWorkflow>, ErrorData> {
        self.app
            .registry()
            .workflows
            .get(&caller.workflow)
            .filter(|workflow| naming::relaying(workflow, what).next().is_some())
            .cloned()
            .ok_or_else(ErrorData::method_not_found::<M>)
    }

    /// Sessions of the systems that relay something and have it. One that is down is left out: its
    /// part of the list is missing, not everybody's.
    async fn peers(
        &self,
        workflow: &LiveWorkflow,
        what: Relay,
        has: impl Fn(&ServerCapabilities) -> bool,
    ) -> Vec<(String, Peer<RoleClient>)> {
        let mut peers = Vec::new();
        for name in naming::relaying(workflow, what) {
            let Some(connection) = self.app.systems.get(name) else {
                continue;
            };
            match connection.peer().await {
                Ok(peer) if peer.peer_info().is_some_and(|info| has(&info.capabilities)) => {
                    peers.push((name.to_owned(), peer));
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(system = %name, %error, "its lists are left out"),
            }
        }
        peers
    }

    /// What one system lists; nothing of it where it fails or does not answer in its time, so that it takes
    /// away nobody else's.
    async fn listed<T>(
        &self,
        system: &str,
        listing: impl Future<Output = Result<Vec<T>, ServiceError>>,
    ) -> Vec<T> {
        let within = self.app.systems.get(system).map(|one| one.timeout());
        let why = match tokio::time::timeout(within.unwrap_or_default(), listing).await {
            Ok(Ok(listed)) => return listed,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it did not answer in its time".to_owned(),
        };
        tracing::warn!(%system, %why, "what it lists is left out");
        Vec::new()
    }

    /// `resources/list`.
    pub(super) async fn resources(
        &self,
        caller: &Caller,
        request: Option<PaginatedRequestParams>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let workflow = self.relaying::<ListResourcesRequestMethod>(caller, Relay::Resources)?;
        let mut all = Vec::new();
        let has = |capabilities: &ServerCapabilities| capabilities.resources.is_some();
        for (name, peer) in self.peers(&workflow, Relay::Resources, has).await {
            for mut resource in self.listed(&name, system::list_resources(&peer)).await {
                resource.uri = naming::address_shown(&workflow, &name, &resource.uri);
                all.push(resource);
            }
        }
        let (resources, next_cursor) = page(all, request)?;
        let mut result = ListResourcesResult::with_all_items(resources);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    /// `resources/templates/list`.
    pub(super) async fn templates(
        &self,
        caller: &Caller,
        request: Option<PaginatedRequestParams>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let workflow =
            self.relaying::<ListResourceTemplatesRequestMethod>(caller, Relay::Resources)?;
        let mut all = Vec::new();
        let has = |capabilities: &ServerCapabilities| capabilities.resources.is_some();
        for (name, peer) in self.peers(&workflow, Relay::Resources, has).await {
            let listed = self.listed(&name, system::list_resource_templates(&peer));
            for mut template in listed.await {
                template.uri_template =
                    naming::address_shown(&workflow, &name, &template.uri_template);
                all.push(template);
            }
        }
        let (templates, next_cursor) = page(all, request)?;
        let mut result = ListResourceTemplatesResult::with_all_items(templates);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    /// Every prompt with its system and under the name agents see.
    async fn all_prompts(
        &self,
        workflow: &LiveWorkflow,
    ) -> Result<Vec<(String, String, Prompt)>, ErrorData> {
        let mut all = Vec::new();
        let has = |capabilities: &ServerCapabilities| capabilities.prompts.is_some();
        for (name, peer) in self.peers(workflow, Relay::Prompts, has).await {
            for prompt in self.listed(&name, system::list_prompts(&peer)).await {
                let shown = naming::shown(workflow, &name, &prompt.name);
                all.push((shown, name.clone(), prompt));
            }
        }
        Ok(all)
    }

    /// `prompts/list`.
    pub(super) async fn prompts(
        &self,
        caller: &Caller,
        request: Option<PaginatedRequestParams>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let workflow = self.relaying::<ListPromptsRequestMethod>(caller, Relay::Prompts)?;
        let named = self.all_prompts(&workflow).await?;
        let all = named
            .into_iter()
            .map(|(shown, _, mut prompt)| {
                prompt.name = shown;
                prompt
            })
            .collect();
        let (prompts, next_cursor) = page(all, request)?;
        let mut result = ListPromptsResult::with_all_items(prompts);
        result.next_cursor = next_cursor;
        Ok(result)
    }

    /// The system and its own name of the prompt an agent means.
    async fn prompt_meant(
        &self,
        workflow: &LiveWorkflow,
        name: &str,
    ) -> Result<(String, String), ErrorData> {
        self.all_prompts(workflow)
            .await?
            .into_iter()
            .find(|(shown, _, _)| shown == name)
            .map(|(_, system, prompt)| (system, prompt.name))
            .ok_or_else(|| unknown("prompt", name))
    }

    /// `resources/read`.
    pub(super) async fn read(
        &self,
        agent: &Agent,
        request: ReadResourceRequestParams,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let workflow =
            self.relaying::<ReadResourceRequestMethod>(&agent.caller, Relay::Resources)?;
        let Some((system, uri)) = naming::address_meant(&workflow, &request.uri) else {
            return Err(ErrorData::resource_not_found(
                format!("there is no resource `{}`", short(&request.uri)),
                Some(json!({ "uri": request.uri })),
            ));
        };
        let read = Read {
            system,
            method: READ_RESOURCE,
            arguments: json!({ "uri": uri }),
            inputs: inputs(request.input_responses, request.request_state),
        };
        let answer = self.carry(agent, &workflow, read).await?;
        Ok(match asks(&answer) {
            Some(asked) => ReadResourceResponse::InputRequired(asked),
            None => ReadResourceResponse::Complete(typed(answer)?),
        })
    }

    /// `prompts/get`.
    pub(super) async fn prompt(
        &self,
        agent: &Agent,
        request: GetPromptRequestParams,
    ) -> Result<GetPromptResponse, ErrorData> {
        let workflow = self.relaying::<GetPromptRequestMethod>(&agent.caller, Relay::Prompts)?;
        let (system, name) = self.prompt_meant(&workflow, &request.name).await?;
        let mut arguments = json!({ "name": name });
        if let Some(given) = request.arguments {
            arguments["arguments"] = Value::Object(given);
        }
        let read = Read {
            system,
            method: GET_PROMPT,
            arguments,
            inputs: inputs(request.input_responses, request.request_state),
        };
        let answer = self.carry(agent, &workflow, read).await?;
        Ok(match asks(&answer) {
            Some(asked) => GetPromptResponse::InputRequired(asked),
            None => GetPromptResponse::Complete(typed(answer)?),
        })
    }

    /// `completion/complete`.
    pub(super) async fn completion(
        &self,
        agent: &Agent,
        request: CompleteRequestParams,
    ) -> Result<CompleteResult, ErrorData> {
        let caller = &agent.caller;
        let (workflow, system, method, own) = match request.r#ref {
            Reference::Prompt(prompt) => {
                let workflow = self.relaying::<CompleteRequestMethod>(caller, Relay::Prompts)?;
                let (system, name) = self.prompt_meant(&workflow, &prompt.name).await?;
                let own = Reference::for_prompt(name);
                (workflow, system, COMPLETE_PROMPT, own)
            }
            Reference::Resource(resource) => {
                let workflow = self.relaying::<CompleteRequestMethod>(caller, Relay::Resources)?;
                let (system, uri) = naming::address_meant(&workflow, &resource.uri)
                    .ok_or_else(|| unknown("resource", &resource.uri))?;
                let own = Reference::for_resource(uri);
                (workflow, system, COMPLETE_RESOURCE, own)
            }
            _ => return Err(ErrorData::invalid_params("unknown kind of reference", None)),
        };
        let mut arguments = json!({ "ref": own, "argument": request.argument });
        if let Some(context) = request.context {
            arguments["context"] = json!(context);
        }
        let read = Read {
            system,
            method,
            arguments,
            inputs: None,
        };
        typed(self.carry(agent, &workflow, read).await?)
    }

    /// Takes a read through the pipeline; asks a client with sessions what the system wants to
    /// know first.
    async fn carry(
        &self,
        agent: &Agent,
        workflow: &LiveWorkflow,
        read: Read,
    ) -> Result<Value, ErrorData> {
        let proposal = Proposal {
            tool: tool_name(&read.system, read.method),
            arguments: read.arguments,
            ..Proposal::default()
        };
        let registry = self.app.registry();
        let tool = registry.find(&proposal.tool).cloned();
        let mut inputs = read.inputs;
        for _ in 0..agent.rounds() {
            let again = (proposal.clone(), inputs.take());
            let answered = agent
                .propose(self, (workflow, tool.as_deref()), again)
                .await
                .map_err(|error| refused(&error))?;
            let Answered::Proposed(proposed) = answered else {
                return Err(ErrorData::internal_error("a read cannot be a task", None));
            };
            let mut answer = match proposed.answer {
                Some(Ok(answer)) => answer,
                Some(Err(error)) => return Err(passed_on(error, &read.system)),
                None => {
                    let told = self.told(&agent.caller.workflow, &proposed.action);
                    return Err(not_read(told.structured_content));
                }
            };
            match asks(&answer).filter(|_| agent.has_sessions()) {
                None => {
                    naming::show_addresses(workflow, &read.system, &mut answer);
                    // Systems of the earlier protocol say nothing of it.
                    if answer["resultType"].is_null() {
                        answer["resultType"] = json!("complete");
                    }
                    return Ok(answer);
                }
                Some(asked) => inputs = agent.answer_all(asked).await,
            }
            if inputs.is_none() {
                break;
            }
        }
        Err(ErrorData::internal_error(
            "the system asks for more than this client can answer",
            None,
        ))
    }
}

fn inputs(responses: Option<InputResponses>, state: Option<String>) -> Option<Inputs> {
    (responses.is_some() || state.is_some()).then_some(Inputs { responses, state })
}

fn short(text: &str) -> String {
    let cut: String = text.chars().take(300).collect();
    visible(&cut).into_owned()
}

fn unknown(what: &str, name: &str) -> ErrorData {
    ErrorData::invalid_params(format!("there is no {what} `{}`", short(name)), None)
}

/// Why a read was refused before it was judged.
fn refused(error: &ApiError) -> ErrorData {
    ErrorData::invalid_params(error.message.clone(), Some(error.body()))
}

/// A read that is blocked or waits for a person: the agent is told all that a tool call would be.
fn not_read(told: Option<Value>) -> ErrorData {
    let message = told
        .as_ref()
        .and_then(|told| told["message"].as_str())
        .unwrap_or("nothing was read")
        .to_owned();
    ErrorData::new(ErrorCode::INVALID_REQUEST, message, told)
}

/// What a system answered instead: its own protocol error as it is, anything else in our words.
fn passed_on(error: CallError, system: &str) -> ErrorData {
    match error {
        CallError::Protocol {
            code,
            message,
            data,
        } => ErrorData::new(ErrorCode(code), message, data),
        error => {
            ErrorData::internal_error(format!("nothing was read of `{system}`: {error}"), None)
        }
    }
}

fn typed<T: DeserializeOwned>(answer: Value) -> Result<T, ErrorData> {
    serde_json::from_value(answer)
        .map_err(|error| ErrorData::internal_error(format!("unreadable answer: {error}"), None))
}
