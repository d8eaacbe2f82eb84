//! The bronze tables: rows as they landed, one table a source, and the lines that were refused.

use crate::table::Kind::{Boolean, Day, Float, Integer, List, Money, Struct, Text, Time};
use crate::table::{Column, Kind, Layer, Table, column};

/// What every bronze row carries: where it came from, and how it meets its like.
pub const LANDED: &[Column] = &[
    column("conflict", Boolean, "whether this is a later payload of a key that had another one before"),
    column("key_hash", Integer, "XXH3 of the key: by it replays and conflicts are found"),
    column("payload_hash", Integer, "hash of the payload as parsed JSON, whatever its key order and spaces"),
    column("source_file", Text, "name of the file below its day's folder"),
    column("source_line", Integer, "line in that file, from 1, headers and blank lines counted"),
    column("ingested_at", Time, "start of the run that read it"),
    column("dt", Day, "UTC day on which the file landed"),
];

const fn bronze(
    name: &'static str,
    grain: &'static str,
    key: &'static [&'static str],
    columns: &'static [&'static [Column]],
) -> Table {
    Table { layer: Layer::Bronze, name, grain, key, partitioned: true, columns }
}

const ESCROW_HASH: Column =
    column("escrow_hash", Integer, "XXH3 of escrow_id: files and work are divided by it");

pub static ESCROW_EVENTS: Table = bronze(
    "escrow_events",
    "one escrow state event",
    &["event_id", "payload_hash"],
    &[
        &[
            column("event_id", Text, "the event"),
            column("escrow_id", Text, "the escrow whose state changed"),
            ESCROW_HASH,
            column("sequence", Integer, "place within the escrow, from 1"),
            column("event", Text, "CREATED, FUNDED, RELEASED, REFUNDED or CANCELLED"),
            column("type", Text, "TIP or SUBSCRIPTION"),
            column("payer", Text, "DID of the party that pays (`from`)"),
            column("creator", Text, "DID of the party that is paid (`to`)"),
            column("amount", Money, "held amount, in `currency`"),
            column("currency", Text, "ISO 4217 code or token"),
            column("message", Text, "the payer's message; personal"),
            column("visibility", Text, "PUBLIC, PRIVATE or ANONYMOUS"),
            column("at", Time, "when it happened"),
        ],
        LANDED,
    ],
);

const FEE: Kind = Struct(&[
    column("type", Text, "fee type, by the schedule"),
    column("percentage", Text, "stated rate as written, null where not stated"),
    column("amount", Money, "fee, in the transfer's currency"),
]);

const EXCHANGE: Kind = Struct(&[
    column("amount", Money, "escrowed amount that was exchanged"),
    column("currency", Text, "currency it was escrowed in"),
    column("rate", Text, "exchange rate as written: transfer amount per escrowed unit"),
]);

pub static WALLET_TRANSFERS: Table = bronze(
    "wallet_transfers",
    "one wallet transfer attempt",
    &["transaction_id", "payload_hash"],
    &[
        &[
            column("transaction_id", Text, "the attempt"),
            column("escrow_id", Text, "the escrow it pays out"),
            ESCROW_HASH,
            column("amount", Money, "gross, in `currency`"),
            column("currency", Text, "ISO 4217 code or token"),
            column("fees", List(&FEE), "what was taken off"),
            column("net", Money, "what the creator was sent"),
            column("status", Text, "SETTLED, FAILED or REVERSED; only SETTLED moves money"),
            column("fx", EXCHANGE, "the exchange, where currencies differ"),
            column("at", Time, "when it was tried"),
        ],
        LANDED,
    ],
);

const POSTING: Kind = Struct(&[
    column("account", Text, "ledger account"),
    column("party", Text, "DID of the party, if any"),
    column("amount", Money, "signed amount, in `currency`"),
    column("currency", Text, "ISO 4217 code or token"),
    column("written", Text, "the amount's digits as written: the hash is over them"),
]);

