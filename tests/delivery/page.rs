//! The page on delivery: well formed, told to everybody, needing nothing else, and saying what the tables say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::Place;

/// An element's name and attributes.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Every element of a page in order, each with those that it stands in; panics where it is not well formed.
fn elements(page: &str) -> Vec<(Element, Vec<String>)> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a document type");
    let (mut open, mut found): (Vec<String>, Vec<_>) = (Vec::new(), Vec::new());
    while let Some(start) = rest.find('<') {
        assert_text(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag that ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "what was opened last is closed first");
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, list) = tag.split_once(' ').unwrap_or((tag, ""));
        let element = Element { name: name.to_owned(), attributes: attributes(list) };
        found.push((element, open.clone()));
        if !is_empty {
            open.push(name.to_owned());
        }
    }
    assert_text(rest);
    assert!(open.is_empty(), "{open:?} are not closed");
    found
}

fn attributes(list: &str) -> Vec<(String, String)> {
    let mut rest = list.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").expect("a value in quotes");
        let (value, after) = after.split_once('"').expect("a quote that ends");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{name}");
        assert_text(value);
        found.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    found
}

/// Ampersands begin one of the five names.
fn assert_text(text: &str) {
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(known.iter().any(|name| text[at..].starts_with(name)), "{}", &text[at..]);
    }
}

/// What must hold of every page.
fn check(page: &str) {
    let elements = elements(page);
    for word in ["http:", "https:", "<script", "src=", "@import", "url("] {
        assert!(!page.contains(word), "{word} stands in the page");
    }
    let ids: Vec<&str> = elements.iter().filter_map(|(element, _)| element.get("id")).collect();
    let distinct: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "an id stands twice");
    for (element, within) in &elements {
        for name in element.get("aria-labelledby").into_iter().flat_map(|names| names.split(' ')) {
            assert!(distinct.contains(name), "{name} labels and is not there");
        }
        if let Some(target) = element.get("href") {
            assert!(distinct.contains(target.trim_start_matches('#')), "{target} leads nowhere");
        }
        match element.name.as_str() {
            "svg" => {
                assert_eq!(element.get("role"), Some("img"));
                assert!(element.get("aria-labelledby").is_some_and(|names| names.contains("-desc")));
            }
            "th" => assert!(matches!(element.get("scope"), Some("row" | "col"))),
            "td" => assert!(within.iter().any(|name| name == "tr")),
            _ => {}
        }
    }
    let count = |name: &str| elements.iter().filter(|(element, _)| element.name == name).count();
    assert_eq!(count("table"), count("caption"));
    assert_eq!((count("svg") + 1, count("desc")), (count("title"), count("svg")));
    assert_eq!((count("h1"), count("main"), count("html")), (1, 1, 1));
    assert!(page.contains("prefers-color-scheme:dark") && page.contains("lang=\"en\""));
}

fn page(place: &Place, arguments: &[&str]) -> (String, String) {
    let out = place.folder.path().join("pages/delivery.html");
    let out_text = out.display().to_string();
    let mut all = vec!["report", "delivery", "--out", out_text.as_str(), "--json"];
    all.extend(arguments);
    let ended = place.run(&all);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(fs::read_dir(Path::new(&out_text).parent().unwrap()).unwrap().count(), 1, "nothing beside it");
    (fs::read_to_string(out).expect("a page"), ended.stdout)
}

const HOSTILE: &str = "</td><b a=\"x\">&amp;'";

