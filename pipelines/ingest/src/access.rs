//! Edge requests: CloudFront standard logs, version 1, read by the names in their `#Fields` line.

use std::borrow::Cow;

use arrow::array::{ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow::buffer::Buffer;
use arrow::error::ArrowError;
use schemas::time;

use crate::cmcd::{self, Cmcd};
use crate::columns;
use crate::json;
use crate::percent::decode;
use crate::reason::{Reason, Rejection};
use crate::rows::{finished, hash_of};
use crate::texts::Texts;

/// The fields that the warehouse keeps.
#[derive(Clone, Copy)]
enum Name {
    Date,
    Time,
    RequestId,
    Location,
    Client,
    ForwardedFor,
    Method,
    HostHeader,
    Host,
    Stem,
    Query,
    Referer,
    Agent,
    Protocol,
    Status,
    Sent,
    Received,
    Length,
    RangeStart,
    RangeEnd,
    Taken,
    FirstByte,
    Result,
    Response,
    Detailed,
}

/// Their names in a `#Fields` line, in the order of [`Name`].
const NAMES: [&str; 25] = [
    "date",
    "time",
    "x-edge-request-id",
    "x-edge-location",
    "c-ip",
    "x-forwarded-for",
    "cs-method",
    "x-host-header",
    "cs(Host)",
    "cs-uri-stem",
    "cs-uri-query",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-protocol-version",
    "sc-status",
    "sc-bytes",
    "cs-bytes",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
    "time-taken",
    "time-to-first-byte",
    "x-edge-result-type",
    "x-edge-response-result-type",
    "x-edge-detailed-result-type",
];

/// The columns that a log names, each with its place in a line.
#[derive(Debug, Clone, Default)]
pub struct Header {
    places: [Option<usize>; NAMES.len()],
    /// Hash of every name, known or not: a payload is its values by name.
    hashes: Vec<u64>,
}

impl Header {
    /// Reads a `#Fields:` line; `None` for any other line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut header = Self::default();
        for name in line.strip_prefix("#Fields:")?.split_whitespace() {
            if let Some(known) = NAMES.iter().position(|known| *known == name) {
                header.places[known] = Some(header.hashes.len());
            }
            header.hashes.push(hash_of(name));
        }
        Some(header)
    }
}

/// The values of one line by name.
struct Values<'a> {
    header: &'a Header,
    values: &'a [&'a str],
}

fn is_missing(value: &str) -> bool {
    matches!(value, "-" | "")
}

fn no_number<T>(name: Name, text: &str) -> Result<T, Rejection> {
    Err(Rejection::new(Reason::NumberMustBeANumber, format!("{}: {text}", NAMES[name as usize])))
}

impl<'a> Values<'a> {
    fn text(&self, name: Name) -> Option<&'a str> {
        let value = *self.values.get(self.header.places[name as usize]?)?;
        (!is_missing(value)).then_some(value)
    }

    fn present(&self, name: Name) -> Result<&'a str, Rejection> {
        let missing = || Rejection::new(Reason::ValueMustBePresent, NAMES[name as usize].to_owned());
        self.text(name).ok_or_else(missing)
    }

    fn integer(&self, name: Name) -> Result<Option<i64>, Rejection> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(number)),
            _ => no_number(name, text),
        }
    }

    /// Seconds with a fraction, in milliseconds.
    fn milliseconds(&self, name: Name) -> Result<Option<f64>, Rejection> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(seconds) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
                Ok(Some(seconds * 1000.0))
            }
            _ => no_number(name, text),
        }
    }

    /// Hash of the values by name, whatever the order of the fields.
    fn payload_hash(&self) -> u64 {
        let pairs = self.header.hashes.iter().zip(self.values).filter(|(_, value)| !is_missing(value));
        pairs.fold(0, |sum, (name, value)| sum.wrapping_add(json::mix(*name, hash_of(value))))
    }
}

/// `/v/<content_id>/<codec>/<height>/<segment>.m4s`
#[derive(Default)]
struct Object<'a> {
    content_id: Option<Cow<'a, str>>,
    codec: Option<Cow<'a, str>>,
    height: Option<i64>,
    segment: Option<Cow<'a, str>>,
}

impl<'a> Object<'a> {
    fn of(path: &Cow<'a, str>) -> Self {
        match path {
            Cow::Borrowed(path) => Self::parts(*path, Cow::Borrowed),
            Cow::Owned(path) => Self::parts(path, copied),
        }
    }

    fn parts<'b>(path: &'b str, keep: impl Fn(&'b str) -> Cow<'a, str>) -> Self {
        let Some(rest) = path.strip_prefix("/v/") else { return Self::default() };
        let mut parts = rest.split('/');
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let (content_id, codec, height) = (part().map(&keep), part().map(&keep), part());
        let segment = part().map(|segment| keep(segment.strip_suffix(".m4s").unwrap_or(segment)));
        Self { content_id, codec, height: height.and_then(|height| height.parse().ok()), segment }
    }
}

/// A text that is not kept where it lies.
fn copied<'a>(text: &str) -> Cow<'a, str> {
    Cow::Owned(text.to_owned())
}

/// Builders for the rows of an access log.
pub struct RequestRows {
    texts: [Texts; 19],
    at: TimestampMicrosecondBuilder,
    integers: [Int64Builder; 13],
    time_taken_ms: Float64Builder,
    first_byte_ms: Float64Builder,
    flags: [BooleanBuilder; 3],
}

impl Default for RequestRows {
    fn default() -> Self {
        Self {
            texts: std::array::from_fn(|_| Texts::new()),
            at: columns::instants(),
            integers: std::array::from_fn(|_| Int64Builder::new()),
            time_taken_ms: Float64Builder::new(),
            first_byte_ms: Float64Builder::new(),
            flags: std::array::from_fn(|_| BooleanBuilder::new()),
        }
    }
}

