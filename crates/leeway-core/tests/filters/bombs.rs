//! Filters made to use up stack, memory or time.

use leeway_core::classify::filter::{Filter, FilterError};
use serde_json::{Value, json};

/// Most memory that running one filter may add, megabytes; the allocator's own included.
const MOST_MB: u64 = 260;

/// The stack that threads have by default.
const STACK: usize = 2 << 20;

/// A figure of this process, megabytes: `VmRSS` is what it has, `VmHWM` the most it had.
fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes >> 10)
}

/// Runs on a thread with the usual stack, and gives the memory that it took beside the result, megabytes.
fn run(source: String, input: Value) -> (Result<Value, FilterError>, u64) {
    let before = memory("VmRSS").unwrap_or(0);
    _ = std::fs::write("/proc/self/clear_refs", "5");
    let thread = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            let null = Value::Null;
            Filter::compile(&source).and_then(|filter| filter.run(&input, &null, &null))
        });
    let ran = thread.unwrap().join().unwrap();
    let most = memory("VmHWM").unwrap_or(0);
    (ran, most.saturating_sub(before))
}

fn rows(count: usize) -> Value {
    let row = |n: usize| json!({"id": n, "name": format!("row {n}")});
    json!({"a": (0..count).map(row).collect::<Vec<_>>(), "b": vec!["x"; count], "s": "ab<\"'&"})
}

fn piped(part: &str, times: usize) -> String {
    vec![part; times].join(" | ")
}

fn nested(open: &str, inside: &str, close: &str, times: usize) -> String {
    format!("{}{inside}{}", open.repeat(times), close.repeat(times))
}

/// Texts that go deep while they are read.
fn deep_texts() -> Vec<String> {
    let mut texts = Vec::new();
    for (open, inside, close) in [
        ("(", ".", ")"),
        ("[", ".", "]"),
        ("{a:", ".", "}"),
        ("-", "1", ""),
        ("try ", ".", ""),
        ("if . then ", ".", " end"),
        ("if ", ".", " then 1 end"),
        ("map(", ".", ")"),
        (".[", "0", "]"),
        ("\"\\(", ".", ")\""),
        (". as $x | ", ".", ""),
        (". as [", "$x", "]"),
        (". as {a: ", "$x", "}"),
        ("label $x | ", ".", ""),
        ("reduce . as $x (", ".", "; .)"),
        (". | ", ".", ""),
        (".a // ", ".", ""),
        ("., ", ".", ""),
        (". + ", ".", ""),
        (". |= ", ".", ""),
        ("..|", ".", ""),
        (".a?", ".a", ""),
        ("not|", ".", ""),
        ("{(", "\"a\"", "):1}"),
        ("@json \"\\(", ".", ")\""),
        (". and ", ".", ""),
        ("walk(", ".", ")"),
        ("path(", ".", ")"),
        ("first(", ".", ")"),
        ("[.[]|", ".", "]"),
        ("(", "", ""),
        ("[", "", ""),
        ("\"\\(", "", ""),
        ("if ", "", ""),
    ] {
        let levels = (4_000 - inside.len()) / (open.len() + close.len());
        for levels in [levels, 300, 240, 120, 61, 57, 28] {
            if levels * (open.len() + close.len()) + inside.len() <= 4_000 {
                texts.push(nested(open, inside, close, levels));
            }
        }
    }
    texts
}

/// 9,000 values, of lists of 1,500.
const LONG: &str = "(.a[], .b[], .a[], .b[], .a[], .b[])";

fn many(part: &str, times: usize) -> String {
    vec![part; times].join(", ")
}

