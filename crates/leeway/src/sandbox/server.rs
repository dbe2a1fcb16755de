//! The sandbox as an MCP server: lists the tools, checks arguments against their schemas, runs them
//! on the books. What goes wrong in a call is told in the result, as text with `isError`.

use super::acts::Moment;
use super::store::Store;
use super::tools::{self, Act, SandboxTool};
use crate::clock::{Clock, rfc3339};
use anyhow::Context;
use jsonschema::Validator;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    ToolAnnotations,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The running business.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    store: Mutex<Store>,
    tools: BTreeMap<&'static str, (SandboxTool, Validator)>,
    clock: Clock,
}

impl Sandbox {
    /// Serves the books of `store`.
    pub fn new(store: Store, clock: Clock) -> anyhow::Result<Self> {
        let mut all = BTreeMap::new();
        for tool in tools::all() {
            let validator = jsonschema::validator_for(&tool.input)
                .with_context(|| format!("the schema of `{}` is invalid", tool.name))?;
            all.insert(tool.name, (tool, validator));
        }
        Ok(Self(Arc::new(Inner {
            store: Mutex::new(store),
            tools: all,
            clock,
        })))
    }

    /// Makes one call, blocking while the change is written to disk.
    pub fn call(&self, tool: &str, arguments: Map<String, Value>) -> Result<Value, String> {
        let (tool, validator) = self
            .0
            .tools
            .get(tool)
            .ok_or_else(|| format!("no tool `{tool}`"))?;
        let arguments = Value::Object(arguments);
        if let Err(error) = validator.validate(&arguments) {
            return Err(format!(
                "invalid arguments at `{}`: {error}",
                error.instance_path()
            ));
        }
        let Value::Object(arguments) = arguments else {
            return Err("arguments must be an object".to_owned());
        };
        let mut store = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        match tool.act {
            Act::Read(read) => read(store.books(), &arguments),
            Act::Write(write) => {
                let moment = Moment {
                    now: rfc3339(self.0.clock.now_ms()),
                };
                store.change(|books| write(books, &arguments, &moment))
            }
        }
    }
}

impl ServerHandler for Sandbox {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        info.server_info = Implementation::new("brightwater-sandbox", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(
            "Brightwater Supply, a fictional firm to try things on: CRM, help desk, invoices, documents, proposals, mail.".to_owned(),
        );
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self
            .0
            .tools
            .values()
            .map(|(tool, _)| definition(tool))
            .collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let sandbox = self.clone();
        let arguments = request.arguments.unwrap_or_default();
        let answer = tokio::task::spawn_blocking(move || sandbox.call(&request.name, arguments))
            .await
            .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(match answer {
            Ok(value) => CallToolResult::structured(value),
            Err(text) => CallToolResult::error(vec![ContentBlock::text(text)]),
        }
        .into())
    }
}

fn definition(tool: &SandboxTool) -> Tool {
    let object = |value: &Value| Arc::new(value.as_object().cloned().unwrap_or_default());
    let hints = ToolAnnotations::new().read_only(matches!(tool.act, Act::Read(_)));
    Tool::new(tool.name, tool.description, object(&tool.input))
        .with_raw_output_schema(object(&tool.output()))
        .with_annotations(hints)
}
