//! The levels: who shrinks toward whom, what is said of pairs that nobody measured, and that it stays in bounds.

use proptest::prelude::*;

use super::support::Numbers;
use crate::estimates::codes::{Class, Codec};
use crate::estimates::histogram::Histogram;
use crate::estimates::model::{Asked, Model, Observation};
use crate::estimates::prediction::Level;

/// Round trips of one cell and node, in milliseconds.
struct Seen {
    asked: Asked,
    values: Vec<f64>,
    histogram: Histogram,
}

fn seen(region: u32, class: Class, node: u32, codec: Codec, values: Vec<f64>) -> Seen {
    let mut histogram = Histogram::default();
    values.iter().for_each(|value| histogram.add((value * 1000.0).round() as u64));
    Seen { asked: Asked { region, class, node, codec }, values, histogram }
}

fn fit(mut seen: Vec<Seen>, node_regions: &[Option<u32>]) -> Option<Model> {
    seen.sort_by_key(|seen| seen.asked);
    let observations: Vec<_> = seen
        .iter()
        .map(|seen| Observation {
            region: seen.asked.region,
            codec: seen.asked.codec,
            class: seen.asked.class,
            node: seen.asked.node,
            count: seen.values.len() as u64,
            sum: seen.values.iter().sum(),
            squares: seen.values.iter().map(|value| value * value).sum(),
            histogram: &seen.histogram,
        })
        .collect();
    Model::fit(&observations, node_regions, 0.001, 0.95)
}

/// Two regions, two nodes in each: 20 ms within a region, 120 ms across; the second node of a region is 10 ms slower.
/// Node 4 is in region 1 and was never measured, node 5 is in no inventory.
const NODE_REGIONS: [Option<u32>; 6] = [Some(0), Some(0), Some(1), Some(1), Some(1), None];

fn true_ms(region: u32, node: u32) -> f64 {
    let across = if NODE_REGIONS[node as usize] == Some(region) { 20.0 } else { 120.0 };
    across + 10.0 * f64::from(node % 2)
}

fn measured(skip: impl Fn(u32, u32) -> bool) -> Vec<Seen> {
    let mut numbers = Numbers(5);
    let mut all = Vec::new();
    for (region, node) in (0..2).flat_map(|region| (0..4).map(move |node| (region, node))) {
        for (codec, class) in Codec::ALL.into_iter().flat_map(|codec| Class::ALL.map(|class| (codec, class)))
        {
            if !skip(region, node) {
                let value = |numbers: &mut Numbers| (true_ms(region, node) + 3.0 * numbers.normal()).max(1.0);
                let values = (0..50).map(|_| value(&mut numbers)).collect();
                all.push(seen(region, class, node, codec, values));
            }
        }
    }
    all
}

fn ask(model: &Model, region: u32, node: u32) -> (Level, f64, f64) {
    let asked = Asked { region, class: Class::Short, node, codec: Codec::Avc };
    let found = model.predict(&asked);
    (found.level, found.mean, found.quantile)
}

#[test]
fn what_was_measured_well_is_believed() {
    let model = fit(measured(|_, _| false), &NODE_REGIONS).expect("a model");
    for (region, node) in (0..2).flat_map(|region| (0..4).map(move |node| (region, node))) {
        let (level, mean, tail) = ask(&model, region, node);
        let truth = true_ms(region, node);
        assert_eq!(level, Level::Cell);
        assert!((mean - truth).abs() < 1.5, "{mean} for {truth}");
        // 95 of a hundred lie up to 1.645 deviations above the mean.
        assert!((tail - truth - 4.9).abs() < 3.0, "{tail} for {truth}");
    }
}

#[test]
fn a_node_that_was_not_measured_is_like_its_regions_pair() {
    let model = fit(measured(|_, _| false), &NODE_REGIONS).expect("a model");
    for (region, pair) in [(0, 125.0), (1, 25.0)] {
        let (level, mean, tail) = ask(&model, region, 4);
        assert_eq!(level, Level::RegionPair);
        assert!((mean - pair).abs() < 1.5 && tail > mean && tail < mean + 15.0, "{mean} {tail} for {pair}");
    }
    let (level, mean, _) = ask(&model, 0, 5);
    assert_eq!(level, Level::All);
    assert!((mean - 75.0).abs() < 15.0, "{mean}");
}

