//! What stands beside the files of a report: their hashes, and what they were made from.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Report, Source};

/// Changes whenever the same rows would give other bytes.
const VERSION: &str = "creator report 1";

/// A file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub bytes: usize,
    pub sha256: String,
}

impl File {
    pub fn of(name: &str, content: &[u8]) -> Self {
        Self { name: name.to_owned(), bytes: content.len(), sha256: hex(Sha256::digest(content).as_slice()) }
    }
}

/// The text of `manifest.json`. `made_from` is that of [`made_from`].
pub fn text(report: &Report, files: &[File], made_from: &str) -> String {
    let files: Vec<_> = files
        .iter()
        .map(|file| json!({"name": file.name, "bytes": file.bytes, "sha256": file.sha256}))
        .collect();
    let object = json!({
        "creator": report.creator,
        "from": report.span.from.to_string(),
        "to": report.span.to.to_string(),
        "by": report.by.name(),
        "made_from": made_from,
        "policies": report.policies,
        "releases": report.releases,
        "files": files,
    });
    format!("{object:#}\n")
}

/// A hash of all that decides a report's bytes, in 64 hex digits. The same rows in the same order make the same.
pub fn made_from(source: &Source, formats: &[super::Format]) -> String {
    let mut hash = Sha256::new();
    let mut text = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    text(VERSION);
    text(&source.creator);
    text(&format!("{} {} {}", source.span.from, source.span.to, source.by.name()));
    formats.iter().for_each(|format| text(format.ending()));
    for row in &source.released {
        for part in [&row.category, &row.metric, &row.dimension, &row.key, &row.policy, &row.release_id] {
            text(part);
        }
        text(&format!("{} {} {} {} {}", row.dt, row.value, row.sigma, row.low, row.high));
    }
    for line in &source.statements {
        for part in [&line.kind, &line.currency, &line.standing, &line.reason] {
            text(part);
        }
        let amounts = [line.gross, line.platform_fee, line.processing_fee, line.other_fees, line.net];
        text(&format!("{} {} {amounts:?}", line.dt, line.count));
    }
    for (content_id, title) in &source.titles {
        text(content_id);
        text(title);
    }
    hex(hash.finalize().as_slice())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
