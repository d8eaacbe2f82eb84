//! Rows into the columns of their tables, in the order of their keys.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use schemas::routes::{ROUTE_DEMAND, ROUTE_ESTIMATES, ROUTE_EXCLUSIONS, ROUTE_PROBES};
use schemas::table::Table;

use super::Error;
use super::codes::Cell;
use super::demand::CellDemand;
use super::estimate::Estimate;
use super::exclusions::Exclusions;
use super::histogram::Histogram;
use super::places::Places;
use super::prediction::Prediction;
use super::probes::{Group, Tally, Term};

/// Columns of a table that is being filled, by name.
struct Filling(&'static Table, Vec<Option<ArrayRef>>);

impl Filling {
    fn new(table: &'static Table) -> Self {
        Self(table, vec![None; table.file_schema().fields().len()])
    }

    fn put(&mut self, name: &str, column: ArrayRef) {
        if let Ok(place) = self.0.file_schema().index_of(name) {
            self.1[place] = Some(column);
        }
    }

    fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = Option<&'a str>>) {
        self.put(name, Arc::new(values.collect::<StringArray>()));
    }

    fn integers(&mut self, name: &str, values: impl Iterator<Item = Option<u64>>) {
        // Counts of what a day holds are far below 2⁶³.
        self.put(name, Arc::new(values.map(|value| value.map(|value| value as i64)).collect::<Int64Array>()));
    }

    fn floats(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        self.put(name, Arc::new(values.collect::<Float64Array>()));
    }

    fn flags(&mut self, name: &str, values: impl Iterator<Item = bool>) {
        self.put(name, Arc::new(values.map(Some).collect::<BooleanArray>()));
    }

    fn cells(&mut self, cells: impl Iterator<Item = Cell> + Clone, places: &Places) {
        self.texts("region", cells.clone().map(|cell| Some(places.regions.name(cell.region))));
        self.texts("codec", cells.clone().map(|cell| Some(cell.codec.name())));
        self.texts("content_class", cells.map(|cell| Some(cell.class.name())));
    }

    fn nodes(&mut self, nodes: impl Iterator<Item = u32> + Clone, places: &Places) {
        let region = |node| places.known(node).map(|known| places.regions.name(known.region));
        self.texts("node_id", nodes.clone().map(|node| Some(places.nodes.name(node))));
        self.texts("node_region", nodes.clone().map(region));
        self.flags("is_known_node", nodes.map(|node| places.known(node).is_some()));
    }

    fn histograms<'a>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = &'a Histogram>,
    ) -> Result<(), Error> {
        let (mut buckets, mut counts, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for histogram in values {
            let before = buckets.len();
            for (bucket, count) in histogram.buckets() {
                buckets.push(i64::from(bucket));
                counts.push(count as i64);
            }
            lengths.push(buckets.len() - before);
        }
        let schema = self.0.file_schema();
        let DataType::List(item) = schema.field_with_name(name)?.data_type() else {
            return Err(Error::Columns(format!("{name} is no list")));
        };
        let DataType::Struct(fields) = item.data_type() else {
            return Err(Error::Columns(format!("{name} holds no structs")));
        };
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from(buckets)), Arc::new(Int64Array::from(counts))];
        let values = StructArray::try_new(fields.clone(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        self.put(name, Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(values), None)?));
        Ok(())
    }

    fn finish(self) -> Result<RecordBatch, Error> {
        let schema = self.0.file_schema();
        let missing = |place: usize| Error::Columns(format!("{} was not filled", schema.field(place).name()));
        let columns =
            self.1.into_iter().enumerate().map(|(place, column)| column.ok_or_else(|| missing(place)));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(schema.clone(), columns)?)
    }
}

/// Sorts by a key that no two rows may share.
fn sorted<T, K: Ord>(mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Result<Vec<T>, Error> {
    rows.sort_by_key(|row| key(row));
    match rows.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])) {
        true => Ok(rows),
        false => Err(Error::Columns("two rows have one key".to_owned())),
    }
}

/// `silver.route_demand` of a day.
pub fn demand(rows: Vec<CellDemand>, places: &Places) -> Result<RecordBatch, Error> {
    let name = |cell: Cell| (places.regions.name(cell.region), cell.codec.name(), cell.class.name());
    let rows = sorted(rows, |row| name(row.cell))?;
    let mut filling = Filling::new(&ROUTE_DEMAND);
    filling.cells(rows.iter().map(|row| row.cell), places);
    type Count = fn(&CellDemand) -> Option<u64>;
    let counts: [(&str, Count); 11] = [
        ("requests", |row| Some(row.requests)),
        ("bytes", |row| Some(row.bytes)),
        ("sessions", |row| Some(row.sessions)),
        ("peak_hour", |row| row.peak_hour),
        ("peak_hour_bytes", |row| Some(row.peak_hour_bytes)),
        ("common_hour", |row| row.common_hour),
        ("common_hour_bytes", |row| Some(row.common_hour_bytes)),
        ("node_region_requests", |row| Some(row.node_region_requests)),
        ("node_region_bytes", |row| Some(row.node_region_bytes)),
        ("unknown_content_requests", |row| Some(row.unknown_content_requests)),
        ("assumed_codec_requests", |row| Some(row.assumed_codec_requests)),
    ];
    for (name, count) in counts {
        filling.integers(name, rows.iter().map(count));
    }
    filling.finish()
}

