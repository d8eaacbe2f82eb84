//! A chunk of whole lines into a good batch, a rejected batch and their counts.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBuilder, Int64Array, Int64Builder, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use schemas::bronze;
use schemas::source::Source;

use crate::access::{Header, RequestRows};
use crate::json::Tape;
use crate::reason::{Reason, Rejection};
use crate::rows::{Rows, hash_of, rows_of};
use crate::texts;
use crate::totals::Totals;

/// A refused line is kept up to this many bytes.
pub const RAW_MAX: usize = 64 * 1024;
/// A longer line is refused unread, so that memory stays bounded.
pub const LINE_MAX: usize = 64 * 1024 * 1024;

/// Where lines come from, and what is the same for all of them.
#[derive(Debug, Clone)]
pub struct Place {
    pub source: Source,
    /// Days since the epoch.
    pub dt: i32,
    /// Name below the day's folder.
    pub file: Arc<str>,
    /// Microseconds since the epoch.
    pub ingested_at: i64,
}

/// Whole lines of one file.
pub struct Chunk {
    pub place: Place,
    /// Number of the first line, from 1.
    pub first_line: i64,
    pub bytes: Vec<u8>,
    /// The header that holds at its start, for an access log.
    pub header: Option<Arc<Header>>,
    /// Lines that were too long to be read: number and beginning.
    pub too_long: Vec<(i64, Vec<u8>)>,
}

/// What a chunk holds.
pub struct Parsed {
    /// Well-formed rows, in the schema of the source's bronze table, but with texts as views.
    pub good: RecordBatch,
    /// Hashes of the keys of the good rows.
    pub key_hashes: Vec<u64>,
    /// Refused lines, in the schema of `bronze.quarantine`.
    pub rejected: RecordBatch,
    /// Control totals of the good rows.
    pub totals: Totals,
    /// Lines neither blank nor header.
    pub rows: i64,
}

/// Reads chunks of one day of one source; kept from chunk to chunk for its memory.
pub struct Parser {
    schema: SchemaRef,
    tape: Tape,
    json: Option<Box<dyn Rows>>,
    requests: RequestRows,
}

impl Parser {
    /// `dt` is in days since the epoch.
    pub fn new(source: Source, dt: i32) -> Self {
        Self {
            schema: source.table().view_schema(),
            tape: Tape::default(),
            json: rows_of(source, dt),
            requests: RequestRows::default(),
        }
    }

    /// Reads every line of a chunk. Long texts of the good rows stay where they lie in it.
    pub fn parse(&mut self, chunk: Chunk) -> Result<Parsed, ArrowError> {
        let bytes = Buffer::from_vec(chunk.bytes);
        let chunk = Chunk { bytes: Vec::new(), ..chunk };
        read(Reader::new(&chunk.place, self), &chunk, &bytes)
    }
}

fn read(mut reader: Reader<'_>, chunk: &Chunk, bytes: &Buffer) -> Result<Parsed, ArrowError> {
    for (line, raw) in &chunk.too_long {
        reader.rows += 1;
        let rejection = Rejection::new(Reason::LineMustNotBeTooLong, format!("more than {LINE_MAX} bytes"));
        reader.rejected.push(*line, raw, rejection);
    }
    // One check for the whole chunk; line by line only where it fails.
    let all_utf8 = simdutf8::basic::from_utf8(bytes).ok();
    let mut header = chunk.header.clone();
    let (mut start, mut line) = (0, chunk.first_line);
    while start < bytes.len() {
        let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
        let raw = trim_return(&bytes[start..end]);
        if !is_blank(raw) {
            let text = match all_utf8 {
                Some(all) => Ok(&all[start..start + raw.len()]),
                None => std::str::from_utf8(raw),
            };
            match text {
                Ok(text) => reader.line(text, line, &mut header),
                Err(error) => {
                    reader.rows += 1;
                    let detail = format!("byte {}", error.valid_up_to());
                    reader.rejected.push(line, raw, Rejection::new(Reason::LineMustBeUtf8, detail));
                }
            }
        }
        (start, line) = (end + 1, line + 1);
    }
    reader.finish(bytes)
}

/// The header that holds after a chunk, where it has one: the next chunk begins with it.
pub fn last_header(bytes: &[u8]) -> Option<Header> {
    let mut at = bytes.len();
    while let Some(place) = memchr::memmem::rfind(&bytes[..at], b"#Fields:") {
        if place == 0 || bytes[place - 1] == b'\n' {
            let end = memchr::memchr(b'\n', &bytes[place..]).map_or(bytes.len(), |length| place + length);
            // A header that is no text is refused as a line, and the one before it goes on holding.
            if let Ok(text) = std::str::from_utf8(&bytes[place..end]) {
                return Header::parse(text);
            }
        }
        at = place;
    }
    None
}

