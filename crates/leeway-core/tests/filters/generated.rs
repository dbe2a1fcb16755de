//! Filters and values made at random: what jaq gives comes out, or the run ends.

use super::plain;
use leeway_core::classify::filter::{Filter, FilterError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// Words with which a run says that it was ended.
const ENDED: [&str; 8] = [
    "it takes more than",
    "it makes too much",
    "it makes more than",
    "it gave more than 64 levels",
    "a text holds more than",
    "a regular expression is too large",
    "it is nested too deep",
    "it came to a place",
];

/// How long jaq may take before there is nothing to compare with.
const LONGEST: Duration = Duration::from_secs(10);

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|yes| json!(yes)),
        (-3_i64..5).prop_map(|number| json!(number)),
        Just(json!(1.5)),
        Just(json!(-0.25)),
        Just(serde_json::from_str("12345678901234567890123").unwrap()),
        Just(serde_json::from_str("1e400").unwrap()),
        "[ab<\"\\\\é, 1-]{0,6}".prop_map(|text| json!(text)),
        Just(json!("[1, {\"a\": 2}]")),
        Just(json!("2024-05-06T07:08:09Z")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[abc]", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Filters that are paths.
fn path() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        Just("."),
        Just(".a"),
        Just(".b"),
        Just(".[]"),
        Just(".[]?"),
        Just(".a?"),
        Just(".[0]"),
        Just(".[-1]"),
        Just(".[1:]"),
        Just(".[:-1]"),
        Just(".[1:2]"),
        Just(".."),
        Just("empty"),
        Just("getpath([\"a\", 0])"),
        Just(".[\"a\", \"b\"]"),
        Just("first"),
        Just("last"),
        Just("scalars"),
        Just("arrays"),
        Just(".[{\"start\": 1, \"end\": null}]"),
        Just("error"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 12, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            two.clone().prop_map(|(a, b)| format!("({a} | {b})")),
            two.clone().prop_map(|(a, b)| format!("({a}, {b})")),
            two.clone().prop_map(|(a, b)| format!("({a} // {b})")),
            two.clone()
                .prop_map(|(a, b)| format!("(if {a} then {b} else .a end)")),
            two.clone()
                .prop_map(|(a, b)| format!("(reduce {a} as $x (.; {b}))")),
            two.clone()
                .prop_map(|(a, b)| format!("(foreach ({a}, 1) as $x (.; {b}; .))")),
            two.clone().prop_map(|(a, b)| format!("({a} as $x | {b})")),
            two.prop_map(|(a, b)| format!("first({a}, {b})")),
            inner.clone().prop_map(|a| format!("select({a})")),
            inner.clone().prop_map(|a| format!("(try {a})")),
            inner.clone().prop_map(|a| format!("(label $f | {a})")),
            inner.clone().prop_map(|a| format!("{a}?")),
            inner.clone().prop_map(|a| format!("last({a})")),
            inner.prop_map(|a| format!("nth(1; {a})")),
        ]
    })
    .boxed()
}

const OPERATORS: [&str; 16] = [
    "+", "-", "/", "%", "==", "!=", "<", ">=", "and", "or", "//", ",", "|", "+", "|", "<=",
];
const UPDATES: [&str; 7] = ["|=", "=", "+=", "-=", "//=", "/=", "%="];
const PLAIN: [&str; 74] = [
    "length",
    "keys",
    "keys_unsorted",
    "values",
    "nulls",
    "booleans",
    "numbers",
    "strings",
    "objects",
    "iterables",
    "not",
    "add",
    "any",
    "all",
    "flatten",
    "floor",
    "ceil",
    "round",
    "sqrt",
    "fabs",
    "abs",
    "tostring",
    "tonumber",
    "tojson",
    "fromjson",
    "tobytes",
    "explode",
    "implode",
    "reverse",
    "sort",
    "unique",
    "min",
    "max",
    "to_entries",
    "from_entries",
    "paths",
    "type",
    "ascii_downcase",
    "trim",
    "ltrim",
    "ascii_upcase",
    "utf8bytelength",
    "transpose",
    "@json",
    "@html",
    "@uri",
    "@sh",
    "@base64",
    "@base64d",
    "@text",
    "todate",
    "fromdate",
    "isnan",
    "isvalid",
    "toboolean",
    "gmtime",
    "mktime",
    "first",
    "last",
    "env",
    "error",
    "nan",
    "-.",
    "[.]",
    "{a: .}",
    "true",
    "false",
    "1",
    "0",
    "\"a\"",
    "[]",
    "{}",
    "null",
    "1.5",
];
const ONE: [&str; 40] = [
    "map(F)",
    "map_values(F)",
    "select(F)",
    "any(F)",
    "all(F)",
    "sort_by(F)",
    "group_by(F)",
    "unique_by(F)",
    "min_by(F)",
    "max_by(F)",
    "with_entries(.value |= F)",
    "walk(F)",
    "[F]",
    "first(F)",
    "last(F)",
    "isempty(F)",
    "has(F)",
    "contains(F)",
    "inside(F)",
    "indices(F)",
    "index(F)",
    "split(F)",
    "join(F)",
    "startswith(F)",
    "ltrimstr(F)",
    "rtrimstr(F)",
    "test(F)",
    "[match(F; \"g\")]",
    "[scan(F)]",
    "sub(F; \"x\")",
    "gsub(F; \"<\\(.)>\")",
    "capture(F)",
    "[splits(F)]",
    "bsearch(F)",
    "flatten(F)",
    "(try F catch .)",
    "(-F)",
    "\"x\\(F)y\"",
    "@json \"x\\(F)y\"",
    "strftime(F)",
];
const REGEXES: [&str; 9] = [
    "test(\"a+\")",
    "[match(\"(a)|(?<n>b)\"; \"g\")]",
    "[scan(\"[ab]\")]",
    "gsub(\"(?<x>[a-b])\"; \"<\\(.x)>\")",
    "sub(\"^\"; \"1\", \"2\")",
    "[splits(\", *\")]",
    "capture(\"(?<x>.)(?<y>.)?\")",
    "split(\"a*\"; \"gn\")",
    "gsub(\"\"; \"-\")",
];

