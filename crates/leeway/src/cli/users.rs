//! `leeway users …`

use super::Where;
use super::client::{Client, segment};
use super::output::{self, plain};
use anyhow::Context;
use clap::Subcommand;
use serde_json::{Value, json};
use std::io::BufRead;
use std::process::ExitCode;

/// Commands over people.
#[derive(Subcommand)]
pub enum UsersCommand {
    /// Add a person
    Add {
        /// E-mail: the sign-in name
        email: String,
        /// operator, owner, reviewer or auditor; several times for several
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Where,
    },
    /// List people
    List(Where),
    /// Set a person's password; ends their sessions and tokens
    Password {
        /// E-mail
        email: String,
        /// Read the password from the first line of standard input; with LEEWAY_TOKEN the present one from the
        /// first line and the new one from the second
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Where,
    },
    /// Change a person's roles
    Roles {
        /// E-mail
        email: String,
        /// operator, owner, reviewer or auditor; several times for several
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        #[command(flatten)]
        place: Where,
    },
    /// Issue an API token, shown this once
    Token {
        /// E-mail
        email: String,
        #[command(flatten)]
        place: Where,
    },
    /// Revoke an API token
    Revoke {
        /// E-mail
        email: String,
        /// The token's id
        token: String,
        #[command(flatten)]
        place: Where,
    },
    /// Remove a person; sessions and tokens are void at once
    Remove {
        /// E-mail
        email: String,
        #[command(flatten)]
        place: Where,
    },
}

fn asked(what: &str, from_stdin: bool) -> anyhow::Result<String> {
    if !from_stdin {
        return rpassword::prompt_password(what)
            .context("cannot read a password here; use --password-stdin");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Runs a command.
pub async fn run(command: UsersCommand) -> anyhow::Result<ExitCode> {
    match command {
        UsersCommand::Add {
            email,
            roles,
            password_stdin,
            place,
        } => {
            let password = asked("Password: ", password_stdin)?;
            let body = json!({ "email": email, "roles": roles, "password": password });
            let made = Client::reach(&place).await?.post("/v1/users", body).await?;
            say(&place, &made, &format!("added {}", plain(&made["email"])));
        }
        UsersCommand::List(place) => list(&place).await?,
        UsersCommand::Password {
            email,
            password_stdin,
            place,
        } => {
            let client = Client::reach(&place).await?;
            let mut body = json!({});
            if client.has_token() {
                let current = asked("Present password: ", password_stdin)?;
                body["current"] = current.into();
            }
            body["password"] = asked("New password: ", password_stdin)?.into();
            let path = format!("/v1/users/{}/password", segment(&email));
            client.post(&path, body).await?;
            say(&place, &json!({ "email": email }), "the password is set");
        }
        UsersCommand::Roles {
            email,
            roles,
            place,
        } => {
            let path = format!("/v1/users/{}/roles", segment(&email));
            let client = Client::reach(&place).await?;
            let answer = client.post(&path, json!({ "roles": roles })).await?;
            if !waits(&place, &answer) {
                let now = json!({ "email": email, "roles": roles });
                say(&place, &now, "the roles are changed");
            }
        }
        UsersCommand::Token { email, place } => {
            let path = format!("/v1/users/{}/tokens", segment(&email));
            let made = Client::reach(&place).await?.post(&path, json!({})).await?;
            say(&place, &made, made["token"].as_str().unwrap_or_default());
        }
        UsersCommand::Revoke {
            email,
            token,
            place,
        } => {
            let path = format!("/v1/users/{}/tokens/{}", segment(&email), segment(&token));
            Client::reach(&place).await?.delete(&path).await?;
            say(
                &place,
                &json!({ "email": email, "revoked": token }),
                "the token is revoked",
            );
        }
        UsersCommand::Remove { email, place } => {
            let client = Client::reach(&place).await?;
            let path = format!("/v1/users/{}", segment(&email));
            let answer = client.delete(&path).await?;
            if !waits(&place, &answer) {
                say(&place, &json!({ "removed": email }), "removed");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says that a second person has to ask for the same, where it is so.
fn waits(place: &Where, answer: &Value) -> bool {
    let waits = answer["status"] == "waiting";
    if waits {
        say(
            place,
            answer,
            "nothing changed yet: taking a right to decide takes two. It takes force when somebody else who decides runs the same command with their own LEEWAY_TOKEN",
        );
    }
    waits
}

fn say(place: &Where, value: &Value, text: &str) {
    if place.json {
        output::json(value);
    } else {
        out!("{text}");
    }
}

async fn list(place: &Where) -> anyhow::Result<()> {
    let answer = Client::reach(place).await?.get("/v1/users").await?;
    if place.json {
        output::json(&answer);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = answer["users"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|user| {
            vec![
                plain(&user["email"]),
                plain(&user["roles"]),
                plain(&user["signed_in_at"]),
            ]
        })
        .collect();
    output::table(&["E-MAIL", "ROLES", "LAST SIGNED IN"], &rows);
    Ok(())
}
