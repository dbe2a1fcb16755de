//! References to credentials: `env:NAME` or `file:/path`; anything else stands for itself. The value
//! is read when it is needed and appears in no error.

/// A reference that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the environment variable `{0}` is not set")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("the file `{path}` cannot be read: {why}")]
    NoFile {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

/// What a reference stands for.
pub fn resolve(reference: &str) -> Result<String, SecretError> {
    if let Some(name) = reference.strip_prefix("env:") {
        return std::env::var(name).map_err(|_| SecretError::NoVariable(name.to_owned()));
    }
    let Some(path) = reference.strip_prefix("file:") else {
        return Ok(reference.to_owned());
    };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned()),
        Err(error) => Err(SecretError::NoFile {
            path: path.to_owned(),
            why: error.kind().to_string(),
        }),
    }
}

/// Whether a value is a reference.
pub fn is_reference(value: &str) -> bool {
    value.starts_with("env:") || value.starts_with("file:")
}

/// Whether what is named so is likely to be a credential.
pub fn sounds_secret(name: &str) -> bool {
    const SECRET: [&str; 6] = [
        "token",
        "key",
        "secret",
        "password",
        "authorization",
        "credential",
    ];
    let lower = name.to_lowercase();
    SECRET.iter().any(|word| lower.contains(word)) && !lower.ends_with("path")
}

/// A file's text with what stands behind such a name starred out, byte for byte: a report shows the
/// lines it is about, and goes to terminals and logs.
pub fn starred(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut closing: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let from = match closing {
            Some(_) => 0,
            None => value_place(line).unwrap_or(line.len()),
        };
        let (open, hidden) = line.split_at(from);
        out.push_str(open);
        out.extend(hidden.bytes().map(|b| if b == b'\n' { '\n' } else { '*' }));
        closing = match closing {
            Some(quotes) if hidden.contains(quotes) => None,
            Some(quotes) => Some(quotes),
            None => ["\"\"\"", "\'\'\'"]
                .into_iter()
                .find(|quotes| hidden.matches(quotes).count() == 1),
        };
    }
    out
}

/// Where the value of the first secret-sounding key of a line begins.
fn value_place(line: &str) -> Option<usize> {
    line.match_indices('=').find_map(|(at, _)| {
        let key = line[..at].trim_end();
        let name = key.rsplit([' ', '{', ',', '.', '\t']).next()?;
        let value = line[at + 1..].trim_start();
        let plain = value.trim_start_matches(['"', '\'']);
        (sounds_secret(name) && !is_reference(plain)).then_some(at + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_followed_and_plain_values_are_not() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret\n").unwrap();
        assert_eq!(
            resolve(&format!("file:{}", file.path().display())),
            Ok("s3cret".to_owned())
        );
        assert_eq!(resolve("plain"), Ok("plain".to_owned()));
        assert_eq!(
            resolve("env:LEEWAY_NO_SUCH_THING"),
            Err(SecretError::NoVariable("LEEWAY_NO_SUCH_THING".to_owned()))
        );
        assert!(matches!(
            resolve("file:/no/such/file"),
            Err(SecretError::NoFile { .. })
        ));
    }
    #[test]
    fn what_stands_behind_a_secret_sounding_name_is_starred() {
        for (text, shown) in [
            (
                "Authorization = \"Bearer x\"\nB = 1\n",
                "Authorization =***********\nB = 1\n",
            ),
            ("API_KEY=\"x\"", "API_KEY=***"),
            (
                "env = { A = \"b\", TOKEN = \"x\" }",
                "env = { A = \"b\", TOKEN =******",
            ),
            ("TOKEN = \"env:CRM\"", "TOKEN = \"env:CRM\""),
            ("\"x-api-key\" = 'ä'", "\"x-api-key\" =*****"),
            (
                "KEY = \"\"\"a\nb\n\"\"\"\nC = 1",
                "KEY =*****\n*\n***\nC = 1",
            ),
        ] {
            assert_eq!(starred(text), shown, "{text}");
            assert_eq!(starred(text).len(), text.len());
        }
    }
}
