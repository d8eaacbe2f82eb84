//! A creator's noised day into the rows that are released: agreed, whole, with ratios, ranks and intervals.

use schemas::insights::{METRICS, Making, Metric, OTHER, TOTAL};

use crate::accounting::sigma;
use crate::agree::{DEVIATIONS, DEVIATIONS_OF_TWO, Estimate, agree, settle, whole};
use crate::family::Family;
use crate::layout::{DEVICES, HOURS, Layout, REFERRERS, unlisted_name};
use crate::noise::Noised;
use crate::policy::{ONE, Policy};

/// Videos that get a rank.
pub const RANKED: usize = 10;

/// One released value. Numbers are 10^-9 of the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub metric: &'static Metric,
    pub key: String,
    /// The metric's own, or the currency of an amount.
    pub unit: String,
    pub value: Option<i128>,
    pub sigma: Option<i128>,
    pub low: Option<i128>,
    pub high: Option<i128>,
}

/// A whole number with what is known of its error.
#[derive(Debug, Clone, Copy)]
struct Settled {
    value: u64,
    estimate: Estimate,
}

/// The counts of a breakdown, key by key; of a total one.
struct Counts {
    category: &'static str,
    metric: &'static str,
    dimension: &'static str,
    keys: Vec<(String, Settled)>,
}

/// The rows of a creator's noised day, in the order of [`METRICS`] and of the layout's keys.
pub fn rows(policy: &Policy, layout: &Layout, noised: &Noised) -> Vec<Row> {
    let counts = counts(policy, layout, noised);
    let find = |metric: &Metric, name: &str| {
        let is_it = |counts: &&Counts| {
            counts.category == metric.category
                && counts.metric == name
                && counts.dimension == metric.dimension
        };
        counts.iter().find(is_it).map_or(&[][..], |counts| counts.keys.as_slice())
    };
    let mut rows = Vec::new();
    for metric in &METRICS {
        match metric.making {
            Making::Noised => {
                rows.extend(
                    find(metric, metric.metric).iter().map(|(key, count)| counted(metric, key, *count)),
                );
            }
            Making::Ratio { of, per } => {
                let bound = if metric.unit == "share" { 1.0 } else { policy.caps.watch_seconds as f64 };
                let pairs = find(metric, of).iter().zip(find(metric, per));
                rows.extend(pairs.map(|((key, of), (_, per))| ratio(metric, key, *of, *per, bound)));
            }
            Making::Rank { of } => rows.extend(ranks(metric, find(metric, of))),
            Making::Exact => {}
        }
    }
    rows
}

fn counts(policy: &Policy, layout: &Layout, noised: &Noised) -> Vec<Counts> {
    let creator = noised.creator;
    let estimates = |family: Family| -> Vec<Estimate> {
        let variance = (sigma(policy, family) / ONE as f64).powi(2);
        let cells = &noised.cells[layout.of_family(creator, family)];
        cells.iter().map(|cell| Estimate { value: *cell as f64 / ONE as f64, variance }).collect()
    };
    let mut all = Vec::new();
    let videos = keys(&layout.creators[creator].videos);
    for ((day, content), name) in Family::ENGAGED.into_iter().zip(ENGAGED_NAMES) {
        let parts = [(("content", name, "content"), estimates(content), videos.clone())];
        all.extend(tree(("engagement", name, TOTAL), estimates(day)[0], parts));
    }
    let regions = keys(&layout.regions);
    let viewers = |dimension| ("audience", "viewers", dimension);
    let hours = (0..HOURS).map(|hour| format!("{hour:02}")).collect();
    let breakdowns = [
        (viewers("region"), estimates(Family::Region), regions.clone()),
        (viewers("device_class"), estimates(Family::DeviceClass), keys(&DEVICES)),
        (viewers("language"), estimates(Family::Language), keys(&layout.languages)),
        (viewers("referrer"), estimates(Family::Referrer), keys(&REFERRERS)),
        (viewers("hour"), estimates(Family::Hour), hours),
    ];
    let total = estimates(Family::UniqueViewers)[0];
    let mut audience = tree(("audience", "unique_viewers", TOTAL), total, breakdowns);
    if let Some(languages) = audience.iter_mut().find(|counts| counts.dimension == "language") {
        name_unlisted(policy, noised, languages);
    }
    let unique = audience[0].keys[0].1.value;
    all.extend(audience);
    // Who returns is one of the viewers.
    let returning = estimates(Family::ReturningViewers)[0];
    let returning = Settled { value: whole(returning.value).min(unique), estimate: returning };
    all.push(single(("audience", "returning_viewers", TOTAL), returning));
    let parts = [(("revenue", "tippers", "region"), estimates(Family::TippersRegion), regions)];
    all.extend(tree(("revenue", "tippers", TOTAL), estimates(Family::Tippers)[0], parts));
    all
}

const ENGAGED_NAMES: [&str; 7] =
    ["views", "watch_seconds", "completions", "likes", "comments", "shares", "follows"];

