//! Names as small numbers: regions and nodes in the order in which they are met, codecs and classes fixed.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

/// A codec; a later one is the better one where a device and a content have both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    Avc,
    Vp9,
    Hevc,
    Av1,
}

impl Codec {
    /// From the one that every device has to the best.
    pub const ALL: [Self; 4] = [Self::Avc, Self::Vp9, Self::Hevc, Self::Av1];

    /// Its name in logs, capabilities and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avc => "AVC",
            Self::Vp9 => "VP9",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
        }
    }

    /// The codec of a name, if it is one.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

/// A set of codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Codecs(pub u8);

impl Codecs {
    /// Every codec.
    pub const ALL: Self = Self(0b1111);

    /// The codecs among some names.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().filter_map(Codec::of).fold(0, |set, codec| set | 1 << codec as u8))
    }

    /// Whether a codec is in it.
    pub fn has(self, codec: Codec) -> bool {
        self.0 & 1 << codec as u8 != 0
    }

    /// The best codec of both sets, or AVC where they share none.
    pub fn best_with(self, other: Self) -> Codec {
        let both = Self(self.0 & other.0);
        Codec::ALL.into_iter().rfind(|codec| both.has(*codec)).unwrap_or(Codec::Avc)
    }
}

/// The class of a content by its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Short,
    Long,
}

impl Class {
    pub const ALL: [Self; 2] = [Self::Short, Self::Long];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Short => "SHORT",
            Self::Long => "LONG",
        }
    }

    /// The class of a name, if it is one.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// A demand cell: a region of viewers by its code, a codec and a class of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    pub region: u32,
    pub codec: Codec,
    pub class: Class,
}

impl Cell {
    /// The cell as one number below 2³⁵.
    pub fn packed(self) -> u64 {
        u64::from(self.region) << 3 | (self.codec as u64) << 1 | self.class as u64
    }

    /// The cell of a number that [`Cell::packed`] gave.
    pub fn unpacked(packed: u64) -> Self {
        let codec = Codec::ALL[(packed >> 1 & 3) as usize];
        Self { region: (packed >> 3) as u32, codec, class: Class::ALL[(packed & 1) as usize] }
    }
}

/// Names with a code each, in the order in which they were met.
#[derive(Debug, Clone, Default)]
pub struct Names {
    names: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Names {
    /// The code of a name, a new one where it has none yet.
    pub fn code(&mut self, name: &str) -> u32 {
        if let Some(code) = self.codes.get(name) {
            return *code;
        }
        let code = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.codes.insert(name.to_owned(), code);
        code
    }

    /// The code of a name that has one.
    pub fn known(&self, name: &str) -> Option<u32> {
        self.codes.get(name).copied()
    }

    /// The name of a code.
    pub fn name(&self, code: u32) -> &str {
        &self.names[code as usize]
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// For each code the place of its name among all names in order: what does not depend on who came first.
    pub fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|code| self.name(*code));
        let mut ranks = vec![0; order.len()];
        for (rank, code) in order.into_iter().enumerate() {
            ranks[code as usize] = rank as u32;
        }
        ranks
    }
}

/// The hash that stands for an id: that of ingest, in the order of the integers as which it is stored.
pub fn hash_of(id: &str) -> u64 {
    from_stored(xxh3_64(id.as_bytes()) as i64)
}

/// The same of a stored `key_hash`.
pub fn from_stored(hash: i64) -> u64 {
    hash as u64 ^ 1 << 63
}