fn filter() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => path(),
        4 => prop::sample::select(&PLAIN[..]).prop_map(str::to_owned),
        1 => prop::sample::select(&REGEXES[..]).prop_map(str::to_owned),
        1 => path().prop_map(|path| format!("[path({path})]")),
        1 => path().prop_map(|path| format!("del({path})")),
        1 => path().prop_map(|path| format!("pick({path})")),
        1 => path().prop_map(|path| format!("[paths({path})]")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            3 => (inner.clone(), prop::sample::select(&OPERATORS[..]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            2 => (path(), prop::sample::select(&UPDATES[..]), inner.clone())
                .prop_map(|(path, op, b)| format!("({path} {op} {b})")),
            3 => (prop::sample::select(&ONE[..]), inner.clone())
                .prop_map(|(shape, a)| shape.replacen('F', &format!("({a})"), 1)),
            1 => two.clone().prop_map(|(a, b)| format!("{{a: {a}, (\"b\", \"c\"): {b}}}")),
            1 => two.clone().prop_map(|(a, b)| format!("{{({a}): {b}}}")),
            1 => three.clone().prop_map(|(a, b, c)| format!("(if {a} then {b} else {c} end)")),
            1 => three.clone().prop_map(|(a, b, c)| format!("(reduce {a} as $x ({b}; {c}))")),
            1 => three.prop_map(|(a, b, c)| format!("[foreach {a} as [$x, $y] ({b}; {c}; [., $x])]")),
            1 => two.clone().prop_map(|(a, b)| format!("({a} as {{a: $x, $b}} | {b} | [., $x, $b])")),
            1 => two.clone().prop_map(|(a, b)| format!("(. as $x | {a} | [$x, {b}])")),
            1 => two.clone().prop_map(|(a, b)| format!("setpath([{a}]; {b})")),
            1 => two.clone().prop_map(|(a, b)| format!(".[{a}:{b}]")),
            1 => two.prop_map(|(a, b)| format!("(label $f | {a} | if . then break $f else {b} end)")),
            1 => inner.clone().prop_map(|a| format!("first({a})")),
            1 => inner.clone().prop_map(|a| format!("[{a}] | length")),
            1 => inner.clone().prop_map(|a| format!("[.[]? | {a}]")),
            1 => inner.prop_map(|a| format!("({a} * 3)")),
        ]
    })
}

/// Runs it here, and with jaq as it is where it was not ended; says how they differ.
fn differs(source: &str, input: &Value) -> Option<String> {
    let null = Value::Null;
    let ours = Filter::compile(source).and_then(|filter| filter.run(input, &null, &null));
    let ours = match ours {
        Ok(value) => Ok(value),
        Err(FilterError::Syntax { .. }) => return None,
        Err(FilterError::Failed { why, .. }) => {
            if ENDED.iter().any(|words| why.starts_with(words)) {
                return None;
            }
            Err(why)
        }
    };
    let (text, given) = (source.to_owned(), input.clone());
    // jaq as it is can break down or never end, and needs more stack.
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(move || tell.send(plain::run(&text, &given)))
        .unwrap();
    let Ok(Some(theirs)) = told.recv_timeout(LONGEST) else {
        return None;
    };
    let same = match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) => {
            serde_json::from_str::<Value>(theirs).is_ok_and(|theirs| theirs == *ours)
        }
        // No JSON: `NaN`, bytes, keys that are no texts, texts that are not Unicode.
        (Err(why), Ok(theirs)) => {
            why.contains("no JSON")
                || why.contains("not UTF-8")
                || why.contains("not a text")
                || theirs.len() > 100_000
        }
        // A plain path is followed without jaq, and has words of its own; `has` of an error gives jaq two values.
        (Err(ours), Err(theirs)) => {
            ours == theirs
                || theirs == "it gave more than one value"
                || (ours.ends_with("of something that is no object")
                    && theirs.starts_with("cannot index"))
        }
        (Ok(_), Err(_)) => false,
    };
    (!same).then(|| format!("{ours:?}\njaq: {theirs:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_jaq_gives_comes_out(source in filter(), input in value()) {
        if let Some(how) = differs(&source, &input) {
            prop_assert!(false, "{source}\nover {input}\n{how}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn texts_of_pieces_are_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(&[
            "(", ")", "[", "]", "{", "}", ".", "..", "|", ",", ";", ":", "\"", "\\(", "$x", "as", "if", "then",
            "else", "end", "try", "catch", "reduce", "foreach", "label", "break", "-", "+", "*", "//", "|=", "?",
            ".a", "1", "map", "select", "@json", "#", "\n", "\\", "and", "not", "module", "import", "é", "1e9",
        ][..]), 0..60),
        input in value(),
    ) {
        let source = pieces.join(" ");
        let null = Value::Null;
        if let Ok(filter) = Filter::compile(&source) {
            _ = filter.run(&input, &null, &null);
        }
    }
}
