//! A stored file into chunks of whole lines: unpacked, hashed, counted, in bounded memory.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use schemas::source::Source;
use sha2::{Digest, Sha256};

use crate::access::Header;
use crate::chunk::{self, Chunk, LINE_MAX, Place, RAW_MAX};

/// Bytes of unpacked text that a chunk holds, but for its last line.
const CHUNK: usize = 2 * 1024 * 1024;
/// Bytes that are read and unpacked at once.
const BUFFER: usize = 256 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Hashes and counts the stored bytes as they pass.
struct Hashing<R> {
    inner: R,
    seen: Arc<Mutex<(Sha256, u64)>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0.update(&buffer[..count]);
        seen.1 += count as u64;
        Ok(count)
    }
}

/// The chunks of one file, in order.
pub struct Chunks {
    place: Place,
    text: Box<dyn BufRead + Send>,
    seen: Arc<Mutex<(Sha256, u64)>>,
    carried: Vec<u8>,
    next_line: i64,
    header: Option<Arc<Header>>,
    too_long: Vec<(i64, Vec<u8>)>,
    at_start: bool,
    ended: bool,
}

impl Chunks {
    /// Reads a stored file; the ending of its name says how it is packed.
    pub fn new(place: Place, stored: Box<dyn Read + Send>) -> io::Result<Self> {
        let seen = Arc::new(Mutex::new((Sha256::new(), 0)));
        let hashing = Hashing { inner: stored, seen: Arc::clone(&seen) };
        let buffered = BufReader::with_capacity(BUFFER, hashing);
        let text: Box<dyn BufRead + Send> = if place.file.ends_with(".gz") {
            unpacked(buffered, |stored| Ok(flate2::bufread::MultiGzDecoder::new(stored)))?
        } else if place.file.ends_with(".zst") {
            unpacked(buffered, zstd::stream::read::Decoder::with_buffer)?
        } else {
            Box::new(buffered)
        };
        Ok(Self {
            place,
            text,
            seen,
            carried: Vec::new(),
            next_line: 1,
            header: None,
            too_long: Vec::new(),
            at_start: true,
            ended: false,
        })
    }

    /// SHA-256 in hex and length of the stored bytes; whole once the last chunk was read.
    pub fn stored(&self) -> (String, u64) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = seen.0.clone().finalize();
        (hash.iter().map(|byte| format!("{byte:02x}")).collect(), seen.1)
    }

    /// The next chunk, `None` at the end. An error means that the file cannot be read to its end.
    pub fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.carried);
        bytes.reserve(CHUNK);
        let mut searched = 0;
        loop {
            let read = self.fill(&mut bytes)?;
            self.skip_bom(&mut bytes);
            if read == 0 {
                self.ended = true;
                break;
            }
            if let Some(place) = memchr::memrchr(b'\n', &bytes[searched..]) {
                self.carried = bytes.split_off(searched + place + 1);
                break;
            }
            searched = bytes.len();
            if bytes.len() > LINE_MAX && self.skip_long_line(&mut bytes)? {
                break;
            }
        }
        Ok(Some(self.chunk(bytes)))
    }

    fn fill(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let mut count = 0;
        while count < CHUNK {
            let found = match self.text.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                found => found?,
            };
            let taken = found.len().min(CHUNK - count);
            if taken == 0 {
                break;
            }
            bytes.extend_from_slice(&found[..taken]);
            self.text.consume(taken);
            count += taken;
        }
        Ok(count)
    }

    fn skip_bom(&mut self, bytes: &mut Vec<u8>) {
        if std::mem::take(&mut self.at_start) && bytes.starts_with(BOM) {
            bytes.drain(..BOM.len());
        }
    }

    /// Drops the rest of a line that is too long, keeping its beginning; whether the file went on after it.
    fn skip_long_line(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        bytes.truncate(RAW_MAX + 1);
        let start = std::mem::take(bytes);
        self.too_long.push((self.next_line, start));
        let mut rest = Vec::new();
        loop {
            rest.clear();
            if self.fill(&mut rest)? == 0 {
                self.ended = true;
                return Ok(true);
            }
            if let Some(place) = memchr::memchr(b'\n', &rest) {
                self.next_line += 1;
                self.carried = rest.split_off(place + 1);
                return Ok(true);
            }
        }
    }

    fn chunk(&mut self, bytes: Vec<u8>) -> Chunk {
        let first_line = self.next_line;
        self.next_line += memchr::memchr_iter(b'\n', &bytes).count() as i64;
        let header = self.header.clone();
        if self.place.source == Source::Access
            && let Some(last) = chunk::last_header(&bytes)
        {
            self.header = Some(Arc::new(last));
        }
        let too_long = std::mem::take(&mut self.too_long);
        Chunk { place: self.place.clone(), first_line, bytes, header, too_long }
    }
}

/// The text of several gzip members or zstd frames one after the other; a file without a byte is an empty text.
fn unpacked<R: BufRead + Send + 'static, D: Read + Send + 'static>(
    mut stored: R,
    decoder: impl FnOnce(R) -> io::Result<D>,
) -> io::Result<Box<dyn BufRead + Send>> {
    if stored.fill_buf()?.is_empty() {
        return Ok(Box::new(io::empty()));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER, decoder(stored)?)))
}
