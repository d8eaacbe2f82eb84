//! What a release gives away, measured from outside: many releases of two days that differ by one viewer.
//!
//! For any function g of a release, the mean of g on one day less the logarithm of the mean of exp(g) on the other is
//! at most their divergence (Donsker and Varadhan), which rho bounds. With g the logarithm of the ratio that the noise
//! promises, both are equal. So the measured number is a lower bound of what was given away, whatever the mechanism
//! does, less five deviations for chance.

use super::bounds::{Told, layout, sums, touch};
use super::policy_with;
use crate::accounting::sigma;
use crate::bounding::{Bounder, COMPLETED, TIP, Touch};
use crate::family::Family;
use crate::layout::{Layout, language};
use crate::noise::draw;
use crate::policy::{PARTS, Policy};
use crate::release::rows;
use crate::sums::Sums;

const RUNS: usize = 100_000;
/// What a mutant gives away shows sooner.
const RUNS_OF_MUTANTS: usize = 30_000;
/// Runs drawn at once.
const AT_ONCE: usize = 5_000;

/// A policy that spends half a rho on one day: a whole month's loss in one release, where chance hides least.
fn month_in_a_day() -> Policy {
    policy_with(&[
        ("rho_viewer_creator_month = \"0.5\"", "rho_viewer_creator_month = \"15.5\""),
        ("rho_viewer_month = \"2\"", "rho_viewer_month = \"62\""),
    ])
}

/// A viewer who reaches every cap with one creator, among others.
fn days(layout: &Layout) -> (Vec<Touch>, Vec<Touch>) {
    let others: Vec<Touch> =
        (10..30).map(|viewer| touch(layout, viewer, 0, [viewer, viewer * 77, viewer << 9])).collect();
    let greedy = (0..6).map(|number| Touch {
        marks: 0b1111 | COMPLETED | if number == 5 { TIP } else { 0 },
        watch_ms: 200_000,
        language: language(&layout.languages, Some("sw")),
        ..touch(layout, 1, 0, [number, 2, 0])
    });
    (others.iter().copied().chain(greedy).collect(), others)
}

/// A cell of which two days differ: its family and both sums.
struct Cell {
    sigma: f64,
    with: i64,
    without: i64,
}

fn cells(policy: &Policy, layout: &Layout, with: &Sums, without: &Sums) -> Vec<Cell> {
    let mut cells = Vec::new();
    for family in Family::ALL {
        let sigma = sigma(policy, family);
        for cell in layout.of_family(0, family) {
            cells.push(Cell { sigma, with: with.cells[cell], without: without.cells[cell] });
        }
        if family == Family::UnlistedLanguage {
            for ((_, language), sum) in &with.unlisted {
                let other = without.unlisted.get(&(0, *language)).copied().unwrap_or_default();
                cells.push(Cell { sigma, with: *sum, without: other });
            }
        }
    }
    // Where both days are alike, noise says nothing of which it was.
    cells.retain(|cell| cell.with != cell.without);
    cells
}

/// The logarithm of the ratio by which a release is likelier on the day with the viewer, if noise is as promised;
/// for many releases of one of the days, with noise of another scale.
fn ratios(cells: &[Cell], is_with: bool, scale: f64, runs: usize) -> Vec<f64> {
    let mut ratios = Vec::with_capacity(runs);
    while ratios.len() < runs {
        let mut sums = vec![0.0; AT_ONCE];
        for cell in cells {
            let value = if is_with { cell.with } else { cell.without };
            let drawn = draw(vec![value; AT_ONCE], (cell.sigma * scale).round()).expect("noise");
            let step = (cell.with - cell.without) as f64 / cell.sigma;
            for (sum, noised) in sums.iter_mut().zip(drawn) {
                *sum += step * ((noised - cell.without) as f64 / cell.sigma - step / 2.0);
            }
        }
        ratios.extend(sums);
    }
    ratios
}

