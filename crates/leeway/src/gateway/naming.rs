//! How agents see the names and addresses of what systems offer, and what they mean by them.
//! A name an agent sends is never taken apart: it is compared with those it was shown.

use super::models;
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use leeway_core::action::tool_name;
use leeway_core::govern::relay::{Names, Relay};
use serde_json::{Value, json};

/// The name of a tool or prompt, unchanged, as a workflow's agents see it.
pub fn shown(workflow: &LiveWorkflow, system: &str, name: &str) -> String {
    match workflow.state.workflow.names {
        Names::Qualified => tool_name(system, name),
        Names::Plain => name.to_owned(),
    }
}

/// The name of a tool as a workflow's agents see it: one that every model takes.
pub fn tool_shown(workflow: &LiveWorkflow, system: &str, tool: &str) -> String {
    models::name(&shown(workflow, system, tool))
}

/// The tool an agent means, by the name Leeway knows it by. With plain names a workflow has one
/// system; a name that system does not have stays what it was, and is refused as unknown.
pub fn tool_meant(registry: &Registry, workflow: &LiveWorkflow, name: &str) -> String {
    match workflow.state.workflow.names {
        Names::Qualified if registry.find(name).is_some() => name.to_owned(),
        Names::Qualified => registry
            .tools
            .keys()
            .find(|own| models::name(own) == name)
            .map_or_else(|| name.to_owned(), Clone::clone),
        Names::Plain => registry
            .tools
            .values()
            .filter(|tool| tool.tool == name || models::name(&tool.tool) == name)
            .find(|tool| uses(registry, workflow, &tool.system))
            .map_or_else(|| name.to_owned(), |tool| tool.name.clone()),
    }
}

/// Whether a workflow uses anything of a system.
pub fn uses(registry: &Registry, workflow: &LiveWorkflow, system: &str) -> bool {
    let workflow = &workflow.state.workflow;
    let granted = |tool: &LiveTool| workflow.grants.contains_key(&tool.name);
    workflow.relay.contains_key(system)
        || registry
            .tools
            .values()
            .any(|tool| tool.system == system && granted(tool))
}

/// The systems of which a workflow relays something.
pub fn relaying(workflow: &LiveWorkflow, what: Relay) -> impl Iterator<Item = &str> {
    workflow
        .state
        .workflow
        .relay
        .iter()
        .filter(move |(_, relayed)| relayed.contains(&what))
        .map(|(system, _)| system.as_str())
}

/// The start of a system's addresses. A system's name has neither `/` nor `:`.
fn start(system: &str) -> String {
    format!("leeway://{system}/")
}

/// A resource's address, or a template of one, as agents see it.
pub fn address_shown(workflow: &LiveWorkflow, system: &str, uri: &str) -> String {
    match workflow.state.workflow.names {
        Names::Qualified => format!("{}{uri}", start(system)),
        Names::Plain => uri.to_owned(),
    }
}

/// The system and its own address an agent means, among the systems whose resources are relayed.
pub fn address_meant(workflow: &LiveWorkflow, uri: &str) -> Option<(String, String)> {
    relaying(workflow, Relay::Resources).find_map(|system| {
        let own = match workflow.state.workflow.names {
            Names::Qualified => uri.strip_prefix(&start(system))?,
            Names::Plain => uri,
        };
        Some((system.to_owned(), own.to_owned()))
    })
}

/// Turns the addresses in a system's answer into those its agents can use: contents of resources,
/// links to them and embedded ones.
pub fn show_addresses(workflow: &LiveWorkflow, system: &str, answer: &mut Value) {
    let relays = workflow.state.workflow.relays(system, Relay::Resources);
    if workflow.state.workflow.names == Names::Plain || !relays {
        return;
    }
    let show = |holder: &mut Value| {
        if let Some(uri) = holder["uri"].as_str() {
            holder["uri"] = json!(address_shown(workflow, system, uri));
        }
    };
    let block = |block: &mut Value| match block["type"].as_str() {
        Some("resource_link") => show(block),
        Some("resource") if block["resource"].is_object() => show(&mut block["resource"]),
        _ => {}
    };
    for key in ["contents", "content", "messages"] {
        let Some(items) = answer.get_mut(key).and_then(Value::as_array_mut) else {
            continue;
        };
        for item in items.iter_mut().filter(|item| item.is_object()) {
            match key {
                "contents" => show(item),
                "content" => block(item),
                _ if item["content"].is_object() => block(&mut item["content"]),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeway_core::govern::state::WorkflowState;
    use leeway_core::judge::rules::CompiledRules;

    fn workflow(more: &str) -> LiveWorkflow {
        let text = format!("name = \"w\"\ntitle = \"W\"\n{more}");
        let workflow: leeway_core::govern::workflow::Workflow = toml::from_str(&text).unwrap();
        LiveWorkflow {
            rules: CompiledRules::compile(workflow.clone()).unwrap(),
            state: WorkflowState {
                workflow,
                hash: String::new(),
                paused: None,
                contained: None,
                drilled: None,
                standing: std::collections::BTreeMap::new(),
                calibrated: std::collections::BTreeMap::new(),
                removed: false,
            },
            judging: String::new(),
            version: 1,
        }
    }

    #[test]
    fn what_is_shown_is_what_is_meant() {
        let two = workflow("[relay]\na = [\"resources\"]\nb = [\"resources\"]\nc = [\"prompts\"]");
        for (system, uri) in [("a", "file:///x"), ("b", "leeway://a/file:///x")] {
            let shown = address_shown(&two, system, uri);
            assert_eq!(
                address_meant(&two, &shown),
                Some((system.to_owned(), uri.to_owned()))
            );
        }
        let not_relayed = address_shown(&two, "c", "file:///x");
        assert_eq!(address_meant(&two, &not_relayed), None);
        assert_eq!(address_meant(&two, "file:///x"), None);
        let plain = workflow("names = \"plain\"\n[relay]\na = [\"resources\"]");
        assert_eq!(address_shown(&plain, "a", "file:///x"), "file:///x");
        assert_eq!(
            address_meant(&plain, "file:///x"),
            Some(("a".to_owned(), "file:///x".to_owned()))
        );
    }

    #[test]
    fn links_in_answers_lead_back_through_the_gateway() {
        let two = workflow("[relay]\na = [\"resources\"]");
        let mut answer = json!({
            "content": [
                { "type": "text", "text": "u", "uri": "x:1" },
                { "type": "resource_link", "uri": "x:1", "name": "n" },
                { "type": "resource", "resource": { "uri": "x:2", "text": "" } },
            ],
        });
        show_addresses(&two, "a", &mut answer);
        assert_eq!(answer["content"][0]["uri"], "x:1");
        assert_eq!(answer["content"][1]["uri"], "leeway://a/x:1");
        assert_eq!(answer["content"][2]["resource"]["uri"], "leeway://a/x:2");
        let mut other = json!({ "contents": [{ "uri": "x:1", "text": "" }] });
        show_addresses(&two, "b", &mut other);
        assert_eq!(other["contents"][0]["uri"], "x:1");
    }
}
