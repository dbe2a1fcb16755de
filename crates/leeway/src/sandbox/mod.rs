//! The sandbox business: Brightwater Supply's contacts, accounts, tickets, invoices, documents,
//! proposals and mail, as an MCP server over stdio. It obeys every valid call and judges none: that
//! is Leeway's part.
//!
//! [`store`] is the state file, [`books`] the records, [`tools`] what can be called, [`acts`] what
//! each call does, [`server`] the MCP side.

mod acts;
mod books;
mod schema;
mod seed;
pub mod server;
pub mod store;
pub mod tools;

use anyhow::Context;
use rmcp::ServiceExt;
use std::path::PathBuf;

/// Serves the business on stdin and stdout until stdin closes. State lives in the file `state`,
/// which is made on first use.
pub async fn serve_stdio(state: PathBuf) -> anyhow::Result<()> {
    let store = tokio::task::spawn_blocking(move || store::Store::open(state)).await??;
    let server = server::Sandbox::new(store, crate::clock::Clock::system())?;
    let running = server
        .serve(rmcp::transport::stdio())
        .await
        .context("no MCP session on stdin and stdout")?;
    running.waiting().await.context("the MCP session broke")?;
    Ok(())
}

#[cfg(test)]
mod tests;
