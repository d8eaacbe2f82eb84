//! Small pictures: figures with their intervals, told in words too, in colours that the page's style gives.
//!
//! They are 340 units wide, so that their texts can be read on a narrow telephone; a wide page sets several in a row.

use std::fmt::Write;

use super::markup::escaped;

/// What a picture is called and says; `id` is unique on the page.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub says: &'a str,
}

impl Told<'_> {
    fn open(&self, height: usize) -> String {
        let Self { id, title, says } = self;
        let (title, says) = (escaped(title), escaped(says));
        format!(
            "<svg role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" aria-labelledby=\"{id}-title {id}-desc\">\
             <title id=\"{id}-title\">{title}</title><desc id=\"{id}-desc\">{says}</desc>\n"
        )
    }
}

/// A value with the ends of its interval; none where nothing is known.
#[derive(Debug, Clone)]
pub struct Point {
    pub label: String,
    pub at: Option<(f64, f64, f64)>,
}

const WIDTH: usize = 340;
const HEIGHT: usize = 190;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 334.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 164.0;
/// Points that are drawn one by one; of more, their intervals are a band.
const SINGLE_MAX: usize = 45;

/// A round number, not below the value.
pub fn ceiling(value: f64) -> f64 {
    if value.is_nan() || value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powi(value.log10().floor() as i32);
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    steps.iter().map(|step| step * power).find(|round| *round >= value).unwrap_or(10.0 * power)
}

/// A number on an axis, in few characters.
pub fn short(value: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (unit, name) = units.into_iter().find(|(unit, _)| value >= *unit).unwrap_or((1.0, ""));
    let text = format!("{:.2}", value / unit);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{name}")
}

/// Points over time from zero, each with its interval. None where nothing is known of any.
pub fn over_time(told: Told<'_>, points: &[Point]) -> Option<String> {
    let top = points.iter().filter_map(|point| point.at).map(|(_, _, high)| high).fold(f64::NAN, f64::max);
    if top.is_nan() {
        return None;
    }
    let top = ceiling(top);
    let up = |value: f64| BOTTOM - value.clamp(0.0, top) / top * (BOTTOM - TOP);
    let step = (RIGHT - LEFT) / points.len() as f64;
    let across = |place: usize| LEFT + (place as f64 + 0.5) * step;
    let mut out = told.open(HEIGHT);
    for share in [0.0, 0.5, 1.0] {
        let y = up(share * top);
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 5.0,
            y + 4.0,
            short(share * top)
        );
    }
    let last = points.len() - 1;
    // The two ends; what is between them can be counted.
    for (place, anchor) in [(0, "start"), (last, "end")].into_iter().take(points.len().min(2)) {
        let x = if anchor == "start" { LEFT } else { RIGHT };
        let label = escaped(&points[place].label);
        let _ =
            writeln!(out, "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{label}</text>", BOTTOM + 18.0);
    }
    let known = |place: usize| points[place].at.map(|(value, low, high)| (across(place), value, low, high));
    let known: Vec<Option<(f64, f64, f64, f64)>> = (0..points.len()).map(known).collect();
    if points.len() > SINGLE_MAX {
        for run in known.split(Option::is_none).filter(|run| !run.is_empty()) {
            band(run, up, &mut out);
        }
    } else {
        for (x, value, low, high) in known.into_iter().flatten() {
            whisker(x, up(low), up(high), &mut out);
            let _ = writeln!(out, "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{:.1}\" r=\"3\"/>", up(value));
        }
    }
    out.push_str("</svg>\n");
    Some(out)
}

fn band(run: &[Option<(f64, f64, f64, f64)>], up: impl Fn(f64) -> f64, out: &mut String) {
    let run: Vec<_> = run.iter().flatten().collect();
    out.push_str("<polygon class=\"band\" points=\"");
    for (x, _, _, high) in &run {
        let _ = write!(out, "{x:.1},{:.1} ", up(*high));
    }
    for (x, _, low, _) in run.iter().rev() {
        let _ = write!(out, "{x:.1},{:.1} ", up(*low));
    }
    out.push_str("\"/>\n<polyline class=\"line\" points=\"");
    for (x, value, ..) in &run {
        let _ = write!(out, "{x:.1},{:.1} ", up(*value));
    }
    out.push_str("\"/>\n");
}

