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
}
