//! Lines of CSV by RFC 4180, with plain line ends as `ttt sql` writes them.

/// A file's text: a header and its records.
pub struct Csv(String);

impl Csv {
    pub fn new(header: &[&str]) -> Self {
        let mut csv = Self(String::new());
        csv.record(header);
        csv
    }

    /// Adds one record.
    pub fn record<T: AsRef<str>>(&mut self, fields: &[T]) {
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            push_field(&mut self.0, field.as_ref());
        }
        self.0.push('\n');
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

fn push_field(out: &mut String, field: &str) {
    if !field.contains([',', '"', '\n', '\r']) {
        out.push_str(field);
        return;
    }
    out.push('"');
    out.push_str(&field.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let mut csv = Csv::new(&["a", "b"]);
        csv.record(&["plain", "with \"quotes\", comma\nand line"]);
        assert_eq!(csv.text(), "a,b\nplain,\"with \"\"quotes\"\", comma\nand line\"\n");
    }
}
