//! What a pack leaves out of a server's tools: `gaps PACK.toml TOOLS.json`, a tool list as the server
//! gives it.
use leeway_core::classify::account::complete::gaps;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use serde_json::Value;

fn main() {
    let mut given = std::env::args().skip(1);
    let (Some(pack), Some(tools)) = (given.next(), given.next()) else {
        panic!("gaps PACK.toml TOOLS.json");
    };
    let text = std::fs::read_to_string(pack).expect("the pack is read");
    let pack =
        CompiledPack::compile(Pack::parse(&text).expect("a pack")).expect("a pack that compiles");
    let list: Value =
        serde_json::from_str(&std::fs::read_to_string(tools).expect("the list is read"))
            .expect("JSON");
    let tools = list
        .get("tools")
        .unwrap_or(&list)
        .as_array()
        .expect("a list of tools");
    for tool in tools {
        let name = tool["name"].as_str().unwrap_or_default();
        let Some(entry) = pack.tools.get(name) else {
            println!("{name}: no entry");
            continue;
        };
        let found = gaps(entry, &tool["inputSchema"]);
        if !found.is_empty() {
            println!(
                "{name} ({:?}): unaccounted {:?}, drops null {:?}",
                entry.entry.effect, found.unaccounted, found.drops_null
            );
        }
    }
}
