//! What the viewers of each cell were sent, hour by hour.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use arrow::array::{Array, RecordBatch};

use super::codes::{Cell, Codec, from_stored, hash_of};
use super::contents::Contents;
use super::exclusions::{Exclusions, Reason};
use super::frames::Sums;
use super::places::Places;
use super::sessions::Sessions;
use super::{Error, reading};

/// More bytes than any response has: 16 TiB.
pub const BYTES_MAX: i64 = 1 << 44;

const HOUR: i64 = 3_600_000_000;
/// The hours of the day before, the day and the day after; what lies outside has none.
const HOURS: u64 = 72;
/// Columns that are summed: see [`Demand::push`].
const COLUMNS: usize = 6;

/// Demand while requests are read.
#[derive(Debug)]
pub struct Demand {
    /// The first hour of the day before, in hours since the epoch.
    first_hour: i64,
    sums: Sums,
    sessions: BTreeMap<u64, u64>,
    pub exclusions: Exclusions,
    /// Requests read, the excluded ones too.
    pub requests: u64,
}

/// One cell's demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellDemand {
    pub cell: Cell,
    pub requests: u64,
    pub bytes: u64,
    pub sessions: u64,
    pub peak_hour: Option<u64>,
    pub peak_hour_bytes: u64,
    pub common_hour: Option<u64>,
    pub common_hour_bytes: u64,
    pub node_region_requests: u64,
    pub node_region_bytes: u64,
    pub unknown_content_requests: u64,
    pub assumed_codec_requests: u64,
}

/// What decides the cell of a request.
struct Asked<'a> {
    node: Option<&'a str>,
    content: Option<&'a str>,
    codec: Option<Codec>,
    session: Option<usize>,
}

impl Demand {
    /// Nothing asked yet on a day, which is given in days since the epoch.
    pub fn new(day: i32) -> Self {
        let first_hour = (i64::from(day) - 1) * 24;
        let (sessions, exclusions) = Default::default();
        Self { first_hour, sums: Sums::new(COLUMNS), sessions, exclusions, requests: 0 }
    }

    /// Reads requests: `at`, `node_id`, `bytes_sent`, `content_id`, `codec`, `session_id`. Of those with a session
    /// only the ones whose hash, as it is stored, lies in the range that `sessions` are of; those without one are
    /// read with the first range.
    pub fn push(
        &mut self,
        batch: &RecordBatch,
        range: &RangeInclusive<i64>,
        sessions: &mut Sessions,
        contents: &Contents,
        places: &Places,
    ) -> Result<(), Error> {
        let range = from_stored(*range.start())..=from_stored(*range.end());
        let times = reading::times(batch, "at")?;
        let nodes = reading::texts(batch, "node_id")?;
        let bytes = reading::integers(batch, "bytes_sent")?;
        let ids = reading::texts(batch, "content_id")?;
        let codecs = reading::texts(batch, "codec")?;
        let sids = reading::texts(batch, "session_id")?;
        for row in 0..batch.num_rows() {
            let sid = reading::text(sids, row).map(hash_of);
            if !range.contains(&sid.unwrap_or(0)) {
                continue;
            }
            self.requests += 1;
            let sent = if bytes.is_valid(row) { bytes.value(row) } else { 0 };
            if !(0..=BYTES_MAX).contains(&sent) {
                self.exclusions.add(Reason::BytesOutOfRange, 0);
                continue;
            }
            let asked = Asked {
                node: reading::text(nodes, row),
                content: reading::text(ids, row),
                codec: reading::text(codecs, row).and_then(Codec::of),
                session: sid.and_then(|hash| sessions.find(hash)),
            };
            self.count(times[row], sent, &asked, sessions, contents, places)?;
        }
        Ok(())
    }

    fn count(
        &mut self,
        at: i64,
        sent: i64,
        asked: &Asked<'_>,
        sessions: &mut Sessions,
        contents: &Contents,
        places: &Places,
    ) -> Result<(), Error> {
        let of_session = asked.session.and_then(|place| sessions.region(place));
        let of_node = || asked.node.and_then(|id| places.known(places.nodes.known(id)?));
        let Some(region) = of_session.or_else(|| of_node().map(|node| node.region)) else {
            self.exclusions.add(Reason::RegionUnknown, sent as u64);
            return Ok(());
        };
        let content = asked.content.map(|id| contents.get(id));
        let class = match (content.filter(|content| content.is_known), asked.session) {
            (Some(content), _) => content.class,
            (None, Some(place)) => sessions.class(place),
            (None, None) => super::contents::Content::UNKNOWN.class,
        };
        let codec = match (asked.codec, asked.session) {
            (Some(codec), _) => codec,
            (None, Some(place)) => sessions.stated(place),
            (None, None) => Codec::Avc,
        };
        let cell = Cell { region, codec, class };
        if let Some(place) = asked.session {
            if asked.codec.is_some() {
                sessions.send(place, codec, sent as u64);
            }
            if of_session.is_some() && sessions.meet(place, codec, class) {
                *self.sessions.entry(cell.packed()).or_default() += 1;
            }
        }
        let by_node = i64::from(of_session.is_none());
        let is_unknown = content.is_none_or(|content| !content.is_known);
        let hour = u64::try_from(at.div_euclid(HOUR) - self.first_hour).unwrap_or(HOURS).min(HOURS);
        let values =
            [1, sent, by_node, by_node * sent, i64::from(is_unknown), i64::from(asked.codec.is_none())];
        self.sums.push(cell.packed() << 7 | hour, &values)
    }

    /// The demand of each cell, in no particular order of regions.
    pub fn finish(self) -> Result<Vec<CellDemand>, Error> {
        let mut cells: BTreeMap<u64, ([u64; COLUMNS], BTreeMap<u64, u64>)> = BTreeMap::new();
        let mut common: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, sums) in self.sums.finish()? {
            let (totals, hours) = cells.entry(key >> 7).or_default();
            for (total, sum) in totals.iter_mut().zip(&sums) {
                *total += u64::try_from(*sum).map_err(|_| Error::TooLarge("a cell's demand"))?;
            }
            let (hour, bytes) = (key & 127, sums[1] as u64);
            if hour < HOURS {
                *hours.entry(hour).or_default() += bytes;
                *common.entry(hour).or_default() += bytes;
            }
        }
        let common_hour = busiest(&common).map(|(hour, _)| hour);
        let demand = cells.into_iter().map(|(packed, (totals, hours))| {
            let [requests, bytes, by_node, by_node_bytes, unknown, assumed] = totals;
            let peak = busiest(&hours);
            CellDemand {
                cell: Cell::unpacked(packed),
                requests,
                bytes,
                sessions: self.sessions.get(&packed).copied().unwrap_or(0),
                peak_hour: peak.map(|(hour, _)| hour % 24),
                peak_hour_bytes: peak.map_or(0, |(_, bytes)| bytes),
                common_hour: common_hour.map(|hour| hour % 24),
                common_hour_bytes: common_hour.and_then(|hour| hours.get(&hour).copied()).unwrap_or(0),
                node_region_requests: by_node,
                node_region_bytes: by_node_bytes,
                unknown_content_requests: unknown,
                assumed_codec_requests: assumed,
            }
        });
        Ok(demand.collect())
    }
}

/// The hour with most bytes, the first of equal ones.
fn busiest(hours: &BTreeMap<u64, u64>) -> Option<(u64, u64)> {
    let most = hours.iter().rev().max_by_key(|(_, bytes)| **bytes);
    most.map(|(hour, bytes)| (*hour, *bytes))
}
