//! `COPY … TO STDOUT`: rows in PostgreSQL's text, CSV and binary forms.

use bytes::{BufMut, Bytes, BytesMut};
use datafusion::sql::sqlparser::ast::{CopyLegacyCsvOption, CopyLegacyOption, CopyOption};

use crate::cell::Cells;
use crate::failure::Refusal;
use crate::row::Rows;

/// Before the first row of the binary form: signature, flags, no extension.
const BINARY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Behind its last row.
const BINARY_TAIL: &[u8] = b"\xff\xff";

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyFormat {
    Text { delimiter: u8, null: String, header: bool },
    Csv { delimiter: u8, quote: u8, escape: u8, null: String, header: bool, quoted: Quoted },
    Binary,
}

/// Which columns of CSV are quoted whatever they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quoted {
    AsNeeded,
    All,
    Only(Vec<String>),
}

#[derive(Default)]
struct Asked {
    kind: Option<String>,
    delimiter: Option<char>,
    null: Option<String>,
    header: bool,
    quote: Option<char>,
    escape: Option<char>,
    quoted: Option<Quoted>,
}

impl CopyFormat {
    /// Reads the options of a COPY, those of today and of long ago.
    pub fn new(options: &[CopyOption], legacy: &[CopyLegacyOption]) -> Result<Self, Refusal> {
        let mut asked = Asked::default();
        options.iter().try_for_each(|option| asked.read(option))?;
        legacy.iter().try_for_each(|option| asked.read_legacy(option))?;
        asked.format()
    }

    pub fn is_binary(&self) -> bool {
        *self == Self::Binary
    }

    /// What comes before the first row.
    fn head(&self, names: &[&str]) -> Bytes {
        match self {
            Self::Binary => Bytes::from_static(BINARY_HEAD),
            Self::Text { header: false, .. } | Self::Csv { header: false, .. } => Bytes::new(),
            Self::Text { delimiter, .. } => {
                let mut line = BytesMut::new();
                for (place, name) in names.iter().enumerate() {
                    if place > 0 {
                        line.put_u8(*delimiter);
                    }
                    escaped(name.as_bytes(), *delimiter, &mut line);
                }
                line.put_u8(b'\n');
                line.freeze()
            }
            Self::Csv { delimiter, quote, escape, null, .. } => {
                let mut line = BytesMut::new();
                for (place, name) in names.iter().enumerate() {
                    if place > 0 {
                        line.put_u8(*delimiter);
                    }
                    csv(name.as_bytes(), *delimiter, *quote, *escape, null, false, &mut line);
                }
                line.put_u8(b'\n');
                line.freeze()
            }
        }
    }

    fn row(&self, cells: &[Cells], quoted: &[bool], row: usize, out: &mut BytesMut) -> Result<(), Refusal> {
        if self.is_binary() {
            out.put_i16(cells.len() as i16);
            return cells.iter().try_for_each(|cells| cells.sized(row, true, out));
        }
        let mut value = BytesMut::new();
        for (place, cells) in cells.iter().enumerate() {
            let is_null = cells.is_null(row);
            value.clear();
            if !is_null {
                cells.text(row, &mut value)?;
            }
            match self {
                Self::Text { delimiter, null, .. } => {
                    if place > 0 {
                        out.put_u8(*delimiter);
                    }
                    if is_null { out.put_slice(null.as_bytes()) } else { escaped(&value, *delimiter, out) }
                }
                Self::Csv { delimiter, quote, escape, null, .. } => {
                    if place > 0 {
                        out.put_u8(*delimiter);
                    }
                    let quoted = quoted.get(place).copied().unwrap_or_default();
                    match is_null {
                        true => out.put_slice(null.as_bytes()),
                        false => csv(&value, *delimiter, *quote, *escape, null, quoted, out),
                    }
                }
                Self::Binary => {}
            }
        }
        out.put_u8(b'\n');
        Ok(())
    }

    fn quoted(&self, names: &[&str]) -> Vec<bool> {
        let is_quoted = |name: &&str| match self {
            Self::Csv { quoted: Quoted::All, .. } => true,
            Self::Csv { quoted: Quoted::Only(only), .. } => only.iter().any(|quoted| quoted == name),
            _ => false,
        };
        names.iter().map(is_quoted).collect()
    }
}

/// The messages of a COPY, one a row, the first with what comes before it.
pub struct Copied {
    rows: Rows,
    format: CopyFormat,
    quoted: Vec<bool>,
    buffer: BytesMut,
    ended: bool,
    pub count: usize,
}

impl Copied {
    pub fn new(rows: Rows, format: CopyFormat) -> Self {
        let schema = rows.schema().clone();
        let names = schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
        let (mut buffer, quoted) = (BytesMut::new(), format.quoted(&names));
        buffer.put_slice(&format.head(&names));
        Self { rows, format, quoted, buffer, ended: false, count: 0 }
    }

    pub fn forms(&self) -> Vec<i16> {
        vec![i16::from(self.format.is_binary()); self.rows.schema().fields().len()]
    }

    pub fn is_binary(&self) -> bool {
        self.format.is_binary()
    }

