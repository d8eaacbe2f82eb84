//! A day's manifest: what the source says that it sent.

use std::collections::BTreeMap;

use schemas::source::Source;
use schemas::{money, time};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::totals::{Total, Totals};

/// A manifest, checked for form and for belonging to its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Time up to which the source is complete, in microseconds.
    pub watermark: i64,
    /// By file name.
    pub files: BTreeMap<String, Stated>,
    /// `None` where it states no totals.
    pub totals: Option<Totals>,
}

/// What a manifest says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    pub rows: i64,
    /// Lower-case hex.
    pub sha256: String,
}

#[derive(Deserialize)]
struct Raw<'a> {
    source: String,
    dt: String,
    watermark: Option<String>,
    files: Vec<RawFile>,
    #[serde(borrow)]
    totals: Option<Vec<RawTotal<'a>>>,
}

#[derive(Deserialize)]
struct RawFile {
    name: String,
    rows: i64,
    sha256: String,
}

#[derive(Deserialize)]
struct RawTotal<'a> {
    currency: String,
    count: i64,
    /// A text or a number, by its digits.
    #[serde(borrow)]
    sum: &'a RawValue,
}

/// Reads a manifest; the error says what is wrong with it.
pub fn parse(bytes: &[u8], source: Source, dt: &str) -> Result<Manifest, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let raw: Raw<'_> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if raw.source != source.folder() || raw.dt != dt {
        return Err(format!("it is of {} on {}", raw.source, raw.dt));
    }
    let watermark = match &raw.watermark {
        Some(text) => time::parse_rfc3339(text.as_bytes()).ok_or(format!("watermark {text} is no time"))?,
        None => (time::parse_date(dt.as_bytes()).ok_or(format!("{dt} is no day"))? + 1) * time::DAY,
    };
    let mut files = BTreeMap::new();
    for file in raw.files {
        let stated = Stated { rows: file.rows, sha256: file.sha256.to_ascii_lowercase() };
        if files.insert(file.name.clone(), stated).is_some() {
            return Err(format!("{} is listed twice", file.name));
        }
    }
    let totals = raw.totals.map(|totals| totals.iter().map(total).collect::<Result<Vec<_>, _>>()).transpose()?;
    let totals = totals.map(|totals| Totals(totals.into_iter().collect()));
    Ok(Manifest { watermark, files, totals })
}

fn total(raw: &RawTotal<'_>) -> Result<(&'static str, Total), String> {
    let (currency, _) = money::currency(&raw.currency).ok_or(format!("{} is no currency", raw.currency))?;
    let sum = total_sum(raw.sum.get().trim_matches('"')).ok_or(format!("{} is no sum", raw.sum))?;
    Ok((currency, Total { count: raw.count, sum }))
}

/// A sum may pass the limit of one amount: up to 29 digits before the point.
fn total_sum(text: &str) -> Option<i128> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.len() <= 29 && fraction.len() <= usize::from(money::SCALE) && !whole.is_empty();
    if !digits || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{whole}{fraction:0<9}");
    padded.parse::<i128>().ok().map(|units| if negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sums_exactly() {
        for (text, expected) in [
            ("2195.21", Some(2_195_210_000_000)),
            ("-0.000000001", Some(-1)),
            ("100000000000000000000000", Some(100_000_000_000_000_000_000_000 * money::UNIT)),
            ("1.0000000001", None),
            ("1e5", None),
            ("", None),
        ] {
            assert_eq!(total_sum(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_of_another_day() {
        let text = r#"{"source":"payments/escrow","dt":"2026-11-20","files":[]}"#;
        let manifest = parse(text.as_bytes(), Source::Escrow, "2026-11-20").unwrap();
        assert_eq!(manifest.watermark, time::parse_rfc3339(b"2026-11-21T00:00:00Z").unwrap());
        assert!(parse(text.as_bytes(), Source::Wallet, "2026-11-20").is_err());
        assert!(parse(text.as_bytes(), Source::Escrow, "2026-11-21").is_err());
        assert!(parse(b"{", Source::Escrow, "2026-11-20").is_err());
    }
}
