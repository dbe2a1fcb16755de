//! People: adding and removing them, their passwords and API tokens.

use super::token::{Token, id_of};
use super::{access, granting};
use crate::app::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Role};
use leeway_core::govern::state::{Document, PersonState};
use leeway_store::{Credential, CredentialKind, Precondition, SideWrite};

/// Longest e-mail address, bytes.
pub const LONGEST_EMAIL: usize = 254;

/// The stream of a person.
pub fn stream(email: &str) -> String {
    format!("person/{email}")
}

/// A person who may act now.
pub fn find(app: &App, email: &str) -> Result<Option<PersonState>, ApiError> {
    Ok(match app.store.reader()?.document(&stream(email))? {
        Some((_, Document::Person(person))) if !person.removed => Some(person),
        _ => None,
    })
}

/// Everybody, removed people too.
pub fn all(app: &App) -> Result<Vec<PersonState>, ApiError> {
    let documents = app.store.reader()?.documents("person/")?;
    Ok(documents
        .into_iter()
        .filter_map(|(_, _, document)| match document {
            Document::Person(person) => Some(person),
            _ => None,
        })
        .collect())
}

/// Adds a person with roles and a password.
pub async fn add(
    app: &App,
    actor: &str,
    (email, roles, password): (&str, Vec<Role>, &str),
) -> Result<Person, ApiError> {
    let email = check_email(email)?;
    if roles.is_empty() {
        return Err(
            ApiError::invalid("no-role", "a person needs at least one role")
                .help("roles are operator, owner, reviewer, auditor"),
        );
    }
    if find(app, &email)?.is_some() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "person-exists",
            format!("`{email}` exists already"),
        ));
    }
    let credential = password_credential(app, &email, password).await?;
    let event = GovernEvent::PersonAdded {
        roles: roles.clone(),
    };
    let side = vec![SideWrite::PutCredential(credential)];
    app.govern(actor, stream(&email), event, (side, vec![]))
        .await?;
    Ok(Person { email, roles })
}

/// Replaces a password, and ends every session of the person.
pub async fn set_password(
    app: &App,
    actor: &str,
    (email, password): (&str, &str),
) -> Result<(), ApiError> {
    existing(app, email)?;
    let credential = password_credential(app, email, password).await?;
    let side = vec![
        SideWrite::PutCredential(credential),
        forget(CredentialKind::Session, email),
        // Whoever changes a password may have lost more than that.
        forget(CredentialKind::PersonToken, email),
    ];
    app.govern(
        actor,
        stream(email),
        GovernEvent::PersonPasswordSet {},
        (side, vec![]),
    )
    .await?;
    app.unrecorded.forget_all_of(email);
    Ok(())
}

