//! The tables of subscriptions: what was paid for, what is owed for it, and how subscriptions move.

use crate::table::Kind::{Boolean, Bytes, Day, Integer, Money, Text, Time, Total};
use crate::table::{Layer, Table, column};

pub static SUBSCRIPTION_PAYMENTS: Table = Table {
    layer: Layer::Silver,
    name: "subscription_payments",
    grain: "one escrow that may have paid for a subscription, on a night on which something was learned of it",
    key: &["dt", "escrow_id"],
    partitioned: true,
    columns: &[&[
        column("escrow_id", Text, "the escrow"),
        column("event_id", Text, "the earliest of its events that was learned, null if there was none"),
        column("sequence", Integer, "place of that event within the escrow"),
        column("type", Text, "TIP or SUBSCRIPTION, by that event"),
        column("payer", Text, "DID of the party that pays, by that event"),
        column("creator", Text, "DID of the party that is paid, by that event"),
        column("amount", Money, "held amount, in `currency`, by that event"),
        column("currency", Text, "ISO 4217 code or token, by that event"),
        column("at", Time, "when that event happened"),
        column("landed_on", Day, "UTC day on which it landed"),
        column("class", Text, "how the escrow reads in silver.reconciliation, null if it was not read"),
        column("read_on", Day, "the night on which it read so"),
        column("dt", Day, "the night"),
    ]],
};

pub static SUBSCRIPTION_FACTS: Table = Table {
    layer: Layer::Silver,
    name: "subscription_facts",
    grain: "one row that names a subscription, as the judge of subscriptions reads it",
    key: &["subscription_id", "kind", "id"],
    partitioned: false,
    columns: &[&[
        column("subscription_id", Text, "the subscription"),
        column(
            "kind",
            Text,
            "EVENT, TIER (a version that an event names) or BENEFIT (an attempt to deliver one)",
        ),
        column("id", Text, "the event, the tier with its version, or the attempt"),
        column(
            "landed_on",
            Day,
            "UTC day since which it is known; of a tier, since which it is known and named",
        ),
        column("paid_by", Text, "escrow that an event names which opens a paid period"),
        column("at", Time, "when it happened, or since when the version holds"),
        column("fact", Bytes, "what the judge reads"),
    ]],
};

pub static ENTITLEMENTS: Table = Table {
    layer: Layer::Silver,
    name: "entitlements",
    grain: "one paid period and benefit that is due in it, or that was given without being due",
    key: &["subscription_id", "benefit_id", "period_start", "event_id"],
    partitioned: false,
    columns: &[&[
        column("subscription_id", Text, "the subscription"),
        column("benefit_id", Text, "the benefit"),
        column("period_start", Time, "start of the paid period, null where there is none"),
        column("period_end", Time, "end of that period, not in it"),
        column("event_id", Text, "the event that opened the period"),
        column("subscriber", Text, "DID of the subscriber"),
        column("creator", Text, "DID of the creator who owes it"),
        column("tier_id", Text, "the tier that was paid for"),
        column("tier_version", Integer, "its version"),
        column("type", Text, "EXCLUSIVE_CONTENT, DIRECT_MESSAGE or CUSTOM_BADGE"),
        column(
            "class",
            Text,
            "DELIVERED, LATE, WRONG_METHOD, PENDING, FAILED, MISSING or NOT_ENTITLED, after the last night",
        ),
        column("due_by", Time, "24 hours after the period's start, null where nothing is due"),
        column("delivered_at", Time, "when it was first delivered so, null where it was not delivered"),
        column("delivery_id", Text, "the attempt that decides: the first delivery, else the last failure"),
    ]],
};

