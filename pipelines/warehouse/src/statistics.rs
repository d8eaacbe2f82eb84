//! Statistics of data files: which columns carry them, and their form in the Delta log.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use schemas::table::{Kind, Table};
use serde_json::{Map, Value, json};

/// What a scan needs to know of a file.
#[derive(Debug, Default, PartialEq)]
pub struct FileStatistics {
    pub rows: u64,
    pub ranges: BTreeMap<String, (i64, i64)>,
}

/// The columns that carry statistics in the log: integers, days and times, which JSON holds exactly.
pub fn columns(table: &Table) -> impl Iterator<Item = &'static str> {
    table
        .columns()
        .filter(|column| !table.partitioned || column.name != "dt")
        .filter(|column| matches!(column.kind, Kind::Integer | Kind::Day | Kind::Time))
        .map(|column| column.name)
}

/// Reads a file's statistics out of the log; `None` if they do not state the number of rows.
pub fn parse(text: &str) -> Option<FileStatistics> {
    let stats = serde_json::from_str::<Value>(text).ok()?;
    let rows = stats.get("numRecords")?.as_u64()?;
    let bounds = |name| stats.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let (least, greatest) = (bounds("minValues"), bounds("maxValues"));
    let ranges = least
        .into_iter()
        .filter_map(|(name, least)| {
            let range = (least.as_i64()?, greatest.get(&name)?.as_i64()?);
            Some((name, range))
        })
        .collect();
    Some(FileStatistics { rows, ranges })
}

/// A written file's statistics as the log holds them, taken from its footer.
pub fn render(table: &Table, footer: &ParquetMetaData) -> String {
    let (mut least, mut greatest, mut nulls) = (Map::new(), Map::new(), Map::new());
    for name in columns(table) {
        let Some(range) = Range::of_column(footer, name) else { continue };
        let kind = table.columns().find(|column| column.name == name).map(|column| column.kind);
        if let (Some((low, high)), Some(kind)) = (range.bounds, kind) {
            least.insert(name.to_owned(), bound(kind, low, false));
            greatest.insert(name.to_owned(), bound(kind, high, true));
        }
        nulls.insert(name.to_owned(), json!(range.nulls));
    }
    json!({
        "numRecords": footer.file_metadata().num_rows(),
        "minValues": least,
        "maxValues": greatest,
        "nullCount": nulls,
    })
    .to_string()
}

/// One column of one file, over its row groups.
struct Range {
    /// `None` where every value is null.
    bounds: Option<(i64, i64)>,
    nulls: u64,
}

impl Range {
    /// `None` if a row group does not tell.
    fn of_column(footer: &ParquetMetaData, name: &str) -> Option<Self> {
        let columns = footer.file_metadata().schema_descr().columns();
        let index = columns.iter().position(|column| column.path().parts() == [name])?;
        let mut range = Self { bounds: None, nulls: 0 };
        for group in footer.row_groups() {
            let column = group.column(index);
            let statistics = column.statistics()?;
            let nulls = statistics.null_count_opt()?;
            range.nulls += nulls;
            if nulls == u64::try_from(group.num_rows()).ok()? {
                continue;
            }
            let (low, high) = match statistics {
                Statistics::Int64(values) => (*values.min_opt()?, *values.max_opt()?),
                Statistics::Int32(values) => (i64::from(*values.min_opt()?), i64::from(*values.max_opt()?)),
                _ => return None,
            };
            range.bounds = Some(match range.bounds {
                Some((least, greatest)) => (low.min(least), high.max(greatest)),
                None => (low, high),
            });
        }
        Some(range)
    }
}

/// The JSON form of a bound. Times are stated in milliseconds, rounded outwards.
fn bound(kind: Kind, value: i64, upper: bool) -> Value {
    match kind {
        Kind::Time => {
            let millis = if upper { value.div_euclid(1000) + 1 } else { value.div_euclid(1000) };
            DateTime::from_timestamp_millis(millis)
                .map_or(Value::Null, |time| json!(time.to_rfc3339_opts(SecondsFormat::Millis, true)))
        }
        Kind::Day => {
            i32::try_from(value).map_or(Value::Null, |day| json!(schemas::time::date(day).to_string()))
        }
        _ => json!(value),
    }
}
