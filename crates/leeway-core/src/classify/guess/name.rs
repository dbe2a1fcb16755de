//! A tool's name as what is done to what: `create_or_update_file` is two acts on a file.

use super::nouns::class;
use super::verbs::{COMPOUNDS, FILLERS, SHOWN_KINDS, SHOWN_THINGS, Verb, is_always_verb, verb};
use super::words::{among, base, split};

const JOINTS: &str =
    "to from in into on onto for with by of at as via using per within under about across";
const SENT_THINGS: &str =
    "reply response email mail message answer post comment invoice invitation";
const ARTICLES: &str = "a an the my all many one new single multiple existing local given specific";

/// One thing a name says is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What the verb means; `None` when the name has no known verb.
    pub verb: Option<Verb>,
    /// The verb as written, or the whole name.
    pub word: String,
    /// What it is done to, the last word being the head.
    pub object: Vec<String>,
    /// What stands after `to`, `from`, `in`, …; also the object when there is no other.
    pub target: Vec<String>,
}

impl Act {
    /// True when the object or the target has a word of `list`.
    pub fn speaks_of(&self, list: &str) -> bool {
        self.object
            .iter()
            .chain(&self.target)
            .any(|word| among(list, word))
    }
}

/// The acts a text's words say, in the order they are written. Never empty.
pub fn acts_in(text: &str) -> Vec<Act> {
    acts(&split(text))
}

/// The acts a name's words (as written, lower case) say, in the order they are written. Never empty.
pub fn acts(words: &[String]) -> Vec<Act> {
    let words = without_method(words);
    let start = words
        .iter()
        .position(|word| !among(FILLERS, word))
        .unwrap_or(0);
    let mut acts: Vec<Act> = alternatives(&words[start..])
        .into_iter()
        .map(|part| act(&part))
        .collect();
    // `my_issues` shows what is the caller's.
    let own = words[..start].iter().any(|word| word == "my");
    if own
        && let [act] = acts.as_mut_slice()
        && !is_always_verb(&act.word)
    {
        act.verb = Some(Verb::Read);
        act.object = words[start..].iter().map(|word| base(word)).collect();
    }
    let object = acts
        .last()
        .map(|last| last.object.clone())
        .unwrap_or_default();
    for act in &mut acts {
        if act.object.is_empty() {
            act.object.clone_from(&object);
        }
    }
    acts
}

/// The words without the method at the end of a name that was made of a path as well: the `post` of
/// `create_customer_customers_post`, where the path says the thing again.
fn without_method(words: &[String]) -> &[String] {
    let [first, path @ .., method] = words else {
        return words;
    };
    let again = path.iter().enumerate().any(|(at, word)| {
        let said = |earlier: &String| base(earlier) == base(word);
        path[..at].iter().any(said) || among("api v1 v2 v3", word)
    });
    if again && is_always_verb(first) && among("get post put patch delete", method) {
        &words[..words.len() - 1]
    } else {
        words
    }
}

/// Parts joined by `or` and `and`, where what follows begins with a verb.
fn alternatives(words: &[String]) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    for (index, word) in words.iter().enumerate() {
        let joins = among("or and then", word)
            && words
                .get(index + 1)
                .is_some_and(|next| verb(&base(next)).is_some());
        if joins && index > 0 {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(word.clone());
        }
    }
    parts
}

fn act(words: &[String]) -> Act {
    let bases: Vec<String> = words.iter().map(|word| base(word)).collect();
    let Some(at) = verb_position(words, &bases) else {
        return Act {
            verb: shows(words, &bases).then_some(Verb::Read),
            word: words.join(" "),
            object: bases,
            target: Vec::new(),
        };
    };
    let word = bases[at].clone();
    let (verb, taken) = if is_posted(words, &bases[0]) {
        (Some(Verb::Create), 1)
    } else {
        meaning(&word, bases.get(at + 1))
    };
    let (after, target) = split_at_joint(&bases[at + taken..]);
    let mut object: Vec<String> = bases[..at]
        .iter()
        .chain(&after)
        .filter(|word| !among(ARTICLES, word))
        .cloned()
        .collect();
    if object.is_empty() {
        object.clone_from(&target);
    }
    Act {
        verb,
        word,
        object,
        target,
    }
}

/// True of a name without a verb that ends with what is shown (`directory_tree`), or begins with
/// several of them (`reports_sales`).
fn shows(words: &[String], bases: &[String]) -> bool {
    let (mut named, _) = split_at_joint(bases);
    if named.last().is_some_and(|word| word == "tool") {
        named.pop();
    }
    let begins = words
        .iter()
        .zip(bases)
        .take(1)
        .any(|(word, base)| word != base && among(SHOWN_KINDS, base));
    begins || named.last().is_some_and(|word| among(SHOWN_THINGS, word))
}

/// What a verb means with the word after it, and how many words that are: `check in` is no look.
fn meaning(word: &str, next: Option<&String>) -> (Option<Verb>, usize) {
    let phrase = match (word, next.map(String::as_str)) {
        ("check", Some("in" | "out" | "off")) => Verb::Update,
        ("get", Some("rid")) => Verb::Delete,
        ("log" | "sign", Some("in" | "up" | "out")) | ("log", Some("off")) => Verb::Admin,
        ("read", Some("out")) => Verb::Send,
        _ => return (verb(word), 1),
    };
    (Some(phrase), 2)
}

