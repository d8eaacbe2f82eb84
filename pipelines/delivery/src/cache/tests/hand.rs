//! Small traces worked by hand from the papers' pseudocode: objects are letters of size 1, capitals are hits.

use crate::cache::lru::{Fifo, Lru};
use crate::cache::next_access::next_places;
use crate::cache::replay::{Eviction, Replay};
use crate::cache::s3_fifo::S3Fifo;
use crate::cache::sieve::Sieve;
use crate::cache::tiny_lfu::TinyLfu;
use crate::cache::{Admission, Bound, NEVER, Policy, Request, Simulation};

/// The trace of letters; sizes by `bytes`.
pub fn trace(letters: &str, bytes: impl Fn(char) -> u64) -> Vec<Request> {
    let letters: Vec<char> = letters.chars().filter(|letter| letter.is_alphabetic()).collect();
    let number = |letter: char| u32::from(letter.to_ascii_lowercase()) - u32::from('a');
    let next = next_places(letters.iter().map(|letter| number(*letter)).collect::<Vec<_>>().into_iter(), 26);
    let place = |place: u32| if place == u32::MAX { NEVER } else { u64::from(place) };
    let request = |(letter, next): (&char, u32)| Request {
        object: number(*letter),
        bytes: bytes(letter.to_ascii_lowercase()),
        next: place(next),
    };
    letters.iter().zip(next).map(request).collect()
}

/// Replays the letters; those that are hits must be the capitals.
fn check(eviction: impl Eviction, capacity: u64, admission: Admission, expected: &str) {
    let mut cache = Replay::new(eviction, capacity, admission);
    cache.grow(26);
    let requests = trace(expected, |_| 1);
    let letters = expected.chars().filter(|letter| letter.is_alphabetic());
    let mut found = String::new();
    for (request, letter) in requests.iter().zip(letters) {
        let is_hit = cache.request(request);
        found.push(if is_hit { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() });
    }
    assert_eq!(found, expected.replace(' ', ""));
}

#[test]
fn lru_moves_a_hit_to_the_head_and_fifo_does_not() {
    check(Lru::new(3), 3, Admission::All, "abc A d A b");
    check(Fifo::new(3), 3, Admission::All, "abc A d a b");
}

#[test]
fn sieve_keeps_what_was_visited_and_its_hand_moves_on() {
    // A was visited: the hand clears it, evicts b and stays at c. Then c goes, then d: the hand does not return to
    // the tail, so that A outlives all of them.
    check(Sieve::new(3), 3, Admission::All, "abc A d e b A E B");
    // All visited: the hand clears them all and evicts a, then b. Then it finds c and d visited and evicts the head; it
    // begins at the tail again.
    check(Sieve::new(3), 3, Admission::All, "abc ABC d a DC b D a c");
}

#[test]
fn s3_fifo_remembers_what_it_evicted_early() {
    // Ten objects fill the small queue, which holds more than its tenth until the cache is full. k evicts a, which
    // is remembered: a comes into the main queue as b goes. c was accessed twice and moves to the main queue; d goes.
    check(S3Fifo::new(10), 10, Admission::All, "abcdefghij k a CC l CA d b");
    // Once is not enough to leave the small queue for the main one.
    check(S3Fifo::new(10), 10, Admission::All, "abcdefghij A k a");
    // Nothing but the small queue: a cache of less than ten.
    check(S3Fifo::new(2), 2, Admission::All, "ab c a CA");
}

#[test]
fn tiny_lfu_lets_in_only_what_is_asked_for_more_often() {
    // The window holds one, the main cache four. e leaves the window and counts as often as a, the main cache's
    // first victim: it is dropped. Asked for again it counts two, and b goes for it.
    check(TinyLfu::with_window(5, 1), 5, Admission::All, "abcde f A e g E b");
}

#[test]
fn second_hit_and_size_keep_objects_out() {
    check(Lru::new(3), 3, Admission::SecondHit, "aaA bcA b B c C");
    check(Lru::new(3), 3, Admission::Size(0), "aaa");
    check(Lru::new(3), 3, Admission::Size(1), "aAA");
}

#[test]
fn belady_evicts_what_comes_last_and_the_bound_need_not_take_in_at_all() {
    let requests = trace("abcab", |_| 1);
    let hits = |policy: Policy| {
        let mut cache = policy.simulation(2, Admission::All);
        cache.run(&requests, 26);
        cache.tally().hit_bytes
    };
    assert_eq!(hits(Policy::Lru), 0);
    // c must come in, and b goes for it.
    assert_eq!(hits(Policy::Belady), 1);
    assert_eq!(hits(Policy::Bound), 2);
}

#[test]
fn the_bound_keeps_parts_of_objects() {
    // Two objects of 3 bytes in a cache of 4: one whole and a third of the other.
    let requests = trace("abab", |_| 3);
    let mut bound = Bound::new(4);
    bound.run(&requests, 26);
    assert_eq!(bound.tally().hit_bytes, 4);
    // What is larger than the cache is never kept.
    let requests = trace("abab", |letter| if letter == 'a' { 5 } else { 3 });
    let mut bound = Bound::new(4);
    bound.run(&requests, 26);
    assert_eq!(bound.tally().hit_bytes, 3);
}

#[test]
fn what_is_larger_than_the_cache_never_comes_in() {
    for policy in Policy::ALL {
        let mut cache = policy.simulation(4, Admission::All);
        cache.run(&trace("aaab", |letter| if letter == 'a' { 5 } else { 4 }), 26);
        let tally = cache.tally();
        assert_eq!((tally.hits, tally.hit_bytes, tally.requests, tally.bytes), (0, 0, 4, 19), "{policy}");
        let mut nothing = policy.simulation(0, Admission::All);
        nothing.run(&trace("abab", |_| 1), 26);
        assert_eq!(nothing.tally().hit_bytes, 0, "{policy}");
    }
}
