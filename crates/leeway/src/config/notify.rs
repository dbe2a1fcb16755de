//! What `notify.toml` means: addresses are addresses, credentials are references.

use super::load::Source;
use super::problems::Problem;
use super::secret;
use super::systems::check_value;
use leeway_core::notify::settings::Notify;

/// Checks it, with places.
pub fn check(source: &Source, notify: &Notify, problems: &mut Vec<Problem>) {
    problems.extend(notify.check().into_iter().map(|found| {
        let problem = source
            .at(&found.path, found.code, found.message)
            .help(found.help);
        if found.warning {
            problem.warning()
        } else {
            problem
        }
    }));
    if let Some(email) = &notify.email {
        if let Some(password) = &email.password {
            check_value((source, "email.password"), ("password", password), problems);
        }
        if email.from.contains('@') && email.from.parse::<lettre::Address>().is_err() {
            let message = format!("`{}` is no e-mail address", email.from.escape_debug());
            problems.push(
                source
                    .at("email.from", "email-invalid", message)
                    .help("write e.g. `leeway@example.com`"),
            );
        }
    }
    for (name, room) in &notify.chat {
        let path = format!("chat.{name}.url");
        check_value((source, &path), ("webhook key", &room.url), problems);
        if let Ok(url) = secret::resolve(&room.url)
            && secret::is_reference(&room.url)
            && !web_address(&url)
        {
            problems.push(
                source
                    .at(
                        &path,
                        "address-invalid",
                        "what it refers to is no web address",
                    )
                    .help("keep the webhook's whole address there, beginning with https://"),
            );
        }
    }
}

fn web_address(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
