//! Who runs next: a fixed number of statements at once, a turn for each user, and a bound for each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// Turns to run. Cheap to clone.
#[derive(Clone)]
pub struct Queue(Arc<Mutex<Turns>>);

/// The right to run one statement; given back when it is dropped.
pub struct Ticket {
    queue: Queue,
    user: String,
}

struct Turns {
    free: usize,
    running: BTreeMap<String, usize>,
    /// Users who wait, whose turn it is first.
    order: VecDeque<String>,
    waiting: BTreeMap<String, VecDeque<Waiting>>,
}

struct Waiting {
    /// As many of the user's statements run at once.
    at_once: usize,
    grant: oneshot::Sender<Ticket>,
}

impl Queue {
    pub fn new(at_once: usize) -> Self {
        let turns = Turns {
            free: at_once.max(1),
            running: BTreeMap::new(),
            order: VecDeque::new(),
            waiting: BTreeMap::new(),
        };
        Self(Arc::new(Mutex::new(turns)))
    }

    /// Waits for a turn. Dropping the future gives up the place.
    pub async fn enter(&self, user: &str, at_once: usize) -> Ticket {
        let receiver = {
            let (grant, receiver) = oneshot::channel();
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if !turns.waiting.contains_key(user) {
                turns.order.push_back(user.to_owned());
            }
            turns
                .waiting
                .entry(user.to_owned())
                .or_default()
                .push_back(Waiting { at_once: at_once.max(1), grant });
            receiver
        };
        self.grant();
        match receiver.await {
            Ok(ticket) => ticket,
            // The queue holds the other end for as long as somebody waits.
            Err(_) => unreachable!("a waiting statement is granted or dropped"),
        }
    }

    /// Statements that run and that wait.
    pub fn load(&self) -> (usize, usize) {
        let turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (turns.running.values().sum(), turns.waiting.values().map(VecDeque::len).sum())
    }

    fn grant(&self) {
        loop {
            let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((user, waiting)) = next else { return };
            // One who no longer waits gives the ticket straight back, outside of the lock.
            drop(waiting.grant.send(Ticket { queue: self.clone(), user }));
        }
    }
}

impl Turns {
    /// The next statement that may run, as taken.
    fn next(&mut self) -> Option<(String, Waiting)> {
        if self.free == 0 {
            return None;
        }
        let may_run = |user: &String| {
            let first = self.waiting.get(user).and_then(VecDeque::front);
            first.is_some_and(|first| self.running.get(user).copied().unwrap_or_default() < first.at_once)
        };
        let place = self.order.iter().position(may_run)?;
        let user = self.order.remove(place)?;
        let waiting = self.waiting.get_mut(&user)?.pop_front()?;
        match self.waiting.get(&user).is_some_and(|rest| !rest.is_empty()) {
            // The user's next statement comes after a turn of everybody else's.
            true => self.order.push_back(user.clone()),
            false => drop(self.waiting.remove(&user)),
        }
        self.free -= 1;
        *self.running.entry(user.clone()).or_default() += 1;
        Some((user, waiting))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        {
            let mut turns = self.queue.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.free += 1;
            if let Some(count) = turns.running.get_mut(&self.user) {
                *count -= 1;
                if *count == 0 {
                    turns.running.remove(&self.user);
                }
            }
        }
        self.queue.grant();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Everybody asks at once; the order in which they run.
    async fn order(at_once: usize, per_user: usize, asked: &[&str]) -> Vec<String> {
        let queue = Queue::new(at_once);
        let first = queue.enter("nobody", 1).await;
        let ran = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for user in asked {
            let (queue, ran, user) = (queue.clone(), ran.clone(), (*user).to_owned());
            tasks.push(tokio::spawn(async move {
                let _ticket = queue.enter(&user, per_user).await;
                ran.lock().unwrap().push(user);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(queue.load(), (0, 0));
        Arc::into_inner(ran).unwrap().into_inner().unwrap()
    }

    #[tokio::test]
    async fn users_take_turns() {
        let ran = order(1, 9, &["a", "a", "a", "a", "b", "c"]).await;
        assert_eq!(ran, ["a", "b", "c", "a", "a", "a"]);
    }

    #[tokio::test]
    async fn a_user_has_a_bound() {
        let queue = Queue::new(3);
        let first = queue.enter("a", 1).await;
        let second = tokio::time::timeout(Duration::from_millis(10), queue.enter("a", 1)).await;
        assert!(second.is_err());
        let other = queue.enter("b", 1).await;
        assert_eq!(queue.load().0, 2);
        drop(first);
        let third = queue.enter("a", 1).await;
        drop((other, third));
        assert_eq!(queue.load(), (0, 0));
    }
}
