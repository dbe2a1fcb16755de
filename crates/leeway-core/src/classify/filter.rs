//! jq filters of packs. Pure: no clock, no environment, no input files, no way to end the process.
//!
//! A filter gives exactly one value; none or several is an error, so that a filter that does not
//! fit cannot be mistaken for one that says "nothing". Filters and what they are given are other people's:
//! whatever they are, reading and running one ends soon, in bounded memory and stack ([`budget`]).

mod arithmetic;
mod at;
mod budget;
mod compare;
mod compile;
mod convert;
mod functions;
mod regex;
mod value;

use super::handed::{Handed, plain_path};
use crate::nesting;
use compile::Program;
use jaq_core::data::JustLut;
use jaq_core::{Ctx, Vars, unwrap_valr};
use serde_json::Value;
use std::sync::Arc;

/// Most values looked at from one run.
const MOST_OUTPUTS: usize = 2;
/// Most values (texts, numbers, lists, objects) one input may hold. A filter may compare each with
/// each, so what a run costs grows with the square of them.
const MOST_VALUES: usize = 10_000;

/// What is wrong with a filter, or with what it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// It is no jq filter, or uses a name that does not exist here.
    #[error("filter `{filter}` does not compile: {why}")]
    Syntax {
        /// The filter.
        filter: String,
        /// What is wrong.
        why: String,
    },
    /// It failed on its input.
    #[error("filter `{filter}` failed: {why}")]
    Failed {
        /// The filter.
        filter: String,
        /// What went wrong.
        why: String,
    },
}

/// A compiled filter.
#[derive(Clone)]
pub struct Filter {
    source: String,
    how: How,
    handed: Handed,
}

#[derive(Clone)]
enum How {
    /// `.a.b`, followed directly: most filters of packs are this.
    Path(Vec<String>),
    Program(Arc<Program>),
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filter({})", self.source)
    }
}

impl Filter {
    /// Compiles a filter.
    pub fn compile(source: &str) -> Result<Self, FilterError> {
        let syntax = |why: String| FilterError::Syntax {
            filter: source.chars().take(200).collect(),
            why,
        };
        if source.chars().count() > compile::LONGEST {
            return Err(syntax(format!(
                "it is longer than {} characters",
                compile::LONGEST
            )));
        }
        let how = match plain_path(source) {
            Some(path) => How::Path(path),
            None => How::Program(Arc::new(compile::program(source).map_err(syntax)?)),
        };
        Ok(Self {
            source: source.to_owned(),
            handed: Handed::of(source),
            how,
        })
    }

    /// The filter as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it plainly hands on what a path of its input leads to, as it is.
    pub(super) fn hands_on(&self, path: &[String]) -> bool {
        self.handed.on(path)
    }

    /// Runs it over a call's arguments; `before` and `result` are `$before` and `$result`.
    pub fn run(
        &self,
        arguments: &Value,
        before: &Value,
        result: &Value,
    ) -> Result<Value, FilterError> {
        match &self.how {
            How::Path(path) => self.follow(path, arguments),
            How::Program(program) => self.execute(program, arguments, [before, result, arguments]),
        }
    }

    /// Runs it over a reading tool's answer; the call's arguments are `$call`.
    pub fn run_over(&self, answer: &Value, call: &Value) -> Result<Value, FilterError> {
        let nothing = &Value::Null;
        match &self.how {
            How::Path(path) => self.follow(path, answer),
            How::Program(program) => self.execute(program, answer, [nothing, nothing, call]),
        }
    }

    fn failed(&self, why: impl Into<String>) -> FilterError {
        FilterError::Failed {
            filter: self.source.clone(),
            why: why.into(),
        }
    }

    fn follow(&self, path: &[String], arguments: &Value) -> Result<Value, FilterError> {
        let mut value = arguments;
        for key in path {
            value = match value {
                Value::Object(fields) => fields.get(key).unwrap_or(&Value::Null),
                Value::Null => value,
                _ => return Err(self.failed(format!("`.{key}` of something that is no object"))),
            };
        }
        Ok(value.clone())
    }

    fn execute(
        &self,
        program: &Program,
        input: &Value,
        [before, result, call]: [&Value; 3],
    ) -> Result<Value, FilterError> {
        if [input, before, result, call]
            .map(count)
            .into_iter()
            .any(|values| values > MOST_VALUES)
        {
            return Err(self.failed(format!(
                "it was given more than {MOST_VALUES} values, too many to work out what they do"
            )));
        }
        // They can be long, and most filters name few of them.
        let null = &Value::Null;
        let named = |name, given| {
            if self.source.contains(name) {
                given
            } else {
                null
            }
        };
        let globals = [
            named("$before", before),
            named("$result", result),
            named("$call", call),
        ];
        budget::run(program.deep, || once(program, input, globals))
            .unwrap_or_else(|stopped| Err(stopped.words()))
            .map_err(|why| self.failed(why))
    }
}

