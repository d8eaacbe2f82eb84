//! A good row of every source that sends JSON, and which of its values may be null.

/// A source's row and the places of its values.
pub struct Sample {
    pub source: &'static str,
    /// `$` stands for what makes its key its own.
    pub row: &'static str,
    /// Values that may be neither null nor absent, as JSON pointers.
    pub required: &'static [&'static str],
    /// Values that may be either.
    pub nullable: &'static [&'static str],
}

impl Sample {
    /// The row with a key of its own.
    pub fn row(&self, key: &str) -> String {
        self.row.replace('$', key)
    }
}

pub static ESCROW: Sample = Sample {
    source: "payments/escrow",
    row: r#"{"event_id":"$","escrow_id":"es-$","sequence":1,"event":"CREATED","type":"TIP","from":"did:key:z6MkA","to":"did:key:z6MkB","amount":{"value":"12.50","currency":"USD"},"metadata":{"message":"great video","visibility":"PUBLIC"},"at":"2026-11-20T12:34:56.789Z"}"#,
    required: &[
        "/event_id",
        "/escrow_id",
        "/sequence",
        "/event",
        "/type",
        "/from",
        "/to",
        "/amount",
        "/amount/value",
        "/amount/currency",
        "/at",
    ],
    nullable: &["/metadata", "/metadata/message", "/metadata/visibility"],
};

pub static WALLET: Sample = Sample {
    source: "payments/wallet",
    row: r#"{"transaction_id":"$","escrow_id":"es-$","amount":{"value":"11.50","currency":"USD"},"fees":[{"type":"PLATFORM","percentage":"0.05","amount":"0.58"}],"net":"10.92","status":"SETTLED","fx":{"from":{"value":"10.00","currency":"EUR"},"rate":"1.15"},"at":"2026-11-20T12:34:57.100Z"}"#,
    required: &[
        "/transaction_id",
        "/escrow_id",
        "/amount",
        "/amount/value",
        "/amount/currency",
        "/fees",
        "/fees/0",
        "/fees/0/type",
        "/fees/0/amount",
        "/net",
        "/status",
        "/fx/from",
        "/fx/from/value",
        "/fx/from/currency",
        "/fx/rate",
        "/at",
    ],
    nullable: &["/fees/0/percentage", "/fx"],
};

pub static LEDGER: Sample = Sample {
    source: "payments/ledger",
    row: r#"{"entry_id":"$","sequence":1,"type":"TIP","escrow_id":"es-$","transaction":"tx-$","postings":[{"account":"escrow","party":"did:key:z6MkA","amount":"-12.50","currency":"USD"},{"account":"creator","party":"did:key:z6MkB","amount":"12.50","currency":"USD"}],"metadata":{"timestamp":1795178097200,"visibility":"PUBLIC"},"prev_hash":"a","hash":"b"}"#,
    required: &[
        "/entry_id",
        "/sequence",
        "/type",
        "/escrow_id",
        "/postings",
        "/postings/1",
        "/postings/1/account",
        "/postings/1/amount",
        "/postings/1/currency",
        "/metadata",
        "/metadata/timestamp",
        "/prev_hash",
        "/hash",
    ],
    nullable: &["/transaction", "/postings/1/party", "/metadata/visibility"],
};

pub static TIERS: Sample = Sample {
    source: "subscriptions/tiers",
    row: r#"{"tier_id":"$","version":1,"creator":"did:key:z6MkB","name":"Gold","price":{"value":"4.99","currency":"USD"},"interval":"MONTH","benefits":[{"benefit_id":"be_1","type":"EXCLUSIVE_CONTENT","description":"members' videos","delivery_method":"CONTENT_DELIVERY"}],"at":"2026-10-01T00:00:00Z"}"#,
    required: &[
        "/tier_id",
        "/version",
        "/creator",
        "/price",
        "/price/value",
        "/price/currency",
        "/interval",
        "/benefits",
        "/benefits/0",
        "/benefits/0/benefit_id",
        "/benefits/0/type",
        "/benefits/0/delivery_method",
        "/at",
    ],
    nullable: &["/name", "/benefits/0/description"],
};

pub static EVENTS: Sample = Sample {
    source: "subscriptions/events",
    row: r#"{"event_id":"$","subscription_id":"su_1","event":"STARTED","subscriber":"did:key:z6MkC","creator":"did:key:z6MkB","tier_id":"ti_1","tier_version":1,"period_start":"2026-11-20T00:00:00Z","period_end":"2026-12-20T00:00:00Z","escrow_id":"es_9","at":"2026-11-20T00:00:03Z"}"#,
    required: &[
        "/event_id",
        "/subscription_id",
        "/event",
        "/subscriber",
        "/creator",
        "/tier_id",
        "/tier_version",
        "/at",
    ],
    nullable: &["/period_start", "/period_end", "/escrow_id"],
};