/// `silver.route_probes` of a day.
pub fn probes(rows: Vec<(Group, Tally)>, places: &Places) -> Result<RecordBatch, Error> {
    let chooser = |group: &Group| if group.is_random { "RANDOM" } else { "POLICY" };
    let rows = sorted(rows, |(group, _)| {
        let Cell { region, codec, class } = group.cell;
        let node = places.nodes.name(group.node);
        (places.regions.name(region), codec.name(), class.name(), node, chooser(group))
    })?;
    let mut filling = Filling::new(&ROUTE_PROBES);
    filling.cells(rows.iter().map(|(group, _)| group.cell), places);
    filling.nodes(rows.iter().map(|(group, _)| group.node), places);
    filling.texts("chosen_by", rows.iter().map(|(group, _)| Some(chooser(group))));
    filling.integers("samples", rows.iter().map(|(_, tally)| Some(tally.samples)));
    filling.integers("throughput_samples", rows.iter().map(|(_, tally)| Some(tally.throughput_samples)));
    for (name, term) in [
        ("rtt_ms_sum", Term::R),
        ("rtt_ms_squared_sum", Term::RR),
        ("propensity_inverse_sum", Term::Inverse),
        ("propensity_inverse_squared_sum", Term::InverseSquared),
        ("rtt_ms_weighted_sum", Term::RWeighted),
        ("rtt_ms_weighted_twice_sum", Term::RWeightedTwice),
        ("rtt_ms_squared_weighted_sum", Term::RRWeighted),
        ("rtt_ms_squared_weighted_twice_sum", Term::RRWeightedTwice),
        ("throughput_kbps_sum", Term::T),
        ("throughput_kbps_squared_sum", Term::TT),
    ] {
        filling.floats(name, rows.iter().map(|(_, tally)| Some(tally.sum(term))));
    }
    filling.histograms("rtt_histogram", rows.iter().map(|(_, tally)| &tally.rtt))?;
    filling.histograms("throughput_histogram", rows.iter().map(|(_, tally)| &tally.throughput))?;
    filling.finish()
}

/// A part of `silver.route_estimates` of a day, in the order in which it comes.
pub fn estimates(rows: &[Estimate], places: &Places) -> Result<RecordBatch, Error> {
    let mut filling = Filling::new(&ROUTE_ESTIMATES);
    filling.cells(rows.iter().map(|row| row.cell), places);
    filling.nodes(rows.iter().map(|row| row.node), places);
    filling.integers("samples", rows.iter().map(|row| Some(row.samples)));
    filling.integers("random_samples", rows.iter().map(|row| Some(row.random_samples)));
    filling.integers("throughput_samples", rows.iter().map(|row| Some(row.throughput_samples)));
    filling.texts("level", rows.iter().map(|row| Some(row.rtt.level.name())));
    type Value = fn(&Prediction) -> Option<f64>;
    let of_rtt: [(&str, Value); 8] = [
        ("rtt_ms_mean", |found| Some(found.mean)),
        ("rtt_ms_p95", |found| Some(found.quantile)),
        ("own_rtt_ms_mean", |found| found.own_mean),
        ("own_rtt_ms_p95", |found| found.own_quantile),
        ("parent_rtt_ms_mean", |found| Some(found.parent_mean)),
        ("parent_rtt_ms_p95", |found| Some(found.parent_quantile)),
        ("rtt_weight", |found| Some(found.weight)),
        ("rtt_tail_weight", |found| Some(found.quantile_weight)),
    ];
    for (name, value) in of_rtt {
        filling.floats(name, rows.iter().map(|row| value(&row.rtt)));
    }
    let of_throughput: [(&str, Value); 4] = [
        ("throughput_kbps_p10", |found| Some(found.quantile)),
        ("own_throughput_kbps_p10", |found| found.own_quantile),
        ("parent_throughput_kbps_p10", |found| Some(found.parent_quantile)),
        ("throughput_weight", |found| Some(found.quantile_weight)),
    ];
    for (name, value) in of_throughput {
        filling.floats(name, rows.iter().map(|row| row.throughput.as_ref().and_then(value)));
    }
    filling.finish()
}

/// `silver.route_exclusions` of a day.
pub fn exclusions(found: &Exclusions) -> Result<RecordBatch, Error> {
    let rows = sorted(found.iter().collect(), |(reason, ..)| reason.names())?;
    let mut filling = Filling::new(&ROUTE_EXCLUSIONS);
    filling.texts("source", rows.iter().map(|(reason, ..)| Some(reason.names().0)));
    filling.texts("reason", rows.iter().map(|(reason, ..)| Some(reason.names().1)));
    filling.integers("count", rows.iter().map(|(_, count, _)| Some(*count)));
    filling.integers("bytes", rows.iter().map(|(reason, _, bytes)| reason.has_bytes().then_some(*bytes)));
    filling.finish()
}
