//! Who may make others able to decide. Whoever is at the machine itself owns its data folder and may do
//! all of it; over the network nobody widens their own say, and nobody holds the credentials of another.

use super::access::is_local;
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::govern::people::{Person, Right, Role};

/// Adding people sets a password for somebody else, so it is done at the machine itself.
pub fn may_add(by: &Person) -> Result<(), ApiError> {
    if is_local(by) {
        return Ok(());
    }
    Err(refused(
        "only-at-the-machine",
        "people are added at the machine itself, as whoever adds them knows their first password",
        "run `leeway users add` where the server runs, without LEEWAY_TOKEN",
    ))
}

/// A password or token is made by the person it belongs to, or at the machine itself.
pub fn may_make_credentials(by: &Person, of: &str) -> Result<(), ApiError> {
    if is_local(by) || by.email == of {
        return Ok(());
    }
    Err(refused(
        "not-your-own",
        "nobody makes a password or a token for somebody else: it would let them act as that person",
        "let them do it themselves, or run the command where the server runs, without LEEWAY_TOKEN",
    ))
}

/// Tokens are taken back by the person they belong to, and by operators.
pub fn may_revoke(by: &Person, of: &str) -> Result<(), ApiError> {
    if by.email == of || by.may(Right::Configure) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "only an operator revokes the tokens of others",
    ))
}

/// Whether somebody may give a person other roles; none for removing the person. Roles that decide
/// are given and taken by an owner other than the person concerned, the other roles by operators.
pub fn may_change_roles(by: &Person, of: &Person, to: &[Role]) -> Result<(), ApiError> {
    if is_local(by) {
        return Ok(());
    }
    let changed = |role: &&Role| of.roles.contains(role) != to.contains(role);
    let (deciding, others): (Vec<&Role>, Vec<&Role>) = Role::ALL
        .iter()
        .filter(changed)
        .partition(|role| role.may(Right::Decide));
    if (!others.is_empty() || deciding.is_empty()) && !by.may(Right::Configure) {
        return Err(ApiError::forbidden(
            "only an operator changes roles that do not decide",
        ));
    }
    if deciding.is_empty() {
        return Ok(());
    }
    if by.email == of.email {
        return Err(refused(
            "own-roles",
            "nobody gives or takes their own right to decide",
            "ask another owner",
        ));
    }
    if !by.roles.contains(&Role::Owner) {
        return Err(refused(
            "takes-an-owner",
            "the right to decide is given and taken by an owner only",
            "ask an owner, or run the command where the server runs, without LEEWAY_TOKEN",
        ));
    }
    Ok(())
}

fn refused(code: &'static str, message: &str, help: &str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, code, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Auditor, Operator, Owner, Reviewer};

    fn person(email: &str, roles: &[Role]) -> Person {
        Person {
            email: email.to_owned(),
            roles: roles.to_vec(),
        }
    }

    #[test]
    fn the_right_to_decide_takes_an_owner_other_than_the_person() {
        let operator = person("op@x", &[Operator]);
        let owner = person("owner@x", &[Owner]);
        let both = person("both@x", &[Owner, Operator]);
        let auditor = person("audit@x", &[Auditor]);
        let local = person("local", &[Operator]);
        for (by, of, to, refused) in [
            (
                &operator,
                &operator,
                vec![Operator, Owner],
                Some("own-roles"),
            ),
            (&operator, &auditor, vec![Reviewer], Some("takes-an-owner")),
            (&operator, &owner, vec![Auditor], Some("takes-an-owner")),
            (&operator, &owner, vec![], Some("takes-an-owner")),
            (&operator, &auditor, vec![Operator], None),
            (&operator, &auditor, vec![], None),
            (&owner, &auditor, vec![Auditor, Reviewer], None),
            (&owner, &auditor, vec![Reviewer], Some("forbidden")),
            (&owner, &owner, vec![Owner, Operator], Some("forbidden")),
            (&both, &both, vec![Operator], Some("own-roles")),
            (&both, &both, vec![Owner, Operator, Auditor], None),
            (&both, &auditor, vec![Owner], None),
            (&auditor, &operator, vec![Auditor], Some("forbidden")),
            (&local, &auditor, vec![Owner], None),
        ] {
            let answer = may_change_roles(by, of, &to).err().map(|error| error.code);
            assert_eq!(answer, refused, "{} makes {} {to:?}", by.email, of.email);
        }
    }

    #[test]
    fn credentials_are_made_by_their_own_person_or_at_the_machine() {
        let operator = person("op@x", &[Operator, Owner]);
        let local = person("local", &[Operator]);
        assert!(may_add(&local).is_ok() && may_make_credentials(&local, "op@x").is_ok());
        assert_eq!(may_add(&operator).unwrap_err().code, "only-at-the-machine");
        assert!(may_make_credentials(&operator, "op@x").is_ok());
        let other = may_make_credentials(&operator, "owner@x");
        assert_eq!(other.unwrap_err().code, "not-your-own");
    }
}
