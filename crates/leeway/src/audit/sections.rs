//! The tables of the report, each from one list of the audit.

use super::document::{Cell, Section};
use leeway_core::audit::blockers::Blocker;
use leeway_core::audit::{Audit, AuditedTool};
use leeway_core::classify::{Area, Effect};
use leeway_core::govern::workflow::Grant;

fn section(
    (id, title): (&'static str, &'static str),
    intro: &str,
    head: &[&'static str],
    rows: Vec<Vec<Cell>>,
) -> Section {
    Section {
        id,
        title,
        intro: intro.to_owned(),
        head: head.to_vec(),
        rows,
    }
}

/// What stands in the way, one row per kind.
pub fn blockers(audit: &Audit) -> Section {
    let mut groups: Vec<(&str, Vec<&Blocker>)> = Vec::new();
    for blocker in &audit.blockers {
        match groups.iter_mut().find(|(code, _)| *code == blocker.code) {
            Some((_, group)) => group.push(blocker),
            None => groups.push((&blocker.code, vec![blocker])),
        }
    }
    let rows = groups
        .into_iter()
        .map(|(code, group)| blocker_row(code, &group))
        .collect();
    section(
        ("blockers", "What stands in the way"),
        "Each of these has to be settled before agents go live. Until then Leeway blocks what is unsettled.",
        &["Name", "What is wrong", "Tools", "What ends it"],
        rows,
    )
}

fn blocker_row(code: &str, group: &[&Blocker]) -> Vec<Cell> {
    let tools: Vec<String> = group
        .iter()
        .filter_map(|blocker| blocker.tool.clone())
        .collect();
    let message = if group.len() == 1 {
        sentence(&group[0].message)
    } else {
        in_common(code).to_owned()
    };
    vec![
        Cell::Name(code.to_owned()),
        Cell::Text(message),
        if tools.is_empty() {
            Cell::Text("all".to_owned())
        } else {
            Cell::Names(tools)
        },
        Cell::Text(sentence(&group[0].help)),
    ]
}

/// What is wrong with several tools at once.
fn in_common(code: &str) -> &'static str {
    match code {
        "tool-unclassified" => "The pack has no entry for these, so they are blocked.",
        "runs-anything" => {
            "These do whatever the call says, so no rule can tell a harmless call from a grave one."
        }
        "old-value-unknown" => {
            "No tool is known to read what these change, so neither the old value nor an undo can be recorded."
        }
        "misleading-hint" => {
            "The system calls these read-only, but their names and arguments say otherwise."
        }
        "meaning-unknown" => {
            "Their names do not say what they do, so the worst that is usual is assumed."
        }
        "name-hides-characters" => {
            "These names hold characters that cannot be seen, so they can pass for others."
        }
        "no-schema" => {
            "These do not say what arguments they take, so nothing about a call can be checked."
        }
        "granted-tool-missing" => "The workflow grants these, but the system does not list them.",
        _ => "These have it in common.",
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let end = if text.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{end}", chars.as_str())
}

/// Every tool, the riskiest first.
pub fn tools(audit: &Audit) -> Section {
    let guessed = audit
        .tools
        .iter()
        .filter(|tool| !tool.is_classified())
        .count();
    let mixed = guessed > 0 && guessed < audit.tools.len();
    let certainty = match guessed {
        0 => "Every tool has a pack entry.".to_owned(),
        _ if mixed => format!("{guessed} without a pack entry are guesses, and say so."),
        _ => {
            "None has a pack entry yet: all of this is a guess from names and arguments.".to_owned()
        }
    };
    let rows = audit
        .tools
        .iter()
        .map(|tool| tool_row(tool, mixed))
        .collect();
    section(
        ("tools", "Tools, the riskiest first"),
        &format!("What one successful call does at worst. {certainty}"),
        &["Tool", "Level", "Effect", "Sets", "Touches", "Why"],
        rows,
    )
}

fn tool_row(tool: &AuditedTool, mixed: bool) -> Vec<Cell> {
    let certainty = if mixed && !tool.is_classified() {
        " A guess."
    } else {
        ""
    };
    let areas: Vec<&str> = tool.areas.iter().map(|area| area_name(*area)).collect();
    vec![
        Cell::Name(tool.name.clone()),
        Cell::Level(tool.level),
        Cell::Text(effect(tool.effect).to_owned()),
        Cell::Names(tool.fields.clone()),
        Cell::Text(areas.join(", ")),
        Cell::Text(format!("{}{certainty}", tool.why)),
    ]
}

/// How far an agent may go.
pub fn permissions(audit: &Audit) -> Section {
    let compared = audit.permissions.iter().any(|it| it.given.is_some());
    let mut head = vec!["Tool", "Begin with", "May grow to"];
    if compared {
        head.push("Workflow gives");
    }
    head.push("Meaning");
    let rows = audit
        .permissions
        .iter()
        .map(|permission| {
            let mut row = vec![
                Cell::Name(permission.tool.clone()),
                Cell::Text(grant(permission.grant).to_owned()),
                Cell::Text(grant(permission.may_grow_to).to_owned()),
            ];
            if compared {
                row.push(Cell::Text(
                    grant(permission.given.unwrap_or_default()).to_owned(),
                ));
            }
            row.push(Cell::Text(permission.meaning.clone()));
            row
        })
        .collect();
    Section {
        head,
        ..section(
            ("permissions", "Permissions"),
            "How far an agent may go with each tool. Growth is earned by reviewed results, one step at a time; levels 4 and 5 never run without a person.",
            &[],
            rows,
        )
    }
}

/// Who decides, and when.
pub fn approvals(audit: &Audit) -> Section {
    let rows = audit
        .approvals
        .iter()
        .map(|approval| {
            let when = if approval.when == "every-time" {
                "every time"
            } else {
                "before it is sent"
            };
            vec![
                Cell::Name(approval.tool.clone()),
                Cell::Level(approval.level),
                Cell::Text(approval.approver.clone()),
                Cell::Text(when.to_owned()),
                Cell::Text(approval.why.clone()),
            ]
        })
        .collect();
    section(
        ("approvals", "Approvals"),
        "Who decides, and when. The person who set a system up does not approve the business risk.",
        &["Tool", "Level", "Approver", "When", "Why"],
        rows,
    )
}

/// What is recorded, and what cannot be.
pub fn logs(audit: &Audit) -> Section {
    let rows = audit
        .logs
        .iter()
        .map(|log| {
            vec![
                Cell::Name(log.tool.clone()),
                Cell::Text(sentence(&log.record.join("; "))),
                Cell::Text(log.review.clone()),
                Cell::Text(log.missing.join("; ")),
            ]
        })
        .collect();
    section(
        ("logs", "Logs"),
        "Leeway records for every call: workflow, trigger, source data, prompt and rule version, action proposed and taken, old and new value, confidence, reviewer, approval, time and rollback path. This is what each tool adds, and what cannot be recorded yet.",
        &["Tool", "Record", "Review", "Missing"],
        rows,
    )
}

/// How calls are taken back.
pub fn undo(audit: &Audit) -> Section {
    let rows = audit
        .undo
        .iter()
        .map(|undo| {
            vec![
                Cell::Name(undo.tool.clone()),
                Cell::Text(undo.kind.clone()),
                undo.by
                    .clone()
                    .map_or(Cell::Text(String::new()), Cell::Name),
                Cell::Text(sentence(&undo.how)),
            ]
        })
        .collect();
    section(
        ("undo", "Undo rules"),
        "How each call is taken back. What is unconfirmed has to be tried on a test record; what has no undo is approved with that in mind.",
        &["Tool", "Kind", "By", "How"],
        rows,
    )
}

/// Who has to be named.
pub fn owners(audit: &Audit) -> Section {
    let named = audit.owners.iter().any(|owner| owner.named.is_some());
    let mut head = vec!["Area", "Business owner", "Technical owner", "Review"];
    if named {
        head.push("Named");
    }
    head.push("Answers for");
    let rows = audit
        .owners
        .iter()
        .map(|owner| {
            let mut row = vec![
                Cell::Text(owner.area.clone()),
                Cell::Text(owner.business_owner.clone()),
                Cell::Text(owner.technical_owner.clone()),
                Cell::Text(owner.cadence.clone()),
            ];
            if named {
                row.push(Cell::Text(owner.named.clone().unwrap_or_default()));
            }
            row.push(if owner.tools.is_empty() {
                Cell::Text("prompt, rules and packs".to_owned())
            } else {
                Cell::Names(owner.tools.clone())
            });
            row
        })
        .collect();
    Section {
        head,
        ..section(
            ("owners", "Owners to name"),
            "One person per area owns its risk and approves; another owns the set-up. What nobody owns stays paused.",
            &[],
            rows,
        )
    }
}

/// What a document has that becomes no tool; nothing without any.
pub fn left_out(audit: &Audit) -> Option<Section> {
    let rows: Vec<Vec<Cell>> = audit
        .left_out
        .iter()
        .map(|one| {
            vec![
                Cell::Name(one.operation.clone()),
                Cell::Text(one.name.clone()),
                Cell::Text(sentence(&one.why)),
                Cell::Text(sentence(&one.help)),
            ]
        })
        .collect();
    (!rows.is_empty()).then(|| {
        section(
            ("left-out", "Left out of the document"),
            "These operations become no tool, so agents cannot use them.",
            &["Operation", "Name", "Why", "What ends it"],
            rows,
        )
    })
}

/// An effect in plain words.
fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Draft => "drafts",
        Effect::Create => "creates",
        Effect::Update => "changes",
        Effect::Merge => "merges",
        Effect::Delete => "deletes",
        Effect::Admin => "administers",
        Effect::Execute => "runs anything",
        Effect::Send => "sends or publishes",
        Effect::Pay => "moves money",
    }
}

fn area_name(area: Area) -> &'static str {
    match area {
        Area::CustomerMessage => "customer messages",
        Area::Pricing => "pricing",
        Area::MergeDelete => "merging and deleting",
        Area::Ownership => "ownership",
        Area::ContractInvoicePaymentLegal => "contracts, invoices, payments",
        Area::SupportSensitive => "sensitive support",
        Area::Admin => "administration",
    }
}

fn grant(grant: Grant) -> &'static str {
    match grant {
        Grant::Blocked => "blocked",
        Grant::Read => "read",
        Grant::Draft => "draft",
        Grant::Update => "update",
        Grant::HighImpact => "high-impact",
        Grant::External => "external",
    }
}