pub static LEDGER_ENTRIES: Table = bronze(
    "ledger_entries",
    "one entry of the distributed ledger",
    &["entry_id", "payload_hash"],
    &[
        &[
            column("entry_id", Text, "the entry"),
            column("sequence", Integer, "global place in the ledger, from 1, without gaps"),
            column("type", Text, "TIP, SUBSCRIPTION or REFUND"),
            column("escrow_id", Text, "the escrow it books"),
            ESCROW_HASH,
            column("transaction_id", Text, "the wallet transfer it books, null for a refund"),
            column("postings", List(&POSTING), "what is booked where; sums to zero per currency"),
            column("at", Time, "the ledger's timestamp"),
            column("visibility", Text, "PUBLIC, PRIVATE or ANONYMOUS"),
            column("prev_hash", Text, "hash of the entry before, 64 hex digits"),
            column("hash", Text, "SHA-256 of its own content, 64 hex digits"),
        ],
        LANDED,
    ],
);

const BENEFIT: Kind = Struct(&[
    column("benefit_id", Text, "the benefit"),
    column("type", Text, "EXCLUSIVE_CONTENT, DIRECT_MESSAGE or CUSTOM_BADGE"),
    column("description", Text, "the creator's words"),
    column("delivery_method", Text, "CONTENT_DELIVERY, MESSAGING or BADGE"),
]);

pub static TIERS: Table = bronze(
    "tiers",
    "one version of a tier",
    &["tier_id", "version", "payload_hash"],
    &[
        &[
            column("tier_id", Text, "the tier"),
            column("version", Integer, "its version"),
            column("creator", Text, "DID of the creator who offers it"),
            column("name", Text, "the creator's name for it"),
            column("price", Money, "price of one interval, in `currency`"),
            column("currency", Text, "ISO 4217 code or token"),
            column("interval", Text, "DAY, WEEK, MONTH or YEAR"),
            column("benefits", List(&BENEFIT), "what each paid period owes"),
            column("at", Time, "from when the version holds"),
        ],
        LANDED,
    ],
);

pub static SUBSCRIPTION_EVENTS: Table = bronze(
    "subscription_events",
    "one event in a subscription's life",
    &["event_id", "payload_hash"],
    &[
        &[
            column("event_id", Text, "the event"),
            column("subscription_id", Text, "the subscription"),
            column(
                "event",
                Text,
                "STARTED, RENEWED, PAYMENT_FAILED, UPGRADED, DOWNGRADED, CANCELLED or EXPIRED",
            ),
            column("subscriber", Text, "DID of the subscriber"),
            column("creator", Text, "DID of the creator"),
            column("tier_id", Text, "the tier"),
            column("tier_version", Integer, "its version"),
            column("period_start", Time, "start of the paid period that it opens"),
            column("period_end", Time, "end of that period, not in it"),
            column("escrow_id", Text, "the escrow that paid for it"),
            column("at", Time, "when it happened"),
        ],
        LANDED,
    ],
);

pub static BENEFIT_DELIVERIES: Table = bronze(
    "benefit_deliveries",
    "one attempt to deliver a benefit",
    &["delivery_id", "payload_hash"],
    &[
        &[
            column("delivery_id", Text, "the attempt"),
            column("subscription_id", Text, "the subscription"),
            column("benefit_id", Text, "the benefit"),
            column("type", Text, "EXCLUSIVE_CONTENT, DIRECT_MESSAGE or CUSTOM_BADGE"),
            column("delivery_method", Text, "CONTENT_DELIVERY, MESSAGING or BADGE"),
            column("status", Text, "DELIVERED or FAILED"),
            column("at", Time, "when it was tried"),
        ],
        LANDED,
    ],
);

