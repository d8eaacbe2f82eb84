//! Records of one width in partitions by a hash: in memory while they are few, in files where they are many.
//!
//! Two sides that are divided by the same hash meet partition by partition, however many they are: a join that
//! needs no more memory than its largest partition.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Error, Result};

/// Bytes of all partitions together that wait in memory before they go to files.
const WAITING_BYTES: usize = 48 << 20;
/// Bytes that are written or read at once.
const PIECE_BYTES: usize = 1 << 20;

/// A folder of files that goes when it is dropped.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn new(parent: &Path) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("partitions-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| at(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn at(path: &Path, error: &std::io::Error) -> Error {
    Error::Exhausted(format!("{}: {error}", path.display()))
}

/// Records of `WORDS` words each, divided by the first one.
#[derive(Debug)]
pub struct Partitions<const WORDS: usize> {
    waiting: Vec<Vec<[u64; WORDS]>>,
    files: Vec<Option<File>>,
    waiting_max: usize,
    /// Records pushed so far.
    count: u64,
    parent: PathBuf,
    folder: Option<Folder>,
}

impl<const WORDS: usize> Partitions<WORDS> {
    /// So many partitions, at least one; `parent` is where files go, if any are needed.
    pub fn new(count: usize, parent: &Path) -> Self {
        let count = count.max(1);
        Self {
            waiting: vec![Vec::new(); count],
            files: (0..count).map(|_| None).collect(),
            waiting_max: (WAITING_BYTES / count / (WORDS * 8)).max(64),
            count: 0,
            parent: parent.to_owned(),
            folder: None,
        }
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> usize {
        self.waiting.len()
    }

    /// How many records were pushed.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds a record to the partition of its first word: partitions are ranges of it, in ascending order.
    pub fn push(&mut self, record: [u64; WORDS]) -> Result<()> {
        let place = (u128::from(record[0]) * self.waiting.len() as u128 >> 64) as usize;
        self.count += 1;
        let waiting = &mut self.waiting[place];
        waiting.push(record);
        if waiting.len() >= self.waiting_max { self.spill(place) } else { Ok(()) }
    }

    fn spill(&mut self, place: usize) -> Result<()> {
        if self.folder.is_none() {
            self.folder = Some(Folder::new(&self.parent)?);
        }
        let path = self.folder.as_ref().map(|folder| folder.0.join(place.to_string())).unwrap_or_default();
        if self.files[place].is_none() {
            let file = File::options().create_new(true).read(true).write(true).open(&path);
            self.files[place] = Some(file.map_err(|error| at(&path, &error))?);
        }
        let Some(file) = self.files[place].as_mut() else {
            return Err(Error::internal("a partition without its file"));
        };
        let mut piece = Vec::with_capacity(PIECE_BYTES.min(self.waiting[place].len() * WORDS * 8));
        for records in self.waiting[place].chunks(PIECE_BYTES / (WORDS * 8)) {
            piece.clear();
            records.iter().flatten().for_each(|word| piece.extend_from_slice(&word.to_le_bytes()));
            file.write_all(&piece).map_err(|error| at(&path, &error))?;
        }
        self.waiting[place].clear();
        Ok(())
    }

    /// Takes a partition's records out, in the order in which they were pushed.
    pub fn take(&mut self, place: usize) -> Result<Vec<[u64; WORDS]>> {
        let waiting = std::mem::take(&mut self.waiting[place]);
        let Some(mut file) = self.files[place].take() else { return Ok(waiting) };
        let shown = || self.parent.clone();
        let bytes = file.seek(SeekFrom::End(0)).map_err(|error| at(&shown(), &error))?;
        file.seek(SeekFrom::Start(0)).map_err(|error| at(&shown(), &error))?;
        let width = WORDS * 8;
        let mut records = Vec::with_capacity(bytes as usize / width + waiting.len());
        let mut piece = vec![0; PIECE_BYTES / width * width];
        let mut left = bytes as usize;
        while left > 0 {
            let some = left.min(piece.len());
            file.read_exact(&mut piece[..some]).map_err(|error| at(&shown(), &error))?;
            records.extend(piece[..some].chunks_exact(width).map(record::<WORDS>));
            left -= some;
        }
        records.extend(waiting);
        Ok(records)
    }
}

fn record<const WORDS: usize>(bytes: &[u8]) -> [u64; WORDS] {
    let mut record = [0; WORDS];
    for (word, bytes) in record.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = bytes.try_into().map(u64::from_le_bytes).unwrap_or_default();
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_whole_from_memory_and_from_files() {
        let folder = tempfile::tempdir().expect("a folder");
        for (count, records) in [(1, 1_000_u64), (7, 100_000), (300, 600_000)] {
            let mut partitions = Partitions::<3>::new(count, folder.path());
            partitions.waiting_max = 1_000;
            let scattered = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            for number in 0..records {
                partitions.push([scattered(number), number, !number]).expect("room");
            }
            let mut found = 0;
            let mut last = None;
            for place in 0..count {
                let mut taken = partitions.take(place).expect("records");
                assert!(
                    taken.iter().all(|record| record[0] == scattered(record[1]) && record[2] == !record[1])
                );
                assert!(taken.windows(2).all(|pair| pair[0][1] < pair[1][1]), "the order of pushing");
                taken.sort_unstable();
                assert!(taken.first().is_none_or(|first| last.is_none_or(|last| last < first[0])));
                last = taken.last().map(|record| record[0]).or(last);
                found += taken.len() as u64;
            }
            assert_eq!((found, partitions.count()), (records, records));
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "nothing is left");
    }
}
