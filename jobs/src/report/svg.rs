//! A small picture that stands in the page: bars of open breaks by class, in the colours of their ages.

use std::fmt::Write;

pub use insights::report::markup::escaped;

use super::open_breaks::BUCKETS;

const LABEL_WIDTH: usize = 190;
const BARS_WIDTH: usize = 420;
const COUNT_WIDTH: usize = 60;
const ROW_HEIGHT: usize = 22;

/// Horizontal bars, one a class, a part for each age. None where nothing is open. The same numbers stand in
/// the page's tables, so the picture is told to a screen reader in one sentence.
pub fn open_breaks(classes: &[(String, [i64; 4])]) -> Option<String> {
    let most = classes.iter().map(|(_, ages)| ages.iter().sum::<i64>()).max().filter(|most| *most > 0)?;
    let (width, height) = (LABEL_WIDTH + BARS_WIDTH + COUNT_WIDTH, (classes.len() + 1) * ROW_HEIGHT + 6);
    let total: i64 = classes.iter().flat_map(|(_, ages)| ages).sum();
    let mut out = format!(
        "<svg role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         aria-labelledby=\"open-title open-desc\"><title id=\"open-title\">Open breaks by class and age</title>\
         <desc id=\"open-desc\">{total} breaks are open in {} classes; the longest bar has {most}.</desc>\n",
        classes.len()
    );
    for (place, bucket) in BUCKETS.iter().enumerate() {
        let x = LABEL_WIDTH + place * 100;
        let _ = writeln!(
            out,
            "<rect class=\"age-{place}\" x=\"{x}\" y=\"4\" width=\"12\" height=\"12\"/>\
             <text x=\"{}\" y=\"15\">{bucket} days</text>",
            x + 17
        );
    }
    for (row, (class, ages)) in classes.iter().enumerate() {
        let y = (row + 1) * ROW_HEIGHT + 4;
        let base = y + 13;
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"{base}\" text-anchor=\"end\">{}</text>",
            LABEL_WIDTH - 8,
            escaped(class)
        );
        let mut before = 0;
        for (place, count) in ages.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (start, end) = (scaled(before, most), scaled(before + count, most));
            let _ = write!(
                out,
                "<rect class=\"age-{place}\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"16\"/>",
                LABEL_WIDTH + start,
                (end - start).max(1)
            );
            before += count;
        }
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{base}\">{before}</text>",
            LABEL_WIDTH + scaled(before, most) + 6
        );
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// A count as a length.
fn scaled(count: i64, most: i64) -> usize {
    usize::try_from(i128::from(count) * BARS_WIDTH as i128 / i128::from(most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_counts() {
        let picture = open_breaks(&[("A<B".to_owned(), [1, 0, 0, 1]), ("C".to_owned(), [4, 0, 0, 0])]);
        let picture = picture.unwrap_or_default();
        for part in
            ["A&lt;B", "x=\"295\" y=\"26\" width=\"105\"", "x=\"190\" y=\"48\" width=\"420\"", "role=\"img\""]
        {
            assert!(picture.contains(part), "{part} is not in\n{picture}");
        }
        assert_eq!(open_breaks(&[]), None);
    }
}