/// Lists and texts that double.
fn lists() -> Vec<String> {
    vec![
        format!(".s | {} | length", piped(". + .", 60)),
        format!("(reduce {LONG} as $x (\"xxxxxxxx\"; . + .)) | length"),
        format!(".b | {} | length", piped(". + .", 40)),
        format!("{} | length", piped("[., .]", 60)),
        piped("[., .]", 60),
        format!("{} == 1", piped("[., .]", 60)),
        format!("({0}) as $x | ({0}) as $y | $x == $y", piped("[., .]", 60)),
        format!("({0}) as $x | ({0}) as $y | $x < $y", piped("[., .]", 60)),
        format!("{} | tojson | length", piped("[., .]", 60)),
        format!("{} | tostring", piped("{a: ., b: .}", 60)),
        format!("{} | sort", piped("[., .]", 60)),
        format!("[.. | {}] | length", piped("[., .]", 60)),
        format!("{} | flatten | length", piped("[., .]", 60)),
        format!("{} | [paths] | length", piped("[., .]", 60)),
        format!("{} | [..] | length", piped("[., .]", 60)),
        format!("{} | walk(.) | length", piped("[., .]", 60)),
        format!("{} | error", piped("[., .]", 60)),
        format!("{} | .a | .b", piped("[., .]", 60)),
        format!("{} | contains([[1]])", piped("[., .]", 60)),
        format!("{} | inside([[1]])", piped("[., .]", 60)),
        format!("{} | tobytes | length", piped("[., .]", 60)),
        format!(
            "{} as $x | {{($x): 1}} | length",
            nested("(", &piped("[., .]", 60), ")", 1)
        ),
        format!(
            "{} as $x | {{}} | .[$x]",
            nested("(", &piped("[., .]", 60), ")", 1)
        ),
        format!("({}) as $x | . - $x | length", piped("[., .]", 60)),
        format!("{} | unique", piped("[., .]", 60)),
        format!("{} | group_by(.)", piped("[., .]", 60)),
        format!("{} | min", piped("[., .]", 60)),
        format!("{} | bsearch(.)", piped("[., .]", 60)),
        format!("{} | indices(.)", piped("[., .]", 60)),
        format!("{} | transpose", piped("[., .]", 60)),
        format!("{} | implode", piped("[., .]", 60)),
        format!("{} | to_entries", piped("{a: ., b: .}", 60)),
        format!("{} | . as [[[$x]]] | $x", piped("[., .]", 60)),
        format!("{} | pick(.a, .b)", piped("{a: ., b: .}", 60)),
    ]
}

/// Texts that grow, and what looks through them.
fn texts() -> Vec<String> {
    vec![
        format!(".s | {} | length", piped("tojson", 60)),
        format!(".s | {} | length", piped("@html", 60)),
        format!(".s | {} | length", piped("@uri", 60)),
        format!(".s | {} | length", piped("@sh", 60)),
        format!(".s | {} | length", piped("@base64", 80)),
        format!(".s | {} | length", piped(". * 999", 9)),
        format!(".s | {} | length", piped("\"\\(.)\\(.)\"", 60)),
        format!(".s | {} | length", piped(". as $x | gsub(\"\"; $x)", 9)),
        format!(".s | {} | length", piped("gsub(\"\"; \"xx\")", 60)),
        format!(".s | {} | length", piped("[., .] | join(.[0])", 60)),
        format!(".s | {} | length", piped(". as $x | .[1:1] |= $x", 60)),
        format!(".s | {} | explode | length", piped(". + .", 20)),
        format!(".s | {} | split(\"\") | length", piped(". + .", 20)),
        format!(
            ".s | {} | [match(\"(((((.)))))\"; \"g\")] | length",
            piped(". + .", 20)
        ),
        format!(
            ".s | {} | [scan(\".*[^A-Z]|[A-Z]\")] | length",
            piped(". + .", 18)
        ),
        format!(
            ".s | {} | test(\"(((a{{100}}){{100}}){{100}}){{100}}\")",
            piped(". + .", 10)
        ),
        format!(
            ".s | {} | test(\"(?:a{{1,9}}){{1,900}}x\")",
            piped(". + .", 18)
        ),
        format!("(.s | {}) as $x | .s | test($x)", piped(". + .", 8)),
        "\"(\" * 999 | test(.)".to_owned(),
        "\"(\" * 999 | . * 99 | . as $x | \"a\" | test($x)".to_owned(),
        "\"a|\" * 999 | . * 9 | . as $x | [match($x; \"g\")]".to_owned(),
        "(\"(a)\" * 999) as $x | \"aaa\" | [match($x; \"g\")]".to_owned(),
    ]
}

/// Numbers that grow, and functions that count up to them.
fn numbers() -> Vec<String> {
    vec![
        format!("reduce {LONG} as $x (999; . * 999) | tostring | length"),
        format!("999 | {} | tostring | length", piped(". + .", 120)),
        "\"9\" * 999 | . * 999 | tonumber | length".to_owned(),
        "jn(2000000000; 1.5)".to_owned(),
        "\"%255Y\" * 999 | . as $x | 0 | strftime($x) | length".to_owned(),
    ]
}

