//! What a filter hands on as it is, read from its text where that is plain: a path, `del(…)` of paths
//! after one, or an object of paths. Of any other filter nothing is said here.

/// The parts of its input that a filter gives as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Handed {
    whole: Vec<Vec<String>>,
    except: Vec<Vec<String>>,
}

impl Handed {
    /// Reads it from a filter's text.
    pub(super) fn of(source: &str) -> Self {
        let source = source.trim();
        if let Some(path) = plain_path(source) {
            return Self {
                whole: vec![path],
                except: Vec::new(),
            };
        }
        without(source)
            .or_else(|| members(source))
            .unwrap_or_default()
    }

    /// Whether it hands on what a path leads to.
    pub(super) fn on(&self, path: &[String]) -> bool {
        let begins = |listed: &Vec<String>| path.starts_with(listed);
        self.whole.iter().any(begins)
            && !self
                .except
                .iter()
                .any(|gone| path.starts_with(gone) || gone.starts_with(path))
    }
}

/// `.`, `.a`, `.a.b`: `None` for anything else.
pub(super) fn plain_path(source: &str) -> Option<Vec<String>> {
    let rest = source.trim().strip_prefix('.')?;
    if rest.is_empty() {
        return Some(Vec::new());
    }
    rest.split('.').map(plain_key).collect()
}

fn plain_key(key: &str) -> Option<String> {
    let mut chars = key.chars();
    let first = chars.next()?;
    let plain = (first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    plain.then(|| key.to_owned())
}

/// `del(.a, .b.c)`, also after `.path |`.
fn without(source: &str) -> Option<Handed> {
    let (start, rest) = match source.split_once('|') {
        Some((start, rest)) => (plain_path(start)?, rest.trim()),
        None => (Vec::new(), source),
    };
    let gone = rest.strip_prefix("del(")?.strip_suffix(')')?;
    let except = gone.split(',').map(|path| {
        let path = plain_path(path).filter(|path| !path.is_empty())?;
        Some(start.iter().cloned().chain(path).collect())
    });
    Some(Handed {
        except: except.collect::<Option<_>>()?,
        whole: vec![start],
    })
}

/// `{a, b: .c.d}`.
fn members(source: &str) -> Option<Handed> {
    let inside = source.strip_prefix('{')?.strip_suffix('}')?;
    let names = inside.split(',').map(|member| {
        let name = member.split_once(':').map_or(member, |(name, _)| name);
        name.trim()
    });
    // Of a member written twice only the last is handed on.
    let mut seen = std::collections::HashSet::new();
    if !names.into_iter().all(|name| seen.insert(name)) {
        return None;
    }
    let whole = inside
        .split(',')
        .map(|member| match member.split_once(':') {
            Some((key, path)) => plain_key(key.trim()).and_then(|_| plain_path(path)),
            None => plain_key(member.trim()).map(|key| vec![key]),
        });
    Some(Handed {
        whole: whole.collect::<Option<_>>()?,
        except: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_plainly_handed_on_counts() {
        for (filter, path, on) in [
            (".", "a.b", true),
            (".fields", "fields.a", true),
            (".fields", "fieldsx", false),
            (".fields", "other", false),
            ("._links", "_links.self", true),
            // A number, whatever it looks like.
            (".5", "5", false),
            ("del(.id)", "id", false),
            ("del(.id)", "name", true),
            ("del(.a.b)", "a", false),
            ("del(.a.b)", "a.c", true),
            (".fields | del(.id, .x.y)", "fields.x.y.z", false),
            (".fields | del(.id, .x.y)", "fields.id", false),
            (".fields | del(.id, .x.y)", "fields.x.z", true),
            (".fields | del(.id, .x.y)", "id", false),
            ("{a, b: .c.d}", "a", true),
            ("{a: .x, a: .y}", "x", false),
            ("{a, a: .y}", "a", false),
            ("{a, b: .c.d}", "c.d", true),
            ("{a, b: .c.d}", "c", false),
            ("{a, b: .c.d}", "b", false),
            ("{a: (.a // 1)}", "a", false),
            ("{a} | with_entries(select(.value != null))", "a", false),
            ("{(.a): .b}", "b", false),
            ("del(.id) | {}", "name", false),
            ("del(.id) // {x: (.y)", "name", false),
            (".a // .b", "a", false),
            ("del(.[\"a\"])", "b", false),
            ("del(.a)|del(.b)", "c", false),
        ] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert_eq!(Handed::of(filter).on(&path), on, "{filter} {path:?}");
        }
    }
}