fn trim_return(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(b"\r").unwrap_or(raw)
}

fn is_blank(raw: &[u8]) -> bool {
    raw.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

struct Reader<'a> {
    place: &'a Place,
    parser: &'a mut Parser,
    key_hashes: Vec<u64>,
    payload_hashes: Int64Builder,
    lines: Int64Builder,
    rejected: Rejected,
    totals: Totals,
    rows: i64,
}

impl<'a> Reader<'a> {
    fn new(place: &'a Place, parser: &'a mut Parser) -> Self {
        Self {
            place,
            parser,
            key_hashes: Vec::new(),
            payload_hashes: Int64Builder::new(),
            lines: Int64Builder::new(),
            rejected: Rejected::default(),
            totals: Totals::default(),
            rows: 0,
        }
    }

    fn line(&mut self, text: &str, line: i64, header: &mut Option<Arc<Header>>) {
        let outcome = match &mut self.parser.json {
            Some(rows) => match self.parser.tape.parse(text) {
                Ok(value) => rows.push(value, &mut self.totals).map(|key| (key, None)),
                Err(rejection) => Err(rejection),
            },
            None if text.starts_with('#') => {
                if let Some(found) = Header::parse(text) {
                    *header = Some(Arc::new(found));
                }
                return;
            }
            None => self.parser.requests.push(header.as_deref(), text).map(|pushed| {
                let by_place = || hash_of(&format!("{}\0{}\0{line}", self.place.dt, self.place.file));
                (pushed.key_hash.unwrap_or_else(by_place), Some(pushed.payload_hash))
            }),
        };
        self.rows += 1;
        match outcome {
            Ok((key_hash, payload_hash)) => {
                self.key_hashes.push(key_hash);
                self.payload_hashes
                    .append_value(payload_hash.unwrap_or(self.parser.tape.payload_hash) as i64);
                self.lines.append_value(line);
            }
            Err(rejection) => self.rejected.push(line, text.as_bytes(), rejection),
        }
    }

    fn finish(mut self, chunk: &Buffer) -> Result<Parsed, ArrowError> {
        let count = self.key_hashes.len();
        let mut columns = match &mut self.parser.json {
            Some(rows) => rows.finish(chunk)?,
            None => self.parser.requests.finish(chunk)?,
        };
        columns.push(Arc::new(BooleanArray::from(vec![false; count])));
        columns.push(Arc::new(Int64Array::from_iter_values(self.key_hashes.iter().map(|hash| *hash as i64))));
        columns.push(Arc::new(self.payload_hashes.finish()));
        columns.push(texts::repeated(&self.place.file, count)?);
        columns.push(Arc::new(self.lines.finish()));
        columns.push(repeated_instant(self.place.ingested_at, count));
        let good = RecordBatch::try_new(self.parser.schema.clone(), columns)?;
        let rejected = self.rejected.finish(self.place)?;
        Ok(Parsed { good, key_hashes: self.key_hashes, rejected, totals: self.totals, rows: self.rows })
    }
}

fn repeated_instant(micros: i64, count: usize) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_value(micros, count).with_timezone("UTC"))
}

/// Builders for refused lines.
#[derive(Default)]
struct Rejected {
    lines: Int64Builder,
    reasons: StringBuilder,
    details: StringBuilder,
    raws: StringBuilder,
    cuts: BooleanBuilder,
}

impl Rejected {
    fn push(&mut self, line: i64, raw: &[u8], rejection: Rejection) {
        let cut = raw.len() > RAW_MAX;
        self.lines.append_value(line);
        self.reasons.append_value(rejection.reason.code());
        self.details.append_value(rejection.detail);
        self.raws.append_value(printable(&raw[..raw.len().min(RAW_MAX)], cut));
        self.cuts.append_value(cut);
    }

    fn finish(&mut self, place: &Place) -> Result<RecordBatch, ArrowError> {
        let lines = self.lines.finish();
        let count = lines.values().len();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::new_repeated(place.source.folder(), count)),
            Arc::new(StringArray::new_repeated(&*place.file, count)),
            Arc::new(lines),
            Arc::new(self.reasons.finish()),
            Arc::new(self.details.finish()),
            Arc::new(self.raws.finish()),
            Arc::new(self.cuts.finish()),
            repeated_instant(place.ingested_at, count),
        ];
        RecordBatch::try_new(bronze::QUARANTINE.file_schema(), columns)
    }
}

/// The text of a line; bytes that are no UTF-8 stand as `\xNN`. A character that the cut halves is left out.
fn printable(raw: &[u8], cut: bool) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                let (valid, after) = rest.split_at(error.valid_up_to());
                text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                let length = error.error_len().unwrap_or(after.len());
                if error.error_len().is_none() && cut {
                    return text;
                }
                after[..length].iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
                rest = &after[length..];
            }
        }
    }
}
