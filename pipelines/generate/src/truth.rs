//! What is true of the edge on each day, beside the area: what estimates and plans are to be judged by.

use std::path::Path;

use crate::GenerateError;
use crate::curve::exp;
use crate::key::Table;
use crate::sources::contents::CODECS;
use crate::sources::edge::{Choice, Edge, SESSION_DEVIATION};
use crate::sources::geography::{NETWORKS, REGIONS};
use crate::sources::ladders::rungs;
use crate::text::ascii;
use crate::world::World;

/// Deviations below the middle at which a tenth of a normal distribution lies.
const TENTH_DEVIATIONS: f64 = 1.281_551_565_545;

/// `delivery_truth.csv`: by day, region and node the true mean and 95th percentile of the round trip and the
/// 10th percentile of throughput, over the region's mix of networks. They do not depend on codec or content.
/// `delivery_ladders.csv`: the AVC ladder of the contents, and by region and network what nine of ten sessions reach
/// over the nodes that the policy draws on the first day; a ladder is too high where its lowest rung is above that.
/// `delivery_policy.csv`: with which probability the policy of that day draws a node for a region and codec.
pub fn write(world: &World, folder: &Path) -> Result<(), GenerateError> {
    let header = "dt,region,node_id,status,rtt_ms_mean,rtt_ms_p95,throughput_kbps_p10";
    let mut truth = Table::create(folder, "delivery_truth.csv", header)?;
    let mut policy = Table::create(folder, "delivery_policy.csv", "dt,region,codec,node_id,propensity")?;
    for day in 0..world.options.days {
        let (date, edge) = (world.date(day), Edge::new(world, day));
        let name = |node: u32| ascii(|out| edge.reaches[node as usize].node.push_id(out));
        for (at, region) in REGIONS.iter().enumerate() {
            for reach in &edge.reaches {
                let status = if reach.is_drained { "DRAINED" } else { "AVAILABLE" };
                truth.line(
                    format!(
                        "{date},{},{},{status},{:.3},{:.3},{:.1}",
                        region.name,
                        name(reach.node.number as u32),
                        reach.rtt_ms_mean(at),
                        reach.rtt_ms_p95(at),
                        reach.throughput_kbps_p10(at)
                    )
                    .as_bytes(),
                )?;
            }
            for (codec, label) in CODECS.iter().enumerate() {
                for choice in edge.choices(at, codec) {
                    let share = choice.propensity as f64 / 1e9;
                    let line = format!("{date},{},{label},{},{share:.9}", region.name, name(choice.node));
                    policy.line(line.as_bytes())?;
                }
            }
        }
    }
    truth.finish()?;
    policy.finish()?;
    write_ladders(world, folder)
}

fn write_ladders(world: &World, folder: &Path) -> Result<(), GenerateError> {
    let header = "ladder,region,network,throughput_kbps_p10,lowest_kbps,highest_kbps,is_too_high";
    let mut ladders = Table::create(folder, "delivery_ladders.csv", header)?;
    let rungs = rungs(world.options.ladder);
    let (lowest, highest) = (rungs[0].2, rungs[rungs.len() - 1].2);
    let edge = Edge::new(world, 0);
    for (at, region) in REGIONS.iter().enumerate() {
        for network in &NETWORKS {
            let of_node = |choice: &Choice| {
                let reach = &edge.reaches[choice.node as usize];
                choice.propensity as f64 / 1e9 * reach.throughput[at] * network.throughput_kbps
            };
            let usual: f64 = edge.choices(at, 0).iter().map(of_node).sum();
            let p10 = usual * exp(-TENTH_DEVIATIONS * SESSION_DEVIATION);
            ladders.line(
                format!(
                    "{},{},{},{p10:.0},{lowest},{highest},{}",
                    world.options.ladder.name(),
                    region.name,
                    network.name,
                    lowest as f64 > p10
                )
                .as_bytes(),
            )?;
        }
    }
    ladders.finish()
}