/// Values without end.
fn endless() -> Vec<String> {
    vec![
        format!("last({})", piped("(., .)", 60)),
        format!("[{}] | length", piped("(., .)", 60)),
        format!("first({} | select(false))", piped("(., .)", 60)),
        format!("isempty({} | select(false))", piped("(., .)", 60)),
        format!("any({}; false)", piped("(., .)", 60)),
        format!("all({}; true)", piped("(., .)", 60)),
        format!("reduce ({}) as $x (0; . + 1)", piped("(., .)", 60)),
        format!("last(foreach ({}) as $x (0; . + 1))", piped("(., .)", 60)),
        format!("[{}] | length", piped("(., ., empty)", 60)),
        format!("try last({}) catch 1", piped("(., .)", 60)),
        format!("(last({}))? // 1", piped("(., .)", 60)),
        format!(
            "label $f | last({} | if false then break $f else . end)",
            piped("(., .)", 60)
        ),
        format!("\"\\(last({}))\"", piped("(., .)", 60)),
        format!("last({{(\"a\" | {}): 1}}) | length", piped("(., .)", 60)),
        format!("last({{a: ({})}})", piped("(., .)", 60)),
        format!("last(. as {{a: [$x, $y]}} | {})", piped("(., .)", 60)),
        format!(
            "last({})",
            vec![format!("({})", many("1", 200)); 5].join(" + ")
        ),
        format!("[path({})] | length", piped("(., .)", 60)),
        format!("({}) |= 1", piped("(., .)", 60)),
        format!("({}) = 1", piped("(.a, .b)", 60)),
        format!("(.a[0].id | {}) += 1", piped("(., .)", 60)),
        format!("del({})", piped("(., .)", 60)),
        format!("first(.. |= ({})) | length", piped("(., .)", 60)),
        format!(
            ".b |= [.[] , .[]] | {} | length",
            piped(".b |= [.[], .[]]", 60)
        ),
        format!("{} | length", piped(".b[] |= (., .)", 60)),
        format!("{} | length", piped(".a |= (. as $x | .[0:0] |= $x)", 20)),
        "[.a[] as $x | .a[] as $y | .a[] as $z | [$x, $y, $z]] | length".to_owned(),
        "[.a[] as $x | .a[] as $y | select($x == $y)] | length".to_owned(),
        "[.a, .a, .a, .a] | [.[][] as $x | .[][] as $y | {$x, $y}] | length".to_owned(),
        format!("last({} | 1)", piped(".a[] as $x", 20)),
        format!("[.a[] | {}] | length", piped("[.[], .[]]", 40)),
        "[.a[] as $x | .b | sort_by($x)] | length".to_owned(),
        "[.a[] as $x | [.a[].name] | sort] | length".to_owned(),
        "[.. | .. | .. | .. | .. | .. | ..] | length".to_owned(),
        format!("last({})", piped("..", 60)),
        format!("{} | length", piped("[to_entries, .] | .[0]", 60)),
        format!("{} | length", piped("[paths]", 60)),
        format!("{} | length", piped(".b |= map_values(., .)", 40)),
        format!("{} | length", piped(".b |= map(., .)", 40)),
        format!("[nth(5; {} | select(false))]", piped("(., .)", 60)),
        format!("[getpath([{}])] | length", many("\"a\"", 200)),
    ]
}

