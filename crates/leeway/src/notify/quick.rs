//! Links for quick approval: single-use, expiring, bound to one reviewer and to exactly one revision.
//! A link alone does nothing: it needs its reviewer's session, shows what is approved, and approves
//! by a form of that page. So whatever follows links in mail changes nothing.

use crate::app::App;
use crate::error::ApiError;
use crate::gateway::decide::{self, Link};
use crate::gateway::deciders;
use crate::people::token::{self, Token};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::notify::letter::Quick;
use leeway_core::notify::quick::quick;
use leeway_store::{Append, AppendError, Credential, CredentialKind, SideWrite};
use serde::{Deserialize, Serialize};

/// What a link stands for, beside its hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stands {
    action: ActionId,
    content_hash: String,
    used: bool,
}

/// Makes a link's token for a reader; only its hash is kept.
pub async fn issue(app: &App, person: &str, quick: &Quick) -> Result<String, AppendError> {
    let token = Token::fresh("lwq");
    let stands = Stands {
        action: quick.action.clone(),
        content_hash: quick.content_hash.clone(),
        used: false,
    };
    let side = vec![SideWrite::PutCredential(Credential {
        kind: CredentialKind::QuickLink,
        id: token.hash.clone(),
        subject: person.to_owned(),
        secret: written(&stands),
        expires_ms: Some(quick.until_ms),
    })];
    let append = Append {
        side,
        ..Append::default()
    };
    app.store.append(append).await?;
    Ok(token.secret)
}

fn written(stands: &Stands) -> String {
    serde_json::to_string(stands).expect("INVARIANT: strings and booleans always serialise")
}

/// A link somebody opened.
pub struct Opened {
    /// What it is of, as it is now.
    pub action: ActionState,
    /// The revision it was sent for.
    pub content_hash: String,
    /// Why it approves nothing any more, if it does not.
    pub stale: Option<&'static str>,
    credential: Credential,
    stands: Stands,
}

/// Opens a link for whoever is signed in.
pub fn open(app: &App, person: &Person, secret: &str) -> Result<Opened, ApiError> {
    let missing = || {
        ApiError::not_found("link", "of this address")
            .help("open the inbox: what waits for you is there")
    };
    let credential = app
        .store
        .reader()?
        .credential(CredentialKind::QuickLink, &token::hash(secret))?
        .ok_or_else(missing)?;
    if credential.subject != person.email {
        return Err(ApiError::forbidden("this link was sent to somebody else")
            .help("what waits for you is in your inbox"));
    }
    let stands: Stands = serde_json::from_str(&credential.secret).map_err(|_| missing())?;
    let action = app
        .store
        .reader()?
        .action(&stands.action)?
        .ok_or_else(missing)?;
    let stale = stale(app, person, (&credential, &stands, &action));
    Ok(Opened {
        content_hash: stands.content_hash.clone(),
        action,
        stale,
        credential,
        stands,
    })
}

fn stale(
    app: &App,
    person: &Person,
    (credential, stands, action): (&Credential, &Stands, &ActionState),
) -> Option<&'static str> {
    let now_ms = app.clock.now_ms();
    if action.row.status != Status::Held {
        return Some("It does not wait for an approval any more.");
    }
    if action.row.content_hash.as_ref() != Some(&stands.content_hash) {
        return Some("It is no longer what this link was sent for.");
    }
    if stands.used {
        return Some("This link was used already.");
    }
    if credential.expires_ms.is_none_or(|at| at <= now_ms) {
        return Some("This link has run out.");
    }
    if deciders::eligible(app, person, action).is_err() {
        return Some("Somebody else decides it now.");
    }
    (!allowed(app, action)).then_some("It can no longer be approved from a message.")
}

/// Whether the grant in force still lets it be approved so.
fn allowed(app: &App, action: &ActionState) -> bool {
    let registry = app.registry();
    let Some(judged) = action.current() else {
        return false;
    };
    let live = registry.workflows.get(&judged.call.workflow);
    let grant = live.and_then(|live| live.state.workflow.grants.get(&judged.call.tool_name()));
    quick(grant.copied().unwrap_or_default(), judged).is_ok()
}

impl Opened {
    /// Approves what the page showed; the link is used in the same append.
    pub async fn approve(
        &self,
        app: &App,
        person: &Person,
        took_ms: Option<i64>,
    ) -> Result<ActionState, ApiError> {
        let used = Stands {
            used: true,
            ..self.stands.clone()
        };
        let spent = Credential {
            secret: written(&used),
            ..self.credential.clone()
        };
        let link = Link {
            spend: SideWrite::PutCredential(spent),
        };
        decide::approve_by(
            app,
            person,
            &self.action.row.id,
            (&self.content_hash, took_ms, Some(link)),
        )
        .await
    }
}
