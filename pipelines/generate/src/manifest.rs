//! `_manifest.json` of one source and day, and the one total in it that may be planted wrong.

use std::fs;
use std::path::Path;

use schemas::money;

use crate::GenerateError;
use crate::amounts::Currency;
use crate::landing::{FileReport, Total};
use crate::sources::Source;
use crate::text::{ascii, push_hex};
use crate::world::World;

/// What a source's day holds in one currency, and what its manifest says.
pub struct Stated {
    pub currency: Currency,
    pub actual: Total,
    pub stated: Total,
}

/// Adds up the files of a payment source's day, by currency code, and plants the wrong total where one is due.
pub fn totals(world: &World, source: Source, day: u32, files: &[FileReport]) -> Vec<Stated> {
    let mut currencies: Vec<Currency> = Currency::all().collect();
    currencies.sort_by_key(|currency| currency.code());
    let mut all: Vec<Stated> = currencies
        .into_iter()
        .map(|currency| {
            let of_file = |file: &FileReport| file.totals[currency.index()];
            let add =
                |sum: Total, file: Total| Total { count: sum.count + file.count, sum: sum.sum + file.sum };
            let actual = files.iter().map(of_file).fold(Total::default(), add);
            Stated { currency, actual, stated: actual }
        })
        .filter(|stated| stated.actual.count > 0)
        .collect();
    if wrong_total(world, source) == Some(day)
        && let Some(first) = all.first_mut()
    {
        match source {
            Source::Wallet => first.stated.count += 1,
            _ => first.stated.sum += first.currency.minor(),
        }
    }
    all
}

/// The day on which a source's manifest states a wrong total: one a payment source, on different days where
/// there are enough.
fn wrong_total(world: &World, source: Source) -> Option<u32> {
    let options = &world.options;
    let order = match source {
        Source::Escrow => 0,
        Source::Wallet => 1,
        Source::Ledger => 2,
        _ => return None,
    };
    (options.manifests && options.fault_rate > 0.0).then_some(order % options.days)
}

/// Writes the manifest. The watermark is the end of the day.
pub fn write(
    world: &World,
    folder: &Path,
    source: Source,
    day: u32,
    files: &[FileReport],
    totals: &[Stated],
) -> Result<(), GenerateError> {
    let entries: Vec<String> = files
        .iter()
        .map(|file| {
            let sha256 = ascii(|out| push_hex(out, &file.stored.sha256));
            format!("  {{\"name\":\"{}\",\"rows\":{},\"sha256\":\"{sha256}\"}}", file.name, file.rows)
        })
        .collect();
    let mut text = format!(
        "{{\"source\":\"{}\",\"dt\":\"{}\",\"watermark\":\"{}T00:00:00.000Z\",\n \"files\":[\n{}\n ]",
        source.folder(),
        world.date(day),
        world.date(day + 1),
        entries.join(",\n"),
    );
    if source.is_payment() {
        let lines: Vec<String> = totals
            .iter()
            .map(|total| {
                let sum = money::format(total.stated.sum, total.currency.digits());
                let code = total.currency.code();
                format!("  {{\"currency\":\"{code}\",\"count\":{},\"sum\":\"{sum}\"}}", total.stated.count)
            })
            .collect();
        text.push_str(&format!(",\n \"totals\":[\n{}\n ]", lines.join(",\n")));
    }
    text.push_str("}\n");
    let path = folder.join("_manifest.json");
    fs::write(&path, text).map_err(|error| GenerateError::storage(&path, error))
}
