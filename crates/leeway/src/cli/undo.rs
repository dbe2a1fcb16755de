//! `leeway actions undo|settle|attest`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Which actions, and how.
#[derive(Args)]
pub struct UndoArgs {
    /// Ids of the actions
    #[arg(required_unless_present = "filter", conflicts_with = "filter")]
    ids: Vec<String>,
    /// Instead of ids: everything that fits all of these, e.g. `workflow=crm-clean-up,prompt=v7`.
    /// Keys: workflow, agent, trigger (a run), tool, record, source, prompt, rules, model, pack, definition, from, to
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Why, for the record
    #[arg(long, default_value = "")]
    why: String,
    /// Only show what would be done now
    #[arg(long)]
    plan: bool,
    /// Fields that get their old value although they were changed since (`*`: all); a second person
    /// approves it
    #[arg(long, value_delimiter = ',')]
    overwrite: Vec<String>,
    /// Fields that stay as they are (`*`: all that were changed since)
    #[arg(long, value_delimiter = ',')]
    keep: Vec<String>,
    /// Do it without being asked
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Where,
}

/// A person's word about an undo.
#[derive(Args)]
pub struct SettleArgs {
    /// The action's id
    id: String,
    /// It stays as it is
    #[arg(
        long,
        conflicts_with = "put_right",
        required_unless_present = "put_right"
    )]
    kept: bool,
    /// It was put right by hand
    #[arg(long)]
    put_right: bool,
    /// The reason, or how it was put right
    #[arg(long)]
    why: String,
    #[command(flatten)]
    place: Where,
}

/// What a person says became of a call.
#[derive(Args)]
pub struct AttestArgs {
    /// The actions' ids
    #[arg(required = true)]
    ids: Vec<String>,
    /// What became of them
    #[arg(long, value_parser = ["executed", "failed", "partial"])]
    outcome: String,
    /// How you know: where you looked, and what you saw there
    #[arg(long)]
    evidence: String,
    #[command(flatten)]
    place: Where,
}

