//! What is made from what, as a picture: layers from left to right, a line from each table to those made from it.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemas::table::Layer;

use super::Described;
use super::page::escaped;

const WIDTH: usize = 250;
const HEIGHT: usize = 26;
const GAP: usize = 90;

/// The graph as SVG. Each table is a link to its place on the page.
pub fn graph(all: &[Described]) -> String {
    let columns = [Layer::Bronze, Layer::Silver, Layer::Gold];
    let mut places: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (column, layer) in columns.into_iter().enumerate() {
        let of_layer = all.iter().filter(|of| of.table.layer == layer);
        for (row, of) in of_layer.enumerate() {
            places.insert(of.table.sql_name(), (column * (WIDTH + GAP), 34 + row * (HEIGHT + 8)));
        }
    }
    let height = places.values().map(|(_, y)| y + HEIGHT + 10).max().unwrap_or_default();
    let width = columns.len() * (WIDTH + GAP) - GAP;
    let mut svg = format!(
        "<svg role=\"group\" aria-label=\"What is made from what\" viewBox=\"0 0 {width} {height}\" class=\"graph\">"
    );
    for (column, layer) in columns.into_iter().enumerate() {
        let _ = write!(
            svg,
            "<text class=\"layer\" x=\"{}\" y=\"18\">{}</text>",
            column * (WIDTH + GAP),
            layer.name()
        );
    }
    for of in all {
        let name = of.table.sql_name();
        let Some((to_x, to_y)) = places.get(&name) else { continue };
        for input in &of.inputs {
            let Some((from_x, from_y)) = places.get(input) else { continue };
            let (ax, ay, by) = (from_x + WIDTH, from_y + HEIGHT / 2, to_y + HEIGHT / 2);
            // Within one layer a line goes around its tables, on their right.
            let (bx, c1, c2) = match from_x == to_x {
                true => (to_x + WIDTH, ax + GAP / 2, ax + GAP / 2),
                false => (*to_x, ax + GAP / 2, to_x.saturating_sub(GAP / 2)),
            };
            let _ = write!(
                svg,
                "<path data-from=\"{}\" data-to=\"{}\" d=\"M{ax} {ay}C{c1} {ay} {c2} {by} {bx} {by}\"/>",
                escaped(input),
                escaped(&name)
            );
        }
    }
    for (name, (x, y)) in &places {
        let (shown, text_y) = (escaped(name), y + 17);
        let _ = write!(
            svg,
            "<a href=\"#{shown}\" data-name=\"{shown}\"><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             rx=\"4\"/><text x=\"{}\" y=\"{text_y}\">{shown}</text></a>",
            x + 10
        );
    }
    svg.push_str("</svg>");
    svg
}
