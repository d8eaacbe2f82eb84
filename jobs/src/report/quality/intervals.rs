//! A picture of differences with their intervals: a dot and a line for each cohort, and where zero is.

use std::fmt::Write;

use crate::report::delivery::chart::COLOURS;
use crate::report::svg::escaped;

const LABEL_WIDTH: f64 = 260.0;
const PLOT_WIDTH: f64 = 400.0;
const TEXT_WIDTH: f64 = 110.0;
const ROW_HEIGHT: f64 = 22.0;
const TOP: f64 = 22.0;

/// A difference, from the least to the greatest that it may be.
#[derive(Debug, Clone)]
pub struct Difference {
    pub label: String,
    pub low: f64,
    pub middle: f64,
    pub high: f64,
    pub colour: usize,
}

/// All differences on one scale; none without any.
pub fn intervals(id: &str, title: &str, says: &str, differences: &[Difference]) -> Option<String> {
    let ends = || differences.iter().flat_map(|one| [one.low, one.middle, one.high]);
    let (least, most) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    if differences.is_empty() || most <= least {
        return None;
    }
    let x = |value: f64| LABEL_WIDTH + (value - least) / (most - least) * PLOT_WIDTH;
    let (width, height) =
        (LABEL_WIDTH + PLOT_WIDTH + TEXT_WIDTH, TOP + differences.len() as f64 * ROW_HEIGHT + 4.0);
    let (title, says) = (escaped(title), escaped(says));
    let mut out = format!(
        "<figure>\n<figcaption>{title}</figcaption>\n<svg role=\"img\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" aria-labelledby=\"{id}-title {id}-desc\">\
         <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{says}</desc>\n"
    );
    let zero = x(0.0);
    let _ = writeln!(
        out,
        "<line class=\"limit\" x1=\"{zero:.1}\" y1=\"{}\" x2=\"{zero:.1}\" y2=\"{height}\"/>\
         <text x=\"{zero:.1}\" y=\"14\" text-anchor=\"middle\">0</text>",
        TOP - 4.0
    );
    for (row, one) in differences.iter().enumerate() {
        let (y, colour) = (TOP + (row as f64 + 0.5) * ROW_HEIGHT, one.colour % COLOURS);
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <line class=\"line line-{colour}\" x1=\"{:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\"/>\
             <circle class=\"fill-{colour}\" cx=\"{:.1}\" cy=\"{y:.1}\" r=\"4\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{:+.2}</text>",
            LABEL_WIDTH - 8.0,
            y + 4.0,
            escaped(&one.label),
            x(one.low),
            x(one.high),
            x(one.middle),
            LABEL_WIDTH + PLOT_WIDTH + 8.0,
            y + 4.0,
            one.middle
        );
    }
    out.push_str("</svg>\n</figure>\n");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_drawn_to_scale() {
        let one = |low, middle, high| Difference { label: "a <b>".into(), low, middle, high, colour: 0 };
        let picture = intervals("d", "A & B", "says", &[one(-1.0, 0.0, 1.0), one(1.0, 2.0, 3.0)]).unwrap();
        for part in [
            "a &lt;b&gt;",
            "A &amp; B",
            "x1=\"260.0\" y1=\"33.0\" x2=\"460.0\"",
            "cx=\"560.0\" cy=\"55.0\"",
            "+2.00",
            "x=\"360.0\" y=\"14\"",
        ] {
            assert!(picture.contains(part), "{part} is not in\n{picture}");
        }
        assert_eq!(intervals("d", "t", "s", &[]), None);
        assert_eq!(intervals("d", "t", "s", &[one(0.0, 0.0, 0.0)]), None);
    }
}
