//! One page of everything: tables, columns, questions, a graph, and a search that runs in the page itself.

use std::fmt::Write;

use access::Question;
use schemas::disclosure::Privacy;
use schemas::table::Layer;

use super::graph::graph;
use super::{Described, privacy};
use crate::sql::describe::type_name;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page. The same vocabulary and questions give the same bytes.
pub fn page(all: &[Described], questions: &[Question]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <link rel=\"icon\" href=\"data:,\"><title>The warehouse</title><style>{STYLE}</style></head><body>\
         <header><h1>The warehouse</h1><input id=\"search\" type=\"search\" placeholder=\"Search tables, columns, \
         meanings\" aria-label=\"Search\"><p id=\"found\" aria-live=\"polite\"></p></header><main>"
    );
    let _ = write!(
        page,
        "<section id=\"graph\"><h2>What is made from what</h2><div class=\"wide\" tabindex=\"0\">{}</div></section>",
        graph(all)
    );
    for layer in Layer::ALL {
        let _ = write!(page, "<h2 class=\"of-layer\">{}</h2>", layer.name());
        all.iter().filter(|of| of.table.layer == layer).for_each(|of| table(of, all, &mut page));
    }
    page.push_str("<h2 class=\"of-layer\">questions</h2>");
    questions.iter().for_each(|question| asked(question, &mut page));
    page.push_str("<h2>Classes of privacy</h2><dl>");
    for class in Privacy::ALL {
        let _ = write!(page, "<dt>{}</dt><dd>{}</dd>", class.name(), escaped(class.meaning()));
    }
    let _ = write!(page, "</dl></main><script>{SCRIPT}</script></body></html>");
    page
}

fn table(of: &Described, all: &[Described], page: &mut String) {
    let name = of.table.sql_name();
    let link = |name: &String| format!("<a href=\"#{0}\">{0}</a>", escaped(name));
    let links = |names: &[String]| names.iter().map(link).collect::<Vec<_>>().join(", ");
    let read_by = all.iter().filter(|other| other.inputs.contains(&name)).map(|other| other.table.sql_name());
    let read_by = read_by.collect::<Vec<_>>();
    let _ = write!(
        page,
        "<section class=\"entry\" id=\"{0}\"><h3>{0}</h3><p>One row is {1}.</p><p class=\"facts\">Key: {2}{3}. Made by {4}{5}.{6}</p>",
        escaped(&name),
        escaped(of.table.grain),
        escaped(&of.table.key.join(", ")),
        if of.table.partitioned { "; partitioned by dt" } else { "" },
        escaped(&of.origin),
        if of.inputs.is_empty() { String::new() } else { format!(", from {}", links(&of.inputs)) },
        if read_by.is_empty() { String::new() } else { format!(" Read by {}.", links(&read_by)) },
    );
    page.push_str("<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>column<th>type<th>meaning<th>privacy</tr></thead><tbody>");
    for column in of.table.columns() {
        let _ = write!(
            page,
            "<tr><td><code>{}</code><td>{}<td>{}<td>{}</tr>",
            escaped(column.name),
            escaped(&type_name(&column.kind)),
            escaped(column.meaning),
            privacy(of.table, column)
        );
    }
    page.push_str("</tbody></table></div></section>");
}

fn asked(question: &Question, page: &mut String) {
    let _ = write!(
        page,
        "<section class=\"entry\" id=\"ask.{0}\"><h3>{0}</h3><p>{1}</p><p class=\"facts\">Asked by {2}. <code>ttt ask {0}</code></p>",
        escaped(&question.name),
        escaped(&question.ask),
        escaped(&question.asked_by)
    );
    if !question.parameters.is_empty() {
        page.push_str("<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>parameter<th>type<th>meaning<th>default</tr></thead><tbody>");
        for of in &question.parameters {
            let default = of.default.as_deref().unwrap_or("needed");
            let (name, kind, about) = (escaped(&of.name), of.kind.name(), escaped(&of.about));
            let _ = write!(
                page,
                "<tr><td><code>{name}</code><td>{kind}<td>{about}<td><code>{}</code></tr>",
                escaped(default)
            );
        }
        page.push_str("</tbody></table></div>");
    }
    page.push_str("</section>");
}

/// A text as HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
