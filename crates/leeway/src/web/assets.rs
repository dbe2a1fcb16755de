//! Style and script, compiled in. Their address carries a hash of their content, so browsers keep
//! them for good and never use an old one.

use crate::error::ApiError;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

const STYLE: &str = include_str!("assets/app.css");
const SCRIPT: &str = include_str!("assets/app.js");
const ICON: &str = include_str!("assets/icon.svg");

struct Addresses {
    style: String,
    script: String,
    icon: String,
}

fn addresses() -> &'static Addresses {
    static ADDRESSES: OnceLock<Addresses> = OnceLock::new();
    ADDRESSES.get_or_init(|| Addresses {
        style: address("app", STYLE, "css"),
        script: address("app", SCRIPT, "js"),
        icon: address("icon", ICON, "svg"),
    })
}

fn address(name: &str, content: &str, extension: &str) -> String {
    let hash = hex::encode(Sha256::digest(content.as_bytes()));
    format!("/assets/{name}-{}.{extension}", &hash[..12])
}

/// Address of the style sheet.
pub fn style() -> &'static str {
    &addresses().style
}

/// Address of the script.
pub fn script() -> &'static str {
    &addresses().script
}

/// Address of the icon.
pub fn icon() -> &'static str {
    &addresses().icon
}

/// Serves an asset by its hashed name.
pub async fn serve(Path(file): Path<String>) -> Response {
    let wanted = format!("/assets/{file}");
    let all = addresses();
    let found = [
        (&all.style, STYLE, "text/css; charset=utf-8"),
        (&all.script, SCRIPT, "text/javascript; charset=utf-8"),
        (&all.icon, ICON, "image/svg+xml"),
    ]
    .into_iter()
    .find(|(address, _, _)| **address == wanted);
    match found {
        Some((_, content, kind)) => (
            [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            content,
        )
            .into_response(),
        None => ApiError::not_found("asset", &file).into_response(),
    }
}