/// Takes actions back, one after another.
pub async fn undo(args: UndoArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    if let Some(filter) = &args.filter {
        return batch(&args, &client, selection(filter)?).await;
    }
    if args.ids.len() > 1 && args.overwrite.is_empty() && args.keep.is_empty() {
        return batch(&args, &client, json!({ "actions": args.ids })).await;
    }
    let mut answers = Vec::new();
    let mut all_done = true;
    for id in &args.ids {
        let path = format!("/v1/actions/{}/undo", segment(id));
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, fields) in [("overwrite", &args.overwrite), ("keep", &args.keep)] {
            if !fields.is_empty() {
                query.append_pair(key, &fields.join(","));
            }
        }
        let plan = client.get(&format!("{path}?{}", query.finish())).await?;
        if !args.place.json {
            print_plan(&plan);
        }
        if args.plan {
            answers.push(plan);
            continue;
        }
        if !args.yes && !args.place.json && std::io::stdin().is_terminal() && !confirmed()? {
            out!("nothing was done");
            all_done = false;
            continue;
        }
        let body = json!({
            "hash": plan["hash"], "overwrite": args.overwrite, "keep": args.keep,
            "wait_s": if client.is_server() { 30 } else { 0 },
        });
        let answer = client.post(&path, body).await?;
        if !args.place.json {
            print_state(&answer);
            if !client.is_server() && answer["status"] == "planned" {
                out!("no server runs over this folder: it is carried out when one starts");
            }
        }
        all_done &= matches!(
            answer["status"].as_str(),
            Some("undone" | "put_right" | "kept" | "planned")
        );
        answers.push(answer);
    }
    if args.place.json {
        match answers.as_slice() {
            [answer] => output::json(answer),
            several => output::json(&json!(several)),
        }
    }
    Ok(if all_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn confirmed() -> anyhow::Result<bool> {
    print!("Take exactly this back? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn print_plan(plan: &Value) {
    out!("{}  {}", plain(&plan["action"]), plain(&plan["summary"]));
    if !plan["state"].is_null() {
        out!(
            "  so far        {} {}",
            plain(&plan["state"]["status"]),
            plain(&plan["state"]["note"])
        );
    }
    for field in plan["fields"].as_array().into_iter().flatten() {
        let name = match &field["record"] {
            Value::Null => plain(&field["field"]),
            record => format!("{} of {}", plain(&field["field"]), plain(record)),
        };
        out!(
            "  {name:<13} {} → {}, now {}: {}",
            plain(&field["before"]),
            plain(&field["written"]),
            plain(&field["now"]),
            plain(&field["finding"])
        );
    }
    let next = match plan["next"].as_str() {
        Some("call") => format!(
            "calls {} with {}",
            plain(&plan["tool"]),
            plain(&plan["arguments"])
        ),
        Some("already-back") => "it is as it was before: nothing is to be done".to_owned(),
        Some("all-kept") => "everything is kept as it is".to_owned(),
        Some("decide") => format!(
            "decide with --keep or --overwrite: {}",
            plain(&plan["points"])
        ),
        _ => format!("cannot be taken back: {}", plain(&plan["why"])),
    };
    for one in plan["along"].as_array().into_iter().flatten() {
        out!(
            "  also changed  {} {} → {}, not named by the call",
            plain(&one["field"]),
            plain(&one["before"]),
            plain(&one["after"])
        );
    }
    if plan["caution"]
        .as_str()
        .is_some_and(|text| !text.is_empty())
    {
        out!("  mind          {}", plain(&plan["caution"]));
    }
    out!("  then          {next}");
    for (label, key) in [
        ("overwrites", "forced"),
        ("keeps", "kept"),
        ("undecided", "left"),
    ] {
        let names = plan[key].as_array().filter(|names| !names.is_empty());
        if names.is_some() && plan["next"] == "call" {
            out!("  {label:<13} {}", plain(&plan[key]));
        }
    }
}

fn print_state(answer: &Value) {
    out!("{}  {}", plain(&answer["action"]), plain(&answer["status"]));
    if answer["note"].as_str().is_some_and(|note| !note.is_empty()) {
        out!("  {}", plain(&answer["note"]));
    }
    if !answer["undo"].is_null() {
        out!("  undo          {}", plain(&answer["undo"]));
    }
    let undo = &answer["undo_action"];
    if undo["status"] == "held" {
        out!("  waits for a second person");
    }
}

/// Settles an undo without a call.
pub async fn settle(args: SettleArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    let path = format!("/v1/actions/{}/undo/settle", segment(&args.id));
    let settled = if args.put_right { "put_right" } else { "kept" };
    let answer = client
        .post(&path, json!({ "as": settled, "why": args.why }))
        .await?;
    if args.place.json {
        output::json(&answer);
    } else {
        print_state(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

/// Attests unknown outcomes, each for itself.
pub async fn attest(args: AttestArgs) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&args.place).await?;
    if let [id] = args.ids.as_slice() {
        let path = format!("/v1/actions/{}/attest", segment(id));
        let body = json!({ "outcome": args.outcome, "evidence": args.evidence });
        let action = client.post(&path, body).await?;
        super::actions::print(&action, args.place.json);
        return Ok(ExitCode::SUCCESS);
    }
    let each = args.ids.iter();
    let outcomes: Vec<Value> = each
        .map(|id| json!({ "id": id, "outcome": args.outcome }))
        .collect();
    let body = json!({ "outcomes": outcomes, "evidence": args.evidence });
    let told = client.post("/v1/outcomes", body).await?;
    if args.place.json {
        output::json(&told);
    }
    let mut all = true;
    for one in told["outcomes"].as_array().into_iter().flatten() {
        let line = match &one["error"]["message"] {
            Value::Null => plain(&one["status"]),
            why => format!("not recorded: {}", plain(why)),
        };
        all &= one["error"].is_null();
        if !args.place.json {
            out!("{}  {line}", plain(&one["id"]));
        }
    }
    Ok(if all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Lists what nobody knows the outcome of, with each record as it reads now.
pub async fn outcomes(place: Where) -> anyhow::Result<ExitCode> {
    let client = Client::reach(&place).await?;
    let found = client.get("/v1/outcomes").await?;
    if place.json {
        output::json(&found);
        return Ok(ExitCode::SUCCESS);
    }
    for one in found["outcomes"].as_array().into_iter().flatten() {
        out!(
            "{}  {}",
            plain(&one["action"]["id"]),
            plain(&one["action"]["title"])
        );
        for change in one["changes"].as_array().into_iter().flatten() {
            let field = change["field"].as_str().unwrap_or_default();
            let now = &one["now"]["fields"][field];
            out!(
                "  {}: sent {}, reads now {}",
                plain(&change["field"]),
                plain(&change["new"]),
                plain(now)
            );
        }
        match (&one["says"]["evidence"], &one["unread"]) {
            (Value::Null, Value::Null) => {
                out!("  Its record does not tell whether it happened.");
            }
            (Value::Null, why) => out!("  It cannot be read: {}", plain(why)),
            (said, _) => out!("  {}", plain(said)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads `key=value,…`.
pub(super) fn selection(filter: &str) -> anyhow::Result<Value> {
    const KEYS: [&str; 11] = [
        "workflow",
        "agent",
        "tool",
        "record",
        "source",
        "trigger",
        "prompt",
        "rules",
        "model",
        "pack",
        "definition",
    ];
    let mut selection = serde_json::Map::new();
    for part in filter
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (key, value) = part
            .split_once('=')
            .with_context(|| format!("`{part}` is not key=value"))?;
        let (key, value) = (key.trim(), value.trim());
        match key {
            "from" | "to" => {
                selection.insert(format!("{key}_ms"), json!(moment(value)?));
            }
            _ if KEYS.contains(&key) => {
                selection.insert(key.to_owned(), json!(value));
            }
            _ => anyhow::bail!("`{key}` is no key: {}, from, to", KEYS.join(", ")),
        }
    }
    Ok(Value::Object(selection))
}

fn moment(text: &str) -> anyhow::Result<i64> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let day: jiff::civil::Date = text
        .parse()
        .with_context(|| format!("`{text}` is neither a time (RFC 3339) nor a date"))?;
    Ok(day
        .to_zoned(jiff::tz::TimeZone::UTC)?
        .timestamp()
        .as_millisecond())
}

/// Takes many actions back: shows the plan, asks, begins, and follows it to its end.
async fn batch(args: &UndoArgs, client: &Client, selection: Value) -> anyhow::Result<ExitCode> {
    let body = json!({ "selection": selection, "why": args.why });
    let mut plan = client.post("/v1/undo-batches", body).await?;
    worked_out(client, &mut plan).await?;
    if !args.place.json {
        print_batch(&plan);
    }
    if args.plan {
        if args.place.json {
            output::json(&plan);
        }
        return Ok(ExitCode::SUCCESS);
    }
    if !args.yes && !args.place.json && std::io::stdin().is_terminal() && !confirmed()? {
        out!("nothing was done");
        return Ok(ExitCode::FAILURE);
    }
    let path = format!("/v1/undo-batches/{}", segment(&plain(&plan["id"])));
    let mut now = client
        .post(&format!("{path}/start"), json!({ "hash": plan["hash"] }))
        .await?;
    let shows = !args.place.json && std::io::stderr().is_terminal();
    while client.is_server() && now["status"] == "running" {
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        now = client.get(&format!("{path}?limit=1")).await?;
        if shows {
            eprint!("\r{} of {}   ", through(&now), plain(&now["total"]));
        }
    }
    if shows {
        eprintln!();
    }
    if args.place.json {
        output::json(&now);
    } else {
        out!("{}  {}", plain(&now["id"]), plain(&now["status"]));
        for (name, count) in now["counts"].as_object().into_iter().flatten() {
            out!("  {name:<13} {}", plain(count));
        }
        if !client.is_server() {
            out!("no server runs over this folder: it is carried out when one starts");
        }
    }
    let undone = now["counts"]["undone"].as_u64() == now["total"].as_u64();
    Ok(if undone || now["status"] == "running" {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Waits until a batch is worked out.
pub(super) async fn worked_out(client: &Client, plan: &mut Value) -> anyhow::Result<()> {
    let path = format!("/v1/undo-batches/{}", segment(&plain(&plan["id"])));
    let shows = std::io::stderr().is_terminal();
    let mut waited = false;
    while plan["status"] == "planning" {
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        *plan = client.get(&format!("{path}?limit=1")).await?;
        waited = true;
        if shows {
            eprint!(
                "\rworked out: {} of {}   ",
                plan["worked_out"].as_u64().unwrap_or_default(),
                plain(&plan["total"])
            );
        }
    }
    if !waited {
        return Ok(());
    }
    if shows {
        eprintln!();
    }
    let (mut items, mut from) = (Vec::new(), json!(0));
    while let Some(at) = from.as_u64() {
        let page = client.get(&format!("{path}?limit=1000&from={at}")).await?;
        items.extend(page["actions"].as_array().cloned().unwrap_or_default());
        from = page["next"].clone();
    }
    plan["items"] = json!(items);
    Ok(())
}

fn through(batch: &Value) -> u64 {
    let counts = batch["counts"].as_object().into_iter().flatten();
    counts
        .filter(|(name, _)| !matches!(name.as_str(), "not_asked" | "undoing"))
        .filter_map(|(_, count)| count.as_u64())
        .sum()
}

fn print_batch(plan: &Value) {
    out!("{}  {} actions", plain(&plan["id"]), plain(&plan["total"]));
    let rows: Vec<Vec<String>> = plan["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| {
            ["action", "next", "title", "note"]
                .iter()
                .map(|key| plain(&item[*key]))
                .collect()
        })
        .collect();
    output::table(&["ACTION", "THEN", "WHAT", "NOTE"], &rows);
    for (name, count) in plan["foreseen"].as_object().into_iter().flatten() {
        out!("  {name:<13} {}", plain(count));
    }
}
