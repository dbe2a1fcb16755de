//! Signing in and out.

use super::layout::document;
use super::parts::shown;
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::people::{account, client_address, session};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The form.
pub async fn show(State(app): State<Arc<App>>, sent::Asked(next): sent::Asked<Next>) -> PageResult {
    let nobody = account::all(&app)?.iter().all(|person| person.removed);
    let at = At {
        next: &next.next,
        email: "",
        nobody,
    };
    Ok(form(&app.settings.name, at, None))
}

/// What the form begins with.
struct At<'a> {
    next: &'a str,
    email: &'a str,
    /// Whether there is nobody yet who could sign in.
    nobody: bool,
}

fn form(business: &str, at: At<'_>, error: Option<&ApiError>) -> Markup {
    document(
        "Sign in",
        html! {
            main.alone #main {
                p.brand {
                    svg viewBox="0 0 24 24" aria-hidden="true" {
                        path d="M12 2 4 5v6c0 5 3.4 8.6 8 11 4.6-2.4 8-6 8-11V5z" {}
                        path.tick d="M8 12l3 3 5-6" {}
                    }
                    span { (shown(business)) }
                }
                h1 { "Sign in" }
                @if let Some(error) = error { p.banner role="alert" { (capital(&error.message)) "." } }
                @if at.nobody { p.sub { "Nobody can sign in yet. Where the server runs, add the first person: " code { "leeway users add YOU@EXAMPLE.COM --role owner --role operator --data DIR" } } }
                form.stack method="post" action="/sign-in" {
                    input type="hidden" name="next" value=(at.next);
                    label { "E-mail" input type="email" name="email" autocomplete="username" required value=(at.email) autofocus[at.email.is_empty()]; }
                    label { "Password" input type="password" name="password" autocomplete="current-password" required autofocus[!at.email.is_empty()]; }
                    button.btn.primary { "Sign in" }
                }
            }
        },
    )
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What the form sends.
#[derive(Deserialize)]
pub struct SignIn {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Signs in.
pub async fn submit(
    State(app): State<Arc<App>>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    sent::Sent(sent): sent::Sent<SignIn>,
) -> Response {
    let peer = peer.map(|found| found.0.0.ip());
    let address = client_address::of(peer, &headers, &app.settings.trusted_proxies());
    match session::sign_in(&app, (&sent.email, &sent.password), (&address, &headers)).await {
        Ok(cookies) => (
            AppendHeaders(
                cookies
                    .into_iter()
                    .map(|cookie| (header::SET_COOKIE, cookie)),
            ),
            Redirect::to(local(&sent.next)),
        )
            .into_response(),
        Err(error) => {
            let at = At {
                next: &sent.next,
                email: &sent.email,
                nobody: false,
            };
            let page = form(&app.settings.name, at, Some(&error));
            let mut response = (error.status, page).into_response();
            error.head(response.headers_mut());
            response
        }
    }
}

/// Only addresses of our own: a link must not send people elsewhere after signing in. Browsers pass
/// over tabs and line breaks in an address, so only what is visible is taken.
fn local(next: &str) -> &str {
    let plain = |c: char| c.is_ascii_graphic() && c != '\\';
    let ours = next.starts_with('/') && !next.starts_with("//") && next.chars().all(plain);
    if ours { next } else { "/inbox" }
}

/// What the sign-out form sends.
#[derive(Deserialize)]
pub struct Csrf {
    csrf: String,
}

/// Signs out.
pub async fn out(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    headers: HeaderMap,
    sent::Sent(sent): sent::Sent<Csrf>,
) -> Result<Response, Failed> {
    session.check_token(&sent.csrf)?;
    let cookies = session::sign_out(&app, &headers).await?;
    Ok((
        AppendHeaders(
            cookies
                .into_iter()
                .map(|cookie| (header::SET_COOKIE, cookie)),
        ),
        Redirect::to("/sign-in"),
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn signing_in_never_leads_elsewhere() {
        for next in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/inbox\r\nset-cookie: a=b",
            "/ /evil.example",
            "",
            "javascript:x",
        ] {
            assert_eq!(local(next), "/inbox", "{next}");
        }
        assert_eq!(
            local("/workflows/support-triage"),
            "/workflows/support-triage"
        );
    }
}