/// Runs a program that has to give one value.
fn once(program: &Program, input: &Value, globals: [&Value; 3]) -> Result<Value, String> {
    let globals = Vars::new(globals.map(convert::given));
    let context = Ctx::<JustLut<value::V>>::new(&program.filter.lut, globals);
    let outputs: Vec<_> = program
        .filter
        .id
        .run((context, convert::given(input)))
        .map(unwrap_valr)
        .take(MOST_OUTPUTS)
        .collect();
    match <[_; 1]>::try_from(outputs) {
        Ok([Ok(value)]) => convert::from_val(value.val(), nesting::DEEPEST),
        Ok([Err(error)]) => Err(error.to_string()),
        Err(outputs) if outputs.is_empty() => Err("it gave no value".to_owned()),
        Err(_) => Err("it gave more than one value".to_owned()),
    }
}

/// How many values there are in a value, itself included.
pub fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(source: &str, arguments: Value) -> Result<Value, FilterError> {
        Filter::compile(source)?.run(&arguments, &json!({"phone": "1"}), &Value::Null)
    }

    #[test]
    fn filters_give_exactly_one_value() {
        for (source, arguments, expected) in [
            (".id", json!({"id": "c-1"}), json!("c-1")),
            (".a.b", json!({"a": {"b": 7}}), json!(7)),
            (".a.b", json!({}), json!(null)),
            (
                "{id: .id, was: $before.phone}",
                json!({"id": 1}),
                json!({"id": 1, "was": "1"}),
            ),
            (
                ".fields | keys",
                json!({"fields": {"b": 1, "a": 2}}),
                json!(["a", "b"]),
            ),
            (
                ".amount * 100 | round",
                json!({"amount": 12.5}),
                json!(1250),
            ),
            ("$result", json!({}), json!(null)),
            (
                "\"the limit \\(.a) \\\" range\" # repeat",
                json!({"a": 1}),
                json!("the limit 1 \" range"),
            ),
            (".x | test(\"a+\")", json!({"x": "caat"}), json!(true)),
            (
                "[.e[] | .name] | join(\",\")",
                json!({"e": [{"name": "a"}, {"name": "b"}]}),
                json!("a,b"),
            ),
        ] {
            assert_eq!(run(source, arguments).unwrap(), expected, "{source}");
        }
    }

    #[test]
    fn numbers_keep_every_digit() {
        for text in [
            "1915883588174806058",
            "18446744073709551616",
            "-1234567890123456789012",
            "1234567890123456.789",
            "19.90",
            "1e+400",
        ] {
            let arguments: Value = serde_json::from_str(&format!("{{\"a\": {text}}}")).unwrap();
            for source in [".a", "{b: .a} | .b", "[.a][0]"] {
                let given = run(source, arguments.clone()).unwrap();
                assert_eq!(given.to_string(), text, "{source}");
            }
        }
        let long = format!("{{\"a\": 1{}}}", "0".repeat(500_000));
        let arguments: Value = serde_json::from_str(&long).unwrap();
        assert_eq!(run("{a: .a}", arguments.clone()).unwrap(), arguments);
    }

    #[test]
    fn what_does_not_give_one_value_is_an_error() {
        for (source, arguments) in [
            ("empty", json!({})),
            (".a, .b", json!({"a": 1, "b": 2})),
            (".a.b", json!({"a": "text"})),
            (".a + 1", json!({"a": {}})),
        ] {
            assert!(
                matches!(run(source, arguments), Err(FilterError::Failed { .. })),
                "{source}"
            );
        }
    }

    #[test]
    fn more_values_than_can_be_worked_through_fail_before_the_filter_runs() {
        let given = |values: usize| json!({ "a": vec!["x"; values - 2] });
        assert_eq!(
            run(".a | length", given(MOST_VALUES)),
            Ok(json!(MOST_VALUES - 2))
        );
        let Err(FilterError::Failed { why, .. }) = run(".a | length", given(MOST_VALUES + 1))
        else {
            panic!("it ran");
        };
        assert!(why.contains("more than 10000 values"), "{why}");
        // A plain path looks at nothing it passes by.
        assert!(run(".a", given(MOST_VALUES + 1)).is_ok());
    }

    #[test]
    fn the_outside_world_is_not_there() {
        for source in [
            "now",
            "env",
            "$ENV",
            "input",
            "halt",
            "debug",
            "repeat(1)",
            "range(9)",
            "def f: f; f",
            "\"\\(range(9))\"",
            "\"a \\(\"b\" | repeat(.)) c\"",
            "\"\\\"\" | repeat(.)",
            "# \"\n repeat(1)",
            "# a \\\" b\n repeat(1)",
            "[.a, .b] | combinations",
            ".quantity * .price",
            ".text * 1000000000",
            ".a *= .b",
            ".a |",
            "nosuch",
        ] {
            assert!(
                matches!(run(source, json!({})), Err(FilterError::Syntax { .. })),
                "{source}"
            );
        }
    }
}
