//! Small pictures for the page: bars and lines, told in words too, in colours that the page's style gives.

use std::fmt::Write;

use crate::report::svg::escaped;

/// Colours that are told apart; the page has a variable for each.
pub const COLOURS: usize = 8;

/// What a picture is called and says; `id` is unique on the page.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub says: &'a str,
}

impl Told<'_> {
    fn open(&self, width: usize, height: usize) -> String {
        let Self { id, title, says } = self;
        format!(
            "<figure>\n<figcaption>{}</figcaption>\n<svg role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             aria-labelledby=\"{id}-title {id}-desc\"><title id=\"{id}-title\">{}</title>\
             <desc id=\"{id}-desc\">{}</desc>\n",
            escaped(title),
            escaped(title),
            escaped(says)
        )
    }
}

/// One bar: what it is of, how long, the text at its end, and its colour.
#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub text: String,
    pub colour: usize,
}

const LABEL_WIDTH: usize = 210;
const BARS_WIDTH: usize = 400;
const TEXT_WIDTH: usize = 130;
const ROW_HEIGHT: usize = 22;

/// Horizontal bars on one scale from zero; a line at `limit`, where one is given. None without bars.
pub fn bars(told: Told<'_>, bars: &[Bar], limit: Option<(f64, &str)>) -> Option<String> {
    let most = bars.iter().map(|bar| bar.value).chain(limit.map(|limit| limit.0)).fold(0.0, f64::max);
    if bars.is_empty() {
        return None;
    }
    let length = |value: f64| if most > 0.0 { value.max(0.0) / most * BARS_WIDTH as f64 } else { 0.0 };
    let top = if limit.is_some() { ROW_HEIGHT } else { 4 };
    let (width, height) = (LABEL_WIDTH + BARS_WIDTH + TEXT_WIDTH, top + bars.len() * ROW_HEIGHT + 4);
    let mut out = told.open(width, height);
    for (row, bar) in bars.iter().enumerate() {
        let (y, end) = (top + row * ROW_HEIGHT, LABEL_WIDTH as f64 + length(bar.value));
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect class=\"fill-{}\" x=\"{LABEL_WIDTH}\" y=\"{}\" width=\"{:.1}\" height=\"15\"/>\
             <text x=\"{:.1}\" y=\"{}\">{}</text>",
            LABEL_WIDTH - 8,
            y + 14,
            escaped(&bar.label),
            bar.colour % COLOURS,
            y + 2,
            length(bar.value).max(0.5),
            end + 6.0,
            y + 14,
            escaped(&bar.text)
        );
    }
    if let Some((value, name)) = limit {
        let x = LABEL_WIDTH as f64 + length(value);
        let _ = writeln!(
            out,
            "<line class=\"limit\" x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{height}\"/>\
             <text x=\"{x:.1}\" y=\"14\" text-anchor=\"middle\">{}</text>",
            top - 4,
            escaped(name)
        );
    }
    out.push_str("</svg>\n</figure>\n");
    Some(out)
}

/// One line; its colour and dashes follow from its place.
#[derive(Debug, Clone)]
pub struct Line {
    pub name: String,
    /// In the order of x.
    pub points: Vec<(f64, f64)>,
}

/// An axis: its name, where it begins and ends, and the marks on it.
#[derive(Debug, Clone)]
pub struct Axis {
    pub name: String,
    pub from: f64,
    pub to: f64,
    pub marks: Vec<(f64, String)>,
}

impl Axis {
    /// A share of the whole, in percent.
    pub fn percent(name: &str) -> Self {
        let marks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| (share, format!("{:.0} %", share * 100.0)));
        Self { name: name.to_owned(), from: 0.0, to: 1.0, marks: marks.to_vec() }
    }

    fn place(&self, value: f64, length: f64) -> f64 {
        let span = self.to - self.from;
        if span > 0.0 { (value.clamp(self.from, self.to) - self.from) / span * length } else { length / 2.0 }
    }
}