const PROBE: Kind = Struct(&[
    column("node_id", Text, "the node that was measured"),
    column("rtt_ms", Float, "round trip, in milliseconds"),
    column("throughput_kbps", Float, "throughput, in kilobits a second"),
    column("chosen_by", Text, "POLICY or RANDOM"),
    column("propensity", Float, "probability with which the node was drawn"),
]);

pub static PLAYBACKS: Table = bronze(
    "playbacks",
    "one playback session, from the player",
    &["session_id", "payload_hash"],
    &[
        &[
            column("session_id", Text, "the session; CMCD's `sid`"),
            column("viewer", Text, "DID of the viewer; personal"),
            column("creator", Text, "DID of the creator"),
            column("content_id", Text, "the content"),
            column("started_at", Time, "start of playback"),
            column("watch_ms", Integer, "time watched, in milliseconds"),
            column("completed", Boolean, "whether it was watched to its end"),
            column("interactions", List(&Text), "LIKE, COMMENT, SHARE, FOLLOW"),
            column("region", Text, "region of the viewer"),
            column("language", Text, "language of the viewer"),
            column("referrer", Text, "FOR_YOU, FOLLOWING, SEARCH, PROFILE or EXTERNAL"),
            column("network", Text, "3G, 4G, 5G, WIFI or WIRED"),
            column("device_class", Text, "PHONE, TABLET, DESKTOP or TV"),
            column("device_width_max", Integer, "display width, in pixels"),
            column("device_height_max", Integer, "display height, in pixels"),
            column("device_framerate_max", Float, "frames a second that the device shows"),
            column("device_codecs", List(&Text), "AVC, HEVC, VP9, AV1: what the device decodes"),
            column("data_saver", Boolean, "whether the viewer saves data"),
            column("preferred_height_max", Integer, "the viewer's own cap, in pixels"),
            column("startup_ms", Integer, "time to the first frame, in milliseconds"),
            column("rebuffer_ms", Integer, "time stalled, in milliseconds"),
            column("rebuffer_count", Integer, "stalls"),
            column("switches", Integer, "changes of rendition"),
            column("mean_bitrate_kbps", Float, "mean bitrate played, in kilobits a second"),
            column("probes", List(&PROBE), "what the player measured of the nodes"),
        ],
        LANDED,
    ],
);

pub static CDN_REQUESTS: Table = bronze(
    "cdn_requests",
    "one request, from the edge",
    &["request_id", "payload_hash"],
    &[
        &[
            column("request_id", Text, "x-edge-request-id, null where the log has no such field"),
            column("at", Time, "end of the response, to the second"),
            column("node_id", Text, "x-edge-location: the node"),
            column("client_address", Text, "c-ip; personal"),
            column("forwarded_for", Text, "x-forwarded-for, decoded; personal"),
            column("method", Text, "HTTP method"),
            column("host", Text, "x-host-header, else cs(Host)"),
            column("path", Text, "cs-uri-stem, decoded"),
            column("query", Text, "cs-uri-query as logged"),
            column("referer", Text, "cs(Referer), decoded; personal"),
            column("user_agent", Text, "cs(User-Agent), decoded; personal"),
            column("protocol", Text, "cs-protocol-version"),
            column("status", Integer, "HTTP status, 0 where the viewer left before one"),
            column("bytes_sent", Integer, "sc-bytes: bytes to the viewer, headers included"),
            column("bytes_received", Integer, "cs-bytes: bytes from the viewer"),
            column("content_length", Integer, "sc-content-len, in bytes"),
            column("range_start", Integer, "sc-range-start, in bytes"),
            column("range_end", Integer, "sc-range-end, in bytes"),
            column("time_taken_ms", Float, "time-taken, in milliseconds"),
            column("first_byte_ms", Float, "time-to-first-byte, in milliseconds"),
            column("result_type", Text, "x-edge-result-type: Hit, RefreshHit, Miss, Error, …"),
            column("response_result_type", Text, "x-edge-response-result-type"),
            column("detailed_result_type", Text, "x-edge-detailed-result-type"),
            column(
                "viewer_left",
                Boolean,
                "whether the request ended because the viewer left, not because the node failed",
            ),
            column("content_id", Text, "content of a path below /v/"),
            column("codec", Text, "codec of that path"),
            column("height", Integer, "height of that path, in pixels"),
            column("segment", Text, "segment of that path"),
            column("session_id", Text, "CMCD sid: the playback session"),
            column("cmcd_br", Integer, "CMCD br: encoded bitrate, in kilobits a second"),
            column("cmcd_bl", Integer, "CMCD bl: buffer length, in milliseconds"),
            column("cmcd_dl", Integer, "CMCD dl: deadline, in milliseconds"),
            column("cmcd_mtp", Integer, "CMCD mtp: measured throughput, in kilobits a second"),
            column("cmcd_tb", Integer, "CMCD tb: top bitrate, in kilobits a second"),
            column("cmcd_d", Integer, "CMCD d: object duration, in milliseconds"),
            column("cmcd_ot", Text, "CMCD ot: object type"),
            column("cmcd_bs", Boolean, "CMCD bs: whether the buffer ran dry"),
            column("cmcd_su", Boolean, "CMCD su: whether it is startup"),
        ],
        LANDED,
    ],
);