#[test]
fn a_node_that_others_measured_brings_what_it_adds() {
    // Nobody in region 0 has measured node 3, which region 1 finds slower than node 2.
    let model = fit(measured(|region, node| (region, node) == (0, 3)), &NODE_REGIONS).expect("a model");
    let (level, slow, _) = ask(&model, 0, 3);
    let (_, fast, _) = ask(&model, 0, 2);
    assert_eq!(level, Level::Node);
    assert!(slow > fast + 1.0 && slow < fast + 12.0, "{slow} beside {fast}");
}

#[test]
fn one_wild_sample_moves_little() {
    // Every cell knows that one round trip in fifty is wild.
    let mut all = measured(|_, _| false);
    for seen in &mut all {
        *seen = {
            let Asked { region, class, node, codec } = seen.asked;
            let values = seen.values[1..].iter().copied().chain([400.0]).collect();
            self::seen(region, class, node, codec, values)
        };
    }
    all.retain(|seen| {
        (seen.asked.region, seen.asked.node, seen.asked.codec) != (0, 0, Codec::Av1)
            || seen.asked.class != Class::Long
    });
    all.push(seen(0, Class::Long, 0, Codec::Av1, vec![400.0]));
    let model = fit(all, &NODE_REGIONS).expect("a model");
    let asked = Asked { region: 0, class: Class::Long, node: 0, codec: Codec::Av1 };
    let found = model.predict(&asked);
    assert_eq!((found.level, found.own_mean), (Level::Cell, Some(400.0)));
    assert!(found.weight < 0.3 && found.mean < 120.0, "{found:?}");
    assert!(found.quantile < 120.0, "{found:?}");
}

#[test]
fn no_probe_is_no_model_and_one_probe_is_all_there_is() {
    assert!(fit(Vec::new(), &NODE_REGIONS).is_none());
    let model = fit(vec![seen(0, Class::Short, 2, Codec::Avc, vec![33.0])], &NODE_REGIONS).expect("a model");
    for (region, node) in [(0, 2), (1, 4), (1, 5)] {
        let (_, mean, tail) = ask(&model, region, node);
        assert!((mean - 33.0).abs() < 1e-9 && (tail / 33.0 - 1.0).abs() < 0.008, "{mean} {tail}");
    }
}

proptest! {
    #[test]
    fn estimates_lie_between_what_they_are_made_of(
        rows in prop::collection::vec((0..3_u32, 0..4_u32, 0..4_usize, prop::collection::vec(0.5..900.0_f64, 1..12)), 1..30),
        (region, node, codec) in (0..4_u32, 0..5_u32, 0..4_usize)
    ) {
        let mut cells = std::collections::BTreeMap::new();
        for (region, node, codec, values) in rows {
            cells.insert((region, node, codec), values);
        }
        let seen: Vec<_> = cells
            .into_iter()
            .map(|((region, node, codec), values)| seen(region, Class::Short, node, Codec::ALL[codec], values))
            .collect();
        let lowest = seen.iter().flat_map(|seen| &seen.values).copied().fold(f64::INFINITY, f64::min);
        let model = fit(seen, &NODE_REGIONS).expect("a model");
        let found = model.predict(&Asked { region, class: Class::Short, node, codec: Codec::ALL[codec] });
        let weights = [found.weight, found.quantile_weight];
        prop_assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)), "{found:?}");
        prop_assert!(found.mean.is_finite() && found.mean > 0.9 * lowest.min(1.0), "{found:?}");
        prop_assert!(found.quantile.is_finite() && found.quantile > 0.0, "{found:?}");
        match found.own_mean {
            Some(own) => {
                let (low, high) = (own.min(found.parent_mean), own.max(found.parent_mean));
                prop_assert!((low - 1e-9..=high + 1e-9).contains(&found.mean), "{found:?}");
            }
            None => prop_assert!(found.level != Level::Cell && found.weight.abs() < 1e-12, "{found:?}"),
        }
    }
}
