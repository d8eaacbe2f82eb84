//! `ttt report steering`: content-steering manifests of a night's plan, one for each cell and order of nodes.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use delivery::route::steering::{self, Manifest};
use delivery::route::{CellName, StandingCell};
use schemas::routes_gold::ROUTE_PLAN;
use serde::Serialize;

use super::files::Files;
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;
use crate::routing::reading;
use insights::report::csv::Csv;

#[derive(Debug, Args)]
pub struct SteeringArguments {
    /// The night whose plan is written, UTC [default: the last one]
    #[arg(long)]
    pub date: Option<NaiveDate>,
    /// Folder of the manifests
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// After how many seconds a player asks again
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub ttl: u32,
    /// Where a player asks again, below which the manifests' names stand [default: where it asked before]
    #[arg(long, value_name = "URL")]
    pub reload: Option<String>,
}

/// A steering manifest; the names are those of the format.
#[derive(Debug, Serialize)]
struct Body<'a> {
    #[serde(rename = "VERSION")]
    version: u32,
    #[serde(rename = "TTL")]
    ttl: u32,
    #[serde(rename = "RELOAD-URI", skip_serializing_if = "Option::is_none")]
    reload: Option<String>,
    #[serde(rename = "PATHWAY-PRIORITY")]
    pathways: &'a [String],
}

/// Writes the manifests and their index.
pub async fn write(config: &Config, global: &Global, arguments: &SteeringArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let nights = reading::days(&session, &ROUTE_PLAN);
    let night = arguments.date.or_else(|| nights.last().copied()).filter(|night| nights.contains(night));
    let Some(night) = night else {
        return Err(Failure::usage("no plan of that night is there").with_hint(match nights.last() {
            Some(last) => format!("the last plan is that of {last}"),
            None => "make one first: ttt run nightly".to_owned(),
        }));
    };
    let plan = reading::standing(&session, night).await?;
    check_names(plan.0.values())?;
    let mut files = Files::open(&arguments.out)?;
    let mut index = Csv::new(&["region", "codec", "content_class", "viewers_from", "viewers_to", "manifest"]);
    for (name, cell) in plan.0.iter().filter(|(_, cell)| !cell.primaries.is_empty()) {
        let stem = stem(name);
        put(&mut files, arguments, &format!("{stem}.json"), &steering::whole(cell))?;
        let divided = steering::divided(cell);
        for (place, manifest) in divided.iter().enumerate() {
            // Where all viewers have one order, the cell's own manifest has it.
            let file = match divided.len() {
                1 => format!("{stem}.json"),
                _ => format!("{stem}.{}.json", place + 1),
            };
            if divided.len() > 1 {
                put(&mut files, arguments, &file, &manifest.pathways)?;
            }
            index.record(&line(name, manifest, file));
        }
    }
    files.write("index.csv", index.text())?;
    let written = files.publish()?;
    if global.json {
        println!("{}", serde_json::json!({"night": night, "files": written.len()}));
    } else {
        println!("{} files below {}: the plan of {night}", written.len(), arguments.out.display());
    }
    Ok(())
}

fn line(name: &CellName, manifest: &Manifest, file: String) -> [String; 6] {
    let [region, codec, class] = [&name.region, &name.codec, &name.content_class].map(String::clone);
    let share = |share: f64| format!("{share:.12}");
    [region, codec, class, share(manifest.from), share(manifest.to), file]
}

fn put(files: &mut Files, arguments: &SteeringArguments, file: &str, pathways: &[String]) -> Outcome<()> {
    let reload = arguments.reload.as_ref().map(|url| format!("{}/{file}", url.trim_end_matches('/')));
    let body = Body { version: 1, ttl: arguments.ttl, reload, pathways };
    let text = serde_json::to_string_pretty(&body).map_err(Failure::other)?;
    let mut out = files.create(file.to_owned())?;
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(Failure::other)
}

/// Two nodes must not have one pathway: a player could not tell them apart.
fn check_names<'a>(cells: impl Iterator<Item = &'a StandingCell>) -> Outcome<()> {
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    for cell in cells {
        let primaries = cell.primaries.iter().map(|(node, _)| node.as_str());
        for node in primaries.chain(cell.fallbacks.iter().map(|(node, _, _)| node.as_str())) {
            let id = steering::pathway(node);
            if let Some(other) = known.get(&id).filter(|other| **other != node) {
                return Err(Failure::refused(format!("nodes {other} and {node} have one pathway, {id}")));
            }
            known.insert(id, node);
        }
    }
    Ok(())
}

/// A cell as the name of a file.
fn stem(name: &CellName) -> String {
    [&name.region, &name.codec, &name.content_class].map(|part| steering::pathway(part)).join(".")
}
