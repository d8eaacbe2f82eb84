//! Reports of hand-made days: sums, ratios, bounds, exact money, and bytes that do not depend on the order of rows.

use schemas::money::UNIT;

use super::record::harmless;
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A released row in whole units.
fn row(dt: &str, names: [&str; 4], value: i128, sigma: i128) -> Released {
    let [category, metric, dimension, key] = names.map(str::to_owned);
    let half = (sigma * UNIT * 196).div_euclid(100);
    Released {
        dt: day(dt),
        category,
        metric,
        dimension,
        key,
        value: value * UNIT,
        sigma: sigma * UNIT,
        low: (value * UNIT - half).max(0),
        high: value * UNIT + half,
        policy: "p1".to_owned(),
        release_id: format!("r-{dt}"),
    }
}

fn total(dt: &str, category: &str, metric: &str, value: i128, sigma: i128) -> Released {
    row(dt, [category, metric, "total", "total"], value, sigma)
}

fn statement(dt: &str, kind: &str, standing: &str, count: i64, gross: i128) -> Statement {
    let sign = if standing == "REVERSED" { -1 } else { 1 };
    let (platform_fee, processing_fee) = (sign * gross * 5 / 100, sign * gross * 3 / 100);
    Statement {
        dt: day(dt),
        kind: kind.to_owned(),
        currency: "USD".to_owned(),
        standing: standing.to_owned(),
        reason: if standing == "SETTLED" { "MATCHED" } else { "STUCK_ESCROW" }.to_owned(),
        count,
        gross: sign * gross,
        platform_fee,
        processing_fee,
        other_fees: 0,
        net: sign * gross - platform_fee - processing_fee,
    }
}

const HOSTILE: &str = "=HYPERLINK(\"//x\")</td><script>alert(1)</script>&\u{202e}";

pub fn source() -> Source {
    let mut released = Vec::new();
    for (dt, views, viewers) in [("2026-11-20", 100, 60), ("2026-11-21", 300, 90), ("2026-11-23", 200, 40)] {
        released.extend([
            total(dt, "engagement", "views", views, 3),
            total(dt, "engagement", "watch_seconds", views * 20, 40),
            total(dt, "engagement", "completions", views / 2, 4),
            total(dt, "engagement", "completion_rate", 0, 0),
            total(dt, "audience", "unique_viewers", viewers, 2),
            total(dt, "revenue", "tippers", 3, 2),
            row(dt, ["audience", "viewers", "region", "eu-central"], viewers / 2, 2),
            row(dt, ["audience", "viewers", "region", "other"], viewers / 2, 2),
            row(dt, ["content", "views", "content", "co_1"], views / 4, 2),
            row(dt, ["content", "views", "content", "co_2"], views / 2, 2),
            row(dt, ["content", "views", "content", "co_3"], views / 4, 2),
            row(dt, ["content", "rank", "content", "co_1"], 3, 0),
            row(dt, ["revenue", "tips", "currency", "USD"], 999, 0),
        ]);
    }
    let amount = |cents: i128| cents * UNIT / 100;
    Source {
        creator: "did:key:z6MkB".to_owned(),
        span: Span::new(day("2026-11-20"), day("2026-11-24")).unwrap(),
        by: Grain::Day,
        released,
        statements: vec![
            statement("2026-11-20", "TIP", "SETTLED", 2, amount(20_000)),
            statement("2026-11-21", "SUBSCRIPTION", "SETTLED", 1, amount(10_000)),
            statement("2026-11-22", "TIP", "REVERSED", 1, amount(5_000)),
            statement("2026-11-22", "TIP", "UNSETTLED", 1, amount(700)),
        ],
        titles: [
            ("co_1", HOSTILE),
            ("co_2", "مرحبا بالعالم 🎉"),
            ("co_3", "שלום ☕ and a long title that does not end where a picture's label ends"),
        ]
        .into_iter()
        .map(|(id, title)| (id.to_owned(), title.to_owned()))
        .collect(),
    }
}

