//! The paths that a pack lists: `page_size`, `fields.notify`, `items.*.note` (any member), or a JSON
//! pointer such as `/odd.name`. A path covers what it names and everything below.

use crate::action::visible::visible;

/// Most unaccounted arguments that a sentence names.
const MOST_NAMED: usize = 5;
/// Longest name of an argument in a sentence, characters.
const LONGEST: usize = 80;

/// Whether one of the listed paths names the leaf's way or its beginning.
pub fn any_covers(listed: &[String], path: &[String]) -> bool {
    listed.iter().any(|one| covers(one, path))
}

fn covers(listed: &str, path: &[String]) -> bool {
    let mut way = path.iter();
    steps(listed).all(|step| way.next().is_some_and(|key| step == "*" || step == *key))
}

fn steps(listed: &str) -> impl Iterator<Item = String> + '_ {
    let pointer = listed.starts_with('/');
    let cut = if pointer { '/' } else { '.' };
    listed
        .split(cut)
        .skip(usize::from(pointer))
        .map(move |step| {
            if pointer {
                step.replace("~1", "/").replace("~0", "~")
            } else {
                step.to_owned()
            }
        })
}

/// A path as people read it, from a JSON pointer: `fields.owner`. Its keys are the agent's words.
pub fn shown(pointer: &str) -> String {
    let plain = pointer
        .trim_start_matches('/')
        .replace('/', ".")
        .replace("~1", "/")
        .replace("~0", "~");
    let plain: String = visible(&plain).replace(['\n', '\t', '`'], " ");
    if plain.chars().count() <= LONGEST {
        return plain;
    }
    let cut: String = plain.chars().take(LONGEST).collect();
    format!("{cut}…")
}

/// The sentence about arguments that nothing of the pack speaks of.
pub fn unaccounted(pointers: &[&String]) -> Option<String> {
    let named: Vec<String> = pointers
        .iter()
        .take(MOST_NAMED)
        .map(|pointer| format!("`{}`", shown(pointer)))
        .collect();
    let more = pointers.len().saturating_sub(MOST_NAMED);
    match (named.len(), more) {
        (0, _) => None,
        (1, 0) => Some(format!("nothing says what the argument {} does", named[0])),
        (_, 0) => Some(format!(
            "nothing says what the arguments {} do",
            named.join(", ")
        )),
        _ => Some(format!(
            "nothing says what the arguments {} and {more} more do",
            named.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|step| (*step).to_owned()).collect()
    }

    #[test]
    fn a_path_covers_what_it_names_and_everything_below() {
        assert!(covers("fields", &path(&["fields", "a"])));
        assert!(covers("items.*.note", &path(&["items", "3", "note"])));
        assert!(covers("/odd.name", &path(&["odd.name"])));
        assert!(!covers("fields.a", &path(&["fields"])));
        assert!(!covers("fields.a", &path(&["fields", "b"])));
        assert!(!covers("field", &path(&["fields"])));
        assert!(!covers("items.*.note", &path(&["items", "3", "text"])));
    }

    #[test]
    fn an_arguments_name_cannot_say_more_than_a_name() {
        assert_eq!(shown("/fields/owner"), "fields.owner");
        let hostile = format!("/x`\n{}\u{202e}", "y".repeat(200));
        let shown = shown(&hostile);
        assert!(shown.chars().count() <= LONGEST + 1);
        assert!(!shown.contains('`') && !shown.contains('\n') && !shown.contains('\u{202e}'));
    }
}
