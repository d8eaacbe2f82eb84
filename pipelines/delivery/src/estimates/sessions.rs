//! The playback sessions of one range of hashes: where their viewers are, and which codec they were sent.

use arrow::array::RecordBatch;

use super::codes::{Class, Codec, Codecs, from_stored};
use super::contents::Contents;
use super::index::Index;
use super::places::Places;
use super::{Error, reading};

/// No region.
const NOWHERE: u32 = u32::MAX;

/// Sessions while they are read: about 16 bytes for each.
#[derive(Debug, Default)]
pub struct SessionsReader {
    found: Vec<(u64, u32, u8)>,
}

/// Sessions by their hash: about 32 bytes for each.
#[derive(Debug, Default)]
pub struct Sessions {
    index: Index,
    regions: Vec<u32>,
    /// The class of what they played and the codec where no request says one.
    traits: Vec<u8>,
    /// Which of the eight cells of their region they have been counted in.
    seen: Vec<u8>,
    /// What they were sent by codec, in KiB, each request rounded up.
    sent_kib: Vec<[u32; 4]>,
}

impl SessionsReader {
    /// Reads playbacks: `key_hash`, `region`, `content_id`, `device_codecs`.
    pub fn push(
        &mut self,
        batch: &RecordBatch,
        contents: &Contents,
        places: &mut Places,
    ) -> Result<(), Error> {
        let hashes = reading::integers(batch, "key_hash")?;
        let (regions, ids) = (reading::texts(batch, "region")?, reading::texts(batch, "content_id")?);
        let lists = reading::lists(batch, "device_codecs")?;
        let names = reading::items(lists, "device_codecs")?;
        for row in 0..batch.num_rows() {
            let content = contents.get(reading::text(ids, row).unwrap_or_default());
            let device =
                Codecs::of(reading::span(lists, row).filter_map(|place| reading::text(names, place)));
            // Of a content that is not known it is not known either what it offers.
            let codec = if content.is_known { content.codecs.best_with(device) } else { Codec::Avc };
            let region = reading::text(regions, row).map_or(NOWHERE, |name| places.regions.code(name));
            let traits = content.class as u8 | (codec as u8) << 1;
            self.found.push((from_stored(hashes.value(row)), region, traits));
        }
        Ok(())
    }

    /// The sessions by their hash.
    pub fn finish(mut self) -> Sessions {
        self.found.sort_unstable();
        self.found.dedup_by_key(|(hash, ..)| *hash);
        let count = self.found.len();
        Sessions {
            regions: self.found.iter().map(|(_, region, _)| *region).collect(),
            traits: self.found.iter().map(|(.., traits)| *traits).collect(),
            seen: vec![0; count],
            sent_kib: vec![[0; 4]; count],
            index: Index::new(self.found.into_iter().map(|(hash, ..)| hash).collect()),
        }
    }
}

impl Sessions {
    /// The place of a session.
    pub fn find(&self, hash: u64) -> Option<usize> {
        self.index.find(hash)
    }

    /// Where its viewer is.
    pub fn region(&self, place: usize) -> Option<u32> {
        Some(self.regions[place]).filter(|region| *region != NOWHERE)
    }

    /// The class of what it played.
    pub fn class(&self, place: usize) -> Class {
        Class::ALL[usize::from(self.traits[place] & 1)]
    }

    /// Counts what a session was sent in a codec.
    pub fn send(&mut self, place: usize, codec: Codec, bytes: u64) {
        let sent = &mut self.sent_kib[place][codec as usize];
        *sent = sent.saturating_add(u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX));
    }

    /// Whether it is met in a codec and class for the first time.
    pub fn meet(&mut self, place: usize, codec: Codec, class: Class) -> bool {
        let bit = 1 << ((codec as u8) << 1 | class as u8);
        let is_first = self.seen[place] & bit == 0;
        self.seen[place] |= bit;
        is_first
    }

    /// The codec of which it was sent most, the better of equal ones; without any, the best that both its device
    /// and the content have, else AVC.
    pub fn codec(&self, place: usize) -> Codec {
        let sent = &self.sent_kib[place];
        let most = Codec::ALL.into_iter().max_by_key(|codec| sent[*codec as usize]);
        match most.filter(|codec| sent[*codec as usize] > 0) {
            Some(codec) => codec,
            None => self.stated(place),
        }
    }

    /// The best codec that both its device and the content have, else AVC: it does not depend on any request.
    pub fn stated(&self, place: usize) -> Codec {
        Codec::ALL[usize::from(self.traits[place] >> 1 & 3)]
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
}
