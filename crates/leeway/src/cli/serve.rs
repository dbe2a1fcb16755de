//! `leeway serve` and `leeway demo`.

use crate::server::{Listen, Tls};
use crate::{demo, serving};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// How to serve.
#[derive(Args)]
pub struct ServeArgs {
    /// Data folder; made when it does not exist
    #[arg(long, env = "LEEWAY_DATA", default_value = "leeway-data")]
    data: PathBuf,
    /// Configuration folder. It takes force at start where nothing was configured yet, or nothing was changed
    /// since it was applied; otherwise what differs is said, and what is in force stays
    #[arg(long)]
    config: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:4180")]
    listen: SocketAddr,
    /// Certificate chain for TLS, PEM
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key for TLS, PEM
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without TLS, behind a proxy that has it
    #[arg(long)]
    insecure_listen: bool,
}

/// How to demonstrate.
#[derive(Args)]
pub struct DemoArgs {
    /// Address and port to listen on
    #[arg(long, default_value = "127.0.0.1:4180")]
    listen: SocketAddr,
    /// Data folder of the demo
    #[arg(long, default_value = "leeway-demo")]
    data: PathBuf,
    /// Start over: forget what an earlier demo did
    #[arg(long)]
    fresh: bool,
    /// Without the scripted agents
    #[arg(long)]
    no_agents: bool,
    /// Play so many days first, in simulated time: agents earn and lose freedom, an incident is worked
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=90))]
    days: Option<u32>,
}

/// Serves until stopped.
pub async fn serve(args: ServeArgs) -> anyhow::Result<ExitCode> {
    let tls = args
        .tls_cert
        .zip(args.tls_key)
        .map(|(certificate, key)| Tls { certificate, key });
    let listen = Listen {
        address: args.listen,
        tls,
        insecure: args.insecure_listen,
    };
    listen.check()?;
    let configuration = serving::load(args.config.as_ref())?;
    let given = args.config.as_deref().zip(configuration);
    let running = serving::start(&args.data, &listen, (given, None)).await?;
    println!("Leeway listens on {}", running.url());
    running.until_stopped().await?;
    Ok(ExitCode::SUCCESS)
}

/// Demonstrates until stopped.
pub async fn demo(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let listen = Listen {
        address: args.listen,
        tls: None,
        insecure: false,
    };
    listen.check()?;
    Box::pin(demo::run(demo::Options {
        data: args.data,
        listen,
        fresh: args.fresh,
        agents: !args.no_agents,
        days: args.days,
    }))
    .await?;
    Ok(ExitCode::SUCCESS)
}
