//! An HTTP API by its OpenAPI document: [`api`] makes calls, [`wire`] sends one request and reads one
//! answer, [`result`] makes a tool's result of it. Which request a call makes and what a status means
//! is decided in `leeway_core::openapi`.

mod api;
mod credentials;
mod result;
mod wire;

pub use api::HttpApi;
