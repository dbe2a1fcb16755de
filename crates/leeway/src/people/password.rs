//! Passwords: how long they may be, their hashes, and how many are worked on at once. A hash takes
//! 19 MiB and tens of milliseconds, so strangers must not have many of them computed.

use crate::error::ApiError;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

const SHORTEST: usize = 10;
/// Longest password, characters.
pub const LONGEST: usize = 1_000;
/// Hashes computed at once.
const AT_ONCE: usize = 2;
/// How long one waits for its turn before it is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Computes hashes, few at a time.
pub struct Hashing {
    turns: Arc<Semaphore>,
    longest_wait: Duration,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            longest_wait: LONGEST_WAIT,
        }
    }
}

impl Hashing {
    /// The hash of a new password, or 422 when it is too short or too long.
    pub async fn hash(&self, password: &str) -> Result<String, ApiError> {
        let length = password.chars().count();
        if length < SHORTEST {
            return Err(ApiError::invalid(
                "password-too-short",
                format!("the password has {length} characters; at least {SHORTEST} are needed"),
            ));
        }
        if length > LONGEST {
            return Err(ApiError::invalid(
                "password-too-long",
                format!("a password has at most {LONGEST} characters"),
            ));
        }
        let password = password.to_owned();
        self.work(move || hashed(&password)).await?.map_err(failed)
    }

    /// Whether a password is the one stored. Takes as long when none is stored.
    pub async fn matches(&self, stored: Option<String>, password: &str) -> Result<bool, ApiError> {
        let password = password.to_owned();
        self.work(move || match stored {
            Some(stored) => Argon2::default()
                .verify_password(password.as_bytes(), stored.as_str())
                .is_ok(),
            None => {
                let _ = hashed(&password);
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = tokio::time::timeout(self.longest_wait, self.turns.clone().acquire_owned());
        let Ok(Ok(turn)) = turn.await else {
            return Err(ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-at-once",
                "too many people are signing in at this moment",
            )
            .retry_after_s(LONGEST_WAIT.as_secs())
            .help("try again in a few seconds"));
        };
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(|error| failed(error.to_string()))
    }
}

fn hashed(password: &str) -> Result<String, String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

fn failed(why: String) -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "password-hash-failed",
        why,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hashing = Hashing::default();
        let stored = hashing.hash("correct horse battery").await.unwrap();
        let matches = async |stored, password| hashing.matches(stored, password).await.unwrap();
        assert!(matches(Some(stored.clone()), "correct horse battery").await);
        assert!(!matches(Some(stored), "correct horse batterz").await);
        assert!(!matches(None, "correct horse battery").await);
    }

    #[tokio::test]
    async fn lengths_are_limited() {
        let hashing = Hashing::default();
        let code = async |length| hashing.hash(&"x".repeat(length)).await.unwrap_err().code;
        assert_eq!(code(SHORTEST - 1).await, "password-too-short");
        assert_eq!(code(LONGEST + 1).await, "password-too-long");
    }

    #[tokio::test]
    async fn without_a_turn_it_is_refused_and_says_when_to_come_again() {
        let hashing = Hashing {
            turns: Arc::new(Semaphore::new(0)),
            longest_wait: Duration::ZERO,
        };
        let refused = hashing.matches(None, "x").await.unwrap_err();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.retry_after_s, Some(3));
    }
}
