//! The pages: server-rendered, whole pages only, usable without JavaScript. Each file is one page;
//! [`layout`] is the frame, [`parts`] the pieces, [`assets`] style and script.

mod action;
mod assets;
mod audit;
mod batches;
mod change;
mod changes;
mod cited;
mod confidence;
mod deciding;
mod desk;
mod diff;
mod edit_workflow;
mod evidence;
mod evidence_tool;
mod export;

mod going;
mod inbox;
mod incident_steps;
mod incidents;
mod judging;
mod layout;
mod live;
mod long;
mod measures;
mod message;
mod more;
mod notifications;
mod outcomes;
mod owners;
mod parts;
mod promotion;
mod quick;
mod reader_zone;
mod report;
mod review;
mod reviewers;
mod reviews;
mod rollout;
mod sent;
mod sign_in;
mod systems;
mod timeline;
pub mod undo;
mod workflows;
mod worth;
mod worth_said;

use crate::app::App;
use crate::error::ApiError;
use crate::people::session::{self, Session};
use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use leeway_core::govern::people::Right;
use maud::Markup;
use std::sync::Arc;

/// All pages.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::out))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}", get(inbox::open))
        .route("/inbox/{id}/confirm", get(inbox::confirm))
        .route("/inbox/{id}/decide", post(deciding::decide))
        .merge(earning_routes())
        .route("/timeline", get(timeline::show))
        .route("/timeline/export", get(export::all))
        .route("/timeline/verify", post(timeline::verify))
        .route("/actions/{id}", get(action::show))
        .route("/actions/{id}/undo", get(undo::show).post(undo::submit))
        .route("/actions/{id}/settle", post(undo::settle))
        .route("/actions/{id}/revoke", post(undo::revoke))
        .route("/actions/{id}/attest", post(undo::attest))
        .route("/outcomes", get(outcomes::list).post(outcomes::attest))
        .route("/undo-batches", get(batches::list).post(batches::prepare))
        .route("/undo-batches/{id}", get(batches::show))
        .route("/undo-batches/{id}/start", post(batches::start))
        .route("/undo-batches/{id}/stop", post(batches::stop))
        .route("/incidents", get(incidents::list).post(incidents::begin))
        .route("/incidents/{number}", get(incidents::show))
        .route(
            "/incidents/{number}/report/{form}",
            get(incidents::download),
        )
        .route("/incidents/{number}/{what}", post(incidents::take))
        .route(
            "/workflows",
            get(workflows::list).post(workflows::everything),
        )
        .route("/workflows/{workflow}", get(workflows::show))
        .route(
            "/workflows/{workflow}/edit",
            get(edit_workflow::edit).post(edit_workflow::propose),
        )
        .route("/workflows/{workflow}/{what}", post(workflows::change))
        .route("/owners", get(owners::show))
        .route("/owners/edit", get(owners::edit).post(owners::propose))
        .route("/changes", get(changes::list))
        .route("/changes/{id}", get(changes::show))
        .route("/changes/{id}/decide", post(changes::decide))
        .route("/more", get(more::show))
        .route("/systems", get(systems::show))
        .route("/systems/{tool}/review", post(systems::review))
        .route("/audit", get(audit::list))
        .route("/audit/{system}", get(audit::show))
        .route("/audit/{system}/{form}", get(audit::download))
        .route("/notifications", get(notifications::show))
        .route("/notifications/test", post(notifications::test))
        .route("/notifications/preferences", post(notifications::prefer))
        .route("/q/{token}", get(quick::show).post(quick::approve))
        .route("/events", get(live::events))
        .route("/assets/{file}", get(assets::serve))
        .fallback(missing)
}

/// Reviews, what agents earn by them, what it is worth.
fn earning_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/desk", get(desk::show))
        .route("/report", get(report::show))
        .route("/report.html", get(report::html_file))
        .route("/report.md", get(report::markdown_file))
        .route("/reviewers", get(reviewers::show))
        .route("/reviews", get(reviews::list))
        .route("/reviews/{id}", get(judging::show))
        .route("/reviews/{id}/judge", post(judging::judge))
        .route(
            "/workflows/{workflow}/roi",
            get(worth::show).post(worth_said::propose),
        )
        .route("/workflows/{workflow}/rollout", get(rollout::show))
        .route(
            "/workflows/{workflow}/rollout/{file}",
            get(rollout::download),
        )
        .route("/roi", get(worth::all))
        .route(
            "/workflows/{workflow}/evidence",
            get(evidence::show).post(evidence::restarted),
        )
        .route(
            "/workflows/{workflow}/evidence/{tool}",
            get(evidence_tool::show),
        )
        .route(
            "/workflows/{workflow}/evidence/{tool}/{what}",
            post(promotion::act),
        )
        .route(
            "/workflows/{workflow}/confidence",
            get(confidence::show).post(confidence::adopt),
        )
}

/// The first page: the inbox of who decides, the desk of who does not.
async fn home(Viewer(session): Viewer) -> Redirect {
    let decides = session.person.may(Right::Decide);
    Redirect::to(if decides { "/inbox" } else { "/desk" })
}

/// A signed-in person looking at pages; anybody else is sent to sign in.
pub struct Viewer(pub Session);

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        match session::recognise(app, &parts.headers) {
            Ok(Some(session)) => Ok(Self(session)),
            Ok(None) => {
                let next: String =
                    url::form_urlencoded::byte_serialize(parts.uri.path().as_bytes()).collect();
                Err(Redirect::to(&format!("/sign-in?next={next}")).into_response())
            }
            Err(error) => Err(error.into_response()),
        }
    }
}

/// A page, or the error page of what went wrong.
pub type PageResult = Result<Markup, Failed>;

/// An error as a page.
pub struct Failed(pub ApiError);

impl<E: Into<ApiError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        if self.0.status.is_server_error() {
            tracing::error!(code = self.0.code, message = %self.0.message, "page failed");
        }
        let mut response = (self.0.status, layout::error(&self.0)).into_response();
        self.0.head(response.headers_mut());
        response
    }
}

/// What has no page: a page about that for browsers, JSON for programs.
async fn missing(request: Request) -> Response {
    let error = ApiError::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "there is no page at this address",
    );
    for_whom(&request, error.help("the inbox is at /inbox"))
}

/// An address that does not take this method.
pub async fn not_allowed(request: Request) -> Response {
    let method = request.method().as_str();
    let error = ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        format!("this address does not take `{}`", method.escape_debug()),
    );
    for_whom(
        &request,
        error.help("see /v1/openapi.json for what each address takes"),
    )
}

fn for_whom(request: &Request, error: ApiError) -> Response {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if wants_page {
        Failed(error).into_response()
    } else {
        error.into_response()
    }
}
