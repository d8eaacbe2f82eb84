//! Cohorts, ladders and plans into the columns of their tables, and ladders out of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, SchemaRef};
use schemas::quality::{QUALITY_COHORTS, QUALITY_PLAN};
use schemas::table::Table;

use super::evidence::KnownLadder;
use super::grid::{self, BINS, quantile};
use super::key::NAMES;
use super::tree::{Node, masses};
use crate::estimates::codes::Codec;
use crate::estimates::{Error, reading};
use crate::quality::{Plan, Rendition};

/// Columns of a table that is being filled, by name.
struct Filling(SchemaRef, Vec<Option<ArrayRef>>);

impl Filling {
    fn new(table: &Table) -> Self {
        let schema = table.file_schema();
        let count = schema.fields().len();
        Self(schema, vec![None; count])
    }

    fn put(&mut self, name: &str, column: ArrayRef) -> Result<(), Error> {
        let place = self.0.index_of(name)?;
        self.1[place] = Some(column);
        Ok(())
    }

    fn integers(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) -> Result<(), Error> {
        let stored = values.map(|value| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)));
        self.put(name, Arc::new(stored.collect::<Int64Array>()))
    }

    fn floats(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) -> Result<(), Error> {
        self.put(name, Arc::new(values.collect::<Float64Array>()))
    }

    fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Result<(), Error> {
        self.put(name, Arc::new(values.collect::<StringArray>()))
    }

    fn flags(&mut self, name: &str, values: impl Iterator<Item = Option<bool>>) -> Result<(), Error> {
        self.put(name, Arc::new(values.collect::<BooleanArray>()))
    }

    fn ladders<'a>(
        &mut self,
        name: &str,
        ladders: impl Iterator<Item = &'a [Rendition]>,
    ) -> Result<(), Error> {
        let column = ladder_lists(&self.0, name, ladders)?;
        self.put(name, column)
    }

    fn lists(&mut self, name: &str, values: ArrayRef, lengths: Vec<usize>) -> Result<(), Error> {
        let item = match self.0.field_with_name(name)?.data_type() {
            DataType::List(item) => item.clone(),
            _ => return Err(Error::Columns(format!("{name} is no list"))),
        };
        let offsets = OffsetBuffer::from_lengths(lengths);
        self.put(name, Arc::new(ListArray::try_new(item, offsets, values, None)?))
    }

    fn finish(self) -> Result<RecordBatch, Error> {
        let Self(schema, columns) = self;
        let missing = |place: usize| Error::Columns(format!("{} was not filled", schema.field(place).name()));
        let filled = columns.into_iter().enumerate();
        let columns = filled.map(|(place, column)| column.ok_or_else(|| missing(place)));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(schema.clone(), columns)?)
    }
}

/// Ladders as lists of renditions.
pub fn ladder_lists<'a>(
    schema: &SchemaRef,
    name: &str,
    ladders: impl Iterator<Item = &'a [Rendition]>,
) -> Result<ArrayRef, Error> {
    let DataType::List(item) = schema.field_with_name(name)?.data_type() else {
        return Err(Error::Columns(format!("{name} is no list")));
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(Error::Columns(format!("{name} holds no structs")));
    };
    let (mut all, mut lengths) = (Vec::new(), Vec::new());
    for ladder in ladders {
        all.extend_from_slice(ladder);
        lengths.push(ladder.len());
    }
    let integers = |of: &dyn Fn(&Rendition) -> u32| -> ArrayRef {
        Arc::new(all.iter().map(|rendition| Some(i64::from(of(rendition)))).collect::<Int64Array>())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(all.iter().map(|rendition| Some(rendition.codec.name())).collect::<StringArray>()),
        integers(&|rendition| rendition.width),
        integers(&|rendition| rendition.height),
        integers(&|rendition| rendition.framerate),
        integers(&|rendition| rendition.peak_kbps),
    ];
    let values = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(values), None)?))
}

/// The ladder of each row of a list of renditions; a rendition that cannot be read is left out.
pub fn read_ladders(batch: &RecordBatch, name: &str) -> Result<Vec<Vec<Rendition>>, Error> {
    let lists = reading::lists(batch, name)?;
    let rungs = reading::structs(lists, name)?;
    let codecs = reading::texts(rungs, "codec")?;
    let mut numbers = Vec::with_capacity(4);
    for column in ["width", "height", "framerate", "peak_kbps"] {
        numbers.push(reading::integers(rungs, column)?);
    }
    let number = |column: usize, place: usize| {
        let column = numbers[column];
        column.is_valid(place).then(|| u32::try_from(column.value(place)).ok()).flatten()
    };
    let rendition = |place: usize| {
        Some(Rendition {
            codec: reading::text(codecs, place).and_then(Codec::of)?,
            width: number(0, place)?,
            height: number(1, place)?,
            framerate: number(2, place)?,
            peak_kbps: number(3, place)?,
        })
    };
    Ok((0..batch.num_rows()).map(|row| reading::span(lists, row).filter_map(rendition).collect()).collect())
}

/// Reads `ladder_key`, `renditions` and `mean_to_peak` of ladders.
pub fn known_ladders(batch: &RecordBatch, into: &mut BTreeMap<u64, KnownLadder>) -> Result<(), Error> {
    let hashes = reading::integers(batch, "ladder_key")?;
    let ratios = reading::floats(batch, "mean_to_peak")?;
    for (row, renditions) in read_ladders(batch, "renditions")?.into_iter().enumerate() {
        let mean_to_peak = reading::number(ratios, row);
        into.insert(hashes.value(row) as u64, KnownLadder { renditions, mean_to_peak });
    }
    Ok(())
}

