//! Names and sentences as words: lower case, singular, without the joints of any naming style.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that end in `s` without being a plural or a third person.
const NOT_PLURAL: &str = "sms status address analysis series business access dns aws canvas bus \
    focus campus previous css js news process progress kubernetes jenkins https lens basis axis \
    atlas census bonus virus corpus less express always is this has as us chaos windows means";

static SINGULAR: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| NOT_PLURAL.split_whitespace().collect());

/// The words of a name: split at anything but letters and digits, at changes from lower to upper
/// case and before the last capital of a run (`listDNSRecords` → `list dns records`). Lower case.
pub fn split(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, &c) in chars.iter().enumerate() {
        let starts = c.is_uppercase()
            && index > 0
            && (!chars[index - 1].is_uppercase()
                || chars.get(index + 1).is_some_and(|next| next.is_lowercase()));
        if (starts || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A noun without its plural ending, a verb without its third person: `entries` → `entry`,
/// `branches` → `branch`, `deletes` → `delete`. Expects lower case.
pub fn base(word: &str) -> String {
    if word.len() < 4 || !word.ends_with('s') || SINGULAR.contains(word) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies")
        && stem.len() > 1
    {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes", "zzes", "uses"] {
        if word.ends_with(ending) {
            let stem = &word[..word.len() - 2];
            // `uses` and `causes` are verbs on -e, `statuses` is not.
            return if ending == "uses" && word.len() < 7 {
                word[..word.len() - 1].to_owned()
            } else {
                stem.to_owned()
            };
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// [`split`], every word in its [`base`] form.
pub fn bases(name: &str) -> Vec<String> {
    split(name).iter().map(|word| base(word)).collect()
}

/// True when `word` is one of the words of `list`, which are separated by white space.
pub fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| known == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_style_are_split() {
        for (name, words) in [
            ("create_contact", "create contact"),
            ("API-retrieve-a-page", "api retrieve a page"),
            ("listDNSRecords", "list dns records"),
            ("chat.postMessage", "chat post message"),
            (
                "TwilioApiV2010--CreateMessage",
                "twilio api v2010 create message",
            ),
            ("v2ApiKey", "v2 api key"),
            ("ÄndereKunde", "ändere kunde"),
            ("__", ""),
        ] {
            assert_eq!(split(name).join(" "), words, "{name}");
        }
    }

    #[test]
    fn plurals_and_third_persons_lose_their_ending() {
        for (word, stem) in [
            ("entries", "entry"),
            ("branches", "branch"),
            ("addresses", "address"),
            ("deletes", "delete"),
            ("statuses", "status"),
            ("focuses", "focus"),
            ("ties", "tie"),
            ("status", "status"),
            ("invoices", "invoice"),
            ("causes", "cause"),
            ("sms", "sms"),
            ("class", "class"),
        ] {
            assert_eq!(base(word), stem, "{word}");
        }
    }
}
