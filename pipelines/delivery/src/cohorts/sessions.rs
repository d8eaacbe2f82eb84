//! Sessions as they are read for their cohorts: columns by name, rows by what is asked of them.

use arrow::array::{
    Array, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
};
use arrow::datatypes::Int64Type;

use super::gather::Profile;
use super::key::Key;
use crate::estimates::codes::Codecs;
use crate::estimates::{Error, reading};

/// Frames a second of a device that does not tell.
const FRAMERATE_UNTOLD: u32 = 30;

/// The columns of [`super::gather::COLUMNS`] in a batch.
pub(super) struct Columns<'a> {
    texts: [&'a StringArray; 3],
    savers: &'a BooleanArray,
    pub viewers: &'a Int64Array,
    sizes: [&'a Int64Array; 3],
    framerates: &'a Float64Array,
    codecs: &'a StringArray,
    pub watched: &'a Int64Array,
    pub means: &'a Float64Array,
    pub rtts: &'a Float64Array,
    pub first_bytes: &'a Float64Array,
    durations: &'a ListArray,
    kbps: &'a ListArray,
}

impl<'a> Columns<'a> {
    pub fn of(batch: &'a RecordBatch) -> Result<Self, Error> {
        Ok(Self {
            texts: [
                reading::texts(batch, "region")?,
                reading::texts(batch, "network")?,
                reading::texts(batch, "device_class")?,
            ],
            savers: reading::flags(batch, "data_saver")?,
            viewers: reading::integers(batch, "viewer_hash")?,
            sizes: [
                reading::integers(batch, "device_width_max")?,
                reading::integers(batch, "device_height_max")?,
                reading::integers(batch, "preferred_height_max")?,
            ],
            framerates: reading::floats(batch, "device_framerate_max")?,
            codecs: reading::texts(batch, "device_codecs")?,
            watched: reading::integers(batch, "watch_ms")?,
            means: reading::floats(batch, "throughput_kbps")?,
            rtts: reading::floats(batch, "rtt_ms")?,
            first_bytes: reading::floats(batch, "first_byte_ms")?,
            durations: reading::lists(batch, "trace_duration_ms")?,
            kbps: reading::lists(batch, "trace_kbps")?,
        })
    }

    pub fn is_of(&self, key: &Key, row: usize) -> bool {
        let told = [&key.region, &key.network, &key.device_class];
        told.into_iter().zip(self.texts).all(|(told, texts)| told.as_deref() == Some(texts.value(row)))
            && key.data_saver == Some(self.savers.value(row))
    }

    pub fn key(&self, row: usize) -> Key {
        let [region, network, device] = self.texts.map(|texts| texts.value(row));
        Key::cohort(region, network, device, self.savers.value(row))
    }

    pub fn profile(&self, row: usize) -> Profile {
        let size = |place: usize| {
            let column = self.sizes[place];
            column.is_valid(row).then(|| u32::try_from(column.value(row)).unwrap_or(u32::MAX))
        };
        let framerate = reading::number(self.framerates, row).map(|framerate| framerate.round() as u32);
        Profile {
            codecs: Codecs::of(reading::text(self.codecs, row).unwrap_or_default().split('+')).0,
            width: size(0).unwrap_or(0),
            height: size(1).unwrap_or(0),
            framerate: framerate.filter(|framerate| *framerate > 0).unwrap_or(FRAMERATE_UNTOLD),
            height_max: size(2),
        }
    }

    pub fn intervals(&self, row: usize) -> Vec<(u32, u32)> {
        let values = |list: &'a ListArray| -> &'a [i64] {
            let values: &Int64Array = list.values().as_primitive::<Int64Type>();
            &values.values()[reading::span(list, row)]
        };
        let number = |value: &i64| u32::try_from(*value).unwrap_or(u32::MAX);
        let (durations, kbps) = (values(self.durations), values(self.kbps));
        durations.iter().zip(kbps).map(|(duration, kbps)| (number(duration), number(kbps))).collect()
    }
}
