//! What should be guessed of plausible tools, in `guessed/*.txt`: one row per tool, written for this
//! test. A row stands alone; rows under `server:` up to the next empty line are one server's tools.
//!
//! ```text
//! name(argument, …) "description" !hint -> effect level; more
//! ```
//!
//! An argument is a text; `flag?` is a switch, `*id` is required, `kind=a|b` one of several, `list[]`
//! and `list[]=a|b` lists, `part{}` an object left open, `part{a, b?}` one with fields, `at:number` of
//! another type, `at:string|null` and `at:string/null` optional in two ways; a description follows in
//! quotes. Hints are `!destructive`, `!writes` and `!reads`. A row without `->` is only listed. More is
//! `by` (the argument that names the record), `of` (its kind), `read`, `undo` (`restores tool`,
//! `offsets tool`), `areas` and `why` (words the reason has); `-` is none.

use leeway_core::classify::guess::{Guess, Server, guess};
use leeway_core::classify::{Area, Effect};
use serde_json::{Map, Value, json};

/// A text read from its start.
struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.0.trim_start().strip_prefix(sign);
        rest.inspect(|rest| self.0 = rest).is_some()
    }

    fn word(&mut self) -> &'a str {
        let text = self.0.trim_start();
        let end = text
            .find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c)) || text.starts_with("->"))
            .unwrap_or(text.len());
        self.0 = &text[end..];
        &text[..end]
    }

    fn quoted(&mut self) -> Option<String> {
        self.take("\"").then(|| {
            let (said, rest) = self.0.split_once('"').expect("a quote ends");
            self.0 = rest;
            said.replace("\\n", "\n")
        })
    }

    fn values(&mut self) -> Vec<&'a str> {
        let mut values = vec![self.word()];
        while self.take("|") {
            values.push(self.word());
        }
        values
    }

    /// The arguments up to the closing sign.
    fn schema(&mut self, end: &str) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        while !self.take(end) {
            let needed = self.take("*");
            let name = self.word().to_owned();
            assert!(!name.is_empty(), "an argument at `{}`", self.0);
            let mut property = self.kind();
            if let Some(said) = self.quoted() {
                property["description"] = json!(said);
            }
            required.extend(needed.then(|| name.clone()));
            properties.insert(name, property);
            self.take(",");
        }
        json!({ "type": "object", "properties": properties, "required": required })
    }

    fn kind(&mut self) -> Value {
        if self.take("?") {
            return json!({ "type": "boolean" });
        }
        if self.take("=") {
            return json!({ "type": "string", "enum": self.values() });
        }
        if self.take("{}") {
            return json!({ "type": "object" });
        }
        if self.take("{") {
            return self.schema("}");
        }
        if self.take("[]=") {
            return json!({ "type": "array", "items": { "type": "string", "enum": self.values() } });
        }
        if self.take("[]") {
            return json!({ "type": "array", "items": { "type": "string" } });
        }
        if self.take("[") {
            return json!({ "type": "array", "items": self.schema("]") });
        }
        if !self.take(":") {
            return json!({ "type": "string" });
        }
        let kind = self.word();
        if self.take("|null") {
            json!({ "type": ["null", kind] })
        } else if self.take("/null") {
            json!({ "anyOf": [{ "type": "null" }, { "type": kind }] })
        } else {
            json!({ "type": kind })
        }
    }
}

/// A tool, and what should be guessed of it.
fn row(line: &str) -> (Value, &str) {
    let mut reader = Reader(line);
    let name = reader.word();
    assert!(reader.take("("), "`{line}` has arguments");
    let mut tool = json!({ "name": name, "inputSchema": reader.schema(")") });
    if let Some(said) = reader.quoted() {
        tool["description"] = json!(said);
    }
    while reader.take("!") {
        let (hint, value) = match reader.word() {
            "destructive" => ("destructiveHint", true),
            "writes" => ("readOnlyHint", false),
            "reads" => ("readOnlyHint", true),
            other => panic!("no hint is `{other}`"),
        };
        tool["annotations"][hint] = json!(value);
    }
    let expected = if reader.take("->") { reader.0 } else { "" };
    assert!(
        !expected.is_empty() || reader.0.trim().is_empty(),
        "`{line}` is read to its end, not to `{}`",
        reader.0
    );
    (tool, expected.trim())
}

/// What of it is not so.
fn wrong(expected: &str, guess: &Guess) -> Vec<String> {
    let mut parts = expected.split(';').map(str::trim);
    let (effect, level) = parts
        .next()
        .and_then(|said| said.split_once(' '))
        .expect("an effect and a level");
    let effect: Effect = serde_json::from_value(json!(effect)).expect("an effect");
    let mut wrong = Vec::new();
    let mut same = |what: &str, is: String, should: String| {
        if is != should {
            wrong.push(format!("{what} `{should}`, guessed `{is}`"));
        }
    };
    same(
        "should be",
        format!("{:?} {}", guess.effect, u8::from(guess.level)),
        format!("{effect:?} {level}"),
    );
    let none = || "-".to_owned();
    for part in parts {
        let (what, value) = part.split_once(' ').expect("a value");
        let is = match what {
            "by" => guess.id_argument.clone().unwrap_or_else(none),
            "of" => guess.record_type.clone().unwrap_or_else(none),
            "read" => guess.read.clone().unwrap_or_else(none),
            "undo" => guess.undo.as_ref().map_or_else(none, |undo| {
                let how = if undo.restores { "restores" } else { "offsets" };
                format!("{how} {}", undo.tool)
            }),
            "areas" => {
                let areas: Vec<Value> = guess.areas.iter().map(|area: &Area| json!(area)).collect();
                let areas: Vec<&str> = areas.iter().filter_map(Value::as_str).collect();
                if areas.is_empty() {
                    none()
                } else {
                    areas.join(" ")
                }
            }
            "why" if guess.why.contains(value) => value.to_owned(),
            "why" => guess.why.clone(),
            other => panic!("no part of a guess is `{other}`"),
        };
        same(what, is, value.to_owned());
    }
    wrong
}

/// Compares every row of a table with what is guessed.
fn holds(table: &str) {
    let mut servers: Vec<Vec<(&str, Value, &str)>> = Vec::new();
    let mut inside = false;
    for line in table.lines().map(str::trim) {
        if line.is_empty() || line.starts_with("server:") {
            inside = !line.is_empty();
            servers.extend(inside.then(Vec::new));
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (tool, expected) = row(line);
        if !inside {
            servers.push(Vec::new());
        }
        let server = servers.last_mut().expect("a server was begun");
        server.push((line, tool, expected));
    }
    let mut wrongs = String::new();
    for rows in servers {
        let server = Server::of(rows.iter().map(|(_, tool, _)| tool));
        for (line, tool, expected) in rows.iter().filter(|(_, _, expected)| !expected.is_empty()) {
            let guess = guess(tool, &server);
            for wrong in wrong(expected, &guess) {
                wrongs.push_str(&format!("{line}\n    {wrong}: {}\n", guess.why));
            }
        }
    }
    assert!(wrongs.is_empty(), "\n{wrongs}");
}

macro_rules! tables {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            holds(include_str!(concat!("guessed/", stringify!($name), ".txt")));
        }
    )*};
}

tables! { adding arguments changing descriptions looking making names saying servers undoing unknown }
