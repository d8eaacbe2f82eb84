//! Rebuilt sessions into the columns of their table.

use std::sync::Arc;

use arrow::array::Date32Builder;
use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Array, Int64Builder, ListArray, RecordBatch, StringArray,
    StringBuilder, StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, SchemaRef};
use schemas::quality::VIEWING_SESSIONS;

use super::Source;
use super::fold::Logged;
use super::playback::{DEVICES, Kind, NETWORKS, Playback};
use super::trace::Trace;
use crate::estimates::Error;
use crate::estimates::codes::{Codec, Codecs};

/// The integer columns, in the order in which a row gives them.
const INTEGERS: [&str; 24] = [
    "session_hash",
    "viewer_hash",
    "device_width_max",
    "device_height_max",
    "preferred_height_max",
    "ladder_key",
    "watch_ms",
    "startup_ms",
    "rebuffer_ms",
    "rebuffer_count",
    "switches",
    "requests",
    "requests_landed",
    "logged_startup_ms",
    "logged_stalls",
    "logged_switches",
    "chunks_used",
    "chunks_hit",
    "chunks_tiny",
    "chunks_failed",
    "chunks_untimed",
    "chunks_out_of_range",
    "chunks_other",
    "chunks_too_few",
];
const FLOATS: [&str; 4] = ["device_framerate_max", "throughput_kbps", "rtt_ms", "first_byte_ms"];
const TEXTS: [&str; 5] = ["region", "network", "device_class", "device_codecs", "source"];
const FLAGS: [&str; 2] = ["data_saver", "is_trace_cut"];

/// Values of lists, one after the other, with where each list ends.
#[derive(Debug, Default)]
struct Lists {
    values: Vec<i64>,
    lengths: Vec<usize>,
}

impl Lists {
    fn push(&mut self, values: &[i64]) {
        self.values.extend_from_slice(values);
        self.lengths.push(values.len());
    }

    fn finish(self, schema: &SchemaRef, name: &str) -> Result<ArrayRef, Error> {
        let DataType::List(item) = schema.field_with_name(name)?.data_type() else {
            return Err(Error::Columns(format!("{name} is no list")));
        };
        let values = Arc::new(Int64Array::from(self.values));
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, None)?))
    }
}

/// Rows of `silver.viewing_sessions` while they are filled.
#[derive(Debug)]
pub(super) struct SessionRows {
    integers: [Int64Builder; INTEGERS.len()],
    floats: [Float64Builder; FLOATS.len()],
    texts: [StringBuilder; TEXTS.len()],
    flags: [BooleanBuilder; FLAGS.len()],
    playback_dt: Date32Builder,
    started_at: TimestampMicrosecondBuilder,
    rungs: Vec<(Option<Codec>, u32, u64, u64)>,
    rung_lengths: Vec<usize>,
    durations: Lists,
    kbps: Lists,
}

impl Default for SessionRows {
    fn default() -> Self {
        Self {
            integers: std::array::from_fn(|_| Int64Builder::new()),
            floats: std::array::from_fn(|_| Float64Builder::new()),
            texts: std::array::from_fn(|_| StringBuilder::new()),
            flags: std::array::from_fn(|_| BooleanBuilder::new()),
            playback_dt: Date32Builder::new(),
            started_at: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            rungs: Vec::new(),
            rung_lengths: Vec::new(),
            durations: Lists::default(),
            kbps: Lists::default(),
        }
    }
}

/// Codecs as they stand in a column.
fn codecs_text(codecs: Codecs) -> String {
    let names = Codec::ALL.into_iter().filter(|codec| codecs.has(*codec)).map(Codec::name);
    names.collect::<Vec<_>>().join("+")
}

impl SessionRows {
    pub fn len(&self) -> usize {
        self.rung_lengths.len()
    }

