//! How long what people and agents write may be: it is recorded for good, and shown whole.

use crate::error::ApiError;

/// Longest free text, characters.
pub const LONGEST: usize = 4_000;

/// Refuses a text that is too long: 422 `text-too-long`. Each with the name its writer knows it by.
pub fn within<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), ApiError> {
    for (name, text) in texts {
        let length = text.chars().count();
        if length > LONGEST {
            return Err(ApiError::invalid(
                "text-too-long",
                format!("`{name}` has {length} characters; at most {LONGEST} are taken"),
            )
            .help("say it in fewer words; nothing was done"));
        }
    }
    Ok(())
}