/// The hashes by which a request meets its like.
pub struct Pushed {
    /// `None` where the log has no ids: file and line are the key.
    pub key_hash: Option<u64>,
    pub payload_hash: u64,
}

impl RequestRows {
    /// Pushes one line by the header that holds there.
    pub fn push(&mut self, header: Option<&Header>, line: &str) -> Result<Pushed, Rejection> {
        let refuse = |reason, detail: &str| Err(Rejection::new(reason, detail.to_owned()));
        let Some(header) = header else { return refuse(Reason::FieldsMustComeFirst, "") };
        let count = header.hashes.len();
        let mut values: Vec<&str> = line.split('\t').collect();
        if values.len() == count + 1 && values.last() == Some(&"") {
            values.pop();
        }
        if values.len() > count {
            let detail = format!("{} values, {count} fields", values.len());
            return refuse(Reason::ValuesMustNotExceedFields, &detail);
        }
        let values = Values { header, values: &values };
        let date = values.present(Name::Date)?;
        let Some(day) = time::parse_date(date.as_bytes()) else {
            return refuse(Reason::TimeMustBeRfc3339, &format!("date: {date}"));
        };
        let clock = values.present(Name::Time)?;
        let Some(second) = time::parse_clock(clock.as_bytes()) else {
            return refuse(Reason::TimeMustBeRfc3339, &format!("time: {clock}"));
        };
        let has_id = header.places[Name::RequestId as usize].is_some();
        let request_id = if has_id { Some(values.present(Name::RequestId)?) } else { None };
        let numbers =
            [Name::Status, Name::Sent, Name::Received, Name::Length, Name::RangeStart, Name::RangeEnd];
        let mut known = [None; 6];
        for (number, name) in known.iter_mut().zip(numbers) {
            *number = values.integer(name)?;
        }
        let taken = values.milliseconds(Name::Taken)?;
        let first_byte = values.milliseconds(Name::FirstByte)?;
        // Nothing below refuses the line.
        self.at.append_value(day * time::DAY + second * 1_000_000);
        self.time_taken_ms.append_option(taken);
        self.first_byte_ms.append_option(first_byte);
        self.push_texts(&values, request_id, known);
        Ok(Pushed { key_hash: request_id.map(hash_of), payload_hash: values.payload_hash() })
    }

    fn push_texts(&mut self, values: &Values<'_>, request_id: Option<&str>, known: [Option<i64>; 6]) {
        let decoded = |name| values.text(name).map(decode);
        let plain = |name| values.text(name).map(Cow::Borrowed);
        let path = decoded(Name::Stem);
        let object = path.as_ref().map(Object::of).unwrap_or_default();
        let query = values.text(Name::Query);
        let cmcd = query.and_then(cmcd::parse).unwrap_or_default();
        let (result, response) = (values.text(Name::Result), values.text(Name::Response));
        let left = known[0] == Some(0)
            || (result == Some("Error") && response.is_some_and(|found| found != "Error"));
        let Object { content_id, codec, height, segment } = object;
        let texts = [
            request_id.map(Cow::Borrowed),
            plain(Name::Location),
            plain(Name::Client),
            decoded(Name::ForwardedFor),
            plain(Name::Method),
            plain(Name::HostHeader).or(plain(Name::Host)),
            path.clone(),
            query.map(Cow::Borrowed),
            decoded(Name::Referer),
            decoded(Name::Agent),
            plain(Name::Protocol),
            result.map(Cow::Borrowed),
            response.map(Cow::Borrowed),
            plain(Name::Detailed),
            content_id,
            codec,
            segment,
            cmcd.sid.as_deref().map(copied),
            cmcd.ot.as_deref().map(copied),
        ];
        for (builder, text) in self.texts.iter_mut().zip(texts) {
            builder.append_option(text);
        }
        self.push_numbers(&cmcd, left, known, height);
    }

    fn push_numbers(&mut self, cmcd: &Cmcd, left: bool, known: [Option<i64>; 6], height: Option<i64>) {
        let [status, sent, received, length, start, end] = known;
        let integers = [
            status, sent, received, length, start, end, height, cmcd.br, cmcd.bl, cmcd.dl, cmcd.mtp, cmcd.tb,
            cmcd.d,
        ];
        for (builder, integer) in self.integers.iter_mut().zip(integers) {
            builder.append_option(integer);
        }
        for (builder, flag) in self.flags.iter_mut().zip([Some(left), cmcd.bs, cmcd.su]) {
            builder.append_option(flag);
        }
    }

    /// The table's own columns of the rows pushed, in its order.
    pub fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError> {
        let [id, node, client, forwarded, method, host, path, query, referer, agent, protocol, rest @ ..] =
            &mut self.texts;
        let [result, response, detailed, content, codec, segment, sid, ot] = rest;
        let [status, sent, received, length, start, end, height, br, bl, dl, mtp, tb, d] = &mut self.integers;
        let [left, bs, su] = &mut self.flags;
        Ok(finished![
            chunk;
            id,
            self.at,
            node,
            client,
            forwarded,
            method,
            host,
            path,
            query,
            referer,
            agent,
            protocol,
            status,
            sent,
            received,
            length,
            start,
            end,
            self.time_taken_ms,
            self.first_byte_ms,
            result,
            response,
            detailed,
            left,
            content,
            codec,
            height,
            segment,
            sid,
            br,
            bl,
            dl,
            mtp,
            tb,
            d,
            ot,
            bs,
            su
        ])
    }
}