fn found<'a>(report: &'a Report, metric: &str, measure: Measure) -> &'a Figure {
    let mut all = report.whole.figures.iter();
    all.find(|figure| figure.metric == metric && figure.measure == measure).unwrap()
}

#[test]
fn days_add_up_with_their_noise() {
    let report = Report::of(source());
    let views = report.whole.figure("engagement", "views").unwrap();
    assert_eq!((views.value, views.days), (Some(600 * UNIT), 3));
    let sigma = 27_f64.sqrt() * UNIT as f64;
    assert!((views.sigma.unwrap() as f64 - sigma).abs() < 2.0);
    assert!((views.high - views.value.unwrap()) as f64 >= 1.96 * sigma - 1.0);
    // A single day keeps the interval with which it was released.
    let first = report.parts[0].figure("engagement", "views").unwrap();
    assert_eq!((first.low, first.high), (94_120_000_000, 105_880_000_000));
    // A day that is not released is no zero.
    assert!(report.parts[2].figure("engagement", "views").is_none());
    assert_eq!((report.parts.len(), report.days_released.len()), (5, 3));
}

#[test]
fn ratios_are_divided_anew() {
    let report = Report::of(source());
    let rate = report.whole.figure("engagement", "completion_rate").unwrap();
    assert_eq!((rate.value, rate.measure), (Some(UNIT / 2), Measure::Ratio));
    assert!(rate.low < UNIT / 2 && rate.high > UNIT / 2 && rate.high <= UNIT);
    let average = report.whole.figure("engagement", "average_watch_seconds").unwrap();
    assert_eq!(average.value, Some(20 * UNIT));
    assert!(report.whole.figures.iter().all(|figure| figure.metric != "rank"));
    // Where the noise could be all there is, nothing is divided.
    let mut few = source();
    few.released.retain(|row| row.metric != "views");
    few.released.push(total("2026-11-20", "engagement", "views", 5, 3));
    assert!(Report::of(few).whole.figure("engagement", "completion_rate").is_none());
}

#[test]
fn people_of_several_days_are_bounded() {
    let report = Report::of(source());
    let days = found(&report, "unique_viewers", Measure::SumOfDays);
    assert_eq!(days.value, Some(190 * UNIT));
    let people = found(&report, "unique_viewers", Measure::People);
    // No fewer than on the fullest day, no more than all days.
    assert_eq!((people.value, people.low), (None, 90 * UNIT - 3_920_000_000));
    assert_eq!(people.high, days.high);
    let of_day = report.parts[0].figure("audience", "unique_viewers").unwrap();
    assert_eq!((of_day.measure, of_day.value), (Measure::Sum, Some(60 * UNIT)));
}

#[test]
fn money_is_exact_and_from_the_statement() {
    let report = Report::of(source());
    let of = |metric: &str| {
        let figure = found(&report, metric, Measure::Exact);
        figure.text(figure.value.unwrap())
    };
    // The released row of tips is not taken: 999 would stand there.
    assert_eq!(
        (of("tips"), of("subscriptions"), of("payments")),
        ("150.00".into(), "100.00".into(), "2".into())
    );
    assert_eq!(
        (of("platform_fee"), of("net"), of("unsettled")),
        ("12.50".into(), "230.00".into(), "7.00".into())
    );
    let html = String::from_utf8(report.render(Format::Html).unwrap()).unwrap();
    assert!(html.contains("230.00 USD"));
}

#[test]
fn weeks_and_months_hold_the_same_sums() {
    for by in [Grain::Day, Grain::Week, Grain::Month] {
        let report = Report::of(Source { by, ..source() });
        for metric in ["views", "net"] {
            let value = |part: &Part| {
                let figure = part
                    .figures
                    .iter()
                    .find(|figure| figure.metric == metric && figure.dimension != "content");
                figure.and_then(|figure| figure.value).unwrap_or_default()
            };
            assert_eq!(report.parts.iter().map(value).sum::<i128>(), value(&report.whole), "{by:?} {metric}");
        }
    }
}

