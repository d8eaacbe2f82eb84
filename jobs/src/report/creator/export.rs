//! All creators' reports of a day, and of a month that is over, rendered side by side and put where they belong; what
//! is as it was is not written again.

use chrono::{Datelike, NaiveDate};
use insights::report::manifest::{self, File};
use insights::report::{Format, Report, Source, Span};
use schemas::gold::CREATOR_STATEMENT_DAILY;
use schemas::insights::CREATOR_INSIGHTS_DAILY;
use tokio::task::JoinSet;
use warehouse::Session;

use super::place::Place;
use super::sources::Sources;
use crate::failure::{Failure, Outcome};
use crate::steps::{Done, Night};

const MANIFEST: &str = "manifest.json";

/// The folder of the warehouse in which reports lie that are put nowhere else.
const FOLDER: &str = "reports";

/// Exports the reports of the night's day, and those of its month once the last day of that is known. A month that is
/// not over is on demand: written whole on each of its nights, it would be written fifteen times over.
pub async fn export(night: &Night) -> Outcome<Done> {
    let day = night.dt.format("%Y-%m-%d").to_string();
    let month = night.dt.format("%Y-%m").to_string();
    let timeframes = [(day, Span::new(night.dt, night.dt)), (month, month_over(&night.session, night.dt))];
    let mut done = Done::default();
    for (name, span) in timeframes {
        let Some(span) = span else { continue };
        let (read, written, unchanged) = timeframe(night, &name, span).await?;
        done.rows_in += read;
        done.rows_out += written;
        done.notes.push(format!("{name}: {written} reports written, {unchanged} as they were"));
    }
    Ok(done)
}

/// Exports the reports of one timeframe into folders of its name: rows read, reports written, and those left as they
/// were.
async fn timeframe(night: &Night, name: &str, span: Span) -> Outcome<(u64, u64, u64)> {
    let settings = &night.config.reports;
    let by = super::grain(&settings.by).map_err(|why| Failure::usage(format!("[reports] by: {why}")))?;
    let place = match &settings.out {
        Some(out) => Place::open(out)?,
        None => Place::within(night.session.lake(), FOLDER),
    };
    let mut formats = settings.formats.clone();
    formats.sort_unstable();
    formats.dedup();
    // A month of all creators is sorted by creator: whatever its size, it spills.
    let mut sources = Sources::open(&night.session, &night.sorting, &night.sql, span, by, None).await?;
    let (mut working, mut written, mut unchanged) = (JoinSet::new(), 0_u64, 0_u64);
    let mut count =
        |ended: Option<Result<Outcome<Option<Vec<File>>>, tokio::task::JoinError>>| -> Outcome<()> {
            match ended.transpose()?.transpose()? {
                Some(Some(_)) => written += 1,
                Some(None) => unchanged += 1,
                None => {}
            }
            Ok(())
        };
    // One creator is rendered on each core, and one waits: so memory holds a few creators, however many there are.
    let most = night.ingest.threads.max(1) + 1;
    while let Some(source) = sources.next().await? {
        if working.len() >= most {
            count(working.join_next().await)?;
        }
        let (place, formats) = (place.clone(), formats.clone());
        let folder = format!("{}/{name}", source.creator);
        working.spawn(async move { store(&place, &folder, source, &formats, true).await });
    }
    while let Some(ended) = working.join_next().await {
        count(Some(ended))?;
    }
    Ok((sources.rows, written, unchanged))
}

/// The night's month, once it is over: on its last day, and where anything is released or booked of that or a later one.
fn month_over(session: &Session, dt: NaiveDate) -> Option<Span> {
    let first = dt.with_day(1)?;
    let last = first.checked_add_months(chrono::Months::new(1))?.pred_opt()?;
    let is_known = [&CREATOR_INSIGHTS_DAILY, &CREATOR_STATEMENT_DAILY]
        .into_iter()
        .any(|table| session.days(table).last().is_some_and(|known| *known >= last));
    (dt == last || is_known).then(|| Span::new(first, last)).flatten()
}

/// Writes a creator's report in all formats, its manifest last; `None` where `kept` and everything is as it was.
pub async fn store(
    place: &Place,
    folder: &str,
    source: Source,
    formats: &[Format],
    kept: bool,
) -> Outcome<Option<Vec<File>>> {
    let made_from = manifest::made_from(&source, formats);
    let before = place.read(folder, MANIFEST).await?;
    if let Some(before) = before.as_ref().filter(|_| kept)
        && is_current(place, folder, before, &made_from).await?
    {
        return Ok(None);
    }
    let formats = formats.to_vec();
    let wanted = formats.clone();
    let rendered = tokio::task::spawn_blocking(move || {
        let report = Report::of(source);
        let files: Result<Vec<_>, _> =
            formats.into_iter().map(|format| Ok((name(format), report.render(format)?))).collect();
        files
            .map(|files| (report, files))
            .map_err(|error: insights::report::RenderError| Failure::other(error))
    });
    let (report, files) = rendered.await??;
    // A manifest stands only beside the files that it names: killed from here on, the report is written again.
    if before.is_some() {
        place.remove(folder, MANIFEST).await?;
    }
    let named: Vec<File> = files.iter().map(|(name, content)| File::of(name, content)).collect();
    for (name, content) in files {
        place.write(folder, &name, content).await?;
    }
    if before.is_some() {
        for format in Format::ALL.into_iter().filter(|format| !wanted.contains(format)) {
            place.remove(folder, &name(format)).await?;
        }
    }
    let text = manifest::text(&report, &named, &made_from);
    place.write(folder, MANIFEST, text.into_bytes()).await?;
    Ok(Some(named))
}

fn name(format: Format) -> String {
    format!("report.{}", format.ending())
}

/// Whether a manifest says that its files are made from the same, and they are there in their sizes.
async fn is_current(place: &Place, folder: &str, manifest: &[u8], made_from: &str) -> Outcome<bool> {
    let Ok(manifest) = serde_json::from_slice::<serde_json::Value>(manifest) else { return Ok(false) };
    if manifest["made_from"] != made_from {
        return Ok(false);
    }
    for file in manifest["files"].as_array().into_iter().flatten() {
        let Some(name) = file["name"].as_str() else { return Ok(false) };
        if place.size(folder, name).await? != file["bytes"].as_u64() {
            return Ok(false);
        }
    }
    Ok(true)
}
