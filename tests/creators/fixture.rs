//! Released days and statements of a few creators, written into a warehouse as the steps before would have.

use chrono::NaiveDate;
use schemas::bronze::CONTENTS;
use schemas::gold::CREATOR_STATEMENT_DAILY;
use schemas::insights::{CREATOR_INSIGHTS_DAILY, METRICS, Making, PRIVACY_LEDGER};
use schemas::table::Table;
use serde_json::{Value, json};
use warehouse::Lake;

use crate::support::Place;

pub const ALICE: &str = "did:key:z6MkAlice";
pub const BOB: &str = "did:key:z6MkBob";

/// What one creator's day holds.
pub struct Day {
    pub dt: NaiveDate,
    pub released: Vec<Value>,
    pub statements: Vec<Value>,
    pub contents: Vec<Value>,
}

/// A number that looks like one, the same each time.
fn drawn(words: &str, most: u64) -> u64 {
    words
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
        % most
}

fn keys(dimension: &str, creator: &str) -> Vec<String> {
    let listed: &[&str] = match dimension {
        "region" => &["eu-central", "us-east", "other"],
        "device_class" => &["PHONE", "TABLET", "DESKTOP", "TV"],
        "language" => &["de", "ar", "other"],
        "referrer" => &["FOR_YOU", "SEARCH"],
        "hour" => &["00", "09", "18"],
        "content" if creator == BOB => &["co_bob_1", "co_bob_2"],
        "content" => &["co_1", "co_2", "co_3"],
        "currency" => &["USD"],
        _ => &["total"],
    };
    listed.iter().map(|key| (*key).to_owned()).collect()
}

/// Days of creators, with every metric in every breakdown. Bob's numbers are marked.
pub fn days(creators: &[&str], first: &str, count: u32) -> Vec<Day> {
    let first: NaiveDate = first.parse().unwrap();
    let mut days = Vec::new();
    for dt in first.iter_days().take(count as usize) {
        days.extend(creators.iter().map(|creator| day(dt, creator)));
    }
    days
}

fn day(dt: NaiveDate, creator: &str) -> Day {
    let mut released = Vec::new();
    for metric in &METRICS {
        for key in keys(metric.dimension, creator) {
            let words = format!("{dt} {creator} {} {} {key}", metric.metric, metric.dimension);
            let value = if creator == BOB { 8_888 } else { drawn(&words, 900) + 60 };
            let (value, low, high, sigma) = match metric.making {
                Making::Noised => (value, value - 20, value + 20, Some("10.2")),
                Making::Exact => (value, value, value, Some("0")),
                Making::Ratio { .. } | Making::Rank { .. } => (1, 1, 1, None),
            };
            released.push(json!({
                "creator": creator, "category": metric.category, "metric": metric.metric,
                "dimension": metric.dimension, "key": key, "value": value.to_string(), "unit": metric.unit,
                "noise_sigma": sigma, "value_low": low.to_string(), "value_high": high.to_string(),
                "policy": "5eed", "release_id": format!("release-{dt}"),
            }));
        }
    }
    let gross = if creator == BOB { "77.77" } else { "12.50" };
    let net = if creator == BOB { "77.77" } else { "11.51" };
    let fee = |amount: &'static str| if creator == BOB { "0" } else { amount };
    let statements = vec![json!({
        "creator": creator, "type": "TIP", "currency": "USD", "standing": "SETTLED", "reason": "MATCHED", "count": 1,
        "gross": gross, "platform_fee": fee("0.63"), "processing_fee": fee("0.36"), "other_fees": "0", "net": net,
    })];
    let titles = ["مرحبا بالعالم 🎉", "=1+1 <b>שלום</b>", "A plain title ☕"];
    let contents = keys("content", creator).into_iter().enumerate().map(|(place, content_id)| {
        let title = if creator == BOB { "Bob's secret title" } else { titles[place] };
        json!({
            "content_id": content_id, "creator": creator, "title": title, "conflict": false, "key_hash": place,
            "payload_hash": place, "source_file": "f", "source_line": place + 1,
        })
    });
    Day { dt, released, statements, contents: contents.collect() }
}

/// Writes days into the place's warehouse, and the ledger that says that they are released.
pub fn store(place: &Place, days: &[Day]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let warehouse = place.warehouse().display().to_string();
    runtime.block_on(async {
        let lake = Lake::open(&warehouse).unwrap();
        let mut dates: Vec<NaiveDate> = days.iter().map(|day| day.dt).collect();
        dates.dedup();
        for dt in dates {
            let of = |part: fn(&Day) -> &Vec<Value>| -> Vec<Value> {
                days.iter().filter(|day| day.dt == dt).flat_map(|day| part(day).clone()).collect()
            };
            append(&lake, &CREATOR_INSIGHTS_DAILY, Some(dt), of(|day| &day.released)).await;
            append(&lake, &CREATOR_STATEMENT_DAILY, Some(dt), of(|day| &day.statements)).await;
            append(&lake, &CONTENTS, Some(dt), of(|day| &day.contents)).await;
            let settled =
                json!({"release_id": format!("release-{dt}"), "unit": "viewer_month", "event": "RELEASED"});
            append(&lake, &PRIVACY_LEDGER, None, vec![settled]).await;
        }
    });
}

async fn append(lake: &Lake, table: &'static Table, dt: Option<NaiveDate>, rows: Vec<Value>) {
    let mut decoder = arrow::json::ReaderBuilder::new(table.file_schema())
        .with_batch_size(rows.len().max(1))
        .build_decoder()
        .unwrap();
    decoder.serialize(&rows).unwrap();
    let batch = decoder.flush().unwrap().unwrap();
    lake.append(table, dt, vec![batch], "fixture").await.unwrap();
}
