//! The landing area's raw bytes: files, compressions, lines, manifests.
//!
//! Readings:
//! - Every file of a day's folder named `*.ndjson`, `*.ndjson.gz` or `*.ndjson.zst` is read, also one that
//!   the manifest does not list; other files and sub-folders are no logs.
//! - A manifest that is no JSON object, or whose parts have wrong types, cannot vouch for its day: refused.
//!   What it says of `source` and `dt` is not checked, the folder's name counts.
//! - A refused day keeps its manifest's watermark where that can be read.
//! - Hexadecimal digests are compared without regard to case.

use std::fs;
use std::io::Read;
use std::path::Path;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::json::Json;
use super::time;

/// One line that is neither blank nor part of a byte-order mark.
pub struct Line {
    pub file: String,
    /// Counted from 1 over every physical line of the file.
    pub number: u64,
    pub bytes: Vec<u8>,
}

/// One source's folder of one day.
#[derive(Default)]
pub struct Day {
    /// In the order of file name, then line; empty where the day is refused.
    pub lines: Vec<Line>,
    pub manifest: Option<Manifest>,
    /// A file differs from its manifest, is missing or cannot be read to its end: nothing may be written.
    pub refused: bool,
}

/// What `_manifest.json` states; what it leaves out is not checked.
#[derive(Default)]
pub struct Manifest {
    pub watermark_us: Option<i64>,
    files: Vec<Listed>,
    /// Currency, count and sum as written.
    pub totals: Option<Vec<(String, u64, String)>>,
}

struct Listed {
    name: String,
    rows: Option<u64>,
    sha256: Option<String>,
}

/// The days of a source up to `last`, ascending.
pub fn days(landing: &Path, source: &str, last: NaiveDate) -> Vec<NaiveDate> {
    let Ok(folder) = fs::read_dir(landing.join(source)) else { return Vec::new() };
    let names = folder.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut dates: Vec<NaiveDate> =
        names.filter_map(|name| name.strip_prefix("dt=")?.parse().ok()).filter(|dt| *dt <= last).collect();
    dates.sort();
    dates
}

/// Reads one day's folder and holds it against its manifest.
pub fn read_day(landing: &Path, source: &str, dt: NaiveDate) -> Day {
    let folder = landing.join(source).join(format!("dt={dt}"));
    let mut day = Day::default();
    if let Ok(bytes) = fs::read(folder.join("_manifest.json")) {
        day.manifest = read_manifest(&bytes);
        day.refused = day.manifest.is_none();
    }
    let listed = day.manifest.as_ref().map_or(&[][..], |manifest| &manifest.files);
    let names = log_names(&folder);
    day.refused |= listed.iter().any(|file| !names.contains(&file.name));
    for name in names {
        let stored = fs::read(folder.join(&name)).ok();
        let lines = stored.as_ref().and_then(|bytes| unpack(&name, bytes)).map(|bytes| lines(&name, &bytes));
        let (Some(stored), Some(lines)) = (stored, lines) else {
            day.refused = true;
            continue;
        };
        let digest: String = Sha256::digest(&stored).iter().map(|byte| format!("{byte:02x}")).collect();
        for file in listed.iter().filter(|file| file.name == name) {
            day.refused |= file.rows.is_some_and(|rows| rows != lines.len() as u64);
            day.refused |= file.sha256.as_ref().is_some_and(|stated| !stated.eq_ignore_ascii_case(&digest));
        }
        day.lines.extend(lines);
    }
    if day.refused {
        day.lines.clear();
    }
    day
}

fn log_names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let files = entries.filter_map(|entry| entry.ok()).filter(|entry| entry.path().is_file());
    let is_log =
        |name: &String| [".ndjson", ".ndjson.gz", ".ndjson.zst"].iter().any(|end| name.ends_with(end));
    let mut names: Vec<String> =
        files.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_log).collect();
    names.sort();
    names
}

/// A file's content; None where its compression breaks off or is none. Empty files are valid.
fn unpack(name: &str, stored: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    if stored.is_empty() {
        return Some(content);
    }
    if name.ends_with(".gz") {
        flate2::read::MultiGzDecoder::new(stored).read_to_end(&mut content).ok()?;
    } else if name.ends_with(".zst") {
        zstd::stream::read::Decoder::new(stored).ok()?.read_to_end(&mut content).ok()?;
    } else {
        content.extend_from_slice(stored);
    }
    Some(content)
}

/// The lines of a file but for blank ones; line ends and a byte-order mark are taken off.
fn lines(file: &str, content: &[u8]) -> Vec<Line> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let mut lines = Vec::new();
    for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
        let bytes = line.strip_suffix(b"\r").unwrap_or(line);
        if bytes.iter().any(|byte| !matches!(byte, b' ' | b'\t')) {
            lines.push(Line { file: file.to_string(), number: index as u64 + 1, bytes: bytes.to_vec() });
        }
    }
    lines
}

fn read_manifest(bytes: &[u8]) -> Option<Manifest> {
    let json = Json::parse(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).ok()?;
    let Json::Object(_) = json else { return None };
    let watermark_us = match json.member("watermark") {
        Json::Null => None,
        Json::Text(text) => Some(time::read(text)?),
        _ => return None,
    };
    let mut manifest = Manifest { watermark_us, ..Manifest::default() };
    for file in list(json.member("files"))?.unwrap_or(&[]) {
        let Json::Text(name) = file.member("name") else { return None };
        let sha256 = match file.member("sha256") {
            Json::Null => None,
            Json::Text(text) => Some(text.clone()),
            _ => return None,
        };
        let rows = match file.member("rows") {
            Json::Null => None,
            other => Some(count(other)?),
        };
        manifest.files.push(Listed { name: name.clone(), rows, sha256 });
    }
    if let Some(totals) = list(json.member("totals"))? {
        let mut stated = Vec::new();
        for total in totals {
            let (Json::Text(currency), Json::Text(sum) | Json::Number(sum)) =
                (total.member("currency"), total.member("sum"))
            else {
                return None;
            };
            stated.push((currency.clone(), count(total.member("count"))?, sum.clone()));
        }
        manifest.totals = Some(stated);
    }
    Some(manifest)
}

/// A list, or nothing where there is none; None where something else stands there.
fn list(json: &Json) -> Option<Option<&[Json]>> {
    match json {
        Json::Null => Some(None),
        Json::List(items) => Some(Some(items)),
        _ => None,
    }
}

fn count(json: &Json) -> Option<u64> {
    match json {
        Json::Number(literal) => literal.parse().ok(),
        _ => None,
    }
}
