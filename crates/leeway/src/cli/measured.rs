//! How good guesses are, per server and altogether, for people and programs.

use super::output;
use anyhow::Context;
use leeway_core::classify::guess::measure::{Label, Measure};
use leeway_core::classify::guess::{Server as Listed, guess};
use serde_json::{Value, json};

/// One server's measure.
pub struct Server {
    name: String,
    measure: Measure,
}

/// Measures one server: every label needs its tool.
pub fn server(name: String, labels: &[Label], tools: &[Value]) -> anyhow::Result<Server> {
    let listed = Listed::of(tools);
    let mut measure = Measure::default();
    for label in labels {
        let tool = tools
            .iter()
            .find(|tool| tool["name"] == label.tool.as_str())
            .with_context(|| format!("`{name}` lists no tool `{}`", label.tool))?;
        measure.add(label, &guess(tool, &listed));
    }
    Ok(Server { name, measure })
}

/// All servers together.
pub fn total(servers: &[Server]) -> Measure {
    let mut total = Measure::default();
    for server in servers {
        total.join(server.measure.clone());
    }
    total
}

/// Prints the measures and every miss.
pub fn print(servers: &[Server], as_json: bool) {
    let total = total(servers);
    if as_json {
        let each: Vec<Value> = servers
            .iter()
            .map(|server| counts(&server.name, &server.measure))
            .collect();
        output::json(
            &json!({ "ok": total.holds(), "total": counts("total", &total), "servers": each, "misses": misses(&total) }),
        );
        return;
    }
    let mut rows: Vec<Vec<String>> = servers
        .iter()
        .map(|server| row(&server.name, &server.measure))
        .collect();
    rows.push(row("total", &total));
    output::table(
        &[
            "SERVER",
            "TOOLS",
            "EXACT",
            "UNDER",
            "5 BELOW 4",
            "EFFECT",
            "AREAS",
            "FIELDS",
        ],
        &rows,
    );
    for miss in &total.misses {
        out!(
            "{} {}: labelled {} {:?}, guessed {} {:?}. {}",
            if miss.is_under() { "UNDER" } else { "over" },
            output::plain(&json!(miss.tool)),
            u8::from(miss.label.1),
            miss.label.0,
            u8::from(miss.guess.1),
            miss.guess.0,
            output::plain(&json!(miss.why)),
        );
    }
}

fn row(name: &str, measure: &Measure) -> Vec<String> {
    vec![
        name.to_owned(),
        measure.tools.to_string(),
        percent(measure.exact, measure.tools),
        percent(measure.under, measure.tools),
        measure.grave.to_string(),
        percent(measure.effect, measure.tools),
        agreement(measure.areas),
        agreement(measure.fields),
    ]
}

fn percent(part: usize, whole: usize) -> String {
    format!(
        "{part} ({:.1} %)",
        part as f64 * 100.0 / whole.max(1) as f64
    )
}

/// Twice what both say over all that either says (the F1 score), percent; a dash when neither says any.
fn agreement((both, guessed, labelled): (usize, usize, usize)) -> String {
    let all = 2 * both + guessed + labelled;
    if all == 0 {
        "–".to_owned()
    } else {
        format!("{:.0} %", 200.0 * both as f64 / all as f64)
    }
}

fn counts(name: &str, measure: &Measure) -> Value {
    json!({
        "server": name, "tools": measure.tools, "exact": measure.exact, "under": measure.under,
        "level_5_below_4": measure.grave, "effect": measure.effect,
    })
}

fn misses(measure: &Measure) -> Vec<Value> {
    measure
        .misses
        .iter()
        .map(|miss| {
            json!({ "tool": miss.tool, "under": miss.is_under(), "labelled": miss.label.1, "guessed": miss.guess.1, "why": miss.why })
        })
        .collect()
}
