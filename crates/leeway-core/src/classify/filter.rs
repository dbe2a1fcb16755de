//! jq filters of packs. Pure: no clock, no environment, no input files, no way to end the process.
//!
//! A filter gives exactly one value; none or several is an error, so that a filter that does not
//! fit cannot be mistaken for one that says "nothing".

use super::handed::{Handed, plain_path};
use crate::nesting;
use jaq_core::data::JustLut;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, unwrap_valr};
use jaq_json::{Num, Val};
use serde_json::{Map, Number, Value};

/// Filters a pack may not use: they read the clock, the environment or the machine's time zone, or
/// write to the process's streams, or end it.
const WITHHELD: [&str; 14] = [
    "now",
    "env",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "input",
    "inputs",
    "localtime",
    "strflocaltime",
    "input_filename",
    "input_line_number",
];

/// Filters that can give values without end.
const ENDLESS: [&str; 8] = [
    "repeat",
    "until",
    "while",
    "recurse",
    "range",
    "limit",
    "infinite",
    "combinations",
];

/// Most values looked at from one run.
const MOST_OUTPUTS: usize = 2;
/// Longest filter, characters.
const LONGEST: usize = 4_000;
/// Longest whole number that is computed with, characters; a longer one is handed on as it is written.
const LONGEST_INTEGER: usize = 100;
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
    Program(std::sync::Arc<jaq_core::Filter<JustLut<Val>>>),
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
        if source.chars().count() > LONGEST {
            return Err(syntax(format!("it is longer than {LONGEST} characters")));
        }
        let how = match plain_path(source) {
            Some(path) => How::Path(path),
            None => How::Program(std::sync::Arc::new(program(source).map_err(syntax)?)),
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
        program: &jaq_core::Filter<JustLut<Val>>,
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
        // Its own reader of JSON goes as deep as the text does.
        if self.source.contains("fromjson")
            && [input, before, result, call]
                .into_iter()
                .any(|given| nesting::has_deeper_text(given, nesting::DEEPEST))
        {
            return Err(self.failed(format!(
                "a text it was given holds more than {} levels of JSON",
                nesting::DEEPEST
            )));
        }
        // The arguments can be long, and most filters name them as `.`.
        let call = if self.source.contains("$call") {
            to_val(call)
        } else {
            Val::Null
        };
        let globals = Vars::new([to_val(before), to_val(result), call]);
        let context = Ctx::<JustLut<Val>>::new(&program.lut, globals);
        let outputs: Vec<_> = program
            .id
            .run((context, to_val(input)))
            .map(unwrap_valr)
            .take(MOST_OUTPUTS)
            .collect();
        match <[_; 1]>::try_from(outputs) {
            Ok([Ok(value)]) => from_val(&value, nesting::DEEPEST).map_err(|why| self.failed(why)),
            Ok([Err(error)]) => Err(self.failed(error.to_string())),
            Err(outputs) if outputs.is_empty() => Err(self.failed("it gave no value")),
            Err(_) => Err(self.failed("it gave more than one value")),
        }
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

fn program(source: &str) -> Result<jaq_core::Filter<JustLut<Val>>, String> {
    refuse_endless(source)?;
    let defs = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .filter(|def| !WITHHELD.contains(&def.name));
    let funs = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, _, _)| !WITHHELD.contains(name));
    let arena = Arena::default();
    let modules = Loader::new(defs)
        .load(
            &arena,
            File {
                code: source,
                path: (),
            },
        )
        .map_err(|errors| describe_load(&errors))?;
    Compiler::default()
        .with_funs(funs)
        .with_global_vars(["$before", "$result", "$call"])
        .compile(modules)
        .map_err(|errors| describe_compile(&errors))
}

/// The filter without its comments and without the texts in it. What a text interpolates, `\(…)`, is
/// code and stays.
fn code(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    // Open parentheses of each interpolation that was entered.
    let mut depths: Vec<usize> = Vec::new();
    let (mut in_text, mut open) = (false, 0_usize);
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match (in_text, c) {
            (true, '\\') => {
                if chars.next() == Some('(') {
                    depths.push(open);
                    (in_text, open) = (false, 0);
                    code.push('(');
                }
            }
            (true, '"') | (false, '"') => {
                in_text = !in_text;
                code.push('"');
            }
            (true, _) => {}
            (false, '#') => {
                skip_comment(&mut chars);
                code.push(' ');
            }
            (false, '(') => {
                open += 1;
                code.push(c);
            }
            (false, ')') if open == 0 && !depths.is_empty() => {
                open = depths.pop().unwrap_or_default();
                in_text = true;
                code.push(c);
            }
            (false, c) => {
                open = open.saturating_sub(usize::from(c == ')'));
                code.push(c);
            }
        }
    }
    code
}