/// Where the verb stands: first, unless the first word is rather a noun and a real verb comes
/// next or last (`issue_write`); else the first real verb; else a look anywhere (`maps_search_places`); else
/// the last word, if it is no thing as well (`tweet_like`). After the first place a plural is no verb.
fn verb_position(words: &[String], bases: &[String]) -> Option<usize> {
    let last = words.len().checked_sub(1)?;
    let sure = |at: &usize| {
        words.get(*at).is_some_and(|word| is_always_verb(word)) && !is_compound(bases, *at)
    };
    if verb(&bases[0]).is_some() && !is_compound(bases, 0) {
        let things = words[0] != bases[0] && class(&bases[..1]).is_some();
        if last == 0 && (things || among(SHOWN_THINGS, &bases[0])) {
            return None;
        }
        let noun_first = !is_always_verb(&bases[0]);
        let shown = among(
            "order invoice contact bill transfer charge request message email comment review \
             discount",
            &bases[0],
        ) && among(
            "status history list count stat detail info pdf csv url",
            &bases[last],
        );
        if noun_first && (shown || among("search lookup", &bases[last])) {
            return None;
        }
        if bases[0] == "preview" {
            return Some(0);
        }
        // What stands behind a joint is no verb: `list_questions_for_question_set`.
        let joined = words[..last].iter().any(|word| among(JOINTS, word));
        let real = [1, last]
            .into_iter()
            .filter(|at| *at == 1 || !joined)
            .find(sure)
            .or_else(|| is_posted(words, &bases[0]).then_some(last));
        // What is drafted is the thing that would be sent.
        if bases[0] == "draft" && among(SENT_THINGS, &bases[last]) {
            return Some(0);
        }
        return Some(real.filter(|_| noun_first).unwrap_or(0));
    }
    let looks = |word: &String| verb(word) == Some(Verb::Read) && !among(SHOWN_THINGS, word);
    // `atlas_load_sample`: what is no thing of its own comes before a look.
    let does = |at: &usize| {
        verb(&bases[*at]).is_some_and(|verb| verb != Verb::Read)
            && class(&bases[*at..=*at]).is_none()
            && !is_compound(bases, *at)
    };
    let look = words.iter().position(looks);
    (0..words.len())
        .find(sure)
        .or_else(|| (0..look?).find(does))
        .or(look)
        .or_else(|| {
            words
                .iter()
                .position(|word| among("list search query", word))
                .filter(|at| {
                    let things = |word: &String| class(std::slice::from_ref(word)).is_some();
                    bases[at + 1..].iter().all(things)
                })
        })
        .or_else(|| {
            // What follows a plural is done to it: `campaigns_schedule`.
            let of_many = last == 1 && words[0] != bases[0] && !among(SHOWN_THINGS, &bases[last]);
            let only_verb =
                verb(&words[last]).is_some() && (of_many || class(&bases[last..]).is_none());
            only_verb.then_some(last)
        })
}

/// True of a method behind what it is used on: `orders_post`.
fn is_posted(words: &[String], first: &str) -> bool {
    matches!(words, [things, post] if things != first && post == "post")
}

/// True where a verb is but the first half of a thing's name: the `merge` of `merge request`.
fn is_compound(bases: &[String], at: usize) -> bool {
    let pair = bases.get(at..at + 2).map(|pair| pair.join("-"));
    pair.is_some_and(|pair| among(COMPOUNDS, &pair))
}

fn split_at_joint(words: &[String]) -> (Vec<String>, Vec<String>) {
    match words.iter().position(|word| among(JOINTS, word)) {
        Some(at) => (
            words[..at].to_vec(),
            words[at + 1..]
                .iter()
                .filter(|word| !among(ARTICLES, word))
                .cloned()
                .collect(),
        ),
        None => (words.to_vec(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_done_to_what() {
        for (name, expected) in [
            ("create_or_update_file", "Create:file: Update:file:"),
            ("reply_to_thread", "Send:thread:thread"),
            ("issue_write", "Update:issue:"),
            ("users.list", "Read:user:"),
            ("chat_postMessage", "Send:post message:"),
            ("chat_deleteMessage", "Delete:chat message:"),
            ("contacts_and_companies_get", "Read:contact and company:"),
            ("list_merge_requests", "Read:merge request:"),
            ("merge_requests_list", "Read:merge request:"),
            ("merge_merge_request", "Merge:merge request:"),
            ("my_issues", "Read:issue:"),
            ("directory_tree", "Read:directory tree:"),
            ("check_out_book", "Update:book:"),
            ("check_off_item", "Update:item:"),
            ("get_rid_of_contact", "Delete:contact:contact"),
            ("zorp_it", "-:zorp it:"),
        ] {
            let said: Vec<String> = acts_in(name)
                .iter()
                .map(|act| {
                    format!(
                        "{}:{}:{}",
                        act.verb.map_or("-".to_owned(), |verb| format!("{verb:?}")),
                        act.object.join(" "),
                        act.target.join(" ")
                    )
                })
                .collect();
            assert_eq!(said.join(" "), expected, "{name}");
        }
    }
}
