//! The ten sources: their folders, their file names, and the functions that write their rows.

use crate::options::Compression;
use crate::sink::Coding;

pub mod access;
pub mod benefits;
pub mod cmcd;
pub mod contents;
pub mod edge;
pub mod geography;
pub mod ladders;
pub mod nodes;
pub mod playbacks;
pub mod player;
pub mod sessions;
pub mod subscription_events;
pub mod tiers;

/// A source of the landing area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    // In the order of their names, which is the order of the key.
    Access,
    Content,
    Nodes,
    Playback,
    Escrow,
    Ledger,
    Wallet,
    Benefits,
    Subscriptions,
    Tiers,
}

impl Source {
    pub const ALL: [Self; 10] = [
        Self::Access,
        Self::Content,
        Self::Nodes,
        Self::Playback,
        Self::Escrow,
        Self::Ledger,
        Self::Wallet,
        Self::Benefits,
        Self::Subscriptions,
        Self::Tiers,
    ];

    /// The folder, which is also the name in every table.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Access => "delivery/access",
            Self::Content => "delivery/content",
            Self::Nodes => "delivery/nodes",
            Self::Playback => "delivery/playback",
            Self::Escrow => "payments/escrow",
            Self::Ledger => "payments/ledger",
            Self::Wallet => "payments/wallet",
            Self::Benefits => "subscriptions/benefits",
            Self::Subscriptions => "subscriptions/events",
            Self::Tiers => "subscriptions/tiers",
        }
    }

    /// Whether its manifest carries totals.
    pub fn is_payment(self) -> bool {
        matches!(self, Self::Escrow | Self::Ledger | Self::Wallet)
    }

    /// The field that a conflicting copy of a row tells otherwise, where conflicts are sprinkled at random.
    pub fn conflict(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Playback => Some(("watch_ms", "1")),
            Self::Nodes => Some(("cache_bytes", "1000000000000")),
            _ => None,
        }
    }

    /// How a file is stored, and its name's end.
    pub fn coding(self, compression: Compression, file: u32) -> Coding {
        let coding = match compression {
            Compression::Plain => Coding::Plain,
            Compression::Gzip => Coding::Gzip,
            Compression::Zstd => Coding::Zstd,
            Compression::Mixed => {
                [Coding::Plain, Coding::Gzip, Coding::Zstd, Coding::Plain][file as usize % 4]
            }
        };
        if self == Self::Access && coding == Coding::Zstd { Coding::Gzip } else { coding }
    }

    /// The ending of a file's name before its coding.
    pub fn extension(self) -> &'static str {
        if self == Self::Access { ".log" } else { ".ndjson" }
    }
}
