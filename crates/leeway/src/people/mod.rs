//! Who is calling: people with passwords, sessions and tokens ([`account`], [`session`]), agents
//! with tokens ([`agent`]), and how a request is recognised ([`access`]).

pub mod access;
pub mod account;
pub mod agent;
pub mod attempts;
pub mod client_address;
pub mod granting;
pub mod known_browser;
pub mod mcp_request;
pub mod password;
pub mod session;
pub mod token;
pub mod unrecorded;
