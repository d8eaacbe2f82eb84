//! A day's manifest: what the source says that it sent.

use std::collections::BTreeMap;

use schemas::source::Source;
use schemas::{money, time};

use crate::field::{self, maybe, members, required};
use crate::json::{Tape, Value};
use crate::reason::{Reason, Rejection};
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
    /// Lines neither blank nor header.
    pub rows: Option<i64>,
    /// Of the stored bytes, in lower-case hex.
    pub sha256: Option<String>,
}

/// Reads a manifest; the error says what is wrong with it.
pub fn parse(bytes: &[u8], source: Source, dt: &str) -> Result<Manifest, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    read(text, source, dt)
        .map_err(|rejection| format!("{} ({})", rejection.reason.code(), rejection.detail))?
}

/// What is not a manifest by its form is a rejection, what does not belong here an error.
fn read(text: &str, source: Source, dt: &str) -> Result<Result<Manifest, String>, Rejection> {
    let mut tape = Tape::default();
    let manifest = tape.parse(text)?;
    members!(manifest => of = "source", day = "dt", watermark = "watermark", files = "files", totals = "totals");
    let of = field::text(required(of, "source")?, "source")?;
    let day = field::text(required(day, "dt")?, "dt")?;
    if of != source.folder() || day != dt {
        return Ok(Err(format!("it is of {of} on {day}")));
    }
    let Some(end_of_day) = time::parse_date(dt.as_bytes()).map(|day| (day + 1) * time::DAY) else {
        return Ok(Err(format!("{dt} is no day")));
    };
    let watermark = maybe(watermark, "watermark", field::instant)?.unwrap_or(end_of_day);
    let mut stated = BTreeMap::new();
    for file in field::array(required(files, "files")?, "files")?.items() {
        let (name, file) = stated_file(file)?;
        if stated.insert(name.clone(), file).is_some() {
            return Ok(Err(format!("{name} is listed twice")));
        }
    }
    let totals = maybe(totals, "totals", field::array)?;
    let totals = totals.map(|list| list.items().map(total).collect::<Result<_, _>>()).transpose()?;
    Ok(Ok(Manifest { watermark, files: stated, totals: totals.map(Totals) }))
}

fn stated_file(value: Value<'_>) -> Result<(String, Stated), Rejection> {
    let value = field::object(value, "files")?;
    members!(value => name = "name", rows = "rows", sha256 = "sha256");
    let name = field::text(required(name, "files.name")?, "files.name")?.into_owned();
    let rows = maybe(rows, "files.rows", field::integer)?;
    let sha256 = maybe(sha256, "files.sha256", field::text)?.map(|hash| hash.to_ascii_lowercase());
    Ok((name, Stated { rows, sha256 }))
}

fn total(value: Value<'_>) -> Result<(&'static str, Total), Rejection> {
    let value = field::object(value, "totals")?;
    members!(value => currency = "currency", count = "count", sum = "sum");
    let (currency, _) = field::currency(required(currency, "totals.currency")?, "totals.currency")?;
    let count = field::integer(required(count, "totals.count")?, "totals.count")?;
    let written = required(sum, "totals.sum")?.content();
    let refuse = || Rejection::new(Reason::AmountMustBeADecimal, format!("totals.sum: {written}"));
    let sum = total_sum(&written).ok_or_else(refuse)?;
    Ok((currency, Total { count, sum }))
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
