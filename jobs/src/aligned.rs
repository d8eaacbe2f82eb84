//! Plain text for people: columns that stand under each other, long names shortened, prose wrapped.

use std::io::{self, ErrorKind, Write};

use crate::failure::{Failure, Outcome};

/// Writes to standard output. A reader that has seen enough, such as `head`, is no failure.
pub fn print(text: &str) -> Outcome<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::other(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a value for machines to standard output.
pub fn print_json(value: &impl serde::Serialize) -> Outcome<()> {
    print(&format!("{}\n", serde_json::to_string_pretty(value).map_err(Failure::other)?))
}

/// Lines with aligned columns, indented by two; the first `texts` columns to the left, numbers to the right.
pub fn aligned(rows: &[Vec<String>], texts: usize) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..count).map(|column| width(column).unwrap_or_default()).collect();
    let mut lines = String::new();
    for row in rows {
        let mut line = String::from(" ");
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.chars().count());
            let padded = if column < texts { format!("{cell}{pad}") } else { format!("{pad}{cell}") };
            line.push(' ');
            line.push_str(&padded);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// A text of at most `width` characters: of a longer one the middle is left out.
pub fn shortened(text: &str, width: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= width || width < 3 {
        return text.to_owned();
    }
    let tail = (width - 1) / 2;
    let head = width - 1 - tail;
    let middle = std::iter::once(&'…');
    characters[..head].iter().chain(middle).chain(&characters[characters.len() - tail..]).collect()
}

/// Prose in lines of at most `width` characters where its words allow it, each behind the indent; all
/// but the first are two further in.
pub fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let (mut lines, mut line) = (String::new(), String::from(indent));
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push_str(&line);
            lines.push('\n');
            line = format!("{indent}  ");
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push_str(&line);
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let rows =
            [vec!["a", "1"], vec!["bcd", "23"]].map(|row| row.into_iter().map(str::to_owned).collect());
        assert_eq!(aligned(&rows, 1), "  a    1\n  bcd 23\n");
    }

    #[test]
    fn the_middle_of_a_long_name_is_left_out() {
        assert_eq!(shortened("did:key:z6MkA", 13), "did:key:z6MkA");
        assert_eq!(shortened("did:key:z6MkA", 8), "did:…MkA");
    }

    #[test]
    fn prose_is_wrapped_between_words() {
        assert_eq!(wrapped("one two three", 9, " "), " one two\n   three\n");
        assert_eq!(wrapped("abcdefghijkl", 5, "  "), "  abcdefghijkl\n");
    }
}
