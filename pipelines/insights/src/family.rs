//! The families of counts that share a day's price: what each counts, and how much one viewer can move it.

use serde::Deserialize;

use crate::policy::Caps;

/// Counts that are noised alike: one vector, of which one viewer with one creator moves a bounded length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    UniqueViewers,
    ReturningViewers,
    Region,
    DeviceClass,
    Language,
    /// Languages that are not listed, by a threshold.
    UnlistedLanguage,
    Referrer,
    Hour,
    Views,
    WatchSeconds,
    Completions,
    Likes,
    Comments,
    Shares,
    Follows,
    ContentViews,
    ContentWatchSeconds,
    ContentCompletions,
    ContentLikes,
    ContentComments,
    ContentShares,
    ContentFollows,
    Tippers,
    TippersRegion,
}

impl Family {
    pub const ALL: [Self; 24] = [
        Self::UniqueViewers,
        Self::ReturningViewers,
        Self::Region,
        Self::DeviceClass,
        Self::Language,
        Self::UnlistedLanguage,
        Self::Referrer,
        Self::Hour,
        Self::Views,
        Self::WatchSeconds,
        Self::Completions,
        Self::Likes,
        Self::Comments,
        Self::Shares,
        Self::Follows,
        Self::ContentViews,
        Self::ContentWatchSeconds,
        Self::ContentCompletions,
        Self::ContentLikes,
        Self::ContentComments,
        Self::ContentShares,
        Self::ContentFollows,
        Self::Tippers,
        Self::TippersRegion,
    ];

    /// What is counted both of the creator's day and of each of its contents, in that order.
    pub const ENGAGED: [(Self, Self); 7] = [
        (Self::Views, Self::ContentViews),
        (Self::WatchSeconds, Self::ContentWatchSeconds),
        (Self::Completions, Self::ContentCompletions),
        (Self::Likes, Self::ContentLikes),
        (Self::Comments, Self::ContentComments),
        (Self::Shares, Self::ContentShares),
        (Self::Follows, Self::ContentFollows),
    ];

    /// Its place in [`Family::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The greatest length (L2) of what one viewer adds to the family with one creator on one day.
    ///
    /// One bin of a breakdown, one presence, one of each interaction: 1. Views, seconds and completions may all
    /// fall on one content, so that the vector by content is as long as their sum.
    pub fn length_max(self, caps: &Caps) -> u64 {
        match self {
            Self::Views | Self::Completions | Self::ContentViews | Self::ContentCompletions => caps.views,
            Self::WatchSeconds | Self::ContentWatchSeconds => caps.watch_seconds,
            _ => 1,
        }
    }
}
