//! The ten sources of the landing area: their folders, their keys and the tables they fill.

use crate::bronze;
use crate::table::Table;

/// One kind of log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    Escrow,
    Wallet,
    Ledger,
    Tiers,
    SubscriptionEvents,
    Benefits,
    Playback,
    Access,
    Nodes,
    Content,
}

impl Source {
    /// All sources, in the order in which the night reads them.
    pub const ALL: [Self; 10] = [
        Self::Escrow,
        Self::Wallet,
        Self::Ledger,
        Self::Tiers,
        Self::SubscriptionEvents,
        Self::Benefits,
        Self::Playback,
        Self::Access,
        Self::Nodes,
        Self::Content,
    ];

    /// The folder below the landing area, and the value of every `source` column.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Escrow => "payments/escrow",
            Self::Wallet => "payments/wallet",
            Self::Ledger => "payments/ledger",
            Self::Tiers => "subscriptions/tiers",
            Self::SubscriptionEvents => "subscriptions/events",
            Self::Benefits => "subscriptions/benefits",
            Self::Playback => "delivery/playback",
            Self::Access => "delivery/access",
            Self::Nodes => "delivery/nodes",
            Self::Content => "delivery/content",
        }
    }

    /// The source of a folder.
    pub fn from_folder(folder: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.folder() == folder)
    }

    /// The bronze table that its rows fill.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Escrow => &bronze::ESCROW_EVENTS,
            Self::Wallet => &bronze::WALLET_TRANSFERS,
            Self::Ledger => &bronze::LEDGER_ENTRIES,
            Self::Tiers => &bronze::TIERS,
            Self::SubscriptionEvents => &bronze::SUBSCRIPTION_EVENTS,
            Self::Benefits => &bronze::BENEFIT_DELIVERIES,
            Self::Playback => &bronze::PLAYBACKS,
            Self::Access => &bronze::CDN_REQUESTS,
            Self::Nodes => &bronze::NODES,
            Self::Content => &bronze::CONTENTS,
        }
    }

    /// Whether its manifest carries control totals of money.
    pub fn is_payment(self) -> bool {
        matches!(self, Self::Escrow | Self::Wallet | Self::Ledger)
    }

    /// Whether a file name is one of its logs; anything else in a folder is left alone.
    pub fn accepts(self, file_name: &str) -> bool {
        let plain =
            file_name.strip_suffix(".gz").or_else(|| file_name.strip_suffix(".zst")).unwrap_or(file_name);
        !file_name.starts_with(['_', '.'])
            && plain.ends_with(if self == Self::Access { ".log" } else { ".ndjson" })
    }
}
