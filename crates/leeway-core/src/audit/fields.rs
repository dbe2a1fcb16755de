//! The fields of a record that a tool's arguments are new values of, and the filters of them. An argument has its
//! field's name, but for fields of a body whose name another argument has.

use super::draft::{path, quoted};
use super::{AuditedTool, Subject, acts};
use crate::classify::Effect;
use crate::openapi::operation::Operation;
use std::collections::BTreeMap;

/// What a draft takes for new values.
pub(super) struct Fields {
    /// The arguments.
    arguments: Vec<String>,
    /// Those whose field has another name, with it.
    pub renamed: BTreeMap<String, String>,
}

impl Fields {
    /// Those of a tool.
    pub fn of(tool: &AuditedTool, subject: Subject<'_>) -> Self {
        let mut arguments = acts::plain_fields(tool, subject);
        let of_body: BTreeMap<String, String> = acts::operation(tool, subject)
            .into_iter()
            .flat_map(Operation::renamed)
            .map(|(argument, field)| (argument.to_owned(), field.to_owned()))
            .collect();
        // Where another argument is a new value under the same name, nobody knows which counts.
        let clashes = |field: &String| arguments.contains(field);
        let (clashing, renamed): (BTreeMap<_, _>, BTreeMap<_, _>) =
            of_body.into_iter().partition(|(_, field)| clashes(field));
        arguments.retain(|argument| !clashing.contains_key(argument));
        // A record's own id in the body looks like no new value by its name.
        let updates = tool.effect == Effect::Update && !arguments.is_empty();
        for (argument, field) in renamed.iter().filter(|_| updates) {
            let unseen = !tool.fields.contains(argument);
            if unseen && acts::may_be_value((argument, field), tool, subject) {
                arguments.push(argument.clone());
            }
        }
        Self {
            renamed: renamed
                .into_iter()
                .filter(|(argument, _)| arguments.contains(argument))
                .collect(),
            arguments,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.arguments.is_empty()
    }

    /// Their names in the record.
    pub fn of_record(&self) -> Vec<String> {
        let own = |argument: &String| self.renamed.get(argument).unwrap_or(argument).clone();
        self.arguments.iter().map(own).collect()
    }

    /// An object of the new values given: what is given as `null` is made blank.
    pub fn changes(&self) -> String {
        if self.is_empty() {
            return "{}".to_owned();
        }
        let chosen = self.chosen();
        match self.names() {
            None => format!("with_entries({chosen})"),
            Some(names) => format!("with_entries({chosen} | .key = ({names}[.key] // .key))"),
        }
    }

    /// The arguments that write back what was there before.
    pub fn old_values(&self, id: &str) -> String {
        let field = match self.names() {
            None => ".key".to_owned(),
            Some(names) => format!("{names}[.key] // .key"),
        };
        format!(
            "{{{}: {}}} + with_entries({} | .value = $before[{field}])",
            quoted(id),
            path(id),
            self.chosen()
        )
    }

    /// The condition that an entry of the arguments is one of them.
    fn chosen(&self) -> String {
        let names: Vec<String> = self.arguments.iter().map(|name| quoted(name)).collect();
        let names = names.join(", ");
        format!("select(.key as $key | [{names}] | any(. == $key))")
    }

    /// An object of the fields' names by argument, where they have others.
    fn names(&self) -> Option<String> {
        let pairs: Vec<String> = self
            .renamed
            .iter()
            .map(|(argument, field)| format!("{}: {}", quoted(argument), quoted(field)))
            .collect();
        (!pairs.is_empty()).then(|| format!("{{{}}}", pairs.join(", ")))
    }
}
