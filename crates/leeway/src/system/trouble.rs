//! What is wrong with a system that has no session: each call tells whether it is there and keeps to
//! what it promised.

use super::CallError;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// The last call's trouble, if it had one.
#[derive(Default)]
pub struct Trouble {
    why: Mutex<Option<String>>,
    lost: Notify,
}

impl Trouble {
    /// Why the system is not as it should be.
    pub fn why(&self) -> Option<String> {
        self.why
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Takes notice of how a call went.
    pub fn note(&self, went: &Result<Value, CallError>) {
        let why = match went {
            Err(
                CallError::NotSent(why) | CallError::NoAnswer(why) | CallError::SessionLost(why),
            ) => Some(why.clone()),
            Ok(_)
            | Err(
                CallError::Refused(_)
                | CallError::NotSignedIn(_)
                | CallError::Protocol { .. }
                | CallError::Cancelled(_)
                | CallError::Conflict(_),
            ) => None,
        };
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
        if matches!(went, Err(CallError::NotSent(_))) {
            self.lost.notify_one();
        }
    }

    /// Takes notice of what an answer says of every call.
    pub fn say(&self, why: &str) {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
    }

    /// Comes back with the reason when the system cannot be reached.
    pub async fn lost(&self) -> String {
        self.lost.notified().await;
        self.why()
            .unwrap_or_else(|| "it cannot be reached".to_owned())
    }
}
