//! What must hold on any trace: no policy beats the bound, no cache is overfull, a larger LRU keeps what a smaller
//! one keeps, and sampling and order change nothing that they should not.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::flow::{Arc, Network, solve};

use crate::cache::lru::Lru;
use crate::cache::next_access::next_places;
use crate::cache::record::{Contradiction, RECORD_BYTES, Records};
use crate::cache::replay::Replay;
use crate::cache::trial::{Span, Trial, foreseen, score};
use crate::cache::{
    Admission, Bound, Day, Interner, Limits, NEVER, Plan, Policy, Request, Row, Settings, Simulation,
};

const OBJECTS: usize = 12;

fn requests(objects: &[u32], sizes: &[u64]) -> Vec<Request> {
    let next = next_places(objects.iter().copied(), OBJECTS);
    let place = |place: u32| if place == u32::MAX { NEVER } else { u64::from(place) };
    let request = |(object, next): (&u32, u32)| Request {
        object: *object,
        bytes: sizes[*object as usize],
        next: place(next),
    };
    objects.iter().zip(next).map(request).collect()
}

fn hit_bytes(policy: Policy, admission: Admission, capacity: u64, requests: &[Request]) -> u64 {
    let mut cache = policy.simulation(capacity, admission);
    cache.run(requests, OBJECTS);
    cache.tally().hit_bytes
}

/// Belady for objects of one size that may leave out what it would evict at once, the slow way.
fn belady_with_bypass(requests: &[Request], places: usize) -> u64 {
    let mut held: BTreeMap<u32, u64> = BTreeMap::new();
    let mut hits = 0;
    for request in requests {
        hits += u64::from(held.remove(&request.object).is_some());
        held.insert(request.object, request.next);
        while held.len() > places {
            let last = held.iter().max_by_key(|(_, next)| **next).map(|(object, _)| *object);
            last.and_then(|object| held.remove(&object));
        }
    }
    hits
}

/// FOO-L as a minimum-cost flow: an object's bytes go from each of its requests to the next, through the cache for
/// nothing or past it for 1 a byte. What is larger than the cache has no part in it.
fn least_missed_bytes(requests: &[Request], capacity: u64) -> u64 {
    let mut network = Network { supplies: vec![0; requests.len()], arcs: Vec::new() };
    let places = 0..requests.len() as u32;
    network.arcs.extend(places.skip(1).map(|place| Arc::bounded(place - 1, place, capacity as i64, 0)));
    let mut missed = 0;
    let mut seen = [false; OBJECTS];
    for (place, request) in requests.iter().enumerate() {
        let bytes = request.bytes as i64;
        let is_new = !std::mem::replace(&mut seen[request.object as usize], true);
        if is_new || request.bytes > capacity {
            missed += request.bytes;
        }
        if request.bytes <= capacity && request.next != NEVER {
            network.arcs.push(Arc::bounded(place as u32, request.next as u32, bytes, 1));
            network.supplies[place] += bytes;
            network.supplies[request.next as usize] -= bytes;
        }
    }
    let solution = solve(&network).expect("past the cache there is always room");
    missed + u64::try_from(solution.objective).expect("no cost is below zero")
}

fn sizes() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(1..20u64, OBJECTS)
}

fn objects(length: usize) -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(0..OBJECTS as u32, 0..length)
}