/// Values, paths and filters that go deep.
fn deep() -> Vec<String> {
    vec![
        format!("reduce {LONG} as $x (0; [.])"),
        format!("(reduce {LONG} as $x (0; [.])) as $y | 1"),
        format!("reduce {LONG} as $x (0; {{a: .}}) | 1"),
        format!("reduce {LONG} as $x ({{}}; .a |= {{b: 1}} | {{c: .}})"),
        format!("(reduce {LONG} as $x ({{}}; {{a: .}} | .a.b.c = 1)) | 1"),
        format!("null | [path(reduce {LONG} as $x (.; .a))] | length"),
        "[.a[] | 1] as $x | null | [path(getpath($x))] | length".to_owned(),
        "[.a[], .a[], .a[], .a[], .a[], .a[] | \"a\"] as $x | null | path(getpath($x)) | length"
            .to_owned(),
        "[.a[], .a[], .a[], .a[], .a[], .a[] | \"a\"] as $x | null | setpath($x; 1) | length"
            .to_owned(),
        format!(
            "[({}) | \"a\"] as $x | null | path(getpath($x)) | length",
            many(".b[]", 32)
        ),
        format!(
            "[({}) | \"a\"] as $x | null | path(getpath($x)) | length",
            many(".b[]", 40)
        ),
        format!(
            "[({}) | \"a\"] as $x | null | getpath($x)",
            many(".b[]", 32)
        ),
        "[.b[], .b[], .b[] | \"a\"] as $x | {} | setpath($x; 1) | length".to_owned(),
        "(reduce .a[] as $x (.; .)) |= 1".to_owned(),
        "(reduce .a[] as $x (.; .c)) |= 1".to_owned(),
        "(foreach .a[] as $x (.; .)) |= 1".to_owned(),
        "(foreach (.a[], .a[], .a[]) as $x (.; .c; .)) |= 1".to_owned(),
        "\"[\" * 999 | . * 99 | fromjson".to_owned(),
        "(\"[\" * 999 | . * 99) as $x | {a: ($x | fromjson)}".to_owned(),
        "\"{\\\"a\\\":\" * 999 | . * 99 | try fromjson catch 1".to_owned(),
        "\"#\\\"\\n\" + (\"[\" * 999) | fromjson? // 1".to_owned(),
        "\"{{\" * 999 | fromjson? // 1".to_owned(),
        "\"1 \" * 999 | . * 999 | [fromjson] | length".to_owned(),
        "\"[\" + (\"1,\" * 999 | . * 999) + \"1]\" | fromjson | length".to_owned(),
        "\"[\" * 60 + \"]\" * 60 | fromjson | [., .] | tojson | length".to_owned(),
        format!("{} | .[0]", nested("walk(", "[.]", ")", 100)),
        nested("walk(", "[.]?", ")", 100),
        nested("(.. |= ", "[.]", ")", 100),
        nested("map(", "[.]?", ")", 120),
        nested("any(", ".", ")", 120),
        nested("first(", ".", ")", 120),
        nested("-(", "1", ")", 240),
        nested("[", "1", "]", 240),
        nested("[", "1", "][0]", 80),
        nested("(try error(", "1", "))", 80),
    ]
}

/// Places far outside, and lists that are copied for every step.
fn places() -> Vec<String> {
    vec![
        "[] | .[1000000000] = 1".to_owned(),
        "[] | setpath([1000000000]; 1)".to_owned(),
        "[] | .[1000000000:2000000000] = [1]".to_owned(),
        "[1] | .[-1000000000] = 1".to_owned(),
        "null | .[1000000000] = 1".to_owned(),
        "{} | .[1000000000:] = 1".to_owned(),
        "[.a[1000000000], .a[-1000000000]]".to_owned(),
        "reduce .a[] as $x ({}; . as $y | .[$x.name] = ($y | length)) | length".to_owned(),
        ". as $y | [.a[] as $x | $y | .b[$x.id] = 1] | length".to_owned(),
    ]
}

#[test]
fn every_bomb_ends_soon_and_small() {
    let mut told = Vec::new();
    let bombs = [lists(), texts(), numbers(), endless(), deep(), places()];
    for source in bombs.concat() {
        let (ran, megabytes) = run(source.clone(), rows(1_500));
        let short: String = source.chars().take(70).collect();
        let said = match &ran {
            Ok(value) => value.to_string().chars().take(60).collect(),
            Err(FilterError::Syntax { why, .. } | FilterError::Failed { why, .. }) => {
                why.chars().take(60).collect::<String>()
            }
        };
        told.push(format!("{megabytes:>4} MB  {short}  ->  {said}"));
        println!("{}", told[told.len() - 1]);
        assert!(megabytes <= MOST_MB, "{megabytes} MB: {source}");
    }
}

#[test]
fn deep_texts_are_read_or_refused_and_what_is_read_runs() {
    for source in deep_texts() {
        for input in [Value::Null, json!({"a": {"a": 1}}), json!([[[1]]])] {
            _ = run(source.clone(), input);
        }
    }
}

#[test]
fn what_ran_out_fails_whatever_the_filter_catches() {
    let endless = piped("(., .)", 60);
    let long = piped("tojson", 60);
    for source in [
        format!("try last({endless}) catch 1"),
        format!("(last({endless}))? // 1"),
        format!("first((last({endless}))?, 1)"),
        format!("[.[]?, (try ({long}) catch 1)] | length"),
        format!("isempty({endless} | select(false))"),
        format!("label $f | (1, {long}) | ., break $f"),
    ] {
        let (ran, _) = run(source.clone(), json!("\"a"));
        let ended = matches!(ran, Err(FilterError::Failed { .. }));
        // What is never run does not count.
        assert!(ended || source.starts_with("label"), "{source}: {ran:?}");
    }
}