type Name = (&'static str, &'static str, &'static str);

fn single((category, metric, dimension): Name, settled: Settled) -> Counts {
    Counts { category, metric, dimension, keys: vec![(TOTAL.to_owned(), settled)] }
}

/// The listed keys, and behind them the rest.
fn keys<T: AsRef<str>>(listed: &[T]) -> Vec<String> {
    listed.iter().map(|key| key.as_ref().to_owned()).chain([OTHER.to_owned()]).collect()
}

/// A total and its breakdowns, made to agree.
fn tree<const N: usize>(
    name: Name,
    total: Estimate,
    breakdowns: [(Name, Vec<Estimate>, Vec<String>); N],
) -> Vec<Counts> {
    let estimates: Vec<Vec<Estimate>> = breakdowns.iter().map(|(_, parts, _)| parts.clone()).collect();
    let (total, agreed) = agree(total, &estimates);
    let value = whole(total.value);
    let mut all = vec![single(name, Settled { value, estimate: total })];
    for (((category, metric, dimension), _, keys), parts) in breakdowns.into_iter().zip(agreed) {
        let settled = settle(value, &parts);
        let keys = keys.into_iter().zip(settled.into_iter().zip(parts));
        let keys = keys.map(|(key, (value, estimate))| (key, Settled { value, estimate })).collect();
        all.push(Counts { category, metric, dimension, keys });
    }
    all
}

/// Takes the languages that reached the threshold out of the rest, which is what then remains.
fn name_unlisted(policy: &Policy, noised: &Noised, languages: &mut Counts) {
    let Some((_, rest)) = languages.keys.pop() else { return };
    let variance = (sigma(policy, Family::UnlistedLanguage) / ONE as f64).powi(2);
    let named = noised.unlisted.iter().map(|(language, value)| {
        (unlisted_name(*language), Estimate { value: *value as f64 / ONE as f64, variance })
    });
    let (names, mut parts): (Vec<String>, Vec<Estimate>) = named.unzip();
    let sum = |of: fn(&Estimate) -> f64| parts.iter().map(of).sum::<f64>();
    parts.push(Estimate {
        value: rest.estimate.value - sum(|part| part.value),
        variance: rest.estimate.variance + sum(|part| part.variance),
    });
    let settled = settle(rest.value, &parts);
    let names = names.into_iter().chain([OTHER.to_owned()]);
    let keys = names.zip(settled.into_iter().zip(parts));
    languages.keys.extend(keys.map(|(key, (value, estimate))| (key, Settled { value, estimate })));
}

fn nano(number: f64) -> i128 {
    (number * 1e9).round() as i128
}

fn counted(metric: &'static Metric, key: &str, count: Settled) -> Row {
    let (low, high) = count.estimate.interval(DEVIATIONS);
    let value = i128::from(count.value) * 1_000_000_000;
    Row {
        metric,
        key: key.to_owned(),
        unit: metric.unit.to_owned(),
        value: Some(value),
        sigma: Some(nano(count.estimate.sigma())),
        // A value that was lifted to zero, or cut to agree, is never outside its own interval.
        low: Some(nano(low).min(value)),
        high: Some(nano(high).max(value)),
    }
}

/// A quotient of released values; its interval is that of the quotient's ends, within what is possible at all.
fn ratio(metric: &'static Metric, key: &str, of: Settled, per: Settled, bound: f64) -> Row {
    let ((of_low, of_high), (per_low, per_high)) =
        (of.estimate.interval(DEVIATIONS_OF_TWO), per.estimate.interval(DEVIATIONS_OF_TWO));
    let divided =
        |of: f64, per: f64, otherwise: f64| if per > 0.0 { (of / per).min(bound) } else { otherwise };
    let value = (per.value > 0).then(|| nano(divided(of.value as f64, per.value as f64, 0.0)));
    let low = nano(divided(of_low, per_high, 0.0));
    let high = nano(divided(of_high, per_low, bound));
    Row {
        metric,
        key: key.to_owned(),
        unit: metric.unit.to_owned(),
        value,
        sigma: None,
        low: Some(value.map_or(low, |value| low.min(value))),
        high: Some(value.map_or(high, |value| high.max(value))),
    }
}

/// The first videos by released views, of equal ones the newer. A rank's interval counts whose intervals lie above.
fn ranks(metric: &'static Metric, views: &[(String, Settled)]) -> Vec<Row> {
    let videos = || views.iter().filter(|(key, _)| key != OTHER);
    let mut order: Vec<&(String, Settled)> = videos().collect();
    order.sort_by_key(|(_, count)| std::cmp::Reverse(count.value));
    let row = |(place, (key, count)): (usize, &&(String, Settled))| {
        let (low, high) = count.estimate.interval(DEVIATIONS);
        let above = videos().filter(|(_, other)| other.estimate.interval(DEVIATIONS).0 > high).count();
        let not_below = videos().filter(|(_, other)| other.estimate.interval(DEVIATIONS).1 >= low).count();
        let rank = |place: usize| Some(place as i128 * 1_000_000_000);
        Row {
            metric,
            key: key.clone(),
            unit: metric.unit.to_owned(),
            value: rank(place + 1),
            sigma: None,
            low: rank((above + 1).min(place + 1)),
            high: rank(not_below.max(place + 1)),
        }
    };
    order.iter().take(RANKED).enumerate().map(row).collect()
}