fn admissions() -> [Admission; 3] {
    [Admission::All, Admission::Size(9), Admission::SecondHit]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_policy_beats_the_bound(objects in objects(80), sizes in sizes(), capacity in 0..90u64) {
        let requests = requests(&objects, &sizes);
        let bound = hit_bytes(Policy::Bound, Admission::All, capacity, &requests);
        for policy in Policy::ALL {
            for admission in admissions() {
                let found = hit_bytes(policy, admission, capacity, &requests);
                prop_assert!(found <= bound, "{policy} {admission}: {found} > {bound}");
            }
        }
        prop_assert!(bound <= hit_bytes(Policy::Bound, Admission::All, capacity + 7, &requests));
    }

    #[test]
    fn no_policy_beats_the_bound_where_objects_change_their_sizes(
        objects in objects(80), sizes in proptest::collection::vec(1..20u64, 80), capacity in 0..90u64,
    ) {
        let mut requests = requests(&objects, &[1; OBJECTS]);
        for (request, bytes) in requests.iter_mut().zip(&sizes) {
            request.bytes = *bytes;
        }
        let mut least = vec![u64::MAX; OBJECTS];
        for request in &requests {
            let least = &mut least[request.object as usize];
            *least = request.bytes.min(*least);
        }
        let mut bound = Bound::with_least(capacity, &least);
        bound.run(&requests, OBJECTS);
        let bound = bound.tally().hit_bytes;
        for policy in Policy::ONLINE.into_iter().chain([Policy::Belady]) {
            let found = hit_bytes(policy, Admission::All, capacity, &requests);
            prop_assert!(found <= bound, "{policy}: {found} > {bound}");
        }
    }

    #[test]
    fn the_bound_is_the_optimum_of_its_flow(objects in objects(80), sizes in sizes(), capacity in 0..90u64) {
        let requests = requests(&objects, &sizes);
        let bytes: u64 = requests.iter().map(|request| request.bytes).sum();
        let bound = hit_bytes(Policy::Bound, Admission::All, capacity, &requests);
        prop_assert_eq!(bytes - bound, least_missed_bytes(&requests, capacity));
    }

    #[test]
    fn belady_is_the_bound_where_sizes_are_equal(objects in objects(80), places in 0..9u64) {
        let requests = requests(&objects, &[5; OBJECTS]);
        let bound = hit_bytes(Policy::Bound, Admission::All, places * 5, &requests);
        prop_assert_eq!(bound, 5 * belady_with_bypass(&requests, places as usize));
    }

    #[test]
    fn a_larger_lru_finds_all_that_a_smaller_one_finds(objects in objects(80), places in 0..9u64) {
        let requests = requests(&objects, &[1; OBJECTS]);
        let mut caches = [places, places + 1].map(|places| Replay::new(Lru::new(places), places, Admission::All));
        for request in &requests {
            let [smaller, larger] = &mut caches;
            smaller.grow(OBJECTS);
            larger.grow(OBJECTS);
            prop_assert!(smaller.request(request) <= larger.request(request));
        }
    }

    #[test]
    fn nothing_holds_more_than_fits(objects in objects(80), sizes in sizes(), capacity in 0..90u64) {
        let day = day(&objects, &sizes, 0);
        for policy in Policy::ONLINE {
            let score = score(&day, &Span::of_day(&day), capacity, &Trial::plain(policy, Admission::All));
            let held = score.held.iter().zip(&day.objects).filter(|(held, _)| **held);
            let bytes: u64 = held.map(|(_, object)| object.bytes).sum();
            prop_assert!(bytes <= capacity, "{policy}: {bytes} > {capacity}");
        }
    }

    #[test]
    fn no_trial_of_a_warm_cache_beats_its_bound(
        objects in objects(80), sizes in sizes(), capacity in 0..90u64, warm in 0..40usize,
        ttl_seconds in proptest::option::of(1..40u32),
    ) {
        let day = day(&objects, &sizes, warm);
        let span = Span::of_day(&day);
        let bound = foreseen(&day, &day.foreseen(), &span, Policy::Bound, capacity);
        let plan = Plan { pinned: vec!["c1".into()], prefetch: vec!["c2".into()], ttl_seconds, ..Plan::default() };
        for policy in Policy::ONLINE {
            let trial = Trial { policy, ..plan.trial(&day, &span, capacity) };
            let tally = score(&day, &span, capacity, &trial).tally;
            prop_assert_eq!((tally.requests, tally.bytes), (bound.requests, bound.bytes));
            prop_assert!(tally.hit_bytes <= bound.hit_bytes, "{}: {} > {}", policy, tally.hit_bytes, bound.hit_bytes);
        }
    }

    #[test]
    fn a_plan_never_loses_to_lru(
        objects in objects(120), sizes in sizes(), capacity in 0..90u64, warm in 0..60usize,
    ) {
        let day = day(&objects, &sizes, warm);
        let planned = crate::cache::plan::plan(&day, capacity, None, &settings());
        prop_assert_eq!(planned.byte_hit_ratio.is_some(), day.counted() > 0);
        let ratios = [planned.byte_hit_ratio_lru, planned.byte_hit_ratio, planned.byte_hit_ratio_bound];
        prop_assert!(ratios.is_sorted(), "{ratios:?}");
    }

    #[test]
    fn numbers_follow_the_order_of_ids(ids in proptest::collection::vec(0..5_000u64, 0..9_000)) {
        let mut interner = Interner::default();
        let mut known = BTreeMap::new();
        for id in ids {
            let id = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let next = known.len() as u32;
            prop_assert_eq!(interner.number(id), Some(*known.entry(id).or_insert(next)));
        }
        prop_assert_eq!(interner.count(), known.len());
    }
}

