//! The frame around every page, and the error page.

use super::assets;
use super::going::Going;
use super::parts::{icon, shown, time};
use crate::app::App;
use crate::error::ApiError;
use crate::notify::overview;
use crate::owners;
use crate::people::session::Session;
use leeway_core::govern::owners::Responsibility;
use maud::{DOCTYPE, Markup, html};

/// What the frame shows besides the page.
pub struct Frame<'a> {
    /// The page's title.
    pub title: String,
    /// Which entry of the navigation is current.
    pub here: &'static str,
    /// Held actions.
    pub waiting: u64,
    /// Open reviews.
    pub reviews: u64,
    /// Who looks.
    pub session: &'a Session,
    /// The business's name.
    pub business: &'a str,
    /// Why the ledger cannot be written, if it cannot.
    pub unwritable: Option<String>,
    /// Channels that do not get through.
    pub deaf: Vec<String>,
    /// Rows of the permission owner matrix without an owner who can act.
    pub ownerless: Vec<&'static str>,
    /// What this person approved and can still stop.
    pub going: Going,
    /// When whoever looks lost the right to decide, lately, UTC milliseconds.
    pub lost_ms: Option<i64>,
}

impl<'a> Frame<'a> {
    /// The frame of a page for a session.
    pub fn new(
        app: &'a App,
        session: &'a Session,
        here: &'static str,
        title: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            here,
            waiting: app
                .store
                .reader()
                .and_then(|reader| reader.counts(None))
                .map_or(0, |counts| counts.held),
            reviews: super::reviews::open_count(app),
            session,
            business: &app.settings.name,
            unwritable: app.store.writable().err(),
            deaf: overview::channels(app)
                .unwrap_or_default()
                .into_iter()
                .filter(|channel| channel.trouble.is_some())
                .map(|channel| channel.name)
                .collect(),
            ownerless: owners::missing(app)
                .into_iter()
                .map(Responsibility::title)
                .collect(),
            going: Going::of(app, session),
            lost_ms: app
                .registry()
                .lost_lately(&session.person.email, app.clock.now_ms()),
        }
    }

    /// The whole page.
    pub fn page(&self, body: Markup) -> Markup {
        document(
            &self.title,
            html! {
                a.skip href="#main" { "Skip to content" }
                (self.rail())
                main #main tabindex="-1" {
                    @if let Some(why) = &self.unwritable {
                        p.banner role="alert" { (icon("alert")) "The ledger cannot be written, so new actions are refused: " (shown(why)) }
                    }
                    @if !self.session.recorded {
                        p.banner role="alert" { (icon("alert")) "You signed in while the ledger could not be written, so you can read and not decide. Sign out and in again once it can be." }
                    }
                    @if let Some(at_ms) = self.lost_ms {
                        p.banner role="alert" { (icon("alert")) "The right to decide was taken from you, " (time(at_ms)) ". If you do not know why, ask: who did it is in the timeline." }
                    }
                    @if !self.ownerless.is_empty() {
                        p.banner role="alert" { (icon("alert")) "Nobody owns: " (self.ownerless.join(", ")) ". What is of it waits for the fallback, or for an owner to be named in the permission owner matrix." }
                    }
                    @if !self.deaf.is_empty() {
                        p.banner role="alert" { (icon("alert")) "Messages do not get through by: " (shown(&self.deaf.join(", "))) ". " a href="/notifications" { "See why" } }
                    }
                    (self.going.notices(self.session))
                    (body)
                }
                div #live.vh role="status" aria-live="polite" {}
                (help())
            },
        )
    }

    fn rail(&self) -> Markup {
        let person = &self.session.person;
        let initials: String = person
            .email
            .chars()
            .take(2)
            .collect::<String>()
            .to_uppercase();
        let roles = person
            .roles
            .iter()
            .map(|role| role.name())
            .collect::<Vec<_>>()
            .join(", ");
        html! {
            nav.rail aria-label="Main" {
                p.brand {
                    svg viewBox="0 0 24 24" aria-hidden="true" {
                        path d="M12 2 4 5v6c0 5 3.4 8.6 8 11 4.6-2.4 8-6 8-11V5z" {}
                        path.tick d="M8 12l3 3 5-6" {}
                    }
                    span { (shown(self.business)) }
                }
                ul {
                    @for (href, name, picture, wide) in NAVIGATION {
                        li.wide[wide] { a href=(href) aria-current=[(self.here == href).then_some("page")] {
                            (icon(picture)) span { (name) }
                            @if href == "/inbox" { b.count #nav-count data-live hidden[self.waiting == 0] { (self.waiting) span.vh { " waiting" } } }
                            @if href == "/reviews" { b.count #nav-reviews data-live hidden[self.reviews == 0] { (self.reviews) span.vh { " open" } } }
                        } }
                    }
                    li.narrow { a href="/more" aria-current=[(self.here == "/more" || NAVIGATION.iter().any(|(href, _, _, wide)| *wide && self.here == *href)).then_some("page")] { (icon("more")) span { "More" } } }
                }
                div.who {
                    span.avatar aria-hidden="true" { (initials) }
                    span { span.mail { (shown(&person.email)) } small { (roles) } }
                    form method="post" action="/sign-out" {
                        input type="hidden" name="csrf" value=(self.session.csrf);
                        button.btn.quiet.out title="Sign out" { (icon("out")) span.vh { "Sign out" } }
                    }
                }
            }
        }
    }
}

/// The pages: address, name, icon, and whether only a wide screen shows it beside the others.
pub const NAVIGATION: [(&str, &str, &str, bool); 12] = [
    ("/desk", "Today", "check", true),
    ("/inbox", "Inbox", "inbox", false),
    ("/reviews", "Reviews", "eye", false),
    ("/timeline", "Timeline", "clock", true),
    ("/workflows", "Workflows", "flow", false),
    ("/incidents", "Incidents", "alert", true),
    ("/outcomes", "Outcomes", "ask", true),
    ("/changes", "Changes", "pen", true),
    ("/owners", "Owners", "people", true),
    ("/systems", "Systems", "gear", true),
    ("/audit", "Audit", "doc", true),
    ("/notifications", "Notifications", "bell", true),
];

/// A whole document.
pub fn document(title: &str, body: Markup) -> Markup {
    html! { (DOCTYPE) html lang="en" {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            title { (title) " · Leeway" }
            link rel="stylesheet" href=(assets::style());
            link rel="icon" type="image/svg+xml" href=(assets::icon());
            script type="module" src=(assets::script()) {}
        }
        body { (body) }
    } }
}

fn help() -> Markup {
    let keys = [
        ("J / K", "Next / previous review"),
        (
            "A",
            "To Approve; Enter presses it (level 4 and 5 are shown once more)",
        ),
        ("E", "Edit"),
        ("R", "To Reject, where you choose a reason"),
        ("U", "To Undo of what was just approved; Enter presses it"),
        ("?", "This help"),
    ];
    html! {
        dialog #help aria-labelledby="help-t" {
            h2 #help-t { "Keyboard shortcuts" }
            p.sub { "No single key decides anything." }
            dl.keys { @for (key, text) in keys { div { dt { kbd { (key) } } dd { (text) } } } }
            label.switch { input #keys-on type="checkbox" checked; "Single-key shortcuts on" }
            form method="dialog" { button.btn { "Close" } }
        }
    }
}

/// The page of an error: what happened, what to do.
pub fn error(error: &ApiError) -> Markup {
    document(
        "Not possible",
        html! {
            main.alone #main {
                h1 { "Not possible" }
                p { (shown(&error.message)) "." }
                @if let Some(help) = &error.help { p { (shown(help)) "." } }
                p.sub { "Code " code { (error.code) } }
                p { a.btn href="/inbox" { "To the inbox" } }
            }
        },
    )
}