const LEFT: f64 = 60.0;
const PLOT_WIDTH: f64 = 560.0;
const PLOT_HEIGHT: f64 = 240.0;
const LEGEND_WIDTH: f64 = 150.0;
const TOP: f64 = 12.0;

/// Lines over one scale, their names beside them. None where no line has a point.
pub fn lines(told: Told<'_>, x: &Axis, y: &Axis, lines: &[Line]) -> Option<String> {
    if lines.iter().all(|line| line.points.is_empty()) {
        return None;
    }
    let (width, height) = (LEFT + PLOT_WIDTH + LEGEND_WIDTH, TOP + PLOT_HEIGHT + 48.0);
    let mut out = told.open(width as usize, height as usize);
    let (across, up) = (
        |value: f64| LEFT + x.place(value, PLOT_WIDTH),
        |value: f64| TOP + PLOT_HEIGHT - y.place(value, PLOT_HEIGHT),
    );
    for (value, name) in &y.marks {
        let at = up(*value);
        let _ = writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{}\" y2=\"{at:.1}\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT + PLOT_WIDTH,
            LEFT - 6.0,
            at + 4.0,
            escaped(name)
        );
    }
    for (value, name) in &x.marks {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            across(*value),
            TOP + PLOT_HEIGHT + 18.0,
            escaped(name)
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        LEFT + PLOT_WIDTH / 2.0,
        TOP + PLOT_HEIGHT + 40.0,
        escaped(&format!("{} by {}", y.name, x.name))
    );
    for (place, line) in lines.iter().enumerate() {
        let points: Vec<String> =
            line.points.iter().map(|(at, value)| format!("{:.1},{:.1}", across(*at), up(*value))).collect();
        let colour = place % COLOURS;
        let legend = TOP + 8.0 + place as f64 * 20.0;
        let from = LEFT + PLOT_WIDTH + 14.0;
        let _ = writeln!(
            out,
            "<polyline class=\"line line-{colour}\" points=\"{}\"/>\
             <line class=\"line line-{colour}\" x1=\"{from}\" y1=\"{legend}\" x2=\"{}\" y2=\"{legend}\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            points.join(" "),
            from + 26.0,
            from + 32.0,
            legend + 4.0,
            escaped(&line.name)
        );
    }
    out.push_str("</svg>\n</figure>\n");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: Told<'_> = Told { id: "a", title: "A < B", says: "one & two" };

    #[test]
    fn bars_are_as_long_as_their_values() {
        let bar = |value: f64| Bar { label: "<b>".into(), value, text: "1 \"x\"".into(), colour: 9 };
        let picture = bars(TOLD, &[bar(1.0), bar(4.0), bar(-1.0)], Some((2.0, "half"))).unwrap();
        for part in [
            "aria-labelledby=\"a-title a-desc\"",
            "<title id=\"a-title\">A &lt; B</title><desc id=\"a-desc\">one &amp; two</desc>",
            "&lt;b&gt;",
            "1 &quot;x&quot;",
            "fill-1",
            "width=\"100.0\" height=\"15\"",
            "width=\"400.0\" height=\"15\"",
            "width=\"0.5\" height=\"15\"",
            "x1=\"410.0\"",
        ] {
            assert!(picture.contains(part), "{part} is not in\n{picture}");
        }
        assert_eq!(bars(TOLD, &[], None), None);
    }

    #[test]
    fn lines_go_through_their_points() {
        let x = Axis { name: "size".into(), from: 0.0, to: 10.0, marks: vec![(5.0, "five".into())] };
        let line = Line { name: "LRU".into(), points: vec![(0.0, 0.0), (5.0, 0.5), (10.0, 2.0)] };
        let picture = lines(TOLD, &x, &Axis::percent("misses"), &[line]).unwrap();
        for part in
            ["points=\"60.0,252.0 340.0,132.0 620.0,12.0\"", ">five<", ">LRU<", ">misses by size<", "line-0"]
        {
            assert!(picture.contains(part), "{part} is not in\n{picture}");
        }
        let empty = Line { name: "none".into(), points: vec![] };
        assert_eq!(lines(TOLD, &x, &x, &[empty]), None);
    }
}
