//! The page: its sections, its style, its words. No script, no font, no network.

use std::fmt::Write;

use chrono::NaiveDate;
use warehouse::Session;

use super::{caches, compare, hits, losses, nodes, plan, read};
use crate::failure::Outcome;
use crate::report::svg::escaped;

/// One part of the page.
#[derive(Debug, Default)]
pub struct Section {
    pub id: &'static str,
    pub title: &'static str,
    /// HTML.
    pub body: String,
    /// Tables that have nothing of the day.
    pub absent: Vec<String>,
}

impl Section {
    pub fn new(id: &'static str, title: &'static str) -> Self {
        Self { id, title, ..Self::default() }
    }

    /// Whether a table has rows of the day; where it has none the section says so.
    pub fn needs(&mut self, session: &Session, table: &str, date: NaiveDate) -> bool {
        let has = read::has(session, table, date);
        if !has {
            let _ = writeln!(self.body, "<p class=\"absent\">{} has nothing of {date}.</p>", escaped(table));
            self.absent.push(table.to_owned());
        }
        has
    }

    /// A paragraph.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.body, "<p>{}</p>", escaped(text));
    }

    /// A picture, where there is one.
    pub fn show(&mut self, picture: Option<String>) {
        if let Some(picture) = picture {
            self.body.push_str(&picture);
        }
    }

    /// What is folded away until it is asked for.
    pub fn fold(&mut self, summary: &str, body: &str) {
        if !body.is_empty() {
            let summary = escaped(summary);
            let _ = write!(self.body, "<details><summary>{summary}</summary>\n{body}</details>\n");
        }
    }
}

/// All sections of a day.
pub async fn sections(session: &Session, date: NaiveDate) -> Outcome<Vec<Section>> {
    Ok(vec![
        compare::section(session, date).await?,
        plan::section(session, date).await?,
        losses::section(session, date).await?,
        caches::section(session, date).await?,
        nodes::health(session, date).await?,
        nodes::cost(session, date).await?,
        hits::section(session, date).await?,
    ])
}

const STYLE: &str = "\
:root{color-scheme:light dark;--c0:#0072b2;--c1:#c04e00;--c2:#00775a;--c3:#a8477f;--c4:#8a6400;--c5:#2f7fae;\
--c6:#5b5b5b;--c7:#8b3a3a;--fill:#0072b244;--edge:#888}\
@media (prefers-color-scheme:dark){:root{--c0:#56b4e9;--c1:#ff9248;--c2:#3fc79f;--c3:#e59cc4;--c4:#e6b422;\
--c5:#9fd3f5;--c6:#b8b8b8;--c7:#e58b8b;--fill:#56b4e955}}\
body{font:15px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0 2rem}\
caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{padding:.2rem .7rem;border-bottom:1px solid #8886;text-align:left}\
thead th{border-bottom:2px solid var(--edge)}\
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
.scroll{overflow-x:auto}\
.matrix th,.matrix td{padding:.1rem .3rem;border:1px solid #8883;font-size:.8rem;white-space:nowrap}\
.matrix thead th{writing-mode:vertical-rl;font-weight:400}\
.matrix td{text-align:center;min-width:2rem;\
background:linear-gradient(to top,var(--fill) var(--w,0%),transparent var(--w,0%))}\
.absent,.warning{border-left:4px solid var(--c1);padding-left:.6rem}\
figure{margin:1rem 0;overflow-x:auto}figcaption{font-weight:600;padding:.3rem 0}\
svg{max-width:100%;height:auto}\
svg text{font:12px system-ui,sans-serif;fill:currentColor}\
.grid{stroke:#8885;stroke-width:1}.limit{stroke:currentColor;stroke-width:1.5;stroke-dasharray:4 3}\
.line{fill:none;stroke-width:2}\
.fill-0{fill:var(--c0)}.fill-1{fill:var(--c1)}.fill-2{fill:var(--c2)}.fill-3{fill:var(--c3)}\
.fill-4{fill:var(--c4)}.fill-5{fill:var(--c5)}.fill-6{fill:var(--c6)}.fill-7{fill:var(--c7)}\
.line-0{stroke:var(--c0)}.line-1{stroke:var(--c1);stroke-dasharray:7 3}\
.line-2{stroke:var(--c2);stroke-dasharray:2 3}.line-3{stroke:var(--c3);stroke-dasharray:9 3 2 3}\
.line-4{stroke:var(--c4);stroke-dasharray:4 2}.line-5{stroke:var(--c5);stroke-dasharray:1 2}\
.line-6{stroke:var(--c6);stroke-dasharray:12 4}.line-7{stroke:var(--c7);stroke-dasharray:5 5}\
footer{border-top:1px solid var(--edge);margin-top:3rem;font-size:.9rem}";

/// What the numbers are, for the page's foot.
const DEFINITIONS: [&str; 7] = [
    "A day is a UTC day; rows belong to the day on which they landed. The plan of a night is for the day after.",
    "A gigabyte is 10^9 bytes. A node's peak is the hour in which it sent the most bytes.",
    "Weight is the share of a cell's demand that a node serves. A fallback takes over when the node before it is lost.",
    "Predicted round trips come from player probes, not from the edge's own times.",
    "The lower bound is that of the flow's dual: no plan under the same prices and limits comes below it.",
    "An error is a node's own fault: a request that the viewer left is none.",
    "Of the cache's bound: no way of running a cache of that size finds more of those requests' bytes.",
];

/// The whole page.
pub fn html(date: NaiveDate, sections: &[Section]) -> String {
    let after = date.succ_opt().unwrap_or(date);
    let heading = format!("Delivery on {date}, and the plan for {after}");
    document(&format!("Delivery {date}"), &heading, sections, &DEFINITIONS)
}

/// A page of sections, with what its numbers are at its foot.
pub fn document(title: &str, heading: &str, sections: &[Section], definitions: &[&str]) -> String {
    let (title, heading) = (escaped(title), escaped(heading));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>{heading}</h1>\n</header>\n\
         <nav aria-label=\"Sections\">\n<ul>\n"
    );
    for section in sections {
        let _ = writeln!(out, "<li><a href=\"#{}\">{}</a></li>", section.id, escaped(section.title));
    }
    out.push_str("</ul>\n</nav>\n<main>\n");
    for Section { id, title, body, .. } in sections {
        let title = escaped(title);
        let _ = write!(
            out,
            "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{body}</section>\n"
        );
    }
    out.push_str("</main>\n<footer>\n<h2>Definitions</h2>\n<ul>\n");
    for text in definitions {
        let _ = writeln!(out, "<li>{}</li>", escaped(text));
    }
    out.push_str("</ul>\n</footer>\n</body>\n</html>\n");
    out
}