/// A comment ends with its line, unless the line ends with an odd number of backslashes.
fn skip_comment(chars: &mut std::str::Chars<'_>) {
    let mut backslashes = 0;
    for c in chars.by_ref() {
        match c {
            '\n' if backslashes % 2 == 0 => return,
            '\\' => backslashes += 1,
            _ => backslashes = 0,
        }
    }
}

/// Refuses what can run or grow without end: the names in [`ENDLESS`], recursion by `def`, and
/// multiplying by anything but a written number, as a text times a number is that text repeated.
fn refuse_endless(source: &str) -> Result<(), String> {
    let code = code(&source.replace("\r\n", "\n"));
    let mut words = code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    if let Some(name) = words.find(|word| *word == "def" || ENDLESS.contains(word)) {
        return Err(format!(
            "`{name}` is not available in packs: it may never end"
        ));
    }
    for (at, _) in code.match_indices('*') {
        let factor: String = code[at + 1..]
            .trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        if !(1..=3).contains(&factor.len()) {
            return Err("`*` needs a number of up to three digits after it, as in `.euros * 100`: a text times a number repeats the text".to_owned());
        }
    }
    Ok(())
}

fn describe_load<P>(errors: &jaq_core::load::Errors<&str, P>) -> String {
    let found = errors.iter().find_map(|(_, error)| match error {
        jaq_core::load::Error::Lex(lexed) => lexed
            .first()
            .map(|(expected, at)| format!("expected {} near `{}`", expected.as_str(), near(at))),
        jaq_core::load::Error::Parse(parsed) => parsed
            .first()
            .map(|(expected, at)| format!("expected {} near `{}`", expected.as_str(), near(at))),
        jaq_core::load::Error::Io(_) => Some("packs cannot include other files".to_owned()),
    });
    found.unwrap_or_else(|| "it is no jq filter".to_owned())
}

fn describe_compile<P>(errors: &jaq_core::compile::Errors<&str, P>) -> String {
    let found = errors
        .iter()
        .filter_map(|(_, undefined)| undefined.first())
        .map(|(name, kind)| format!("there is no {} `{}` here", kind.as_str(), near(name)))
        .next();
    found.unwrap_or_else(|| "it uses something that does not exist".to_owned())
}

fn near(text: &str) -> String {
    let mut near: String = text.chars().take(30).collect();
    if near.is_empty() {
        near.push_str("the end");
    }
    near
}

fn to_val(value: &Value) -> Val {
    match value {
        Value::Null => Val::Null,
        Value::Bool(yes) => Val::from(*yes),
        Value::Number(number) => Val::Num(number_val(number)),
        Value::String(text) => Val::from(text.clone()),
        Value::Array(items) => items.iter().map(to_val).collect(),
        Value::Object(fields) => Val::obj(
            fields
                .iter()
                .map(|(key, value)| (Val::from(key.clone()), to_val(value)))
                .collect(),
        ),
    }
}

/// With all its digits: what a filter only hands on comes out as it went in.
fn number_val(number: &Number) -> Num {
    let text = number.as_str();
    let whole = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    match number.as_i64() {
        Some(integer) => Num::from_integral(integer),
        None if whole && text.len() <= LONGEST_INTEGER => {
            Num::from_str_radix(text, 10).unwrap_or_else(|| Num::from_dec_str(text))
        }
        None => Num::Dec(text.to_owned().into()),
    }
}

fn from_val(value: &Val, levels: usize) -> Result<Value, String> {
    if levels == 0 && matches!(value, Val::Arr(_) | Val::Obj(_)) {
        return Err(format!("it gave more than {} levels", nesting::DEEPEST));
    }
    let inner = |value: &Val| from_val(value, levels.saturating_sub(1));
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(yes) => Value::Bool(*yes),
        Val::Num(number) => match number.as_isize() {
            Some(integer) => Value::Number(Number::from(integer as i64)),
            None => number
                .to_string()
                .parse()
                .map(Value::Number)
                .map_err(|_| format!("`{number}` is no JSON number"))?,
        },
        Val::TStr(text) => Value::String(utf8(text)?),
        Val::BStr(_) => return Err("a byte string is no JSON value".to_owned()),
        Val::Arr(items) => Value::Array(items.iter().map(inner).collect::<Result<_, _>>()?),
        Val::Obj(fields) => {
            let mut object = Map::new();
            for (key, value) in fields.iter() {
                let Val::TStr(key) = key else {
                    return Err("an object's key is not a text".to_owned());
                };
                object.insert(utf8(key)?, inner(value)?);
            }
            Value::Object(object)
        }
    })
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "a text is not UTF-8".to_owned())
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
