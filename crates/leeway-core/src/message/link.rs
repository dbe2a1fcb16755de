//! Where links lead, and whether their words say something else.

use super::Link;
use url::Url;

/// Ends of words that are names of files, not of hosts.
const FILES: [&str; 16] = [
    "pdf", "doc", "docx", "xls", "xlsx", "csv", "txt", "png", "jpg", "jpeg", "gif", "html", "htm",
    "ppt", "pptx", "eml",
];

/// A link with these words and this target, under a base that targets may be relative to.
pub(super) fn link(text: &str, target: &str, base: Option<&Url>) -> Link {
    // Programs drop line ends and tabs in an address, and read `\` as `/`.
    let plain: String = target
        .trim()
        .chars()
        .filter(|c| !matches!(c, '\r' | '\n' | '\t'))
        .collect();
    let parsed = match base {
        Some(base) => base.join(&plain).ok(),
        None if plain.starts_with("//") || plain.starts_with("\\\\") => {
            Url::parse(&format!("https:{plain}")).ok()
        }
        None => Url::parse(&plain).ok(),
    };
    let host = parsed.as_ref().and_then(Url::host_str).map(bare);
    let named = hosts(text);
    let differs = match &host {
        Some(host) => named.iter().any(|name| name != host),
        // Words that name a host lead to none: to a script, a mail, a file.
        None => !named.is_empty() && !mail_of(&plain, &named),
    };
    Link {
        text: text.split_whitespace().collect::<Vec<_>>().join(" "),
        target: parsed.map_or(plain, |url| url.to_string()),
        differs,
    }
}

fn bare(host: &str) -> String {
    let host = host.trim_end_matches('.').to_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).to_owned()
}

/// Whether `mailto:` leads to an address at the hosts that are named.
fn mail_of(target: &str, named: &[String]) -> bool {
    let address = target.strip_prefix("mailto:").unwrap_or_default();
    let address = address.split('?').next().unwrap_or_default();
    named.iter().all(|host| {
        address
            .rsplit_once('@')
            .is_some_and(|(_, at)| bare(at) == *host)
    })
}

/// The hosts that words name, in the form an address has them.
fn hosts(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || "<>()[]{}\"'“”‘’,;|".contains(c))
        .filter_map(host_of)
        .collect()
}

fn host_of(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| ".:!?…".contains(c));
    let lower = word.to_lowercase();
    let (rest, scheme) = match lower.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (lower.as_str(), false),
    };
    let rest = rest.split(['/', '?', '#', '\\']).next()?;
    let rest = rest.rsplit('@').next()?;
    let rest = rest.split(':').next()?;
    let (_, last) = rest.rsplit_once('.')?;
    let named = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    let file = FILES.contains(&last) && !scheme;
    if !named || file || rest.starts_with('.') {
        return None;
    }
    let url = Url::parse(&format!("https://{rest}")).ok()?;
    url.host_str().map(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_name_another_host_are_told() {
        for (text, target, differs) in [
            ("https://bank.example/login", "https://evil.example/x", true),
            ("bank.example", "https://bank.example@evil.example/", true),
            ("www.bank.example", "https://bank.example/login", false),
            ("Bank.Example.", "HTTPS://BANK.EXAMPLE", false),
            ("bank.example", "\\\\evil.example/x", true),
            ("bank.example", "//evil.example/x", true),
            ("bank.example", "ht\ntps://evil.example", true),
            ("bank.example", "javascript:alert(1)", true),
            ("bänk.example", "https://xn--bnk-qla.example/", false),
            ("click here", "https://evil.example", false),
            ("terms.pdf", "https://shop.example/terms.pdf", false),
            ("kim@bank.example", "mailto:kim@bank.example", false),
            ("kim@bank.example", "mailto:kim@evil.example", true),
            ("v1.2 for 3.50", "https://shop.example", false),
        ] {
            assert_eq!(
                link(text, target, None).differs,
                differs,
                "{text} → {target}"
            );
        }
    }

    #[test]
    fn a_target_is_written_as_a_program_reads_it() {
        let target = |target: &str| link("x", target, None).target;
        assert_eq!(
            target("https://a.example@b.example/"),
            "https://a.example@b.example/"
        );
        assert_eq!(target("https:\\\\b.example\\c"), "https://b.example/c");
        assert_eq!(
            target("https://bänk.example"),
            "https://xn--bnk-qla.example/"
        );
        let base = Url::parse("https://base.example/a/").unwrap();
        assert_eq!(
            link("x", "b", Some(&base)).target,
            "https://base.example/a/b"
        );
    }
}
