//! The permission owner matrix: whose risk an action is, who decides, who is asked.

use crate::cases::classified;
use leeway_core::classify::{Area, Effect, Level};
use leeway_core::govern::owners::{Owners, Responsibility as R};
use leeway_core::govern::people::{Person, Role};
use leeway_core::govern::routing::{Ineligible, Routing, route};

const MATRIX: &str = r#"
zone = "Europe/Vienna"
[owner.finance-fields]
business = "fin@b.c"
technical = "tech@b.c"
delegates = ["del@b.c", "gone@b.c"]
fallback = "boss@b.c"
[owner.customer-messages]
business = "gone@b.c"
fallback = "boss@b.c"
[[away]]
person = "fin@b.c"
from = "2026-12-24"
until = "2026-12-26"
"#;

fn owners() -> Owners {
    toml::from_str(MATRIX).unwrap()
}

fn people() -> Vec<Person> {
    ["fin@b.c", "del@b.c", "boss@b.c", "other@b.c", "tech@b.c"]
        .map(|email| Person {
            email: email.into(),
            roles: vec![Role::Owner],
        })
        .to_vec()
}

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn routed(row: R, now: &str, escalated: bool) -> Routing {
    route(Some(&owners()), &people(), row, (at(now), escalated))
}

const WORKDAY: &str = "2026-12-01T09:00:00Z";

#[test]
fn the_gravest_thing_touched_says_whose_risk_it_is() {
    for (effect, areas, expected) in [
        (Effect::Update, vec![], R::SupportTriage),
        (Effect::Send, vec![], R::CustomerMessages),
        (Effect::Send, vec![Area::SupportSensitive], R::SupportTriage),
        (Effect::Send, vec![Area::Pricing], R::FinanceFields),
        (Effect::Pay, vec![Area::CustomerMessage], R::FinanceFields),
        (Effect::Update, vec![Area::Ownership], R::CrmFieldUpdates),
        (Effect::Delete, vec![Area::MergeDelete], R::SupportTriage),
        (
            Effect::Admin,
            vec![Area::Admin, Area::Pricing],
            R::PromptsAndRules,
        ),
    ] {
        let mut thing = classified(effect, Level::HighImpact);
        thing.areas = areas.into_iter().collect();
        assert_eq!(R::of(&thing, R::SupportTriage), expected, "{thing:?}");
    }
}

#[test]
fn the_business_owner_and_those_named_decide_and_nobody_else() {
    let routing = routed(R::FinanceFields, WORKDAY, false);
    assert_eq!(routing.ask, ["fin@b.c"]);
    // A delegate who is no person of this firm any more does not count.
    assert_eq!(routing.eligible, ["fin@b.c", "del@b.c"]);
    let may = |email: &str, role| {
        let person = Person {
            email: email.into(),
            roles: vec![role],
        };
        routing.admits(Some(&owners()), &person)
    };
    assert_eq!(may("fin@b.c", Role::Owner), Ok(()));
    assert_eq!(may("del@b.c", Role::Reviewer), Ok(()));
    assert_eq!(may("fin@b.c", Role::Auditor), Err(Ineligible::Role));
    assert!(matches!(
        may("tech@b.c", Role::Owner),
        Err(Ineligible::Technical { .. })
    ));
    assert!(matches!(
        may("boss@b.c", Role::Owner),
        Err(Ineligible::NotYours { .. })
    ));
    let text = may("other@b.c", Role::Owner).unwrap_err().to_string();
    assert_eq!(text, "`Finance fields` is decided by fin@b.c or del@b.c");
}

#[test]
fn a_delegate_is_asked_while_the_owner_is_away_by_the_matrix_time_zone() {
    for (now, asked) in [
        ("2026-12-23T22:59:00Z", "fin@b.c"),
        ("2026-12-23T23:00:00Z", "del@b.c"),
        ("2026-12-26T22:59:00Z", "del@b.c"),
        ("2026-12-26T23:00:00Z", "fin@b.c"),
    ] {
        assert_eq!(routed(R::FinanceFields, now, false).ask, [asked], "{now}");
    }
}

#[test]
fn the_fallback_decides_once_nobody_answered_or_the_owner_is_missing() {
    let escalated = routed(R::FinanceFields, WORKDAY, true);
    assert_eq!(escalated.eligible, ["fin@b.c", "del@b.c", "boss@b.c"]);
    assert_eq!(escalated.ask, ["fin@b.c", "boss@b.c"]);
    let missing = routed(R::CustomerMessages, WORKDAY, false);
    assert!(missing.missing);
    assert_eq!(missing.eligible, ["boss@b.c"]);
    let nobody = routed(R::SupportTriage, WORKDAY, true);
    assert!(nobody.missing && nobody.eligible.is_empty());
}

#[test]
fn without_a_matrix_the_role_decides() {
    let routing = route(None, &people(), R::FinanceFields, (at(WORKDAY), false));
    assert_eq!(routing.eligible.len(), 5);
    assert!(!routing.missing);
}

#[test]
fn every_problem_of_a_matrix_is_told() {
    let owners: Owners = toml::from_str(
        r#"
zone = "Vienna"
[owner.finance-fields]
business = "the finance lead"
technical = "the finance lead"
[[away]]
person = "a@b.c"
from = "2026-12-26"
until = "2026-12-24"
"#,
    )
    .unwrap();
    let found: Vec<(&str, bool)> = owners
        .check()
        .into_iter()
        .map(|problem| (problem.code, problem.warning))
        .collect();
    for expected in [
        ("zone-invalid", false),
        ("email-invalid", false),
        ("owners-alike", true),
        ("owner-missing", true),
        ("away-invalid", false),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
    assert_eq!(
        found
            .iter()
            .filter(|(code, _)| *code == "owner-missing")
            .count(),
        5
    );
    assert!(toml::from_str::<Owners>("[owner.finances]\nbusiness = \"a@b.c\"").is_err());
}