fn whisker(x: f64, low: f64, high: f64, out: &mut String) {
    let (left, right) = (x - 2.5, x + 2.5);
    let _ = writeln!(
        out,
        "<path class=\"whisker\" d=\"M{left:.1} {high:.1}H{right:.1}M{x:.1} {high:.1}V{low:.1}M{left:.1} {low:.1}H{right:.1}\"/>"
    );
}

/// One horizontal bar with its interval, and the words at its end.
#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub text: String,
    pub at: (f64, f64, f64),
}

/// Characters of a label; the table behind the picture has the whole.
const LABEL_MAX: usize = 30;
const BAR_HEIGHT: usize = 36;
const BAR_RIGHT: f64 = 330.0;

/// Bars on one scale from zero, each with its interval. None without bars.
pub fn bars(told: Told<'_>, bars: &[Bar]) -> Option<String> {
    let top = bars.iter().map(|bar| bar.at.2).fold(f64::NAN, f64::max);
    if top.is_nan() {
        return None;
    }
    let top = ceiling(top);
    let across = |value: f64| 6.0 + value.clamp(0.0, top) / top * (BAR_RIGHT - 6.0);
    let mut out = told.open(bars.len() * BAR_HEIGHT + 4);
    for (row, bar) in bars.iter().enumerate() {
        let y = row * BAR_HEIGHT;
        let (value, low, high) = bar.at;
        let (end, low, high, middle) = (across(value), across(low), across(high), y as f64 + 24.0);
        let _ = writeln!(
            out,
            "<text x=\"6\" y=\"{}\">{}</text><text x=\"{BAR_RIGHT}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"bar\" x=\"6\" y=\"{}\" width=\"{:.1}\" height=\"10\"/>\
             <path class=\"whisker\" d=\"M{low:.1} {:.1}V{:.1}M{low:.1} {middle:.1}H{high:.1}M{high:.1} {:.1}V{:.1}\"/>",
            y + 14,
            escaped(&cut(&bar.label)),
            y + 14,
            escaped(&bar.text),
            y + 19,
            (end - 6.0).max(0.5),
            middle - 3.0,
            middle + 3.0,
            middle - 3.0,
            middle + 3.0,
        );
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// A label of bounded length. What is cut within joined characters loses all of them.
fn cut(label: &str) -> String {
    if label.chars().count() <= LABEL_MAX {
        return label.to_owned();
    }
    let mut kept: String = label.chars().take(LABEL_MAX - 1).collect();
    while kept.ends_with(['\u{200d}', '\u{fe0f}']) {
        kept.pop();
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_round_numbers() {
        for (value, expected) in
            [(0.0, 1.0), (1.0, 1.0), (7.0, 8.0), (101.0, 150.0), (0.31, 0.4), (9.9, 10.0)]
        {
            assert!((ceiling(value) - expected).abs() < 1e-9, "{value}: {}", ceiling(value));
        }
        assert_eq!((short(1_500.0), short(0.25), short(2e6)), ("1.5k".into(), "0.25".into(), "2M".into()));
    }

    #[test]
    fn intervals_are_drawn_to_scale() {
        let told = Told { id: "v", title: "Views", says: "Two days." };
        let points = [
            Point { label: "a".into(), at: Some((50.0, 0.0, 100.0)) },
            Point { label: "b".into(), at: None },
        ];
        let picture = over_time(told, &points).unwrap_or_default();
        // From zero at the bottom to the top of the scale, the value half way.
        assert!(picture.contains("M115.5 10.0H120.5M118.0 10.0V164.0M115.5 164.0H120.5"), "{picture}");
        assert!(picture.contains("cx=\"118.0\" cy=\"87.0\""), "{picture}");
        assert_eq!(picture.matches("<circle").count(), 1, "nothing is drawn of what is not known");
        assert_eq!(over_time(told, &points[1..]), None);
        let bar = Bar { label: "<b>".into(), text: "5".into(), at: (5.0, 0.0, 10.0) };
        let picture = bars(told, &[bar]).unwrap_or_default();
        assert!(picture.contains("&lt;b&gt;") && picture.contains("width=\"162.0\""), "{picture}");
    }
}
