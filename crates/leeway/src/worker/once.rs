//! Work that is asked for again and again and done once at a time: whoever asks while it is done has it done once
//! more afterwards, and no more.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is being done, by key.
#[derive(Clone)]
pub struct Once<K> {
    /// Key → whether it was asked for again meanwhile.
    doing: Arc<Mutex<HashMap<K, bool>>>,
}

impl<K> Default for Once<K> {
    fn default() -> Self {
        Self {
            doing: Arc::default(),
        }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static> Once<K> {
    /// Does it in a task of its own, unless it is being done: then once more at its end.
    pub fn spawn<F>(&self, key: K, work: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send,
    {
        let mut doing = self.doing();
        if let Some(again) = doing.get_mut(&key) {
            *again = true;
            return;
        }
        doing.insert(key.clone(), false);
        drop(doing);
        let mut turn = Turn {
            once: self.clone(),
            key,
            over: false,
        };
        tokio::spawn(async move {
            loop {
                work().await;
                if !turn.again() {
                    return;
                }
            }
        });
    }

    fn doing(&self) -> MutexGuard<'_, HashMap<K, bool>> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is being done; forgotten when dropped, also by a panic.
struct Turn<K: Clone + Eq + Hash + Send + 'static> {
    once: Once<K>,
    key: K,
    /// Forgotten already: who asked since has a turn of its own.
    over: bool,
}

impl<K: Clone + Eq + Hash + Send + 'static> Turn<K> {
    /// Whether it was asked for again; if not, it is over, so that nobody's asking is lost in between.
    fn again(&mut self) -> bool {
        let mut doing = self.once.doing();
        match doing.get_mut(&self.key) {
            Some(again) if *again => {
                *again = false;
                true
            }
            _ => {
                doing.remove(&self.key);
                self.over = true;
                false
            }
        }
    }
}

impl<K: Clone + Eq + Hash + Send + 'static> Drop for Turn<K> {
    fn drop(&mut self) {
        if !self.over {
            self.once.doing().remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn it_is_done_once_at_a_time_and_once_more_for_all_who_asked_meanwhile() {
        let (once, done) = (Once::default(), Arc::new(AtomicUsize::new(0)));
        let (gate, ended) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let ask = || {
            let (done, gate, ended) = (done.clone(), gate.clone(), ended.clone());
            once.spawn("a", move || {
                let (done, gate, ended) = (done.clone(), gate.clone(), ended.clone());
                async move {
                    gate.acquire().await.unwrap().forget();
                    done.fetch_add(1, Ordering::SeqCst);
                    ended.add_permits(1);
                }
            });
        };
        for _ in 0..5 {
            ask();
        }
        gate.add_permits(10);
        ended.acquire_many(2).await.unwrap().forget();
        while once.doing().contains_key("a") {
            tokio::task::yield_now().await;
        }
        assert_eq!(done.load(Ordering::SeqCst), 2);
        ask();
        ended.acquire().await.unwrap().forget();
        assert_eq!(done.load(Ordering::SeqCst), 3);
    }
}