#[test]
fn the_page_is_well_formed_and_says_what_the_tables_say() {
    let place = super::area();
    let line = format!("2026-11-21\t10:00:00\t{HOSTILE}\t1\t/v/c/AVC/640/1.m4s\t200\tHit\tr1\tHit");
    let folder = place.landing().join("delivery/access/dt=2026-11-21");
    fs::remove_file(folder.join("_manifest.json")).expect("a manifest");
    place.land("delivery/access", "2026-11-21", "odd.log", format!("{}{line}\n", super::FIELDS));
    place.night("nightly", "2026-11-21");
    let (text, told) = page(&place, &[]);
    check(&text);
    assert!(text.contains("&lt;/td&gt;&lt;b a=&quot;x&quot;&gt;&amp;amp;&#39;") && !text.contains("<b a="));
    assert!(told.contains("\"absent\": []") && text.contains("Delivery on 2026-11-21"), "{told}");
    for row in place.rows(
        "SELECT region || ' ' || codec || ' ' || content_class, node_id, CAST(round(weight * 100) AS BIGINT) || ' %' \
         FROM gold.route_plan WHERE dt = DATE '2026-11-21' AND role = 'PRIMARY' ORDER BY weight DESC LIMIT 5",
    ) {
        let found = cell(&text, &row[0], &row[1]);
        assert!(found.starts_with(&row[2]), "{row:?}: {found}");
    }
    for query in [
        "SELECT rtrim(CAST(cost AS VARCHAR), '0') || ' USD' FROM gold.provider_cost_daily WHERE dt = DATE '2026-11-21' AND cost > 0",
        "SELECT node_id FROM gold.node_health_daily WHERE dt = DATE '2026-11-21' AND in_inventory",
        "SELECT rtrim(CAST(cost AS VARCHAR), '0') FROM gold.route_summary WHERE dt = DATE '2026-11-21'",
        "SELECT policy FROM gold.route_scores WHERE dt = DATE '2026-11-21'",
        "SELECT policy FROM gold.cache_curves WHERE dt = DATE '2026-11-21'",
    ] {
        let rows = place.rows(query);
        assert!(!rows.is_empty(), "{query}");
        for row in rows {
            assert!(text.contains(&row[0]), "{} is not in the page: {query}", row[0]);
        }
    }
    let drawn = ["peaks", "hits-lines", "cost-0", "curve-0", "trips", "costs", "scores-cost", "scores-tail"];
    for picture in drawn {
        assert!(text.contains(&format!("id=\"{picture}-title\"")), "{picture}");
    }
}

/// What stands in the matrix for a cell and a node.
fn cell(page: &str, name: &str, node: &str) -> String {
    let matrix = &page[page.find("<table class=\"matrix\">").expect("a matrix")..];
    let matrix = &matrix[..matrix.find("</table>").expect("its end")];
    let head: Vec<&str> =
        matrix.lines().find(|line| line.contains("<thead>")).expect("a head").split("<th ").collect();
    let column = head.iter().position(|title| title.contains(&format!(">{node}<"))).expect("a column");
    let row = matrix.lines().find(|line| line.contains(&format!(">{name}</th>"))).expect("a row");
    let cells: Vec<&str> = row.split("<td").collect();
    let found = cells[column - 1];
    found[found.find('>').expect("a cell") + 1..found.find("</td>").expect("its end")].to_owned()
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::new();
    let none = place.run(&["report", "delivery"]);
    assert_eq!(none.code, 2, "{}", none.stderr);
    place.land("delivery/nodes", "2026-11-20", "n.ndjson", super::node("a", "p1", "1", "0.5", "USD"));
    place.night("ingest", "2026-11-20");
    let none = place.run(&["report", "delivery"]);
    assert!(none.code == 2 && none.stderr.contains("run a night first"), "{}", none.stderr);
    let models = "gold.node_health_daily";
    place.night("delivery", "2026-11-20");
    assert_eq!(place.rows(&format!("SELECT node_id FROM {models}")), [["a"]]);
    let (text, told) = page(&place, &["--date", "2026-11-20"]);
    check(&text);
    for table in ["gold.route_scores", "gold.cache_hits_hourly"] {
        assert!(
            text.contains(&format!("{table} has nothing of 2026-11-20.")) && told.contains(table),
            "{told}"
        );
    }
    let wrong = place.run(&["report", "delivery", "--date", "2026-11-25"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("2026-11-20"), "{}", wrong.stderr);
}
