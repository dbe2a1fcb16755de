//! From a filter's text to a program: what filters may not name, how long and how deep they may be.

use super::budget::on_large_stack;
use super::functions::{self, UNBOUND_STRFTIME};
use super::value::V;
use jaq_core::Compiler;
use jaq_core::data::JustLut;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::load::{Arena, File, Loader, parse};
use jaq_core::path::Part;

/// Filters a pack may not use: they read the clock, the environment or the machine's time zone, or
/// write to the process's streams, or end it, or count up to a number that they are given.
const WITHHELD: [&str; 16] = [
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
    "jn",
    "yn",
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

/// Longest filter, characters.
pub const LONGEST: usize = 4_000;
/// Deepest filter: levels of one part within another, each operator and each member of an object being one.
const DEEPEST: usize = 250;
/// Levels from which on a filter is run on a stack of its own from the start.
const DEEP: usize = 60;
/// Stack for reading the deepest text of that length, bytes. Only what is touched is memory.
const STACK: usize = 256 << 20;

/// A program, ready to run.
pub struct Program {
    /// What jaq made of it.
    pub filter: jaq_core::Filter<JustLut<V>>,
    /// Whether it is too deep for the stack of any thread.
    pub deep: bool,
}

/// Reads a filter; on a thread of its own, as jaq's reader goes as deep as the text does.
pub fn program(source: &str) -> Result<Program, String> {
    refuse_endless(source)?;
    on_large_stack(STACK, || read(source))
        .unwrap_or_else(|| Err("it could not be read now".to_owned()))
}

fn read(source: &str) -> Result<Program, String> {
    let defs = functions::defs()
        .chain(jaq_core::defs())
        .chain(jaq_std::defs())
        .chain(jaq_json::defs())
        .filter(|def| !WITHHELD.contains(&def.name));
    let funs = functions::funs()
        .chain(jaq_core::funs())
        .chain(jaq_std::funs())
        .filter(|(name, _, _)| !WITHHELD.contains(name))
        .map(|(name, arguments, native)| match name {
            "strftime" => (UNBOUND_STRFTIME, arguments, native),
            name => (name, arguments, native),
        });
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
    let term = parse(source, |parser| parser.term());
    let levels = term.as_ref().map(levels).ok_or("it is no single filter")?;
    if levels > DEEPEST {
        return Err(format!("it is nested deeper than {DEEPEST} levels"));
    }
    let filter = Compiler::default()
        .with_funs(funs)
        .with_global_vars(["$before", "$result", "$call"])
        .compile(modules)
        .map_err(|errors| describe_compile(&errors))?;
    Ok(Program {
        filter,
        deep: levels > DEEP,
    })
}

/// Levels of one part within another, as they are run.
fn levels(term: &Term<&str>) -> usize {
    let most = |terms: &mut dyn Iterator<Item = &Term<&str>>| terms.map(levels).max().unwrap_or(0);
    1 + match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => 0,
        Term::Str(_, parts) => {
            let inside = parts.iter().filter_map(|part| match part {
                StrPart::Term(term) => Some(levels(term)),
                _ => None,
            });
            parts.len().saturating_sub(1) + inside.max().unwrap_or(0)
        }
        Term::Arr(inside) => inside.as_deref().map_or(0, levels),
        Term::Obj(members) => {
            let inside = members
                .iter()
                .map(|(key, value)| levels(key).max(value.as_ref().map_or(0, levels)));
            members.len() + inside.max().unwrap_or(0)
        }
        Term::Neg(inside) | Term::Label(_, inside) => levels(inside),
        Term::BinOp(left, operator, right) => {
            let pattern = match operator {
                BinaryOp::Pipe(Some(pattern)) => pattern_levels(pattern),
                _ => 0,
            };
            levels(left).max(levels(right)).max(pattern)
        }
        Term::Fold(_, source, pattern, steps) => levels(source)
            .max(pattern_levels(pattern))
            .max(most(&mut steps.iter())),
        Term::TryCatch(tried, caught) => levels(tried).max(caught.as_deref().map_or(0, levels)),
        Term::IfThenElse(cases, otherwise) => {
            let inside = cases
                .iter()
                .map(|(asked, then)| levels(asked).max(levels(then)));
            let inside = inside.max().unwrap_or(0);
            cases.len() + inside.max(otherwise.as_deref().map_or(0, levels))
        }
        Term::Def(defs, inside) => {
            let bodies = defs.iter().map(|def| levels(&def.body)).max().unwrap_or(0);
            defs.len() + bodies.max(levels(inside))
        }
        Term::Call(_, arguments) => arguments.len() + most(&mut arguments.iter()),
        Term::Path(start, path) => {
            let inside = path.0.iter().map(|(part, _)| match part {
                Part::Index(index) => levels(index),
                Part::Range(from, upto) => {
                    let of = |bound: &Option<_>| bound.as_ref().map_or(0, levels);
                    of(from).max(of(upto))
                }
            });
            let inside = inside.max().unwrap_or(0);
            path.0.len() + inside.max(levels(start))
        }
    }
}

fn pattern_levels(pattern: &Pattern<&str>) -> usize {
    1 + match pattern {
        Pattern::Var(_) => 0,
        Pattern::Arr(parts) => parts.len() + parts.iter().map(pattern_levels).max().unwrap_or(0),
        Pattern::Obj(parts) => {
            let inside = parts
                .iter()
                .map(|(key, part)| levels(key).max(pattern_levels(part)));
            parts.len() + inside.max().unwrap_or(0)
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &toml::Value, into: &mut Vec<String>) {
        match value {
            toml::Value::String(text) => into.push(text.clone()),
            toml::Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
            toml::Value::Table(fields) => fields.values().for_each(|field| texts(field, into)),
            _ => {}
        }
    }

    #[test]
    fn filters_that_are_shipped_are_far_from_the_bounds() {
        let mut all = Vec::new();
        for pack in [
            include_str!("../../../../../packs/fetch.toml"),
            include_str!("../../../../../packs/freshdesk.toml"),
            include_str!("../../../../../packs/github.toml"),
            include_str!("../../../../../packs/google-workspace.toml"),
            include_str!("../../../../../packs/notion.toml"),
            include_str!("../../../../../packs/sandbox.toml"),
            include_str!("../../../../../packs/slack-web.toml"),
            include_str!("../../../../../packs/stripe-rest.toml"),
        ] {
            texts(&toml::from_str(pack).unwrap(), &mut all);
        }
        let deep = |text: &String| parse(text, |parser| parser.term()).map(|term| levels(&term));
        let deepest = all.iter().filter_map(deep).max().unwrap();
        assert!((10..=DEEP).contains(&deepest), "{deepest}");
        assert!(all.iter().all(|text| text.len() <= LONGEST / 2));
    }

    #[test]
    fn levels_are_those_that_are_run() {
        for (source, expected) in [
            (".", 1),
            (".a.b", 4),
            ("1 | 2 | 3", 3),
            ("[1, 2, 3]", 4),
            ("{a: 1, b: 2}", 4),
            ("\"a\\(1)\\(2)\"", 4),
            ("if . then 1 elif . then 2 else 3 end", 4),
            ("map(map(.))", 5),
            ("-(-(1))", 3),
        ] {
            let term = parse(source, |parser| parser.term()).unwrap();
            assert_eq!(levels(&term), expected, "{source}");
        }
    }
}
