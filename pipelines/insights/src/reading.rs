//! Batches of playbacks and tips into touches: texts become places in the layout, whoever is not in it is counted.

use std::collections::HashMap;

use arrow::array::{
    Array, AsArray, Int64Array, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use xxhash_rust::xxh3::xxh3_64;

use crate::Error;
use crate::bounding::{COMPLETED, TIP, Touch, halves, identity};
use crate::layout::{DEVICES, Layout, REFERRERS, language, place};
use crate::policy::Policy;

/// The columns that [`Reader::playbacks`] reads, in order.
pub const PLAYBACK_COLUMNS: [&str; 12] = [
    "viewer",
    "creator",
    "content_id",
    "key_hash",
    "started_at",
    "watch_ms",
    "completed",
    "interactions",
    "region",
    "language",
    "referrer",
    "device_class",
];
/// The columns that [`Reader::tips`] reads, in order.
pub const TIP_COLUMNS: [&str; 3] = ["payer", "creator", "escrow_hash"];

const INTERACTIONS: [&str; 4] = ["LIKE", "COMMENT", "SHARE", "FOLLOW"];

/// Reads batches against one layout.
pub struct Reader<'a> {
    layout: &'a Layout,
    creators: HashMap<&'a str, u32>,
    /// By hash of the content: its creator and its place among that creator's videos.
    contents: HashMap<u64, (u32, u16)>,
    watch_ms_max: i64,
}

/// What was read of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Read {
    pub rows: u64,
    /// Rows of creators who are not in the layout.
    pub unlisted: u64,
}

impl<'a> Reader<'a> {
    pub fn new(policy: &Policy, layout: &'a Layout) -> Self {
        let mut contents = HashMap::new();
        for (creator, listed) in layout.creators.iter().enumerate() {
            for (video, id) in listed.videos.iter().enumerate() {
                contents.insert(xxh3_64(id.as_bytes()), (creator as u32, video as u16));
            }
        }
        let creators = layout.creators.iter().enumerate();
        Self {
            creators: creators.map(|(place, creator)| (creator.did.as_str(), place as u32)).collect(),
            layout,
            contents,
            watch_ms_max: (policy.caps.watch_seconds * 1_000) as i64,
        }
    }

    /// Reads playbacks, of those viewers whose identity begins within a range. Only these are counted as read.
    pub fn playbacks(
        &self,
        batch: &RecordBatch,
        viewers: &std::ops::RangeInclusive<u64>,
        mut take: impl FnMut(Touch),
    ) -> Result<Read, Error> {
        let columns = Playbacks::of(batch)?;
        let mut read = Read::default();
        for row in 0..batch.num_rows() {
            let viewer = halves(identity(columns.viewer.value(row)));
            if !viewers.contains(&viewer.0) {
                continue;
            }
            read.rows += 1;
            match self.creators.get(columns.creator.value(row)) {
                Some(creator) => take(self.playback(&columns, row, viewer, *creator)),
                None => read.unlisted += 1,
            }
        }
        Ok(read)
    }

    fn playback(&self, columns: &Playbacks<'_>, row: usize, viewer: (u64, u64), creator: u32) -> Touch {
        let content = xxh3_64(columns.content.value(row).as_bytes());
        let rest = self.layout.creators[creator as usize].videos.len() as u16;
        let video = match self.contents.get(&content) {
            Some((owner, video)) if *owner == creator => *video,
            _ => rest,
        };
        let hour_ms = columns.started_at.value(row).rem_euclid(86_400_000_000) / 3_600_000_000;
        let completed = columns.completed.is_valid(row) && columns.completed.value(row);
        Touch {
            viewer,
            creator,
            order: columns.key_hash.value(row) as u64,
            content,
            watch_ms: columns.watch_ms.value(row).clamp(0, self.watch_ms_max) as u32,
            language: language(&self.layout.languages, text(columns.language, row)),
            video,
            region: self.layout.region(text(columns.region, row)),
            device: place(&DEVICES, text(columns.device, row)) as u8,
            referrer: place(&REFERRERS, text(columns.referrer, row)) as u8,
            hour: hour_ms as u8,
            marks: marks(columns.interactions, row) | if completed { COMPLETED } else { 0 },
        }
    }

