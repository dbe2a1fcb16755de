//! Tasks for those who work on Leeway: `cargo run -p xtask -- mutants`.

mod mutants;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Tasks for those who work on Leeway")]
enum Task {
    /// Tests the tests of the core: breaks it in thousands of places and tells what nobody notices.
    Mutants(mutants::Options),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Mutants(options) => mutants::run(&options),
    }
}