pub static BENEFITS: Sample = Sample {
    source: "subscriptions/benefits",
    row: r#"{"delivery_id":"$","subscription_id":"su_1","benefit_id":"be_1","type":"EXCLUSIVE_CONTENT","delivery_method":"CONTENT_DELIVERY","status":"DELIVERED","at":"2026-11-20T00:05:00Z"}"#,
    required: &[
        "/delivery_id",
        "/subscription_id",
        "/benefit_id",
        "/type",
        "/delivery_method",
        "/status",
        "/at",
    ],
    nullable: &[],
};

pub static PLAYBACK: Sample = Sample {
    source: "delivery/playback",
    row: r#"{"session_id":"$","viewer":"did:key:z6MkV","creator":"did:key:z6MkB","content_id":"co_1","started_at":"2026-11-20T18:00:00Z","watch_ms":14200,"completed":false,"interactions":["LIKE","SHARE"],"region":"eu-central","language":"de","referrer":"FOR_YOU","network":"4G","device":{"class":"PHONE","max_width":1080,"max_height":1920,"max_framerate":60,"codecs":["AVC","HEVC"]},"preferences":{"data_saver":false,"max_height":720},"qoe":{"startup_ms":320,"rebuffer_ms":0,"rebuffer_count":0,"switches":2,"mean_bitrate_kbps":2100},"probes":[{"node_id":"fra1-p1","rtt_ms":23.4,"throughput_kbps":5400,"chosen_by":"POLICY","propensity":0.98}]}"#,
    required: &[
        "/session_id",
        "/viewer",
        "/creator",
        "/content_id",
        "/started_at",
        "/watch_ms",
        "/completed",
        "/interactions",
    ],
    nullable: &[
        "/region",
        "/language",
        "/referrer",
        "/network",
        "/device",
        "/device/class",
        "/device/max_width",
        "/device/max_height",
        "/device/max_framerate",
        "/device/codecs",
        "/preferences",
        "/preferences/data_saver",
        "/preferences/max_height",
        "/qoe",
        "/qoe/startup_ms",
        "/qoe/rebuffer_ms",
        "/qoe/rebuffer_count",
        "/qoe/switches",
        "/qoe/mean_bitrate_kbps",
        "/probes",
        "/probes/0/node_id",
        "/probes/0/rtt_ms",
        "/probes/0/throughput_kbps",
        "/probes/0/chosen_by",
        "/probes/0/propensity",
    ],
};

pub static NODES: Sample = Sample {
    source: "delivery/nodes",
    row: r#"{"node_id":"$","provider":"p1","region":"eu-central","capabilities":["AVC","HEVC","AV1","H3"],"capacity_gbps":40.0,"cost_per_gb":{"value":"0.008500000","currency":"USD"},"cache_bytes":2000000000000,"status":"AVAILABLE"}"#,
    required: &[
        "/node_id",
        "/provider",
        "/region",
        "/capabilities",
        "/capabilities/0",
        "/capacity_gbps",
        "/cost_per_gb",
        "/cost_per_gb/value",
        "/cost_per_gb/currency",
        "/cache_bytes",
        "/status",
    ],
    nullable: &[],
};

pub static CONTENT: Sample = Sample {
    source: "delivery/content",
    row: r#"{"content_id":"$","creator":"did:key:z6MkB","title":"a title","duration_ms":21000,"published_at":"2026-11-01T10:00:00Z","visibility":"PUBLIC","renditions":[{"codec":"AVC","width":720,"height":1280,"framerate":30,"peak_kbps":2400,"bytes":6300000}]}"#,
    required: &[
        "/content_id",
        "/creator",
        "/duration_ms",
        "/published_at",
        "/visibility",
        "/renditions",
        "/renditions/0",
        "/renditions/0/codec",
        "/renditions/0/width",
        "/renditions/0/height",
        "/renditions/0/framerate",
        "/renditions/0/peak_kbps",
        "/renditions/0/bytes",
    ],
    nullable: &["/title"],
};

pub static SAMPLES: [&Sample; 9] =
    [&ESCROW, &WALLET, &LEDGER, &TIERS, &EVENTS, &BENEFITS, &PLAYBACK, &NODES, &CONTENT];

/// The bronze table of every source.
pub const TABLES: [(&str, &str); 10] = [
    ("payments/escrow", "escrow_events"),
    ("payments/wallet", "wallet_transfers"),
    ("payments/ledger", "ledger_entries"),
    ("subscriptions/tiers", "tiers"),
    ("subscriptions/events", "subscription_events"),
    ("subscriptions/benefits", "benefit_deliveries"),
    ("delivery/playback", "playbacks"),
    ("delivery/access", "cdn_requests"),
    ("delivery/nodes", "nodes"),
    ("delivery/content", "contents"),
];

/// The bronze table of a source.
pub fn table(source: &str) -> &'static str {
    TABLES.iter().find(|(folder, _)| *folder == source).unwrap_or_else(|| panic!("{source}: no source")).1
}
