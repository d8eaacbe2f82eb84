//! Rows as aligned columns, for reading: numbers to the right, NULL told apart, control characters escaped.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use rustyline::GraphemeClusterMode;

use super::cell;
use super::output::{RowWriter, View, unwritable};
use crate::failure::Outcome;

/// Text that is kept until the widths are known, in bytes.
const TEXT_BYTES_MAX: usize = 64 << 20;

/// One column's name and side.
#[derive(Debug, Clone)]
pub struct Heading {
    name: String,
    right: bool,
}

impl Heading {
    /// A column of text.
    pub fn left(name: &str) -> Self {
        Self { name: printable(name, None), right: false }
    }
}

/// A row's values, none where it is null; they are printable already.
type Row = Vec<Option<String>>;

/// Keeps the first rows, shows them aligned, and counts the others.
pub struct TableRows<'a, W> {
    view: View,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    bytes: usize,
    left_out: usize,
    shown: bool,
    out: &'a mut W,
}

impl<'a, W: Write + Send> TableRows<'a, W> {
    pub fn new(view: View, schema: &Schema, out: &'a mut W) -> Self {
        let heading = |name: &String, right| Heading { name: printable(name, None), right };
        let headings =
            schema.fields().iter().map(|field| heading(field.name(), field.data_type().is_numeric()));
        let headings = headings.collect();
        Self { view, headings, rows: Vec::new(), bytes: 0, left_out: 0, shown: false, out }
    }

    fn show(&mut self) -> Outcome<()> {
        let text = if self.view.expanded {
            expanded(&self.headings, &self.rows)
        } else {
            aligned(&self.headings, &self.rows)
        };
        self.shown = true;
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).map_err(unwritable)
    }

    fn footer(&self) -> String {
        let count = |rows: usize| format!("{} row{}", grouped(rows), if rows == 1 { "" } else { "s" });
        match self.left_out {
            0 => format!("({})", count(self.rows.len())),
            more => format!(
                "({} shown, {} more left out: --limit shows more)",
                count(self.rows.len()),
                grouped(more)
            ),
        }
    }
}

impl<W: Write + Send> RowWriter for TableRows<'_, W> {
    fn write(&mut self, batch: &RecordBatch) -> Outcome<()> {
        let mut columns = cell::columns(batch)?;
        let cut = self.view.cell_width_max.filter(|_| !self.view.expanded);
        let mut text = String::new();
        for index in 0..batch.num_rows() {
            if self.shown || self.rows.len() >= self.view.rows_max || self.bytes >= TEXT_BYTES_MAX {
                self.left_out += batch.num_rows() - index;
                break;
            }
            let mut row = Vec::with_capacity(columns.len());
            for (cells, heading) in columns.iter_mut().zip(&self.headings) {
                // A number without its last digits would be another number.
                let cut = cut.filter(|_| !heading.right);
                let value = cells.read(index, &mut text)?.then(|| value(&text, cut));
                self.bytes += value.as_ref().map_or(0, String::len);
                row.push(value);
            }
            self.rows.push(row);
        }
        // What is left out is only counted: nobody should wait for it to see the rest.
        if self.left_out > 0 && !self.shown { self.show() } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Outcome<()> {
        if !self.shown {
            self.show()?;
        }
        // The count is a remark, no data.
        let _ = writeln!(io::stderr(), "{}", self.footer());
        Ok(())
    }
}

/// Columns side by side below their names.
pub fn aligned(headings: &[Heading], rows: &[Row]) -> String {
    let mut widths = headings.iter().map(|heading| width(&heading.name)).collect::<Vec<_>>();
    for row in rows {
        for (widest, value) in widths.iter_mut().zip(row) {
            *widest = shown(value).lines().map(width).fold(*widest, usize::max);
        }
    }
    let mut text = String::new();
    let names = headings.iter().map(|heading| heading.name.as_str()).collect::<Vec<_>>();
    push_line(&mut text, headings, &widths, &names);
    text.push_str(&widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+"));
    text.push('\n');
    for row in rows {
        let height = row.iter().map(|value| shown(value).lines().count()).fold(1, usize::max);
        for line in 0..height {
            let parts = row.iter().map(|value| shown(value).lines().nth(line).unwrap_or_default());
            push_line(&mut text, headings, &widths, &parts.collect::<Vec<_>>());
        }
    }
    text
}

/// One column a line, row by row.
fn expanded(headings: &[Heading], rows: &[Row]) -> String {
    let widest = headings.iter().map(|heading| width(&heading.name)).fold(0, usize::max);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        text.push_str(&format!("-[ row {} ]{}\n", index + 1, "-".repeat(widest)));
        for (heading, value) in headings.iter().zip(row) {
            let indent = " ".repeat(widest - width(&heading.name));
            let following = format!("\n{} | ", " ".repeat(widest));
            text.push_str(&format!(
                "{}{indent} | {}\n",
                heading.name,
                shown(value).replace('\n', &following)
            ));
        }
    }
    text
}

