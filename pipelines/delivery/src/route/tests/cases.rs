//! Single plans, small enough to be told by hand.

use super::{GB, by_price, cell, node, problem};
use crate::route::inputs::{Problem, Provider, Settings, Tier};
use crate::route::{Lost, Refusal, plan};

/// 100 Mbit/s from two nodes: a cheap one with room for 80 of its 100, and a dear one.
fn two_nodes() -> Problem {
    let nodes = vec![node("cheap", "p1", 100, 5_000_000), node("dear", "p2", 1000, 9_000_000)];
    problem(vec![cell("eu", 540, 100)], nodes, &[&[30.0, 10.0]])
}

#[test]
fn the_cheap_node_fills_and_the_rest_is_dear() {
    let plan = plan(&two_nodes(), None, &by_price()).unwrap();
    assert_eq!(plan.primaries, [[(0, 80_000_000), (1, 20_000_000)]]);
    // 432 GB at 0.005 and 108 GB at 0.009.
    assert_eq!(plan.score.cost, 3_132_000_000);
    assert_eq!((plan.objective, plan.lower_bound), (3_132_000_000, 3_132_000_000));
    // Each may take the other's part, up to all that it has.
    assert!(plan.single_loss_fits(), "{:?}", plan.losses);
}

#[test]
fn round_trips_have_their_price() {
    let settings = Settings { rtt_price: 1_000_000, ..by_price() };
    // 30 ms at 0.001 each cost more than the price saves.
    let plan = plan(&two_nodes(), None, &settings).unwrap();
    assert_eq!(plan.primaries, [[(1, 100_000_000)]]);
}

#[test]
fn yesterday_holds_until_moving_pays() {
    let problem = two_nodes();
    let before = vec![vec![(1, 100_000_000)]];
    let of = |move_price| plan(&problem, Some(&before), &Settings { move_price, ..by_price() }).unwrap();
    assert_eq!(of(4_000_001).primaries, before);
    assert_eq!(of(3_999_999).primaries, [[(0, 80_000_000), (1, 20_000_000)]]);
    assert!((of(3_999_999).moved_share - 0.8).abs() < 1e-9);
}

#[test]
fn a_dearer_tier_is_entered_last() {
    let tier = Tier { from_bytes: 216 * GB, surcharge: 5_000_000 };
    let agreed = Provider { cap_bps: None, tiers: vec![tier] };
    let settings = Settings { providers: [("p1".to_owned(), agreed)].into(), ..by_price() };
    let plan = plan(&two_nodes(), None, &settings).unwrap();
    assert_eq!(plan.primaries, [[(0, 40_000_000), (1, 60_000_000)]]);
    let capped = Provider { cap_bps: Some(10_000_000), tiers: vec![] };
    let settings = Settings { providers: [("p2".to_owned(), capped)].into(), ..by_price() };
    let plan = crate::route::plan(&two_nodes(), None, &settings).unwrap();
    assert_eq!(plan.unserved_bps, [10_000_000]);
    assert_eq!(plan.notes[0], "eu/AVC/SHORT: 54.000 GB unserved: no room is left");
}

#[test]
fn losses_are_told_by_how_much() {
    let nodes = vec![
        node("a", "p1", 100, 1_000_000),
        node("b", "p2", 100, 2_000_000),
        node("c", "p2", 40, 3_000_000),
    ];
    let cells = vec![cell("eu", 540, 60), cell("us", 540, 60)];
    let problem = problem(cells, nodes, &[&[10.0, 10.0, 10.0], &[10.0, 10.0, 10.0]]);
    let plan = plan(&problem, None, &by_price()).unwrap();
    let told = |lost: Lost| {
        let loss = plan.losses.iter().find(|loss| loss.lost == lost).unwrap();
        (loss.fits, loss.moved_bytes / i128::from(GB), loss.overflow_bytes / i128::from(GB))
    };
    // a serves 80; b and c have room for 140 in all, of which 40 are taken.
    assert_eq!(told(Lost::Node(0)), (true, 720, 0));
    assert_eq!(told(Lost::Provider(0)), (true, 720, 0));
    // b serves 40: a has room for 20 more, and c for 40.
    assert_eq!(told(Lost::Node(1)), (true, 360, 0));
    assert_eq!(told(Lost::Provider(1)), (false, 360, 180));
    assert!(!plan.single_loss_fits());
    let note =
        "the loss of provider p2 does not fit: 180.000 of 360.000 GB, 180.000 of them whatever the fallbacks";
    assert!(plan.notes.iter().any(|found| found == note), "{:?}", plan.notes);
}

#[test]
fn what_cannot_be_planned_is_refused_by_name() {
    let refused = |problem: &Problem| plan(problem, None, &Settings::default()).unwrap_err();
    let mut drained = two_nodes();
    drained.nodes.iter_mut().for_each(|node| node.is_available = false);
    assert_eq!(refused(&drained), Refusal::NoNodes(2));
    let mut full = two_nodes();
    full.nodes.iter_mut().for_each(|node| node.capacity_bps = 0);
    assert_eq!(refused(&full), Refusal::NoNodes(2));
    let blind = problem(two_nodes().cells, two_nodes().nodes, &[&[0.0, 0.0]]);
    assert_eq!(refused(&blind), Refusal::NoEstimates);
    let idle = problem(vec![], two_nodes().nodes, &[]);
    assert_eq!(refused(&idle), Refusal::NoDemand);
    let mut strange = two_nodes();
    strange.cells[0].name.codec = "VP9".to_owned();
    assert_eq!(refused(&strange), Refusal::NoNodes(2));
    let mut dear = two_nodes();
    dear.nodes[0].price = i64::MAX;
    dear.cells[0].bytes = i64::MAX;
    assert!(matches!(refused(&dear), Refusal::TooLarge(_)));
}

#[test]
fn a_cell_that_no_node_serves_is_named_and_the_others_are_planned() {
    let mut problem = two_nodes();
    let mut strange = cell("mars", 1, 1);
    strange.name.codec = "VP9".to_owned();
    problem.cells.push(strange);
    problem.estimates.0.push(problem.estimates.0[0].clone());
    let plan = plan(&problem, None, &by_price()).unwrap();
    assert_eq!(plan.unserved_bps, [0, 1_000_000]);
    assert!(plan.notes[0].starts_with("mars/VP9/SHORT: 1.000 GB unserved: no node that is there"));
}

#[test]
fn the_slow_share_is_bounded_at_the_least_cost() {
    // All from the cheap node would be slow; a tenth may be.
    let nodes = vec![node("far", "p1", 1000, 1_000_000), node("near", "p2", 1000, 9_000_000)];
    let mut problem = problem(vec![cell("eu", 540, 100)], nodes, &[&[200.0, 10.0]]);
    problem.estimates.0[0][0].1.rtt_ms_p95 = 200.0;
    let settings =
        Settings { slow_rtt_ms: Some(100.0), slow_share_max: 0.1, is_slow_bounded: true, ..by_price() };
    let plan = plan(&problem, None, &settings).unwrap();
    assert_eq!(plan.primaries, [[(0, 10_000_000), (1, 90_000_000)]]);
    assert!((plan.slow_share - 0.1).abs() < 1e-6);
    assert!(plan.gap < 1e-3, "{}", plan.gap);
    let never = Settings { slow_rtt_ms: Some(1.0), slow_share_max: 0.0, ..settings };
    let plan = crate::route::plan(&problem, None, &never).unwrap();
    assert!(plan.notes[0].starts_with("no routing has at most 0 of its traffic slower than 1 ms"));
}
