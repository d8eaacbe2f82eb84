//! What is true of the edge on each day, beside the area: what estimates and plans are to be judged by.

use std::path::Path;

use crate::GenerateError;
use crate::key::Table;
use crate::sources::contents::CODECS;
use crate::sources::edge::Edge;
use crate::sources::geography::REGIONS;
use crate::text::ascii;
use crate::world::World;

/// `delivery_truth.csv`: by day, region and node the true mean and 95th percentile of the round trip and the
/// 10th percentile of throughput, over the region's mix of networks. They do not depend on codec or content.
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
    policy.finish()
}