    /// The next message; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        if self.ended {
            return Ok(None);
        }
        let (format, quoted) = (&self.format, &self.quoted);
        let row = self
            .rows
            .advance(&mut self.buffer, |cells, row, out| format.row(cells, quoted, row, out))
            .await?;
        if let Some(row) = row {
            self.count += 1;
            return Ok(Some(row.freeze()));
        }
        self.ended = true;
        if self.format.is_binary() {
            self.buffer.put_slice(BINARY_TAIL);
        }
        Ok((!self.buffer.is_empty()).then(|| self.buffer.split().freeze()))
    }
}

impl Asked {
    fn read(&mut self, option: &CopyOption) -> Result<(), Refusal> {
        match option {
            CopyOption::Format(kind) => self.kind = Some(kind.value.to_lowercase()),
            CopyOption::Delimiter(delimiter) => self.delimiter = Some(*delimiter),
            CopyOption::Null(null) => self.null = Some(null.clone()),
            CopyOption::Header(header) => self.header = *header,
            CopyOption::Quote(quote) => self.quote = Some(*quote),
            CopyOption::Escape(escape) => self.escape = Some(*escape),
            CopyOption::ForceQuote(names) => {
                let names = names.iter().map(|name| name.value.clone()).collect::<Vec<_>>();
                let all = names.is_empty() || names == ["*"];
                self.quoted = Some(if all { Quoted::All } else { Quoted::Only(names) });
            }
            CopyOption::Encoding(name) if is_utf8(name) => {}
            _ => return Err(Refusal::unsupported(format!("COPY TO STDOUT has no option {option} here"))),
        }
        Ok(())
    }

    fn read_legacy(&mut self, option: &CopyLegacyOption) -> Result<(), Refusal> {
        match option {
            CopyLegacyOption::Binary => self.kind = Some("binary".to_owned()),
            CopyLegacyOption::Delimiter(delimiter) => self.delimiter = Some(*delimiter),
            CopyLegacyOption::Null(null) => self.null = Some(null.clone()),
            CopyLegacyOption::Header => self.header = true,
            CopyLegacyOption::Csv(options) => {
                self.kind = Some("csv".to_owned());
                for option in options {
                    match option {
                        CopyLegacyCsvOption::Header => self.header = true,
                        CopyLegacyCsvOption::Quote(quote) => self.quote = Some(*quote),
                        CopyLegacyCsvOption::Escape(escape) => self.escape = Some(*escape),
                        CopyLegacyCsvOption::ForceQuote(names) => {
                            self.quoted =
                                Some(Quoted::Only(names.iter().map(|name| name.value.clone()).collect()));
                        }
                        CopyLegacyCsvOption::ForceNotNull(_) => {}
                    }
                }
            }
            _ => return Err(Refusal::unsupported(format!("COPY TO STDOUT has no option {option} here"))),
        }
        Ok(())
    }

    fn format(self) -> Result<CopyFormat, Refusal> {
        match self.kind.as_deref().unwrap_or("text") {
            "text" => Ok(CopyFormat::Text {
                delimiter: one_byte(self.delimiter, '\t')?,
                null: self.null.unwrap_or_else(|| "\\N".to_owned()),
                header: self.header,
            }),
            "csv" => {
                let quote = one_byte(self.quote, '"')?;
                Ok(CopyFormat::Csv {
                    delimiter: one_byte(self.delimiter, ',')?,
                    quote,
                    escape: self.escape.map_or(Ok(quote), |escape| one_byte(Some(escape), '"'))?,
                    null: self.null.unwrap_or_default(),
                    header: self.header,
                    quoted: self.quoted.unwrap_or(Quoted::AsNeeded),
                })
            }
            "binary" => Ok(CopyFormat::Binary),
            other => Err(Refusal::new("22023", format!("COPY format \"{other}\" not recognized"))),
        }
    }
}

fn is_utf8(name: &str) -> bool {
    ["utf8", "utf-8", "unicode"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn one_byte(asked: Option<char>, usual: char) -> Result<u8, Refusal> {
    let character = asked.unwrap_or(usual);
    let byte = u8::try_from(character).ok().filter(|byte| byte.is_ascii() && !b"\r\n\\".contains(byte));
    byte.ok_or_else(|| Refusal::new("22023", "COPY delimiter, quote and escape are each one plain character"))
}

fn escaped(value: &[u8], delimiter: u8, out: &mut BytesMut) {
    for byte in value {
        match byte {
            b'\\' => out.put_slice(b"\\\\"),
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            b'\t' => out.put_slice(b"\\t"),
            0x08 => out.put_slice(b"\\b"),
            0x0b => out.put_slice(b"\\v"),
            0x0c => out.put_slice(b"\\f"),
            byte if *byte == delimiter => out.put_slice(&[b'\\', *byte]),
            byte => out.put_u8(*byte),
        }
    }
}

/// A value that would read as null, as the end of the data or as more than one is quoted.
fn csv(value: &[u8], delimiter: u8, quote: u8, escape: u8, null: &str, forced: bool, out: &mut BytesMut) {
    let special = |byte: &u8| [delimiter, quote, b'\n', b'\r'].contains(byte);
    if !forced && value != null.as_bytes() && value != b"\\." && !value.iter().any(special) {
        return out.put_slice(value);
    }
    out.put_u8(quote);
    for byte in value {
        if *byte == quote || *byte == escape {
            out.put_u8(escape);
        }
        out.put_u8(*byte);
    }
    out.put_u8(quote);
}
