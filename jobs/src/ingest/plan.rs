//! What is to be read of a source's day: its files, less those that were ingested, against its manifest.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use ingest::manifest::{self, Manifest};
use schemas::source::Source;
use sha2::{Digest, Sha256};
use warehouse::DataFile;

use super::Context;
use super::record::{self, Known};
use crate::failure::{Failure, Outcome};
use crate::landing::Landed;

/// The work on one day of one source.
pub struct Plan {
    pub source: Source,
    pub dt: NaiveDate,
    /// Files to read, by name.
    pub files: Vec<Landed>,
    pub manifest: Option<Manifest>,
    /// Whether the manifest, or its absence, is not recorded yet.
    pub manifest_is_new: bool,
    /// Names the commit: by the files that it brings.
    pub batch: String,
    /// Batches whose record stands.
    pub recorded: BTreeSet<String>,
    /// Files that are not read again.
    pub known: u64,
    /// Whether a file changed after it was ingested: then the whole day is read again.
    pub anew: bool,
    pub notes: Vec<String>,
}

/// The source's folder as a part of file names.
pub fn slug(source: Source) -> String {
    format!("{}-", source.folder().replace('/', "-"))
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_settled(&self) -> bool {
        self.files.is_empty() && !self.manifest_is_new && !self.anew
    }

    /// The stem of the data files that the batch writes.
    pub fn stem(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.batch)
    }

    /// Divides a table's files into those of this day that no record stands for, and all others.
    pub fn divide(&self, files: Vec<DataFile>, prefix: &str) -> (Vec<DataFile>, Vec<DataFile>) {
        let day = schemas::time::days(self.dt);
        files.into_iter().partition(|file| {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            let Some(rest) = name.strip_prefix(prefix) else { return false };
            let batch = rest.split('-').next().unwrap_or_default();
            file.dt == Some(day) && (self.anew || !self.recorded.contains(batch))
        })
    }
}

/// Plans a source's day; `again` reads it whole, whatever is known of it.
pub async fn plan(context: &Context, source: Source, dt: NaiveDate, again: bool) -> Outcome<Plan> {
    let day = context.landing()?.day(source, dt).await?;
    let known = record::known(context, source, dt).await?;
    let manifest = match &day.manifest {
        None => None,
        Some(file) => {
            let bytes = context.landing()?.read(file).await?;
            let refused =
                |why| Failure::refused(format!("{}/dt={dt}/_manifest.json: {why}", source.folder()));
            Some(manifest::parse(&bytes, source, &dt.to_string()).map_err(refused)?)
        }
    };
    let mut notes = Vec::new();
    check_presence(source, dt, manifest.as_ref(), &day.files, &known.files, &mut notes)?;
    let landed_files = day.files.len();
    let (mut files, mut anew) = (Vec::new(), again);
    for file in &day.files {
        match known.files.get(&file.name) {
            Some(found) if found.bytes == file.bytes && found.modified_at == file.modified_at => {}
            Some(found) if is_same_content(context, file, found).await? => {}
            Some(_) => {
                notes.push(format!("{} changed after it was ingested: its day was read again", file.name));
                anew = true;
            }
            None => files.push(file.clone()),
        }
    }
    let kept = if anew { 0 } else { landed_files - files.len() };
    if anew {
        check_still_there(source, dt, &day.files, &known.files)?;
        files = day.files;
    }
    let landed = landed_files > 0 || manifest.is_some();
    let manifest_is_new = landed && known.manifest != Some(record::Stated::of(manifest.as_ref(), dt));
    Ok(Plan {
        source,
        dt,
        batch: batch_of(&files),
        files,
        manifest,
        manifest_is_new,
        recorded: known.files.values().map(|file| file.batch.clone()).collect(),
        known: kept as u64,
        anew,
        notes,
    })
}

/// Every file that the manifest names must be there, or have been ingested before.
fn check_presence(
    source: Source,
    dt: NaiveDate,
    manifest: Option<&Manifest>,
    files: &[Landed],
    known: &BTreeMap<String, Known>,
    notes: &mut Vec<String>,
) -> Outcome<()> {
    let Some(manifest) = manifest else { return Ok(()) };
    let landed: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    for name in manifest.files.keys() {
        if !landed.contains(name.as_str()) && !known.contains_key(name) {
            let place = format!("{}/dt={dt}/{name}", source.folder());
            return Err(Failure::refused(format!("{place}: named by the manifest and not there")).with_hint(
                "nothing of this source's day was written; send the file, or a manifest without it",
            ));
        }
    }
    let unlisted = files.iter().filter(|file| !manifest.files.contains_key(&file.name));
    notes.extend(unlisted.map(|file| format!("{} is not in the manifest, and was read", file.name)));
    Ok(())
}

/// A day can only be read again while all that was ingested of it is still there.
fn check_still_there(
    source: Source,
    dt: NaiveDate,
    files: &[Landed],
    known: &BTreeMap<String, Known>,
) -> Outcome<()> {
    let gone = known.keys().find(|name| !files.iter().any(|file| file.name == **name));
    let Some(name) = gone else { return Ok(()) };
    let place = format!("{}/dt={dt}/{name}", source.folder());
    let message = format!("{place}: was ingested and is no longer there, so its day cannot be read again");
    Err(Failure::refused(message).with_hint(
        "a file of this source changed after it was ingested: put it back and send corrections in a new file",
    ))
}

/// Whether a file that was touched still has the content that was ingested.
async fn is_same_content(context: &Context, file: &Landed, known: &Known) -> Outcome<bool> {
    if known.bytes != file.bytes {
        return Ok(false);
    }
    let (landing, file) = (context.landing()?.clone(), file.clone());
    let runtime = tokio::runtime::Handle::current();
    let hash = tokio::task::spawn_blocking(move || {
        let mut hash = Sha256::new();
        let mut reader = landing.reader(&file, &runtime)?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match std::io::Read::read(&mut reader, &mut buffer)? {
                0 => return Ok::<_, std::io::Error>(hash.finalize()),
                count => hash.update(&buffer[..count]),
            }
        }
    });
    let hash = hash.await?.map_err(Failure::refused)?;
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>() == known.sha256)
}

/// Sixteen hex digits over names, sizes and times: the same files make the same batch.
fn batch_of(files: &[Landed]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        hash.update(format!("{}\0{}\0{}\n", file.name, file.bytes, file.modified_at.timestamp_micros()));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
