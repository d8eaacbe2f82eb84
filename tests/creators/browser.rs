//! The page in a real browser: nothing asked, nothing said, everything seen, and nothing that a checker of
//! accessibility finds.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::fixture::{ALICE, days, store};
use super::report;
use crate::support::{Place, root};

/// Where Debian puts it.
const BROWSER: &str = "/usr/bin/chromium";

/// What the browser sees of pages, by address and view. The project's own check installs it, and fails without it.
pub fn browse(pages: &[String]) -> Option<Value> {
    let needed = std::env::var_os("CI").is_some();
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| BROWSER.to_owned());
    let absent = [browser.as_str(), "tests/reports/node_modules/axe-core"];
    if let Some(absent) = absent.into_iter().find(|path| !root().join(path).exists()) {
        assert!(!needed, "{absent} is needed (apt-get install chromium, npm ci --prefix tests/reports)");
        eprintln!("no browser is asked: {absent} is not there");
        return None;
    }
    let script = root().join("tests/reports/browse.js");
    let output =
        Command::new("node").arg(script).args(pages).env("CHROMIUM", browser).output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// A page's address.
pub fn address(path: &Path) -> String {
    format!("file://{}", path.canonicalize().expect("a page").display())
}

#[test]
fn a_browser_shows_the_page_and_asks_for_nothing() {
    let place = Place::new();
    store(&place, &days(&[ALICE], "2026-10-01", 75));
    let short = report(&place, ALICE, &["--from", "2026-11-01", "--to", "2026-11-21"]);
    // More days than are drawn one by one.
    let long = report(&place, ALICE, &["--from", "2026-10-01", "--to", "2026-12-14", "--by", "day"]);
    let pages = [address(&short.join("report.html")), address(&long.join("report.html"))];
    let Some(found) = browse(&pages) else { return };
    for page in &pages {
        let views = found[page].as_object().expect("views");
        assert_eq!(views.len(), 3);
        for (view, seen) in views {
            check(&format!("{page} {view}"), view, seen);
        }
        let background = |view: &str| views[view]["background"].as_str().unwrap_or_default().to_owned();
        assert_ne!(background("narrow"), background("wide dark"), "the page follows the reader's colours");
    }
}

fn check(what: &str, view: &str, seen: &Value) {
    let none = Vec::new();
    let list = |name: &str| seen[name].as_array().unwrap_or(&none).clone();
    assert!(list("said").is_empty(), "{what}: the console says {:?}", list("said"));
    assert!(list("asked").is_empty(), "{what}: asked for {:?}", list("asked"));
    assert!(list("violations").is_empty(), "{what}: {:#?}", list("violations"));
    assert_eq!(seen["violations"].is_null(), view == "printed", "{what}: the checker ran");
    // The policy lets the page's own style in: without it the ground has no colour.
    assert_ne!(seen["background"], "rgba(0, 0, 0, 0)", "{what}");
    assert!(seen["overflow"].as_f64().is_some_and(|width| width <= 0.0), "{what}: wider than the window");
    let pictures = list("pictures");
    assert!(pictures.len() >= 10, "{what}: {} pictures", pictures.len());
    for picture in &pictures {
        let number = |name: &str| picture[name].as_f64().unwrap_or_default();
        assert!(number("width") > 200.0 && number("height") > 60.0, "{what}: {picture}");
        assert!(number("marks") > 0.0 && number("whiskers") > 0.0, "{what}: {picture}");
        assert!(number("text_height") > 8.0, "{what}: too small to read: {picture}");
        assert!(picture["title"].as_str().is_some_and(|title| !title.is_empty()), "{what}: {picture}");
        assert!(picture["desc"].as_str().is_some_and(|desc| desc.len() > 10), "{what}: {picture}");
        assert!(picture["table"] == true && picture["painted"] != "none", "{what}: {picture}");
    }
    let rightward = list("rightward");
    assert!(
        rightward.iter().any(|title| title.as_str().is_some_and(|title| title.contains("مرحبا"))),
        "{what}"
    );
}
