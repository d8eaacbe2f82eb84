//! Routes from outside: planned over generated days, judged on the day after, and what bad days do to them.

#[path = "route/bad_input.rs"]
mod bad_input;
#[path = "route/landing.rs"]
mod landing;
#[path = "route/steered.rs"]
mod steered;

use std::collections::BTreeMap;

use generate::Options;

use crate::support::{Place, counted};

const D20: &str = "2026-11-20";
const D21: &str = "2026-11-21";
const D22: &str = "2026-11-22";
const D23: &str = "2026-11-23";

fn night(place: &Place, dt: &str) {
    place.night("ingest", dt);
    place.night("route", dt);
}

fn one(place: &Place, query: &str) -> Vec<String> {
    let rows = place.rows(query);
    assert_eq!(rows.len(), 1, "{query}: {rows:?}");
    rows.into_iter().next().unwrap_or_default()
}

/// Days of deliveries, planned each night.
fn generated(playbacks: u64, days: &[&str]) -> Place {
    let place = Place::generated(&Options {
        days: days.len() as u32,
        escrows_per_day: 10,
        subscriptions_per_day: 1,
        playbacks_per_day: playbacks,
        access_per_day: playbacks,
        contents_per_day: 400,
        nodes: 40,
        fault_rate: 0.0,
        ..Options::default()
    });
    days.iter().for_each(|dt| night(&place, dt));
    place
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

/// Scores of a day by policy: cost, objective, mean, 95th percentile, violations, unserved, churn, regret.
fn scores(place: &Place, dt: &str) -> BTreeMap<String, Vec<String>> {
    let query = format!(
        "SELECT policy, CAST(cost AS VARCHAR), CAST(objective AS VARCHAR), rtt_ms_mean, rtt_ms_p95, \
         capacity_violations, unserved_gb, churn, CAST(regret AS VARCHAR) FROM gold.route_scores WHERE dt = DATE '{dt}'"
    );
    place.rows(&query).into_iter().map(|mut row| (row.remove(0), row)).collect()
}

#[test]
fn the_plan_beats_nearest_and_greedy_on_the_day_after() {
    let place = generated(60_000, &[D20, D21, D22, D23]);
    for dt in [D21, D22, D23] {
        let scores = scores(&place, dt);
        let of = |policy: &str, column: usize| number(&scores[policy][column]);
        for other in ["NEAREST", "GREEDY", "ACTUAL"] {
            assert!(of("PLAN", 0) < of(other, 0), "{dt}: dearer than {other}: {scores:?}");
            // The first plan knows a single day, in which it believes too much.
            let is_kept = dt == D21 || of("PLAN", 3) <= of(other, 3);
            assert!(is_kept, "{dt}: a longer tail than {other}: {scores:?}");
        }
        assert_eq!(scores.len(), 5);
        assert!(of("PLAN", 5).abs() < 1e-9, "{scores:?}");
    }
    let first = scores(&place, D20);
    assert_eq!(first.keys().collect::<Vec<_>>(), ["ACTUAL", "HINDSIGHT"], "there was no plan yet");
    holds(&place);
}

#[test]
fn a_second_run_changes_nothing_and_another_warehouse_says_the_same() {
    let place = generated(3_000, &[D20, D21]);
    holds(&place);
    changes_nothing(&place);
}

/// What must hold of every plan, asked in SQL.
fn holds(place: &Place) {
    let weights = place.rows(
        "SELECT dt, region, codec, content_class FROM gold.route_plan WHERE role = 'PRIMARY' \
         GROUP BY 1, 2, 3, 4 HAVING abs(sum(weight) - 1) > 1e-9",
    );
    let unserved = place.rows("SELECT dt FROM gold.route_summary WHERE unserved_gb > 0");
    assert!(weights.is_empty() || !unserved.is_empty(), "{weights:?}");
    let lone = place.rows(
        "SELECT plan.region, plan.codec, plan.node_id FROM gold.route_plan AS plan \
         JOIN gold.route_plan AS other ON plan.dt = other.dt AND plan.region = other.region \
         AND plan.codec = other.codec AND plan.content_class = other.content_class \
         AND plan.for_node_id = other.node_id AND other.role = 'PRIMARY' \
         WHERE plan.role = 'FALLBACK' AND (plan.node_id = other.node_id OR plan.provider = other.provider)",
    );
    assert_eq!(lone.len(), 0, "a fallback on the provider that it stands in for: {lone:?}");
    let without = place.rows(
        "SELECT dt, region, codec, content_class FROM gold.route_plan GROUP BY 1, 2, 3, 4 \
         HAVING count(*) FILTER (WHERE role = 'FALLBACK') = 0",
    );
    assert_eq!(without.len(), 0, "cells without a fallback: {without:?}");
    let drained = place.rows(
        "SELECT plan.node_id FROM gold.route_plan AS plan JOIN bronze.nodes AS nodes \
         ON plan.node_id = nodes.node_id AND plan.dt = nodes.dt AND NOT nodes.conflict \
         WHERE nodes.status = 'DRAINED'",
    );
    assert_eq!(drained.len(), 0, "{drained:?}");
    for row in place.rows(
        "SELECT gap, capacity_violations, actual_demand_gb, actual_cost, actual_rtt_ms_mean, actual_rtt_ms_p95, \
         single_loss_fits, (SELECT bool_and(fits) FROM gold.route_losses AS losses WHERE losses.dt = summary.dt), \
         lower_bound <= objective, estimate_refused, ci_low <= off_policy_estimate AND off_policy_estimate <= ci_high \
         FROM gold.route_summary AS summary",
    ) {
        assert!(number(&row[0]) < 1e-3, "{row:?}");
        assert_eq!(row[1], "0");
        assert!(row[2..6].iter().all(|value| number(value) > 0.0), "{row:?}");
        assert_eq!(row[6], row[7]);
        assert_eq!(row[8], "true");
        assert!(row[9] == "true" || row[10] == "true", "{row:?}");
    }
}

/// A second run finds nothing to do, and another warehouse comes to the same rows.
fn changes_nothing(place: &Place) {
    let ended = place.run(&["run", "route", "--date", D21]);
    assert!(
        ended.stderr.contains("gold.route_summary: nothing it is made from has changed"),
        "{}",
        ended.stderr
    );
    let tables = ["route_plan", "route_summary", "route_losses", "route_scores"];
    let all = |warehouse: &std::path::Path| {
        tables.map(|table| {
            let shown = warehouse.display().to_string();
            let query = format!("SELECT * FROM gold.{table}");
            let mut command = crate::support::ttt(&["sql", "--format", "csv", &query, "--warehouse", &shown]);
            let ended = crate::support::Ended::of(command.output().expect("the program starts"));
            assert_eq!(ended.code, 0, "{}", ended.stderr);
            counted(crate::support::csv(&ended.stdout))
        })
    };
    let other = place.folder.path().join("other");
    for (job, from) in [("ingest", D20), ("route", D20)] {
        let mut command = crate::support::ttt(&["run", job, "--from", from, "--to", D21, "--quiet"]);
        command.arg("--landing").arg(place.landing()).arg("--warehouse").arg(&other);
        let ended = crate::support::Ended::of(command.output().expect("the program starts"));
        assert_eq!(ended.code, 0, "{}", ended.stderr);
    }
    let (first, second) = (all(&place.warehouse()), all(&other));
    for (table, (first, second)) in tables.iter().zip(first.iter().zip(&second)) {
        crate::support::assert_same(table, first, second);
    }
}
