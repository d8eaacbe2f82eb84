//! Which contents to hold whatever comes, and which to fetch before they are asked for.

use std::collections::{BTreeMap, HashSet};

use super::Day;
use super::trial::{Score, Span};

/// What is known of a content after a trial.
#[derive(Debug, Clone, Default)]
struct Known {
    /// Size of its objects that were asked for.
    bytes: u64,
    /// Bytes of it that were asked for and not found.
    missed_bytes: u64,
    /// Size of those objects that the cache does not hold in the end.
    absent_bytes: u64,
}

fn known<'a>(day: &'a Day, span: &Span, score: &Score) -> BTreeMap<&'a str, Known> {
    let mut contents: BTreeMap<&str, Known> = BTreeMap::new();
    let mut seen = vec![false; day.objects.len()];
    for access in &day.accesses[span.warm.start..span.counted.end] {
        let object = access.object as usize;
        if std::mem::replace(&mut seen[object], true) {
            continue;
        }
        let Some(name) = day.content(access.object) else { continue };
        let content = contents.entry(name).or_default();
        let bytes = day.objects[object].bytes;
        content.bytes += bytes;
        content.missed_bytes += score.missed_bytes[object];
        content.absent_bytes += if score.held[object] { 0 } else { bytes };
    }
    contents
}

/// The contents whose cost returns most within a budget, by what they are worth a byte of their cost.
fn within<'a>(mut worth: Vec<(&'a str, u64, u64)>, budget: u64) -> Vec<&'a str> {
    // By value ÷ cost, compared as products: no rounding decides.
    worth.sort_by(|(left, value, cost), (right, other_value, other_cost)| {
        let ours = u128::from(*value) * u128::from(*other_cost);
        let theirs = u128::from(*other_value) * u128::from(*cost);
        theirs.cmp(&ours).then(left.cmp(right))
    });
    let mut left = budget;
    let fits = |(_, _, cost): &(&str, u64, u64)| match left.checked_sub(*cost) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    worth.into_iter().filter(fits).map(|(name, _, _)| name).collect()
}

/// The contents of which most would have been found, had they been held throughout, within so many bytes.
pub fn to_pin<'a>(day: &'a Day, span: &Span, score: &Score, budget: u64) -> Vec<&'a str> {
    let worth = |(name, content): (&'a str, Known)| {
        // What is not there must be fetched once all the same.
        let value = content.missed_bytes.saturating_sub(content.absent_bytes);
        (value > 0).then_some((name, value, content.bytes))
    };
    within(known(day, span, score).into_iter().filter_map(worth).collect(), budget)
}

/// The contents that are not there in the end and were asked for again and again, within so many bytes to fetch.
pub fn to_prefetch<'a>(
    day: &'a Day,
    span: &Span,
    score: &Score,
    budget: u64,
    pinned: &[&str],
) -> Vec<&'a str> {
    let pinned: HashSet<&str> = pinned.iter().copied().collect();
    let worth = |(name, content): (&'a str, Known)| {
        let returns = content.absent_bytes > 0 && content.missed_bytes > content.absent_bytes;
        (returns && !pinned.contains(name)).then_some((name, content.missed_bytes, content.absent_bytes))
    };
    within(known(day, span, score).into_iter().filter_map(worth).collect(), budget)
}

/// By object, whether it belongs to one of some contents.
pub fn members(day: &Day, names: &[&str]) -> Vec<bool> {
    if names.is_empty() {
        return Vec::new();
    }
    let names: HashSet<&str> = names.iter().copied().collect();
    let of = |object| day.content(object).is_some_and(|name| names.contains(name));
    (0..day.objects.len() as u32).map(of).collect()
}

/// By object, whether it is pinned: the objects of some contents as they come, within so many bytes. Contents may have
/// more objects on a day than on the one that they were chosen on.
pub fn pins(day: &Day, names: &[&str], budget: u64) -> Vec<bool> {
    let mut left = budget;
    let mut pins = members(day, names);
    for (is_pinned, object) in pins.iter_mut().zip(&day.objects).filter(|(is_pinned, _)| **is_pinned) {
        match left.checked_sub(object.bytes) {
            Some(rest) => left = rest,
            None => *is_pinned = false,
        }
    }
    pins
}

/// The objects of some contents that were asked for before the requests that count: those of the first content last,
/// so that a policy evicts them last. Only they can be fetched ahead: others are not known yet.
pub fn known_objects(day: &Day, span: &Span, names: &[&str]) -> Vec<u32> {
    if names.is_empty() {
        return Vec::new();
    }
    let rank: BTreeMap<&str, usize> = names.iter().enumerate().map(|(rank, name)| (*name, rank)).collect();
    let mut seen = vec![false; day.objects.len()];
    let mut found = Vec::new();
    for access in &day.accesses[span.warm.clone()] {
        if !std::mem::replace(&mut seen[access.object as usize], true) {
            let rank = day.content(access.object).and_then(|name| rank.get(name));
            found.extend(rank.map(|rank| (std::cmp::Reverse(*rank), access.object)));
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, object)| object).collect()
}