/// Changes a person's roles, as somebody wishes who may (`granting`); none removes the person. Returns whether
/// it is so now, or waits for a second person.
pub async fn wish(
    app: &App,
    by: &Person,
    (email, roles): (&str, Vec<Role>),
) -> Result<bool, ApiError> {
    let found = app.store.reader()?.document(&stream(email))?;
    let Some((version, Document::Person(state))) = found else {
        return Err(ApiError::not_found("person", email));
    };
    let of = existing(app, email)?;
    let now_ms = app.clock.now_ms();
    let asked = state
        .asked
        .filter(|asked| now_ms - asked.at_ms <= granting::ASKED_MS);
    // Who decides now, and what was asked for, is what it was decided on.
    let unmoved = vec![
        Precondition::StreamAt {
            stream: stream(email),
            version,
        },
        app.registry().say(),
    ];
    let by_whom = access::actor(by);
    match granting::may_change_roles(by, &of, &roles, asked.as_ref())? {
        granting::Goes::Now { took } if roles.is_empty() => {
            remove(app, &by_whom, (email, took), unmoved).await?;
        }
        granting::Goes::Now { took } => {
            set_roles(app, &by_whom, (email, roles, took), unmoved).await?;
        }
        granting::Goes::Asks => {
            let event = GovernEvent::PersonRolesAsked { roles };
            app.govern(&by_whom, stream(email), event, (vec![], unmoved))
                .await?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Changes a person's roles.
async fn set_roles(
    app: &App,
    actor: &str,
    (email, roles, took): (&str, Vec<Role>, bool),
    preconditions: Vec<Precondition>,
) -> Result<(), ApiError> {
    if roles.is_empty() {
        return Err(ApiError::invalid(
            "no-role",
            "a person needs at least one role",
        ));
    }
    let event = GovernEvent::PersonRolesChanged { roles, took };
    app.govern(actor, stream(email), event, (vec![], preconditions))
        .await?;
    Ok(())
}

/// Removes a person: sessions, tokens and password are void at once.
async fn remove(
    app: &App,
    actor: &str,
    (email, took): (&str, bool),
    preconditions: Vec<Precondition>,
) -> Result<(), ApiError> {
    let side = [
        CredentialKind::Password,
        CredentialKind::PersonToken,
        CredentialKind::Session,
    ]
    .map(|kind| forget(kind, email))
    .to_vec();
    app.govern(
        actor,
        stream(email),
        GovernEvent::PersonRemoved { took },
        (side, preconditions),
    )
    .await?;
    app.unrecorded.forget_all_of(email);
    Ok(())
}

/// Issues an API token to a person. Returns the secret, shown once.
pub async fn issue_token(app: &App, actor: &str, email: &str) -> Result<Token, ApiError> {
    existing(app, email)?;
    let token = Token::fresh("lwp");
    let credential = Credential {
        kind: CredentialKind::PersonToken,
        id: token.hash.clone(),
        subject: email.to_owned(),
        secret: String::new(),
        expires_ms: None,
    };
    let event = GovernEvent::PersonTokenIssued { token: token.id() };
    let side = vec![SideWrite::PutCredential(credential)];
    app.govern(actor, stream(email), event, (side, vec![]))
        .await?;
    Ok(token)
}

/// Revokes an API token by its id.
pub async fn revoke_token(
    app: &App,
    actor: &str,
    (email, id): (&str, &str),
) -> Result<(), ApiError> {
    let found = app
        .store
        .reader()?
        .credentials_of(CredentialKind::PersonToken, email)?
        .into_iter()
        .find(|credential| id_of(&credential.id) == id)
        .ok_or_else(|| ApiError::not_found("token", id))?;
    let side = vec![SideWrite::DeleteCredential {
        kind: CredentialKind::PersonToken,
        id: found.id,
    }];
    let event = GovernEvent::PersonTokenRevoked {
        token: id.to_owned(),
    };
    app.govern(actor, stream(email), event, (side, vec![]))
        .await?;
    Ok(())
}

/// Checks a password. Takes as long for an unknown person as for a wrong password.
pub async fn check_password(app: &App, email: &str, password: &str) -> Result<bool, ApiError> {
    let known = find(app, email)?.is_some();
    let stored = app
        .store
        .reader()?
        .credential(CredentialKind::Password, email)?
        .map(|credential| credential.secret);
    Ok(app.hashing.matches(stored, password).await? && known)
}

/// A person who may act now, or 404.
pub fn existing(app: &App, email: &str) -> Result<Person, ApiError> {
    let found = find(app, email)?.ok_or_else(|| ApiError::not_found("person", email))?;
    Ok(Person {
        email: found.email,
        roles: found.roles,
    })
}

fn forget(kind: CredentialKind, email: &str) -> SideWrite {
    SideWrite::DeleteCredentialsOf {
        kind,
        subject: email.to_owned(),
    }
}

fn check_email(email: &str) -> Result<String, ApiError> {
    let email = email.trim().to_lowercase();
    let plausible = email.len() <= LONGEST_EMAIL
        && email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && email
            .chars()
            .all(|c| c.is_ascii_graphic() && !"/\\\"'<>,;:".contains(c));
    if plausible {
        return Ok(email);
    }
    Err(ApiError::invalid(
        "email-invalid",
        format!("`{}` is no e-mail address", email.escape_debug()),
    ))
}

async fn password_credential(
    app: &App,
    email: &str,
    password: &str,
) -> Result<Credential, ApiError> {
    Ok(Credential {
        kind: CredentialKind::Password,
        id: email.to_owned(),
        subject: email.to_owned(),
        secret: app.hashing.hash(password).await?,
        expires_ms: None,
    })
}
