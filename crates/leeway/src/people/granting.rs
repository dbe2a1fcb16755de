//! Who may make others able to decide. Whoever is at the machine itself owns its data folder and may do
//! all of it; over the network nobody widens their own say, and nobody holds the credentials of another.

use super::access::{actor, is_local};
use crate::error::ApiError;
use axum::http::StatusCode;
use leeway_core::govern::people::{Person, Right, Role};
use leeway_core::govern::state::Asked;

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

/// How a change of roles goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goes {
    /// It takes force.
    Now {
        /// Whether a right to decide is taken with it.
        took: bool,
    },
    /// It waits until somebody else agrees.
    Asks,
}

/// How long somebody's wish may be agreed to, milliseconds: a week.
pub const ASKED_MS: i64 = 7 * 24 * 3600 * 1000;

/// Whether somebody may give a person other roles; none for removing the person. Roles that decide
/// are given and taken by an owner other than the person concerned, the other roles by operators. A right
/// to decide is taken by two: an owner asks, and somebody else who decides agrees by asking for the same,
/// even whoever loses it. `asked` is what somebody asked for that may still be agreed to.
pub fn may_change_roles(
    by: &Person,
    of: &Person,
    to: &[Role],
    asked: Option<&Asked>,
) -> Result<Goes, ApiError> {
    let deciding = |role: &&Role| role.may(Right::Decide);
    let took = of
        .roles
        .iter()
        .filter(deciding)
        .any(|role| !to.contains(role));
    if is_local(by) {
        return Ok(Goes::Now { took });
    }
    let agrees =
        |asked: &Asked| asked.by != actor(by) && same(&asked.roles, to) && by.may(Right::Decide);
    if took && asked.is_some_and(agrees) {
        return Ok(Goes::Now { took });
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
        return Ok(Goes::Now { took });
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
    Ok(if took { Goes::Asks } else { Goes::Now { took } })
}

/// Whether these are the same roles, in whatever order.
fn same(one: &[Role], other: &[Role]) -> bool {
    Role::ALL
        .iter()
        .all(|role| one.contains(role) == other.contains(role))
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
            let answer = may_change_roles(by, of, &to, None)
                .err()
                .map(|error| error.code);
            assert_eq!(answer, refused, "{} makes {} {to:?}", by.email, of.email);
        }
    }

    #[test]
    fn a_right_to_decide_is_taken_by_two() {
        let both = person("both@x", &[Owner, Operator]);
        let owner = person("owner@x", &[Owner]);
        let reviewer = person("rev@x", &[Reviewer]);
        let other = person("other@x", &[Reviewer]);
        let auditor = person("audit@x", &[Auditor, Operator]);
        let local = person("local", &[Operator]);
        let asked = |by: &Person, roles: &[Role]| Asked {
            by: actor(by),
            at_ms: 0,
            roles: roles.to_vec(),
        };
        let goes = |by: &Person, of: &Person, to: &[Role], asked: Option<Asked>| {
            may_change_roles(by, of, to, asked.as_ref()).map_err(|error| error.code)
        };
        let taken = Ok(Goes::Now { took: true });
        assert_eq!(goes(&local, &reviewer, &[], None), taken);
        // By every role that decides, and by removing.
        for (of, to) in [
            (&reviewer, vec![Auditor]),
            (&reviewer, vec![]),
            (&owner, vec![Reviewer]),
        ] {
            assert_eq!(goes(&both, of, &to, None), Ok(Goes::Asks), "{to:?}");
            // Nobody agrees with themselves, or to anything else; who does not decide does not agree.
            assert_eq!(
                goes(&both, of, &to, Some(asked(&both, &to))),
                Ok(Goes::Asks)
            );
            assert_eq!(
                goes(&both, of, &to, Some(asked(&other, &[Operator]))),
                Ok(Goes::Asks)
            );
            assert!(goes(&auditor, of, &to, Some(asked(&both, &to))).is_err());
            for agrees in [&other, of] {
                assert_eq!(goes(agrees, of, &to, Some(asked(&both, &to))), taken);
            }
        }
        assert_eq!(
            goes(&reviewer, &reviewer, &[], Some(asked(&reviewer, &[]))),
            Err("own-roles")
        );
        // Giving takes one.
        assert_eq!(
            goes(&both, &auditor, &[Auditor, Operator, Reviewer], None),
            Ok(Goes::Now { took: false })
        );
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