/// A lower bound of what was given away, wrong by chance less often than once in a million.
fn lower_bound(cells: &[Cell], scale: f64, runs: usize) -> f64 {
    let (with, without) = std::thread::scope(|scope| {
        let other = scope.spawn(|| ratios(cells, false, scale, runs));
        (ratios(cells, true, scale, runs), other.join().expect("the releases"))
    });
    let count = runs as f64;
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / count;
    let gained = mean(&mut with.iter().copied());
    let gained_variance = mean(&mut with.iter().map(|ratio| (ratio - gained).powi(2)));
    let other = mean(&mut without.iter().map(|ratio| ratio.exp()));
    let other_variance = mean(&mut without.iter().map(|ratio| (ratio.exp() - other).powi(2)));
    let deviation = ((gained_variance + other_variance / (other * other)) / count).sqrt();
    gained - other.ln() - 5.0 * deviation
}

/// What a release of the day promises, in rho.
fn promised(policy: &Policy) -> f64 {
    policy.nano_rho_day() as f64 * 1e-9
}

#[test]
fn a_release_gives_away_what_is_promised_and_no_more() {
    let policy = month_in_a_day();
    let layout = layout(1);
    let (with, without) = days(&layout);
    let (with, without) =
        (sums(&policy, &layout, &with, |_| true), sums(&policy, &layout, &without, |_| true));
    let cells = cells(&policy, &layout, &with, &without);
    let bound = lower_bound(&cells, 1.0, RUNS);
    let promised = promised(&policy);
    assert!((promised - 0.5).abs() < 1e-6);
    assert!(bound <= promised, "{bound} of {promised}");
    assert!(bound > 0.85 * promised, "{bound} of {promised}: the two days do not touch every cap");
    // A mutant: noise that is a tenth short.
    let short = lower_bound(&cells, 0.9, RUNS_OF_MUTANTS);
    assert!(short > promised, "noise a tenth short is not caught: {short} of {promised}");
}

/// A mutant: bounds that are twice what the noise is made for.
#[test]
fn doubled_sensitivity_is_caught() {
    let policy = month_in_a_day();
    let doubled = policy_with(&[
        ("rho_viewer_creator_month = \"0.5\"", "rho_viewer_creator_month = \"15.5\""),
        ("rho_viewer_month = \"2\"", "rho_viewer_month = \"62\""),
        ("views = 3\n", "views = 6\n"),
        ("watch_seconds = 300\n", "watch_seconds = 600\n"),
    ]);
    let layout = layout(1);
    let (with, without) = days(&layout);
    let bounded = |touches: &[Touch]| sums(&doubled, &layout, touches, |_| true);
    let cells = cells(&policy, &layout, &bounded(&with), &bounded(&without));
    let bound = lower_bound(&cells, 1.0, RUNS_OF_MUTANTS);
    assert!(bound > promised(&policy), "{bound}");
}

