//! Failed logins slow down those that follow, by address and by name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Failures that cost nothing: people mistype.
const FREE: u32 = 3;
/// The first wait; each failure more doubles it.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait of an address, and of a name: a name's owner must not be locked out by others.
const LONGEST_OF_ADDRESS: Duration = Duration::from_secs(16);
const LONGEST_OF_NAME: Duration = Duration::from_secs(2);
/// After so long a failure is forgotten.
const KEPT: Duration = Duration::from_secs(600);
/// Entries that are kept.
const ENTRIES_MAX: usize = 10_000;

#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Key, (u32, Instant)>>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    Name(String),
}

impl Throttle {
    /// How long an attempt waits before it is answered, right or wrong.
    pub fn wait(&self, address: IpAddr, name: &str) -> Duration {
        let of_address = self.of(&Key::Address(address)).min(LONGEST_OF_ADDRESS);
        of_address.max(self.of(&Key::Name(name.to_owned())).min(LONGEST_OF_NAME))
    }

    pub fn failed(&self, address: IpAddr, name: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            entries.retain(|_, (_, at)| at.elapsed() < KEPT);
        }
        for key in [Key::Address(address), Key::Name(name.to_owned())] {
            // Where there is no room the oldest are not looked for: addresses that are there go on being slow.
            if entries.len() < ENTRIES_MAX || entries.contains_key(&key) {
                let entry = entries.entry(key).or_insert((0, Instant::now()));
                let before = if entry.1.elapsed() < KEPT { entry.0 } else { 0 };
                *entry = (before + 1, Instant::now());
            }
        }
    }

    pub fn succeeded(&self, address: IpAddr, name: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&Key::Address(address));
        entries.remove(&Key::Name(name.to_owned()));
    }

    fn of(&self, key: &Key) -> Duration {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = entries.get(key).filter(|(_, at)| at.elapsed() < KEPT).map_or(0, |(count, _)| *count);
        match failures.checked_sub(FREE) {
            Some(beyond) => FIRST * 2u32.pow(beyond.min(10)),
            None => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_slow_down_and_success_forgives() {
        let throttle = Throttle::default();
        let address = IpAddr::from([10, 0, 0, 1]);
        let other = IpAddr::from([10, 0, 0, 2]);
        (0..FREE - 1).for_each(|_| throttle.failed(address, "anna"));
        assert_eq!(throttle.wait(address, "anna"), Duration::ZERO);
        throttle.failed(address, "anna");
        assert_eq!(throttle.wait(address, "anna"), FIRST);
        (0..20).for_each(|_| throttle.failed(address, "anna"));
        assert_eq!(throttle.wait(address, "ben"), LONGEST_OF_ADDRESS);
        assert_eq!(throttle.wait(other, "anna"), LONGEST_OF_NAME);
        assert_eq!(throttle.wait(other, "ben"), Duration::ZERO);
        throttle.succeeded(address, "anna");
        assert_eq!(throttle.wait(address, "anna"), Duration::ZERO);
    }
}
