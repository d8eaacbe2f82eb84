//! A trace file as blocks of requests: read once, from its beginning to its end.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use delivery::cache::Request;
use delivery::cache::record::{RECORD_BYTES, Records};

use crate::failure::{Failure, Outcome};

/// Records read at once.
const BLOCK: usize = 1 << 16;

/// A trace that is being read.
pub struct Trace {
    path: PathBuf,
    stored: Box<dyn Read + Send>,
    pub records: Records,
    block: Vec<u8>,
}

impl Trace {
    /// Opens a file of records; the ending of its name says how it is packed.
    pub fn open(path: &Path) -> Outcome<Self> {
        let shown = path.display();
        let missing = |error: std::io::Error| {
            let failure = Failure::usage(format!("{shown}: {error}"));
            match error.kind() {
                ErrorKind::NotFound => {
                    failure.with_hint("name a trace in libCacheSim's oracleGeneral format")
                }
                _ => failure,
            }
        };
        let file = File::open(path).map_err(missing)?;
        let about = file.metadata().map_err(missing)?;
        if about.is_dir() {
            return Err(Failure::usage(format!("{shown}: is a folder, not a trace")));
        }
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !matches!(ending, "gz" | "zst") && about.is_file() {
            check_length(path, about.len())?;
        }
        let broken = |error| Failure::refused(format!("{shown}: {error}"));
        let stored: Box<dyn Read + Send> = match ending {
            "gz" => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(1 << 18, file))),
            "zst" => Box::new(zstd::stream::read::Decoder::new(file).map_err(broken)?),
            _ => Box::new(file),
        };
        let block = vec![0; BLOCK * RECORD_BYTES];
        Ok(Self { path: path.to_owned(), stored, records: Records::default(), block })
    }

    /// Puts the next requests in the place of those before; there is nothing more once this gives false.
    pub fn read(&mut self, requests: &mut Vec<Request>) -> Outcome<bool> {
        requests.clear();
        let mut length = 0;
        while length < self.block.len() {
            match self.stored.read(&mut self.block[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::refused(format!("{}: {error}", self.path.display()))),
            }
        }
        let refused = |error| Failure::refused(format!("{}: {error}", self.path.display()));
        self.records.read(&self.block[..length], requests).map_err(refused)?;
        if length < self.block.len() {
            // Only the last block is short: its records are whole, or the file was cut.
            let before = (self.records.read - (length / RECORD_BYTES) as u64) * RECORD_BYTES as u64;
            check_length(&self.path, before + length as u64)?;
            self.records.finish();
        }
        Ok(length == self.block.len())
    }
}

fn check_length(path: &Path, bytes: u64) -> Outcome<()> {
    let shown = path.display();
    let record = RECORD_BYTES as u64;
    match (bytes, bytes % record) {
        (0, _) => Err(Failure::refused(format!("{shown}: holds no record"))),
        (_, 0) => Ok(()),
        (_, rest) => Err(Failure::refused(format!(
            "{shown}: {bytes} bytes are {} records of {record} bytes and {rest} bytes more: the file was cut, or is no \
             oracleGeneral trace",
            bytes / record
        ))),
    }
}