pub static NODES: Table = bronze(
    "nodes",
    "one edge node's state that day",
    &["node_id", "dt", "payload_hash"],
    &[
        &[
            column("node_id", Text, "the node"),
            column("provider", Text, "who runs it"),
            column("region", Text, "where it is"),
            column("capabilities", List(&Text), "codecs and protocols that it serves"),
            column("capacity_gbps", Float, "capacity, in gigabits a second"),
            column("cost_per_gb", Money, "price of a gigabyte, in `currency`"),
            column("currency", Text, "ISO 4217 code or token"),
            column("cache_bytes", Integer, "size of its cache, in bytes"),
            column("status", Text, "AVAILABLE or DRAINED"),
        ],
        LANDED,
    ],
);

const RENDITION: Kind = Struct(&[
    column("codec", Text, "AVC, HEVC, VP9 or AV1"),
    column("width", Integer, "in pixels"),
    column("height", Integer, "in pixels"),
    column("framerate", Float, "frames a second"),
    column("peak_kbps", Integer, "peak bitrate, in kilobits a second"),
    column("bytes", Integer, "size, in bytes"),
]);

pub static CONTENTS: Table = bronze(
    "contents",
    "one version of a published content; the latest wins",
    &["content_id", "payload_hash"],
    &[
        &[
            column("content_id", Text, "the content"),
            column("creator", Text, "DID of its creator"),
            column("title", Text, "the creator's title"),
            column("duration_ms", Integer, "length, in milliseconds"),
            column("published_at", Time, "when it was published"),
            column("visibility", Text, "PUBLIC, PRIVATE or ANONYMOUS"),
            column("renditions", List(&RENDITION), "what it is encoded in"),
        ],
        LANDED,
    ],
);

pub static QUARANTINE: Table = Table {
    layer: Layer::Bronze,
    name: "quarantine",
    grain: "one refused line",
    key: &["source", "dt", "source_file", "source_line"],
    partitioned: true,
    columns: &[&[
        column("source", Text, "the source's folder, such as payments/escrow"),
        column("source_file", Text, "name of the file below its day's folder"),
        column("source_line", Integer, "line in that file, from 1, headers and blank lines counted"),
        column("reason", Text, "stable code of the first rule it breaks"),
        column("detail", Text, "every rule it breaks, and where"),
        column("raw", Text, "the line, cut at 64 KiB; bytes that are no UTF-8 stand as \\xNN"),
        column("raw_cut", Boolean, "whether `raw` was cut"),
        column("ingested_at", Time, "start of the run that read it"),
        column("dt", Day, "UTC day on which the file landed"),
    ]],
};
