//! One stored file: bytes in, compressed or not, with the hash of what lies on the disk.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::GenerateError;

/// How one file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Plain,
    Gzip,
    Zstd,
}

impl Coding {
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Gzip => ".gz",
            Self::Zstd => ".zst",
        }
    }
}

/// Counts and hashes what passes to the disk.
struct Hashed {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

enum Encoder {
    Plain(Hashed),
    Gzip(GzEncoder<Hashed>),
    Zstd(zstd::Encoder<'static, Hashed>),
    /// Between two members, and after a failure.
    Gone,
}

/// A file being written.
pub struct Sink {
    path: PathBuf,
    encoder: Encoder,
}

/// What a manifest says of a stored file.
pub struct Stored {
    pub bytes: u64,
    pub sha256: [u8; 32],
}

impl Sink {
    pub fn create(path: &Path, coding: Coding) -> Result<Self, GenerateError> {
        let file = File::create_new(path).map_err(|error| GenerateError::storage(path, error))?;
        let hashed = Hashed { file, hash: Sha256::new(), bytes: 0 };
        let mut sink = Self { path: path.into(), encoder: Encoder::Gone };
        sink.encoder = sink.checked(begin(hashed, coding))?;
        Ok(sink)
    }

    fn checked<T>(&self, result: io::Result<T>) -> Result<T, GenerateError> {
        result.map_err(|error| GenerateError::storage(&self.path, error))
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), GenerateError> {
        let result = match &mut self.encoder {
            Encoder::Plain(out) => out.write_all(bytes),
            Encoder::Gzip(out) => out.write_all(bytes),
            Encoder::Zstd(out) => out.write_all(bytes),
            Encoder::Gone => Ok(()),
        };
        self.checked(result)
    }

    /// Ends a gzip member or a zstd frame and begins the next; a reader must go on to the end of the file.
    pub fn begin_member(&mut self) -> Result<(), GenerateError> {
        let coding = match self.encoder {
            Encoder::Gzip(_) => Coding::Gzip,
            Encoder::Zstd(_) => Coding::Zstd,
            _ => return Ok(()),
        };
        let hashed = self.end_member()?;
        self.encoder = self.checked(begin(hashed, coding))?;
        Ok(())
    }

    fn end_member(&mut self) -> Result<Hashed, GenerateError> {
        let result = match std::mem::replace(&mut self.encoder, Encoder::Gone) {
            Encoder::Plain(hashed) => Ok(hashed),
            Encoder::Gzip(out) => out.finish(),
            Encoder::Zstd(out) => out.finish(),
            Encoder::Gone => Err(io::Error::other("the file failed before")),
        };
        self.checked(result)
    }

    pub fn finish(mut self) -> Result<Stored, GenerateError> {
        let mut hashed = self.end_member()?;
        self.checked(hashed.flush())?;
        Ok(Stored { bytes: hashed.bytes, sha256: hashed.hash.finalize().into() })
    }
}

fn begin(hashed: Hashed, coding: Coding) -> io::Result<Encoder> {
    Ok(match coding {
        Coding::Plain => Encoder::Plain(hashed),
        Coding::Gzip => Encoder::Gzip(GzEncoder::new(hashed, flate2::Compression::fast())),
        Coding::Zstd => Encoder::Zstd(zstd::Encoder::new(hashed, 1)?),
    })
}