/// `silver.quality_cohorts` of a night.
pub fn cohorts(nodes: &[Node], sampled_share: f64) -> Result<RecordBatch, Error> {
    let mut filling = Filling::new(&QUALITY_COHORTS);
    filling.texts("level", nodes.iter().map(|node| Some(NAMES[node.key.level()])))?;
    filling.texts("region", nodes.iter().map(|node| node.key.region.as_deref()))?;
    filling.texts("network", nodes.iter().map(|node| node.key.network.as_deref()))?;
    filling.texts("device_class", nodes.iter().map(|node| node.key.device_class.as_deref()))?;
    filling.flags("data_saver", nodes.iter().map(|node| node.key.data_saver))?;
    filling.integers("viewers", nodes.iter().map(|node| Some(node.viewers)))?;
    filling.integers("held_out_viewers", nodes.iter().map(|node| Some(node.held_out_viewers)))?;
    filling.integers("sessions", nodes.iter().map(|node| Some(node.sessions)))?;
    filling.floats("own_weight", nodes.iter().map(|node| Some(node.own_weight)))?;
    filling.floats("parent_viewers", nodes.iter().map(|node| node.parent_viewers))?;
    let shrunk: Vec<_> = nodes.iter().map(|node| node.shrunk.as_ref().map(masses)).collect();
    let own: Vec<_> = nodes.iter().map(|node| node.own.as_ref().map(masses)).collect();
    for (name, masses, share) in [
        ("throughput_kbps_p10", &shrunk, 0.1),
        ("throughput_kbps_p50", &shrunk, 0.5),
        ("throughput_kbps_p90", &shrunk, 0.9),
        ("own_throughput_kbps_p10", &own, 0.1),
        ("own_throughput_kbps_p50", &own, 0.5),
    ] {
        filling.floats(name, masses.iter().map(|masses| quantile(masses.as_ref()?, share)))?;
    }
    let grid: Int64Array = nodes.iter().flat_map(|_| (0..BINS).map(|bin| Some(grid::middle(bin)))).collect();
    filling.lists("throughput_kbps", Arc::new(grid), vec![BINS; nodes.len()])?;
    for (name, masses) in [("masses", &shrunk), ("own_masses", &own)] {
        let lengths = masses.iter().map(|masses| masses.map_or(0, |masses| masses.len())).collect();
        let values: Float64Array = masses.iter().flatten().flatten().map(|mass| Some(*mass)).collect();
        filling.lists(name, Arc::new(values), lengths)?;
    }
    filling.floats("sampled_share", nodes.iter().map(|_| Some(sampled_share)))?;
    filling.finish()
}

/// A cohort's plan, with what it was planned from.
pub struct Planned {
    pub plan: Plan,
    pub current: Vec<Rendition>,
    pub throughput_kbps_p10: Option<f64>,
}

/// `gold.quality_plan` of a night.
pub fn plans(rows: &[Planned]) -> Result<RecordBatch, Error> {
    let mut filling = Filling::new(&QUALITY_PLAN);
    let plans = || rows.iter().map(|row| &row.plan);
    filling.texts("region", plans().map(|plan| Some(plan.cohort.region.as_str())))?;
    filling.texts("network", plans().map(|plan| Some(plan.cohort.network.as_str())))?;
    filling.texts("device_class", plans().map(|plan| Some(plan.cohort.device_class.as_str())))?;
    filling.flags("data_saver", plans().map(|plan| Some(plan.cohort.data_saver)))?;
    filling.ladders("ladder", plans().map(|plan| plan.ladder.as_slice()))?;
    filling.integers("start_rung", plans().map(|plan| Some(plan.start_rung as u64)))?;
    filling.integers("cap_kbps", plans().map(|plan| Some(u64::from(plan.cap_kbps))))?;
    filling.texts("codec", plans().map(|plan| Some(plan.codec.name())))?;
    filling.integers("framerate", plans().map(|plan| Some(u64::from(plan.framerate))))?;
    filling.integers("evidence", plans().map(|plan| Some(plan.viewers)))?;
    filling.integers("held_out_viewers", plans().map(|plan| Some(plan.held_out_viewers)))?;
    type Measure = fn(&Plan) -> Option<f64>;
    let measures: [(&str, Measure); 7] = [
        ("qoe_current", |plan| plan.qoe_current),
        ("qoe_planned", |plan| plan.qoe_planned),
        ("qoe_oracle", |plan| plan.qoe_oracle),
        ("rebuffer_current", |plan| plan.rebuffer_current),
        ("rebuffer_planned", |plan| plan.rebuffer_planned),
        ("ci_low", |plan| plan.ci_low),
        ("ci_high", |plan| plan.ci_high),
    ];
    for (name, measure) in measures {
        filling.floats(name, plans().map(measure))?;
    }
    filling.texts("decision", plans().map(|plan| Some(plan.decision.name())))?;
    filling.texts("reason", plans().map(|plan| Some(plan.reason.name())))?;
    filling.ladders("candidate", plans().map(|plan| plan.candidate.as_slice()))?;
    filling.ladders("current", rows.iter().map(|row| row.current.as_slice()))?;
    filling.floats("throughput_kbps_p10", rows.iter().map(|row| row.throughput_kbps_p10))?;
    filling.finish()
}