    /// Reads settled tips, likewise.
    pub fn tips(
        &self,
        batch: &RecordBatch,
        viewers: &std::ops::RangeInclusive<u64>,
        mut take: impl FnMut(Touch),
    ) -> Result<Read, Error> {
        let (payers, creators) = (texts(batch, 0)?, texts(batch, 1)?);
        let orders = integers(batch, 2)?;
        let mut read = Read::default();
        for row in 0..batch.num_rows() {
            let viewer = halves(identity(payers.value(row)));
            if !viewers.contains(&viewer.0) {
                continue;
            }
            read.rows += 1;
            let Some(creator) = self.creators.get(creators.value(row)) else {
                read.unlisted += 1;
                continue;
            };
            take(Touch {
                viewer,
                creator: *creator,
                order: orders.value(row) as u64,
                content: 0,
                watch_ms: 0,
                language: self.layout.languages.len() as u16,
                video: 0,
                region: self.layout.regions.len() as u8,
                device: DEVICES.len() as u8,
                referrer: REFERRERS.len() as u8,
                hour: 0,
                marks: TIP,
            });
        }
        Ok(read)
    }
}

struct Playbacks<'a> {
    viewer: &'a StringArray,
    creator: &'a StringArray,
    content: &'a StringArray,
    key_hash: &'a Int64Array,
    started_at: &'a TimestampMicrosecondArray,
    watch_ms: &'a Int64Array,
    completed: &'a arrow::array::BooleanArray,
    interactions: &'a ListArray,
    region: &'a StringArray,
    language: &'a StringArray,
    referrer: &'a StringArray,
    device: &'a StringArray,
}

impl<'a> Playbacks<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, Error> {
        let column = |place: usize| batch.columns().get(place).ok_or_else(|| wrong(place));
        let started_at = column(4)?.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(|| wrong(4))?;
        let completed = column(6)?.as_boolean_opt().ok_or_else(|| wrong(6))?;
        let interactions = column(7)?.as_list_opt::<i32>().ok_or_else(|| wrong(7))?;
        Ok(Self {
            viewer: texts(batch, 0)?,
            creator: texts(batch, 1)?,
            content: texts(batch, 2)?,
            key_hash: integers(batch, 3)?,
            started_at,
            watch_ms: integers(batch, 5)?,
            completed,
            interactions,
            region: texts(batch, 8)?,
            language: texts(batch, 9)?,
            referrer: texts(batch, 10)?,
            device: texts(batch, 11)?,
        })
    }
}

fn wrong(place: usize) -> Error {
    Error::Rows(format!("column {} of playbacks or tips is not of its type", place + 1))
}

fn texts(batch: &RecordBatch, place: usize) -> Result<&StringArray, Error> {
    let column = batch.columns().get(place);
    column.and_then(|column| column.as_string_opt::<i32>()).ok_or_else(|| wrong(place))
}

fn integers(batch: &RecordBatch, place: usize) -> Result<&Int64Array, Error> {
    let column = batch.columns().get(place);
    column.and_then(|column| column.as_primitive_opt::<Int64Type>()).ok_or_else(|| wrong(place))
}

fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

fn marks(interactions: &ListArray, row: usize) -> u8 {
    let (offsets, values) = (interactions.value_offsets(), interactions.values());
    let Some(values) = values.as_string_opt::<i32>().filter(|_| interactions.is_valid(row)) else { return 0 };
    let mark = |place: i32| INTERACTIONS.iter().position(|name| *name == values.value(place as usize));
    let marks = (offsets[row]..offsets[row + 1]).filter_map(mark);
    marks.fold(0, |marks, place| marks | 1 << place)
}
