//! Rows of each source: from one value on the tape to one row in the Arrow builders, or a refusal.
//!
//! A row is read whole before any of it is pushed, so that a refused row leaves nothing behind.

mod benefits;
mod content;
mod escrow;
mod ledger;
mod nodes;
mod playback;
mod subscription_events;
mod tiers;
mod wallet;

use arrow::array::ArrayRef;
use arrow::buffer::Buffer;
use arrow::error::ArrowError;
use schemas::source::Source;
use xxhash_rust::xxh3::xxh3_64;

use crate::json::Value;
use crate::reason::Rejection;
use crate::totals::Totals;

/// Builders for the rows of one JSON source.
pub trait Rows: Send {
    /// Pushes a row; gives the hash of its key, and adds its money to the totals.
    fn push(&mut self, row: Value<'_>, totals: &mut Totals) -> Result<u64, Rejection>;

    /// The source's own columns of the rows pushed, in the table's order; `chunk` is what they were read from.
    fn finish(&mut self, chunk: &Buffer) -> Result<Vec<ArrayRef>, ArrowError>;
}

/// The builders of a source; `dt` is part of a node's key. `None` for the access logs, which are no JSON.
pub fn rows_of(source: Source, dt: i32) -> Option<Box<dyn Rows>> {
    Some(match source {
        Source::Escrow => Box::new(escrow::EscrowRows::default()),
        Source::Wallet => Box::new(wallet::WalletRows::default()),
        Source::Ledger => Box::new(ledger::LedgerRows::default()),
        Source::Tiers => Box::new(tiers::TierRows::default()),
        Source::SubscriptionEvents => Box::new(subscription_events::SubscriptionEventRows::default()),
        Source::Benefits => Box::new(benefits::BenefitRows::default()),
        Source::Playback => Box::new(playback::PlaybackRows::default()),
        Source::Nodes => Box::new(nodes::NodeRows::new(dt)),
        Source::Content => Box::new(content::ContentRows::default()),
        Source::Access => return None,
    })
}

/// The hash by which keys meet and escrows are divided.
pub fn hash_of(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

/// Turns builders into columns over a chunk, in the order given; they keep the room for as many rows again.
macro_rules! finished {
    ($chunk:ident; $($builder:expr),+ $(,)?) => {
        {
            use $crate::columns::Refill as _;
            vec![$($builder.take($chunk)?),+]
        }
    };
}
pub(crate) use finished;

const VISIBILITIES: &[&str] = &["PUBLIC", "PRIVATE", "ANONYMOUS"];
const PAYMENT_TYPES: &[&str] = &["TIP", "SUBSCRIPTION"];
const BENEFIT_TYPES: &[&str] = &["EXCLUSIVE_CONTENT", "DIRECT_MESSAGE", "CUSTOM_BADGE"];
const DELIVERY_METHODS: &[&str] = &["CONTENT_DELIVERY", "MESSAGING", "BADGE"];
const CODECS: &[&str] = &["AVC", "HEVC", "VP9", "AV1"];