fn settings() -> Settings {
    Settings {
        pin_share: 0.2,
        prefetch_share: 0.2,
        prefetch_return_min: 0.5,
        gain_min: 0.0,
        ttl_seconds: vec![1_000_000],
        ttl_loss_max: 0.0,
    }
}

fn limits() -> Limits {
    Limits { objects_max: 1_000, requests_max: 100_000 }
}

/// A node's day: object 3 is of content c3 mod 4, a request a second.
fn day(objects: &[u32], sizes: &[u64], warm: usize) -> Day {
    let mut day = Day::new(limits());
    for (place, object) in objects.iter().enumerate() {
        let content = format!("c{}", object % 4);
        day.push(&Row {
            object: u64::from(*object).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            content: Some(&content),
            bytes: sizes[*object as usize],
            second: place as u32,
            is_counted: place >= warm,
        });
    }
    day
}

#[test]
fn a_day_that_is_too_large_is_sampled_by_object() {
    let push = |limits: Limits| {
        let mut day = Day::new(limits);
        for second in 0..20_000u32 {
            let object = u64::from(second % 5_000 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let row = Row { object, content: None, bytes: 10, second, is_counted: second >= 5_000 };
            day.push(&row);
        }
        day
    };
    let whole = push(Limits { objects_max: 5_000, requests_max: 20_000 });
    assert_eq!((whole.objects.len(), whole.accesses.len(), whole.warm), (5_000, 20_000, 5_000));
    for limits in [
        Limits { objects_max: 1_000, requests_max: 20_000 },
        Limits { objects_max: 5_000, requests_max: 4_000 },
    ] {
        let part = push(limits);
        assert!(part.objects.len() <= limits.objects_max && part.accesses.len() <= limits.requests_max);
        assert!(part.objects.len() > 400, "{}", part.objects.len());
        // All requests of each object that is kept.
        assert_eq!((part.accesses.len(), part.warm), (part.objects.len() * 4, part.objects.len()));
        assert_eq!(part.unscaled(part.scaled(1 << 30)), 1 << 30);
    }
}

fn record(id: u64, bytes: u32, next: i64) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[4..12].copy_from_slice(&id.to_le_bytes());
    record[12..16].copy_from_slice(&bytes.to_le_bytes());
    record[16..].copy_from_slice(&next.to_le_bytes());
    record
}

#[test]
fn a_trace_is_held_against_what_it_foretells() {
    let read = |given: &[(u64, u32, i64)]| {
        let block: Vec<u8> = given.iter().flat_map(|(id, bytes, next)| record(*id, *bytes, *next)).collect();
        let (mut records, mut requests) = (Records::default(), Vec::new());
        records.read(&block, &mut requests).expect("few objects");
        records.finish();
        (records, requests)
    };
    for origin in [0, 1] {
        let (records, requests) = read(&[(7, 5, 2 + origin), (8, 0, -1), (7, 5, i64::MAX)]);
        assert_eq!((&records.contradiction, records.empty, records.objects()), (&None, 1, 2));
        assert_eq!(requests.iter().map(|request| request.object).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(requests[1].next, NEVER);
    }
    for (given, expected) in [
        (vec![(7, 5, -1), (7, 5, -1)], Some(Contradiction::Unforetold { record: 2, id: 7 })),
        (
            vec![(7, 5, 3), (8, 5, -1), (9, 5, -1), (9, 5, -1)],
            Some(Contradiction::Unforetold { record: 4, id: 9 }),
        ),
        (vec![(7, 5, 3), (8, 5, -1), (9, 5, -1)], Some(Contradiction::Absent { id: 7 })),
        // Cut behind its third record: what comes later is not known to be wrong.
        (vec![(7, 5, 9), (8, 5, 3), (8, 5, 4)], None),
    ] {
        assert_eq!(read(&given).0.contradiction, expected, "{given:?}");
    }
}

#[test]
fn what_a_player_tells_names_no_other_object() {
    use crate::cache::key::object;
    let plain = object("/v/co_1/AVC/720/00001.m4s", None, None);
    assert_eq!(plain, object("/v/co_1/AVC/720/00001.m4s", Some("CMCD=br%3D3640&token=1"), None));
    assert_ne!(plain, object("/v/co_1/AVC/720/00002.m4s", None, None));
    assert_ne!(plain, object("/v/co_1/AVC/720/00001.m4s", None, Some((0, 99))));
    assert_ne!(object("/a", None, Some((0, 9))), object("/a", None, Some((0, 10))));
    assert_eq!(object("/a", Some("x=1&CMCD=su"), None), object("/a", Some("x=1"), None));
    assert_ne!(object("/a", Some("x=1"), None), object("/a", Some("x=2"), None));
}
