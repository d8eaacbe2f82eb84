//! A table of a page, as screen readers want it.

use std::fmt::Write;

use super::markup::escaped;

/// A table with headings of columns and rows; the first `texts` columns are no numbers. Nothing without records.
pub fn table<R: AsRef<[String]>>(
    caption: &str,
    header: &[&str],
    records: &[R],
    texts: usize,
    out: &mut String,
) {
    if records.is_empty() {
        return;
    }
    let class = |column: usize| if column < texts { "" } else { " class=\"number\"" };
    let caption = escaped(caption);
    // What may scroll can be reached by the keyboard, and says what it is.
    let _ = write!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{caption}\"><table>\n\
         <caption>{caption}</caption>\n<thead><tr>"
    );
    for (column, title) in header.iter().enumerate() {
        let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(column), escaped(title));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for record in records {
        let cells = record.as_ref();
        let total = if cells.first().is_some_and(|cell| cell == "total") { " class=\"total\"" } else { "" };
        let _ = write!(out, "<tr{total}>");
        for (column, cell) in cells.iter().enumerate() {
            let cell = escaped(cell);
            let _ = match column {
                0 => write!(out, "<th scope=\"row\"><bdi>{cell}</bdi></th>"),
                _ if column < texts => write!(out, "<td><bdi>{cell}</bdi></td>"),
                _ => write!(out, "<td{}>{cell}</td>", class(column)),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}