    #[allow(clippy::too_many_arguments)]
    pub fn push(
        &mut self,
        playback: &Playback,
        region: Option<&str>,
        ladder: Option<i64>,
        requests: u64,
        logged: &Logged,
        trace: &Trace,
        day: i32,
    ) {
        let number = |number: Option<u32>| number.map(i64::from);
        let count = |count: u64| i64::try_from(count).ok();
        // Hashes are stored as the integers of the same order.
        let stored = |hash: u64| Some((hash ^ 1 << 63) as i64);
        let [hit, tiny, failed, untimed, out_of_range, other, few] =
            trace.left_out.map(|(left, _)| count(left));
        let integers = [
            stored(playback.session),
            stored(playback.viewer),
            number(playback.width),
            number(playback.height),
            number(playback.preferred_height),
            ladder,
            count(playback.watch_ms),
            number(playback.startup_ms),
            number(playback.rebuffer_ms),
            number(playback.rebuffer_count),
            number(playback.switches),
            count(requests),
            count(logged.landed),
            logged.startup_ms,
            count(logged.stalls),
            count(logged.switches),
            count(trace.used),
            hit,
            tiny,
            failed,
            untimed,
            out_of_range,
            other,
            few,
        ];
        for (builder, value) in self.integers.iter_mut().zip(integers) {
            builder.append_option(value);
        }
        let thousandths = |value: Option<u32>| value.map(|value| f64::from(value) / 1_000.0);
        let floats = [
            thousandths(playback.framerate_milli),
            trace.mean_kbps,
            thousandths(playback.rtt_us),
            logged.first_byte_ms,
        ];
        for (builder, value) in self.floats.iter_mut().zip(floats) {
            builder.append_option(value);
        }
        let codecs = playback.codecs.map(codecs_text);
        let texts = [
            region,
            playback.network.map(|code| NETWORKS[code]),
            playback.device.map(|code| DEVICES[code]),
            codecs.as_deref(),
            Some(trace.source.unwrap_or(Source::Nothing).name()),
        ];
        for (builder, value) in self.texts.iter_mut().zip(texts) {
            builder.append_option(value);
        }
        for (builder, value) in self.flags.iter_mut().zip([playback.data_saver, Some(trace.is_cut)]) {
            builder.append_option(value);
        }
        self.playback_dt.append_value(if playback.kind == Kind::OfDay { day } else { day - 1 });
        self.started_at.append_value(playback.started_at);
        self.rungs.extend_from_slice(&logged.rungs);
        self.rung_lengths.push(logged.rungs.len());
        self.durations.push(&trace.durations_ms);
        self.kbps.push(&trace.kbps);
    }

    pub fn finish(mut self) -> Result<RecordBatch, Error> {
        let schema = VIEWING_SESSIONS.file_schema();
        let mut columns: Vec<Option<ArrayRef>> = vec![None; schema.fields().len()];
        let mut put = |name: &str, column: ArrayRef| -> Result<(), Error> {
            columns[schema.index_of(name)?] = Some(column);
            Ok(())
        };
        for (name, builder) in INTEGERS.iter().zip(&mut self.integers) {
            put(name, Arc::new(builder.finish()))?;
        }
        for (name, builder) in FLOATS.iter().zip(&mut self.floats) {
            put(name, Arc::new(builder.finish()))?;
        }
        for (name, builder) in TEXTS.iter().zip(&mut self.texts) {
            put(name, Arc::new(builder.finish()))?;
        }
        for (name, builder) in FLAGS.iter().zip(&mut self.flags) {
            put(name, Arc::new(builder.finish()))?;
        }
        put("playback_dt", Arc::new(self.playback_dt.finish()))?;
        put("started_at", Arc::new(self.started_at.finish()))?;
        put("rungs", rungs(&schema, &self.rungs, self.rung_lengths)?)?;
        put("trace_duration_ms", self.durations.finish(&schema, "trace_duration_ms")?)?;
        put("trace_kbps", self.kbps.finish(&schema, "trace_kbps")?)?;
        let missing = |place: usize| Error::Columns(format!("{} was not filled", schema.field(place).name()));
        let columns =
            columns.into_iter().enumerate().map(|(place, column)| column.ok_or_else(|| missing(place)));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new(schema.clone(), columns)?)
    }
}

fn rungs(
    schema: &SchemaRef,
    rungs: &[(Option<Codec>, u32, u64, u64)],
    lengths: Vec<usize>,
) -> Result<ArrayRef, Error> {
    let DataType::List(item) = schema.field_with_name("rungs")?.data_type() else {
        return Err(Error::Columns("rungs is no list".to_owned()));
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(Error::Columns("rungs holds no structs".to_owned()));
    };
    let integers = |of: &dyn Fn(&(Option<Codec>, u32, u64, u64)) -> i64| -> ArrayRef {
        Arc::new(rungs.iter().map(|rung| Some(of(rung))).collect::<Int64Array>())
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rungs.iter().map(|rung| rung.0.map(Codec::name)).collect::<StringArray>()),
        integers(&|rung| i64::from(rung.1)),
        integers(&|rung| rung.2 as i64),
        integers(&|rung| rung.3 as i64),
    ];
    let values = StructArray::try_new(fields.clone(), columns, None)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(values), None)?))
}