fn push_line(text: &mut String, headings: &[Heading], widths: &[usize], parts: &[&str]) {
    let start = text.len();
    for (index, ((heading, widest), part)) in headings.iter().zip(widths).zip(parts).enumerate() {
        let space = " ".repeat(widest.saturating_sub(width(part)));
        let bar = if index == 0 { " " } else { " | " };
        let (before, after) = if heading.right { (space.as_str(), "") } else { ("", space.as_str()) };
        text.extend([bar, before, part, after]);
    }
    text.truncate(start + text[start..].trim_end().len());
    text.push('\n');
}

fn shown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("NULL")
}

/// A value as it is shown; a text that reads NULL is quoted, so that it is no null.
fn value(text: &str, width_max: Option<usize>) -> String {
    if text == "NULL" { "\"NULL\"".to_owned() } else { printable(text, width_max) }
}

/// A text that a terminal shows as it is; a single long line is cut, several (a plan) are not.
fn printable(text: &str, width_max: Option<usize>) -> String {
    let is_trap = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push(c),
            _ if c.is_control() || is_trap(c) => safe.extend(c.escape_default()),
            _ => safe.push(c),
        }
    }
    match width_max {
        Some(most) if !safe.contains('\n') && width(&safe) > most => cut(&safe, most),
        _ => safe,
    }
}

fn cut(line: &str, most: usize) -> String {
    let mut used = 0;
    let fits = |c: &char| {
        used += width_of(*c);
        used < most
    };
    line.chars().take_while(fits).chain(['…']).collect()
}

/// Places that a line takes on a terminal.
fn width(line: &str) -> usize {
    if line.is_ascii() { line.len() } else { line.chars().map(width_of).sum() }
}

fn width_of(c: char) -> usize {
    usize::from(GraphemeClusterMode::WcWidth.width(c.encode_utf8(&mut [0; 4])))
}

/// A count with its thousands apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let comma = |index: usize| (index > 0 && (digits.len() - index).is_multiple_of(3)).then_some(',');
    digits.chars().enumerate().flat_map(|(index, digit)| comma(index).into_iter().chain([digit])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::cell::tests::sample;
    use super::*;

    fn written(rows_max: usize, expanded: bool) -> (String, String) {
        let view = View { format: Format::Table, rows_max, cell_width_max: Some(12), expanded };
        let batch = sample().project(&[0, 1, 7]).unwrap();
        let mut out = Vec::new();
        let mut rows = TableRows::new(view, batch.schema_ref(), &mut out);
        (0..3).for_each(|_| rows.write(&batch).unwrap());
        let footer = rows.footer();
        Box::new(rows).finish().unwrap();
        (String::from_utf8(out).unwrap(), footer)
    }

    #[test]
    fn columns_are_aligned_and_counted() {
        let (text, footer) = written(3, false);
        let expected = concat!(
            " text   |               count | fees\n",
            "--------+---------------------+--------------\n",
            " a \"b\", | 9223372036854775807 | [{\"type\":\"P…\n",
            " c      |                     |\n",
            "        |                NULL | []\n",
            " a \"b\", | 9223372036854775807 | [{\"type\":\"P…\n",
            " c      |                     |\n",
        );
        assert_eq!(
            (text.as_str(), footer.as_str()),
            (expected, "(3 rows shown, 3 more left out: --limit shows more)")
        );
    }

    #[test]
    fn expanded_rows_are_whole() {
        let (text, footer) = written(9, true);
        let first = concat!(
            "-[ row 1 ]-----\n",
            "text  | a \"b\",\n",
            "      | c\n",
            "count | 9223372036854775807\n",
            "fees  | [{\"type\":\"PLATFORM\",\"amount\":\"-0.000000001\"},{\"type\":null,\"amount\":\"1.230000000\"}]\n",
            "-[ row 2 ]-----\n",
        );
        assert!(text.starts_with(first), "{text}");
        assert_eq!(footer, "(6 rows)");
    }

    #[test]
    fn values_show_what_they_are() {
        assert_eq!(value("NULL", None), "\"NULL\"");
        assert_eq!(value("\u{1b}[31m\t\u{202e}", None), "\\u{1b}[31m\\t\\u{202e}");
        assert_eq!(value("日本語", Some(5)), "日本…");
        assert_eq!(value("日本", Some(4)), "日本");
        assert_eq!((width("日本"), width("e\u{301}"), width("abc")), (4, 1, 3));
        assert_eq!(aligned(&[Heading::left("a")], &[]), " a\n---\n");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