pub static SUBSCRIPTION_FINDINGS: Table = Table {
    layer: Layer::Silver,
    name: "subscription_findings",
    grain: "one fault of a subscription's life or of a tier's versions that holds after the last night",
    key: &["finding_id"],
    partitioned: false,
    columns: &[&[
        column(
            "finding_id",
            Text,
            "stable across nights: hash of class and event, or of class, tier and version",
        ),
        column(
            "class",
            Text,
            "NOT_STARTED, STARTED_TWICE, EVENT_AFTER_EXPIRED, INVALID_PERIOD, OVERLAPPING_PERIODS, UNKNOWN_TIER, NO_ESCROW, ESCROW_REUSED, ESCROW_DIFFERS, PRICE_DIFFERS, PAYMENT_NOT_SETTLED, PRICE_CHANGED_WITHOUT_VERSION, TIER_VERSION_GAP or TIER_VERSION_ORDER",
        ),
        column("subscription_id", Text, "the subscription, null for a tier"),
        column("tier_id", Text, "the tier that the event names, or the tier itself"),
        column("tier_version", Integer, "its version"),
        column("event_id", Text, "the event at fault, null for a tier"),
        column("escrow_id", Text, "the escrow that it names"),
        column("creator", Text, "DID of the creator"),
        column("currency", Text, "currency of the amounts"),
        column("expected", Money, "price of the tier version, where known"),
        column("actual", Money, "what was held or stated instead, where it is in the same currency"),
        column("detail", Text, "what does not hold"),
        column("event_day", Day, "UTC day of the event, or from which the version holds"),
    ]],
};

pub static SUBSCRIPTION_METRICS_DAILY: Table = Table {
    layer: Layer::Gold,
    name: "subscription_metrics_daily",
    grain: "one creator, tier and currency on one night",
    key: &["dt", "creator", "tier_id", "currency"],
    partitioned: true,
    columns: &[&[
        column("creator", Text, "DID of the creator"),
        column("tier_id", Text, "the tier"),
        column("currency", Text, "currency of its price, null where the tier version is not known"),
        column("active_subscribers", Integer, "distinct subscribers with a paid period at the day's end"),
        column("active_count", Integer, "subscriptions with a paid period at the day's end"),
        column("opening_count", Integer, "`active_count` as the night before stated it"),
        column(
            "restated_count",
            Integer,
            "how many more the night before would state with what has landed since",
        ),
        column("new_count", Integer, "active for the first time"),
        column("reactivated_count", Integer, "active again after a gap"),
        column("moved_in_count", Integer, "came from another tier"),
        column("moved_out_count", Integer, "went to another tier"),
        column("churned_count", Integer, "no longer active"),
        column("renewals_due", Integer, "active at the day's beginning in a period that ends on the day"),
        column("renewed", Integer, "of these, active at the day's end"),
        column(
            "renewal_rate",
            Money,
            "renewed / renewals_due to nine digits, no money; null if none was due",
        ),
        column("mrr", Total, "monthly recurring revenue of the active ones, in `currency`"),
        column("opening_mrr", Total, "`mrr` as the night before stated it"),
        column("restated_mrr", Total, "change to the night before's by what has landed since"),
        column("new_mrr", Total, "of those that are new"),
        column("reactivated_mrr", Total, "of those that came back"),
        column("expansion_mrr", Total, "gained by dearer versions and from other tiers"),
        column("contraction_mrr", Total, "lost by cheaper versions and to other tiers"),
        column("churned_mrr", Total, "of those that ended"),
        column(
            "holds",
            Boolean,
            "whether opening, restated, new, reactivated, moved and churned give what is active, in count and amount",
        ),
        column("dt", Day, "the night"),
    ]],
};

pub static CREATOR_OBLIGATIONS_DAILY: Table = Table {
    layer: Layer::Gold,
    name: "creator_obligations_daily",
    grain: "one creator, tier, type of benefit and class on one night",
    key: &["dt", "creator", "tier_id", "type", "class"],
    partitioned: true,
    columns: &[&[
        column("creator", Text, "DID of the creator"),
        column("tier_id", Text, "the tier"),
        column("type", Text, "EXCLUSIVE_CONTENT, DIRECT_MESSAGE or CUSTOM_BADGE"),
        column("class", Text, "PENDING, FAILED, MISSING, WRONG_METHOD or LATE"),
        column("count", Integer, "paid periods in which a benefit of the type stands so"),
        column("dt", Day, "the night"),
    ]],
};

/// All tables of subscriptions.
pub static TABLES: [&Table; 6] = [
    &SUBSCRIPTION_FACTS,
    &SUBSCRIPTION_PAYMENTS,
    &ENTITLEMENTS,
    &SUBSCRIPTION_FINDINGS,
    &SUBSCRIPTION_METRICS_DAILY,
    &CREATOR_OBLIGATIONS_DAILY,
];