#[test]
fn the_same_rows_in_any_order_are_the_same_bytes() {
    let mut turned = source();
    turned.released.reverse();
    turned.statements.reverse();
    let (report, turned) = (Report::of(source()), Report::of(turned));
    for format in Format::ALL {
        let bytes = report.render(format).unwrap();
        assert!(
            bytes == report.render(format).unwrap() && bytes == turned.render(format).unwrap(),
            "{format:?}"
        );
    }
}

#[test]
fn an_empty_report_can_be_written() {
    let empty = Source { released: Vec::new(), statements: Vec::new(), ..source() };
    let report = Report::of(empty);
    for format in Format::ALL {
        assert!(!report.render(format).unwrap().is_empty(), "{format:?}");
    }
    let html = String::from_utf8(report.render(Format::Html).unwrap()).unwrap();
    assert!(html.contains("0 of 5 days are released"));
}

#[test]
fn nothing_hostile_comes_through() {
    let report = Report::of(source());
    let html = String::from_utf8(report.render(Format::Html).unwrap()).unwrap();
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;"));
    assert!(!html.contains(" style=") && !html.contains("http:") && !html.contains("https:"));
    assert!(html.contains("default-src &#39;none&#39;") && html.contains("<bdi>مرحبا"));
    let csv = String::from_utf8(report.render(Format::Csv).unwrap()).unwrap();
    assert!(csv.contains("\"'=HYPERLINK(") && !csv.contains(",\"=") && !csv.contains(",="));
    for (text, expected) in [
        ("plain", "plain"),
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "'\t=1"),
        ("\ra", "'\ra"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
    ] {
        assert_eq!(harmless(text), expected, "{text:?}");
    }
}

#[test]
fn json_and_csv_say_the_same() {
    let report = Report::of(source());
    let json: serde_json::Value = serde_json::from_slice(&report.render(Format::Json).unwrap()).unwrap();
    let figures = json["figures"].as_array().unwrap();
    let csv = String::from_utf8(report.render(Format::Csv).unwrap()).unwrap();
    assert_eq!(figures.len() + 1, csv.lines().count());
    assert_eq!(
        (json["policies"][0].as_str(), json["releases"].as_array().map(Vec::len)),
        (Some("p1"), Some(3))
    );
    let net = figures.iter().find(|figure| figure["metric"] == "net" && figure["period"] == "whole").unwrap();
    assert_eq!((&net["value"], &net["key"]), (&"230.00".into(), &"USD".into()));
}

#[test]
fn pdf_is_of_pages_with_fonts() {
    let bytes = Report::of(source()).render(Format::Pdf).unwrap();
    assert!(bytes.starts_with(b"%PDF-") && bytes.len() < 200_000, "{} bytes", bytes.len());
    let long = Source { span: Span::new(day("2026-01-01"), day("2026-12-31")).unwrap(), ..source() };
    assert!(Report::of(long).render(Format::Pdf).unwrap().len() > bytes.len());
}

#[test]
fn what_a_report_is_made_from_has_a_hash() {
    let of = |source: &Source| manifest::made_from(source, &Format::ALL);
    let before = of(&source());
    assert_eq!(before, of(&source()));
    let mut other = source();
    other.released[0].value += 1;
    assert_ne!(before, of(&other));
    let mut other = source();
    other.titles.insert("co_1".to_owned(), "other".to_owned());
    assert_ne!(before, of(&other));
    assert_ne!(before, manifest::made_from(&source(), &[Format::Html]));
    let report = Report::of(source());
    let file = manifest::File::of("report.html", b"x");
    let text = manifest::text(&report, &[file], &before);
    assert!(
        text.contains("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
            && text.contains("r-2026-11-23")
    );
}