/// No combination of published cells gives an exact count: totals by themselves, by each breakdown and by content all
/// differ from the truth, and what they agree on is a noised number.
#[test]
fn differencing_gives_no_exact_count() {
    let policy = super::policy();
    let layout = layout(1);
    let day: Vec<Touch> =
        (0..3_000).map(|viewer| touch(&layout, viewer, 0, [viewer, viewer * 31, viewer << 11])).collect();
    let exact = sums(&policy, &layout, &day, |_| false);
    let unique = exact.of_creator(&layout, 0)[layout.of_family(0, Family::UniqueViewers)][0];
    let (mut hits, mut squares) = (0, 0.0);
    let releases = 60;
    let mut least = f64::MAX;
    for _ in 0..releases {
        let noised = crate::noise::noise(&policy, &layout, &exact, 0..1).expect("noise");
        let rows = rows(&policy, &layout, &noised[0]);
        let value = |row: &crate::release::Row| row.value.unwrap_or_default() / 1_000_000_000;
        let total = |metric: &str, dimension: &str| -> i128 {
            let of =
                |row: &&crate::release::Row| row.metric.metric == metric && row.metric.dimension == dimension;
            rows.iter().filter(of).map(value).sum()
        };
        let truth = i128::from(unique >> 20);
        let released = total("unique_viewers", "total");
        for dimension in ["region", "device_class", "language", "referrer", "hour"] {
            assert_eq!(
                total("viewers", dimension),
                released,
                "{dimension} says something else than its total"
            );
        }
        for metric in ["views", "watch_seconds", "completions", "likes", "comments", "shares", "follows"] {
            assert_eq!(total(metric, "content"), total(metric, "total"), "{metric}");
        }
        hits += i32::from(released == truth);
        squares += ((released - truth) as f64).powi(2);
        let row = rows.iter().find(|row| row.metric.metric == "unique_viewers").expect("a row");
        least = least.min(row.sigma.unwrap_or_default() as f64 * 1e-9);
    }
    // The best that all cells together say of the total is as uncertain as its stated sigma.
    assert!(least > 5.0, "{least}");
    let spread = (squares / f64::from(releases)).sqrt();
    assert!(spread > least * 0.4 && spread < least * 2.0, "{spread} where {least} is stated");
    assert!(hits < 20, "{hits} of {releases} releases show the exact count");
}

/// Intervals hold the bounded count as often as they say, over many cells and releases.
#[test]
fn intervals_cover() {
    let policy = super::policy();
    let layout = layout(1);
    let day: Vec<Touch> = (0..4_000)
        .map(|viewer| {
            touch(
                &layout,
                viewer % 2_500,
                0,
                [viewer, viewer * 31, viewer.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 4],
            )
        })
        .collect();
    let mut exact = Sums::new(&layout);
    Bounder::new(&policy, &layout).add(&mut exact, &mut day.clone(), &Told(|_: u64| false));
    let families = [
        ("views", "total", Family::Views),
        ("watch_seconds", "total", Family::WatchSeconds),
        ("unique_viewers", "total", Family::UniqueViewers),
        ("viewers", "region", Family::Region),
        ("viewers", "hour", Family::Hour),
        ("views", "content", Family::ContentViews),
        ("likes", "content", Family::ContentLikes),
    ];
    let (mut inside, mut all) = (0, 0);
    for _ in 0..150 {
        let noised = crate::noise::noise(&policy, &layout, &exact, 0..1).expect("noise");
        let rows = rows(&policy, &layout, &noised[0]);
        for (metric, dimension, family) in families {
            let found =
                rows.iter().filter(|row| row.metric.metric == metric && row.metric.dimension == dimension);
            let cells = &exact.of_creator(&layout, 0)[layout.of_family(0, family)];
            for (row, cell) in found.zip(cells) {
                let truth = i128::from(*cell) * 1_000_000_000 >> 20;
                let covers =
                    row.low.is_some_and(|low| low <= truth) && row.high.is_some_and(|high| truth <= high);
                inside += i32::from(covers);
                all += 1;
            }
        }
    }
    // Cells of one release go together: as if there were one independent draw a release and family.
    let covered = f64::from(inside) / f64::from(all);
    let spread = 5.3 * (0.05f64 * 0.95 / (150.0 * 7.0)).sqrt();
    assert!((covered - 0.955).abs() < spread + 0.02, "{covered} of {all}");
}

#[test]
fn shares_are_all_spent_by_a_viewer_at_every_cap() {
    let policy = month_in_a_day();
    let layout = layout(1);
    let (with, without) = days(&layout);
    let (with, without) =
        (sums(&policy, &layout, &with, |_| true), sums(&policy, &layout, &without, |_| true));
    let (parts, _) = super::bounds::parts_between(&policy, &layout, &with, &without);
    let all = policy.share_of_day() + policy.share(Family::ReturningViewers);
    assert!((parts - all as f64).abs() < 1.0 && all <= PARTS, "{parts} of {all}");
}
