//! What a call sends besides its changes stands on every card.

use crate::cases::judged;
use leeway_core::action::event::Cause;
use leeway_core::action::sent::also_sent;
use leeway_core::classify::FieldChange;
use leeway_core::judge::Verdict;
use leeway_core::notify::quick::{NotQuick, quick};
use serde_json::json;

#[test]
fn of_a_call_recorded_without_accounts_every_argument_is_listed() {
    let mut revision = judged(Verdict::Hold, 1, Cause::Proposed);
    revision.call.arguments = json!({"id": "c-1", "fields": {"city": "Graz"}, "notify": true});
    revision.classified.changes = vec![FieldChange {
        record: None,
        field: "city".into(),
        old: json!(null),
        new: json!("Graz"),
        old_known: true,
        critical: false,
    }];
    let paths = |revision: &_| -> Vec<String> {
        also_sent(revision)
            .into_iter()
            .map(|one| one.path)
            .collect()
    };
    assert_eq!(paths(&revision), ["/id", "/fields/city", "/notify"]);
    revision.call.inputs = Some(json!({"code": 7}));
    assert_eq!(
        paths(&revision).len(),
        4,
        "answers to the system are sent too"
    );
}

#[test]
fn what_a_message_cannot_show_whole_is_not_approved_from_it() {
    use leeway_core::govern::workflow::Grant;
    for arguments in [
        json!({"x".repeat(121): "a"}),
        json!({"a": {"b".repeat(60): {"c".repeat(60): 1}}}),
        json!(
            (0..31)
                .map(|n| (n.to_string(), n))
                .collect::<std::collections::BTreeMap<_, _>>()
        ),
    ] {
        let mut revision = judged(Verdict::Hold, 1, Cause::Proposed);
        revision.call.arguments = arguments.clone();
        assert_eq!(
            quick(Grant::External, &revision),
            Err(NotQuick::Long),
            "{arguments}"
        );
    }
}
